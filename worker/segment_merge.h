/*
 * Several segments become one: the living rows of all, column by column, so
 * that memory follows the widest column and not the table.  A job's thread.
 */

#ifndef SEGMENT_MERGE_H
#define SEGMENT_MERGE_H

#include "segment_file.h"

/* After each column, with how much is done; not 0 ends the merge. */
typedef int (*segment_merge_step_fn)(void *arg, double fraction);

/*
 * slices: of one generation; fields: that generation's.  Writes and syncs
 * dir/<number>.seg.  0; 1 when step ended it; -1 with err.  Without 0 there is
 * no file.
 */
int segment_merge(const aud_slice_t *const *slices, size_t nslices,
    const aud_field_t *fields, size_t nfields, const char *dir,
    uint64_t number, segment_merge_step_fn step, void *arg,
    segment_summary_t *summary, aud_error_t *err);

#endif
