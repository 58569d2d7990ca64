/*
 * The CSV reader: how it is made and fed, and how it finds the separator.  See
 * aud_csv.h; aud_csv_scan.c reads.
 */

#include "aud_csv_reader.h"

#include "aud_alloc.h"
#include "aud_lines.h"

static aud_csv_status_t detect(aud_csv_t *csv, const char **p,
    const char *end);
static int detect_byte(aud_csv_t *csv, char c);
static aud_csv_status_t release_head(aud_csv_t *csv);


aud_csv_t *
aud_csv_create(char separator, uint32_t max_cells, size_t max_row_bytes,
    aud_csv_row_fn fn, void *arg)
{
    aud_csv_t  *csv;

    csv = aud_calloc(1, sizeof(aud_csv_t));
    if (csv == NULL) {
        return NULL;
    }

    csv->fn = fn;
    csv->arg = arg;
    csv->separator = separator;
    csv->max_cells = max_cells;
    csv->max_row_bytes = max_row_bytes;
    csv->line = 1;
    csv->head_state = AUD_CSV_CELL_START;

    return csv;
}


void
aud_csv_free(aud_csv_t *csv)
{
    if (csv == NULL) {
        return;
    }

    aud_buffer_free(&csv->head);
    aud_buffer_free(&csv->row);
    aud_buffer_free(&csv->text);
    aud_free(csv->spans);
    aud_free(csv->cells);
    aud_free(csv);
}


aud_csv_status_t
aud_csv_feed(aud_csv_t *csv, const char *data, size_t len)
{
    const char  *p, *end;

    if (csv->status != AUD_CSV_OK || len == 0) {
        return csv->status;
    }

    p = data;
    end = data + len;

    if (csv->separator == 0 && detect(csv, &p, end) != AUD_CSV_OK) {
        return csv->status;
    }

    return aud_csv_scan(csv, p, end);
}


aud_csv_status_t
aud_csv_finish(aud_csv_t *csv)
{
    if (csv->status == AUD_CSV_OK && csv->separator == 0) {
        release_head(csv);
    }

    return aud_csv_scan_end(csv);
}


void
aud_csv_skip_cells(aud_csv_t *csv)
{
    csv->uncelled = 1;
}


char
aud_csv_separator(const aud_csv_t *csv)
{
    return csv->separator;
}


uint64_t
aud_csv_line(const aud_csv_t *csv)
{
    int  after_cr;

    if (csv->status != AUD_CSV_OK) {
        return csv->error_line;
    }

    after_cr = 0;

    return csv->line + aud_lines_count(csv->head.data, csv->head.len,
                                       &after_cr);
}


/*
 * Holds back the first row until it shows the separator, then scans it.  Empty
 * lines before it are not held, so what is held is at most a row.
 */

static aud_csv_status_t
detect(aud_csv_t *csv, const char **p, const char *end)
{
    int          known;
    const char  *q;

    q = *p;

    if (csv->head.len == 0) {
        while (q < end && (*q == '\n' || *q == '\r')) {
            q++;
        }

        if (aud_csv_scan(csv, *p, q) != AUD_CSV_OK) {
            return csv->status;
        }

        *p = q;
    }

    known = 0;

    while (q < end && !known) {
        known = detect_byte(csv, *q++)
                || csv->head.len + (q - *p) > csv->max_row_bytes;
    }

    aud_buffer_add(&csv->head, *p, q - *p);
    *p = q;

    return known ? release_head(csv) : AUD_CSV_OK;
}


/* Returns 1 when the row ends, or has too many cells whatever follows. */

static int
detect_byte(aud_csv_t *csv, char c)
{
    if (csv->head_state == AUD_CSV_QUOTED) {
        csv->head_state = (c == '"') ? AUD_CSV_QUOTE : AUD_CSV_QUOTED;
        return 0;
    }

    if (c == '\n' || c == '\r') {
        return 1;
    }

    if (c == ',' || c == ';') {
        csv->head_state = AUD_CSV_CELL_START;
        csv->commas += (c == ',');
        csv->semicolons += (c == ';');

        return csv->commas >= csv->max_cells
               || csv->semicolons >= csv->max_cells;
    }

    if (c == '"' && csv->head_state != AUD_CSV_UNQUOTED) {
        csv->head_state = AUD_CSV_QUOTED;
        return 0;
    }

    csv->head_state = AUD_CSV_UNQUOTED;

    return 0;
}


static aud_csv_status_t
release_head(aud_csv_t *csv)
{
    aud_buffer_t  head;

    csv->separator = csv->semicolons > csv->commas ? ';' : ',';

    head = csv->head;
    csv->head = (aud_buffer_t) { 0 };

    if (head.failed) {
        aud_csv_fail(csv, AUD_CSV_NO_MEMORY, csv->line);

    } else if (head.len) {
        aud_csv_scan(csv, head.data, head.data + head.len);
    }

    aud_buffer_free(&head);

    return csv->status;
}
