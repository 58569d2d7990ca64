/*
 * What comes of a run: the change of state that is written, and what follows.
 */

#include <stdlib.h>

#include "aud_clock.h"
#include "commit.h"
#include "faults.h"
#include "log.h"
#include "queue_private.h"
#include "settings.h"

#define QUEUE_MAX_WAIT  (3600 * AUD_SECOND)     /* between attempts */
#define QUEUE_AGAIN     AUD_SECOND              /* after a full disk */


static int64_t queue_backoff(const queue_t *q, const job_t *job);
static void queue_gave_up(queue_t *q, job_t *job, store_batch_t *batch);
static void queue_settled(void *arg, store_status_t status);
static void queue_cancelled(queue_t *q, const job_t *job);


void
queue_came(queue_t *q, job_t *job, job_outcome_t outcome)
{
    if (outcome == JOB_RETRY && job->cancelling) {
        outcome = JOB_CANCELLED;

    } else if (outcome == JOB_RETRY && q->draining && job->attempts) {
        job->attempts--;                /* the end of the worker, not its own */

    } else if (outcome == JOB_RETRY
               && job->attempts >= queue_attempts(q, job))
    {
        outcome = JOB_FAILED;
    }

    job->outcome = outcome;
    job->state = JOB_SETTLING;
    job->run_at = outcome == JOB_RETRY ? aud_now() + queue_backoff(q, job) : 0;
    job->finished_at = outcome == JOB_RETRY ? 0 : aud_now();

    queue_settle(q, job);
}


unsigned
queue_attempts(const queue_t *q, const job_t *job)
{
    return job->type->attempts ? job->type->attempts
                               : q->worker->settings->job_max_attempts;
}


/* Doubles with each attempt; up to a half is taken off at random, so that what
 * failed together does not come back together. */

static int64_t
queue_backoff(const queue_t *q, const job_t *job)
{
    int64_t   wait;
    uint32_t  random;
    unsigned  i;

    wait = q->worker->settings->retry_base_ms * INT64_C(1000);

    for (i = 1; i < job->attempts && wait < QUEUE_MAX_WAIT; i++) {
        wait *= 2;
    }

    if (wait > QUEUE_MAX_WAIT) {
        wait = QUEUE_MAX_WAIT;
    }

    aud_random(&random, sizeof(random));

    return wait - (int64_t) ((double) random / UINT32_MAX * (wait / 2));
}


void
queue_settle(queue_t *q, job_t *job)
{
    store_batch_t  *batch;

    batch = store_batch_create();
    if (batch == NULL) {
        log_no_memory("job outcome");
    }

    if (job->outcome == JOB_RETRY) {
        job_record_put(job, "scheduled", batch);

    } else {
        if (job->finished_at == 0) {
            job->finished_at = aud_now();
        }

        job->run_at = 0;

        if (job->effects) {
            store_batch_append(batch, job->effects);
        }

        if (job->outcome != JOB_DONE && !job->completed && job->type->gave_up) {
            queue_gave_up(q, job, batch);
            fault(job->type->name, FAULT_GIVEN_UP);
        }

        follow_put(job->follow, job->tenant->name, batch);
        job_record_put(job, job_final_state(job->outcome), batch);
    }

    commit_submit(q->worker->commit, batch, queue_settled, job);
}


static void
queue_gave_up(queue_t *q, job_t *job, store_batch_t *batch)
{
    json_t    *args, *mail;
    follow_t  *follow;

    args = json_loads(job->args, JSON_DECODE_ANY, NULL);
    mail = job->type->gave_up(q->worker, job->tenant->name, args, job->error,
                              batch);
    json_decref(args);

    if (mail == NULL || job->told) {
        json_decref(mail);
        return;
    }

    follow = follow_create("mail", mail);

    if (follow) {
        follow->next = job->follow;
        job->follow = follow;
        job->told = 1;
    }
}


/*
 * A retry that could not be written is still one: the store says "running",
 * which comes to the same after a restart.  An end is written again and again.
 */

static void
queue_settled(void *arg, store_status_t status)
{
    job_t    *job = arg;
    queue_t  *q = job->queue;

    if (job->outcome == JOB_RETRY) {
        queue_leave(job);

        if (job->cancelling) {
            queue_came(q, job, JOB_CANCELLED);
            return;
        }

        queue_wait(q, job);
        return;
    }

    if (status != STORE_OK) {
        queue_leave(job);
        job->run_at = aud_now() + QUEUE_AGAIN;
        queue_push(&q->scheduled, job);
        queue_wake(q);
        return;
    }

    queue_cancelled(q, job);
    queue_follow(q, job->tenant->name, job->follow);
    job->follow = NULL;
    queue_over(q, job);
}


static void
queue_cancelled(queue_t *q, const job_t *job)
{
    json_t  *args;

    if (job->outcome == JOB_CANCELLED && !job->completed
        && job->type->cancelled)
    {
        args = json_loads(job->args, JSON_DECODE_ANY, NULL);
        job->type->cancelled(q->worker, job->tenant->name, args);
        json_decref(args);
    }
}


void
queue_over(queue_t *q, job_t *job)
{
    char         id[AUD_ID_LEN + 1];
    const char  *state = job_final_state(job->outcome);

    aud_id_format(id, "job", &job->id);

    log_line(job->outcome == JOB_FAILED ? LOG_WARNING : LOG_INFO, NULL,
             "job ended", "s:job", id, "s:type", job->type->name,
             "s:tenant", job->tenant->name, "s:state", state,
             "i:attempts", (long long) job->attempts,
             "f:ms", job->started_at
                     ? (job->finished_at - job->started_at) / 1000.0 : 0.0,
             "s:error", job->error[0] ? job->error : NULL, NULL);

    q->finished[job_type_index(job->type)][job->outcome]++;

    queue_leave(job);
    queue_forget(q, job);
}


/* Jobs whose records are durable since their predecessor's. */

void
queue_follow(queue_t *q, const char *tenant, follow_t *list)
{
    follow_t  *f;

    for (f = list; f; f = f->next) {
        job_t  job = { .type = f->type, .id = f->id, .args = f->args,
                       .created_at = aud_now() };

        f->args = NULL;
        queue_wait(q, queue_insert(q, tenant, &job));
    }

    follow_free(list);
}


void
job_end(job_run_t *run, job_outcome_t outcome, store_batch_t *effects)
{
    job_t     *job = run->job;
    queue_t   *q = run->queue;

    if (run->phase == RUN_GIVEN_UP) {
        store_batch_free(effects);
        job_run_free(run);
        return;
    }

    queue_not_running(job);
    memcpy(job->error, run->error, sizeof(job->error));

    if (outcome == JOB_DONE || outcome == JOB_FAILED) {
        job->effects = effects;
        job->completed = effects != NULL;
        job->follow = run->follow;
        run->follow = NULL;

    } else {
        store_batch_free(effects);
    }

    job_run_free(run);
    queue_came(q, job, outcome);
}
