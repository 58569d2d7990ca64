/*
 * The queue before the endpoint: which exchanges there are, which of them may be
 * sent now, and who is told how they ended.  Loop thread.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "llm_private.h"
#include "log.h"


static void queue_take_posted(llm_t *llm);
static llm_exchange_t **queue_find(llm_t *llm, const llm_waiter_t *w);
static llm_exchange_t *queue_create(llm_t *llm, llm_waiter_t *w);
static void queue_free_exchange(llm_exchange_t *e);
static void queue_send(llm_t *llm);
static int queue_answer_now(llm_exchange_t *e);
static int queue_wanted(llm_exchange_t *e);
static void queue_set_timer(llm_t *llm);
static void queue_time(uv_timer_t *timer);


void
llm_turn(llm_t *llm)
{
    if (llm->closed) {
        return;
    }

    queue_take_posted(llm);
    queue_send(llm);
    queue_set_timer(llm);
}


static void
queue_take_posted(llm_t *llm)
{
    llm_waiter_t    *w, *next;
    llm_exchange_t  *e;

    pthread_mutex_lock(&llm->lock);

    for (w = llm->posted; w; w = next) {
        next = w->next;
        e = *queue_find(llm, w);

        if (e == NULL) {
            e = queue_create(llm, w);

        } else {
            aud_buffer_free(&w->request);
            e->since = w->since < e->since ? e->since : w->since;
            llm->shared++;
        }

        w->posted = 0;
        w->exchange = e;
        w->next = e->waiters;
        e->waiters = w;
    }

    llm->posted = NULL;
    llm->posted_end = &llm->posted;
    pthread_mutex_unlock(&llm->lock);
}


/* Where in its bucket it is, or would be. */

static llm_exchange_t **
queue_find(llm_t *llm, const llm_waiter_t *w)
{
    llm_exchange_t  **at;

    for (at = &llm->table[w->key.bytes[0] % LLM_BUCKETS]; *at;
         at = &(*at)->chain)
    {
        if (memcmp(&(*at)->key, &w->key, sizeof(w->key)) == 0
            && strcmp((*at)->tenant, w->tenant) == 0)
        {
            break;
        }
    }

    return at;
}


static llm_exchange_t *
queue_create(llm_t *llm, llm_waiter_t *w)
{
    llm_exchange_t  *e;

    e = aud_calloc(1, sizeof(llm_exchange_t));
    if (e == NULL) {
        log_no_memory("question to the language model");
    }

    e->llm = llm;
    e->key = w->key;
    e->request = w->request;
    e->max_tokens = w->max_tokens;
    e->since = w->since;
    snprintf(e->tenant, sizeof(e->tenant), "%s", w->tenant);
    memset(&w->request, 0, sizeof(w->request));

    *queue_find(llm, w) = e;
    llm_exchange_queue(llm, e);

    return e;
}


/* It stands in no queue. */

static void
queue_free_exchange(llm_exchange_t *e)
{
    llm_exchange_t  **at;

    at = &e->llm->table[e->key.bytes[0] % LLM_BUCKETS];

    while (*at != e) {
        at = &(*at)->chain;
    }

    *at = e->chain;
    aud_buffer_free(&e->request);
    aud_buffer_free(&e->text);
    aud_free(e);
}


void
llm_exchange_queue(llm_t *llm, llm_exchange_t *e)
{
    e->next = NULL;
    *llm->queue_end = e;
    llm->queue_end = &e->next;
}


/* Takes the queue apart; what has to wait goes back in the same order. */

static void
queue_send(llm_t *llm)
{
    int64_t          until, now = aud_ticks();
    llm_gate_t       gate;
    llm_exchange_t  *e, *next;

    e = llm->queue;
    llm->queue = NULL;
    llm->queue_end = &llm->queue;

    for (/* void */; e; e = next) {
        next = e->next;

        if (!queue_wanted(e)) {
            queue_free_exchange(e);
            continue;
        }

        if (llm->stopping) {
            llm_exchange_over(e, LLM_STOPPED);
            continue;
        }

        gate = llm_breaker_gate(&llm->breaker, now, &until);

        if (gate == LLM_GATE_REFUSE) {
            if (!queue_answer_now(e)) {
                llm_exchange_over(e, LLM_UNAVAILABLE);
            }

        } else if (gate == LLM_GATE_WAIT || e->due > now
                   || llm->in_flight >= llm->settings->llm_in_flight)
        {
            llm_exchange_queue(llm, e);

        } else if (!queue_answer_now(e) && llm_exchange_send(e) != 0) {
            llm_exchange_over(e, LLM_BUDGET);
        }
    }
}


/* Somebody may have asked the same, and been answered, after this was looked up
 * and before it came here. */

static int
queue_answer_now(llm_exchange_t *e)
{
    int64_t        at;
    llm_t         *llm = e->llm;
    llm_waiter_t  *w;

    if (!llm_ledger_find(llm->worker->store, e->tenant, &e->key, e->since,
                         &e->text, &at))
    {
        return 0;
    }

    pthread_mutex_lock(&llm->lock);

    while ((w = e->waiters) != NULL) {
        e->waiters = w->next;
        llm_tell(llm, w, LLM_ANSWERED, aud_buffer_str(&e->text), at);
    }

    pthread_mutex_unlock(&llm->lock);
    queue_free_exchange(e);

    return 1;
}


static int
queue_wanted(llm_exchange_t *e)
{
    int  wanted;

    pthread_mutex_lock(&e->llm->lock);
    wanted = e->waiters != NULL;
    pthread_mutex_unlock(&e->llm->lock);

    return wanted;
}


void
llm_exchange_over(llm_exchange_t *e, llm_status_t status)
{
    llm_t         *llm = e->llm;
    llm_waiter_t  *w;

    pthread_mutex_lock(&llm->lock);

    while ((w = e->waiters) != NULL) {
        e->waiters = w->next;
        llm_tell(llm, w, status, aud_buffer_str(&e->text), 0);
    }

    pthread_mutex_unlock(&llm->lock);
    queue_free_exchange(e);
}


/* What waits for a trial or for room is looked at when that has ended. */

static void
queue_set_timer(llm_t *llm)
{
    int64_t          until, now = aud_ticks(), next = INT64_MAX;
    llm_gate_t       gate;
    llm_exchange_t  *e;

    uv_timer_stop(&llm->timer);

    if (llm->queue == NULL
        || llm->in_flight >= llm->settings->llm_in_flight)
    {
        return;
    }

    for (e = llm->queue; e; e = e->next) {
        next = e->due < next ? e->due : next;
    }

    gate = llm_breaker_gate(&llm->breaker, now, &until);

    if (gate == LLM_GATE_WAIT && next < until) {
        next = until;
    }

    if (next != INT64_MAX) {
        next = next > now ? (next - now) / 1000 + 1 : 0;
        uv_timer_start(&llm->timer, queue_time, (uint64_t) next, 0);
    }
}


static void
queue_time(uv_timer_t *timer)
{
    llm_turn(timer->data);
}


/* Commits that are on their way will call back: their exchanges end there. */

void
llm_exchanges_drop(llm_t *llm)
{
    size_t           i;
    llm_exchange_t  *e, *next;

    queue_take_posted(llm);
    llm->queue = NULL;
    llm->queue_end = &llm->queue;

    for (i = 0; i < LLM_BUCKETS; i++) {
        for (e = llm->table[i]; e; e = next) {
            next = e->chain;

            if (!e->committing) {
                llm_exchange_over(e, LLM_STOPPED);
            }
        }
    }
}
