/*
 * A run: one attempt of a job, and what the job may do meanwhile.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "faults.h"
#include "keys.h"
#include "log.h"
#include "queue_private.h"
#include "settings.h"

#define JOB_ALONE_MS  10                    /* between two looks */


static void job_run_thread(pool_work_t *work);
static int job_run_claim(job_run_t *run);
static void job_run_release(job_run_t *run, run_phase_t phase);


job_run_t *
job_run_create(job_t *job, int64_t lease_us)
{
    job_run_t  *run;

    run = aud_calloc(1, sizeof(job_run_t));
    if (run == NULL) {
        log_no_memory("job run");
    }

    run->args = json_loads(job->args, JSON_DECODE_ANY, NULL);
    if (run->args == NULL) {
        log_no_memory("job arguments");
    }

    run->work.run = job_run_thread;
    run->queue = job->queue;
    run->job = job;
    run->type = job->type;
    run->id = job->id;
    run->attempt = job->attempts;
    run->token = job->token;
    memcpy(run->tenant, job->tenant->name, sizeof(run->tenant));
    pthread_mutex_init(&run->lock, NULL);
    atomic_store(&run->lease, aud_ticks() + lease_us);

    return run;
}


void
job_run_free(job_run_t *run)
{
    follow_free(run->follow);
    json_decref(run->args);
    pthread_mutex_destroy(&run->lock);
    aud_free(run);
}


static void
job_run_thread(pool_work_t *work)
{
    job_run_t  *run = (job_run_t *) work;   /* its first member */

    fault(run->type->name, FAULT_STARTED);
    run->outcome = run->type->run(run);
    fault(run->type->name, FAULT_RETURNED);
    queue_ended(run->queue, run);
}


worker_t *
job_worker(job_run_t *run)
{
    return run->queue->worker;
}


const char *
job_tenant(const job_run_t *run)
{
    return run->tenant;
}


const aud_uuid_t *
job_id(const job_run_t *run)
{
    return &run->id;
}


const json_t *
job_args(const job_run_t *run)
{
    return run->args;
}


unsigned
job_attempt(const job_run_t *run)
{
    return run->attempt;
}


void
job_progress(job_run_t *run, const char *stage, double fraction)
{
    int64_t  lease;

    lease = (int64_t) run->queue->worker->settings->lease_seconds * AUD_SECOND;

    atomic_store(&run->stage, stage);
    atomic_store(&run->fraction, fraction < 0 ? 0 : fraction > 1 ? 1 : fraction);
    atomic_store(&run->lease, aud_ticks() + lease);
}


int
job_stopping(const job_run_t *run)
{
    return atomic_load(&((job_run_t *) run)->stopping);
}


int
job_ending(const job_run_t *run)
{
    return atomic_load(&run->queue->draining);
}


int
job_alone(job_run_t *run)
{
    int              alone;
    struct timespec  pause = { 0, JOB_ALONE_MS * 1000000L };

    atomic_store(&run->alone, RUN_WANTS_ALONE);
    queue_wake(run->queue);

    while ((alone = atomic_load(&run->alone)) != RUN_ALONE
           && !job_stopping(run) && !job_ending(run))
    {
        job_progress(run, atomic_load(&run->stage),
                     atomic_load(&run->fraction));
        nanosleep(&pause, NULL);
    }

    if (alone == RUN_ALONE) {
        return 0;
    }

    job_together(run);

    return -1;
}


void
job_together(job_run_t *run)
{
    atomic_store(&run->alone, RUN_TOGETHER);
    queue_wake(run->queue);
}


void
job_error(job_run_t *run, const char *fmt, ...)
{
    va_list  args;

    pthread_mutex_lock(&run->lock);
    va_start(args, fmt);
    vsnprintf(run->error, sizeof(run->error), fmt, args);
    va_end(args);
    pthread_mutex_unlock(&run->lock);
}


void
job_follow(job_run_t *run, const char *type, json_t *args)
{
    follow_t  *f, **last;

    f = follow_create(type, args);
    if (f == NULL) {
        return;
    }

    pthread_mutex_lock(&run->lock);

    for (last = &run->follow; *last; last = &(*last)->next) {
        /* void */
    }

    *last = f;
    pthread_mutex_unlock(&run->lock);
}


follow_t *
follow_create(const char *type, json_t *args)
{
    follow_t  *f;

    f = aud_calloc(1, sizeof(follow_t));
    if (f == NULL) {
        log_no_memory("job follow");
    }

    f->type = job_type(type);
    f->args = json_dumps(args, JSON_COMPACT | JSON_ENCODE_ANY);
    aud_uuid_make(&f->id);
    json_decref(args);

    if (f->args == NULL) {
        log_no_memory("job arguments");
    }

    if (f->type == NULL) {
        log_line(LOG_ERROR, NULL, "no such job type", "s:type", type, NULL);
        follow_free(f);
        return NULL;
    }

    return f;
}


void
follow_free(follow_t *list)
{
    follow_t  *next;

    for (/* void */; list; list = next) {
        next = list->next;
        free(list->args);               /* jansson's */
        aud_free(list);
    }
}


void
follow_put(const follow_t *list, const char *tenant, store_batch_t *batch)
{
    tenant_t         owner = { .name = "" };
    const follow_t  *f;

    snprintf(owner.name, sizeof(owner.name), "%s", tenant);

    for (f = list; f; f = f->next) {
        job_t  job = { .tenant = &owner, .type = f->type, .id = f->id,
                       .args = f->args, .created_at = aud_now() };

        job_record_put(&job, "ready", batch);
    }
}


/*
 * From the claim on the loop thread leaves the job alone, so that its members
 * can be read here.  The claim also orders this commit behind that of a
 * person's wish to cancel, which is submitted under the same lock.
 */

job_outcome_t
job_complete(job_run_t *run, job_outcome_t outcome, store_batch_t *effects)
{
    job_t            done = { .finished_at = aud_now() };
    store_batch_t   *batch = effects;
    store_status_t   status;

    if (job_run_claim(run) != 0) {
        store_batch_free(effects);
        return JOB_STALE;
    }

    if (batch == NULL) {
        batch = store_batch_create();
    }

    if (batch == NULL) {
        log_no_memory("job completion");
    }

    done.tenant = run->job->tenant;
    done.type = run->type;
    done.id = run->id;
    done.args = run->job->args;
    done.attempts = run->attempt;
    done.token = run->token;
    done.created_at = run->job->created_at;
    done.started_at = run->job->started_at;
    memcpy(done.error, run->error, sizeof(done.error));

    job_record_put(&done, job_final_state(outcome), batch);
    follow_put(run->follow, run->tenant, batch);

    fault(run->type->name, FAULT_PREPARED);
    status = commit_wait(run->queue->worker->commit, batch);
    fault(run->type->name, FAULT_COMMITTED);

    if (status != STORE_OK) {
        job_error(run, "the disk is full");
        job_run_release(run, RUN_RUNNING);
        return JOB_RETRY;
    }

    run->outcome = outcome;
    job_run_release(run, RUN_COMPLETED);

    return outcome;
}


job_outcome_t
job_commit(job_run_t *run, store_batch_t *effects)
{
    store_status_t  status;

    if (job_run_claim(run) != 0) {
        store_batch_free(effects);
        return JOB_STALE;
    }

    status = commit_wait(run->queue->worker->commit, effects);
    job_run_release(run, RUN_RUNNING);

    if (status != STORE_OK) {
        job_error(run, "the disk is full");
        return JOB_RETRY;
    }

    return JOB_DONE;
}


static int
job_run_claim(job_run_t *run)
{
    int  rc = -1;

    pthread_mutex_lock(&run->lock);

    if (run->phase == RUN_RUNNING && run->job->token == run->token) {
        run->phase = RUN_COMPLETING;
        rc = 0;
    }

    pthread_mutex_unlock(&run->lock);

    return rc;
}


static void
job_run_release(job_run_t *run, run_phase_t phase)
{
    pthread_mutex_lock(&run->lock);
    run->phase = phase;
    pthread_mutex_unlock(&run->lock);
}
