/*
 * The job "classify".
 */

#include <string.h>

#include "aud_clock.h"
#include "classification.h"
#include "document.h"
#include "faults.h"
#include "log.h"
#include "person_known.h"
#include "resolve_private.h"

/* Of a piece: how many conversations, how much of them, how long they are asked
 * about. */
#define CLASSIFY_PIECE  5000
#define CLASSIFY_BYTES  (16 * 1024 * 1024)
#define CLASSIFY_US     (60 * AUD_SECOND)


typedef struct {
    uint64_t  conversations;
    uint64_t  unchanged;
    uint64_t  classified;
    uint64_t  by_model;
} classify_counts_t;

typedef struct {
    job_run_t          *run;
    worker_t           *worker;
    const char         *tenant;
    const json_t       *filter;
    labeller_t         *labeller;
    classify_counts_t   counts;         /* of pieces that are true */
    uint8_t             after[CONVERSATION_KEY];
    double              fraction;

    /* the piece at hand */
    classify_counts_t   piece;
    aud_buffer_t        keys;           /* CONVERSATION_KEY bytes each */
    size_t              bytes;
    int64_t             began;
    unsigned            begun:1;        /* `after` is a place */
    unsigned            last:1;
    aud_error_t         err;
} classify_t;


static job_outcome_t classify_run(job_run_t *run);
static json_t *classify_result(worker_t *worker, const char *tenant,
    const aud_uuid_t *job);
static job_outcome_t classify_open(classify_t *c);
static int classify_resume(classify_t *c, const json_t *result);
static job_outcome_t classify_choose(classify_t *c);
static int classify_walk(classify_t *c, classification_walk_t *walk);
static int classify_take(classify_t *c, const classification_walk_t *walk,
    json_t *document);
static int classify_look(void *arg);
static int classify_turn(void *arg);
static job_outcome_t classify_stopped(classify_t *c);
static job_outcome_t classify_piece(classify_t *c);
static job_outcome_t classify_commit(classify_t *c, resolve_t *r);
static int classify_labels(classify_t *c, resolve_t *r);
static int classify_one(classify_t *c, resolve_t *r,
    const uint8_t key[CONVERSATION_KEY], const char *at);
static int classify_by_model(const classify_t *c, const json_t *labels);
static int classify_put(classify_t *c, store_batch_t *batch);
static job_outcome_t classify_end(classify_t *c);
static job_outcome_t classify_retry(classify_t *c);
static void classify_add(classify_counts_t *to, const classify_counts_t *more);


const job_type_t  classify_job = {
    .name = "classify",
    .run = classify_run,
    .result = classify_result,
    .at_once = 1
};


static job_outcome_t
classify_run(job_run_t *run)
{
    classify_t     c = { .run = run };
    job_outcome_t  outcome;

    c.worker = job_worker(run);
    c.tenant = job_tenant(run);
    outcome = classify_open(&c);

    while (outcome == JOB_DONE && !c.last) {
        outcome = classify_choose(&c);

        if (outcome == JOB_DONE && c.keys.len) {
            outcome = classify_piece(&c);
        }

        if (outcome == JOB_DONE) {
            classify_add(&c.counts, &c.piece);
        }
    }

    if (outcome == JOB_DONE) {
        outcome = classify_end(&c);
    }

    labeller_free(c.labeller);
    aud_buffer_free(&c.keys);

    return outcome;
}


static json_t *
classify_result(worker_t *worker, const char *tenant, const aud_uuid_t *job)
{
    json_t  *result;

    result = document_get(worker->store, tenant, KEY_RESULT, job, NULL);
    json_object_del(result, "after");

    return result;
}


/* JOB_DONE: go on. */

static job_outcome_t
classify_open(classify_t *c)
{
    int      rc, found;
    json_t  *result;

    c->filter = json_object_get(job_args(c->run), "filter");
    result = document_get(c->worker->store, c->tenant, KEY_RESULT,
                          job_id(c->run), &found);
    rc = found < 0 ? -1 : found ? classify_resume(c, result) : 0;
    json_decref(result);

    if (rc != 0) {
        aud_error_set(&c->err, "what the job has done cannot be read");
        return classify_retry(c);
    }

    c->labeller = labeller_create(c->worker, c->tenant, classify_turn, c,
                                  &c->err);

    return c->labeller ? JOB_DONE : classify_retry(c);
}


static int
classify_resume(classify_t *c, const json_t *result)
{
    size_t              i;
    unsigned            byte;
    const char         *after = document_text(result, "after");
    classify_counts_t  *n = &c->counts;

    n->conversations = json_integer_value(json_object_get(result,
                                                          "conversations"));
    n->unchanged = json_integer_value(json_object_get(result, "unchanged"));
    n->classified = json_integer_value(json_object_get(result, "classified"));
    n->by_model = json_integer_value(json_object_get(result, "by_model"));

    for (i = 0; i < CONVERSATION_KEY; i++) {
        if (sscanf(after + 2 * i, "%2x", &byte) != 1) {
            return -1;
        }

        c->after[i] = byte;
    }

    c->begun = 1;

    return 0;
}


/* --- which, and what the model says --------------------------------------- */


static job_outcome_t
classify_choose(classify_t *c)
{
    int                     rc;
    aud_problem_t           problem = { 0 };
    classification_walk_t   walk = { 0 };

    memset(&c->piece, 0, sizeof(c->piece));
    c->keys.len = 0;
    c->bytes = 0;
    c->began = aud_ticks();
    labeller_forget(c->labeller);

    rc = classification_begin(&walk, c->worker, c->tenant, c->labeller,
                              c->filter, 0, c->begun ? c->after : NULL,
                              &problem);
    if (rc != 0) {
        job_error(c->run, "%s", problem.detail);

    } else if (classify_walk(c, &walk) != 0) {
        rc = -1;
    }

    c->piece.conversations = walk.conversations;
    c->piece.unchanged = walk.unchanged;
    memcpy(c->after, walk.key, sizeof(c->after));
    c->begun = 1;
    classification_end(&walk);

    return classify_stopped(c) != JOB_DONE ? classify_stopped(c)
           : rc == 0 ? JOB_DONE
           : problem.status == 422 ? JOB_FAILED
           : problem.status ? JOB_RETRY : classify_retry(c);
}


static int
classify_walk(classify_t *c, classification_walk_t *walk)
{
    int      rc = 1;
    json_t  *document;

    while (rc == 1) {
        rc = classification_next(walk, &document, classify_look, c, &c->err);

        if (rc == 1 && classify_take(c, walk, document) != 0) {
            rc = aud_error_set(&c->err, "out of memory");
        }

        c->fraction = (walk->key[0] * 256 + walk->key[1]) / 65536.0;

        if (rc == 1
            && (c->keys.len / CONVERSATION_KEY >= CLASSIFY_PIECE
                || c->bytes >= CLASSIFY_BYTES
                || aud_ticks() - c->began >= CLASSIFY_US))
        {
            break;
        }
    }

    c->last = rc == 0;

    if (rc >= 0 && labeller_answer(c->labeller) != 0) {
        rc = aud_error_set(&c->err, "out of memory");
    }

    return rc < 0 ? -1 : 0;
}


/* Takes document. */

static int
classify_take(classify_t *c, const classification_walk_t *walk,
    json_t *document)
{
    json_t       *contact;
    redaction_t  *known;

    aud_buffer_add(&c->keys, walk->key, CONVERSATION_KEY);
    c->bytes += walk->bytes;

    if (!labeller_asks(c->labeller)) {
        json_decref(document);
        return c->keys.failed ? -1 : 0;
    }

    contact = conversation_contact(document);
    known = contact ? person_known(walk->g, contact) : NULL;
    json_decref(contact);

    if (known == NULL || c->keys.failed) {
        redaction_free(known);
        json_decref(document);
        return -1;
    }

    return labeller_ask(c->labeller, document,
                        conversation_newest(document, "language"), known);
}


static int
classify_look(void *arg)
{
    classify_t  *c = arg;

    return classify_turn(c) || job_ending(c->run);
}


/* At the end of the worker what is on its way is waited for, so that it need not
 * be asked again. */

static int
classify_turn(void *arg)
{
    classify_t  *c = arg;

    job_progress(c->run, labeller_asks(c->labeller) ? "asking" : "reading",
                 c->fraction);

    return job_stopping(c->run);
}


/* JOB_DONE: go on. */

static job_outcome_t
classify_stopped(classify_t *c)
{
    if (job_stopping(c->run)) {
        return JOB_CANCELLED;
    }

    if (job_ending(c->run) || labeller_stopped(c->labeller)) {
        job_error(c->run, "The worker ended.");
        return JOB_RETRY;
    }

    return JOB_DONE;
}


/* --- what becomes true ---------------------------------------------------- */


static job_outcome_t
classify_piece(classify_t *c)
{
    resolve_t      r = { .run = c->run, .worker = c->worker,
                         .tenant = c->tenant };
    job_outcome_t  outcome;

    fault(classify_job.name, FAULT_ASKED);
    job_progress(c->run, "waiting", c->fraction);

    if (job_alone(c->run) != 0) {
        outcome = classify_stopped(c);
        return outcome == JOB_DONE ? JOB_RETRY : outcome;
    }

    job_progress(c->run, "labelling", c->fraction);

    if (resolve_open(&r) != 0 || classify_labels(c, &r) != 0) {
        outcome = resolve_retry(&r);

    } else {
        outcome = classify_commit(c, &r);
    }

    resolve_close(&r);
    job_together(c->run);
    fault(classify_job.name, FAULT_PIECE);

    return outcome;
}


static job_outcome_t
classify_commit(classify_t *c, resolve_t *r)
{
    store_batch_t      *effects;
    profiles_change_t   change = { 0 };

    if (c->piece.classified == 0) {
        effects = r->effects;
        r->effects = NULL;
        return job_commit(c->run, effects);
    }

    change.run = r->run;
    change.base = r->base;
    change.fields = &r->fields;
    change.goes_on = 1;
    change.resolving = &r->resolving;
    change.said = r->said;
    change.effects = r->effects;

    return profiles_change(&change);
}


/* Of the conversations as they are now: since they were chosen, some may have
 * grown, been corrected, or gone. */

static int
classify_labels(classify_t *c, resolve_t *r)
{
    int      rc = 0;
    char     at[AUD_TIME_LEN + 1];
    size_t   i;

    aud_time_format(at, aud_now());

    for (i = 0; rc == 0 && i < c->keys.len; i += CONVERSATION_KEY) {
        rc = classify_one(c, r, (const uint8_t *) c->keys.data + i, at);
    }

    if (rc == 0 && classify_put(c, r->effects) != 0) {
        rc = aud_error_set(&r->err, "out of memory");
    }

    return rc;
}


static int
classify_one(classify_t *c, resolve_t *r, const uint8_t key[CONVERSATION_KEY],
    const char *at)
{
    int                    rc, found;
    json_t                *document, *before;
    conversation_judge_t   judge = {
        .labeller = c->labeller, .at = at, .anew = 1
    };

    document = conversations_get(r->worker->store, r->tenant, key, &found,
                                 &r->err);

    if (document == NULL) {
        return found;
    }

    before = json_incref((json_t *) conversation_labels(document));
    rc = conversation_settle(document, &judge);

    if (rc == 0 && !json_equal(before, conversation_labels(document))) {
        c->piece.classified++;
        c->piece.by_model += classify_by_model(c,
                                               conversation_labels(document));
        rc = conversations_change(r->tenant, document, r->said, r->effects);
    }

    json_decref(before);
    json_decref(document);

    return rc == 0 ? 0 : aud_error_set(&r->err, "out of memory");
}


static int
classify_by_model(const classify_t *c, const json_t *labels)
{
    const char          *model = llm_model(c->worker->llm);
    const json_t        *label;
    classifier_label_t   i;

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        label = json_object_get(labels, classifier_label_name(i));

        if (model && strcmp(document_text(label, "model"), model) == 0) {
            return 1;
        }
    }

    return 0;
}


/* What is true once the piece at hand is. */

static int
classify_put(classify_t *c, store_batch_t *batch)
{
    int                 rc;
    char                after[2 * CONVERSATION_KEY + 1];
    size_t              i;
    json_t             *result;
    classify_counts_t   n = c->counts;

    classify_add(&n, &c->piece);

    for (i = 0; i < CONVERSATION_KEY; i++) {
        snprintf(after + 2 * i, 3, "%02x", c->after[i]);
    }

    result = json_pack("{s:I, s:I, s:I, s:I, s:s}",
                       "conversations", (json_int_t) n.conversations,
                       "unchanged", (json_int_t) n.unchanged,
                       "classified", (json_int_t) n.classified,
                       "by_model", (json_int_t) n.by_model, "after", after);
    rc = result ? document_put(batch, c->tenant, KEY_RESULT, job_id(c->run),
                               result)
                : -1;
    json_decref(result);

    return rc;
}


static job_outcome_t
classify_end(classify_t *c)
{
    store_batch_t  *batch;

    memset(&c->piece, 0, sizeof(c->piece));
    batch = store_batch_create();

    if (batch == NULL || classify_put(c, batch) != 0) {
        store_batch_free(batch);
        aud_error_set(&c->err, "out of memory");
        return classify_retry(c);
    }

    return job_complete(c->run, JOB_DONE, batch);
}


static job_outcome_t
classify_retry(classify_t *c)
{
    log_line(LOG_WARNING, NULL, "classification does not get on",
             "s:tenant", c->tenant, "s:error", c->err.text, NULL);
    job_error(c->run, "The server could not read or write its files.");

    return JOB_RETRY;
}


static void
classify_add(classify_counts_t *to, const classify_counts_t *more)
{
    to->conversations += more->conversations;
    to->unchanged += more->unchanged;
    to->classified += more->classified;
    to->by_model += more->by_model;
}
