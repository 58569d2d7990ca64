/*
 * What a language model answers about a conversation, checked.
 */

#include "classifier_llm_private.h"
#include "conversation_text.h"

#define TAKE_VALUES  3


typedef struct {
    const char  *name;          /* as the model is told */
    const char  *value;         /* as in classifier_result_t */
    unsigned     shown:1;       /* a message has to show it */
} take_value_t;


static json_t *take_enum(classifier_label_t label);
static const char *take_label(const json_t *content,
    classifier_label_t label, const json_t *answer,
    classifier_result_t *result);
static json_t *take_message(const json_t *content, json_int_t number);
static void take_evidence(const classifier_t *c, classifier_scratch_t *scratch,
    const classifier_conversation_t *conversation, classifier_label_t label,
    classifier_result_t *result);
static double take_weight(const classifier_t *c, classifier_scratch_t *scratch,
    const classifier_conversation_t *conversation, classifier_label_t label,
    const char *value, aud_str_t sentence);
static void take_cut(aud_str_t text, classifier_result_t *result);


static const take_value_t  values[CLASSIFIER_LABELS][TAKE_VALUES] = {
    [CLASSIFIER_INTENTION] = {
        { "intent", "intent", 1 }, { "other", "other", 0 }, { NULL, NULL, 0 }
    },
    [CLASSIFIER_PRICE] = {
        { "sensitive", "sensitive", 1 }, { "insensitive", "insensitive", 1 },
        { "none", NULL, 0 }
    },
    [CLASSIFIER_SENTIMENT] = {
        { "positive", "positive", 1 }, { "negative", "negative", 1 },
        { "neutral", "neutral", 0 }
    }
};


json_t *
classifier_llm_schema(void)
{
    json_t              *one, *schema;
    const char          *name;
    classifier_label_t   label;

    schema = json_pack("{s:s, s:b, s:[], s:{}}", "type", "object",
                       "additionalProperties", 0, "required", "properties");

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        name = classifier_label_name(label);
        one = json_pack("{s:s, s:b, s:[s, s, s], s:{s:{s:s, s:o},"
                        " s:{s:s, s:i, s:i}, s:{s:s, s:i}}}",
                        "type", "object", "additionalProperties", 0,
                        "required", "value", "confidence", "message",
                        "properties",
                        "value", "type", "string", "enum", take_enum(label),
                        "confidence", "type", "number", "minimum", 0,
                        "maximum", 1,
                        "message", "type", "integer", "minimum", 0);

        if (json_array_append_new(json_object_get(schema, "required"),
                                  json_string(name))
            != 0
            || json_object_set_new(json_object_get(schema, "properties"),
                                   name, one)
               != 0)
        {
            json_decref(schema);
            return NULL;
        }
    }

    return schema;
}


static json_t *
take_enum(classifier_label_t label)
{
    size_t   i;
    json_t  *names = json_array();

    for (i = 0; i < TAKE_VALUES && values[label][i].name; i++) {
        if (json_array_append_new(names, json_string(values[label][i].name))
            != 0)
        {
            json_decref(names);
            return NULL;
        }
    }

    return names;
}


const char *
classifier_llm_take(const classifier_t *c, classifier_scratch_t *scratch,
    const json_t *content, const json_t *answer,
    classifier_conversation_t *conversation)
{
    const char           *wrong = NULL;
    classifier_label_t    label;
    classifier_result_t  *result;

    for (label = 0; label < CLASSIFIER_LABELS && wrong == NULL; label++) {
        wrong = take_label(content, label,
                           json_object_get(answer,
                                           classifier_label_name(label)),
                           &conversation->results[label]);
    }

    for (label = 0; label < CLASSIFIER_LABELS && wrong == NULL; label++) {
        result = &conversation->results[label];

        if (result->message != CLASSIFIER_NOWHERE) {
            take_evidence(c, scratch, conversation, label, result);
        }
    }

    return wrong;
}


static const char *
take_label(const json_t *content, classifier_label_t label,
    const json_t *answer, classifier_result_t *result)
{
    size_t               i = 0;
    json_t              *message;
    json_int_t           number;
    const char          *name;
    const take_value_t  *v;

    name = json_string_value(json_object_get(answer, "value"));
    number = json_integer_value(json_object_get(answer, "message"));

    while (strcmp(values[label][i].name, name) != 0) {  /* of the schema */
        i++;
    }

    v = &values[label][i];
    *result = (classifier_result_t) {
        v->value, json_number_value(json_object_get(answer, "confidence")),
        CLASSIFIER_NOWHERE, 0, 0
    };

    if (number == 0) {
        return v->shown ? "no message shows a label" : NULL;
    }

    message = take_message(content, number);

    if (message == NULL) {
        return "it names a message that it was not told";
    }

    if (json_object_get(message, "customer") == NULL) {
        return "it names a message that is not the customer's";
    }

    if (v->value) {
        result->message = number - 1;
    }

    return NULL;
}


static json_t *
take_message(const json_t *content, json_int_t number)
{
    size_t   i;
    json_t  *message;

    json_array_foreach(json_object_get(content, "messages"), i, message) {
        if (json_integer_value(json_object_get(message, "number")) == number) {
            return message;
        }
    }

    return NULL;
}


/* Of the message's sentences the one that the built-in classifier reads so,
 * too; the only one where there is but one. */

static void
take_evidence(const classifier_t *c, classifier_scratch_t *scratch,
    const classifier_conversation_t *conversation, classifier_label_t label,
    classifier_result_t *result)
{
    double                   weight, most = 0;
    size_t                   at = 0, n = 0;
    aud_str_t                text;
    conversation_sentence_t  s;

    text = conversation->messages[result->message].text;

    while (conversation_next(text, &at, &s)) {
        weight = take_weight(c, scratch, conversation, label, result->value,
                             aud_str(text.data + s.from, s.to - s.from));

        if (n++ == 0 || weight > most) {
            most = weight;
            result->from = s.from;
            result->to = s.to;
        }
    }

    if (n == 0 || (n > 1 && most == 0)) {
        result->from = 0;
        result->to = text.len;
    }

    take_cut(text, result);
}


/* 0 where it does not say so. */

static double
take_weight(const classifier_t *c, classifier_scratch_t *scratch,
    const classifier_conversation_t *conversation, classifier_label_t label,
    const char *value, aud_str_t sentence)
{
    classifier_result_t   results[CLASSIFIER_LABELS], *result;
    classifier_message_t  message = { .from = CLASSIFIER_CUSTOMER,
                                      .text = sentence };

    classifier_run(c, scratch, conversation->language, &message, 1, results);
    result = &results[label];

    return result->value && strcmp(result->value, value) == 0
           && result->message != CLASSIFIER_NOWHERE ? result->confidence : 0;
}


/* What fits of it, whole characters without blanks around them. */

static void
take_cut(aud_str_t text, classifier_result_t *result)
{
    size_t  from = result->from, to = result->to;

    while (from < to && (unsigned char) text.data[from] <= ' ') {
        from++;
    }

    if (to - from > CLASSIFIER_LLM_EVIDENCE) {
        to = from + CLASSIFIER_LLM_EVIDENCE;

        while (to > from && (text.data[to] & 0xc0) == 0x80) {
            to--;
        }
    }

    while (to > from && (unsigned char) text.data[to - 1] <= ' ') {
        to--;
    }

    result->from = from;
    result->to = to;
}
