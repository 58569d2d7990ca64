/*
 * What the files of components.h share.
 *
 *   component_lone.c    records that share nothing are done
 *   component_graph.c   the others become nodes
 *   component_block.c   which values link
 *   component_edges.c   candidates: pairs of nodes that share a value
 *   component_join.c    clusters under guards
 *   components.c        the result; rules
 */

#ifndef COMPONENTS_PRIVATE_H
#define COMPONENTS_PRIVATE_H

#include "components.h"
#include "intern.h"

typedef struct {                    /* records that say the same */
    uint32_t  values[COMPONENT_KINDS];      /* numbers, or INTERN_NONE */
    uint32_t  name;
    uint32_t  content;              /* the first node that says the same */
    uint32_t  first;                /* its oldest record */
    uint32_t  records;
    uint32_t  mentions;             /* where in graph_t.mentions its own begin */
    uint32_t  nmentions;            /* not 0: a node of that record alone */
    uint64_t  order;                /* hash of what it says */
} component_node_t;

typedef struct {
    uint32_t  a, b;                 /* nodes; of equal weight and order, a is
                                       the one that comes first */
    int32_t   weight;
    uint32_t  rule;                 /* that joins them, or COMPONENT_NONE */
    uint8_t   kinds;
    uint8_t   names;                /* aud_names_t, of the two nodes */
} component_edge_t;

typedef struct {
    const component_input_t   *in;
    const component_policy_t  *policy;
    component_mention_t       *mentions;        /* by ref, rule, side */

    intern_t                   values[COMPONENT_KINDS];
    intern_t                   names;
    uint32_t                  *given;           /* of names: number of the
                                                   given name, or NONE */
    uint8_t                   *blocked[COMPONENT_KINDS];    /* of values */

    uint32_t                  *node;            /* [n] of records */
    component_node_t          *nodes;
    uint32_t                   nnodes;
    uint32_t                   capacity;

    uint32_t                  *at[COMPONENT_KINDS];     /* [values + 1] into */
    uint32_t                  *holders[COMPONENT_KINDS];/* nodes by value */

    component_edge_t          *edges;           /* by component_edge_before() */
    size_t                     nedges;
    size_t                     edge_capacity;

    component_blocked_t       *found;           /* values that do not link */
    size_t                     nfound;
    size_t                     found_capacity;
} component_graph_t;

/* met[i]: whether record i has to be looked at; where it is 0 no other record
 * holds a value of it, no value of it is listed, and no rule mentions it.  -1
 * when memory is out. */
int  component_lone(const component_input_t *in, uint8_t *met);

/* -1 with err. */
int  component_graph_build(component_graph_t *g, const component_input_t *in,
    aud_error_t *err);
void component_graph_free(component_graph_t *g);

/* -1 when memory is out. */
int  component_block_all(component_graph_t *g);
int  component_edges_find(component_graph_t *g);

/* Joins along g->edges and writes joins and refusals between nodes into
 * result; cluster [nnodes] gets a node that stands for the whole cluster.  -1
 * when memory is out. */
int  component_join_all(component_graph_t *g, components_t *result,
    uint32_t *cluster);

/* A value of the node that links, or INTERN_NONE. */
static inline uint32_t
component_value(const component_graph_t *g, const component_node_t *node,
    unsigned kind)
{
    uint32_t  value = node->values[kind];

    return value == INTERN_NONE || g->blocked[kind][value] ? INTERN_NONE
                                                           : value;
}

/* The kinds of values that a and b share and that link. */
unsigned component_shared(const component_graph_t *g,
    const component_node_t *a, const component_node_t *b);

/* What sharing these kinds weighs; node: one of the two that share them. */
int  component_weight(const component_graph_t *g, const component_node_t *node,
    unsigned kinds);
int  component_name_weight(const component_graph_t *g, aud_names_t names);

/* Whether the records of a node, which all say the same, are one person. */
int  component_holds(const component_graph_t *g, const component_node_t *node);

aud_names_t component_names(const component_graph_t *g, uint32_t a,
    uint32_t b);

/* An order of nodes by what they say. */
int  component_node_compare(const component_graph_t *g, uint32_t a,
    uint32_t b);

#endif
