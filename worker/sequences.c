/*
 * Which import has which sequence.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "keys.h"
#include "sequences.h"


static int sequences_read(sequences_t *s, size_t *capacity, aud_str_t key,
    aud_str_t value);
static store_key_t sequences_key(const char *tenant, uint32_t sequence);
static int sequences_compare(const void *a, const void *b);
static int sequences_import_compare(const void *a, const void *b);


int
sequences_load(sequences_t *s, store_t *store, const char *tenant,
    aud_error_t *err)
{
    int            rc;
    size_t         capacity = 0;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    memset(s, 0, sizeof(sequences_t));
    prefix = key_prefix(tenant, KEY_SEQUENCE);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        if (sequences_read(s, &capacity, key, value) != 0) {
            rc = aud_error_set(err, "a sequence of an import is damaged");
            break;
        }
    }

    store_scan_free(scan);

    if (rc == 0) {
        s->by_import = aud_calloc(s->n + 1, sizeof(sequence_t));

        if (s->by_import == NULL) {
            return aud_error_set(err, "out of memory");
        }
    }

    if (rc == 0 && s->n) {
        memcpy(s->by_import, s->items, s->n * sizeof(sequence_t));
        qsort(s->by_import, s->n, sizeof(sequence_t),
              sequences_import_compare);
    }

    return rc;
}


static int
sequences_read(sequences_t *s, size_t *capacity, aud_str_t key,
    aud_str_t value)
{
    char            tenant[65];
    aud_str_t       rest;
    key_kind_t      kind;
    sequence_t     *items, *item;
    const uint8_t  *bytes;

    if (key_split(key, tenant, &kind, &rest) != 0
        || rest.len != sizeof(uint32_t) || value.len != sizeof(aud_uuid_t))
    {
        return -1;
    }

    if (s->n == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 64;
        items = aud_realloc(s->items, *capacity * sizeof(sequence_t));

        if (items == NULL) {
            return -1;
        }

        s->items = items;
    }

    bytes = (const uint8_t *) rest.data;
    item = &s->items[s->n++];
    item->sequence = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16
                     | (uint32_t) bytes[2] << 8 | bytes[3];
    memcpy(item->import.bytes, value.data, sizeof(aud_uuid_t));

    return 0;
}


int
sequences_add(sequences_t *s, uint32_t sequence, const aud_uuid_t *import)
{
    size_t       at;
    sequence_t  *items, *by_import;

    items = aud_realloc(s->items, (s->n + 1) * sizeof(sequence_t));
    s->items = items ? items : s->items;
    by_import = aud_realloc(s->by_import, (s->n + 1) * sizeof(sequence_t));
    s->by_import = by_import ? by_import : s->by_import;

    if (items == NULL || by_import == NULL) {
        return -1;
    }

    for (at = s->n; at && aud_uuid_compare(&by_import[at - 1].import, import)
                          > 0; at--)
    {
        by_import[at] = by_import[at - 1];
    }

    items[s->n].sequence = by_import[at].sequence = sequence;
    items[s->n].import = by_import[at].import = *import;
    s->n++;

    return 0;
}


void
sequences_free(sequences_t *s)
{
    aud_free(s->items);
    aud_free(s->by_import);
    memset(s, 0, sizeof(sequences_t));
}


void
sequences_put(store_batch_t *batch, const char *tenant, uint32_t sequence,
    const aud_uuid_t *import)
{
    store_key_t  key = sequences_key(tenant, sequence);

    store_batch_put(batch, key_str(&key),
                    aud_str((const char *) import->bytes, sizeof(*import)));
}


void
sequences_delete(store_batch_t *batch, const char *tenant, uint32_t sequence)
{
    store_key_t  key = sequences_key(tenant, sequence);

    store_batch_delete(batch, key_str(&key));
}


const aud_uuid_t *
sequences_import(const sequences_t *s, uint32_t sequence)
{
    sequence_t   wanted = { .sequence = sequence };
    sequence_t  *found;

    found = s->n ? bsearch(&wanted, s->items, s->n, sizeof(sequence_t),
                           sequences_compare)
                 : NULL;

    return found ? &found->import : NULL;
}


uint32_t
sequences_of(const sequences_t *s, const aud_uuid_t *import)
{
    size_t             at = 0;
    const sequence_t  *found;

    found = sequences_alike(s, import, sizeof(aud_uuid_t), &at);

    return found ? found->sequence : 0;
}


const sequence_t *
sequences_alike(const sequences_t *s, const aud_uuid_t *id, size_t len,
    size_t *at)
{
    size_t  low, high, middle;

    if (*at == 0) {
        for (low = 0, high = s->n; low < high; ) {
            middle = low + (high - low) / 2;

            if (memcmp(s->by_import[middle].import.bytes, id->bytes, len) < 0) {
                low = middle + 1;

            } else {
                high = middle;
            }
        }

        *at = low;
    }

    if (*at == s->n
        || memcmp(s->by_import[*at].import.bytes, id->bytes, len) != 0)
    {
        return NULL;
    }

    return &s->by_import[(*at)++];
}


static store_key_t
sequences_key(const char *tenant, uint32_t sequence)
{
    char  rest[4] = { sequence >> 24, sequence >> 16, sequence >> 8,
                      sequence };

    return key_text(tenant, KEY_SEQUENCE, aud_str(rest, sizeof(rest)));
}


static int
sequences_compare(const void *a, const void *b)
{
    const sequence_t  *x = a, *y = b;

    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}


static int
sequences_import_compare(const void *a, const void *b)
{
    const sequence_t  *x = a, *y = b;

    return aud_uuid_compare(&x->import, &y->import);
}
