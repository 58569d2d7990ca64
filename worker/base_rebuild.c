#include "aud_alloc.h"
#include "base.h"
#include "base_rebuild.h"
#include "commit.h"
#include "keys.h"
#include "log.h"
#include "queue.h"
#include "rebuild.h"

typedef struct {
    worker_t    *worker;
    aud_uuid_t   job;
} queued_t;

static void  queue_rebuild(void *arg, base_t *base);
static void  queued(void *arg, store_status_t status);
static int   is_waiting(worker_t *worker, const char *tenant);
static int   waits_to_rebuild(aud_str_t record);


void
base_rebuild_unusable(worker_t *worker)
{
    bases_each(worker->bases, queue_rebuild, worker);
}


static void
queue_rebuild(void *arg, base_t *base)
{
    queued_t       *q;
    worker_t       *worker = arg;
    const char     *tenant;
    store_batch_t  *batch;

    tenant = base_tenant(base);

    if (!base_needs_rebuild(base) || is_waiting(worker, tenant)) {
        return;
    }

    q = aud_calloc(1, sizeof(queued_t));
    batch = store_batch_create();

    if (q == NULL || batch == NULL) {
        log_no_memory("rebuild");
    }

    q->worker = worker;
    queue_add(worker->queue, batch, tenant, rebuild_job.name, json_object(), 0,
              &q->job);
    commit_submit(worker->commit, batch, queued, q);
}


static void
queued(void *arg, store_status_t status)
{
    queued_t  *q = arg;

    if (status == STORE_OK) {
        queue_added(q->worker->queue, &q->job);

    } else {
        queue_dropped(q->worker->queue, &q->job);
        log_line(LOG_ERROR, NULL, "rebuild not queued: the disk is full",
                 NULL);
    }

    aud_free(q);
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
