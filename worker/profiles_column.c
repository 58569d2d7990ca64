/*
 * A column of the segment of an import.
 *
 *   code of a profile  =  what its row in an older segment has,
 *                         then what each of its rows in the file says,
 *                         the last one wins
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "profiles_private.h"


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


segment_column_built_t *
profiles_column(write_t *w, uint32_t field)
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
    int        rc;
    size_t     i, n;
    uint32_t   k, code, *codes;
    column_t  *said;

    rc = -1;
    n = w->profiles->n;
    said = columns_of(w->in->said, field);
    codes = aud_calloc(n + 1, sizeof(uint32_t));    /* plus one */
    column->rows = aud_malloc((n + 1) * sizeof(uint32_t));

    if (codes == NULL || column->rows == NULL
        || write_known(w, field, codes) != 0
        || (field == w->phone
            && write_phones(w, &said->dictionary, codes) != 0))
    {
        goto done;
    }

    for (k = 0; k < said->n; k++) {
        codes[w->place[said->rows[k]]] = said->codes[k] + 1;
    }

    /* in place: what has a code moves to the front */

    for (i = 0, k = 0; i < n; i++) {
        code = codes[i];
        column->rows[k] = i;
        codes[k] = code - 1;
        k += code != 0;
    }

    column->n = k;
    column->capacity = n + 1;
    column->codes = codes;
    column->dictionary = said->dictionary;
    codes = NULL;
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

        if (*phone == '\0') {
            continue;
        }

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
