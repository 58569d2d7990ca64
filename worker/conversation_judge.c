/*
 * The labels of a conversation: a person's, those that were sent with it, or the
 * classifier's.
 */

#include <string.h>

#include "conversation.h"
#include "document.h"
#include "label.h"


typedef struct {
    const json_t                *document;
    const char                  *language;
    const conversation_judge_t  *judge;
    unsigned                     ran:1;
    labeller_label_t             labels[CLASSIFIER_LABELS];
} judging_t;


static json_t *judge_label(judging_t *x, classifier_label_t label,
    json_t *before);
static json_t *judge_given(const judging_t *x, json_t *value);
static json_t *judge_classified(judging_t *x, classifier_label_t label);
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


int
conversation_unlabelled(const json_t *document, const json_t *given)
{
    const char          *name, *by;
    classifier_label_t   i;

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        name = classifier_label_name(i);
        by = document_text(json_object_get(conversation_labels(document),
                                           name), "by");

        if (strcmp(by, "person") != 0 && strcmp(by, "sent") != 0
            && json_object_get(given, name) == NULL)
        {
            return 1;
        }
    }

    return 0;
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

    if (before && (!x->judge->anew || strcmp(by, "classifier") != 0)) {
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
    const labeller_label_t     *found = &x->labels[label];
    const classifier_result_t  *result = &found->result;

    if (!x->ran
        && labeller_label(x->judge->labeller, x->document, x->language,
                          x->labels)
           != 0)
    {
        return NULL;
    }

    x->ran = 1;
    out = json_pack("{s:s?, s:s, s:s, s:s, s:f, s:s}", "value", result->value,
                    "by", "classifier", "model", found->model,
                    "version", found->version,
                    "confidence", result->confidence, "at", x->judge->at);

    if (out && result->message != CLASSIFIER_NOWHERE
        && judge_evidence(x, result, out) != 0)
    {
        json_decref(out);
        return NULL;
    }

    return out;
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
           && judge_equal(a, b, "user") && judge_equal(a, b, "model")
           && judge_equal(a, b, "version")
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
