/*
 * Whose turn it is, and the runs.
 *
 * One job at a time is taken from each tenant in turn.  A tenant that runs
 * nothing may use one place above the limit, so that others' big jobs never
 * make it wait.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "log.h"
#include "queue_private.h"
#include "settings.h"

#define QUEUE_MAX_HUNG   8                  /* threads; then end */
#define QUEUE_AGAIN      AUD_SECOND         /* after a full disk */
#define QUEUE_MAX_SLEEP  (60 * AUD_SECOND)  /* the wall clock may jump */


static int queue_idle(const queue_t *q);
static void queue_due(queue_t *q);
static void queue_alone(queue_t *q);
static void queue_together(job_t *job);
static void queue_turns(queue_t *q);
static job_t *queue_pick(queue_t *q, place_t place);
static int room(unsigned running, unsigned limit, const tenant_t *t,
    place_t place);
static int type_room(const queue_t *q, const job_t *job);
static job_t *tenant_top(const tenant_t *t, place_t place);
static void queue_occupy(job_t *job);
static void queue_arm(queue_t *q);
static void queue_timer(uv_timer_t *timer);
static void queue_start(queue_t *q, job_t *job);
static void queue_started(void *arg, store_status_t status);
static void queue_begun(queue_t *q);
static void queue_run(queue_t *q, job_t *job);
static void queue_collect(queue_t *q);
static void queue_ended_run(queue_t *q, job_run_t *run);
static void queue_leases(queue_t *q);
static void queue_give_up(queue_t *q, job_t *job);


/* What changed is looked at in the next turn of the loop, once. */

void
queue_wake(queue_t *q)
{
    uv_async_send(&q->async);
}


void
queue_work(queue_t *q)
{
    void  (*drained)(void *arg);

    queue_collect(q);
    queue_leases(q);
    queue_due(q);
    queue_alone(q);
    queue_begun(q);

    if (!q->draining) {
        queue_turns(q);

    } else if (q->drained && queue_idle(q)) {
        drained = q->drained;
        q->drained = NULL;
        drained(q->drained_arg);
        return;
    }

    queue_sweep(q);
    queue_arm(q);
}


static int
queue_idle(const queue_t *q)
{
    place_t  place;

    for (place = 0; place < PLACE_COUNT; place++) {
        if (q->turns[place].running) {
            return 0;
        }
    }

    return 1;
}


static void
queue_due(queue_t *q)
{
    job_t    *job;
    int64_t   now = aud_now();

    while ((job = heap_top(&q->scheduled)) != NULL && job->run_at <= now) {
        heap_pop(&q->scheduled);

        if (job->state == JOB_SETTLING) {
            queue_settle(q, job);

        } else {
            queue_wait(q, job);
        }
    }
}


/*
 * Runs that were alone, then those that want to be: before it is anybody's turn,
 * so that they need not wait for all that is ready.  Whoever holds
 * tenant->exclusive so is no exclusive job: nobody else gives it back.
 */

static void
queue_alone(queue_t *q)
{
    int     wants = RUN_WANTS_ALONE;
    job_t  *job;

    for (job = q->running; job; job = job->running) {
        if (job->alone && atomic_load(&job->run->alone) != RUN_ALONE) {
            queue_together(job);            /* it may want to be again, by now */
        }
    }

    for (job = q->running; job; job = job->running) {
        if (!job->tenant->exclusive && !q->draining
            && atomic_compare_exchange_strong(&job->run->alone, &wants,
                                              RUN_ALONE))
        {
            job->alone = 1;
            job->tenant->exclusive = 1;
        }

        wants = RUN_WANTS_ALONE;
    }
}


static void
queue_together(job_t *job)
{
    if (job->alone) {
        job->alone = 0;
        job->tenant->exclusive = 0;
    }
}


static void
queue_turns(queue_t *q)
{
    job_t    *job;
    place_t   place;

    for (place = 0; place < PLACE_COUNT; place++) {
        while ((job = queue_pick(q, place)) != NULL) {
            queue_start(q, job);
        }
    }
}


static job_t *
queue_pick(queue_t *q, place_t place)
{
    job_t     *job;
    size_t     i;
    turns_t   *turns = &q->turns[place];
    tenant_t  *t;

    if (turns->running > turns->limit) {
        return NULL;
    }

    for (i = 0; i < q->ntenants; i++) {
        t = q->tenants[(turns->turn + i) % q->ntenants];

        if (!room(turns->running, turns->limit, t, place)) {
            continue;
        }

        job = tenant_top(t, place);

        if (job && type_room(q, job)) {
            turns->turn = (turns->turn + i + 1) % q->ntenants;
            queue_unwait(q, job);
            return job;
        }
    }

    return NULL;
}


/* A tenant that runs nothing may go one above the limit. */

static int
room(unsigned running, unsigned limit, const tenant_t *t, place_t place)
{
    return running < limit || (running == limit && t->running[place] == 0);
}


static int
type_room(const queue_t *q, const job_t *job)
{
    return job->type->at_once == 0
           || room(q->occupied[job_type_index(job->type)], job->type->at_once,
                   job->tenant, job_place(job));
}


/* Whether a job that is being added would take nobody's turn. */

int
queue_free_place(const queue_t *q, const job_t *job)
{
    place_t         place = job_place(job);
    const turns_t  *turns = &q->turns[place];

    return !q->draining && turns->waiting == 0
           && !(job->type->exclusive && job->tenant->exclusive)
           && room(turns->running, turns->limit, job->tenant, place)
           && type_room(q, job);
}


/* The oldest job of the tenant that may run. */

static job_t *
tenant_top(const tenant_t *t, place_t place)
{
    job_t  *a, *b;

    if (place == PLACE_LOOP) {
        return heap_top(&t->ready[LINE_LOOP]);
    }

    if (place == PLACE_BACKGROUND) {
        return heap_top(&t->ready[LINE_BACKGROUND]);
    }

    a = t->exclusive ? NULL : heap_top(&t->ready[LINE_EXCLUSIVE]);
    b = heap_top(&t->ready[LINE_THREAD]);

    return a && (b == NULL || job_older(a, b)) ? a : b;
}


static void
queue_occupy(job_t *job)
{
    place_t  place = job_place(job);

    job->occupies = 1;
    job->queue->turns[place].running++;
    job->queue->occupied[job_type_index(job->type)]++;
    job->tenant->running[place]++;
    job->tenant->exclusive |= job->type->exclusive;
}


void
queue_leave(job_t *job)
{
    place_t  place = job_place(job);

    if (!job->occupies) {
        return;
    }

    job->occupies = 0;
    job->queue->turns[place].running--;
    job->queue->occupied[job_type_index(job->type)]--;
    job->tenant->running[place]--;

    if (job->type->exclusive) {
        job->tenant->exclusive = 0;
    }

    queue_wake(job->queue);
}


/* Sleeps until the next thing that only the clock brings. */

static void
queue_arm(queue_t *q)
{
    job_t    *job;
    int64_t   sleep = QUEUE_MAX_SLEEP, left;

    job = heap_top(&q->scheduled);

    if (job) {
        left = job->run_at - aud_now();
        sleep = left < sleep ? left : sleep;
    }

    for (job = q->running; job; job = job->running) {
        left = atomic_load(&job->run->lease) - aud_ticks();
        sleep = left < sleep ? left : sleep;
    }

    uv_timer_start(&q->timer, queue_timer, sleep > 0 ? sleep / 1000 + 1 : 1, 0);
}


static void
queue_timer(uv_timer_t *timer)
{
    queue_work(timer->data);
}


static void
queue_start(queue_t *q, job_t *job)
{
    store_batch_t  *batch;

    batch = store_batch_create();
    if (batch == NULL) {
        log_no_memory("job start");
    }

    job->state = JOB_STARTING;
    queue_begin(job);
    job_record_put(job, "running", batch);
    commit_submit(q->worker->commit, batch, queue_started, job);
}


void
queue_begin(job_t *job)
{
    job->attempts++;
    job->token++;
    job->run_at = 0;
    job->started_at = aud_now();
    job->error[0] = '\0';
    queue_occupy(job);
}


static void
queue_started(void *arg, store_status_t status)
{
    job_t    *job = arg;
    queue_t  *q = job->queue;

    if (status != STORE_OK) {
        job->attempts--;
        job->run_at = aud_now() + QUEUE_AGAIN;
        queue_leave(job);

        if (job->cancelling) {
            queue_came(q, job, JOB_CANCELLED);
            return;
        }

        queue_wait(q, job);
        return;
    }

    queue_run(q, job);
}


/* In the order in which they were added. */

static void
queue_begun(queue_t *q)
{
    job_t  *job, *next, *list = NULL;

    for (job = q->begun; job; job = next) {
        next = job->starting;
        job->starting = list;
        list = job;
    }

    q->begun = NULL;

    for (job = list; job; job = next) {
        next = job->starting;
        queue_run(q, job);
    }
}


static void
queue_run(queue_t *q, job_t *job)
{
    if (job->cancelling) {
        queue_came(q, job, JOB_CANCELLED);
        return;
    }

    job->state = JOB_RUNNING;
    job->run = job_run_create(job, q->worker->settings->lease_seconds
                                   * AUD_SECOND);
    job->running = q->running;
    q->running = job;

    log_line(LOG_DEBUG, NULL, "job started", "s:type", job->type->name,
             "s:tenant", job->tenant->name, "i:attempt",
             (long long) job->attempts, NULL);

    if (job->type->run) {
        pool_post(q->pool, &job->run->work);

    } else {
        job->type->start(job->run);
    }

    queue_wake(q);              /* the lease is to be watched */
}


void
queue_not_running(job_t *job)
{
    job_t  **link;

    queue_together(job);

    for (link = &job->queue->running; *link != job; link = &(*link)->running) {
        /* void */
    }

    *link = job->running;
    job->run = NULL;
}


void
queue_ended(queue_t *q, job_run_t *run)
{
    pthread_mutex_lock(&q->lock);
    run->next = q->ended;
    q->ended = run;
    pthread_mutex_unlock(&q->lock);

    queue_wake(q);
}


static void
queue_collect(queue_t *q)
{
    job_run_t  *run, *next;

    pthread_mutex_lock(&q->lock);
    run = q->ended;
    q->ended = NULL;
    pthread_mutex_unlock(&q->lock);

    for (/* void */; run; run = next) {
        next = run->next;
        queue_ended_run(q, run);
    }
}


static void
queue_ended_run(queue_t *q, job_run_t *run)
{
    job_t          *job;
    follow_t       *follow;
    run_phase_t     phase;
    job_outcome_t   outcome;

    pthread_mutex_lock(&run->lock);
    phase = run->phase;
    pthread_mutex_unlock(&run->lock);

    if (phase == RUN_GIVEN_UP) {
        job_run_free(run);
        return;
    }

    job = run->job;
    queue_not_running(job);
    memcpy(job->error, run->error, sizeof(job->error));
    outcome = run->outcome;
    follow = run->follow;
    run->follow = NULL;
    job_run_free(run);

    if (phase == RUN_COMPLETED) {
        job->outcome = outcome;
        job->finished_at = aud_now();
        queue_follow(q, job->tenant->name, follow);
        queue_over(q, job);
        return;
    }

    follow_free(follow);
    queue_came(q, job, outcome == JOB_STALE ? JOB_RETRY : outcome);
}


static void
queue_leases(queue_t *q)
{
    job_t    *job, *next;
    int64_t   now = aud_ticks();

    for (job = q->running; job; job = next) {
        next = job->running;

        if (atomic_load(&job->run->lease) <= now) {
            queue_give_up(q, job);
        }
    }
}


/* Unless it is completing at this moment, which a commit ends soon. */

static void
queue_give_up(queue_t *q, job_t *job)
{
    unsigned    hung = 0;
    job_run_t  *run = job->run;

    pthread_mutex_lock(&run->lock);

    if (run->phase != RUN_RUNNING) {
        pthread_mutex_unlock(&run->lock);
        atomic_store(&run->lease, aud_ticks() + AUD_SECOND);
        return;
    }

    run->phase = RUN_GIVEN_UP;
    pthread_mutex_unlock(&run->lock);

    queue_not_running(job);
    atomic_store(&run->stopping, 1);

    if (job->type->run) {
        hung = pool_give_up(q->pool, &run->work);
    }

    log_line(LOG_WARNING, NULL, "a job hangs and is given up",
             "s:type", job->type->name, "s:tenant", job->tenant->name,
             "i:threads_hung", (long long) hung, NULL);

    if (hung > QUEUE_MAX_HUNG) {
        log_line(LOG_ERROR, NULL, "too many threads hang, ending", NULL);
        _exit(EXIT_FAILURE);
    }

    snprintf(job->error, sizeof(job->error), "no progress for %u seconds",
             q->worker->settings->lease_seconds);
    queue_came(q, job, JOB_RETRY);
}
