/*
 * All source records of a tenant, for a rebuild.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "import_record.h"
#include "profile_ids.h"
#include "rebuild_private.h"
#include "store.h"


static int rebuild_import(rebuild_t *r, const aud_uuid_t *id, json_t *record);
static int rebuild_map(rebuild_t *r, rebuild_import_t *import);
static int rebuild_records(rebuild_t *r);
static int rebuild_blocks(rebuild_t *r, fold_t *fold, uint32_t import,
    aud_str_t *cells);
static int rebuild_block(rebuild_t *r, fold_t *fold, uint32_t import,
    aud_str_t value, aud_str_t *cells);
static int rebuild_record(rebuild_t *r, const rebuild_import_t *import,
    const record_t *record);
static int rebuild_by_sequence(const void *a, const void *b);


int
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


int
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
    json_t            *rows;
    rebuild_import_t  *import;

    rows = json_object_get(record, "rows");

    /* One whose rows were all refused has no place in the order of imports; what
     * older releases wrote as its sequence is another's. */

    if (strcmp(document_text(record, "state"), "succeeded") != 0
        || json_integer_value(json_object_get(rows, "imported")) == 0)
    {
        json_decref(record);
        return 0;
    }

    if (aud_grow(&r->imports, sizeof(rebuild_import_t), r->nimports,
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

    if (aud_grow(&r->blocks, sizeof(aud_str_t), r->nblocks,
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
        if (aud_grow(&r->rows, sizeof(rebuild_row_t), r->nrows,
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

    if (aud_grow(&r->records, sizeof(component_record_t), r->nrows,
                 &r->records_capacity)
        != 0
        || identity_reread(&import->identifying, r->worker->settings, record,
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


static int
rebuild_by_sequence(const void *a, const void *b)
{
    const rebuild_import_t  *x = a, *y = b;

    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}
