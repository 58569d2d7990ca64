/*
 * Allocation for common/ and worker/, behind one replaceable seam so that a
 * test can make the nth allocation fail.  Any thread.
 */

#ifndef AUD_ALLOC_H
#define AUD_ALLOC_H

#include <stddef.h>

typedef struct {
    void *(*realloc)(void *p, size_t size);     /* p == NULL allocates */
    void  (*free)(void *p);
} aud_allocator_t;

extern aud_allocator_t  aud_allocator;

void *aud_malloc(size_t size);
void *aud_calloc(size_t count, size_t size);    /* checks for overflow */
void *aud_realloc(void *p, size_t size);
char *aud_strndup(const char *s, size_t len);   /* adds a final NUL */
void  aud_free(void *p);

/*
 * Room for one more item behind n of them, in an array that is numbered with 32
 * bits: where it is full it gets twice as much.  items: the address of the
 * pointer to them.  -1: no memory, and they are as they were.
 */
int   aud_grow(void *items, size_t size, size_t n, size_t *room);

#endif
