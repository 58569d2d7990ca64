/*
 * Sees to it, at the start, that bases which were found unusable are rebuilt:
 * puts a job "rebuild" into the queue for each, unless one is waiting there
 * from before.  Loop thread, after queue_create().
 */

#ifndef BASE_REBUILD_H
#define BASE_REBUILD_H

#include "worker.h"

void base_rebuild_unusable(worker_t *worker);

#endif
