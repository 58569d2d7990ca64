/*
 * Which profile each row of an import is part of.
 */

#include "aud_alloc.h"
#include "api_private.h"
#include "base.h"
#include "document.h"
#include "import_profiles.h"
#include "log.h"
#include "profile_find.h"
#include "profile_ids.h"
#include "records.h"

#define PIECE_BYTES  (64 * 1024)


typedef struct {
    aud_uuid_t         import;
    uint32_t           sequence;
    uint32_t           columns;
    aud_str_t         *cells;
    aud_generation_t  *g;
    uint32_t           next;        /* where the next block's key may be */
    aud_buffer_t       text;        /* the piece */
    aud_buffer_t       block;
    aud_error_t        err;

    /* the loop's, while a piece is read, too */
    unsigned           begun:1;     /* the answer */
    unsigned           waiting:1;   /* until the piece has gone */

    unsigned           : 0;         /* bits of one word are one place */
    unsigned           ended:1;     /* no block is left */
    unsigned           failed:1;
    unsigned           rebuilding:1;
    unsigned           undone:1;    /* meanwhile */
} rows_t;


static rows_t *rows_create(const aud_uuid_t *id, const json_t *record);
static void rows_read(api_call_t *call);
static int rows_open(api_call_t *call, rows_t *rows);
static int rows_block(rows_t *rows, aud_str_t stored);
static int rows_undone(api_call_t *call, const rows_t *rows);
static void rows_add(rows_t *rows, uint32_t line);
static void rows_send(api_call_t *call);
static void rows_gone(api_call_t *call);
static void rows_peer_gone(api_call_t *call);
static void rows_fail(api_call_t *call, int begun);
static void rows_free(rows_t *rows);


void
import_profiles_answer(api_call_t *call, const aud_uuid_t *id,
    const json_t *record)
{
    call->data = rows_create(id, record);

    if (call->data == NULL) {
        api_no_memory(call);
        return;
    }

    api_header(call, "Content-Disposition",
               "attachment; filename=\"profiles.csv\"");
    api_work_long(call, rows_read, rows_send);
}


/* An import of which no row was read has no fields, and no blocks. */

static rows_t *
rows_create(const aud_uuid_t *id, const json_t *record)
{
    rows_t  *rows;

    rows = aud_calloc(1, sizeof(rows_t));
    if (rows == NULL) {
        return NULL;
    }

    rows->import = *id;
    rows->sequence = json_integer_value(json_object_get(record, "sequence"));
    rows->columns = json_array_size(json_object_get(record, "fields"));
    rows->cells = aud_calloc((size_t) rows->columns + 1, sizeof(aud_str_t));
    aud_buffer_text(&rows->text, "line,profile\r\n");

    if (rows->cells == NULL) {
        rows_free(rows);
        return NULL;
    }

    return rows;
}


/* In the tenant's lane: the next piece. */

static void
rows_read(api_call_t *call)
{
    int             rc;
    rows_t         *rows = call->data;
    aud_str_t       key, value;
    store_key_t     prefix, from;
    store_scan_t   *scan;
    const uint8_t  *part;

    if (rows_open(call, rows) != 0) {
        rows->failed = 1;
        return;
    }

    prefix = key_id(call->request.tenant.data, KEY_RECORDS, &rows->import);
    from = key_part(call->request.tenant.data, KEY_RECORDS, &rows->import,
                    rows->next);
    scan = store_scan(call->worker->store, NULL, key_str(&prefix),
                      key_str(&from), 0);

    do {
        rc = store_scan_next(scan, &key, &value, &rows->err);

        if (rc == 1) {
            part = (const uint8_t *) key.data + prefix.len;
            rows->next = ((uint32_t) part[0] << 24 | part[1] << 16
                          | part[2] << 8 | part[3]) + 1;
            rc = rows_block(rows, value) == 0 ? 1 : -1;
        }
    } while (rc == 1 && rows->text.len < PIECE_BYTES);

    store_scan_free(scan);

    rows->ended = rc == 0;
    rows->undone = rows->ended && rows_undone(call, rows);
    rows->failed = rc < 0 || rows->text.failed || rows->undone;
}


static int
rows_open(api_call_t *call, rows_t *rows)
{
    base_t  *base;

    if (rows->g == NULL) {
        base = bases_get(call->worker->bases, call->request.tenant.data);
        rows->rebuilding = base && base_needs_rebuild(base);
        rows->g = base && !rows->rebuilding ? base_generation(base) : NULL;
    }

    return rows->g ? 0 : aud_error_set(&rows->err, "out of memory");
}


/* An import that is undone while it is read looks as if it had ended early. */

static int
rows_undone(api_call_t *call, const rows_t *rows)
{
    int      undone;
    json_t  *record;

    record = document_get(call->worker->store, call->request.tenant.data,
                          KEY_IMPORT, &rows->import, NULL);
    undone = strcmp(document_text(record, "state"), "undone") == 0;
    json_decref(record);

    return undone;
}


static int
rows_block(rows_t *rows, aud_str_t stored)
{
    int              rc;
    record_t         record;
    record_reader_t  reader;

    rows->block.len = 0;

    if (record_block_unpack(&rows->block, stored, &rows->err) != 0
        || record_reader_open(&reader, aud_buffer_str(&rows->block),
                              rows->columns, &rows->err)
           != 0)
    {
        return -1;
    }

    while ((rc = record_reader_next(&reader, &record, rows->cells,
                                    &rows->err))
           == 1)
    {
        rows_add(rows, record.line);
    }

    return rc;
}


static void
rows_add(rows_t *rows, uint32_t line)
{
    char      id[AUD_ID_LEN + 1];
    size_t    slice;
    uint32_t  row;

    if (profile_of_record(rows->g, profile_ref(rows->sequence, line), &slice,
                          &row))
    {
        aud_id_format(id, "prf", &rows->g->slices[slice].segment
                                      ->profiles[row]);
        aud_buffer_decimal(&rows->text, line);
        aud_buffer_char(&rows->text, ',');
        aud_buffer_add(&rows->text, id, AUD_ID_LEN);
        aud_buffer_text(&rows->text, "\r\n");
    }
}


static void
rows_send(api_call_t *call)
{
    rows_t  *rows = call->data;

    if (call->connection == NULL || rows->failed) {
        rows_fail(call, rows->begun);
        return;
    }

    if (!rows->begun) {
        rows->begun = 1;
        api_stream_begin(call, "text/csv; charset=utf-8", rows_peer_gone);
    }

    api_stream_write(call, aud_buffer_str(&rows->text));
    rows->text.len = 0;

    if (rows->ended || call->request.method == AUD_METHOD_HEAD) {
        call->data = NULL;
        rows_free(rows);
        api_stream_end(call);

    } else {
        rows->waiting = 1;
        api_stream_flushed(call, rows_gone);
    }
}


static void
rows_gone(api_call_t *call)
{
    rows_t  *rows = call->data;

    rows->waiting = 0;
    api_work_long(call, rows_read, rows_send);
}


/* A piece that is being made is dropped when it is there. */

static void
rows_peer_gone(api_call_t *call)
{
    rows_t  *rows = call->data;

    if (rows->waiting) {
        rows_fail(call, 1);
    }
}


static void
rows_fail(api_call_t *call, int begun)
{
    rows_t         *rows = call->data;
    aud_problem_t   problem = { 0 };

    if (rows->rebuilding) {
        aud_problem_set(&problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");

    } else if (rows->undone) {
        aud_problem_set(&problem, 409, "import-undone",
                        "The import has been undone",
                        "Nothing of its rows is kept.");

    } else {
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong",
                        "The rows of the import cannot be read.");
    }

    if (rows->failed && !rows->rebuilding && !rows->undone) {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "rows of an import cannot be read",
                 "s:tenant", call->request.tenant.data,
                 "s:error", rows->err.text, NULL);
    }

    call->data = NULL;
    rows_free(rows);

    if (begun || call->connection == NULL) {
        api_stream_cut(call);

    } else {
        api_problem(call, &problem);
    }
}


static void
rows_free(rows_t *rows)
{
    aud_generation_release(rows->g);
    aud_buffer_free(&rows->text);
    aud_buffer_free(&rows->block);
    aud_free(rows->cells);
    aud_free(rows);
}
