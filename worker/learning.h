/*
 * What a tenant's conversations teach (learned.h): how many there are to learn
 * from, what came of learning, and the models.
 *
 *   'Y' ""                  {"taken": 3, "labels": {"sentiment":
 *                            {"given": 812, "changes": 840,
 *                             "scheduled": {"examples", "changes",
 *                                           "version"}}, …}}
 *   'Y' "sentiment"         {"trained_at", "examples", "changes",
 *                            "built_in": {"version", "accuracy", "macro_f1"},
 *                            "learned": {"version", "accuracy", "macro_f1"},
 *                            "texts", "surely", "better"}, or
 *                           {"trained_at", "examples", "changes",
 *                            "built_in": {"version"}, "refused": "…"}
 *   'Y' "sentiment.model"   where it is better: the model (learned_write())
 *
 * given: conversations that have a label which a person gave or which came with
 * them; changes: how often one was given, or another one in its place; scheduled:
 * at how many changes a job was last to learn, and with which version of the
 * built-in classifier; taken: how often something went from which a model may
 * have learned.  Counts belong to jobs that are exclusive, the rest to the job
 * "learn" (learning_job.h), which what is taken makes begin anew.
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

#define LEARNING_MOST  10000    /* of a label, the newest, that are learned from */

typedef struct {
    json_t        *counts;                          /* NULL: none */
    json_t        *trained[CLASSIFIER_LABELS];      /* NULL: never */
    aud_buffer_t   models[CLASSIFIER_LABELS];       /* len 0: none */
} learning_t;

/* All of it as it was at one moment.  -1 with err. */
int  learning_read(learning_t *l, store_t *store, const char *tenant,
    aud_error_t *err);
void learning_free(learning_t *l);

/* Of a label: 0 where there is nothing. */
size_t learning_given(const learning_t *l, classifier_label_t label);
size_t learning_changes(const learning_t *l, classifier_label_t label);

/* How often something was taken. */
size_t learning_taken(const learning_t *l);

/*
 * Whether it is time to learn a label: there is enough to learn from, and it was
 * not learned, nor was to be, with this version of the built-in classifier; or so
 * much has come or changed since as is a tenth of what it was learned from.
 */
int  learning_is_due(const learning_t *l, classifier_label_t label,
    const char *version);

/* Notes of labels that are due that they are to be learned now: whether there was
 * any.  Where memory is out it may be noted again. */
int  learning_schedule(learning_t *l, const char *version);

/* -1: no memory. */
int  learning_put_counts(const learning_t *l, const char *tenant,
    store_batch_t *batch);

/* Keys of a label. */
store_key_t learning_trained_key(const char *tenant, classifier_label_t label);
store_key_t learning_model_key(const char *tenant, classifier_label_t label);

#endif
