/*
 * The file of an export: a header and a row for each member who has a phone and
 * has not refused, by two threads where they can be had.  Called in one thread.
 */

#ifndef EXPORT_FILE_H
#define EXPORT_FILE_H

#include <jansson.h>

#include "aud_eval.h"
#include "refused_profile.h"

typedef struct {
    uint64_t  rows;
    uint64_t  without_phone;        /* members who are left out for that */
    uint64_t  refused;              /* those who are as they have refused */
    uint64_t  bytes;
    int       full;                 /* the disk, when it failed */
} export_summary_t;

/*
 * Writes the matches of a plan that has run to path, synced, by way of
 * path + ".tmp".  filter tells which fields come first, as does explanation
 * (export_columns.h).  refused: who is left out besides.  tick, which may be NULL, is called now and then; non-zero
 * ends the work.  -1 with err; nothing is left behind then.
 */
int export_file_write(const char *path, const aud_generation_t *g,
    const aud_plan_t *plan, const aud_filter_t *filter,
    const json_t *explanation, const refused_profiles_t *refused,
    int (*tick)(void *arg, double fraction),
    void *arg, export_summary_t *summary, aud_error_t *err);

#endif
