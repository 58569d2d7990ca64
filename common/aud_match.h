/*
 * Evaluating a plan, slice by slice: between aud_prepare.c and aud_match.c.
 *
 * First each leaf gets its rows (aud_rows_t); then the filter is evaluated in
 * blocks of rows that stay in the fastest cache whatever its form, and each
 * block of the result is counted, or kept, or both.  Rows that are struck out
 * are taken away at the end.
 */

#ifndef AUD_MATCH_H
#define AUD_MATCH_H

#include "aud_plan.h"

/* Groups within groups, through every audience on the way. */
#define AUD_MATCH_DEPTH  ((AUD_FILTER_MAX_DEPTH + 2) * (AUD_PLAN_MAX_NESTED + 2))

typedef struct {
    aud_plan_t           *plan;
    size_t                slice;
    const aud_segment_t  *segment;
    uint64_t             *buffers[AUD_MATCH_DEPTH];     /* of a block each */

    size_t                from;                 /* the block: first word, */
    size_t                n;                    /* words, */
    uint32_t              rows;                 /* rows */

    aud_page_t           *page;                 /* or NULL */
} aud_matcher_t;

/* Rows of a block, or all others. */
typedef struct {
    aud_bits_t  bits;
    unsigned    inverted:1;
} aud_found_t;

/* What the nodes from b on take in this slice, before the first block; depth
 * is that of the first buffer that they may use.  0 or -1. */
int  aud_prepare(aud_matcher_t *m, aud_bound_t *b, unsigned depth);

/*
 * The block's rows of a node: in the buffer of its depth, or in memory that is
 * not to be written, until that buffer is used again.  Buffers of greater depth
 * are free for it.  Inverted or not is the same in all blocks of a slice.
 */
aud_found_t aud_match_node(aud_matcher_t *m, aud_bound_t *b, unsigned depth);

/* The same rows as one bitmap, which is out where they are not one yet. */
const uint64_t *aud_match_words(const aud_matcher_t *m, aud_found_t found,
    uint64_t *out);

/* Sets the block that begins at a word; 0 behind the last one. */
int  aud_match_block(aud_matcher_t *m, size_t from);

#endif
