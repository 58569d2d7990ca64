/*
 * Segments that are written anew without the rows struck out of them.
 */

#include <errno.h>

#include "base_private.h"
#include "log.h"
#include "merge.h"
#include "segment_merge.h"

#define REWRITE_TRIES  8


static job_outcome_t rewrite_all(job_run_t *run, base_t *base,
    int (*holds)(void *arg, const aud_slice_t *slice), void *arg,
    aud_error_t *err);
static base_status_t rewrite_one(job_run_t *run, base_t *base,
    const aud_generation_t *g, const aud_slice_t *slice,
    job_outcome_t *outcome, aud_error_t *err);
static base_status_t rewrite_commit(job_run_t *run, base_t *base,
    const base_change_t *change, job_outcome_t *outcome, aud_error_t *err);
static int rewrite_step(void *arg, double fraction);


/* A merge that has begun before would bring back what it has read: it ends
 * first, and none begins meanwhile. */

job_outcome_t
merge_rewrite(job_run_t *run, base_t *base,
    int (*holds)(void *arg, const aud_slice_t *slice), void *arg,
    aud_error_t *err)
{
    job_outcome_t  outcome;

    uv_mutex_lock(&base->merging);
    outcome = rewrite_all(run, base, holds, arg, err);
    uv_mutex_unlock(&base->merging);

    return outcome;
}


static job_outcome_t
rewrite_all(job_run_t *run, base_t *base,
    int (*holds)(void *arg, const aud_slice_t *slice), void *arg,
    aud_error_t *err)
{
    size_t             i;
    unsigned           moved = 0;
    job_outcome_t      outcome = JOB_DONE;
    base_status_t      status;
    aud_generation_t  *g;

    do {
        g = base_generation(base);

        for (i = 0; i < g->nslices && !holds(arg, &g->slices[i]); i++) {
            /* void */
        }

        if (i == g->nslices) {
            aud_generation_release(g);
            return JOB_DONE;
        }

        outcome = JOB_RETRY;
        status = rewrite_one(run, base, g, &g->slices[i], &outcome, err);
        aud_generation_release(g);
        moved += status == BASE_MOVED;

    } while ((status == BASE_OK && outcome == JOB_DONE)
             || (status == BASE_MOVED && moved < REWRITE_TRIES));

    return status == BASE_OK ? outcome : JOB_RETRY;
}


static base_status_t
rewrite_one(job_run_t *run, base_t *base, const aud_generation_t *g,
    const aud_slice_t *slice, job_outcome_t *outcome, aud_error_t *err)
{
    uint64_t           replaced = slice->segment->number;
    base_change_t      change = { 0 };
    base_segment_t     added;
    segment_summary_t  summary;

    added.number = base_segment_number(base);

    if (segment_merge(&slice, 1, g->fields, g->nfields, base_folder(base),
                      added.number, rewrite_step, run, &summary, err)
        != 0)
    {
        return err->no == ENOSPC ? BASE_FULL : BASE_FAILED;
    }

    added.checksum = summary.checksum;
    added.rows = summary.rows;
    change.added = &added;
    change.replaced = &replaced;
    change.nreplaced = 1;
    change.seen = g;
    change.alike = 1;

    return rewrite_commit(run, base, &change, outcome, err);
}


/* *outcome is set where BASE_OK is returned. */

static base_status_t
rewrite_commit(job_run_t *run, base_t *base, const base_change_t *change,
    job_outcome_t *outcome, aud_error_t *err)
{
    base_status_t   status;
    store_batch_t  *batch;

    batch = store_batch_create();
    base_lock(base);
    status = base_prepare(base, change, batch, err);

    if (status != BASE_OK) {
        base_unlock(base);
        store_batch_free(batch);
        return status;
    }

    *outcome = job_commit(run, batch);

    if (*outcome != JOB_DONE) {
        base_abandon(base);

    } else if (base_publish(base, err) != BASE_OK) {
        log_line(LOG_ERROR, NULL, "a rewritten segment is kept but not "
                 "published", "s:tenant", job_tenant(run), "s:reason",
                 err->text, NULL);
    }

    base_unlock(base);

    return BASE_OK;
}


static int
rewrite_step(void *arg, double fraction)
{
    job_progress(arg, "rewriting segments", 0.5 + 0.2 * fraction);

    return 0;
}
