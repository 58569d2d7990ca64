/*
 * aud_arena_t: many small pieces of memory that are freed together.
 *
 * Pieces are aligned to 16 bytes and never move.  One owner, one thread.
 */

#ifndef AUD_ARENA_H
#define AUD_ARENA_H

#include "aud_str.h"

typedef struct aud_arena_block_s  aud_arena_block_t;

typedef struct {
    aud_arena_block_t  *blocks;     /* the newest first */
    char               *at;         /* what is left of the newest */
    size_t              left;       /* a multiple of 16 */
} aud_arena_t;

/*
 * How many freed blocks of usual size each thread keeps for arenas to come; 0.
 * For programs whose other threads free none: what those keep is lost when
 * they end.
 */
extern unsigned  aud_arena_keep;

/* An arena of zeroes is empty and ready.  Free zeroes it again. */
void aud_arena_free(aud_arena_t *a);

/* aud_arena_alloc() where a block is needed. */
void *aud_arena_more(aud_arena_t *a, size_t count, size_t size);

/* NULL where memory is out or count * size overflows; calloc zeroes. */
static inline void *
aud_arena_alloc(aud_arena_t *a, size_t count, size_t size)
{
    char    *p = a->at;
    size_t   total;

    if (__builtin_mul_overflow(count, size, &total)
        || total == 0 || total > a->left)
    {
        return aud_arena_more(a, count, size);
    }

    total = (total + 15) & ~(size_t) 15;
    a->at += total;
    a->left -= total;

    return p;
}


static inline void *
aud_arena_calloc(aud_arena_t *a, size_t count, size_t size)
{
    void  *p;

    p = aud_arena_alloc(a, count, size);

    return p ? memset(p, 0, count * size) : NULL;
}


/* A copy of s, with a NUL behind it, into *out.  0, or -1 where memory is
 * out. */
int aud_arena_copy(aud_arena_t *a, aud_str_t s, aud_str_t *out);

#endif
