/*
 * The first half of an import: reads the file and judges its rows.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_csv.h"
#include "cell.h"
#include "import_read_private.h"


/* The edge has let through no longer row, and none of more cells. */
#define IMPORT_READ_MAX_CELLS  (16 * 1024 * 1024)
#define IMPORT_READ_MAX_ROW    (64 * 1024 * 1024)
#define IMPORT_READ_PIECE      (256 * 1024)


static int import_read_open(import_read_t *in, const char *path,
    import_read_status_t *status, aud_error_t *err);
static import_read_status_t import_read_feed(import_read_t *in, int fd,
    aud_csv_t *csv, aud_error_t *err);
static import_read_status_t import_read_status(import_read_t *in,
    aud_csv_t *csv, aud_csv_status_t status, aud_error_t *err);
static int import_read_header(import_read_t *in, const aud_csv_row_t *row);
static int import_read_person(import_read_t *in, const aud_csv_row_t *row,
    import_consent_word_t said, aud_phone_status_t status,
    const aud_source_record_t *record);
static int import_read_erased(const import_read_t *in,
    const aud_csv_row_t *row, const aud_source_record_t *record);
static int import_read_accept(import_read_t *in, const aud_csv_row_t *row,
    const aud_source_record_t *record);
static record_block_t *import_read_block(import_read_t *in);
static int import_read_keep(import_read_t *in, const aud_csv_row_t *csv,
    const aud_source_record_t *record);


import_read_status_t
import_read_file(import_read_t *in, const char *path, aud_error_t *err)
{
    int                   fd;
    aud_csv_t            *csv = NULL;
    import_read_status_t  status;

    fd = import_read_open(in, path, &status, err);
    if (fd == -1) {
        return status;
    }

    status = IMPORT_READ_FAILED;

    if (import_read_prepare(in, err) != 0) {
        goto done;
    }

    csv = aud_csv_create(in->separator, IMPORT_READ_MAX_CELLS,
                         IMPORT_READ_MAX_ROW, import_read_row, in);
    if (csv == NULL) {
        aud_error_set(err, "out of memory");
        goto done;
    }

    status = import_read_feed(in, fd, csv, err);

done:

    aud_csv_free(csv);
    close(fd);

    return status;
}


static int
import_read_open(import_read_t *in, const char *path,
    import_read_status_t *status, aud_error_t *err)
{
    int          fd;
    struct stat  st;

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        *status = errno == ENOENT ? IMPORT_READ_GONE : IMPORT_READ_FAILED;
        aud_error_system(err, "open(\"%s\")", path);
        return -1;
    }

    in->size = fstat(fd, &st) == 0 && st.st_size > 0 ? st.st_size : 1;

    return fd;
}


int
import_read_prepare(import_read_t *in, aud_error_t *err)
{
    uint32_t  i, ncolumns;

    ncolumns = in->source->ncolumns;
    in->phone_column = FIELDS_NONE;
    in->consent_field = fields_find(in->fields, AUD_STR(FIELD_CONSENT));

    for (i = 0; i < ncolumns; i++) {
        if (aud_str_equal(in->columns[i], AUD_STR(FIELD_PHONE))) {
            in->phone_column = i;
        }

        if (in->source->fields[i] == in->consent_field) {
            in->has_consent = 1;
        }
    }

    if (in->phone_column == FIELDS_NONE) {
        return aud_error_set(err, "the import has no column " FIELD_PHONE);
    }

    in->fold = fold_create(in->fields);
    in->fits = aud_calloc((size_t) ncolumns * AUD_TYPE_COUNT,
                          sizeof(uint64_t));

    in->feed = block_feed_create();
    in->said = in->feed ? columns_create(in->fields, in->source, in->feed)
                        : NULL;
    in->packer = in->feed ? packer_create(in->feed) : NULL;

    if (in->fold == NULL || in->fits == NULL || in->said == NULL
        || in->packer == NULL
        || identity_columns_init(&in->identifying, in->fields,
                                 in->source->fields, ncolumns)
           != 0)
    {
        return aud_error_set(err, "out of memory");
    }

    import_errors_header(&in->errors, in->header, in->nheader);

    return 0;
}


int
import_read_finish(import_read_t *in, aud_error_t *err)
{
    return columns_finish(in->said, in->fields, in->fits) == 0
           ? 0 : aud_error_set(err, "out of memory");
}


void
import_read_free(import_read_t *in)
{
    uint32_t  i;

    if (in->feed) {
        block_feed_end(in->feed);
    }

    columns_free(in->said);         /* they read the blocks */
    packer_free(in->packer);
    block_feed_free(in->feed);

    for (i = 0; i < in->nblocks; i++) {
        record_block_free(&in->blocks[i]);
    }

    aud_free(in->blocks);
    aud_free(in->rows);
    aud_free(in->fits);
    aud_buffer_free(&in->identities);
    identity_columns_free(&in->identifying);
    dictionary_free(&in->consents);
    aud_free(in->refusals);
    aud_free(in->padded);
    aud_buffer_free(&in->errors);
    aud_buffer_free(&in->events);
    fold_free(in->fold);
    memset(in, 0, sizeof(import_read_t));
}


static import_read_status_t
import_read_feed(import_read_t *in, int fd, aud_csv_t *csv, aud_error_t *err)
{
    char              *piece;
    ssize_t            n;
    aud_csv_status_t   status;

    piece = aud_malloc(IMPORT_READ_PIECE);
    if (piece == NULL) {
        aud_error_set(err, "out of memory");
        return IMPORT_READ_FAILED;
    }

    do {
        n = read(fd, piece, IMPORT_READ_PIECE);

        if (n < 0) {
            aud_error_system(err, "read() of an upload");
            aud_free(piece);
            return IMPORT_READ_FAILED;
        }

        in->bytes += n;
        status = n ? aud_csv_feed(csv, piece, n) : aud_csv_finish(csv);

    } while (n && status == AUD_CSV_OK);

    aud_free(piece);

    import_read_hand_over(in);
    block_feed_end(in->feed);

    if (in->errors.failed) {
        status = AUD_CSV_NO_MEMORY;
    }

    return import_read_status(in, csv, status, err);
}


static import_read_status_t
import_read_status(import_read_t *in, aud_csv_t *csv, aud_csv_status_t status,
    aud_error_t *err)
{
    switch (status) {
    case AUD_CSV_OK:
        if (in->header_seen) {
            return IMPORT_READ_OK;
        }

        break;

    case AUD_CSV_STOPPED:
        import_read_stopped(in, err);
        return in->why;

    case AUD_CSV_NO_MEMORY:
        aud_error_set(err, "out of memory");
        return IMPORT_READ_FAILED;

    default:
        break;
    }

    aud_error_set(err, "the upload cannot be read as CSV at line %llu",
                  (unsigned long long) aud_csv_line(csv));

    return IMPORT_READ_DAMAGED;
}


int
import_read_row(void *arg, const aud_csv_row_t *row)
{
    char                   phone[AUD_PHONE_LEN + 1] = "", reason[80];
    import_read_t         *in = arg;
    identity_texts_t       texts;
    aud_phone_status_t     status;
    aud_source_record_t    record;
    import_consent_word_t  said;

    if (!in->header_seen) {
        return import_read_header(in, row);
    }

    in->read++;

    if (in->tick && in->read % 1000 == 0
        && in->tick(in->arg, (double) in->bytes / in->size))
    {
        return import_read_stop(in, IMPORT_READ_STOPPED);
    }

    /* before all else: a row that refuses is kept nowhere, not even among the
     * errors */

    said = import_read_consent(in, row);

    if (said == IMPORT_CONSENT_NO) {
        return import_read_refuse(in, row);
    }

    if (said == IMPORT_CONSENT_FAILED) {
        return import_read_stop(in, IMPORT_READ_FAILED);
    }

    if (row->bad_quote) {
        return import_read_reject(in, row, "", "There is text after a closing "
                                  "quotation mark.");
    }

    if (row->ncells != in->source->ncolumns) {
        snprintf(reason, sizeof(reason), "The row has %u cells; the header "
                 "has %u.", row->ncells, in->source->ncolumns);
        return import_read_reject(in, row, "", reason);
    }

    status = phone_normalise(cell_value(row->cells[in->phone_column]),
                             in->country, in->area_code, phone);

    if (identity_read(&in->identifying,
                      aud_str(phone, status == AUD_PHONE_OK ? strlen(phone)
                                                            : 0),
                      row->cells, &texts, &record)
        != 0)
    {
        return import_read_stop(in, IMPORT_READ_FAILED);
    }

    return import_read_person(in, row, said, status, &record);
}


/* status: of the phone, which the record may lack. */

static int
import_read_person(import_read_t *in, const aud_csv_row_t *row,
    import_consent_word_t said, aud_phone_status_t status,
    const aud_source_record_t *record)
{
    int  erased, stands;

    stands = said == IMPORT_CONSENT_NONE ? import_read_stands(in, row, record)
                                         : 0;
    if (stands) {
        return stands > 0 ? 0 : import_read_stop(in, IMPORT_READ_FAILED);
    }

    if (status != AUD_PHONE_OK && status != AUD_PHONE_EMPTY) {
        return import_read_reject(in, row, FIELD_PHONE,
                                  aud_phone_reason(status));
    }

    erased = in->check ? import_read_erased(in, row, record) : 0;

    if (erased) {
        in->erased++;
        return erased > 0 ? 0 : import_read_stop(in, IMPORT_READ_FAILED);
    }

    if (status == AUD_PHONE_EMPTY && record->tax_document.len == 0
        && record->email.len == 0)
    {
        return import_read_reject(in, row, FIELD_PHONE, "The phone is "
                                  "missing, and there is no valid tax "
                                  "document or e-mail address either.");
    }

    if (said == IMPORT_CONSENT_YES && import_read_agree(in, record) != 0) {
        return import_read_stop(in, IMPORT_READ_FAILED);
    }

    in->assumed += said == IMPORT_CONSENT_NONE;

    return import_read_accept(in, row, record);
}


static int
import_read_erased(const import_read_t *in, const aud_csv_row_t *row,
    const aud_source_record_t *record)
{
    int  erased;

    erased = erased_check_record(in->check, record);

    return erased ? erased : erased_check_phone(
                                 in->check,
                                 cell_value(row->cells[in->phone_column]),
                                 record);
}


static int
import_read_header(import_read_t *in, const aud_csv_row_t *row)
{
    in->header_seen = 1;

    if (row->ncells != in->source->ncolumns) {
        return import_read_stop(in, IMPORT_READ_DAMAGED);
    }

    return 0;
}


static int
import_read_accept(import_read_t *in, const aud_csv_row_t *row,
    const aud_source_record_t *record)
{
    uint32_t         column;
    record_block_t  *block;

    if (row->line > UINT32_MAX) {
        return import_read_stop(in, IMPORT_READ_DAMAGED);
    }

    if (fold_spoiled(in->fold, in->source, row->cells, &column)) {
        in->spoiled++;
        import_read_error(in, row, in->columns[column],
                          "A spreadsheet has turned this identifier into "
                          "scientific notation; the row was imported without "
                          "it.");
    }

    block = import_read_block(in);
    if (block == NULL) {
        return import_read_stop(in, IMPORT_READ_FAILED);
    }

    record_block_add(block, row->line, record->phone, row->cells);

    if (block->bytes.failed || in->errors.failed
        || import_read_keep(in, row, record) != 0)
    {
        return import_read_stop(in, IMPORT_READ_FAILED);
    }

    return 0;
}


static record_block_t *
import_read_block(import_read_t *in)
{
    size_t           size;
    uint32_t         capacity;
    record_block_t  *blocks;

    if (in->nblocks && in->blocks[in->nblocks - 1].rows < in->block_rows) {
        return &in->blocks[in->nblocks - 1];
    }

    import_read_hand_over(in);

    if (in->nblocks == in->blocks_capacity) {
        capacity = in->blocks_capacity ? 2 * in->blocks_capacity : 16;
        blocks = aud_realloc(in->blocks, capacity * sizeof(record_block_t));
        if (blocks == NULL) {
            return NULL;
        }

        in->blocks = blocks;
        in->blocks_capacity = capacity;
    }

    record_block_begin(&in->blocks[in->nblocks], in->source->ncolumns);

    /* Blocks are about as large as each other. */

    if (in->nblocks) {
        size = in->blocks[in->nblocks - 1].bytes.len;
        aud_buffer_reserve(&in->blocks[in->nblocks].bytes, size + size / 16);
    }

    return &in->blocks[in->nblocks++];
}


/* The last block is full. */

void
import_read_hand_over(import_read_t *in)
{
    record_block_t  *block;

    if (in->nblocks) {
        block = &in->blocks[in->nblocks - 1];
        record_block_finish(block);
        block_feed_add(in->feed, aud_buffer_str(&block->bytes));
    }
}


static int
import_read_keep(import_read_t *in, const aud_csv_row_t *csv,
    const aud_source_record_t *record)
{
    uint32_t       capacity;
    import_row_t  *rows, *row;

    if (in->nrows == in->rows_capacity) {
        capacity = in->rows_capacity ? 2 * in->rows_capacity : 1024;
        rows = aud_realloc(in->rows, capacity * sizeof(import_row_t));
        if (rows == NULL) {
            return -1;
        }

        in->rows = rows;
        in->rows_capacity = capacity;
    }

    row = &in->rows[in->nrows++];
    memcpy(row->phone, record->phone.data, record->phone.len);
    row->phone[record->phone.len] = '\0';
    row->line = csv->line;
    row->identity = in->identities.len;

    aud_source_record_write(&in->identities, record);

    return in->identities.failed ? -1 : 0;
}


/* Which cell means what is not sure here: a value of somebody who was erased
 * in any of them keeps the row out of the errors too. */

int
import_read_reject(import_read_t *in, const aud_csv_row_t *row,
    const char *column, const char *reason)
{
    int  erased;

    erased = in->check ? erased_check_cells(in->check, row->cells, row->ncells,
                                            in->country, in->area_code) : 0;

    if (erased) {
        in->erased++;
        return erased > 0 ? 0 : import_read_stop(in, IMPORT_READ_FAILED);
    }

    in->rejected++;
    import_read_error(in, row, aud_str(column, strlen(column)), reason);

    return 0;
}


void
import_read_error(import_read_t *in, const aud_csv_row_t *row,
    aud_str_t column, const char *reason)
{
    uint32_t   i;
    aud_str_t  value;

    aud_buffer_printf(&in->errors, "%llu,", (unsigned long long) row->line);
    cell_write(&in->errors, column, 0);
    aud_buffer_char(&in->errors, ',');
    cell_write(&in->errors, aud_str(reason, strlen(reason)), 0);

    for (i = 0; i < row->ncells; i++) {
        value = cell_value(row->cells[i]);
        aud_buffer_char(&in->errors, ',');
        cell_write(&in->errors, value, cell_is_phone(value));
    }

    aud_buffer_text(&in->errors, "\r\n");
}


void
import_errors_header(aud_buffer_t *out, const aud_str_t *columns,
    uint32_t ncolumns)
{
    uint32_t  i;

    aud_buffer_text(out, "line,column,reason");

    for (i = 0; i < ncolumns; i++) {
        aud_buffer_char(out, ',');
        cell_write(out, columns[i], 0);
    }

    aud_buffer_text(out, "\r\n");
}


int
import_read_stop(import_read_t *in, import_read_status_t why)
{
    in->why = why;

    return 1;
}


void
import_read_stopped(const import_read_t *in, aud_error_t *err)
{
    if (in->err.text[0]) {
        *err = in->err;

    } else {
        aud_error_set(err, in->why == IMPORT_READ_DAMAGED
                           ? "it is not what was uploaded"
                           : "out of memory");
    }
}
