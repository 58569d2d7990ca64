/*
 * A set of codes of one column, as runs of neighbours, and its rows.
 *
 * The runs live in the arena that was given; the column is borrowed.
 */

#ifndef AUD_CODES_H
#define AUD_CODES_H

#include "aud_arena.h"
#include "aud_segment.h"

typedef struct {
    uint32_t  lo;
    uint32_t  hi;               /* not in the run */
} aud_run_t;

typedef struct {
    aud_run_t  *runs;           /* ascending, apart from each other */
    uint32_t    nruns;
    uint32_t    capacity;
    uint64_t    rows;           /* with one of the codes, or a few more */
    unsigned    unordered:1;    /* until finished */
} aud_codes_t;

/* Adds lo .. hi - 1, nothing where lo >= hi; in any order.  0 or -1. */
int  aud_codes_add(aud_codes_t *codes, aud_arena_t *arena, uint32_t lo,
    uint32_t hi);

/* Orders and joins the runs and fills rows; after the last add. */
void aud_codes_finish(aud_codes_t *codes, const aud_column_t *c);

/*
 * The rows of the codes as a bitmap: one that the segment holds, or buf
 * (AUD_WORDS(rows) words) filled.
 */
const uint64_t *aud_codes_rows(const aud_codes_t *codes, const aud_column_t *c,
    uint64_t *buf);

/* Estimated microseconds of aud_codes_rows(). */
double aud_codes_cost(const aud_codes_t *codes, const aud_column_t *c);

#endif
