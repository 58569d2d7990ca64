/*
 * A column of the segment of an import.
 *
 *   code of a profile  =  what its rows in older segments have,
 *                         then what records of older imports say,
 *                         then what its rows in the file say;
 *                         the last one wins, but in fields of campaigns
 *                         (profiles_campaign.c) and in labels, which are of
 *                         conversations (profiles_labels.c)
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "profiles_private.h"


static int write_values(write_t *w, segment_column_t *column,
    uint32_t field);
static int write_known(write_t *w, uint32_t field, uint32_t *codes);
static int write_phones(write_t *w, dictionary_t *dictionary,
    uint32_t *codes);
static aud_str_t write_phone(const write_t *w, uint32_t row);
static int write_sources(write_t *w, segment_column_t *column,
    uint32_t field);
static int write_times(write_t *w, segment_column_t *column, uint32_t field);
static int64_t write_time(const write_t *w, const profile_t *profile,
    uint32_t field);
static int write_known_time(const aud_column_t *column, uint32_t row,
    int64_t *at);


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

    } else if (column.field.kind == AUD_KIND_CAMPAIGN) {
        rc = profiles_campaign(w, &column, field);

    } else if (column.field.kind == AUD_KIND_LABEL) {
        rc = profiles_label(w, &column, field);

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
    uint32_t   k, file, code, *codes;
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

    for (file = said->n;
         file && said->rows[file - 1] >= w->in->nrows;
         file--)
    {
        /* what the file says stands in front, and is newer */
    }

    for (k = file; k < said->n; k++) {
        codes[w->place[said->rows[k]]] = said->codes[k] + 1;
    }

    for (k = 0; k < file; k++) {
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
    int                       rc;
    size_t                    i, k;
    uint32_t                  code, slice, **known;
    dictionary_t             *dictionary;
    const profile_t          *profile;
    const aud_column_t      **columns, *column;
    const resolution_row_t   *row;

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

        for (k = 0; k < profile->nknown; k++) {
            row = &w->profiles->known[profile->known + k];
            slice = row->slice;
            column = columns[slice];

            if (column == NULL || !aud_bit(column->present, row->row)) {
                continue;
            }

            if (known[slice] == NULL) {
                known[slice] = aud_calloc((size_t) column->distinct + 1,
                                          sizeof(uint32_t));

                if (known[slice] == NULL) {
                    goto done;
                }
            }

            code = aud_column_code_plus_one(column, row->row) - 1;

            if (known[slice][code] == 0) {
                known[slice][code] = dictionary_intern(dictionary,
                                         aud_column_display(column, code))
                                     + 1;

                /* No code: UINT32_MAX + 1. */
                if (known[slice][code] == 0) {
                    goto done;
                }
            }

            codes[i] = known[slice][code];
        }
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
    size_t            i, k;
    aud_str_t         phone;
    const profile_t  *profile;

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        for (k = profile->count; k-- > 0; /* void */ ) {
            phone = write_phone(w, w->profiles->said[profile->first + k]);

            if (phone.len == 0) {
                continue;
            }

            codes[i] = dictionary_intern(dictionary, phone) + 1;

            if (codes[i] == 0) {
                return -1;
            }

            break;
        }
    }

    return 0;
}


static aud_str_t
write_phone(const write_t *w, uint32_t row)
{
    aud_str_t            rest;
    const char          *phone;
    aud_source_record_t  record;

    if (row < w->in->nrows) {
        phone = w->in->rows[row].phone;
        return aud_str(phone, strlen(phone));
    }

    row -= w->in->nrows;
    rest = aud_str(w->old->identities.data + w->old->items[row].identity,
                   w->old->identities.len - w->old->items[row].identity);

    return aud_source_record_read(&rest, &record) == 1 ? record.phone
                                                       : aud_str("", 0);
}


/* All imports that a profile is of. */

static int
write_sources(write_t *w, segment_column_t *column, uint32_t field)
{
    size_t                   i, k, first;
    uint32_t                 j, n, code;
    const char              *id;
    dictionary_t            *dictionary;
    const profile_t         *profile;
    const aud_column_t      *from;
    const resolution_row_t  *row;

    dictionary = &columns_of(w->in->said, field)->dictionary;

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        for (k = 0; k < profile->nknown; k++) {
            row = &w->profiles->known[profile->known + k];
            from = aud_segment_column(w->g->slices[row->slice].segment,
                                      AUD_STR(FIELD_SOURCES));
            n = from ? aud_column_values(from, row->row, &first) : 0;

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

        for (k = 0; k < profile->count; k++) {
            id = write_source(w, w->profiles->said[profile->first + k])->id;
            code = dictionary_intern(dictionary, aud_str(id, strlen(id)));

            if (code == UINT32_MAX
                || segment_column_add(column, i, code) != 0)
            {
                return -1;
            }
        }
    }

    column->dictionary = *dictionary;

    return 0;
}


/* The first upload of a profile, or the last one. */

static int
write_times(write_t *w, segment_column_t *column, uint32_t field)
{
    char           text[AUD_TIME_LEN + 1];
    size_t         i, len;
    int64_t        at, written;
    uint32_t       code;
    dictionary_t  *dictionary;

    dictionary = &columns_of(w->in->said, field)->dictionary;
    code = UINT32_MAX;
    written = 0;

    for (i = 0; i < w->profiles->n; i++) {
        at = write_time(w, &w->profiles->items[i], field);

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
write_time(const write_t *w, const profile_t *profile, uint32_t field)
{
    size_t                   k;
    int64_t                  at, time;
    const aud_column_t      *from;
    const resolution_row_t  *row;
    const int                first = field == w->created_at;

    at = first ? INT64_MAX : INT64_MIN;

    for (k = 0; k < profile->nknown; k++) {
        row = &w->profiles->known[profile->known + k];
        from = aud_segment_column(w->g->slices[row->slice].segment,
                                  w->in->fields->items[field].field.name);

        if (write_known_time(from, row->row, &time)) {
            at = first == (time < at) ? time : at;
        }
    }

    for (k = 0; k < profile->count; k++) {
        time = write_source(w, w->profiles->said[profile->first + k])->at;
        at = first == (time < at) ? time : at;
    }

    return at;
}


static int
write_known_time(const aud_column_t *column, uint32_t row, int64_t *at)
{
    aud_str_t  text;

    if (column == NULL || !aud_bit(column->present, row)) {
        return 0;
    }

    text = aud_column_display(column,
                              aud_column_code_plus_one(column, row) - 1);

    return aud_time_parse(text.data, text.len, at, NULL) == 0;
}
