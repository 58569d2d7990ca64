/*
 * The body of a chat completion.
 *
 *   {"model": …, "messages": [{"role": "system", "content": <instruction>},
 *                             {"role": "user", "content": <JSON as text>}],
 *    "temperature": 0, "max_tokens": …,
 *    "response_format": {"type": "json_schema", "json_schema":
 *        {"name": …, "strict": true, "schema": …}}}
 */

#include <stdlib.h>

#include "aud_clock.h"
#include "llm_private.h"
#include "llm_schema.h"

/* 2.2 and not 2.2000000000000002. */
#define REQUEST_JSON  (JSON_COMPACT | JSON_REAL_PRECISION(9))

#define REQUEST_BYTES_PER_TOKEN  3      /* a low guess: it counts too much */


static char *llm_request_content(const llm_question_t *question);


/* The same question gives the same bytes: answers are kept under them. */

int
llm_request_write(const settings_t *settings, const llm_prompt_t *prompt,
    const llm_question_t *question, aud_buffer_t *out)
{
    int          rc = -1;
    char        *content, *text = NULL;
    json_t      *body = NULL;
    const char  *limit;

    limit = settings->llm_answer_limit == SETTINGS_MAX_TOKENS
            ? "max_tokens" : "max_completion_tokens";
    content = llm_request_content(question);

    if (content == NULL || strlen(content) > LLM_CONTENT_MAX) {
        goto done;
    }

    body = json_pack("{s:s, s:[{s:s, s:s}, {s:s, s:s}], s:i, s:i,"
                     " s:{s:s, s:{s:s, s:b, s:o}}}",
                     "model", settings->llm_model, "messages",
                     "role", "system", "content", prompt->instruction,
                     "role", "user", "content", content,
                     "temperature", 0, limit, (int) prompt->max_tokens,
                     "response_format", "type", "json_schema", "json_schema",
                     "name", prompt->name, "strict", 1,
                     "schema", llm_schema_sent(prompt->schema));
    text = json_dumps(body, JSON_COMPACT);

    if (text) {
        aud_buffer_text(out, text);
        rc = out->failed ? -1 : 0;
    }

done:

    json_decref(body);
    free(text);                         /* jansson's, as content */
    free(content);

    return rc;
}


static char *
llm_request_content(const llm_question_t *question)
{
    char             *text = NULL;
    json_t           *clean;
    redaction_run_t  *run;

    /* Redaction makes texts shorter, but not that much. */
    if (json_dumpb(question->content, NULL, 0, REQUEST_JSON)
        > 2 * LLM_CONTENT_MAX)
    {
        return NULL;
    }

    if (question->aggregates || question->redacted) {
        return json_dumps(question->content, REQUEST_JSON);
    }

    run = redaction_begin(question->known);

    if (run) {
        clean = redaction_json(run, question->content);
        text = json_dumps(clean, REQUEST_JSON);
        json_decref(clean);
        redaction_end(run);
    }

    return text;
}


uint64_t
llm_request_tokens(size_t bytes, unsigned max_tokens)
{
    return bytes / REQUEST_BYTES_PER_TOKEN + 1 + max_tokens;
}


uint64_t
llm_estimate(const llm_t *llm, const char *tenant, const llm_prompt_t *prompt,
    const llm_question_t *question)
{
    int64_t       at, since;
    uint64_t      tokens = 0;
    llm_key_t     key;
    aud_buffer_t  request = { 0 }, kept = { 0 };

    if (!llm->on
        || llm_request_write(llm->settings, prompt, question, &request) != 0)
    {
        goto done;
    }

    since = aud_now() - (int64_t) llm->settings->llm_answers_days * AUD_DAY;
    llm_ledger_key(aud_buffer_str(&request), &key);

    if (!llm_ledger_find(llm->worker->store, tenant, &key, since, &kept, &at)) {
        tokens = llm_request_tokens(request.len, prompt->max_tokens);
    }

done:

    aud_buffer_free(&request);
    aud_buffer_free(&kept);

    return tokens;
}
