/*
 * GET /v1/profiles/{id}/audiences: which audiences a person belongs to.
 *
 * A fixed sample is looked up; a filter is evaluated and its answer for the
 * person taken.  The newest audiences come first, for as long as somebody may be
 * let wait; the answer says how many there are and how many were looked at.
 */

#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "api_private.h"
#include "api_profiles.h"
#include "base.h"
#include "document.h"

#define MEMBER_TIME  AUD_SECOND         /* of looking */
#define MEMBER_TURN  8                  /* audiences in one turn */


typedef struct {
    aud_uuid_t         id;
    size_t             slice;           /* where the person stands */
    uint32_t           row;
    size_t             limit;
    aud_generation_t  *g;               /* NULL: there is no such person */
    size_t             left;            /* audiences not seen yet */
    int64_t            spent;           /* microseconds */
    json_t            *items;
    unsigned           failed:1;
} member_t;


static void member_open(api_call_t *call);
static void member_look(api_call_t *call);
static int member_of(const member_t *m, const aud_audience_t *audience);
static int member_in_sample(const member_t *m,
    const aud_audience_t *audience);
static int member_in_filter(const member_t *m,
    const aud_audience_t *audience);
static void member_add(api_call_t *call, const aud_audience_t *audience);
static void member_looked(api_call_t *call);
static void member_answer(api_call_t *call);
static void member_free(member_t *m);


void
api_profile_audiences(api_call_t *call)
{
    aud_str_t       id = call->params[0];
    member_t       *m;
    aud_problem_t   problem = { 0 };

    m = aud_calloc(1, sizeof(member_t));

    if (m == NULL) {
        api_no_memory(call);
        return;
    }

    if (aud_id_parse(id.data, id.len, "prf", &m->id) != 0) {
        member_free(m);
        api_not_found(call);
        return;
    }

    if (api_list_limit(call, &m->limit, &problem) != 0) {
        member_free(m);
        api_problem(call, &problem);
        return;
    }

    call->data = m;
    api_work_long(call, member_open, member_looked);
}


static void
member_open(api_call_t *call)
{
    base_t            *base;
    member_t          *m = call->data;
    aud_generation_t  *g;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    g = base ? base_generation(base) : NULL;
    m->items = json_array();
    m->failed = g == NULL || m->items == NULL;

    if (m->failed || aud_generation_find(g, &m->id, &m->slice, &m->row) != 0) {
        aud_generation_release(g);
        return;
    }

    m->g = g;
    m->left = g->naudiences;
}


static void
member_look(api_call_t *call)
{
    int                    is;
    size_t                 i;
    int64_t                started = aud_ticks();
    member_t              *m = call->data;
    const aud_audience_t  *audience;

    for (i = 0; i < MEMBER_TURN && m->left && !m->failed; i++) {
        audience = &m->g->audiences[--m->left];
        is = member_of(m, audience);
        m->failed = is == -1;

        if (is == 1) {
            member_add(call, audience);
        }

        if (json_array_size(m->items) == m->limit) {
            break;
        }
    }

    m->spent += aud_ticks() - started;
}


/* 1, 0, -1 where memory is out. */

static int
member_of(const member_t *m, const aud_audience_t *audience)
{
    return audience->filter.len ? member_in_filter(m, audience)
                                : member_in_sample(m, audience);
}


static int
member_in_sample(const member_t *m, const aud_audience_t *audience)
{
    int       order;
    uint32_t  lo = 0, hi = audience->nmembers, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;
        order = aud_uuid_compare(&audience->members[middle], &m->id);

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


/* A filter that cannot be evaluated, such as one in a circle, has nobody. */

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
        plan = aud_plan_create(m->g, filter, aud_now(), 0, &ignored);
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
member_add(api_call_t *call, const aud_audience_t *audience)
{
    json_t    *record;
    member_t  *m = call->data;

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


/* In the loop thread: what is next. */

static void
member_looked(api_call_t *call)
{
    member_t       *m = call->data;
    aud_problem_t   problem = { 0 };

    if (call->connection == NULL) {
        member_free(m);
        api_end(call, 499);

    } else if (m->failed) {
        member_free(m);
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong",
                        "The audiences cannot be looked at.");
        api_problem(call, &problem);

    } else if (m->g == NULL) {
        member_free(m);
        api_not_found(call);

    } else if (m->left && m->spent < MEMBER_TIME
               && json_array_size(m->items) < m->limit)
    {
        api_work_long(call, member_look, member_looked);

    } else {
        member_answer(call);
    }
}


static void
member_answer(api_call_t *call)
{
    json_t    *body;
    member_t  *m = call->data;

    body = json_pack("{s:O, s:I, s:I, s:I}", "items", m->items,
                     "compared", (json_int_t) (m->g->naudiences - m->left),
                     "audiences", (json_int_t) m->g->naudiences,
                     "generation", (json_int_t) m->g->number);
    member_free(m);
    api_json(call, 200, body);
}


static void
member_free(member_t *m)
{
    aud_generation_release(m->g);
    json_decref(m->items);
    aud_free(m);
}
