/*
 * Which conversation each source record speaks of, and what that means for the
 * labels of a profile.
 *
 *   'W' import id (16), line u32   ->
 *
 *   +-----------------+---------+---------+----------+-------------+
 *   | key of the      | spoke   | came    | line     | labels      |
 *   | conversation 16 | u64     | u64     | u32      | u8 x 3      |
 *   +-----------------+---------+---------+----------+-------------+
 *
 * The labels of a profile are those of one conversation, of all that its records
 * speak of: the one in which the customer spoke last, by the time of the message
 * and not by when it came.  Of two that are equal there it is the one whose
 * newest line came last.  A conversation in which no customer spoke is behind
 * all others.
 *
 * All records of a conversation have the same here, written anew whenever the
 * conversation changes.  So it does not matter in what order conversations come,
 * people join, or imports are undone: a profile is folded from what its records
 * have here, and neither a segment nor a source record needs to know when
 * something was said.
 *
 * An index is used by one job, in one thread: what changes is gathered in it, is
 * seen through it at once, and put in the job's batch.  It is also read by
 * calls, that change nothing.
 */

#ifndef CONVERSATION_INDEX_H
#define CONVERSATION_INDEX_H

#include "conversation.h"
#include "sequences.h"
#include "store.h"

#define CONVERSATION_KEY  16

typedef struct conversation_index_s  conversation_index_t;

typedef struct {
    uint8_t   key[CONVERSATION_KEY];
    int64_t   spoke;                /* microseconds; INT64_MIN: no customer */
    int64_t   came;                 /* upload of the newest line that said */
    uint32_t  line;                 /*   something, and its number */
    uint8_t   labels[CLASSIFIER_LABELS];    /* label_code(); all 0: nothing
                                       is left of it but corrections */
} conversation_said_t;

/* store and tenant are borrowed.  NULL: no memory. */
conversation_index_t *conversation_index_create(store_t *store,
    const char *tenant);
void  conversation_index_free(conversation_index_t *index);  /* takes NULL */

/* A conversation is so now; or, gone, it is no more, and none of its records
 * speaks.  -1: no memory. */
int   conversation_index_set(conversation_index_t *index,
    const uint8_t key[CONVERSATION_KEY], const json_t *document, int gone);

/* Whether the conversation was set. */
int   conversation_index_has(const conversation_index_t *index,
    const uint8_t key[CONVERSATION_KEY]);

/* All that was set. */
void  conversation_index_put(conversation_index_t *index,
    store_batch_t *batch);

/* The records, of imports that sequences knows, of all that was set, ascending:
 * profiles with these are to be folded anew.  The index's, until the next time.
 * -1: no memory. */
int   conversation_index_refs(conversation_index_t *index,
    const sequences_t *sequences, const uint64_t **refs, size_t *n);

/* Of what conversation a record is: 1, 0 of none, -1 with err. */
int   conversation_index_of(conversation_index_t *index,
    const aud_uuid_t *import, uint32_t line, conversation_said_t *said,
    aud_error_t *err);

/* Of the records of a profile, what counts, and the newest record that says it:
 * 1, 0 where none speaks, -1 with err. */
int   conversation_index_profile(conversation_index_t *index,
    const sequences_t *sequences, const uint64_t *refs, size_t n,
    conversation_said_t *said, uint64_t *ref, aud_error_t *err);

/* Whether anything is said in it. */
int   conversation_said_something(const conversation_said_t *said);

/* As strcmp(): which of two conversations spoke later. */
int   conversation_said_compare(const conversation_said_t *a,
    const conversation_said_t *b);

#endif
