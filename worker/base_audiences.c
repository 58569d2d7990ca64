/*
 * The audiences of a base under a change: those that are put and dropped, and
 * fixed samples, which follow the ids of their profiles.
 */

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "base_private.h"
#include "sample.h"


typedef struct {
    aud_audience_t  *list;              /* ascending */
    aud_uuid_t     **owned;             /* [n] members that are its own */
    size_t           n;
} audiences_t;


static size_t audiences_merge(const aud_generation_t *g,
    const base_change_t *change, aud_audience_t *list);
static int audiences_follow(audiences_t *a, const base_change_t *change,
    int *followed);
static int audiences_alike(const aud_audience_t *a, const aud_audience_t *b);


int
base_audiences_write(base_t *base, const base_change_t *change, manifest_t *m,
    aud_error_t *err)
{
    int                      rc = -1, followed = 0;
    size_t                   i, n;
    uint64_t                 number;
    audiences_t              a = { 0 };
    const aud_generation_t  *g = base->current;

    n = (change->rebuilt ? change->naudiences : g->naudiences) + change->nput;
    a.list = aud_calloc(n + 1, sizeof(aud_audience_t));
    a.owned = aud_calloc(n + 1, sizeof(aud_uuid_t *));

    if (a.list == NULL || a.owned == NULL) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    a.n = audiences_merge(g, change, a.list);

    if (audiences_follow(&a, change, &followed) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    rc = 0;

    if (!change->nput && !change->dropped && !change->rebuilt && !followed) {
        m->audiences_number = g->audiences_number;
        m->audiences_checksum = g->audiences_checksum;

    } else if (a.n) {
        number = base_segment_number(base);
        base->audiences_number = number;
        m->audiences_number = number;
        rc = manifest_write_audiences(base->folder, number, a.list, a.n,
                                      &m->audiences_checksum, err);
    }

done:

    for (i = 0; a.owned && i < a.n; i++) {
        aud_free(a.owned[i]);
    }

    aud_free(a.owned);
    aud_free(a.list);

    return rc;
}


static size_t
audiences_merge(const aud_generation_t *g, const base_change_t *change,
    aud_audience_t *list)
{
    int                    order;
    size_t                 i = 0, p = 0, n = 0, count;
    const aud_audience_t  *from;

    from = change->rebuilt ? change->audiences : g->audiences;
    count = change->rebuilt ? change->naudiences : g->naudiences;

    while (i < count || p < change->nput) {
        order = i == count ? 1 : p == change->nput ? -1
                : aud_uuid_compare(&from[i].id, &change->put[p].id);

        if (order >= 0) {
            list[n++] = change->put[p++];
            i += order == 0;

        } else if (change->dropped
                   && aud_uuid_compare(&from[i].id, change->dropped) == 0)
        {
            i++;

        } else {
            list[n++] = from[i++];
        }
    }

    return n;
}


static int
audiences_follow(audiences_t *a, const base_change_t *change, int *followed)
{
    size_t           i, n;
    aud_audience_t  *audience;

    for (i = 0; change->nids && i < a->n; i++) {
        audience = &a->list[i];

        if (sample_follow(audience->members, audience->nmembers, change->ids,
                          change->nids, &a->owned[i], &n)
            != 0)
        {
            return -1;
        }

        if (a->owned[i]) {
            audience->members = a->owned[i];
            audience->nmembers = n;
            *followed = 1;
        }
    }

    return 0;
}


/* What differs between the two audiences files is what changes in the store. */
void
base_audiences_put(const base_t *base, store_batch_t *batch)
{
    int                      order;
    size_t                   i = 0, k = 0;
    const aud_audience_t    *old, *new;
    const aud_generation_t  *before = base->current, *after = base->prepared;

    if (base->prepared_rebuilt
        || before->audiences_number == after->audiences_number)
    {
        return;
    }

    while (i < before->naudiences || k < after->naudiences) {
        old = &before->audiences[i];
        new = &after->audiences[k];
        order = i == before->naudiences ? 1 : k == after->naudiences ? -1
                : aud_uuid_compare(&old->id, &new->id);

        if (order < 0) {
            sample_put(batch, base->tenant, &old->id, NULL, 0, old->nmembers);

        } else if (order > 0 || !audiences_alike(old, new)) {
            sample_put(batch, base->tenant, &new->id, new->members,
                       new->nmembers, order > 0 ? 0 : old->nmembers);
        }

        i += order <= 0;
        k += order >= 0;
    }
}


static int
audiences_alike(const aud_audience_t *a, const aud_audience_t *b)
{
    return a->nmembers == b->nmembers
           && (a->nmembers == 0
               || memcmp(a->members, b->members,
                         a->nmembers * sizeof(aud_uuid_t)) == 0);
}
