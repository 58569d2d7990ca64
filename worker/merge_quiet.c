#include "aud_alloc.h"
#include "aud_clock.h"
#include "base.h"
#include "commit.h"
#include "log.h"
#include "merge.h"
#include "merge_quiet.h"
#include "queue.h"
#include "settings.h"

struct merge_quiet_s {
    worker_t    *worker;
    uv_timer_t   timer;
};

typedef struct {
    worker_t    *worker;
    aud_uuid_t   job;
} asked_t;

static void  tick(uv_timer_t *timer);
static void  closed(uv_handle_t *handle);
static void  consider(void *arg, base_t *base);
static void  ask(worker_t *worker, const char *tenant);
static void  asked(void *arg, store_status_t status);


merge_quiet_t *
merge_quiet_create(worker_t *worker, aud_error_t *err)
{
    uint64_t        period;
    merge_quiet_t  *quiet;

    quiet = aud_calloc(1, sizeof(merge_quiet_t));

    if (quiet == NULL) {
        aud_error_set(err, "memory is out");
        return NULL;
    }

    quiet->worker = worker;
    quiet->timer.data = quiet;
    period = worker->settings->quiet_seconds * 1000 / 2;
    uv_timer_init(worker->loop, &quiet->timer);
    uv_timer_start(&quiet->timer, tick, period, period);

    return quiet;
}


void
merge_quiet_close(merge_quiet_t *quiet)
{
    if (quiet) {
        uv_close((uv_handle_t *) &quiet->timer, closed);
    }
}


static void
closed(uv_handle_t *handle)
{
    aud_free(handle->data);
}


static void
tick(uv_timer_t *timer)
{
    merge_quiet_t  *quiet = timer->data;

    if (!queue_draining(quiet->worker->queue)) {
        bases_each(quiet->worker->bases, consider, quiet->worker);
    }
}


static void
consider(void *arg, base_t *base)
{
    size_t            *places;
    worker_t          *worker = arg;
    aud_generation_t  *g;

    g = base_quiet(base, worker->settings->quiet_seconds * AUD_SECOND);

    if (g == NULL) {
        return;
    }

    places = aud_calloc(g->nslices + 1, sizeof(size_t));

    if (places && merge_choose_quiet(g, places)) {
        ask(worker, base_tenant(base));
    }

    aud_free(places);
    aud_generation_release(g);
}


static void
ask(worker_t *worker, const char *tenant)
{
    asked_t        *a;
    store_batch_t  *batch;

    a = aud_calloc(1, sizeof(asked_t));
    batch = store_batch_create();

    if (a == NULL || batch == NULL) {
        log_no_memory("merge");
    }

    a->worker = worker;
    queue_add(worker->queue, batch, tenant, merge_job.name,
              json_pack("{s:b}", "quiet", 1), 0, &a->job);
    commit_submit(worker->commit, batch, asked, a);
}


static void
asked(void *arg, store_status_t status)
{
    asked_t  *a = arg;

    if (status == STORE_OK) {
        queue_added(a->worker->queue, &a->job);

    } else {
        queue_dropped(a->worker->queue, &a->job);
    }

    aud_free(a);
}
