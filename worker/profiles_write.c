/*
 * The segment of an import: profiles folded column by column.
 *
 *   code of a profile  =  what its row in an older segment has,
 *                         then what each of its rows in the file says,
 *                         the last one wins
 *
 * Two threads build columns, each the next one that nobody has; whoever finds
 * the next one of the file built puts it there.
 */

#include <errno.h>
#include <pthread.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "profiles.h"


/* Columns that may be built ahead of the one that is due in the file. */
#define WRITE_AHEAD  4

enum { WRITE_PHONE, WRITE_EMAIL, WRITE_DOCUMENT, WRITE_KINDS };


typedef struct {
    const profiles_t         *profiles;
    const aud_generation_t   *g;
    const import_read_t      *in;
    uint32_t                 *place;        /* [in->nrows] of its profile */
    uint32_t                  identifying[WRITE_KINDS];     /* fields */
    aud_buffer_t              identifiers[WRITE_KINDS];
    uint32_t                  created_at, updated_at, sources;

    uint32_t                 *fields;       /* [ncolumns] by name */
    uint32_t                  ncolumns;
    aud_str_t                *names;        /* [ncolumns] */
    aud_column_record_t      *records;      /* [ncolumns] */

    pthread_mutex_t           lock;
    pthread_cond_t            moved;        /* put or failed */
    uint32_t                  next;         /* to be built */
    uint32_t                  put;          /* in the file */
    segment_column_built_t  **built;        /* [ncolumns] */
    unsigned                  putting:1;
    unsigned                  failed:1;
    segment_file_t           *file;
    aud_error_t              *err;
} write_t;


static int write_begin(write_t *w);
static int write_choose(write_t *w);
static int write_has_values(const write_t *w, uint32_t field);
static int write_by_name(const void *a, const void *b, void *arg);
static int write_columns(write_t *w);
static void *write_work(void *arg);
static int write_take(write_t *w, uint32_t *i);
static void write_put(write_t *w);
static void write_fail(write_t *w, const char *why);
static segment_column_built_t *write_build(write_t *w, uint32_t field);
static int write_values(write_t *w, segment_column_t *column,
    uint32_t field);
static int write_known(write_t *w, uint32_t field, uint32_t *codes);
static int write_phones(write_t *w, dictionary_t *dictionary,
    uint32_t *codes);
static int write_sources(write_t *w, segment_column_t *column,
    uint32_t field);
static int write_times(write_t *w, segment_column_t *column, uint32_t field);
static int64_t write_time(const write_t *w, const aud_column_t *column,
    uint32_t row, int64_t otherwise);
static int write_identify(write_t *w, int kind, const dictionary_t *d,
    const uint32_t *codes);
static int write_globals(write_t *w, aud_error_t *err);
static void write_end(write_t *w);


int
profiles_write(const profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in, const char *dir, uint64_t number,
    segment_summary_t *summary, aud_error_t *err)
{
    int      rc;
    write_t  w = { .profiles = profiles, .g = g, .in = in, .err = err };

    rc = -1;
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.moved, NULL);

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

    w->identifying[WRITE_PHONE] = fields_find(fields, AUD_STR(FIELD_PHONE));
    w->identifying[WRITE_EMAIL] = fields_find(fields, AUD_STR(FIELD_EMAIL));
    w->identifying[WRITE_DOCUMENT] = fields_find(fields,
                                                 AUD_STR(FIELD_TAX_DOCUMENT));
    w->created_at = fields_find(fields, AUD_STR(FIELD_CREATED_AT));
    w->updated_at = fields_find(fields, AUD_STR(FIELD_UPDATED_AT));
    w->sources = fields_find(fields, AUD_STR(FIELD_SOURCES));

    w->place = aud_calloc((size_t) w->in->nrows + 1, sizeof(uint32_t));
    w->fields = aud_calloc((size_t) fields->n + 1, sizeof(uint32_t));
    w->names = aud_calloc((size_t) fields->n + 1, sizeof(aud_str_t));
    w->records = aud_calloc((size_t) fields->n + 1,
                            sizeof(aud_column_record_t));
    w->built = aud_calloc((size_t) fields->n + 1,
                          sizeof(segment_column_built_t *));

    if (w->place == NULL || w->fields == NULL || w->names == NULL
        || w->records == NULL || w->built == NULL)
    {
        return -1;
    }

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        for (k = profile->first; k < profile->first + profile->count; k++) {
            w->place[w->profiles->order[k]] = i;
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
    size_t               i;
    uint32_t             slice;
    const profile_t     *profile;
    const aud_column_t  *column;

    if (field == w->identifying[WRITE_PHONE] || field == w->created_at
        || field == w->updated_at || field == w->sources
        || columns_of(w->in->said, field)->n)
    {
        return w->profiles->n != 0;
    }

    slice = RESOLVE_NEW;
    column = NULL;

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        if (profile->slice == RESOLVE_NEW) {
            continue;
        }

        if (profile->slice != slice) {
            slice = profile->slice;
            column = aud_segment_column(w->g->slices[slice].segment,
                                     w->in->fields->items[field].field.name);
        }

        if (column && aud_bit(column->present, profile->row)) {
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

    while (write_take(w, &i)) {
        built = write_build(w, w->fields[i]);

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

        rc = segment_column_put(built, w->file, &w->records[i], &err);
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


static segment_column_built_t *
write_build(write_t *w, uint32_t field)
{
    int                      rc;
    segment_column_t         column = { .borrowed = 1 };
    segment_column_built_t  *built;

    column.field = w->in->fields->items[field].field;

    if (field == w->sources) {
        rc = write_sources(w, &column, field);

    } else if (field == w->created_at || field == w->updated_at) {
        rc = write_times(w, &column, field);

    } else {
        rc = write_values(w, &column, field);
    }

    built = rc == 0 ? segment_column_build(&column, w->profiles->n) : NULL;
    segment_column_free(&column);

    return built;
}


static int
write_values(write_t *w, segment_column_t *column, uint32_t field)
{
    int        kind, rc;
    size_t     i, n;
    uint32_t   k, *codes;
    column_t  *said;

    rc = -1;
    n = w->profiles->n;
    said = columns_of(w->in->said, field);
    codes = aud_calloc(n + 1, sizeof(uint32_t));    /* plus one */

    if (codes == NULL || write_known(w, field, codes) != 0
        || (field == w->identifying[WRITE_PHONE]
            && write_phones(w, &said->dictionary, codes) != 0))
    {
        goto done;
    }

    for (k = 0; k < said->n; k++) {
        codes[w->place[said->rows[k]]] = said->codes[k] + 1;
    }

    for (kind = 0; kind < WRITE_KINDS; kind++) {
        if (field == w->identifying[kind]
            && write_identify(w, kind, &said->dictionary, codes) != 0)
        {
            goto done;
        }
    }

    for (i = 0; i < n; i++) {
        if (codes[i] && segment_column_add(column, i, codes[i] - 1) != 0) {
            goto done;
        }
    }

    column->dictionary = said->dictionary;
    rc = 0;

done:

    aud_free(codes);

    return rc;
}


/* What older segments have.  Text is only looked at where one of their codes is
 * met for the first time. */

static int
write_known(write_t *w, uint32_t field, uint32_t *codes)
{
    int                   rc;
    size_t                i;
    uint32_t              code, slice, **known;
    dictionary_t         *dictionary;
    const profile_t      *profile;
    const aud_column_t  **columns, *column;

    rc = -1;
    dictionary = &columns_of(w->in->said, field)->dictionary;
    known = aud_calloc(w->g->nslices + 1, sizeof(uint32_t *));
    columns = aud_calloc(w->g->nslices + 1, sizeof(aud_column_t *));

    if (known == NULL || columns == NULL) {
        goto done;
    }

    for (slice = 0; slice < w->g->nslices; slice++) {
        columns[slice] = aud_segment_column(w->g->slices[slice].segment,
                                    w->in->fields->items[field].field.name);
    }

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];
        slice = profile->slice;
        column = slice == RESOLVE_NEW ? NULL : columns[slice];

        if (column == NULL || !aud_bit(column->present, profile->row)) {
            continue;
        }

        if (known[slice] == NULL) {
            known[slice] = aud_calloc((size_t) column->distinct + 1,
                                      sizeof(uint32_t));

            if (known[slice] == NULL) {
                goto done;
            }
        }

        code = aud_column_code_plus_one(column, profile->row) - 1;

        if (known[slice][code] == 0) {
            known[slice][code] = dictionary_intern(dictionary,
                                     aud_column_display(column, code)) + 1;

            /* No code: UINT32_MAX + 1. */
            if (known[slice][code] == 0) {
                goto done;
            }
        }

        codes[i] = known[slice][code];
    }

    rc = 0;

done:

    for (i = 0; known && i < w->g->nslices; i++) {
        aud_free(known[i]);
    }

    aud_free(known);
    aud_free(columns);

    return rc;
}


/* As they are normalised, not as they were written. */

static int
write_phones(write_t *w, dictionary_t *dictionary, uint32_t *codes)
{
    size_t            i;
    const char       *phone;
    const profile_t  *profile;

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        if (profile->count == 0) {
            continue;
        }

        phone = w->in->rows[w->profiles->order[profile->first]].phone;
        codes[i] = dictionary_intern(dictionary,
                                     aud_str(phone, strlen(phone))) + 1;

        if (codes[i] == 0) {
            return -1;
        }
    }

    return 0;
}


/* All imports that a profile is of. */

static int
write_sources(write_t *w, segment_column_t *column, uint32_t field)
{
    size_t               i, first;
    uint32_t             j, n, own, code;
    dictionary_t        *dictionary;
    const char          *id;
    const profile_t     *profile;
    const aud_column_t  *from;
    const aud_segment_t *segment;

    dictionary = &columns_of(w->in->said, field)->dictionary;
    id = w->in->source->id;
    own = dictionary_intern(dictionary, aud_str(id, strlen(id)));

    if (own == UINT32_MAX) {
        return -1;
    }

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        if (profile->slice != RESOLVE_NEW) {
            segment = w->g->slices[profile->slice].segment;
            from = aud_segment_column(segment, AUD_STR(FIELD_SOURCES));
            n = from ? aud_column_values(from, profile->row, &first) : 0;

            for (j = 0; j < n; j++) {
                code = aud_column_code_plus_one(from, first + j) - 1;
                code = dictionary_intern(dictionary,
                                         aud_column_display(from, code));

                if (code == UINT32_MAX
                    || segment_column_add(column, i, code) != 0)
                {
                    return -1;
                }
            }
        }

        if (profile->count && segment_column_add(column, i, own) != 0) {
            return -1;
        }
    }

    column->dictionary = *dictionary;

    return 0;
}


/* The first upload of a profile, or the last one. */

static int
write_times(write_t *w, segment_column_t *column, uint32_t field)
{
    char                 text[AUD_TIME_LEN + 1];
    size_t               i, len;
    int64_t              at, written;
    uint32_t             code;
    dictionary_t        *dictionary;
    const profile_t     *profile;
    const aud_column_t  *from;

    dictionary = &columns_of(w->in->said, field)->dictionary;
    code = UINT32_MAX;
    written = 0;

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];
        at = w->in->source->at;

        if (profile->slice != RESOLVE_NEW) {
            from = aud_segment_column(
                       w->g->slices[profile->slice].segment,
                       w->in->fields->items[field].field.name);
            at = write_time(w, from, profile->row, at);

            if (profile->count
                && (field == w->created_at) == (w->in->source->at < at))
            {
                at = w->in->source->at;
            }
        }

        if (code == UINT32_MAX || at != written) {
            len = aud_time_format(text, at);
            code = dictionary_intern(dictionary, aud_str(text, len));
            written = at;
        }

        if (code == UINT32_MAX || segment_column_add(column, i, code) != 0) {
            return -1;
        }
    }

    column->dictionary = *dictionary;

    return 0;
}


static int64_t
write_time(const write_t *w, const aud_column_t *column, uint32_t row,
    int64_t otherwise)
{
    int64_t    at;
    aud_str_t  text;

    if (column == NULL || !aud_bit(column->present, row)) {
        return otherwise;
    }

    text = aud_column_display(column,
                              aud_column_code_plus_one(column, row) - 1);

    return aud_time_parse(text.data, text.len, &at, NULL) == 0 ? at
                                                               : otherwise;
}


static int
write_identify(write_t *w, int kind, const dictionary_t *d,
    const uint32_t *codes)
{
    size_t                  i;
    uint32_t                code;
    aud_str_t               text;
    aud_buffer_t            plain = { 0 }, *out;
    aud_identifier_t        identifier = { 0 };
    static const uint32_t   kinds[WRITE_KINDS] = {
        AUD_IDENTIFIER_PHONE, AUD_IDENTIFIER_EMAIL,
        AUD_IDENTIFIER_TAX_DOCUMENT
    };

    out = &w->identifiers[kind];
    identifier.kind = kinds[kind];

    for (i = 0; i < w->profiles->n; i++) {
        if (codes[i] == 0) {
            continue;
        }

        code = codes[i] - 1;
        text = aud_str(d->text.data + d->at[code], d->at[code + 1]
                                                   - d->at[code]);

        if (kind == WRITE_DOCUMENT) {
            text = fold_document(&plain, text);
        }

        if (text.len) {
            identifier.hash = aud_identifier_hash(identifier.kind, text);
            identifier.row = i;
            aud_buffer_add(out, &identifier, sizeof(identifier));
        }
    }

    if (plain.failed) {
        out->failed = 1;
    }

    aud_buffer_free(&plain);

    return out->failed ? -1 : 0;
}


static int
write_globals(write_t *w, aud_error_t *err)
{
    int            kind, rc;
    size_t         i, n;
    aud_uuid_t    *ids;
    aud_buffer_t   all = { 0 };

    rc = -1;
    ids = aud_calloc(w->profiles->n + 1, sizeof(aud_uuid_t));

    for (kind = 0; kind < WRITE_KINDS; kind++) {
        aud_buffer_add(&all, w->identifiers[kind].data,
                       w->identifiers[kind].len);
    }

    n = all.len / sizeof(aud_identifier_t);

    if (ids == NULL || all.failed
        || segment_file_order((aud_identifier_t *) all.data, n) != 0)
    {
        aud_error_set(err, "out of memory while folding profiles");
        err->no = ENOMEM;
        goto done;
    }

    for (i = 0; i < w->profiles->n; i++) {
        ids[i] = w->profiles->items[i].id;
    }

    rc = segment_file_globals(w->file, ids,
                              (const aud_identifier_t *) all.data, n,
                              w->records, w->names, err);

done:

    aud_buffer_free(&all);
    aud_free(ids);

    return rc;
}


static void
write_end(write_t *w)
{
    int       kind;
    uint32_t  i;

    for (i = 0; w->built && i < w->ncolumns; i++) {
        segment_column_built_free(w->built[i]);
    }

    for (kind = 0; kind < WRITE_KINDS; kind++) {
        aud_buffer_free(&w->identifiers[kind]);
    }

    segment_file_free(w->file);
    pthread_cond_destroy(&w->moved);
    pthread_mutex_destroy(&w->lock);
    aud_free(w->place);
    aud_free(w->fields);
    aud_free(w->names);
    aud_free(w->records);
    aud_free(w->built);
}
