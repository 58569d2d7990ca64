/*
 * The job "rebuild".
 *
 * All source records of the tenant are held in memory meanwhile, as the writer
 * of the segment holds their values; then they are folded profile by profile.
 */

#include <errno.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_arena.h"
#include "aud_clock.h"
#include "base.h"
#include "document.h"
#include "fold.h"
#include "import_record.h"
#include "log.h"
#include "profile_ids.h"
#include "rebuild.h"
#include "record_identity.h"
#include "resolution.h"
#include "store.h"


typedef struct {
    aud_uuid_t     id;
    uint32_t       sequence;
    json_t        *record;
    uint32_t      *map;             /* column to field */
    fold_source_t  source;
    identity_columns_t  identifying;
} rebuild_import_t;

typedef struct {                    /* ascending by ref */
    uint32_t       import;          /* in order of their sequences */
    uint32_t       block;
    uint32_t       at;
} rebuild_row_t;

typedef struct {
    job_run_t         *run;
    worker_t          *worker;
    const char        *tenant;
    base_t            *base;

    rebuild_import_t  *imports;
    size_t             nimports;
    size_t             imports_capacity;
    aud_str_t         *blocks;      /* copies of the store's values */
    size_t             nblocks;
    size_t             blocks_capacity;
    rebuild_row_t     *rows;
    size_t             nrows;
    size_t             rows_capacity;
    component_record_t *records;    /* [nrows] whom they are about */
    size_t             records_capacity;
    aud_arena_t        texts;       /* of records */
    aud_generation_t  *empty;
    resolution_base_t  resolving;
    resolution_t      *resolution;
    uint32_t           max_columns;

    fields_t           fields;
    aud_audience_t    *audiences;
    size_t             naudiences;
    size_t             audiences_capacity;
    base_segment_t     segment;
    aud_error_t        err;
} rebuild_t;


static job_outcome_t rebuild_run(job_run_t *run);
static int rebuild_read(rebuild_t *r);
static int rebuild_scan(rebuild_t *r, key_kind_t kind,
    int (*each)(rebuild_t *r, const aud_uuid_t *id, json_t *record));
static int rebuild_import(rebuild_t *r, const aud_uuid_t *id, json_t *record);
static int rebuild_audience(rebuild_t *r, const aud_uuid_t *id,
    json_t *record);
static int rebuild_map(rebuild_t *r, rebuild_import_t *import);
static int rebuild_records(rebuild_t *r);
static int rebuild_blocks(rebuild_t *r, fold_t *fold, uint32_t import,
    aud_str_t *cells);
static int rebuild_block(rebuild_t *r, fold_t *fold, uint32_t import,
    aud_str_t value, aud_str_t *cells);
static int rebuild_record(rebuild_t *r, const rebuild_import_t *import,
    const record_t *record);
static int rebuild_resolve(rebuild_t *r);
static int rebuild_write(rebuild_t *r);
static int rebuild_fold(rebuild_t *r, fold_t *fold, segment_writer_t *writer,
    aud_str_t *cells);
static int rebuild_fold_row(rebuild_t *r, fold_t *fold, uint32_t row,
    aud_str_t *cells);
static int rebuild_put(rebuild_t *r, store_batch_t *batch);
static job_outcome_t rebuild_commit(rebuild_t *r);
static void rebuild_free(rebuild_t *r);
static int rebuild_grow(void *items, size_t size, size_t n, size_t *capacity);
static int rebuild_by_sequence(const void *a, const void *b);


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


static int
rebuild_read(rebuild_t *r)
{
    size_t  i;

    job_progress(r->run, "reading", 0);

    if (fields_init(&r->fields, NULL, 0) != 0) {
        return aud_error_set(&r->err, "out of memory");
    }

    if (rebuild_scan(r, KEY_IMPORT, rebuild_import) != 0) {
        return -1;
    }

    if (r->nimports) {
        qsort(r->imports, r->nimports, sizeof(rebuild_import_t),
              rebuild_by_sequence);
    }

    for (i = 0; i < r->nimports; i++) {
        if (rebuild_map(r, &r->imports[i]) != 0) {
            return -1;
        }
    }

    return rebuild_records(r);
}


/* Calls each, which takes record, for every document of a kind. */

static int
rebuild_scan(rebuild_t *r, key_kind_t kind,
    int (*each)(rebuild_t *r, const aud_uuid_t *id, json_t *record))
{
    int            rc;
    char           tenant[65];
    json_t        *record;
    aud_str_t      key, value, rest;
    key_kind_t     found;
    aud_uuid_t     id;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(r->tenant, kind);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        record = json_loadb(value.data, value.len, 0, NULL);

        if (record == NULL || key_split(key, tenant, &found, &rest) != 0
            || rest.len != sizeof(id.bytes))
        {
            json_decref(record);
            rc = aud_error_set(&r->err, "a record of the store is damaged");
            break;
        }

        memcpy(id.bytes, rest.data, sizeof(id.bytes));

        if (each(r, &id, record) != 0) {
            rc = -1;
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
rebuild_import(rebuild_t *r, const aud_uuid_t *id, json_t *record)
{
    rebuild_import_t  *import;

    if (strcmp(document_text(record, "state"), "succeeded") != 0) {
        json_decref(record);
        return 0;
    }

    if (rebuild_grow(&r->imports, sizeof(rebuild_import_t), r->nimports,
                     &r->imports_capacity)
        != 0)
    {
        json_decref(record);
        return aud_error_set(&r->err, "out of memory");
    }

    import = &r->imports[r->nimports++];
    memset(import, 0, sizeof(rebuild_import_t));
    import->id = *id;
    import->record = record;
    import->sequence = json_integer_value(json_object_get(record, "sequence"));

    return 0;
}


static int
rebuild_audience(rebuild_t *r, const aud_uuid_t *id, json_t *record)
{
    char            *filter;
    aud_audience_t  *audience;

    filter = json_dumps(json_object_get(record, "filter"), JSON_COMPACT);
    json_decref(record);

    if (filter == NULL
        || rebuild_grow(&r->audiences, sizeof(aud_audience_t), r->naudiences,
                        &r->audiences_capacity)
           != 0)
    {
        free(filter);
        return aud_error_set(&r->err, "an audience cannot be read");
    }

    audience = &r->audiences[r->naudiences++];
    memset(audience, 0, sizeof(aud_audience_t));
    audience->id = *id;
    audience->filter = aud_str(filter, strlen(filter));

    return 0;
}


/* The fields that the columns became when the import ran. */

static int
rebuild_map(rebuild_t *r, rebuild_import_t *import)
{
    uint32_t     i, n;
    aud_str_t   *names;
    const char  *created;

    created = document_text(import->record, "created_at");
    names = import_record_texts(import->record, "fields", &n);

    if (names == NULL
        || aud_time_parse(created, strlen(created), &import->source.at, NULL)
           != 0)
    {
        aud_free(names);
        return aud_error_set(&r->err, "the record of an import is damaged");
    }

    aud_id_format(import->source.id, "imp", &import->id);

    import->map = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    import->source.fields = import->map;
    import->source.ncolumns = n;

    if (n > r->max_columns) {
        r->max_columns = n;
    }

    for (i = 0; import->map && i < n; i++) {
        import->map[i] = fields_add(&r->fields, names[i]);

        if (import->map[i] == FIELDS_NONE) {
            break;
        }
    }

    aud_free(names);

    if (import->map == NULL || i < n
        || identity_columns_init(&import->identifying, &r->fields, import->map,
                                 n)
           != 0)
    {
        return aud_error_set(&r->err, "out of memory");
    }

    return 0;
}


static int
rebuild_records(rebuild_t *r)
{
    int         rc = -1;
    size_t      i;
    fold_t     *fold;
    aud_str_t  *cells;

    fold = fold_create(&r->fields);
    cells = aud_calloc((size_t) r->max_columns + 1, sizeof(aud_str_t));

    if (fold == NULL || cells == NULL) {
        aud_error_set(&r->err, "out of memory");
        goto done;
    }

    for (i = 0; i < r->nimports; i++) {
        job_progress(r->run, "reading", 0.5 * i / r->nimports);

        if (job_stopping(r->run)) {
            aud_error_set(&r->err, "cancelled");
            goto done;
        }

        if (rebuild_blocks(r, fold, i, cells) != 0) {
            goto done;
        }
    }

    (void) fields_settle(&r->fields, 0);
    rc = 0;

done:

    aud_free(cells);
    fold_free(fold);

    return rc;
}


static int
rebuild_blocks(rebuild_t *r, fold_t *fold, uint32_t import, aud_str_t *cells)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_id(r->tenant, KEY_RECORDS, &r->imports[import].id);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        if (rebuild_block(r, fold, import, value, cells) != 0) {
            rc = -1;
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
rebuild_block(rebuild_t *r, fold_t *fold, uint32_t import, aud_str_t value,
    aud_str_t *cells)
{
    int               rc;
    size_t            at;
    record_t          record;
    aud_buffer_t      block = { 0 };
    rebuild_row_t    *row;
    fold_source_t    *source;
    record_reader_t   reader;

    source = &r->imports[import].source;

    if (record_block_unpack(&block, value, &r->err) != 0) {
        aud_buffer_free(&block);
        return -1;
    }

    if (rebuild_grow(&r->blocks, sizeof(aud_str_t), r->nblocks,
                     &r->blocks_capacity)
        != 0)
    {
        aud_buffer_free(&block);
        return aud_error_set(&r->err, "out of memory");
    }

    r->blocks[r->nblocks++] = aud_buffer_str(&block);

    if (record_reader_open(&reader, r->blocks[r->nblocks - 1],
                           source->ncolumns, &r->err)
        != 0)
    {
        return -1;
    }

    for (at = reader.at;
         (rc = record_reader_next(&reader, &record, cells, &r->err)) == 1;
         at = reader.at)
    {
        if (rebuild_grow(&r->rows, sizeof(rebuild_row_t), r->nrows,
                         &r->rows_capacity)
            != 0
            || rebuild_record(r, &r->imports[import], &record) != 0)
        {
            return aud_error_set(&r->err, "out of memory");
        }

        fold_count(fold, &r->fields, source, record.cells);

        row = &r->rows[r->nrows++];
        row->import = import;
        row->block = r->nblocks - 1;
        row->at = at;
    }

    return rc;
}


static int
rebuild_record(rebuild_t *r, const rebuild_import_t *import,
    const record_t *record)
{
    identity_texts_t      texts;
    component_record_t   *to;
    aud_source_record_t   identity;

    if (rebuild_grow(&r->records, sizeof(component_record_t), r->nrows,
                     &r->records_capacity)
        != 0
        || identity_read(&import->identifying, record->phone, record->cells,
                         &texts, &identity)
           != 0)
    {
        return -1;
    }

    to = &r->records[r->nrows];
    to->ref = profile_ref(import->sequence, record->line);

    return aud_arena_copy(&r->texts, identity.tax_document,
                          &to->values[COMPONENT_TAX_DOCUMENT])
           || aud_arena_copy(&r->texts, identity.phone,
                             &to->values[COMPONENT_PHONE])
           || aud_arena_copy(&r->texts, identity.email,
                             &to->values[COMPONENT_EMAIL])
           || aud_arena_copy(&r->texts, identity.name, &to->name) ? -1 : 0;
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

    job_progress(r->run, "folding", 0.5);

    if (rebuild_resolve(r) != 0) {
        return -1;
    }

    fold = fold_create(&r->fields);
    cells = aud_calloc((size_t) r->max_columns + 1, sizeof(aud_str_t));
    plain = fields_plain(&r->fields);

    if (plain) {
        writer = segment_writer_create(plain, r->fields.n);
    }

    if (fold == NULL || cells == NULL || writer == NULL
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

        if (fold_write(fold, writer, &profile->id) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
rebuild_fold_row(rebuild_t *r, fold_t *fold, uint32_t row, aud_str_t *cells)
{
    size_t                     at;
    record_t                   record;
    identity_texts_t           texts;
    aud_source_record_t        identity;
    const rebuild_row_t       *from = &r->rows[row];
    const rebuild_import_t    *import = &r->imports[from->import];

    at = from->at;

    if (record_read(r->blocks[from->block], &at, import->source.ncolumns,
                    &record, cells)
        != 0
        || identity_read(&import->identifying, record.phone, cells, &texts,
                         &identity)
           != 0)
    {
        return -1;
    }

    identity.ref = r->records[row].ref;
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

    batch = store_batch_create();
    base_lock(r->base);

    /* under the lock: audiences change, records do not while this job runs */

    if (rebuild_scan(r, KEY_AUDIENCE, rebuild_audience) != 0
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
    }

    aud_free(r->imports);
    aud_free(r->blocks);
    aud_free(r->rows);
    aud_free(r->records);
    resolution_free(r->resolution);
    resolution_base_free(&r->resolving);
    aud_arena_free(&r->texts);

    if (r->empty) {
        aud_generation_release(r->empty);
    }

    aud_free(r->audiences);
    fields_free(&r->fields);
}


/* Room for one more of n items; items: the address of their pointer. */

static int
rebuild_grow(void *items, size_t size, size_t n, size_t *capacity)
{
    void    *grown;
    size_t   more;

    if (n < *capacity) {
        return 0;
    }

    memcpy(&grown, items, sizeof(grown));
    more = *capacity ? 2 * *capacity : 64;
    grown = aud_realloc(grown, more * size);

    if (grown == NULL) {
        return -1;
    }

    memcpy(items, &grown, sizeof(grown));
    *capacity = more;

    return 0;
}


static int
rebuild_by_sequence(const void *a, const void *b)
{
    const rebuild_import_t  *x = a, *y = b;

    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}
