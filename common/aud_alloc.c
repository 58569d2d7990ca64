#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"

#define GROW_FIRST  64


aud_allocator_t  aud_allocator = { realloc, free };


void *
aud_malloc(size_t size)
{
    return aud_realloc(NULL, size);
}


void *
aud_calloc(size_t count, size_t size)
{
    void    *p;
    size_t   total;

    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }

    p = aud_malloc(total);

    if (p) {
        memset(p, 0, total);
    }

    return p;
}


/* realloc(p, 0) may free: never let it, so that NULL always means failure. */
void *
aud_realloc(void *p, size_t size)
{
    return aud_allocator.realloc(p, size ? size : 1);
}


int
aud_grow(void *items, size_t size, size_t n, size_t *room)
{
    void    *grown;
    size_t   more, bytes;

    if (n < *room) {
        return 0;
    }

    more = *room ? 2 * *room : GROW_FIRST;

    if (more > UINT32_MAX || __builtin_mul_overflow(more, size, &bytes)) {
        return -1;
    }

    memcpy(&grown, items, sizeof(grown));
    grown = aud_realloc(grown, bytes);

    if (grown == NULL) {
        return -1;
    }

    memcpy(items, &grown, sizeof(grown));
    *room = more;

    return 0;
}


char *
aud_strndup(const char *s, size_t len)
{
    char  *copy;

    if (len == SIZE_MAX) {
        return NULL;
    }

    copy = aud_malloc(len + 1);

    if (copy == NULL) {
        return NULL;
    }

    if (len) {
        memcpy(copy, s, len);
    }

    copy[len] = '\0';

    return copy;
}


void
aud_free(void *p)
{
    aud_allocator.free(p);
}
