/*
 * The queue, as the rest of the worker sees it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "keys.h"
#include "log.h"
#include "metrics.h"
#include "queue_private.h"
#include "settings.h"

/* Those that wait for a commit count: fewer would leave a sync to few. */
#define QUEUE_LOOP_JOBS  128

/* And one of another tenant: what they take is memory and the disk. */
#define QUEUE_BACKGROUND_JOBS  1

/* People wait for queries while they type: where processors are short, jobs get
 * a third of what nginx does. */
#define QUEUE_NICE  5


typedef struct {                    /* an answer that waits for a commit */
    job_t   *job;
    void   (*fn)(void *arg, store_status_t status);
    void    *arg;
} wish_t;


static void queue_closed(uv_handle_t *handle);
static void queue_async(uv_async_t *async);
static json_t *queue_result(queue_t *q, const char *tenant,
    const aud_uuid_t *id, json_t *shown);
static wish_t *wish_create(job_t *job, void (*fn)(void *arg, store_status_t
    status), void *arg);
static void queue_wished(void *arg, store_status_t status);
static void queue_retried(void *arg, store_status_t status);


queue_t *
queue_create(worker_t *worker, aud_error_t *err)
{
    size_t    types;
    queue_t  *q;

    for (types = 0; job_types[types]; types++) {
        /* void */
    }

    q = aud_calloc(1, sizeof(queue_t));
    if (q == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    q->worker = worker;
    q->async.data = q;
    q->timer.data = q;
    q->turns[PLACE_THREAD].limit = worker->settings->job_threads;
    q->turns[PLACE_LOOP].limit = QUEUE_LOOP_JOBS;
    q->turns[PLACE_BACKGROUND].limit = QUEUE_BACKGROUND_JOBS;
    q->finished = aud_calloc(types + 1, sizeof(q->finished[0]));
    q->occupied = aud_calloc(types + 1, sizeof(q->occupied[0]));
    heap_init(&q->scheduled, offsetof(job_t, place), job_sooner);
    pthread_mutex_init(&q->lock, NULL);

    /* One more than the limit, for tenants that run nothing. */
    q->pool = pool_create(worker->settings->job_threads + 1
                          + QUEUE_BACKGROUND_JOBS + 1, QUEUE_NICE, err);

    uv_async_init(worker->loop, &q->async, queue_async);
    uv_timer_init(worker->loop, &q->timer);
    uv_unref((uv_handle_t *) &q->async);
    uv_unref((uv_handle_t *) &q->timer);
    q->handles = 2;

    if (q->pool == NULL || q->finished == NULL || q->occupied == NULL
        || queue_recover(q, err) != 0)
    {
        queue_free(q);
        return NULL;
    }

    queue_wake(q);

    return q;
}


void
queue_free(queue_t *q)
{
    job_t   *job, *next;
    size_t   i;

    if (q->pool) {
        pool_close(q->pool);
    }

    for (i = 0; i < q->nbuckets; i++) {
        for (job = q->buckets[i]; job; job = next) {
            next = job->next;
            store_batch_free(job->effects);
            follow_free(job->follow);
            free(job->args);
            aud_free(job);
        }
    }

    for (i = 0; i < q->ntenants; i++) {
        heap_free(&q->tenants[i]->ready[LINE_EXCLUSIVE]);
        heap_free(&q->tenants[i]->ready[LINE_THREAD]);
        heap_free(&q->tenants[i]->ready[LINE_LOOP]);
        heap_free(&q->tenants[i]->ready[LINE_BACKGROUND]);
        aud_free(q->tenants[i]);
    }

    heap_free(&q->scheduled);
    aud_free(q->buckets);
    aud_free(q->tenants);
    aud_free(q->finished);
    aud_free(q->occupied);
    uv_close((uv_handle_t *) &q->async, queue_closed);
    uv_close((uv_handle_t *) &q->timer, queue_closed);
}


static void
queue_closed(uv_handle_t *handle)
{
    queue_t  *q = handle->data;

    if (--q->handles == 0) {
        pthread_mutex_destroy(&q->lock);
        aud_free(q);
    }
}


unsigned
queue_hung(queue_t *q)
{
    return pool_hung(q->pool);
}


void
queue_drain(queue_t *q, void (*fn)(void *arg), void *arg)
{
    q->draining = 1;
    q->drained = fn;
    q->drained_arg = arg;
    queue_wake(q);
}


int
queue_draining(const queue_t *q)
{
    return q->draining;
}


static void
queue_async(uv_async_t *async)
{
    queue_work(async->data);
}


/* Where nobody waits and a place is free, the batch that adds the job counts
 * its first attempt too, and it runs a sync earlier. */

void
queue_add(queue_t *q, store_batch_t *batch, const char *tenant,
    const char *type, json_t *args, unsigned delay, aud_uuid_t *id)
{
    job_t  *added, job = { .type = job_type(type), .created_at = aud_now() };

    if (job.type == NULL) {
        log_line(LOG_ERROR, NULL, "no such job type", "s:type", type, NULL);
        abort();
    }

    aud_uuid_make(id);
    job.id = *id;
    job.run_at = delay ? job.created_at + delay * INT64_C(1000) : 0;
    job.args = json_dumps(args, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(args);

    if (job.args == NULL) {
        log_no_memory("job arguments");
    }

    added = queue_insert(q, tenant, &job);

    if (delay) {
        job_record_put(added, "scheduled", batch);

    } else if (queue_free_place(q, added)) {
        queue_begin(added);
        job_record_put(added, "running", batch);

    } else {
        q->turns[job_place(added)].waiting++;
        job_record_put(added, "ready", batch);
    }
}


void
queue_added(queue_t *q, const aud_uuid_t *id)
{
    job_t  *job = queue_find(q, NULL, id);

    if (job == NULL || job->state != JOB_ADDING) {
        return;
    }

    if (job->occupies) {
        job->state = JOB_STARTING;
        job->starting = q->begun;
        q->begun = job;
        queue_wake(q);          /* not before the caller's answer is out */
        return;
    }

    q->turns[job_place(job)].waiting -= job->run_at == 0;
    queue_wait(q, job);
}


void
queue_dropped(queue_t *q, const aud_uuid_t *id)
{
    job_t  *job = queue_find(q, NULL, id);

    if (job == NULL || job->state != JOB_ADDING) {
        return;
    }

    if (!job->occupies) {
        q->turns[job_place(job)].waiting -= job->run_at == 0;
    }

    queue_leave(job);
    queue_forget(q, job);
}


json_t *
queue_show(queue_t *q, const char *tenant, const aud_uuid_t *id)
{
    job_t   *job = queue_find(q, tenant, id);
    json_t  *record, *shown = NULL;

    if (job) {
        return queue_result(q, tenant, id, job_show(job));
    }

    record = queue_load(q, tenant, id);

    if (record) {
        shown = queue_result(q, tenant, id, job_record_show(record));
        json_decref(record);
    }

    return shown;
}


json_t *
queue_show_record(queue_t *q, const char *tenant, const aud_uuid_t *id,
    const json_t *record)
{
    job_t  *job = queue_find(q, tenant, id);

    return queue_result(q, tenant, id, job ? job_show(job)
                                           : job_record_show(record));
}


static json_t *
queue_result(queue_t *q, const char *tenant, const aud_uuid_t *id,
    json_t *shown)
{
    json_t            *result = NULL;
    const char        *name;
    const job_type_t  *type;

    name = json_string_value(json_object_get(shown, "type"));
    type = name ? job_type(name) : NULL;

    if (type && type->result) {
        result = type->result(q->worker, tenant, id);
    }

    if (result) {
        json_object_set_new(shown, "result", result);
    }

    return shown;
}


json_t *
queue_unended(queue_t *q, const char *tenant, const char *type)
{
    job_t   *job, *oldest = NULL;
    size_t   i;

    for (i = 0; i < q->nbuckets; i++) {
        for (job = q->buckets[i]; job; job = job->next) {
            if (strcmp(job->type->name, type) == 0
                && strcmp(job->tenant->name, tenant) == 0
                && (oldest == NULL
                    || aud_uuid_compare(&job->id, &oldest->id) < 0))
            {
                oldest = job;
            }
        }
    }

    return oldest ? json_loads(oldest->args, JSON_DECODE_ANY, NULL) : NULL;
}


int
queue_waiting(queue_t *q, const char *tenant, const char *type,
    aud_uuid_t *id)
{
    job_t   *job;
    size_t   i;

    for (i = 0; i < q->nbuckets; i++) {
        for (job = q->buckets[i]; job; job = job->next) {
            if (job->state <= JOB_SCHEDULED
                && strcmp(job->type->name, type) == 0
                && strcmp(job->tenant->name, tenant) == 0)
            {
                *id = job->id;
                return 1;
            }
        }
    }

    return 0;
}


const char *
queue_state(queue_t *q, const char *tenant, const aud_uuid_t *id)
{
    job_t        job = { 0 };
    json_t      *record;
    const char  *state = "done";

    if (queue_find(q, tenant, id)) {
        switch (queue_find(q, tenant, id)->state) {

        case JOB_ADDING:
        case JOB_READY:
            return "ready";

        case JOB_SCHEDULED:
            return "scheduled";

        default:
            return "running";
        }
    }

    record = queue_load(q, tenant, id);

    if (record && job_record_read(record, &job, &state) != 0) {
        state = "done";
    }

    free(job.args);
    json_decref(record);

    return state;
}


int
queue_cancel(queue_t *q, const char *tenant, const aud_uuid_t *id,
    void (*fn)(void *arg, store_status_t status), void *arg)
{
    int             rc = 1;
    job_t          *job = queue_find(q, tenant, id);
    json_t         *record;
    job_run_t      *run;
    store_batch_t  *batch;

    if (job == NULL) {
        record = queue_load(q, tenant, id);
        json_decref(record);
        return record ? 1 : -1;
    }

    run = job->run;

    if (job->state == JOB_ADDING || job->cancelling
        || (job->state == JOB_SETTLING && job->outcome != JOB_RETRY))
    {
        return 1;
    }

    batch = store_batch_create();
    if (batch == NULL) {
        log_no_memory("job cancel");
    }

    /* Under the lock the run either has begun to complete, or will do so after
     * this record: its own is the one that stays. */
    if (run) {
        pthread_mutex_lock(&run->lock);
    }

    if (run == NULL || run->phase == RUN_RUNNING) {
        rc = 0;
        job->cancelling = 1;
        job_record_put(job, "running", batch);
        commit_submit(q->worker->commit, batch, queue_wished,
                      wish_create(NULL, fn, arg));
    }

    if (run) {
        atomic_store(&run->stopping, rc == 0);
        pthread_mutex_unlock(&run->lock);
    }

    if (rc != 0) {
        store_batch_free(batch);

    } else if (job->state == JOB_READY) {
        queue_unwait(q, job);
        queue_came(q, job, JOB_CANCELLED);

    } else if (job->state == JOB_SCHEDULED) {
        heap_remove(&q->scheduled, job);
        queue_came(q, job, JOB_CANCELLED);
    }

    return rc;
}


int
queue_retry(queue_t *q, const char *tenant, const aud_uuid_t *id,
    void (*fn)(void *arg, store_status_t status), void *arg)
{
    int             rc;
    job_t           from = { 0 }, *job;
    json_t         *record;
    const char     *state;
    store_batch_t  *batch;

    if (queue_find(q, tenant, id)) {
        return 1;
    }

    record = queue_load(q, tenant, id);
    if (record == NULL) {
        return -1;
    }

    rc = job_record_read(record, &from, &state);
    json_decref(record);

    if (rc != 0 || strcmp(state, "dead") != 0) {
        free(from.args);
        return 1;
    }

    batch = store_batch_create();
    if (batch == NULL) {
        log_no_memory("job retry");
    }

    from.attempts = 0;
    from.started_at = from.finished_at = from.run_at = 0;
    from.cancelling = 0;
    from.error[0] = '\0';

    job = queue_insert(q, tenant, &from);
    job_record_put(job, "ready", batch);
    commit_submit(q->worker->commit, batch, queue_retried,
                  wish_create(job, fn, arg));

    return 0;
}


static wish_t *
wish_create(job_t *job, void (*fn)(void *arg, store_status_t status),
    void *arg)
{
    wish_t  *wish;

    wish = aud_malloc(sizeof(wish_t));
    if (wish == NULL) {
        log_no_memory("job wish");
    }

    *wish = (wish_t) { job, fn, arg };

    return wish;
}


static void
queue_wished(void *arg, store_status_t status)
{
    wish_t  *wish = arg;

    wish->fn(wish->arg, status);
    aud_free(wish);
}


static void
queue_retried(void *arg, store_status_t status)
{
    wish_t   *wish = arg;
    job_t    *job = wish->job;

    if (status == STORE_OK) {
        queue_wait(job->queue, job);

    } else {
        queue_forget(job->queue, job);
    }

    queue_wished(wish, status);
}


void
queue_metrics(queue_t *q, aud_buffer_t *out)
{
    size_t      i, t, types;
    job_t      *job;
    unsigned  (*counts)[JOB_SETTLING + 1];

    static const job_outcome_t  ends[] = {
        JOB_DONE, JOB_FAILED, JOB_CANCELLED
    };

    for (types = 0; job_types[types]; types++) {
        /* void */
    }

    counts = aud_calloc(types + 1, sizeof(counts[0]));
    if (counts == NULL) {
        out->failed = 1;
        return;
    }

    for (i = 0; i < q->nbuckets; i++) {
        for (job = q->buckets[i]; job; job = job->next) {
            counts[job_type_index(job->type)][job->state]++;
        }
    }

    metrics_head(out, "audience_jobs", "gauge",
                 "Jobs that have not ended, by type and state.");

    for (t = 0; t < types; t++) {
        aud_buffer_printf(out,
                  "audience_jobs{type=\"%s\",state=\"ready\"} %u\n"
                  "audience_jobs{type=\"%s\",state=\"scheduled\"} %u\n"
                  "audience_jobs{type=\"%s\",state=\"running\"} %u\n",
                  job_types[t]->name,
                  counts[t][JOB_ADDING] + counts[t][JOB_READY],
                  job_types[t]->name, counts[t][JOB_SCHEDULED],
                  job_types[t]->name, counts[t][JOB_STARTING]
                  + counts[t][JOB_RUNNING] + counts[t][JOB_SETTLING]);
    }

    metrics_head(out, "audience_jobs_ended_total", "counter",
                 "Jobs that have ended, by type and state.");

    for (t = 0; t < types; t++) {
        for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
            aud_buffer_printf(out, "audience_jobs_ended_total{type=\"%s\","
                              "state=\"%s\"} %llu\n", job_types[t]->name,
                              job_final_state(ends[i]), (unsigned long long)
                              q->finished[t][ends[i]]);
        }
    }

    metrics_head(out, "audience_job_threads_hung", "gauge",
                 "Threads of jobs that were given up.");
    aud_buffer_printf(out, "audience_job_threads_hung %u\n", queue_hung(q));

    aud_free(counts);
}
