/*
 * What a change of source records does to profiles.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "keys.h"
#include "pair_sort.h"
#include "resolution.h"


typedef struct {
    const resolution_base_t    *base;
    const resolution_change_t  *change;
    resolution_t               *r;
    component_mention_t        *mentions;
    size_t                      nmentions;
    component_value_t          *listed;     /* the policy's, the rules', and
                                               what is blocked already */
    size_t                      nlisted;
    profile_record_t           *ids_of;     /* records, then those that go */
    size_t                      n;
    uint32_t                   *added;      /* of records */
    aud_uuid_t                 *ids;        /* of components */
} resolving_t;


static int resolving_lists(resolving_t *x);
static int resolving_reach(resolving_t *x, const aud_generation_t *g);
static int resolving_listed(resolving_t *x);
static int resolving_records(resolving_t *x);
static int resolving_removed(const resolution_change_t *change, uint64_t ref);
static int resolving_retold(const resolving_t *x,
    const resolution_profile_t *profile);
static int resolving_has(const uint64_t *refs, size_t n, uint64_t ref);
static int resolving_name(resolving_t *x);
static int resolving_birth(const resolving_t *x, uint64_t ref,
    aud_uuid_t *birth);
static int resolving_group(resolving_t *x);
static int resolution_same(const resolution_t *r,
    const resolution_profile_t *profile);
static void resolution_rows(resolution_t *r, resolution_profile_t *profile);
static int resolution_strike(resolution_t *r, const uint8_t *same);
static int resolution_by_id(const void *a, const void *b);
static int resolution_uuid_compare(const void *a, const void *b);


int
resolution_base_load(resolution_base_t *base, store_t *store,
    const char *tenant, const component_policy_t *policy,
    const listed_t *listed, aud_error_t *err)
{
    memset(base, 0, sizeof(resolution_base_t));
    base->policy = policy;
    base->listed = listed;

    return sequences_load(&base->sequences, store, tenant, err) == 0
           && rules_load(&base->rules, store, tenant, err) == 0
           && blocked_load(&base->blocked, store, tenant, err) == 0 ? 0 : -1;
}


void
resolution_base_free(resolution_base_t *base)
{
    sequences_free(&base->sequences);
    rules_free(&base->rules);
    blocked_free(&base->blocked);
}


resolution_t *
resolution_run(const resolution_base_t *base, const aud_generation_t *g,
    const resolution_change_t *change, aud_error_t *err)
{
    int                rc = -1;
    resolving_t        x = { .base = base, .change = change };
    component_input_t  in = { .policy = base->policy };

    x.r = aud_calloc(1, sizeof(resolution_t));

    if (x.r == NULL || resolving_lists(&x) != 0
        || resolving_reach(&x, g) != 0
        || resolving_listed(&x) != 0 || resolving_records(&x) != 0)
    {
        aud_error_set(err, "out of memory while resolving");
        goto done;
    }

    in.records = x.r->records;
    in.n = x.r->nrecords;
    in.mentions = x.mentions;
    in.nmentions = x.nmentions;
    in.listed = x.listed;
    in.nlisted = x.nlisted;
    x.r->components = components_resolve(&in, err);

    if (x.r->components == NULL) {
        goto done;
    }

    if (resolving_name(&x) != 0) {
        aud_error_set(err, "a source record is of no import, or memory is "
                      "out");
        goto done;
    }

    rc = resolving_group(&x);

    if (rc != 0) {
        aud_error_set(err, "out of memory while resolving");
    }

done:

    aud_free(x.mentions);
    aud_free(x.listed);
    aud_free(x.ids_of);
    aud_free(x.added);
    aud_free(x.ids);

    if (rc != 0) {
        resolution_free(x.r);
        x.r = NULL;
    }

    return x.r;
}


void
resolution_free(resolution_t *r)
{
    if (r == NULL) {
        return;
    }

    closure_free(r->closure);
    components_free(r->components);
    aud_free(r->profiles);
    aud_free(r->members);
    aud_free(r->rows);
    aud_free(r->struck);
    aud_free(r->changes);
    aud_free(r->records);
    aud_free(r->before);
    aud_free(r);
}


/* The policy's list and the rules', with room for what is blocked already. */

static int
resolving_lists(resolving_t *x)
{
    size_t            n;
    component_kind_t  kind;
    const listed_t   *listed = x->base->listed;

    n = listed->n + x->base->rules.n;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        n += x->base->blocked.values[kind].n;
    }

    x->listed = aud_calloc(n + 1, sizeof(component_value_t));
    if (x->listed == NULL) {
        return -1;
    }

    if (listed->n) {
        memcpy(x->listed, listed->items,
               listed->n * sizeof(component_value_t));
    }

    x->nlisted = listed->n + rules_blocked(&x->base->rules,
                                           x->listed + listed->n);

    return 0;
}


static int
resolving_reach(resolving_t *x, const aud_generation_t *g)
{
    size_t                      i;
    closure_t                  *c;
    const resolution_change_t  *change = x->change;

    if (rules_mentions(&x->base->rules, &x->base->sequences, &x->mentions,
                       &x->nmentions)
        != 0)
    {
        return -1;
    }

    c = closure_create(g, &x->base->blocked, x->listed, x->nlisted,
                       x->mentions, x->nmentions);
    x->r->closure = c;

    if (c == NULL) {
        return -1;
    }

    for (i = 0; i < change->nadded; i++) {
        if (closure_add(c, &change->added[i]) != 0) {
            return -1;
        }
    }

    for (i = 0; i < change->nremoved; i++) {
        if (closure_touch(c, change->removed[i], 1) != 0) {
            return -1;
        }
    }

    for (i = 0; i < change->nspoken_of; i++) {
        if (closure_touch(c, change->spoken_of[i], 0) != 0) {
            return -1;
        }
    }

    for (i = 0; i < change->nretold; i++) {
        if (closure_touch(c, change->retold[i], 0) != 0) {
            return -1;
        }
    }

    for (i = 0; i < change->nvalues; i++) {
        if (closure_touch_value(c, change->values[i].kind,
                                change->values[i].value)
            != 0)
        {
            return -1;
        }
    }

    return closure_follow(c);
}


/* What is known to have too many people behind it is taken as listed, but for
 * values all of whose holders were met to count them anew. */

static int
resolving_listed(resolving_t *x)
{
    size_t                    i, n;
    uint32_t                  k;
    intern_t                  reopened[COMPONENT_KINDS] = { 0 };
    component_kind_t          kind;
    const intern_t           *values = x->base->blocked.values;
    const component_value_t  *again;

    again = closure_reopened(x->r->closure, &n);

    for (i = 0; i < n; i++) {
        if (intern_add(&reopened[again[i].kind], again[i].value, &k) != 0) {
            break;
        }
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        for (k = 0; k < values[kind].n; k++) {
            if (intern_find(&reopened[kind], values[kind].items[k].text)
                == INTERN_NONE)
            {
                x->listed[x->nlisted++] = (component_value_t) {
                    kind, values[kind].items[k].text
                };
            }
        }

        intern_free(&reopened[kind]);
    }

    return i == n ? 0 : -1;
}


/* All that there are after the change, ascending by ref. */

static int
resolving_records(resolving_t *x)
{
    int                         rc = -1;
    size_t                      i, n, nold, nprofiles;
    uint32_t                    p, *profile_of;
    pair_t                     *order;
    resolution_t               *r = x->r;
    const component_record_t   *old;
    const closure_profile_t    *profiles;

    old = closure_records(r->closure, &nold);
    profiles = closure_profiles(r->closure, &nprofiles);
    n = nold + x->change->nadded;

    r->records = aud_calloc(n + 1, sizeof(component_record_t));
    r->before = aud_calloc(n + 1, sizeof(uint32_t));
    x->added = aud_calloc(n + 1, sizeof(uint32_t));
    x->ids_of = aud_calloc(n + 1, sizeof(profile_record_t));
    profile_of = aud_calloc(nold + 1, sizeof(uint32_t));
    order = aud_calloc(n + 1, sizeof(pair_t));

    if (r->records == NULL || r->before == NULL || x->added == NULL
        || x->ids_of == NULL || profile_of == NULL || order == NULL)
    {
        goto done;
    }

    for (p = 0; p < nprofiles; p++) {
        for (i = 0; i < profiles[p].count; i++) {
            profile_of[profiles[p].first + i] = p;
        }
    }

    for (i = 0; i < n; i++) {
        order[i].key = i < nold ? old[i].ref : x->change->added[i - nold].ref;
        order[i].payload = i;
    }

    if (pair_sort(order, n) != 0) {
        goto done;
    }

    for (i = 0; i < n; i++) {
        if (order[i].payload >= nold) {
            r->records[r->nrecords] = x->change->added[order[i].payload
                                                       - nold];
            r->before[r->nrecords] = COMPONENT_NONE;
            x->added[r->nrecords++] = order[i].payload - nold;

        } else if (!resolving_removed(x->change, order[i].key)) {
            r->records[r->nrecords] = old[order[i].payload];
            r->before[r->nrecords] = profile_of[order[i].payload];
            x->added[r->nrecords++] = RESOLUTION_OLD;

        } else {                            /* from the end, where room is */
            x->ids_of[n - ++x->n] = (profile_record_t) {
                .ref = order[i].key, .before = profile_of[order[i].payload],
                .after = COMPONENT_NONE
            };
        }
    }

    rc = 0;

done:

    aud_free(profile_of);
    aud_free(order);

    return rc;
}


static int
resolving_removed(const resolution_change_t *change, uint64_t ref)
{
    return resolving_has(change->removed, change->nremoved, ref);
}


static int
resolving_retold(const resolving_t *x, const resolution_profile_t *profile)
{
    uint32_t                    i;
    const resolution_change_t  *change = x->change;
    const resolution_member_t  *members = &x->r->members[profile->members];

    for (i = 0; change->nretold && i < profile->nmembers; i++) {
        if (resolving_has(change->retold, change->nretold,
                          members[i].record->ref))
        {
            return 1;
        }
    }

    return 0;
}


static int
resolving_has(const uint64_t *refs, size_t n, uint64_t ref)
{
    size_t  low, high, middle;

    for (low = 0, high = n; low < high; ) {
        middle = low + (high - low) / 2;

        if (refs[middle] < ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low < n && refs[low] == ref;
}


/* The ids of all components, and what became of those of before. */

static int
resolving_name(resolving_t *x)
{
    size_t         i, n;
    resolution_t  *r = x->r;

    for (i = 0; i < r->nrecords; i++) {
        x->ids_of[i].ref = r->records[i].ref;
        x->ids_of[i].before = r->before[i];
        x->ids_of[i].after = r->components->component[i];
    }

    x->n += r->nrecords;

    for (i = 0; i < x->n; i++) {
        if (resolving_birth(x, x->ids_of[i].ref, &x->ids_of[i].birth) != 0) {
            return -1;
        }
    }

    x->ids = profile_ids_assign(x->ids_of, x->n, &n);

    return x->ids
           && profile_ids_changes(x->ids_of, x->n, &r->changes, &r->nchanges)
              == 0 ? 0 : -1;
}


static int
resolving_birth(const resolving_t *x, uint64_t ref, aud_uuid_t *birth)
{
    const aud_uuid_t  *import;

    import = sequences_import(&x->base->sequences, ref >> 32);
    if (import == NULL) {
        return -1;
    }

    profile_birth(birth, import, (uint32_t) ref);

    return 0;
}


static int
resolving_group(resolving_t *x)
{
    int                    rc = -1;
    size_t                 i, n;
    uint8_t               *same;
    uint32_t               c, *end;
    resolution_t          *r = x->r;
    resolution_profile_t  *profile;
    const components_t    *components = r->components;

    (void) closure_profiles(r->closure, &n);

    end = aud_calloc((size_t) components->ncomponents + 1, sizeof(uint32_t));
    same = aud_calloc(n + 1, 1);
    r->members = aud_calloc(r->nrecords + 1, sizeof(resolution_member_t));
    r->rows = aud_calloc(n + 1, sizeof(resolution_row_t));
    r->profiles = aud_calloc((size_t) components->ncomponents + 1,
                             sizeof(resolution_profile_t));

    if (end == NULL || same == NULL || r->members == NULL || r->rows == NULL
        || r->profiles == NULL)
    {
        goto done;
    }

    for (i = 0; i < r->nrecords; i++) {
        end[components->component[i] + 1]++;
    }

    for (c = 0; c < components->ncomponents; c++) {
        end[c + 1] += end[c];
    }

    for (i = 0; i < r->nrecords; i++) {     /* leaves end[c] at the end of c */
        r->members[end[components->component[i]]++]
            = (resolution_member_t) { &r->records[i], x->added[i] };
    }

    for (c = 0; c < components->ncomponents; c++) {
        profile = &r->profiles[r->nprofiles];
        profile->id = x->ids[c];
        profile->members = c ? end[c - 1] : 0;
        profile->nmembers = end[c] - profile->members;
        r->largest = profile->nmembers > r->largest ? profile->nmembers
                                                    : r->largest;

        profile->retold = resolving_retold(x, profile);

        if (!profile->retold && resolution_same(r, profile)) {
            i = r->members[profile->members].record - r->records;
            same[r->before[i]] = 1;
            continue;
        }

        resolution_rows(r, profile);
        r->nprofiles++;
    }

    for (i = 1; i < r->nprofiles; i++) {
        if (resolution_by_id(&r->profiles[i - 1], &r->profiles[i]) > 0) {
            qsort(r->profiles, r->nprofiles, sizeof(resolution_profile_t),
                  resolution_by_id);
            break;
        }
    }

    rc = resolution_strike(r, same);

done:

    aud_free(end);
    aud_free(same);

    return rc;
}


/* Whether a profile of before has just these records, and the id. */

static int
resolution_same(const resolution_t *r, const resolution_profile_t *profile)
{
    size_t                    i, n;
    uint32_t                  before;
    const closure_profile_t  *was;

    i = r->members[profile->members].record - r->records;
    before = r->before[i];

    if (before == COMPONENT_NONE) {
        return 0;
    }

    was = &closure_profiles(r->closure, &n)[before];

    if (was->count != profile->nmembers
        || aud_uuid_compare(&was->id, &profile->id) != 0)
    {
        return 0;
    }

    for (i = 1; i < profile->nmembers; i++) {
        if (r->before[r->members[profile->members + i].record - r->records]
            != before)
        {
            return 0;
        }
    }

    return 1;
}


/* As many of its oldest records as are whole profiles of before, one after
 * another, are taken from their rows. */

static void
resolution_rows(resolution_t *r, resolution_profile_t *profile)
{
    size_t                     at, k, n;
    uint32_t                   before;
    const closure_profile_t   *was;
    const resolution_member_t *members = &r->members[profile->members];

    profile->rows = r->nrows;
    profile->nrows = 0;

    for (at = 0; at < profile->nmembers; at = k) {
        before = r->before[members[at].record - r->records];

        if (before == COMPONENT_NONE) {
            break;
        }

        was = &closure_profiles(r->closure, &n)[before];

        for (k = at; k < profile->nmembers && k - at < was->count
                     && r->before[members[k].record - r->records] == before;
             k++)
        {
            /* its records */
        }

        if (k - at < was->count) {
            break;
        }

        r->rows[r->nrows++] = (resolution_row_t) { was->slice, was->row };
        profile->nrows++;
    }

    profile->after_rows = at;

    for (k = 0; k < profile->nmembers && members[k].added != RESOLUTION_OLD;
         k++)
    {
        /* none is older than the change */
    }

    r->created += k == profile->nmembers;
}


static int
resolution_strike(resolution_t *r, const uint8_t *same)
{
    size_t                    i, n;
    const closure_profile_t  *profiles;

    profiles = closure_profiles(r->closure, &n);
    r->struck = aud_calloc(n + 1, sizeof(aud_uuid_t));

    if (r->struck == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (!same[i]) {
            r->struck[r->nstruck++] = profiles[i].id;
        }
    }

    qsort(r->struck, r->nstruck, sizeof(aud_uuid_t), resolution_uuid_compare);

    return 0;
}


int
resolution_put(const resolution_t *r, store_batch_t *batch,
    const char *tenant, int64_t now)
{
    size_t                    i, n;
    store_key_t               key;
    const component_value_t  *again;
    const profile_change_t   *change;

    again = closure_reopened(r->closure, &n);

    for (i = 0; i < n; i++) {
        blocked_delete(batch, tenant, again[i].kind, again[i].value);
    }

    for (i = 0; i < r->components->nblocked; i++) {
        if (r->components->blocked[i].why != COMPONENT_LISTED
            && blocked_put(batch, tenant, &r->components->blocked[i], now)
               != 0)
        {
            return -1;
        }
    }

    for (i = 0; i < r->nchanges; i++) {
        change = &r->changes[i];

        if (change->fate == PROFILE_MOVED) {
            key = key_id(tenant, KEY_ALIAS, &change->id);
            store_batch_put(batch, key_str(&key),
                            aud_str((const char *) change->now.bytes,
                                    sizeof(aud_uuid_t)));
        }
    }

    return 0;
}


static int
resolution_by_id(const void *a, const void *b)
{
    const resolution_profile_t  *x = a, *y = b;

    return aud_uuid_compare(&x->id, &y->id);
}


static int
resolution_uuid_compare(const void *a, const void *b)
{
    return aud_uuid_compare(a, b);
}
