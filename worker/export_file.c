/*
 * The file of an export.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "cell.h"
#include "export_columns.h"
#include "export_file.h"
#include "fields.h"


#define EXPORT_PAGE       8192
#define EXPORT_AHEAD      8         /* rows */
#define EXPORT_SEPARATOR  " | "


typedef struct {
    const aud_generation_t  *g;
    const refused_profiles_t  *refused;
    uint32_t                *fields;    /* of the columns */
    size_t                   ncolumns;
    const aud_column_t     **columns;   /* [nslices][ncolumns]; may be NULL */
    const aud_column_t     **phones;    /* [nslices] likewise */
    int                      fd;
    aud_buffer_t             out;
    aud_buffer_t             joined;    /* values of one cell */
    export_summary_t        *summary;
    aud_error_t             *err;
} export_file_t;


/* A second thread, which writes half of each page. */
typedef struct {
    export_file_t            file;      /* what it writes with */
    pthread_t                thread;
    pthread_mutex_t          lock;
    pthread_cond_t           turn;
    const aud_place_t       *places;    /* to be written; NULL: nothing */
    size_t                   n;
    unsigned                 over:1;
} export_helper_t;


static int export_file_all(export_file_t *f, const aud_plan_t *plan,
    int (*tick)(void *arg, double fraction), void *arg);
static int export_file_pages(export_file_t *f, export_helper_t *h,
    const aud_plan_t *plan, int (*tick)(void *arg, double fraction),
    void *arg);
static int export_file_keep(export_file_t *f, aud_place_t *places, size_t n,
    size_t *kept);
static int export_file_page(export_file_t *f, export_helper_t *h,
    const aud_place_t *places, size_t n);
static export_helper_t *export_helper_create(const export_file_t *f);
static void export_helper_end(export_helper_t *h);
static void *export_helper_thread(void *arg);
static void export_helper_give(export_helper_t *h, const aud_place_t *places,
    size_t n);
static void export_helper_wait(export_helper_t *h);
static void export_file_rows(export_file_t *f, const aud_place_t *places,
    size_t n);
static int export_file_begin(export_file_t *f, const aud_filter_t *filter,
    const json_t *explanation);
static int export_file_header(export_file_t *f);
static void export_file_fetch(const export_file_t *f,
    const aud_place_t *places, size_t n, size_t i);
static void export_file_row(export_file_t *f, aud_place_t place);
static void export_file_cell(export_file_t *f, const aud_column_t *column,
    uint32_t row);
static int export_file_plain(const aud_column_t *column, uint32_t code,
    aud_str_t value);
static int export_file_flush(export_file_t *f, aud_buffer_t *out);
static int export_file_sync(export_file_t *f, const char *temporary,
    const char *path);


int
export_file_write(const char *path, const aud_generation_t *g,
    const aud_plan_t *plan, const aud_filter_t *filter,
    const json_t *explanation, const refused_profiles_t *refused,
    int (*tick)(void *arg, double fraction), void *arg,
    export_summary_t *summary, aud_error_t *err)
{
    int            rc = -1;
    char           temporary[1024];
    export_file_t  f = {
        .g = g, .refused = refused, .fd = -1, .summary = summary, .err = err
    };

    memset(summary, 0, sizeof(export_summary_t));

    if (snprintf(temporary, sizeof(temporary), "%s.tmp", path)
        >= (int) sizeof(temporary))
    {
        return aud_error_set(err, "the path of an export is too long");
    }

    f.fd = open(temporary, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0640);

    if (f.fd == -1) {
        aud_error_system(err, "open(\"%s\")", temporary);
        goto done;
    }

    if (export_file_begin(&f, filter, explanation) != 0) {
        aud_error_set(err, "out of memory");
        goto done;
    }

    if (export_file_all(&f, plan, tick, arg) != 0
        || export_file_sync(&f, temporary, path) != 0)
    {
        goto done;
    }

    rc = 0;

done:

    if (f.fd != -1) {
        close(f.fd);
    }

    if (rc != 0) {
        summary->full = err->no == ENOSPC || err->no == EDQUOT;
        (void) unlink(temporary);
    }

    aud_free(f.fields);
    aud_free(f.columns);
    aud_free(f.phones);
    aud_buffer_free(&f.out);
    aud_buffer_free(&f.joined);

    return rc;
}


static int
export_file_all(export_file_t *f, const aud_plan_t *plan,
    int (*tick)(void *arg, double fraction), void *arg)
{
    int               rc;
    export_helper_t  *h;

    if (export_file_header(f) != 0) {
        return aud_error_set(f->err, "out of memory");
    }

    h = export_helper_create(f);        /* it goes without one, too */
    rc = export_file_pages(f, h, plan, tick, arg);
    export_helper_end(h);

    return rc == 0 ? export_file_flush(f, &f->out) : -1;
}


static int
export_file_pages(export_file_t *f, export_helper_t *h,
    const aud_plan_t *plan, int (*tick)(void *arg, double fraction),
    void *arg)
{
    int                rc = -1;
    size_t             n, kept;
    uint64_t           count, done = 0;
    aud_uuid_t         last;
    aud_place_t       *places;
    const aud_uuid_t  *after = NULL;

    places = aud_calloc(EXPORT_PAGE, sizeof(aud_place_t));

    if (places == NULL) {
        return aud_error_set(f->err, "out of memory");
    }

    count = aud_plan_count(plan);

    while ((n = aud_plan_page(plan, after, EXPORT_PAGE, places)) != 0) {

        last = f->g->slices[places[n - 1].slice].segment
                   ->profiles[places[n - 1].row];
        after = &last;

        if (export_file_keep(f, places, n, &kept) != 0
            || (kept && export_file_page(f, h, places, kept) != 0))
        {
            goto done;
        }

        done += n;
        f->summary->rows += kept;

        if (tick && tick(arg, (double) done / count)) {
            aud_error_set(f->err, "cancelled");
            goto done;
        }
    }

    rc = 0;

done:

    aud_free(places);

    return rc;
}


/* Those that have a phone and have not refused, in order; counts the others. */

static int
export_file_keep(export_file_t *f, aud_place_t *places, size_t n,
    size_t *kept)
{
    int                   refused;
    size_t                i;
    const aud_column_t   *phone;
    const aud_segment_t  *segment;

    for (i = 0, *kept = 0; i < n; i++) {
        segment = f->g->slices[places[i].slice].segment;
        phone = f->phones[places[i].slice];

        if (phone == NULL || !aud_bit(phone->present, places[i].row)) {
            f->summary->without_phone++;
            continue;
        }

        refused = refused_profile(f->refused, segment, places[i].row, f->err);

        if (refused < 0) {
            return -1;
        }

        f->summary->refused += refused;

        if (!refused) {
            places[(*kept)++] = places[i];
        }
    }

    return 0;
}


/* Texts lie far apart, so that most of the time goes into waiting for memory:
 * two threads wait half as long. */

static int
export_file_page(export_file_t *f, export_helper_t *h,
    const aud_place_t *places, size_t n)
{
    size_t  half;

    half = h ? n / 2 : n;

    if (h) {
        export_helper_give(h, places + half, n - half);
    }

    export_file_rows(f, places, half);

    if (h) {
        export_helper_wait(h);
        f->joined.failed |= h->file.joined.failed;
    }

    if (export_file_flush(f, &f->out) != 0) {
        return -1;
    }

    return h ? export_file_flush(f, &h->file.out) : 0;
}


static export_helper_t *
export_helper_create(const export_file_t *f)
{
    export_helper_t  *h;

    h = aud_calloc(1, sizeof(export_helper_t));
    if (h == NULL) {
        return NULL;
    }

    h->file.g = f->g;
    h->file.columns = f->columns;
    h->file.ncolumns = f->ncolumns;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->turn, NULL);

    if (pthread_create(&h->thread, NULL, export_helper_thread, h) != 0) {
        aud_free(h);
        return NULL;
    }

    return h;
}


static void
export_helper_end(export_helper_t *h)
{
    if (h == NULL) {
        return;
    }

    pthread_mutex_lock(&h->lock);
    h->over = 1;
    pthread_cond_broadcast(&h->turn);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);

    pthread_cond_destroy(&h->turn);
    pthread_mutex_destroy(&h->lock);
    aud_buffer_free(&h->file.out);
    aud_buffer_free(&h->file.joined);
    aud_free(h);
}


static void *
export_helper_thread(void *arg)
{
    export_helper_t  *h = arg;

    pthread_mutex_lock(&h->lock);

    for ( ;; ) {
        while (h->places == NULL && !h->over) {
            pthread_cond_wait(&h->turn, &h->lock);
        }

        if (h->places == NULL) {
            break;
        }

        pthread_mutex_unlock(&h->lock);
        export_file_rows(&h->file, h->places, h->n);
        pthread_mutex_lock(&h->lock);

        h->places = NULL;
        pthread_cond_broadcast(&h->turn);
    }

    pthread_mutex_unlock(&h->lock);

    return NULL;
}


/* Between these two its file is the helper's. */

static void
export_helper_give(export_helper_t *h, const aud_place_t *places, size_t n)
{
    pthread_mutex_lock(&h->lock);
    h->places = places;
    h->n = n;
    pthread_cond_broadcast(&h->turn);
    pthread_mutex_unlock(&h->lock);
}


static void
export_helper_wait(export_helper_t *h)
{
    pthread_mutex_lock(&h->lock);

    while (h->places) {
        pthread_cond_wait(&h->turn, &h->lock);
    }

    pthread_mutex_unlock(&h->lock);
}


static void
export_file_rows(export_file_t *f, const aud_place_t *places, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        export_file_fetch(f, places, n, i);
        export_file_row(f, places[i]);
    }
}


static int
export_file_begin(export_file_t *f, const aud_filter_t *filter,
    const json_t *explanation)
{
    size_t      slice, i;
    aud_str_t   name;

    f->fields = export_columns(f->g, filter, explanation, &f->ncolumns);
    f->columns = aud_calloc(f->g->nslices * f->ncolumns + 1,
                            sizeof(aud_column_t *));

    f->phones = aud_calloc(f->g->nslices + 1, sizeof(aud_column_t *));

    if (f->fields == NULL || f->columns == NULL || f->phones == NULL) {
        return -1;
    }

    for (slice = 0; slice < f->g->nslices; slice++) {
        f->phones[slice] = aud_segment_column(f->g->slices[slice].segment,
                                              AUD_STR(FIELD_PHONE));

        for (i = 0; i < f->ncolumns; i++) {
            name = f->g->fields[f->fields[i]].name;
            f->columns[slice * f->ncolumns + i] =
                aud_segment_column(f->g->slices[slice].segment, name);
        }
    }

    return 0;
}


static int
export_file_header(export_file_t *f)
{
    size_t      i;
    aud_str_t  *names, *exported;

    names = aud_calloc(f->g->nfields + 1, sizeof(aud_str_t));
    if (names == NULL) {
        return -1;
    }

    for (i = 0; i < f->g->nfields; i++) {
        names[i] = f->g->fields[i].name;
    }

    exported = fields_export_names(names, f->g->nfields);
    aud_free(names);

    if (exported == NULL) {
        return -1;
    }

    for (i = 0; i < f->ncolumns; i++) {
        if (i) {
            aud_buffer_char(&f->out, ',');
        }

        cell_write(&f->out, exported[f->fields[i]], 0);
    }

    if (f->ncolumns == 0) {
        aud_buffer_text(&f->out, FIELD_PHONE);
    }

    aud_buffer_text(&f->out, "\r\n");
    aud_free(exported);

    return 0;
}


/* Where the texts of a row lie is all over the dictionaries: they are asked for
 * some rows ahead, their offsets twice as far. */

static void
export_file_fetch(const export_file_t *f, const aud_place_t *places, size_t n,
    size_t i)
{
    size_t                     c;
    uint32_t                   code;
    const aud_place_t         *place;
    const aud_column_t *const *columns;

    if (i + 2 * EXPORT_AHEAD < n) {
        place = &places[i + 2 * EXPORT_AHEAD];
        columns = &f->columns[place->slice * f->ncolumns];

        for (c = 0; c < f->ncolumns; c++) {
            if (columns[c] && !columns[c]->multi) {
                code = aud_column_code_plus_one(columns[c], place->row);
                code -= code != 0;
                __builtin_prefetch(&columns[c]->display_at[code]);
            }
        }
    }

    if (i + EXPORT_AHEAD < n) {
        place = &places[i + EXPORT_AHEAD];
        columns = &f->columns[place->slice * f->ncolumns];

        for (c = 0; c < f->ncolumns; c++) {
            if (columns[c] && !columns[c]->multi) {
                code = aud_column_code_plus_one(columns[c], place->row);
                code -= code != 0;
                __builtin_prefetch(columns[c]->display
                                   + columns[c]->display_at[code]);
            }
        }
    }
}


static void
export_file_row(export_file_t *f, aud_place_t place)
{
    size_t                i;
    const aud_column_t  **columns;

    columns = &f->columns[place.slice * f->ncolumns];

    for (i = 0; i < f->ncolumns; i++) {
        if (i) {
            aud_buffer_char(&f->out, ',');
        }

        if (columns[i]) {
            export_file_cell(f, columns[i], place.row);
        }
    }

    aud_buffer_text(&f->out, "\r\n");
}


static void
export_file_cell(export_file_t *f, const aud_column_t *column, uint32_t row)
{
    size_t     first;
    uint32_t   i, n, code;
    aud_str_t  value;

    n = aud_column_values(column, row, &first);

    if (n == 1) {
        code = aud_column_code_plus_one(column, first) - 1;
        value = aud_column_display(column, code);
        cell_write(&f->out, value, export_file_plain(column, code, value));
        return;
    }

    f->joined.len = 0;

    for (i = 0; i < n; i++) {
        code = aud_column_code_plus_one(column, first + i) - 1;
        value = aud_column_display(column, code);

        if (i) {
            aud_buffer_text(&f->joined, EXPORT_SEPARATOR);
        }

        aud_buffer_add(&f->joined, value.data, value.len);
    }

    if (n) {
        cell_write(&f->out, aud_buffer_str(&f->joined), 0);
    }
}


/* A phone, or a number in a column of numbers, runs as no formula. */

static int
export_file_plain(const aud_column_t *column, uint32_t code, aud_str_t value)
{
    if (column->type == AUD_TYPE_NUMBER || column->type == AUD_TYPE_DATE) {
        return code < column->typed;
    }

    return value.data[0] == '+'
           && aud_str_equal(column->name, AUD_STR(FIELD_PHONE))
           && cell_is_phone(value);
}


static int
export_file_flush(export_file_t *f, aud_buffer_t *out)
{
    size_t   at;
    ssize_t  n;

    if (out->failed || f->joined.failed) {
        return aud_error_set(f->err, "out of memory");
    }

    for (at = 0; at < out->len; at += n) {
        n = write(f->fd, out->data + at, out->len - at);

        if (n < 0 && errno == EINTR) {
            n = 0;

        } else if (n < 0) {
            return aud_error_system(f->err, "write() of an export");
        }
    }

    f->summary->bytes += out->len;
    out->len = 0;

    return 0;
}


static int
export_file_sync(export_file_t *f, const char *temporary, const char *path)
{
    int   rc, fd;
    char  folder[1024];

    if (fsync(f->fd) != 0) {
        return aud_error_system(f->err, "fsync() of an export");
    }

    if (rename(temporary, path) != 0) {
        return aud_error_system(f->err, "rename(\"%s\")", temporary);
    }

    snprintf(folder, sizeof(folder), "%s", path);

    fd = open(dirname(folder), O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    rc = fd == -1 ? -1 : fsync(fd);

    if (rc != 0) {
        aud_error_system(f->err, "fsync() of the exports folder");
        (void) unlink(path);
    }

    if (fd != -1) {
        close(fd);
    }

    return rc;
}
