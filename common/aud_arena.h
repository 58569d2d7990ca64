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
    size_t              used;       /* of the newest */
    size_t              size;
} aud_arena_t;

/* An arena of zeroes is empty and ready.  Free zeroes it again. */
void aud_arena_free(aud_arena_t *a);

/* NULL where memory is out or count * size overflows; calloc zeroes. */
void *aud_arena_alloc(aud_arena_t *a, size_t count, size_t size);
void *aud_arena_calloc(aud_arena_t *a, size_t count, size_t size);

/* A copy of s into *out.  0, or -1 where memory is out. */
int aud_arena_copy(aud_arena_t *a, aud_str_t s, aud_str_t *out);

#endif
