/*
 * Filters: the closed grammar of docs/openapi.yaml, read from JSON into a tree.
 *
 *   node       = {"all": [node…]} | {"any": [node…]} | {"not": node}
 *              | {"audience": "aud_…"}
 *              | {"field": name, "op": operator, "value": …}
 *
 * Empty "all" matches everybody, empty "any" nobody.  Whether fields and
 * audiences exist and operators fit types is settled when a filter is bound to
 * a generation (aud_eval.h).  A filter owns its memory and is immutable.
 */

#ifndef AUD_FILTER_H
#define AUD_FILTER_H

#include "aud_id.h"
#include "aud_json.h"

#define AUD_FILTER_MAX_DEPTH       8        /* nested all / any / not */
#define AUD_FILTER_MAX_CONDITIONS  200      /* and audiences, empty groups */
#define AUD_FILTER_MAX_BYTES       (64 * 1024)

typedef enum {
    AUD_OP_CONTAINS = 0, AUD_OP_NOT_CONTAINS,
    AUD_OP_EXISTS, AUD_OP_NOT_EXISTS,
    AUD_OP_EQUALS, AUD_OP_NOT_EQUALS,
    AUD_OP_STARTS_WITH, AUD_OP_NOT_STARTS_WITH,
    AUD_OP_ENDS_WITH,
    AUD_OP_GREATER_THAN, AUD_OP_LESS_THAN,
    AUD_OP_BETWEEN, AUD_OP_IN,
    AUD_OP_BEFORE, AUD_OP_AFTER,
    AUD_OP_WITHIN_LAST, AUD_OP_NOT_WITHIN_LAST,
    AUD_OP_COUNT
} aud_op_t;

typedef enum {
    AUD_NODE_ALL = 0, AUD_NODE_ANY, AUD_NODE_NOT,
    AUD_NODE_AUDIENCE, AUD_NODE_CONDITION
} aud_node_kind_t;

typedef struct {                /* an operand as it stood in the JSON */
    aud_str_t  text;            /* numbers and booleans in their JSON text */
    unsigned   is_number:1;
    double     number;
} aud_operand_t;

typedef struct aud_node_s  aud_node_t;

struct aud_node_s {
    aud_node_kind_t   kind;
    const char       *pointer;          /* JSON Pointer of the node */
    aud_node_t      **children;         /* ALL ANY NOT */
    uint32_t          nchildren;
    aud_uuid_t        audience;
    aud_str_t         field;
    aud_op_t          op;
    aud_operand_t    *operands;         /* none, one, two (between), many (in) */
    uint32_t          noperands;
};

typedef struct aud_filter_s  aud_filter_t;

const char *aud_op_name(aud_op_t op);

/*
 * json: the value of "filter", borrowed.  pointer: where it stands in the
 * request ("/filter"), put before the pointers of errors.  On failure returns
 * NULL with *problem set: 422 with every error that was found, up to
 * AUD_PROBLEM_ERRORS; 500 when memory is out.
 */
aud_filter_t *aud_filter_parse(const json_t *json, const char *pointer,
    aud_problem_t *problem);
void aud_filter_free(aud_filter_t *f);

/* The same of what stands in `text`. */
aud_filter_t *aud_filter_parse_text(aud_str_t text, const char *pointer,
    aud_problem_t *problem);

const aud_node_t *aud_filter_root(const aud_filter_t *f);

/* A filter of one node of another, which has to stay as long; NULL where memory
 * is out. */
aud_filter_t *aud_filter_part(const aud_node_t *node);

/* Calls fn for every field that conditions name, in order of appearance,
 * perhaps more than once. */
void aud_filter_fields(const aud_filter_t *f,
    void (*fn)(void *arg, aud_str_t field), void *arg);

#endif
