/*
 * Clusters under guards: a union-find of nodes (union by size, path halving:
 * Tarjan and van Leeuwen 1984) whose sets know what guards ask of them.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "components_private.h"


typedef struct {                    /* a rule that keeps a cluster apart */
    uint32_t  rule;
    uint32_t  sides;                /* bits 1 << component_side_t */
} component_tag_t;

typedef struct {
    uint32_t          parent;
    uint32_t          size;         /* of roots, and so is all below */
    uint32_t          document;     /* that links, or INTERN_NONE */
    uint32_t          nnames;
    uint32_t          names[COMPONENT_NAMES];   /* the first ones, ascending */
    component_tag_t  *tags;         /* by rule */
    uint32_t          ntags;
} component_cluster_t;

typedef struct {
    component_graph_t    *g;
    component_cluster_t  *clusters;
    components_t         *result;
    size_t                refusal_capacity;
} component_joining_t;


static int component_clusters(component_joining_t *j);
static int component_tags(component_joining_t *j, uint32_t node);
static uint32_t component_root(component_cluster_t *clusters, uint32_t node);
static int component_try(component_joining_t *j, const component_edge_t *edge);
static component_guard_t component_guard(const component_joining_t *j,
    const component_edge_t *edge, const component_cluster_t *x,
    const component_cluster_t *y, component_join_t *join);
static int component_apart(const component_cluster_t *x,
    const component_cluster_t *y);
static aud_names_t component_cluster_names(const component_graph_t *g,
    const component_cluster_t *x, const component_cluster_t *y);
static int component_unite(component_joining_t *j, uint32_t a, uint32_t b);
static void component_unite_names(const component_graph_t *g,
    component_cluster_t *x, const component_cluster_t *y);
static int component_unite_tags(component_cluster_t *x,
    component_cluster_t *y);
static int component_name_compare(const component_graph_t *g, uint32_t a,
    uint32_t b);
static void component_keep_refusals(component_joining_t *j);


int
component_join_all(component_graph_t *g, components_t *result,
    uint32_t *cluster)
{
    int                   rc = -1;
    size_t                i;
    component_joining_t   j = { .g = g, .result = result };

    j.clusters = aud_calloc((size_t) g->nnodes + 1,
                            sizeof(component_cluster_t));
    result->joins = aud_calloc(g->in->n + 1, sizeof(component_join_t));

    if (j.clusters == NULL || result->joins == NULL
        || component_clusters(&j) != 0)
    {
        goto done;
    }

    for (i = 0; i < g->nedges; i++) {
        if (component_try(&j, &g->edges[i]) != 0) {
            goto done;
        }
    }

    component_keep_refusals(&j);

    for (i = 0; i < g->nnodes; i++) {
        cluster[i] = component_root(j.clusters, i);
    }

    rc = 0;

done:

    for (i = 0; j.clusters && i < g->nnodes; i++) {
        aud_free(j.clusters[i].tags);
    }

    aud_free(j.clusters);

    return rc;
}


static int
component_clusters(component_joining_t *j)
{
    uint32_t                  i;
    component_cluster_t      *cluster;
    const component_node_t   *node;

    for (i = 0; i < j->g->nnodes; i++) {
        node = &j->g->nodes[i];
        cluster = &j->clusters[i];
        cluster->parent = i;
        cluster->size = 1;
        cluster->document = component_value(j->g, node,
                                            COMPONENT_TAX_DOCUMENT);

        if (node->name != INTERN_NONE) {
            cluster->names[cluster->nnames++] = node->name;
        }

        if (node->nmentions && component_tags(j, i) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
component_tags(component_joining_t *j, uint32_t node)
{
    uint32_t                    i;
    component_tag_t            *tag;
    component_cluster_t        *cluster;
    const component_node_t     *n;
    const component_mention_t  *mention;

    n = &j->g->nodes[node];
    cluster = &j->clusters[node];
    cluster->tags = aud_calloc(n->nmentions, sizeof(component_tag_t));

    if (cluster->tags == NULL) {
        return -1;
    }

    for (i = 0; i < n->nmentions; i++) {
        mention = &j->g->mentions[n->mentions + i];

        if (mention->side == COMPONENT_TOGETHER) {
            continue;
        }

        tag = cluster->ntags ? &cluster->tags[cluster->ntags - 1] : NULL;

        if (tag == NULL || tag->rule != mention->rule) {
            tag = &cluster->tags[cluster->ntags++];
            tag->rule = mention->rule;
        }

        tag->sides |= 1u << mention->side;
    }

    return 0;
}


static uint32_t
component_root(component_cluster_t *clusters, uint32_t node)
{
    while (clusters[node].parent != node) {
        clusters[node].parent = clusters[clusters[node].parent].parent;
        node = clusters[node].parent;
    }

    return node;
}


static int
component_try(component_joining_t *j, const component_edge_t *edge)
{
    uint32_t                    a, b, swap;
    components_t               *result = j->result;
    component_join_t            join;
    component_guard_t           guard;
    component_refusal_t        *refusal;
    const component_record_t   *records = j->g->in->records;

    a = component_root(j->clusters, edge->a);
    b = component_root(j->clusters, edge->b);

    if (a == b) {
        return 0;
    }

    join.a = j->g->nodes[edge->a].first;
    join.b = j->g->nodes[edge->b].first;
    join.rule = edge->rule;
    join.kinds = edge->kinds;

    if (records[join.b].ref < records[join.a].ref) {
        swap = join.a;
        join.a = join.b;
        join.b = swap;
    }

    guard = component_guard(j, edge, &j->clusters[a], &j->clusters[b], &join);

    if (guard == 0) {
        result->joins[result->njoins++] = join;
        return component_unite(j, a, b);
    }

    if (aud_grow(&result->refusals, sizeof(component_refusal_t),
                 result->nrefusals, &j->refusal_capacity)
        != 0)
    {
        return -1;
    }

    refusal = &result->refusals[result->nrefusals++];
    refusal->join = join;
    refusal->guard = guard;

    return 0;
}


/* 0: the clusters may join.  Fills in names and weight. */

static component_guard_t
component_guard(const component_joining_t *j, const component_edge_t *edge,
    const component_cluster_t *x, const component_cluster_t *y,
    component_join_t *join)
{
    const component_graph_t  *g = j->g;

    join->names = edge->names == AUD_NAMES_SUPPORT
                  ? AUD_NAMES_SUPPORT : component_cluster_names(g, x, y);
    join->weight = edge->rule == COMPONENT_NONE
                   ? component_weight(g, &g->nodes[edge->a], edge->kinds)
                     + component_name_weight(g, join->names)
                   : edge->weight;

    if (x->document != INTERN_NONE && y->document != INTERN_NONE
        && x->document != y->document)
    {
        return COMPONENT_OTHER_DOCUMENT;
    }

    if (x->ntags && y->ntags && component_apart(x, y)) {
        return COMPONENT_KEPT_APART;
    }

    return join->weight < g->policy->threshold ? COMPONENT_OTHER_NAMES : 0;
}


static int
component_apart(const component_cluster_t *x, const component_cluster_t *y)
{
    uint32_t  i, k, both;

    for (i = 0, k = 0; i < x->ntags && k < y->ntags; ) {
        if (x->tags[i].rule != y->tags[k].rule) {
            if (x->tags[i].rule < y->tags[k].rule) {
                i++;

            } else {
                k++;
            }

            continue;
        }

        both = x->tags[i++].sides | y->tags[k++].sides;

        if ((both >> COMPONENT_ONE & 1) && (both >> COMPONENT_OTHER & 1)) {
            return 1;
        }
    }

    return 0;
}


/* The best that a name of the one says about a name of the other. */

static aud_names_t
component_cluster_names(const component_graph_t *g,
    const component_cluster_t *x, const component_cluster_t *y)
{
    uint32_t     i, k;
    aud_names_t  names, best;

    best = x->nnames && y->nnames ? AUD_NAMES_CONTRADICT
                                  : AUD_NAMES_SAY_NOTHING;

    for (i = 0; i < x->nnames; i++) {
        for (k = 0; k < y->nnames; k++) {
            names = component_names(g, x->names[i], y->names[k]);

            if (names == AUD_NAMES_SUPPORT) {
                return AUD_NAMES_SUPPORT;
            }

            if (names == AUD_NAMES_SAY_NOTHING) {
                best = AUD_NAMES_SAY_NOTHING;
            }
        }
    }

    return best;
}


static int
component_unite(component_joining_t *j, uint32_t a, uint32_t b)
{
    component_cluster_t  *x, *y;

    if (j->clusters[a].size < j->clusters[b].size) {
        x = &j->clusters[b];
        y = &j->clusters[a];

    } else {
        x = &j->clusters[a];
        y = &j->clusters[b];
    }

    y->parent = x->parent;
    x->size += y->size;

    if (x->document == INTERN_NONE) {
        x->document = y->document;
    }

    component_unite_names(j->g, x, y);

    return y->ntags ? component_unite_tags(x, y) : 0;
}


/* The first of both: what the first ones of a union are does not depend on how
 * it came together. */

static void
component_unite_names(const component_graph_t *g, component_cluster_t *x,
    const component_cluster_t *y)
{
    int       c;
    uint32_t  i = 0, k = 0, n = 0, all[COMPONENT_NAMES];

    while (n < COMPONENT_NAMES && (i < x->nnames || k < y->nnames)) {
        c = i == x->nnames ? 1
            : k == y->nnames ? -1
            : component_name_compare(g, x->names[i], y->names[k]);

        all[n++] = c <= 0 ? x->names[i] : y->names[k];
        i += c <= 0;
        k += c >= 0;
    }

    memcpy(x->names, all, n * sizeof(uint32_t));
    x->nnames = n;
}


static int
component_unite_tags(component_cluster_t *x, component_cluster_t *y)
{
    uint32_t          i = 0, k = 0, n = 0;
    component_tag_t  *all;

    all = aud_calloc((size_t) x->ntags + y->ntags, sizeof(component_tag_t));
    if (all == NULL) {
        return -1;
    }

    while (i < x->ntags || k < y->ntags) {
        if (k == y->ntags
            || (i < x->ntags && x->tags[i].rule < y->tags[k].rule))
        {
            all[n++] = x->tags[i++];

        } else if (i == x->ntags || x->tags[i].rule > y->tags[k].rule) {
            all[n++] = y->tags[k++];

        } else {
            all[n] = x->tags[i++];
            all[n++].sides |= y->tags[k++].sides;
        }
    }

    aud_free(x->tags);
    aud_free(y->tags);
    x->tags = all;
    x->ntags = n;
    y->tags = NULL;
    y->ntags = 0;

    return 0;
}


static int
component_name_compare(const component_graph_t *g, uint32_t a, uint32_t b)
{
    const interned_t  *x = &g->names.items[a], *y = &g->names.items[b];

    if (a == b) {
        return 0;
    }

    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }

    return aud_str_compare(x->text, y->text);
}


/* A pair that another edge joined later was not refused in the end. */

static void
component_keep_refusals(component_joining_t *j)
{
    size_t                 i, n = 0;
    uint32_t               a, b;
    components_t          *result = j->result;
    component_refusal_t   *refusal;

    for (i = 0; i < result->nrefusals; i++) {
        refusal = &result->refusals[i];
        a = component_root(j->clusters, j->g->node[refusal->join.a]);
        b = component_root(j->clusters, j->g->node[refusal->join.b]);

        if (a != b) {
            result->refusals[n++] = *refusal;
        }
    }

    result->nrefusals = n;
}
