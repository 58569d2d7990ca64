/*
 * Keys of the store.  Every key begins with its tenant:
 *
 *   <tenant> 00 <shard u16, 0 today> <kind u8> <rest>
 *
 *   kind   rest                             value
 *   'I'    import id (16)                   import, JSON
 *   'R'    import id (16), line u32         source records, a block of rows, by
 *                                           the line of its first
 *   'E'    import id (16), part no u32      errors.csv, in parts
 *   'A'    audience id (16)                 audience, JSON
 *   'X'    export id (16)                   export, JSON
 *   'J'    job id (16)                      job, JSON
 *   'U'    user id (text)                   user, JSON
 *   'B'    (nothing)                        base: number of the generation,
 *                                           what its people were found by,
 *                                           fields with their counts, JSON
 *   'K'    SHA-256 of user and key (32)     answer to an Idempotency-Key, JSON
 *   'S'    sequence u32                     import id (16), sequences.h
 *   'L'    rule id (16)                     rule of resolution, JSON, rules.h
 *   'V'    kind u8, SHA-256 of a value (32) value that does not link, JSON,
 *                                           blocked.h
 *   'M'    profile id (16)                  id of the profile that answers for
 *                                           it (16), where its first record is
 *                                           gone
 *   'P'    audience id (16), part no u32    members of a fixed sample, sample.h
 *   'G'    segmentation id (16)             segmentation, JSON
 *   'Q'    SHA-256 of a question (32)       what a language model answered, JSON,
 *                                           llm_ledger.h
 *   'T'    day ("2026-11-22")               tokens of that day, JSON,
 *                                           llm_ledger.h
 *   'H'    erasure id (16)                  keyed hashes of who was erased, JSON,
 *                                           erased.h
 *   'D'    audit id (16)                    who did what to people, JSON,
 *                                           audit.h
 *   'N'    keyed hash of an event (16)      import id (16) that counted it, of
 *                                           events that count once,
 *                                           erased_hash.h
 *   'C'    digest of a conversation's id    conversation, JSON, conversation.h
 *          (16)
 *   'W'    import id (16), line u32         of what conversation the source
 *                                           record speaks, and what that means,
 *                                           conversation_index.h
 *   'Y'    a label, or nothing              what is learned of it, learning.h
 *   'Z'    audience id (16)                 how large it was, audience_sizes.h
 *   'F'    import id (16), part no u32      words of its column Opt-in, hashed,
 *                                           refusals.h
 *   'O'    job id (16)                      what a job has done so far, JSON,
 *                                           of types that say it: job.h
 *
 * The store itself has one key without a tenant: 00 "format", the version of
 * this layout; a worker refuses a store of another one untouched.
 */

#ifndef KEYS_H
#define KEYS_H

#include <stdint.h>

#include "aud_id.h"
#include "aud_str.h"

#define KEY_MAX  (64 + 1 + 2 + 1 + 254)

typedef enum {
    KEY_IMPORT = 'I', KEY_RECORDS = 'R', KEY_ERRORS = 'E', KEY_AUDIENCE = 'A',
    KEY_EXPORT = 'X', KEY_JOB = 'J', KEY_USER = 'U', KEY_BASE = 'B',
    KEY_IDEMPOTENCY = 'K', KEY_SEQUENCE = 'S', KEY_RULE = 'L',
    KEY_BLOCKED = 'V', KEY_ALIAS = 'M', KEY_SAMPLE = 'P',
    KEY_SEGMENTATION = 'G', KEY_ANSWER = 'Q', KEY_TOKENS = 'T',
    KEY_ERASED = 'H', KEY_AUDIT = 'D', KEY_EVENT = 'N',
    KEY_CONVERSATION = 'C', KEY_SAID = 'W', KEY_LEARNING = 'Y',
    KEY_SIZES = 'Z', KEY_REFUSED = 'F', KEY_RESULT = 'O'
} key_kind_t;

typedef struct {
    char    data[KEY_MAX];
    size_t  len;
} store_key_t;

/* The prefix of all keys of one kind, and whole keys. */
store_key_t key_prefix(const char *tenant, key_kind_t kind);
store_key_t key_id(const char *tenant, key_kind_t kind, const aud_uuid_t *id);
store_key_t key_part(const char *tenant, key_kind_t kind, const aud_uuid_t *id,
    uint32_t part);
store_key_t key_text(const char *tenant, key_kind_t kind, aud_str_t rest);

static inline aud_str_t
key_str(const store_key_t *key)
{
    return aud_str(key->data, key->len);
}

/* What follows tenant, shard and kind; -1 where key has another form. */
int key_split(aud_str_t key, char tenant[65], key_kind_t *kind,
    aud_str_t *rest);

#endif
