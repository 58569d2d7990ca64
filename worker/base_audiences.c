/*
 * The audiences of a base under a change: those that are put and dropped, and
 * fixed samples, which follow the ids of their profiles.
 *
 * What is put and dropped is written beside what was written before
 * (aud_audiences.h), so that it costs as much among a hundred thousand as among
 * ten.  All are written anew once that has become much, and where a fixed
 * sample has other members or goes: who is not in it any more shall not stay in
 * a file below.
 */

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_manifest_format.h"
#include "base_private.h"
#include "sample.h"

/* Bytes of what is written beside a file of so many.  Every change writes them
 * all, and for so many of them the whole file is written once. */
#define CHANGES_MOST(bytes)  (16384 + (bytes) / 64)


typedef struct {
    aud_audience_t  *list;              /* ascending */
    aud_uuid_t     **owned;             /* [n] members that are its own */
    size_t           n;
} audiences_t;


static int audiences_are_changed(const base_change_t *change);
static int audiences_replace_samples(const aud_generation_t *g,
    const base_change_t *change);
static int audiences_write_changes(base_t *base, const base_change_t *change,
    manifest_t *m, aud_error_t *err);
static size_t audiences_dropped(const aud_audiences_t *file,
    const base_change_t *change, aud_uuid_t *dropped);
static size_t audiences_bytes(const aud_audience_t *list, size_t n,
    size_t ndropped);
static int audiences_write_all(base_t *base, const base_change_t *change,
    manifest_t *m, aud_error_t *err);
static uint64_t audiences_number(base_t *base, manifest_t *m);
static size_t audiences_merge(const aud_generation_t *g,
    const base_change_t *change, aud_audience_t *list);
static int audiences_follow(audiences_t *a, const base_change_t *change,
    int *followed);
static void audiences_put_one(const base_t *base, store_batch_t *batch,
    const aud_audience_t *new);
static void audiences_put_all(const base_t *base, store_batch_t *batch);
static int audiences_alike(const aud_audience_t *a, const aud_audience_t *b);


int
base_audiences_write(base_t *base, const base_change_t *change, manifest_t *m,
    aud_error_t *err)
{
    int                      rc = 0;
    const aud_generation_t  *g = base->current;

    m->audiences_number = g->audiences_number;
    m->audiences_checksum = g->audiences_checksum;

    if (!audiences_are_changed(change)) {
        return 0;
    }

    if (g->audiences_number && change->nids == 0 && !change->rebuilt
        && !audiences_replace_samples(g, change))
    {
        rc = audiences_write_changes(base, change, m, err);
    }

    return rc == 0 ? audiences_write_all(base, change, m, err)
           : rc == 1 ? 0 : -1;
}


/* Or may be, where ids are. */

static int
audiences_are_changed(const base_change_t *change)
{
    return change->nput || change->dropped || change->nids || change->rebuilt;
}


static int
audiences_replace_samples(const aud_generation_t *g,
    const base_change_t *change)
{
    size_t                 i;
    const aud_audience_t  *old;

    old = change->dropped ? aud_generation_audience(g, change->dropped) : NULL;

    for (i = 0; i < change->nput && (old == NULL || old->nmembers == 0); i++) {
        old = aud_generation_audience(g, &change->put[i].id);
    }

    return old && old->nmembers;
}


/* 1; 0 where it would be too much, or nothing is left; -1. */

static int
audiences_write_changes(base_t *base, const base_change_t *change,
    manifest_t *m, aud_error_t *err)
{
    int                     rc = -1;
    size_t                  n, nput;
    aud_uuid_t             *dropped;
    aud_audience_t         *put;
    manifest_below_t        below;
    const aud_audiences_t  *file, *whole;

    file = aud_generation_audiences_file(base->current);
    whole = file->below ? file->below : file;
    nput = file->below ? file->nput : 0;
    put = aud_malloc((nput + change->nput + 1) * sizeof(aud_audience_t));
    dropped = aud_malloc((file->ndropped + 1) * sizeof(aud_uuid_t));

    if (put == NULL || dropped == NULL) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    n = aud_audiences_merge(file->put, nput, change->put, change->nput,
                            change->dropped, change->dropped != NULL, put);
    below = (manifest_below_t) {
        whole->number, whole->checksum, dropped,
        audiences_dropped(file, change, dropped)
    };
    rc = audiences_bytes(put, n, below.ndropped) <= CHANGES_MOST(whole->bytes)
         && whole->n + n > below.ndropped;

    if (rc == 1
        && manifest_write_audiences(base->folder, audiences_number(base, m),
                                    put, n, &below, &m->audiences_checksum,
                                    err)
           != 0)
    {
        rc = -1;
    }

done:

    aud_free(put);
    aud_free(dropped);

    return rc;
}


/* Who is put again stands among them as well: what is put comes first. */

static size_t
audiences_dropped(const aud_audiences_t *file, const base_change_t *change,
    aud_uuid_t *dropped)
{
    size_t  i, n;

    for (i = 0; i < file->ndropped
                && (change->dropped == NULL
                    || aud_uuid_compare(&file->dropped[i], change->dropped)
                       < 0);
         i++)
    {
        dropped[i] = file->dropped[i];
    }

    n = i;

    if (change->dropped) {
        dropped[n++] = *change->dropped;
        i += i < file->ndropped
             && aud_uuid_compare(&file->dropped[i], change->dropped) == 0;
    }

    for ( /* void */ ; i < file->ndropped; i++) {
        dropped[n++] = file->dropped[i];
    }

    return n;
}


static size_t
audiences_bytes(const aud_audience_t *list, size_t n, size_t ndropped)
{
    size_t  i, bytes = ndropped * sizeof(aud_uuid_t);

    for (i = 0; i < n; i++) {
        bytes += sizeof(aud_audience_record_t) + list[i].filter.len
                 + list[i].nmembers * sizeof(aud_uuid_t);
    }

    return bytes;
}


static int
audiences_write_all(base_t *base, const base_change_t *change, manifest_t *m,
    aud_error_t *err)
{
    int                      rc = -1, followed = 0;
    size_t                   i, n;
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
        goto done;
    }

    m->audiences_number = 0;
    m->audiences_checksum = 0;

    if (a.n) {
        rc = manifest_write_audiences(base->folder, audiences_number(base, m),
                                      a.list, a.n, NULL,
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


/* Of a new file. */

static uint64_t
audiences_number(base_t *base, manifest_t *m)
{
    base->audiences_number = base_segment_number(base);
    m->audiences_number = base->audiences_number;

    return m->audiences_number;
}


static size_t
audiences_merge(const aud_generation_t *g, const base_change_t *change,
    aud_audience_t *list)
{
    return aud_audiences_merge(change->rebuilt ? change->audiences
                                               : g->audiences,
                               change->rebuilt ? change->naudiences
                                               : g->naudiences,
                               change->put, change->nput, change->dropped,
                               change->dropped != NULL, list);
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
    size_t                   i;
    const aud_audiences_t   *file;
    const aud_generation_t  *before = base->current, *after = base->prepared;

    if (base->prepared_rebuilt
        || before->audiences_number == after->audiences_number)
    {
        return;
    }

    file = aud_generation_audiences_file(after);

    if (file == NULL || file->below == NULL) {
        audiences_put_all(base, batch);
        return;
    }

    for (i = 0; i < file->nput; i++) {
        audiences_put_one(base, batch, &file->put[i]);
    }
}


static void
audiences_put_one(const base_t *base, store_batch_t *batch,
    const aud_audience_t *new)
{
    const aud_audience_t  *old;

    old = aud_generation_audience(base->current, &new->id);

    if (old == NULL || !audiences_alike(old, new)) {
        sample_put(batch, base->tenant, &new->id, new->members, new->nmembers,
                   old ? old->nmembers : 0);
    }
}


static void
audiences_put_all(const base_t *base, store_batch_t *batch)
{
    int                      order;
    size_t                   i = 0, k = 0;
    const aud_audience_t    *old, *new;
    const aud_generation_t  *before = base->current, *after = base->prepared;

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
