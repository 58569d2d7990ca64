/*
 * Where a profile stands that somebody names.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "keys.h"
#include "profile_find.h"
#include "profile_ids.h"

#define FIND_ALIASES  100       /* one after another: a profile's first record
                                   was taken away so often */


static int find_in(const aud_slice_t *s, uint64_t hash, uint32_t *row);
static size_t find_seek(const aud_segment_t *segment, uint64_t hash);
static int find_values(const aud_slice_t *s, uint32_t slice,
    aud_identifier_kind_t kind, aud_str_t value, aud_buffer_t *places);
static int find_says(const aud_segment_t *segment, uint32_t row,
    aud_identifier_kind_t kind, aud_str_t value);
static int find_by_id(const void *a, const void *b);
static int find_born(const aud_generation_t *g, const sequences_t *sequences,
    const aud_uuid_t *id, size_t *slice, uint32_t *row);
static int find_alias(store_t *store, const char *tenant, aud_uuid_t *id,
    aud_error_t *err);


int
profile_of_record(const aud_generation_t *g, uint64_t ref, size_t *slice,
    uint32_t *row)
{
    uint64_t  hash;

    hash = aud_identifier_hash(AUD_IDENTIFIER_RECORD,
                               aud_str((const char *) &ref, sizeof(ref)));

    for (*slice = 0; *slice < g->nslices; (*slice)++) {
        if (find_in(&g->slices[*slice], hash, row)) {
            return 1;
        }
    }

    return 0;
}


/* No other record has the hash: of eight bytes, under one seed, XXH3-64 is one
 * to one (an xor, an xor of three rotations, products with odd numbers, shifts
 * that can be taken back).  So the row's records, of which there may be
 * tens of thousands, need not be read. */

static int
find_in(const aud_slice_t *s, uint64_t hash, uint32_t *row)
{
    size_t                   i;
    const aud_identifier_t  *found;

    for (i = find_seek(s->segment, hash); i < s->segment->nidentifiers; i++) {
        found = &s->segment->identifiers[i];

        if (found->hash != hash) {
            break;
        }

        if (found->kind == AUD_IDENTIFIER_RECORD
            && (s->deleted == NULL || !aud_bit(s->deleted, found->row)))
        {
            *row = found->row;
            return 1;
        }
    }

    return 0;
}


/* The first place of the identifier index whose hash is not less. */

static size_t
find_seek(const aud_segment_t *segment, uint64_t hash)
{
    size_t  low, high, middle;

    for (low = 0, high = segment->nidentifiers; low < high; ) {
        middle = low + (high - low) / 2;

        if (segment->identifiers[middle].hash < hash) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


int
profile_find(const aud_generation_t *g, const sequences_t *sequences,
    store_t *store, const char *tenant, const aud_uuid_t *id, size_t *slice,
    uint32_t *row, aud_error_t *err)
{
    int         rc;
    unsigned    tries;
    aud_uuid_t  now = *id;

    for (tries = 0; tries < FIND_ALIASES; tries++) {
        if (aud_generation_find(g, &now, slice, row) == 0
            || find_born(g, sequences, &now, slice, row))
        {
            return 1;
        }

        rc = find_alias(store, tenant, &now, err);

        if (rc != 1) {
            return rc;
        }
    }

    return 0;
}


static int
find_born(const aud_generation_t *g, const sequences_t *sequences,
    const aud_uuid_t *id, size_t *slice, uint32_t *row)
{
    size_t             at = 0;
    uint32_t           line;
    const sequence_t  *import;

    while ((import = sequences_alike(sequences, id, PROFILE_BIRTH_PREFIX, &at))
           != NULL)
    {
        if (profile_born_of(id, &import->import, &line)) {
            return profile_of_record(g, profile_ref(import->sequence, line),
                                     slice, row);
        }
    }

    return 0;
}


static int
find_alias(store_t *store, const char *tenant, aud_uuid_t *id,
    aud_error_t *err)
{
    aud_str_t       value;
    store_key_t     key;
    store_status_t  status;

    key = key_id(tenant, KEY_ALIAS, id);
    status = store_get(store, key_str(&key), &value, err);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? 0 : -1;
    }

    if (value.len == sizeof(aud_uuid_t)) {
        memcpy(id->bytes, value.data, sizeof(aud_uuid_t));
        store_value_free(value);
        return 1;
    }

    store_value_free(value);

    return aud_error_set(err, "an alias of a profile is damaged");
}


int
profiles_of_value(const aud_generation_t *g, aud_identifier_kind_t kind,
    aud_str_t value, profile_place_t **places, size_t *n)
{
    uint32_t      slice;
    aud_buffer_t  found = { 0 };

    for (slice = 0; slice < g->nslices; slice++) {
        if (find_values(&g->slices[slice], slice, kind, value, &found) != 0) {
            aud_buffer_free(&found);
            return -1;
        }
    }

    *places = (profile_place_t *) found.data;
    *n = found.len / sizeof(profile_place_t);

    if (*n) {
        qsort(*places, *n, sizeof(profile_place_t), find_by_id);
    }

    return 0;
}


/* An entry of the index stands there once for a row. */

static int
find_values(const aud_slice_t *s, uint32_t slice, aud_identifier_kind_t kind,
    aud_str_t value, aud_buffer_t *places)
{
    size_t                   i;
    uint64_t                 hash;
    profile_place_t          place;
    const aud_identifier_t  *found;

    hash = aud_identifier_hash(kind, value);

    for (i = find_seek(s->segment, hash); i < s->segment->nidentifiers; i++) {
        found = &s->segment->identifiers[i];

        if (found->hash != hash) {
            break;
        }

        if (found->kind == kind
            && (s->deleted == NULL || !aud_bit(s->deleted, found->row))
            && find_says(s->segment, found->row, kind, value))
        {
            place.id = s->segment->profiles[found->row];
            place.slice = slice;
            place.row = found->row;
            aud_buffer_add(places, &place, sizeof(place));
        }
    }

    return places->failed ? -1 : 0;
}


static int
find_says(const aud_segment_t *segment, uint32_t row,
    aud_identifier_kind_t kind, aud_str_t value)
{
    aud_str_t            rest;
    aud_source_record_t  record;

    rest = aud_segment_records(segment, row);

    while (aud_source_record_read(&rest, &record) == 1) {
        if (aud_str_equal(value, kind == AUD_IDENTIFIER_PHONE ? record.phone
                                 : kind == AUD_IDENTIFIER_EMAIL
                                 ? record.email : record.tax_document))
        {
            return 1;
        }
    }

    return 0;
}


static int
find_by_id(const void *a, const void *b)
{
    const profile_place_t  *x = a, *y = b;

    return aud_uuid_compare(&x->id, &y->id);
}


int
segment_holds_record(const aud_segment_t *segment, uint64_t ref)
{
    size_t    i;
    uint64_t  hash;

    hash = aud_identifier_hash(AUD_IDENTIFIER_RECORD,
                               aud_str((const char *) &ref, sizeof(ref)));

    for (i = find_seek(segment, hash);
         i < segment->nidentifiers && segment->identifiers[i].hash == hash;
         i++)
    {
        if (segment->identifiers[i].kind == AUD_IDENTIFIER_RECORD) {
            return 1;
        }
    }

    return 0;
}


int
slice_struck_value(const aud_slice_t *s, aud_identifier_kind_t kind,
    aud_str_t value)
{
    size_t                   i;
    uint64_t                 hash;
    const aud_identifier_t  *found;

    hash = aud_identifier_hash(kind, value);

    for (i = find_seek(s->segment, hash); i < s->segment->nidentifiers; i++) {
        found = &s->segment->identifiers[i];

        if (found->hash != hash) {
            break;
        }

        if (found->kind == kind && s->deleted
            && aud_bit(s->deleted, found->row))
        {
            return 1;
        }
    }

    return 0;
}
