/*
 * Keyed hashes by which people who were erased are known again, and nothing of
 * them is kept.
 *
 *   +----------------------+----------------------+
 *   | value (16)           | name (16)            |
 *   +----------------------+----------------------+
 *
 *   value   HMAC-SHA-256 (RFC 2104) of tenant, kind and normalised value, the
 *           first half of it
 *   name    zeros: whoever has the value; else the first half of an HMAC of
 *           `value` and the given name, which is empty for rows that have none,
 *           or of `value` and the whole canonical name
 *
 * A CPF is one person's.  A phone, an e-mail address or a CNPJ goes with the
 * given names of the person, so that a family that shares one can be imported
 * still; a value that joins nobody, such as a switchboard, with whole names.
 * Without the key, which lies outside of the store (erased.h), they tell
 * nothing.
 *
 * A hasher is for one thread.
 */

#ifndef ERASED_HASH_H
#define ERASED_HASH_H

#include "aud_buffer.h"
#include "aud_error.h"
#include "components.h"

#define ERASED_KEY   32
#define ERASED_HALF  16

typedef struct {
    uint8_t  value[ERASED_HALF];
    uint8_t  name[ERASED_HALF];
} erased_hash_t;

typedef struct erased_hasher_s  erased_hasher_t;

/* NULL: no memory. */
erased_hasher_t *erased_hasher_create(const uint8_t key[ERASED_KEY],
    const char *tenant);
void             erased_hasher_free(erased_hasher_t *h);

/* All give -1 where libcrypto fails. */
int  erased_hash_value(erased_hasher_t *h, component_kind_t kind,
    aud_str_t value, uint8_t out[ERASED_HALF]);

/* The digest of a campaign event, by which it counts once: it may be of a
 * contact's identifiers, which anybody could try. */
int  erased_hash_event(erased_hasher_t *h, aud_str_t digest,
    uint8_t out[ERASED_HALF]);

/* A key of the tenant's own for another purpose, as secret. */
int  erased_hash_key(erased_hasher_t *h, const char *purpose,
    uint8_t out[ERASED_HALF]);

typedef enum {
    ERASED_GIVEN = 'g', ERASED_WHOLE = 'w'
} erased_name_t;

int  erased_hash_name(erased_hasher_t *h, const uint8_t value[ERASED_HALF],
    erased_name_t what, aud_str_t name, uint8_t out[ERASED_HALF]);

int  erased_hash_compare(const void *a, const void *b);

/* 64 hexadecimal digits and a NUL, and back: -1 where they are none. */
#define ERASED_HASH_TEXT  (4 * ERASED_HALF)

void erased_hash_format(char out[ERASED_HASH_TEXT + 1],
    const erased_hash_t *hash);
int  erased_hash_parse(erased_hash_t *hash, const char *text);

/*
 * Whether a record is of somebody in the list, which ascends: 1, 0 or -1.  name
 * is as it was written.  spare, which may be NULL, is asked of a value of a
 * record without a name that only such records are known by, and says whether
 * it is somebody else's by now: 1, 0 or -1.
 */
typedef int (*erased_spare_fn)(void *arg, component_kind_t kind,
    aud_str_t value);

int  erased_hash_match(erased_hasher_t *h, const erased_hash_t *list,
    size_t n, const component_record_t *record, erased_spare_fn spare,
    void *arg);

/* Whether the list has a value at all, whoever goes with it. */
int  erased_hash_known(erased_hasher_t *h, const erased_hash_t *list,
    size_t n, component_kind_t kind, aud_str_t value);

#endif
