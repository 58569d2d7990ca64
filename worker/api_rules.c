/*
 * Calls about rules of resolution.  A rule is stored, and true, once its job is
 * done; likewise it goes.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "api_private.h"
#include "base.h"
#include "document.h"
#include "log.h"
#include "queue.h"
#include "rule_make.h"
#include "settings.h"

#define RULES_BODY_MAX  (256 * 1024)


typedef struct {
    json_t         *body;
    unsigned        split:1;
    aud_uuid_t      profile;            /* to be split */
    json_t         *rule;
    aud_uuid_t      job;
    aud_problem_t   problem;
} rules_call_t;


static void rules_post(api_call_t *call);
static void rules_split(api_call_t *call);
static void rules_begin(api_call_t *call, const aud_uuid_t *profile);
static void rules_make(api_call_t *call);
static void rules_look(api_call_t *call, const aud_generation_t *g);
static void rules_made(api_call_t *call);
static void rules_delete(api_call_t *call);
static void rules_job(api_call_t *call, json_t *args, int put);
static void rules_taken(api_call_t *call, store_status_t status);
static void rules_call_free(rules_call_t *c);
static void rules_list(api_call_t *call);
static json_t *rules_keep(api_call_t *call, const aud_uuid_t *id,
    json_t *record);
static void rules_get(api_call_t *call);


const api_route_t  rule_routes[] = {
    { AUD_METHOD_POST, "/v1/resolution/rules", rules_post },
    { AUD_METHOD_GET, "/v1/resolution/rules", rules_list },
    { AUD_METHOD_GET, "/v1/resolution/rules/{id}", rules_get },
    { AUD_METHOD_DELETE, "/v1/resolution/rules/{id}", rules_delete },
    { AUD_METHOD_POST, "/v1/profiles/{id}/split", rules_split },
    { 0, NULL, NULL }
};


static void
rules_post(api_call_t *call)
{
    rules_begin(call, NULL);
}


static void
rules_split(api_call_t *call)
{
    aud_str_t   text = call->params[0];
    aud_uuid_t  id;

    if (aud_id_parse(text.data, text.len, "prf", &id) != 0) {
        api_not_found(call);
        return;
    }

    rules_begin(call, &id);
}


static void
rules_begin(api_call_t *call, const aud_uuid_t *profile)
{
    json_t        *body;
    rules_call_t  *c;

    body = api_body(call, RULES_BODY_MAX);
    if (body == NULL) {
        return;
    }

    if (api_replayed(call)) {
        json_decref(body);
        return;
    }

    c = aud_calloc(1, sizeof(rules_call_t));

    if (c == NULL) {
        json_decref(body);
        api_no_memory(call);
        return;
    }

    c->body = body;

    if (profile) {
        c->split = 1;
        c->profile = *profile;
    }

    call->data = c;
    api_work_long(call, rules_make, rules_made);
}


static void
rules_make(api_call_t *call)
{
    base_t            *base;
    rules_call_t      *c = call->data;
    aud_generation_t  *g;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    g = base && !base_needs_rebuild(base) ? base_generation(base) : NULL;

    if (g == NULL) {
        aud_problem_set(&c->problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");
        return;
    }

    rules_look(call, g);
    aud_generation_release(g);
}


static void
rules_look(api_call_t *call, const aud_generation_t *g)
{
    worker_t           *worker = call->worker;
    rules_call_t       *c = call->data;
    aud_error_t         err = { 0 };
    resolution_base_t   base;
    rule_maker_t        m = {
        .store = worker->store, .tenant = call->request.tenant.data, .g = g,
        .base = &base, .settings = worker->settings,
        .user = call->request.user.data, .now = aud_now()
    };

    aud_uuid_make(&m.id);

    if (resolution_base_load(&base, worker->store, m.tenant,
                             &worker->settings->policy, worker->listed, &err)
        == 0)
    {
        c->rule = c->split ? rule_split(&m, &c->profile, c->body, &c->problem)
                           : rule_make(&m, c->body, &c->problem);

    } else {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "rules cannot be read", "s:tenant", m.tenant,
                 "s:error", err.text, NULL);
        aud_problem_set(&c->problem, 500, "internal-error",
                        "Something went wrong", "Rules cannot be read.");
    }

    resolution_base_free(&base);
}


static void
rules_made(api_call_t *call)
{
    rules_call_t  *c = call->data;

    if (c->rule) {
        rules_job(call, json_pack("{s:O}", "rule", c->rule), 1);
        return;
    }

    call->data = NULL;

    if (c->problem.status == 404) {
        api_not_found(call);

    } else {
        api_problem(call, &c->problem);
    }

    rules_call_free(c);
}


static void
rules_delete(api_call_t *call)
{
    json_t        *rule;
    aud_uuid_t     id;
    rules_call_t  *c;

    /* Before it is looked for: it may be gone since. */

    if (api_replayed(call)) {
        return;
    }

    rule = api_named(call, KEY_RULE, "rul", &id);

    if (rule == NULL) {
        return;
    }

    c = aud_calloc(1, sizeof(rules_call_t));

    if (c == NULL) {
        json_decref(rule);
        api_no_memory(call);
        return;
    }

    c->rule = rule;
    call->data = c;
    rules_job(call, json_pack("{s:s}", "unrule", document_text(rule, "id")),
              0);
}


/* Answers with the rule and its job.  Takes args. */

static void
rules_job(api_call_t *call, json_t *args, int put)
{
    char            job[AUD_ID_LEN + 1], location[80];
    json_t         *shown;
    rules_call_t   *c = call->data;
    store_batch_t  *batch;

    batch = store_batch_create();
    queue_add(call->worker->queue, batch, call->request.tenant.data, "resolve",
              args, 0, &c->job);
    aud_id_format(job, "job", &c->job);
    snprintf(location, sizeof(location), "/v1/resolution/rules/%s",
             document_text(c->rule, "id"));
    shown = json_copy(c->rule);

    if (json_object_set_new(shown, "job", json_string(job)) != 0) {
        call->data = NULL;
        queue_dropped(call->worker->queue, &c->job);
        store_batch_free(batch);
        json_decref(shown);
        rules_call_free(c);
        api_no_memory(call);
        return;
    }

    api_commit(call, batch, 202, put ? location : NULL, shown, rules_taken);
}


static void
rules_taken(api_call_t *call, store_status_t status)
{
    rules_call_t  *c = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &c->job);

    } else {
        queue_dropped(call->worker->queue, &c->job);
    }

    call->data = NULL;
    rules_call_free(c);
}


static void
rules_call_free(rules_call_t *c)
{
    json_decref(c->body);
    json_decref(c->rule);
    aud_free(c);
}


static void
rules_list(api_call_t *call)
{
    api_list(call, KEY_RULE, "rul", rules_keep, NULL);
}


static json_t *
rules_keep(api_call_t *call, const aud_uuid_t *id, json_t *record)
{
    return api_list_match(call, document_text(record, "type"),
                          document_text(record, "at"))
           ? json_incref(record) : NULL;
}


static void
rules_get(api_call_t *call)
{
    json_t      *rule;
    aud_uuid_t   id;

    rule = api_named(call, KEY_RULE, "rul", &id);

    if (rule) {
        api_json(call, 200, rule);
    }
}
