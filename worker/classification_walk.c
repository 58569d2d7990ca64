/*
 * Which conversations are to be classified again, and what that would cost.
 */

#include <string.h>

#include "aud_clock.h"
#include "aud_eval.h"
#include "classification.h"
#include "document.h"
#include "person_known.h"
#include "profile_find.h"
#include "profile_ids.h"
#include "settings.h"

/* Texts of so many are redacted and counted; the rest by their mean, as digests
 * put conversations into no order that they have. */
#define ESTIMATE_SAMPLE  20000


typedef struct {
    classification_walk_t      walk;
    labeller_t                *labeller;
    uint64_t                   changed;
    uint64_t                   told;        /* of them, that are counted in */
    classifier_llm_estimate_t  cost;
} estimate_t;


static int walk_bind(classification_walk_t *w, const json_t *filter,
    int strict, aud_problem_t *problem);
static int walk_holds(const classification_walk_t *w, const json_t *document,
    aud_error_t *err);
static int walk_profile(const classification_walk_t *w, const json_t *row,
    size_t *slice, uint32_t *place);
static int walk_failed(aud_problem_t *problem);
static int estimate_walk(estimate_t *e, aud_error_t *err);
static json_t *estimate_show(const estimate_t *e);


int
classification_begin(classification_walk_t *w, worker_t *worker,
    const char *tenant, const labeller_t *labeller, const json_t *filter,
    int strict, const uint8_t *after, aud_problem_t *problem)
{
    base_t       *base;
    aud_error_t   err;
    store_key_t   prefix, from;

    w->worker = worker;
    w->tenant = tenant;
    w->labeller = labeller;
    w->refused.worker = worker;
    w->refused.tenant = tenant;
    base = bases_get(worker->bases, tenant);

    if (base == NULL || base_needs_rebuild(base)) {
        return aud_problem_set(problem, 503, "rebuilding", "The base is being "
                               "rebuilt", "The base is being rebuilt; try "
                               "again in a while.");
    }

    w->g = base_generation(base);

    w->refused.refused = refusals_get(worker->refusals, tenant, &err);

    if (w->g == NULL || w->refused.refused == NULL
        || sequences_load(&w->sequences, worker->store, tenant, &err) != 0)
    {
        return walk_failed(problem);
    }

    if (filter && walk_bind(w, filter, strict, problem) != 0) {
        return -1;
    }

    prefix = key_prefix(tenant, KEY_CONVERSATION);
    from = prefix;

    if (after) {
        from = key_text(tenant, KEY_CONVERSATION,
                        aud_str((const char *) after, CONVERSATION_KEY));
        memcpy(w->key, after, CONVERSATION_KEY);
    }

    w->scan = store_scan(worker->store, NULL, key_str(&prefix),
                         after ? key_str(&from) : aud_str("", 0), 0);

    return w->scan ? 0 : walk_failed(problem);
}


static int
walk_failed(aud_problem_t *problem)
{
    return aud_problem_set(problem, 500, "internal-error",
                           "Something went wrong",
                           "The conversations cannot be read.");
}


static int
walk_bind(classification_walk_t *w, const json_t *filter, int strict,
    aud_problem_t *problem)
{
    w->filter = aud_filter_parse(filter, "/filter", problem);

    if (w->filter == NULL) {
        return -1;
    }

    w->plan = aud_plan_create(w->g, w->filter, aud_now(), strict, problem);

    if (w->plan == NULL) {
        return -1;
    }

    return aud_plan_run(w->plan) == 0 ? 0 : walk_failed(problem);
}


void
classification_end(classification_walk_t *w)
{
    if (w->plan) {
        aud_plan_free(w->plan);
    }

    if (w->filter) {
        aud_filter_free(w->filter);
    }

    store_scan_free(w->scan);
    sequences_free(&w->sequences);
    refused_release(w->refused.refused);

    if (w->g) {
        aud_generation_release(w->g);
    }
}


int
classification_next(classification_walk_t *w, json_t **document,
    int (*look)(void *arg), void *arg, aud_error_t *err)
{
    int         rc, holds;
    char        tenant[65];
    aud_str_t   key, value, rest;
    key_kind_t  kind;

    while ((rc = store_scan_next(w->scan, &key, &value, err)) == 1) {
        if (look && look(arg) != 0) {
            return 0;
        }

        if (key_split(key, tenant, &kind, &rest) != 0
            || rest.len != CONVERSATION_KEY
            || memcmp(rest.data, w->key, CONVERSATION_KEY) == 0)
        {
            continue;                       /* where it was taken up again */
        }

        *document = json_loadb(value.data, value.len, 0, NULL);

        if (*document == NULL) {
            return aud_error_set(err, "a conversation cannot be read");
        }

        memcpy(w->key, rest.data, CONVERSATION_KEY);
        w->bytes = value.len;

        holds = walk_holds(w, *document, err);

        if (holds < 0) {
            json_decref(*document);
            return -1;
        }

        if (holds) {
            w->conversations++;

            if (!labeller_would_say(w->labeller, *document)) {
                return 1;
            }

            w->unchanged++;
        }

        json_decref(*document);
    }

    return rc;
}


/* By any of its rows: who said it is who it is of.  -1 with err. */

static int
walk_holds(const classification_walk_t *w, const json_t *document,
    aud_error_t *err)
{
    int        refused;
    size_t     i, slice;
    json_t    *row;
    uint32_t   place;

    if (w->plan == NULL && w->refused.refused->n == 0) {
        return 1;
    }

    json_array_foreach(json_object_get(document, "rows"), i, row) {
        if (!walk_profile(w, row, &slice, &place)) {
            continue;
        }

        if (w->plan && !aud_bit(aud_plan_rows(w->plan, slice), place)) {
            return 0;
        }

        refused = refused_profile(&w->refused, w->g->slices[slice].segment,
                                  place, err);

        return refused < 0 ? -1 : !refused;
    }

    return w->plan == NULL;
}


static int
walk_profile(const classification_walk_t *w, const json_t *row,
    size_t *slice, uint32_t *place)
{
    uint32_t     sequence;
    aud_uuid_t   import;
    const char  *text = document_text(row, "import");

    if (aud_id_parse(text, strlen(text), "imp", &import) != 0) {
        return 0;
    }

    sequence = sequences_of(&w->sequences, &import);

    return sequence
           && profile_of_record(w->g, profile_ref(sequence, json_integer_value(
                                           json_object_get(row, "line"))),
                                slice, place);
}


/* --- what it would cost --------------------------------------------------- */


json_t *
classification_estimate(worker_t *worker, const char *tenant,
    const json_t *filter, aud_problem_t *problem)
{
    json_t       *shown = NULL;
    estimate_t    e = { 0 };
    aud_error_t   err;

    e.labeller = labeller_create(worker, tenant, NULL, NULL, &err);

    if (e.labeller == NULL) {
        (void) walk_failed(problem);

    } else if (classification_begin(&e.walk, worker, tenant, e.labeller,
                                    filter, 1, NULL, problem)
               == 0)
    {
        shown = estimate_walk(&e, &err) == 0 ? estimate_show(&e) : NULL;

        if (shown == NULL) {
            (void) walk_failed(problem);
        }
    }

    classification_end(&e.walk);
    labeller_free(e.labeller);

    return shown;
}


static int
estimate_walk(estimate_t *e, aud_error_t *err)
{
    int           rc;
    json_t       *document, *contact;
    redaction_t  *known;

    while ((rc = classification_next(&e->walk, &document, NULL, NULL, err))
           == 1)
    {
        e->changed++;

        if (e->told < ESTIMATE_SAMPLE && labeller_asks(e->labeller)) {
            e->told++;
            contact = conversation_contact(document);
            known = contact ? person_known(e->walk.g, contact) : NULL;
            rc = known ? labeller_estimate(e->labeller, document, known,
                                           &e->cost)
                       : -1;
            redaction_free(known);
            json_decref(contact);
        }

        json_decref(document);

        if (rc < 0) {
            return aud_error_set(err, "out of memory");
        }
    }

    return rc;
}


static json_t *
estimate_show(const estimate_t *e)
{
    double               each;
    json_t              *shown, *labels, *label;
    uint64_t             left;
    const char          *model, *version;
    classifier_label_t   i;

    each = e->told ? (double) e->changed / e->told : 0;
    labels = json_object();

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        labeller_by(e->labeller, i, &model, &version);
        label = json_pack("{s:s, s:s}", "model", model, "version", version);
        json_object_set_new(labels, classifier_label_name(i), label);
    }

    shown = json_pack("{s:I, s:I, s:I, s:I, s:b, s:o}",
                      "conversations", (json_int_t) e->walk.conversations,
                      "unchanged", (json_int_t) e->walk.unchanged,
                      "questions",
                      (json_int_t) (e->cost.questions * each + 0.5),
                      "tokens", (json_int_t) (e->cost.tokens * each + 0.5),
                      "exact", e->told == e->changed
                               || !labeller_asks(e->labeller),
                      "labels", labels);

    if (shown && llm_tokens_left(e->walk.worker->llm, e->walk.tenant, &left)) {
        json_object_set_new(shown, "budget_left",
                            json_integer((json_int_t) left));
    }

    return shown;
}
