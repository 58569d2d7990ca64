/*
 * Source records of older imports that are folded anew.
 */

#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "document.h"
#include "import_record.h"
#include "keys.h"
#include "old_records.h"
#include "profile_ids.h"


typedef struct {
    old_records_t      *old;
    worker_t           *worker;
    const char         *tenant;
    const sequences_t  *sequences;
    const fields_t     *fields;
    columns_t          *said;
    uint32_t            row;        /* of the first record */
    const uint64_t     *refs;
    size_t              n;
    size_t              at;         /* the record that is looked for */
    const aud_uuid_t   *import;
    aud_str_t          *cells;      /* of the import's columns */
    aud_buffer_t        block;
    aud_error_t        *err;
} old_reading_t;


static int old_source(old_reading_t *x);
static int old_source_map(old_reading_t *x, old_source_t *source);
static int old_block(old_reading_t *x, size_t end);
static int old_block_find(old_reading_t *x, uint32_t line);
static int old_take(old_reading_t *x, const record_t *record);


int
old_records_load(old_records_t *old, const uint64_t *refs, size_t n,
    worker_t *worker, const char *tenant, const sequences_t *sequences,
    const fields_t *fields, columns_t *said, uint32_t row, aud_error_t *err)
{
    int             rc = 0;
    size_t          end;
    old_reading_t   x = {
        .old = old, .worker = worker, .tenant = tenant, .sequences = sequences,
        .fields = fields, .said = said, .row = row, .refs = refs, .n = n,
        .err = err
    };

    memset(old, 0, sizeof(old_records_t));
    old->items = aud_calloc(n + 1, sizeof(old_record_t));

    if (old->items == NULL) {
        return aud_error_set(err, "out of memory");
    }

    while (rc == 0 && x.at < n) {
        for (end = x.at; end < n && refs[end] >> 32 == refs[x.at] >> 32;
             end++)
        {
            /* one import */
        }

        rc = old_source(&x);

        while (rc == 0 && x.at < end) {
            rc = old_block(&x, end);
        }
    }

    aud_free(x.cells);
    aud_buffer_free(&x.block);

    return rc;
}


void
old_records_free(old_records_t *old)
{
    uint32_t  i;

    for (i = 0; i < old->nsources; i++) {
        identity_columns_free(&old->sources[i].identifying);
        json_decref(old->sources[i].document);
        aud_free(old->sources[i].names);
        aud_free(old->sources[i].map);
    }

    aud_free(old->sources);
    aud_free(old->items);
    aud_buffer_free(&old->identities);
    memset(old, 0, sizeof(old_records_t));
}


/* The import of the record that is looked for. */

static int
old_source(old_reading_t *x)
{
    old_source_t   *sources, *source;
    old_records_t  *old = x->old;

    x->import = sequences_import(x->sequences, x->refs[x->at] >> 32);

    if (x->import == NULL) {
        return aud_error_set(x->err, "a source record is of no import");
    }

    sources = aud_realloc(old->sources,
                          (old->nsources + 1) * sizeof(old_source_t));
    if (sources == NULL) {
        return aud_error_set(x->err, "out of memory");
    }

    old->sources = sources;
    source = &sources[old->nsources++];
    memset(source, 0, sizeof(old_source_t));
    source->document = document_get(x->worker->store, x->tenant, KEY_IMPORT,
                                    x->import, NULL);

    if (source->document == NULL || old_source_map(x, source) != 0) {
        return aud_error_set(x->err, "the record of an import cannot be read");
    }

    aud_free(x->cells);
    x->cells = aud_calloc((size_t) source->fold.ncolumns + 1,
                          sizeof(aud_str_t));

    return x->cells ? 0 : aud_error_set(x->err, "out of memory");
}


/* The fields that the columns became when the import ran. */

static int
old_source_map(old_reading_t *x, old_source_t *source)
{
    uint32_t     i, n;
    const char  *created;

    created = document_text(source->document, "created_at");
    source->names = import_record_texts(source->document, "fields", &n);

    if (source->names == NULL
        || aud_time_parse(created, strlen(created), &source->fold.at, NULL)
           != 0)
    {
        return -1;
    }

    source->map = aud_calloc((size_t) n + 1, sizeof(uint32_t));

    for (i = 0; source->map && i < n; i++) {
        source->map[i] = fields_find(x->fields, source->names[i]);

        if (source->map[i] == FIELDS_NONE) {
            return -1;
        }
    }

    aud_id_format(source->fold.id, "imp", x->import);
    source->fold.ncolumns = n;
    source->fold.fields = source->map;

    return source->map
           && identity_columns_init(&source->identifying, x->fields,
                                    source->map, n)
              == 0 ? 0 : -1;
}


/* Takes the records up to `end` that are in the block of the next one. */

static int
old_block(old_reading_t *x, size_t end)
{
    int              rc;
    record_t         record;
    record_reader_t  reader;
    const uint32_t   columns = x->old->sources[x->old->nsources - 1]
                                   .fold.ncolumns;
    const size_t     first = x->at;

    if (old_block_find(x, (uint32_t) x->refs[x->at]) != 0
        || record_reader_open(&reader, aud_buffer_str(&x->block), columns,
                              x->err)
           != 0)
    {
        return -1;
    }

    while (x->at < end
           && (rc = record_reader_next(&reader, &record, x->cells, x->err))
              != 0)
    {
        if (rc < 0) {
            return -1;
        }

        if (record.line == (uint32_t) x->refs[x->at]
            && old_take(x, &record) != 0)
        {
            return aud_error_set(x->err, "out of memory");
        }
    }

    return x->at > first ? 0 : aud_error_set(x->err,
                                             "a source record is missing");
}


/* The last block that begins with the line or before it. */

static int
old_block_find(old_reading_t *x, uint32_t line)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix, from;
    store_scan_t  *scan;

    prefix = key_id(x->tenant, KEY_RECORDS, x->import);
    from = key_part(x->tenant, KEY_RECORDS, x->import, line);
    scan = store_scan(x->worker->store, NULL, key_str(&prefix),
                      key_str(&from), 1);
    rc = store_scan_next(scan, &key, &value, x->err);

    if (rc == 1) {
        x->block.len = 0;
        rc = record_block_unpack(&x->block, value, x->err);

    } else if (rc == 0) {
        rc = aud_error_set(x->err, "a block of source records is missing");
    }

    store_scan_free(scan);

    return rc;
}


static int
old_take(old_reading_t *x, const record_t *record)
{
    old_record_t         *item;
    const old_source_t   *source;
    identity_texts_t      texts;
    aud_source_record_t   identity;

    source = &x->old->sources[x->old->nsources - 1];
    item = &x->old->items[x->old->n++];
    item->source = x->old->nsources - 1;
    item->identity = x->old->identities.len;

    if (identity_reread(&source->identifying, x->worker->settings, record,
                        &texts, &identity)
        != 0)
    {
        return -1;
    }

    item->has_phone = identity.phone.len != 0;
    identity.ref = x->refs[x->at];
    aud_source_record_write(&x->old->identities, &identity);

    if (x->old->identities.failed
        || columns_add(x->said, &source->fold, x->row + x->at, record->cells)
           != 0)
    {
        return -1;
    }

    x->at++;

    return 0;
}
