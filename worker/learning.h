/*
 * What a tenant's conversations teach (learned.h): how many there are to learn
 * from, what came of learning, and the models.
 *
 *   'Y' ""                  {"given": {"sentiment": 812, …},
 *                            "changes": {"sentiment": 840, …}, "taken": 3}
 *   'Y' "sentiment"         {"trained_at", "examples", "texts", "changes",
 *                            "built_in": {"version", "accuracy", "macro_f1"},
 *                            "learned": {"version", "accuracy", "macro_f1"},
 *                            "surely", "better"}, or
 *                           {"trained_at", "examples", "changes",
 *                            "built_in": {"version"}, "refused": "…"}
 *   'Y' "sentiment.model"   where it is better: the model (learned_write())
 *
 * given: conversations with a label that a person gave or that came with them;
 * changes: how often one was given, or another one in its place; taken: how
 * often something was taken from which a model may have learned.
 *
 * Any thread.
 */

#ifndef LEARNING_H
#define LEARNING_H

#include <jansson.h>

#include "aud_buffer.h"
#include "aud_error.h"
#include "classifier.h"
#include "keys.h"
#include "store.h"

typedef struct {
    json_t        *counts;                          /* NULL: none */
    json_t        *trained[CLASSIFIER_LABELS];      /* NULL: never */
    aud_buffer_t   models[CLASSIFIER_LABELS];       /* len 0: none */
} learning_t;

/* All of it as it was at one moment.  -1 with err. */
int  learning_read(learning_t *l, store_t *store, const char *tenant,
    aud_error_t *err);
void learning_free(learning_t *l);

/* Its keys. */
store_key_t learning_counts_key(const char *tenant);
store_key_t learning_trained_key(const char *tenant, classifier_label_t label);
store_key_t learning_model_key(const char *tenant, classifier_label_t label);

#endif
