/*
 * What the files of classifier_llm.h share.
 */

#ifndef CLASSIFIER_LLM_PRIVATE_H
#define CLASSIFIER_LLM_PRIVATE_H

#include "classifier_llm.h"

/*
 * classifier_llm_content.c: *content is what is told of the conversation, new,
 * or NULL; then *status says why: LLM_OFF where no message of the customer's
 * would be in it, LLM_TOO_LONG where a text is no UTF-8.  -1: memory is out.
 */
int  classifier_llm_tell(const classifier_conversation_t *conversation,
    json_t **content, llm_status_t *status);

/* classifier_llm_take.c: the schema of answers; NULL when memory is out. */
json_t *classifier_llm_schema(void);

/*
 * Reads the answer to a content, which fits the schema, into
 * conversation->results.  NULL, or why it is not taken, as static text: then
 * results are not to be used.
 */
const char *classifier_llm_take(const classifier_t *c,
    classifier_scratch_t *scratch, const json_t *content, const json_t *answer,
    classifier_conversation_t *conversation);

#endif
