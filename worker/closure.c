/*
 * What a change of source records can reach.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "closure.h"
#include "number_set.h"
#include "pair_sort.h"


struct closure_s {
    const aud_generation_t      *g;
    const blocked_t             *blocked;
    intern_t                     listed[COMPONENT_KINDS];

    const component_mention_t  **by_ref;        /* those that join */
    const component_mention_t  **by_rule;
    size_t                       nmentions;

    number_set_t                 asked;         /* hashes looked up, or waiting */
    number_set_t                 met;           /* slice and row of profiles */
    number_set_t                 going;         /* refs */

    pair_t                      *waiting;       /* hash, kind */
    size_t                       nwaiting;
    size_t                       waiting_room;

    closure_profile_t           *profiles;
    size_t                       nprofiles;
    size_t                       profiles_room;
    component_record_t          *records;
    size_t                       nrecords;
    size_t                       records_room;
    intern_t                     again[COMPONENT_KINDS];    /* of reopened */
    component_value_t           *reopened;
    size_t                       nreopened;
    size_t                       reopened_room;
};


static int closure_mentions(closure_t *c, const component_mention_t *mentions,
    size_t n);
static int closure_mention(closure_t *c, uint64_t ref);
static int closure_values(closure_t *c, const component_record_t *record,
    int goes);
static int closure_reopen(closure_t *c, component_kind_t kind,
    aud_str_t value);
static int closure_ask(closure_t *c, aud_identifier_kind_t kind,
    aud_str_t value);
static int closure_slice(closure_t *c, uint32_t slice, const pair_t *asked,
    size_t n);
static size_t closure_seek(const aud_segment_t *segment, size_t from,
    uint64_t hash);
static int closure_meet(closure_t *c, uint32_t slice, uint32_t row);
static int closure_read(closure_t *c, closure_profile_t *profile);
static int closure_by_ref(const void *a, const void *b);
static int closure_by_rule(const void *a, const void *b);


static const aud_identifier_kind_t  kinds[COMPONENT_KINDS] = {
    AUD_IDENTIFIER_TAX_DOCUMENT, AUD_IDENTIFIER_PHONE, AUD_IDENTIFIER_EMAIL
};


closure_t *
closure_create(const aud_generation_t *g, const blocked_t *blocked,
    const component_value_t *listed, size_t nlisted,
    const component_mention_t *mentions, size_t nmentions)
{
    size_t      i;
    uint32_t    number;
    closure_t  *c;

    c = aud_calloc(1, sizeof(closure_t));
    if (c == NULL) {
        return NULL;
    }

    c->g = g;
    c->blocked = blocked;

    for (i = 0; i < nlisted; i++) {
        if (intern_add(&c->listed[listed[i].kind], listed[i].value, &number)
            != 0)
        {
            closure_free(c);
            return NULL;
        }
    }

    if (closure_mentions(c, mentions, nmentions) != 0) {
        closure_free(c);
        return NULL;
    }

    return c;
}


void
closure_free(closure_t *c)
{
    unsigned  kind;

    if (c == NULL) {
        return;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        intern_free(&c->listed[kind]);
        intern_free(&c->again[kind]);
    }

    number_set_free(&c->asked);
    number_set_free(&c->met);
    number_set_free(&c->going);
    aud_free(c->by_ref);
    aud_free(c->by_rule);
    aud_free(c->waiting);
    aud_free(c->profiles);
    aud_free(c->records);
    aud_free(c->reopened);
    aud_free(c);
}


static int
closure_mentions(closure_t *c, const component_mention_t *mentions, size_t n)
{
    size_t  i;

    c->by_ref = aud_calloc(n + 1, sizeof(*c->by_ref));
    c->by_rule = aud_calloc(n + 1, sizeof(*c->by_rule));

    if (c->by_ref == NULL || c->by_rule == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (mentions[i].side == COMPONENT_TOGETHER) {
            c->by_ref[c->nmentions] = &mentions[i];
            c->by_rule[c->nmentions++] = &mentions[i];
        }
    }

    qsort(c->by_ref, c->nmentions, sizeof(*c->by_ref), closure_by_ref);
    qsort(c->by_rule, c->nmentions, sizeof(*c->by_rule), closure_by_rule);

    return 0;
}


int
closure_add(closure_t *c, const component_record_t *record)
{
    return closure_mention(c, record->ref) == 0
           && closure_values(c, record, 0) == 0 ? 0 : -1;
}


int
closure_touch(closure_t *c, uint64_t ref, int goes)
{
    if (goes && number_set_add(&c->going, ref) < 0) {
        return -1;
    }

    return closure_ask(c, AUD_IDENTIFIER_RECORD,
                       aud_str((const char *) &ref, sizeof(ref)));
}


int
closure_touch_value(closure_t *c, component_kind_t kind, aud_str_t value)
{
    if (blocked_has(c->blocked, kind, value)
        && closure_reopen(c, kind, value) != 0)
    {
        return -1;
    }

    return closure_ask(c, kinds[kind], value);
}


/* All records that a rule wants in one profile with this one. */

static int
closure_mention(closure_t *c, uint64_t ref)
{
    size_t    i, low, high, middle;
    uint32_t  rule;

    for (low = 0, high = c->nmentions; low < high; ) {
        middle = low + (high - low) / 2;

        if (c->by_ref[middle]->ref < ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    for (i = low; i < c->nmentions && c->by_ref[i]->ref == ref; i++) {
        rule = c->by_ref[i]->rule;

        for (low = 0, high = c->nmentions; low < high; ) {
            middle = low + (high - low) / 2;

            if (c->by_rule[middle]->rule < rule) {
                low = middle + 1;

            } else {
                high = middle;
            }
        }

        for ( ; low < c->nmentions && c->by_rule[low]->rule == rule; low++) {
            if (closure_touch(c, c->by_rule[low]->ref, 0) != 0) {
                return -1;
            }
        }
    }

    return 0;
}


static int
closure_values(closure_t *c, const component_record_t *record, int goes)
{
    aud_str_t         value;
    component_kind_t  kind;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        value = record->values[kind];

        if (value.len == 0
            || intern_find(&c->listed[kind], value) != INTERN_NONE)
        {
            continue;
        }

        if (blocked_has(c->blocked, kind, value)) {
            if (!goes) {
                continue;
            }

            if (closure_reopen(c, kind, value) != 0) {
                return -1;
            }
        }

        if (closure_ask(c, kinds[kind], value) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
closure_reopen(closure_t *c, component_kind_t kind, aud_str_t value)
{
    uint32_t  number;

    if (intern_find(&c->again[kind], value) != INTERN_NONE) {
        return 0;
    }

    if (intern_add(&c->again[kind], value, &number) != 0
        || aud_grow(&c->reopened, sizeof(component_value_t), c->nreopened,
                    &c->reopened_room)
           != 0)
    {
        return -1;
    }

    c->reopened[c->nreopened++] = (component_value_t) { kind, value };

    return 0;
}


static int
closure_ask(closure_t *c, aud_identifier_kind_t kind, aud_str_t value)
{
    int       added;
    uint64_t  hash;

    hash = aud_identifier_hash(kind, value);
    added = number_set_add(&c->asked, hash);

    if (added <= 0) {
        return added;
    }

    if (aud_grow(&c->waiting, sizeof(pair_t), c->nwaiting,
                 &c->waiting_room)
        != 0)
    {
        return -1;
    }

    c->waiting[c->nwaiting++] = (pair_t) { hash, kind };

    return 0;
}


int
closure_follow(closure_t *c)
{
    int        rc = 0;
    size_t     n, read;
    pair_t    *asked;
    uint32_t   slice;

    for (read = 0; rc == 0 && c->nwaiting; ) {
        asked = c->waiting;
        n = c->nwaiting;
        c->waiting = NULL;
        c->nwaiting = c->waiting_room = 0;

        rc = c->g->nslices ? pair_sort(asked, n) : 0;

        for (slice = 0; rc == 0 && slice < c->g->nslices; slice++) {
            rc = closure_slice(c, slice, asked, n);
        }

        aud_free(asked);

        while (rc == 0 && read < c->nprofiles) {
            rc = closure_read(c, &c->profiles[read++]);
        }
    }

    return rc;
}


/* A hash leads to every row that holds it, living ones alone. */

static int
closure_slice(closure_t *c, uint32_t slice, const pair_t *asked, size_t n)
{
    size_t                   i, k, at;
    const aud_slice_t       *s;
    const aud_identifier_t  *found;

    s = &c->g->slices[slice];

    for (i = 0, at = 0; i < n; i++) {
        at = closure_seek(s->segment, at, asked[i].key);

        for (k = at; k < s->segment->nidentifiers; k++) {
            found = &s->segment->identifiers[k];

            if (found->hash != asked[i].key) {
                break;
            }

            if (found->kind == asked[i].payload
                && (s->deleted == NULL || !aud_bit(s->deleted, found->row))
                && closure_meet(c, slice, found->row) != 0)
            {
                return -1;
            }
        }
    }

    return 0;
}


/* The first identifier from `from` on whose hash is not less: doubling steps,
 * then halving ones, so that many wanted in order cost little more than a walk
 * and few wanted little more than their own searches. */

static size_t
closure_seek(const aud_segment_t *segment, size_t from, uint64_t hash)
{
    size_t                   step, low, high, middle;
    const aud_identifier_t  *identifiers;

    identifiers = segment->identifiers;
    low = from;

    for (step = 1; low + step <= segment->nidentifiers
                   && identifiers[low + step - 1].hash < hash; step *= 2)
    {
        low += step;
    }

    high = low + step < segment->nidentifiers ? low + step
                                              : segment->nidentifiers;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (identifiers[middle].hash < hash) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


static int
closure_meet(closure_t *c, uint32_t slice, uint32_t row)
{
    int                 added;
    closure_profile_t  *profile;

    added = number_set_add(&c->met, (uint64_t) slice << 32 | row);

    if (added <= 0) {
        return added;
    }

    if (aud_grow(&c->profiles, sizeof(closure_profile_t), c->nprofiles,
                 &c->profiles_room)
        != 0)
    {
        return -1;
    }

    profile = &c->profiles[c->nprofiles++];
    profile->id = c->g->slices[slice].segment->profiles[row];
    profile->slice = slice;
    profile->row = row;
    profile->first = profile->count = 0;

    return 0;
}


static int
closure_read(closure_t *c, closure_profile_t *profile)
{
    int                   rc;
    uint64_t              ref;
    aud_str_t             rest;
    aud_source_record_t   source;
    component_record_t   *record;

    profile->first = c->nrecords;
    rest = aud_segment_records(c->g->slices[profile->slice].segment,
                               profile->row);

    while ((rc = aud_source_record_read(&rest, &source)) == 1) {
        if (aud_grow(&c->records, sizeof(component_record_t), c->nrecords,
                     &c->records_room)
            != 0)
        {
            return -1;
        }

        record = &c->records[c->nrecords++];
        record->ref = ref = source.ref;
        record->values[COMPONENT_TAX_DOCUMENT] = source.tax_document;
        record->values[COMPONENT_PHONE] = source.phone;
        record->values[COMPONENT_EMAIL] = source.email;
        record->name = source.name;
        profile->count++;

        if (closure_mention(c, ref) != 0
            || closure_values(c, record, number_set_has(&c->going, ref)) != 0)
        {
            return -1;
        }
    }

    return rc;
}


const closure_profile_t *
closure_profiles(const closure_t *c, size_t *n)
{
    *n = c->nprofiles;

    return c->profiles;
}


const component_record_t *
closure_records(const closure_t *c, size_t *n)
{
    *n = c->nrecords;

    return c->records;
}


const component_value_t *
closure_reopened(const closure_t *c, size_t *n)
{
    *n = c->nreopened;

    return c->reopened;
}


static int
closure_by_ref(const void *a, const void *b)
{
    const component_mention_t  *x = *(const component_mention_t **) a;
    const component_mention_t  *y = *(const component_mention_t **) b;

    return (x->ref > y->ref) - (x->ref < y->ref);
}


static int
closure_by_rule(const void *a, const void *b)
{
    const component_mention_t  *x = *(const component_mention_t **) a;
    const component_mention_t  *y = *(const component_mention_t **) b;

    return (x->rule > y->rule) - (x->rule < y->rule);
}
