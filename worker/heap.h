/*
 * heap_t: a binary heap of items that somebody else owns.  Each item keeps its
 * place (from 1; 0: in no heap) in a size_t of its own, so that it can be taken
 * out from anywhere.  One thread.
 */

#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

typedef struct {
    void   **items;
    size_t   n;
    size_t   capacity;
    size_t   place;             /* offset of the size_t in an item */
    int    (*before)(const void *a, const void *b);
} heap_t;

void  heap_init(heap_t *h, size_t place,
    int (*before)(const void *a, const void *b));
void  heap_free(heap_t *h);

/* 0, or -1 when memory is out. */
int   heap_push(heap_t *h, void *item);
void *heap_top(const heap_t *h);            /* NULL where it is empty */
void *heap_pop(heap_t *h);
void  heap_remove(heap_t *h, void *item);

#endif
