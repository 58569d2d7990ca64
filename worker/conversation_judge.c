/*
 * The labels of a conversation: a person's, those that were sent with it, or the
 * classifier's.
 */

#include <string.h>

#include "aud_alloc.h"
#include "conversation.h"
#include "document.h"
#include "label.h"


typedef struct {
    const json_t                *document;
    const char                  *language;
    const conversation_judge_t  *judge;
    unsigned                     ran:1;
    classifier_result_t          results[CLASSIFIER_LABELS];
} judging_t;


static json_t *judge_label(judging_t *x, classifier_label_t label,
    json_t *before);
static json_t *judge_given(const judging_t *x, json_t *value);
static json_t *judge_classified(judging_t *x, classifier_label_t label);
static int judge_run(judging_t *x);
static int judge_evidence(const judging_t *x, const classifier_result_t *result,
    json_t *label);
static int judge_same(const json_t *a, const json_t *b);
static int judge_equal(const json_t *a, const json_t *b, const char *member);


json_t *
conversation_judge(const json_t *document, const char *language,
    const conversation_judge_t *judge)
{
    json_t              *labels, *before, *label;
    const char          *name;
    judging_t            x = {
        .document = document, .language = language, .judge = judge
    };
    classifier_label_t   i;

    labels = json_object();

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        name = classifier_label_name(i);
        before = json_object_get(conversation_labels(document), name);
        label = judge_label(&x, i, before);

        if (label && before && judge_same(label, before)) {
            json_decref(label);
            label = json_incref(before);
        }

        if (label == NULL || json_object_set_new(labels, name, label) != 0) {
            json_decref(labels);
            return NULL;
        }
    }

    return labels;
}


static json_t *
judge_label(judging_t *x, classifier_label_t label, json_t *before)
{
    json_t      *given;
    const char  *by;

    by = document_text(before, "by");
    given = json_object_get(x->judge->given, classifier_label_name(label));

    if (given && (x->judge->person || strcmp(by, "person") != 0)) {
        return judge_given(x, given);
    }

    if (strcmp(by, "person") == 0 || strcmp(by, "sent") == 0) {
        return json_incref(before);
    }

    return judge_classified(x, label);
}


static json_t *
judge_given(const judging_t *x, json_t *value)
{
    const char  *text = json_string_value(value);

    if (text && strcmp(text, LABEL_NONE) == 0) {
        value = json_null();
    }

    return json_pack("{s:O, s:s, s:s*, s:s}", "value", value,
                     "by", x->judge->person ? "person" : "sent",
                     "user", x->judge->person, "at", x->judge->at);
}


static json_t *
judge_classified(judging_t *x, classifier_label_t label)
{
    json_t                     *out;
    const char                 *learned = NULL;
    const classifier_result_t  *result = &x->results[label];

    if (!x->ran && judge_run(x) != 0) {
        return NULL;
    }

    if (x->judge->models) {
        learned = learned_models_version(x->judge->models, label);
    }

    out = json_pack("{s:s?, s:s, s:s, s:s, s:f, s:s}", "value", result->value,
                    "by", "classifier",
                    "model", learned ? LEARNED_MODEL : "builtin",
                    "version", learned ? learned
                               : classifier_version(x->judge->classifier),
                    "confidence", result->confidence, "at", x->judge->at);

    if (out && result->message != CLASSIFIER_NOWHERE
        && judge_evidence(x, result, out) != 0)
    {
        json_decref(out);
        return NULL;
    }

    return out;
}


static int
judge_run(judging_t *x)
{
    int                    rc = 0;
    size_t                 i, n;
    json_t                *all, *message, *text;
    classifier_message_t  *messages;

    all = json_object_get(x->document, "messages");
    n = json_array_size(all);

    messages = aud_calloc(n + 1, sizeof(classifier_message_t));
    if (messages == NULL) {
        return -1;
    }

    json_array_foreach(all, i, message) {
        text = json_object_get(message, "text");
        messages[i].text = aud_str(json_string_value(text),
                                   json_string_length(text));
        (void) conversation_from(json_object_get(message, "from"),
                                 &messages[i].from);
    }

    classifier_run(x->judge->classifier, x->judge->scratch, x->language,
                   messages, n, x->results);

    if (x->judge->models) {
        rc = learned_models_apply(x->judge->models, x->judge->scratch,
                                  x->language, messages, n, x->results);
    }

    aud_free(messages);
    x->ran = 1;

    return rc;
}


/* The sentence that shows it, and where it stands. */

static int
judge_evidence(const judging_t *x, const classifier_result_t *result,
    json_t *label)
{
    json_t  *message, *where;

    message = json_array_get(json_object_get(x->document, "messages"),
                             result->message);
    where = json_pack("{s:O*, s:O}", "id", json_object_get(message, "id"),
                      "at", json_object_get(message, "at"));

    return json_object_set_new(label, "message", where)
           | json_object_set_new(label, "sentence", json_stringn(
                                 document_text(message, "text") + result->from,
                                 result->to - result->from));
}


/* Whether one says nothing that the other does not: when it was found is not
 * looked at. */

static int
judge_same(const json_t *a, const json_t *b)
{
    return judge_equal(a, b, "value") && judge_equal(a, b, "by")
           && judge_equal(a, b, "user") && judge_equal(a, b, "version")
           && judge_equal(a, b, "sentence") && judge_equal(a, b, "message")
           && judge_equal(a, b, "confidence");
}


static int
judge_equal(const json_t *a, const json_t *b, const char *member)
{
    const json_t  *x = json_object_get(a, member);
    const json_t  *y = json_object_get(b, member);

    return (x == NULL && y == NULL) || json_equal(x, y);
}
