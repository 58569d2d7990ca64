/*
 * Asking: what happens in the thread of who asks.
 */

#include <time.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "llm_private.h"
#include "llm_schema.h"
#include "log.h"

#define ASK_WAIT_SECONDS  1
#define ASK_REFUSED_KEPT  AUD_DAY


typedef struct {
    llm_t               *llm;
    const char          *tenant;
    const llm_prompt_t  *prompt;
    llm_question_t      *questions;
    llm_waiter_t        *waiters;       /* [n] */
    size_t               n;
    size_t               next;          /* not looked at yet, from here on */
    size_t               first;         /* all before it have a status */
    size_t               answered;
    size_t               outstanding;   /* posted, without a status */
    pthread_cond_t       told;
} asking_t;


static void ask_refuse(llm_t *llm, llm_question_t *questions, size_t n,
    llm_status_t status);
static void ask_begin(asking_t *a);
static void ask_more(asking_t *a);
static int ask_kept(asking_t *a, size_t i, llm_waiter_t *w);
static void ask_post(asking_t *a, llm_waiter_t *w);
static void ask_wait(asking_t *a);
static void ask_collect(asking_t *a);
static void ask_give_up(asking_t *a);
static void ask_withdraw(llm_t *llm, llm_waiter_t *w);
static void ask_settle(asking_t *a, size_t i, llm_status_t status);
static json_t *ask_read(asking_t *a, aud_str_t text);


void
llm_ask(llm_t *llm, const char *tenant, const llm_prompt_t *prompt,
    llm_question_t *questions, size_t n,
    int (*turn)(void *arg, size_t answered), void *arg)
{
    size_t    i;
    asking_t  a = { .llm = llm, .tenant = tenant, .prompt = prompt,
                    .questions = questions, .n = n };

    for (i = 0; i < n; i++) {
        questions[i].answer = NULL;
        questions[i].kept = 0;
    }

    a.waiters = llm->on ? aud_calloc(n ? n : 1, sizeof(llm_waiter_t)) : NULL;

    if (a.waiters == NULL) {
        ask_refuse(llm, questions, n, llm->on ? LLM_UNAVAILABLE : LLM_OFF);
        return;
    }

    ask_begin(&a);

    while (a.answered < n) {
        ask_more(&a);

        if (turn && turn(arg, a.answered) != 0) {
            ask_give_up(&a);
            break;
        }

        ask_wait(&a);
        ask_collect(&a);
    }

    pthread_cond_destroy(&a.told);
    aud_free(a.waiters);
}


static void
ask_refuse(llm_t *llm, llm_question_t *questions, size_t n,
    llm_status_t status)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        questions[i].status = status;
    }

    pthread_mutex_lock(&llm->lock);
    llm->statuses[status] += n;
    pthread_mutex_unlock(&llm->lock);
}


static void
ask_begin(asking_t *a)
{
    pthread_condattr_t  attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&a->told, &attributes);
    pthread_condattr_destroy(&attributes);
}


/* Twice as many as may be in flight keep the loop busy; requests of the others
 * are not made yet. */

static void
ask_more(asking_t *a)
{
    size_t         i;
    llm_waiter_t  *w;

    for (/* void */; a->next < a->n
         && a->outstanding < 2 * a->llm->settings->llm_in_flight; a->next++)
    {
        i = a->next;
        w = &a->waiters[i];
        w->told = &a->told;
        w->tenant = a->tenant;
        w->max_tokens = a->prompt->max_tokens;

        if (llm_request_write(a->llm->settings, a->prompt, &a->questions[i],
                              &w->request) != 0)
        {
            ask_settle(a, i, LLM_TOO_LONG);

        } else if (!ask_kept(a, i, w)) {
            ask_post(a, w);
        }
    }
}


/* What the store has settles it, unless it was refused long ago. */

static int
ask_kept(asking_t *a, size_t i, llm_waiter_t *w)
{
    int64_t  now = aud_now();

    w->since = now - (int64_t) a->llm->settings->llm_answers_days * AUD_DAY;
    llm_ledger_key(aud_buffer_str(&w->request), &w->key);

    if (!llm_ledger_find(a->llm->worker->store, a->tenant, &w->key, w->since,
                         &w->text, &w->at))
    {
        return 0;
    }

    a->questions[i].answer = ask_read(a, aud_buffer_str(&w->text));
    aud_buffer_free(&w->text);

    if (a->questions[i].answer == NULL && w->at < now - ASK_REFUSED_KEPT) {
        w->since = now - ASK_REFUSED_KEPT;
        return 0;
    }

    a->questions[i].kept = 1;
    ask_settle(a, i, a->questions[i].answer ? LLM_ANSWERED : LLM_REFUSED);

    return 1;
}


static void
ask_post(asking_t *a, llm_waiter_t *w)
{
    llm_t  *llm = a->llm;

    a->outstanding++;

    pthread_mutex_lock(&llm->lock);
    w->posted = 1;
    w->next = NULL;
    *llm->posted_end = w;
    llm->posted_end = &w->next;
    pthread_mutex_unlock(&llm->lock);

    uv_async_send(&llm->async);
}


/* Until one more is told, or a second has gone by. */

static void
ask_wait(asking_t *a)
{
    int              rc = 0, over = 0;
    size_t           i;
    struct timespec  until;

    if (a->outstanding == 0) {
        return;
    }

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ASK_WAIT_SECONDS;

    pthread_mutex_lock(&a->llm->lock);

    while (!over && rc == 0) {
        for (i = a->first; i < a->next && !over; i++) {
            over = a->waiters[i].over;
        }

        if (!over) {
            rc = pthread_cond_timedwait(&a->told, &a->llm->lock, &until);
        }
    }

    pthread_mutex_unlock(&a->llm->lock);
}


/* What is over is the loop's no longer. */

static void
ask_collect(asking_t *a)
{
    int            over;
    size_t         i;
    llm_waiter_t  *w;

    for (i = a->first; i < a->next; i++) {
        w = &a->waiters[i];

        pthread_mutex_lock(&a->llm->lock);
        over = w->over;
        w->over = 0;
        pthread_mutex_unlock(&a->llm->lock);

        if (!over) {
            continue;
        }

        a->outstanding--;

        if (w->status == LLM_ANSWERED) {
            a->questions[i].answer = ask_read(a, aud_buffer_str(&w->text));
            a->questions[i].kept = w->at != 0;
            w->status = a->questions[i].answer ? LLM_ANSWERED : LLM_REFUSED;
        }

        ask_settle(a, i, w->status);
    }
}


static void
ask_give_up(asking_t *a)
{
    size_t  i;

    pthread_mutex_lock(&a->llm->lock);

    for (i = a->first; i < a->next; i++) {
        if (!a->waiters[i].settled && !a->waiters[i].over) {
            ask_withdraw(a->llm, &a->waiters[i]);
        }
    }

    pthread_mutex_unlock(&a->llm->lock);

    ask_collect(a);
    uv_async_send(&a->llm->async);

    for (i = a->first; i < a->n; i++) {
        if (!a->waiters[i].settled) {
            ask_settle(a, i, LLM_STOPPED);
        }
    }
}


/* Under the lock. */

static void
ask_withdraw(llm_t *llm, llm_waiter_t *w)
{
    llm_waiter_t  **at;

    at = w->posted ? &llm->posted : &w->exchange->waiters;

    while (*at != w) {
        at = &(*at)->next;
    }

    *at = w->next;

    if (w->posted && w->next == NULL) {
        llm->posted_end = at;
    }
}


static void
ask_settle(asking_t *a, size_t i, llm_status_t status)
{
    llm_t         *llm = a->llm;
    llm_waiter_t  *w = &a->waiters[i];

    a->questions[i].status = status;
    a->answered++;
    w->settled = 1;
    aud_buffer_free(&w->request);
    aud_buffer_free(&w->text);

    while (a->first < a->n && a->waiters[a->first].settled) {
        a->first++;
    }

    pthread_mutex_lock(&llm->lock);
    llm->statuses[status]++;
    llm->kept += a->questions[i].kept;
    pthread_mutex_unlock(&llm->lock);
}


/* The model's text as JSON that fits the schema, else NULL. */

static json_t *
ask_read(asking_t *a, aud_str_t text)
{
    json_t       *answer;
    aud_error_t   err = { .text = "is no JSON" };

    answer = json_loadb(text.data ? text.data : "", text.len,
                        JSON_REJECT_DUPLICATES, NULL);

    if (answer && llm_schema_check(a->prompt->schema, answer, &err) == 0) {
        return answer;
    }

    log_line(LOG_INFO, NULL, "an answer of the language model is refused",
             "s:tenant", a->tenant, "s:question", a->prompt->name, "s:error",
             err.text, NULL);
    json_decref(answer);

    return NULL;
}


void
llm_tell(llm_t *llm, llm_waiter_t *waiter, llm_status_t status, aud_str_t text,
    int64_t at)
{
    if (status == LLM_ANSWERED) {
        aud_buffer_add(&waiter->text, text.data, text.len);
    }

    waiter->status = status;
    waiter->at = at;
    waiter->over = 1;
    pthread_cond_signal(waiter->told);
}
