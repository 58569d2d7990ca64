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
    const conversation_judge_t  *judge;
    unsigned                     ran:1;
    labeller_label_t             labels[CLASSIFIER_LABELS];
} judging_t;


static json_t *judge_label(judging_t *x, classifier_label_t label,
    json_t *before);
static json_t *judge_given(const json_t *row, classifier_label_t label);
static json_t *judge_classified(judging_t *x, classifier_label_t label);
static int judge_evidence(const judging_t *x, const classifier_result_t *result,
    json_t *label);
static int judge_same(const json_t *a, const json_t *b);
static int judge_equal(const json_t *a, const json_t *b, const char *member);


json_t *
conversation_judge(const json_t *document, const conversation_judge_t *judge)
{
    json_t              *labels, *before, *label;
    const char          *name;
    judging_t            x = { .document = document, .judge = judge };
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
conversation_unlabelled(const json_t *document)
{
    classifier_label_t  label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        if (conversation_given(document, label) == NULL) {
            return 1;
        }
    }

    return 0;
}


static json_t *
judge_label(judging_t *x, classifier_label_t label, json_t *before)
{
    const json_t  *row;

    row = conversation_given(x->document, label);

    if (row) {
        return judge_given(row, label);
    }

    return x->judge->anew
           || strcmp(document_text(before, "by"), "classifier") != 0
           ? judge_classified(x, label) : json_incref(before);
}


static json_t *
judge_given(const json_t *row, classifier_label_t label)
{
    int          corrects;
    json_t      *value;
    const char  *text;

    value = json_object_get(json_object_get(row, "given"),
                            classifier_label_name(label));
    text = json_string_value(value);
    corrects = json_is_true(json_object_get(row, "corrects"));

    if (text && strcmp(text, LABEL_NONE) == 0) {
        value = json_null();
    }

    return json_pack("{s:O, s:s, s:O*, s:O}", "value", value,
                     "by", corrects ? "person" : "sent",
                     "user", json_object_get(row, "user"),
                     "at", json_object_get(row, "at"));
}


static json_t *
judge_classified(judging_t *x, classifier_label_t label)
{
    json_t                     *out;
    const labeller_label_t     *found = &x->labels[label];
    const classifier_result_t  *result = &found->result;

    if (!x->ran
        && labeller_label(x->judge->labeller, x->document,
                          conversation_newest(x->document, "language"),
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
