/*
 * Ids of profiles through joins, splits, removals and random histories.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "profile_ids.h"
#include "random.h"

#define NONE  COMPONENT_NONE


static aud_uuid_t  import_id;


static int
setup(void **state)
{
    aud_uuid_make(&import_id);

    return 0;
}


static profile_record_t
record(uint32_t line, uint32_t before, uint32_t after)
{
    profile_record_t  r = {
        .ref = profile_ref(1, line), .before = before, .after = after
    };

    profile_birth(&r.birth, &import_id, line);

    return r;
}


static uint32_t
line_of(const aud_uuid_t *id)
{
    uint32_t  line = 0;

    assert_true(profile_born_of(id, &import_id, &line));

    return line;
}


/* "2 joined 1, 3 born": ids by the line of their birth */
static void
expect(const profile_record_t *records, size_t n, const char *expected)
{
    static const char *const  fates[] = { "", "born", "joined", "moved",
                                          "gone" };

    char               found[256] = "";
    size_t             nchanges;
    profile_change_t  *changes;

    assert_int_equal(profile_ids_changes(records, n, &changes, &nchanges), 0);

    for (size_t i = 0; i < nchanges; i++) {
        sprintf(found + strlen(found), "%s%u %s", i ? ", " : "",
                line_of(&changes[i].id), fates[changes[i].fate]);

        if (changes[i].fate == PROFILE_JOINED
            || changes[i].fate == PROFILE_MOVED)
        {
            sprintf(found + strlen(found), " %u", line_of(&changes[i].now));
        }
    }

    assert_string_equal(found, expected);
    aud_free(changes);
}


static void
test_a_birth_id_is_a_uuid_of_its_import_and_line(void **state)
{
    char        text[AUD_ID_LEN + 1];
    uint32_t    line;
    aud_uuid_t  id, other, parsed;

    profile_birth(&id, &import_id, 4711);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
    aud_id_format(text, "prf", &id);
    assert_int_equal(aud_id_parse(text, AUD_ID_LEN, "prf", &parsed), 0);
    assert_int_equal(aud_uuid_compare(&id, &parsed), 0);

    assert_true(profile_born_of(&id, &import_id, &line));
    assert_int_equal(line, 4711);
    aud_uuid_make(&other);                      /* most likely the same ms */
    assert_false(profile_born_of(&id, &other, &line));

    profile_birth(&other, &import_id, 4712);
    assert_true(aud_uuid_compare(&id, &other) < 0);
    profile_birth(&other, &import_id, UINT32_MAX);
    assert_true(profile_born_of(&other, &import_id, &line));
    assert_int_equal(line, UINT32_MAX);
}


static void
test_new_records_bear_their_own(void **state)
{
    profile_record_t  r[] = { record(5, NONE, 0), record(3, NONE, 1),
                              record(9, NONE, 1) };

    expect(r, 3, "3 born, 5 born");
}


static void
test_on_a_join_the_older_id_stays(void **state)
{
    profile_record_t  r[] = { record(5, 0, 0), record(3, 1, 0),
                              record(8, NONE, 0) };

    expect(r, 3, "5 joined 3");
}


static void
test_a_newcomer_changes_no_id(void **state)
{
    profile_record_t  r[] = { record(5, 0, 0), record(8, NONE, 0) };

    expect(r, 2, "");
}


static void
test_a_split_gives_back_the_former_id(void **state)
{
    profile_record_t  r[] = { record(3, 0, 0), record(5, 0, 1),
                              record(6, 0, 1) };

    expect(r, 3, "5 born");
}


static void
test_removing_the_oldest_record_moves_the_id(void **state)
{
    profile_record_t  r[] = { record(3, 0, NONE), record(5, 0, 0),
                              record(6, 0, 0) };

    expect(r, 3, "3 moved 5, 5 born");
}


static void
test_removing_all_records_ends_the_id(void **state)
{
    profile_record_t  r[] = { record(3, 0, NONE), record(5, 0, NONE),
                              record(7, 1, 0) };

    expect(r, 3, "3 gone");
}


static void
test_parts_that_swap(void **state)
{
    profile_record_t  r[] = { record(1, 0, 0), record(2, 0, 1),
                              record(3, 1, 1), record(4, 1, 0) };

    expect(r, 4, "2 born, 3 joined 2");
}


/* A world of lines 1 to LINES; a partition is a component for each, or NONE. */

#define LINES  24

static void
random_partition(uint32_t *of)
{
    size_t    parts = 1 + random_below(LINES);
    uint32_t  number[LINES + 1], n = 0, part;

    memset(number, 0xff, sizeof(number));

    for (size_t i = 0; i < LINES; i++) {
        part = random_below(parts + 1);

        if (part == parts) {
            of[i] = NONE;
            continue;
        }

        if (number[part] == NONE) {
            number[part] = n++;
        }

        of[i] = number[part];
    }
}


static void
ids_of(const uint32_t *of, aud_uuid_t *ids, size_t *n)
{
    aud_uuid_t        *found;
    profile_record_t   r[LINES];

    for (size_t i = 0; i < LINES; i++) {
        r[i] = record(i + 1, NONE, of[i]);
    }

    found = profile_ids_assign(r, LINES, n);
    assert_non_null(found);
    memcpy(ids, found, *n * sizeof(aud_uuid_t));
    aud_free(found);
}


static int
holds(const aud_uuid_t *ids, size_t n, const aud_uuid_t *id)
{
    for (size_t i = 0; i < n; i++) {
        if (aud_uuid_compare(&ids[i], id) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Whatever happened before: the ids before, with the changes, are the ids
 * after; who joined is answered for by the profile that holds its record. */
static void
test_changes_lead_from_one_partition_to_any_other(void **state)
{
    size_t             nx, ny, nchanges;
    uint32_t           before[LINES], after[LINES], line;
    aud_uuid_t         x[LINES], y[LINES];
    profile_record_t   r[LINES];
    profile_change_t  *changes, *c;

    for (int round = 0; round < 20000; round++) {
        random_partition(before);
        random_partition(after);
        ids_of(before, x, &nx);
        ids_of(after, y, &ny);

        for (size_t i = 0; i < LINES; i++) {
            r[i] = record(i + 1, before[i], after[i]);
        }

        assert_int_equal(profile_ids_changes(r, LINES, &changes, &nchanges),
                         0);

        for (size_t i = 0; i < nchanges; i++) {
            c = &changes[i];
            line = line_of(&c->id);
            assert_int_equal(holds(x, nx, &c->id), c->fate != PROFILE_BORN);
            assert_int_equal(holds(y, ny, &c->id), c->fate == PROFILE_BORN);

            if (c->fate == PROFILE_JOINED) {
                assert_int_equal(after[line - 1], c->component);
                assert_true(line_of(&c->now) < line);
            }

            if (c->fate == PROFILE_MOVED || c->fate == PROFILE_GONE) {
                assert_int_equal(after[line - 1], NONE);
            }

            if (c->fate != PROFILE_GONE) {
                assert_int_equal(aud_uuid_compare(&c->now, &y[c->component]),
                                 0);
            }

            assert_true(i == 0 || aud_uuid_compare(&changes[i - 1].id, &c->id)
                                  < 0);
        }

        for (size_t i = 0; i < nx; i++) {       /* nothing is left out */
            int  told = 0;

            for (size_t k = 0; k < nchanges; k++) {
                told |= aud_uuid_compare(&changes[k].id, &x[i]) == 0;
            }

            assert_int_equal(told, !holds(y, ny, &x[i]));
        }

        for (size_t i = 1; i < ny; i++) {
            assert_false(holds(y, i, &y[i]));   /* no two alike */
        }

        aud_free(changes);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_birth_id_is_a_uuid_of_its_import_and_line),
        cmocka_unit_test(test_new_records_bear_their_own),
        cmocka_unit_test(test_on_a_join_the_older_id_stays),
        cmocka_unit_test(test_a_newcomer_changes_no_id),
        cmocka_unit_test(test_a_split_gives_back_the_former_id),
        cmocka_unit_test(test_removing_the_oldest_record_moves_the_id),
        cmocka_unit_test(test_removing_all_records_ends_the_id),
        cmocka_unit_test(test_parts_that_swap),
        cmocka_unit_test(test_changes_lead_from_one_partition_to_any_other),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
