/*
 * GET /v1/profiles/{id}/audiences: which audiences a person belongs to.
 *
 * A fixed sample is looked up; a filter is evaluated and its answer for the
 * person taken.  The answer says how many audiences there are and how many were
 * looked at by then, and where to go on.
 */

#include <string.h>

#include "aud_clock.h"
#include "aud_eval.h"
#include "api_audience_walk.h"
#include "api_profiles.h"
#include "document.h"


typedef struct {
    audience_walk_t  walk;
    size_t           slice;             /* where the person stands */
    uint32_t         row;
    json_t          *items;
} member_t;


static int member_open(api_call_t *call, audience_walk_t *w);
static int member_look(api_call_t *call, audience_walk_t *w,
    const aud_audience_t *audience);
static int member_in_sample(const member_t *m,
    const aud_audience_t *audience);
static int member_in_filter(const member_t *m,
    const aud_audience_t *audience);
static void member_add(api_call_t *call, member_t *m,
    const aud_audience_t *audience);
static json_t *member_answer(api_call_t *call, audience_walk_t *w);
static void member_free(audience_walk_t *w);


static const audience_walk_type_t  member_type = {
    .prefix = "prf", .failure = "The audiences cannot be looked at.",
    .size = sizeof(member_t), .open = member_open, .look = member_look,
    .answer = member_answer, .free = member_free
};


void
api_profile_audiences(api_call_t *call)
{
    api_audience_walk(call, &member_type);
}


static int
member_open(api_call_t *call, audience_walk_t *w)
{
    member_t  *m = (member_t *) w;

    m->items = json_array();

    if (m->items == NULL) {
        return -1;
    }

    return aud_generation_find(w->g, &w->id, &m->slice, &m->row) == 0;
}


static int
member_look(api_call_t *call, audience_walk_t *w,
    const aud_audience_t *audience)
{
    int        is;
    member_t  *m = (member_t *) w;

    is = audience->filter.len ? member_in_filter(m, audience)
                              : member_in_sample(m, audience);

    if (is == 1) {
        member_add(call, m, audience);
    }

    return is == -1 ? -1 : json_array_size(m->items) < w->limit;
}


static int
member_in_sample(const member_t *m, const aud_audience_t *audience)
{
    int       order;
    uint32_t  lo = 0, hi = audience->nmembers, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;
        order = aud_uuid_compare(&audience->members[middle], &m->walk.id);

        if (order == 0) {
            return 1;
        }

        if (order < 0) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return 0;
}


/* -1 where memory is out.  A filter that cannot be evaluated, such as one in a
 * circle, has nobody. */

static int
member_in_filter(const member_t *m, const aud_audience_t *audience)
{
    int              rc = 0;
    aud_plan_t      *plan = NULL;
    aud_filter_t    *filter;
    aud_problem_t    ignored = { 0 };
    const uint64_t  *rows;

    filter = aud_filter_parse_text(audience->filter, "", &ignored);

    if (filter) {
        plan = aud_plan_create(m->walk.g, filter, aud_now(), 0, &ignored);
    }

    if (plan && aud_plan_run(plan) != 0) {
        rc = -1;

    } else if (plan) {
        rows = aud_plan_rows(plan, m->slice);
        rc = rows[m->row / 64] >> m->row % 64 & 1;
    }

    if (plan) {
        aud_plan_free(plan);
    }

    if (filter) {
        aud_filter_free(filter);
    }

    return rc;
}


/* Nothing, where somebody has deleted it meanwhile. */

static void
member_add(api_call_t *call, member_t *m, const aud_audience_t *audience)
{
    json_t  *record;

    record = document_get(call->worker->store, call->request.tenant.data,
                          KEY_AUDIENCE, &audience->id, NULL);

    if (record) {
        json_array_append_new(m->items, json_pack("{s:O, s:O, s:O}",
            "audience", json_object_get(record, "id"),
            "name", json_object_get(record, "name"),
            "type", json_object_get(record, "type")));
        json_decref(record);
    }
}


static json_t *
member_answer(api_call_t *call, audience_walk_t *w)
{
    const member_t  *m = (const member_t *) w;

    return json_pack("{s:O, s:o, s:I, s:I, s:I}", "items", m->items,
                     "next", audience_walk_next(w),
                     "compared", (json_int_t) (w->g->naudiences - w->left),
                     "audiences", (json_int_t) w->g->naudiences,
                     "generation", (json_int_t) w->g->number);
}


static void
member_free(audience_walk_t *w)
{
    json_decref(((member_t *) w)->items);
}
