/*
 * Audiences that are deleted: no other may use them, and their exports, done or
 * under way, are revoked with them.
 */

#include "aud_alloc.h"
#include "aud_filter_read.h"
#include "audience_private.h"
#include "document.h"
#include "export.h"


typedef struct {                    /* exports to be revoked */
    aud_uuid_t  *ids;
    size_t       n;
    size_t       capacity;
} audience_exports_t;


static int audience_used(audience_change_t *c, const aud_generation_t *g);
static int audience_names(const aud_node_t *node, const aud_uuid_t *id);
static int audience_revoke(audience_change_t *c, store_batch_t *batch,
    audience_exports_t *exports);
static int audience_revoke_one(audience_change_t *c, store_batch_t *batch,
    audience_exports_t *exports, const aud_uuid_t *id, json_t *record);


void
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
    key = key_id(c->tenant, KEY_SIZES, &c->id);
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
    size_t                i;
    json_t               *record;
    aud_filter_t         *filter;
    aud_problem_t         ignored;
    aud_problem_error_t  *error;

    for (i = 0; i < g->naudiences; i++) {

        /* as it was written by json_dumps(): most need not be read */
        if (memmem(g->audiences[i].filter.data, g->audiences[i].filter.len,
                   "\"audience\"", 10)
            == NULL)
        {
            continue;
        }

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
            error = aud_problem_add(&c->problem, "audience-in-use",
                                    "\"%.200s\" uses it.",
                                    document_text(record, "name"));
            aud_id_format(error->audience, "aud", &g->audiences[i].id);
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
