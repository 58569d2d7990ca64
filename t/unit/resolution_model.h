/*
 * Resolution as components.h tells it, in the plainest way: every pair of
 * records, clusters as arrays, guards by looking at every member.
 */

#ifndef RESOLUTION_MODEL_H
#define RESOLUTION_MODEL_H

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "components.h"

typedef struct {
    size_t  a, b;
    int     link;                       /* without the names */
    int     weight;
    size_t  rule;                       /* or SIZE_MAX */
} model_pair_t;

static const component_input_t  *model_in;
static char                      model_blocked[COMPONENT_KINDS][4096];
static size_t                    model_cluster[4096];


static uint64_t
model_hash(aud_str_t s)
{
    return s.len ? XXH3_64bits(s.data, s.len) : 0;
}


static int
model_text_order(aud_str_t a, aud_str_t b)
{
    return aud_str_compare(a, b);
}


/* The order of what records say. */
static int
model_order(size_t a, size_t b)
{
    int                        c, k;
    uint64_t                   x[4], y[4], hx, hy;
    const component_record_t  *r = &model_in->records[a];
    const component_record_t  *s = &model_in->records[b];

    for (k = 0; k < 3; k++) {
        x[k] = model_hash(r->values[k]);
        y[k] = model_hash(s->values[k]);
    }

    x[3] = model_hash(r->name);
    y[3] = model_hash(s->name);
    hx = XXH3_64bits(x, sizeof(x));
    hy = XXH3_64bits(y, sizeof(y));

    if (hx != hy) {
        return hx < hy ? -1 : 1;
    }

    for (k = 0; k < 3; k++) {
        c = model_text_order(r->values[k], s->values[k]);
        if (c) {
            return c;
        }
    }

    c = model_text_order(r->name, s->name);

    return c ? c : (r->ref > s->ref) - (r->ref < s->ref);
}


static int
model_says_the_same(const component_record_t *a, const component_record_t *b)
{
    return aud_str_equal(a->name, b->name)
           && aud_str_equal(a->values[0], b->values[0])
           && aud_str_equal(a->values[1], b->values[1])
           && aud_str_equal(a->values[2], b->values[2]);
}


/* How many records before i of those that hold the value have the same in a
 * column: 3 is the given name, 4 is all that they say. */
static int
model_new(size_t i, int kind, int column, int only_bare)
{
    size_t                     j;
    aud_str_t                  x, y;
    const component_record_t  *r = &model_in->records[i], *s;

    for (j = 0; j < i; j++) {
        s = &model_in->records[j];

        if (!aud_str_equal(r->values[kind], s->values[kind])) {
            continue;
        }

        if (column == 4) {
            if (model_says_the_same(r, s)) {
                return 0;
            }

            continue;
        }

        if (only_bare && (s->name.len || (s->values[0].len && kind != 0))) {
            continue;
        }

        x = column == 3 ? aud_person_name_given(r->name) : r->values[column];
        y = column == 3 ? aud_person_name_given(s->name) : s->values[column];

        if (aud_str_equal(x, y)) {
            return 0;
        }
    }

    return 1;
}


static int
model_crowded(size_t record, int kind)
{
    size_t                     i;
    unsigned                   n[4] = { 0 };
    int                        other = kind == 1 ? 2 : 1;
    const component_record_t  *r;

    for (i = 0; i < model_in->n; i++) {
        r = &model_in->records[i];

        if (!aud_str_equal(r->values[kind],
                           model_in->records[record].values[kind]))
        {
            continue;
        }

        n[0] += r->values[0].len && model_new(i, kind, 0, 0);
        n[1] += aud_person_name_given(r->name).len
                && model_new(i, kind, 3, 0);
        n[2] += r->name.len == 0 && (r->values[0].len == 0 || kind == 0)
                && r->values[other].len && model_new(i, kind, other, 1);
        n[3] += model_new(i, kind, 4, 0);
    }

    return n[0] > model_in->policy->max_people[kind]
           || n[1] > model_in->policy->max_people[kind]
           || n[2] > model_in->policy->max_people[kind]
           || n[3] > model_in->policy->max_variants;
}


static void
model_block(void)
{
    size_t  i, k;
    int     kind;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        for (i = 0; i < model_in->n; i++) {
            model_blocked[kind][i] = model_in->records[i].values[kind].len == 0
                                     || model_crowded(i, kind);

            for (k = 0; k < model_in->nlisted; k++) {
                model_blocked[kind][i] |=
                    (int) model_in->listed[k].kind == kind
                    && aud_str_equal(model_in->listed[k].value,
                                     model_in->records[i].values[kind]);
            }
        }
    }
}


static int
model_link(size_t a, size_t b)
{
    int                        kind, weight = 0;
    const component_policy_t  *p = model_in->policy;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (!model_blocked[kind][a]
            && aud_str_equal(model_in->records[a].values[kind],
                             model_in->records[b].values[kind]))
        {
            weight += kind == 0 && model_in->records[a].values[0].len == 14
                      ? p->company_weight : p->weight[kind];
        }
    }

    return weight;
}


static int
model_name_weight(aud_names_t names)
{
    return names == AUD_NAMES_SUPPORT ? model_in->policy->name_supports
           : names == AUD_NAMES_CONTRADICT
           ? -model_in->policy->name_contradicts : 0;
}


static aud_names_t
model_names(size_t a, size_t b)
{
    return aud_person_names_compare(model_in->records[a].name,
                                    model_in->records[b].name);
}


static int
model_name_order(const void *a, const void *b)
{
    const aud_str_t  *x = a, *y = b;
    uint64_t          hx = model_hash(*x), hy = model_hash(*y);

    return hx != hy ? (hx < hy ? -1 : 1) : aud_str_compare(*x, *y);
}


static size_t
model_cluster_names(size_t cluster, aud_str_t names[4096])
{
    size_t  i, k, n = 0;

    for (i = 0; i < model_in->n; i++) {
        if (model_cluster[i] == cluster && model_in->records[i].name.len) {
            names[n++] = model_in->records[i].name;
        }
    }

    qsort(names, n, sizeof(aud_str_t), model_name_order);

    for (i = 0, k = 0; i < n; i++) {
        if (k == 0 || !aud_str_equal(names[i], names[k - 1])) {
            names[k++] = names[i];
        }
    }

    return k < COMPONENT_NAMES ? k : COMPONENT_NAMES;
}


static aud_names_t
model_clusters_say(size_t a, size_t b)
{
    static aud_str_t  x[4096], y[4096];

    size_t       i, k, nx, ny;
    aud_names_t  says, best;

    nx = model_cluster_names(a, x);
    ny = model_cluster_names(b, y);
    best = nx && ny ? AUD_NAMES_CONTRADICT : AUD_NAMES_SAY_NOTHING;

    for (i = 0; i < nx; i++) {
        for (k = 0; k < ny; k++) {
            says = aud_person_names_compare(x[i], y[k]);

            if (says == AUD_NAMES_SUPPORT || best == AUD_NAMES_SUPPORT) {
                best = AUD_NAMES_SUPPORT;

            } else if (says == AUD_NAMES_SAY_NOTHING) {
                best = says;
            }
        }
    }

    return best;
}


static int
model_mentions(size_t i, uint32_t rule, component_side_t side)
{
    size_t  k;

    for (k = 0; k < model_in->nmentions; k++) {
        if (model_in->mentions[k].ref == model_in->records[i].ref
            && model_in->mentions[k].rule == rule
            && model_in->mentions[k].side == side)
        {
            return 1;
        }
    }

    return 0;
}


/* Whether two records may never be together. */
static int
model_forbidden(size_t a, size_t b)
{
    size_t                     k;
    uint32_t                   rule;
    const component_record_t  *r = &model_in->records[a];
    const component_record_t  *s = &model_in->records[b];

    if (!model_blocked[0][a] && !model_blocked[0][b]
        && !aud_str_equal(r->values[0], s->values[0]))
    {
        return 1;
    }

    for (k = 0; k < model_in->nmentions; k++) {
        rule = model_in->mentions[k].rule;

        if ((model_mentions(a, rule, COMPONENT_ONE)
             && model_mentions(b, rule, COMPONENT_OTHER))
            || (model_mentions(b, rule, COMPONENT_ONE)
                && model_mentions(a, rule, COMPONENT_OTHER)))
        {
            return 1;
        }
    }

    return 0;
}


static int
model_pair_order(const void *a, const void *b)
{
    int                  c;
    const model_pair_t  *x = a, *y = b;

    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }

    c = model_order(x->a, y->a);

    return c ? c : model_order(x->b, y->b);
}


static void
model_join(const model_pair_t *pair)
{
    size_t       i, k, a, b;
    aud_names_t  names;

    a = model_cluster[pair->a];
    b = model_cluster[pair->b];

    if (a == b) {
        return;
    }

    for (i = 0; i < model_in->n; i++) {
        for (k = 0; k < model_in->n; k++) {
            if (model_cluster[i] == a && model_cluster[k] == b
                && model_forbidden(i, k))
            {
                return;
            }
        }
    }

    names = model_names(pair->a, pair->b);

    if (names != AUD_NAMES_SUPPORT) {
        names = model_clusters_say(a, b);
    }

    if (pair->rule == SIZE_MAX
        && pair->link + model_name_weight(names) < model_in->policy->threshold)
    {
        return;
    }

    for (i = 0; i < model_in->n; i++) {
        if (model_cluster[i] == b) {
            model_cluster[i] = a;
        }
    }
}


static int
model_by_order(const void *a, const void *b)
{
    return model_order(*(const size_t *) a, *(const size_t *) b);
}


/* Chains of rules that join. */
static size_t
model_rule_pairs(model_pair_t *pairs)
{
    size_t    i, k, n, npairs = 0, members[4096];
    uint32_t  rule;

    for (rule = 0; rule < 16; rule++) {
        for (i = 0, n = 0; i < model_in->n; i++) {
            if (model_mentions(i, rule, COMPONENT_TOGETHER)) {
                members[n++] = i;
            }
        }

        qsort(members, n, sizeof(size_t), model_by_order);

        for (k = 1; k < n; k++) {
            pairs[npairs++] = (model_pair_t) {
                members[k - 1], members[k], 0, INT32_MAX, rule
            };
        }
    }

    return npairs;
}


/* model_cluster[i] tells the cluster of record i.  Rules are less than 16. */
static void
model_resolve(const component_input_t *in)
{
    int            link;
    size_t         i, k, n, swap;
    model_pair_t  *pairs;

    model_in = in;
    model_block();
    pairs = malloc((in->n * in->n + 16 * in->n + 1) * sizeof(model_pair_t));
    n = model_rule_pairs(pairs);

    for (i = 0; i < in->n; i++) {
        model_cluster[i] = i;

        for (k = i + 1; k < in->n; k++) {
            link = model_link(i, k);

            if (link && link + in->policy->name_supports
                        >= in->policy->threshold)
            {
                pairs[n++] = (model_pair_t) {
                    i, k, link, link + model_name_weight(model_names(i, k)),
                    SIZE_MAX
                };
            }
        }
    }

    for (i = 0; i < n; i++) {
        if (model_order(pairs[i].a, pairs[i].b) > 0) {
            swap = pairs[i].a;
            pairs[i].a = pairs[i].b;
            pairs[i].b = swap;
        }
    }

    qsort(pairs, n, sizeof(model_pair_t), model_pair_order);

    for (i = 0; i < n; i++) {
        model_join(&pairs[i]);
    }

    free(pairs);
}

#endif
