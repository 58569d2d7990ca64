/*
 * Calls about resolution as a whole.
 */

#include "aud_alloc.h"
#include "api_private.h"
#include "base.h"
#include "log.h"
#include "resolution_report.h"
#include "settings.h"


static void resolution_get_report(api_call_t *call);
static void resolution_count(api_call_t *call);
static void resolution_answer(api_call_t *call);


const api_route_t  resolution_routes[] = {
    { AUD_METHOD_GET, "/v1/resolution/report", resolution_get_report },
    { 0, NULL, NULL }
};


static void
resolution_get_report(api_call_t *call)
{
    api_work_long(call, resolution_count, resolution_answer);
}


/* What is read of the store may be a little newer than the generation: records
 * that are not there yet, or not any more, are left out. */

static void
resolution_count(api_call_t *call)
{
    base_t             *base;
    worker_t           *worker = call->worker;
    aud_error_t         err = { 0 };
    const char         *tenant = call->request.tenant.data;
    aud_generation_t   *g;
    resolution_base_t   resolving;

    base = bases_get(worker->bases, tenant);
    g = base && !base_needs_rebuild(base) ? base_generation(base) : NULL;

    if (g == NULL) {
        return;
    }

    if (resolution_base_load(&resolving, worker->store, tenant,
                             &worker->settings->policy, worker->listed, &err)
        == 0)
    {
        call->data = resolution_report(&resolving, g, worker->store, tenant,
                                       &err);
    }

    if (call->data == NULL) {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "report cannot be made", "s:tenant", tenant,
                 "s:error", err.text, NULL);
    }

    resolution_base_free(&resolving);
    aud_generation_release(g);
}


static void
resolution_answer(api_call_t *call)
{
    json_t         *report = call->data;
    base_t         *base;
    aud_problem_t   problem = { 0 };

    call->data = NULL;

    if (report) {
        api_json(call, 200, report);
        return;
    }

    base = bases_get(call->worker->bases, call->request.tenant.data);

    if (base == NULL || base_needs_rebuild(base)) {
        aud_problem_set(&problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");

    } else {
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong",
                        "The report cannot be made.");
    }

    api_problem(call, &problem);
}
