/*
 * Which values link: not those of the list, and none with too many people
 * behind it.
 */

#include "aud_alloc.h"
#include "components_private.h"


typedef enum {
    BESIDE_DOCUMENTS = 0,
    BESIDE_GIVEN_NAMES,
    BESIDE_OTHERS,
    BESIDE_VARIANTS,
    BESIDE_COUNT
} component_beside_kind_t;

typedef struct {                    /* what stands beside one value */
    uint32_t  *seen[BESIDE_COUNT];  /* the value that met it last, plus one */
    uint32_t   counts[BESIDE_COUNT];
} component_beside_t;


static int component_listed(component_graph_t *g);
static int component_crowded(component_graph_t *g, unsigned kind);
static int component_beside_create(component_beside_t *beside,
    const component_graph_t *g, unsigned kind);
static void component_beside_free(component_beside_t *beside);
static unsigned component_other(unsigned kind);
static uint32_t component_people(const component_graph_t *g, unsigned kind,
    uint32_t value, component_beside_t *beside);
static void component_meet(component_beside_t *beside, unsigned which,
    uint32_t number, uint32_t value);
static int component_block(component_graph_t *g, unsigned kind, uint32_t value,
    component_block_t why, uint32_t people);


int
component_block_all(component_graph_t *g)
{
    unsigned  kind;

    if (component_listed(g) != 0) {
        return -1;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (component_crowded(g, kind) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
component_listed(component_graph_t *g)
{
    size_t                     i;
    uint32_t                   value;
    const component_value_t   *listed;

    for (i = 0; i < g->in->nlisted; i++) {
        listed = &g->in->listed[i];

        if ((unsigned) listed->kind >= COMPONENT_KINDS) {
            continue;
        }

        value = intern_find(&g->values[listed->kind], listed->value);

        if (value != INTERN_NONE && !g->blocked[listed->kind][value]
            && component_block(g, listed->kind, value, COMPONENT_LISTED, 0)
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
component_crowded(component_graph_t *g, unsigned kind)
{
    int                 rc = -1;
    uint32_t            value, people, nodes, most, variants;
    component_beside_t  beside;

    if (component_beside_create(&beside, g, kind) != 0) {
        goto done;
    }

    most = g->policy->max_people[kind];

    for (value = 0; value < g->values[kind].n; value++) {
        nodes = g->at[kind][value + 1] - g->at[kind][value];

        if (g->blocked[kind][value]
            || (nodes <= most && nodes <= g->policy->max_variants))
        {
            continue;
        }

        people = component_people(g, kind, value, &beside);
        variants = beside.counts[BESIDE_VARIANTS];

        if ((people > most || variants > g->policy->max_variants)
            && component_block(g, kind, value,
                               people > most ? COMPONENT_PEOPLE
                                             : COMPONENT_VARIANTS, people)
               != 0)
        {
            goto done;
        }
    }

    rc = 0;

done:

    component_beside_free(&beside);

    return rc;
}


static int
component_beside_create(component_beside_t *beside, const component_graph_t *g,
    unsigned kind)
{
    unsigned  i;
    size_t    n[BESIDE_COUNT];

    n[BESIDE_DOCUMENTS] = g->values[COMPONENT_TAX_DOCUMENT].n;
    n[BESIDE_GIVEN_NAMES] = g->names.n;
    n[BESIDE_OTHERS] = g->values[component_other(kind)].n;
    n[BESIDE_VARIANTS] = g->nnodes;
    memset(beside, 0, sizeof(*beside));

    for (i = 0; i < BESIDE_COUNT; i++) {
        beside->seen[i] = aud_calloc(n[i] + 1, sizeof(uint32_t));

        if (beside->seen[i] == NULL) {
            return -1;
        }
    }

    return 0;
}


static void
component_beside_free(component_beside_t *beside)
{
    unsigned  i;

    for (i = 0; i < BESIDE_COUNT; i++) {
        aud_free(beside->seen[i]);
    }
}


/* Which identifiers count beside those of a kind. */

static unsigned
component_other(unsigned kind)
{
    return kind == COMPONENT_PHONE ? COMPONENT_EMAIL : COMPONENT_PHONE;
}


/* At least so many people hold the value. */

static uint32_t
component_people(const component_graph_t *g, unsigned kind, uint32_t value,
    component_beside_t *beside)
{
    uint32_t                 i, most, document;
    const component_node_t  *node;

    memset(beside->counts, 0, sizeof(beside->counts));

    for (i = g->at[kind][value]; i < g->at[kind][value + 1]; i++) {
        node = &g->nodes[g->holders[kind][i]];
        document = node->values[COMPONENT_TAX_DOCUMENT];

        component_meet(beside, BESIDE_VARIANTS, node->content, value);
        component_meet(beside, BESIDE_DOCUMENTS, document, value);

        if (node->name != INTERN_NONE) {
            component_meet(beside, BESIDE_GIVEN_NAMES, g->given[node->name],
                           value);

        } else if (document == INTERN_NONE || kind == COMPONENT_TAX_DOCUMENT) {
            component_meet(beside, BESIDE_OTHERS,
                           node->values[component_other(kind)], value);
        }
    }

    most = 0;

    for (i = BESIDE_DOCUMENTS; i <= BESIDE_OTHERS; i++) {
        most = beside->counts[i] > most ? beside->counts[i] : most;
    }

    return most;
}


static void
component_meet(component_beside_t *beside, unsigned which, uint32_t number,
    uint32_t value)
{
    if (number != INTERN_NONE && beside->seen[which][number] != value + 1) {
        beside->seen[which][number] = value + 1;
        beside->counts[which]++;
    }
}


static int
component_block(component_graph_t *g, unsigned kind, uint32_t value,
    component_block_t why, uint32_t people)
{
    component_blocked_t  *found;

    if (aud_grow(&g->found, sizeof(component_blocked_t), g->nfound,
                 &g->found_capacity)
        != 0)
    {
        return -1;
    }

    g->blocked[kind][value] = 1;

    found = &g->found[g->nfound++];
    found->kind = kind;
    found->value = g->values[kind].items[value].text;
    found->why = why;
    found->nodes = g->at[kind][value + 1] - g->at[kind][value];
    found->people = people;

    return 0;
}
