/*
 * Lanes: a list of waiting work for each tenant that has any, before one pool.
 */

#include <pthread.h>
#include <string.h>

#include "aud_alloc.h"
#include "lanes.h"
#include "log.h"


struct lane_s {
    lane_t           *next;
    lanes_t          *lanes;
    lane_work_t      *first;            /* waits; another one runs */
    lane_work_t     **last;
    char              tenant[];
};

struct lanes_s {
    pool_t           *pool;
    uv_async_t        async;
    lane_t           *busy;             /* each with one work that runs */

    pthread_mutex_t   lock;             /* of what follows */
    lane_work_t      *ended;
    lane_work_t     **ended_last;
};


static lane_t *lanes_open(lanes_t *lanes, const char *tenant);
static void lanes_run(pool_work_t *work);
static void lanes_ended(uv_async_t *async);
static void lanes_next(lane_t *lane);
static void lanes_closed(uv_handle_t *handle);


lanes_t *
lanes_create(uv_loop_t *loop, unsigned threads, aud_error_t *err)
{
    lanes_t  *lanes;

    lanes = aud_calloc(1, sizeof(lanes_t));
    if (lanes == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    lanes->pool = pool_create(threads, 0, err);

    if (lanes->pool == NULL) {
        aud_free(lanes);
        return NULL;
    }

    lanes->async.data = lanes;
    lanes->ended_last = &lanes->ended;
    pthread_mutex_init(&lanes->lock, NULL);
    uv_async_init(loop, &lanes->async, lanes_ended);
    uv_unref((uv_handle_t *) &lanes->async);

    return lanes;
}


void
lanes_free(lanes_t *lanes)
{
    pool_close(lanes->pool);
    uv_close((uv_handle_t *) &lanes->async, lanes_closed);
}


static void
lanes_closed(uv_handle_t *handle)
{
    lanes_t  *lanes = handle->data;

    pthread_mutex_destroy(&lanes->lock);
    aud_free(lanes);
}


void
lanes_post(lanes_t *lanes, const char *tenant, lane_work_t *work)
{
    lane_t  *lane;

    for (lane = lanes->busy; lane; lane = lane->next) {
        if (strcmp(lane->tenant, tenant) == 0) {
            break;
        }
    }

    work->next = NULL;
    work->pool.run = lanes_run;

    if (lane) {
        work->lane = lane;
        *lane->last = work;
        lane->last = &work->next;

    } else {
        work->lane = lanes_open(lanes, tenant);
        pool_post(lanes->pool, &work->pool);
    }
}


static lane_t *
lanes_open(lanes_t *lanes, const char *tenant)
{
    lane_t  *lane;
    size_t   size = strlen(tenant) + 1;

    lane = aud_malloc(sizeof(lane_t) + size);
    if (lane == NULL) {
        log_no_memory("work");
    }

    memcpy(lane->tenant, tenant, size);
    lane->lanes = lanes;
    lane->first = NULL;
    lane->last = &lane->first;
    lane->next = lanes->busy;
    lanes->busy = lane;
    uv_ref((uv_handle_t *) &lanes->async);

    return lane;
}


static void
lanes_run(pool_work_t *pool_work)
{
    lane_work_t  *work = (lane_work_t *) pool_work;
    lanes_t      *lanes = work->lane->lanes;

    work->run(work);
    work->next = NULL;

    /* the signal within the lock: after it the handle may be closed */
    pthread_mutex_lock(&lanes->lock);
    *lanes->ended_last = work;
    lanes->ended_last = &work->next;
    uv_async_send(&lanes->async);
    pthread_mutex_unlock(&lanes->lock);
}


static void
lanes_ended(uv_async_t *async)
{
    lanes_t      *lanes = async->data;
    lane_work_t  *work, *next;

    pthread_mutex_lock(&lanes->lock);
    work = lanes->ended;
    lanes->ended = NULL;
    lanes->ended_last = &lanes->ended;
    pthread_mutex_unlock(&lanes->lock);

    for ( /* void */ ; work; work = next) {
        next = work->next;

        /* first: what done() posts again goes to the end of its lane */
        lanes_next(work->lane);
        work->done(work);
    }
}


/* Its work has ended. */

static void
lanes_next(lane_t *lane)
{
    lane_t       **link;
    lanes_t       *lanes = lane->lanes;
    lane_work_t   *work = lane->first;

    if (work) {
        lane->first = work->next;

        if (lane->first == NULL) {
            lane->last = &lane->first;
        }

        pool_post(lanes->pool, &work->pool);
        return;
    }

    for (link = &lanes->busy; *link != lane; link = &(*link)->next) {
        /* void */
    }

    *link = lane->next;
    aud_free(lane);

    if (lanes->busy == NULL) {
        uv_unref((uv_handle_t *) &lanes->async);
    }
}
