/*
 * Group commit: one thread, the only writer of the store, joins all batches
 * that wait into one synced write, so that many small changes cost one sync.
 *
 * After STORE_FAILED the worker ends at once (its supervisor restarts it):
 * nobody is told that anything was kept.
 */

#ifndef COMMIT_H
#define COMMIT_H

#include <uv.h>

#include "store.h"

typedef struct commit_s  commit_t;

typedef void (*commit_fn)(void *arg, store_status_t status);

/* Its handle does not keep the loop running. */
commit_t *commit_create(uv_loop_t *loop, store_t *store, aud_error_t *err);

/* Waits for everything submitted, then ends the thread.  Loop thread. */
void commit_close(commit_t *c);

/* Takes the batch.  fn runs in the loop thread once it is durable or refused
 * (STORE_OK, STORE_FULL).  Loop thread. */
void commit_submit(commit_t *c, store_batch_t *batch, commit_fn fn, void *arg);

/* The same, blocking.  Any thread but the loop's. */
store_status_t commit_wait(commit_t *c, store_batch_t *batch);

/* Between the two nothing is applied: what is submitted waits.  Any thread but
 * the loop's, which must not submit and wait meanwhile. */
void           commit_pause(commit_t *c);
void           commit_resume(commit_t *c);

#endif
