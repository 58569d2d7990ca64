/*
 * Job "rebuild": resolves all source records of a tenant anew, by the settings
 * of today, and folds them into one segment that replaces all others.  Run when
 * the segments are lost or damaged, and when people were found by other settings
 * (base_rebuild.h).
 *
 * A profile keeps its id wherever its oldest record does, so people who join or
 * come apart bear the ids that imports would have given them.  Until the commit
 * the base stays as it was.
 */

#ifndef REBUILD_H
#define REBUILD_H

#include "job.h"

extern const job_type_t  rebuild_job;

#endif
