/*
 * The source records of the rows of an import's segment: those that an older
 * segment has of a profile, then its rows of the file, which are newer.
 */

#include "aud_alloc.h"
#include "profile_ids.h"
#include "profiles_private.h"
#include "record_identity.h"


static void records_add(write_t *w, const profile_t *profile);
static void records_add_row(write_t *w, uint32_t row);


int
profiles_records(write_t *w)
{
    size_t      i, n;
    aud_str_t   records;

    w->record_at = aud_calloc(w->profiles->n + 1, sizeof(uint64_t));

    if (w->record_at == NULL) {
        return -1;
    }

    aud_buffer_reserve(&w->records, w->in->identities.len);

    for (i = 0; i < w->profiles->n; i++) {
        records_add(w, &w->profiles->items[i]);
        w->record_at[i + 1] = w->records.len;

        if (w->records.failed) {
            return -1;
        }

        records = aud_str(w->records.data + w->record_at[i],
                          w->records.len - w->record_at[i]);

        if (record_identifiers(&w->identifiers, records, i) != 0) {
            return -1;
        }
    }

    n = w->identifiers.len / sizeof(aud_identifier_t);

    if (segment_file_order((aud_identifier_t *) w->identifiers.data, &n) != 0)
    {
        return -1;
    }

    w->identifiers.len = n * sizeof(aud_identifier_t);

    return 0;
}


static void
records_add(write_t *w, const profile_t *profile)
{
    uint32_t   k;
    aud_str_t  records;

    if (profile->slice != RESOLVE_NEW) {
        records = aud_segment_records(w->g->slices[profile->slice].segment,
                                      profile->row);
        aud_buffer_add(&w->records, records.data, records.len);
    }

    for (k = profile->first; k < profile->first + profile->count; k++) {
        records_add_row(w, w->profiles->order[k]);
    }
}


/* Encoded when it was read, but for the sequence, which only the base knows. */

static void
records_add_row(write_t *w, uint32_t row)
{
    size_t               at, end;
    uint64_t             ref;
    const import_row_t  *rows;

    rows = w->in->rows;
    end = row + 1 < w->in->nrows ? rows[row + 1].identity
                                 : w->in->identities.len;
    at = w->records.len;
    aud_buffer_add(&w->records, w->in->identities.data + rows[row].identity,
                   end - rows[row].identity);

    if (!w->records.failed) {
        ref = profile_ref(w->in->sequence, rows[row].line);
        memcpy(w->records.data + at, &ref, sizeof(ref));
    }
}
