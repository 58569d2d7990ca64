/*
 * Labels of conversations as they are sent, stored and shown: by name, each with
 * a closed set of values (docs/enrichment.md says what they mean).
 *
 *   {"purchaseIntention": "intent", "priceSensitivity": null,
 *    "sentiment": "negative"}
 *
 * null, or "none", is that price never came up; the other two always have a value.
 * Any thread.
 */

#ifndef LABEL_H
#define LABEL_H

#include <jansson.h>

#include "classifier.h"

#define LABEL_NONE  "none"          /* as null, where it is given */

/* The label of that name; CLASSIFIER_LABELS: there is none. */
classifier_label_t  label_find(const char *name);

/* Whether the value, a text or null, is one of the label's. */
int         label_has(classifier_label_t label, const json_t *value);

/*
 * Values as numbers, for models.  The last one of each label is what nothing has
 * to show: "other", none, "neutral".  NULL stands for none; label_class() gives
 * -1 for what is no value of the label.
 */
unsigned    label_classes(classifier_label_t label);
int         label_class(classifier_label_t label, const char *value);
const char *label_value(classifier_label_t label, unsigned class);

/* The same where there may be nothing at all: 0, and classes from 1. */
uint8_t     label_code(classifier_label_t label, const json_t *value);
const char *label_text(classifier_label_t label, uint8_t code);

/* Whether `labels`, as they are stored (conversation.h), hold one that was given
 * by a person or came with the conversation: its class, or -1. */
int         label_given(const json_t *labels, classifier_label_t label);

/*
 * NULL where `labels` is an object of labels, else why not, a static text; then
 * *member is the name of the one that is wrong, labels' own, or NULL.
 */
const char *label_wrong(const json_t *labels, const char **member);

#endif
