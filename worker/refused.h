/*
 * Those of a tenant who have refused, at one moment, also where they have agreed
 * since, as that may be undone: keyed hashes of their phones, e-mail addresses
 * and CPFs (a CNPJ is a company's), of which nothing can be told without the key
 * (erased.h).
 *
 *   items   | hash | hash | hash | …      ascending; the last bit of each is the
 *                                         word: 1 it refuses, 0 it agrees
 *             ^             ^
 *   first     bucket 0      bucket 1 …    by the leading bits of a hash
 *
 * Never changed once made; counted, so that whoever reads it keeps it.  Any
 * thread.
 */

#ifndef REFUSED_H
#define REFUSED_H

#include <stdatomic.h>

#include "aud_source_record.h"
#include "components.h"
#include "siphash.h"

#define REFUSED_BIT  UINT64_C(1)    /* of siphash_t.low */

typedef struct {                    /* one for each kind of identifier */
    uint8_t  of[COMPONENT_KINDS][SIPHASH_KEY];
} refused_key_t;

typedef struct {
    atomic_uint   references;
    unsigned      has_key:1;        /* nobody has refused yet, where it has not */
    refused_key_t  key;
    uint64_t      order;            /* of the newest import that said a word */
    size_t        n;
    size_t        room;             /* of items */
    siphash_t    *items;
    unsigned      bits;
    uint32_t     *first;            /* [(1 << bits) + 1] */
} refused_t;

/* Room for n hashes; NULL: no memory. */
siphash_t *refused_room(size_t n);

/* Takes that room, of which n hashes ascend.  NULL: no memory, and the room is
 * given back. */
refused_t *refused_create(siphash_t *items, size_t room, size_t n);
refused_t *refused_retain(refused_t *r);
void       refused_release(refused_t *r);       /* NULL: nothing */

/* Those of r after words, which ascend and are one per hash.  NULL: no
 * memory. */
refused_t *refused_after(const refused_t *r, const siphash_t *words, size_t n);

/* The word of a hash: 1 it refuses, 0 it agrees after it did, -1 it never
 * has. */
int        refused_word(const refused_t *r, siphash_t hash);

/* The first kind of identifier, from `kind` on, by which a record is of somebody
 * in it; COMPONENT_KINDS: it is not. */
component_kind_t refused_match(const refused_t *r,
    const aud_source_record_t *record, component_kind_t kind);

/* What refuses and agrees: the value of a kind that a record has, empty where
 * there is none. */
aud_str_t  refused_value(const aud_source_record_t *record,
    component_kind_t kind);
siphash_t  refused_hash(const refused_key_t *key, component_kind_t kind,
    aud_str_t value);           /* the last bit is 0 */

/* Of hashes, whatever their words. */
int        refused_compare(siphash_t a, siphash_t b);

#endif
