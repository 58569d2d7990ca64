/*
 * Counting values across segments.
 *
 * Values that fold alike ("São Paulo", "SAO PAULO") are one, as they are for
 * filters, shown in the form that most profiles have; but a value that fits the
 * field's type is never one with a value that does not.
 *
 * A tally of zeroes is empty.  One owner, one thread.
 */

#ifndef AUD_TALLY_H
#define AUD_TALLY_H

#include "aud_generation.h"

typedef struct {
    uint64_t             hash;          /* of the folded text */
    const aud_column_t  *column;        /* and its code that is shown */
    uint32_t             code;
    uint32_t             shown;         /* live rows of that */
    uint64_t             count;
    const aud_column_t  *last;          /* the column counted last */
} aud_tally_value_t;

typedef struct {
    aud_tally_value_t  *values;
    size_t              n;
    size_t              capacity;
    uint32_t           *slots;          /* place in values + 1; 0: free */
    size_t              nslots;         /* a power of two, 2 * capacity */
} aud_tally_t;

void aud_tally_free(aud_tally_t *t);

/* Adds the live rows of a code, once; those of a column in ascending order.  A
 * code without any is no value.  0, or -1 when memory is out. */
int aud_tally_add(aud_tally_t *t, const aud_slice_t *slice,
    const aud_column_t *c, uint32_t code);

/* Whether the value of a code has been added, by this code or another. */
int aud_tally_has(const aud_tally_t *t, const aud_column_t *c, uint32_t code);

/* Fills best, which has limit + 1 places, with at most limit values: by
 * descending count, then by folded text.  Returns how many. */
size_t aud_tally_best(const aud_tally_t *t, const aud_tally_value_t **best,
    size_t limit);

/* Whether two codes are one value. */
int aud_value_alike(const aud_column_t *a, uint32_t code_a,
    const aud_column_t *b, uint32_t code_b);

#endif
