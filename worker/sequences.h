/*
 * Which import has which sequence.
 *
 * A source record is named by its ref, the sequence of its import and its line
 * (profile_ids.h); people and rules name the import by its id.  The store keeps
 * one small key for each import that succeeded and was not undone:
 *
 *   'S' | sequence u32   ->   import id (16)
 *
 * A table is a copy of them all, 24 bytes an import, read at the beginning of a
 * job or a call.  One thread at a time.
 */

#ifndef SEQUENCES_H
#define SEQUENCES_H

#include "aud_id.h"
#include "store.h"

typedef struct {
    uint32_t    sequence;
    aud_uuid_t  import;
} sequence_t;

typedef struct {
    sequence_t  *items;             /* ascending by sequence */
    size_t       n;
    sequence_t  *by_import;         /* the same by id */
} sequences_t;

/* -1 with err; free it in any case. */
int  sequences_load(sequences_t *s, store_t *store, const char *tenant,
    aud_error_t *err);
void sequences_free(sequences_t *s);

/* Adds an import that is about to be there, behind the others.  -1: no memory. */
int  sequences_add(sequences_t *s, uint32_t sequence,
    const aud_uuid_t *import);

/* With the import's own batch, and with that of its undoing. */
void sequences_put(store_batch_t *batch, const char *tenant, uint32_t sequence,
    const aud_uuid_t *import);
void sequences_delete(store_batch_t *batch, const char *tenant,
    uint32_t sequence);

/* NULL, or 0, where there is none: the import is not there (any more). */
const aud_uuid_t *sequences_import(const sequences_t *s, uint32_t sequence);
uint32_t          sequences_of(const sequences_t *s, const aud_uuid_t *import);

/* The imports whose ids begin with the same `len` bytes as id, one after
 * another: from *at, which is 0 at first.  NULL at the end. */
const sequence_t *sequences_alike(const sequences_t *s, const aud_uuid_t *id,
    size_t len, size_t *at);

#endif
