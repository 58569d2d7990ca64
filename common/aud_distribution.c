/*
 * POST /v1/distribution: the values of a field among the people that a filter
 * matches, against those of everybody.
 *
 *   text            its values, those first that most people inside have
 *   yes or no       the two
 *   numbers         their values in ascending order where these are few,
 *   numbers, dates  else ranges (aud_ranges.h), which follow from everybody:
 *                   they stay as they are while a filter is being changed
 */

#include "aud_clock.h"
#include "aud_distribution.h"

#define LIMIT_DEFAULT  20
#define LIMIT_MAX      200


static void request_read(aud_distribution_t *d, aud_problem_t *problem);
static void field_read(aud_distribution_t *d, aud_problem_t *problem);
static int  count(aud_distribution_t *d);
static int  list_best(aud_distribution_t *d);
static int  better(const aud_spread_value_t *a, const aud_spread_value_t *b);
static int  list_typed(aud_distribution_t *d);
static void survey(aud_distribution_t *d);
static void survey_marks(aud_distribution_t *d);
static int  count_others(aud_distribution_t *d);
static int  count_others_of(aud_distribution_t *d,
    const aud_spread_part_t *part);


aud_distribution_t *
aud_distribution_create(aud_generation_t *g, aud_str_t body, int64_t now,
    aud_problem_t *problem)
{
    aud_arena_t          arena = { 0 };
    aud_filter_t        *filter;
    aud_distribution_t  *d;

    problem->status = 0;

    d = aud_arena_calloc(&arena, 1, sizeof(aud_distribution_t));
    if (d == NULL) {
        aud_filter_no_memory(problem);
        return NULL;
    }

    d->arena = arena;
    d->started = aud_ticks();
    d->generation = aud_generation_retain(g);

    d->request = aud_json_read_tree(&d->arena, body, AUD_FILTER_MAX_BYTES,
                                    problem);

    if (d->request) {
        request_read(d, problem);
        d->plan = aud_query_plan(g, &d->arena, d->request, now, &filter,
                                 problem);
    }

    if (problem->status) {
        aud_distribution_free(d);
        return NULL;
    }

    return d;
}


void
aud_distribution_free(aud_distribution_t *d)
{
    aud_arena_t  arena;

    if (d) {
        aud_plan_free(d->plan);
        aud_generation_release(d->generation);

        arena = d->arena;
        aud_arena_free(&arena);
    }
}


double
aud_distribution_cost(const aud_distribution_t *d)
{
    return aud_plan_cost(d->plan, 0)
           + aud_spread_cost(d->generation, d->field);
}


static void
request_read(aud_distribution_t *d, aud_problem_t *problem)
{
    static const aud_str_t  members[] = {
        AUD_STR("filter"), AUD_STR("field"), AUD_STR("limit")
    };

    aud_query_members(d->request, members, sizeof(members) / sizeof(*members),
                      "A distribution has \"filter\", \"field\" and "
                      "\"limit\", nothing else.", problem);

    d->limit = LIMIT_DEFAULT;
    aud_query_limit(d->request, 1, LIMIT_MAX, &d->limit, problem);
    field_read(d, problem);
}


static void
field_read(aud_distribution_t *d, aud_problem_t *problem)
{
    aud_quoted_t       quoted;
    const aud_json_t  *name = aud_json_get(d->request, "field");

    if (!aud_json_is(name, AUD_JSON_TEXT)) {
        aud_query_error(problem, "bad-value", "/field",
                        "\"field\" is the name of a field.");
        return;
    }

    d->field = aud_generation_field(d->generation, name->text);

    if (d->field == NULL) {
        aud_query_error(problem, "unknown-field", "/field",
                        "There is no field \"%s\".",
                        aud_quote(&quoted, name->text));
    }
}


int
aud_distribution_run(aud_distribution_t *d, aud_buffer_t *out)
{
    if (aud_plan_run(d->plan) != 0
        || aud_spread_count(&d->spread, &d->arena, d->generation, d->field,
                            d->plan)
           != 0)
    {
        return -1;
    }

    if (count(d) != 0 || count_others(d) != 0) {
        return -1;
    }

    aud_distribution_json(d, out);

    return out->failed ? -1 : 0;
}


static int
count(aud_distribution_t *d)
{
    if (d->field->type == AUD_TYPE_TEXT) {
        return list_best(d);
    }

    survey(d);

    return d->field->type == AUD_TYPE_DATE
           || (d->field->type == AUD_TYPE_NUMBER && d->typed > d->limit)
           ? aud_distribution_ranges(d) : list_typed(d);
}


/* How many values there are, and among those that fit the type the first and
 * the last. */
static void
survey(aud_distribution_t *d)
{
    aud_spread_value_t  v;

    d->whole = 1;
    aud_spread_begin(&d->spread);

    while (aud_spread_next(&d->spread, &v)) {
        d->distinct++;

        if (!aud_spread_typed(&v)) {
            continue;
        }

        if (d->typed++ == 0) {
            d->marks[AUD_MARK_LEAST] = v;
        }

        d->marks[AUD_MARK_GREATEST] = v;
        d->people += v.base;

        if (v.column->numbers) {
            d->whole &= v.column->numbers[v.code]
                        == (int64_t) v.column->numbers[v.code];
        }
    }

    if (d->typed > 0) {
        survey_marks(d);
    }
}


static void
survey_marks(aud_distribution_t *d)
{
    uint64_t            before = 0;
    aud_spread_value_t  v;

    aud_spread_begin(&d->spread);

    while (aud_spread_next(&d->spread, &v) && aud_spread_typed(&v)) {

        if (before * 100 < d->people) {
            d->marks[AUD_MARK_LOW] = v;
        }

        d->marks[AUD_MARK_HIGH] = v;
        before += v.base;

        if (before * 100 >= d->people * 99) {
            break;
        }
    }
}


/* In order; the walk has those that are alike in the order of their texts. */
static int
list_best(aud_distribution_t *d)
{
    size_t              i;
    aud_spread_value_t  v;

    d->values = aud_arena_alloc(&d->arena, d->limit + 1,
                                sizeof(aud_spread_value_t));
    if (d->values == NULL) {
        return -1;
    }

    aud_spread_begin(&d->spread);

    while (aud_spread_next(&d->spread, &v)) {
        d->distinct++;

        if (d->n == d->limit && !better(&v, &d->values[d->n - 1])) {
            continue;
        }

        /* there is a place to spare for what falls off */

        for (i = d->n; i && better(&v, &d->values[i - 1]); i--) {
            d->values[i] = d->values[i - 1];
        }

        d->values[i] = v;
        d->n += d->n < d->limit;
    }

    return 0;
}


static int
better(const aud_spread_value_t *a, const aud_spread_value_t *b)
{
    return a->inside != b->inside ? a->inside > b->inside : a->base > b->base;
}


/* All that fit the type. */
static int
list_typed(aud_distribution_t *d)
{
    aud_spread_value_t  v;

    d->values = aud_arena_alloc(&d->arena, d->typed + 1,
                                sizeof(aud_spread_value_t));
    if (d->values == NULL) {
        return -1;
    }

    aud_spread_begin(&d->spread);

    while (aud_spread_next(&d->spread, &v) && aud_spread_typed(&v)) {
        d->values[d->n++] = v;
    }

    return 0;
}


/* Who has a value that is neither listed nor in a range.  Of several values of
 * a person one is enough. */
static int
count_others(aud_distribution_t *d)
{
    size_t  i;

    d->others.values = d->distinct - (d->ranged ? d->typed : d->n);

    if (d->field->multi) {
        for (i = 0; i < d->spread.n && d->others.values; i++) {
            if (count_others_of(d, &d->spread.parts[i]) != 0) {
                return -1;
            }
        }

        return 0;
    }

    d->others.base = d->spread.base;
    d->others.inside = d->spread.inside;

    for (i = 0; i < d->n; i++) {
        d->others.base -= d->ranged ? d->ranges[i].base : d->values[i].base;
        d->others.inside -= d->ranged ? d->ranges[i].inside
                                      : d->values[i].inside;
    }

    return 0;
}


static int
count_others_of(aud_distribution_t *d, const aud_spread_part_t *part)
{
    size_t               i;
    uint32_t             code, base = 0, inside = 0, *group;
    const aud_column_t  *c = part->set.column;

    group = aud_arena_calloc(&d->arena, c->distinct, sizeof(uint32_t));
    if (group == NULL) {
        return -1;
    }

    for (code = 0; d->ranged && code < c->typed; code++) {
        group[code] = AUD_NO_CODE;
    }

    for (i = 0; !d->ranged && i < d->n; i++) {
        aud_spread_group(part, &d->values[i], group, AUD_NO_CODE);
    }

    aud_counts_grouped(part->set.slice, c, NULL, group, &base);
    aud_counts_grouped(part->set.slice, c, part->rows, group, &inside);

    d->others.base += base;
    d->others.inside += inside;

    return 0;
}
