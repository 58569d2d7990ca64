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
 * Starts the job threads; jobs begin when the loop runs, which the queue's own
 * handles do not keep running. */
queue_t *queue_create(worker_t *worker, aud_error_t *err);

/* Stops taking jobs; calls fn, in the loop, when none runs any more. */
void queue_drain(queue_t *q, void (*fn)(void *arg), void *arg);
int  queue_draining(const queue_t *q);

/* Threads of runs that were given up and have not come back: while there are
 * any, neither queue nor store may be closed.  Free only what was drained,
 * and after commit_close(), which may still call back; memory goes when the
 * loop has closed the handles. */
unsigned queue_hung(queue_t *q);
void     queue_free(queue_t *q);

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

/* What queue_show() would give of a record that was read from the store. */
json_t *queue_show_record(queue_t *q, const char *tenant,
    const aud_uuid_t *id, const json_t *record);

/*
 * By a person: cancels a job that has not ended, or lets a dead one begin anew.
 * fn runs once that is durable, later than the call.  Returns 0; -1 where the
 * tenant has no such job; 1 where its state does not allow it.  A job that runs
 * is told to stop, and may yet end in another way.
 */
int queue_cancel(queue_t *q, const char *tenant, const aud_uuid_t *id,
    void (*fn)(void *arg, store_status_t status), void *arg);
int queue_retry(queue_t *q, const char *tenant, const aud_uuid_t *id,
    void (*fn)(void *arg, store_status_t status), void *arg);

/* Arguments of a job of that type of the tenant which has not ended, the oldest
 * (a new reference), or NULL.  It may not be durable yet. */
json_t *queue_unended(queue_t *q, const char *tenant, const char *type);

/* Whether a job of that type of the tenant has not begun: its id.  It may not be
 * durable yet. */
int queue_waiting(queue_t *q, const char *tenant, const char *type,
    aud_uuid_t *id);

/* State name of a job, "done" also for one long forgotten. */
const char *queue_state(queue_t *q, const char *tenant, const aud_uuid_t *id);

/* Numbers for /metrics: jobs by type and state. */
void queue_metrics(queue_t *q, aud_buffer_t *out);

#endif
