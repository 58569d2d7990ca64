/*
 * The second half of an import: which profiles its rows are of.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "pair_sort.h"
#include "profile_ids.h"
#include "profiles.h"


/* Behind all phones. */
#define PROFILES_NO_PHONE  UINT64_MAX


static int profiles_order(profiles_t *profiles, const import_read_t *in);
static uint64_t profiles_phone(const char *phone);
static aud_str_t profiles_key(const import_read_t *in, uint32_t row,
    aud_identifier_kind_t *kind);
static int profiles_key_compare(const import_read_t *in, uint32_t a,
    uint32_t b);
static int profiles_by_key(const void *a, const void *b, void *arg);
static int profiles_group(profiles_t *profiles, const import_read_t *in);
static int profiles_resolve(profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in);
static int profiles_name(profiles_t *profiles, const import_read_t *in);
static int profiles_strike(profiles_t *profiles);
static size_t profiles_unique(profile_t *items, size_t n);
static int profiles_by_id(const void *a, const void *b);


int
profiles_find(profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in)
{
    memset(profiles, 0, sizeof(profiles_t));

    if (profiles_order(profiles, in) != 0
        || profiles_group(profiles, in) != 0
        || profiles_resolve(profiles, g, in) != 0
        || profiles_name(profiles, in) != 0
        || profiles_strike(profiles) != 0)
    {
        profiles_free(profiles);
        return -1;
    }

    return 0;
}


void
profiles_free(profiles_t *profiles)
{
    aud_free(profiles->items);
    aud_free(profiles->struck);
    aud_free(profiles->order);
    memset(profiles, 0, sizeof(profiles_t));
}


static int
profiles_order(profiles_t *profiles, const import_read_t *in)
{
    int        rc;
    pair_t    *pairs;
    uint32_t   i, phones;

    profiles->order = aud_calloc((size_t) in->nrows + 1, sizeof(uint32_t));
    pairs = aud_calloc((size_t) in->nrows + 1, sizeof(pair_t));
    rc = -1;

    if (profiles->order == NULL || pairs == NULL) {
        goto done;
    }

    for (i = 0; i < in->nrows; i++) {
        pairs[i].key = profiles_phone(in->rows[i].phone);
        pairs[i].payload = i;
    }

    if (pair_sort(pairs, in->nrows) != 0) {
        goto done;
    }

    for (i = 0, phones = 0; i < in->nrows; i++) {
        profiles->order[i] = pairs[i].payload;
        phones += pairs[i].key != PROFILES_NO_PHONE;
    }

    /* the others are few, or a file of theirs */

    qsort_r(profiles->order + phones, in->nrows - phones, sizeof(uint32_t),
            profiles_by_key, (void *) in);
    rc = 0;

done:

    aud_free(pairs);

    return rc;
}


/* A normalised phone is "+" and at most 15 digits, the first one not 0: as a
 * number it is like no other. */

static uint64_t
profiles_phone(const char *phone)
{
    uint64_t  number = 0;

    if (*phone == '\0') {
        return PROFILES_NO_PHONE;
    }

    for (phone++; *phone; phone++) {
        number = number * 10 + (*phone - '0');
    }

    return number;
}


static aud_str_t
profiles_key(const import_read_t *in, uint32_t row,
    aud_identifier_kind_t *kind)
{
    aud_str_t            rest;
    const char          *phone;
    aud_source_record_t  record;

    phone = in->rows[row].phone;

    if (*phone) {
        *kind = AUD_IDENTIFIER_PHONE;
        return aud_str(phone, strlen(phone));
    }

    rest = aud_str(in->identities.data + in->rows[row].identity,
                   in->identities.len - in->rows[row].identity);
    (void) aud_source_record_read(&rest, &record);

    return record_key(&record, kind);
}


static int
profiles_key_compare(const import_read_t *in, uint32_t a, uint32_t b)
{
    aud_str_t              x, y;
    aud_identifier_kind_t  kind, other;

    x = profiles_key(in, a, &kind);
    y = profiles_key(in, b, &other);

    return kind != other ? (kind > other) - (kind < other)
                         : aud_str_compare(x, y);
}


static int
profiles_by_key(const void *a, const void *b, void *arg)
{
    int       c;
    uint32_t  x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    c = profiles_key_compare(arg, x, y);

    return c ? c : (x > y) - (x < y);
}


/* One profile for each run of equal keys. */

static int
profiles_group(profiles_t *profiles, const import_read_t *in)
{
    uint32_t    i;
    profile_t  *profile;

    profiles->items = aud_calloc((size_t) in->nrows + 1, sizeof(profile_t));
    if (profiles->items == NULL) {
        return -1;
    }

    for (i = 0, profile = NULL; i < in->nrows; i++) {
        if (profile == NULL
            || profiles_key_compare(in, profiles->order[i],
                                    profiles->order[i - 1])
               != 0)
        {
            profile = &profiles->items[profiles->n++];
            profile->first = i;
        }

        profile->count++;
    }

    return 0;
}


static int
profiles_resolve(profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in)
{
    int             rc;
    size_t          i;
    profile_t      *profile;
    resolve_key_t  *keys;

    keys = aud_calloc(profiles->n + 1, sizeof(resolve_key_t));
    if (keys == NULL) {
        return -1;
    }

    for (i = 0; i < profiles->n; i++) {
        profile = &profiles->items[i];
        keys[i].value = profiles_key(in, profiles->order[profile->first],
                                     &keys[i].kind);
    }

    rc = resolve_keys(g, keys, profiles->n);

    for (i = 0; rc == 0 && i < profiles->n; i++) {
        profile = &profiles->items[i];
        profile->id = keys[i].profile;
        profile->slice = keys[i].slice;
        profile->row = keys[i].row;
    }

    aud_free(keys);

    return rc;
}


/*
 * New profiles bear the birth ids of their first rows, which ascend in the order
 * of the file, most often behind all that there are: what is known already
 * stands in front, sorted, and the rest follows.
 */

static int
profiles_name(profiles_t *profiles, const import_read_t *in)
{
    int         rc;
    size_t      i, at, known, n;
    pair_t     *pairs;
    uint32_t    row;
    profile_t  *items, *profile;

    rc = -1;
    n = profiles->n;
    items = aud_calloc(n + 1, sizeof(profile_t));
    pairs = aud_calloc(n + 1, sizeof(pair_t));

    if (items == NULL || pairs == NULL) {
        goto done;
    }

    for (i = 0, known = 0; i < n; i++) {
        known += profiles->items[i].slice != RESOLVE_NEW;
        pairs[i].key = profiles->order[profiles->items[i].first];
        pairs[i].payload = i;
    }

    if (pair_sort(pairs, n) != 0) {
        goto done;
    }

    profiles->created = n - known;

    for (i = 0, at = known, known = 0; i < n; i++) {
        profile = &profiles->items[pairs[i].payload];
        items[profile->slice == RESOLVE_NEW ? at++ : known++] = *profile;
    }

    qsort(items, known, sizeof(profile_t), profiles_by_id);

    for (i = known; i < n; i++) {
        row = profiles->order[items[i].first];
        profile_birth(&items[i].id, &in->import, in->rows[row].line);
    }

    if (known && known < n
        && aud_uuid_compare(&items[known - 1].id, &items[known].id) > 0)
    {
        qsort(items, n, sizeof(profile_t), profiles_by_id);
    }

    aud_free(profiles->items);
    profiles->items = items;
    items = NULL;
    rc = 0;

done:

    aud_free(items);
    aud_free(pairs);

    return rc;
}


static int
profiles_strike(profiles_t *profiles)
{
    size_t  i;

    profiles->struck = aud_calloc(profiles->n + 1, sizeof(aud_uuid_t));
    if (profiles->struck == NULL) {
        return -1;
    }

    for (i = 0; i < profiles->n; i++) {
        if (profiles->items[i].slice != RESOLVE_NEW) {
            profiles->struck[profiles->nstruck++] = profiles->items[i].id;
        }
    }

    return 0;
}


int
profiles_add_all(profiles_t *profiles, const aud_generation_t *g)
{
    uint32_t            slice, row;
    profile_t          *items, *item;
    const aud_slice_t  *s;

    items = aud_realloc(profiles->items, (profiles->n + g->profiles + 1)
                                         * sizeof(profile_t));
    if (items == NULL) {
        return -1;
    }

    profiles->items = items;

    for (slice = 0; slice < g->nslices; slice++) {
        s = &g->slices[slice];

        for (row = 0; row < s->segment->rows; row++) {
            if (s->deleted && aud_bit(s->deleted, row)) {
                continue;
            }

            item = &items[profiles->n++];
            memset(item, 0, sizeof(profile_t));
            item->id = s->segment->profiles[row];
            item->slice = slice;
            item->row = row;
        }
    }

    qsort(items, profiles->n, sizeof(profile_t), profiles_by_id);
    profiles->n = profiles_unique(items, profiles->n);

    return 0;
}


/* Of two that are one profile, the one that the import touches. */

static size_t
profiles_unique(profile_t *items, size_t n)
{
    size_t  i, kept;

    for (i = 0, kept = 0; i < n; i++) {
        if (kept && aud_uuid_compare(&items[kept - 1].id, &items[i].id) == 0) {
            continue;
        }

        items[kept++] = items[i];
    }

    return kept;
}


static int
profiles_by_id(const void *a, const void *b)
{
    int               c;
    const profile_t  *x = a, *y = b;

    c = aud_uuid_compare(&x->id, &y->id);

    return c ? c : (x->count < y->count) - (x->count > y->count);
}
