/*
 * Calls about automatic segmentation.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "aud_filter_read.h"
#include "api_private.h"
#include "base.h"
#include "commit.h"
#include "document.h"
#include "fields.h"
#include "queue.h"
#include "segmentation.h"
#include "settings.h"

#define SEGMENTATIONS_BODY_MAX  1024


typedef struct {
    int             suggest_copies;
    aud_uuid_t      job;
    aud_problem_t   problem;
} segmentations_call_t;


static void segmentations_create(api_call_t *call);
static int segmentations_body(api_call_t *call, int *suggest_copies);
static int segmentations_running(api_call_t *call);
static void segmentations_again(void *arg, store_status_t status);
static void segmentations_look(api_call_t *call);
static void segmentations_fresh(api_call_t *call, aud_generation_t *g);
static void segmentations_looked(api_call_t *call);
static void segmentations_start(api_call_t *call);
static void segmentations_started(api_call_t *call, store_status_t status);
static void segmentations_free(api_call_t *call);
static void segmentations_list(api_call_t *call);
static json_t *segmentations_keep(api_call_t *call, const aud_uuid_t *id,
    json_t *record);
static void segmentations_get(api_call_t *call);


const api_route_t  segmentation_routes[] = {
    { AUD_METHOD_POST, "/v1/segmentations", segmentations_create },
    { AUD_METHOD_GET, "/v1/segmentations", segmentations_list },
    { AUD_METHOD_GET, "/v1/segmentations/{id}", segmentations_get },
    { 0, NULL, NULL }
};


static void
segmentations_create(api_call_t *call)
{
    int                    suggest_copies = 0;
    segmentations_call_t  *c;

    if (segmentations_body(call, &suggest_copies) != 0
        || api_replayed(call))
    {
        return;
    }

    c = aud_calloc(1, sizeof(segmentations_call_t));

    if (c == NULL) {
        api_no_memory(call);
        return;
    }

    c->suggest_copies = suggest_copies;
    call->data = c;

    if (!segmentations_running(call)) {
        api_work_long(call, segmentations_look, segmentations_looked);
    }
}


/* -1 after an answer.  No body is an empty one. */

static int
segmentations_body(api_call_t *call, int *suggest_copies)
{
    char                  pointer[256];
    json_t               *body, *value;
    const char           *name;
    aud_problem_t         problem = { 0 };
    aud_problem_error_t  *error;

    if (call->request.body.len == 0) {
        return 0;
    }

    body = api_body(call, SEGMENTATIONS_BODY_MAX);
    if (body == NULL) {
        return -1;
    }

    json_object_foreach(body, name, value) {
        if (strcmp(name, "suggest_copies") == 0 && json_is_boolean(value)) {
            *suggest_copies = json_is_true(value);
            continue;
        }

        if (problem.status == 0) {
            aud_problem_set(&problem, 422, "invalid-segmentation",
                            "The segmentation cannot be started",
                            "The segmentation cannot be started as it is "
                            "asked for; see errors.");
        }

        pointer[0] = '\0';
        aud_pointer_add(pointer, sizeof(pointer), name);

        error = strcmp(name, "suggest_copies") == 0
                ? aud_problem_add(&problem, "bad-value",
                                  "\"suggest_copies\" is true or false.")
                : aud_problem_add(&problem, "unknown-member",
                                  "A segmentation takes \"suggest_copies\" "
                                  "and nothing else.");
        error->has_pointer = 1;
        snprintf(error->pointer, sizeof(error->pointer), "%s", pointer);
    }

    json_decref(body);

    if (problem.status) {
        api_problem(call, &problem);
        return -1;
    }

    return 0;
}


/* 1 where one runs, which is the answer: now, or, where it is just being
 * accepted, as soon as that is durable. */

static int
segmentations_running(api_call_t *call)
{
    char         location[64];
    json_t      *args, *record = NULL;
    aud_uuid_t   id;

    args = queue_unended(call->worker->queue, call->request.tenant.data,
                         segment_job.name);
    if (args == NULL) {
        return 0;
    }

    if (segmentation_id(args, &id) == 0) {
        record = document_get(call->worker->store, call->request.tenant.data,
                              KEY_SEGMENTATION, &id, NULL);
    }

    json_decref(args);

    if (record == NULL) {
        commit_submit(call->worker->commit, store_batch_create(),
                      segmentations_again, call);
        return 1;
    }

    segmentations_free(call);
    snprintf(location, sizeof(location), "/v1/segmentations/%s",
             document_text(record, "id"));
    api_commit(call, store_batch_create(), 200, location,
               segmentation_show(call->worker, call->request.tenant.data,
                                 record),
               NULL);
    json_decref(record);

    return 1;
}


static void
segmentations_again(void *arg, store_status_t status)
{
    api_call_t  *call = arg;

    if (!segmentations_running(call)) {
        api_work_long(call, segmentations_look, segmentations_looked);
    }
}


static void
segmentations_look(api_call_t *call)
{
    base_t                *base;
    aud_generation_t      *g;
    segmentations_call_t  *c = call->data;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    g = base && !base_needs_rebuild(base) ? base_generation(base) : NULL;

    if (g == NULL) {
        aud_problem_set(&c->problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");
        return;
    }

    segmentations_fresh(call, g);
    aud_generation_release(g);
}


/* Whether the data of enough people changed lately. */

static void
segmentations_fresh(api_call_t *call, aud_generation_t *g)
{
    json_t                *json;
    uint64_t               fresh = 0;
    aud_plan_t            *plan = NULL;
    aud_filter_t          *filter;
    const settings_t      *settings = call->worker->settings;
    segmentations_call_t  *c = call->data;

    json = json_pack("{s:s, s:s, s:i}", "field", FIELD_UPDATED_AT,
                     "op", "within_last", "value", (int) settings->fresh_days);
    filter = aud_filter_parse(json, "", &c->problem);
    json_decref(json);

    if (filter) {
        plan = aud_plan_create(g, filter, aud_now(), 0, &c->problem);
    }

    if (plan && aud_plan_run_count(plan) == 0) {
        fresh = aud_plan_count(plan);

    } else if (c->problem.status == 0) {
        aud_problem_set(&c->problem, 500, "internal-error",
                        "Something went wrong", "The server is out of memory.");
    }

    if (plan) {
        aud_plan_free(plan);
    }

    if (filter) {
        aud_filter_free(filter);
    }

    if (c->problem.status == 0 && fresh < settings->fresh_people) {
        aud_problem_set(&c->problem, 409, "too-little-fresh-data",
                        "Too few people's data changed lately",
                        "Groups are looked for in data that people renew: in "
                        "the last %u days the data of %llu people changed, "
                        "and %u are needed. Import a file of contacts, or "
                        "send conversations or events, and ask again.",
                        settings->fresh_days, (unsigned long long) fresh,
                        settings->fresh_people);
        c->problem.count = fresh;
        c->problem.counted = 1;
        c->problem.limit = settings->fresh_people;
    }
}


/* Somebody else may have been quicker. */

static void
segmentations_looked(api_call_t *call)
{
    aud_problem_t          problem;
    segmentations_call_t  *c = call->data;

    if (c->problem.status) {
        problem = c->problem;
        segmentations_free(call);
        api_problem(call, &problem);

    } else if (!segmentations_running(call)) {
        segmentations_start(call);
    }
}


static void
segmentations_start(api_call_t *call)
{
    char                   location[64], text[AUD_ID_LEN + 1];
    json_t                *record;
    aud_uuid_t             id;
    store_batch_t         *batch;
    segmentations_call_t  *c = call->data;

    aud_uuid_make(&id);
    aud_id_format(text, "sgm", &id);
    snprintf(location, sizeof(location), "/v1/segmentations/%s", text);

    batch = store_batch_create();
    queue_add(call->worker->queue, batch, call->request.tenant.data,
              segment_job.name, segmentation_args(&id), 0, &c->job);
    record = segmentation_new(&id, &c->job, call->request.user.data,
                              c->suggest_copies);

    if (record == NULL
        || document_put(batch, call->request.tenant.data, KEY_SEGMENTATION,
                        &id, record)
           != 0)
    {
        queue_dropped(call->worker->queue, &c->job);
        store_batch_free(batch);
        json_decref(record);
        segmentations_free(call);
        api_no_memory(call);
        return;
    }

    api_commit(call, batch, 202, location, record, segmentations_started);
}


static void
segmentations_started(api_call_t *call, store_status_t status)
{
    segmentations_call_t  *c = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &c->job);

    } else {
        queue_dropped(call->worker->queue, &c->job);
    }

    segmentations_free(call);
}


static void
segmentations_free(api_call_t *call)
{
    aud_free(call->data);
    call->data = NULL;
}


static void
segmentations_list(api_call_t *call)
{
    api_list(call, KEY_SEGMENTATION, "sgm", segmentations_keep, NULL);
}


static json_t *
segmentations_keep(api_call_t *call, const aud_uuid_t *id, json_t *record)
{
    json_t  *shown;

    if (!api_list_match(call, document_text(record, "created_by"),
                        document_text(record, "created_at")))
    {
        return NULL;
    }

    shown = segmentation_show(call->worker, call->request.tenant.data, record);
    json_object_del(shown, "fields");
    json_object_del(shown, "left_out");
    json_object_del(shown, "choice");

    return shown;
}


static void
segmentations_get(api_call_t *call)
{
    json_t      *record;
    aud_uuid_t   id;

    record = api_named(call, KEY_SEGMENTATION, "sgm", &id);
    if (record == NULL) {
        return;
    }

    api_json(call, 200, segmentation_show(call->worker,
                                          call->request.tenant.data, record));
    json_decref(record);
}
