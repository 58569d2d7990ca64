/*
 * The rows of a segmentation: the live profiles of a generation, numbered in
 * the order of slices, then of rows in them; what is struck out has no number.
 * Sets of them are bitmaps of AUD_WORDS(g->profiles) words, zero past the last.
 *
 * Nothing is kept: each call walks the slices once.  Any thread.
 */

#ifndef BEHAVIOUR_ROWS_H
#define BEHAVIOUR_ROWS_H

#include "aud_generation.h"

/* The profile of a row, which is below g->profiles.  Of one row; many are
 * told by behaviour_rows_profiles(). */
const aud_uuid_t *behaviour_rows_profile(const aud_generation_t *g,
    uint32_t row);

/* The profiles of a set, ascending, as audiences keep them; freed by
 * aud_free().  NULL when memory is out; where *n is 0 it is not NULL. */
aud_uuid_t *behaviour_rows_profiles(const aud_generation_t *g,
    const uint64_t *rows, size_t *n);

/* Adds to rows those of n profiles, which ascend; ids that nobody bears now
 * are passed over. */
void behaviour_rows_find(const aud_generation_t *g, const aud_uuid_t *ids,
    size_t n, uint64_t *rows);

/* Adds to rows the profiles whose oldest record came before a time,
 * microseconds: by the milliseconds of their ids (profile_ids.h). */
void behaviour_rows_born(const aud_generation_t *g, int64_t before,
    uint64_t *rows);

#endif
