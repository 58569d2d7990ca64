/*
 * Group commit.
 *
 *   loop thread             commit thread            loop thread
 *   commit_submit ──> waiting ──> joined, applied ──> done ──> fn
 *   commit_wait   ──> waiting ──> joined, applied ──> woken by its condition
 *
 * Both lists stand under one lock.  The order in which batches were submitted
 * is the order in which they are applied.  The thread is woken when the loop is
 * about to sleep, not at the first of many batches: all that a turn of the loop
 * submits goes together.
 */

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "log.h"
#include "metrics.h"

/* Batches are joined up to so many bytes, so that a large one does not delay
 * the small ones behind it by more than its own write. */
#define COMMIT_JOIN_BYTES  (4 * 1024 * 1024)


typedef struct entry_s  entry_t;

struct entry_s {
    entry_t         *next;
    store_batch_t   *batch;
    commit_fn        fn;            /* NULL: somebody waits in commit_wait() */
    void            *arg;
    store_status_t   status;
    unsigned         over:1;
};

typedef struct {
    entry_t  *first;
    entry_t **last;
} list_t;

struct commit_s {
    store_t          *store;
    uv_async_t        async;
    uv_prepare_t      prepare;
    unsigned          handles;      /* not closed yet */
    pthread_t         thread;
    pthread_mutex_t   applying;     /* held while batches are applied */
    pthread_mutex_t   lock;
    pthread_cond_t    work;         /* something waits, or closing */
    pthread_cond_t    idle;         /* something was applied */
    list_t            waiting;
    list_t            done;
    unsigned          busy:1;
    unsigned          closing:1;
};


static void *commit_thread(void *arg);
static entry_t *commit_take(commit_t *c);
static void commit_apply(commit_t *c, entry_t *group);
static void commit_apply_each(commit_t *c, entry_t *group);
static store_status_t commit_write(commit_t *c, store_batch_t *batch,
    unsigned joined);
static void commit_finish(commit_t *c, entry_t *group);
static void commit_call_back(commit_t *c);
static void commit_async(uv_async_t *async);
static void commit_prepare(uv_prepare_t *prepare);
static void commit_close_handles(commit_t *c);
static void commit_closed(uv_handle_t *handle);
static void list_init(list_t *list);
static void list_add(list_t *list, entry_t *entry);


commit_t *
commit_create(uv_loop_t *loop, store_t *store, aud_error_t *err)
{
    commit_t  *c;

    c = aud_calloc(1, sizeof(commit_t));
    if (c == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    c->store = store;
    c->async.data = c;
    c->prepare.data = c;
    list_init(&c->waiting);
    list_init(&c->done);
    pthread_mutex_init(&c->applying, NULL);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    pthread_cond_init(&c->idle, NULL);

    if (uv_async_init(loop, &c->async, commit_async) != 0) {
        aud_error_set(err, "uv_async_init failed");
        aud_free(c);
        return NULL;
    }

    uv_prepare_init(loop, &c->prepare);
    uv_prepare_start(&c->prepare, commit_prepare);

    /* Their close is the owner's to time: they keep no loop from ending. */
    uv_unref((uv_handle_t *) &c->async);
    uv_unref((uv_handle_t *) &c->prepare);
    c->handles = 2;

    if (pthread_create(&c->thread, NULL, commit_thread, c) != 0) {
        aud_error_set(err, "cannot start the commit thread");
        commit_close_handles(c);
        return NULL;
    }

    return c;
}


/* What runs here may submit more: it ends when nothing is left. */

void
commit_close(commit_t *c)
{
    int  left;

    do {
        pthread_mutex_lock(&c->lock);
        pthread_cond_signal(&c->work);

        while (c->waiting.first || c->busy) {
            pthread_cond_wait(&c->idle, &c->lock);
        }

        left = c->done.first != NULL;
        c->closing = !left;
        pthread_cond_signal(&c->work);
        pthread_mutex_unlock(&c->lock);

        commit_call_back(c);

    } while (left);

    pthread_join(c->thread, NULL);
    commit_close_handles(c);
}


static void
commit_close_handles(commit_t *c)
{
    uv_close((uv_handle_t *) &c->async, commit_closed);
    uv_close((uv_handle_t *) &c->prepare, commit_closed);
}


static void
commit_closed(uv_handle_t *handle)
{
    commit_t  *c = handle->data;

    if (--c->handles) {
        return;
    }

    pthread_cond_destroy(&c->idle);
    pthread_cond_destroy(&c->work);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->applying);
    aud_free(c);
}


void
commit_submit(commit_t *c, store_batch_t *batch, commit_fn fn, void *arg)
{
    entry_t  *entry;

    entry = aud_calloc(1, sizeof(entry_t));

    if (entry == NULL) {
        log_no_memory("commit");
    }

    entry->batch = batch;
    entry->fn = fn;
    entry->arg = arg;

    pthread_mutex_lock(&c->lock);
    list_add(&c->waiting, entry);
    pthread_mutex_unlock(&c->lock);
}


static void
commit_prepare(uv_prepare_t *prepare)
{
    commit_t  *c = prepare->data;

    pthread_mutex_lock(&c->lock);

    if (c->waiting.first && !c->busy) {
        pthread_cond_signal(&c->work);
    }

    pthread_mutex_unlock(&c->lock);
}


store_status_t
commit_wait(commit_t *c, store_batch_t *batch)
{
    entry_t  entry = { .batch = batch };

    pthread_mutex_lock(&c->lock);
    list_add(&c->waiting, &entry);
    pthread_cond_signal(&c->work);

    while (!entry.over) {
        pthread_cond_wait(&c->idle, &c->lock);
    }

    pthread_mutex_unlock(&c->lock);

    return entry.status;
}


static void *
commit_thread(void *arg)
{
    entry_t   *group;
    commit_t  *c = arg;

    while ((group = commit_take(c)) != NULL) {
        pthread_mutex_lock(&c->applying);
        commit_apply(c, group);
        pthread_mutex_unlock(&c->applying);

        commit_finish(c, group);
    }

    return NULL;
}


void
commit_pause(commit_t *c)
{
    pthread_mutex_lock(&c->applying);
}


void
commit_resume(commit_t *c)
{
    pthread_mutex_unlock(&c->applying);
}


/* The batches that go together; NULL at the end. */

static entry_t *
commit_take(commit_t *c)
{
    size_t    bytes;
    entry_t  *group, *last;

    pthread_mutex_lock(&c->lock);

    while (c->waiting.first == NULL && !c->closing) {
        pthread_cond_wait(&c->work, &c->lock);
    }

    group = c->waiting.first;

    if (group) {
        bytes = store_batch_bytes(group->batch);

        for (last = group; last->next; last = last->next) {
            bytes += store_batch_bytes(last->next->batch);

            if (bytes > COMMIT_JOIN_BYTES) {
                break;
            }
        }

        c->waiting.first = last->next;
        last->next = NULL;
        c->busy = 1;

        if (c->waiting.first == NULL) {
            list_init(&c->waiting);
        }
    }

    pthread_mutex_unlock(&c->lock);

    return group;
}


static void
commit_apply(commit_t *c, entry_t *group)
{
    unsigned         joined;
    entry_t         *e;
    store_batch_t   *batch;
    store_status_t   status;

    if (group->next == NULL) {
        commit_apply_each(c, group);
        return;
    }

    batch = store_batch_create();
    if (batch == NULL) {
        commit_apply_each(c, group);
        return;
    }

    joined = 0;

    for (e = group; e; e = e->next) {
        store_batch_append(batch, e->batch);
        joined++;
    }

    status = commit_write(c, batch, joined);
    store_batch_free(batch);

    if (status == STORE_FULL) {
        /* One that is too large must not take the others with it. */
        commit_apply_each(c, group);
        return;
    }

    for (e = group; e; e = e->next) {
        e->status = status;
    }
}


static void
commit_apply_each(commit_t *c, entry_t *group)
{
    entry_t  *e;

    for (e = group; e; e = e->next) {
        e->status = commit_write(c, e->batch, 1);
    }
}


static store_status_t
commit_write(commit_t *c, store_batch_t *batch, unsigned joined)
{
    int64_t         started;
    aud_error_t     err = { 0 };
    store_status_t  status;

    if (store_batch_count(batch) == 0) {
        return STORE_OK;
    }

    started = aud_ticks();
    status = store_apply(c->store, batch, &err);

    if (status == STORE_OK) {
        metrics_commit(joined, store_batch_bytes(batch),
                       aud_ticks() - started);
        return status;
    }

    if (status == STORE_FULL) {
        log_line(LOG_WARNING, NULL, "disk full, nothing written",
                 "s:error", err.text, NULL);
        return status;
    }

    log_line(LOG_ERROR, NULL, "the store failed, ending", "s:error", err.text,
             NULL);
    _exit(EXIT_FAILURE);
}


static void
commit_finish(commit_t *c, entry_t *group)
{
    int       called = 0;
    entry_t  *e, *next;

    for (e = group; e; e = e->next) {
        store_batch_free(e->batch);
        e->batch = NULL;
    }

    pthread_mutex_lock(&c->lock);

    for (e = group; e; e = next) {
        next = e->next;
        e->over = 1;            /* a waiter's entry may be gone after this */

        if (e->fn) {
            list_add(&c->done, e);
            called = 1;
        }
    }

    c->busy = 0;
    pthread_cond_broadcast(&c->idle);

    if (called) {
        uv_async_send(&c->async);
    }

    pthread_mutex_unlock(&c->lock);
}


static void
commit_async(uv_async_t *async)
{
    commit_call_back(async->data);
}


static void
commit_call_back(commit_t *c)
{
    entry_t  *e, *next;

    pthread_mutex_lock(&c->lock);
    e = c->done.first;
    list_init(&c->done);
    pthread_mutex_unlock(&c->lock);

    for (/* void */; e; e = next) {
        next = e->next;
        e->fn(e->arg, e->status);
        aud_free(e);
    }
}


static void
list_init(list_t *list)
{
    list->first = NULL;
    list->last = &list->first;
}


static void
list_add(list_t *list, entry_t *entry)
{
    entry->next = NULL;
    *list->last = entry;
    list->last = &entry->next;
}
