/*
 * The rows of a set of codes: found in the cheapest of several ways, read block
 * by block, or only counted.
 */

#ifndef AUD_ROWS_H
#define AUD_ROWS_H

#include "aud_codes.h"
#include "aud_generation.h"

/* Words of the largest block: 65,536 rows in 8 kB. */
#define AUD_BLOCK  1024

/* Of bitmaps, or where there is none, of one run of codes, which each block
 * finds in the code column. */
typedef struct {
    aud_bits_t            bits;
    const uint64_t      **more;         /* [nmore], bitmaps besides */
    uint32_t              nmore;
    const aud_column_t   *column;       /* of the run, or NULL */
    aud_run_t             run;
} aud_rows_t;

/* Memory for a bitmap of n words, or NULL. */
uint64_t *aud_rows_words(aud_arena_t *arena, size_t n);

/*
 * The rows of the codes: bitmaps that the segment holds, or a run to look for,
 * or *buf filled, which is allocated (words words) where it is NULL.  0 or -1.
 */
int aud_rows_find(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, uint64_t **buf, size_t words, aud_rows_t *rows);

/* n words of rows, from word `from` on: part of their bitmaps, or out filled. */
aud_bits_t aud_rows_block(const aud_rows_t *rows, size_t from, size_t n,
    uint64_t *out);

/*
 * Counts live rows of the codes without finding them: 0, or -1 where that is
 * not possible or not cheap.
 */
int aud_rows_count(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, uint64_t *count);

/* Estimated microseconds of reading all rows of the codes, of counting them. */
double aud_rows_cost(const aud_codes_t *codes, const aud_column_t *c);
double aud_rows_count_cost(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice);

#endif
