/*
 * Calls that erase people, and the audit trail of them.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "api_private.h"
#include "audit.h"
#include "base.h"
#include "document.h"
#include "erased_person.h"
#include "log.h"
#include "profile_find.h"
#include "queue.h"
#include "settings.h"


typedef struct {
    aud_uuid_t      asked;
    aud_uuid_t      profile;            /* that answers for it */
    json_t         *hashes;             /* NULL: nobody is found */
    json_t         *under_way;          /* an erasure that has begun */
    aud_uuid_t      job;
    aud_problem_t   problem;
} erase_call_t;


static void erase_delete(api_call_t *call);
static void erase_look(api_call_t *call);
static int erase_look_in(api_call_t *call, const aud_generation_t *g,
    const resolution_base_t *resolving, aud_error_t *err);
static void erase_looked(api_call_t *call);
static void erase_start(api_call_t *call);
static void erase_taken(api_call_t *call, store_status_t status);
static void erase_call_free(api_call_t *call);
static void audit_list(api_call_t *call);
static json_t *audit_keep(api_call_t *call, const aud_uuid_t *id,
    json_t *entry);
static void audit_get(api_call_t *call);
static json_t *audit_show(api_call_t *call, json_t *entry);


const api_route_t  erase_routes[] = {
    { AUD_METHOD_DELETE, "/v1/profiles/{id}", erase_delete },
    { AUD_METHOD_GET, "/v1/audit", audit_list },
    { AUD_METHOD_GET, "/v1/audit/{id}", audit_get },
    { 0, NULL, NULL }
};


static void
erase_delete(api_call_t *call)
{
    aud_str_t      text = call->params[0];
    erase_call_t  *c;

    if (api_replayed(call)) {
        return;
    }

    c = aud_calloc(1, sizeof(erase_call_t));

    if (c == NULL) {
        api_no_memory(call);
        return;
    }

    if (aud_id_parse(text.data, text.len, "prf", &c->asked) != 0) {
        aud_free(c);
        api_not_found(call);
        return;
    }

    call->data = c;
    api_work_long(call, erase_look, erase_looked);
}


/* Who it is, and by which hashes known again: what makes the profile may be
 * gone when the job's turn comes. */

static void
erase_look(api_call_t *call)
{
    int                 rc;
    base_t             *base;
    worker_t           *worker = call->worker;
    const char         *tenant = call->request.tenant.data;
    aud_error_t         err = { 0 };
    erase_call_t       *c = call->data;
    aud_generation_t   *g;
    resolution_base_t   resolving;

    c->under_way = audit_under_way(worker->store, tenant, &c->asked, &err);

    if (c->under_way) {
        return;
    }

    base = bases_get(worker->bases, tenant);

    if (base == NULL || base_needs_rebuild(base)) {
        aud_problem_set(&c->problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");
        return;
    }

    base_lock(base);
    g = base_generation(base);
    rc = resolution_base_load(&resolving, worker->store, tenant,
                              &worker->settings->policy, worker->listed, &err);
    base_unlock(base);

    if (err.text[0] || rc != 0 || erase_look_in(call, g, &resolving, &err) != 0)
    {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "a profile cannot be read", "s:tenant", tenant, "s:error",
                 err.text, NULL);
        aud_problem_set(&c->problem, 500, "internal-error",
                        "Something went wrong", "The profile cannot be read.");
    }

    resolution_base_free(&resolving);
    aud_generation_release(g);
}


static int
erase_look_in(api_call_t *call, const aud_generation_t *g,
    const resolution_base_t *resolving, aud_error_t *err)
{
    int            rc;
    size_t         slice;
    uint32_t       row;
    worker_t      *worker = call->worker;
    const char    *tenant = call->request.tenant.data;
    erase_call_t  *c = call->data;

    rc = profile_find(g, &resolving->sequences, worker->store, tenant,
                      &c->asked, &slice, &row, err);

    if (rc != 1) {
        return rc;
    }

    c->profile = g->slices[slice].segment->profiles[row];
    c->under_way = audit_under_way(worker->store, tenant, &c->profile, err);

    if (c->under_way) {
        return 0;
    }

    c->hashes = erased_person_hashes(worker->erased, tenant, g, resolving,
                                     slice, row, err);

    return c->hashes ? 0 : -1;
}


static void
erase_looked(api_call_t *call)
{
    char            location[64];
    json_t         *entry;
    aud_problem_t   problem;
    erase_call_t   *c = call->data;

    if (c->under_way) {
        entry = json_incref(c->under_way);
        snprintf(location, sizeof(location), "/v1/jobs/%s",
                 document_text(entry, "job"));
        erase_call_free(call);
        api_header(call, "Location", location);
        api_json(call, 202, audit_show(call, entry));

    } else if (c->hashes) {
        erase_start(call);

    } else {
        problem = c->problem;
        erase_call_free(call);

        if (problem.status) {
            api_problem(call, &problem);

        } else {
            api_not_found(call);
        }
    }
}


static void
erase_start(api_call_t *call)
{
    char            id[AUD_ID_LEN + 1], job[AUD_ID_LEN + 1];
    char            profile[AUD_ID_LEN + 1], location[64];
    json_t         *entry;
    aud_uuid_t      audit;
    const char     *tenant = call->request.tenant.data;
    erase_call_t   *c = call->data;
    store_batch_t  *batch;

    aud_uuid_make(&audit);
    aud_id_format(id, "adt", &audit);
    aud_id_format(profile, "prf", &c->profile);
    batch = store_batch_create();
    queue_add(call->worker->queue, batch, tenant, "resolve",
              json_pack("{s:{s:s, s:s, s:O}}", "erase", "id", id, "profile",
                        profile, "hashes", c->hashes), 0, &c->job);
    aud_id_format(job, "job", &c->job);
    snprintf(location, sizeof(location), "/v1/jobs/%s", job);
    entry = audit_erasure(id, &c->profile, &c->asked,
                          call->request.user.data, job, aud_now());

    if (entry == NULL
        || document_put(batch, tenant, KEY_AUDIT, &audit, entry) != 0)
    {
        queue_dropped(call->worker->queue, &c->job);
        store_batch_free(batch);
        json_decref(entry);
        erase_call_free(call);
        api_no_memory(call);
        return;
    }

    api_commit(call, batch, 202, location, entry, erase_taken);
}


static void
erase_taken(api_call_t *call, store_status_t status)
{
    erase_call_t  *c = call->data;

    if (status == STORE_OK) {
        queue_added(call->worker->queue, &c->job);

    } else {
        queue_dropped(call->worker->queue, &c->job);
    }

    erase_call_free(call);
}


static void
erase_call_free(api_call_t *call)
{
    erase_call_t  *c = call->data;

    json_decref(c->hashes);
    json_decref(c->under_way);
    aud_free(c);
    call->data = NULL;
}


static void
audit_list(api_call_t *call)
{
    api_list(call, KEY_AUDIT, "adt", audit_keep, NULL);
}


static json_t *
audit_keep(api_call_t *call, const aud_uuid_t *id, json_t *entry)
{
    char  text[2 * AUD_ID_LEN + 512];

    snprintf(text, sizeof(text), "%s %s %s", document_text(entry, "profile"),
             document_text(entry, "asked"), document_text(entry, "by"));

    return api_list_match(call, text, document_text(entry, "at"))
           ? audit_show(call, json_incref(entry)) : NULL;
}


static void
audit_get(api_call_t *call)
{
    json_t      *entry;
    aud_uuid_t   id;

    entry = api_named(call, KEY_AUDIT, "adt", &id);

    if (entry) {
        api_json(call, 200, audit_show(call, entry));
    }
}


/* Takes entry.  What has not ended is as its job is. */

static json_t *
audit_show(api_call_t *call, json_t *entry)
{
    aud_uuid_t   id;
    const char  *state, *job = document_text(entry, "job");

    if (strcmp(document_text(entry, "state"), "done") == 0
        || aud_id_parse(job, strlen(job), "job", &id) != 0)
    {
        return entry;
    }

    state = queue_state(call->worker->queue, call->request.tenant.data, &id);

    if (strcmp(state, "running") == 0) {
        json_object_set_new(entry, "state", json_string("running"));

    } else if (strcmp(state, "ready") == 0 || strcmp(state, "scheduled") == 0)
    {
        json_object_set_new(entry, "state", json_string("queued"));
    }

    return entry;
}
