/*
 * Calls about profiles: one with its explanation, and those that hold a value.
 */

#include <stdio.h>

#include "aud_alloc.h"
#include "aud_tax_document.h"
#include "api_private.h"
#include "api_profiles.h"
#include "base.h"
#include "email.h"
#include "explain.h"
#include "log.h"
#include "phone.h"
#include "profile_find.h"
#include "refused_profile.h"
#include "settings.h"

#define PROFILES_TRIES  5       /* the base is changed meanwhile */


typedef struct {
    aud_uuid_t             id;      /* asked for; of a list: those behind it */
    unsigned               after:1;
    aud_identifier_kind_t  kind;
    char                   value[EMAIL_LEN + 1];
    size_t                 limit;
    json_t                *found;
    char                   answers[AUD_ID_LEN + 1];     /* another id */
    aud_problem_t          problem;
} profiles_call_t;


static void profiles_get(api_call_t *call);
static void profiles_explain(api_call_t *call);
static int profiles_try(api_call_t *call, const resolution_base_t *resolving,
    const aud_generation_t *g, aud_error_t *err);
static int profiles_consent(const explain_t *x, size_t slice, uint32_t row,
    json_t *profile, aud_error_t *err);
static json_t *profiles_alias(profiles_call_t *p, json_t *profile);
static void profiles_list(api_call_t *call);
static int profiles_value(api_call_t *call, profiles_call_t *p);
static const char *profiles_phone(api_call_t *call, profiles_call_t *p,
    aud_str_t value);
static const char *profiles_email(profiles_call_t *p, aud_str_t value);
static const char *profiles_tax_document(profiles_call_t *p, aud_str_t value);
static void profiles_hold(api_call_t *call);
static json_t *profiles_page(const profiles_call_t *p,
    const aud_generation_t *g, const profile_place_t *places, size_t n);
static base_t *profiles_base(api_call_t *call);
static void profiles_answer(api_call_t *call);


const api_route_t  profile_routes[] = {
    { AUD_METHOD_GET, "/v1/profiles", profiles_list },
    { AUD_METHOD_GET, "/v1/profiles/{id}", profiles_get },
    { AUD_METHOD_GET, "/v1/profiles/{id}/audiences", api_profile_audiences },
    { 0, NULL, NULL }
};


static void
profiles_get(api_call_t *call)
{
    aud_str_t         text = call->params[0];
    profiles_call_t  *p;

    p = aud_calloc(1, sizeof(profiles_call_t));

    if (p == NULL) {
        api_no_memory(call);
        return;
    }

    if (aud_id_parse(text.data, text.len, "prf", &p->id) != 0) {
        aud_free(p);
        api_not_found(call);
        return;
    }

    call->data = p;
    api_work_long(call, profiles_explain, profiles_answer);
}


/* Imports and rules are those of the generation, as a change makes both true
 * under the lock.  Source records may go while they are read: then there is a
 * newer generation to begin anew with. */

static void
profiles_explain(api_call_t *call)
{
    int                 rc, try;
    base_t             *base;
    uint64_t            number = UINT64_MAX;
    worker_t           *worker = call->worker;
    aud_error_t         err = { 0 };
    const char         *tenant = call->request.tenant.data;
    profiles_call_t    *p = call->data;
    aud_generation_t   *g;
    resolution_base_t   resolving;

    base = profiles_base(call);

    for (try = 0, rc = -1; base && rc < 0 && try < PROFILES_TRIES; try++) {
        base_lock(base);
        g = base_generation(base);
        rc = resolution_base_load(&resolving, worker->store, tenant,
                                  &worker->settings->policy, worker->listed,
                                  &err);
        base_unlock(base);

        if (g == NULL || g->number == number) {
            try = PROFILES_TRIES;               /* it is not that */
            rc = -1;
        }

        if (rc == 0) {
            number = g->number;
            rc = profiles_try(call, &resolving, g, &err);
        }

        resolution_base_free(&resolving);
        aud_generation_release(g);
    }

    if (base && rc < 0) {
        log_line(LOG_ERROR, call->request.request_id.data,
                 "profile cannot be explained",
                 "s:tenant", call->request.tenant.data, "s:error", err.text,
                 NULL);
        aud_problem_set(&p->problem, 500, "internal-error",
                        "Something went wrong",
                        "The profile cannot be read.");
    }
}


/* 1; 0 where there is no such profile; -1 with err. */

static int
profiles_try(api_call_t *call, const resolution_base_t *resolving,
    const aud_generation_t *g, aud_error_t *err)
{
    int               rc;
    size_t            slice;
    uint32_t          row;
    profiles_call_t  *p = call->data;
    explain_t         x = {
        .worker = call->worker, .tenant = call->request.tenant.data,
        .g = g, .base = resolving
    };

    rc = profile_find(g, &resolving->sequences, call->worker->store, x.tenant,
                      &p->id, &slice, &row, err);

    if (rc == 1) {
        p->found = explain_profile(&x, slice, row, err);
        rc = p->found && profiles_consent(&x, slice, row, p->found, err) == 0
             ? 1 : -1;
        p->found = profiles_alias(p, p->found);
    }

    return rc;
}


/* Whether exports leave them out for want of it. */

static int
profiles_consent(const explain_t *x, size_t slice, uint32_t row,
    json_t *profile, aud_error_t *err)
{
    int                 refused;
    refused_profiles_t  r = { .worker = x->worker, .tenant = x->tenant };

    r.refused = refusals_get(x->worker->refusals, x->tenant, err);
    if (r.refused == NULL) {
        return -1;
    }

    refused = refused_profile(&r, x->g->slices[slice].segment, row, err);
    refused_release(r.refused);

    return refused >= 0
           && json_object_set_new(profile, "refused_opt_in",
                                  json_boolean(refused)) == 0 ? 0 : -1;
}


/* Says so where another profile answers for the id. */

static json_t *
profiles_alias(profiles_call_t *p, json_t *profile)
{
    char         id[AUD_ID_LEN + 1];
    const char  *found;

    found = json_string_value(json_object_get(profile, "id"));
    aud_id_format(id, "prf", &p->id);

    if (found && strcmp(found, id) != 0) {
        memcpy(p->answers, found, sizeof(p->answers));
        json_object_set_new(profile, "alias", json_string(id));
    }

    return profile;
}


static void
profiles_list(api_call_t *call)
{
    aud_str_t         cursor;
    profiles_call_t  *p;

    p = aud_calloc(1, sizeof(profiles_call_t));

    if (p == NULL) {
        api_no_memory(call);
        return;
    }

    call->data = p;

    if (profiles_value(call, p) != 0
        || api_list_limit(call, &p->limit, &p->problem) != 0)
    {
        profiles_answer(call);
        return;
    }

    if (api_arg_present(call, "cursor")) {
        cursor = api_arg(call, "cursor");
        p->after = 1;

        if (aud_id_parse(cursor.data, cursor.len, "prf", &p->id) != 0) {
            api_list_bad(&p->problem, "cursor",
                         "the \"next\" of a former answer");
            profiles_answer(call);
            return;
        }
    }

    api_work_long(call, profiles_hold, profiles_answer);
}


/* The one value that is asked for, as an import would read it.  -1 with a
 * problem. */

static int
profiles_value(api_call_t *call, profiles_call_t *p)
{
    int          phone, email, tax_document;
    const char  *reason;

    phone = api_arg_present(call, "phone");
    email = api_arg_present(call, "email");
    tax_document = api_arg_present(call, "taxDocument");

    if (phone + email + tax_document != 1) {
        return aud_problem_set(&p->problem, 400, "invalid-argument",
                               "An argument is wrong",
                               "Profiles are asked for by one of \"phone\", "
                               "\"email\" and \"taxDocument\".");
    }

    reason = phone ? profiles_phone(call, p, api_arg(call, "phone"))
             : email ? profiles_email(p, api_arg(call, "email"))
             : profiles_tax_document(p, api_arg(call, "taxDocument"));

    return reason ? aud_problem_set(&p->problem, 422, "identifies-nobody",
                                    "The value can identify nobody", "%s",
                                    reason)
                  : 0;
}


/* Each gives NULL, or the sentence that says why nobody can have the value. */

static const char *
profiles_phone(api_call_t *call, profiles_call_t *p, aud_str_t value)
{
    aud_phone_status_t   status;
    const settings_t    *settings = call->worker->settings;

    p->kind = AUD_IDENTIFIER_PHONE;
    status = phone_normalise(value, settings->country, settings->area_code,
                             p->value);

    return status == AUD_PHONE_OK ? NULL : aud_phone_reason(status);
}


static const char *
profiles_email(profiles_call_t *p, aud_str_t value)
{
    p->kind = AUD_IDENTIFIER_EMAIL;

    switch (email_normalise(value, p->value)) {
    case EMAIL_OK:
        return NULL;
    case EMAIL_EMPTY:
        return "There is no address.";
    default:
        return "This is no e-mail address.";
    }
}


static const char *
profiles_tax_document(profiles_call_t *p, aud_str_t value)
{
    p->kind = AUD_IDENTIFIER_TAX_DOCUMENT;

    switch (aud_tax_document_normalise(value, p->value)) {
    case AUD_TAX_DOCUMENT_CPF:
    case AUD_TAX_DOCUMENT_CNPJ:
        return NULL;
    case AUD_TAX_DOCUMENT_EMPTY:
        return "There is no document.";
    case AUD_TAX_DOCUMENT_SPOILED:
        return "A spreadsheet has spoiled the number.";
    case AUD_TAX_DOCUMENT_REPEATED:
        return "One digit again and again is nobody's document.";
    default:
        return "This is no CPF and no CNPJ: look at its digits.";
    }
}


static void
profiles_hold(api_call_t *call)
{
    size_t             n;
    base_t            *base;
    profiles_call_t   *p = call->data;
    profile_place_t   *places = NULL;
    aud_generation_t  *g;

    base = profiles_base(call);
    g = base ? base_generation(base) : NULL;

    if (g && profiles_of_value(g, p->kind, aud_str(p->value, strlen(p->value)),
                               &places, &n)
             == 0)
    {
        p->found = profiles_page(p, g, places, n);
    }

    aud_free(places);
    aud_generation_release(g);

    if (base && p->found == NULL) {
        aud_problem_set(&p->problem, 500, "internal-error",
                        "Something went wrong", "The server is out of memory.");
    }
}


static json_t *
profiles_page(const profiles_call_t *p, const aud_generation_t *g,
    const profile_place_t *places, size_t n)
{
    char     next[AUD_ID_LEN + 1] = "";
    size_t   i;
    json_t  *items;

    items = json_array();

    for (i = 0; i < n; i++) {
        if (p->after && aud_uuid_compare(&places[i].id, &p->id) <= 0) {
            continue;
        }

        if (json_array_size(items) == p->limit) {
            aud_id_format(next, "prf", &places[i - 1].id);
            break;
        }

        json_array_append_new(items, explain_values(g, places[i].slice,
                                                    places[i].row));
    }

    return json_pack("{s:o, s:o}", "items", items, "next",
                     next[0] ? json_string(next) : json_null());
}


/* NULL with a problem. */

static base_t *
profiles_base(api_call_t *call)
{
    base_t           *base;
    profiles_call_t  *p = call->data;

    base = bases_get(call->worker->bases, call->request.tenant.data);

    if (base == NULL || base_needs_rebuild(base)) {
        aud_problem_set(&p->problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");
        return NULL;
    }

    return base;
}


static void
profiles_answer(api_call_t *call)
{
    char              location[64];
    json_t           *found;
    aud_problem_t     problem;
    profiles_call_t  *p = call->data;

    found = p->found;
    problem = p->problem;

    if (p->answers[0]) {
        snprintf(location, sizeof(location), "/v1/profiles/%s", p->answers);
        api_header(call, "Content-Location", location);
    }

    call->data = NULL;
    aud_free(p);

    if (found) {
        api_json(call, 200, found);

    } else if (problem.status) {
        api_problem(call, &problem);

    } else {
        api_not_found(call);
    }
}
