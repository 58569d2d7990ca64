/*
 * Questions to a large language model behind an OpenAI-compatible endpoint
 * (POST <url>/chat/completions), which the operator configures in [llm] of
 * conf/worker.conf; without that every question is answered LLM_OFF at once.
 *
 *   job thread                 loop thread                       job thread
 *   llm_ask: redact ──> cache ──> queue ──> budget ──> libcurl ──> checked by
 *            by redact.h           │        (synced)     │         llm_schema.h
 *                                  └── breaker, pauses   └──> cache (synced)
 *
 * What is promised:
 *
 *   - The instruction stands in the system message; content goes as JSON data
 *     in the user message, and can change neither.  An answer that breaks the
 *     schema is refused, so that an order which a text smuggles in can at most
 *     choose among the answers that the schema allows.
 *   - Texts of the content are redacted here, unless who asks has done it, or
 *     says that no person is in them.
 *   - The same content with the same instruction, schema and model is sent once:
 *     who asks while it is on its way waits for that answer, and later the
 *     store has it, for answers_days.  It is synced before anybody sees it.
 *     Sent again is only what has had no answer: after an error or a time-out,
 *     and when the worker was killed between sending and the answer's sync;
 *     each such request has the same Idempotency-Key, for endpoints that know
 *     it.  An answer that breaks the schema is asked for anew after a day.
 *   - Tokens of a tenant and day (UTC) are counted durably before sending, by an
 *     estimate, and corrected by the answer's usage.  What may have been charged
 *     stays counted.
 *
 * Who asks must have something to do without an answer: all that goes wrong
 * here is a status, not an error.
 */

#ifndef LLM_H
#define LLM_H

#include <jansson.h>

#include "aud_buffer.h"
#include "redact.h"
#include "settings.h"
#include "worker.h"

#define LLM_CONTENT_MAX  (64 * 1024)    /* bytes of a content as JSON */

typedef struct llm_s  llm_t;

typedef enum {
    LLM_ANSWERED = 0,
    LLM_REFUSED,            /* the model's answer breaks the schema */
    LLM_OFF,                /* no endpoint is configured */
    LLM_TOO_LONG,           /* content beyond LLM_CONTENT_MAX: not sent */
    LLM_BUDGET,             /* the tenant's tokens of today are spent */
    LLM_UNAVAILABLE,        /* the endpoint fails, refuses or is silent */
    LLM_STOPPED             /* by `turn`, or the worker is ending */
} llm_status_t;

/* What is asked.  Texts are static: instruction and schema are the same for
 * all contents, and are part of what an answer is kept under. */
typedef struct {
    const char    *name;            /* of the schema: a-z and _ */
    const char    *instruction;     /* system message */
    const json_t  *schema;          /* llm_schema.h; stays the caller's */
    unsigned       max_tokens;      /* of the answer */
} llm_prompt_t;

typedef struct {
    /* From the caller: */
    json_t             *content;    /* an object; read only */
    const redaction_t  *known;      /* what is known of the person; may be NULL */
    unsigned            aggregates:1;   /* no person's data is in it: not
                                           redacted */
    unsigned            redacted:1;     /* its texts are what redaction_json()
                                           has left: not redacted again */
    /* For the caller: */
    llm_status_t        status;
    json_t             *answer;     /* fits the schema; the caller's.  NULL
                                       unless LLM_ANSWERED */
    unsigned            kept:1;     /* it was there already */
} llm_question_t;

/* Whether llm_create() would take these settings.  Any thread. */
int    llm_check(const settings_t *settings, aud_error_t *err);

/* After commit_create() and curl_global_init().  Loop thread. */
llm_t *llm_create(worker_t *worker, aud_error_t *err);

/* What has not been sent is given up as LLM_STOPPED from now on; what is on its
 * way is waited for.  Loop thread. */
void   llm_stop(llm_t *llm);

/* After all who ask have ended: closes what it has in the loop, which must run
 * once more.  Free it when that has ended and commits were called back.  Loop
 * thread. */
void   llm_close(llm_t *llm);
void   llm_free(llm_t *llm);

/*
 * Answers questions, some at a time, and returns when each has its status.
 * turn, which may be NULL, is called about once a second and after answers,
 * with how many questions have a status; non-zero gives up the others.
 * Blocks: any thread but the loop's.
 */
void   llm_ask(llm_t *llm, const char *tenant, const llm_prompt_t *prompt,
    llm_question_t *questions, size_t n,
    int (*turn)(void *arg, size_t answered), void *arg);

/*
 * The tokens that a question would take from the tenant's of the day when it is
 * sent: a guess, rather too high.  0 where nothing would be sent: no endpoint
 * is configured, the content is too long, or an answer is kept.  Any thread but
 * the loop's.
 */
uint64_t llm_estimate(const llm_t *llm, const char *tenant,
    const llm_prompt_t *prompt, const llm_question_t *question);

/* How many of the tenant's tokens of the day are left: 1 with *left; 0 where
 * there is no limit, or no endpoint.  Any thread. */
int  llm_tokens_left(const llm_t *llm, const char *tenant, uint64_t *left);

/* The model's name, or NULL where no endpoint is configured.  Any thread. */
const char *llm_model(const llm_t *llm);

/* "budget" */
const char *llm_status_name(llm_status_t status);

/* Deletes kept answers and counts that have had their day; for the sweeper,
 * which calls often: most calls do nothing.  Any thread but the loop's, one at
 * a time. */
void   llm_sweep(llm_t *llm);

/* For /metrics.  Loop thread. */
void   llm_metrics(llm_t *llm, aud_buffer_t *out);

#endif
