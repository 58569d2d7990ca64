#include "aud_plan.h"

/* Microseconds: reading a byte of folded text, looking at one text, joining a
 * word, finding one of several values. */
#define BYTE_COST   0.0002
#define TEXT_COST   0.01
#define WORD_COST   0.0002
#define VALUE_COST  1

#define VALUES_FEW  32


static int    dissolve(aud_plan_t *plan, aud_bound_t *b);
static int    join_alike(aud_plan_t *plan, aud_bound_t *b);
static int    joinable(const aud_bound_t *group, const aud_bound_t *b);
static int    join_leaf(aud_plan_t *plan, aud_bound_t *b, uint32_t first);
static aud_codes_t *joined_codes(aud_plan_t *plan, aud_bound_t *b,
    const aud_column_t *c, size_t slice);
static int    join_codes(aud_plan_t *plan, const aud_column_t *c,
    aud_codes_t *codes, unsigned *negated, const aud_codes_t *next,
    unsigned next_negated);
static double condition_cost(aud_plan_t *plan, aud_bound_t *b,
    const aud_column_t *c, size_t slice, int count_only);


aud_bound_t *
aud_plan_simplify(aud_plan_t *plan, aud_bound_t *b)
{
    uint32_t  i;

    if (b->kind != AUD_BOUND_ALL && b->kind != AUD_BOUND_ANY) {
        return b;
    }

    for (i = 0; i < b->nchildren; i++) {
        b->children[i] = aud_plan_simplify(plan, b->children[i]);

        if (b->children[i] == NULL) {
            return NULL;
        }
    }

    if (dissolve(plan, b) != 0 || join_alike(plan, b) != 0) {
        return NULL;
    }

    return b->nchildren == 1 ? b->children[0] : b;
}


/* Children of groups of the same kind become children of this one. */
static int
dissolve(aud_plan_t *plan, aud_bound_t *b)
{
    uint32_t       i, j, n = 0;
    aud_bound_t   *child, **children;

    for (i = 0; i < b->nchildren; i++) {
        child = b->children[i];
        n += child->kind == b->kind ? child->nchildren : 1;
    }

    children = aud_arena_alloc(&plan->arena, n, sizeof(aud_bound_t *));
    if (children == NULL) {
        return -1;
    }

    for (i = 0, n = 0; i < b->nchildren; i++) {
        child = b->children[i];

        if (child->kind != b->kind) {
            children[n++] = child;
            continue;
        }

        for (j = 0; j < child->nchildren; j++) {
            children[n++] = child->children[j];
        }
    }

    b->children = children;
    b->nchildren = n;

    return 0;
}


static int
join_alike(aud_plan_t *plan, aud_bound_t *b)
{
    uint32_t  i;

    for (i = 0; i < b->nchildren; i++) {
        if (joinable(b, b->children[i]) && join_leaf(plan, b, i) != 0) {
            return -1;
        }
    }

    return 0;
}


/*
 * A condition whose codes are found quickly, as runs of codes.  Where a row has
 * several values, one that is of both sets need not be one value of both, so
 * that only "any of them" and "none of them" are joined.
 */
static int
joinable(const aud_bound_t *group, const aud_bound_t *b)
{
    const aud_condition_t  *c = &b->condition;

    return b->kind == AUD_BOUND_CONDITION && c->field && b->joined == NULL
           && (c->test == AUD_TEST_EXISTS
               || (c->test == AUD_TEST_TARGETS && c->ntargets <= VALUES_FEW))
           && (!c->field->multi
               || b->negated == (group->kind == AUD_BOUND_ALL));
}


/* Gathers the conditions on the field of children[first], if there are more. */
static int
join_leaf(aud_plan_t *plan, aud_bound_t *b, uint32_t first)
{
    uint32_t            i, kept, n = 0;
    aud_bound_t        *leaf, *child, **joined;
    const aud_field_t  *field = b->children[first]->condition.field;

    for (i = first; i < b->nchildren; i++) {
        child = b->children[i];
        n += joinable(b, child) && child->condition.field == field;
    }

    if (n < 2) {
        return 0;
    }

    leaf = aud_arena_calloc(&plan->arena, 1, sizeof(aud_bound_t));
    joined = aud_arena_alloc(&plan->arena, n, sizeof(aud_bound_t *));

    if (leaf == NULL || joined == NULL) {
        return -1;
    }

    leaf->kind = AUD_BOUND_CONDITION;
    leaf->condition.field = field;
    leaf->joined = joined;
    leaf->any = b->kind == AUD_BOUND_ANY;
    leaf->negated = !leaf->any;
    leaf->codes = aud_arena_calloc(&plan->arena, plan->generation->nslices,
                                   sizeof(aud_codes_t *));
    if (leaf->codes == NULL) {
        return -1;
    }

    for (i = kept = first; i < b->nchildren; i++) {
        child = b->children[i];

        if (!joinable(b, child) || child->condition.field != field) {
            b->children[kept++] = child;
            continue;
        }

        if (i == first) {
            b->children[kept++] = leaf;
        }

        joined[leaf->njoined++] = child;

        /* None of them: the opposite of any.  See join_codes(). */
        if (child->negated == leaf->any) {
            leaf->negated = leaf->any;
        }
    }

    b->nchildren = kept;

    return 0;
}


aud_codes_t *
aud_plan_codes(aud_plan_t *plan, aud_bound_t *b, const aud_column_t *c,
    size_t slice)
{
    aud_codes_t  *codes = b->codes[slice];

    if (codes) {
        return codes;
    }

    if (b->joined) {
        codes = joined_codes(plan, b, c, slice);

    } else {
        codes = aud_arena_calloc(&plan->arena, 1, sizeof(aud_codes_t));

        if (codes
            && aud_condition_resolve(&b->condition, &plan->arena, c, codes)
               != 0)
        {
            codes = NULL;
        }
    }

    b->codes[slice] = codes;

    return codes;
}


static aud_codes_t *
joined_codes(aud_plan_t *plan, aud_bound_t *b, const aud_column_t *c,
    size_t slice)
{
    uint32_t      i;
    unsigned      negated = 0;
    aud_bound_t  *next;
    aud_codes_t  *codes, *found;

    codes = aud_arena_calloc(&plan->arena, 1, sizeof(aud_codes_t));
    if (codes == NULL) {
        return NULL;
    }

    for (i = 0; i < b->njoined; i++) {
        next = b->joined[i];
        found = aud_plan_codes(plan, next, c, slice);

        if (found == NULL) {
            return NULL;
        }

        if (i == 0) {
            *codes = *found;
            negated = next->negated ^ b->any;

        } else if (join_codes(plan, c, codes, &negated, found,
                              next->negated ^ b->any)
                   != 0)
        {
            return NULL;
        }
    }

    return codes;
}


/*
 * Both of two sets, each of which may stand for its opposite, as the result
 * does where both do.  "Any" is the opposite of all opposites.
 */
static int
join_codes(aud_plan_t *plan, const aud_column_t *c, aud_codes_t *codes,
    unsigned *negated, const aud_codes_t *next, unsigned next_negated)
{
    int          failed;
    aud_codes_t  out = { .runs = NULL };

    if (*negated && next_negated) {
        failed = aud_codes_join(AUD_BITS_OR, &out, &plan->arena, codes, next);

    } else if (next_negated) {
        failed = aud_codes_join(AUD_BITS_ANDNOT, &out, &plan->arena, codes,
                                next);

    } else if (*negated) {
        failed = aud_codes_join(AUD_BITS_ANDNOT, &out, &plan->arena, next,
                                codes);

    } else {
        failed = aud_codes_join(AUD_BITS_AND, &out, &plan->arena, codes, next);
    }

    if (failed) {
        return -1;
    }

    *negated &= next_negated;
    aud_codes_finish(&out, c);
    *codes = out;

    return 0;
}


double
aud_plan_estimate(aud_plan_t *plan, aud_bound_t *b, int count_only)
{
    size_t               slice;
    double               cost = 0;
    uint32_t             i;
    const aud_column_t  *c;

    if (b->kind != AUD_BOUND_CONDITION) {
        for (i = 0; i < b->nchildren; i++) {
            cost += aud_plan_estimate(plan, b->children[i], 0);
        }

        return cost;
    }

    for (slice = 0; slice < plan->generation->nslices; slice++) {
        c = aud_plan_column(plan, b, slice);

        if (c && c->distinct) {
            cost += condition_cost(plan, b, c, slice, count_only);
        }
    }

    return cost;
}


/* Codes that take a few comparisons are found at once, so that the cost is
 * known well; those that take more are left for the run. */
static double
condition_cost(aud_plan_t *plan, aud_bound_t *b, const aud_column_t *c,
    size_t slice, int count_only)
{
    double        cost = AUD_WORDS(c->rows) * WORD_COST;
    aud_codes_t  *codes;

    if (aud_condition_reads_texts(&b->condition, c)) {
        cost += (c->folded_at[c->distinct] - c->folded_at[0]) * BYTE_COST;

        if (b->condition.test != AUD_TEST_CONTAINS) {
            cost += c->distinct * TEXT_COST;
        }

        return cost;
    }

    if (b->condition.ntargets > VALUES_FEW) {
        return cost + b->condition.ntargets * VALUE_COST;
    }

    codes = aud_plan_codes(plan, b, c, slice);

    if (codes == NULL || codes->nruns == 0) {
        return 0;
    }

    return count_only
           ? aud_rows_count_cost(codes, c, &plan->generation->slices[slice])
           : aud_rows_cost(codes, c);
}
