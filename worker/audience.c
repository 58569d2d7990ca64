/*
 * Saved audiences.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "aud_filter_read.h"
#include "aud_text.h"
#include "audience.h"
#include "commit.h"
#include "document.h"
#include "export.h"
#include "log.h"
#include "mime.h"


#define AUDIENCE_NAME_MAX         200
#define AUDIENCE_DESCRIPTION_MAX  2000


typedef struct {                    /* exports to be revoked */
    aud_uuid_t  *ids;
    size_t       n;
    size_t       capacity;
} audience_exports_t;


static void audience_check_members(json_t *body, aud_problem_t *problem);
static int audience_check_name(json_t *body, int create,
    aud_problem_t *problem);
static size_t audience_characters(aud_str_t text);
static void audience_invalid(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *detail);
static int audience_load(audience_change_t *c);
static void audience_put(audience_change_t *c, base_t *base);
static int audience_bind(audience_change_t *c, aud_generation_t *g);
static void audience_drop(audience_change_t *c, base_t *base);
static int audience_used(audience_change_t *c, const aud_generation_t *g);
static int audience_names(const aud_node_t *node, const aud_uuid_t *id);
static int audience_revoke(audience_change_t *c, store_batch_t *batch,
    audience_exports_t *exports);
static int audience_revoke_one(audience_change_t *c, store_batch_t *batch,
    audience_exports_t *exports, const aud_uuid_t *id, json_t *record);
static void audience_commit(audience_change_t *c, base_t *base,
    const base_change_t *change, store_batch_t *batch);
static json_t *audience_count(json_t *record, const aud_generation_t *g);
static void audience_full(aud_problem_t *problem);
static void audience_failed(aud_problem_t *problem, const char *detail);


int
audience_check(json_t *body, int create, aud_problem_t *problem)
{
    char        *text;
    size_t       len;
    json_t      *value;

    problem->status = 0;
    audience_check_members(body, problem);

    if (audience_check_name(body, create, problem) != 0) {
        return -1;
    }

    value = json_object_get(body, "description");

    if (value && !json_is_null(value)
        && (!json_is_string(value)
            || audience_characters(aud_str(json_string_value(value),
                                           json_string_length(value)))
               > AUDIENCE_DESCRIPTION_MAX))
    {
        audience_invalid(problem, "invalid-description", "/description",
                         "The description is a text of at most 2,000 "
                         "characters.");
    }

    value = json_object_get(body, "filter");

    if (value == NULL) {
        if (create) {
            audience_invalid(problem, "missing-filter", "/filter",
                             "An audience needs a filter.");
        }

    } else {
        text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        len = text ? strlen(text) : 0;
        free(text);

        if (len > AUD_FILTER_MAX_BYTES) {
            audience_invalid(problem, "filter-too-large", "/filter",
                             "A filter may have 64 KiB.");
        }
    }

    return problem->status ? -1 : 0;
}


static void
audience_check_members(json_t *body, aud_problem_t *problem)
{
    char         pointer[256];
    json_t      *value;
    const char  *name;

    json_object_foreach(body, name, value) {
        if (strcmp(name, "name") != 0 && strcmp(name, "description") != 0
            && strcmp(name, "filter") != 0)
        {
            pointer[0] = '\0';
            aud_pointer_add(pointer, sizeof(pointer), name);
            audience_invalid(problem, "unknown-member", pointer,
                             "An audience has a name, a description and a "
                             "filter, nothing else.");
        }
    }
}


static int
audience_check_name(json_t *body, int create, aud_problem_t *problem)
{
    size_t      n;
    json_t     *value;
    aud_str_t   name;

    value = json_object_get(body, "name");

    if (value == NULL && !create) {
        return 0;
    }

    name = json_is_string(value) ? aud_trim(aud_str(json_string_value(value),
                                                json_string_length(value)))
                                 : aud_str("", 0);
    n = audience_characters(name);

    if (n == 0) {
        audience_invalid(problem, "missing-name", "/name",
                         "An audience needs a name.");

    } else if (n > AUDIENCE_NAME_MAX || !mime_header_valid(name)) {
        audience_invalid(problem, "invalid-name", "/name",
                         "A name is one line of at most 200 characters.");

    } else if (json_object_set_new(body, "name",
                                   json_stringn(name.data, name.len))
               != 0)
    {
        audience_failed(problem, "The server is out of memory.");
        return -1;
    }

    return 0;
}


static size_t
audience_characters(aud_str_t text)
{
    size_t  i, n;

    for (i = 0, n = 0; i < text.len; i++) {
        n += ((unsigned char) text.data[i] & 0xc0) != 0x80;
    }

    return n;
}


static void
audience_invalid(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *detail)
{
    aud_problem_error_t  *error;

    if (problem->status == 0) {
        aud_problem_set(problem, 422, "invalid-audience",
                        "The audience cannot be saved",
                        "The audience cannot be saved as it is; see errors.");
    }

    error = aud_problem_add(problem, slug, "%s", detail);
    error->has_pointer = 1;
    snprintf(error->pointer, sizeof(error->pointer), "%s", pointer);
}


void
audience_change(audience_change_t *c)
{
    base_t  *base;

    c->problem.status = 0;
    base = bases_get(c->worker->bases, c->tenant);

    if (base == NULL || base_needs_rebuild(base)) {
        aud_problem_set(&c->problem, 503, "rebuilding", "The base is being "
                        "rebuilt", "The base is being rebuilt; try again in a "
                        "while.");
        return;
    }

    base_lock(base);

    if (audience_load(c) == 0) {
        if (c->body) {
            audience_put(c, base);

        } else {
            audience_drop(c, base);
        }
    }

    base_unlock(base);
}


static int
audience_load(audience_change_t *c)
{
    int          found;
    char         id[AUD_ID_LEN + 1];

    if (c->create) {
        aud_uuid_make(&c->id);
        aud_id_format(id, "aud", &c->id);
        c->record = json_pack("{s:s, s:s, s:n, s:s, s:n, s:s, s:o, s:n}",
                              "id", id, "name", "", "description",
                              "type", "manual", "filter",
                              "created_by", c->user,
                              "created_at", document_time(aud_now()),
                              "updated_at");
        found = -1;

    } else {
        c->record = document_get(c->worker->store, c->tenant, KEY_AUDIENCE,
                                 &c->id, &found);
    }

    if (c->record == NULL) {
        if (found == 0) {
            aud_problem_set(&c->problem, 404, "not-found", "Not found",
                            "There is no such audience.");

        } else {
            audience_failed(&c->problem, "The audience cannot be read.");
        }

        return -1;
    }

    return 0;
}


static void
audience_put(audience_change_t *c, base_t *base)
{
    char              *filter = NULL;
    size_t             i;
    json_t            *value;
    aud_audience_t     audience = { 0 };
    base_change_t      change = { 0 };
    store_batch_t     *batch;
    aud_generation_t  *g;
    static const char *const  members[] = { "name", "description", "filter" };

    for (i = 0; i < 3; i++) {
        value = json_object_get(c->body, members[i]);

        if (value) {
            json_object_set(c->record, members[i], value);
        }
    }

    if (!c->create) {
        json_object_set_new(c->record, "updated_at", document_time(aud_now()));
    }

    g = base_generation(base);

    if (g == NULL || audience_bind(c, g) != 0) {
        goto done;
    }

    filter = json_dumps(json_object_get(c->record, "filter"), JSON_COMPACT);
    batch = store_batch_create();

    if (filter == NULL
        || document_put(batch, c->tenant, KEY_AUDIENCE, &c->id, c->record)
           != 0)
    {
        store_batch_free(batch);
        audience_failed(&c->problem, "The server is out of memory.");
        goto done;
    }

    audience.id = c->id;
    audience.filter = aud_str(filter, strlen(filter));
    change.audience = &audience;

    audience_commit(c, base, &change, batch);

done:

    if (g) {
        aud_generation_release(g);

    } else {
        audience_failed(&c->problem, "The server is out of memory.");
    }

    free(filter);
}


/* A filter that is not changed need not bind: fields may have gone since. */

static int
audience_bind(audience_change_t *c, aud_generation_t *g)
{
    aud_plan_t           *plan = NULL;
    aud_filter_t         *filter;
    aud_problem_error_t  *error;

    if (json_object_get(c->body, "filter") == NULL) {
        return 0;
    }

    filter = audience_filter(c->record, &c->problem);
    if (filter == NULL) {
        return -1;
    }

    if (!c->create && aud_filter_reaches(g, filter, &c->id)) {
        aud_problem_set(&c->problem, 422, "audience-cycle",
                        "The audience would contain itself",
                        "The filter uses this very audience, directly or "
                        "through another one.");
        error = aud_problem_add(&c->problem, "audience-cycle",
                                "The filter reaches this audience.");
        error->has_pointer = 1;
        snprintf(error->pointer, sizeof(error->pointer), "/filter");

    } else {
        plan = aud_plan_create(g, filter, aud_now(), 1, &c->problem);
    }

    aud_filter_free(filter);

    if (plan == NULL) {
        return -1;
    }

    aud_plan_free(plan);

    return 0;
}


aud_filter_t *
audience_filter(const json_t *record, aud_problem_t *problem)
{
    return aud_filter_parse(json_object_get(record, "filter"), "/filter",
                            problem);
}


static void
audience_drop(audience_change_t *c, base_t *base)
{
    size_t               i;
    store_key_t          key;
    base_change_t        change = { 0 };
    store_batch_t       *batch;
    aud_generation_t    *g;
    audience_exports_t   exports = { 0 };

    g = base_generation(base);

    if (g == NULL) {
        audience_failed(&c->problem, "The server is out of memory.");
        return;
    }

    if (audience_used(c, g)) {
        aud_generation_release(g);
        return;
    }

    aud_generation_release(g);

    batch = store_batch_create();
    key = key_id(c->tenant, KEY_AUDIENCE, &c->id);
    store_batch_delete(batch, key_str(&key));
    change.dropped = &c->id;

    if (audience_revoke(c, batch, &exports) != 0) {
        store_batch_free(batch);
        audience_failed(&c->problem, "The exports cannot be read.");

    } else {
        audience_commit(c, base, &change, batch);
    }

    for (i = 0; c->problem.status == 0 && i < exports.n; i++) {
        export_unlink(c->worker, c->tenant, &exports.ids[i]);
    }

    aud_free(exports.ids);
}


/* Whether other audiences name this one, with a problem that says which. */

static int
audience_used(audience_change_t *c, const aud_generation_t *g)
{
    size_t          i;
    json_t         *record;
    aud_filter_t   *filter;
    aud_problem_t   ignored;

    for (i = 0; i < g->naudiences; i++) {
        filter = aud_filter_parse_text(g->audiences[i].filter, "", &ignored);

        if (filter == NULL) {
            continue;
        }

        if (audience_names(aud_filter_root(filter), &c->id)) {
            if (c->problem.status == 0) {
                aud_problem_set(&c->problem, 409, "audience-in-use",
                                "Other audiences use this one",
                                "Other audiences use this one; change or "
                                "delete them first.");
            }

            record = document_get(c->worker->store, c->tenant, KEY_AUDIENCE,
                                  &g->audiences[i].id, NULL);
            aud_problem_add(&c->problem, "audience-in-use",
                            "\"%.200s\" uses it.",
                            document_text(record, "name"));
            json_decref(record);
        }

        aud_filter_free(filter);
    }

    return c->problem.status != 0;
}


static int
audience_names(const aud_node_t *node, const aud_uuid_t *id)
{
    uint32_t  i;

    if (node->kind == AUD_NODE_AUDIENCE) {
        return aud_uuid_compare(&node->audience, id) == 0;
    }

    for (i = 0; i < node->nchildren; i++) {
        if (audience_names(node->children[i], id)) {
            return 1;
        }
    }

    return 0;
}


static int
audience_revoke(audience_change_t *c, store_batch_t *batch,
    audience_exports_t *exports)
{
    int            rc;
    json_t        *record;
    aud_str_t      key, value, rest;
    key_kind_t     kind;
    aud_uuid_t     id;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;
    char           tenant[65];

    prefix = key_prefix(c->tenant, KEY_EXPORT);
    scan = store_scan(c->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &err)) == 1) {
        if (key_split(key, tenant, &kind, &rest) != 0
            || rest.len != sizeof(id.bytes))
        {
            continue;
        }

        memcpy(id.bytes, rest.data, sizeof(id.bytes));
        record = json_loadb(value.data, value.len, 0, NULL);

        if (record) {
            rc = audience_revoke_one(c, batch, exports, &id, record);
            json_decref(record);

            if (rc != 0) {
                break;
            }
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
audience_revoke_one(audience_change_t *c, store_batch_t *batch,
    audience_exports_t *exports, const aud_uuid_t *id, json_t *record)
{
    size_t       capacity;
    const char  *state;
    aud_uuid_t  *ids;

    state = document_text(record, "state");

    if (strcmp(document_text(record, "audience"),
               document_text(c->record, "id")) != 0
        || (strcmp(state, "queued") != 0 && strcmp(state, "done") != 0))
    {
        return 0;
    }

    if (exports->n == exports->capacity) {
        capacity = exports->capacity ? 2 * exports->capacity : 16;
        ids = aud_realloc(exports->ids, capacity * sizeof(aud_uuid_t));
        if (ids == NULL) {
            return -1;
        }

        exports->ids = ids;
        exports->capacity = capacity;
    }

    exports->ids[exports->n++] = *id;
    json_object_set_new(record, "state", json_string("revoked"));
    json_object_set_new(record, "url", json_null());

    return document_put(batch, c->tenant, KEY_EXPORT, id, record);
}


/* Takes batch.  Under the base's lock. */

static void
audience_commit(audience_change_t *c, base_t *base,
    const base_change_t *change, store_batch_t *batch)
{
    aud_error_t    err = { 0 };
    base_status_t  status;

    status = base_prepare(base, change, batch, &err);

    if (status != BASE_OK) {
        store_batch_free(batch);

        if (status == BASE_FULL) {
            audience_full(&c->problem);

        } else {
            log_line(LOG_ERROR, NULL, "audience cannot be saved",
                     "s:tenant", c->tenant, "s:error", err.text, NULL);
            audience_failed(&c->problem, "The audience cannot be saved.");
        }

        return;
    }

    if (c->body) {
        c->shown = audience_count(json_deep_copy(c->record),
                                  base_prepared(base));
    }

    if (c->also && c->shown) {
        c->also(c->arg, batch, c->shown);
    }

    if (commit_wait(c->worker->commit, batch) != STORE_OK) {
        base_abandon(base);
        audience_full(&c->problem);

    } else if (base_publish(base, &err) != BASE_OK) {
        log_line(LOG_ERROR, NULL, "audience is saved but not published",
                 "s:tenant", c->tenant, "s:error", err.text, NULL);
    }
}


static void
audience_full(aud_problem_t *problem)
{
    aud_problem_set(problem, 507, "disk-full",
                    "The server has no space left",
                    "Nothing was changed.");
}


static void
audience_failed(aud_problem_t *problem, const char *detail)
{
    aud_problem_set(problem, 500, "internal-error",
                    "Something went wrong", "%s", detail);
}


json_t *
audience_show(worker_t *worker, const char *tenant, json_t *record)
{
    base_t            *base;
    aud_generation_t  *g;

    base = bases_get(worker->bases, tenant);
    g = base ? base_generation(base) : NULL;

    if (g) {
        record = audience_count(record, g);
        aud_generation_release(g);
    }

    return record;
}


/* Takes and returns record. */

static json_t *
audience_count(json_t *record, const aud_generation_t *g)
{
    aud_plan_t     *plan = NULL;
    aud_filter_t   *filter;
    aud_problem_t   problem = { 0 };

    filter = audience_filter(record, &problem);

    if (filter) {
        plan = aud_plan_create((aud_generation_t *) g, filter, aud_now(), 0,
                               &problem);
    }

    json_object_set_new(record, "generation",
                        json_integer((json_int_t) g->number));
    json_object_set_new(record, "count",
                        plan && aud_plan_run(plan) == 0
                        ? json_integer((json_int_t) aud_plan_count(plan))
                        : json_null());

    if (plan) {
        aud_plan_free(plan);
    }

    if (filter) {
        aud_filter_free(filter);
    }

    return record;
}
