/*
 * Reads what an endpoint replied to a chat completion.  Nothing of a reply is
 * believed: it may be nonsense, another format, or from something in between.
 * Any thread.
 */

#ifndef LLM_ANSWER_H
#define LLM_ANSWER_H

#include "llm_http.h"

typedef enum {
    LLM_REPLY_ANSWER = 0,       /* a chat completion */
    LLM_REPLY_AGAIN,            /* a trouble that may pass */
    LLM_REPLY_BUSY,             /* the same, and it asks to be left alone */
    LLM_REPLY_NEVER             /* the request, the key or the address is wrong:
                                   sending the same again will not help */
} llm_verdict_t;

typedef struct {
    llm_verdict_t  verdict;
    char          *text;        /* of the model, which may be empty; aud_free */
    size_t         len;
    uint64_t       prompt_tokens, completion_tokens;
    unsigned       usage:1;     /* the reply says them, and believably */
    unsigned       charged:1;   /* it may have cost something */
    char           trouble[128];        /* for the log: never contents */
} llm_answer_t;

/* request: bytes of what was sent, max_tokens: its limit; more tokens than that
 * can be are not believed. */
void llm_answer_read(const llm_reply_t *reply, size_t request,
    unsigned max_tokens, llm_answer_t *answer);

#endif
