/*
 * What a change of source records does to profiles.
 *
 *   records come (an import), go (its undoing, an erasure), are spoken of by a
 *   rule that comes or goes, or say other things than they did (labels of
 *   conversations)
 *        |
 *        v  closure.h            the profiles that it can reach
 *        v  components.h         who is one person now
 *        v  profile_ids.h        which profile bears which id
 *   profiles to be written, rows to be struck out, keys of the store
 *
 * Nothing is written here: the caller folds and commits.  Texts are borrowed
 * from the generation and from the added records until resolution_free().  One
 * thread.
 */

#ifndef RESOLUTION_H
#define RESOLUTION_H

#include "aud_generation.h"
#include "blocked.h"
#include "closure.h"
#include "listed.h"
#include "profile_ids.h"
#include "rules.h"
#include "sequences.h"

/* What the tenant's base is resolved by. */
typedef struct {
    const component_policy_t  *policy;
    const listed_t            *listed;
    sequences_t                sequences;
    rules_t                    rules;
    blocked_t                  blocked;
} resolution_base_t;

/* policy and listed are borrowed.  -1 with err; free it in any case. */
int  resolution_base_load(resolution_base_t *base, store_t *store,
    const char *tenant, const component_policy_t *policy,
    const listed_t *listed, aud_error_t *err);
void resolution_base_free(resolution_base_t *base);

typedef struct {
    const component_record_t  *added;       /* of imports in base->sequences */
    size_t                     nadded;
    const uint64_t            *removed;     /* refs, ascending */
    size_t                     nremoved;
    const uint64_t            *spoken_of;   /* refs, by rules that came or went */
    size_t                     nspoken_of;
    const component_value_t   *values;      /* blocked by such rules */
    size_t                     nvalues;
    const uint64_t            *retold;      /* refs, ascending, that say other
                                               things: who they are stays */
    size_t                     nretold;
} resolution_change_t;

typedef struct {
    const component_record_t  *record;
    uint32_t                   added;       /* which one, or RESOLUTION_OLD */
} resolution_member_t;

#define RESOLUTION_OLD  UINT32_MAX

typedef struct {
    uint32_t  slice;
    uint32_t  row;
} resolution_row_t;

/*
 * A profile as it is after the change.  Its fold is that of `nrows` rows of
 * segments, each the fold of records that are older than the next one's, and
 * then of its members from `after_rows` on, one by one.
 */
typedef struct {
    aud_uuid_t  id;
    uint32_t    members;                    /* where they begin, */
    uint32_t    nmembers;                   /* ascending by ref */
    uint32_t    rows;
    uint32_t    nrows;
    uint32_t    after_rows;
    unsigned    retold:1;                   /* a member is */
} resolution_profile_t;

typedef struct {
    resolution_profile_t  *profiles;        /* those that changed, by id */
    size_t                 nprofiles;
    resolution_member_t   *members;
    resolution_row_t      *rows;
    size_t                 nrows;

    aud_uuid_t            *struck;          /* ids of rows that are not true any
                                               more, ascending */
    size_t                 nstruck;
    profile_change_t      *changes;         /* of ids */
    size_t                 nchanges;

    size_t                 created;         /* profiles of added records alone */
    size_t                 largest;         /* most records of one profile */
    closure_t             *closure;
    components_t          *components;      /* of all members of the closure */
    component_record_t    *records;         /* [components], ascending by ref */
    uint32_t              *before;          /* of records: place in the closure's
                                               profiles, or COMPONENT_NONE */
    size_t                 nrecords;
} resolution_t;

/* NULL with err. */
resolution_t *resolution_run(const resolution_base_t *base,
    const aud_generation_t *g, const resolution_change_t *change,
    aud_error_t *err);
void          resolution_free(resolution_t *r);

/* Values that do not link now, or do again, and ids that moved.  -1: no
 * memory. */
int  resolution_put(const resolution_t *r, store_batch_t *batch,
    const char *tenant, int64_t now);

#endif
