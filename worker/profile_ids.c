/*
 * Which profile bears which id.
 */

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "profile_ids.h"


typedef enum { BEFORE = 0, AFTER } profile_when_t;

typedef struct {                    /* records of components, or NONE */
    uint32_t  *before;              /* the oldest before the change */
    uint32_t  *left;                /* of those that are not removed */
    uint32_t  *after;
    size_t     nbefore;
    size_t     nafter;
} profile_oldest_t;


static int profile_oldest_find(profile_oldest_t *oldest,
    const profile_record_t *records, size_t n);
static void profile_oldest_free(profile_oldest_t *oldest);
static size_t profile_components(const profile_record_t *records, size_t n,
    profile_when_t when);
static uint32_t *profile_oldest_of(const profile_record_t *records, size_t n,
    profile_when_t when, int left, size_t ncomponents);
static int profile_lost(const profile_record_t *records,
    const profile_oldest_t *oldest, size_t component,
    profile_change_t *change);
static int profile_new(const profile_record_t *records,
    const profile_oldest_t *oldest, size_t component,
    profile_change_t *change);
static int profile_change_compare(const void *a, const void *b);


void
profile_birth(aud_uuid_t *out, const aud_uuid_t *import, uint32_t line)
{
    uint64_t  hash;

    hash = XXH3_64bits(import->bytes, sizeof(import->bytes));

    memcpy(out->bytes, import->bytes, PROFILE_BIRTH_PREFIX);
    out->bytes[6] = 0x70 | (hash >> 48 & 0x0f);
    out->bytes[7] = hash >> 40;
    out->bytes[8] = 0x80 | (hash >> 32 & 0x3f);
    out->bytes[9] = hash >> 16;
    out->bytes[10] = hash >> 8;
    out->bytes[11] = hash;
    out->bytes[12] = line >> 24;
    out->bytes[13] = line >> 16;
    out->bytes[14] = line >> 8;
    out->bytes[15] = line;
}


int
profile_born_of(const aud_uuid_t *id, const aud_uuid_t *import, uint32_t *line)
{
    aud_uuid_t  first;

    profile_birth(&first, import, 0);

    if (memcmp(id->bytes, first.bytes, 12) != 0) {
        return 0;
    }

    *line = (uint32_t) id->bytes[12] << 24 | (uint32_t) id->bytes[13] << 16
            | (uint32_t) id->bytes[14] << 8 | id->bytes[15];

    return 1;
}


aud_uuid_t *
profile_ids_assign(const profile_record_t *records, size_t n,
    size_t *ncomponents)
{
    size_t       i;
    uint32_t    *oldest;
    aud_uuid_t  *ids;

    *ncomponents = profile_components(records, n, AFTER);
    oldest = profile_oldest_of(records, n, AFTER, 0, *ncomponents);
    ids = aud_calloc(*ncomponents + 1, sizeof(aud_uuid_t));

    for (i = 0; oldest && ids && i < *ncomponents; i++) {
        ids[i] = records[oldest[i]].birth;
    }

    if (oldest == NULL) {
        aud_free(ids);
        ids = NULL;
    }

    aud_free(oldest);

    return ids;
}


int
profile_ids_changes(const profile_record_t *records, size_t n,
    profile_change_t **changes, size_t *nchanges)
{
    size_t             i;
    profile_change_t  *list = NULL;
    profile_oldest_t   oldest;

    *nchanges = 0;

    if (profile_oldest_find(&oldest, records, n) == 0) {
        list = aud_calloc(oldest.nbefore + oldest.nafter + 1,
                          sizeof(profile_change_t));
    }

    if (list == NULL) {
        profile_oldest_free(&oldest);
        return -1;
    }

    for (i = 0; i < oldest.nbefore; i++) {
        *nchanges += profile_lost(records, &oldest, i, &list[*nchanges]);
    }

    for (i = 0; i < oldest.nafter; i++) {
        *nchanges += profile_new(records, &oldest, i, &list[*nchanges]);
    }

    if (*nchanges) {
        qsort(list, *nchanges, sizeof(profile_change_t),
              profile_change_compare);
    }

    profile_oldest_free(&oldest);
    *changes = list;

    return 0;
}


static int
profile_oldest_find(profile_oldest_t *oldest, const profile_record_t *records,
    size_t n)
{
    oldest->nbefore = profile_components(records, n, BEFORE);
    oldest->nafter = profile_components(records, n, AFTER);
    oldest->before = profile_oldest_of(records, n, BEFORE, 0, oldest->nbefore);
    oldest->left = profile_oldest_of(records, n, BEFORE, 1, oldest->nbefore);
    oldest->after = profile_oldest_of(records, n, AFTER, 0, oldest->nafter);

    return oldest->before && oldest->left && oldest->after ? 0 : -1;
}


static void
profile_oldest_free(profile_oldest_t *oldest)
{
    aud_free(oldest->before);
    aud_free(oldest->left);
    aud_free(oldest->after);
}


static size_t
profile_components(const profile_record_t *records, size_t n,
    profile_when_t when)
{
    size_t    i, most = 0;
    uint32_t  component;

    for (i = 0; i < n; i++) {
        component = when == AFTER ? records[i].after : records[i].before;

        if (component != COMPONENT_NONE && component >= most) {
            most = (size_t) component + 1;
        }
    }

    return most;
}


/* By ref, not by id: imports may end in another order than they began. */

static uint32_t *
profile_oldest_of(const profile_record_t *records, size_t n,
    profile_when_t when, int left, size_t ncomponents)
{
    size_t     i;
    uint32_t   component, *oldest;

    oldest = aud_malloc((ncomponents + 1) * sizeof(uint32_t));
    if (oldest == NULL) {
        return NULL;
    }

    for (i = 0; i < ncomponents; i++) {
        oldest[i] = COMPONENT_NONE;
    }

    for (i = 0; i < n; i++) {
        component = when == AFTER ? records[i].after : records[i].before;

        if (component != COMPONENT_NONE
            && (!left || records[i].after != COMPONENT_NONE)
            && (oldest[component] == COMPONENT_NONE
                || records[i].ref < records[oldest[component]].ref))
        {
            oldest[component] = i;
        }
    }

    return oldest;
}


/* Whether the id of a component before is borne no more. */

static int
profile_lost(const profile_record_t *records, const profile_oldest_t *oldest,
    size_t component, profile_change_t *change)
{
    uint32_t                 first, left, now;
    const profile_record_t  *r;

    first = oldest->before[component];

    if (first == COMPONENT_NONE) {
        return 0;                           /* a number that nobody has */
    }

    r = &records[first];

    if (r->after != COMPONENT_NONE && oldest->after[r->after] == first) {
        return 0;
    }

    memset(change, 0, sizeof(*change));
    change->id = r->birth;
    left = oldest->left[component];

    if (left == COMPONENT_NONE) {
        change->fate = PROFILE_GONE;
        change->component = COMPONENT_NONE;
        return 1;
    }

    change->fate = left == first ? PROFILE_JOINED : PROFILE_MOVED;
    change->component = records[left].after;
    now = oldest->after[change->component];
    change->now = records[now].birth;

    return 1;
}


/* Whether nobody bore the id of a component after the change before it. */

static int
profile_new(const profile_record_t *records, const profile_oldest_t *oldest,
    size_t component, profile_change_t *change)
{
    uint32_t                 first;
    const profile_record_t  *r;

    first = oldest->after[component];

    if (first == COMPONENT_NONE) {
        return 0;
    }

    r = &records[first];

    if (r->before != COMPONENT_NONE && oldest->before[r->before] == first) {
        return 0;
    }

    memset(change, 0, sizeof(*change));
    change->id = r->birth;
    change->fate = PROFILE_BORN;
    change->now = r->birth;
    change->component = component;

    return 1;
}


static int
profile_change_compare(const void *a, const void *b)
{
    const profile_change_t  *x = a, *y = b;

    return aud_uuid_compare(&x->id, &y->id);
}
