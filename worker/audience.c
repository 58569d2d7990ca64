/*
 * Saved audiences.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "aud_filter_read.h"
#include "audience_index.h"
#include "audience_private.h"
#include "audience_sizes.h"
#include "commit.h"
#include "document.h"
#include "log.h"
#include "metrics.h"


static int audience_load(audience_change_t *c);
static int audience_fits_filter(audience_change_t *c);
static void audience_put(audience_change_t *c, base_t *base);
static void audience_put_words(audience_change_t *c, base_t *base);
static void audience_put_filter(audience_change_t *c, base_t *base);
static int audience_bind(audience_change_t *c, aud_generation_t *g);
static void audience_put_size(audience_change_t *c, base_t *base,
    store_batch_t *batch);
static void audience_sized(const audience_change_t *c, base_t *base);
static json_t *audience_count(json_t *record, const aud_generation_t *g);


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
        if (c->body == NULL) {
            audience_drop(c, base);

        } else if (audience_is_sample(c->record)) {
            audience_put_sample(c, base);

        } else if (audience_fits_filter(c)) {
            audience_put(c, base);
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


/* Only samples have characteristics. */

static int
audience_fits_filter(audience_change_t *c)
{
    if (json_object_get(c->body, "characteristics") == NULL) {
        return 1;
    }

    audience_invalid(&c->problem, "unknown-member", "/characteristics",
                     "Only an automatic audience has characteristics.");

    return 0;
}


static void
audience_put(audience_change_t *c, base_t *base)
{
    size_t   i;
    json_t  *value;
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

    if (json_object_get(c->body, "filter")) {
        audience_put_filter(c, base);

    } else {
        audience_put_words(c, base);
    }
}


/* Members are as they were, and so is the base. */

static void
audience_put_words(audience_change_t *c, base_t *base)
{
    audience_store(c, base);

    if (c->problem.status == 0) {
        c->shown = audience_show(c->worker, c->tenant,
                                 json_deep_copy(c->record));
        audience_show_sizes(c->worker, c->tenant, c->shown);
    }
}


static void
audience_put_filter(audience_change_t *c, base_t *base)
{
    char              *filter = NULL;
    aud_audience_t     audience = { 0 };
    base_change_t      change = { 0 };
    store_batch_t     *batch;
    aud_generation_t  *g;

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
    change.put = &audience;
    change.nput = 1;

    audience_commit(c, base, &change, batch);

done:

    if (g) {
        aud_generation_release(g);

    } else {
        audience_failed(&c->problem, "The server is out of memory.");
    }

    free(filter);
}


static int
audience_bind(audience_change_t *c, aud_generation_t *g)
{
    aud_plan_t           *plan = NULL;
    aud_filter_t         *filter;
    aud_problem_error_t  *error;

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
    json_t        *containing;
    aud_filter_t  *filter;

    if (!audience_is_sample(record)) {
        return aud_filter_parse(json_object_get(record, "filter"), "/filter",
                                problem);
    }

    containing = audience_sample_filter(record);
    filter = aud_filter_parse(containing, "", problem);
    json_decref(containing);

    return filter;
}


void
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
        audience_put_size(c, base, batch);
    }

    if (c->also && c->shown) {
        c->also(c->arg, batch, c->shown);
    }

    if (commit_wait(c->worker->commit, batch) != STORE_OK) {
        base_abandon(base);
        audience_full(&c->problem);

    } else {
        audience_index_put(base_audience_index(base), &c->id,
                           c->body ? c->record : NULL);

        /* Others may contain it. */
        if (!c->create) {
            audience_index_unsized(base_audience_index(base));
        }

        audience_sized(c, base);

        if (base_publish(base, &err) != BASE_OK) {
            log_line(LOG_ERROR, NULL, "audience is saved but not published",
                     "s:tenant", c->tenant, "s:error", err.text, NULL);
        }
    }
}


static void
audience_sized(const audience_change_t *c, base_t *base)
{
    json_t  *count = json_object_get(c->shown, "count");

    if (json_is_integer(count)) {
        audience_index_sized(base_audience_index(base), &c->id,
                             (uint64_t) json_integer_value(count),
                             audience_data(base_prepared(base)));
    }
}


/* Another filter, another size: a point of its history. */

static void
audience_put_size(audience_change_t *c, base_t *base, store_batch_t *batch)
{
    json_t                  *count;
    audience_size_t          point;
    const aud_generation_t  *g = base_prepared(base);

    count = json_object_get(c->shown, "count");

    if (json_is_integer(count)) {
        point = audience_size_now((uint64_t) json_integer_value(count), g);
        (void) audience_sizes_add(c->worker->store, batch, c->tenant, &c->id,
                                  point);
        json_object_set_new(c->shown, "sizes",
                            audience_sizes_show(c->worker->store, c->tenant,
                                                &c->id, &point));
    }
}


void
audience_store(audience_change_t *c, base_t *base)
{
    store_batch_t  *batch = store_batch_create();

    if (document_put(batch, c->tenant, KEY_AUDIENCE, &c->id, c->record) != 0) {
        store_batch_free(batch);
        audience_failed(&c->problem, "The server is out of memory.");

    } else if (commit_wait(c->worker->commit, batch) != STORE_OK) {
        audience_full(&c->problem);

    } else {
        audience_index_put(base_audience_index(base), &c->id, c->record);
    }
}


void
audience_full(aud_problem_t *problem)
{
    aud_problem_set(problem, 507, "disk-full",
                    "The server has no space left",
                    "Nothing was changed.");
}


void
audience_failed(aud_problem_t *problem, const char *detail)
{
    aud_problem_set(problem, 500, "internal-error",
                    "Something went wrong", "%s", detail);
}


json_t *
audience_show(worker_t *worker, const char *tenant, json_t *record)
{
    base_t            *base;
    uint64_t           size, data;
    json_t            *count;
    aud_uuid_t         id;
    const char        *text = document_text(record, "id");
    aud_generation_t  *g;

    base = bases_get(worker->bases, tenant);
    g = base ? base_generation(base) : NULL;

    if (g == NULL || aud_id_parse(text, strlen(text), "aud", &id) != 0) {
        aud_generation_release(g);
        return record;
    }

    data = audience_data(g);

    if (audience_index_size(base_audience_index(base), &id, data, &size)) {
        json_object_set_new(record, "generation",
                            json_integer((json_int_t) g->number));
        json_object_set_new(record, "count", json_integer((json_int_t) size));

    } else {
        record = audience_count(record, g);
        metrics_work(METRICS_COUNTS, 1);
        count = json_object_get(record, "count");

        if (json_is_integer(count)) {
            audience_index_sized(base_audience_index(base), &id,
                                 (uint64_t) json_integer_value(count), data);
        }
    }

    aud_generation_release(g);

    return record;
}


json_t *
audience_show_sizes(worker_t *worker, const char *tenant, json_t *record)
{
    json_t      *sizes;
    aud_uuid_t   id;
    const char  *text = document_text(record, "id");

    if (!audience_is_sample(record)
        && aud_id_parse(text, strlen(text), "aud", &id) == 0)
    {
        sizes = audience_sizes_show(worker->store, tenant, &id, NULL);
        json_object_set_new(record, "sizes", sizes ? sizes : json_null());
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
                        plan && aud_plan_run_count(plan) == 0
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
