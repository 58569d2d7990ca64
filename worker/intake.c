/*
 * Lines of JSON: how they are read, and what becomes of them.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "cell.h"
#include "fields.h"
#include "intake_private.h"

#define INTAKE_PIECE  (256 * 1024)


typedef struct {
    intake_t      *intake;
    intake_line_fn  fn;
    void          *arg;
    aud_buffer_t   rest;            /* of a line that is not whole yet */
    unsigned       too_long:1;      /* of which no more is kept */
} intake_reader_t;

static const char *const  intake_kinds[INTAKE_KINDS] = {
    "contacts", "extras", "campaigns", "conversations", "labels"
};

static const char *const  intake_identifiers[] = {
    "phone", "email", "taxDocument", NULL
};


static int intake_read_pieces(intake_reader_t *r, int fd, aud_error_t *err);
static int intake_piece(intake_reader_t *r, const char *data, size_t len);
static int intake_line(intake_reader_t *r, aud_str_t text);
static int intake_load(intake_t *intake, aud_str_t text);
static int intake_members(intake_t *intake, const json_t *line);
static int intake_knows(intake_kind_t kind, const char *member);
static void intake_clear(intake_t *intake);
static void intake_settle(intake_t *intake);
static int intake_label_columns(intake_t *intake);
static int intake_column(intake_t *intake, aud_str_t name);


const char *
intake_kind_name(intake_kind_t kind)
{
    return intake_kinds[kind];
}


intake_kind_t
intake_kind(const char *name)
{
    intake_kind_t  kind;

    for (kind = 0; kind < INTAKE_KINDS; kind++) {
        if (strcmp(intake_kinds[kind], name) == 0) {
            break;
        }
    }

    return kind;
}


intake_t *
intake_create(intake_kind_t kind, int64_t now, const char *country,
    const char *area_code)
{
    intake_t  *intake;

    intake = aud_calloc(1, sizeof(intake_t));
    if (intake == NULL) {
        return NULL;
    }

    intake->kind = kind;
    intake->now = now;
    intake->country = country;
    intake->area_code = area_code;
    intake->places = json_object();
    intake->columns = aud_calloc(INTAKE_COLUMNS, sizeof(aud_str_t));
    intake->cells = aud_calloc(INTAKE_COLUMNS, sizeof(aud_str_t));
    intake->filled = aud_calloc(INTAKE_COLUMNS, sizeof(uint32_t));
    intake->text_at = aud_calloc(INTAKE_COLUMNS, sizeof(size_t));

    if (intake->places == NULL || intake->columns == NULL
        || intake->cells == NULL || intake->filled == NULL
        || intake->text_at == NULL
        || intake_column(intake, AUD_STR(FIELD_PHONE)) != 0
        || intake_column(intake, AUD_STR(FIELD_EMAIL)) != 1
        || intake_column(intake, AUD_STR(FIELD_TAX_DOCUMENT)) != 2
        || (intake_speaks(kind) && intake_label_columns(intake) != 0))
    {
        intake_free(intake);
        return NULL;
    }

    return intake;
}


void
intake_free(intake_t *intake)
{
    uint32_t  i;

    if (intake == NULL) {
        return;
    }

    for (i = 0; intake->columns && i < intake->ncolumns; i++) {
        aud_free((char *) intake->columns[i].data);
    }

    json_decref(intake->places);
    json_decref(intake->said);
    aud_buffer_free(&intake->texts);
    aud_free(intake->columns);
    aud_free(intake->cells);
    aud_free(intake->filled);
    aud_free(intake->text_at);
    aud_free(intake);
}


void
intake_separated(intake_t *intake, char separator)
{
    intake->separator = separator;
}


int
intake_fix(intake_t *intake, const aud_str_t *columns, uint32_t ncolumns)
{
    uint32_t  i;

    for (i = 0; i < ncolumns; i++) {
        if (intake_column(intake, columns[i]) < 0) {
            return -1;
        }
    }

    intake->fixed = 1;

    return 0;
}


const aud_str_t *
intake_columns(const intake_t *intake, uint32_t *n)
{
    *n = intake->ncolumns;

    return intake->columns;
}


int
intake_speaks(intake_kind_t kind)
{
    return kind == INTAKE_CONVERSATIONS || kind == INTAKE_LABELS;
}


static int
intake_label_columns(intake_t *intake)
{
    const char          *name;
    classifier_label_t   label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        name = classifier_label_name(label);

        if (intake_column(intake, aud_str(name, strlen(name)))
            != INTAKE_LABELS_AT + (int) label)
        {
            return -1;
        }
    }

    return 0;
}


double
intake_progress(const intake_t *intake)
{
    return intake->size ? (double) intake->read / intake->size : 0;
}


/* The place of a column, added where it is new; -1: no memory, or no more of
 * them. */

static int
intake_column(intake_t *intake, aud_str_t name)
{
    char    *copy;
    json_t  *place;

    place = json_object_getn(intake->places, name.data, name.len);
    if (place) {
        return json_integer_value(place);
    }

    if (intake->ncolumns == INTAKE_COLUMNS || intake->fixed) {
        return -1;
    }

    copy = aud_strndup(name.data, name.len);

    if (copy == NULL
        || json_object_setn_new(intake->places, name.data, name.len,
                                json_integer(intake->ncolumns))
           != 0)
    {
        aud_free(copy);
        return -1;
    }

    intake->columns[intake->ncolumns] = aud_str(copy, name.len);

    return intake->ncolumns++;
}


int
intake_read(intake_t *intake, const char *path,
    int (*fn)(void *arg, const intake_line_t *line), void *arg,
    aud_error_t *err)
{
    int              fd, rc;
    struct stat      st;
    intake_reader_t  r = { .intake = intake, .fn = fn, .arg = arg };

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return aud_error_system(err, "open(\"%s\")", path);
    }

    intake->size = fstat(fd, &st) == 0 ? st.st_size : 0;
    intake->read = 0;
    intake->line.number = 0;

    rc = intake->separator ? intake_read_rows(intake, fd, fn, arg, err)
                           : intake_read_pieces(&r, fd, err);

    aud_buffer_free(&r.rest);
    close(fd);

    return rc;
}


static int
intake_read_pieces(intake_reader_t *r, int fd, aud_error_t *err)
{
    int      rc = 0;
    char    *piece;
    ssize_t  n;

    piece = aud_malloc(INTAKE_PIECE);
    if (piece == NULL) {
        return aud_error_set(err, "out of memory");
    }

    while (rc == 0 && (n = read(fd, piece, INTAKE_PIECE)) > 0) {
        r->intake->read += n;
        rc = intake_piece(r, piece, n);
    }

    if (rc == 0 && n < 0) {
        rc = aud_error_system(err, "read() of lines");

    } else {
        if (rc == 0 && (r->rest.len || r->too_long)) {
            rc = intake_line(r, aud_buffer_str(&r->rest));
        }

        if (rc < 0) {
            aud_error_set(err, "out of memory");
        }
    }

    aud_free(piece);

    return rc;
}


static int
intake_piece(intake_reader_t *r, const char *data, size_t len)
{
    int          rc;
    size_t       n;
    const char  *end;

    while (len) {
        end = memchr(data, '\n', len);
        n = end ? end - data : len;

        if (end && r->rest.len == 0 && !r->too_long && n <= INTAKE_LINE_MAX) {
            rc = intake_line(r, aud_str(data, n));

        } else {
            if (r->rest.len + n > INTAKE_LINE_MAX) {
                r->too_long = 1;
                r->rest.len = 0;
            }

            if (!r->too_long) {
                aud_buffer_add(&r->rest, data, n);
            }

            rc = end ? intake_line(r, aud_buffer_str(&r->rest)) : 0;
        }

        if (rc != 0) {
            return rc;
        }

        n += end != NULL;
        data += n;
        len -= n;
    }

    return r->rest.failed ? -1 : 0;
}


static int
intake_line(intake_reader_t *r, aud_str_t text)
{
    int  rc;

    if (r->rest.failed) {
        return -1;
    }

    intake_begin(r->intake, r->intake->line.number + 1);

    /* As files of Windows begin. */

    if (r->intake->line.number == 1 && text.len >= 3
        && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
    {
        text.data += 3;
        text.len -= 3;
    }

    while (text.len && strchr(" \t\r", text.data[text.len - 1])) {
        text.len--;
    }

    if (r->too_long) {
        rc = intake_refuse(r->intake, "", "The line is longer than %d bytes.",
                           INTAKE_LINE_MAX);

    } else if (text.len == 0) {
        r->rest.len = 0;
        return 0;

    } else {
        rc = intake_load(r->intake, text);
    }

    r->rest.len = 0;
    r->too_long = 0;

    return rc < 0 ? -1 : intake_give(r->intake, r->fn, r->arg);
}


void
intake_begin(intake_t *intake, uint64_t number)
{
    intake_line_t  *line = &intake->line;

    line->number = number;
    line->reason = NULL;
    line->pointer[0] = '\0';
    line->column = 0;
    line->nraw = 0;
    line->has_id = 0;
    intake_clear(intake);
}


int
intake_give(intake_t *intake, intake_line_fn fn, void *arg)
{
    intake_settle(intake);

    return fn(arg, &intake->line);
}


static int
intake_load(intake_t *intake, aud_str_t text)
{
    json_t        *line;
    json_error_t   error;

    line = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);

    if (line == NULL) {
        return json_error_code(&error) == json_error_out_of_memory
               ? -1
               : intake_refuse(intake, "", "It is not valid JSON: %.120s.",
                               error.text);
    }

    if (!json_is_object(line)) {
        json_decref(line);
        return intake_refuse(intake, "", "It is no JSON object.");
    }

    return intake_judge(intake, line);
}


int
intake_judge(intake_t *intake, json_t *line)
{
    int  rc;

    static int  (*const readers[INTAKE_KINDS])(intake_t *, const json_t *) = {
        [INTAKE_EXTRAS] = intake_extras,
        [INTAKE_CAMPAIGNS] = intake_campaign,
        [INTAKE_CONVERSATIONS] = intake_conversation,
        [INTAKE_LABELS] = intake_labels
    };

    rc = intake_members(intake, line);

    if (rc == 0) {
        rc = intake_contact(intake, line);
    }

    if (rc == 0) {
        rc = readers[intake->kind](intake, line);
    }

    if (rc == 0 && intake_speaks(intake->kind)) {
        intake->said = line;

    } else {
        json_decref(line);
    }

    return rc;
}


/* A member that nobody knows is more likely to be a slip than of no use. */

static int
intake_members(intake_t *intake, const json_t *line)
{
    size_t       i;
    json_t      *value;
    const char  *name;

    json_object_foreach((json_t *) line, name, value) {
        for (i = 0; intake_identifiers[i]; i++) {
            if (strcmp(intake_identifiers[i], name) == 0) {
                break;
            }
        }

        if (intake_identifiers[i] == NULL
            && !intake_knows(intake->kind, name))
        {
            return intake_refuse(intake, "", "It has an unknown member "
                                 "\"%.60s\".", name);
        }
    }

    return 0;
}


static int
intake_knows(intake_kind_t kind, const char *member)
{
    size_t                    i;
    static const char *const  members[INTAKE_KINDS][6] = {
        [INTAKE_EXTRAS] = { "extras" },
        [INTAKE_CAMPAIGNS] = { "id", "campaign", "status", "at" },
        [INTAKE_CONVERSATIONS] = { "id", "channel", "language", "messages",
                                   "labels" },
        [INTAKE_LABELS] = { "id", "labels" }
    };

    for (i = 0; members[kind][i]; i++) {
        if (strcmp(members[kind][i], member) == 0) {
            return 1;
        }
    }

    return 0;
}


int
intake_put(intake_t *intake, aud_str_t column, aud_str_t value)
{
    int  place;

    if (value.len == 0) {
        return 0;
    }

    place = intake_column(intake, column);

    if (place < 0) {
        return intake->ncolumns < INTAKE_COLUMNS && !intake->fixed
               ? -1
               : intake_refuse(intake, "", "The lines before it speak of as "
                               "many fields as one call may: %d.",
                               INTAKE_COLUMNS);
    }

    if (intake->cells[place].len == 0) {
        intake->filled[intake->nfilled++] = place;
    }

    intake->text_at[place] = intake->texts.len;

    /* a cell's first quote would be taken for a guard */

    if (value.data[0] == '\'' && cell_is_formula(value)) {
        aud_buffer_char(&intake->texts, '\'');
    }

    aud_buffer_add(&intake->texts, value.data, value.len);
    intake->cells[place].len = intake->texts.len - intake->text_at[place];

    return intake->texts.failed ? -1 : 0;
}


static void
intake_clear(intake_t *intake)
{
    uint32_t  i;

    for (i = 0; i < intake->nfilled; i++) {
        intake->cells[intake->filled[i]].len = 0;
    }

    intake->nfilled = 0;
    intake->texts.len = 0;
    json_decref(intake->said);
    intake->said = NULL;
}


/* The texts lie still now. */

static void
intake_settle(intake_t *intake)
{
    uint32_t  i, place;

    for (i = 0; i < intake->nfilled; i++) {
        place = intake->filled[i];
        intake->cells[place].data = intake->texts.data
                                    + intake->text_at[place];
    }

    intake->line.cells = intake->cells;
    intake->line.ncells = intake->ncolumns;
    intake->line.said = intake->said;
}


int
intake_refuse(intake_t *intake, const char *pointer, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    vsnprintf(intake->reason, sizeof(intake->reason), fmt, args);
    va_end(args);

    snprintf(intake->line.pointer, sizeof(intake->line.pointer), "%s",
             pointer);
    intake->line.reason = intake->reason;

    return 1;
}
