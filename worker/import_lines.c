/*
 * The first half of an import whose file holds lines: each that is accepted is
 * a row of cells, and all that follows is as with a file of rows.
 */

#include <errno.h>

#include "import_read_private.h"
#include "keys.h"


typedef struct {
    import_read_t   *in;
    intake_t        *intake;
    store_t         *store;
    const char      *tenant;
    erased_hasher_t *hasher;
    dictionary_t     events;        /* ids of this file */
    conversations_t *conversations;
    aud_error_t     *err;
} import_lines_t;


static int lines_take(void *arg, const intake_line_t *line);
static int lines_event(import_lines_t *x, const intake_line_t *line,
    const aud_csv_row_t *row);
static int lines_conversation(import_lines_t *x, const intake_line_t *line,
    aud_csv_row_t *row);
static int lines_counted(import_lines_t *x, const intake_line_t *line);
static import_read_status_t lines_status(const import_lines_t *x, int rc);


import_read_status_t
import_read_lines(import_read_t *in, intake_t *intake, const char *path,
    store_t *store, const char *tenant, erased_hasher_t *hasher,
    conversations_t *conversations, aud_error_t *err)
{
    int             rc;
    import_lines_t  x = {
        .in = in, .intake = intake, .store = store, .tenant = tenant,
        .hasher = hasher, .conversations = conversations, .err = err
    };

    if (import_read_prepare(in, err) != 0) {
        return IMPORT_READ_FAILED;
    }

    in->header_seen = 1;
    in->size = 1000;            /* intake_progress() is a fraction */
    rc = intake_read(intake, path, lines_take, &x, err);

    import_read_hand_over(in);
    block_feed_end(in->feed);
    dictionary_free(&x.events);

    return lines_status(&x, rc);
}


static import_read_status_t
lines_status(const import_lines_t *x, int rc)
{
    if (rc > 0) {
        if (x->in->err.text[0]) {
            *x->err = x->in->err;
        }

        return x->in->why;
    }

    if (rc < 0) {
        return x->err->no == ENOENT ? IMPORT_READ_GONE : IMPORT_READ_FAILED;
    }

    if (x->in->errors.failed || x->in->events.failed) {
        aud_error_set(x->err, "out of memory");
        return IMPORT_READ_FAILED;
    }

    return IMPORT_READ_OK;
}


static int
lines_take(void *arg, const intake_line_t *line)
{
    aud_csv_row_t    row = { 0 };
    import_lines_t  *x = arg;

    row.line = line->number;

    if (line->reason) {
        row.cells = line->raw;
        row.ncells = line->nraw;
        x->in->read++;
        return import_read_reject(x->in, &row, line->pointer, line->reason);
    }

    row.cells = line->cells;
    row.ncells = line->ncells;
    x->in->bytes = intake_progress(x->intake) * x->in->size;

    return x->conversations ? lines_conversation(x, line, &row)
                            : lines_event(x, line, &row);
}


/* Of an event that became no row, as who it is about was erased or has refused,
 * nothing is known: it may come again. */

static int
lines_event(import_lines_t *x, const intake_line_t *line,
    const aud_csv_row_t *row)
{
    int       rc;
    size_t    events = x->in->events.len;
    uint32_t  nrows = x->in->nrows;

    rc = line->has_id ? lines_counted(x, line) : 0;

    if (rc) {
        x->in->read++;
        x->in->duplicates++;
        return rc > 0 ? 0 : import_read_stop(x->in, IMPORT_READ_FAILED);
    }

    rc = import_read_row(x->in, row);

    if (x->in->nrows == nrows) {
        x->in->events.len = events;
    }

    return rc;
}


/* Only what became a row is kept: who was erased, or has refused, says nothing
 * any more. */

static int
lines_conversation(import_lines_t *x, const intake_line_t *line,
    aud_csv_row_t *row)
{
    int                    rc;
    uint32_t               nrows = x->in->nrows;
    aud_source_record_t    who = {
        .phone = line->cells[0], .email = line->cells[1],
        .tax_document = line->cells[2]
    };
    const char            *reason, *pointer;
    conversation_taken_t   taken;

    /* what they said is for nobody to read, a language model least of all */

    rc = import_read_stands(x->in, row, &who);

    if (rc) {
        x->in->read++;
        return rc > 0 ? 0 : import_read_stop(x->in, IMPORT_READ_FAILED);
    }

    taken = conversations_take(x->conversations, line, &reason, &pointer,
                               x->err);
    switch (taken) {

    case CONVERSATION_TAKEN:
        rc = import_read_row(x->in, row);

        if (x->in->nrows > nrows
            && conversations_keep(x->conversations) != 0)
        {
            aud_error_set(x->err, "out of memory");
            return import_read_stop(x->in, IMPORT_READ_FAILED);
        }

        return rc;

    case CONVERSATION_DUPLICATE:
        x->in->read++;
        x->in->duplicates++;
        return 0;

    case CONVERSATION_REFUSED:
        row->ncells = 0;
        x->in->read++;
        return import_read_reject(x->in, row, pointer, reason);

    default:
        return import_read_stop(x->in, IMPORT_READ_FAILED);
    }
}


/* Whether it has come before, in this file or in another; -1: nobody knows. */

static int
lines_counted(import_lines_t *x, const intake_line_t *line)
{
    uint32_t         n;
    uint8_t          event[ERASED_HALF];
    aud_str_t        id, value;
    store_key_t      key;
    store_status_t   status;

    n = x->events.n;
    id = aud_str((const char *) line->id, sizeof(line->id));

    if (erased_hash_event(x->hasher, id, event) != 0) {
        aud_error_set(x->err, "libcrypto makes no HMAC");
        return -1;
    }

    id = aud_str((const char *) event, sizeof(event));

    if (dictionary_intern(&x->events, id) == UINT32_MAX) {
        aud_error_set(x->err, "out of memory");
        return -1;
    }

    if (x->events.n == n) {
        return 1;
    }

    key = key_text(x->tenant, KEY_EVENT, id);
    status = store_get(x->store, key_str(&key), &value, x->err);

    if (status == STORE_OK) {
        store_value_free(value);
        return 1;
    }

    if (status != STORE_NOT_FOUND) {
        return -1;
    }

    aud_buffer_add(&x->in->events, id.data, id.len);

    return 0;
}
