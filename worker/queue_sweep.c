/*
 * Jobs that have ended are kept for a week.  Once an hour those that are older
 * are looked for in libuv's pool, and deleted by the loop thread, which knows
 * whether a person has just begun one of them anew.
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "keys.h"
#include "log.h"
#include "queue_private.h"

#define SWEEP_KEEP   (7 * AUD_DAY)
#define SWEEP_EVERY  (3600 * AUD_SECOND)
#define SWEEP_MAX    10000              /* at a time */


typedef struct {
    char        tenant[65];
    aud_uuid_t  id;
} swept_t;

typedef struct sweep_s {
    uv_work_t   work;
    queue_t    *queue;
    int64_t     before;                 /* ended */
    size_t      n;
    swept_t     found[SWEEP_MAX];
} sweep_t;


static void sweep_read(uv_work_t *work);
static void sweep_tenant(sweep_t *sweep, const char *tenant);
static int64_t sweep_created(const aud_uuid_t *id);
static int sweep_old(const sweep_t *sweep, aud_str_t record);
static void sweep_delete(uv_work_t *work, int status);
static void sweep_deleted(void *arg, store_status_t status);


void
queue_sweep(queue_t *q)
{
    int64_t   now = aud_now();
    sweep_t  *sweep;

    if (q->sweep || now < q->sweep_at || q->draining) {
        return;
    }

    q->sweep_at = now + SWEEP_EVERY;
    sweep = aud_malloc(sizeof(sweep_t));

    if (sweep == NULL) {
        return;                         /* in an hour, then */
    }

    sweep->work.data = sweep;
    sweep->queue = q;
    sweep->before = now - SWEEP_KEEP;
    sweep->n = 0;

    if (uv_queue_work(q->worker->loop, &sweep->work, sweep_read, sweep_delete)
        != 0)
    {
        aud_free(sweep);
        return;
    }

    q->sweep = sweep;
}


static void
sweep_read(uv_work_t *work)
{
    char          tenant[65] = "";
    sweep_t      *sweep = work->data;
    aud_error_t   err;

    while (sweep->n < SWEEP_MAX
           && store_next_tenant(sweep->queue->worker->store, tenant, &err) == 1)
    {
        sweep_tenant(sweep, tenant);
    }
}


/* Keys stand in the order in which jobs were made. */

static void
sweep_tenant(sweep_t *sweep, const char *tenant)
{
    char           owner[65];
    swept_t       *found;
    aud_str_t      key, value, rest;
    key_kind_t     kind;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(tenant, KEY_JOB);
    scan = store_scan(sweep->queue->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while (scan && sweep->n < SWEEP_MAX
           && store_scan_next(scan, &key, &value, &err) == 1)
    {
        if (key_split(key, owner, &kind, &rest) != 0
            || rest.len != sizeof(aud_uuid_t))
        {
            continue;
        }

        found = &sweep->found[sweep->n];
        memcpy(&found->id, rest.data, sizeof(aud_uuid_t));
        memcpy(found->tenant, owner, sizeof(owner));

        if (sweep_created(&found->id) >= sweep->before) {
            break;
        }

        sweep->n += sweep_old(sweep, value);
    }

    store_scan_free(scan);
}


/* The first six bytes of a UUIDv7: milliseconds. */

static int64_t
sweep_created(const aud_uuid_t *id)
{
    size_t   i;
    int64_t  ms = 0;

    for (i = 0; i < 6; i++) {
        ms = ms << 8 | id->bytes[i];
    }

    return ms * 1000;
}


static int
sweep_old(const sweep_t *sweep, aud_str_t text)
{
    int          old;
    json_t      *record;
    int64_t      at;
    const char  *finished, *state;

    record = json_loadb(text.data, text.len, 0, NULL);
    finished = json_string_value(json_object_get(record, "finished_at"));
    state = json_string_value(json_object_get(record, "state"));

    old = finished && state
          && (strcmp(state, "done") == 0 || strcmp(state, "dead") == 0
              || strcmp(state, "cancelled") == 0)
          && aud_time_parse(finished, strlen(finished), &at, NULL) == 0
          && at < sweep->before;

    json_decref(record);

    return old;
}


static void
sweep_delete(uv_work_t *work, int status)
{
    size_t          i;
    sweep_t        *sweep = work->data;
    queue_t        *q = sweep->queue;
    store_key_t     key;
    store_batch_t  *batch;

    q->sweep = NULL;
    batch = store_batch_create();

    for (i = 0; batch && i < sweep->n; i++) {
        if (queue_find(q, sweep->found[i].tenant, &sweep->found[i].id)) {
            continue;
        }

        key = key_id(sweep->found[i].tenant, KEY_JOB, &sweep->found[i].id);
        store_batch_delete(batch, key_str(&key));
        key = key_id(sweep->found[i].tenant, KEY_RESULT, &sweep->found[i].id);
        store_batch_delete(batch, key_str(&key));
    }

    if (batch) {
        commit_submit(q->worker->commit, batch, sweep_deleted, NULL);
    }

    if (sweep->n == SWEEP_MAX) {
        q->sweep_at = 0;                /* there are more */
    }

    aud_free(sweep);
}


static void
sweep_deleted(void *arg, store_status_t status)
{
    /* What could not be deleted is found again. */
}
