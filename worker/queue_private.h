/*
 * What queue.c (turns, states), job.c (what a run may do) and job_record.c
 * (what is written) share.
 *
 * A job is in memory from queue_add() until it is done, dead or cancelled.  In
 * the store it is from its batch's commit until the sweep, a week after its end.
 *
 *   in memory    in the store            waits for
 *   ADDING       nothing, or dead        the commit of its batch, which counts
 *                                        the attempt where it occupies a place
 *   READY        ready                   its turn
 *   SCHEDULED    scheduled               run_at
 *   STARTING     the state before        the commit that counts the attempt
 *   RUNNING      running                 its run
 *   SETTLING     running                 the commit of what came of the run
 *
 * Jobs belong to the loop thread.  A run is shared: the loop holds it through
 * job->run until it ends or is given up, its thread until run() has returned.
 */

#ifndef QUEUE_PRIVATE_H
#define QUEUE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "heap.h"
#include "pool.h"
#include "queue.h"

typedef struct tenant_s  tenant_t;
typedef struct job_s     job_t;
typedef struct follow_s  follow_t;

typedef enum {
    JOB_ADDING = 0, JOB_READY, JOB_SCHEDULED, JOB_STARTING, JOB_RUNNING,
    JOB_SETTLING
} job_state_t;

/* Where a job waits for its turn.  The first two share the job threads. */
typedef enum {
    LINE_EXCLUSIVE = 0, LINE_THREAD, LINE_LOOP, LINE_BACKGROUND, LINE_COUNT
} line_t;

/* What a line's jobs occupy. */
typedef enum {
    PLACE_THREAD = 0, PLACE_LOOP, PLACE_BACKGROUND, PLACE_COUNT
} place_t;

struct tenant_s {
    char               name[65];
    heap_t             ready[LINE_COUNT];
    unsigned           running[PLACE_COUNT];
    unsigned           exclusive:1;         /* one of them runs */
};

struct job_s {
    job_t             *next;                /* of its hash bucket */
    queue_t           *queue;
    tenant_t          *tenant;
    const job_type_t  *type;
    aud_uuid_t         id;
    job_state_t        state;
    char              *args;                /* JSON */
    char               error[256];          /* of the last attempt */
    unsigned           attempts;            /* since a person asked for it */
    uint64_t           token;               /* one more with each attempt */
    int64_t            created_at;
    int64_t            started_at;          /* 0: never, as the next */
    int64_t            finished_at;
    int64_t            run_at;              /* SCHEDULED, or SETTLING again */
    size_t             place;               /* in a heap */
    job_run_t         *run;                 /* RUNNING */
    job_t             *running;             /* the next that runs */
    job_t             *starting;            /* the next of queue->begun */
    job_outcome_t      outcome;             /* SETTLING */
    store_batch_t     *effects;             /* SETTLING: kept until durable */
    follow_t          *follow;              /* the same */
    unsigned           cancelling:1;        /* a person asked for it */
    unsigned           occupies:1;          /* counted as running */
    unsigned           alone:1;             /* RUN_ALONE, as the loop sees it */
    unsigned           completed:1;         /* its effects are its own */
    unsigned           told:1;              /* gave_up() has had its mail job */
};

struct follow_s {
    follow_t          *next;
    const job_type_t  *type;
    char              *args;
    aud_uuid_t         id;
};

typedef enum {
    RUN_RUNNING = 0,
    RUN_COMPLETING,         /* job_complete() has begun: too late to give up */
    RUN_COMPLETED,
    RUN_GIVEN_UP            /* the job does not know this run any more */
} run_phase_t;

typedef enum {
    RUN_TOGETHER = 0,
    RUN_WANTS_ALONE,
    RUN_ALONE               /* the tenant's exclusive jobs wait for it */
} run_alone_t;

struct job_run_s {
    pool_work_t        work;
    job_run_t         *next;                /* of queue->ended */
    queue_t           *queue;
    job_t             *job;                 /* not after GIVEN_UP */
    const job_type_t  *type;
    char               tenant[65];
    aud_uuid_t         id;
    json_t            *args;
    unsigned           attempt;
    uint64_t           token;
    job_outcome_t      outcome;

    _Atomic(const char *)  stage;
    _Atomic double         fraction;
    atomic_llong           lease;           /* aud_ticks() when it ends */
    atomic_int             stopping;
    atomic_int             alone;           /* run_alone_t */

    pthread_mutex_t    lock;                /* of what follows */
    run_phase_t        phase;
    char               error[256];
    follow_t          *follow;
};

typedef struct {
    unsigned           running;
    unsigned           limit;
    size_t             waiting;             /* READY, or ADDING for it */
    size_t             turn;                /* of the tenant whose turn it is */
} turns_t;

struct queue_s {
    worker_t          *worker;
    pool_t            *pool;
    uv_async_t         async;               /* runs ended, or time for turns */
    uv_timer_t         timer;               /* schedules and leases */
    unsigned           handles;             /* not closed yet */

    job_t            **buckets;
    size_t             nbuckets;            /* a power of two */
    size_t             njobs;
    tenant_t         **tenants;
    size_t             ntenants;
    heap_t             scheduled;
    turns_t            turns[PLACE_COUNT];
    unsigned          *occupied;            /* places, by type */
    job_t             *running;
    job_t             *begun;               /* by the batch that added them */
    uint64_t         (*finished)[JOB_CANCELLED + 1];    /* by type */

    int64_t            sweep_at;
    struct sweep_s    *sweep;               /* while one runs */

    pthread_mutex_t    lock;                /* of ended */
    job_run_t         *ended;

    void             (*drained)(void *arg);
    void              *drained_arg;
    atomic_int         draining;
};

/* job_record.c */

/* The stored form.  state is what people see; job's times are as they are. */
void    job_record_write(const job_t *job, const char *state,
    aud_buffer_t *out);
void    job_record_put(const job_t *job, const char *state,
    store_batch_t *batch);

/* Fills job but for queue and tenant; -1 where record is none of a type that
 * this worker knows.  *state is static text. */
int     job_record_read(const json_t *record, job_t *job, const char **state);

/* What people see of a stored record, of a job in memory. */
json_t *job_record_show(const json_t *record);
json_t *job_show(const job_t *job);

const job_type_t *job_type(const char *name);
const char       *job_final_state(job_outcome_t outcome);

/* job.c */
job_run_t *job_run_create(job_t *job, int64_t lease_us);
void       job_run_free(job_run_t *run);
follow_t  *follow_create(const char *type, json_t *args);   /* takes args */
void       follow_free(follow_t *list);
void       follow_put(const follow_t *list, const char *tenant,
    store_batch_t *batch);

/* queue_table.c */
job_t   *queue_find(queue_t *q, const char *tenant, const aud_uuid_t *id);
job_t   *queue_insert(queue_t *q, const char *tenant, const job_t *from);
void     queue_forget(queue_t *q, job_t *job);
json_t  *queue_load(queue_t *q, const char *tenant, const aud_uuid_t *id);
void     queue_wait(queue_t *q, job_t *job);
void     queue_unwait(queue_t *q, job_t *job);      /* READY: out of its heap */
void     queue_push(heap_t *heap, job_t *job);
int      job_older(const void *a, const void *b);
int      job_sooner(const void *a, const void *b);
place_t  job_place(const job_t *job);
line_t   job_line(const job_t *job);
size_t   job_type_index(const job_type_t *type);

/* queue_recover.c */
int      queue_recover(queue_t *q, aud_error_t *err);

/* queue_sweep.c: removes, now and then, jobs that ended a week ago. */
void     queue_sweep(queue_t *q);

/* queue_turns.c */
void     queue_wake(queue_t *q);        /* queue_work() in the loop's next turn */
void     queue_work(queue_t *q);
int      queue_free_place(const queue_t *q, const job_t *job);
void     queue_begin(job_t *job);       /* the attempt is to be written */
void     queue_leave(job_t *job);
void     queue_ended(queue_t *q, job_run_t *run);   /* any thread */
void     queue_not_running(job_t *job);             /* forgets job->run */

/* queue_settle.c */
void     queue_came(queue_t *q, job_t *job, job_outcome_t outcome);
void     queue_settle(queue_t *q, job_t *job);
void     queue_over(queue_t *q, job_t *job);
void     queue_follow(queue_t *q, const char *tenant, follow_t *list);
unsigned queue_attempts(const queue_t *q, const job_t *job);

#endif
