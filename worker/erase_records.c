/*
 * A person's rows go from blocks of source records.
 *
 * A block is written anew without them; the lines of others stay what they are.
 * Its key has the line of its first row, so it may change.
 */

#include "aud_alloc.h"
#include "cell.h"
#include "document.h"
#include "erase_private.h"
#include "import_record.h"
#include "records.h"


typedef struct {                    /* of one import */
    erase_t         *e;
    aud_uuid_t       id;
    json_t          *record;
    aud_str_t       *names;
    uint32_t        *map;
    fold_source_t    source;
    fold_t          *fold;
    aud_str_t       *cells;
    const uint64_t  *refs;
    size_t           n;
    size_t           at;            /* the record that is looked for */
    aud_buffer_t     block;
    record_block_t   kept;
} erase_import_t;


static int erase_import(erase_t *e, const uint64_t *refs, size_t n);
static int erase_import_open(erase_import_t *x, const aud_uuid_t *id);
static int erase_import_map(erase_import_t *x, uint32_t n);
static int erase_block(erase_import_t *x);
static int erase_block_rows(erase_import_t *x);
static int erase_row(erase_import_t *x, const record_t *record);
static int erase_said(const erase_import_t *x);
static int erase_block_put(erase_import_t *x);
static int erase_import_count(erase_import_t *x);


int
erase_records(erase_t *e)
{
    int         rc = 0;
    size_t      i, at, end;
    resolve_t  *r = e->r;

    if (fields_init(&e->gone, r->fields.items, r->fields.n) != 0) {
        return aud_error_set(&r->err, "out of memory");
    }

    for (i = 0; i < e->gone.n; i++) {
        memset(e->gone.items[i].counts, 0, sizeof(e->gone.items[i].counts));
    }

    for (at = 0; rc == 0 && at < r->refs.n; at = end) {
        for (end = at; end < r->refs.n
                       && r->refs.items[end] >> 32 == r->refs.items[at] >> 32;
             end++)
        {
            /* one import */
        }

        job_progress(r->run, "reading", 0.1 * at / r->refs.n);
        rc = erase_import(e, r->refs.items + at, end - at);
    }

    return rc;
}


static int
erase_import(erase_t *e, const uint64_t *refs, size_t n)
{
    int                rc = -1;
    resolve_t         *r = e->r;
    erase_import_t     x = { .e = e, .refs = refs, .n = n };
    const aud_uuid_t  *id;

    id = sequences_import(&r->resolving.sequences, refs[0] >> 32);

    if (id == NULL || erase_import_open(&x, id) != 0) {
        aud_error_set(&r->err, "the import of a source record cannot be read");
        goto done;
    }

    while (x.at < n) {
        if (erase_block(&x) != 0) {
            goto done;
        }
    }

    rc = erase_said(&x) == 0 ? erase_import_count(&x) : -1;

done:

    fold_free(x.fold);
    record_block_free(&x.kept);
    aud_buffer_free(&x.block);
    json_decref(x.record);
    aud_free(x.names);
    aud_free(x.map);
    aud_free(x.cells);

    return rc;
}


static int
erase_import_open(erase_import_t *x, const aud_uuid_t *id)
{
    uint32_t    n;
    resolve_t  *r = x->e->r;

    x->id = *id;
    x->record = document_get(r->worker->store, r->tenant, KEY_IMPORT, id, NULL);
    x->names = x->record ? import_record_texts(x->record, "fields", &n) : NULL;

    return x->names ? erase_import_map(x, n) : -1;
}


static int
erase_import_map(erase_import_t *x, uint32_t n)
{
    uint32_t  i;
    erase_t  *e = x->e;

    x->map = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    x->cells = aud_calloc((size_t) n + 1, sizeof(aud_str_t));
    x->fold = fold_create(&e->gone);

    if (x->map == NULL || x->cells == NULL || x->fold == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        x->map[i] = fields_find(&e->gone, x->names[i]);

        if (x->map[i] == FIELDS_NONE) {
            return -1;
        }
    }

    x->source.ncolumns = n;
    x->source.fields = x->map;

    return 0;
}


/* The last block that begins with the line that is looked for, or before it. */

static int
erase_block(erase_import_t *x)
{
    int            rc;
    size_t         first = x->at;
    aud_str_t      key, value;
    resolve_t     *r = x->e->r;
    store_key_t    prefix, from;
    store_scan_t  *scan;

    prefix = key_id(r->tenant, KEY_RECORDS, &x->id);
    from = key_part(r->tenant, KEY_RECORDS, &x->id, (uint32_t) x->refs[x->at]);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix), key_str(&from),
                      1);
    rc = store_scan_next(scan, &key, &value, &r->err) == 1 ? 0 : -1;

    if (rc == 0) {
        x->block.len = 0;
        store_batch_delete(r->effects, key);
        rc = record_block_unpack(&x->block, value, &r->err);
    }

    store_scan_free(scan);

    if (rc != 0 || erase_block_rows(x) != 0) {
        return -1;
    }

    return x->at > first ? erase_block_put(x)
                         : aud_error_set(&r->err, "a source record is missing");
}


static int
erase_block_rows(erase_import_t *x)
{
    int              rc;
    record_t         record;
    resolve_t       *r = x->e->r;
    record_reader_t  reader;

    if (record_reader_open(&reader, aud_buffer_str(&x->block),
                           x->source.ncolumns, &r->err)
        != 0)
    {
        return -1;
    }

    record_block_free(&x->kept);
    record_block_begin(&x->kept, x->source.ncolumns);

    while ((rc = record_reader_next(&reader, &record, x->cells, &r->err)) == 1)
    {
        if (x->at < x->n && record.line == (uint32_t) x->refs[x->at]) {
            x->at++;

            if (erase_row(x, &record) != 0) {
                return aud_error_set(&r->err, "out of memory");
            }

        } else {
            record_block_add(&x->kept, record.line, record.phone,
                             record.cells);
        }
    }

    return rc;
}


static int
erase_row(erase_import_t *x, const record_t *record)
{
    int        rc;
    uint32_t   i;
    aud_str_t  name;
    erase_t   *e = x->e;

    fold_count(x->fold, &e->gone, &x->source, record->cells);
    rc = erase_text(e, record->phone);

    for (i = 0; i < x->source.ncolumns && rc == 0; i++) {
        name = e->gone.items[x->map[i]].field.name;

        if (aud_str_equal(name, AUD_STR(FIELD_PHONE))
            || aud_str_equal(name, AUD_STR(FIELD_EMAIL))
            || aud_str_equal(name, AUD_STR(FIELD_TAX_DOCUMENT)))
        {
            rc = erase_text(e, cell_value(record->cells[i]));
        }
    }

    return rc;
}


/* What they said goes with them. */

static int
erase_said(const erase_import_t *x)
{
    size_t      i;
    resolve_t  *r = x->e->r;

    for (i = 0; i < x->n && intake_speaks(import_record_kind(x->record)); i++)
    {
        if (conversations_erase(r->worker->store, r->tenant, &x->id,
                                (uint32_t) x->refs[i], r->said, &r->learning,
                                r->effects, &r->err)
            != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
erase_block_put(erase_import_t *x)
{
    resolve_t     *r = x->e->r;
    store_key_t    key;
    aud_buffer_t   packed = { 0 };

    if (x->kept.rows == 0) {
        return 0;
    }

    record_block_finish(&x->kept);
    record_block_pack(&packed, aud_buffer_str(&x->kept.bytes));

    if (x->kept.bytes.failed || packed.failed) {
        aud_buffer_free(&packed);
        return aud_error_set(&r->err, "out of memory");
    }

    key = key_part(r->tenant, KEY_RECORDS, &x->id, x->kept.line);
    store_batch_put(r->effects, key_str(&key), aud_buffer_str(&packed));
    aud_buffer_free(&packed);

    return 0;
}


/* Its rows were imported once, and are erased now. */

static int
erase_import_count(erase_import_t *x)
{
    size_t       i;
    char         text[AUD_ID_LEN + 1];
    json_t      *rows, *records;
    erase_t     *e = x->e;
    json_int_t   imported, erased;

    rows = json_object_get(x->record, "rows");
    imported = json_integer_value(json_object_get(rows, "imported"));
    erased = json_integer_value(json_object_get(rows, "erased"));
    json_object_set_new(rows, "imported",
                        json_integer(imported - (json_int_t) x->n));
    json_object_set_new(rows, "erased",
                        json_integer(erased + (json_int_t) x->n));

    aud_id_format(text, "imp", &x->id);
    json_object_set_new(json_object_get(e->pending, "imports"), text,
                        json_true());

    if (imported == (json_int_t) x->n) {
        json_object_set_new(e->leaving, text, json_true());
    }

    records = json_object_get(e->document, "records");

    for (i = 0; i < x->n; i++) {
        json_array_append_new(records, json_pack("[s, I]", text, (json_int_t)
                                                 (uint32_t) x->refs[i]));
    }

    return document_put(e->r->effects, e->r->tenant, KEY_IMPORT, &x->id,
                        x->record) == 0
           ? 0 : aud_error_set(&e->r->err, "out of memory");
}
