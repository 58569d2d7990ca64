/*
 * Which source records are one person: the result, and rules among themselves.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "components_private.h"


typedef struct {                    /* refs that rules mention, as clusters */
    const component_mention_t  **by_ref;
    const component_mention_t  **by_rule;
    size_t                       n;
    uint32_t                    *parent;        /* of places in by_ref */
    uint64_t                    *stamps;        /* of roots: seen on a side */
    uint64_t                     stamp;
} component_rules_t;


static int component_met(const component_input_t *in, component_input_t *met,
    uint32_t **index, aud_buffer_t *names);
static int component_names_canonical(component_record_t *records, size_t n,
    aud_buffer_t *names);
static int component_resolve_met(const component_input_t *in,
    components_t *result, aud_error_t *err);
static int component_spread(components_t *result, size_t n,
    const uint32_t *index, size_t nmet);
static int component_result(const component_graph_t *g, components_t *result,
    const uint32_t *cluster);
static void component_same(const component_graph_t *g, components_t *result,
    uint32_t record);
static int component_rules_sort(component_rules_t *r,
    const component_mention_t *mentions, size_t n);
static void component_rules_free(component_rules_t *r);
static void component_rules_part(component_rules_t *r);
static void component_rules_join(component_rules_t *r, size_t from, size_t to);
static int component_rules_broken(component_rules_t *r, size_t from,
    size_t to);
static size_t component_rules_end(const component_rules_t *r, size_t from);
static uint32_t component_rules_root(component_rules_t *r,
    const component_mention_t *mention);
static int component_by_ref(const void *a, const void *b);
static int component_by_rule(const void *a, const void *b);


const component_policy_t  component_policy_default = {
    .weight = { 150, 60, 70 },
    .company_weight = 60,
    .name_supports = 20,
    .name_contradicts = 90,
    .threshold = 50,
    .max_people = { 4, 8, 6 },
    .max_variants = 64
};


components_t *
components_resolve(const component_input_t *in, aud_error_t *err)
{
    uint32_t           *index;
    aud_buffer_t        names = { 0 };
    components_t       *result;
    component_input_t   met = *in;

    met.records = NULL;
    index = NULL;
    result = aud_calloc(1, sizeof(components_t));

    if (in->n >= COMPONENT_NONE) {
        aud_error_set(err, "too many records to resolve at once");
        goto failed;
    }

    if (result == NULL || component_met(in, &met, &index, &names) != 0) {
        aud_error_set(err, "out of memory");
        goto failed;
    }

    if (component_resolve_met(&met, result, err) != 0) {
        goto failed;
    }

    if (met.n < in->n && component_spread(result, in->n, index, met.n) != 0) {
        aud_error_set(err, "out of memory");
        goto failed;
    }

    goto done;

failed:

    components_free(result);
    result = NULL;

done:

    aud_buffer_free(&names);
    aud_free((component_record_t *) met.records);
    aud_free(index);

    return result;
}


/* The records that have to be looked at, which ones of in's they are, and their
 * names in canonical form. */

static int
component_met(const component_input_t *in, component_input_t *met,
    uint32_t **index, aud_buffer_t *names)
{
    int                  rc = -1;
    size_t               i;
    uint8_t             *is_met;
    component_record_t  *records;

    met->n = 0;
    is_met = aud_calloc(in->n + 1, 1);

    if (is_met == NULL || component_lone(in, is_met) != 0) {
        goto done;
    }

    for (i = 0; i < in->n; i++) {
        met->n += is_met[i];
    }

    *index = aud_calloc(met->n + 1, sizeof(uint32_t));
    records = aud_calloc(met->n + 1, sizeof(component_record_t));
    met->records = records;

    if (*index == NULL || records == NULL) {
        goto done;
    }

    for (i = 0, met->n = 0; i < in->n; i++) {
        if (is_met[i]) {
            (*index)[met->n] = i;
            records[met->n++] = in->records[i];
        }
    }

    rc = component_names_canonical(records, met->n, names);

done:

    aud_free(is_met);

    return rc;
}


/* Lengths first: the buffer may move while it grows. */

static int
component_names_canonical(component_record_t *records, size_t n,
    aud_buffer_t *names)
{
    size_t  i, at;

    for (i = 0; i < n; i++) {
        at = names->len;
        aud_person_name_canonical(names, records[i].name);
        records[i].name.len = names->len - at;
    }

    for (i = 0, at = 0; i < n; i++) {
        records[i].name.data = names->data + at;
        at += records[i].name.len;
    }

    return names->failed ? -1 : 0;
}


static int
component_resolve_met(const component_input_t *in, components_t *result,
    aud_error_t *err)
{
    int                 rc = -1;
    uint32_t           *cluster = NULL;
    component_graph_t   g;

    if (component_graph_build(&g, in, err) != 0) {
        goto done;
    }

    cluster = aud_calloc((size_t) g.nnodes + 1, sizeof(uint32_t));

    if (cluster == NULL || component_block_all(&g) != 0
        || component_edges_find(&g) != 0
        || component_join_all(&g, result, cluster) != 0
        || component_result(&g, result, cluster) != 0)
    {
        aud_error_set(err, "out of memory");
        goto done;
    }

    result->blocked = g.found;
    result->nblocked = g.nfound;
    g.found = NULL;
    rc = 0;

done:

    aud_free(cluster);
    component_graph_free(&g);

    return rc;
}


/* From the records that were met to all n: the others are alone. */

static int
component_spread(components_t *result, size_t n, const uint32_t *index,
    size_t nmet)
{
    size_t     i, k;
    uint32_t  *component, *number, *of;

    component = aud_calloc(n + 1, sizeof(uint32_t));
    number = aud_calloc((size_t) result->ncomponents + 1, sizeof(uint32_t));

    if (component == NULL || number == NULL) {
        aud_free(component);
        aud_free(number);
        return -1;
    }

    result->ncomponents = 0;

    for (i = 0, k = 0; i < n; i++) {
        of = k < nmet && index[k] == i ? &number[result->component[k++]]
                                       : NULL;

        if (of && *of) {
            component[i] = *of - 1;
            continue;
        }

        component[i] = result->ncomponents++;

        if (of) {
            *of = result->ncomponents;
        }
    }

    for (i = 0; i < result->njoins; i++) {
        result->joins[i].a = index[result->joins[i].a];
        result->joins[i].b = index[result->joins[i].b];
    }

    for (i = 0; i < result->nrefusals; i++) {
        result->refusals[i].join.a = index[result->refusals[i].join.a];
        result->refusals[i].join.b = index[result->refusals[i].join.b];
    }

    aud_free(number);
    aud_free(result->component);
    result->component = component;

    return 0;
}


void
components_free(components_t *c)
{
    if (c == NULL) {
        return;
    }

    aud_free(c->component);
    aud_free(c->joins);
    aud_free(c->refusals);
    aud_free(c->blocked);
    aud_free(c);
}


/* Numbers the clusters as their first records come; records of a node that
 * does not hold together are alone. */

static int
component_result(const component_graph_t *g, components_t *result,
    const uint32_t *cluster)
{
    size_t     i;
    uint32_t  *number, root;

    result->component = aud_calloc(g->in->n + 1, sizeof(uint32_t));
    number = aud_calloc((size_t) g->nnodes + 1, sizeof(uint32_t));

    if (result->component == NULL || number == NULL) {
        aud_free(number);
        return -1;
    }

    for (i = 0; i < g->in->n; i++) {
        root = g->node[i];

        if (g->nodes[root].records > 1
            && !component_holds(g, &g->nodes[root]))
        {
            result->component[i] = result->ncomponents++;
            continue;
        }

        root = cluster[root];

        if (number[root] == 0) {
            number[root] = ++result->ncomponents;
        }

        result->component[i] = number[root] - 1;
        component_same(g, result, i);
    }

    aud_free(number);

    return 0;
}


/* A record joins the oldest one that says the same. */

static void
component_same(const component_graph_t *g, components_t *result,
    uint32_t record)
{
    unsigned                 kinds;
    aud_names_t              names;
    const component_node_t  *node = &g->nodes[g->node[record]];

    if (node->first == record) {
        return;
    }

    kinds = component_shared(g, node, node);
    names = component_names(g, node->name, node->name);

    result->joins[result->njoins++] = (component_join_t) {
        .a = node->first, .b = record, .rule = COMPONENT_NONE, .kinds = kinds,
        .names = names, .weight = component_weight(g, node, kinds)
                                  + component_name_weight(g, names)
    };
}


/*
 * Joins all, looks for a rule that is broken then, and if there is one finds
 * the first of the joining rules, in order, by which it breaks.
 */

int
components_contradiction(const component_mention_t *mentions, size_t n,
    uint32_t *apart, uint32_t *together)
{
    int                rc = 0;
    size_t             i, end, k, k_end;
    component_rules_t  r;

    if (component_rules_sort(&r, mentions, n) != 0) {
        component_rules_free(&r);
        return -1;
    }

    component_rules_part(&r);

    for (i = 0; i < n; i = end) {
        end = component_rules_end(&r, i);
        component_rules_join(&r, i, end);
    }

    for (i = 0; i < n && rc == 0; i = end) {
        end = component_rules_end(&r, i);
        rc = component_rules_broken(&r, i, end);

        if (rc == 0) {
            continue;
        }

        *apart = *together = r.by_rule[i]->rule;
        component_rules_part(&r);

        for (k = 0; k < n && !component_rules_broken(&r, i, end); k = k_end) {
            k_end = component_rules_end(&r, k);
            component_rules_join(&r, k, k_end);
            *together = r.by_rule[k]->rule;
        }
    }

    component_rules_free(&r);

    return rc;
}


static int
component_rules_sort(component_rules_t *r,
    const component_mention_t *mentions, size_t n)
{
    size_t  i;

    memset(r, 0, sizeof(*r));
    r->n = n;
    r->by_ref = aud_calloc(n + 1, sizeof(*r->by_ref));
    r->by_rule = aud_calloc(n + 1, sizeof(*r->by_rule));
    r->parent = aud_calloc(n + 1, sizeof(uint32_t));
    r->stamps = aud_calloc(n + 1, sizeof(uint64_t));

    if (!r->by_ref || !r->by_rule || !r->parent || !r->stamps
        || n >= COMPONENT_NONE)
    {
        return -1;
    }

    for (i = 0; i < n; i++) {
        r->by_ref[i] = r->by_rule[i] = &mentions[i];
    }

    qsort(r->by_ref, n, sizeof(*r->by_ref), component_by_ref);
    qsort(r->by_rule, n, sizeof(*r->by_rule), component_by_rule);

    return 0;
}


static void
component_rules_free(component_rules_t *r)
{
    aud_free(r->by_ref);
    aud_free(r->by_rule);
    aud_free(r->parent);
    aud_free(r->stamps);
}


/* Each ref alone: the first of its places in by_ref stands for it. */

static void
component_rules_part(component_rules_t *r)
{
    size_t  i;

    for (i = 0; i < r->n; i++) {
        r->parent[i] = i && r->by_ref[i]->ref == r->by_ref[i - 1]->ref
                       ? r->parent[i - 1] : i;
    }
}


static void
component_rules_join(component_rules_t *r, size_t from, size_t to)
{
    size_t    i;
    uint32_t  root, first = COMPONENT_NONE;

    for (i = from; i < to; i++) {
        if (r->by_rule[i]->side != COMPONENT_TOGETHER) {
            continue;
        }

        root = component_rules_root(r, r->by_rule[i]);
        first = first == COMPONENT_NONE ? root : first;
        r->parent[root] = first;
    }
}


/* Whether a set has records of both sides.  Sides are sorted: ONE comes before
 * OTHER. */

static int
component_rules_broken(component_rules_t *r, size_t from, size_t to)
{
    size_t    i;
    uint32_t  root;

    r->stamp++;

    for (i = from; i < to; i++) {
        root = component_rules_root(r, r->by_rule[i]);

        if (r->by_rule[i]->side == COMPONENT_ONE) {
            r->stamps[root] = r->stamp;

        } else if (r->by_rule[i]->side == COMPONENT_OTHER
                   && r->stamps[root] == r->stamp)
        {
            return 1;
        }
    }

    return 0;
}


static size_t
component_rules_end(const component_rules_t *r, size_t from)
{
    size_t  to = from;

    while (to < r->n && r->by_rule[to]->rule == r->by_rule[from]->rule) {
        to++;
    }

    return to;
}


static uint32_t
component_rules_root(component_rules_t *r, const component_mention_t *mention)
{
    size_t    low = 0, high = r->n, middle;
    uint32_t  at;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (r->by_ref[middle]->ref < mention->ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    for (at = low; r->parent[at] != at; at = r->parent[at]) {
        r->parent[at] = r->parent[r->parent[at]];
    }

    return at;
}


static int
component_by_ref(const void *a, const void *b)
{
    const component_mention_t  *x = *(const component_mention_t **) a;
    const component_mention_t  *y = *(const component_mention_t **) b;

    return (x->ref > y->ref) - (x->ref < y->ref);
}


static int
component_by_rule(const void *a, const void *b)
{
    const component_mention_t  *x = *(const component_mention_t **) a;
    const component_mention_t  *y = *(const component_mention_t **) b;

    if (x->rule != y->rule) {
        return x->rule < y->rule ? -1 : 1;
    }

    return (x->side > y->side) - (x->side < y->side);
}
