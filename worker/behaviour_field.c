/*
 * Choosing the categories of a field.
 */

#include <math.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "behaviour_field.h"

/* So many values at most are not rare. */
#define FREQUENT  ((int) (1 / BEHAVIOUR_RARE))

/* Free text: a fifth of its values, and so many, are distinct; of those that
 * are, the mean has so many words or so many characters. */
#define FREE_DISTINCT    0.2
#define FREE_LEAST       20
#define FREE_WORDS       4
#define FREE_CHARACTERS  40
#define FREE_SAMPLE      4096

/* Whole numbers of so many people are numbers of something, such as of
 * customers, where nearly all are distinct. */
#define NUMBERED_PEOPLE    1000
#define NUMBERED_DISTINCT  0.95

/* Dates are told in years where more than so many are over a year ago. */
#define LONG_AGO      0.8
#define DAYS_IN_YEAR  365.2425


typedef struct {
    behaviour_plan_t        *plan;
    const aud_generation_t  *generation;
    const aud_field_t       *field;
    behaviour_values_t       values;
    behaviour_number_t      *numbers;   /* [values.n], of all but text */
    size_t                   nnumbers;
    uint64_t                 least;     /* people of a category */
} choice_t;


static int leave_out(behaviour_plan_t *plan, behaviour_reason_t reason);
static int kept_kind(behaviour_plan_t *plan, aud_kind_t kind);
static int choose(choice_t *choice);
static int choose_texts(choice_t *choice);
static size_t frequent(const choice_t *choice, const behaviour_value_t **best);
static int by_count(const void *a, const void *b, void *arg);
static int too_many(choice_t *choice);
static int is_free_text(const choice_t *choice);
static void measure_text(aud_str_t text, double *words, double *characters);
static int choose_yes_no(choice_t *choice);
static int choose_numbers(choice_t *choice);
static int choose_few_numbers(choice_t *choice);
static int choose_dates(choice_t *choice);
static int read_numbers(choice_t *choice);
static void to_years(choice_t *choice);
static int is_whole(const choice_t *choice);
static int choose_ranges(choice_t *choice, double wall,
    behaviour_category_kind_t kind);
static int add_category(behaviour_plan_t *plan,
    behaviour_category_kind_t kind, uint64_t count);
static int add_value(choice_t *choice, const behaviour_value_t *value);


static const double  recency[] = { -90, -30, 0, 7, 30, 90, 180, 365 };

#define RECENCIES  (sizeof(recency) / sizeof(recency[0]))


int
behaviour_plan(behaviour_plan_t *plan, const aud_generation_t *g,
    const aud_field_t *field, int64_t now)
{
    int       rc;
    choice_t  choice = { .plan = plan, .generation = g, .field = field };

    memset(plan, 0, sizeof(behaviour_plan_t));
    plan->behaviour.name = field->name;
    plan->behaviour.type = field->type;
    plan->behaviour.kind = field->kind;
    plan->other = BEHAVIOUR_MISSING;

    if (!kept_kind(plan, field->kind)) {
        return 0;
    }

    rc = behaviour_values_read(&choice.values, g, field, now);

    if (rc == 0) {
        rc = choose(&choice);
    }

    behaviour_values_free(&choice.values);
    aud_free(choice.numbers);

    return rc;
}


void
behaviour_plan_free(behaviour_plan_t *plan)
{
    aud_free(plan->behaviour.categories);
    aud_free(plan->behaviour.codes);
    memset(plan, 0, sizeof(behaviour_plan_t));
}


/* 0, so that a caller can return it. */
static int
leave_out(behaviour_plan_t *plan, behaviour_reason_t reason)
{
    plan->left_out = 1;
    plan->reason = reason;

    return 0;
}


static int
kept_kind(behaviour_plan_t *plan, aud_kind_t kind)
{
    switch (kind) {

    case AUD_KIND_BEHAVIOUR:
    case AUD_KIND_LABEL:
        return 1;

    case AUD_KIND_IDENTIFIER:
        return leave_out(plan, BEHAVIOUR_IDENTIFIER);

    case AUD_KIND_EXTRA:
        return leave_out(plan, BEHAVIOUR_EXTRA);

    case AUD_KIND_CAMPAIGN:
        return leave_out(plan, BEHAVIOUR_CAMPAIGN);

    default:
        return leave_out(plan, BEHAVIOUR_SYSTEM);
    }
}


static int
choose(choice_t *choice)
{
    double               total = choice->values.total;
    behaviour_plan_t    *plan = choice->plan;

    if (choice->values.n == 0) {
        return leave_out(plan, BEHAVIOUR_EMPTY);
    }

    if (total < BEHAVIOUR_FILLED_PEOPLE
        || total < choice->generation->profiles * BEHAVIOUR_FILLED)
    {
        return leave_out(plan, BEHAVIOUR_TOO_FEW_PEOPLE);
    }

    if (choice->values.n == 1) {
        return leave_out(plan, BEHAVIOUR_ONE_VALUE);
    }

    choice->least = ceil(total * BEHAVIOUR_RARE);

    if (choice->least < BEHAVIOUR_RARE_PEOPLE) {
        choice->least = BEHAVIOUR_RARE_PEOPLE;
    }

    if (choice->field->type == AUD_TYPE_TEXT) {
        return choose_texts(choice);
    }

    if (read_numbers(choice) != 0) {
        return -1;
    }

    switch (choice->field->type) {
    case AUD_TYPE_YES_NO:  return choose_yes_no(choice);
    case AUD_TYPE_DATE:    return choose_dates(choice);
    default:               return choose_numbers(choice);
    }
}


/* ---- texts ---- */

static int
choose_texts(choice_t *choice)
{
    size_t                    i, n;
    uint64_t                  named = 0, rest;
    const behaviour_value_t  *best[FREQUENT];

    if (is_free_text(choice)) {
        return leave_out(choice->plan, BEHAVIOUR_FREE_TEXT);
    }

    n = frequent(choice, best);

    for (i = 0; i < n; i++) {
        named += best[i]->count;
    }

    rest = choice->values.total - named;

    if (n == BEHAVIOUR_CATEGORIES && rest >= choice->least) {
        n--;
        named -= best[n]->count;
        rest += best[n]->count;
    }

    if (named < choice->values.total * BEHAVIOUR_NAMED) {
        return too_many(choice);
    }

    if (n + (rest >= choice->least) < 2) {
        return leave_out(choice->plan, BEHAVIOUR_NEARLY_ONE_VALUE);
    }

    for (i = 0; i < n; i++) {
        if (add_value(choice, best[i]) != 0) {
            return -1;
        }
    }

    if (rest >= choice->least) {
        choice->plan->other = n;
        return add_category(choice->plan, BEHAVIOUR_OTHER, rest);
    }

    return 0;
}


/* Those that are not rare, by descending count, then by text; at most as many
 * as there may be categories. */
static size_t
frequent(const choice_t *choice, const behaviour_value_t **best)
{
    size_t  i, n = 0;

    for (i = 0; i < choice->values.n; i++) {
        if (choice->values.items[i].count >= choice->least) {
            best[n++] = &choice->values.items[i];
        }
    }

    qsort_r(best, n, sizeof(best[0]), by_count, (void *) choice);

    return n < BEHAVIOUR_CATEGORIES ? n : BEHAVIOUR_CATEGORIES;
}


static int
by_count(const void *a, const void *b, void *arg)
{
    const choice_t           *choice = arg;
    const behaviour_value_t  *x = *(behaviour_value_t *const *) a;
    const behaviour_value_t  *y = *(behaviour_value_t *const *) b;

    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }

    return aud_str_compare(
               behaviour_value_text(x, choice->generation, choice->field),
               behaviour_value_text(y, choice->generation, choice->field));
}


static int
too_many(choice_t *choice)
{
    return leave_out(choice->plan, choice->values.n == choice->values.total
                                   ? BEHAVIOUR_ALL_DISTINCT
                                   : BEHAVIOUR_TOO_MANY_VALUES);
}


static int
is_free_text(const choice_t *choice)
{
    double                     words = 0, characters = 0, n = 0;
    size_t                     i, step;
    const behaviour_values_t  *values = &choice->values;

    if (values->n < FREE_LEAST || values->n < values->total * FREE_DISTINCT) {
        return 0;
    }

    step = (values->n + FREE_SAMPLE - 1) / FREE_SAMPLE;

    for (i = 0; i < values->n; i += step, n++) {
        measure_text(behaviour_value_text(&values->items[i],
                                          choice->generation, choice->field),
                     &words, &characters);
    }

    return words >= n * FREE_WORDS || characters >= n * FREE_CHARACTERS;
}


static void
measure_text(aud_str_t text, double *words, double *characters)
{
    size_t  i;
    int     blank, was_blank = 1;

    for (i = 0; i < text.len; i++) {
        blank = text.data[i] == ' ' || (text.data[i] >= '\t'
                                        && text.data[i] <= '\r');
        *words += was_blank && !blank;
        *characters += (text.data[i] & 0xc0) != 0x80;
        was_blank = blank;
    }
}


/* ---- yes/no ---- */

static int
choose_yes_no(choice_t *choice)
{
    const behaviour_value_t  *no = &choice->values.items[0];
    const behaviour_value_t  *yes = &choice->values.items[1];

    if (yes->count < choice->least || no->count < choice->least) {
        return leave_out(choice->plan, BEHAVIOUR_NEARLY_ONE_VALUE);
    }

    if (add_value(choice, yes) != 0 || add_value(choice, no) != 0) {
        return -1;
    }

    choice->plan->behaviour.categories[0].yes = 1;

    return 0;
}


/* ---- numbers ---- */

static int
choose_numbers(choice_t *choice)
{
    size_t                     i;
    behaviour_plan_t          *plan = choice->plan;
    const behaviour_values_t  *values = &choice->values;

    plan->behaviour.whole = is_whole(choice);

    if (plan->behaviour.whole
        && (values->n == values->total
            || (values->total >= NUMBERED_PEOPLE
                && values->n >= values->total * NUMBERED_DISTINCT)))
    {
        return leave_out(plan, BEHAVIOUR_ALL_DISTINCT);
    }

    for (i = 0; i < values->n && values->n <= BEHAVIOUR_RANGES; i++) {
        if (values->items[i].count < choice->least) {
            break;
        }
    }

    if (i == values->n) {
        return choose_few_numbers(choice);
    }

    plan->nbounds = behaviour_bounds(choice->numbers, choice->nnumbers,
                                     plan->behaviour.whole, BEHAVIOUR_RANGES,
                                     plan->bounds);

    return choose_ranges(choice, NAN, BEHAVIOUR_RANGE);
}


static int
choose_few_numbers(choice_t *choice)
{
    size_t  i;

    for (i = 0; i < choice->values.n; i++) {
        if (add_value(choice, &choice->values.items[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


/* ---- dates ---- */

static int
choose_dates(choice_t *choice)
{
    size_t             i;
    uint64_t           long_ago = 0;
    behaviour_plan_t  *plan = choice->plan;

    for (i = 0; i < choice->nnumbers; i++) {
        if (choice->numbers[i].number >= 365) {
            long_ago += choice->numbers[i].count;
        }
    }

    if (long_ago > choice->values.total * LONG_AGO) {
        to_years(choice);
        plan->behaviour.years = 1;
        plan->behaviour.whole = 1;
        plan->nbounds = behaviour_bounds(choice->numbers, choice->nnumbers, 1,
                                         BEHAVIOUR_RANGES, plan->bounds);

        return choose_ranges(choice, NAN, BEHAVIOUR_RANGE);
    }

    memcpy(plan->bounds, recency, sizeof(recency));
    plan->nbounds = RECENCIES;

    return choose_ranges(choice, 0, BEHAVIOUR_RECENCY);
}


static int
read_numbers(choice_t *choice)
{
    size_t  i;

    choice->nnumbers = choice->values.n;
    choice->numbers = aud_malloc(choice->nnumbers * sizeof(behaviour_number_t));

    if (choice->numbers == NULL) {
        return -1;
    }

    for (i = 0; i < choice->nnumbers; i++) {
        choice->numbers[i] = (behaviour_number_t) {
            behaviour_key_number(choice->values.items[i].key),
            choice->values.items[i].count
        };
    }

    return 0;
}


static void
to_years(choice_t *choice)
{
    size_t               i, n = 0;
    double               years;
    behaviour_number_t  *numbers = choice->numbers;

    for (i = 0; i < choice->nnumbers; i++) {
        years = floor(numbers[i].number / DAYS_IN_YEAR);

        if (n && numbers[n - 1].number == years) {
            numbers[n - 1].count += numbers[i].count;

        } else {
            numbers[n++] = (behaviour_number_t) { years, numbers[i].count };
        }
    }

    choice->nnumbers = n;
}


static int
is_whole(const choice_t *choice)
{
    size_t  i;

    for (i = 0; i < choice->nnumbers; i++) {
        if (choice->numbers[i].number != floor(choice->numbers[i].number)) {
            return 0;
        }
    }

    return 1;
}


static int
choose_ranges(choice_t *choice, double wall, behaviour_category_kind_t kind)
{
    size_t                 i;
    uint64_t               counts[BEHAVIOUR_BOUNDS + 1];
    behaviour_plan_t      *plan = choice->plan;
    behaviour_category_t  *category;

    behaviour_bounds_count(choice->numbers, choice->nnumbers, plan->bounds,
                           plan->nbounds, counts);
    plan->nbounds = behaviour_bounds_join(plan->bounds, plan->nbounds, counts,
                                          choice->least, wall);

    if (plan->nbounds == 0) {
        return leave_out(plan, BEHAVIOUR_NEARLY_ONE_VALUE);
    }

    for (i = 0; i <= plan->nbounds; i++) {
        if (add_category(plan, kind, counts[i]) != 0) {
            return -1;
        }

        category = &plan->behaviour.categories[i];
        category->from = i ? plan->bounds[i - 1] : -INFINITY;
        category->to = i < plan->nbounds ? plan->bounds[i] : INFINITY;
    }

    return 0;
}


/* ---- categories ---- */

static int
add_category(behaviour_plan_t *plan, behaviour_category_kind_t kind,
    uint64_t count)
{
    behaviour_t  *b = &plan->behaviour;

    if (b->categories == NULL) {
        b->categories = aud_calloc(BEHAVIOUR_CATEGORIES,
                                   sizeof(behaviour_category_t));
        if (b->categories == NULL) {
            return -1;
        }
    }

    b->categories[b->ncategories].kind = kind;
    b->categories[b->ncategories++].count = count;
    b->filled += count;

    return 0;
}


static int
add_value(choice_t *choice, const behaviour_value_t *value)
{
    behaviour_t           *b = &choice->plan->behaviour;
    behaviour_category_t  *category;

    if (add_category(choice->plan, BEHAVIOUR_VALUE, value->count) != 0) {
        return -1;
    }

    category = &b->categories[b->ncategories - 1];
    category->text = behaviour_value_text(value, choice->generation,
                                          choice->field);
    choice->plan->keys[b->ncategories - 1] = value->key;

    return 0;
}


uint8_t
behaviour_plan_category(const behaviour_plan_t *plan, const aud_column_t *c,
    uint32_t code, int64_t now)
{
    double    number;
    uint32_t  i;
    uint64_t  key;

    if (!behaviour_is_value(c, code)) {
        return BEHAVIOUR_MISSING;
    }

    key = behaviour_key(c, code, now);

    if (plan->nbounds) {
        number = behaviour_key_number(key);

        if (plan->behaviour.years) {
            number = floor(number / DAYS_IN_YEAR);
        }

        return behaviour_range_of(plan->bounds, plan->nbounds, number);
    }

    for (i = 0; i < plan->behaviour.ncategories; i++) {
        if (plan->keys[i] == key) {
            return i;
        }
    }

    return plan->other;
}
