/*
 * The conversations of a tenant in the store, and what an import does to them.
 *
 *   'C' SHA-256 of the id, its first 16 bytes       conversation, JSON
 *                                                   (conversation.h)
 *   'W' import id (16), line u32                    those 16 bytes: of what
 *                                                   conversation a source record
 *                                                   speaks
 *
 * So the conversations of a profile are those of its records, whoever it joins
 * and whatever comes apart: an undone import takes its own away, and an erased
 * person's go with the records.
 *
 * Import: each accepted line is taken, which sets the cells of its labels, and is
 * then kept where it became a row, or else dropped; what was kept becomes true
 * with the import, in its batch.  Imports, undoing and erasing run one after the
 * other for a tenant, so nobody else changes what is read here meanwhile.
 *
 * A conversations_t belongs to one thread at a time.
 */

#ifndef CONVERSATIONS_H
#define CONVERSATIONS_H

#include "conversation.h"
#include "store.h"
#include "worker.h"

#define CONVERSATION_KEY  16

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
    const char *import, intake_kind_t kind, const char *user, int64_t at,
    labeller_t *labeller);
void             conversations_free(conversations_t *c);

/* Takes a line, of an intake of conversations or labels, and sets the cells of
 * its labels; they live until the next one is taken. */
conversation_taken_t conversations_take(conversations_t *c,
    const intake_line_t *line, aud_str_t labels[CLASSIFIER_LABELS],
    const char **reason, const char **pointer, aud_error_t *err);

/* What was taken last became a row.  -1: no memory. */
int  conversations_keep(conversations_t *c, uint32_t line);

/* Puts all that was kept.  -1: no memory. */
int  conversations_put(const conversations_t *c, store_batch_t *batch);

/* The key of an id in 'C', and the document there: *found as of document_get(). */
void    conversations_key(const char *id, uint8_t key[CONVERSATION_KEY]);
json_t *conversations_get(store_t *store, const char *tenant,
    const uint8_t key[CONVERSATION_KEY], int *found);

/* Of what conversation a source record speaks: 1, 0 of none, -1 with err. */
int  conversations_of(store_t *store, const char *tenant,
    const aud_uuid_t *import, uint32_t line, uint8_t key[CONVERSATION_KEY],
    aud_error_t *err);

/* Whether another conversation of the profile, as it is published, spoke later
 * than this one: 1, 0, -1 with err.  conversations_last.c */
int  conversations_overtaken(worker_t *worker, const char *tenant,
    const json_t *document, aud_error_t *err);

/* What an import has brought goes, in batch.  -1 with err. */
int  conversations_undo(store_t *store, const char *tenant,
    const aud_uuid_t *import, store_batch_t *batch, aud_error_t *err);

/* The conversation of an erased record goes whole, in batch.  -1 with err. */
int  conversations_erase(store_t *store, const char *tenant,
    const aud_uuid_t *import, uint32_t line, store_batch_t *batch,
    aud_error_t *err);

#endif
