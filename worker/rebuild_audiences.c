/*
 * Saved audiences in a rebuilt base.  Members of fixed samples who are nobody's
 * id any more, as others have joined them, are who they are now.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "rebuild_private.h"
#include "sample.h"


static int rebuild_audience(rebuild_t *r, const aud_uuid_t *id,
    json_t *record);
static int rebuild_follow(rebuild_t *r, aud_audience_t *audience,
    const aud_uuid_t *ids, store_batch_t *batch);
static aud_uuid_t *rebuild_ids(const resolution_t *resolution);
static int rebuild_joined(const rebuild_t *r, const aud_uuid_t *ids,
    const aud_uuid_t *member, aud_uuid_t *now);
static int rebuild_record_of(const rebuild_t *r, const aud_uuid_t *id,
    size_t *record);


int
rebuild_audiences(rebuild_t *r, store_batch_t *batch)
{
    int          rc = 0;
    size_t       i;
    aud_uuid_t  *ids;

    if (rebuild_scan(r, KEY_AUDIENCE, rebuild_audience) != 0) {
        return -1;
    }

    if (r->resolution == NULL) {
        return 0;
    }

    ids = rebuild_ids(r->resolution);

    for (i = 0; ids && rc == 0 && i < r->naudiences; i++) {
        rc = rebuild_follow(r, &r->audiences[i], ids, batch);
    }

    aud_free(ids);

    return ids && rc == 0 ? 0 : aud_error_set(&r->err, "out of memory");
}


static int
rebuild_audience(rebuild_t *r, const aud_uuid_t *id, json_t *record)
{
    char            *filter;
    size_t           nmembers = 0;
    json_t          *json;
    aud_uuid_t      *members = NULL;
    aud_audience_t  *audience;

    json = json_object_get(record, "filter");

    if (json_is_object(json)) {
        filter = json_dumps(json, JSON_COMPACT);

    } else {
        filter = strdup("");
        members = sample_read(r->worker->store, r->tenant, id, &nmembers,
                              &r->err);
    }

    json_decref(record);

    if (filter == NULL || (filter[0] == '\0' && members == NULL)
        || aud_grow(&r->audiences, sizeof(aud_audience_t), r->naudiences,
                    &r->audiences_capacity)
           != 0)
    {
        free(filter);
        aud_free(members);
        return aud_error_set(&r->err, "an audience cannot be read");
    }

    audience = &r->audiences[r->naudiences++];
    memset(audience, 0, sizeof(aud_audience_t));
    audience->id = *id;
    audience->filter = aud_str(filter, strlen(filter));
    audience->members = members;
    audience->nmembers = nmembers;

    return 0;
}


static int
rebuild_follow(rebuild_t *r, aud_audience_t *audience, const aud_uuid_t *ids,
    store_batch_t *batch)
{
    int                rc;
    size_t             i, n = 0, nfollowed;
    aud_uuid_t        *followed = NULL;
    profile_change_t  *changes;

    changes = aud_calloc(audience->nmembers + 1, sizeof(profile_change_t));
    if (changes == NULL) {
        return -1;
    }

    for (i = 0; i < audience->nmembers; i++) {
        if (rebuild_joined(r, ids, &audience->members[i], &changes[n].now)) {
            changes[n].id = audience->members[i];
            changes[n++].fate = PROFILE_JOINED;
        }
    }

    rc = n ? sample_follow(audience->members, audience->nmembers, changes, n,
                           &followed, &nfollowed) : 0;

    if (rc == 0 && followed) {
        sample_put(batch, r->tenant, &audience->id, followed, nfollowed,
                   audience->nmembers);
        aud_free((aud_uuid_t *) audience->members);
        audience->members = followed;
        audience->nmembers = nfollowed;
    }

    aud_free(changes);

    return rc;
}


/* Of components: nobody was there before, so all ids were born. */

static aud_uuid_t *
rebuild_ids(const resolution_t *resolution)
{
    size_t       i;
    aud_uuid_t  *ids;

    ids = aud_calloc((size_t) resolution->components->ncomponents + 1,
                     sizeof(aud_uuid_t));

    for (i = 0; ids && i < resolution->nchanges; i++) {
        ids[resolution->changes[i].component] = resolution->changes[i].id;
    }

    return ids;
}


/* Whether the id is that of a record whose profile bears another: then that. */

static int
rebuild_joined(const rebuild_t *r, const aud_uuid_t *ids,
    const aud_uuid_t *member, aud_uuid_t *now)
{
    size_t  record;

    if (!rebuild_record_of(r, member, &record)) {
        return 0;
    }

    *now = ids[r->resolution->components->component[record]];

    return aud_uuid_compare(now, member) != 0;
}


/* The record that was born with the id; they ascend by ref. */

static int
rebuild_record_of(const rebuild_t *r, const aud_uuid_t *id, size_t *record)
{
    size_t             at = 0, low, high, middle;
    uint32_t           line;
    uint64_t           ref = 0;
    const sequence_t  *import;

    while (ref == 0
           && (import = sequences_alike(&r->resolving.sequences, id,
                                        PROFILE_BIRTH_PREFIX, &at))
              != NULL)
    {
        if (profile_born_of(id, &import->import, &line)) {
            ref = profile_ref(import->sequence, line);
        }
    }

    for (low = 0, high = r->nrows; low < high; ) {
        middle = low + (high - low) / 2;

        if (r->records[middle].ref < ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    *record = low;

    return low < r->nrows && r->records[low].ref == ref;
}
