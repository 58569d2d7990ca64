/*
 * A set of codes of one column, as runs of neighbours, and its rows.
 *
 * The runs live in the arena that was given; the column is borrowed.
 */

#ifndef AUD_CODES_H
#define AUD_CODES_H

#include "aud_arena.h"
#include "aud_generation.h"

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

/* Rows, to be read block by block. */
typedef struct {
    const uint64_t      *words;     /* NULL: those of one run of codes, which
                                       each block finds in the code column */
    const uint64_t      *without;   /* of words; or NULL */
    const aud_column_t  *column;
    aud_run_t            run;
} aud_rows_t;

/*
 * The rows of the codes: a bitmap that the segment holds, or a run to look for,
 * or *buf filled, which is allocated (words words) where it is NULL.  0 or -1.
 */
int aud_codes_rows(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, uint64_t **buf, size_t words, aud_rows_t *rows);

/* n words of rows, from word `from` on: part of their bitmap, or out filled. */
const uint64_t *aud_rows_block(const aud_rows_t *rows, size_t from, size_t n,
    uint64_t *out);

/*
 * Counts live rows of the codes without finding them: 0, or -1 where that is
 * not possible or not cheap.
 */
int aud_codes_count(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, uint64_t *count);

/* Estimated microseconds of reading all rows of the codes. */
double aud_codes_cost(const aud_codes_t *codes, const aud_column_t *c);

#endif
