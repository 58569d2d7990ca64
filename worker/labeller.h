/*
 * Who finds the labels of a tenant's conversations, for the time of a job: the
 * built-in classifier, in whose place learned models say what they say better
 * (learned_models.h), and, where one is configured, a language model that is
 * asked about many at a time.
 *
 *   labeller_ask()     a conversation waits; enough of them are asked about
 *   labeller_answer()  those that still wait are
 *   labeller_label()   what the model has said of a conversation with these
 *                      messages; else what the others say
 *
 * So a job first goes through the conversations that it is going to label, and
 * asks; then through all of them again, and labels: each label says who found
 * it.  What the model answers is kept in the store before anybody sees it
 * (llm.h): a job that begins anew asks about nothing twice.
 *
 * A labeller belongs to one thread at a time, which is a job's.
 */

#ifndef LABELLER_H
#define LABELLER_H

#include <jansson.h>

#include "aud_error.h"
#include "classifier_llm.h"
#include "worker.h"

typedef struct labeller_s  labeller_t;

typedef struct {
    classifier_result_t  result;
    const char          *model;         /* CLASSIFIER_BUILT_IN, LEARNED_MODEL or
                                           llm_model() */
    const char          *version;       /* both live as long as the labeller */
} labeller_label_t;

/* turn, which may be NULL, is called about once a second while the model is
 * waited for; non-zero stops the waiting.  NULL with err. */
labeller_t *labeller_create(worker_t *worker, const char *tenant,
    int (*turn)(void *arg), void *arg, aud_error_t *err);
void        labeller_free(labeller_t *l);       /* takes NULL */

/* Whether a model is asked: without one labeller_ask() does nothing. */
int  labeller_asks(const labeller_t *l);

/*
 * Lets the model be asked about a conversation, whose messages are what
 * conversation.h says; language as for classifier_run().  Takes document and
 * known (what is known of the person; may be NULL).  -1: no memory.
 */
int  labeller_ask(labeller_t *l, json_t *document, const char *language,
    redaction_t *known);
int  labeller_answer(labeller_t *l);

/*
 * Whether questions were given up: the worker ends, or `turn` said so.  From
 * then on nothing is asked; the others label those conversations.
 */
int  labeller_stopped(const labeller_t *l);

/* Forgets what was said of conversations so far. */
void labeller_forget(labeller_t *l);

/* The labels of a conversation.  -1: no memory. */
int  labeller_label(labeller_t *l, const json_t *document,
    const char *language, labeller_label_t labels[CLASSIFIER_LABELS]);

/*
 * Who would label a conversation now, where nothing goes wrong: whether all
 * labels of it that a classifier found are by that one, so that there is nothing
 * to be found anew.
 */
int  labeller_would_say(const labeller_t *l, const json_t *document);

/* Who that is, of a conversation in which the customer wrote something. */
void labeller_by(const labeller_t *l, classifier_label_t label,
    const char **model, const char **version);

/* Adds what asking about a conversation would cost.  -1: no memory. */
int  labeller_estimate(labeller_t *l, const json_t *document,
    const redaction_t *known, classifier_llm_estimate_t *estimate);

#endif
