#include "aud_alloc.h"
#include "aud_source_record.h"
#include "segment_column.h"
#include "segment_merge.h"

typedef struct {
    uint32_t  source;
    uint32_t  row;
} place_t;

typedef struct {
    const aud_slice_t *const  *sources;
    size_t                     nsources;
    uint32_t                   rows;        /* living ones of all */
    place_t                   *places;      /* [rows] where each comes from */
    aud_uuid_t                *profiles;    /* [rows] */
    const aud_field_t        **fields;      /* those that have a column */
    uint32_t                   nfields;
    const aud_column_t       **columns;     /* [nsources], of one field */
    uint32_t                 **codes;       /* [nsources], code of a source to
                                               temporary code + 1 */
    uint32_t                   next;        /* row whose records are due */
} merge_t;

static int       create(merge_t *m, const aud_field_t *fields, size_t nfields);
static void      destroy(merge_t *m);
static int       merge_rows(merge_t *m, aud_error_t *err);
static uint32_t  next_living(const aud_slice_t *slice, uint32_t row);
static int       has_values(const merge_t *m, aud_str_t name);
static int       merge_column(merge_t *m, const aud_field_t *field,
    segment_file_t *f, aud_column_record_t *record, aud_error_t *err);
static int       collect(merge_t *m, segment_column_t *column);
static int       collect_row(merge_t *m, segment_column_t *column,
    uint32_t row);
static int       merge_globals(merge_t *m, segment_file_t *f,
    aud_column_record_t *records, aud_error_t *err);
static int       merge_identifiers(merge_t *m, segment_file_t *f,
    aud_error_t *err);
static int       merge_records(merge_t *m, segment_file_t *f,
    aud_error_t *err);
static int       next_records(void *arg, aud_str_t *piece);
static aud_str_t records_of(const merge_t *m, uint32_t row);
static int       collect_identifiers(const merge_t *m, uint32_t source,
    uint32_t *new_rows, aud_buffer_t *out);


int
segment_merge(const aud_slice_t *const *slices, size_t nslices,
    const aud_field_t *fields, size_t nfields, const char *dir,
    uint64_t number, segment_merge_step_fn step, void *arg,
    segment_summary_t *summary, aud_error_t *err)
{
    int                   rc;
    merge_t               m = { .sources = slices, .nsources = nslices };
    uint32_t              i;
    segment_file_t       *f;
    aud_column_record_t  *records;

    rc = -1;
    f = NULL;
    records = NULL;

    if (create(&m, fields, nfields) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    records = aud_calloc((size_t) m.nfields + 1, sizeof(aud_column_record_t));

    if (records == NULL) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    if (merge_rows(&m, err) != 0) {
        goto done;
    }

    f = segment_file_create(dir, number, m.rows, m.nfields, err);

    if (f == NULL) {
        goto done;
    }

    for (i = 0; i < m.nfields; i++) {

        if (merge_column(&m, m.fields[i], f, &records[i], err) != 0) {
            goto done;
        }

        if (step(arg, (i + 1.0) / (m.nfields + 1)) != 0) {
            rc = 1;
            goto done;
        }
    }

    if (merge_globals(&m, f, records, err) == 0
        && segment_file_finish(f, summary, err) == 0)
    {
        rc = 0;
    }

done:

    segment_file_free(f);
    aud_free(records);
    destroy(&m);

    return rc;
}


static int
create(merge_t *m, const aud_field_t *fields, size_t nfields)
{
    size_t    i;
    uint64_t  rows;

    rows = 0;

    for (i = 0; i < m->nsources; i++) {
        rows += m->sources[i]->live;
    }

    if (rows >= UINT32_MAX) {
        return -1;
    }

    m->rows = rows;
    m->places = aud_calloc(rows + 1, sizeof(place_t));
    m->profiles = aud_calloc(rows + 1, sizeof(aud_uuid_t));
    m->fields = aud_calloc(nfields + 1, sizeof(aud_field_t *));
    m->columns = aud_calloc(m->nsources + 1, sizeof(aud_column_t *));
    m->codes = aud_calloc(m->nsources + 1, sizeof(uint32_t *));

    if (m->places == NULL || m->profiles == NULL || m->fields == NULL
        || m->columns == NULL || m->codes == NULL)
    {
        return -1;
    }

    /* Fields of a generation are sorted as columns have to be. */
    for (i = 0; i < nfields; i++) {
        if (has_values(m, fields[i].name)) {
            m->fields[m->nfields++] = &fields[i];
        }
    }

    return 0;
}


static void
destroy(merge_t *m)
{
    aud_free(m->places);
    aud_free(m->profiles);
    aud_free(m->fields);
    aud_free(m->columns);
    aud_free(m->codes);
}


/* Sources are few: the least of their next profiles is found by looking at
 * each. */
static int
merge_rows(merge_t *m, aud_error_t *err)
{
    int               order;
    size_t            i, least;
    uint32_t          n, *next;
    const aud_uuid_t *profile, *lowest;

    next = aud_calloc(m->nsources + 1, sizeof(uint32_t));

    if (next == NULL) {
        return aud_error_set(err, "memory is out");
    }

    for (i = 0; i < m->nsources; i++) {
        next[i] = next_living(m->sources[i], 0);
    }

    for (n = 0; n < m->rows; n++) {
        lowest = NULL;
        least = 0;

        for (i = 0; i < m->nsources; i++) {

            if (next[i] == m->sources[i]->segment->rows) {
                continue;
            }

            profile = &m->sources[i]->segment->profiles[next[i]];
            order = lowest ? aud_uuid_compare(profile, lowest) : -1;

            if (order < 0) {
                lowest = profile;
                least = i;
            }
        }

        if (lowest == NULL
            || (n && aud_uuid_compare(&m->profiles[n - 1], lowest) >= 0))
        {
            aud_free(next);
            return aud_error_set(err, "a profile lives in two segments");
        }

        m->profiles[n] = *lowest;
        m->places[n].source = least;
        m->places[n].row = next[least];
        next[least] = next_living(m->sources[least], next[least] + 1);
    }

    aud_free(next);
    return 0;
}


static uint32_t
next_living(const aud_slice_t *slice, uint32_t row)
{
    while (row < slice->segment->rows && slice->deleted
           && aud_bit(slice->deleted, row))
    {
        row++;
    }

    return row;
}


static int
has_values(const merge_t *m, aud_str_t name)
{
    size_t               i, j;
    uint64_t             word;
    const aud_slice_t   *slice;
    const aud_column_t  *column;

    for (i = 0; i < m->nsources; i++) {
        slice = m->sources[i];
        column = aud_segment_column(slice->segment, name);

        for (j = 0; column && j < AUD_WORDS(column->rows); j++) {
            word = column->present[j];

            if (slice->deleted) {
                word &= ~slice->deleted[j];
            }

            if (word) {
                return 1;
            }
        }
    }

    return 0;
}


static int
merge_column(merge_t *m, const aud_field_t *field, segment_file_t *f,
    aud_column_record_t *record, aud_error_t *err)
{
    int                rc;
    size_t             i;
    segment_column_t   column = { .field = *field };

    rc = -1;

    for (i = 0; i < m->nsources; i++) {
        m->columns[i] = aud_segment_column(m->sources[i]->segment,
                                           field->name);
        m->codes[i] = m->columns[i]
                      ? aud_calloc((size_t) m->columns[i]->distinct + 1,
                                   sizeof(uint32_t))
                      : NULL;

        if (m->columns[i] && m->codes[i] == NULL) {
            aud_error_set(err, "memory is out");
            goto done;
        }
    }

    if (collect(m, &column) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    rc = segment_column_write(&column, f, m->rows, record, err);

done:

    for (i = 0; i < m->nsources; i++) {
        aud_free(m->codes[i]);
        m->codes[i] = NULL;
    }

    segment_column_free(&column);
    return rc;
}


static int
collect(merge_t *m, segment_column_t *column)
{
    uint32_t  row;

    for (row = 0; row < m->rows; row++) {

        if (m->columns[m->places[row].source]
            && collect_row(m, column, row) != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* Text is only looked at where a code is met for the first time. */
static int
collect_row(merge_t *m, segment_column_t *column, uint32_t row)
{
    size_t               first;
    uint32_t             i, n, code, *codes;
    const aud_column_t  *from;

    from = m->columns[m->places[row].source];
    codes = m->codes[m->places[row].source];
    n = aud_column_values(from, m->places[row].row, &first);

    for (i = 0; i < n; i++) {
        code = aud_column_code_plus_one(from, first + i) - 1;

        if (codes[code] == 0) {
            codes[code] = dictionary_intern(&column->dictionary,
                                            aud_column_display(from, code))
                          + 1;

            /* No code: UINT32_MAX + 1. */
            if (codes[code] == 0) {
                return -1;
            }
        }

        if (segment_column_add(column, row, codes[code] - 1) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
merge_globals(merge_t *m, segment_file_t *f, aud_column_record_t *records,
    aud_error_t *err)
{
    int         rc;
    uint32_t    i;
    aud_str_t  *names;

    if (merge_identifiers(m, f, err) != 0 || merge_records(m, f, err) != 0) {
        return -1;
    }

    names = aud_calloc((size_t) m->nfields + 1, sizeof(aud_str_t));

    if (names == NULL) {
        return aud_error_set(err, "memory is out");
    }

    for (i = 0; i < m->nfields; i++) {
        names[i] = m->fields[i]->name;
    }

    rc = segment_file_columns(f, records, names, err);
    aud_free(names);

    return rc;
}


static int
merge_identifiers(merge_t *m, segment_file_t *f, aud_error_t *err)
{
    int           rc;
    uint32_t      i, *new_rows;
    size_t        n;
    aud_buffer_t  ids = { 0 };

    rc = 0;

    for (i = 0; i < m->nsources && rc == 0; i++) {
        new_rows = aud_calloc((size_t) m->sources[i]->segment->rows + 1,
                              sizeof(uint32_t));
        rc = new_rows ? collect_identifiers(m, i, new_rows, &ids) : -1;
        aud_free(new_rows);
    }

    n = ids.len / sizeof(aud_identifier_t);

    if (rc != 0 || segment_file_order((aud_identifier_t *) ids.data, &n) != 0)
    {
        rc = aud_error_set(err, "memory is out");

    } else {
        rc = segment_file_rows(f, m->profiles,
                               (const aud_identifier_t *) ids.data, n, err);
    }

    aud_buffer_free(&ids);

    return rc;
}


/* Copied as they are; the bytes go from file to file. */
static int
merge_records(merge_t *m, segment_file_t *f, aud_error_t *err)
{
    int        rc;
    uint32_t   row;
    uint64_t  *at;

    at = aud_calloc((size_t) m->rows + 1, sizeof(uint64_t));

    if (at == NULL) {
        return aud_error_set(err, "memory is out");
    }

    for (row = 0; row < m->rows; row++) {
        at[row + 1] = at[row] + records_of(m, row).len;
    }

    m->next = 0;
    rc = segment_file_section(f, at, ((uint64_t) m->rows + 1)
                                     * sizeof(uint64_t), err);
    aud_free(at);

    return rc ? rc : segment_file_pieces(f, next_records, m, err);
}


static int
next_records(void *arg, aud_str_t *piece)
{
    merge_t  *m = arg;

    if (m->next == m->rows) {
        return 0;
    }

    *piece = records_of(m, m->next++);

    return 1;
}


static aud_str_t
records_of(const merge_t *m, uint32_t row)
{
    const place_t  *place = &m->places[row];

    return aud_segment_records(m->sources[place->source]->segment, place->row);
}


/* new_rows begins as zeros; it gets the new row of each old one, plus one. */
static int
collect_identifiers(const merge_t *m, uint32_t source, uint32_t *new_rows,
    aud_buffer_t *out)
{
    size_t                i;
    uint32_t              row;
    aud_identifier_t      id;
    const aud_segment_t  *s;

    s = m->sources[source]->segment;

    for (row = 0; row < m->rows; row++) {
        if (m->places[row].source == source) {
            new_rows[m->places[row].row] = row + 1;
        }
    }

    for (i = 0; i < s->nidentifiers; i++) {
        id = s->identifiers[i];

        if (new_rows[id.row]) {
            id.row = new_rows[id.row] - 1;
            aud_buffer_add(out, &id, sizeof(id));
        }
    }

    return out->failed ? -1 : 0;
}
