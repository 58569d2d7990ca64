/*
 * An import is undone: its records go, with all that speaks of them.
 */

#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "document.h"
#include "import_record.h"
#include "log.h"
#include "records.h"
#include "refusals.h"
#include "resolve_private.h"


typedef struct {
    resolve_t      *r;
    aud_uuid_t      id;
    char            text[AUD_ID_LEN + 1];
    json_t         *record;
    uint32_t        sequence;       /* 0: it has put nothing into the base */
    aud_str_t      *names;          /* of the fields that its columns became */
    uint32_t       *map;
    fold_source_t   source;
    fold_t         *fold;
    fields_t        gone;           /* counts of what its records say */
    aud_str_t      *cells;
    aud_buffer_t    block;
} undo_t;


static job_outcome_t undo_run(undo_t *u);
static int undo_prepare(undo_t *u);
static int undo_read(undo_t *u);
static int undo_block(undo_t *u, aud_str_t value);
static int undo_events(undo_t *u);
static int undo_errors(undo_t *u);
static int undo_fields(undo_t *u, int *retyped);
static int undo_has_rows(const undo_t *u);
static void undo_free(undo_t *u);


job_outcome_t
resolve_undo(resolve_t *r)
{
    int            found;
    char           path[DOCUMENT_PATH_MAX];
    undo_t         u = { .r = r };
    const char    *state;
    job_outcome_t  outcome;

    strncpy(u.text, document_text(job_args(r->run), "undo"), AUD_ID_LEN);

    if (aud_id_parse(u.text, strlen(u.text), "imp", &u.id) != 0) {
        job_error(r->run, "The job names no import.");
        return JOB_FAILED;
    }

    u.record = document_get(r->worker->store, r->tenant, KEY_IMPORT, &u.id,
                            &found);
    state = document_text(u.record, "state");

    if (u.record == NULL) {
        job_error(r->run, "The record of the import cannot be read.");
        outcome = found ? JOB_RETRY : JOB_FAILED;

    } else if (strcmp(state, "succeeded") != 0 && strcmp(state, "failed") != 0
               && strcmp(state, "undone") != 0)
    {
        job_error(r->run, "The import has not finished.");
        outcome = JOB_FAILED;

    } else {
        outcome = undo_run(&u);
    }

    if (outcome == JOB_DONE) {
        refusals_changed(r->worker->refusals, r->tenant, NULL);
        document_spool_path(r->worker, r->tenant, &u.id, path);
        (void) unlink(path);
    }

    undo_free(&u);

    return outcome;
}


static job_outcome_t
undo_run(undo_t *u)
{
    int                 retyped = 0;
    resolve_t          *r = u->r;
    job_outcome_t       outcome;
    store_batch_t      *effects;
    profiles_change_t   change = { 0 };

    job_progress(r->run, "reading", 0);
    u->sequence = sequences_of(&r->resolving.sequences, &u->id);

    if (undo_errors(u) != 0 || undo_events(u) != 0
        || refusals_undo(r->worker->refusals, r->tenant, &u->id, r->effects,
                         &r->err)
           != 0
        || conversations_undo(r->worker, r->tenant, &u->id, r->said,
                              &r->learning, r->effects, &r->err)
           != 0
        || learning_put(&r->learning, r->run, 1, r->effects, &r->err) != 0
        || (undo_has_rows(u) && (undo_prepare(u) != 0 || undo_read(u) != 0
                            || undo_fields(u, &retyped) != 0)))
    {
        return resolve_retry(r);
    }

    if (strcmp(document_text(u->record, "state"), "undone") != 0) {
        document_state(u->record, "undone", aud_now());
    }

    if (document_put(r->effects, r->tenant, KEY_IMPORT, &u->id, u->record)
        != 0)
    {
        aud_error_set(&r->err, "out of memory");
        return resolve_retry(r);
    }

    if (u->sequence == 0) {
        effects = r->effects;
        r->effects = NULL;
        return job_complete(r->run, JOB_DONE, effects);
    }

    sequences_delete(r->effects, r->tenant, u->sequence);
    change.run = r->run;
    change.base = r->base;
    change.fields = &r->fields;
    change.retyped = retyped;
    change.resolving = &r->resolving;
    change.change.removed = r->refs.items;
    change.change.nremoved = r->refs.n;
    change.said = r->said;
    change.effects = r->effects;
    outcome = profiles_change(&change);

    if (outcome == JOB_DONE) {
        log_line(LOG_INFO, NULL, "import undone", "s:tenant", r->tenant,
                 "s:import", u->text, "i:rows", (long long) r->refs.n, NULL);
    }

    return outcome;
}


static int
undo_prepare(undo_t *u)
{
    uint32_t   i, n;
    resolve_t *r = u->r;

    u->names = import_record_texts(u->record, "fields", &n);

    if (u->names == NULL) {
        return aud_error_set(&r->err, "the record of the import is damaged");
    }

    u->map = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    u->cells = aud_calloc((size_t) n + 1, sizeof(aud_str_t));

    if (u->map == NULL || u->cells == NULL
        || fields_init(&u->gone, r->fields.items, r->fields.n) != 0)
    {
        return aud_error_set(&r->err, "out of memory");
    }

    for (i = 0; i < u->gone.n; i++) {
        memset(u->gone.items[i].counts, 0, sizeof(u->gone.items[i].counts));
    }

    for (i = 0; i < n; i++) {
        u->map[i] = fields_find(&u->gone, u->names[i]);

        if (u->map[i] == FIELDS_NONE) {
            return aud_error_set(&r->err, "a field of the import is missing");
        }
    }

    u->source.ncolumns = n;
    u->source.fields = u->map;
    u->fold = fold_create(&u->gone);

    return u->fold ? 0 : aud_error_set(&r->err, "out of memory");
}


/* What its records are and say; their blocks go. */

static int
undo_read(undo_t *u)
{
    int            rc;
    resolve_t     *r = u->r;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_id(r->tenant, KEY_RECORDS, &u->id);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        if (undo_block(u, value) != 0) {
            rc = -1;
            break;
        }

        store_batch_delete(r->effects, key);
    }

    store_scan_free(scan);

    return rc;
}


static int
undo_block(undo_t *u, aud_str_t value)
{
    int              rc;
    record_t         record;
    resolve_t       *r = u->r;
    record_reader_t  reader;

    u->block.len = 0;

    if (record_block_unpack(&u->block, value, &r->err) != 0
        || record_reader_open(&reader, aud_buffer_str(&u->block),
                              u->source.ncolumns, &r->err)
           != 0)
    {
        return -1;
    }

    while ((rc = record_reader_next(&reader, &record, u->cells, &r->err))
           == 1)
    {
        fold_count(u->fold, &u->gone, &u->source, record.cells);

        if (refs_add(&r->refs, profile_ref(u->sequence, record.line)) != 0) {
            return aud_error_set(&r->err, "out of memory");
        }
    }

    return rc;
}


static int
undo_errors(undo_t *u)
{
    int            rc;
    resolve_t     *r = u->r;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_id(r->tenant, KEY_ERRORS, &u->id);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        store_batch_delete(r->effects, key);
    }

    store_scan_free(scan);

    return rc;
}


/* What it has counted may come again. */

static int
undo_events(undo_t *u)
{
    int            rc;
    resolve_t     *r = u->r;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    if (import_record_kind(u->record) == INTAKE_CONTACTS) {
        return 0;
    }

    prefix = key_prefix(r->tenant, KEY_EVENT);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        if (value.len == sizeof(u->id.bytes)
            && memcmp(value.data, u->id.bytes, value.len) == 0)
        {
            store_batch_delete(r->effects, key);
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
undo_fields(undo_t *u, int *retyped)
{
    int      rc;
    json_t  *leaving;

    leaving = json_pack("{s:b}", u->text, 1);
    rc = resolve_fields(u->r, &u->gone, leaving, retyped);
    json_decref(leaving);

    return rc;
}


/* Those that it had may all have been erased, and its fields gone with them. */

static int
undo_has_rows(const undo_t *u)
{
    json_t  *rows = json_object_get(u->record, "rows");

    return u->sequence
           && json_integer_value(json_object_get(rows, "imported")) != 0;
}


static void
undo_free(undo_t *u)
{
    fold_free(u->fold);
    fields_free(&u->gone);
    json_decref(u->record);
    aud_free(u->names);
    aud_free(u->map);
    aud_free(u->cells);
    aud_buffer_free(&u->block);
}
