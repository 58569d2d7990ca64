#include <stdio.h>

#include "aud_filter_read.h"


static const aud_str_t  members[AUD_MEMBER_COUNT] = {
    [AUD_MEMBER_FIELD]    = AUD_STR("field"),
    [AUD_MEMBER_OP]       = AUD_STR("op"),
    [AUD_MEMBER_VALUE]    = AUD_STR("value"),
    [AUD_MEMBER_ALL]      = AUD_STR("all"),
    [AUD_MEMBER_ANY]      = AUD_STR("any"),
    [AUD_MEMBER_NOT]      = AUD_STR("not"),
    [AUD_MEMBER_AUDIENCE] = AUD_STR("audience"),
};


static void members_find(aud_filter_members_t *m, const aud_json_t *json);
static void node_unknown(aud_filter_reader_t *r, const char *pointer);
static void group_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_filter_members_t *m, aud_member_t key);
static void children_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *list);
static const char *child_pointer(aud_filter_reader_t *r,
    const aud_node_t *node, uint32_t place);
static void not_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_json_t *json);
static void audience_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_filter_members_t *m);


/* Never more than AUD_FILTER_MAX_DEPTH + 1 deep. */
aud_node_t *
aud_filter_read_node(aud_filter_reader_t *r, const aud_json_t *json,
    const char *pointer)
{
    aud_node_t             *node;
    aud_filter_members_t    m;

    if (!aud_json_is(json, AUD_JSON_OBJECT)) {
        node_unknown(r, pointer);
        return NULL;
    }

    node = aud_arena_calloc(r->arena, 1, sizeof(aud_node_t));
    if (node == NULL) {
        r->no_memory = 1;
        return NULL;
    }

    node->pointer = pointer;
    members_find(&m, json);

    if (m.of[AUD_MEMBER_FIELD] || m.of[AUD_MEMBER_OP]) {
        node->kind = AUD_NODE_CONDITION;
        aud_filter_read_condition(r, node, &m);

    } else if (m.of[AUD_MEMBER_ALL]) {
        node->kind = AUD_NODE_ALL;
        group_read(r, node, &m, AUD_MEMBER_ALL);

    } else if (m.of[AUD_MEMBER_ANY]) {
        node->kind = AUD_NODE_ANY;
        group_read(r, node, &m, AUD_MEMBER_ANY);

    } else if (m.of[AUD_MEMBER_NOT]) {
        node->kind = AUD_NODE_NOT;
        group_read(r, node, &m, AUD_MEMBER_NOT);

    } else if (m.of[AUD_MEMBER_AUDIENCE]) {
        node->kind = AUD_NODE_AUDIENCE;
        audience_read(r, node, &m);

    } else {
        node_unknown(r, pointer);
    }

    return node;
}


static void
members_find(aud_filter_members_t *m, const aud_json_t *json)
{
    aud_member_t       i;
    const aud_json_t  *member;

    memset(m, 0, sizeof(*m));
    m->json = json;

    for (member = json->first; member; member = member->next) {
        for (i = 0; i < AUD_MEMBER_COUNT; i++) {
            if (aud_str_equal(member->key, members[i])) {
                m->of[i] = member;
                break;
            }
        }
    }
}


static void
node_unknown(aud_filter_reader_t *r, const char *pointer)
{
    aud_filter_error(r->problem, "unknown-node", pointer, "",
                     "A part of a filter is an object with \"all\", \"any\", "
                     "\"not\" or \"audience\", or with \"field\" and \"op\".");
}


static void
group_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_filter_members_t *m, aud_member_t key)
{
    const aud_json_t  *value = m->of[key];

    aud_filter_check_members(r, node, m, key, 1);

    if (r->depth == AUD_FILTER_MAX_DEPTH) {
        aud_filter_error(r->problem, "too-deep", node->pointer, "",
                         "Groups of conditions are nested more than %d deep.",
                         AUD_FILTER_MAX_DEPTH);
        return;
    }

    r->depth++;

    if (node->kind == AUD_NODE_NOT) {
        not_read(r, node, value);

    } else if (value->type == AUD_JSON_LIST) {
        children_read(r, node, value);

    } else {
        aud_filter_error(r->problem, "unknown-node", node->pointer,
                         node->kind == AUD_NODE_ALL ? "/all" : "/any",
                         "\"%s\" takes a list of conditions, [ … ].",
                         members[key].data);
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


/* Needed for errors only, but made for every node: without printf. */
static const char *
child_pointer(aud_filter_reader_t *r, const aud_node_t *node, uint32_t place)
{
    char    *pointer, *p;
    size_t   len = strlen(node->pointer);

    pointer = aud_arena_alloc(r->arena, len + sizeof("/all/") + AUD_DECIMAL,
                              1);
    if (pointer == NULL) {
        r->no_memory = 1;
        return NULL;
    }

    memcpy(pointer, node->pointer, len);
    p = pointer + len;
    memcpy(p, node->kind == AUD_NODE_ALL ? "/all/" : "/any/", 5);
    p += 5;
    p += aud_decimal(p, place);
    *p = '\0';

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
audience_read(aud_filter_reader_t *r, aud_node_t *node,
    const aud_filter_members_t *m)
{
    aud_quoted_t       q;
    const aud_json_t  *value = m->of[AUD_MEMBER_AUDIENCE];

    aud_filter_check_members(r, node, m, AUD_MEMBER_AUDIENCE, 1);
    r->conditions++;

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
    const aud_filter_members_t *m, aud_member_t first, unsigned n)
{
    char               pointer[sizeof(((aud_problem_error_t *) 0)->pointer)];
    unsigned           i, known = 0;
    aud_quoted_t       q;
    const aud_json_t  *member;

    for (i = first; i < first + n; i++) {
        known += m->of[i] != NULL;
    }

    if (known == m->json->n) {
        return;
    }

    for (member = m->json->first; member; member = member->next) {

        for (i = first; i < first + n && m->of[i] != member; i++) {
            /* void */
        }

        if (i == first + n) {
            snprintf(pointer, sizeof(pointer), "%s", node->pointer);
            aud_pointer_add_str(pointer, sizeof(pointer), member->key);
            aud_filter_error(r->problem, "unknown-member", pointer, "",
                             "\"%s\" has no meaning beside \"%s\".",
                             aud_quote(&q, member->key), members[first].data);
        }
    }
}
