/*
 * What a job sees of the queue while it runs.
 *
 *                 ┌────────── retry (attempts left) ──────────┐
 *                 v                                           │
 *   add ──> ready ──> running ──> done                   scheduled
 *             ^          ├─────────────────────────────────────┘
 *             │          ├──> dead        permanent error, or attempts spent
 *             │          └──> cancelled   by a person
 *             └── retry by a person ── dead
 *
 * Effects of a job and its completion are one batch, guarded by the fencing
 * token of this attempt: job_complete() refuses with JOB_STALE when the queue
 * has given the job to somebody else meanwhile.
 */

#ifndef JOB_H
#define JOB_H

#include <jansson.h>

#include "aud_id.h"
#include "store.h"
#include "worker.h"

typedef struct job_run_s  job_run_t;

typedef enum {
    JOB_DONE = 0,
    JOB_RETRY,          /* a passing trouble: disk full, network */
    JOB_FAILED,         /* permanent: goes to dead at once */
    JOB_CANCELLED,
    JOB_STALE           /* completed or taken over elsewhere: no effect */
} job_outcome_t;

typedef struct job_type_s {
    const char      *name;              /* "import" */
    /* In a job thread.  Returns what job_complete() returned, or an outcome
     * without effects. */
    job_outcome_t  (*run)(job_run_t *run);
    /* Instead of run: starts work in the loop thread, which later calls
     * job_end(). */
    void           (*start)(job_run_t *run);
    /* Adds what must be written when the job goes to dead or is cancelled
     * without having completed, once more where that could not be written;
     * loop thread; may be NULL.  Returns arguments for a "mail" job that is
     * added with it, once, or NULL. */
    json_t        *(*gave_up)(worker_t *worker, const char *tenant,
                              const json_t *args, const char *error,
                              store_batch_t *batch);
    /* Takes away what only a run needed, once it is durable that a person
     * cancelled the job, which had not completed; loop thread; may be NULL.
     * Not called where the worker is killed right before. */
    void           (*cancelled)(worker_t *worker, const char *tenant,
                                const json_t *args);
    /* What it has done so far, shown as the job's "result", or NULL; loop
     * thread; may be NULL. */
    json_t        *(*result)(worker_t *worker, const char *tenant,
                             const aud_uuid_t *job);
    unsigned         exclusive:1;       /* one of all exclusive jobs of a
                                           tenant at a time, oldest first */
    unsigned         background:1;      /* beside the job threads, so that no
                                           other job waits for it; one of all
                                           at a time, two of two tenants */
    unsigned         attempts;          /* 0: the settings' */
    unsigned         at_once;           /* of this type; 0: as many as run */
} job_type_t;

/* All types, by name; NULL at the end.  Defined in job_types.c. */
extern const job_type_t *const job_types[];

worker_t          *job_worker(job_run_t *run);
const char        *job_tenant(const job_run_t *run);
const aud_uuid_t  *job_id(const job_run_t *run);
const json_t      *job_args(const job_run_t *run);
unsigned           job_attempt(const job_run_t *run);      /* from 1 */

/* stage is static text; fraction 0 to 1 of the whole job.  Renews the lease.
 * Any thread, cheap enough for every thousand rows. */
void job_progress(job_run_t *run, const char *stage, double fraction);

/* Whether a person cancelled, or the lease was lost: end soon. */
int  job_stopping(const job_run_t *run);

/* Whether the worker ends, and waits for the job: one that would take long
 * returns JOB_RETRY, which counts as no attempt then. */
int  job_ending(const job_run_t *run);

/*
 * For a job that is not exclusive, and changes the base now and then: waits until
 * no exclusive job of the tenant runs, and keeps others from starting until
 * job_together() or the end of the run.  The lease is renewed meanwhile.  -1
 * where it is to end instead.
 */
int  job_alone(job_run_t *run);
void job_together(job_run_t *run);

/* The sentence that people see in the job's error. */
void job_error(job_run_t *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A job to be added in the same batch as this one's completion.  Takes args. */
void job_follow(job_run_t *run, const char *type, json_t *args);

/*
 * Writes effects (taken; may be NULL), the jobs that follow and the completion
 * as one synced batch; outcome is JOB_DONE or JOB_FAILED.  Returns outcome once
 * it is durable, JOB_STALE, or JOB_RETRY when the disk is full (nothing was
 * written).  The job is shown as running until run() returns, so that what
 * run() does afterwards (publishing) is over when people see "done".
 * Once, in the job's thread; for a loop job use job_end().
 */
job_outcome_t job_complete(job_run_t *run, job_outcome_t outcome,
    store_batch_t *effects);

/*
 * Writes effects (taken) as one synced batch while the job goes on, where what
 * it does is true before all of it is done; such a job finds out when it runs
 * again how far it had come.  JOB_DONE, or JOB_STALE and JOB_RETRY as above.
 */
job_outcome_t job_commit(job_run_t *run, store_batch_t *effects);

/* Ends a job that was started by start().  Takes effects.  Loop thread. */
void job_end(job_run_t *run, job_outcome_t outcome, store_batch_t *effects);

#endif
