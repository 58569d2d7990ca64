/*
 * Rows of a CSV file, each made the line of JSON that says the same, so that one
 * set of rules holds for both.
 *
 * The rows of a conversation are gathered until the end of the file: a row that
 * is wrong is refused at once and alone, the others are one line together.
 */

#include <stdio.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_csv.h"
#include "aud_import_kind.h"
#include "aud_text.h"
#include "aud_value.h"
#include "cell.h"
#include "fields.h"
#include "intake_private.h"

/* The edge has let through no longer row, and none of more cells. */
#define ROWS_MAX_CELLS  (16 * 1024 * 1024)
#define ROWS_MAX_ROW    (64 * 1024 * 1024)
#define ROWS_PIECE      (256 * 1024)


typedef struct {
    intake_t           *intake;
    aud_import_kind_t   kind;
    intake_line_fn      fn;
    void               *arg;
    int                 rc;         /* why reading stopped */
    uint32_t            ncolumns;   /* 0: the header has not come yet */
    aud_import_role_t  *roles;
    aud_str_t          *names;      /* trimmed, owned */
    json_t             *gathered;   /* id and contact -> {"row", "line"}, in the
                                       order of their first rows */
} intake_rows_t;

/* Where what a column says stands in a line. */

static const char *const  rows_members[AUD_ROLES] = {
    [AUD_ROLE_PHONE] = "/phone",
    [AUD_ROLE_EMAIL] = "/email",
    [AUD_ROLE_TAX_DOCUMENT] = "/taxDocument",
    [AUD_ROLE_ID] = "/id",
    [AUD_ROLE_CAMPAIGN] = "/campaign",
    [AUD_ROLE_STATUS] = "/status",
    [AUD_ROLE_CONVERSATION] = "/id",
    [AUD_ROLE_MESSAGE] = "/messages/0/id",
    [AUD_ROLE_AT] = "/messages/0/at",
    [AUD_ROLE_FROM] = "/messages/0/from",
    [AUD_ROLE_TEXT] = "/messages/0/text",
    [AUD_ROLE_CHANNEL] = "/channel",
    [AUD_ROLE_LANGUAGE] = "/language",
    [AUD_ROLE_INTENTION] = "/labels/" FIELD_INTENTION,
    [AUD_ROLE_PRICE] = "/labels/" FIELD_PRICE,
    [AUD_ROLE_SENTIMENT] = "/labels/" FIELD_SENTIMENT
};

_Static_assert((int) INTAKE_EXTRAS == (int) AUD_IMPORT_EXTRAS
               && (int) INTAKE_CAMPAIGNS == (int) AUD_IMPORT_CAMPAIGNS
               && (int) INTAKE_CONVERSATIONS == (int) AUD_IMPORT_CONVERSATIONS,
               "kinds of the edge are those of the worker");


static int rows_feed(intake_rows_t *x, int fd, aud_csv_t *csv,
    aud_error_t *err);
static int rows_row(void *arg, const aud_csv_row_t *row);
static int rows_header(intake_rows_t *x, const aud_csv_row_t *row);
static int rows_judge(intake_rows_t *x, const aud_csv_row_t *row);
static const char *rows_member(const intake_rows_t *x, aud_import_role_t role);
static json_t *rows_said(const intake_rows_t *x, const aud_csv_row_t *row);
static int rows_say(const intake_rows_t *x, json_t *line, uint32_t column,
    aud_str_t value);
static json_t *rows_part(json_t *line, const char *name);
static json_t *rows_value(aud_import_role_t role, aud_str_t value);
static json_t *rows_time(aud_str_t value);
static aud_str_t rows_extra(aud_str_t name);
static void rows_locate(const intake_rows_t *x);
static int rows_points_to(const intake_rows_t *x, uint32_t column);
static int rows_gather(intake_rows_t *x, json_t *line);
static int rows_key(const intake_rows_t *x, const json_t *line,
    aud_buffer_t *key);
static int rows_join(json_t *line, const json_t *more);
static int rows_give_gathered(intake_rows_t *x);


int
intake_read_rows(intake_t *intake, int fd, intake_line_fn fn, void *arg,
    aud_error_t *err)
{
    int            rc = -1;
    uint32_t       i;
    aud_csv_t     *csv;
    intake_rows_t  x = {
        .intake = intake, .kind = (aud_import_kind_t) intake->kind, .fn = fn,
        .arg = arg
    };

    x.gathered = json_object();
    csv = aud_csv_create(intake->separator, ROWS_MAX_CELLS, ROWS_MAX_ROW,
                         rows_row, &x);

    if (csv == NULL || x.gathered == NULL) {
        aud_error_set(err, "out of memory");

    } else {
        rc = rows_feed(&x, fd, csv, err);
    }

    for (i = 0; x.names && i < x.ncolumns; i++) {
        aud_free((char *) x.names[i].data);
    }

    aud_free(x.names);
    aud_free(x.roles);
    json_decref(x.gathered);
    aud_csv_free(csv);

    return rc;
}


static int
rows_feed(intake_rows_t *x, int fd, aud_csv_t *csv, aud_error_t *err)
{
    char              *piece;
    ssize_t            n = 0;
    aud_csv_status_t   status = AUD_CSV_OK;

    piece = aud_malloc(ROWS_PIECE);
    if (piece == NULL) {
        return aud_error_set(err, "out of memory");
    }

    while (status == AUD_CSV_OK && (n = read(fd, piece, ROWS_PIECE)) > 0) {
        x->intake->read += n;
        status = aud_csv_feed(csv, piece, n);
    }

    if (status == AUD_CSV_OK && n == 0) {
        status = aud_csv_finish(csv);
    }

    aud_free(piece);

    if (n < 0) {
        return aud_error_system(err, "read() of rows");
    }

    if (status == AUD_CSV_OK) {
        x->rc = rows_give_gathered(x);

    } else if (status != AUD_CSV_STOPPED) {
        return aud_error_set(err, "the upload cannot be read as CSV at line "
                             "%llu", (unsigned long long) aud_csv_line(csv));
    }

    if (x->rc < 0) {
        aud_error_set(err, "out of memory");
    }

    return x->rc;
}


static int
rows_row(void *arg, const aud_csv_row_t *row)
{
    intake_rows_t  *x = arg;
    intake_line_t  *line = &x->intake->line;

    if (x->ncolumns == 0) {
        x->rc = rows_header(x, row);
        return x->rc;
    }

    intake_begin(x->intake, row->line);

    if (row->bad_quote) {
        x->rc = intake_refuse(x->intake, "", "There is text after a closing "
                              "quotation mark.");

    } else if (row->ncells != x->ncolumns) {
        x->rc = intake_refuse(x->intake, "", "The row has %u cells; the "
                              "header has %u.", row->ncells, x->ncolumns);

    } else {
        x->rc = rows_judge(x, row);
    }

    if (x->rc == 1) {
        rows_locate(x);
        line->raw = row->cells;
        line->nraw = row->ncells;

    } else if (x->rc == 0 && x->kind == AUD_IMPORT_CONVERSATIONS) {
        return 0;
    }

    if (x->rc >= 0) {
        x->rc = intake_give(x->intake, x->fn, x->arg);
    }

    return x->rc;
}


static int
rows_header(intake_rows_t *x, const aud_csv_row_t *row)
{
    uint32_t   i;
    aud_str_t  name;

    x->roles = aud_calloc((size_t) row->ncells + 1, sizeof(aud_import_role_t));
    x->names = aud_calloc((size_t) row->ncells + 1, sizeof(aud_str_t));

    if (x->roles == NULL || x->names == NULL) {
        return -1;
    }

    x->ncolumns = row->ncells;

    for (i = 0; i < row->ncells; i++) {
        name = aud_trim(row->cells[i]);
        x->roles[i] = aud_import_role(x->kind, name);
        x->names[i] = aud_str(aud_strndup(name.data, name.len), name.len);

        if (x->names[i].data == NULL) {
            return -1;
        }
    }

    return 0;
}


/* As intake_judge(); a message is kept for its conversation. */

static int
rows_judge(intake_rows_t *x, const aud_csv_row_t *row)
{
    int      rc;
    json_t  *line;

    line = rows_said(x, row);
    if (line == NULL) {
        return -1;
    }

    if (x->kind == AUD_IMPORT_EXTRAS && !json_object_get(line, "extras")) {
        json_decref(line);
        return intake_refuse(x->intake, "", "It says nothing of the contact.");
    }

    if (x->kind != AUD_IMPORT_CONVERSATIONS) {
        return intake_judge(x->intake, line);
    }

    if (json_object_get(line, "id") == NULL) {
        json_decref(line);
        return intake_refuse(x->intake, "/id", "It is empty.");
    }

    rc = intake_judge(x->intake, json_incref(line));

    if (rc == 0) {
        rc = rows_gather(x, line);
    }

    json_decref(line);

    return rc;
}


/* An event has its time itself. */

static const char *
rows_member(const intake_rows_t *x, aud_import_role_t role)
{
    return role == AUD_ROLE_AT && x->kind == AUD_IMPORT_CAMPAIGNS
           ? "/at" : rows_members[role];
}


/* NULL: no memory. */

static json_t *
rows_said(const intake_rows_t *x, const aud_csv_row_t *row)
{
    uint32_t   i;
    json_t    *line;
    aud_str_t  value;

    line = x->kind == AUD_IMPORT_CONVERSATIONS
           ? json_pack("{s:[{s:s}]}", "messages", "text", "") : json_object();

    for (i = 0; line && i < row->ncells; i++) {
        value = cell_value(row->cells[i]);

        if (value.len && rows_say(x, line, i, value) != 0) {
            json_decref(line);
            line = NULL;
        }
    }

    return line;
}


static int
rows_say(const intake_rows_t *x, json_t *line, uint32_t column,
    aud_str_t value)
{
    json_t       *in = line;
    aud_str_t     extra;
    const char   *member;

    if (x->roles[column] == AUD_ROLES) {
        in = rows_part(line, "extras");
        extra = rows_extra(x->names[column]);

        return json_object_setn_new(in, extra.data, extra.len,
                                    json_stringn(value.data, value.len));
    }

    member = rows_member(x, x->roles[column]);

    if (strncmp(member, "/messages/", 10) == 0) {
        in = json_array_get(json_object_get(line, "messages"), 0);

    } else if (strncmp(member, "/labels/", 8) == 0) {
        in = rows_part(line, "labels");
    }

    return json_object_set_new(in, strrchr(member, '/') + 1,
                               rows_value(x->roles[column], value));
}


/* The object of that name, made where there is none; NULL: no memory, which
 * whatever is set in it says again. */

static json_t *
rows_part(json_t *line, const char *name)
{
    json_t  *part;

    part = json_object_get(line, name);

    if (part == NULL) {
        part = json_object();

        if (json_object_set_new(line, name, part) != 0) {
            return NULL;
        }
    }

    return part;
}


static json_t *
rows_value(aud_import_role_t role, aud_str_t value)
{
    json_t        *text;
    aud_buffer_t   folded = { 0 };

    switch (role) {

    case AUD_ROLE_AT:
        return rows_time(value);

    case AUD_ROLE_STATUS:
    case AUD_ROLE_FROM:
    case AUD_ROLE_INTENTION:
    case AUD_ROLE_PRICE:
    case AUD_ROLE_SENTIMENT:
        aud_fold(&folded, value);
        text = folded.failed ? NULL : json_stringn(folded.data, folded.len);
        aud_buffer_free(&folded);
        return text;

    default:
        return json_stringn(value.data, value.len);
    }
}


/* As spreadsheets write it, too; what is none is judged as it stands. */

static json_t *
rows_time(aud_str_t value)
{
    char     text[AUD_TIME_LEN + 1];
    int64_t  at;

    if (aud_time_parse(value.data, value.len, &at, NULL) != 0
        && aud_date_parse(value, &at, NULL) != 0)
    {
        return json_stringn(value.data, value.len);
    }

    aud_time_format(text, at);

    return json_string(text);
}


/* As the field is called, or without that beginning. */

static aud_str_t
rows_extra(aud_str_t name)
{
    size_t  n = sizeof(FIELD_EXTRA) - 1;

    return name.len > n && memcmp(name.data, FIELD_EXTRA, n) == 0
           ? aud_str(name.data + n, name.len - n) : name;
}


/* The line was refused: what is wrong in it is a column of the file. */

static void
rows_locate(const intake_rows_t *x)
{
    uint32_t        i;
    aud_str_t       name;
    intake_line_t  *line = &x->intake->line;

    for (i = 0; i < x->ncolumns; i++) {
        if (line->pointer[0] && rows_points_to(x, i)) {
            name = x->names[i];

            if (name.len >= sizeof(line->pointer)) {
                name.len = sizeof(line->pointer) - 1;
                name.len = aud_utf8_valid(name);
            }

            snprintf(line->pointer, sizeof(line->pointer), "%.*s",
                     (int) name.len, name.data);
            line->column = i + 1;
            return;
        }
    }

    line->pointer[0] = '\0';
}


/* A pointer to an extra may have been cut (RFC 6901, 3: ~0 is ~, ~1 is /). */

static int
rows_points_to(const intake_rows_t *x, uint32_t column)
{
    char         c;
    size_t       i;
    aud_str_t    name;
    const char  *at, *pointer = x->intake->line.pointer;

    if (x->roles[column] != AUD_ROLES) {
        return strcmp(pointer, rows_member(x, x->roles[column])) == 0;
    }

    if (strncmp(pointer, "/extras/", 8) != 0) {
        return 0;
    }

    name = rows_extra(x->names[column]);

    for (at = pointer + 8, i = 0; *at; at++, i++) {
        c = *at;

        if (c == '~') {
            at++;
            c = *at == '0' ? '~' : '/';
        }

        if (i == name.len || name.data[i] != c) {
            return 0;
        }
    }

    return i == name.len || at - pointer + 4
                            > (ptrdiff_t) sizeof(x->intake->line.pointer);
}


/* The row was judged, and is the intake's line now. */

static int
rows_gather(intake_rows_t *x, json_t *line)
{
    int           rc = -1;
    json_t       *gathered;
    aud_buffer_t  key = { 0 };

    if (rows_key(x, line, &key) == 0) {
        gathered = json_object_get(x->gathered, key.data);

        rc = gathered
             ? rows_join(json_object_get(gathered, "line"), line)
             : json_object_set_new(
                   x->gathered, key.data,
                   json_pack("{s:I, s:O}", "row",
                             (json_int_t) x->intake->line.number, "line",
                             line));
    }

    aud_buffer_free(&key);

    return rc;
}


/* The id and the contact as it was normalised, with a NUL. */

static int
rows_key(const intake_rows_t *x, const json_t *line, aud_buffer_t *key)
{
    uint32_t         i, place;
    const intake_t  *intake = x->intake;

    aud_buffer_text(key, json_string_value(json_object_get(line, "id")));

    for (i = 0; i < intake->nfilled; i++) {
        place = intake->filled[i];
        aud_buffer_printf(key, "\n%u ", place);
        aud_buffer_add(key, intake->texts.data + intake->text_at[place],
                       intake->cells[place].len);
    }

    aud_buffer_char(key, '\0');

    return key->failed ? -1 : 0;
}


/* What is said of the whole is as the last row that says it has it. */

static int
rows_join(json_t *line, const json_t *more)
{
    size_t   i;
    json_t  *labels, *value;

    static const char *const  members[] = { "channel", "language" };

    for (i = 0; i < 2; i++) {
        value = json_object_get(more, members[i]);

        if (value && json_object_set(line, members[i], value) != 0) {
            return -1;
        }
    }

    value = json_object_get(more, "labels");
    labels = json_object_get(line, "labels");

    if (value && (labels ? json_object_update(labels, value)
                         : json_object_set(line, "labels", value)) != 0)
    {
        return -1;
    }

    return json_array_extend(json_object_get(line, "messages"),
                             json_object_get(more, "messages"));
}


static int
rows_give_gathered(intake_rows_t *x)
{
    int          rc = 0;
    json_t      *gathered;
    const char  *key;

    json_object_foreach(x->gathered, key, gathered) {
        intake_begin(x->intake, json_integer_value(json_object_get(gathered,
                                                                   "row")));
        rc = intake_judge(x->intake,
                          json_incref(json_object_get(gathered, "line")));

        if (rc == 1) {
            rows_locate(x);
        }

        if (rc >= 0) {
            rc = intake_give(x->intake, x->fn, x->arg);
        }

        if (rc != 0) {
            break;
        }
    }

    return rc;
}
