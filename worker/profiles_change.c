/*
 * A change of source records or rules that brings no file.
 */

#include <errno.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "log.h"
#include "merge.h"
#include "profiles.h"
#include "profiles_change.h"

#define CHANGE_TRIES  8


typedef struct {
    const profiles_change_t  *c;
    aud_generation_t         *g;        /* that was resolved in */
    resolution_t             *resolution;
    profiles_t                profiles;
    old_records_t             old;
    import_read_t             in;       /* of no rows */
    base_segment_t            segment;
    uint64_t                 *replaced;
    aud_error_t               err;
} changing_t;


static int changing_build(changing_t *x);
static int changing_write(changing_t *x);
static base_status_t changing_commit(changing_t *x, job_outcome_t *outcome);
static job_outcome_t changing_retry(const changing_t *x);
static void changing_free(changing_t *x);


/* A merge may replace the segments that this wants to write anew; then all
 * begins again with what the merge has made. */

job_outcome_t
profiles_change(const profiles_change_t *c)
{
    int            try;
    changing_t     x;
    job_outcome_t  outcome = JOB_RETRY;
    base_status_t  status = BASE_MOVED;

    for (try = 0; try < CHANGE_TRIES && status == BASE_MOVED; try++) {
        memset(&x, 0, sizeof(changing_t));
        x.c = c;
        status = BASE_FAILED;

        if (changing_build(&x) != 0) {
            outcome = changing_retry(&x);

        } else if (job_stopping(c->run)) {
            outcome = JOB_CANCELLED;

        } else {
            job_progress(c->run, "committing", 0.9);
            status = changing_commit(&x, &outcome);

            if (status != BASE_OK && status != BASE_MOVED) {
                outcome = changing_retry(&x);
            }
        }

        changing_free(&x);
    }

    if (status == BASE_MOVED) {
        job_error(c->run, "The segments kept changing.");
    }

    return outcome;
}


static int
changing_build(changing_t *x)
{
    size_t                    k;
    resolution_change_t       change;
    const profiles_change_t  *c = x->c;

    job_progress(c->run, "resolving", 0.3);

    x->g = base_generation(c->base);
    if (x->g == NULL) {
        return aud_error_set(&x->err, "out of memory");
    }

    change = c->change;

    if (conversation_index_refs(c->said, &c->resolving->sequences,
                                &change.retold, &change.nretold)
        != 0)
    {
        return aud_error_set(&x->err, "out of memory");
    }

    x->resolution = resolution_run(c->resolving, x->g, &change, &x->err);
    if (x->resolution == NULL) {
        return -1;
    }

    x->replaced = aud_calloc(x->g->nslices + 1, sizeof(uint64_t));

    if (x->replaced == NULL
        || profiles_take(&x->profiles, x->resolution, 0) != 0
        || (c->retyped
            && profiles_add_all(&x->profiles, x->g, x->resolution->struck,
                                x->resolution->nstruck)
               != 0))
    {
        return aud_error_set(&x->err, "out of memory");
    }

    for (k = 0; k < x->g->nslices; k++) {
        x->replaced[k] = x->g->slices[k].segment->number;
    }

    job_progress(c->run, "folding", 0.6);

    return x->profiles.n ? changing_write(x) : 0;
}


static int
changing_write(changing_t *x)
{
    segment_summary_t         summary;
    const fold_source_t       none = { 0 };
    const profiles_change_t  *c = x->c;

    x->in.fields = (fields_t *) c->fields;
    x->in.source = &none;
    x->in.index = c->said;
    x->in.sequences = &c->resolving->sequences;
    x->in.said = columns_create(c->fields, &none, NULL);

    if (x->in.said == NULL) {
        return aud_error_set(&x->err, "out of memory");
    }

    x->segment.number = base_segment_number(c->base);

    if (old_records_load(&x->old, x->profiles.old, x->profiles.nold,
                         job_worker(c->run), job_tenant(c->run),
                         &c->resolving->sequences, c->fields, x->in.said, 0,
                         &x->err)
        != 0
        || profiles_write(&x->profiles, x->g, &x->in, &x->old,
                          base_folder(c->base), x->segment.number, &summary,
                          &x->err)
           != 0)
    {
        return -1;
    }

    x->segment.checksum = summary.checksum;
    x->segment.rows = summary.rows;

    return 0;
}


/* *outcome is set where BASE_OK is returned. */

static base_status_t
changing_commit(changing_t *x, job_outcome_t *outcome)
{
    base_change_t             change = { 0 };
    base_status_t             status = BASE_FAILED;
    store_batch_t            *batch;
    const profiles_change_t  *c = x->c;

    change.added = x->profiles.n ? &x->segment : NULL;
    change.fields = c->fields->items;
    change.nfields = c->fields->n;
    change.ids = x->resolution->changes;
    change.nids = x->resolution->nchanges;

    if (c->retyped && x->g->nslices) {
        change.replaced = x->replaced;
        change.nreplaced = x->g->nslices;
        change.seen = x->g;

    } else {
        change.struck = x->resolution->struck;
        change.nstruck = x->resolution->nstruck;
    }

    batch = store_batch_create();
    store_batch_append(batch, c->effects);
    conversation_index_put(c->said, batch);
    base_lock(c->base);

    if (resolution_put(x->resolution, batch, job_tenant(c->run), aud_now())
        != 0)
    {
        aud_error_set(&x->err, "out of memory");

    } else {
        status = base_prepare(c->base, &change, batch, &x->err);
    }

    if (status != BASE_OK) {
        base_unlock(c->base);
        store_batch_free(batch);
        return status;
    }

    merge_consider(c->run, c->base);
    *outcome = c->goes_on ? job_commit(c->run, batch)
                          : job_complete(c->run, JOB_DONE, batch);

    if (*outcome != JOB_DONE) {
        base_abandon(c->base);

    } else if (base_publish(c->base, &x->err) != BASE_OK) {
        log_line(LOG_ERROR, NULL, "a change is kept but not published",
                 "s:tenant", job_tenant(c->run), "s:error", x->err.text, NULL);
    }

    base_unlock(c->base);

    return BASE_OK;
}


static job_outcome_t
changing_retry(const changing_t *x)
{
    if (x->err.no == ENOSPC) {
        job_error(x->c->run, "The disk is full.");

    } else {
        log_line(LOG_WARNING, NULL, "a change of profiles does not get on",
                 "s:tenant", job_tenant(x->c->run), "s:error", x->err.text,
                 NULL);
        job_error(x->c->run, "The server could not read or write its files.");
    }

    return JOB_RETRY;
}


static void
changing_free(changing_t *x)
{
    profiles_free(&x->profiles);
    old_records_free(&x->old);
    import_read_free(&x->in);
    resolution_free(x->resolution);
    aud_free(x->replaced);

    if (x->g) {
        aud_generation_release(x->g);
    }
}
