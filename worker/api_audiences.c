/*
 * Calls about audiences.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_filter.h"
#include "api_audiences.h"
#include "api_private.h"
#include "audience.h"
#include "document.h"


#define AUDIENCES_BODY_MAX  (256 * 1024)


static void audiences_create(api_call_t *call);
static void audiences_edit(api_call_t *call);
static void audiences_delete(api_call_t *call);
static void audiences_start(api_call_t *call, json_t *body, int create,
    void (*done)(api_call_t *call));
static void audiences_work(api_call_t *call);
static void audiences_answer(void *arg, store_batch_t *batch, json_t *shown);
static void audiences_location(const json_t *shown, char location[64]);
static audience_change_t *audiences_take(api_call_t *call);
static void audiences_free(audience_change_t *change);
static void audiences_created(api_call_t *call);
static void audiences_edited(api_call_t *call);
static void audiences_deleted(api_call_t *call);
static void audiences_get(api_call_t *call);
static void audiences_read(api_call_t *call);
static void audiences_got(api_call_t *call);


const api_route_t  audience_routes[] = {
    { AUD_METHOD_POST, "/v1/audiences", audiences_create },
    { AUD_METHOD_GET, "/v1/audiences", api_audience_list },
    { AUD_METHOD_GET, "/v1/audiences/{id}/overlaps", api_audience_overlaps },
    { AUD_METHOD_GET, "/v1/audiences/{id}", audiences_get },
    { AUD_METHOD_PATCH, "/v1/audiences/{id}", audiences_edit },
    { AUD_METHOD_DELETE, "/v1/audiences/{id}", audiences_delete },
    { 0, NULL, NULL }
};


static void
audiences_create(api_call_t *call)
{
    json_t        *body;
    aud_problem_t  problem = { 0 };

    body = api_body(call, AUDIENCES_BODY_MAX);
    if (body == NULL) {
        return;
    }

    if (audience_check(body, 1, &problem) != 0) {
        json_decref(body);
        api_problem(call, &problem);
        return;
    }

    if (api_replayed(call)) {
        json_decref(body);
        return;
    }

    audiences_start(call, body, 1, audiences_created);
}


static void
audiences_edit(api_call_t *call)
{
    json_t        *body;
    aud_problem_t  problem = { 0 };

    body = api_body(call, AUDIENCES_BODY_MAX);
    if (body == NULL) {
        return;
    }

    if (audience_check(body, 0, &problem) != 0) {
        json_decref(body);
        api_problem(call, &problem);
        return;
    }

    audiences_start(call, body, 0, audiences_edited);
}


static void
audiences_delete(api_call_t *call)
{
    audiences_start(call, NULL, 0, audiences_deleted);
}


/* Takes body. */

static void
audiences_start(api_call_t *call, json_t *body, int create,
    void (*done)(api_call_t *call))
{
    aud_str_t           id;
    audience_change_t  *change;

    change = aud_calloc(1, sizeof(audience_change_t));

    if (change == NULL) {
        json_decref(body);
        api_no_memory(call);
        return;
    }

    change->worker = call->worker;
    change->tenant = call->request.tenant.data;
    change->user = call->request.user.data;
    change->body = body;
    change->create = create;
    change->also = create ? audiences_answer : NULL;
    change->arg = call;

    id = call->params[0];

    if (!create && aud_id_parse(id.data, id.len, "aud", &change->id) != 0) {
        audiences_free(change);
        api_not_found(call);
        return;
    }

    call->data = change;
    api_work_long(call, audiences_work, done);
}


static void
audiences_work(api_call_t *call)
{
    audience_change(call->data);
}


/* A created audience's answer is durable with it, for who asks again. */

static void
audiences_answer(void *arg, store_batch_t *batch, json_t *shown)
{
    char         location[64];
    api_call_t  *call = arg;

    audiences_location(shown, location);
    api_keep(call, batch, 201, location, shown);
}


static void
audiences_location(const json_t *shown, char location[64])
{
    snprintf(location, 64, "/v1/audiences/%s", document_text(shown, "id"));
}


/* The change that was made, or NULL after an answer. */

static audience_change_t *
audiences_take(api_call_t *call)
{
    audience_change_t  *change = call->data;

    call->data = NULL;

    if (change->problem.status == 0) {
        return change;
    }

    if (change->problem.status == 404) {
        api_not_found(call);

    } else {
        api_problem(call, &change->problem);
    }

    audiences_free(change);

    return NULL;
}


static void
audiences_free(audience_change_t *change)
{
    json_decref(change->body);
    json_decref(change->record);
    json_decref(change->shown);
    aud_free(change);
}


static void
audiences_created(api_call_t *call)
{
    char                location[64];
    audience_change_t  *change;

    change = audiences_take(call);

    if (change) {
        audiences_location(change->shown, location);
        api_header(call, "Location", location);
        api_json(call, 201, json_incref(change->shown));
        audiences_free(change);
    }
}


static void
audiences_edited(api_call_t *call)
{
    audience_change_t  *change;

    change = audiences_take(call);

    if (change) {
        api_json(call, 200, json_incref(change->shown));
        audiences_free(change);
    }
}


static void
audiences_deleted(api_call_t *call)
{
    audience_change_t  *change;

    change = audiences_take(call);

    if (change) {
        api_empty(call, 204);
        audiences_free(change);
    }
}


static void
audiences_get(api_call_t *call)
{
    api_work_long(call, audiences_read, audiences_got);
}


/* Data is the audience then; null where it cannot be read; none where there is
 * none. */

static void
audiences_read(api_call_t *call)
{
    int          found;
    json_t      *record;
    aud_str_t    text;
    aud_uuid_t   id;

    text = call->params[0];

    if (aud_id_parse(text.data, text.len, "aud", &id) != 0) {
        return;
    }

    record = document_get(call->worker->store, call->request.tenant.data,
                          KEY_AUDIENCE, &id, &found);
    if (record) {
        record = audience_show(call->worker, call->request.tenant.data,
                               record);
        call->data = audience_show_sizes(call->worker,
                                         call->request.tenant.data, record);

    } else if (found < 0) {
        call->data = json_null();
    }
}


static void
audiences_got(api_call_t *call)
{
    json_t  *shown = call->data;

    call->data = NULL;

    if (json_is_null(shown)) {
        api_unreadable(call);

    } else if (shown) {
        api_json(call, 200, shown);

    } else {
        api_not_found(call);
    }
}
