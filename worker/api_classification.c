/*
 * POST /v1/conversations/classify: labels of conversations that are there, found
 * anew; or what that would cost.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_filter_read.h"
#include "api_private.h"
#include "classification.h"
#include "queue.h"

#define CLASSIFY_BODY_MAX  (72 * 1024)      /* a filter of 64 KiB */


typedef struct {
    json_t         *filter;         /* NULL: all */
    int             estimate;
    json_t         *found;          /* what it would cost */
    aud_uuid_t      job;
    aud_problem_t   problem;
} classify_call_t;


static void classify(api_call_t *call);
static int classify_body(api_call_t *call, classify_call_t *c);
static void classify_member(classify_call_t *c, const char *name,
    json_t *value);
static int classify_running(api_call_t *call);
static void classify_look(api_call_t *call);
static void classify_looked(api_call_t *call);
static void classify_start(api_call_t *call, classify_call_t *c);
static void classify_started(api_call_t *call, store_status_t status);
static void classify_free(classify_call_t *c);


const api_route_t  classification_routes[] = {
    { AUD_METHOD_POST, "/v1/conversations/classify", classify },
    { 0, NULL, NULL }
};


static void
classify(api_call_t *call)
{
    classify_call_t  *c;

    if (api_replayed(call)) {
        return;
    }

    c = aud_calloc(1, sizeof(classify_call_t));

    if (c == NULL) {
        api_no_memory(call);
        return;
    }

    if (classify_body(call, c) != 0) {
        classify_free(c);
        return;
    }

    call->data = c;

    if (c->estimate || !classify_running(call)) {
        api_work_long(call, classify_look, classify_looked);
    }
}


/* -1 after an answer.  No body is an empty one. */

static int
classify_body(api_call_t *call, classify_call_t *c)
{
    json_t      *body, *value;
    const char  *name;

    if (call->request.body.len == 0) {
        return 0;
    }

    body = api_body(call, CLASSIFY_BODY_MAX);
    if (body == NULL) {
        return -1;
    }

    json_object_foreach(body, name, value) {
        classify_member(c, name, value);
    }

    json_decref(body);

    if (c->problem.status) {
        api_problem(call, &c->problem);
        return -1;
    }

    return 0;
}


static void
classify_member(classify_call_t *c, const char *name, json_t *value)
{
    aud_problem_error_t  *error;

    if (strcmp(name, "filter") == 0) {
        c->filter = json_is_null(value) ? NULL : json_incref(value);
        return;
    }

    if (strcmp(name, "estimate") == 0 && json_is_boolean(value)) {
        c->estimate = json_is_true(value);
        return;
    }

    if (c->problem.status == 0) {
        aud_problem_set(&c->problem, 422, "invalid-classification",
                        "Conversations cannot be classified",
                        "Conversations cannot be classified as it is asked "
                        "for; see errors.");
    }

    error = strcmp(name, "estimate") == 0
            ? aud_problem_add(&c->problem, "bad-value",
                              "\"estimate\" is true or false.")
            : aud_problem_add(&c->problem, "unknown-member",
                              "A classification takes \"filter\" and "
                              "\"estimate\" and nothing else.");
    error->has_pointer = 1;
    error->pointer[0] = '\0';
    aud_pointer_add(error->pointer, sizeof(error->pointer), name);
}


/* 1 where one has not ended, which the answer says. */

static int
classify_running(api_call_t *call)
{
    json_t         *args;
    aud_problem_t   problem = { 0 };

    args = queue_unended(call->worker->queue, call->request.tenant.data,
                         classify_job.name);
    if (args == NULL) {
        return 0;
    }

    json_decref(args);
    aud_problem_set(&problem, 409, "classification-running",
                    "Conversations are being classified",
                    "Conversations are being classified already: GET "
                    "/v1/jobs?type=classify says how far that has come. Wait "
                    "for it, or cancel it.");
    classify_free(call->data);
    call->data = NULL;
    api_problem(call, &problem);

    return 1;
}


/* A filter that cannot be is found before a job is. */

static void
classify_look(api_call_t *call)
{
    classify_call_t        *c = call->data;
    classification_walk_t   walk = { 0 };

    if (c->estimate) {
        c->found = classification_estimate(call->worker,
                                           call->request.tenant.data,
                                           c->filter, &c->problem);
        return;
    }

    (void) classification_begin(&walk, call->worker,
                                call->request.tenant.data, NULL, c->filter, 1,
                                NULL, &c->problem);
    classification_end(&walk);
}


/* Somebody else may have been quicker. */

static void
classify_looked(api_call_t *call)
{
    classify_call_t  *c = call->data;

    if (c->problem.status == 0 && !c->estimate) {
        if (!classify_running(call)) {
            classify_start(call, c);
        }

        return;
    }

    call->data = NULL;

    if (c->problem.status) {
        api_problem(call, &c->problem);

    } else {
        api_json(call, 200, json_incref(c->found));
    }

    classify_free(c);
}


static void
classify_start(api_call_t *call, classify_call_t *c)
{
    char            location[64], id[AUD_ID_LEN + 1];
    json_t         *args;
    store_batch_t  *batch;

    args = json_pack("{s:O*, s:s}", "filter", c->filter,
                     "user", call->request.user.data);
    batch = store_batch_create();

    if (args == NULL || batch == NULL) {
        json_decref(args);
        store_batch_free(batch);
        call->data = NULL;
        classify_free(c);
        api_no_memory(call);
        return;
    }

    queue_add(call->worker->queue, batch, call->request.tenant.data,
              classify_job.name, args, 0, &c->job);
    aud_id_format(id, "job", &c->job);
    snprintf(location, sizeof(location), "/v1/jobs/%s", id);

    api_commit(call, batch, 202, location,
               queue_show(call->worker->queue, call->request.tenant.data,
                          &c->job),
               classify_started);
}


static void
classify_started(api_call_t *call, store_status_t status)
{
    classify_call_t  *c = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &c->job);

    } else {
        queue_dropped(call->worker->queue, &c->job);
    }

    call->data = NULL;
    classify_free(c);
}


static void
classify_free(classify_call_t *c)
{
    json_decref(c->filter);
    json_decref(c->found);
    aud_free(c);
}
