/*
 * What must be true of a base after any change (resolution_world.h): all
 * records that there are, resolved at once, give the rows, the ids, the values
 * that do not link and the aliases that the changes have left.
 */

#ifndef RESOLUTION_TRUTH_H
#define RESOLUTION_TRUTH_H

#include "resolution_world.h"


typedef struct {
    component_record_t  records[RECORDS];
    size_t              n;
    components_t       *components;
} truth_t;


static void
resolve_all(truth_t *truth, const resolution_base_t *base)
{
    size_t                i;
    aud_error_t           err = { 0 };
    component_input_t     in = { .policy = &policy };
    component_mention_t  *mentions;

    for (i = 0, truth->n = 0; i < nknown; i++) {
        if (known[i].there) {
            truth->records[truth->n++] = known[i].record;
        }
    }

    assert_int_equal(rules_mentions(&base->rules, &base->sequences, &mentions,
                                    &in.nmentions), 0);
    in.mentions = mentions;
    in.records = truth->records;
    in.n = truth->n;
    truth->components = components_resolve(&in, &err);
    assert_non_null(truth->components);
    aud_free(mentions);
}


/* Records that are one component stand in one row, which bears the id of the
 * oldest; and nothing else lives. */

static void
check_profiles(const truth_t *truth)
{
    size_t               i, slice, seen = 0;
    uint32_t             row, rows[RECORDS][2], component;
    aud_str_t            rest;
    aud_uuid_t          *id;
    aud_source_record_t  record;

    for (i = 0; i < truth->n; i++) {
        assert_int_equal(profile_of_record(&g, truth->records[i].ref, &slice,
                                           &row), 1);
        component = truth->components->component[i];
        id = (aud_uuid_t *) &slices[slice].segment->profiles[row];

        if (component == seen) {
            seen++;
            rows[component][0] = slice;
            rows[component][1] = row;
            assert_memory_equal(id, &known_of(truth->records[i].ref)->birth,
                                sizeof(aud_uuid_t));
        }

        assert_int_equal(rows[component][0], slice);
        assert_int_equal(rows[component][1], row);
    }

    for (i = 0, slice = 0; slice < g.nslices; slice++) {
        for (row = 0; row < slices[slice].segment->rows; row++) {
            rest = aud_segment_records(slices[slice].segment, row);

            while (lives(slice, row)
                   && aud_source_record_read(&rest, &record) == 1)
            {
                i++;
            }

            seen -= lives(slice, row);
        }
    }

    assert_int_equal(i, truth->n);
    assert_int_equal(seen, 0);
}


static void
check_blocked(const truth_t *truth, const resolution_base_t *base)
{
    size_t                      i, n = 0;
    unsigned                    kind;
    const component_blocked_t  *found;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        n += base->blocked.values[kind].n;
    }

    for (i = 0; i < truth->components->nblocked; i++) {
        found = &truth->components->blocked[i];
        assert_true(blocked_has(&base->blocked, found->kind, found->value));
    }

    assert_int_equal(n, truth->components->nblocked);
}


static known_t *
born(const aud_uuid_t *id)
{
    size_t  i;

    for (i = 0; aud_uuid_compare(&known[i].birth, id) != 0; i++) {
        assert_true(i + 1 < nknown);
    }

    return &known[i];
}


/* Every id that was ever borne leads to who answers for it. */

static void
check_ids(const resolution_base_t *base)
{
    size_t       i, slice, expected_slice;
    uint32_t     row, expected_row;
    known_t     *record;
    aud_error_t  err = { 0 };

    for (i = 0; i < nknown; i++) {
        record = &known[i];

        while (!record->there && record->has_moved) {
            record = born(&record->moved);
        }

        assert_int_equal(profile_find(&g, &base->sequences, store, TENANT,
                                      &known[i].birth, &slice, &row, &err),
                         record->there);

        if (record->there) {
            assert_int_equal(profile_of_record(&g, record->record.ref,
                                               &expected_slice,
                                               &expected_row), 1);
            assert_int_equal(slice, expected_slice);
            assert_int_equal(row, expected_row);
        }
    }
}


static void
check(void)
{
    static truth_t     truth;
    resolution_base_t  base;

    load(&base);
    resolve_all(&truth, &base);
    check_profiles(&truth);
    check_blocked(&truth, &base);
    check_ids(&base);
    components_free(truth.components);
    resolution_base_free(&base);
}

#endif
