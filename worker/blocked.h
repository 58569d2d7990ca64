/*
 * Values that do not link: too many people stand behind them.
 *
 * components_resolve() finds that a value does not link from all its holders.
 * The store remembers it, so that the next change need not look at them again:
 *
 *   'V' | kind u8 | SHA-256 of the value (32)   ->
 *   {"kind": "phone", "value": "+55…", "why": "people"|"variants",
 *    "people": 9, "records": 9, "since": "2026-11-21T12:00:00Z"}
 *
 * More records never make such a value link again; a change that takes a record
 * of it away looks at all holders anew, and forgets the value where it links.
 * New limits resolve the whole base anew, and find these values anew too.  One
 * thread at a time.
 */

#ifndef BLOCKED_H
#define BLOCKED_H

#include <jansson.h>

#include "components.h"
#include "intern.h"
#include "store.h"
#include "worker.h"

typedef struct {
    intern_t   values[COMPONENT_KINDS];
    json_t    *documents;           /* an array, in the order of the keys */
} blocked_t;

/* -1 with err; free it in any case. */
int  blocked_load(blocked_t *blocked, store_t *store, const char *tenant,
    aud_error_t *err);
void blocked_free(blocked_t *blocked);

int  blocked_has(const blocked_t *blocked, component_kind_t kind,
    aud_str_t value);

/* Whether a value is nobody's own, so that what one of its people says is not
 * said for all: listed, or, of other kinds than phones, too many have it as it is
 * stored.  1, 0, or -1 with err.  Any thread. */
int  blocked_shared(worker_t *worker, const char *tenant,
    component_kind_t kind, aud_str_t value, aud_error_t *err);

/* Remembers what components_resolve() found, or forgets a value.  -1: no
 * memory. */
int  blocked_put(store_batch_t *batch, const char *tenant,
    const component_blocked_t *found, int64_t now);
void blocked_delete(store_batch_t *batch, const char *tenant,
    component_kind_t kind, aud_str_t value);

/* "tax_document", "phone", "email" */
const char *component_kind_name(component_kind_t kind);

#endif
