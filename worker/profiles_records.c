/*
 * The source records of the rows of an import's segment: those that older
 * segments have of a profile, then those that are folded one by one.
 */

#include "aud_alloc.h"
#include "profile_ids.h"
#include "profiles_private.h"
#include "record_identity.h"


static void records_add(write_t *w, const profile_t *profile);
static void records_add_row(write_t *w, uint32_t row);
static void records_add_old(write_t *w, uint32_t i);


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
    uint32_t                 k, row;
    aud_str_t                records;
    const resolution_row_t  *known;

    for (k = profile->known; k < profile->known + profile->nknown; k++) {
        known = &w->profiles->known[k];
        records = aud_segment_records(w->g->slices[known->slice].segment,
                                      known->row);
        aud_buffer_add(&w->records, records.data, records.len);
    }

    for (k = profile->first; k < profile->first + profile->count; k++) {
        row = w->profiles->said[k];

        if (row < w->in->nrows) {
            records_add_row(w, row);

        } else {
            records_add_old(w, row - w->in->nrows);
        }
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


static void
records_add_old(write_t *w, uint32_t i)
{
    size_t               at, end;
    const old_records_t *old = w->old;

    at = old->items[i].identity;
    end = i + 1 < old->n ? old->items[i + 1].identity : old->identities.len;
    aud_buffer_add(&w->records, old->identities.data + at, end - at);
}
