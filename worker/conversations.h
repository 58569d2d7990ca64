/*
 * The conversations of a tenant in the store, and what jobs do to them.
 *
 *   'C' SHA-256 of the id, its first 16 bytes       conversation, JSON
 *                                                   (conversation.h)
 *   'W' import id (16), line u32                    of what conversation a source
 *                                                   record speaks
 *                                                   (conversation_index.h)
 *
 * So the conversations of a profile are those of its records, whoever it joins
 * and whatever comes apart: an undone import takes its own away, and an erased
 * person's go with the records.
 *
 * Import: each accepted line is taken, and is then kept where it became a row, or
 * else dropped.  Of what is kept there is no more in memory than its bytes, and
 * of a conversation what is needed to tell what a further line brings: a line
 * costs what is in it, however long its conversation is.  Once all lines are
 * read, conversations are settled, one after the other: put together, labelled,
 * set in the index.  What was kept becomes true with the import, in its batch.
 *
 * Imports, undoing and erasing run one after the other for a tenant, so nobody
 * else changes what is read here meanwhile.  A conversations_t belongs to one
 * thread at a time.
 */

#ifndef CONVERSATIONS_H
#define CONVERSATIONS_H

#include "aud_generation.h"
#include "conversation_index.h"
#include "learning_change.h"
#include "worker.h"

typedef struct conversations_s  conversations_t;

typedef enum {
    CONVERSATION_TAKEN = 0,
    CONVERSATION_DUPLICATE,         /* it says nothing new */
    CONVERSATION_REFUSED,           /* *reason and *pointer say why */
    CONVERSATION_FAILED             /* memory, or the store: err */
} conversation_taken_t;

/* import: "imp_…", of user, called at `at`, microseconds.  labeller finds labels.
 * All borrowed.  NULL: no memory. */
conversations_t *conversations_create(worker_t *worker, const char *tenant,
    conversation_index_t *index, const char *import, intake_kind_t kind,
    const char *user, int64_t at, labeller_t *labeller);
void             conversations_free(conversations_t *c);

/* Takes a line, of an intake of conversations or labels. */
conversation_taken_t conversations_take(conversations_t *c,
    const intake_line_t *line, const char **reason, const char **pointer,
    aud_error_t *err);

/* What was taken last became a row.  -1: no memory. */
int  conversations_keep(conversations_t *c);

/*
 * After the last line, where the labeller asks a model: lets it be asked about
 * what was kept; g tells what is known of the people.  tick is called for each
 * conversation, with the part of all that are behind it.  -1 with err.
 */
int  conversations_ask(conversations_t *c, const aud_generation_t *g,
    void (*tick)(void *arg, double fraction), void *arg, aud_error_t *err);

/* After the last line, and that: all that was kept is in the index.  -1 with err. */
int  conversations_settle(conversations_t *c, aud_error_t *err);

/* Puts all that was settled, and lets go of it; the index is the caller's. */
void conversations_put(conversations_t *c, store_batch_t *batch);

/* What it gives to learn from, once it is settled. */
const learning_change_t *conversations_learning(const conversations_t *c);

/* The key of an id in 'C', and the document there: *found as of document_get(),
 * with err where it is -1. */
void    conversations_key(const char *id, uint8_t key[CONVERSATION_KEY]);
json_t *conversations_get(store_t *store, const char *tenant,
    const uint8_t key[CONVERSATION_KEY], int *found, aud_error_t *err);

/* Puts a document in the batch, and in the index.  -1: no memory. */
int  conversations_change(const char *tenant, json_t *document,
    conversation_index_t *index, store_batch_t *batch);

/* What an import has brought goes, in batch and index, and from what can be
 * learned; what is left is labelled.  -1 with err. */
int  conversations_undo(worker_t *worker, const char *tenant,
    const aud_uuid_t *import, conversation_index_t *index,
    learning_change_t *learning, store_batch_t *batch, aud_error_t *err);

/* The conversation of an erased record goes whole, in the same places.  -1 with
 * err. */
int  conversations_erase(store_t *store, const char *tenant,
    const aud_uuid_t *import, uint32_t line, conversation_index_t *index,
    learning_change_t *learning, store_batch_t *batch, aud_error_t *err);

#endif
