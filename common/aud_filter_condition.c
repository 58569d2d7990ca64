#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_filter_read.h"

#define IN_MAX    1000
#define DAYS_MAX  36500

#define NUMBER_TEXT  64


typedef enum { OPERANDS_NONE, OPERANDS_ONE, OPERANDS_TWO, OPERANDS_MANY,
               OPERANDS_DAYS } operands_t;

typedef struct {
    aud_str_t   name;
    operands_t  operands;
} operator_t;


static const operator_t  operators[AUD_OP_COUNT] = {
    [AUD_OP_CONTAINS]         = { AUD_STR("contains"), OPERANDS_ONE },
    [AUD_OP_NOT_CONTAINS]     = { AUD_STR("not_contains"), OPERANDS_ONE },
    [AUD_OP_EXISTS]           = { AUD_STR("exists"), OPERANDS_NONE },
    [AUD_OP_NOT_EXISTS]       = { AUD_STR("not_exists"), OPERANDS_NONE },
    [AUD_OP_EQUALS]           = { AUD_STR("equals"), OPERANDS_ONE },
    [AUD_OP_NOT_EQUALS]       = { AUD_STR("not_equals"), OPERANDS_ONE },
    [AUD_OP_STARTS_WITH]      = { AUD_STR("starts_with"), OPERANDS_ONE },
    [AUD_OP_NOT_STARTS_WITH]  = { AUD_STR("not_starts_with"), OPERANDS_ONE },
    [AUD_OP_ENDS_WITH]        = { AUD_STR("ends_with"), OPERANDS_ONE },
    [AUD_OP_GREATER_THAN]     = { AUD_STR("greater_than"), OPERANDS_ONE },
    [AUD_OP_LESS_THAN]        = { AUD_STR("less_than"), OPERANDS_ONE },
    [AUD_OP_BETWEEN]          = { AUD_STR("between"), OPERANDS_TWO },
    [AUD_OP_IN]               = { AUD_STR("in"), OPERANDS_MANY },
    [AUD_OP_BEFORE]           = { AUD_STR("before"), OPERANDS_ONE },
    [AUD_OP_AFTER]            = { AUD_STR("after"), OPERANDS_ONE },
    [AUD_OP_WITHIN_LAST]      = { AUD_STR("within_last"), OPERANDS_DAYS },
    [AUD_OP_NOT_WITHIN_LAST]  = { AUD_STR("not_within_last"), OPERANDS_DAYS },
};


static void field_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json);
static int  operator_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json);
static void value_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json);
static void list_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *value, size_t min, size_t max);
static void days_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *value);
static void operand_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *value);
static void operand_error(aud_filter_reader_t *r, const aud_node_t *node,
    const aud_json_t *value);
static size_t number_text(char *out, const aud_json_t *value);
static size_t integer_text(char *out, int64_t value);
static size_t real_text(char *out, double value);


const char *
aud_op_name(aud_op_t op)
{
    return (unsigned) op < AUD_OP_COUNT ? operators[op].name.data : "";
}


void
aud_filter_read_condition(aud_filter_reader_t *r, aud_node_t *node,
    const aud_filter_members_t *m)
{
    aud_filter_check_members(r, node, m, AUD_MEMBER_FIELD, 3);
    r->conditions++;

    field_read(r, node, m->of[AUD_MEMBER_FIELD]);

    if (operator_read(r, node, m->of[AUD_MEMBER_OP]) == 0) {
        value_read(r, node, m->of[AUD_MEMBER_VALUE]);
    }
}


static void
field_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *json)
{
    if (!aud_json_is(json, AUD_JSON_TEXT)) {
        aud_filter_error(r->problem, "unknown-field", node->pointer,
                         json ? "/field" : "",
                         "A condition needs \"field\", the name of a field.");
        return;
    }

    if (aud_arena_copy(r->arena, json->text, &node->field) != 0) {
        r->no_memory = 1;
    }
}


static int
operator_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *json)
{
    int           i;
    aud_quoted_t  q;

    if (!aud_json_is(json, AUD_JSON_TEXT)) {
        aud_filter_error(r->problem, "unknown-operator", node->pointer,
                         json ? "/op" : "", "A condition needs \"op\", an "
                         "operator such as \"equals\" or \"contains\".");
        return -1;
    }

    for (i = 0; i < AUD_OP_COUNT; i++) {
        if (aud_str_equal(json->text, operators[i].name)) {
            node->op = i;
            return 0;
        }
    }

    aud_filter_error(r->problem, "unknown-operator", node->pointer, "/op",
                     "There is no operator \"%s\".",
                     aud_quote(&q, json->text));
    return -1;
}


static void
value_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *json)
{
    const operator_t  *op = &operators[node->op];

    if (op->operands == OPERANDS_NONE) {
        if (json) {
            aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                             "\"%s\" takes no value.", op->name.data);
        }

        return;
    }

    if (json == NULL) {
        aud_filter_error(r->problem, "bad-value", node->pointer, "",
                         "\"%s\" needs a value.", op->name.data);
        return;
    }

    switch (op->operands) {

    case OPERANDS_TWO:
        list_read(r, node, json, 2, 2);
        break;

    case OPERANDS_MANY:
        list_read(r, node, json, 1, IN_MAX);
        break;

    case OPERANDS_DAYS:
        days_read(r, node, json);
        break;

    default:
        node->operands = aud_arena_calloc(r->arena, 1, sizeof(aud_operand_t));
        operand_read(r, node, json);
    }
}


static void
list_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *value,
    size_t min, size_t max)
{
    const aud_json_t  *operand;

    if (value->type != AUD_JSON_LIST || value->n < min || value->n > max) {
        if (max == 2) {
            aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                             "\"between\" needs a list of exactly two values, "
                             "the lowest and the highest.");
        } else {
            aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                             "\"%s\" needs a list of %zu to %zu values.",
                             operators[node->op].name.data, min, max);
        }

        return;
    }

    node->operands = aud_arena_calloc(r->arena, value->n,
                                      sizeof(aud_operand_t));

    for (operand = value->first; operand; operand = operand->next) {
        operand_read(r, node, operand);
    }
}


static void
days_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *value)
{
    if (value->type != AUD_JSON_INTEGER || value->integer < 0
        || value->integer > DAYS_MAX)
    {
        aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                         "\"%s\" needs a whole number of days from 0 to %d.",
                         operators[node->op].name.data, DAYS_MAX);
        return;
    }

    node->operands = aud_arena_calloc(r->arena, 1, sizeof(aud_operand_t));
    operand_read(r, node, value);
}


/* Fills the next place of node->operands, which is NULL where memory is out. */
static void
operand_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *value)
{
    char            number[NUMBER_TEXT];
    aud_str_t       text;
    aud_operand_t  *operand;

    if (node->operands == NULL) {
        r->no_memory = 1;
        return;
    }

    operand = &node->operands[node->noperands++];

    switch (value->type) {

    case AUD_JSON_TEXT:
        text = value->text;
        break;

    case AUD_JSON_TRUE:
        text = AUD_STR("true");
        break;

    case AUD_JSON_FALSE:
        text = AUD_STR("false");
        break;

    case AUD_JSON_INTEGER:
    case AUD_JSON_REAL:
        text = aud_str(number, number_text(number, value));
        operand->is_number = 1;
        operand->number = value->type == AUD_JSON_REAL ? value->real
                                                       : value->integer;
        break;

    default:
        operand_error(r, node, value);
        return;
    }

    if (aud_arena_copy(r->arena, text, &operand->text) != 0) {
        r->no_memory = 1;
    }
}


/* Of the operand that was counted last. */
static void
operand_error(aud_filter_reader_t *r, const aud_node_t *node,
    const aud_json_t *value)
{
    char  suffix[32] = "/value";

    if (operators[node->op].operands != OPERANDS_ONE) {
        snprintf(suffix, sizeof(suffix), "/value/%u", node->noperands - 1);
    }

    aud_filter_error(r->problem, "bad-value", node->pointer, suffix,
                     "A value is a text, a number, true or false.");
}


static size_t
number_text(char *out, const aud_json_t *value)
{
    return value->type == AUD_JSON_INTEGER
           ? integer_text(out, value->integer) : real_text(out, value->real);
}


static size_t
integer_text(char *out, int64_t value)
{
    size_t  negative = value < 0;

    out[0] = '-';

    return negative + aud_decimal(out + negative, negative
                                                  ? -(uint64_t) value
                                                  : (uint64_t) value);
}


/* The shortest text that reads back as the same number. */
static size_t
real_text(char *out, double value)
{
    int  precision;

    if (value == floor(value) && fabs(value) < 1e15) {
        return snprintf(out, NUMBER_TEXT, "%.0f", value);
    }

    for (precision = 15; precision < 17; precision++) {
        snprintf(out, NUMBER_TEXT, "%.*g", precision, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }

    return snprintf(out, NUMBER_TEXT, "%.*g", precision, value);
}
