/*
 * The language model: its beginning, its end, its numbers.
 */

#include <inttypes.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "commit.h"
#include "llm_private.h"
#include "log.h"
#include "metrics.h"

#define LLM_SWEEP_PERIOD   (3600 * AUD_SECOND)
#define LLM_SWEEP_AT_ONCE  4096
#define LLM_COUNTS_KEPT    (40 * AUD_DAY)


static int llm_start(llm_t *llm, aud_error_t *err);
static void llm_async(uv_async_t *async);
static void llm_closed(uv_handle_t *handle);
static void llm_http_closed(void *arg);
static void llm_sweep_tenant(llm_t *llm, const char *tenant);


static const char *const  statuses[] = {
    "answered", "refused", "off", "too_long", "budget", "unavailable",
    "stopped"
};


llm_t *
llm_create(worker_t *worker, aud_error_t *err)
{
    llm_t  *llm;

    llm = aud_calloc(1, sizeof(llm_t));
    if (llm == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    llm->worker = worker;
    llm->settings = worker->settings;
    llm->on = worker->settings->llm_url[0] != '\0';
    llm->queue_end = &llm->queue;
    llm->posted_end = &llm->posted;
    llm->swept_at = aud_ticks() - LLM_SWEEP_PERIOD;
    llm->references = 1;
    pthread_mutex_init(&llm->lock, NULL);

    if (llm_check(llm->settings, err) != 0
        || (llm->on && llm_start(llm, err) != 0))
    {
        llm_release(llm);
        return NULL;
    }

    return llm;
}


static int
llm_start(llm_t *llm, aud_error_t *err)
{
    uv_loop_t         *loop = llm->worker->loop;
    const settings_t  *s = llm->settings;

    llm_breaker_init(&llm->breaker, s->llm_breaker_failures,
                     (int64_t) s->llm_breaker_seconds * AUD_SECOND);

    llm->budgets = llm_budgets_create(llm->worker->store,
                                      s->llm_tokens_per_day);
    if (llm->budgets == NULL) {
        return aud_error_set(err, "no memory");
    }

    llm->http = llm_http_create(loop, s, err);
    if (llm->http == NULL) {
        return -1;
    }

    uv_timer_init(loop, &llm->timer);
    uv_async_init(loop, &llm->async, llm_async);
    uv_unref((uv_handle_t *) &llm->timer);
    uv_unref((uv_handle_t *) &llm->async);
    llm->timer.data = llm;
    llm->async.data = llm;
    llm->references += 3;               /* and the client */

    return 0;
}


static void
llm_async(uv_async_t *async)
{
    llm_turn(async->data);
}


void
llm_stop(llm_t *llm)
{
    llm->stopping = 1;

    if (llm->on) {
        llm_turn(llm);
    }
}


void
llm_close(llm_t *llm)
{
    llm->stopping = 1;

    if (llm->on) {
        llm->closed = 1;
        llm_http_close(llm->http, llm_http_closed, llm);
        llm_exchanges_drop(llm);
        uv_close((uv_handle_t *) &llm->timer, llm_closed);
        uv_close((uv_handle_t *) &llm->async, llm_closed);
    }
}


void
llm_free(llm_t *llm)
{
    llm_release(llm);
}


static void
llm_closed(uv_handle_t *handle)
{
    llm_release(handle->data);
}


static void
llm_http_closed(void *arg)
{
    llm_release(arg);
}


void
llm_release(llm_t *llm)
{
    if (--llm->references == 0) {
        llm_budgets_free(llm->budgets);
        pthread_mutex_destroy(&llm->lock);
        aud_free(llm);
    }
}


int
llm_tokens_left(const llm_t *llm, const char *tenant, uint64_t *left)
{
    uint64_t  spent, limit = llm->settings->llm_tokens_per_day;

    if (!llm->on || limit == 0) {
        return 0;
    }

    spent = llm_budget_read(llm->worker->store, tenant, aud_now() / AUD_DAY);
    *left = limit > spent ? limit - spent : 0;

    return 1;
}


const char *
llm_model(const llm_t *llm)
{
    return llm->on ? llm->settings->llm_model : NULL;
}


const char *
llm_status_name(llm_status_t status)
{
    return statuses[status];
}


void
llm_sweep(llm_t *llm)
{
    char         tenant[65] = "";
    int64_t      now = aud_ticks();
    aud_error_t  err;

    if (now - llm->swept_at < LLM_SWEEP_PERIOD) {
        return;
    }

    llm->swept_at = now;

    while (store_next_tenant(llm->worker->store, tenant, &err) == 1) {
        llm_sweep_tenant(llm, tenant);
    }
}


static void
llm_sweep_tenant(llm_t *llm, const char *tenant)
{
    size_t           n;
    int64_t          since;
    store_batch_t   *batch;
    store_status_t   status;

    since = aud_now() - (int64_t) llm->settings->llm_answers_days * AUD_DAY;

    do {
        batch = store_batch_create();
        if (batch == NULL) {
            return;
        }

        n = llm_ledger_old(llm->worker->store, tenant, KEY_ANSWER, since,
                           LLM_SWEEP_AT_ONCE, batch);
        n += llm_ledger_old(llm->worker->store, tenant, KEY_TOKENS,
                            aud_now() - LLM_COUNTS_KEPT,
                            LLM_SWEEP_AT_ONCE, batch);
        status = commit_wait(llm->worker->commit, batch);

    } while (n >= LLM_SWEEP_AT_ONCE && status == STORE_OK);
}


void
llm_metrics(llm_t *llm, aud_buffer_t *out)
{
    size_t  i;

    static const char *const  sents[] = {
        "answered", "trouble", "busy", "refused"
    };

    pthread_mutex_lock(&llm->lock);

    metrics_head(out, "audience_llm_questions_total", "counter",
                 "Questions to the language model, by what became of them.");

    for (i = 0; i <= LLM_STOPPED; i++) {
        aud_buffer_printf(out, "audience_llm_questions_total{status=\"%s\"} %"
                          PRIu64 "\n", statuses[i], llm->statuses[i]);
    }

    metrics_head(out, "audience_llm_unsent_total", "counter",
                 "Questions whose answer was kept, or was on its way.");
    aud_buffer_printf(out, "audience_llm_unsent_total{because=\"kept\"} %"
                      PRIu64 "\naudience_llm_unsent_total{because=\"shared\"} %"
                      PRIu64 "\n", llm->kept, llm->shared);

    metrics_head(out, "audience_llm_requests_total", "counter",
                 "Requests to the endpoint, by its reply.");

    for (i = 0; i < LLM_SENTS; i++) {
        aud_buffer_printf(out, "audience_llm_requests_total{reply=\"%s\"} %"
                          PRIu64 "\n", sents[i], llm->sents[i]);
    }

    metrics_head(out, "audience_llm_request_seconds_total", "counter",
                 "Time that requests to the endpoint took.");
    aud_buffer_printf(out, "audience_llm_request_seconds_total %g\n",
                      llm->us * 1e-6);

    metrics_head(out, "audience_llm_tokens_total", "counter",
                 "Tokens, as the endpoint counts them.");
    aud_buffer_printf(out, "audience_llm_tokens_total{of=\"questions\"} %"
                      PRIu64 "\naudience_llm_tokens_total{of=\"answers\"} %"
                      PRIu64 "\n", llm->tokens[0], llm->tokens[1]);

    metrics_head(out, "audience_llm_in_flight", "gauge",
                 "Requests that are on their way.");
    aud_buffer_printf(out, "audience_llm_in_flight %u\n", llm->in_flight);

    metrics_head(out, "audience_llm_left_alone", "gauge",
                 "1 while nothing is sent, after failures.");
    aud_buffer_printf(out, "audience_llm_left_alone %d\n",
                      llm->breaker.open_until > aud_ticks());

    pthread_mutex_unlock(&llm->lock);
}
