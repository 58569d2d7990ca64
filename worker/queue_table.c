/*
 * Jobs in memory: found by id, waiting in the heaps of their tenants or in the
 * one of times.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "keys.h"
#include "log.h"
#include "queue_private.h"


static void queue_grow(queue_t *q);
static job_t **queue_bucket(queue_t *q, const aud_uuid_t *id);
static tenant_t *queue_tenant(queue_t *q, const char *name);


job_t *
queue_find(queue_t *q, const char *tenant, const aud_uuid_t *id)
{
    job_t  *job;

    for (job = q->nbuckets ? *queue_bucket(q, id) : NULL; job; job = job->next)
    {
        if (aud_uuid_compare(&job->id, id) == 0
            && (tenant == NULL || strcmp(job->tenant->name, tenant) == 0))
        {
            return job;
        }
    }

    return NULL;
}


/* A copy that takes args. */

job_t *
queue_insert(queue_t *q, const char *tenant, const job_t *from)
{
    job_t  *job, **bucket;

    job = aud_malloc(sizeof(job_t));
    if (job == NULL) {
        log_no_memory("job");
    }

    *job = *from;
    job->queue = q;
    job->tenant = queue_tenant(q, tenant);

    if (q->njobs >= q->nbuckets) {
        queue_grow(q);
    }

    bucket = queue_bucket(q, &job->id);
    job->next = *bucket;
    *bucket = job;
    q->njobs++;

    return job;
}


void
queue_forget(queue_t *q, job_t *job)
{
    job_t  **link;

    for (link = queue_bucket(q, &job->id); *link != job; link = &(*link)->next)
    {
        /* void */
    }

    *link = job->next;
    q->njobs--;

    store_batch_free(job->effects);
    follow_free(job->follow);
    free(job->args);
    aud_free(job);
}


static void
queue_grow(queue_t *q)
{
    job_t   **old = q->buckets, **bucket, *job, *next;
    size_t    i, n = q->nbuckets;

    q->nbuckets = n ? 2 * n : 64;
    q->buckets = aud_calloc(q->nbuckets, sizeof(job_t *));

    if (q->buckets == NULL) {
        log_no_memory("jobs");
    }

    for (i = 0; i < n; i++) {
        for (job = old[i]; job; job = next) {
            next = job->next;
            bucket = queue_bucket(q, &job->id);
            job->next = *bucket;
            *bucket = job;
        }
    }

    aud_free(old);
}


/* The last bytes of an id are random. */

static job_t **
queue_bucket(queue_t *q, const aud_uuid_t *id)
{
    uint64_t  hash;

    memcpy(&hash, id->bytes + 8, sizeof(hash));

    return &q->buckets[(hash >> 3) & (q->nbuckets - 1)];
}


static tenant_t *
queue_tenant(queue_t *q, const char *name)
{
    size_t     i;
    tenant_t  *t, **tenants;

    /* Backwards: recovery asks for the latest again and again. */
    for (i = q->ntenants; i-- > 0; /* void */) {
        if (strcmp(q->tenants[i]->name, name) == 0) {
            return q->tenants[i];
        }
    }

    t = aud_calloc(1, sizeof(tenant_t));
    tenants = aud_realloc(q->tenants, (q->ntenants + 1) * sizeof(tenant_t *));

    if (t == NULL || tenants == NULL) {
        log_no_memory("tenant");
    }

    snprintf(t->name, sizeof(t->name), "%s", name);
    heap_init(&t->ready[LINE_EXCLUSIVE], offsetof(job_t, place), job_older);
    heap_init(&t->ready[LINE_THREAD], offsetof(job_t, place), job_older);
    heap_init(&t->ready[LINE_LOOP], offsetof(job_t, place), job_older);
    heap_init(&t->ready[LINE_BACKGROUND], offsetof(job_t, place), job_older);

    q->tenants = tenants;
    q->tenants[q->ntenants++] = t;

    return t;
}


json_t *
queue_load(queue_t *q, const char *tenant, const aud_uuid_t *id)
{
    json_t       *record;
    aud_str_t     value;
    aud_error_t   err;
    store_key_t   key;

    key = key_id(tenant, KEY_JOB, id);

    if (store_get(q->worker->store, key_str(&key), &value, &err) != STORE_OK) {
        return NULL;
    }

    record = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);

    return record;
}


/* Ready, or scheduled where its time has not come. */

void
queue_wait(queue_t *q, job_t *job)
{
    if (job->run_at > aud_now()) {
        job->state = JOB_SCHEDULED;
        queue_push(&q->scheduled, job);

    } else {
        job->state = JOB_READY;
        job->run_at = 0;
        queue_push(&job->tenant->ready[job_line(job)], job);
        q->turns[job_place(job)].waiting++;
    }

    queue_wake(q);
}


void
queue_unwait(queue_t *q, job_t *job)
{
    heap_remove(&job->tenant->ready[job_line(job)], job);
    q->turns[job_place(job)].waiting--;
}


void
queue_push(heap_t *heap, job_t *job)
{
    if (heap_push(heap, job) != 0) {
        log_no_memory("heap");
    }
}


int
job_older(const void *a, const void *b)
{
    return aud_uuid_compare(&((const job_t *) a)->id,
                            &((const job_t *) b)->id) < 0;
}


int
job_sooner(const void *a, const void *b)
{
    return ((const job_t *) a)->run_at < ((const job_t *) b)->run_at;
}


place_t
job_place(const job_t *job)
{
    if (job->type->run == NULL) {
        return PLACE_LOOP;
    }

    return job->type->background ? PLACE_BACKGROUND : PLACE_THREAD;
}


line_t
job_line(const job_t *job)
{
    switch (job_place(job)) {

    case PLACE_LOOP:
        return LINE_LOOP;

    case PLACE_BACKGROUND:
        return LINE_BACKGROUND;

    default:
        break;
    }

    return job->type->exclusive ? LINE_EXCLUSIVE : LINE_THREAD;
}


size_t
job_type_index(const job_type_t *type)
{
    size_t  i;

    for (i = 0; job_types[i] && job_types[i] != type; i++) {
        /* void */
    }

    return i;
}
