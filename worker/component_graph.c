/*
 * From records to nodes, and which nodes hold a value.
 */

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "components_private.h"


typedef struct {
    uint64_t   key[2];              /* four numbers: three values and a name */
    uint32_t   content;             /* the first node of that key, plus one;
                                       0: the slot is free */
    uint32_t   node;                /* the one that no rule mentions, plus one,
                                       or 0 */
} component_slot_t;


static int component_mentions(component_graph_t *g);
static int component_intern(component_graph_t *g);
static int component_given(component_graph_t *g);
static int component_nodes(component_graph_t *g);
static component_slot_t *component_slot(component_slot_t *slots, size_t nslots,
    const uint64_t key[2]);
static component_node_t *component_node_add(component_graph_t *g,
    uint32_t record, const uint64_t key[2]);
static uint64_t component_order(const component_graph_t *g,
    const component_node_t *node);
static void component_mentioned(const component_graph_t *g, uint64_t ref,
    uint32_t *first, uint32_t *n);
static int component_holders(component_graph_t *g, unsigned kind);
static int component_mention_compare(const void *a, const void *b);


int
component_graph_build(component_graph_t *g, const component_input_t *in,
    aud_error_t *err)
{
    unsigned  kind;

    memset(g, 0, sizeof(*g));
    g->in = in;
    g->policy = in->policy;

    if (component_mentions(g) != 0 || component_intern(g) != 0
        || component_given(g) != 0 || component_nodes(g) != 0)
    {
        return aud_error_set(err, "out of memory");
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        g->blocked[kind] = aud_calloc((size_t) g->values[kind].n + 1, 1);

        if (g->blocked[kind] == NULL || component_holders(g, kind) != 0) {
            return aud_error_set(err, "out of memory");
        }
    }

    return 0;
}


void
component_graph_free(component_graph_t *g)
{
    unsigned  kind;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        intern_free(&g->values[kind]);
        aud_free(g->blocked[kind]);
        aud_free(g->at[kind]);
        aud_free(g->holders[kind]);
    }

    intern_free(&g->names);
    aud_free(g->mentions);
    aud_free(g->given);
    aud_free(g->node);
    aud_free(g->nodes);
    aud_free(g->edges);
    aud_free(g->found);
}


static int
component_mentions(component_graph_t *g)
{
    g->mentions = aud_calloc(g->in->nmentions + 1,
                             sizeof(component_mention_t));
    if (g->mentions == NULL) {
        return -1;
    }

    if (g->in->nmentions) {
        memcpy(g->mentions, g->in->mentions,
               g->in->nmentions * sizeof(component_mention_t));
        qsort(g->mentions, g->in->nmentions, sizeof(component_mention_t),
              component_mention_compare);
    }

    return 0;
}


/* Numbers of a record's values and name, four in a row, kept in g->node until
 * nodes are known. */

static int
component_intern(component_graph_t *g)
{
    size_t                     i;
    unsigned                   kind;
    uint32_t                  *numbers;
    const component_record_t  *record;

    g->node = aud_calloc(g->in->n + 1,
                         (COMPONENT_KINDS + 1) * sizeof(uint32_t));
    if (g->node == NULL) {
        return -1;
    }

    for (i = 0; i < g->in->n; i++) {
        record = &g->in->records[i];
        numbers = &g->node[i * (COMPONENT_KINDS + 1)];

        for (kind = 0; kind < COMPONENT_KINDS; kind++) {
            if (intern_add(&g->values[kind], record->values[kind],
                           &numbers[kind])
                != 0)
            {
                return -1;
            }
        }

        if (intern_add(&g->names, record->name, &numbers[kind]) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
component_given(component_graph_t *g)
{
    int        rc = 0;
    uint32_t   i;
    intern_t   given = { 0 };

    g->given = aud_calloc((size_t) g->names.n + 1, sizeof(uint32_t));

    for (i = 0; g->given && i < g->names.n && rc == 0; i++) {
        rc = intern_add(&given, aud_person_name_given(g->names.items[i].text),
                        &g->given[i]);
    }

    intern_free(&given);

    return g->given ? rc : -1;
}


/* Records that say the same become one node, but for those that a rule
 * mentions: they may have to be apart from each other. */

static int
component_nodes(component_graph_t *g)
{
    size_t              i, nslots;
    uint32_t            first, n, number;
    uint64_t            key[2];
    component_slot_t   *slots, *slot;
    component_node_t   *node;

    for (nslots = 64; nslots < 2 * g->in->n; nslots *= 2) {
        /* at most half full */
    }

    slots = aud_calloc(nslots, sizeof(component_slot_t));
    if (slots == NULL) {
        return -1;
    }

    for (i = 0; i < g->in->n; i++) {
        memcpy(key, &g->node[i * (COMPONENT_KINDS + 1)], sizeof(key));
        component_mentioned(g, g->in->records[i].ref, &first, &n);

        slot = component_slot(slots, nslots, key);
        number = n ? 0 : slot->node;

        if (number == 0) {
            node = component_node_add(g, i, key);

            if (node == NULL) {
                aud_free(slots);
                return -1;
            }

            number = g->nnodes;
            slot->content = slot->content ? slot->content : number;
            slot->node = n ? slot->node : number;
            node->content = slot->content - 1;
            node->mentions = first;
            node->nmentions = n;
        }

        /* what stood there was read: it belongs to record i / 4 */
        g->node[i] = number - 1;
        node = &g->nodes[number - 1];
        node->records++;

        if (g->in->records[i].ref < g->in->records[node->first].ref) {
            node->first = i;
        }
    }

    aud_free(slots);

    return 0;
}


static component_slot_t *
component_slot(component_slot_t *slots, size_t nslots, const uint64_t key[2])
{
    size_t  at;

    at = XXH3_64bits(key, 2 * sizeof(uint64_t)) & (nslots - 1);

    while (slots[at].content
           && memcmp(slots[at].key, key, sizeof(slots[at].key)) != 0)
    {
        at = (at + 1) & (nslots - 1);
    }

    memcpy(slots[at].key, key, sizeof(slots[at].key));

    return &slots[at];
}


static component_node_t *
component_node_add(component_graph_t *g, uint32_t record,
    const uint64_t key[2])
{
    size_t             capacity = g->capacity;
    uint32_t           numbers[COMPONENT_KINDS + 1];
    component_node_t  *node;

    if (aud_grow(&g->nodes, sizeof(component_node_t), g->nnodes,
                 &capacity)
        != 0)
    {
        return NULL;
    }

    memcpy(numbers, key, sizeof(numbers));
    g->capacity = capacity;
    node = &g->nodes[g->nnodes++];
    memset(node, 0, sizeof(*node));
    memcpy(node->values, numbers, sizeof(node->values));
    node->name = numbers[COMPONENT_KINDS];
    node->first = record;
    node->order = component_order(g, node);

    return node;
}


static uint64_t
component_order(const component_graph_t *g, const component_node_t *node)
{
    unsigned  kind;
    uint64_t  said[COMPONENT_KINDS + 1] = { 0 };

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (node->values[kind] != INTERN_NONE) {
            said[kind] = g->values[kind].items[node->values[kind]].hash;
        }
    }

    if (node->name != INTERN_NONE) {
        said[kind] = g->names.items[node->name].hash;
    }

    return XXH3_64bits(said, sizeof(said));
}


/* Which of g->mentions speak of a record. */

static void
component_mentioned(const component_graph_t *g, uint64_t ref, uint32_t *first,
    uint32_t *n)
{
    size_t  low = 0, high = g->in->nmentions, middle;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (g->mentions[middle].ref < ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    *first = low;

    while (low < g->in->nmentions && g->mentions[low].ref == ref) {
        low++;
    }

    *n = low - *first;
}


/* The nodes of each value, by counting. */

static int
component_holders(component_graph_t *g, unsigned kind)
{
    uint32_t   i, value, n, *at;

    n = g->values[kind].n;
    at = aud_calloc((size_t) n + 2, sizeof(uint32_t));
    g->at[kind] = at;
    g->holders[kind] = aud_calloc((size_t) g->nnodes + 1, sizeof(uint32_t));

    if (at == NULL || g->holders[kind] == NULL) {
        return -1;
    }

    for (i = 0; i < g->nnodes; i++) {
        value = g->nodes[i].values[kind];

        if (value != INTERN_NONE) {
            at[value + 2]++;
        }
    }

    for (i = 2; i < n + 2; i++) {
        at[i] += at[i - 1];
    }

    for (i = 0; i < g->nnodes; i++) {       /* leaves at[v] at the begin of v */
        value = g->nodes[i].values[kind];

        if (value != INTERN_NONE) {
            g->holders[kind][at[value + 1]++] = i;
        }
    }

    return 0;
}


static int
component_mention_compare(const void *a, const void *b)
{
    const component_mention_t  *x = a, *y = b;

    if (x->ref != y->ref) {
        return x->ref < y->ref ? -1 : 1;
    }

    if (x->rule != y->rule) {
        return x->rule < y->rule ? -1 : 1;
    }

    return (x->side > y->side) - (x->side < y->side);
}
