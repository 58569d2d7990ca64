#include <stdint.h>

#include "aud_alloc.h"
#include "aud_arena.h"

#define ARENA_BLOCK  (16 * 1024)


struct aud_arena_block_s {
    aud_arena_block_t  *next;
    size_t              size;       /* and keeps the pieces aligned */
};


unsigned  aud_arena_keep;

static __thread aud_arena_block_t  *kept;
static __thread unsigned            nkept;


static void *arena_block(aud_arena_t *a, size_t size, int newest);
static aud_arena_block_t *block_get(size_t size);
static void block_put(aud_arena_block_t *b);


void *
aud_arena_more(aud_arena_t *a, size_t count, size_t size)
{
    char    *block;
    size_t   total;

    if (__builtin_mul_overflow(count, size, &total)
        || total > SIZE_MAX / 2)
    {
        return NULL;
    }

    total = total ? (total + 15) & ~(size_t) 15 : 16;

    if (total > a->left) {
        if (total > ARENA_BLOCK / 4) {
            return arena_block(a, total, a->blocks == NULL);
        }

        block = arena_block(a, ARENA_BLOCK, 1);
        if (block == NULL) {
            return NULL;
        }

        a->at = block;
        a->left = ARENA_BLOCK;
    }

    return aud_arena_alloc(a, total, 1);
}


/* A large piece gets a block of its own, put behind the newest one, so that
 * what is left of that one stays in use. */
static void *
arena_block(aud_arena_t *a, size_t size, int newest)
{
    aud_arena_block_t  *b;

    b = block_get(size);
    if (b == NULL) {
        return NULL;
    }

    if (newest) {
        b->next = a->blocks;
        a->blocks = b;

    } else {
        b->next = a->blocks->next;
        a->blocks->next = b;
    }

    return b + 1;
}


static aud_arena_block_t *
block_get(size_t size)
{
    aud_arena_block_t  *b = kept;

    if (b && size == ARENA_BLOCK) {
        kept = b->next;
        nkept--;
        return b;
    }

    b = aud_malloc(sizeof(aud_arena_block_t) + size);
    if (b) {
        b->size = size;
    }

    return b;
}


static void
block_put(aud_arena_block_t *b)
{
    if (b->size == ARENA_BLOCK && nkept < aud_arena_keep) {
        b->next = kept;
        kept = b;
        nkept++;

    } else {
        aud_free(b);
    }
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
        block_put(b);
    }

    memset(a, 0, sizeof(*a));
}
