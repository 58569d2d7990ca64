/*
 * Cuts an input of a fuzzer into pieces, so that a target can hold what a
 * reader says of the pieces against what it says of the whole.  The cuts
 * follow from the input, so that a finding can be run again.
 */

#ifndef PIECES_H
#define PIECES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_buffer.h"

#define REQUIRE(what)                                                         \
    if (!(what)) {                                                            \
        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);    \
        abort();                                                              \
    }


static inline uint64_t
pieces_seed(const uint8_t *data, size_t len)
{
    size_t    i;
    uint64_t  seed;

    seed = UINT64_C(0xcbf29ce484222325);            /* FNV-1a */

    for (i = 0; i < len; i++) {
        seed = (seed ^ data[i]) * UINT64_C(0x100000001b3);
    }

    return seed | 1;
}


/* The length of the next piece, 1 to left; many are short. */
static inline size_t
pieces_next(uint64_t *seed, size_t left)
{
    size_t  n;

    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    n = 1 + (*seed >> 8) % (*seed & 1 ? 4 : 64);

    return n < left ? n : left;
}


static inline int
same_bytes(const aud_buffer_t *a, const aud_buffer_t *b)
{
    return aud_str_equal(aud_buffer_str(a), aud_buffer_str(b));
}

#endif
