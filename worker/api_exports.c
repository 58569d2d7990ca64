/*
 * Calls about exports.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "api_private.h"
#include "document.h"
#include "export.h"
#include "queue.h"
#include "settings.h"


static void exports_create(api_call_t *call);
static int exports_refused(api_call_t *call);
static void exports_add(api_call_t *call, const json_t *audience);
static json_t *exports_record(api_call_t *call, const char *id,
    const char *job, const json_t *audience);
static void exports_added(api_call_t *call, store_status_t status);
static void exports_list(api_call_t *call);
static json_t *exports_keep(api_call_t *call, const aud_uuid_t *id,
    json_t *record);
static void exports_get(api_call_t *call);


const api_route_t  export_routes[] = {
    { AUD_METHOD_POST, "/v1/audiences/{id}/exports", exports_create },
    { AUD_METHOD_GET, "/v1/audiences/{id}/exports", exports_list },
    { AUD_METHOD_GET, "/v1/exports/{id}", exports_get },
    { 0, NULL, NULL }
};


static void
exports_create(api_call_t *call)
{
    json_t      *audience;
    aud_uuid_t   id;

    /* Before the audience is looked for: it may be gone since. */

    if (api_replayed(call) || exports_refused(call)) {
        return;
    }

    audience = api_named(call, KEY_AUDIENCE, "aud", &id);

    if (audience) {
        exports_add(call, audience);
        json_decref(audience);
    }
}


/* A link must say where: people follow it from an e-mail.  1 after an answer. */

static int
exports_refused(api_call_t *call)
{
    aud_problem_t  problem = { 0 };

    if (call->worker->settings->public_url[0] || call->request.base_url.len) {
        return 0;
    }

    aud_problem_set(&problem, 422, "no-public-url",
                    "The link would have no address",
                    "The request names no host that a link could begin with; "
                    "send a Host header, or set public_url in worker.conf.");
    api_problem(call, &problem);

    return 1;
}


static void
exports_add(api_call_t *call, const json_t *audience)
{
    char            id_text[AUD_ID_LEN + 1], job_text[AUD_ID_LEN + 1];
    char            location[64];
    json_t         *record;
    aud_uuid_t      id, *job;
    store_batch_t  *batch;

    job = aud_calloc(1, sizeof(aud_uuid_t));
    batch = store_batch_create();

    aud_uuid_make(&id);
    aud_id_format(id_text, "exp", &id);
    snprintf(location, sizeof(location), "/v1/exports/%s", id_text);

    if (job == NULL || batch == NULL) {
        goto failed;
    }

    queue_add(call->worker->queue, batch, call->request.tenant.data, "export",
              json_pack("{s:s, s:s}", "export", id_text, "base_url",
                        call->request.base_url.data),
              0, job);
    aud_id_format(job_text, "job", job);

    record = exports_record(call, id_text, job_text, audience);

    if (record == NULL
        || document_put(batch, call->request.tenant.data, KEY_EXPORT, &id,
                        record)
           != 0)
    {
        queue_dropped(call->worker->queue, job);
        json_decref(record);
        goto failed;
    }

    call->data = job;
    api_commit(call, batch, 202, location, record, exports_added);

    return;

failed:

    aud_free(job);
    store_batch_free(batch);
    api_no_memory(call);
}


static json_t *
exports_record(api_call_t *call, const char *id, const char *job,
    const json_t *audience)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:n, s:n, s:i, s:o,"
                     " s:s}",
                     "id", id, "job", job,
                     "audience", document_text(audience, "id"),
                     "audience_name", document_text(audience, "name"),
                     "state", "queued", "rows", 0, "bytes", 0, "url",
                     "expires_at", "downloads", 0,
                     "created_at", document_time(aud_now()),
                     "created_by", call->request.user.data);
}


static void
exports_added(api_call_t *call, store_status_t status)
{
    aud_uuid_t  *job = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, job);

    } else {
        queue_dropped(call->worker->queue, job);
    }

    call->data = NULL;
    aud_free(job);
}


static void
exports_list(api_call_t *call)
{
    json_t      *audience;
    aud_uuid_t   id;

    audience = api_named(call, KEY_AUDIENCE, "aud", &id);

    if (audience) {
        json_decref(audience);
        api_list(call, KEY_EXPORT, "exp", exports_keep, NULL);
    }
}


static json_t *
exports_keep(api_call_t *call, const aud_uuid_t *id, json_t *record)
{
    const char  *audience;

    audience = document_text(record, "audience");

    if (!aud_str_equal(call->params[0], aud_str(audience, strlen(audience)))
        || !api_list_match(call, document_text(record, "audience_name"),
                           document_text(record, "created_at")))
    {
        return NULL;
    }

    return export_show(call->worker, call->request.tenant.data, id, record);
}


static void
exports_get(api_call_t *call)
{
    json_t      *record, *shown;
    aud_uuid_t   id;

    record = api_named(call, KEY_EXPORT, "exp", &id);
    if (record == NULL) {
        return;
    }

    shown = export_show(call->worker, call->request.tenant.data, &id, record);
    json_decref(record);

    if (shown) {
        api_json(call, 200, shown);

    } else {
        api_not_found(call);
    }
}
