#include <stdint.h>

#include "aud_alloc.h"
#include "aud_arena.h"

#define ARENA_BLOCK  (16 * 1024)


struct aud_arena_block_s {
    aud_arena_block_t  *next;
    size_t              padding;    /* keeps the pieces aligned */
};


static void *arena_block(aud_arena_t *a, size_t size, int newest);


void *
aud_arena_alloc(aud_arena_t *a, size_t count, size_t size)
{
    char    *p;
    size_t   total;

    if (__builtin_mul_overflow(count, size, &total)
        || total > SIZE_MAX / 2)
    {
        return NULL;
    }

    total = total ? (total + 15) & ~(size_t) 15 : 16;

    if (total > a->size - a->used) {
        if (total > ARENA_BLOCK / 4) {
            return arena_block(a, total, a->blocks == NULL);
        }

        if (arena_block(a, ARENA_BLOCK, 1) == NULL) {
            return NULL;
        }

        a->used = 0;
    }

    p = (char *) (a->blocks + 1) + a->used;
    a->used += total;

    return p;
}


/* A large piece gets a block of its own, put behind the newest one, so that
 * what is left of that one stays in use. */
static void *
arena_block(aud_arena_t *a, size_t size, int newest)
{
    aud_arena_block_t  *b;

    b = aud_malloc(sizeof(aud_arena_block_t) + size);
    if (b == NULL) {
        return NULL;
    }

    if (newest) {
        b->next = a->blocks;
        a->blocks = b;
        a->size = size;
        a->used = size;

    } else {
        b->next = a->blocks->next;
        a->blocks->next = b;
    }

    return b + 1;
}


void *
aud_arena_calloc(aud_arena_t *a, size_t count, size_t size)
{
    void  *p;

    p = aud_arena_alloc(a, count, size);
    if (p) {
        memset(p, 0, count * size);
    }

    return p;
}


int
aud_arena_copy(aud_arena_t *a, aud_str_t s, aud_str_t *out)
{
    char  *p;

    p = aud_arena_alloc(a, s.len + 1, 1);
    if (p == NULL) {
        return -1;
    }

    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    p[s.len] = '\0';
    *out = aud_str(p, s.len);

    return 0;
}


void
aud_arena_free(aud_arena_t *a)
{
    aud_arena_block_t  *b, *next;

    for (b = a->blocks; b; b = next) {
        next = b->next;
        aud_free(b);
    }

    memset(a, 0, sizeof(*a));
}
