/*
 * The CSV reader: rows, out of pieces of any size.
 *
 *                 other byte          separator
 *   ROW_START ---------------> CELL_START <-------+----------+
 *       ^                       |      | "        |          |
 *       |               other   v      v          |          |
 *       | end of line   UNQUOTED     QUOTED <--+  |          |
 *       +-------------------|          |  "    | "|          |
 *       |                   |          v       |  |          |
 *       +-------------------|--------- QUOTE --+--+          |
 *       |                   |           | other              |
 *       |                   |           v                    |
 *       +-------------------+-------- STRAY -----------------+
 *
 * That is for rows with quotes where none belong and for those that the end of
 * a piece cuts, and only the latter are copied: cells are kept as offsets from
 * the start of their row until it ends, so that they survive the copy.  All
 * other rows are read in one go by aud_csv_plain.c.
 */

#include "aud_csv_reader.h"

#include "aud_alloc.h"
#include "aud_csv_plain.h"
#include "aud_lines.h"

static const char *row_start(aud_csv_t *csv, const char *p, const char *end);
static const char *plain_row(aud_csv_t *csv, const char *p, const char *end);
static int undouble_cells(aud_csv_t *csv, const char *row, size_t len);
static const char *cell_start(aud_csv_t *csv, const char *p);
static const char *unquoted(aud_csv_t *csv, const char *p, const char *end);
static const char *quoted(aud_csv_t *csv, const char *p, const char *end);
static const char *quote(aud_csv_t *csv, const char *p);
static int take(aud_csv_t *csv, size_t n);
static void too_long(aud_csv_t *csv);
static const char *cell_break(aud_csv_t *csv, const char *p);
static int end_cell(aud_csv_t *csv);
static int more_cells(aud_csv_t *csv);
static void end_row(aud_csv_t *csv, const char *end);
static void give_row(aud_csv_t *csv, const char *base, size_t len);
static int make_cells(aud_csv_t *csv, const char *base);
static aud_str_t unquote(char *out, aud_str_t raw);


aud_csv_status_t
aud_csv_scan(aud_csv_t *csv, const char *p, const char *end)
{
    csv->from = p;

    while (p < end && csv->status == AUD_CSV_OK) {

        switch (csv->state) {

        case AUD_CSV_ROW_START:
            p = row_start(csv, p, end);
            break;

        case AUD_CSV_CELL_START:
            p = cell_start(csv, p);
            break;

        case AUD_CSV_QUOTED:
            p = quoted(csv, p, end);
            break;

        case AUD_CSV_QUOTE:
            p = quote(csv, p);
            break;

        default: /* AUD_CSV_UNQUOTED, AUD_CSV_STRAY */
            p = unquoted(csv, p, end);
        }
    }

    if (csv->status == AUD_CSV_OK && csv->state != AUD_CSV_ROW_START) {
        aud_buffer_add(&csv->row, csv->from, end - csv->from);

        if (csv->row.failed) {
            aud_csv_fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
        }
    }

    csv->from = NULL;

    return csv->status;
}


aud_csv_status_t
aud_csv_scan_end(aud_csv_t *csv)
{
    if (csv->status != AUD_CSV_OK || csv->state == AUD_CSV_ROW_START) {
        return csv->status;
    }

    if (csv->state == AUD_CSV_QUOTED) {
        aud_csv_fail(csv, AUD_CSV_OPEN_QUOTE, csv->quote_line);
        return csv->status;
    }

    if (csv->state == AUD_CSV_CELL_START) {
        csv->cell = (aud_csv_span_t) { csv->len, csv->len, 0 };
        csv->state = AUD_CSV_UNQUOTED;
    }

    csv->from = "";

    if (end_cell(csv)) {
        end_row(csv, csv->from);
    }

    return csv->status;
}


/* Skips an empty line, reads a plain row, or begins another one without taking
 * its first byte. */

static const char *
row_start(aud_csv_t *csv, const char *p, const char *end)
{
    const char  *q;

    if (*p == '\n' || *p == '\r') {
        csv->line += !(csv->after_cr && *p == '\n');
        csv->after_cr = (*p == '\r');
        return p + 1;
    }

    csv->after_cr = 0;
    csv->from = p;
    csv->len = 0;
    csv->row_line = csv->line;
    csv->bad_quote = 0;
    csv->nspans = 0;

    q = plain_row(csv, p, end);

    if (q) {
        return q;
    }

    csv->state = AUD_CSV_CELL_START;

    return p;
}


/* Returns what follows the row, or NULL where it is for the states to read:
 * they also say what is wrong with a row. */

static const char *
plain_row(aud_csv_t *csv, const char *p, const char *end)
{
    int               after_cr;
    uint32_t          room;
    const char       *q;
    aud_csv_plain_t   row;

    if ((size_t) (end - p) > csv->max_row_bytes) {
        end = p + csv->max_row_bytes + 1;       /* with its end of line */
    }

    if (csv->uncelled) {
        q = aud_csv_plain_end(p, end, csv->separator, csv->max_cells, &row);

    } else {
        room = csv->capacity < csv->max_cells ? csv->capacity : csv->max_cells;
        q = aud_csv_plain_cells(p, end, csv->separator, csv->cells, room, &row);
    }

    if (q == NULL) {
        return NULL;
    }

    after_cr = 0;
    csv->line += 1 + (row.lines ? aud_lines_count(p, q - p, &after_cr) : 0);
    csv->after_cr = (*q == '\r');
    csv->nspans = row.ncells;

    if (row.doubled && !csv->uncelled && !undouble_cells(csv, p, q - p)) {
        aud_csv_fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
        return q + 1;
    }

    give_row(csv, p, q - p);

    return q + 1;
}


/* The quoted cells of a plain row as they are meant. */

static int
undouble_cells(aud_csv_t *csv, const char *row, size_t len)
{
    uint32_t    i;
    aud_str_t  *cell;

    csv->text.len = 0;
    aud_buffer_reserve(&csv->text, len);

    if (csv->text.failed) {
        return 0;
    }

    for (i = 0; i < csv->nspans; i++) {
        cell = &csv->cells[i];

        if (cell->data > row && cell->data[-1] == '"'
            && memchr(cell->data, '"', cell->len))
        {
            *cell = unquote(csv->text.data + csv->text.len, *cell);
            csv->text.len += cell->len;
        }
    }

    return 1;
}


static const char *
cell_start(aud_csv_t *csv, const char *p)
{
    if (*p != '"') {
        csv->cell = (aud_csv_span_t) { csv->len, csv->len, 0 };
        csv->state = AUD_CSV_UNQUOTED;
        return p;
    }

    csv->quote_line = csv->line;
    csv->after_cr = 0;

    if (take(csv, 1)) {
        csv->cell = (aud_csv_span_t) { csv->len, csv->len, 0 };
        csv->state = AUD_CSV_QUOTED;
    }

    return p + 1;
}


static const char *
unquoted(aud_csv_t *csv, const char *p, const char *end)
{
    const char  *q;

    q = aud_csv_plain_break(p, end, csv->separator);

    if (!take(csv, q - p) || q == end) {
        return q;
    }

    return cell_break(csv, q);
}


static const char *
quoted(aud_csv_t *csv, const char *p, const char *end)
{
    size_t       n, room;
    const char  *q;

    q = memchr(p, '"', end - p);
    if (q == NULL) {
        q = end;
    }

    /* What lies behind the limit must not change what is said of it. */

    n = q - p;
    room = csv->max_row_bytes - csv->len;
    csv->line += aud_lines_count(p, n > room ? room : n, &csv->after_cr);

    if (!take(csv, n) || q == end) {
        return q;
    }

    if (take(csv, 1)) {
        csv->state = AUD_CSV_QUOTE;
    }

    return q + 1;
}


static const char *
quote(aud_csv_t *csv, const char *p)
{
    if (*p == csv->separator || *p == '\n' || *p == '\r') {
        return cell_break(csv, p);
    }

    csv->cell.escaped = 1;

    if (*p != '"') {
        csv->bad_quote = 1;
        csv->state = AUD_CSV_STRAY;
        return p;
    }

    csv->after_cr = 0;
    csv->state = AUD_CSV_QUOTED;
    take(csv, 1);

    return p + 1;
}


/* Counts n bytes into the row.  0 where it grows too long. */

static int
take(aud_csv_t *csv, size_t n)
{
    if (n > csv->max_row_bytes - csv->len) {
        too_long(csv);
        return 0;
    }

    csv->len += n;

    return 1;
}


/* A quoted cell that swallowed lines is most likely one that nobody closed. */

static void
too_long(aud_csv_t *csv)
{
    if (csv->state == AUD_CSV_QUOTED && csv->line > csv->quote_line) {
        aud_csv_fail(csv, AUD_CSV_OPEN_QUOTE, csv->quote_line);

    } else {
        aud_csv_fail(csv, AUD_CSV_ROW_TOO_LONG, csv->row_line);
    }
}


void
aud_csv_fail(aud_csv_t *csv, aud_csv_status_t status, uint64_t line)
{
    csv->status = status;
    csv->error_line = line;
}


/* p is at the separator or end of line that ends a cell. */

static const char *
cell_break(aud_csv_t *csv, const char *p)
{
    if (!end_cell(csv)) {
        return p;
    }

    if (*p != csv->separator) {
        csv->line++;
        end_row(csv, p);
        csv->after_cr = (*p == '\r');

    } else if (csv->nspans >= csv->max_cells) {
        aud_csv_fail(csv, AUD_CSV_TOO_MANY_CELLS, csv->row_line);

    } else if (take(csv, 1)) {
        csv->state = AUD_CSV_CELL_START;
    }

    return p + 1;
}


static int
end_cell(aud_csv_t *csv)
{
    csv->cell.to = csv->len;

    if (csv->state == AUD_CSV_QUOTE && !csv->cell.escaped) {
        csv->cell.to--;
    }

    if (csv->uncelled) {
        csv->nspans++;
        return 1;
    }

    if (csv->nspans == csv->capacity && !more_cells(csv)) {
        aud_csv_fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
        return 0;
    }

    csv->spans[csv->nspans++] = csv->cell;

    return 1;
}


static int
more_cells(aud_csv_t *csv)
{
    void      *spans, *cells;
    uint32_t   capacity;

    capacity = csv->capacity ? 2 * csv->capacity : 32;

    spans = aud_realloc(csv->spans, capacity * sizeof(aud_csv_span_t));
    csv->spans = spans ? spans : csv->spans;
    cells = aud_realloc(csv->cells, capacity * sizeof(aud_str_t));
    csv->cells = cells ? cells : csv->cells;

    if (spans == NULL || cells == NULL) {
        return 0;
    }

    csv->capacity = capacity;

    return 1;
}


/* end: behind the row's last byte in this piece. */

static void
end_row(aud_csv_t *csv, const char *end)
{
    const char  *base;

    base = csv->from;

    if (csv->row.len) {
        aud_buffer_add(&csv->row, csv->from, end - csv->from);
        base = csv->row.data;
    }

    if (csv->row.failed || (!csv->uncelled && !make_cells(csv, base))) {
        aud_csv_fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
        return;
    }

    give_row(csv, base, csv->len);

    csv->row.len = 0;
    csv->state = AUD_CSV_ROW_START;
}


static void
give_row(aud_csv_t *csv, const char *base, size_t len)
{
    aud_csv_row_t  row;

    row.line = csv->row_line;
    row.ncells = csv->uncelled ? 0 : csv->nspans;
    row.cells = csv->uncelled ? NULL : csv->cells;
    row.raw = aud_str(base, len);
    row.bad_quote = csv->bad_quote;

    if (csv->fn(csv->arg, &row) != 0) {
        aud_csv_fail(csv, AUD_CSV_STOPPED, csv->row_line);
    }
}


static int
make_cells(aud_csv_t *csv, const char *base)
{
    uint32_t           i;
    aud_str_t          raw;
    const aud_csv_span_t  *span;

    csv->text.len = 0;

    for (i = 0; i < csv->nspans; i++) {
        span = &csv->spans[i];
        raw = aud_str(base + span->from, span->to - span->from);

        if (span->escaped) {

            /* All at once: earlier cells point into it. */

            if (csv->text.len == 0) {
                aud_buffer_reserve(&csv->text, csv->len + 1);
            }

            if (csv->text.failed) {
                return 0;
            }

            raw = unquote(csv->text.data + csv->text.len, raw);
            csv->text.len += raw.len;
        }

        csv->cells[i] = raw;
    }

    return 1;
}


/* raw begins behind the opening quote; what follows the closing one is kept as
 * it stands. */

static aud_str_t
unquote(char *out, aud_str_t raw)
{
    char        *to;
    const char  *p, *q, *end;

    p = raw.data;
    end = raw.data + raw.len;
    to = out;

    for ( ;; ) {
        q = memchr(p, '"', end - p);    /* the closing one at the latest */

        if (q == NULL) {
            break;
        }

        memcpy(to, p, q - p);
        to += q - p;
        p = q + 1;

        if (p == end || *p != '"') {
            break;
        }

        *to++ = *p++;
    }

    memcpy(to, p, end - p);
    to += end - p;

    return aud_str(out, to - out);
}
