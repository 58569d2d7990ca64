/*
 * A set of codes of one column, as runs of neighbours.  Their rows are found by
 * aud_rows.h.
 *
 * The runs live in the arena that was given; the column is borrowed.
 */

#ifndef AUD_CODES_H
#define AUD_CODES_H

#include "aud_arena.h"
#include "aud_segment.h"
#include "aud_words.h"

typedef struct {
    uint32_t  lo;
    uint32_t  hi;               /* not in the run */
} aud_run_t;

typedef struct {
    aud_run_t       *runs;      /* ascending, apart from each other */
    uint32_t         nruns;
    uint32_t         capacity;
    const uint32_t  *order;     /* of its places runs are; NULL: of codes */
    uint64_t         rows;      /* with one of the codes, or a few more */
    unsigned         unordered:1;   /* until finished */
} aud_codes_t;

/* Adds lo .. hi - 1, nothing where lo >= hi; in any order.  0 or -1. */
int  aud_codes_add(aud_codes_t *codes, aud_arena_t *arena, uint32_t lo,
    uint32_t hi);

/* Orders and joins the runs and fills rows; after the last add. */
void aud_codes_finish(aud_codes_t *codes, const aud_column_t *c);

/* out = a op b, finished ones without an order, into an empty one, which
 * remains to be finished.  0 or -1. */
int  aud_codes_join(aud_bits_op_t op, aud_codes_t *out, aud_arena_t *arena,
    const aud_codes_t *a, const aud_codes_t *b);

/* Whether they are all that the column has. */
static inline int
aud_codes_all(const aud_codes_t *codes, const aud_column_t *c)
{
    return codes->nruns == 1 && codes->runs[0].lo == 0
           && codes->runs[0].hi == c->distinct;
}

/* Values of the run, which are rows unless rows have several. */
static inline uint64_t
aud_run_rows(const aud_column_t *c, aud_run_t run)
{
    return c->posting_at[run.hi] - c->posting_at[run.lo];
}

#endif
