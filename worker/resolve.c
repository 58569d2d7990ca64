/*
 * Which profiles rows belong to.
 */

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "pair_sort.h"
#include "resolve.h"


static void resolve_slice(const aud_generation_t *g, uint32_t slice,
    const pair_t *wanted, size_t n, resolve_key_t *keys);
static int resolve_is(const aud_slice_t *slice,
    const aud_identifier_t *identifier, const resolve_key_t *key);


int
resolve_keys(const aud_generation_t *g, resolve_key_t *keys, size_t n)
{
    int        rc;
    size_t     i;
    pair_t    *wanted;
    uint32_t   slice;

    wanted = aud_calloc(n + 1, sizeof(pair_t));
    if (wanted == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        keys[i].slice = RESOLVE_NEW;
        wanted[i].payload = i;
        wanted[i].key = aud_identifier_hash(keys[i].kind, keys[i].value);
    }

    rc = g->nslices ? pair_sort(wanted, n) : 0;

    for (slice = 0; rc == 0 && slice < g->nslices; slice++) {
        resolve_slice(g, slice, wanted, n, keys);
    }

    aud_free(wanted);

    return rc;
}


static void
resolve_slice(const aud_generation_t *g, uint32_t slice,
    const pair_t *wanted, size_t n, resolve_key_t *keys)
{
    size_t                   i, at, k;
    resolve_key_t           *key;
    const aud_segment_t     *segment;
    const aud_identifier_t  *identifier;

    segment = g->slices[slice].segment;

    for (i = 0, at = 0; i < n; i++) {
        key = &keys[wanted[i].payload];
        at = resolve_seek(segment, at, wanted[i].key);

        for (k = at; k < segment->nidentifiers; k++) {
            identifier = &segment->identifiers[k];

            if (identifier->hash != wanted[i].key) {
                break;
            }

            if (resolve_is(&g->slices[slice], identifier, key)) {
                key->slice = slice;
                key->row = identifier->row;
                key->profile = segment->profiles[identifier->row];
                break;
            }
        }
    }
}


/* Doubling steps, then halving ones, so that many wanted in order cost little
 * more than a walk and few wanted little more than their own searches. */

size_t
resolve_seek(const aud_segment_t *segment, size_t from, uint64_t hash)
{
    size_t                   step, low, high, middle;
    const aud_identifier_t  *identifiers;

    identifiers = segment->identifiers;
    low = from;

    for (step = 1; low + step <= segment->nidentifiers
                   && identifiers[low + step - 1].hash < hash; step *= 2)
    {
        low += step;
    }

    high = low + step < segment->nidentifiers ? low + step
                                              : segment->nidentifiers;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (identifiers[middle].hash < hash) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


static int
resolve_is(const aud_slice_t *slice, const aud_identifier_t *identifier,
    const resolve_key_t *key)
{
    aud_str_t              records, value;
    aud_source_record_t    record;
    aud_identifier_kind_t  kind;

    if (identifier->kind != key->kind
        || (slice->deleted && aud_bit(slice->deleted, identifier->row)))
    {
        return 0;
    }

    records = aud_segment_records(slice->segment, identifier->row);

    if (aud_source_record_read(&records, &record) != 1) {
        return 0;
    }

    value = record_key(&record, &kind);

    return kind == key->kind && aud_str_equal(value, key->value);
}
