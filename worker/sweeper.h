/*
 * The sweeper removes what has had its day, at the start and then each minute:
 * files of expired exports, files of the spool that no import owns, superseded
 * segments, answers kept under Idempotency-Keys, temporary files.  Its work is
 * done in libuv's pool.  Loop thread.
 */

#ifndef SWEEPER_H
#define SWEEPER_H

#include "worker.h"

typedef struct sweeper_s  sweeper_t;

sweeper_t *sweeper_create(worker_t *worker, aud_error_t *err);

/* Stops the timer, waits for nothing: what runs ends by itself and frees. Run
 * the loop until it is idle after it. */
void sweeper_close(sweeper_t *sweeper);

#endif
