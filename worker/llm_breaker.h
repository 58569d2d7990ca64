/*
 * Whether a question may be sent now: a circuit breaker (Nygard 2007, "Release
 * It!"), and pauses that the endpoint asked for.  Pure, with the caller's clock
 * (microseconds that never go back).
 *
 *            failures in a row
 *   closed ───────────────────> open ──── time is over ───> half-open
 *     ^                          ^ ^                          │  │
 *     │                          │ └──── the trial fails ─────┘  │
 *     └────────────────── the trial succeeds ────────────────────┘
 *
 * Each opening in a row lasts twice as long as the one before, up to
 * LLM_BREAKER_LONGEST.
 */

#ifndef LLM_BREAKER_H
#define LLM_BREAKER_H

#include <stdint.h>

#include "aud_clock.h"

#define LLM_BREAKER_LONGEST  (600 * AUD_SECOND)
#define LLM_PAUSE_LONGEST    (60 * AUD_SECOND)
#define LLM_REFUSAL_LONGEST  (3600 * AUD_SECOND)

typedef enum {
    LLM_GATE_OPEN = 0,      /* send; llm_breaker_sent() follows */
    LLM_GATE_WAIT,          /* until *until, or until a trial has ended */
    LLM_GATE_REFUSE
} llm_gate_t;

typedef struct {
    unsigned    limit;              /* failures in a row that open it */
    int64_t     period;
    unsigned    failures;
    unsigned    openings;           /* in a row */
    int64_t     open_until;         /* 0: closed */
    int64_t     paused_until;
    unsigned    trying:1;           /* half-open, and the trial is on its way */
} llm_breaker_t;

void       llm_breaker_init(llm_breaker_t *b, unsigned limit, int64_t period);

/* *until is INT64_MAX where a trial is waited for. */
llm_gate_t llm_breaker_gate(const llm_breaker_t *b, int64_t now,
    int64_t *until);
void       llm_breaker_sent(llm_breaker_t *b, int64_t now);

/* How something that was sent ended.  failed: 1 where that opens it.  ended:
 * neither well nor badly. */
void       llm_breaker_succeeded(llm_breaker_t *b);
int        llm_breaker_failed(llm_breaker_t *b, int64_t now);
void       llm_breaker_ended(llm_breaker_t *b);

/*
 * The endpoint is to be left alone for so long (429, Retry-After).  Up to
 * LLM_PAUSE_LONGEST questions wait; longer, up to LLM_REFUSAL_LONGEST, they are
 * refused as by an open breaker.  Several at once that were answered so count
 * as one failure.  1 where that opens it.
 */
int        llm_breaker_pause(llm_breaker_t *b, int64_t now, int64_t us);

#endif
