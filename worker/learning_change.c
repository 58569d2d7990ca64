/*
 * What a job changes of what can be learned.
 */

#include "label.h"
#include "learning_change.h"
#include "learning_job.h"


static void learning_count(learning_change_t *c, classifier_label_t label,
    const json_t *before, const json_t *after);
static int learning_write(learning_t *l, job_run_t *run, int follow,
    store_batch_t *batch);
static void learning_forget(const learning_change_t *c, const char *tenant,
    learning_t *l, store_batch_t *batch);
static int learning_add(learning_t *l, const learning_change_t *c);
static json_t *learning_added(const learning_t *l, const learning_change_t *c,
    classifier_label_t label);


void
learning_give(learning_change_t *c, const json_t *before, const json_t *after)
{
    classifier_label_t  label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        learning_count(c, label, before, after);
    }
}


static void
learning_count(learning_change_t *c, classifier_label_t label,
    const json_t *before, const json_t *after)
{
    int  was = label_given(before, label), is = label_given(after, label);

    c->given[label] += (is >= 0) - (was >= 0);
    c->changes[label] += is >= 0 && is != was;
}


void
learning_take(learning_change_t *c, const json_t *before, const json_t *after)
{
    classifier_label_t  label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        c->taken[label] |= label_given(before, label) >= 0;
        learning_count(c, label, before, after);
    }
}


int
learning_put(const learning_change_t *c, job_run_t *run, int follow,
    store_batch_t *batch, aud_error_t *err)
{
    int                  rc, changed = 0;
    learning_t           l;
    classifier_label_t   label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        changed |= c->given[label] || c->changes[label] || c->taken[label];
    }

    if (!changed) {
        return 0;
    }

    rc = learning_read(&l, job_worker(run)->store, job_tenant(run), err);

    if (rc == 0) {
        learning_forget(c, job_tenant(run), &l, batch);
        rc = learning_add(&l, c) == 0 ? learning_write(&l, run, follow, batch)
                                      : -1;

        if (rc != 0) {
            aud_error_set(err, "out of memory");
        }
    }

    learning_free(&l);

    return rc;
}


int
learning_follow(job_run_t *run, store_batch_t *batch, aud_error_t *err)
{
    int         rc;
    learning_t  l;

    rc = learning_read(&l, job_worker(run)->store, job_tenant(run), err);

    if (rc == 0 && l.counts && learning_write(&l, run, 1, batch) != 0) {
        rc = aud_error_set(err, "out of memory");
    }

    learning_free(&l);

    return rc;
}


/* Counts, and what follows of them. */

static int
learning_write(learning_t *l, job_run_t *run, int follow,
    store_batch_t *batch)
{
    const char  *version = classifier_version(job_worker(run)->classifier);

    if (follow && learning_schedule(l, version)) {
        job_follow(run, learn_job.name, json_object());
    }

    return learning_put_counts(l, job_tenant(run), batch);
}


/* Models go, and what is known of them. */

static void
learning_forget(const learning_change_t *c, const char *tenant, learning_t *l,
    store_batch_t *batch)
{
    store_key_t          key;
    classifier_label_t   label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        if (c->taken[label]) {
            key = learning_trained_key(tenant, label);
            store_batch_delete(batch, key_str(&key));
            key = learning_model_key(tenant, label);
            store_batch_delete(batch, key_str(&key));

            json_decref(l->trained[label]);
            l->trained[label] = NULL;
        }
    }
}


static int
learning_add(learning_t *l, const learning_change_t *c)
{
    int                  rc = 0, taken = 0;
    json_t              *labels;
    classifier_label_t   label;

    if (l->counts == NULL) {
        l->counts = json_pack("{s:i, s:{}}", "taken", 0, "labels");
    }

    labels = json_object_get(l->counts, "labels");

    for (label = 0; label < CLASSIFIER_LABELS && rc == 0; label++) {
        taken |= c->taken[label];
        rc = json_object_set_new(labels, classifier_label_name(label),
                                 learning_added(l, c, label));
    }

    return rc == 0 ? json_object_set_new(l->counts, "taken", json_integer(
                                         learning_taken(l) + taken))
                   : -1;
}


/* What was to be learned with what is taken is to be learned without it. */

static json_t *
learning_added(const learning_t *l, const learning_change_t *c,
    classifier_label_t label)
{
    json_t  *before, *scheduled;

    before = json_object_get(json_object_get(l->counts, "labels"),
                             classifier_label_name(label));
    scheduled = c->taken[label] ? NULL : json_object_get(before, "scheduled");

    return json_pack("{s:I, s:I, s:O*}", "given",
                     (json_int_t) learning_given(l, label) + c->given[label],
                     "changes",
                     (json_int_t) (learning_changes(l, label)
                                   + c->changes[label]),
                     "scheduled", scheduled);
}
