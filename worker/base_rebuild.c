#include "aud_buffer.h"
#include "base.h"
#include "base_rebuild.h"
#include "keys.h"
#include "log.h"
#include "queue.h"
#include "rebuild.h"
#include "resolved_by.h"


typedef struct {
    worker_t       *worker;
    store_batch_t  *batch;
    aud_buffer_t    jobs;           /* their ids */
} starting_t;


static void  queue_rebuild(void *arg, base_t *base);
static void  tell_why(const worker_t *worker, const char *tenant,
    const json_t *by);
static int   is_waiting(worker_t *worker, const char *tenant);
static int   waits_to_rebuild(aud_str_t record);


/* The store is written to here, so that no call is answered before the jobs are
 * there. */

void
base_rebuild_where_needed(worker_t *worker)
{
    size_t             at;
    aud_uuid_t         job;
    aud_error_t        err = { 0 };
    starting_t         x = { .worker = worker };
    store_status_t     status;

    x.batch = store_batch_create();
    bases_each(worker->bases, queue_rebuild, &x);

    if (x.batch == NULL || x.jobs.failed) {
        log_no_memory("rebuild");
    }

    status = store_batch_count(x.batch)
             ? store_apply(worker->store, x.batch, &err) : STORE_OK;

    if (status != STORE_OK) {
        log_line(LOG_ERROR, NULL, "rebuild not queued", "s:error", err.text,
                 NULL);
    }

    for (at = 0; at < x.jobs.len; at += sizeof(job)) {
        memcpy(&job, x.jobs.data + at, sizeof(job));

        if (status == STORE_OK) {
            queue_added(worker->queue, &job);

        } else {
            queue_dropped(worker->queue, &job);
        }
    }

    store_batch_free(x.batch);
    aud_buffer_free(&x.jobs);
}


static void
queue_rebuild(void *arg, base_t *base)
{
    int          otherwise;
    json_t      *by;
    aud_uuid_t   job;
    starting_t  *x = arg;
    const char  *tenant = base_tenant(base);

    by = base_resolved_by(base);
    otherwise = !json_equal(by, x->worker->resolved_by);

    if ((otherwise || base_needs_rebuild(base))
        && !is_waiting(x->worker, tenant))
    {
        if (otherwise) {
            tell_why(x->worker, tenant, by);
        }

        queue_add(x->worker->queue, x->batch, tenant, rebuild_job.name,
                  json_object(), 0, &job);
        aud_buffer_add(&x->jobs, &job, sizeof(job));
    }

    json_decref(by);
}


static void
tell_why(const worker_t *worker, const char *tenant, const json_t *by)
{
    aud_buffer_t  changes = { 0 };

    resolved_by_changes(by, worker->resolved_by, &changes);
    log_line(LOG_INFO, NULL, "people are found anew", "s:tenant", tenant,
             "s:because", by && changes.data ? changes.data : "not known", NULL);
    aud_buffer_free(&changes);
}


static int
is_waiting(worker_t *worker, const char *tenant)
{
    int            waiting;
    aud_str_t      key, value;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(tenant, KEY_JOB);
    scan = store_scan(worker->store, NULL, key_str(&prefix), aud_str(NULL, 0),
                      0);
    waiting = 0;

    while (!waiting && store_scan_next(scan, &key, &value, &err) == 1) {
        waiting = waits_to_rebuild(value);
    }

    store_scan_free(scan);
    return waiting;
}


static int
waits_to_rebuild(aud_str_t record)
{
    int          waits;
    json_t      *json;
    const char  *type, *state;

    json = json_loadb(record.data, record.len, 0, NULL);
    type = json_string_value(json_object_get(json, "type"));
    state = json_string_value(json_object_get(json, "state"));

    waits = type && state && strcmp(type, rebuild_job.name) == 0
            && (strcmp(state, "ready") == 0 || strcmp(state, "scheduled") == 0
                || strcmp(state, "running") == 0);

    json_decref(json);
    return waits;
}
