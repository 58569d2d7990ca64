/*
 * Liveness, readiness, metrics.
 */

#include <inttypes.h>

#include "aud_alloc.h"
#include "api_private.h"
#include "base.h"
#include "llm.h"
#include "metrics.h"
#include "queue.h"
#include "server.h"


static void status_health(api_call_t *call);
static void status_ready(api_call_t *call);
static void status_metrics(api_call_t *call);
static void status_gather(api_call_t *call);
static void status_gather_bases(worker_t *worker, aud_buffer_t *profiles,
    aud_buffer_t *segments);
static void status_render(api_call_t *call);


const api_route_t  status_routes[] = {
    { AUD_METHOD_GET, "/healthz", status_health },
    { AUD_METHOD_GET, "/readyz", status_ready },
    { AUD_METHOD_GET, "/metrics", status_metrics },
    { 0, NULL, NULL }
};


static void
status_health(api_call_t *call)
{
    api_json(call, 200, json_pack("{s:s}", "status", "ok"));
}


static void
status_ready(api_call_t *call)
{
    aud_problem_t  problem = { 0 };

    aud_problem_set(&problem, 503, "not-ready", "The worker is not ready",
                    "The worker does not take work at the moment.");

    if (!store_writable(call->worker->store)) {
        aud_problem_add(&problem, "disk-full", "The disk is full.");
    }

    if (queue_draining(call->worker->queue)) {
        aud_problem_add(&problem, "stopping", "The worker is stopping.");
    }

    if (problem.nerrors == 0) {
        api_json(call, 200, json_pack("{s:s}", "status", "ready"));
        return;
    }

    api_header(call, "Retry-After", "5");
    api_problem(call, &problem);
}


static void
status_metrics(api_call_t *call)
{
    call->data = aud_calloc(1, sizeof(aud_buffer_t));

    if (call->data == NULL) {
        api_no_memory(call);
        return;
    }

    api_work(call, status_gather, status_render);
}


/* In libuv's pool: what has to be read. */

static void
status_gather(api_call_t *call)
{
    worker_t      *worker = call->worker;
    aud_buffer_t  *out = call->data, profiles = { 0 }, segments = { 0 };

    metrics_head(out, "audience_store_bytes", "gauge",
                 "Bytes of the store, on disk and in memory.");
    aud_buffer_printf(out, "audience_store_bytes %llu\n",
                      store_bytes(worker->store));
    metrics_head(out, "audience_store_writable", "gauge",
                 "1 when the disk has space for a commit.");
    aud_buffer_printf(out, "audience_store_writable %d\n",
                      store_writable(worker->store));

    metrics_head(&profiles, "audience_profiles", "gauge",
                 "Profiles that queries see.");
    metrics_head(&segments, "audience_segments", "gauge",
                 "Segment files that queries read.");
    status_gather_bases(worker, &profiles, &segments);

    aud_buffer_add(out, profiles.data, profiles.len);
    aud_buffer_add(out, segments.data, segments.len);
    out->failed |= profiles.failed | segments.failed;
    aud_buffer_free(&profiles);
    aud_buffer_free(&segments);
}


static void
status_gather_bases(worker_t *worker, aud_buffer_t *profiles,
    aud_buffer_t *segments)
{
    char               tenant[65] = "";
    aud_error_t        err;
    aud_generation_t  *g;

    while (store_next_tenant(worker->store, tenant, &err) == 1) {
        g = base_generation(bases_get(worker->bases, tenant));

        aud_buffer_printf(profiles, "audience_profiles{tenant=\"%s\"} %" PRIu64
                          "\n", tenant, g->profiles);
        aud_buffer_printf(segments, "audience_segments{tenant=\"%s\"} %zu\n",
                          tenant, g->nslices);
        aud_generation_release(g);
    }
}


/* In the loop thread: what is counted there. */

static void
status_render(api_call_t *call)
{
    aud_buffer_t  body = *(aud_buffer_t *) call->data;

    aud_free(call->data);
    call->data = NULL;

    metrics_render(&body);
    queue_metrics(call->worker->queue, &body);
    server_metrics(call->worker->server, &body);
    llm_metrics(call->worker->llm, &body);

    api_text(call, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}
