/*
 * Threads for calls that may take long: counts of audiences, changes that wait
 * for a base's lock and a commit.  Each tenant has one lane, in which one such
 * work runs at a time, in the order in which they came; so nobody waits for
 * more than one work of each other tenant, and libuv's pool is left to what is
 * short.  Loop thread.
 */

#ifndef LANES_H
#define LANES_H

#include <uv.h>

#include "pool.h"

typedef struct lanes_s      lanes_t;
typedef struct lane_s       lane_t;
typedef struct lane_work_s  lane_work_t;

struct lane_work_s {            /* part of what the poster owns */
    pool_work_t   pool;
    lane_t       *lane;
    lane_work_t  *next;
    void        (*run)(lane_work_t *work);      /* in a thread of its own */
    void        (*done)(lane_work_t *work);     /* then, in the loop thread;
                                                   may free or post the work */
};

lanes_t *lanes_create(uv_loop_t *loop, unsigned threads, aud_error_t *err);

/* run and done are set.  Keeps the loop running until done. */
void lanes_post(lanes_t *lanes, const char *tenant, lane_work_t *work);

/* Nothing may be under way; memory goes when the loop has closed the handle. */
void lanes_free(lanes_t *lanes);

#endif
