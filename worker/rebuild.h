/*
 * Job "rebuild": folds all source records of a tenant again into one segment
 * that replaces all others.  Run when the segments are lost or damaged.
 */

#ifndef REBUILD_H
#define REBUILD_H

#include "job.h"

extern const job_type_t  rebuild_job;

#endif
