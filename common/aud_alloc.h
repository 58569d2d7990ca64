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

#endif
