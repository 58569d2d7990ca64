/*
 * Which profile bears which id.
 *
 * Every source record has an id of its own, its birth id, by which a profile
 * of this record alone would go.  A profile bears the birth id of its oldest
 * record.  All that ids have to do follows from that, with nothing stored:
 *
 *   join      the profile with the older record keeps its id; the younger id
 *             is still the birth id of a record, and so finds the profile that
 *             holds this record now: it is an alias
 *   split     the part with the oldest record keeps the id; every other part
 *             bears the birth id of its own oldest record, which is its former
 *             id wherever it was a profile before
 *   undoing   ids are a function of the partition, so a base without an import
 *             has the ids that it would have if the import had never been
 *   rebuild   the same ids, from source records alone
 *
 * Only where a profile's oldest record is removed (an import undone, a person
 * erased) can its id not be derived any more: profile_ids_changes() tells which
 * ids these are and who has them now, so that an alias can be written.
 *
 *   birth id, a UUIDv7 as of aud_id.h:
 *
 *   |    48 bits     | 4 |    12     | 2 |    30     |   32   |
 *   | the import's   | 7 | a hash of | 2 | the same  | line   |
 *   | milliseconds   |   | its id    |   |           |        |
 *
 * So ids of one import ascend by line, and the import of an id is one of those
 * made in its millisecond: a short scan of the imports' keys.  Any thread.
 */

#ifndef PROFILE_IDS_H
#define PROFILE_IDS_H

#include "aud_id.h"
#include "components.h"

/* Where a record came from: fold order is the order of refs. */
static inline uint64_t
profile_ref(uint32_t sequence, uint32_t line)
{
    return (uint64_t) sequence << 32 | line;
}

/* line: where the row began in the file of the import. */
void profile_birth(aud_uuid_t *out, const aud_uuid_t *import, uint32_t line);

/* Whether a record of this import bore the id; then the line too. */
int  profile_born_of(const aud_uuid_t *id, const aud_uuid_t *import,
    uint32_t *line);

/* The bytes with which ids of imports begin that may have borne the id. */
#define PROFILE_BIRTH_PREFIX  6

typedef struct {
    uint64_t    ref;
    aud_uuid_t  birth;
    uint32_t    before;         /* component, or COMPONENT_NONE: new */
    uint32_t    after;          /* component, or COMPONENT_NONE: removed */
} profile_record_t;

/* ids of the components after the change, which are numbered from 0 without
 * gaps; freed by aud_free().  NULL when memory is out. */
aud_uuid_t *profile_ids_assign(const profile_record_t *records, size_t n,
    size_t *ncomponents);

typedef enum {
    PROFILE_BORN = 1,           /* no profile bore it before: new, or a part that
                                   was never one, or one that comes back */
    PROFILE_JOINED,             /* now an alias, which derives */
    PROFILE_MOVED,              /* its oldest record is gone: write an alias */
    PROFILE_GONE                /* all its records are */
} profile_fate_t;

typedef struct {
    aud_uuid_t      id;
    profile_fate_t  fate;
    aud_uuid_t      now;        /* of JOINED and MOVED: who answers */
    uint32_t        component;  /* after: of BORN, JOINED and MOVED */
} profile_change_t;

/*
 * What became of every id that was borne before or is after, but not both;
 * ascending by id.  MOVED goes to the profile of the oldest record that is left
 * of the former profile.  *changes is freed by aud_free(); -1 when memory is
 * out.
 */
int profile_ids_changes(const profile_record_t *records, size_t n,
    profile_change_t **changes, size_t *nchanges);

#endif
