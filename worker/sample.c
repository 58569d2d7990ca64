/*
 * Fixed samples in the store, and how they follow people's ids.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "keys.h"
#include "sample.h"


static size_t sample_parts(size_t n);
static int sample_add(aud_uuid_t **ids, size_t *n, aud_str_t value);
static int sample_found(const aud_uuid_t *members, size_t n,
    const aud_uuid_t *id, size_t *place);
static int sample_leaves(const profile_change_t *change);
static int sample_order(const void *a, const void *b);


void
sample_put(store_batch_t *batch, const char *tenant,
    const aud_uuid_t *audience, const aud_uuid_t *members, size_t n,
    size_t before)
{
    size_t       i, at, count;
    store_key_t  key;

    for (i = 0; i < sample_parts(n); i++) {
        at = i * SAMPLE_PART;
        count = n - at < SAMPLE_PART ? n - at : SAMPLE_PART;
        key = key_part(tenant, KEY_SAMPLE, audience, i);
        store_batch_put(batch, key_str(&key),
                        aud_str((const char *) (members + at),
                                count * sizeof(aud_uuid_t)));
    }

    for ( /* void */ ; i < sample_parts(before); i++) {
        key = key_part(tenant, KEY_SAMPLE, audience, i);
        store_batch_delete(batch, key_str(&key));
    }
}


static size_t
sample_parts(size_t n)
{
    return (n + SAMPLE_PART - 1) / SAMPLE_PART;
}


aud_uuid_t *
sample_read(store_t *store, const char *tenant, const aud_uuid_t *audience,
    size_t *n, aud_error_t *err)
{
    int            rc;
    aud_str_t      key, value;
    aud_uuid_t    *ids;
    store_key_t    prefix;
    store_scan_t  *scan;

    *n = 0;
    ids = aud_calloc(1, sizeof(aud_uuid_t));
    prefix = key_id(tenant, KEY_SAMPLE, audience);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);
    rc = ids ? 0 : -1;

    while (rc == 0 && (rc = store_scan_next(scan, &key, &value, err)) == 1) {
        rc = sample_add(&ids, n, value);
    }

    store_scan_free(scan);

    if (rc != 0) {
        aud_free(ids);
        aud_error_set(err, "the members of an audience cannot be read");
        return NULL;
    }

    return ids;
}


static int
sample_add(aud_uuid_t **ids, size_t *n, aud_str_t value)
{
    size_t       i, count = value.len / sizeof(aud_uuid_t);
    aud_uuid_t  *more;

    if (value.len % sizeof(aud_uuid_t)) {
        return -1;
    }

    more = aud_realloc(*ids, (*n + count + 1) * sizeof(aud_uuid_t));
    if (more == NULL) {
        return -1;
    }

    *ids = more;
    memcpy(more + *n, value.data, value.len);

    for (i = *n ? *n : 1; i < *n + count; i++) {
        if (aud_uuid_compare(&more[i - 1], &more[i]) >= 0) {
            return -1;
        }
    }

    *n += count;

    return 0;
}


int
sample_follow(const aud_uuid_t *members, size_t n,
    const profile_change_t *changes, size_t nchanges, aud_uuid_t **followed,
    size_t *nfollowed)
{
    size_t       i, out, place, hits = 0;
    aud_uuid_t  *ids = NULL;

    *followed = NULL;

    for (i = 0; i < nchanges; i++) {
        if (!sample_leaves(&changes[i])
            || !sample_found(members, n, &changes[i].id, &place))
        {
            continue;
        }

        if (ids == NULL) {
            ids = aud_calloc(n, sizeof(aud_uuid_t));
            if (ids == NULL) {
                return -1;
            }

            memcpy(ids, members, n * sizeof(aud_uuid_t));
        }

        /* Zeros are nobody's id; they come first once in order. */

        if (changes[i].fate == PROFILE_GONE) {
            memset(&ids[place], 0, sizeof(aud_uuid_t));

        } else {
            ids[place] = changes[i].now;
        }

        hits++;
    }

    if (hits == 0) {
        return 0;
    }

    qsort(ids, n, sizeof(aud_uuid_t), sample_order);

    for (i = 0, out = 0; i < n; i++) {
        if (memcmp(&ids[i], &(aud_uuid_t) { { 0 } }, sizeof(aud_uuid_t)) != 0
            && (out == 0 || aud_uuid_compare(&ids[out - 1], &ids[i]) != 0))
        {
            ids[out++] = ids[i];
        }
    }

    *followed = ids;
    *nfollowed = out;

    return 0;
}


static int
sample_found(const aud_uuid_t *members, size_t n, const aud_uuid_t *id,
    size_t *place)
{
    int     order;
    size_t  low = 0, high = n, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = aud_uuid_compare(&members[middle], id);

        if (order == 0) {
            *place = middle;
            return 1;
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return 0;
}


static int
sample_leaves(const profile_change_t *change)
{
    return change->fate == PROFILE_JOINED || change->fate == PROFILE_MOVED
           || change->fate == PROFILE_GONE;
}


static int
sample_order(const void *a, const void *b)
{
    return aud_uuid_compare(a, b);
}
