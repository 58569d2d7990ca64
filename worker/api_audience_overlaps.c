/*
 * GET /v1/audiences/{id}/overlaps: the other audiences that share members with
 * one, those that share most first.
 *
 * Each other one is counted together with it, the newest first, for as long as
 * somebody may be let wait; the answer says how many there are and how many of
 * them were compared.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "api_audiences.h"
#include "api_private.h"
#include "audience_sizes.h"
#include "base.h"
#include "document.h"

#define OVERLAPS_TIME  AUD_SECOND       /* of counting */
#define OVERLAPS_TURN  8                /* audiences in one turn */


typedef struct {
    const aud_audience_t  *other;
    uint64_t               both;
} overlap_t;

typedef struct {
    aud_uuid_t         id;
    size_t             limit;
    aud_generation_t  *g;
    uint64_t           size;
    size_t             left;            /* audiences not seen yet */
    size_t             compared;
    int64_t            spent;           /* microseconds */
    overlap_t         *overlaps;        /* [g->naudiences] */
    size_t             n;
    json_t            *body;
    unsigned           failed:1;
} overlaps_t;


static void overlaps_open(api_call_t *call);
static void overlaps_count(api_call_t *call);
static int overlaps_both(const overlaps_t *o, const aud_uuid_t *other,
    uint64_t *both);
static void overlaps_counted(api_call_t *call);
static void overlaps_show(api_call_t *call);
static json_t *overlaps_item(api_call_t *call, const overlaps_t *o,
    const overlap_t *overlap);
static int overlaps_order(const void *a, const void *b);
static void overlaps_answer(api_call_t *call);
static void overlaps_free(overlaps_t *o);


void
api_audience_overlaps(api_call_t *call)
{
    aud_str_t       id = call->params[0];
    overlaps_t     *o;
    aud_problem_t   problem = { 0 };

    o = aud_calloc(1, sizeof(overlaps_t));

    if (o == NULL) {
        api_no_memory(call);
        return;
    }

    if (aud_id_parse(id.data, id.len, "aud", &o->id) != 0) {
        overlaps_free(o);
        api_not_found(call);
        return;
    }

    if (api_list_limit(call, &o->limit, &problem) != 0) {
        overlaps_free(o);
        api_problem(call, &problem);
        return;
    }

    call->data = o;
    api_work_long(call, overlaps_open, overlaps_counted);
}


static void
overlaps_open(api_call_t *call)
{
    base_t      *base;
    overlaps_t  *o = call->data;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    o->g = base ? base_generation(base) : NULL;

    if (o->g == NULL) {
        o->failed = 1;
        return;
    }

    if (aud_generation_audience(o->g, &o->id) == NULL) {
        return;
    }

    o->left = o->g->naudiences;
    o->overlaps = aud_calloc(o->left, sizeof(overlap_t));
    o->failed = o->overlaps == NULL
                || audience_size(o->g, &o->id, &o->size) != 0;

    /* Nobody is in two audiences, where nobody is in one. */
    if (o->size == 0) {
        o->left = 0;
    }
}


static void
overlaps_count(api_call_t *call)
{
    size_t                 i;
    int64_t                started = aud_ticks();
    uint64_t               both;
    overlaps_t            *o = call->data;
    const aud_audience_t  *other;

    for (i = 0; i < OVERLAPS_TURN && o->left; i++) {
        other = &o->g->audiences[--o->left];

        if (aud_uuid_compare(&other->id, &o->id) == 0) {
            continue;
        }

        o->compared++;

        if (overlaps_both(o, &other->id, &both) == 0 && both) {
            o->overlaps[o->n++] = (overlap_t) { other, both };
        }
    }

    o->spent += aud_ticks() - started;
}


static int
overlaps_both(const overlaps_t *o, const aud_uuid_t *other, uint64_t *both)
{
    int             rc = -1;
    char            text[128], a[AUD_ID_LEN + 1], b[AUD_ID_LEN + 1];
    aud_plan_t     *plan = NULL;
    aud_filter_t   *filter;
    aud_problem_t   ignored = { 0 };

    aud_id_format(a, "aud", &o->id);
    aud_id_format(b, "aud", other);
    snprintf(text, sizeof(text),
             "{\"all\":[{\"audience\":\"%s\"},{\"audience\":\"%s\"}]}", a, b);
    filter = aud_filter_parse_text(aud_str(text, strlen(text)), "", &ignored);

    if (filter) {
        plan = aud_plan_create(o->g, filter, aud_now(), 0, &ignored);
    }

    if (plan && aud_plan_run_count(plan) == 0) {
        *both = aud_plan_count(plan);
        rc = 0;
    }

    if (plan) {
        aud_plan_free(plan);
    }

    if (filter) {
        aud_filter_free(filter);
    }

    return rc;
}


/* In the loop thread: what is next. */

static void
overlaps_counted(api_call_t *call)
{
    overlaps_t     *o = call->data;
    aud_problem_t   problem = { 0 };

    if (call->connection == NULL) {
        overlaps_free(o);
        api_end(call, 499);

    } else if (o->failed) {
        overlaps_free(o);
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong",
                        "The audiences cannot be compared.");
        api_problem(call, &problem);

    } else if (o->overlaps == NULL) {
        overlaps_free(o);
        api_not_found(call);

    } else if (o->left && o->spent < OVERLAPS_TIME) {
        api_work_long(call, overlaps_count, overlaps_counted);

    } else {
        api_work_long(call, overlaps_show, overlaps_answer);
    }
}


static void
overlaps_show(api_call_t *call)
{
    size_t       i, others;
    json_t      *items = json_array(), *item;
    overlaps_t  *o = call->data;

    qsort(o->overlaps, o->n, sizeof(overlap_t), overlaps_order);

    for (i = 0; i < o->n && json_array_size(items) < o->limit; i++) {
        item = overlaps_item(call, o, &o->overlaps[i]);

        if (item) {
            json_array_append_new(items, item);
        }
    }

    others = o->g->naudiences - 1;
    o->body = json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "items", items,
                        "count", (json_int_t) o->size,
                        "overlapping", (json_int_t) o->n,
                        "compared", (json_int_t) (o->size ? o->compared
                                                  : others),
                        "others", (json_int_t) others,
                        "generation", (json_int_t) o->g->number);
}


/* NULL: somebody has deleted it meanwhile. */

static json_t *
overlaps_item(api_call_t *call, const overlaps_t *o, const overlap_t *overlap)
{
    json_t    *record, *item;
    uint64_t   size = overlap->both;

    record = document_get(call->worker->store, call->request.tenant.data,
                          KEY_AUDIENCE, &overlap->other->id, NULL);
    if (record == NULL) {
        return NULL;
    }

    (void) audience_size(o->g, &overlap->other->id, &size);

    item = json_pack("{s:O, s:O, s:O, s:I, s:I, s:f, s:f}",
                     "audience", json_object_get(record, "id"),
                     "name", json_object_get(record, "name"),
                     "type", json_object_get(record, "type"),
                     "count", (json_int_t) size,
                     "both", (json_int_t) overlap->both,
                     "share", (double) overlap->both / (double) o->size,
                     "share_of_it", (double) overlap->both / (double) size);
    json_decref(record);

    return item;
}


/* The most members first, then the newest audience. */

static int
overlaps_order(const void *a, const void *b)
{
    const overlap_t  *x = a, *y = b;

    return x->both != y->both ? (x->both < y->both) - (x->both > y->both)
           : aud_uuid_compare(&y->other->id, &x->other->id);
}


static void
overlaps_answer(api_call_t *call)
{
    json_t      *body;
    overlaps_t  *o = call->data;

    body = o->body;
    o->body = NULL;
    overlaps_free(o);
    call->data = NULL;
    api_json(call, 200, body);
}


static void
overlaps_free(overlaps_t *o)
{
    aud_generation_release(o->g);
    json_decref(o->body);
    aud_free(o->overlaps);
    aud_free(o);
}
