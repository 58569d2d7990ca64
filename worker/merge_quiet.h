/*
 * Merging where nobody has changed anything for a while: what imports leave, a
 * few segments of each size, becomes one or two, so that a query costs what it
 * would after a single import.  Loop thread.
 */

#ifndef MERGE_QUIET_H
#define MERGE_QUIET_H

#include "worker.h"

typedef struct merge_quiet_s  merge_quiet_t;

/* Begins to look.  NULL with err. */
merge_quiet_t *merge_quiet_create(worker_t *worker, aud_error_t *err);

/* Run the loop after it; merges that were asked for are the queue's. */
void merge_quiet_close(merge_quiet_t *quiet);

#endif
