/*
 * The job "sizes": once a day the audiences of a tenant are counted, and those
 * whose size is another one than before get a point in their history.
 *
 * When it was last asked for stands in the store under no audience's id
 * (zeros), in the same batch, so that it is asked for once.
 */

#include <arpa/inet.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "audience_index.h"
#include "audience_sizes.h"
#include "commit.h"
#include "keys.h"
#include "log.h"
#include "queue.h"
#include "settings.h"

#define SIZES_PERIOD_MS  60000
#define SIZES_BATCH      256            /* audiences, for a write */


struct audience_sizes_s {
    worker_t    *worker;
    uv_timer_t   timer;
};

typedef struct {
    worker_t    *worker;
    aud_uuid_t   job;
    unsigned     asked:1;
} asked_t;


static void sizes_tick(uv_timer_t *timer);
static void sizes_closed(uv_handle_t *handle);
static void sizes_consider(void *arg, base_t *base);
static void sizes_ask(worker_t *worker, const char *tenant);
static int sizes_due(worker_t *worker, const char *tenant);
static void sizes_asked(void *arg, store_status_t status);
static job_outcome_t sizes_run(job_run_t *run);
static job_outcome_t sizes_some(job_run_t *run, base_t *base,
    const aud_generation_t *g, size_t from, size_t n);
static job_outcome_t sizes_put(job_run_t *run, base_t *base,
    const aud_generation_t *g, size_t from, size_t n, const uint64_t *sizes);
static void sizes_done(store_batch_t *batch, const char *tenant);


static const aud_uuid_t  nobody;

const job_type_t  sizes_job = {
    .name = "sizes", .run = sizes_run, .background = 1
};


audience_sizes_t *
audience_sizes_create(worker_t *worker, aud_error_t *err)
{
    audience_sizes_t  *sizes;

    sizes = aud_calloc(1, sizeof(audience_sizes_t));

    if (sizes == NULL) {
        aud_error_set(err, "memory is out");
        return NULL;
    }

    sizes->worker = worker;
    sizes->timer.data = sizes;
    uv_timer_init(worker->loop, &sizes->timer);
    uv_timer_start(&sizes->timer, sizes_tick, 0, SIZES_PERIOD_MS);

    return sizes;
}


void
audience_sizes_close(audience_sizes_t *sizes)
{
    if (sizes) {
        uv_close((uv_handle_t *) &sizes->timer, sizes_closed);
    }
}


static void
sizes_closed(uv_handle_t *handle)
{
    aud_free(handle->data);
}


static void
sizes_tick(uv_timer_t *timer)
{
    audience_sizes_t  *sizes = timer->data;

    if (!queue_draining(sizes->worker->queue)) {
        bases_each(sizes->worker->bases, sizes_consider, sizes->worker);
    }
}


static void
sizes_consider(void *arg, base_t *base)
{
    size_t             i;
    worker_t          *worker = arg;
    aud_generation_t  *g;

    if (base_needs_rebuild(base)) {
        return;
    }

    g = base_generation(base);

    for (i = 0; i < g->naudiences && g->audiences[i].filter.len == 0; i++) {
        /* void */
    }

    if (i < g->naudiences) {
        sizes_ask(worker, base_tenant(base));
    }

    aud_generation_release(g);
}


/* A tenant that has its first audience is counted a day later. */

static void
sizes_ask(worker_t *worker, const char *tenant)
{
    int             due;
    asked_t        *a;
    store_batch_t  *batch;

    due = sizes_due(worker, tenant);

    if (due == 0) {
        return;
    }

    a = aud_calloc(1, sizeof(asked_t));
    batch = store_batch_create();

    if (a == NULL || batch == NULL) {
        log_no_memory("sizes");
    }

    a->worker = worker;
    a->asked = due > 0;
    sizes_done(batch, tenant);

    if (a->asked) {
        queue_add(worker->queue, batch, tenant, sizes_job.name, json_object(),
                  0, &a->job);
    }

    commit_submit(worker->commit, batch, sizes_asked, a);
}


/* -1: it was never done. */

static int
sizes_due(worker_t *worker, const char *tenant)
{
    int              due = -1;
    int64_t          now = aud_now() / AUD_SECOND;
    aud_str_t        value;
    aud_error_t      err;
    store_key_t      key = key_id(tenant, KEY_SIZES, &nobody);
    store_status_t   status;
    audience_size_t  last;

    status = store_get(worker->store, key_str(&key), &value, &err);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? -1 : 0;
    }

    if (audience_sizes_last(value, &last)) {
        due = now - last.at >= worker->settings->sizes_seconds;
    }

    store_value_free(value);

    return due;
}


static void
sizes_asked(void *arg, store_status_t status)
{
    asked_t  *a = arg;

    if (a->asked && status == STORE_OK) {
        queue_added(a->worker->queue, &a->job);

    } else if (a->asked) {
        queue_dropped(a->worker->queue, &a->job);
    }

    aud_free(a);
}


static void
sizes_done(store_batch_t *batch, const char *tenant)
{
    uint32_t     point[3] = { htonl((uint32_t) (aud_now() / AUD_SECOND)) };
    store_key_t  key = key_id(tenant, KEY_SIZES, &nobody);

    store_batch_put(batch, key_str(&key),
                    aud_str((const char *) point, sizeof(point)));
}


static job_outcome_t
sizes_run(job_run_t *run)
{
    size_t             i, n;
    base_t            *base;
    worker_t          *worker = job_worker(run);
    job_outcome_t      outcome = JOB_DONE;
    aud_generation_t  *g;

    base = bases_get(worker->bases, job_tenant(run));

    if (base == NULL || (g = base_generation(base)) == NULL) {
        return JOB_RETRY;
    }

    for (i = 0; i < g->naudiences && outcome == JOB_DONE; i += n) {
        n = g->naudiences - i < SIZES_BATCH ? g->naudiences - i : SIZES_BATCH;
        outcome = job_stopping(run) ? JOB_CANCELLED
                  : sizes_some(run, base, g, i, n);
    }

    aud_generation_release(g);

    return outcome == JOB_DONE ? job_complete(run, JOB_DONE, NULL) : outcome;
}


/* Some of them: counted, then put in one write. */

static job_outcome_t
sizes_some(job_run_t *run, base_t *base, const aud_generation_t *g,
    size_t from, size_t n)
{
    size_t    i;
    uint64_t  sizes[SIZES_BATCH];

    for (i = 0; i < n; i++) {
        sizes[i] = UINT64_MAX;

        if (g->audiences[from + i].filter.len) {
            (void) audience_size(g, &g->audiences[from + i].id, &sizes[i]);
        }
    }

    job_progress(run, "counting",
                 (double) (from + n) / (double) g->naudiences);

    return sizes_put(run, base, g, from, n, sizes);
}


/* Under the lock: who deletes or edits an audience meanwhile comes before it,
 * and is seen, or after it. */

static job_outcome_t
sizes_put(job_run_t *run, base_t *base, const aud_generation_t *g,
    size_t from, size_t n, const uint64_t *sizes)
{
    int                    rc = 0;
    size_t                 i;
    job_outcome_t          outcome = JOB_DONE;
    store_batch_t         *batch = store_batch_create();
    audience_size_t        point;
    aud_generation_t      *now;
    const aud_audience_t  *audience;

    base_lock(base);
    now = base_generation(base);

    for (i = 0; i < n && rc >= 0; i++) {
        audience = aud_generation_audience(now, &g->audiences[from + i].id);

        if (sizes[i] == UINT64_MAX || audience == NULL
            || !aud_str_equal(audience->filter, g->audiences[from + i].filter))
        {
            continue;
        }

        audience_index_sized(base_audience_index(base), &audience->id,
                             sizes[i], audience_data(g));
        point = audience_size_now(sizes[i], g);
        rc = audience_sizes_add(job_worker(run)->store, batch,
                                job_tenant(run), &audience->id, point);
    }

    if (rc < 0 || store_batch_count(batch) == 0) {
        store_batch_free(batch);
        outcome = rc < 0 ? JOB_RETRY : JOB_DONE;

    } else {
        outcome = job_commit(run, batch);
    }

    aud_generation_release(now);
    base_unlock(base);

    return outcome;
}
