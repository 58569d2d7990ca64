#include <stdlib.h>

#include "aud_alloc.h"
#include "record_identity.h"
#include "segment_column.h"
#include "segment_writer.h"

struct segment_writer_s {
    segment_column_t   *columns;        /* as create's fields are */
    size_t              ncolumns;
    aud_buffer_t        profiles;       /* aud_uuid_t */
    aud_buffer_t        identifiers;    /* aud_identifier_t */
    aud_buffer_t        record_at;      /* uint64_t, where each row's begin */
    aud_buffer_t        records;
    uint32_t            rows;
};

static void    add_record_at(segment_writer_t *w);
static size_t  used_columns(segment_writer_t *w, segment_column_t **used);
static int     by_name(const void *a, const void *b);
static int     write_sections(segment_writer_t *w, segment_file_t *f,
    segment_column_t **columns, size_t ncolumns, aud_error_t *err);


segment_writer_t *
segment_writer_create(const aud_field_t *fields, size_t nfields)
{
    char              *name;
    size_t             i;
    segment_writer_t  *w;

    w = aud_calloc(1, sizeof(segment_writer_t));

    if (w == NULL) {
        return NULL;
    }

    w->columns = aud_calloc(nfields ? nfields : 1, sizeof(segment_column_t));

    if (w->columns == NULL) {
        aud_free(w);
        return NULL;
    }

    for (i = 0; i < nfields; i++) {
        name = aud_strndup(fields[i].name.data, fields[i].name.len);

        if (name == NULL) {
            segment_writer_free(w);
            return NULL;
        }

        w->columns[i].field = fields[i];
        w->columns[i].field.name.data = name;
        w->ncolumns++;
    }

    return w;
}


void
segment_writer_free(segment_writer_t *w)
{
    size_t  i;

    if (w == NULL) {
        return;
    }

    for (i = 0; i < w->ncolumns; i++) {
        aud_free((void *) w->columns[i].field.name.data);
        segment_column_free(&w->columns[i]);
    }

    aud_buffer_free(&w->profiles);
    aud_buffer_free(&w->identifiers);
    aud_buffer_free(&w->record_at);
    aud_buffer_free(&w->records);
    aud_free(w->columns);
    aud_free(w);
}


int
segment_writer_add(segment_writer_t *w, const aud_uuid_t *profile,
    const segment_value_t *values, size_t nvalues)
{
    size_t             i;
    uint32_t           code;
    segment_column_t  *column;
    const aud_uuid_t  *profiles;

    profiles = (const aud_uuid_t *) w->profiles.data;

    if (w->rows == UINT32_MAX - 1
        || (w->rows && aud_uuid_compare(&profiles[w->rows - 1], profile) >= 0))
    {
        return -1;
    }

    aud_buffer_add(&w->profiles, profile, sizeof(aud_uuid_t));
    add_record_at(w);

    if (w->profiles.failed || w->record_at.failed) {
        return -1;
    }

    for (i = 0; i < nvalues; i++) {

        if (values[i].field >= w->ncolumns || values[i].text.len == 0) {
            return -1;
        }

        column = &w->columns[values[i].field];
        code = dictionary_intern(&column->dictionary, values[i].text);

        if (code == UINT32_MAX
            || segment_column_add(column, w->rows, code) != 0)
        {
            return -1;
        }
    }

    w->rows++;
    return 0;
}


static void
add_record_at(segment_writer_t *w)
{
    uint64_t  at;

    at = w->records.len;
    aud_buffer_add(&w->record_at, &at, sizeof(at));
}


int
segment_writer_records(segment_writer_t *w, aud_str_t records)
{
    if (w->rows == 0) {
        return -1;
    }

    aud_buffer_add(&w->records, records.data, records.len);

    if (w->records.failed) {
        return -1;
    }

    return record_identifiers(&w->identifiers, records, w->rows - 1);
}


int
segment_writer_write(segment_writer_t *w, const char *dir, uint64_t number,
    segment_summary_t *summary, aud_error_t *err)
{
    int                 rc;
    size_t              ncolumns;
    segment_file_t     *f;
    segment_column_t  **columns;

    f = NULL;
    rc = -1;
    columns = aud_calloc(w->ncolumns + 1, sizeof(segment_column_t *));

    if (columns == NULL) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    ncolumns = used_columns(w, columns);
    f = segment_file_create(dir, number, w->rows, ncolumns, err);

    if (f == NULL || write_sections(w, f, columns, ncolumns, err) != 0) {
        goto done;
    }

    rc = segment_file_finish(f, summary, err);

done:

    segment_file_free(f);
    aud_free(columns);

    return rc;
}


static size_t
used_columns(segment_writer_t *w, segment_column_t **used)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < w->ncolumns; i++) {
        if (w->columns[i].n) {
            used[n++] = &w->columns[i];
        }
    }

    qsort(used, n, sizeof(used[0]), by_name);

    return n;
}


static int
by_name(const void *a, const void *b)
{
    const segment_column_t  *left = *(segment_column_t *const *) a;
    const segment_column_t  *right = *(segment_column_t *const *) b;

    return aud_str_compare(left->field.name, right->field.name);
}


static int
write_sections(segment_writer_t *w, segment_file_t *f,
    segment_column_t **columns, size_t ncolumns, aud_error_t *err)
{
    int                   rc;
    size_t                i, nidentifiers;
    aud_str_t            *names;
    aud_column_record_t  *records;

    rc = -1;
    names = aud_calloc(ncolumns + 1, sizeof(aud_str_t));
    records = aud_calloc(ncolumns + 1, sizeof(aud_column_record_t));
    nidentifiers = w->identifiers.len / sizeof(aud_identifier_t);
    add_record_at(w);

    if (w->record_at.failed || names == NULL || records == NULL
        || segment_file_order((aud_identifier_t *) w->identifiers.data,
                              &nidentifiers) != 0)
    {
        aud_error_set(err, "memory is out");
        goto done;
    }

    for (i = 0; i < ncolumns; i++) {
        names[i] = columns[i]->field.name;

        if (segment_column_write(columns[i], f, w->rows, &records[i], err)
            != 0)
        {
            goto done;
        }

        segment_column_free(columns[i]);
    }

    if (segment_file_rows(f, (const aud_uuid_t *) w->profiles.data,
                          (const aud_identifier_t *) w->identifiers.data,
                          nidentifiers, err) == 0
        && segment_file_section(f, w->record_at.data, w->record_at.len, err)
           == 0
        && segment_file_section(f, w->records.data, w->records.len, err) == 0)
    {
        rc = segment_file_columns(f, records, names, err);
    }

done:

    aud_free(names);
    aud_free(records);

    return rc;
}
