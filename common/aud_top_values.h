/*
 * The most frequent values among those of a field that match, where there are
 * too many of them to count each.
 *
 * How many rows a code has is the difference of two offsets of its postings, so
 * the frequent ones of a segment are found without a look at any text.  Those
 * of all segments are counted first.  Whatever they leave out has to have more
 * profiles than the last of them, and so at least a share of that in some
 * segment: few have, and only these are looked up in the other segments.
 */

#ifndef AUD_TOP_VALUES_H
#define AUD_TOP_VALUES_H

#include "aud_codes.h"
#include "aud_tally.h"

typedef struct {                    /* what matches in one segment */
    const aud_slice_t   *slice;
    const aud_column_t  *column;
    aud_codes_t          codes;     /* that match */
    uint64_t             n;         /* of them, not 0 */
    uint32_t             text_lo;   /* between these are all that match and do */
    uint32_t             text_hi;   /* not fit the type, of any segment */
} aud_value_set_t;

typedef struct {
    aud_str_t  q;                   /* folded */
    unsigned   within:1;            /* contains q but does not begin with it */
} aud_value_match_t;

/* Nanoseconds, roughly, up to which the values of a field are counted whole.
 * Tests make it 0. */
extern uint64_t  aud_values_enough;

/* Whether the text of a code matches. */
int aud_value_matches(const aud_value_match_t *match, const aud_column_t *c,
    uint32_t code);

typedef struct {
    const aud_value_match_t  *match;
    aud_value_set_t          *sets;
    size_t                    nsets;
    size_t                    limit;    /* not 0 */
    aud_tally_t               tally;    /* zeroes; the caller frees it */
    uint64_t                  distinct; /* values that match, at least */
    unsigned                  exact:1;  /* not more */
} aud_top_values_t;

/* Counts all that match, or such that the first `limit` are among them, each
 * with all its profiles.  0, or -1 when memory is out. */
int aud_top_values_all(aud_top_values_t *top);
int aud_top_values(aud_top_values_t *top);

#endif
