/*
 * The breaker before the endpoint.
 */

#include <string.h>

#include "llm_breaker.h"


static void llm_breaker_open(llm_breaker_t *b, int64_t now);


void
llm_breaker_init(llm_breaker_t *b, unsigned limit, int64_t period)
{
    memset(b, 0, sizeof(llm_breaker_t));
    b->limit = limit;
    b->period = period;
}


llm_gate_t
llm_breaker_gate(const llm_breaker_t *b, int64_t now, int64_t *until)
{
    if (b->open_until && now < b->open_until) {
        return LLM_GATE_REFUSE;
    }

    if (b->trying) {
        *until = INT64_MAX;
        return LLM_GATE_WAIT;
    }

    if (now < b->paused_until) {
        *until = b->paused_until;
        return LLM_GATE_WAIT;
    }

    return LLM_GATE_OPEN;
}


void
llm_breaker_sent(llm_breaker_t *b, int64_t now)
{
    b->trying = b->open_until != 0;
}


void
llm_breaker_succeeded(llm_breaker_t *b)
{
    b->failures = 0;
    b->openings = 0;
    b->open_until = 0;
    b->trying = 0;
}


/* What was sent before it opened ends while it is open: that opens it no
 * longer. */

int
llm_breaker_failed(llm_breaker_t *b, int64_t now)
{
    if (b->open_until && !b->trying) {
        return 0;
    }

    b->failures++;

    if (!b->trying && b->failures < b->limit) {
        return 0;
    }

    llm_breaker_open(b, now);

    return 1;
}


static void
llm_breaker_open(llm_breaker_t *b, int64_t now)
{
    int64_t  period;

    period = b->period << (b->openings < 10 ? b->openings : 10);

    if (period > LLM_BREAKER_LONGEST) {
        period = LLM_BREAKER_LONGEST > b->period ? LLM_BREAKER_LONGEST
                                                 : b->period;
    }

    b->open_until = now + period;
    b->openings++;
    b->failures = 0;
    b->trying = 0;
}


void
llm_breaker_ended(llm_breaker_t *b)
{
    b->trying = 0;
}


int
llm_breaker_pause(llm_breaker_t *b, int64_t now, int64_t us)
{
    int  opened = 0;

    if (b->trying || now >= b->paused_until) {
        opened = llm_breaker_failed(b, now);
    }

    if (us > LLM_PAUSE_LONGEST) {
        us = us < LLM_REFUSAL_LONGEST ? us : LLM_REFUSAL_LONGEST;
        opened |= b->open_until == 0;
        b->failures = 0;
        b->trying = 0;

        if (b->open_until < now + us) {
            b->open_until = now + us;
        }

    } else if (b->paused_until < now + us) {
        b->paused_until = now + us;
    }

    return opened;
}
