/*
 * Calls that look at all audiences.
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "api_audience_walk.h"
#include "api_private.h"
#include "base.h"

#define WALK_TIME   (AUD_SECOND / 20)   /* of looking */
#define WALK_TURN   8                   /* audiences in one turn */
#define WALK_LEAST  64                  /* however long that takes */


static int walk_cursor(api_call_t *call, audience_walk_t *w,
    aud_problem_t *problem);
static void walk_open(api_call_t *call);
static size_t walk_older(const aud_generation_t *g, const aud_uuid_t *id);
static void walk_look(api_call_t *call);
static void walk_next(api_call_t *call);
static void walk_make_answer(api_call_t *call);
static void walk_answer(api_call_t *call);
static void walk_fail(api_call_t *call);
static void walk_free(audience_walk_t *w);


void
api_audience_walk(api_call_t *call, const audience_walk_type_t *type)
{
    aud_str_t         id = call->params[0];
    aud_problem_t     problem = { 0 };
    audience_walk_t  *w;

    w = aud_calloc(1, type->size);

    if (w == NULL) {
        api_no_memory(call);
        return;
    }

    w->type = type;

    if (aud_id_parse(id.data, id.len, type->prefix, &w->id) != 0) {
        walk_free(w);
        api_not_found(call);
        return;
    }

    if (api_list_limit(call, &w->limit, &problem) != 0
        || walk_cursor(call, w, &problem) != 0)
    {
        walk_free(w);
        api_problem(call, &problem);
        return;
    }

    call->data = w;
    api_work_long(call, walk_open, walk_next);
}


static int
walk_cursor(api_call_t *call, audience_walk_t *w, aud_problem_t *problem)
{
    aud_str_t  text = api_arg(call, "cursor");

    w->goes_on = api_arg_present(call, "cursor");

    return w->goes_on && aud_id_parse(text.data, text.len, "aud", &w->cursor)
                         != 0
           ? api_list_bad(problem, "cursor", "the \"next\" of a former answer")
           : 0;
}


json_t *
audience_walk_next(const audience_walk_t *w)
{
    char  id[AUD_ID_LEN + 1];

    if (w->left == 0) {
        return json_null();
    }

    aud_id_format(id, "aud", &w->g->audiences[w->left].id);

    return json_string(id);
}


static void
walk_open(api_call_t *call)
{
    int               rc;
    base_t           *base;
    audience_walk_t  *w = call->data;

    base = bases_get(call->worker->bases, call->request.tenant.data);
    w->g = base ? base_generation(base) : NULL;

    if (w->g == NULL) {
        w->failed = 1;
        return;
    }

    w->left = w->goes_on ? walk_older(w->g, &w->cursor) : w->g->naudiences;
    rc = w->type->open(call, w);
    w->found = rc == 1;
    w->failed = rc == -1;
}


/* How many there are. */

static size_t
walk_older(const aud_generation_t *g, const aud_uuid_t *id)
{
    size_t  low = 0, high = g->naudiences, middle;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (aud_uuid_compare(&g->audiences[middle].id, id) < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


static void
walk_look(api_call_t *call)
{
    int               rc = 1;
    size_t            i;
    int64_t           started = aud_ticks();
    audience_walk_t  *w = call->data;

    for (i = 0; i < WALK_TURN && rc == 1 && w->left; i++) {
        w->left--;
        w->looked++;
        rc = w->type->look(call, w, w->order ? w->order[w->left]
                                             : &w->g->audiences[w->left]);
    }

    w->failed = rc == -1;
    w->spent += aud_ticks() - started;
    w->enough = rc == 0
                || (w->spent >= WALK_TIME && w->looked >= WALK_LEAST);
}


/* In the loop thread: what is next. */

static void
walk_next(api_call_t *call)
{
    audience_walk_t  *w = call->data;

    if (call->connection == NULL) {
        walk_free(w);
        api_end(call, 499);

    } else if (w->failed) {
        walk_fail(call);

    } else if (!w->found) {
        walk_free(w);
        api_not_found(call);

    } else if (w->left && !w->enough) {
        api_work_long(call, walk_look, walk_next);

    } else {
        api_work_long(call, walk_make_answer, walk_answer);
    }
}


static void
walk_make_answer(api_call_t *call)
{
    audience_walk_t  *w = call->data;

    w->body = w->type->answer(call, w);
}


static void
walk_answer(api_call_t *call)
{
    json_t           *body;
    audience_walk_t  *w = call->data;

    body = w->body;
    w->body = NULL;
    walk_free(w);
    api_json(call, 200, body);
}


static void
walk_fail(api_call_t *call)
{
    aud_problem_t     problem = { 0 };
    audience_walk_t  *w = call->data;

    aud_problem_set(&problem, 500, "internal-error", "Something went wrong",
                    "%s", w->type->failure);
    walk_free(w);
    api_problem(call, &problem);
}


static void
walk_free(audience_walk_t *w)
{
    if (w->type->free) {
        w->type->free(w);
    }

    aud_generation_release(w->g);
    aud_free(w->order);
    json_decref(w->body);
    aud_free(w);
}
