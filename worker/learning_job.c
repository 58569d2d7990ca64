/*
 * The job "learn".
 */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aud_clock.h"
#include "base.h"
#include "document.h"
#include "faults.h"
#include "label.h"
#include "learned_models.h"
#include "learning_examples.h"
#include "learning_job.h"
#include "log.h"
#include "queue.h"

#define LEARN_TRIES      8
#define LEARN_PRECISION  10000


typedef struct {
    job_run_t              *run;
    worker_t               *worker;
    const char             *tenant;
    base_t                 *base;
    classifier_scratch_t   *scratch;
    learning_t              learning;   /* when it began */
    store_batch_t          *effects;
    const char             *stage;
    double                  progress;
    unsigned                moved:1;    /* something was taken meanwhile */
    aud_error_t             err;
} learn_t;


static job_outcome_t learn_run(job_run_t *run);
static job_outcome_t learn_once(learn_t *l);
static int learn_labels(learn_t *l);
static int learn_label(learn_t *l, classifier_label_t label);
static int learn_train(learn_t *l, classifier_label_t label,
    const learning_examples_t *x);
static int learn_cancelled(void *data);
static int learn_put(learn_t *l, classifier_label_t label,
    const learned_t *model, const learned_judgement_t *judgement);
static int learn_put_refused(learn_t *l, classifier_label_t label, size_t n,
    const char *why);
static int learn_put_trained(learn_t *l, classifier_label_t label,
    json_t *trained);
static json_t *learn_score(const learned_score_t *score, const char *version);
static double learn_figure(double figure);
static job_outcome_t learn_commit(learn_t *l);
static job_outcome_t learn_retry(learn_t *l);
static void learn_queue(worker_t *worker, const char *tenant,
    const learning_t *learning);


const job_type_t  learn_job = {
    .name = "learn",
    .run = learn_run,
    .background = 1
};

static const char *const  learn_stages[CLASSIFIER_LABELS] = {
    [CLASSIFIER_INTENTION] = "learning purchaseIntention",
    [CLASSIFIER_PRICE] = "learning priceSensitivity",
    [CLASSIFIER_SENTIMENT] = "learning sentiment"
};


static job_outcome_t
learn_run(job_run_t *run)
{
    int            try;
    learn_t        l = {
        .run = run, .worker = job_worker(run), .tenant = job_tenant(run)
    };
    job_outcome_t  outcome = JOB_RETRY;

    l.base = bases_get(l.worker->bases, l.tenant);
    l.scratch = classifier_scratch_create();
    l.moved = 1;

    if (l.base == NULL || l.scratch == NULL) {
        aud_error_set(&l.err, "out of memory");
        outcome = learn_retry(&l);
        l.moved = 0;
    }

    for (try = 0; l.moved && try < LEARN_TRIES; try++) {
        l.moved = 0;
        outcome = learn_once(&l);
    }

    if (l.moved) {
        job_error(run, "The conversations kept changing.");
    }

    classifier_scratch_free(l.scratch);

    return outcome;
}


static job_outcome_t
learn_once(learn_t *l)
{
    int            rc;
    job_outcome_t  outcome;

    l->effects = store_batch_create();
    rc = learning_read(&l->learning, l->worker->store, l->tenant, &l->err);

    if (rc == 0) {
        rc = l->effects ? learn_labels(l)
                        : aud_error_set(&l->err, "out of memory");
        fault(learn_job.name, FAULT_HALFWAY);
    }

    if (rc == 0 && !job_stopping(l->run)) {
        outcome = learn_commit(l);

    } else {
        outcome = rc < 0 ? learn_retry(l) : JOB_CANCELLED;
        store_batch_free(l->effects);
    }

    learning_free(&l->learning);

    return outcome;
}


/* 0; 1: cancelled; -1 with l->err: so the next three. */

static int
learn_labels(learn_t *l)
{
    int                  rc = 0;
    classifier_label_t   label;

    for (label = 0; label < CLASSIFIER_LABELS && rc == 0; label++) {
        l->progress = (double) label / CLASSIFIER_LABELS;

        if (learning_given(&l->learning, label) >= LEARNED_EXAMPLES) {
            rc = learn_label(l, label);
        }
    }

    return rc;
}


static int
learn_label(learn_t *l, classifier_label_t label)
{
    int                        rc;
    learning_examples_t        x;
    const learning_source_t    source = {
        .store = l->worker->store, .tenant = l->tenant,
        .classifier = l->worker->classifier, .scratch = l->scratch,
        .cancelled = learn_cancelled, .data = l
    };

    l->stage = "reading conversations";
    rc = learning_examples_read(&x, &source, label, &l->err);

    if (rc == 0) {
        l->stage = learn_stages[label];
        rc = learn_train(l, label, &x);
    }

    learning_examples_free(&x);

    return rc;
}


static int
learn_train(learn_t *l, classifier_label_t label, const learning_examples_t *x)
{
    int                    rc;
    unsigned               k;
    learned_t             *model;
    const char            *value;
    learned_task_t         task = {
        .label = classifier_label_name(label), .n = label_classes(label),
        .cancelled = learn_cancelled, .data = l
    };
    learned_judgement_t    judgement;

    for (k = 0; k < task.n; k++) {
        value = label_value(label, k);
        task.classes[k] = value ? value : LABEL_NONE;
    }

    switch (learned_train(&task, x->examples, x->n, &model, &judgement,
                          &l->err))
    {
    case LEARNED_OK:
        rc = learn_put(l, label, model, &judgement);
        learned_free(model);
        return rc;

    case LEARNED_REFUSED:
        return learn_put_refused(l, label, x->n, l->err.text);

    case LEARNED_CANCELLED:
        return 1;

    default:
        return -1;
    }
}


static int
learn_cancelled(void *data)
{
    learn_t  *l = data;

    job_progress(l->run, l->stage, l->progress);

    return job_stopping(l->run);
}


/* --- what came of it ------------------------------------------------------- */


static int
learn_put(learn_t *l, classifier_label_t label, const learned_t *model,
    const learned_judgement_t *j)
{
    char           version[LEARNED_VERSION_LEN];
    json_t        *trained;
    const char    *built_in = classifier_version(l->worker->classifier);
    store_key_t    key = learning_model_key(l->tenant, label);
    aud_buffer_t   bytes = { 0 };

    learned_write(model, &bytes);

    if (bytes.failed) {
        aud_buffer_free(&bytes);
        return aud_error_set(&l->err, "no memory for a model");
    }

    learned_version(aud_buffer_str(&bytes), built_in, version);
    trained = json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:f, s:b}",
                        "trained_at", document_time(aud_now()),
                        "examples", (json_int_t) j->examples,
                        "texts", (json_int_t) j->texts, "changes",
                        (json_int_t) learning_changes(&l->learning, label),
                        "built_in", learn_score(&j->built_in, built_in),
                        "learned", learn_score(&j->learned, version),
                        "surely", learn_figure(j->surely),
                        "better", j->better);

    if (j->better) {
        store_batch_put(l->effects, key_str(&key), aud_buffer_str(&bytes));

    } else {
        store_batch_delete(l->effects, key_str(&key));
    }

    aud_buffer_free(&bytes);
    log_line(LOG_INFO, NULL, "learned", "s:tenant", l->tenant,
             "s:label", classifier_label_name(label),
             "i:examples", (long long) j->examples,
             "f:built_in", j->built_in.macro_f1,
             "f:learned", j->learned.macro_f1, "f:surely", j->surely, NULL);

    return learn_put_trained(l, label, trained);
}


static json_t *
learn_score(const learned_score_t *score, const char *version)
{
    return json_pack("{s:s, s:f, s:f}", "version", version,
                     "accuracy", learn_figure(score->accuracy),
                     "macro_f1", learn_figure(score->macro_f1));
}


/* As precise as people can read it. */

static double
learn_figure(double figure)
{
    return round(figure * LEARN_PRECISION) / LEARN_PRECISION;
}


static int
learn_put_refused(learn_t *l, classifier_label_t label, size_t n,
    const char *why)
{
    json_t       *trained;
    store_key_t   key = learning_model_key(l->tenant, label);

    trained = json_pack("{s:o, s:I, s:I, s:{s:s}, s:s}",
                        "trained_at", document_time(aud_now()),
                        "examples", (json_int_t) n, "changes",
                        (json_int_t) learning_changes(&l->learning, label),
                        "built_in", "version",
                        classifier_version(l->worker->classifier),
                        "refused", why);
    store_batch_delete(l->effects, key_str(&key));

    return learn_put_trained(l, label, trained);
}


/* Takes trained. */

static int
learn_put_trained(learn_t *l, classifier_label_t label, json_t *trained)
{
    char         *text;
    store_key_t   key = learning_trained_key(l->tenant, label);

    text = trained ? json_dumps(trained, JSON_COMPACT) : NULL;
    json_decref(trained);

    if (text == NULL) {
        return aud_error_set(&l->err, "out of memory");
    }

    store_batch_put(l->effects, key_str(&key), aud_str(text, strlen(text)));
    free(text);

    return 0;
}


/* Whoever takes something commits under the base's lock: what was learned holds
 * nothing that has been taken before, and goes with what is taken later. */

static job_outcome_t
learn_commit(learn_t *l)
{
    learning_t      now;
    job_outcome_t   outcome;

    base_lock(l->base);

    if (learning_read(&now, l->worker->store, l->tenant, &l->err) != 0) {
        outcome = learn_retry(l);

    } else if (learning_taken(&now) != learning_taken(&l->learning)) {
        l->moved = 1;
        outcome = JOB_RETRY;

    } else {
        outcome = job_complete(l->run, JOB_DONE, l->effects);
        l->effects = NULL;
    }

    base_unlock(l->base);
    learning_free(&now);

    if (l->effects) {
        store_batch_free(l->effects);
    }

    return outcome;
}


static job_outcome_t
learn_retry(learn_t *l)
{
    log_line(LOG_WARNING, NULL, "learning does not get on", "s:tenant",
             l->tenant, "s:error", l->err.text, NULL);
    job_error(l->run, l->err.no == ENOSPC ? "The disk is full."
                      : "The server could not do it for now.");

    return JOB_RETRY;
}


/* --- another version of the built-in classifier ---------------------------- */


void
learning_start(worker_t *worker)
{
    char          tenant[65] = "";
    learning_t    learning;
    aud_error_t   err;

    while (store_next_tenant(worker->store, tenant, &err) == 1) {
        if (learning_read(&learning, worker->store, tenant, &err) == 0
            && learning_schedule(&learning,
                                 classifier_version(worker->classifier)))
        {
            learn_queue(worker, tenant, &learning);
        }

        learning_free(&learning);
    }
}


/* Before the loop runs nobody else writes. */

static void
learn_queue(worker_t *worker, const char *tenant, const learning_t *learning)
{
    aud_uuid_t       job;
    aud_error_t      err = { 0 };
    store_batch_t   *batch = store_batch_create();
    store_status_t   status;

    if (batch == NULL || learning_put_counts(learning, tenant, batch) != 0) {
        log_no_memory("learning again");
    }

    queue_add(worker->queue, batch, tenant, learn_job.name, json_object(), 0,
              &job);
    status = store_apply(worker->store, batch, &err);
    store_batch_free(batch);

    if (status == STORE_OK) {
        queue_added(worker->queue, &job);

    } else {
        queue_dropped(worker->queue, &job);
        log_line(LOG_WARNING, NULL, "learning again is not queued",
                 "s:tenant", tenant, "s:error", err.text, NULL);
    }
}
