/*
 * The second half of an import: the profiles that it makes or changes.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "pair_sort.h"
#include "profiles.h"


static int profiles_old(profiles_t *profiles, const pair_t *old,
    uint32_t nrows);
static int profiles_by_id(const void *a, const void *b);
static int profiles_uuid_compare(const void *a, const void *b);


int
profiles_take(profiles_t *profiles, const resolution_t *r, uint32_t nrows)
{
    int                           rc = -1;
    size_t                        i, k;
    pair_t                       *old;
    profile_t                    *item;
    const resolution_member_t    *member;
    const resolution_profile_t   *profile;

    memset(profiles, 0, sizeof(profiles_t));

    profiles->items = aud_calloc(r->nprofiles + 1, sizeof(profile_t));
    profiles->known = aud_calloc(r->nrows + 1, sizeof(resolution_row_t));
    profiles->said = aud_calloc(r->nrecords + 1, sizeof(uint32_t));
    old = aud_calloc(r->nrecords + 1, sizeof(pair_t));

    if (profiles->items == NULL || profiles->known == NULL
        || profiles->said == NULL || old == NULL)
    {
        goto done;
    }

    profiles->n = r->nprofiles;
    profiles->nknown = r->nrows;

    if (r->nrows) {
        memcpy(profiles->known, r->rows,
               r->nrows * sizeof(resolution_row_t));
    }

    for (i = 0; i < r->nprofiles; i++) {
        item = &profiles->items[i];
        profile = &r->profiles[i];
        item->id = profile->id;
        item->retold = profile->retold;
        item->known = profile->rows;
        item->nknown = profile->nrows;
        item->first = profiles->nsaid;
        item->count = profile->nmembers - profile->after_rows;

        for (k = profile->after_rows; k < profile->nmembers; k++) {
            member = &r->members[profile->members + k];

            if (member->added == RESOLUTION_OLD) {
                old[profiles->nold].key = member->record->ref;
                old[profiles->nold++].payload = profiles->nsaid;
            }

            profiles->said[profiles->nsaid++] = member->added;
        }
    }

    rc = pair_sort(old, profiles->nold) == 0
         && profiles_old(profiles, old, nrows) == 0 ? 0 : -1;

done:

    aud_free(old);

    if (rc != 0) {
        profiles_free(profiles);
    }

    return rc;
}


/* Numbers the records of older imports. */

static int
profiles_old(profiles_t *profiles, const pair_t *old, uint32_t nrows)
{
    size_t  i;

    profiles->old = aud_calloc(profiles->nold + 1, sizeof(uint64_t));

    if (profiles->old == NULL
        || profiles->nold > (size_t) UINT32_MAX - nrows)
    {
        return -1;
    }

    for (i = 0; i < profiles->nold; i++) {
        profiles->old[i] = old[i].key;
        profiles->said[old[i].payload] = nrows + i;
    }

    return 0;
}


void
profiles_free(profiles_t *profiles)
{
    aud_free(profiles->items);
    aud_free(profiles->known);
    aud_free(profiles->said);
    aud_free(profiles->old);
    memset(profiles, 0, sizeof(profiles_t));
}


int
profiles_add_all(profiles_t *profiles, const aud_generation_t *g,
    const aud_uuid_t *struck, size_t nstruck)
{
    uint32_t             slice, row;
    profile_t           *items, *item;
    const aud_slice_t   *s;
    const aud_uuid_t    *id;
    resolution_row_t    *known;

    items = aud_realloc(profiles->items, (profiles->n + g->profiles + 1)
                                         * sizeof(profile_t));
    profiles->items = items ? items : profiles->items;
    known = aud_realloc(profiles->known, (profiles->nknown + g->profiles + 1)
                                         * sizeof(resolution_row_t));
    profiles->known = known ? known : profiles->known;

    if (items == NULL || known == NULL) {
        return -1;
    }

    for (slice = 0; slice < g->nslices; slice++) {
        s = &g->slices[slice];

        for (row = 0; row < s->segment->rows; row++) {
            id = &s->segment->profiles[row];

            if ((s->deleted && aud_bit(s->deleted, row))
                || (nstruck && bsearch(id, struck, nstruck,
                                       sizeof(aud_uuid_t),
                                       profiles_uuid_compare)))
            {
                continue;
            }

            item = &items[profiles->n++];
            memset(item, 0, sizeof(profile_t));
            item->id = *id;
            item->known = profiles->nknown;
            item->nknown = 1;
            known[profiles->nknown++] = (resolution_row_t) { slice, row };
        }
    }

    qsort(items, profiles->n, sizeof(profile_t), profiles_by_id);

    return 0;
}


static int
profiles_by_id(const void *a, const void *b)
{
    const profile_t  *x = a, *y = b;

    return aud_uuid_compare(&x->id, &y->id);
}


static int
profiles_uuid_compare(const void *a, const void *b)
{
    return aud_uuid_compare(a, b);
}
