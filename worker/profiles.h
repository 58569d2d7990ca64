/*
 * The second half of an import: the profiles that it makes or changes, as
 * resolution.h tells (profiles.c), and the segment that holds them folded
 * (profiles_write.c).
 *
 * A profile is folded from rows of older segments, in order, and then from rows
 * of the file or records of older imports.  Both are "said": rows of the file
 * are numbered 0 .. in->nrows - 1, records of older imports from there on.
 */

#ifndef PROFILES_H
#define PROFILES_H

#include "import_read.h"
#include "old_records.h"
#include "resolution.h"
#include "segment_column.h"

typedef struct {
    aud_uuid_t  id;
    uint32_t    known;              /* its rows: known[known .. + nknown] */
    uint32_t    nknown;
    uint32_t    first;              /* then said[first .. + count] */
    uint32_t    count;
    unsigned    retold:1;           /* labels of its records have changed */
} profile_t;

typedef struct {
    profile_t         *items;       /* ascending by id */
    size_t             n;
    resolution_row_t  *known;
    size_t             nknown;
    uint32_t          *said;        /* of a profile, ascending by ref */
    size_t             nsaid;
    uint64_t          *old;         /* refs of records of older imports, ascending:
                                       said row nrows + i is old[i] */
    size_t             nold;
} profiles_t;

/* The profiles that change; nrows: of the file.  -1: no memory. */
int  profiles_take(profiles_t *profiles, const resolution_t *r,
    uint32_t nrows);

/* Adds all other live profiles of g, for a segment that replaces all; struck:
 * ascending, those that are not true any more.  -1: no memory. */
int  profiles_add_all(profiles_t *profiles, const aud_generation_t *g,
    const aud_uuid_t *struck, size_t nstruck);

/* Writes all of profiles as segment `number` in dir, with the help of another
 * thread.  old: loaded from profiles->old.  Dictionaries of in->said grow.  -1
 * with err. */
int  profiles_write(const profiles_t *profiles, const aud_generation_t *g,
    const import_read_t *in, const old_records_t *old, const char *dir,
    uint64_t number, segment_summary_t *summary, aud_error_t *err);

void profiles_free(profiles_t *profiles);

#endif
