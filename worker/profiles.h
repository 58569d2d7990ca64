/*
 * The second half of an import: which profiles its rows make or change
 * (profiles.c), and the segment that holds them folded (profiles_write.c).
 */

#ifndef PROFILES_H
#define PROFILES_H

#include "import_read.h"
#include "resolve.h"
#include "segment_column.h"

typedef struct {
    aud_uuid_t  id;
    uint32_t    slice;              /* where it stands; RESOLVE_NEW: nowhere */
    uint32_t    row;
    uint32_t    first;              /* its rows: order[first .. + count] */
    uint32_t    count;              /* 0: not touched by the import */
} profile_t;

typedef struct {
    profile_t   *items;             /* ascending by id */
    size_t       n;
    size_t       created;
    aud_uuid_t  *struck;            /* those that stood somewhere, ascending */
    size_t       nstruck;
    uint32_t    *order;             /* rows by key, then as in the file */
} profiles_t;

/* Groups the rows by key (record_key()), finds their profiles in g and gives ids to new ones
 * (profile_ids.h).  -1: no memory. */
int  profiles_find(profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in);

/* Adds all other live profiles of g, for a segment that replaces all. */
int  profiles_add_all(profiles_t *profiles, const aud_generation_t *g);

/* Writes all of profiles as segment `number` in dir, with the help of another
 * thread.  Dictionaries of in->said grow.  -1 with err. */
int  profiles_write(const profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in, const char *dir, uint64_t number,
    segment_summary_t *summary, aud_error_t *err);

void profiles_free(profiles_t *profiles);

#endif
