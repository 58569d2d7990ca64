/*
 * What the parts of llm.h share.
 *
 *   waiter     a question of somebody who waits in llm_ask()
 *   exchange   a request for one or more waiters with the same key
 *
 *   waiters ──posted──> loop ──> exchange: queued ──> counted ──> sent ──┐
 *      ^                            ^  └ kept, budget, breaker           │
 *      └──── told ──── saved <──────│──────── answer <───────────────────┤
 *                                   └──────── later <── trouble <────────┘
 *
 * The lock guards: posted, the waiters of exchanges, what waiters are told, and
 * the counters.  All else belongs to the loop thread.
 */

#ifndef LLM_PRIVATE_H
#define LLM_PRIVATE_H

#include <pthread.h>
#include <uv.h>

#include "llm.h"
#include "llm_answer.h"
#include "llm_breaker.h"
#include "llm_http.h"
#include "llm_ledger.h"

#define LLM_KEY_SIZE  1024      /* of an endpoint's key, with its NUL */
#define LLM_BUCKETS   256

typedef struct llm_waiter_s    llm_waiter_t;
typedef struct llm_exchange_s  llm_exchange_t;

struct llm_waiter_s {
    llm_waiter_t    *next;              /* posted, or of the exchange */
    llm_exchange_t  *exchange;
    pthread_cond_t  *told;              /* of the call to llm_ask() */
    const char      *tenant;
    llm_key_t        key;
    aud_buffer_t     request;           /* body; goes to the exchange */
    unsigned         max_tokens;
    int64_t          since;             /* older answers do not count */

    llm_status_t     status;
    aud_buffer_t     text;              /* of the model, where LLM_ANSWERED */
    int64_t          at;                /* when it was written; 0: now */
    unsigned         posted:1;          /* and not yet looked at */
    unsigned         over:1;            /* status is set, and not yet taken */
    unsigned         settled;           /* belongs to who asks alone, who reads
                                           it without the lock of the bits */
};

struct llm_exchange_s {
    llm_exchange_t  *chain;             /* of its bucket */
    llm_exchange_t  *next;              /* in the queue */
    llm_t           *llm;
    llm_waiter_t    *waiters;
    char             tenant[65];
    llm_key_t        key;
    aud_buffer_t     request;
    unsigned         max_tokens;
    int64_t          since;
    unsigned         attempts;
    int64_t          due;               /* aud_ticks() */
    uint64_t         tokens;            /* taken from the budget */
    int64_t          day;
    aud_buffer_t     text;
    unsigned         committing:1;      /* a commit will call back */
};

typedef enum {
    LLM_SENT_ANSWERED = 0, LLM_SENT_TROUBLE, LLM_SENT_BUSY, LLM_SENT_REFUSED,
    LLM_SENTS
} llm_sent_t;

struct llm_s {
    worker_t         *worker;
    const settings_t *settings;
    unsigned          on:1;             /* an endpoint is configured */

    uv_async_t        async;            /* something was posted, or withdrawn */
    uv_timer_t        timer;            /* something in the queue is due */
    llm_http_t       *http;
    llm_budgets_t    *budgets;
    llm_breaker_t     breaker;
    llm_exchange_t   *table[LLM_BUCKETS];       /* by key */
    llm_exchange_t   *queue;            /* those that wait to be sent */
    llm_exchange_t  **queue_end;
    unsigned          in_flight;        /* counted, sent or being saved */
    unsigned          references;       /* handles, the client, commits */
    unsigned          stopping:1;
    unsigned          closed:1;
    int64_t           swept_at;         /* by the sweeper's thread */

    pthread_mutex_t   lock;
    llm_waiter_t     *posted;
    llm_waiter_t    **posted_end;
    uint64_t          statuses[LLM_STOPPED + 1];
    uint64_t          kept, shared;     /* not sent: an answer was there, or on
                                           its way */
    uint64_t          sents[LLM_SENTS];
    uint64_t          tokens[2];        /* of questions, of answers */
    uint64_t          us;               /* of all that was sent */
};

/* Whether the address, which begins with http://, is this machine. */
int  llm_loopback(const char *url);

/* The key that the settings name, "" where none; the caller wipes it. */
int  llm_key(const settings_t *settings, char key[LLM_KEY_SIZE],
    aud_error_t *err);

/* llm_request.c: the body of a question, and its key; -1 where it is too long
 * or memory is out. */
int  llm_request_write(const settings_t *settings, const llm_prompt_t *prompt,
    const llm_question_t *question, aud_buffer_t *out);

/* What a request and its answer are guessed at before it is sent. */
uint64_t llm_request_tokens(size_t bytes, unsigned max_tokens);

/* llm_queue.c, loop thread: takes what was posted, sends what may be sent, and
 * sets the timer for the rest. */
void llm_turn(llm_t *llm);

/* Puts what is in no queue at its end. */
void llm_exchange_queue(llm_t *llm, llm_exchange_t *e);

/* Tells all who wait for it, and frees it; it is in no queue. */
void llm_exchange_over(llm_exchange_t *e, llm_status_t status);

/* llm_exchange.c, loop thread: counts its tokens and sends it; it comes back by
 * one of the functions above.  -1 where the budget does not allow it. */
int  llm_exchange_send(llm_exchange_t *e);

/* Tells all waiters LLM_STOPPED and frees what nothing refers to. */
void llm_exchanges_drop(llm_t *llm);

/* Gives up a reference; frees it all with the last. */
void llm_release(llm_t *llm);

/* Under the lock. */
void llm_tell(llm_t *llm, llm_waiter_t *waiter, llm_status_t status,
    aud_str_t text, int64_t at);

#endif
