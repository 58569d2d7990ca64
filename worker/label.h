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
 * NULL where `labels` is an object of labels, else why not, a static text; then
 * *member is the name of the one that is wrong, labels' own, or NULL.
 */
const char *label_wrong(const json_t *labels, const char **member);

#endif
