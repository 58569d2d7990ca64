#include <stdio.h>

#include "aud_filter_read.h"

/* Of a list's place, in decimal. */
#define PLACE_DIGITS  10


static int  node_is_object(aud_filter_reader_t *r, const aud_json_t *json,
    const char *pointer);
static void node_unknown(aud_filter_reader_t *r, const char *pointer);
static void group_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json, const char *key);
static void children_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *list);
static const char *child_pointer(aud_filter_reader_t *r,
    const aud_node_t *node, uint32_t place);
static void not_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json);
static void audience_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json);


/* Never more than AUD_FILTER_MAX_DEPTH + 1 deep. */
aud_node_t *
aud_filter_read_node(aud_filter_reader_t *r, const aud_json_t *json,
    const char *pointer)
{
    aud_str_t    kept;
    aud_node_t  *node;

    if (!node_is_object(r, json, pointer)) {
        return NULL;
    }

    node = aud_arena_calloc(r->arena, 1, sizeof(aud_node_t));

    if (node == NULL
        || aud_arena_copy(r->arena, aud_str(pointer, strlen(pointer)), &kept)
           != 0)
    {
        r->no_memory = 1;
        return NULL;
    }

    node->pointer = kept.data;

    if (aud_json_get(json, "field") || aud_json_get(json, "op")) {
        node->kind = AUD_NODE_CONDITION;
        aud_filter_read_condition(r, node, json);

    } else if (aud_json_get(json, "all")) {
        node->kind = AUD_NODE_ALL;
        group_read(r, node, json, "all");

    } else if (aud_json_get(json, "any")) {
        node->kind = AUD_NODE_ANY;
        group_read(r, node, json, "any");

    } else if (aud_json_get(json, "not")) {
        node->kind = AUD_NODE_NOT;
        group_read(r, node, json, "not");

    } else if (aud_json_get(json, "audience")) {
        node->kind = AUD_NODE_AUDIENCE;
        audience_read(r, node, json);

    } else {
        node_unknown(r, pointer);
    }

    return node;
}


static int
node_is_object(aud_filter_reader_t *r, const aud_json_t *json,
    const char *pointer)
{
    if (aud_json_is(json, AUD_JSON_OBJECT)) {
        return 1;
    }

    node_unknown(r, pointer);

    return 0;
}


static void
node_unknown(aud_filter_reader_t *r, const char *pointer)
{
    aud_filter_error(r->problem, "unknown-node", pointer, "",
                     "A part of a filter is an object with \"all\", \"any\", "
                     "\"not\" or \"audience\", or with \"field\" and \"op\".");
}


static void
group_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *json,
    const char *key)
{
    const char        *known[] = { key, NULL };
    const aud_json_t  *value;

    aud_filter_check_members(r, node, json, known);

    if (r->depth == AUD_FILTER_MAX_DEPTH) {
        aud_filter_error(r->problem, "too-deep", node->pointer, "",
                         "Groups of conditions are nested more than %d deep.",
                         AUD_FILTER_MAX_DEPTH);
        return;
    }

    r->depth++;
    value = aud_json_get(json, key);

    if (node->kind == AUD_NODE_NOT) {
        not_read(r, node, value);

    } else if (value->type == AUD_JSON_LIST) {
        children_read(r, node, value);

    } else {
        aud_filter_error(r->problem, "unknown-node", node->pointer,
                         node->kind == AUD_NODE_ALL ? "/all" : "/any",
                         "\"%s\" takes a list of conditions, [ … ].", key);
    }

    r->depth--;
}


static void
children_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *list)
{
    uint32_t           i;
    const char        *pointer;
    const aud_json_t  *value;

    if (list->n == 0) {
        r->conditions++;        /* it costs as much as one */
        return;
    }

    node->children = aud_arena_calloc(r->arena, list->n, sizeof(aud_node_t *));
    if (node->children == NULL) {
        r->no_memory = 1;
        return;
    }

    node->nchildren = list->n;

    for (i = 0, value = list->first; value; i++, value = value->next) {
        pointer = child_pointer(r, node, i);
        if (pointer == NULL) {
            return;
        }

        node->children[i] = aud_filter_read_node(r, value, pointer);
    }
}


/* Written by hand: it is needed for errors only, but made for every node. */
static const char *
child_pointer(aud_filter_reader_t *r, const aud_node_t *node, uint32_t place)
{
    char    *pointer, *p, digits[PLACE_DIGITS];
    size_t   len = strlen(node->pointer), n = PLACE_DIGITS;

    pointer = aud_arena_alloc(r->arena, len + sizeof("/all/") + PLACE_DIGITS,
                              1);
    if (pointer == NULL) {
        r->no_memory = 1;
        return NULL;
    }

    do {
        digits[--n] = '0' + place % 10;
        place /= 10;
    } while (place);

    memcpy(pointer, node->pointer, len);
    p = pointer + len;
    memcpy(p, node->kind == AUD_NODE_ALL ? "/all/" : "/any/", 5);
    memcpy(p + 5, digits + n, PLACE_DIGITS - n);
    p[5 + PLACE_DIGITS - n] = '\0';

    return pointer;
}


static void
not_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *json)
{
    char   *pointer;
    size_t  len = strlen(node->pointer);

    node->children = aud_arena_alloc(r->arena, 1, sizeof(aud_node_t *));
    pointer = aud_arena_alloc(r->arena, len + sizeof("/not"), 1);

    if (node->children == NULL || pointer == NULL) {
        r->no_memory = 1;
        return;
    }

    memcpy(pointer, node->pointer, len);
    memcpy(pointer + len, "/not", sizeof("/not"));

    node->nchildren = 1;
    node->children[0] = aud_filter_read_node(r, json, pointer);
}


static void
audience_read(aud_filter_reader_t *r, aud_node_t *node, const aud_json_t *json)
{
    aud_quoted_t              q;
    const aud_json_t         *value;
    static const char *const  known[] = { "audience", NULL };

    aud_filter_check_members(r, node, json, known);
    r->conditions++;

    value = aud_json_get(json, "audience");

    if (value->type != AUD_JSON_TEXT) {
        aud_filter_error(r->problem, "unknown-audience", node->pointer,
                         "/audience", "An audience is named by its id, a "
                         "text such as \"aud_…\".");
        return;
    }

    if (aud_id_parse(value->text.data, value->text.len, "aud", &node->audience)
        != 0)
    {
        aud_filter_error(r->problem, "unknown-audience", node->pointer,
                         "/audience", "There is no audience \"%s\".",
                         aud_quote(&q, value->text));
    }
}


void
aud_filter_check_members(aud_filter_reader_t *r, const aud_node_t *node,
    const aud_json_t *json, const char *const *known)
{
    char               pointer[sizeof(((aud_problem_error_t *) 0)->pointer)];
    size_t             i;
    aud_quoted_t       q;
    const aud_json_t  *member;

    for (member = json->first; member; member = member->next) {

        for (i = 0; known[i]; i++) {
            if (aud_str_equal(member->key,
                              aud_str(known[i], strlen(known[i]))))
            {
                break;
            }
        }

        if (known[i] == NULL) {
            snprintf(pointer, sizeof(pointer), "%s", node->pointer);
            aud_pointer_add_str(pointer, sizeof(pointer), member->key);
            aud_filter_error(r->problem, "unknown-member", pointer, "",
                             "\"%s\" has no meaning beside \"%s\".",
                             aud_quote(&q, member->key), known[0]);
        }
    }
}
