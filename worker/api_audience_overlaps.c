/*
 * GET /v1/audiences/{id}/overlaps: the other audiences that share members with
 * one, those that share most first.
 *
 * Each other one is counted together with it, the largest first, as those share
 * most: their sizes are those that lists are ordered by.  The answer says how
 * many there are and how many of them were compared.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "api_audience_walk.h"
#include "api_audiences.h"
#include "audience_index.h"
#include "audience_sizes.h"
#include "base.h"
#include "document.h"

#define OVERLAPS_MOST  1000             /* to be compared */


typedef struct {
    const aud_audience_t  *other;
    uint64_t               both;
} overlap_t;

typedef struct {
    audience_walk_t  walk;
    uint64_t         size;
    size_t           compared;
    overlap_t       *overlaps;          /* [OVERLAPS_MOST] */
    size_t           n;
} overlaps_t;


static int overlaps_open(api_call_t *call, audience_walk_t *w);
static int overlaps_order_all(api_call_t *call, audience_walk_t *w);
static int overlaps_look(api_call_t *call, audience_walk_t *w,
    const aud_audience_t *other);
static int overlaps_both(const overlaps_t *o, const aud_uuid_t *other,
    uint64_t *both);
static json_t *overlaps_answer(api_call_t *call, audience_walk_t *w);
static json_t *overlaps_item(api_call_t *call, const overlaps_t *o,
    const overlap_t *overlap);
static int overlaps_order(const void *a, const void *b);
static void overlaps_free(audience_walk_t *w);


static const audience_walk_type_t  overlaps_type = {
    .prefix = "aud", .failure = "The audiences cannot be compared.",
    .size = sizeof(overlaps_t), .open = overlaps_open, .look = overlaps_look,
    .answer = overlaps_answer, .free = overlaps_free
};


void
api_audience_overlaps(api_call_t *call)
{
    api_audience_walk(call, &overlaps_type);
}


static int
overlaps_open(api_call_t *call, audience_walk_t *w)
{
    overlaps_t  *o = (overlaps_t *) w;

    if (aud_generation_audience(w->g, &w->id) == NULL) {
        return 0;
    }

    o->overlaps = aud_calloc(OVERLAPS_MOST, sizeof(overlap_t));

    if (o->overlaps == NULL || audience_size(w->g, &w->id, &o->size) != 0
        || overlaps_order_all(call, w) != 0)
    {
        return -1;
    }

    /* Nobody is in two audiences, where nobody is in one. */
    if (o->size == 0) {
        w->left = 0;
    }

    return 1;
}


static int
overlaps_order_all(api_call_t *call, audience_walk_t *w)
{
    int                     rc;
    base_t                 *base;
    size_t                  i;
    audience_found_t        found = { 0 };
    audience_search_t       search = { .order = AUDIENCE_BY_SIZE,
                                       .from = INT64_MIN, .before = INT64_MAX,
                                       .limit = OVERLAPS_MOST };
    const aud_audience_t   *other;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    found.ids = aud_calloc(OVERLAPS_MOST, sizeof(aud_uuid_t));
    w->order = aud_calloc(OVERLAPS_MOST, sizeof(aud_audience_t *));
    rc = found.ids && w->order
         ? audience_index_find(base_audience_index(base), &search, &found)
         : -1;

    /* An index is a moment older or younger than a generation. */

    for (i = found.n, w->left = 0; i-- > 0; /* void */ ) {
        other = aud_generation_audience(w->g, &found.ids[i]);

        if (other) {
            w->order[w->left++] = other;
        }
    }

    aud_buffer_free(&found.text);
    aud_free(found.ids);

    return rc;
}


static int
overlaps_look(api_call_t *call, audience_walk_t *w,
    const aud_audience_t *other)
{
    uint64_t     both;
    overlaps_t  *o = (overlaps_t *) w;

    if (aud_uuid_compare(&other->id, &w->id) == 0) {
        return 1;
    }

    o->compared++;

    if (overlaps_both(o, &other->id, &both) == 0 && both) {
        o->overlaps[o->n++] = (overlap_t) { other, both };
    }

    return 1;
}


static int
overlaps_both(const overlaps_t *o, const aud_uuid_t *other, uint64_t *both)
{
    int             rc = -1;
    char            text[128], a[AUD_ID_LEN + 1], b[AUD_ID_LEN + 1];
    aud_plan_t     *plan = NULL;
    aud_filter_t   *filter;
    aud_problem_t   ignored = { 0 };

    aud_id_format(a, "aud", &o->walk.id);
    aud_id_format(b, "aud", other);
    snprintf(text, sizeof(text),
             "{\"all\":[{\"audience\":\"%s\"},{\"audience\":\"%s\"}]}", a, b);
    filter = aud_filter_parse_text(aud_str(text, strlen(text)), "", &ignored);

    if (filter) {
        plan = aud_plan_create(o->walk.g, filter, aud_now(), 0, &ignored);
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


static json_t *
overlaps_answer(api_call_t *call, audience_walk_t *w)
{
    size_t       i, others;
    json_t      *items = json_array(), *item;
    overlaps_t  *o = (overlaps_t *) w;

    qsort(o->overlaps, o->n, sizeof(overlap_t), overlaps_order);

    for (i = 0; i < o->n && json_array_size(items) < w->limit; i++) {
        item = overlaps_item(call, o, &o->overlaps[i]);

        if (item) {
            json_array_append_new(items, item);
        }
    }

    others = w->g->naudiences - 1;

    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "items", items,
                     "count", (json_int_t) o->size,
                     "overlapping", (json_int_t) o->n,
                     "compared", (json_int_t) (o->size ? o->compared : others),
                     "others", (json_int_t) others,
                     "generation", (json_int_t) w->g->number);
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

    (void) audience_size(o->walk.g, &overlap->other->id, &size);

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
overlaps_free(audience_walk_t *w)
{
    aud_free(((overlaps_t *) w)->overlaps);
}
