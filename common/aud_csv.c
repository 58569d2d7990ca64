/*
 * The CSV reader.  See aud_csv.h.
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

#include "aud_csv.h"

#include "aud_alloc.h"
#include "aud_csv_plain.h"
#include "aud_lines.h"

typedef enum {
    ROW_START = 0,
    CELL_START,
    UNQUOTED,
    QUOTED,
    QUOTE,              /* a quote inside QUOTED: closing, or doubled */
    STRAY               /* text after a closing quote */
} csv_state_t;

typedef struct {
    size_t    from;
    size_t    to;
    unsigned  escaped:1;        /* needs unquote() */
} csv_span_t;

struct aud_csv_s {
    aud_csv_row_fn    fn;
    void             *arg;
    char              separator;
    uint32_t          max_cells;
    size_t            max_row_bytes;

    aud_csv_status_t  status;
    uint64_t          error_line;

    csv_state_t       state;
    int               after_cr;
    unsigned          uncelled:1;   /* the callback wants no cells */
    uint64_t          line;

    aud_buffer_t      head;         /* held until the separator is known */
    char              head_state;   /* as csv_state_t */
    uint32_t          commas;
    uint32_t          semicolons;

    const char       *from;         /* the row's bytes in this piece */
    aud_buffer_t      row;          /* the row's bytes of earlier pieces */
    size_t            len;          /* of both */
    uint64_t          row_line;
    uint64_t          quote_line;
    unsigned          bad_quote:1;
    csv_span_t        cell;

    aud_buffer_t      text;         /* cells that held quotes */
    uint32_t          nspans;
    uint32_t          capacity;
    csv_span_t       *spans;
    aud_str_t        *cells;
};

static aud_csv_status_t detect(aud_csv_t *csv, const char **p,
    const char *end);
static int detect_byte(aud_csv_t *csv, char c);
static aud_csv_status_t release_head(aud_csv_t *csv);
static aud_csv_status_t scan(aud_csv_t *csv, const char *p, const char *end);
static const char *row_start(aud_csv_t *csv, const char *p, const char *end);
static const char *plain_row(aud_csv_t *csv, const char *p, const char *end);
static int undouble_cells(aud_csv_t *csv, const char *row, size_t len);
static const char *cell_start(aud_csv_t *csv, const char *p);
static const char *unquoted(aud_csv_t *csv, const char *p, const char *end);
static const char *quoted(aud_csv_t *csv, const char *p, const char *end);
static const char *quote(aud_csv_t *csv, const char *p);
static int take(aud_csv_t *csv, size_t n);
static void too_long(aud_csv_t *csv);
static void fail(aud_csv_t *csv, aud_csv_status_t status, uint64_t line);
static const char *cell_break(aud_csv_t *csv, const char *p);
static int end_cell(aud_csv_t *csv);
static int more_cells(aud_csv_t *csv);
static void end_row(aud_csv_t *csv, const char *end);
static void give_row(aud_csv_t *csv, const char *base, size_t len);
static int make_cells(aud_csv_t *csv, const char *base);
static aud_str_t unquote(char *out, aud_str_t raw);


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
    csv->head_state = CELL_START;

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

    return scan(csv, p, end);
}


aud_csv_status_t
aud_csv_finish(aud_csv_t *csv)
{
    if (csv->status == AUD_CSV_OK && csv->separator == 0) {
        release_head(csv);
    }

    if (csv->status != AUD_CSV_OK || csv->state == ROW_START) {
        return csv->status;
    }

    if (csv->state == QUOTED) {
        fail(csv, AUD_CSV_OPEN_QUOTE, csv->quote_line);
        return csv->status;
    }

    if (csv->state == CELL_START) {
        csv->cell = (csv_span_t) { csv->len, csv->len, 0 };
        csv->state = UNQUOTED;
    }

    csv->from = "";

    if (end_cell(csv)) {
        end_row(csv, csv->from);
    }

    return csv->status;
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

        if (scan(csv, *p, q) != AUD_CSV_OK) {
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
    if (csv->head_state == QUOTED) {
        csv->head_state = (c == '"') ? QUOTE : QUOTED;
        return 0;
    }

    if (c == '\n' || c == '\r') {
        return 1;
    }

    if (c == ',' || c == ';') {
        csv->head_state = CELL_START;
        csv->commas += (c == ',');
        csv->semicolons += (c == ';');

        return csv->commas >= csv->max_cells
               || csv->semicolons >= csv->max_cells;
    }

    if (c == '"' && csv->head_state != UNQUOTED) {
        csv->head_state = QUOTED;
        return 0;
    }

    csv->head_state = UNQUOTED;

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
        fail(csv, AUD_CSV_NO_MEMORY, csv->line);

    } else if (head.len) {
        scan(csv, head.data, head.data + head.len);
    }

    aud_buffer_free(&head);

    return csv->status;
}


static aud_csv_status_t
scan(aud_csv_t *csv, const char *p, const char *end)
{
    csv->from = p;

    while (p < end && csv->status == AUD_CSV_OK) {

        switch (csv->state) {

        case ROW_START:
            p = row_start(csv, p, end);
            break;

        case CELL_START:
            p = cell_start(csv, p);
            break;

        case QUOTED:
            p = quoted(csv, p, end);
            break;

        case QUOTE:
            p = quote(csv, p);
            break;

        default: /* UNQUOTED, STRAY */
            p = unquoted(csv, p, end);
        }
    }

    if (csv->status == AUD_CSV_OK && csv->state != ROW_START) {
        aud_buffer_add(&csv->row, csv->from, end - csv->from);

        if (csv->row.failed) {
            fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
        }
    }

    csv->from = NULL;

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

    csv->state = CELL_START;

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
        fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
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
        csv->cell = (csv_span_t) { csv->len, csv->len, 0 };
        csv->state = UNQUOTED;
        return p;
    }

    csv->quote_line = csv->line;
    csv->after_cr = 0;

    if (take(csv, 1)) {
        csv->cell = (csv_span_t) { csv->len, csv->len, 0 };
        csv->state = QUOTED;
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
        csv->state = QUOTE;
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
        csv->state = STRAY;
        return p;
    }

    csv->after_cr = 0;
    csv->state = QUOTED;
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
    if (csv->state == QUOTED && csv->line > csv->quote_line) {
        fail(csv, AUD_CSV_OPEN_QUOTE, csv->quote_line);

    } else {
        fail(csv, AUD_CSV_ROW_TOO_LONG, csv->row_line);
    }
}


static void
fail(aud_csv_t *csv, aud_csv_status_t status, uint64_t line)
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
        fail(csv, AUD_CSV_TOO_MANY_CELLS, csv->row_line);

    } else if (take(csv, 1)) {
        csv->state = CELL_START;
    }

    return p + 1;
}


static int
end_cell(aud_csv_t *csv)
{
    csv->cell.to = csv->len;

    if (csv->state == QUOTE && !csv->cell.escaped) {
        csv->cell.to--;
    }

    if (csv->uncelled) {
        csv->nspans++;
        return 1;
    }

    if (csv->nspans == csv->capacity && !more_cells(csv)) {
        fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
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

    spans = aud_realloc(csv->spans, capacity * sizeof(csv_span_t));
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
        fail(csv, AUD_CSV_NO_MEMORY, csv->row_line);
        return;
    }

    give_row(csv, base, csv->len);

    csv->row.len = 0;
    csv->state = ROW_START;
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
        fail(csv, AUD_CSV_STOPPED, csv->row_line);
    }
}


static int
make_cells(aud_csv_t *csv, const char *base)
{
    uint32_t           i;
    aud_str_t          raw;
    const csv_span_t  *span;

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


void
aud_csv_write_cell(aud_buffer_t *out, aud_str_t cell, char separator)
{
    size_t       i;
    char        *to;
    const char  *p, *q, *end;

    p = cell.data;
    end = cell.data + cell.len;
    aud_buffer_reserve(out, cell.len);

    if (out->failed) {
        return;
    }

    to = out->data + out->len;

    for (i = 0; i < cell.len; i++) {
        if (p[i] == separator || p[i] == '"' || p[i] == '\n' || p[i] == '\r') {
            break;
        }

        to[i] = p[i];
    }

    if (i == cell.len) {
        out->len += i;
        return;
    }

    aud_buffer_char(out, '"');

    while ((q = memchr(p, '"', end - p)) != NULL) {
        aud_buffer_add(out, p, q + 1 - p);
        aud_buffer_char(out, '"');
        p = q + 1;
    }

    aud_buffer_add(out, p, end - p);
    aud_buffer_char(out, '"');
}
