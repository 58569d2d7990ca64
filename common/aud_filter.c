#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_arena.h"
#include "aud_filter_read.h"

#define IN_MAX    1000
#define DAYS_MAX  36500


struct aud_filter_s {
    aud_arena_t   arena;
    aud_node_t   *root;
};

typedef struct {
    aud_arena_t    *arena;
    aud_problem_t  *problem;
    unsigned        depth;          /* all / any / not around the node */
    unsigned        conditions;
    unsigned        no_memory:1;
} reader_t;

typedef enum { OPERANDS_NONE, OPERANDS_ONE, OPERANDS_TWO, OPERANDS_MANY,
               OPERANDS_DAYS } operands_t;

typedef struct {
    const char  *name;
    operands_t   operands;
} operator_t;


static const operator_t  operators[AUD_OP_COUNT] = {
    [AUD_OP_CONTAINS]         = { "contains", OPERANDS_ONE },
    [AUD_OP_NOT_CONTAINS]     = { "not_contains", OPERANDS_ONE },
    [AUD_OP_EXISTS]           = { "exists", OPERANDS_NONE },
    [AUD_OP_NOT_EXISTS]       = { "not_exists", OPERANDS_NONE },
    [AUD_OP_EQUALS]           = { "equals", OPERANDS_ONE },
    [AUD_OP_NOT_EQUALS]       = { "not_equals", OPERANDS_ONE },
    [AUD_OP_STARTS_WITH]      = { "starts_with", OPERANDS_ONE },
    [AUD_OP_NOT_STARTS_WITH]  = { "not_starts_with", OPERANDS_ONE },
    [AUD_OP_ENDS_WITH]        = { "ends_with", OPERANDS_ONE },
    [AUD_OP_GREATER_THAN]     = { "greater_than", OPERANDS_ONE },
    [AUD_OP_LESS_THAN]        = { "less_than", OPERANDS_ONE },
    [AUD_OP_BETWEEN]          = { "between", OPERANDS_TWO },
    [AUD_OP_IN]               = { "in", OPERANDS_MANY },
    [AUD_OP_BEFORE]           = { "before", OPERANDS_ONE },
    [AUD_OP_AFTER]            = { "after", OPERANDS_ONE },
    [AUD_OP_WITHIN_LAST]      = { "within_last", OPERANDS_DAYS },
    [AUD_OP_NOT_WITHIN_LAST]  = { "not_within_last", OPERANDS_DAYS },
};


static aud_node_t *node_read(reader_t *r, const json_t *json,
    const char *pointer);
static int  node_is_object(reader_t *r, const json_t *json,
    const char *pointer);
static void node_unknown(reader_t *r, const char *pointer);
static void group_read(reader_t *r, aud_node_t *node, const json_t *json,
    const char *key);
static void children_read(reader_t *r, aud_node_t *node, const json_t *list);
static void not_read(reader_t *r, aud_node_t *node, const json_t *json);
static void audience_read(reader_t *r, aud_node_t *node, const json_t *json);
static void condition_read(reader_t *r, aud_node_t *node, const json_t *json);
static void field_read(reader_t *r, aud_node_t *node, const json_t *json);
static int  operator_read(reader_t *r, aud_node_t *node, const json_t *json);
static void value_read(reader_t *r, aud_node_t *node, const json_t *json);
static void list_read(reader_t *r, aud_node_t *node, const json_t *value,
    size_t min, size_t max);
static void days_read(reader_t *r, aud_node_t *node, const json_t *value);
static void operand_read(reader_t *r, aud_node_t *node, const json_t *value,
    const char *suffix);
static size_t number_text(char *out, size_t size, const json_t *value);
static void members_check(reader_t *r, const aud_node_t *node,
    const json_t *json, const char *const *known);
static void fields_visit(const aud_node_t *node,
    void (*fn)(void *arg, aud_str_t field), void *arg);


const char *
aud_op_name(aud_op_t op)
{
    return (unsigned) op < AUD_OP_COUNT ? operators[op].name : "";
}


const aud_node_t *
aud_filter_root(const aud_filter_t *f)
{
    return f->root;
}


void
aud_filter_free(aud_filter_t *f)
{
    if (f) {
        aud_arena_free(&f->arena);
        aud_free(f);
    }
}


aud_filter_t *
aud_filter_parse(const json_t *json, const char *pointer,
    aud_problem_t *problem)
{
    problem->status = 0;

    return aud_filter_read(json, pointer, problem);
}


aud_filter_t *
aud_filter_read(const json_t *json, const char *pointer,
    aud_problem_t *problem)
{
    reader_t       r = { .problem = problem };
    aud_filter_t  *f;

    f = aud_calloc(1, sizeof(aud_filter_t));
    if (f == NULL) {
        aud_filter_no_memory(problem);
        return NULL;
    }

    r.arena = &f->arena;
    f->root = node_read(&r, json, pointer);

    if (r.conditions > AUD_FILTER_MAX_CONDITIONS) {
        aud_filter_error(problem, "too-many-conditions", pointer, "",
                         "The filter has %u conditions; at most %d are "
                         "possible.", r.conditions, AUD_FILTER_MAX_CONDITIONS);
    }

    if (r.no_memory) {
        aud_filter_no_memory(problem);
    }

    if (problem->status) {
        aud_filter_free(f);
        return NULL;
    }

    return f;
}


/* Never more than AUD_FILTER_MAX_DEPTH + 1 deep.  NULL after an error. */
static aud_node_t *
node_read(reader_t *r, const json_t *json, const char *pointer)
{
    aud_node_t  *node;

    if (!node_is_object(r, json, pointer)) {
        return NULL;
    }

    node = aud_arena_calloc(r->arena, 1, sizeof(aud_node_t));
    if (node == NULL) {
        r->no_memory = 1;
        return NULL;
    }

    snprintf(node->pointer, sizeof(node->pointer), "%s", pointer);

    if (json_object_get(json, "field") || json_object_get(json, "op")) {
        node->kind = AUD_NODE_CONDITION;
        condition_read(r, node, json);

    } else if (json_object_get(json, "all")) {
        node->kind = AUD_NODE_ALL;
        group_read(r, node, json, "all");

    } else if (json_object_get(json, "any")) {
        node->kind = AUD_NODE_ANY;
        group_read(r, node, json, "any");

    } else if (json_object_get(json, "not")) {
        node->kind = AUD_NODE_NOT;
        group_read(r, node, json, "not");

    } else if (json_object_get(json, "audience")) {
        node->kind = AUD_NODE_AUDIENCE;
        audience_read(r, node, json);

    } else {
        node_unknown(r, pointer);
    }

    return node;
}


static int
node_is_object(reader_t *r, const json_t *json, const char *pointer)
{
    if (json_is_object(json)) {
        return 1;
    }

    node_unknown(r, pointer);

    return 0;
}


static void
node_unknown(reader_t *r, const char *pointer)
{
    aud_filter_error(r->problem, "unknown-node", pointer, "",
                     "A part of a filter is an object with \"all\", \"any\", "
                     "\"not\" or \"audience\", or with \"field\" and \"op\".");
}


static void
group_read(reader_t *r, aud_node_t *node, const json_t *json, const char *key)
{
    const char    *known[] = { key, NULL };
    const json_t  *value;

    members_check(r, node, json, known);

    if (r->depth == AUD_FILTER_MAX_DEPTH) {
        aud_filter_error(r->problem, "too-deep", node->pointer, "",
                         "Groups of conditions are nested more than %d deep.",
                         AUD_FILTER_MAX_DEPTH);
        return;
    }

    r->depth++;
    value = json_object_get(json, key);

    if (node->kind == AUD_NODE_NOT) {
        not_read(r, node, value);

    } else if (json_is_array(value)) {
        children_read(r, node, value);

    } else {
        aud_filter_error(r->problem, "unknown-node", node->pointer,
                         node->kind == AUD_NODE_ALL ? "/all" : "/any",
                         "\"%s\" takes a list of conditions, [ … ].", key);
    }

    r->depth--;
}


static void
children_read(reader_t *r, aud_node_t *node, const json_t *list)
{
    char    pointer[sizeof(node->pointer) + 32];
    size_t  i, n = json_array_size(list);

    if (n == 0) {
        r->conditions++;        /* it costs as much as one */
        return;
    }

    node->children = aud_arena_calloc(r->arena, n, sizeof(aud_node_t *));
    if (node->children == NULL) {
        r->no_memory = 1;
        return;
    }

    node->nchildren = n;

    for (i = 0; i < n; i++) {
        snprintf(pointer, sizeof(pointer), "%s/%s/%zu", node->pointer,
                 node->kind == AUD_NODE_ALL ? "all" : "any", i);
        node->children[i] = node_read(r, json_array_get(list, i), pointer);
    }
}


static void
not_read(reader_t *r, aud_node_t *node, const json_t *json)
{
    char  pointer[sizeof(node->pointer) + 8];

    node->children = aud_arena_alloc(r->arena, 1, sizeof(aud_node_t *));
    if (node->children == NULL) {
        r->no_memory = 1;
        return;
    }

    node->nchildren = 1;
    snprintf(pointer, sizeof(pointer), "%s/not", node->pointer);
    node->children[0] = node_read(r, json, pointer);
}


static void
audience_read(reader_t *r, aud_node_t *node, const json_t *json)
{
    aud_quoted_t              q;
    const json_t             *value;
    static const char *const  known[] = { "audience", NULL };

    members_check(r, node, json, known);
    r->conditions++;

    value = json_object_get(json, "audience");

    if (!json_is_string(value)) {
        aud_filter_error(r->problem, "unknown-audience", node->pointer,
                         "/audience", "An audience is named by its id, a "
                         "text such as \"aud_…\".");
        return;
    }

    if (aud_id_parse(json_string_value(value), json_string_length(value),
                     "aud", &node->audience)
        != 0)
    {
        aud_filter_error(r->problem, "unknown-audience", node->pointer,
                         "/audience", "There is no audience \"%s\".",
                         aud_quote(&q, aud_str(json_string_value(value),
                                               json_string_length(value))));
    }
}


static void
condition_read(reader_t *r, aud_node_t *node, const json_t *json)
{
    static const char *const  known[] = { "field", "op", "value", NULL };

    members_check(r, node, json, known);
    r->conditions++;

    field_read(r, node, json_object_get(json, "field"));

    if (operator_read(r, node, json_object_get(json, "op")) == 0) {
        value_read(r, node, json_object_get(json, "value"));
    }
}


static void
field_read(reader_t *r, aud_node_t *node, const json_t *json)
{
    if (!json_is_string(json)) {
        aud_filter_error(r->problem, "unknown-field", node->pointer,
                         json ? "/field" : "",
                         "A condition needs \"field\", the name of a field.");
        return;
    }

    if (aud_arena_copy(r->arena, aud_str(json_string_value(json),
                                         json_string_length(json)),
                       &node->field)
        != 0)
    {
        r->no_memory = 1;
    }
}


static int
operator_read(reader_t *r, aud_node_t *node, const json_t *json)
{
    int           i;
    aud_quoted_t  q;

    if (!json_is_string(json)) {
        aud_filter_error(r->problem, "unknown-operator", node->pointer,
                         json ? "/op" : "", "A condition needs \"op\", an "
                         "operator such as \"equals\" or \"contains\".");
        return -1;
    }

    for (i = 0; i < AUD_OP_COUNT; i++) {
        if (strcmp(json_string_value(json), operators[i].name) == 0) {
            node->op = i;
            return 0;
        }
    }

    aud_filter_error(r->problem, "unknown-operator", node->pointer, "/op",
                     "There is no operator \"%s\".",
                     aud_quote(&q, aud_str(json_string_value(json),
                                           json_string_length(json))));
    return -1;
}


static void
value_read(reader_t *r, aud_node_t *node, const json_t *json)
{
    const operator_t  *op = &operators[node->op];

    if (op->operands == OPERANDS_NONE) {
        if (json) {
            aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                             "\"%s\" takes no value.", op->name);
        }

        return;
    }

    if (json == NULL) {
        aud_filter_error(r->problem, "bad-value", node->pointer, "",
                         "\"%s\" needs a value.", op->name);
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
        operand_read(r, node, json, "/value");
    }
}


static void
list_read(reader_t *r, aud_node_t *node, const json_t *value, size_t min,
    size_t max)
{
    char    suffix[32];
    size_t  i, n = json_array_size(value);

    if (!json_is_array(value) || n < min || n > max) {
        if (max == 2) {
            aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                             "\"between\" needs a list of exactly two values, "
                             "the lowest and the highest.");
        } else {
            aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                             "\"%s\" needs a list of %zu to %zu values.",
                             operators[node->op].name, min, max);
        }

        return;
    }

    node->operands = aud_arena_calloc(r->arena, n, sizeof(aud_operand_t));

    for (i = 0; i < n; i++) {
        snprintf(suffix, sizeof(suffix), "/value/%zu", i);
        operand_read(r, node, json_array_get(value, i), suffix);
    }
}


static void
days_read(reader_t *r, aud_node_t *node, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0
        || json_integer_value(value) > DAYS_MAX)
    {
        aud_filter_error(r->problem, "bad-value", node->pointer, "/value",
                         "\"%s\" needs a whole number of days from 0 to %d.",
                         operators[node->op].name, DAYS_MAX);
        return;
    }

    node->operands = aud_arena_calloc(r->arena, 1, sizeof(aud_operand_t));
    operand_read(r, node, value, "/value");
}


/* Fills the next place of node->operands, which is NULL where memory is out. */
static void
operand_read(reader_t *r, aud_node_t *node, const json_t *value,
    const char *suffix)
{
    char            number[64];
    aud_str_t       text;
    aud_operand_t  *operand;

    if (node->operands == NULL) {
        r->no_memory = 1;
        return;
    }

    operand = &node->operands[node->noperands];

    if (json_is_string(value)) {
        text = aud_str(json_string_value(value), json_string_length(value));

    } else if (json_is_boolean(value)) {
        text = json_is_true(value) ? AUD_STR("true") : AUD_STR("false");

    } else if (json_is_number(value)) {
        text = aud_str(number, number_text(number, sizeof(number), value));
        operand->is_number = 1;
        operand->number = json_number_value(value);

    } else {
        aud_filter_error(r->problem, "bad-value", node->pointer, suffix,
                         "A value is a text, a number, true or false.");
        return;
    }

    if (aud_arena_copy(r->arena, text, &operand->text) != 0) {
        r->no_memory = 1;
        return;
    }

    node->noperands++;
}


/* The shortest text that reads back as the same number. */
static size_t
number_text(char *out, size_t size, const json_t *value)
{
    int     precision;
    double  v;

    if (json_is_integer(value)) {
        return snprintf(out, size, "%" JSON_INTEGER_FORMAT,
                        json_integer_value(value));
    }

    v = json_real_value(value);

    if (v == floor(v) && fabs(v) < 1e15) {
        return snprintf(out, size, "%.0f", v);
    }

    for (precision = 15; precision < 17; precision++) {
        snprintf(out, size, "%.*g", precision, v);
        if (strtod(out, NULL) == v) {
            break;
        }
    }

    return snprintf(out, size, "%.*g", precision, v);
}


static void
members_check(reader_t *r, const aud_node_t *node, const json_t *json,
    const char *const *known)
{
    char                pointer[sizeof(((aud_problem_error_t *) 0)->pointer)];
    size_t              i;
    const char         *key;
    aud_quoted_t        q;
    json_t             *value;

    json_object_foreach((json_t *) json, key, value) {

        for (i = 0; known[i] && strcmp(known[i], key) != 0; i++) {
            /* void */
        }

        if (known[i] == NULL) {
            snprintf(pointer, sizeof(pointer), "%s", node->pointer);
            aud_pointer_add(pointer, sizeof(pointer), key);
            aud_filter_error(r->problem, "unknown-member", pointer, "",
                             "\"%s\" has no meaning beside \"%s\".",
                             aud_quote(&q, aud_str(key, strlen(key))),
                             known[0]);
        }
    }
}


void
aud_filter_fields(const aud_filter_t *f,
    void (*fn)(void *arg, aud_str_t field), void *arg)
{
    fields_visit(f->root, fn, arg);
}


static void
fields_visit(const aud_node_t *node, void (*fn)(void *arg, aud_str_t field),
    void *arg)
{
    uint32_t  i;

    if (node->kind == AUD_NODE_CONDITION) {
        fn(arg, node->field);
    }

    for (i = 0; i < node->nchildren; i++) {
        fields_visit(node->children[i], fn, arg);
    }
}
