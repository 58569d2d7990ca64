/*
 * The segment of an import: profiles folded column by column.
 *
 * Two threads build columns, each the next one that nobody has; whoever finds
 * the next one of the file built puts it there.
 */

#include <errno.h>

#include "aud_alloc.h"
#include "profiles_private.h"


/* Columns that may be built ahead of the one that is due in the file. */
#define WRITE_AHEAD  4


static int write_begin(write_t *w);
static int write_choose(write_t *w);
static int write_has_values(const write_t *w, uint32_t field);
static int write_has_labels(const write_t *w, uint32_t field);
static int write_by_name(const void *a, const void *b, void *arg);
static int write_columns(write_t *w);
static void *write_work(void *arg);
static int write_takes_records(write_t *w);
static int write_take(write_t *w, uint32_t *i);
static void write_put(write_t *w);
static void write_fail(write_t *w, const char *why);
static int write_globals(write_t *w, aud_error_t *err);
static void write_end(write_t *w);


int
profiles_write(const profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in, const old_records_t *old, const char *dir,
    uint64_t number, segment_summary_t *summary, aud_error_t *err)
{
    int      rc;
    write_t  w = {
        .profiles = profiles, .g = g, .in = in, .old = old, .err = err
    };

    rc = -1;
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.moved, NULL);

    if (profiles_labels(&w, err) != 0) {
        goto done;
    }

    if (write_begin(&w) != 0) {
        aud_error_set(err, "out of memory while folding profiles");
        err->no = ENOMEM;
        goto done;
    }

    w.file = segment_file_create(dir, number, profiles->n, w.ncolumns, err);

    if (w.file && write_columns(&w) == 0 && write_globals(&w, err) == 0) {
        rc = segment_file_finish(w.file, summary, err);
    }

done:

    write_end(&w);

    return rc;
}


static int
write_begin(write_t *w)
{
    size_t           i;
    uint32_t         k;
    const profile_t  *profile;
    const fields_t   *fields = w->in->fields;

    w->phone = fields_find(fields, AUD_STR(FIELD_PHONE));
    w->created_at = fields_find(fields, AUD_STR(FIELD_CREATED_AT));
    w->updated_at = fields_find(fields, AUD_STR(FIELD_UPDATED_AT));
    w->sources = fields_find(fields, AUD_STR(FIELD_SOURCES));

    w->place = aud_calloc(w->in->nrows + w->profiles->nold + 1,
                          sizeof(uint32_t));
    w->fields = aud_calloc((size_t) fields->n + 1, sizeof(uint32_t));
    w->names = aud_calloc((size_t) fields->n + 1, sizeof(aud_str_t));
    w->columns = aud_calloc((size_t) fields->n + 1,
                            sizeof(aud_column_record_t));
    w->built = aud_calloc((size_t) fields->n + 1,
                          sizeof(segment_column_built_t *));

    if (w->place == NULL || w->fields == NULL || w->names == NULL
        || w->columns == NULL || w->built == NULL)
    {
        return -1;
    }

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        for (k = profile->first; k < profile->first + profile->count; k++) {
            w->place[w->profiles->said[k]] = i;
        }
    }

    return write_choose(w);
}


/* Fields that some profile has, by name. */

static int
write_choose(write_t *w)
{
    uint32_t  i;

    for (i = 0; i < w->in->fields->n; i++) {
        if (write_has_values(w, i)) {
            w->fields[w->ncolumns++] = i;
        }
    }

    qsort_r(w->fields, w->ncolumns, sizeof(uint32_t), write_by_name,
            (void *) w->in->fields);

    for (i = 0; i < w->ncolumns; i++) {
        w->names[i] = w->in->fields->items[w->fields[i]].field.name;
    }

    return 0;
}


static int
write_has_values(const write_t *w, uint32_t field)
{
    size_t                   i;
    uint32_t                 slice;
    const aud_column_t      *column;
    const resolution_row_t  *known;

    for (i = 0; field == w->phone && i < w->in->nrows; i++) {
        if (w->in->rows[i].phone[0]) {
            return 1;
        }
    }

    for (i = 0; field == w->phone && i < w->old->n; i++) {
        if (w->old->items[i].has_phone) {
            return 1;
        }
    }

    if (w->in->fields->items[field].field.kind == AUD_KIND_LABEL) {
        return write_has_labels(w, field);
    }

    if (field == w->created_at
        || field == w->updated_at || field == w->sources
        || columns_of(w->in->said, field)->n)
    {
        return w->profiles->n != 0;
    }

    slice = UINT32_MAX;
    column = NULL;

    for (i = 0; i < w->profiles->nknown; i++) {
        known = &w->profiles->known[i];

        if (known->slice != slice) {
            slice = known->slice;
            column = aud_segment_column(w->g->slices[slice].segment,
                                     w->in->fields->items[field].field.name);
        }

        if (column && aud_bit(column->present, known->row)) {
            return 1;
        }
    }

    return 0;
}


static int
write_has_labels(const write_t *w, uint32_t field)
{
    size_t              i;
    classifier_label_t  label;

    label = label_find(w->in->fields->items[field].field.name.data);

    for (i = 0; i < w->profiles->n; i++) {
        if (label_text(label, w->labels[i][label])) {
            return 1;
        }
    }

    return 0;
}


static int
write_by_name(const void *a, const void *b, void *arg)
{
    uint32_t         x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    const fields_t  *fields = arg;

    return aud_str_compare(fields->items[x].field.name,
                           fields->items[y].field.name);
}


static int
write_columns(write_t *w)
{
    int        helped;
    pthread_t  helper;

    helped = pthread_create(&helper, NULL, write_work, w) == 0;
    (void) write_work(w);

    if (helped) {
        pthread_join(helper, NULL);
    }

    return w->failed ? -1 : 0;
}


static void *
write_work(void *arg)
{
    uint32_t                 i;
    write_t                 *w = arg;
    segment_column_built_t  *built;

    if (write_takes_records(w) && profiles_records(w) != 0) {
        pthread_mutex_lock(&w->lock);
        write_fail(w, "out of memory while folding profiles");
        pthread_mutex_unlock(&w->lock);
    }

    while (write_take(w, &i)) {
        built = profiles_column(w, w->fields[i]);

        pthread_mutex_lock(&w->lock);

        if (built == NULL) {
            write_fail(w, "out of memory while folding profiles");
        }

        w->built[i] = built;
        write_put(w);
        pthread_mutex_unlock(&w->lock);
    }

    return NULL;
}


static int
write_takes_records(write_t *w)
{
    int  taken;

    pthread_mutex_lock(&w->lock);
    taken = !w->recording;
    w->recording = 1;
    pthread_mutex_unlock(&w->lock);

    return taken;
}


/* Whoever builds the column that is due never waits here. */

static int
write_take(write_t *w, uint32_t *i)
{
    int  taken;

    pthread_mutex_lock(&w->lock);

    while (w->next < w->ncolumns && w->next > w->put + WRITE_AHEAD
           && !w->failed)
    {
        pthread_cond_wait(&w->moved, &w->lock);
    }

    taken = w->next < w->ncolumns && !w->failed;

    if (taken) {
        *i = w->next++;
    }

    pthread_mutex_unlock(&w->lock);

    return taken;
}


/* Under the lock, which it lets go while it writes. */

static void
write_put(write_t *w)
{
    int                      rc;
    uint32_t                 i;
    aud_error_t              err;
    segment_column_built_t  *built;

    while (!w->putting && !w->failed && w->put < w->ncolumns
           && w->built[w->put])
    {
        i = w->put;
        built = w->built[i];
        w->built[i] = NULL;
        w->putting = 1;
        pthread_mutex_unlock(&w->lock);

        rc = segment_column_put(built, w->file, &w->columns[i], &err);
        segment_column_built_free(built);

        pthread_mutex_lock(&w->lock);
        w->putting = 0;

        if (rc != 0) {
            *w->err = err;
            w->failed = 1;
        }

        w->put++;
        pthread_cond_broadcast(&w->moved);
    }
}


static void
write_fail(write_t *w, const char *why)
{
    if (!w->failed) {
        w->failed = 1;
        aud_error_set(w->err, "%s", why);
        w->err->no = ENOMEM;
    }

    pthread_cond_broadcast(&w->moved);
}


static int
write_globals(write_t *w, aud_error_t *err)
{
    int          rc;
    size_t       i, n;
    aud_uuid_t  *ids;

    n = w->profiles->n;
    ids = aud_calloc(n + 1, sizeof(aud_uuid_t));

    if (ids == NULL) {
        aud_error_set(err, "out of memory while folding profiles");
        err->no = ENOMEM;
        return -1;
    }

    for (i = 0; i < n; i++) {
        ids[i] = w->profiles->items[i].id;
    }

    rc = segment_file_rows(w->file, ids,
                           (const aud_identifier_t *) w->identifiers.data,
                           w->identifiers.len / sizeof(aud_identifier_t), err);
    aud_free(ids);

    if (rc != 0
        || segment_file_section(w->file, w->record_at,
                                (n + 1) * sizeof(uint64_t), err) != 0
        || segment_file_section(w->file, w->records.data, w->records.len, err)
           != 0)
    {
        return -1;
    }

    return segment_file_columns(w->file, w->columns, w->names, err);
}


static void
write_end(write_t *w)
{
    uint32_t  i;

    for (i = 0; w->built && i < w->ncolumns; i++) {
        segment_column_built_free(w->built[i]);
    }

    segment_file_free(w->file);
    pthread_cond_destroy(&w->moved);
    pthread_mutex_destroy(&w->lock);
    aud_free(w->labels);
    aud_free(w->place);
    aud_free(w->fields);
    aud_free(w->names);
    aud_free(w->columns);
    aud_free(w->built);
    aud_free(w->record_at);
    aud_buffer_free(&w->records);
    aud_buffer_free(&w->identifiers);
}
