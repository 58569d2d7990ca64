/*
 * What an import is told of consent.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "blocked.h"
#include "import_consent.h"

#define CONSENT_SLOTS  1024         /* to begin with; a power of two */
#define CONSENT_SEEN   65536        /* bits; likewise */


typedef struct {
    siphash_t  word;
    unsigned   taken:1;
} consent_slot_t;

struct import_consent_s {
    worker_t        *worker;
    const char      *tenant;
    refused_t       *before;        /* those who have refused until now */
    refused_t       *after;         /* made by import_consent_put() */
    unsigned         has_key:1;
    refused_key_t    key;
    consent_slot_t  *slots;         /* the import's own words, by hash */
    size_t           nslots;
    size_t           n;
    uint64_t         seen[CONSENT_SEEN / 64];   /* a word may be among them only
                                       where its bit is set: most rows are of
                                       nobody who has refused */
};


static consent_slot_t *consent_slot(const import_consent_t *c, siphash_t hash);
static int consent_say(import_consent_t *c, siphash_t word);
static int consent_grow(import_consent_t *c);
static int consent_word(const import_consent_t *c, siphash_t hash);
static siphash_t *consent_words(const import_consent_t *c);
static int consent_order(const void *a, const void *b);


import_consent_t *
import_consent_create(worker_t *worker, const char *tenant, aud_error_t *err)
{
    import_consent_t  *c;

    c = aud_calloc(1, sizeof(import_consent_t));

    if (c == NULL) {
        aud_error_set(err, "out of memory");
        return NULL;
    }

    c->worker = worker;
    c->tenant = tenant;
    c->before = refusals_get(worker->refusals, tenant, err);

    if (c->before == NULL) {
        import_consent_free(c);
        return NULL;
    }

    c->has_key = c->before->has_key;
    c->key = c->before->key;

    return c;
}


void
import_consent_free(import_consent_t *c)
{
    if (c) {
        refused_release(c->before);
        refused_release(c->after);
        aud_free(c->slots);
        explicit_bzero(&c->key, sizeof(c->key));
        aud_free(c);
    }
}


int
import_consent_refuse(import_consent_t *c, const aud_source_record_t *record,
    aud_error_t *err)
{
    aud_str_t         value;
    siphash_t         word;
    component_kind_t  kind;

    if (!c->has_key) {
        if (refusals_key(c->worker->refusals, c->tenant, &c->key, err) != 0) {
            return -1;
        }

        c->has_key = 1;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        value = refused_value(record, kind);

        if (value.len) {
            word = refused_hash(&c->key, kind, value);
            word.low |= REFUSED_BIT;

            if (consent_say(c, word) != 0) {
                return aud_error_set(err, "out of memory");
            }
        }
    }

    return 0;
}


int
import_consent_agree(import_consent_t *c, const aud_source_record_t *record,
    aud_error_t *err)
{
    aud_str_t         value;
    siphash_t         hash;
    component_kind_t  kind;

    if (c->before->n == 0 && c->n == 0) {
        return 0;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        value = refused_value(record, kind);

        if (value.len == 0) {
            continue;
        }

        hash = refused_hash(&c->key, kind, value);

        if (consent_word(c, hash) >= 0 && consent_say(c, hash) != 0) {
            return aud_error_set(err, "out of memory");
        }
    }

    return 0;
}


int
import_consent_stands(import_consent_t *c, const aud_source_record_t *record,
    component_kind_t *by, aud_error_t *err)
{
    int               shared;
    aud_str_t         value;
    component_kind_t  kind;

    if (c->before->n == 0 && c->n == 0) {
        return 0;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        value = refused_value(record, kind);

        if (value.len == 0
            || consent_word(c, refused_hash(&c->key, kind, value)) <= 0)
        {
            continue;
        }

        *by = kind;
        shared = blocked_shared(c->worker, c->tenant, kind, value, err);

        if (shared <= 0) {
            return shared < 0 ? -1 : 1;
        }
    }

    return 0;
}


/* As of refused_word(). */

static int
consent_word(const import_consent_t *c, siphash_t hash)
{
    size_t           bit;
    consent_slot_t  *slot;

    bit = hash.high & (CONSENT_SEEN - 1);

    if ((c->seen[bit / 64] >> bit % 64) & 1) {
        slot = consent_slot(c, hash);

        if (slot->taken) {
            return slot->word.low & REFUSED_BIT;
        }
    }

    return refused_word(c->before, hash);
}


/* Where the hash is, or would be: there is a free slot. */

static consent_slot_t *
consent_slot(const import_consent_t *c, siphash_t hash)
{
    size_t  at;

    for (at = hash.low >> 1; /* void */ ; at++) {
        at &= c->nslots - 1;

        if (!c->slots[at].taken
            || refused_compare(c->slots[at].word, hash) == 0)
        {
            return &c->slots[at];
        }
    }
}


static int
consent_say(import_consent_t *c, siphash_t word)
{
    size_t           bit;
    consent_slot_t  *slot;

    if (2 * c->n >= c->nslots && consent_grow(c) != 0) {
        return -1;
    }

    slot = consent_slot(c, word);
    c->n += !slot->taken;
    slot->taken = 1;
    slot->word = word;
    bit = word.high & (CONSENT_SEEN - 1);
    c->seen[bit / 64] |= UINT64_C(1) << bit % 64;

    return 0;
}


static int
consent_grow(import_consent_t *c)
{
    size_t           i, n = c->nslots;
    consent_slot_t  *old = c->slots;

    c->nslots = n ? 2 * n : CONSENT_SLOTS;
    c->slots = aud_calloc(c->nslots, sizeof(consent_slot_t));

    if (c->slots == NULL) {
        c->slots = old;
        c->nslots = n;
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (old[i].taken) {
            *consent_slot(c, old[i].word) = old[i];
        }
    }

    aud_free(old);

    return 0;
}


int
import_consent_put(import_consent_t *c, const aud_uuid_t *import,
    store_batch_t *batch)
{
    int         rc = -1;
    siphash_t  *words;

    if (c->n == 0) {
        return 0;
    }

    words = consent_words(c);
    if (words == NULL) {
        return -1;
    }

    refused_release(c->after);          /* of a try before */
    c->after = refused_after(c->before, words, c->n);

    if (c->after) {
        c->after->key = c->key;
        c->after->has_key = 1;
        c->after->order = c->before->order + 1;
        rc = refusals_put(c->after, c->tenant, import, words, c->n, batch);
    }

    aud_free(words);

    return rc;
}


static siphash_t *
consent_words(const import_consent_t *c)
{
    size_t      i, n = 0;
    siphash_t  *words;

    words = aud_calloc(c->n, sizeof(siphash_t));

    for (i = 0; words && i < c->nslots; i++) {
        if (c->slots[i].taken) {
            words[n++] = c->slots[i].word;
        }
    }

    if (words) {
        qsort(words, n, sizeof(siphash_t), consent_order);
    }

    return words;
}


static int
consent_order(const void *a, const void *b)
{
    return refused_compare(*(const siphash_t *) a, *(const siphash_t *) b);
}


void
import_consent_kept(import_consent_t *c)
{
    if (c->after) {
        refusals_changed(c->worker->refusals, c->tenant, c->after);
    }
}
