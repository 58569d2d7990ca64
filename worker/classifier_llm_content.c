/*
 * What a language model is told of a conversation.
 */

#include "aud_alloc.h"
#include "classifier_llm_private.h"

#define CONTENT_EACH   32               /* bytes around a text */
#define CONTENT_GAP    " [...] "


/* What is left out lies between them. */
typedef struct {
    size_t  head;               /* messages before it are told */
    size_t  tail;               /* and from it on */
} content_parts_t;


static json_t *content_texts(const classifier_conversation_t *conversation,
    llm_status_t *status);
static content_parts_t content_choose(const json_t *texts);
static size_t content_size(const json_t *texts, size_t i);
static json_t *content_write(const classifier_conversation_t *conversation,
    const json_t *texts, content_parts_t parts, int *customer);
static json_t *content_text(const json_t *text);


/* Names of members: unlike values they are not redacted, whoever is called
 * Agent. */
static const char *const  sides[] = {
    [CLASSIFIER_CUSTOMER] = "customer",
    [CLASSIFIER_AGENT] = "agent",
    [CLASSIFIER_BOT] = "bot"
};


int
classifier_llm_tell(const classifier_conversation_t *conversation,
    json_t **content, llm_status_t *status)
{
    int               rc = -1, customer = 0;
    json_t           *plain, *texts = NULL;
    redaction_run_t  *run;

    *content = NULL;
    *status = LLM_ANSWERED;

    run = redaction_begin(conversation->known);
    plain = content_texts(conversation, status);

    if (*status != LLM_ANSWERED) {
        rc = 0;
        goto done;
    }

    if (run && plain) {
        texts = redaction_json(run, plain);
    }

    if (texts == NULL) {
        goto done;
    }

    *content = content_write(conversation, texts, content_choose(texts),
                             &customer);
    rc = *content ? 0 : -1;

    if (!customer) {
        *status = LLM_OFF;
        json_decref(*content);
        *content = NULL;
    }

done:

    json_decref(plain);
    json_decref(texts);

    if (run) {
        redaction_end(run);
    }

    return rc;
}


static json_t *
content_texts(const classifier_conversation_t *conversation,
    llm_status_t *status)
{
    size_t      i;
    json_t     *texts = json_array(), *text;
    aud_str_t   s;

    for (i = 0; i < conversation->n && texts; i++) {
        s = conversation->messages[i].text;

        text = json_stringn(s.len ? s.data : "", s.len);
        if (text == NULL) {
            *status = LLM_TOO_LONG;
            break;
        }

        if (json_array_append_new(texts, text) != 0) {
            json_decref(texts);
            return NULL;
        }
    }

    return texts;
}


/* How somebody begins says what it is about, and how it ends decides. */

static content_parts_t
content_choose(const json_t *texts)
{
    size_t           i, size, n = json_array_size(texts), sum = 0;
    content_parts_t  parts = { 0, n };

    for (i = 0; i < n; i++) {
        sum += content_size(texts, i);
    }

    if (sum <= CLASSIFIER_LLM_BYTES) {
        parts.head = n;
        return parts;
    }

    sum = 0;

    while ((size = content_size(texts, parts.head)) + sum
           <= CLASSIFIER_LLM_FIRST)
    {
        sum += size;
        parts.head++;
    }

    while ((size = content_size(texts, parts.tail - 1)) + sum
           <= CLASSIFIER_LLM_BYTES)
    {
        sum += size;
        parts.tail--;
    }

    return parts;
}


static size_t
content_size(const json_t *texts, size_t i)
{
    size_t  len = json_string_length(json_array_get(texts, i));

    return len == 0 ? 0
           : CONTENT_EACH + (len < CLASSIFIER_LLM_MESSAGE
                             ? len : CLASSIFIER_LLM_MESSAGE);
}


static json_t *
content_write(const classifier_conversation_t *conversation,
    const json_t *texts, content_parts_t parts, int *customer)
{
    size_t              i;
    json_t             *text, *one, *messages = json_array();
    classifier_from_t   from;

    for (i = 0; i < conversation->n; i++) {
        text = json_array_get(texts, i);
        from = conversation->messages[i].from;

        if ((i >= parts.head && i < parts.tail)
            || json_string_length(text) == 0)
        {
            continue;
        }

        one = json_pack("{s:I, s:o}", "number", (json_int_t) i + 1,
                        sides[from], content_text(text));

        if (json_array_append_new(messages, one) != 0) {
            json_decref(messages);
            return NULL;
        }

        *customer |= from == CLASSIFIER_CUSTOMER;
    }

    return json_pack("{s:I, s:o}", "messages_left_out",
                     (json_int_t) (parts.tail - parts.head), "messages",
                     messages);
}


/* Its beginning and its end, whole characters. */

static json_t *
content_text(const json_t *text)
{
    json_t        *cut;
    size_t         len = json_string_length(text), half, from;
    const char    *p = json_string_value(text);
    aud_buffer_t   b = { 0 };

    if (len <= CLASSIFIER_LLM_MESSAGE) {
        return json_incref((json_t *) text);
    }

    half = (CLASSIFIER_LLM_MESSAGE - strlen(CONTENT_GAP)) / 2;
    from = len - half;

    while ((p[half] & 0xc0) == 0x80) {
        half--;
    }

    while ((p[from] & 0xc0) == 0x80) {
        from++;
    }

    aud_buffer_add(&b, p, half);
    aud_buffer_text(&b, CONTENT_GAP);
    aud_buffer_add(&b, p + from, len - from);

    cut = b.failed ? NULL : json_stringn(b.data, b.len);
    aud_buffer_free(&b);

    return cut;
}
