/*
 * Which source records are one person: a pure function of a set of records.
 *
 *   records  ->  nodes     records that say the same are one node
 *            ->  values    those of too many people, or listed, do not link
 *            ->  edges     pairs of nodes that share a value, weighted
 *            ->  joins     strongest edges first, unless a guard refuses
 *
 * Edges.  Sharing a tax document, a phone or an e-mail adds that kind's weight;
 * names that support or contradict add or take away theirs, and never link by
 * themselves.  An edge whose values could reach the threshold is a candidate.
 *
 * Joins.  Kruskal's algorithm (1956) under cannot-link constraints, which is
 * single-link constrained agglomeration (Davidson and Ravi, "Agglomerative
 * hierarchical clustering with constraints", PKDD 2005): rules that join first,
 * then edges by falling weight; an edge joins its two clusters unless
 *
 *   - both hold a tax document that links, and they are different,
 *   - a rule keeps records of the one apart from records of the other,
 *   - the values of the edge and what the names of the two clusters say, taken
 *     together, do not reach the threshold.  Of two clusters the names speak
 *     that agree best, out of the COMPONENT_NAMES first of each.
 *
 * Equal weights are taken in an order of what the nodes say (a hash of it, and
 * the texts themselves where hashes agree), never of when they came.  So the
 * partition depends on the set of records, rules and policy alone.  It is also
 * local: records that are not connected by values which link, or by a rule that
 * joins, do not matter to each other, so a change is exact when whole connected
 * sets are resolved anew (docs/resolution.md).
 *
 * A value is behind too many people where more than max_people different tax
 * documents, given names, or (of records with neither) other identifiers stand
 * beside it; or where more than max_variants nodes hold it, which bounds the
 * edges of a value to max_variants^2 / 2.  This depends on the records that
 * hold the value and on nothing else.  A value that does not link is as if it
 * were not there: a tax document then guards nothing either.
 *
 * Cost: O(n + e log e), e <= n * 3 * max_variants / 2 edges, and for a join the
 * comparison of up to COMPONENT_NAMES^2 names.  Memory about 60 bytes a record,
 * and 270 more with its edges where it shares a value.  Texts are borrowed until the result is freed.  Any thread.
 */

#ifndef COMPONENTS_H
#define COMPONENTS_H

#include <stdint.h>

#include "aud_error.h"
#include "aud_person_name.h"

#define COMPONENT_NAMES  8
#define COMPONENT_NONE   UINT32_MAX

typedef enum {
    COMPONENT_TAX_DOCUMENT = 0,
    COMPONENT_PHONE,
    COMPONENT_EMAIL,
    COMPONENT_KINDS
} component_kind_t;

typedef struct {
    uint64_t   ref;                     /* unique; ascending is older first */
    aud_str_t  values[COMPONENT_KINDS]; /* normalised and valid, or empty */
    aud_str_t  name;                    /* as it was written, or canonical */
} component_record_t;

/* A rule of people is the records that it mentions.  Its records of side
 * TOGETHER are one profile; its records of ONE are kept apart from those of
 * OTHER: a pair, or what a split took out and what it left. */
typedef enum {
    COMPONENT_TOGETHER = 0,
    COMPONENT_ONE = 1,
    COMPONENT_OTHER = 2
} component_side_t;

typedef struct {
    uint64_t          ref;              /* one that is not there is no matter */
    uint32_t          rule;
    component_side_t  side;
} component_mention_t;

typedef struct {
    component_kind_t  kind;
    aud_str_t         value;            /* normalised */
} component_value_t;

typedef struct {
    int         weight[COMPONENT_KINDS];
    int         company_weight;         /* of a tax document that is a CNPJ */
    int         name_supports;          /* added */
    int         name_contradicts;       /* taken away */
    int         threshold;
    unsigned    max_people[COMPONENT_KINDS];
    unsigned    max_variants;
} component_policy_t;

/* Measured by bench/resolution, see docs/resolution.md. */
extern const component_policy_t  component_policy_default;

typedef struct {
    const component_record_t   *records;
    size_t                      n;              /* < COMPONENT_NONE */
    const component_mention_t  *mentions;
    size_t                      nmentions;
    const component_value_t    *listed;         /* the tenant's blocked list */
    size_t                      nlisted;
    const component_policy_t   *policy;
} component_input_t;

typedef struct {                        /* why a and b are in one component */
    uint32_t     a, b;                  /* records, a the older */
    uint32_t     rule;                  /* or COMPONENT_NONE */
    uint8_t      kinds;                 /* bits 1 << kind of shared values */
    aud_names_t  names;
    int          weight;                /* what was held against threshold */
} component_join_t;

typedef enum {
    COMPONENT_OTHER_DOCUMENT = 1,
    COMPONENT_KEPT_APART,               /* by a rule */
    COMPONENT_OTHER_NAMES
} component_guard_t;

typedef struct {                        /* why they are not, though linked */
    component_join_t   join;            /* as it would have been */
    component_guard_t  guard;
} component_refusal_t;

typedef enum {
    COMPONENT_LISTED = 1,
    COMPONENT_PEOPLE,
    COMPONENT_VARIANTS
} component_block_t;

typedef struct {
    component_kind_t   kind;
    aud_str_t          value;
    component_block_t  why;
    uint32_t           nodes;           /* different records that hold it */
    uint32_t           people;          /* at least so many */
} component_blocked_t;

typedef struct {
    uint32_t             *component;    /* [n], numbered by first record */
    uint32_t              ncomponents;
    component_join_t     *joins;        /* n - ncomponents: a forest */
    size_t                njoins;
    component_refusal_t  *refusals;     /* of pairs that ended up apart */
    size_t                nrefusals;
    component_blocked_t  *blocked;
    size_t                nblocked;
} components_t;

/* NULL with err: memory is out, or there are too many records. */
components_t *components_resolve(const component_input_t *in,
    aud_error_t *err);
void          components_free(components_t *c);

/*
 * Whether rules that keep apart contradict rules that join: 1, and one of each,
 * 0, or -1 when memory is out.
 */
int components_contradiction(const component_mention_t *mentions, size_t n,
    uint32_t *apart, uint32_t *together);

#endif
