#include <math.h>
#include <stdio.h>

#include "aud_clock.h"
#include "aud_condition.h"
#include "aud_filter_read.h"
#include "aud_text.h"


typedef struct {
    aud_arena_t       *arena;
    const aud_node_t  *node;
    aud_problem_t     *problem;
    int64_t            now;
    unsigned           misfit:1;    /* matches nobody */
    unsigned           no_memory:1;
} binder_t;


static aud_op_t positive(aud_op_t op, unsigned *negated);
static void unknown_field(const aud_node_t *node, const aud_generation_t *g,
    aud_problem_t *problem);
static void bind_test(binder_t *b, aud_condition_t *c, aud_op_t op);
static int  in_word(aud_str_t text);
static void bind_equals(binder_t *b, aud_condition_t *c);
static void equals_target(binder_t *b, const aud_field_t *field,
    const aud_operand_t *operand, aud_target_t *target);
static void bind_range(binder_t *b, aud_condition_t *c, aud_op_t op);
static void number_range(binder_t *b, aud_op_t op, aud_target_t *target);
static void date_range(binder_t *b, aud_op_t op, aud_target_t *target);
static void read_number(binder_t *b, unsigned i, double *value);
static void read_days(binder_t *b, unsigned i, int64_t *from, int64_t *to);
static int  date_span(aud_str_t text, int64_t *from, int64_t *to);
static void misfit(binder_t *b, const aud_field_t *field);
static aud_str_t fold(binder_t *b, aud_str_t text);


int
aud_condition_bind(aud_condition_t *condition, aud_arena_t *arena,
    const aud_generation_t *g, const aud_node_t *node, int64_t now,
    aud_problem_t *problem)
{
    aud_op_t  op;
    unsigned  negated;
    binder_t  b = { .arena = arena, .node = node, .problem = problem,
                    .now = now };

    memset(condition, 0, sizeof(*condition));

    op = positive(node->op, &negated);
    condition->negated = negated;
    condition->field = aud_generation_field(g, node->field);

    if (condition->field == NULL) {
        if (problem) {
            unknown_field(node, g, problem);
        }

        return 0;
    }

    bind_test(&b, condition, op);

    if (b.misfit) {
        condition->test = AUD_TEST_NOTHING;
        condition->negated = 0;
    }

    return b.no_memory ? -1 : 0;
}


static aud_op_t
positive(aud_op_t op, unsigned *negated)
{
    *negated = 1;

    switch (op) {
    case AUD_OP_NOT_CONTAINS:     return AUD_OP_CONTAINS;
    case AUD_OP_NOT_EXISTS:       return AUD_OP_EXISTS;
    case AUD_OP_NOT_EQUALS:       return AUD_OP_EQUALS;
    case AUD_OP_NOT_STARTS_WITH:  return AUD_OP_STARTS_WITH;
    case AUD_OP_NOT_WITHIN_LAST:  return AUD_OP_WITHIN_LAST;
    default:                      *negated = 0;
                                  return op;
    }
}


/* Suggests the field whose name differs in case or accents only. */
static void
unknown_field(const aud_node_t *node, const aud_generation_t *g,
    aud_problem_t *problem)
{
    size_t                i, len;
    aud_quoted_t          q;
    aud_buffer_t          wanted = { 0 }, name = { 0 };
    aud_problem_error_t  *e;

    e = aud_filter_error(problem, "unknown-field", node->pointer, "/field",
                         "There is no field \"%s\".",
                         aud_quote(&q, node->field));

    aud_fold(&wanted, aud_trim(node->field));

    for (i = 0; i < g->nfields && !wanted.failed && !name.failed; i++) {
        name.len = 0;
        aud_fold(&name, g->fields[i].name);
        len = g->fields[i].name.len;

        if (aud_str_equal(aud_buffer_str(&name), aud_buffer_str(&wanted))
            && len < sizeof(e->suggestion))
        {
            memcpy(e->suggestion, g->fields[i].name.data, len);
            e->suggestion[len] = '\0';
            break;
        }
    }

    aud_buffer_free(&wanted);
    aud_buffer_free(&name);
}


static void
bind_test(binder_t *b, aud_condition_t *c, aud_op_t op)
{
    switch (op) {

    case AUD_OP_EXISTS:
        c->test = AUD_TEST_EXISTS;
        break;

    case AUD_OP_CONTAINS:
        c->test = AUD_TEST_CONTAINS;
        c->folded = fold(b, b->node->operands[0].text);
        c->in_word = in_word(c->folded);
        break;

    case AUD_OP_STARTS_WITH:
        c->test = AUD_TEST_STARTS_WITH;
        c->folded = fold(b, b->node->operands[0].text);
        break;

    case AUD_OP_ENDS_WITH:
        c->test = AUD_TEST_ENDS_WITH;
        c->folded = fold(b, b->node->operands[0].text);
        break;

    case AUD_OP_EQUALS:
    case AUD_OP_IN:
        c->test = AUD_TEST_TARGETS;
        bind_equals(b, c);
        break;

    default:
        c->test = AUD_TEST_TARGETS;
        bind_range(b, c, op);
    }
}


static int
in_word(aud_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len && aud_word_byte(text.data[i]); i++) {
        /* void */
    }

    return i > 0 && i == text.len;
}


static void
bind_equals(binder_t *b, aud_condition_t *c)
{
    uint32_t  i;

    c->targets = aud_arena_calloc(b->arena, b->node->noperands,
                                  sizeof(aud_target_t));
    if (c->targets == NULL) {
        b->no_memory = 1;
        return;
    }

    c->ntargets = b->node->noperands;

    for (i = 0; i < c->ntargets; i++) {
        equals_target(b, c->field, &b->node->operands[i], &c->targets[i]);
    }
}


/* An operand that is no value of the field's type is compared as text, with
 * the values that are none either. */
static void
equals_target(binder_t *b, const aud_field_t *field,
    const aud_operand_t *operand, aud_target_t *target)
{
    int     yes;
    double  number;

    if (field->type == AUD_TYPE_DATE
        && date_span(operand->text, &target->date_from, &target->date_to) == 0)
    {
        target->kind = AUD_TARGET_DATES;
        return;
    }

    if (field->type == AUD_TYPE_YES_NO
        && aud_yes_no_parse(operand->text, &yes) == 0)
    {
        target->kind = AUD_TARGET_NUMBERS;
        target->number_from = target->number_to = yes;
        return;
    }

    if (field->type == AUD_TYPE_NUMBER) {
        number = operand->number;

        if (operand->is_number
            || aud_number_parse(operand->text, &number) == 0)
        {
            target->kind = AUD_TARGET_NUMBERS;
            target->number_from = target->number_to = number;
            return;
        }
    }

    target->kind = AUD_TARGET_TEXT;
    target->folded = fold(b, operand->text);
}


static void
bind_range(binder_t *b, aud_condition_t *c, aud_op_t op)
{
    int  any_order;

    any_order = op == AUD_OP_GREATER_THAN || op == AUD_OP_LESS_THAN
                || op == AUD_OP_BETWEEN;

    if (c->field->type != AUD_TYPE_DATE
        && !(any_order && c->field->type == AUD_TYPE_NUMBER))
    {
        misfit(b, c->field);
        return;
    }

    c->targets = aud_arena_calloc(b->arena, 1, sizeof(aud_target_t));
    if (c->targets == NULL) {
        b->no_memory = 1;
        return;
    }

    c->ntargets = 1;

    if (c->field->type == AUD_TYPE_DATE) {
        date_range(b, op, c->targets);

    } else {
        number_range(b, op, c->targets);
    }
}


static void
number_range(binder_t *b, aud_op_t op, aud_target_t *target)
{
    double  v = 0, last = 0;

    read_number(b, 0, &v);

    if (op == AUD_OP_BETWEEN) {
        read_number(b, 1, &last);
    }

    target->kind = AUD_TARGET_NUMBERS;
    target->number_from = -INFINITY;
    target->number_to = INFINITY;

    switch (op) {

    case AUD_OP_GREATER_THAN:
        target->number_from = nextafter(v, INFINITY);
        break;

    case AUD_OP_LESS_THAN:
        target->number_to = nextafter(v, -INFINITY);
        break;

    default:
        target->number_from = v;
        target->number_to = last;
    }
}


static void
date_range(binder_t *b, aud_op_t op, aud_target_t *target)
{
    int64_t  from = 0, to = 0, first = 0, last = 0;

    target->kind = AUD_TARGET_DATES;
    target->date_from = INT64_MIN;
    target->date_to = INT64_MAX;

    if (op == AUD_OP_WITHIN_LAST) {
        target->date_from = b->now + 1
                            - (int64_t) b->node->operands[0].number * AUD_DAY;
        target->date_to = b->now;
        return;
    }

    read_days(b, 0, &from, &to);

    if (op == AUD_OP_BETWEEN) {
        read_days(b, 1, &first, &last);
    }

    switch (op) {

    case AUD_OP_GREATER_THAN:
    case AUD_OP_AFTER:
        target->date_from = to + 1;
        break;

    case AUD_OP_LESS_THAN:
    case AUD_OP_BEFORE:
        target->date_to = from - 1;
        break;

    default:
        target->date_from = from;
        target->date_to = last;
    }
}


/* What cannot be read makes the condition a misfit. */
static void
read_number(binder_t *b, unsigned i, double *value)
{
    char                  suffix[32];
    aud_quoted_t          q, field;
    const aud_operand_t  *operand = &b->node->operands[i];

    *value = operand->number;

    if (operand->is_number || aud_number_parse(operand->text, value) == 0) {
        return;
    }

    b->misfit = 1;

    if (b->problem) {
        snprintf(suffix, sizeof(suffix),
                 b->node->noperands > 1 ? "/value/%u" : "/value", i);
        aud_filter_error(b->problem, "bad-value", b->node->pointer, suffix,
                         "\"%s\" is not a number; the field \"%s\" holds "
                         "numbers.", aud_quote(&q, operand->text),
                         aud_quote(&field, b->node->field));
    }
}


static void
read_days(binder_t *b, unsigned i, int64_t *from, int64_t *to)
{
    char                  suffix[32];
    aud_quoted_t          q, field;
    const aud_operand_t  *operand = &b->node->operands[i];

    if (date_span(operand->text, from, to) == 0) {
        return;
    }

    b->misfit = 1;

    if (b->problem) {
        snprintf(suffix, sizeof(suffix),
                 b->node->noperands > 1 ? "/value/%u" : "/value", i);
        aud_filter_error(b->problem, "bad-value", b->node->pointer, suffix,
                         "\"%s\" is not a date, such as 2025-12-31 or "
                         "31/12/2025; the field \"%s\" holds dates.",
                         aud_quote(&q, operand->text),
                         aud_quote(&field, b->node->field));
    }
}


/* An instant, or the whole day in UTC where no time was given. */
static int
date_span(aud_str_t text, int64_t *from, int64_t *to)
{
    int  date_only;

    if (aud_date_parse(text, from, &date_only) != 0) {
        return -1;
    }

    *to = date_only ? *from + AUD_DAY - 1 : *from;

    return 0;
}


static void
misfit(binder_t *b, const aud_field_t *field)
{
    aud_quoted_t              q;
    const char               *needs;
    static const char *const  holds[AUD_TYPE_COUNT] = {
        "text", "numbers", "dates", "yes or no"
    };

    b->misfit = 1;

    if (b->problem == NULL) {
        return;
    }

    switch (b->node->op) {
    case AUD_OP_GREATER_THAN:
    case AUD_OP_LESS_THAN:
    case AUD_OP_BETWEEN:
        needs = "a field of numbers or dates";
        break;
    default:
        needs = "a field of dates";
    }

    aud_filter_error(b->problem, "operator-does-not-fit", b->node->pointer,
                     "/op", "\"%s\" needs %s; the field \"%s\" holds %s.",
                     aud_op_name(b->node->op), needs,
                     aud_quote(&q, field->name), holds[field->type]);
}


static aud_str_t
fold(binder_t *b, aud_str_t text)
{
    aud_str_t     folded = { "", 0 };
    aud_buffer_t  buffer = { 0 };

    aud_fold(&buffer, text);

    if (buffer.failed
        || aud_arena_copy(b->arena, aud_buffer_str(&buffer), &folded) != 0)
    {
        b->no_memory = 1;
    }

    aud_buffer_free(&buffer);

    return folded;
}
