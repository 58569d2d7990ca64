/*
 * A person is erased.
 *
 *   find       the profile that answers for the id, and its records
 *      |
 *   one batch  the records leave 'R' and the base; rows among errors, answers,
 *      |       ended jobs and rules that hold the person's values go; 'H' says
 *      |       by which hashes the person is known, and what is left to do
 *      v       (from here on nobody knows the person's values any more)
 *   list       the hashes go to the file beside the store (erased.h)
 *   spool      rows that an import would not let in any more go from files
 *   segments   that held a row are written anew, the old files removed
 *   exports    that were made before are revoked and their files removed: in
 *      |       the same run those that hold one of the values, else all
 *   store      tables that held one of the keys are written anew, and logs end
 *      |
 *   one batch  'H' has nothing left to do, 'D' says when, the job is done
 *
 * Each step after the first batch is done again where the worker was killed,
 * and a second time does nothing.  Who cancels the job before the first batch
 * has changed nothing; after it, it goes on.
 */

#include <errno.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "audit.h"
#include "document.h"
#include "erase_private.h"
#include "erased_person.h"
#include "faults.h"
#include "log.h"
#include "profile_find.h"


static job_outcome_t erase_run(erase_t *e, const json_t *args);
static int erase_load(erase_t *e, const json_t *args);
static int erase_begin(erase_t *e, const json_t *args);
static int erase_find(erase_t *e, const json_t *args);
static int erase_hashes(erase_t *e, size_t slice, uint32_t row);
static int erase_find_again(erase_t *e);
static int erase_unheard(erase_t *e, const json_t *document);
static int erase_find_hits(erase_t *e, const aud_slice_t *slice);
static int erase_take(erase_t *e, aud_str_t records, int all);
static int erase_gather(erase_t *e);
static job_outcome_t erase_make_true(erase_t *e);
static job_outcome_t erase_rest(erase_t *e);
static void erase_bar(erase_t *e);
static int erase_waiting(erase_t *e);
static job_outcome_t erase_end(erase_t *e);
static void erase_free(erase_t *e);


job_outcome_t
resolve_erase(resolve_t *r)
{
    const json_t   *args = json_object_get(job_args(r->run), "erase");
    const char     *text = document_text(args, "id");
    erase_t         e = { .r = r };
    job_outcome_t   outcome;

    if (aud_id_parse(text, strlen(text), "adt", &e.id) != 0) {
        job_error(r->run, "The job names no erasure.");
        return JOB_FAILED;
    }

    memcpy(e.text, text, AUD_ID_LEN + 1);
    outcome = erase_run(&e, args);

    if (outcome == JOB_RETRY) {
        if (r->err.no == ENOSPC) {
            job_error(r->run, "The disk is full.");

        } else if (r->err.text[0]) {
            (void) resolve_retry(r);
        }
    }

    erase_free(&e);

    return outcome;
}


static job_outcome_t
erase_run(erase_t *e, const json_t *args)
{
    job_outcome_t  outcome;

    if (erase_load(e, args) != 0) {
        return JOB_RETRY;
    }

    if (e->document && e->pending == NULL) {        /* it has been done */
        return job_complete(e->r->run, JOB_DONE, NULL);
    }

    if (e->document == NULL) {
        if (erase_begin(e, args) != 0) {
            return JOB_RETRY;
        }

        if (job_stopping(e->r->run)) {
            return JOB_CANCELLED;
        }

        outcome = erase_make_true(e);

        if (outcome != JOB_DONE) {
            return outcome;
        }
    }

    fault("erase", FAULT_TRUE);
    outcome = erase_rest(e);

    return outcome == JOB_DONE ? erase_end(e) : outcome;
}


/* How far it has come. */

static int
erase_load(erase_t *e, const json_t *args)
{
    int         found;
    char        job[AUD_ID_LEN + 1];
    resolve_t  *r = e->r;

    e->document = document_get(r->worker->store, r->tenant, KEY_ERASED, &e->id,
                               &found);
    e->pending = json_object_get(e->document, "pending");

    if (found < 0) {
        return aud_error_set(&r->err, "an erasure cannot be read");
    }

    e->audit = document_get(r->worker->store, r->tenant, KEY_AUDIT, &e->id,
                            &found);

    if (e->audit == NULL) {
        aud_id_format(job, "job", job_id(r->run));
        e->audit = audit_erasure(e->text, NULL, NULL, "", job, aud_now());
    }

    e->again = json_is_true(json_object_get(args, "again"));
    e->texts = json_object();
    e->leaving = json_object();

    return found < 0 || e->audit == NULL || !e->texts || !e->leaving
           ? aud_error_set(&r->err, "the audit trail cannot be read") : 0;
}


/* --- who it is ------------------------------------------------------------ */


static int
erase_begin(erase_t *e, const json_t *args)
{
    resolve_t        *r = e->r;
    erased_hasher_t  *hasher;

    job_progress(r->run, "reading", 0);

    /* so that there is a key, which the document names */

    hasher = erased_hasher(r->worker->erased, r->tenant, &r->err);
    if (hasher == NULL) {
        return -1;
    }

    erased_hasher_free(hasher);
    e->g = base_generation(r->base);
    e->document = erased_document(r->worker->erased, e->text, aud_now(),
                                  json_array(), json_array());
    e->pending = json_pack("{s:I, s:[], s:{}}", "generation", (json_int_t) 0,
                           "segments", "imports");

    if (e->g == NULL || e->document == NULL
        || json_object_set_new(e->document, "pending", e->pending) != 0)
    {
        return aud_error_set(&r->err, "out of memory");
    }

    if ((e->again ? erase_find_again(e) : erase_find(e, args)) != 0) {
        return -1;
    }

    refs_sort(&r->refs);
    e->known = !e->again;

    return erase_gather(e);
}


/* Where nobody answers for the id any more (what it came from was undone before
 * it was this job's turn) the hashes of when it was asked for count still. */

static int
erase_find(erase_t *e, const json_t *args)
{
    int          rc;
    size_t       slice;
    uint32_t     row;
    resolve_t   *r = e->r;
    aud_uuid_t   profile;
    const char  *text = document_text(args, "profile");

    if (aud_id_parse(text, strlen(text), "prf", &profile) != 0) {
        return aud_error_set(&r->err, "the job names no profile");
    }

    rc = profile_find(e->g, &r->resolving.sequences, r->worker->store,
                      r->tenant, &profile, &slice, &row, &r->err);

    if (rc < 0) {
        return -1;
    }

    if (json_array_extend(json_object_get(e->document, "hashes"),
                          json_object_get(args, "hashes")) != 0
        && json_object_get(args, "hashes"))
    {
        return aud_error_set(&r->err, "out of memory");
    }

    return rc ? erase_hashes(e, slice, row) : 0;
}


static int
erase_hashes(erase_t *e, size_t slice, uint32_t row)
{
    int         rc;
    json_t     *hashes;
    resolve_t  *r = e->r;

    hashes = erased_person_hashes(r->worker->erased, r->tenant, e->g,
                                  &r->resolving, slice, row, &r->err);
    if (hashes == NULL) {
        return -1;
    }

    rc = json_array_extend(json_object_get(e->document, "hashes"), hashes);
    json_decref(hashes);

    return rc == 0 && erase_take(e, aud_segment_records(
                                     e->g->slices[slice].segment, row), 1) == 0
           ? 0 : aud_error_set(&r->err, "out of memory");
}


/* The store was restored: whoever is in the list, by record or by hash. */

static int
erase_find_again(erase_t *e)
{
    int         rc = 0;
    size_t      i;
    json_t     *unheard;
    resolve_t  *r = e->r;

    unheard = erased_unheard(r->worker->erased, r->tenant, &r->err);

    if (unheard == NULL
        || erased_check_create(r->worker->erased, r->tenant, NULL, &e->check,
                               &r->err)
           != 0)
    {
        json_decref(unheard);
        return -1;
    }

    for (i = 0; i < json_array_size(unheard) && rc == 0; i++) {
        rc = erase_unheard(e, json_array_get(unheard, i));
    }

    json_decref(unheard);
    refs_sort(&e->listed);

    for (i = 0; i < e->g->nslices && rc == 0; i++) {
        job_progress(r->run, "reading", 0.1 * i / e->g->nslices);
        rc = erase_find_hits(e, &e->g->slices[i]);
    }

    return rc == 0 ? 0 : aud_error_set(&r->err, "out of memory");
}


/* From now on the store has heard of it. */

static int
erase_unheard(erase_t *e, const json_t *document)
{
    size_t       i;
    json_t      *record;
    uint64_t     ref;
    resolve_t   *r = e->r;
    aud_uuid_t   id;
    const char  *text;

    text = document_text(document, "id");

    if (aud_id_parse(text, strlen(text), "adt", &id) != 0
        || document_put(r->effects, r->tenant, KEY_ERASED, &id, document) != 0)
    {
        return -1;
    }

    json_array_foreach(json_object_get(document, "records"), i, record) {
        text = json_string_value(json_array_get(record, 0));
        ref = text && aud_id_parse(text, strlen(text), "imp", &id) == 0
              ? sequences_of(&r->resolving.sequences, &id) : 0;

        if (ref
            && refs_add(&e->listed, profile_ref(ref, json_integer_value(
                                                json_array_get(record, 1))))
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
erase_find_hits(erase_t *e, const aud_slice_t *slice)
{
    int       rc = 0;
    uint32_t  row;

    for (row = 0; row < slice->segment->rows && rc == 0; row++) {
        if (slice->deleted == NULL || !aud_bit(slice->deleted, row)) {
            rc = erase_take(e, aud_segment_records(slice->segment, row), 0);
        }
    }

    return rc;
}


/* Records of a row that go, and their values. */

static int
erase_take(erase_t *e, aud_str_t records, int all)
{
    int                   hit;
    aud_source_record_t   record;

    while (aud_source_record_read(&records, &record) == 1) {
        hit = all || refs_have(&e->listed, record.ref)
              || (e->check ? erased_check_record(e->check, &record) : 0);

        if (hit < 0
            || (hit && (refs_add(&e->r->refs, record.ref) != 0
                        || erase_text(e, record.phone) != 0
                        || erase_text(e, record.email) != 0
                        || erase_text(e, record.tax_document) != 0)))
        {
            return -1;
        }
    }

    return 0;
}


/* --- what goes in one batch ----------------------------------------------- */


static int
erase_gather(erase_t *e)
{
    resolve_t  *r = e->r;

    erased_check_free(e->check);

    if (erased_check_create(r->worker->erased, r->tenant, e->document,
                            &e->check, &r->err)
        != 0
        || erase_records(e) != 0 || erase_errors(e) != 0
        || learning_put(&r->learning, r->run, 0, r->effects, &r->err) != 0
        || erase_answers(e) != 0 || erase_rules(e) != 0
        || erase_undone(e) != 0 || erase_segments(e) != 0
        || resolve_fields(r, &e->gone, e->leaving, &e->retyped) != 0)
    {
        return -1;
    }

    json_object_set_new(e->audit, "records",
                        json_integer((json_int_t) r->refs.n));
    json_object_set_new(e->pending, "generation", json_integer(
                        (json_int_t) e->g->number + 1));

    return document_put(r->effects, r->tenant, KEY_ERASED, &e->id, e->document)
           == 0
           && document_put(r->effects, r->tenant, KEY_AUDIT, &e->id, e->audit)
              == 0 ? 0 : aud_error_set(&r->err, "out of memory");
}


static job_outcome_t
erase_make_true(erase_t *e)
{
    resolve_t          *r = e->r;
    job_outcome_t       outcome;
    profiles_change_t   change = { 0 };

    if (r->refs.n == 0) {
        outcome = job_commit(r->run, r->effects);
        r->effects = NULL;

    } else {
        change.run = r->run;
        change.base = r->base;
        change.fields = &r->fields;
        change.retyped = e->retyped;
        change.goes_on = 1;
        change.resolving = &r->resolving;
        change.change.removed = r->refs.items;
        change.change.nremoved = r->refs.n;
        change.said = r->said;
        change.effects = r->effects;
        outcome = profiles_change(&change);
    }

    if (outcome == JOB_DONE
        && erased_add(r->worker->erased, r->tenant, e->document) != 0)
    {
        log_no_memory("erasing");
    }

    return outcome;
}


/* --- and what follows it -------------------------------------------------- */


static job_outcome_t
erase_rest(erase_t *e)
{
    resolve_t      *r = e->r;
    job_outcome_t   outcome;

    erase_bar(e);
    job_progress(r->run, "erasing files", 0.5);

    if (erased_keep(r->worker->erased, r->tenant, e->document, &r->err) != 0) {
        return JOB_RETRY;
    }

    fault("erase", FAULT_LISTED);

    if (erase_waiting(e) != 0) {
        return JOB_RETRY;
    }

    fault("erase", FAULT_SPOOLED);
    outcome = erase_rewrite(e);

    if (outcome != JOB_DONE) {
        return outcome;
    }

    fault("erase", FAULT_REWRITTEN);
    outcome = erase_exports(e);

    if (outcome != JOB_DONE) {
        return outcome;
    }

    fault("erase", FAULT_REVOKED);
    job_progress(r->run, "rewriting the store", 0.8);

    switch (erase_purge(e)) {

    case STORE_OK:
        fault("erase", FAULT_PURGED);
        return JOB_DONE;

    case STORE_FULL:
        r->err.no = ENOSPC;
        return JOB_RETRY;

    default:
        return JOB_RETRY;
    }
}


/* Exports of an older generation end before this, or not at all. */

static void
erase_bar(erase_t *e)
{
    resolve_t         *r = e->r;
    aud_generation_t  *g;

    base_lock(r->base);
    g = base_generation(r->base);
    json_object_set_new(e->pending, "generation",
                        json_integer((json_int_t) g->number));
    erased_set_generation(r->worker->erased, r->tenant, g->number);
    aud_generation_release(g);
    base_unlock(r->base);
}


static int
erase_waiting(erase_t *e)
{
    resolve_t         *r = e->r;
    aud_generation_t  *g;

    if (e->check == NULL
        && erased_check_create(r->worker->erased, r->tenant, NULL, &e->check,
                               &r->err)
           != 0)
    {
        return -1;
    }

    g = base_generation(r->base);
    erased_check_living(e->check, g);
    aud_generation_release(g);

    return erase_spool(e);
}


static job_outcome_t
erase_end(erase_t *e)
{
    size_t          n;
    resolve_t      *r = e->r;
    job_outcome_t   outcome;
    store_batch_t  *batch;

    n = json_integer_value(json_object_get(e->audit, "records"));
    batch = store_batch_create();
    json_object_del(e->document, "pending");
    audit_end(e->audit, "done", n, aud_now());

    if (batch == NULL || learning_follow(r->run, batch, &r->err) != 0
        || document_put(batch, r->tenant, KEY_ERASED, &e->id, e->document) != 0
        || document_put(batch, r->tenant, KEY_AUDIT, &e->id, e->audit) != 0)
    {
        store_batch_free(batch);
        aud_error_set(&r->err, "out of memory");
        return JOB_RETRY;
    }

    outcome = job_complete(r->run, JOB_DONE, batch);

    if (outcome == JOB_DONE) {
        log_line(LOG_INFO, NULL, "person erased", "s:tenant", r->tenant,
                 "s:audit", e->text, "i:records", (long long) n, NULL);
    }

    return outcome;
}


void
resolve_erase_gave_up(worker_t *worker, const char *tenant,
    const json_t *erase, const char *error, store_batch_t *batch)
{
    json_t      *audit;
    aud_uuid_t   id;
    const char  *text = document_text(erase, "id");

    if (aud_id_parse(text, strlen(text), "adt", &id) != 0) {
        return;
    }

    audit = document_get(worker->store, tenant, KEY_AUDIT, &id, NULL);

    if (audit) {
        json_object_set_new(audit, "state", json_string(
                            error && error[0] ? "failed" : "cancelled"));
        (void) document_put(batch, tenant, KEY_AUDIT, &id, audit);
        json_decref(audit);
    }
}


static void
erase_free(erase_t *e)
{
    aud_free(e->listed.items);
    fields_free(&e->gone);
    erased_check_free(e->check);
    json_decref(e->texts);
    json_decref(e->leaving);
    json_decref(e->document);
    json_decref(e->audit);

    if (e->g) {
        aud_generation_release(e->g);
    }
}
