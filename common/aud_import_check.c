#include "aud_import_check.h"

#include <strings.h>

#include "aud_alloc.h"
#include "aud_csv.h"
#include "aud_encoding.h"
#include "aud_import_header.h"
#include "aud_text.h"

#define SEPARATOR_LINE_MAX  7       /* bytes of "sep=;" in quotes */

struct aud_import_check_s {
    aud_import_limits_t    limits;
    aud_encoding_state_t   encoding;
    aud_csv_t             *csv;
    aud_problem_t         *problem;         /* of the call under way */

    aud_buffer_t           first;           /* bytes held until begun */
    unsigned               begun:1;         /* a line "sep=;" was looked for */
    unsigned               header:1;        /* the first row was seen */
    unsigned               blank:1;         /* it and all others were blank */
    aud_problem_t          header_problem;  /* said when one is not */

    aud_buffer_t           names;
    aud_str_t             *columns;
    uint32_t               ncolumns;
    uint64_t               rows;
    uint64_t               bytes;
};

static int on_row(void *arg, const aud_csv_row_t *row);
static int on_header(aud_import_check_t *c, const aud_csv_row_t *row);
static int keep_columns(aud_import_check_t *c, const aud_csv_row_t *row);
static int row_blank(const aud_csv_row_t *row);
static int cell_blank(aud_str_t cell);
static int feed(aud_import_check_t *c, const char *data, size_t len,
    aud_buffer_t *out);
static aud_csv_status_t read_new(aud_import_check_t *c, aud_buffer_t *out,
    size_t before, int ended);
static aud_csv_status_t begin(aud_import_check_t *c, aud_buffer_t *out,
    size_t before, int ended);
static size_t first_line(const aud_buffer_t *first);
static char separator_named(aud_str_t line);
static int encoding_problem(aud_import_check_t *c,
    aud_encoding_status_t status);
static int csv_problem(aud_import_check_t *c, aud_csv_status_t status);
static int no_memory(aud_problem_t *problem);
static void add_row(aud_problem_t *problem, uint64_t row);

const char *const  aud_known_columns[] = {
    AUD_COLUMN_PHONE, "email", "city", "address", "taxDocument", "name",
    AUD_COLUMN_OPT_IN, NULL
};


aud_import_check_t *
aud_import_check_create(const aud_import_limits_t *limits, aud_str_t encoding,
    aud_problem_t *problem)
{
    aud_encoding_t       known;
    aud_import_check_t  *c;

    known = encoding.len ? aud_encoding_by_name(encoding) : AUD_ENCODING_UTF8;

    if (known == AUD_ENCODING_UNKNOWN) {
        aud_problem_set(problem, 422, "unknown-encoding",
                        "The encoding is not known",
                        "The encoding \"%.*s\" is not known. Use utf-8 or "
                        "windows-1252.",
                        (int) (encoding.len < 40 ? encoding.len : 40),
                        encoding.data);
        return NULL;
    }

    c = aud_calloc(1, sizeof(aud_import_check_t));

    if (c == NULL) {
        no_memory(problem);
        return NULL;
    }

    c->limits = *limits;
    c->csv = aud_csv_create(0, limits->max_columns, limits->max_row_bytes,
                            on_row, c);
    aud_encoding_init(&c->encoding, known);

    if (c->csv == NULL) {
        aud_import_check_free(c);
        no_memory(problem);
        return NULL;
    }

    return c;
}


void
aud_import_check_free(aud_import_check_t *c)
{
    if (c) {
        aud_csv_free(c->csv);
        aud_buffer_free(&c->first);
        aud_buffer_free(&c->names);
        aud_free(c->columns);
        aud_free(c);
    }
}


int
aud_import_check_feed(aud_import_check_t *c, const char *data, size_t len,
    aud_buffer_t *out, aud_problem_t *problem)
{
    size_t  allowed;

    c->problem = problem;

    /* What is wrong before the limit is said first, however data is cut. */

    allowed = c->limits.max_bytes - c->bytes < len
              ? c->limits.max_bytes - c->bytes : len;
    c->bytes += allowed;

    if (feed(c, data, allowed, out) != 0) {
        return -1;
    }

    if (allowed < len) {
        aud_problem_set(problem, 413, "file-too-large",
                        "The file is too large",
                        "A file may have %llu bytes at most.",
                        (unsigned long long) c->limits.max_bytes);
        problem->limit = c->limits.max_bytes;
        return -1;
    }

    return 0;
}


int
aud_import_check_finish(aud_import_check_t *c, aud_buffer_t *out,
    aud_problem_t *problem)
{
    size_t                  before;
    aud_csv_status_t        csv;
    aud_encoding_status_t   status;

    c->problem = problem;
    before = out->len;

    status = aud_encoding_finish(&c->encoding, out);
    csv = read_new(c, out, before, status == AUD_ENCODING_OK);

    if (csv == AUD_CSV_OK && status == AUD_ENCODING_OK) {
        csv = aud_csv_finish(c->csv);
    }

    if (csv != AUD_CSV_OK) {
        return csv_problem(c, csv);
    }

    if (status != AUD_ENCODING_OK) {
        return encoding_problem(c, status);
    }

    if (out->failed) {
        return no_memory(problem);
    }

    if (!c->header || c->blank) {
        return aud_problem_set(problem, 422, "blank-file", "The file is blank",
                               "There is nothing in this file.");
    }

    if (c->rows == 0) {
        return aud_problem_set(problem, 422, "too-few-lines",
                               "The file has one line only",
                               "It needs a line with the names of the "
                               "columns, and at least one row below it.");
    }

    return 0;
}


uint32_t
aud_import_check_columns(const aud_import_check_t *c)
{
    return c->ncolumns;
}


aud_str_t
aud_import_check_column(const aud_import_check_t *c, uint32_t i)
{
    return i < c->ncolumns ? c->columns[i] : AUD_STR("");
}


uint64_t
aud_import_check_rows(const aud_import_check_t *c)
{
    return c->rows;
}


char
aud_import_check_separator(const aud_import_check_t *c)
{
    return aud_csv_separator(c->csv);
}


static int
feed(aud_import_check_t *c, const char *data, size_t len, aud_buffer_t *out)
{
    size_t                  before;
    aud_csv_status_t        csv;
    aud_encoding_status_t   status;

    before = out->len;
    status = aud_encoding_feed(&c->encoding, data, len, out);

    if (out->failed) {
        return no_memory(c->problem);
    }

    /* What came before a bad byte may hold an earlier problem. */

    csv = read_new(c, out, before, 0);

    if (csv != AUD_CSV_OK) {
        return csv_problem(c, csv);
    }

    return status == AUD_ENCODING_OK ? 0 : encoding_problem(c, status);
}


/* Gives the reader what has come into out. */

static aud_csv_status_t
read_new(aud_import_check_t *c, aud_buffer_t *out, size_t before, int ended)
{
    aud_csv_status_t  status;

    if (!c->begun) {
        status = begin(c, out, before, ended);

        if (status != AUD_CSV_OK) {
            return status;
        }
    }

    if (out->len == before) {
        return AUD_CSV_OK;
    }

    return aud_csv_feed(c->csv, out->data + before, out->len - before);
}


/*
 * Excel takes the separator from a first line "sep=;", and so do we.  Of that
 * line only the end goes on: whoever reads the spooled file sees an empty line,
 * and counts lines as the user does.
 */

static aud_csv_status_t
begin(aud_import_check_t *c, aud_buffer_t *out, size_t before, int ended)
{
    char           separator;
    size_t         n;
    aud_csv_t     *csv;
    aud_buffer_t  *first = &c->first;

    if (out->len > before) {
        aud_buffer_add(first, out->data + before, out->len - before);
        out->len = before;
    }

    n = first_line(first);

    if (first->failed) {
        return AUD_CSV_NO_MEMORY;
    }

    if (n == first->len && n <= SEPARATOR_LINE_MAX && !ended) {
        return AUD_CSV_OK;
    }

    c->begun = 1;
    separator = separator_named(aud_str(first->data, n));

    if (separator) {
        csv = aud_csv_create(separator, c->limits.max_columns,
                             c->limits.max_row_bytes, on_row, c);
        if (csv == NULL) {
            return AUD_CSV_NO_MEMORY;
        }

        aud_csv_free(c->csv);
        c->csv = csv;

    } else {
        n = 0;
    }

    if (first->len > n) {
        aud_buffer_add(out, first->data + n, first->len - n);
    }

    aud_buffer_free(first);

    return out->failed ? AUD_CSV_NO_MEMORY : AUD_CSV_OK;
}


/* Bytes of the first line as far as it is there, or one more than are needed
 * to see that it is another one. */

static size_t
first_line(const aud_buffer_t *first)
{
    size_t  i;

    for (i = 0; i < first->len && i <= SEPARATOR_LINE_MAX; i++) {
        if (first->data[i] == '\n' || first->data[i] == '\r') {
            break;
        }
    }

    return i;
}


static char
separator_named(aud_str_t line)
{
    if (line.len == SEPARATOR_LINE_MAX && line.data[0] == '"'
        && line.data[line.len - 1] == '"')
    {
        line = aud_str(line.data + 1, line.len - 2);
    }

    if (line.len == 5 && strncasecmp(line.data, "sep=", 4) == 0
        && (line.data[4] == ',' || line.data[4] == ';'))
    {
        return line.data[4];
    }

    return 0;
}


static int
on_row(void *arg, const aud_csv_row_t *row)
{
    aud_import_check_t  *c = arg;

    if (!c->header) {
        c->header = 1;
        return on_header(c, row);
    }

    if (c->blank && !row_blank(row)) {
        *c->problem = c->header_problem;
        return -1;
    }

    if (++c->rows <= c->limits.max_rows) {
        return 0;
    }

    aud_problem_set(c->problem, 422, "too-many-rows",
                    "The file has too many rows",
                    "A file may have %llu rows at most; this one has "
                    "more. Split it into several files.",
                    (unsigned long long) c->limits.max_rows);
    c->problem->limit = c->limits.max_rows;
    c->problem->count = c->rows;
    add_row(c->problem, row->line);

    return -1;
}


/* A first row of blanks may be all that a blank file has: what is wrong with
 * it waits for a row that is not. */

static int
on_header(aud_import_check_t *c, const aud_csv_row_t *row)
{
    if (row_blank(row)) {
        c->blank = 1;
        aud_import_header(row, c->limits.kind, &c->header_problem);
        return 0;
    }

    if (aud_import_header(row, c->limits.kind, c->problem) != 0) {
        return -1;
    }

    return keep_columns(c, row);
}


static int
keep_columns(aud_import_check_t *c, const aud_csv_row_t *row)
{
    uint32_t   i;
    aud_str_t  name;

    c->columns = aud_calloc(row->ncells, sizeof(aud_str_t));
    aud_buffer_reserve(&c->names, row->raw.len);

    if (c->columns == NULL || c->names.failed) {
        return no_memory(c->problem);
    }

    for (i = 0; i < row->ncells; i++) {
        name = aud_trim(row->cells[i]);
        c->columns[i] = aud_str(c->names.data + c->names.len, name.len);
        aud_buffer_add(&c->names, name.data, name.len);
    }

    c->ncolumns = row->ncells;
    aud_csv_skip_cells(c->csv);

    return 0;
}


static int
row_blank(const aud_csv_row_t *row)
{
    uint32_t  i;

    for (i = 0; i < row->ncells; i++) {
        if (!cell_blank(row->cells[i])) {
            return 0;
        }
    }

    return 1;
}


/* Where the first row is blank, a guess at the separator has little to go by:
 * either of them in a cell is as good as nothing. */

static int
cell_blank(aud_str_t cell)
{
    while ((cell = aud_trim(cell)).len) {
        if (cell.data[0] != ',' && cell.data[0] != ';') {
            return 0;
        }

        cell = aud_str(cell.data + 1, cell.len - 1);
    }

    return 1;
}


static int
encoding_problem(aud_import_check_t *c, aud_encoding_status_t status)
{
    aud_problem_t       *p = c->problem;
    unsigned long long   line = aud_csv_line(c->csv);

    if (status == AUD_ENCODING_NUL) {
        aud_problem_set(p, 422, "nul-bytes", "The file is not a text",
                        "Line %llu holds a NUL byte, which no CSV file has. "
                        "Save the file as CSV again.", line);

    } else if (status == AUD_ENCODING_UTF16) {
        aud_problem_set(p, 422, "wrong-encoding",
                        "The file has the wrong encoding",
                        "The file is UTF-16. Save it as \"CSV UTF-8\".");
        strcpy(p->encoding, "utf-16");

    } else if (c->encoding.guess[0]) {
        aud_problem_set(p, 422, "wrong-encoding",
                        "The file has the wrong encoding",
                        "Line %llu holds a character that is not UTF-8; the "
                        "file seems to be %s. Save it as \"CSV UTF-8\", or "
                        "send it with ?encoding=%s.", line,
                        c->encoding.guess, c->encoding.guess);
        strcpy(p->encoding, c->encoding.guess);

    } else {
        aud_problem_set(p, 422, "wrong-encoding",
                        "The file has the wrong encoding",
                        "Line %llu holds a character that is not UTF-8. Save "
                        "the file as \"CSV UTF-8\".", line);
    }

    add_row(p, line);

    return -1;
}


static int
csv_problem(aud_import_check_t *c, aud_csv_status_t status)
{
    aud_problem_t       *p = c->problem;
    unsigned long long   line = aud_csv_line(c->csv);

    switch (status) {

    case AUD_CSV_TOO_MANY_CELLS:
        aud_problem_set(p, 422, "too-many-columns",
                        "The file has too many columns",
                        "A file may have %u columns at most; line %llu has "
                        "more.", c->limits.max_columns, line);
        p->limit = c->limits.max_columns;
        break;

    case AUD_CSV_ROW_TOO_LONG:
        aud_problem_set(p, 422, "row-too-long", "A line is too long",
                        "Line %llu is longer than %llu bytes.", line,
                        (unsigned long long) c->limits.max_row_bytes);
        p->limit = c->limits.max_row_bytes;
        break;

    case AUD_CSV_OPEN_QUOTE:
        aud_problem_set(p, 422, "unclosed-quote", "A quote is never closed",
                        "The quote that opens in line %llu is never closed. "
                        "Close it, or double it where it belongs to the text.",
                        line);
        break;

    case AUD_CSV_NO_MEMORY:
        return no_memory(p);

    default: /* AUD_CSV_STOPPED: on_row() has said why */
        return -1;
    }

    add_row(p, line);

    return -1;
}


static int
no_memory(aud_problem_t *problem)
{
    return aud_problem_set(problem, 500, "internal-error",
                           "Something went wrong",
                           "The server has no memory left to read the file.");
}


/* Repeats the problem as its only error, with the line that it is in. */

static void
add_row(aud_problem_t *problem, uint64_t row)
{
    aud_problem_error_t  *e;

    e = aud_problem_add(problem, problem->slug, "%.200s", problem->detail);
    e->row = row;

    if (strcmp(problem->encoding, "windows-1252") == 0) {
        strcpy(e->suggestion, "?encoding=windows-1252");
    }
}
