/*
 * Sees to it, at the start, that bases are rebuilt which were found unusable, or
 * whose people were found by other settings than those of today: puts a job
 * "rebuild" into the queue for each, unless one is waiting there from before.
 *
 * Other settings take the same job because what they change has no bounds: one
 * limit may join or part anybody, and another country reads all phones anew,
 * for which all source records have to be read in any case.
 *
 * Loop thread, after queue_create().
 */

#ifndef BASE_REBUILD_H
#define BASE_REBUILD_H

#include "worker.h"

void base_rebuild_where_needed(worker_t *worker);

#endif
