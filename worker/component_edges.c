/*
 * Candidates: pairs of nodes that share a value which links, or that a rule
 * joins.
 */

#include <limits.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "components_private.h"
#include "pair_sort.h"

#define COMPONENT_COMPANY_LEN  14   /* of a CNPJ; a CPF has 11 */


typedef struct {
    uint32_t  rule;
    uint32_t  node;
} component_joined_t;


static int component_value_edges(component_graph_t *g, unsigned kind,
    uint32_t value);
static int component_pair(component_graph_t *g, unsigned kind, uint32_t a,
    uint32_t b);
static int component_rule_edges(component_graph_t *g);
static size_t component_joined(const component_graph_t *g,
    component_joined_t *joined);
static int component_edge_add(component_graph_t *g,
    const component_edge_t *edge);
static int component_edges_sort(component_graph_t *g);
static uint64_t component_edge_key(const component_graph_t *g,
    const component_edge_t *edge);
static int component_joined_compare(const void *a, const void *b, void *arg);
static int component_edge_compare(const void *a, const void *b, void *arg);
static int component_text_compare(const intern_t *texts, uint32_t a,
    uint32_t b);


int
component_edges_find(component_graph_t *g)
{
    uint32_t  value;
    unsigned  kind;

    if (component_rule_edges(g) != 0) {
        return -1;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        for (value = 0; value < g->values[kind].n; value++) {
            if (component_value_edges(g, kind, value) != 0) {
                return -1;
            }
        }
    }

    return component_edges_sort(g);
}


/* By component_edge_compare(): first by as much of it as a number of 64 bits
 * holds, then the few that agree in that. */

static int
component_edges_sort(component_graph_t *g)
{
    size_t             i, k;
    pair_t            *pairs;
    component_edge_t  *sorted;

    pairs = aud_calloc(g->nedges + 1, sizeof(pair_t));
    sorted = aud_calloc(g->nedges + 1, sizeof(component_edge_t));

    if (pairs == NULL || sorted == NULL) {
        goto failed;
    }

    for (i = 0; i < g->nedges; i++) {
        pairs[i].key = component_edge_key(g, &g->edges[i]);
        pairs[i].payload = i;
    }

    if (pair_sort(pairs, g->nedges) != 0) {
        goto failed;
    }

    for (i = 0; i < g->nedges; i++) {
        sorted[i] = g->edges[pairs[i].payload];
    }

    for (i = 0; i < g->nedges; i = k) {
        for (k = i + 1; k < g->nedges && pairs[k].key == pairs[i].key; k++) {
            /* one key */
        }

        if (k - i > 1) {
            qsort_r(&sorted[i], k - i, sizeof(component_edge_t),
                    component_edge_compare, g);
        }
    }

    aud_free(pairs);
    aud_free(g->edges);
    g->edges = sorted;
    g->edge_capacity = g->nedges + 1;

    return 0;

failed:

    aud_free(pairs);
    aud_free(sorted);

    return -1;
}


/* Falling weight, then the order of the first node. */

static uint64_t
component_edge_key(const component_graph_t *g, const component_edge_t *edge)
{
    uint32_t  rising = (uint32_t) edge->weight ^ UINT32_C(0x80000000);

    return (uint64_t) ~rising << 32 | g->nodes[edge->a].order >> 32;
}


static int
component_value_edges(component_graph_t *g, unsigned kind, uint32_t value)
{
    uint32_t         i, j, end;
    const uint32_t  *holders = g->holders[kind];

    if (g->blocked[kind][value]) {
        return 0;
    }

    end = g->at[kind][value + 1];

    for (i = g->at[kind][value]; i < end; i++) {
        for (j = i + 1; j < end; j++) {
            if (component_pair(g, kind, holders[i], holders[j]) != 0) {
                return -1;
            }
        }
    }

    return 0;
}


/* A pair that shares several values is met once for each: the first counts. */

static int
component_pair(component_graph_t *g, unsigned kind, uint32_t a, uint32_t b)
{
    int                      weight;
    unsigned                 kinds;
    aud_names_t              names;
    component_edge_t         edge;
    const component_node_t  *x = &g->nodes[a], *y = &g->nodes[b];

    kinds = component_shared(g, x, y);

    if (kinds & ((1u << kind) - 1)) {
        return 0;
    }

    weight = component_weight(g, x, kinds);

    if (weight + g->policy->name_supports < g->policy->threshold) {
        return 0;
    }

    names = component_names(g, x->name, y->name);

    edge = (component_edge_t) {
        .a = a, .b = b, .rule = COMPONENT_NONE, .kinds = kinds, .names = names,
        .weight = weight + component_name_weight(g, names)
    };

    return component_edge_add(g, &edge);
}


/* The records of a rule that joins become a chain, in an order of what they
 * say. */

static int
component_rule_edges(component_graph_t *g)
{
    int                  rc = 0;
    size_t               i, n;
    component_edge_t     edge = { 0 };
    component_joined_t  *joined;

    joined = aud_calloc(g->in->nmentions + 1, sizeof(component_joined_t));
    if (joined == NULL) {
        return -1;
    }

    n = component_joined(g, joined);

    if (n) {
        qsort_r(joined, n, sizeof(component_joined_t),
                component_joined_compare, g);
    }

    for (i = 1; i < n && rc == 0; i++) {
        if (joined[i].rule == joined[i - 1].rule) {
            edge.a = joined[i - 1].node;
            edge.b = joined[i].node;
            edge.rule = joined[i].rule;
            edge.weight = INT_MAX;
            rc = component_edge_add(g, &edge);
        }
    }

    aud_free(joined);

    return rc;
}


static size_t
component_joined(const component_graph_t *g, component_joined_t *joined)
{
    size_t                      n = 0;
    uint32_t                    i, k;
    const component_mention_t  *mention;

    for (i = 0; i < g->nnodes; i++) {
        for (k = 0; k < g->nodes[i].nmentions; k++) {
            mention = &g->mentions[g->nodes[i].mentions + k];

            if (mention->side == COMPONENT_TOGETHER) {
                joined[n++] = (component_joined_t) { mention->rule, i };
            }
        }
    }

    return n;
}


static int
component_edge_add(component_graph_t *g, const component_edge_t *edge)
{
    component_edge_t  *added;

    if (aud_grow(&g->edges, sizeof(component_edge_t), g->nedges,
                 &g->edge_capacity)
        != 0)
    {
        return -1;
    }

    added = &g->edges[g->nedges++];
    *added = *edge;

    if (component_node_compare(g, edge->a, edge->b) > 0) {
        added->a = edge->b;
        added->b = edge->a;
    }

    return 0;
}


unsigned
component_shared(const component_graph_t *g, const component_node_t *a,
    const component_node_t *b)
{
    unsigned  kind, kinds = 0;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (a->values[kind] == b->values[kind]
            && component_value(g, a, kind) != INTERN_NONE)
        {
            kinds |= 1u << kind;
        }
    }

    return kinds;
}


int
component_weight(const component_graph_t *g, const component_node_t *node,
    unsigned kinds)
{
    int        weight = 0;
    unsigned   kind;
    uint32_t   document;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if ((kinds >> kind & 1) == 0) {
            continue;
        }

        document = kind == COMPONENT_TAX_DOCUMENT ? node->values[kind]
                                                  : INTERN_NONE;

        if (document != INTERN_NONE
            && g->values[kind].items[document].text.len
               == COMPONENT_COMPANY_LEN)
        {
            weight += g->policy->company_weight;

        } else {
            weight += g->policy->weight[kind];
        }
    }

    return weight;
}


int
component_name_weight(const component_graph_t *g, aud_names_t names)
{
    switch (names) {
    case AUD_NAMES_SUPPORT:
        return g->policy->name_supports;
    case AUD_NAMES_CONTRADICT:
        return -g->policy->name_contradicts;
    default:
        return 0;
    }
}


int
component_holds(const component_graph_t *g, const component_node_t *node)
{
    unsigned  kinds;

    kinds = component_shared(g, node, node);

    return kinds && component_weight(g, node, kinds)
                    + component_name_weight(g, component_names(g, node->name,
                                                               node->name))
                    >= g->policy->threshold;
}


aud_names_t
component_names(const component_graph_t *g, uint32_t a, uint32_t b)
{
    if (a == INTERN_NONE || b == INTERN_NONE) {
        return AUD_NAMES_SAY_NOTHING;
    }

    return a == b ? AUD_NAMES_SUPPORT
                  : aud_person_names_compare(g->names.items[a].text,
                                             g->names.items[b].text);
}


static int
component_joined_compare(const void *a, const void *b, void *arg)
{
    const component_joined_t  *x = a, *y = b;

    if (x->rule != y->rule) {
        return x->rule < y->rule ? -1 : 1;
    }

    return component_node_compare(arg, x->node, y->node);
}


static int
component_edge_compare(const void *a, const void *b, void *arg)
{
    int                       c;
    const component_edge_t   *x = a, *y = b;

    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }

    c = component_node_compare(arg, x->a, y->a);
    c = c ? c : component_node_compare(arg, x->b, y->b);

    return c ? c : (x->rule > y->rule) - (x->rule < y->rule);
}


/* Nodes that say the same are of rules, which name records: only there does it
 * matter when they came. */

int
component_node_compare(const component_graph_t *g, uint32_t a, uint32_t b)
{
    int                      c;
    unsigned                 kind;
    const component_node_t  *x = &g->nodes[a], *y = &g->nodes[b];

    if (a == b) {
        return 0;
    }

    if (x->order != y->order) {
        return x->order < y->order ? -1 : 1;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        c = component_text_compare(&g->values[kind], x->values[kind],
                                   y->values[kind]);
        if (c) {
            return c;
        }
    }

    c = component_text_compare(&g->names, x->name, y->name);

    if (c) {
        return c;
    }

    return g->in->records[x->first].ref < g->in->records[y->first].ref ? -1 : 1;
}


static int
component_text_compare(const intern_t *texts, uint32_t a, uint32_t b)
{
    if (a == b) {
        return 0;
    }

    if (a == INTERN_NONE || b == INTERN_NONE) {
        return a == INTERN_NONE ? -1 : 1;
    }

    return aud_str_compare(texts->items[a].text, texts->items[b].text);
}
