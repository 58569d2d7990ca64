/*
 * Replies of endpoints.
 */

#include <jansson.h>
#include <stdio.h>
#include <strings.h>

#include "aud_alloc.h"
#include "llm_answer.h"


static void answer_status(const llm_reply_t *reply, llm_answer_t *answer);
static void answer_code(const llm_reply_t *reply, const char *member,
    char out[48]);
static void answer_completion(const llm_reply_t *reply, llm_answer_t *answer,
    uint64_t most);
static void answer_usage(const json_t *usage, uint64_t most,
    llm_answer_t *answer);
static int answer_is_json(const llm_reply_t *reply);


void
llm_answer_read(const llm_reply_t *reply, size_t request, unsigned max_tokens,
    llm_answer_t *answer)
{
    memset(answer, 0, sizeof(llm_answer_t));
    answer->verdict = LLM_REPLY_AGAIN;

    if (reply->trouble) {
        answer->charged = !reply->unsent;
        snprintf(answer->trouble, sizeof(answer->trouble), "%s",
                 reply->trouble);

    } else if (reply->status != 200) {
        answer_status(reply, answer);

    } else if (!answer_is_json(reply)) {
        snprintf(answer->trouble, sizeof(answer->trouble),
                 "its answer is no application/json");

    } else {
        /* A token is a byte at least; formats add some of their own. */
        answer_completion(reply, answer, request + max_tokens + 1024);
    }
}


static void
answer_status(const llm_reply_t *reply, llm_answer_t *answer)
{
    char  code[48], parameter[48];
    long  status = reply->status;

    answer_code(reply, "code", code);
    answer_code(reply, "param", parameter);

    snprintf(answer->trouble, sizeof(answer->trouble),
             "it refused the question (%ld)%s%s%s%s", status,
             code[0] ? " " : "", code, parameter[0] ? ", " : "", parameter);

    if (status == 429 || (status == 503 && reply->retry_after)) {
        answer->verdict = LLM_REPLY_BUSY;

    } else if (status < 500 && status != 408 && status != 409
               && status != 425)
    {
        answer->verdict = LLM_REPLY_NEVER;
    }
}


/* What is wrong, where the endpoint has a word for it, such as
 * "invalid_api_key" and "response_format".  Its sentences may repeat what was
 * sent. */

static void
answer_code(const llm_reply_t *reply, const char *member, char out[48])
{
    size_t       i;
    json_t      *body;
    const char  *code;

    body = json_loadb(reply->body.data ? reply->body.data : "",
                      reply->body.len, 0, NULL);
    code = json_string_value(json_object_get(json_object_get(body, "error"),
                                             member));

    for (i = 0; code && code[i] && i < 47; i++) {
        if (code[i] != '_' && (code[i] < 'a' || code[i] > 'z')) {
            break;
        }

        out[i] = code[i];
    }

    out[code && code[i] ? 0 : i] = '\0';
    json_decref(body);
}


static int
answer_is_json(const llm_reply_t *reply)
{
    size_t  len = sizeof("application/json") - 1;

    return strncasecmp(reply->type, "application/json", len) == 0
           && (reply->type[len] == '\0' || reply->type[len] == ';'
               || reply->type[len] == ' ');
}


static void
answer_completion(const llm_reply_t *reply, llm_answer_t *answer,
    uint64_t most)
{
    json_t  *body, *message, *choice, *text;

    body = json_loadb(reply->body.data ? reply->body.data : "",
                      reply->body.len, 0, NULL);
    choice = json_array_get(json_object_get(body, "choices"), 0);
    message = json_object_get(choice, "message");
    text = json_object_get(message, "content");
    answer->charged = 1;

    answer_usage(json_object_get(body, "usage"), most, answer);

    if (!json_is_object(message) || !(json_is_string(text)
                                      || json_is_null(text) || text == NULL))
    {
        snprintf(answer->trouble, sizeof(answer->trouble),
                 "its answer is no chat completion");
        goto done;
    }

    /* A model that declines has no content, and would decline again. */
    answer->len = json_string_length(text);
    answer->text = aud_strndup(text && json_is_string(text)
                               ? json_string_value(text) : "", answer->len);
    answer->verdict = answer->text ? LLM_REPLY_ANSWER : LLM_REPLY_AGAIN;

done:

    json_decref(body);
}


static void
answer_usage(const json_t *usage, uint64_t most, llm_answer_t *answer)
{
    json_t  *prompt, *completion;

    prompt = json_object_get(usage, "prompt_tokens");
    completion = json_object_get(usage, "completion_tokens");

    if (!json_is_integer(prompt) || !json_is_integer(completion)
        || json_integer_value(prompt) < 0
        || json_integer_value(completion) < 0
        || (uint64_t) json_integer_value(prompt) > most
        || (uint64_t) json_integer_value(completion) > most)
    {
        return;
    }

    answer->usage = 1;
    answer->prompt_tokens = json_integer_value(prompt);
    answer->completion_tokens = json_integer_value(completion);
}
