/*
 * A binary heap: the children of place i are at 2i and 2i + 1.
 */

#include "aud_alloc.h"
#include "heap.h"


static size_t *heap_place(const heap_t *h, void *item);
static void heap_set(heap_t *h, size_t i, void *item);
static void heap_up(heap_t *h, size_t i);
static void heap_down(heap_t *h, size_t i);


void
heap_init(heap_t *h, size_t place, int (*before)(const void *, const void *))
{
    *h = (heap_t) { .place = place, .before = before };
}


void
heap_free(heap_t *h)
{
    aud_free(h->items);
    h->items = NULL;
    h->n = h->capacity = 0;
}


int
heap_push(heap_t *h, void *item)
{
    void    **items;
    size_t    capacity;

    if (h->n == h->capacity) {
        capacity = h->capacity ? 2 * h->capacity : 16;
        items = aud_realloc(h->items, capacity * sizeof(void *));

        if (items == NULL) {
            return -1;
        }

        h->items = items;
        h->capacity = capacity;
    }

    heap_set(h, ++h->n, item);
    heap_up(h, h->n);

    return 0;
}


void *
heap_top(const heap_t *h)
{
    return h->n ? h->items[0] : NULL;
}


void *
heap_pop(heap_t *h)
{
    void  *item = heap_top(h);

    if (item) {
        heap_remove(h, item);
    }

    return item;
}


void
heap_remove(heap_t *h, void *item)
{
    size_t   i = *heap_place(h, item);
    void    *last = h->items[--h->n];

    *heap_place(h, item) = 0;

    if (last != item) {
        heap_set(h, i, last);
        heap_up(h, i);
        heap_down(h, *heap_place(h, last));
    }
}


static size_t *
heap_place(const heap_t *h, void *item)
{
    return (size_t *) ((char *) item + h->place);
}


static void
heap_set(heap_t *h, size_t i, void *item)
{
    h->items[i - 1] = item;
    *heap_place(h, item) = i;
}


static void
heap_up(heap_t *h, size_t i)
{
    void  *item = h->items[i - 1];

    while (i > 1 && h->before(item, h->items[i / 2 - 1])) {
        heap_set(h, i, h->items[i / 2 - 1]);
        i /= 2;
    }

    heap_set(h, i, item);
}


static void
heap_down(heap_t *h, size_t i)
{
    void    *item = h->items[i - 1];
    size_t   child;

    while ((child = 2 * i) <= h->n) {
        if (child < h->n && h->before(h->items[child], h->items[child - 1])) {
            child++;
        }

        if (!h->before(h->items[child - 1], item)) {
            break;
        }

        heap_set(h, i, h->items[child - 1]);
        i = child;
    }

    heap_set(h, i, item);
}
