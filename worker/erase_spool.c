/*
 * Rows of erased people go from files that wait in the spool, for an import
 * that has not run or that may be tried again.
 *
 * A row leaves its ends of line behind, which are blank lines then: an import
 * skips these, and the lines of others stay what they are.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_csv.h"
#include "aud_import_kind.h"
#include "document.h"
#include "erase_private.h"
#include "erased_rows.h"
#include "import_record.h"

#define SPOOL_MAX_CELLS  (16 * 1024 * 1024)
#define SPOOL_MAX_ROW    (64 * 1024 * 1024)
#define SPOOL_CONTACT    3          /* first columns of lines: phone, e-mail,
                                       tax document */


typedef struct {                    /* one file */
    erase_t        *e;
    const char     *path;
    json_t         *record;         /* of its import */
    erased_rows_t   rows;
    const char     *data;
    size_t          len;
    size_t          done;           /* bytes that are in `to` */
    FILE           *to;
    unsigned        header_seen:1;
    unsigned        gone:1;         /* rows went */
    unsigned        failed:1;
} spool_file_t;


static int spool_import(erase_t *e, const aud_uuid_t *id, const char *path);
static int spool_clean(spool_file_t *x);
static int spool_bind(spool_file_t *x, uint32_t **map);
static int spool_of_lines(const spool_file_t *x);
static void spool_name(const spool_file_t *x, aud_str_t *columns, uint32_t n);
static int spool_read(spool_file_t *x);
static int spool_row(void *arg, const aud_csv_row_t *row);
static void spool_leave_out(spool_file_t *x, aud_str_t row);
static int spool_read_lines(spool_file_t *x);
static int spool_match_line(spool_file_t *x, aud_str_t text);
static int spool_replace(spool_file_t *x, const char *new);


int
erase_spool(erase_t *e)
{
    int             rc = 0;
    DIR            *dir;
    char            path[DOCUMENT_PATH_MAX];
    aud_uuid_t      id = { { 0 } };
    struct dirent  *entry;

    if (e->check == NULL) {
        return 0;
    }

    document_spool_path(e->r->worker, e->r->tenant, &id, path);
    *strrchr(path, '/') = '\0';
    dir = opendir(path);

    if (dir == NULL) {
        return errno == ENOENT ? 0 : aud_error_system(&e->r->err, "%s", path);
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (strlen(entry->d_name) == AUD_ID_LEN + 4
            && strcmp(entry->d_name + AUD_ID_LEN, ".csv") == 0
            && aud_id_parse(entry->d_name, AUD_ID_LEN, "imp", &id) == 0)
        {
            document_spool_path(e->r->worker, e->r->tenant, &id, path);
            rc = spool_import(e, &id, path);
        }
    }

    if (rc == 0 && fsync(dirfd(dir)) != 0) {
        rc = aud_error_system(&e->r->err, "%s", path);
    }

    closedir(dir);

    return rc;
}


/* What no import knows is on its way to one, which will not let the rows in;
 * what an import has done with goes whole. */

static int
spool_import(erase_t *e, const aud_uuid_t *id, const char *path)
{
    int            rc = 0, found;
    const char    *state;
    spool_file_t   x = { .e = e, .path = path };

    x.record = document_get(e->r->worker->store, e->r->tenant, KEY_IMPORT, id,
                            &found);
    state = document_text(x.record, "state");

    if (found < 0) {
        rc = aud_error_set(&e->r->err, "an import cannot be read");

    } else if (strcmp(state, "queued") == 0 || strcmp(state, "failed") == 0) {
        rc = spool_clean(&x);

    } else if (found) {
        (void) unlink(path);
    }

    json_decref(x.record);

    return rc;
}


static int
spool_clean(spool_file_t *x)
{
    int           fd, rc = -1;
    char          new[DOCUMENT_PATH_MAX + 4];
    uint32_t     *map = NULL;
    struct stat   st;

    snprintf(new, sizeof(new), "%s.tmp", x->path);
    fd = open(x->path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return errno == ENOENT ? 0 : aud_error_system(&x->e->r->err, "%s",
                                                      x->path);
    }

    if (fstat(fd, &st) != 0 || st.st_size == 0) {
        close(fd);
        return 0;
    }

    x->len = st.st_size;
    x->data = mmap(NULL, x->len, PROT_READ, MAP_PRIVATE, fd, 0);
    x->to = fopen(new, "we");

    if (x->data == MAP_FAILED || x->to == NULL
        || fchmod(fileno(x->to), st.st_mode & 07777) != 0)
    {
        aud_error_system(&x->e->r->err, "%s", new);

    } else if (spool_bind(x, &map) != 0) {
        aud_error_set(&x->e->r->err, "out of memory");

    } else {
        rc = spool_of_lines(x) ? spool_read_lines(x) : spool_read(x);
        rc = rc == 0 ? spool_replace(x, new) : -1;
    }

    if (x->to) {
        fclose(x->to);
        (void) unlink(new);
    }

    if (x->data != MAP_FAILED) {
        munmap((void *) x->data, x->len);
    }

    erased_rows_free(&x->rows);
    aud_free(map);
    close(fd);

    return rc;
}


/* The fields that its columns would become; of lines, those that name the
 * contact. */

static int
spool_bind(spool_file_t *x, uint32_t **map)
{
    int         rc = -1;
    uint32_t    n = 0;
    fields_t    fields;
    aud_str_t  *columns;
    resolve_t  *r = x->e->r;

    if (fields_init(&fields, r->fields.items, r->fields.n) != 0) {
        return -1;
    }

    columns = import_record_texts(x->record, "columns", &n);

    if (spool_of_lines(x) && n > SPOOL_CONTACT) {
        n = SPOOL_CONTACT;
    }

    if (columns) {
        spool_name(x, columns, n);
    }

    *map = columns ? aud_calloc((size_t) n + 1, sizeof(uint32_t)) : NULL;

    if (*map && fields_map(&fields, columns, n, *map) == 0) {
        rc = erased_rows_init(&x->rows, x->e->check, r->worker->settings,
                              &fields, *map, n);
    }

    aud_free(columns);
    fields_free(&fields);

    return rc;
}


static int
spool_of_lines(const spool_file_t *x)
{
    return document_text(x->record, "separator")[0] == '\0';
}


/* In a file of another kind than contacts, columns that name the contact may be
 * called otherwise, and no other says who it is. */

static void
spool_name(const spool_file_t *x, aud_str_t *columns, uint32_t n)
{
    uint32_t           i;
    intake_kind_t      kind;
    aud_import_role_t  role;

    kind = import_record_kind(x->record);

    for (i = 0; kind != INTAKE_CONTACTS && !spool_of_lines(x) && i < n; i++) {
        role = aud_import_role((aud_import_kind_t) kind, columns[i]);

        columns[i] = role == AUD_ROLE_PHONE ? AUD_STR(FIELD_PHONE)
                     : role == AUD_ROLE_EMAIL ? AUD_STR(FIELD_EMAIL)
                     : role == AUD_ROLE_TAX_DOCUMENT
                       ? AUD_STR(FIELD_TAX_DOCUMENT)
                     : AUD_STR(FIELD_EXTRA);
    }
}


/* What nginx has not checked like this is removed: then the import says that
 * the file is to be sent again. */

static int
spool_read(spool_file_t *x)
{
    char               separator;
    aud_csv_t         *csv;
    aud_csv_status_t   status;

    separator = document_text(x->record, "separator")[0];
    csv = aud_csv_create(separator ? separator : ',', SPOOL_MAX_CELLS,
                         SPOOL_MAX_ROW, spool_row, x);
    if (csv == NULL) {
        return aud_error_set(&x->e->r->err, "out of memory");
    }

    status = aud_csv_feed(csv, x->data, x->len);

    if (status == AUD_CSV_OK) {
        status = aud_csv_finish(csv);
    }

    aud_csv_free(csv);

    if (status == AUD_CSV_NO_MEMORY || x->failed) {
        return aud_error_set(&x->e->r->err, "out of memory");
    }

    if (status != AUD_CSV_OK) {
        (void) unlink(x->path);
        x->gone = 0;
    }

    return 0;
}


static int
spool_row(void *arg, const aud_csv_row_t *row)
{
    int            match;
    spool_file_t  *x = arg;

    if (!x->header_seen) {
        x->header_seen = 1;
        return 0;
    }

    match = erased_rows_match(&x->rows, row->cells, row->ncells);

    if (match == 0) {
        return 0;
    }

    /* One piece was fed, so that the row points into it. */

    if (match < 0 || row->raw.data < x->data
        || row->raw.data + row->raw.len > x->data + x->len)
    {
        x->failed = 1;
        return 1;
    }

    spool_leave_out(x, row->raw);

    return 0;
}


static void
spool_leave_out(spool_file_t *x, aud_str_t row)
{
    size_t  i, at = row.data - x->data;

    fwrite(x->data + x->done, 1, at - x->done, x->to);

    for (i = 0; i < row.len; i++) {
        if (row.data[i] == '\n' || row.data[i] == '\r') {
            fputc(row.data[i], x->to);
        }
    }

    x->done = at + row.len;
    x->gone = 1;
}


/* Lines of JSON, which name a contact (intake.h). */

static int
spool_read_lines(spool_file_t *x)
{
    int          match;
    aud_str_t    line;
    const char  *at, *end, *last = x->data + x->len;

    for (at = x->data; at < last; at = end + 1) {
        end = memchr(at, '\n', last - at);
        end = end ? end : last;
        line = aud_str(at, end - at);
        match = line.len ? spool_match_line(x, line) : 0;

        if (match < 0) {
            return aud_error_set(&x->e->r->err, "out of memory");
        }

        if (match) {
            spool_leave_out(x, line);
        }
    }

    return 0;
}


/* What is no object is refused by its import in any case, and nobody knows what
 * it holds. */

static int
spool_match_line(spool_file_t *x, aud_str_t text)
{
    int         match = 1;
    size_t      i;
    json_t     *line, *value;
    aud_str_t   cells[SPOOL_CONTACT] = { { "", 0 }, { "", 0 }, { "", 0 } };

    static const char *const  members[SPOOL_CONTACT] = {
        "phone", "email", "taxDocument"
    };

    line = json_loadb(text.data, text.len, 0, NULL);

    for (i = 0; i < SPOOL_CONTACT; i++) {
        value = json_object_get(line, members[i]);

        if (json_is_string(value)) {
            cells[i] = aud_str(json_string_value(value),
                               json_string_length(value));
        }
    }

    if (line) {
        match = erased_rows_match(&x->rows, cells, SPOOL_CONTACT);
    }

    json_decref(line);

    return match;
}


static int
spool_replace(spool_file_t *x, const char *new)
{
    if (!x->gone) {
        return 0;
    }

    fwrite(x->data + x->done, 1, x->len - x->done, x->to);

    if (fflush(x->to) != 0 || ferror(x->to) || fsync(fileno(x->to)) != 0
        || rename(new, x->path) != 0)
    {
        return aud_error_system(&x->e->r->err, "%s", new);
    }

    return 0;
}
