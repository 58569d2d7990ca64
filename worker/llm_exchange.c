/*
 * Exchanges with the endpoint.  Loop thread.
 *
 * An exchange is in the table as long as it lives; in the queue while it waits
 * to be sent; else it is in flight, and one callback will come for it: of the
 * commit that counts its tokens, of the client, or of the commit that keeps its
 * answer.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "llm_private.h"
#include "log.h"

#define EXCHANGE_BYTES_PER_TOKEN  3     /* a low guess: it counts too much */
#define EXCHANGE_PAUSE_LONGEST    (30 * AUD_SECOND)


static void exchange_take_posted(llm_t *llm);
static llm_exchange_t **exchange_find(llm_t *llm, const llm_waiter_t *w);
static llm_exchange_t *exchange_create(llm_t *llm, llm_waiter_t *w);
static void exchange_free(llm_exchange_t *e);
static void exchange_queue(llm_t *llm, llm_exchange_t *e);
static void exchange_send_queue(llm_t *llm);
static int exchange_answer_now(llm_exchange_t *e);
static int exchange_wanted(llm_exchange_t *e);
static int exchange_count(llm_exchange_t *e);
static void exchange_counted(void *arg, store_status_t status);
static void exchange_replied(void *arg, llm_reply_t *reply);
static void exchange_tell_breaker(llm_exchange_t *e, const llm_reply_t *reply,
    const llm_answer_t *answer);
static void exchange_settle_tokens(llm_exchange_t *e,
    const llm_answer_t *answer);
static void exchange_keep(llm_exchange_t *e, const llm_answer_t *answer);
static void exchange_commit(llm_exchange_t *e, store_batch_t *batch,
    commit_fn fn);
static void exchange_kept(void *arg, store_status_t status);
static void exchange_again(llm_exchange_t *e, const char *trouble);
static void exchange_landed(llm_exchange_t *e);
static void exchange_over(llm_exchange_t *e, llm_status_t status);
static void exchange_log(llm_exchange_t *e, const llm_answer_t *answer);
static void llm_set_timer(llm_t *llm);
static void llm_time(uv_timer_t *timer);
static void llm_nothing(void *arg, store_status_t status);


void
llm_turn(llm_t *llm)
{
    if (llm->closed) {
        return;
    }

    exchange_take_posted(llm);
    exchange_send_queue(llm);
    llm_set_timer(llm);
}


static void
exchange_take_posted(llm_t *llm)
{
    llm_waiter_t    *w, *next;
    llm_exchange_t  *e;

    pthread_mutex_lock(&llm->lock);

    for (w = llm->posted; w; w = next) {
        next = w->next;
        e = *exchange_find(llm, w);

        if (e == NULL) {
            e = exchange_create(llm, w);

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
exchange_find(llm_t *llm, const llm_waiter_t *w)
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
exchange_create(llm_t *llm, llm_waiter_t *w)
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

    *exchange_find(llm, w) = e;
    exchange_queue(llm, e);

    return e;
}


/* It stands in no queue. */

static void
exchange_free(llm_exchange_t *e)
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


static void
exchange_queue(llm_t *llm, llm_exchange_t *e)
{
    e->next = NULL;
    *llm->queue_end = e;
    llm->queue_end = &e->next;
}


/* Takes the queue apart; what has to wait goes back in the same order. */

static void
exchange_send_queue(llm_t *llm)
{
    int64_t          until, now = aud_ticks();
    llm_gate_t       gate;
    llm_exchange_t  *e, *next;

    e = llm->queue;
    llm->queue = NULL;
    llm->queue_end = &llm->queue;

    for (/* void */; e; e = next) {
        next = e->next;

        if (!exchange_wanted(e)) {
            exchange_free(e);
            continue;
        }

        if (llm->stopping) {
            exchange_over(e, LLM_STOPPED);
            continue;
        }

        gate = llm_breaker_gate(&llm->breaker, now, &until);

        if (gate == LLM_GATE_REFUSE) {
            if (!exchange_answer_now(e)) {
                exchange_over(e, LLM_UNAVAILABLE);
            }

        } else if (gate == LLM_GATE_WAIT || e->due > now
                   || llm->in_flight >= llm->settings->llm_in_flight)
        {
            exchange_queue(llm, e);

        } else if (!exchange_answer_now(e) && exchange_count(e) != 0) {
            exchange_over(e, LLM_BUDGET);
        }
    }
}


/* Somebody may have asked the same, and been answered, after this was looked up
 * and before it came here. */

static int
exchange_answer_now(llm_exchange_t *e)
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
    exchange_free(e);

    return 1;
}


static int
exchange_wanted(llm_exchange_t *e)
{
    int  wanted;

    pthread_mutex_lock(&e->llm->lock);
    wanted = e->waiters != NULL;
    pthread_mutex_unlock(&e->llm->lock);

    return wanted;
}


/* What may be spent is counted, synced, before it is sent. */

static int
exchange_count(llm_exchange_t *e)
{
    llm_t          *llm = e->llm;
    store_batch_t  *batch;

    e->tokens = e->request.len / EXCHANGE_BYTES_PER_TOKEN + 1 + e->max_tokens;

    if (llm_budget_take(llm->budgets, e->tenant, e->tokens, &e->day) != 0) {
        return -1;
    }

    batch = store_batch_create();
    if (batch == NULL) {
        log_no_memory("tokens of a question");
    }

    llm_budget_put(llm->budgets, e->tenant, e->day, batch);
    llm_breaker_sent(&llm->breaker, aud_ticks());
    llm->in_flight++;
    exchange_commit(e, batch, exchange_counted);

    return 0;
}


static void
exchange_counted(void *arg, store_status_t status)
{
    char             hex[2 * LLM_KEY_BYTES + 1];
    llm_exchange_t  *e = arg;
    llm_t           *llm = e->llm;

    e->committing = 0;

    if (llm->closed) {
        exchange_landed(e);
        exchange_free(e);
        llm_release(llm);
        return;
    }

    llm_release(llm);
    llm_ledger_hex(&e->key, hex);

    if (status == STORE_OK
        && llm_http_post(llm->http, aud_buffer_str(&e->request), hex,
                         exchange_replied, e) == 0)
    {
        return;
    }

    llm_budget_correct(llm->budgets, e->tenant, e->day, e->tokens, 0);
    llm_breaker_ended(&llm->breaker);
    exchange_landed(e);
    exchange_over(e, LLM_UNAVAILABLE);
    llm_turn(llm);
}


static void
exchange_replied(void *arg, llm_reply_t *reply)
{
    llm_answer_t     answer;
    llm_exchange_t  *e = arg;
    llm_t           *llm = e->llm;

    llm_answer_read(reply, e->request.len, e->max_tokens, &answer);
    exchange_tell_breaker(e, reply, &answer);
    exchange_settle_tokens(e, &answer);
    exchange_log(e, &answer);

    pthread_mutex_lock(&llm->lock);
    llm->us += reply->us;
    llm->sents[answer.verdict == LLM_REPLY_ANSWER ? LLM_SENT_ANSWERED
               : answer.verdict == LLM_REPLY_BUSY ? LLM_SENT_BUSY
               : answer.verdict == LLM_REPLY_NEVER ? LLM_SENT_REFUSED
               : LLM_SENT_TROUBLE]++;
    pthread_mutex_unlock(&llm->lock);

    if (answer.verdict == LLM_REPLY_ANSWER) {
        exchange_keep(e, &answer);

    } else {
        exchange_landed(e);

        if (answer.verdict == LLM_REPLY_NEVER) {
            exchange_over(e, LLM_UNAVAILABLE);

        } else {
            exchange_again(e, answer.trouble);
        }
    }

    aud_free(answer.text);
    llm_turn(llm);
}


static void
exchange_tell_breaker(llm_exchange_t *e, const llm_reply_t *reply,
    const llm_answer_t *answer)
{
    int             opened = 0;
    llm_t          *llm = e->llm;
    int64_t         pause, now = aud_ticks();

    if (answer->verdict == LLM_REPLY_ANSWER) {
        llm_breaker_succeeded(&llm->breaker);

    } else if (answer->verdict == LLM_REPLY_BUSY) {
        pause = reply->retry_after < 86400 ? reply->retry_after : 86400;
        pause = pause ? pause * AUD_SECOND
                      : (int64_t) llm->settings->llm_backoff_ms * 1000;
        opened = llm_breaker_pause(&llm->breaker, now, pause);

    } else {
        opened = llm_breaker_failed(&llm->breaker, now);
    }

    if (opened) {
        log_line(LOG_WARNING, NULL, "the language model is left alone",
                 "s:error", answer->trouble, "i:seconds",
                 (long long) ((llm->breaker.open_until - now) / AUD_SECOND),
                 NULL);
    }
}


/* The count goes to the store with the answer, or now. */

static void
exchange_settle_tokens(llm_exchange_t *e, const llm_answer_t *answer)
{
    llm_t          *llm = e->llm;
    uint64_t        spent;
    store_batch_t  *batch;

    spent = answer->usage
            ? answer->prompt_tokens + answer->completion_tokens
            : answer->charged ? e->tokens : 0;

    llm_budget_correct(llm->budgets, e->tenant, e->day, e->tokens, spent);

    pthread_mutex_lock(&llm->lock);
    llm->tokens[0] += answer->prompt_tokens;
    llm->tokens[1] += answer->completion_tokens;
    pthread_mutex_unlock(&llm->lock);

    if (answer->verdict == LLM_REPLY_ANSWER || spent == e->tokens) {
        return;
    }

    batch = store_batch_create();
    if (batch == NULL) {
        log_no_memory("tokens of a question");
    }

    llm_budget_put(llm->budgets, e->tenant, e->day, batch);
    llm->references++;
    commit_submit(llm->worker->commit, batch, llm_nothing, llm);
}


static void
llm_nothing(void *arg, store_status_t status)
{
    llm_release(arg);
}


static void
exchange_keep(llm_exchange_t *e, const llm_answer_t *answer)
{
    llm_t          *llm = e->llm;
    store_batch_t  *batch;

    batch = store_batch_create();
    aud_buffer_add(&e->text, answer->text, answer->len);

    if (batch == NULL || e->text.failed) {
        log_no_memory("answer of the language model");
    }

    llm_ledger_keep(batch, e->tenant, &e->key, aud_buffer_str(&e->text));
    llm_budget_put(llm->budgets, e->tenant, e->day, batch);
    exchange_commit(e, batch, exchange_kept);
}


static void
exchange_commit(llm_exchange_t *e, store_batch_t *batch, commit_fn fn)
{
    e->committing = 1;
    e->llm->references++;
    commit_submit(e->llm->worker->commit, batch, fn, e);
}


/* On a full disk as well: the answer is there, and was paid for. */

static void
exchange_kept(void *arg, store_status_t status)
{
    llm_exchange_t  *e = arg;
    llm_t           *llm = e->llm;

    exchange_landed(e);
    exchange_over(e, LLM_ANSWERED);
    llm_turn(llm);
    llm_release(llm);
}


static void
exchange_again(llm_exchange_t *e, const char *trouble)
{
    double   pause;
    llm_t   *llm = e->llm;

    e->attempts++;

    if (e->attempts >= llm->settings->llm_attempts) {
        exchange_over(e, LLM_UNAVAILABLE);
        return;
    }

    /* "Full jitter", from half on: many that failed at once come back apart. */
    pause = (double) llm->settings->llm_backoff_ms * 1000
            * (1 << (e->attempts < 20 ? e->attempts - 1 : 19));
    pause = pause < EXCHANGE_PAUSE_LONGEST ? pause : EXCHANGE_PAUSE_LONGEST;
    pause *= 0.5 + 0.5 * ((double) random() / RAND_MAX);

    e->due = aud_ticks() + (int64_t) pause;
    exchange_queue(llm, e);
}


static void
exchange_landed(llm_exchange_t *e)
{
    e->llm->in_flight--;
}


static void
exchange_over(llm_exchange_t *e, llm_status_t status)
{
    llm_t         *llm = e->llm;
    llm_waiter_t  *w;

    pthread_mutex_lock(&llm->lock);

    while ((w = e->waiters) != NULL) {
        e->waiters = w->next;
        llm_tell(llm, w, status, aud_buffer_str(&e->text), 0);
    }

    pthread_mutex_unlock(&llm->lock);
    exchange_free(e);
}


static void
exchange_log(llm_exchange_t *e, const llm_answer_t *answer)
{
    if (answer->verdict != LLM_REPLY_ANSWER) {
        log_line(answer->verdict == LLM_REPLY_NEVER ? LOG_WARNING : LOG_INFO,
                 NULL, "the language model did not answer", "s:tenant",
                 e->tenant, "s:error", answer->trouble, "i:attempt",
                 (long long) e->attempts + 1, NULL);
    }
}


/* What waits for a trial or for room is looked at when that has ended. */

static void
llm_set_timer(llm_t *llm)
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
        uv_timer_start(&llm->timer, llm_time, (uint64_t) next, 0);
    }
}


static void
llm_time(uv_timer_t *timer)
{
    llm_turn(timer->data);
}


/* Commits that are on their way will call back: their exchanges end there. */

void
llm_exchanges_drop(llm_t *llm)
{
    size_t           i;
    llm_exchange_t  *e, *next;

    exchange_take_posted(llm);
    llm->queue = NULL;
    llm->queue_end = &llm->queue;

    for (i = 0; i < LLM_BUCKETS; i++) {
        for (e = llm->table[i]; e; e = next) {
            next = e->chain;

            if (!e->committing) {
                exchange_over(e, LLM_STOPPED);
            }
        }
    }
}
