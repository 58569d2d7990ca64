/*
 * The job "rebuild".
 *
 * All source records of the tenant are held in memory meanwhile, as the writer
 * of the segment holds their values; then they are folded profile by profile.
 */

#include <errno.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "label.h"
#include "log.h"
#include "rebuild.h"
#include "rebuild_private.h"
#include "settings.h"
#include "store.h"


static job_outcome_t rebuild_run(job_run_t *run);
static int rebuild_resolve(rebuild_t *r);
static int rebuild_write(rebuild_t *r);
static int rebuild_fold(rebuild_t *r, fold_t *fold, segment_writer_t *writer,
    aud_str_t *cells);
static int rebuild_labels(rebuild_t *r, fold_t *fold,
    const resolution_profile_t *profile);
static int rebuild_fold_row(rebuild_t *r, fold_t *fold, uint32_t row,
    aud_str_t *cells);
static int rebuild_put(rebuild_t *r, store_batch_t *batch);
static job_outcome_t rebuild_commit(rebuild_t *r);
static void rebuild_free(rebuild_t *r);


const job_type_t  rebuild_job = {
    .name = "rebuild",
    .run = rebuild_run,
    .exclusive = 1
};


static job_outcome_t
rebuild_run(job_run_t *run)
{
    rebuild_t      r = { 0 };
    job_outcome_t  outcome;

    r.run = run;
    r.worker = job_worker(run);
    r.tenant = job_tenant(run);
    r.base = bases_get(r.worker->bases, r.tenant);

    if (r.base == NULL || rebuild_read(&r) != 0 || rebuild_write(&r) != 0) {
        job_error(run, "%s", r.err.no == ENOSPC ? "The disk is full."
                                                : r.err.text);
        outcome = job_stopping(run) ? JOB_CANCELLED : JOB_RETRY;

    } else {
        outcome = rebuild_commit(&r);
    }

    rebuild_free(&r);

    return outcome;
}


/* All records at once, with nothing known of them but the rules of people. */

static int
rebuild_resolve(rebuild_t *r)
{
    size_t               i;
    resolution_change_t  change = { 0 };

    r->empty = aud_generation_empty();
    r->resolving.policy = &r->worker->settings->policy;
    r->resolving.listed = r->worker->listed;

    if (r->empty == NULL) {
        return aud_error_set(&r->err, "out of memory");
    }

    if (rules_load(&r->resolving.rules, r->worker->store, r->tenant, &r->err)
        != 0)
    {
        return -1;
    }

    for (i = 0; i < r->nimports; i++) {
        if (sequences_add(&r->resolving.sequences, r->imports[i].sequence,
                          &r->imports[i].id)
            != 0)
        {
            return aud_error_set(&r->err, "out of memory");
        }
    }

    change.added = r->records;
    change.nadded = r->nrows;
    r->resolution = resolution_run(&r->resolving, r->empty, &change, &r->err);

    return r->resolution ? 0 : -1;
}


static int
rebuild_write(rebuild_t *r)
{
    int                 rc = -1;
    fold_t             *fold;
    aud_str_t          *cells;
    aud_field_t        *plain;
    segment_writer_t   *writer = NULL;
    segment_summary_t   summary;

    if (r->nrows == 0) {
        return 0;
    }

    job_progress(r->run, "resolving", 0.5);

    if (rebuild_resolve(r) != 0) {
        return -1;
    }

    job_progress(r->run, "folding", 0.6);

    fold = fold_create(&r->fields);
    cells = aud_calloc((size_t) r->max_columns + 1, sizeof(aud_str_t));
    plain = fields_plain(&r->fields);

    if (plain) {
        writer = segment_writer_create(plain, r->fields.n);
    }

    r->index = conversation_index_create(r->worker->store, r->tenant);

    if (fold == NULL || cells == NULL || writer == NULL || r->index == NULL
        || rebuild_fold(r, fold, writer, cells) != 0)
    {
        aud_error_set(&r->err, "out of memory");
        goto done;
    }

    job_progress(r->run, "writing", 0.8);

    r->segment.number = base_segment_number(r->base);
    rc = segment_writer_write(writer, base_folder(r->base),
                              r->segment.number, &summary, &r->err);

    if (rc == 0) {
        r->segment.checksum = summary.checksum;
        r->segment.rows = summary.rows;
    }

done:

    segment_writer_free(writer);
    fold_free(fold);
    aud_free(cells);
    aud_free(plain);

    return rc;
}


static int
rebuild_fold(rebuild_t *r, fold_t *fold, segment_writer_t *writer,
    aud_str_t *cells)
{
    size_t                        i, k;
    const resolution_t           *resolution = r->resolution;
    const resolution_profile_t   *profile;

    for (i = 0; i < resolution->nprofiles; i++) {
        profile = &resolution->profiles[i];
        fold_begin(fold);

        for (k = 0; k < profile->nmembers; k++) {
            if (rebuild_fold_row(r, fold,
                                 resolution->members[profile->members + k]
                                     .added, cells)
                != 0)
            {
                return -1;
            }
        }

        if (rebuild_labels(r, fold, profile) != 0
            || fold_write(fold, writer, &profile->id) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
rebuild_labels(rebuild_t *r, fold_t *fold,
    const resolution_profile_t *profile)
{
    int                          rc;
    uint32_t                     k;
    uint64_t                     ref, *refs;
    const char                  *name, *text;
    classifier_label_t           label;
    conversation_said_t          said;
    const resolution_member_t   *members;

    members = &r->resolution->members[profile->members];
    refs = aud_calloc((size_t) profile->nmembers + 1, sizeof(uint64_t));

    if (refs == NULL) {
        return -1;
    }

    for (k = 0; k < profile->nmembers; k++) {
        refs[k] = members[k].record->ref;
    }

    rc = conversation_index_profile(r->index, &r->resolving.sequences, refs,
                                    profile->nmembers, &said, &ref, &r->err);
    aud_free(refs);

    for (label = 0; rc == 1 && label < CLASSIFIER_LABELS; label++) {
        name = classifier_label_name(label);
        text = label_text(label, said.labels[label]);
        fold_label(fold, aud_str(name, strlen(name)),
                   aud_str(text, text ? strlen(text) : 0));
    }

    return rc < 0 ? -1 : 0;
}


static int
rebuild_fold_row(rebuild_t *r, fold_t *fold, uint32_t row, aud_str_t *cells)
{
    size_t                     at;
    record_t                   record;
    aud_source_record_t        identity;
    const rebuild_row_t       *from = &r->rows[row];
    const rebuild_import_t    *import = &r->imports[from->import];
    const component_record_t  *about = &r->records[row];

    at = from->at;

    if (record_read(r->blocks[from->block], &at, import->source.ncolumns,
                    &record, cells)
        != 0)
    {
        return -1;
    }

    identity.ref = about->ref;
    identity.tax_document = about->values[COMPONENT_TAX_DOCUMENT];
    identity.phone = about->values[COMPONENT_PHONE];
    identity.email = about->values[COMPONENT_EMAIL];
    identity.name = about->name;
    fold_record(fold, &import->source, &identity, record.cells);

    return 0;
}


static job_outcome_t
rebuild_commit(rebuild_t *r)
{
    job_outcome_t   outcome;
    base_change_t   change = { 0 };
    base_status_t   status;
    store_batch_t  *batch;

    job_progress(r->run, "committing", 0.9);

    batch = store_batch_create();
    base_lock(r->base);

    /* under the lock: audiences change, records do not while this job runs */

    if (rebuild_audiences(r, batch) != 0
        || rebuild_put(r, batch) != 0)
    {
        status = BASE_FAILED;

    } else {
        change.added = r->nrows ? &r->segment : NULL;
        change.fields = r->fields.items;
        change.nfields = r->fields.n;
        change.rebuilt = 1;
        change.audiences = r->audiences;
        change.naudiences = r->naudiences;

        status = base_prepare(r->base, &change, batch, &r->err);
    }

    if (status != BASE_OK) {
        base_unlock(r->base);
        store_batch_free(batch);
        job_error(r->run, "%s", status == BASE_FULL ? "The disk is full."
                                                    : r->err.text);
        return JOB_RETRY;
    }

    outcome = job_complete(r->run, JOB_DONE, batch);

    if (outcome != JOB_DONE) {
        base_abandon(r->base);

    } else if (base_publish(r->base, &r->err) != BASE_OK) {
        log_line(LOG_ERROR, NULL, "rebuilt base is kept but not published",
                 "s:tenant", r->tenant, "s:error", r->err.text, NULL);
    }

    base_unlock(r->base);

    return outcome;
}


/* What resolution has found, in place of what it had found before. */

static int
rebuild_put(rebuild_t *r, store_batch_t *batch)
{
    int            rc;
    size_t         i;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(r->tenant, KEY_BLOCKED);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        store_batch_delete(batch, key);
    }

    store_scan_free(scan);

    for (i = 0; i < r->nimports; i++) {
        sequences_put(batch, r->tenant, r->imports[i].sequence,
                      &r->imports[i].id);
    }

    if (rc == 0 && r->resolution
        && resolution_put(r->resolution, batch, r->tenant, aud_now()) != 0)
    {
        return aud_error_set(&r->err, "out of memory");
    }

    return rc;
}


static void
rebuild_free(rebuild_t *r)
{
    size_t  i;

    for (i = 0; i < r->nimports; i++) {
        json_decref(r->imports[i].record);
        identity_columns_free(&r->imports[i].identifying);
        aud_free(r->imports[i].map);
    }

    for (i = 0; i < r->nblocks; i++) {
        aud_free((char *) r->blocks[i].data);
    }

    for (i = 0; i < r->naudiences; i++) {
        free((char *) r->audiences[i].filter.data);     /* jansson's */
        aud_free((aud_uuid_t *) r->audiences[i].members);
    }

    aud_free(r->imports);
    aud_free(r->blocks);
    aud_free(r->rows);
    aud_free(r->records);
    conversation_index_free(r->index);
    resolution_free(r->resolution);
    resolution_base_free(&r->resolving);
    aud_arena_free(&r->texts);

    if (r->empty) {
        aud_generation_release(r->empty);
    }

    aud_free(r->audiences);
    fields_free(&r->fields);
}
