/*
 * What a change of source records can reach: the profiles that are connected
 * with it by values that link or by rules that join, each whole.
 *
 *   records that are new or go, rules that change
 *        |
 *        v  their values, their refs                     <----------+
 *   identifier index of every segment, in sorted batches            |
 *        |                                                          |
 *        v  profiles that were not met yet                          |
 *   their records (section `records`)  -----------------------------+
 *
 * until nothing is new.  Records outside the closure share nothing with those
 * inside that links, so components_resolve() of its records says what it would
 * say of the whole base (components.h, "local").  A hash of the index that means
 * another value leads to a profile too many, which changes nothing either.
 *
 * Values that do not link are not followed: those of the policy's list, and
 * those known to have too many people behind them, but for a value of a record
 * that goes, which may link from now on.
 *
 * Texts are borrowed from the segments of the generation and from who added
 * them.  One thread.
 */

#ifndef CLOSURE_H
#define CLOSURE_H

#include "aud_generation.h"
#include "blocked.h"
#include "components.h"

typedef struct closure_s  closure_t;

typedef struct {                        /* a profile that was met */
    aud_uuid_t  id;
    uint32_t    slice;
    uint32_t    row;
    uint32_t    first;                  /* of its records, in the order found */
    uint32_t    count;
} closure_profile_t;

/* All are borrowed.  NULL when memory is out. */
closure_t *closure_create(const aud_generation_t *g, const blocked_t *blocked,
    const component_value_t *listed, size_t nlisted,
    const component_mention_t *mentions, size_t nmentions);
void       closure_free(closure_t *c);

/* A record that is new: its values, and the rules that mention it, lead on. */
int  closure_add(closure_t *c, const component_record_t *record);

/* The profile that holds the record of this ref leads on; where it goes, its
 * blocked values do too. */
int  closure_touch(closure_t *c, uint64_t ref, int goes);

/* All who hold the value lead on, whether it links or not; where too many
 * people stood behind it they are counted anew. */
int  closure_touch_value(closure_t *c, component_kind_t kind,
    aud_str_t value);

/* Follows all that was added.  -1 when memory is out. */
int  closure_follow(closure_t *c);

/* The profiles met, and the records of all of them one after another. */
const closure_profile_t  *closure_profiles(const closure_t *c, size_t *n);
const component_record_t *closure_records(const closure_t *c, size_t *n);

/* Values that may link again, to be taken from what is remembered unless they
 * are found blocked anew. */
const component_value_t  *closure_reopened(const closure_t *c, size_t *n);

#endif
