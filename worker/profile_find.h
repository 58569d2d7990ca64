/*
 * Where a profile stands that somebody names: by its id, by an id that it had
 * before it joined with an older one, by a source record, or by a value that
 * one of its records holds.  Any thread.
 */

#ifndef PROFILE_FIND_H
#define PROFILE_FIND_H

#include "aud_generation.h"
#include "sequences.h"
#include "store.h"

/* The profile that holds a record: 1, or 0. */
int profile_of_record(const aud_generation_t *g, uint64_t ref, size_t *slice,
    uint32_t *row);

/*
 * The profile that answers for an id: itself; else the one that holds the record
 * that the id was made of (profile_ids.h); else the one that took the place
 * of that record.  1, 0 where nobody answers, -1 on a read error.
 */
int profile_find(const aud_generation_t *g, const sequences_t *sequences,
    store_t *store, const char *tenant, const aud_uuid_t *id, size_t *slice,
    uint32_t *row, aud_error_t *err);

typedef struct {
    aud_uuid_t  id;
    uint32_t    slice;
    uint32_t    row;
} profile_place_t;

/* The profiles that hold a normalised value in any of their records, ascending
 * by id; freed by aud_free().  -1: no memory. */
int profiles_of_value(const aud_generation_t *g, aud_identifier_kind_t kind,
    aud_str_t value, profile_place_t **places, size_t *n);

/* Whether a segment holds a record in any row, struck out or not. */
int segment_holds_record(const aud_segment_t *segment, uint64_t ref);

/* Whether it may hold a value in a row that is struck out. */
int slice_struck_value(const aud_slice_t *s, aud_identifier_kind_t kind,
    aud_str_t value);

#endif
