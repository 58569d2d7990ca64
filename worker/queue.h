/*
 * The queue: jobs in memory as heaps, in the store as one key each, rewritten
 * whole at every change of state.  Attempts are counted, durably, before a run.
 * Tenants take turns.  Loop thread, but for what job.h says.
 */

#ifndef QUEUE_H
#define QUEUE_H

#include "aud_buffer.h"
#include "job.h"

typedef struct queue_s  queue_t;

/* Reads all jobs back; what was running becomes ready (its attempt counted).
 * Starts the job threads. */
queue_t *queue_create(worker_t *worker, aud_error_t *err);

/* Stops taking jobs; calls fn when none runs any more. */
void queue_drain(queue_t *q, void (*fn)(void *arg), void *arg);
void queue_free(queue_t *q);

/*
 * Puts a new job of that type into batch and gives its id; it runs once the
 * batch is durable: call queue_added() from the commit's callback, or
 * queue_dropped() when the commit was refused.  Takes args.  delay in
 * milliseconds.
 */
void queue_add(queue_t *q, store_batch_t *batch, const char *tenant,
    const char *type, json_t *args, unsigned delay, aud_uuid_t *id);
void queue_added(queue_t *q, const aud_uuid_t *id);
void queue_dropped(queue_t *q, const aud_uuid_t *id);

/* The job as the API shows it (a new reference), or NULL where this tenant has
 * no such job. */
json_t *queue_show(queue_t *q, const char *tenant, const aud_uuid_t *id);

/* State name of a job, "done" also for one long forgotten. */
const char *queue_state(queue_t *q, const char *tenant, const aud_uuid_t *id);

/* Numbers for /metrics: jobs by type and state. */
void queue_metrics(queue_t *q, aud_buffer_t *out);

#endif
