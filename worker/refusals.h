/*
 * Words of consent in the store, and those of each tenant who have refused, in
 * memory while they are asked for.
 *
 * An import of contacts keeps what its column Opt-in said of identifiers, the
 * last word of each:
 *
 *   'F' import id (16), part u32
 *
 *   +---------+-----------+-----------+  +------+------+
 *   | version | key check | order     |  | word | word | …
 *   | u8, 1   | (8)       | u64       |  | (16) |      |
 *   +---------+-----------+-----------+  +------+------+
 *
 * word as of refused.h.  That somebody agrees is kept only of who has refused
 * before.  Of two imports the one of the higher order spoke last, so that an import which is
 * undone takes its words with it, and older ones count again.  Integers are
 * big-endian.  The key check tells which key made the hashes: under another one
 * nothing could be known again, so that who asks gets an error.
 *
 * A refusal is 18 bytes of memory; of tenants that were not asked for lately
 * they are dropped beyond 64 MiB.  Any thread.
 */

#ifndef REFUSALS_H
#define REFUSALS_H

#include "aud_error.h"
#include "aud_id.h"
#include "refused.h"
#include "store.h"
#include "worker.h"

typedef struct refusals_s  refusals_t;

/* NULL with err. */
refusals_t *refusals_create(worker_t *worker, aud_error_t *err);
void        refusals_free(refusals_t *r);

/* Those who have refused as it is now, to be released.  NULL with err. */
refused_t  *refusals_get(refusals_t *r, const char *tenant, aud_error_t *err);

/* The key by which a tenant's are hashed, made where there is none.  -1 with
 * err. */
int         refusals_key(refusals_t *r, const char *tenant,
    refused_key_t *key, aud_error_t *err);

/* Puts the words of an import, of the order and key of `after`.  -1: no
 * memory. */
int         refusals_put(const refused_t *after, const char *tenant,
    const aud_uuid_t *import, const siphash_t *words, size_t n,
    store_batch_t *batch);

/* The words of an import go, in batch; when that is true, refusals_forget().
 * -1 with err. */
int         refusals_undo(refusals_t *r, const char *tenant,
    const aud_uuid_t *import, store_batch_t *batch, aud_error_t *err);

/* What the store says has changed: to `now`, which is retained, or NULL: to
 * be read again. */
void        refusals_changed(refusals_t *r, const char *tenant,
    refused_t *now);

#endif
