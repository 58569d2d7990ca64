/*
 * What a job changes of what can be learned: an import gives labels, undoing it
 * and erasing a person take from what a model may have learned.
 *
 * A model is weights of hashed words, yet who knows a word of somebody's can ask
 * it whether it knows that word.  So whatever takes something of a conversation
 * with a given label takes the label's model and its figures as well, in the
 * same batch; what is left is learned anew by a job.
 *
 * For exclusive jobs.  One thread.
 */

#ifndef LEARNING_CHANGE_H
#define LEARNING_CHANGE_H

#include "job.h"
#include "learning.h"

typedef struct {
    long       given[CLASSIFIER_LABELS];
    size_t     changes[CLASSIFIER_LABELS];
    unsigned   taken[CLASSIFIER_LABELS];    /* whether */
} learning_change_t;                    /* all 0: nothing */

/* Once for a conversation: its labels were those, and are these; NULL: none. */
void learning_give(learning_change_t *c, const json_t *before,
    const json_t *after);

/* The same of one of which something goes, or all of it (after is NULL). */
void learning_take(learning_change_t *c, const json_t *before,
    const json_t *after);

/*
 * Puts it into a batch of the run, and lets a job "learn" follow the run where
 * it is time to; not where the run is going to call learning_follow().  -1 with
 * err.
 */
int  learning_put(const learning_change_t *c, job_run_t *run, int follow,
    store_batch_t *batch, aud_error_t *err);

/* Lets a job "learn" follow where it is time to, and puts that into the batch of
 * the run's completion.  -1 with err. */
int  learning_follow(job_run_t *run, store_batch_t *batch, aud_error_t *err);

#endif
