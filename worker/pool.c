/*
 * Job threads: a list of work under one lock.
 */

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "log.h"
#include "pool.h"


typedef struct thread_s  thread_t;

struct thread_s {
    thread_t           *next;
    pool_t             *pool;
    pthread_t           id;
    const pool_work_t  *work;       /* what it runs */
    unsigned            hung:1;     /* in no list; ends by itself */
};

struct pool_s {
    pthread_mutex_t     lock;
    pthread_cond_t      posted;
    pool_work_t        *first;
    pool_work_t       **last;
    thread_t           *threads;
    unsigned            hung;
    int                 nice;
    unsigned            closing:1;
};


static int pool_add_thread(pool_t *pool);
static void *pool_thread(void *arg);
static pool_work_t *pool_take(thread_t *t);


pool_t *
pool_create(unsigned threads, int nice, aud_error_t *err)
{
    pool_t  *pool;

    pool = aud_calloc(1, sizeof(pool_t));
    if (pool == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    pool->nice = nice;
    pool->last = &pool->first;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->posted, NULL);

    while (threads--) {
        if (pool_add_thread(pool) != 0) {
            aud_error_set(err, "cannot start a job thread");
            pool_close(pool);
            return NULL;
        }
    }

    return pool;
}


void
pool_close(pool_t *pool)
{
    thread_t  *t, *next;

    pthread_mutex_lock(&pool->lock);
    pool->closing = 1;
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->lock);

    for (t = pool->threads; t; t = next) {
        next = t->next;
        pthread_join(t->id, NULL);
        aud_free(t);
    }

    pthread_cond_destroy(&pool->posted);
    pthread_mutex_destroy(&pool->lock);
    aud_free(pool);
}


void
pool_post(pool_t *pool, pool_work_t *work)
{
    work->next = NULL;

    pthread_mutex_lock(&pool->lock);
    *pool->last = work;
    pool->last = &work->next;
    pthread_cond_signal(&pool->posted);
    pthread_mutex_unlock(&pool->lock);
}


unsigned
pool_give_up(pool_t *pool, const pool_work_t *work)
{
    unsigned    hung, lost = 0;
    thread_t  **link, *t;

    pthread_mutex_lock(&pool->lock);

    for (link = &pool->threads; (t = *link) != NULL; link = &t->next) {
        if (t->work == work) {
            *link = t->next;
            t->hung = 1;
            pool->hung++;
            pthread_detach(t->id);
            lost = 1;
            break;
        }
    }

    hung = pool->hung;
    pthread_mutex_unlock(&pool->lock);

    /* by now it may have come back and be freed */

    if (lost && pool_add_thread(pool) != 0) {
        log_line(LOG_ERROR, NULL, "cannot start a job thread", NULL);
    }

    return hung;
}


unsigned
pool_hung(pool_t *pool)
{
    unsigned  hung;

    pthread_mutex_lock(&pool->lock);
    hung = pool->hung;
    pthread_mutex_unlock(&pool->lock);

    return hung;
}


static int
pool_add_thread(pool_t *pool)
{
    int        rc;
    thread_t  *t;

    t = aud_calloc(1, sizeof(thread_t));
    if (t == NULL) {
        return -1;
    }

    t->pool = pool;

    pthread_mutex_lock(&pool->lock);
    rc = pthread_create(&t->id, NULL, pool_thread, t);

    if (rc == 0) {
        t->next = pool->threads;
        pool->threads = t;

    } else {
        aud_free(t);
    }

    pthread_mutex_unlock(&pool->lock);

    return rc == 0 ? 0 : -1;
}


static void *
pool_thread(void *arg)
{
    thread_t     *t = arg;
    pool_work_t  *work;

    /* Linux has priorities of threads, whatever POSIX says of processes. */
    if (t->pool->nice) {
        (void) setpriority(PRIO_PROCESS, gettid(), t->pool->nice);
    }

    while ((work = pool_take(t)) != NULL) {
        work->run(work);
    }

    if (t->hung) {
        aud_free(t);
    }

    return NULL;
}


/* NULL: the thread ends. */

static pool_work_t *
pool_take(thread_t *t)
{
    pool_t       *pool = t->pool;
    pool_work_t  *work = NULL;

    pthread_mutex_lock(&pool->lock);
    t->work = NULL;

    if (t->hung) {
        pool->hung--;
        goto done;
    }

    while (pool->first == NULL && !pool->closing) {
        pthread_cond_wait(&pool->posted, &pool->lock);
    }

    work = pool->first;

    if (work) {
        pool->first = work->next;
        t->work = work;

        if (pool->first == NULL) {
            pool->last = &pool->first;
        }
    }

done:

    pthread_mutex_unlock(&pool->lock);

    return work;
}
