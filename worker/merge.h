/*
 * Merging of segments, so that queries never have many of them to look at.
 *
 * Size-tiered: segments whose live rows are of one class (a factor of four)
 * become one as soon as there are settings.merge_at of them.  A merge runs as
 * a job while imports go on; what they strike out meanwhile is struck out of its
 * result (base_change_t.seen).  A job with the argument "quiet" merges more; see
 * merge_quiet.h.  No merge makes a segment of more than MERGE_ROWS rows, and one
 * of half as many is left as it is, so that memory is bounded: it takes about
 * 200 bytes a row.
 */

#ifndef MERGE_H
#define MERGE_H

#include "base.h"
#include "job.h"

#define MERGE_ROWS  (2 * 1024 * 1024)

extern const job_type_t  merge_job;     /* "merge" */

/* Lets a merge follow the job where one will be due.  In a job thread, after
 * base_prepare() and before job_complete(). */
void merge_consider(job_run_t *run, base_t *base);

/*
 * The segments to merge, by their place in g->slices: how many were put into
 * places (room for g->nslices), 0 where no merge is due.
 */
size_t merge_choose(const aud_generation_t *g, unsigned merge_at,
    size_t *places);

/*
 * The same where nothing changes any more: all segments, if those beside the
 * largest, with the rows that are struck out of it, are an eighth of it; else
 * all but the largest.  So a row is written again at most about eight times for
 * the sake of those that come after it.
 */
size_t merge_choose_quiet(const aud_generation_t *g, size_t *places);

/*
 * Writes anew, each by itself, the segments of which `holds` says so: without
 * the rows that are struck out of them, until none is left.  For what must not
 * stay on disk.  Waits for a merge that is under way.  For exclusive jobs, which
 * go on; JOB_DONE, or JOB_RETRY or JOB_STALE with err.
 */
job_outcome_t merge_rewrite(job_run_t *run, base_t *base,
    int (*holds)(void *arg, const aud_slice_t *slice), void *arg,
    aud_error_t *err);

#endif
