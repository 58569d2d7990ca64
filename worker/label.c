/*
 * Labels of conversations: their names and values.
 */

#include <string.h>

#include "document.h"
#include "label.h"

#define LABEL_VALUES  3


static const struct {
    const char  *values[LABEL_VALUES + 1];
    const char  *wrong;
} labels_known[CLASSIFIER_LABELS] = {
    [CLASSIFIER_INTENTION] = {
        { "intent", "other" },
        "It is none of intent and other."
    },
    [CLASSIFIER_PRICE] = {
        { "sensitive", "insensitive", LABEL_NONE },
        "It is none of sensitive, insensitive, none and null."
    },
    [CLASSIFIER_SENTIMENT] = {
        { "positive", "negative", "neutral" },
        "It is none of positive, negative and neutral."
    }
};


classifier_label_t
label_find(const char *name)
{
    classifier_label_t  label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        if (strcmp(classifier_label_name(label), name) == 0) {
            break;
        }
    }

    return label;
}


int
label_has(classifier_label_t label, const json_t *value)
{
    return label_code(label, value) != 0;
}


unsigned
label_classes(classifier_label_t label)
{
    unsigned  n = 0;

    while (labels_known[label].values[n]) {
        n++;
    }

    return n;
}


int
label_class(classifier_label_t label, const char *value)
{
    int  class;

    if (value == NULL) {
        value = LABEL_NONE;
    }

    for (class = 0; labels_known[label].values[class]; class++) {
        if (strcmp(labels_known[label].values[class], value) == 0) {
            return class;
        }
    }

    return -1;
}


const char *
label_value(classifier_label_t label, unsigned class)
{
    const char  *value = labels_known[label].values[class];

    return strcmp(value, LABEL_NONE) == 0 ? NULL : value;
}


uint8_t
label_code(classifier_label_t label, const json_t *value)
{
    return value && (json_is_null(value) || json_is_string(value))
           ? label_class(label, json_string_value(value)) + 1 : 0;
}


const char *
label_text(classifier_label_t label, uint8_t code)
{
    return code && code <= label_classes(label) ? label_value(label, code - 1)
                                                : NULL;
}


int
label_given(const json_t *labels, classifier_label_t label)
{
    const char    *by;
    const json_t  *one;

    one = json_object_get(labels, classifier_label_name(label));
    by = document_text(one, "by");

    return strcmp(by, "person") == 0 || strcmp(by, "sent") == 0
           ? label_class(label, json_string_value(json_object_get(one,
                                                                  "value")))
           : -1;
}


const char *
label_wrong(const json_t *labels, const char **member)
{
    json_t              *value;
    const char          *name;
    classifier_label_t   label;

    *member = NULL;

    if (!json_is_object(labels)) {
        return "It is no object.";
    }

    json_object_foreach((json_t *) labels, name, value) {
        *member = name;
        label = label_find(name);

        if (label == CLASSIFIER_LABELS) {
            return "It is none of purchaseIntention, priceSensitivity and "
                   "sentiment.";
        }

        if (!label_has(label, value)) {
            return labels_known[label].wrong;
        }
    }

    *member = NULL;

    return NULL;
}
