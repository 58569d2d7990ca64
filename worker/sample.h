/*
 * Fixed samples: the members of automatic audiences, as ids of profiles.
 *
 * What the audiences file holds (aud_generation.h) stands in the store as well,
 * where a rebuild finds it: ascending ids, SAMPLE_PART of them a value.  Both
 * are written by base_prepare(), which also lets them follow ids that join
 * others or go; nobody else writes them.
 */

#ifndef SAMPLE_H
#define SAMPLE_H

#include "aud_id.h"
#include "profile_ids.h"
#include "store.h"

#define SAMPLE_PART  65536

/* Members of an audience, which had `before` of them; n may be 0. */
void sample_put(store_batch_t *batch, const char *tenant,
    const aud_uuid_t *audience, const aud_uuid_t *members, size_t n,
    size_t before);

/* All of them, freed by aud_free(), also where there are none.  NULL with
 * err. */
aud_uuid_t *sample_read(store_t *store, const char *tenant,
    const aud_uuid_t *audience, size_t *n, aud_error_t *err);

/*
 * Members after ids changed (ascending by id): who joined or moved is who they
 * are now, who is gone is left out; nobody comes in.  *followed, ascending, is
 * freed by aud_free(), or NULL where nothing changes.  -1: no memory.
 */
int sample_follow(const aud_uuid_t *members, size_t n,
    const profile_change_t *changes, size_t nchanges, aud_uuid_t **followed,
    size_t *nfollowed);

#endif
