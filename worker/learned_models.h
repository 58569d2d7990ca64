/*
 * The learned models of a tenant, as they label conversations: each one that is
 * better than the built-in classifier, and was made for its version, has its
 * label's say.
 *
 *   classifier_run() -> results -> learned_models_apply() -> results
 *
 * Loaded once for a job, they are those of that moment.  One thread at a time.
 */

#ifndef LEARNED_MODELS_H
#define LEARNED_MODELS_H

#include "classifier.h"
#include "learned.h"
#include "learning.h"

#define LEARNED_MODEL  "learned"        /* a label's "model" */

#define LEARNED_VERSION_LEN  40

typedef struct learned_models_s  learned_models_t;

/*
 * classifier is borrowed.  A model that is damaged is left out, with a line in
 * the log.  NULL with err: memory is out, or the store cannot be read.
 */
learned_models_t *learned_models_load(store_t *store, const char *tenant,
    const classifier_t *classifier, aud_error_t *err);

/* The same of what was read already. */
learned_models_t *learned_models_of(const learning_t *learning,
    const char *tenant, const classifier_t *classifier, aud_error_t *err);

void learned_models_free(learned_models_t *m);      /* takes NULL */

/*
 * Puts in place of what classifier_run() said of these messages what the models
 * say: value, confidence, and where the value is another one the sentence that
 * shows it.  Where the customer wrote nothing all stays.  language and scratch
 * as for classifier_run().  -1: no memory.
 */
int  learned_models_apply(learned_models_t *m, classifier_scratch_t *scratch,
    const char *language, const classifier_message_t *messages, size_t n,
    classifier_result_t results[CLASSIFIER_LABELS]);

/* "learned-1-" and a hash of the model and of the built-in classifier's version:
 * who labels.  NULL: the built-in classifier does.  Owned by m. */
const char *learned_models_version(const learned_models_t *m,
    classifier_label_t label);

/* The version of a model's bytes, as it is stored (learning.h). */
void learned_version(aud_str_t bytes, const char *built_in,
    char version[LEARNED_VERSION_LEN]);

#endif
