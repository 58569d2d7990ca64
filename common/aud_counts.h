/*
 * How many of a set of rows have each code of a column.
 *
 *   codes    Bahia   Santos   Vasco         a column with one value a row
 *   counts      12        7       0
 *
 *   group        0        0       2         of several values a row: a person
 *   counts      15                0         with Bahia and Santos counts once
 *
 * Pure functions.  Any thread.
 */

#ifndef AUD_COUNTS_H
#define AUD_COUNTS_H

#include "aud_generation.h"

/* counts[distinct], zeroes before: live rows of each code.  c is not multi. */
void aud_counts_live(const aud_slice_t *slice, const aud_column_t *c,
    uint32_t *counts);

/* The same of the `n` rows of a bitmap, which are live; live: what the function
 * above has counted. */
void aud_counts_rows(const aud_slice_t *slice, const aud_column_t *c,
    const uint64_t *rows, uint64_t n, const uint32_t *live, uint32_t *counts);

/*
 * Adds to counts[group[code]] the rows that have a code of the group, once
 * each.  A code whose group is AUD_NO_CODE is in none.  rows == NULL: all live
 * ones.
 */
void aud_counts_grouped(const aud_slice_t *slice, const aud_column_t *c,
    const uint64_t *rows, const uint32_t *group, uint32_t *counts);

/* Estimated microseconds of the first two, or of the last one for both. */
double aud_counts_cost(const aud_slice_t *slice, const aud_column_t *c);

#endif
