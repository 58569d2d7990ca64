/*
 * One exchange with the endpoint, from the count of its tokens to its answer or
 * the next attempt.  Loop thread.
 *
 * An exchange is in the table as long as it lives; in the queue while it waits
 * to be sent; else it is in flight, and one callback will come for it: of the
 * commit that counts its tokens, of the client, or of the commit that keeps its
 * answer.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "llm_private.h"
#include "log.h"

#define EXCHANGE_PAUSE_LONGEST    (30 * AUD_SECOND)


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
static void exchange_log(llm_exchange_t *e, const llm_answer_t *answer);
static void llm_nothing(void *arg, store_status_t status);


/* What may be spent is counted, synced, before it is sent. */

int
llm_exchange_send(llm_exchange_t *e)
{
    llm_t          *llm = e->llm;
    store_batch_t  *batch;

    e->tokens = llm_request_tokens(e->request.len, e->max_tokens);

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
        llm_exchange_over(e, LLM_STOPPED);
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
    llm_exchange_over(e, LLM_UNAVAILABLE);
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
            llm_exchange_over(e, LLM_UNAVAILABLE);

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
    llm_exchange_over(e, LLM_ANSWERED);
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
        llm_exchange_over(e, LLM_UNAVAILABLE);
        return;
    }

    /* "Full jitter", from half on: many that failed at once come back apart. */
    pause = (double) llm->settings->llm_backoff_ms * 1000
            * (1 << (e->attempts < 20 ? e->attempts - 1 : 19));
    pause = pause < EXCHANGE_PAUSE_LONGEST ? pause : EXCHANGE_PAUSE_LONGEST;
    pause *= 0.5 + 0.5 * ((double) random() / RAND_MAX);

    e->due = aud_ticks() + (int64_t) pause;
    llm_exchange_queue(llm, e);
}


static void
exchange_landed(llm_exchange_t *e)
{
    e->llm->in_flight--;
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
