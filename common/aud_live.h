/*
 * Counting what is not struck out in a slice.
 */

#ifndef AUD_LIVE_H
#define AUD_LIVE_H

#include "aud_generation.h"
#include "aud_words.h"

/* Live rows with a value in the column. */
static inline uint64_t
aud_live_filled(const aud_slice_t *slice, const aud_column_t *c)
{
    return slice->deleted
           ? aud_bits_count(aud_bits(c->present), slice->deleted,
                             AUD_WORDS(c->rows))
           : c->filled;
}


/* Live rows with the code. */
static inline uint32_t
aud_live_rows(const aud_slice_t *slice, const aud_column_t *c, uint32_t code)
{
    uint32_t  i, n = c->posting_at[code + 1] - c->posting_at[code];

    if (slice->deleted) {
        for (i = c->posting_at[code]; i < c->posting_at[code + 1]; i++) {
            n -= aud_bit(slice->deleted, c->postings[i]);
        }
    }

    return n;
}


/* Whether a live row has the code. */
static inline int
aud_live_any(const aud_slice_t *slice, const aud_column_t *c, uint32_t code)
{
    uint32_t  i;

    for (i = c->posting_at[code]; i < c->posting_at[code + 1]; i++) {
        if (slice->deleted == NULL
            || !aud_bit(slice->deleted, c->postings[i]))
        {
            return 1;
        }
    }

    return 0;
}

#endif
