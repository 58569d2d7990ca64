/*
 * Which profiles rows belong to: today one key (record_key()) is one profile,
 * and all records of a profile have one key.
 *
 * Keys are looked up in sorted batches in the identifier index of every segment
 * of a generation; a hash only proposes, the records of the row decide.  Any
 * thread.
 */

#ifndef RESOLVE_H
#define RESOLVE_H

#include "aud_generation.h"
#include "record_identity.h"

typedef struct {
    aud_identifier_kind_t  kind;    /* given */
    aud_str_t              value;   /* given */
    aud_uuid_t             profile; /* found, where slice is not RESOLVE_NEW */
    uint32_t               slice;
    uint32_t               row;
} resolve_key_t;

#define RESOLVE_NEW  UINT32_MAX

/* Fills in what is known of n keys, in any order.  -1: no memory. */
int resolve_keys(const aud_generation_t *g, resolve_key_t *keys, size_t n);

/* The first place of the identifier index, from `from` on, whose hash is not
 * less. */
size_t resolve_seek(const aud_segment_t *segment, size_t from, uint64_t hash);

#endif
