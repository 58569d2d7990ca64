/*
 * The job threads.  Whoever posts limits how much waits; the pool only runs.
 */

#ifndef POOL_H
#define POOL_H

#include "aud_error.h"

typedef struct pool_s       pool_t;
typedef struct pool_work_s  pool_work_t;

struct pool_work_s {            /* part of what the poster owns */
    pool_work_t  *next;
    void        (*run)(pool_work_t *work);  /* may free the work */
};

/* nice: how far its threads, and those that they start, give way to others. */
pool_t *pool_create(unsigned threads, int nice, aud_error_t *err);

void pool_post(pool_t *pool, pool_work_t *work);

/* The thread that runs `work` hangs: another one takes its place, and it ends
 * when it returns.  Returns how many hang now. */
unsigned pool_give_up(pool_t *pool, const pool_work_t *work);

unsigned pool_hung(pool_t *pool);

/* Waits for the threads that do not hang.  Must not be called while any does:
 * they still use the pool. */
void pool_close(pool_t *pool);

#endif
