#include "aud_alloc.h"
#include "aud_filter_read.h"
#include "aud_plan.h"

/* Microseconds of joining a word. */
#define WORD_COST  0.0002


typedef struct {
    aud_plan_t     *plan;
    int64_t         now;
    aud_problem_t  *problem;        /* takes cycles and failures */
    int             strict;
    unsigned        nested;         /* audiences around the node */
    unsigned       *height;         /* of the audience around the node */
    const char     *pointer;        /* of the outermost audience, or NULL */
} binder_t;


static aud_bound_t *bind_root(binder_t *b, const aud_filter_t *filter);
static aud_bound_t *bind_node(binder_t *b, const aud_node_t *node,
    unsigned negated);
static int  bind_group(binder_t *b, aud_bound_t *bound, const aud_node_t *node,
    unsigned negated);
static int  bind_condition(binder_t *b, aud_bound_t *bound,
    const aud_node_t *node);
static int  bind_audience(binder_t *b, aud_bound_t *bound,
    const aud_node_t *node);
static void audience_error(binder_t *b, const aud_node_t *node,
    const char *slug, const char *detail);
static aud_plan_audience_t *plan_audience(binder_t *b,
    const aud_audience_t *saved, int *new);
static int  bind_saved(binder_t *b, aud_plan_audience_t *audience,
    const aud_node_t *node);


aud_plan_t *
aud_plan_create(aud_generation_t *g, const aud_filter_t *filter, int64_t now,
    int strict, aud_problem_t *problem)
{
    size_t       i, words;
    binder_t     b = { .now = now, .problem = problem, .strict = strict };
    aud_plan_t  *plan;

    problem->status = 0;

    plan = aud_calloc(1, sizeof(aud_plan_t));
    if (plan == NULL) {
        aud_filter_no_memory(problem);
        return NULL;
    }

    plan->generation = aud_generation_retain(g);
    b.plan = plan;

    for (i = 0; i < g->nslices; i++) {
        words = AUD_WORDS(g->slices[i].segment->rows);
        plan->cost += words * WORD_COST;

        if (words > plan->max_words) {
            plan->max_words = words;
        }
    }

    if (filter) {
        plan->root = bind_root(&b, filter);

        if (plan->root == NULL && problem->status == 0) {
            aud_filter_no_memory(problem);
        }
    }

    if (problem->status) {
        aud_plan_free(plan);
        return NULL;
    }

    return plan;
}


void
aud_plan_free(aud_plan_t *plan)
{
    if (plan) {
        aud_generation_release(plan->generation);
        aud_arena_free(&plan->arena);
        aud_free(plan);
    }
}


double
aud_plan_cost(aud_plan_t *plan, int count_only)
{
    aud_bound_t  *root = plan->root;

    if (count_only && root && root->kind == AUD_BOUND_CONDITION) {
        return aud_plan_estimate(plan, root, 1);
    }

    return plan->cost + (root ? aud_plan_estimate(plan, root, 0) : 0);
}


static aud_bound_t *
bind_root(binder_t *b, const aud_filter_t *filter)
{
    aud_bound_t  *root;

    root = bind_node(b, aud_filter_root(filter), 0);

    if (root && b->problem->status == 0) {
        root = aud_plan_simplify(b->plan, root);
    }

    return root;
}


/* NULL where memory is out; what does not fit is in the problem. */
static aud_bound_t *
bind_node(binder_t *b, const aud_node_t *node, unsigned negated)
{
    int           failed;
    aud_bound_t  *bound;

    if (node->kind == AUD_NODE_NOT) {
        return bind_node(b, node->children[0], !negated);
    }

    bound = aud_arena_calloc(&b->plan->arena, 1, sizeof(aud_bound_t));
    if (bound == NULL) {
        return NULL;
    }

    switch (node->kind) {

    case AUD_NODE_CONDITION:
        failed = bind_condition(b, bound, node);
        bound->negated = bound->condition.negated ^ negated;
        break;

    case AUD_NODE_AUDIENCE:
        failed = bind_audience(b, bound, node);
        bound->negated = negated;
        break;

    default:
        failed = bind_group(b, bound, node, negated);
    }

    return failed ? NULL : bound;
}


/* De Morgan: not all of them is any of their opposites. */
static int
bind_group(binder_t *b, aud_bound_t *bound, const aud_node_t *node,
    unsigned negated)
{
    uint32_t  i;

    bound->kind = (node->kind == AUD_NODE_ALL) ^ negated ? AUD_BOUND_ALL
                                                         : AUD_BOUND_ANY;

    bound->children = aud_arena_calloc(&b->plan->arena, node->nchildren,
                                       sizeof(aud_bound_t *));
    if (bound->children == NULL) {
        return -1;
    }

    bound->nchildren = node->nchildren;

    for (i = 0; i < node->nchildren; i++) {
        bound->children[i] = bind_node(b, node->children[i], negated);

        if (bound->children[i] == NULL) {
            return -1;
        }
    }

    return 0;
}


static int
bind_condition(binder_t *b, aud_bound_t *bound, const aud_node_t *node)
{
    aud_plan_t  *plan = b->plan;

    bound->kind = AUD_BOUND_CONDITION;

    bound->codes = aud_arena_calloc(&plan->arena, plan->generation->nslices,
                                    sizeof(aud_codes_t *));
    if (bound->codes == NULL) {
        return -1;
    }

    if (aud_condition_bind(&bound->condition, &plan->arena, plan->generation,
                           node, b->now, b->strict ? b->problem : NULL)
        != 0)
    {
        return -1;
    }

    return 0;
}


const aud_column_t *
aud_plan_column(const aud_plan_t *plan, const aud_bound_t *b, size_t slice)
{
    const aud_column_t   *c;
    const aud_segment_t  *s = plan->generation->slices[slice].segment;

    if (b->condition.field == NULL) {
        return NULL;
    }

    c = aud_segment_column(s, b->condition.field->name);

    return c && c->words && b->condition.in_word ? c->words : c;
}


static int
bind_audience(binder_t *b, aud_bound_t *bound, const aud_node_t *node)
{
    int                    new;
    char                   id[AUD_ID_LEN + 1];
    aud_plan_audience_t   *audience;
    const aud_audience_t  *saved;

    bound->kind = AUD_BOUND_AUDIENCE;

    saved = aud_generation_audience(b->plan->generation, &node->audience);

    if (saved == NULL) {
        if (b->strict) {
            aud_id_format(id, "aud", &node->audience);
            aud_filter_error(b->problem, "unknown-audience", node->pointer,
                             "/audience", "There is no audience %s.", id);
        }

        return 0;
    }

    audience = plan_audience(b, saved, &new);
    if (audience == NULL) {
        return -1;
    }

    audience->uses++;
    bound->audience = audience;

    if (new && b->nested < AUD_PLAN_MAX_NESTED
        && bind_saved(b, audience, node) != 0)
    {
        return -1;
    }

    if (!new && !audience->bound) {
        audience_error(b, node, "audience-cycle",
                       "This audience contains itself, directly or through "
                       "others.");

    } else if (b->nested + audience->height > AUD_PLAN_MAX_NESTED
               || !audience->bound)
    {
        audience->bound = 1;
        audience_error(b, node, "too-deep",
                       "Audiences are nested too deeply in one another.");
    }

    if (b->height && *b->height < audience->height + 1) {
        *b->height = audience->height + 1;
    }

    return 0;
}


/* At the audience that the filter itself names. */
static void
audience_error(binder_t *b, const aud_node_t *node, const char *slug,
    const char *detail)
{
    aud_filter_error(b->problem, slug, b->pointer ? b->pointer : node->pointer,
                     "/audience", "%s", detail);
}


/* The plan's own record of a saved audience, made when it is met first. */
static aud_plan_audience_t *
plan_audience(binder_t *b, const aud_audience_t *saved, int *new)
{
    size_t                 place;
    aud_plan_t            *plan = b->plan;
    aud_plan_audience_t  **found;

    if (plan->audiences == NULL) {
        plan->audiences = aud_arena_calloc(&plan->arena,
                                           plan->generation->naudiences,
                                           sizeof(aud_plan_audience_t *));
        if (plan->audiences == NULL) {
            return NULL;
        }
    }

    place = saved - plan->generation->audiences;
    found = &plan->audiences[place];
    *new = *found == NULL;

    if (*new) {
        *found = aud_arena_calloc(&plan->arena, 1,
                                  sizeof(aud_plan_audience_t));
        if (*found) {
            (*found)->saved = saved;
        }
    }

    return *found;
}


/* Leniently: what was saved may name fields that are gone since. */
static int
bind_saved(binder_t *b, aud_plan_audience_t *audience, const aud_node_t *node)
{
    int            no_memory = 0;
    binder_t       inner = *b;
    aud_filter_t  *filter;

    audience->height = 1;
    filter = aud_saved_filter(audience->saved, &no_memory);

    if (filter) {
        inner.nested = b->nested + 1;
        inner.height = &audience->height;
        inner.strict = 0;
        inner.pointer = b->pointer ? b->pointer : node->pointer;

        audience->root = bind_root(&inner, filter);
        no_memory = audience->root == NULL;

        if (audience->root && b->problem->status == 0) {
            b->plan->cost += aud_plan_estimate(b->plan, audience->root, 0);
        }

        aud_filter_free(filter);

    } else {
        b->plan->cost += audience->saved->nmembers * 0.05
                         + b->plan->max_words * WORD_COST;
    }

    audience->bound = 1;

    return no_memory ? -1 : 0;
}
