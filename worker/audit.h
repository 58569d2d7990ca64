/*
 * The audit trail: who had people erased, and when it was done.  It holds no
 * values of anybody.
 *
 *   'D' | id (16)   ->
 *   {"id": "adt_…", "action": "erase"|"erase_again", "profile": "prf_…",
 *    "asked": "prf_…", "by": "ana@example.com", "at": "2026-11-22T01:00:00Z",
 *    "job": "job_…", "state": "queued"|"done"|"failed"|"cancelled",
 *    "records": 3, "done_at": "2026-11-22T01:00:02Z"}
 *
 * `asked` is the id that was asked for where `profile` answered for it.  What
 * was erased again as the store was older than the list (erased.h) names no
 * profile.  Any thread.
 */

#ifndef AUDIT_H
#define AUDIT_H

#include <jansson.h>

#include "aud_id.h"
#include "store.h"

/* NULL: no memory. */
json_t *audit_erasure(const char *id, const aud_uuid_t *profile,
    const aud_uuid_t *asked, const char *by, const char *job, int64_t at);

/* The state of an erasure that has ended. */
void    audit_end(json_t *entry, const char *state, size_t records,
    int64_t at);

/* The newest erasure of a profile that has not ended (a new reference), by
 * either id; NULL where there is none, or with err->text where it cannot be
 * read. */
json_t *audit_under_way(store_t *store, const char *tenant,
    const aud_uuid_t *profile, aud_error_t *err);

#endif
