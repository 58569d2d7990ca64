/*
 * Rows of a segmentation and classes from run to run, against plain counting
 * over random bases of several segments with struck rows.
 */

#include "written_base.h"

#include "aud_alloc.h"
#include "class_match.h"
#include "random.h"

#define BASES     40
#define PEOPLE    400
#define CLASSES   5
#define PREVIOUS  4
#define SINCE     INT64_C(1700000000000000)


typedef struct {
    aud_uuid_t  id;
    int         lives;
    int         born;                   /* before SINCE */
    int         now[CLASSES];
    int         before[PREVIOUS];
} person_t;


static const aud_field_t  fields[] = {
    { AUD_STR("plano"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 0 },
};

static person_t           people[PEOPLE];
static aud_generation_t  *generation;
static uint32_t           at[PEOPLE];       /* row -> person */
static uint64_t           members[CLASSES][AUD_WORDS(PEOPLE)];
static uint64_t          *bitmaps[CLASSES];
static aud_uuid_t         samples[PREVIOUS][PEOPLE];
static class_previous_t   previous[PREVIOUS];


static aud_uuid_t
born(int before, unsigned number)
{
    int         i;
    uint64_t    ms = SINCE / 1000 - before + random_below(2) * (before ? -7 : 7);
    aud_uuid_t  id = base_profile(number);

    for (i = 0; i < 6; i++) {
        id.bytes[i] = ms >> (40 - 8 * i);
    }

    return id;
}


static int
by_id(const void *a, const void *b)
{
    return aud_uuid_compare(&((person_t *) a)->id, &((person_t *) b)->id);
}


/* Nobody else changes class than by `noise` in a hundred. */
static void
random_people(unsigned noise)
{
    unsigned  i, j, class;

    for (i = 0; i < PEOPLE; i++) {
        memset(&people[i], 0, sizeof(person_t));
        people[i].lives = random_below(8) != 0;
        people[i].born = random_below(3) != 0;
        people[i].id = born(people[i].born, i);
        class = random_below(PREVIOUS + 2);

        for (j = 0; j < CLASSES; j++) {
            people[i].now[j] = j == class || random_below(20) == 0;
        }

        /* an import that began before the last run may end behind it */

        for (j = 0; (people[i].born || random_below(9) == 0) && j < PREVIOUS;
             j++)
        {
            people[i].before[j] = random_below(100) < noise
                                  ? (int) random_below(2)
                                  : people[i].now[(j + 2) % CLASSES];
        }
    }

    qsort(people, PEOPLE, sizeof(person_t), by_id);
}


/* The dead are struck out of a slice, or stand nowhere; the living may have
 * older rows, struck out, in others. */
static void
write_people(void)
{
    char        none[] = "Ouro";
    unsigned    i, slice, nslices = random_below(5) + 1, rows = 0;
    unsigned    home[PEOPLE];
    const char *texts[] = { none };

    for (i = 0; i < PEOPLE; i++) {
        home[i] = random_below(nslices);
    }

    base_begin(fields, 1);

    for (slice = 0; slice < nslices; slice++) {
        for (i = 0; i < PEOPLE; i++) {
            if (home[i] == slice && people[i].lives) {
                base_row_of(&people[i].id, 1, texts);
                at[rows++] = i;

            } else if (random_below(4) == 0) {
                base_row_of(&people[i].id, 0, texts);
            }
        }

        base_slice();
    }

    generation = base_end();
    assert_int_equal(generation->profiles, rows);
}


static void
make_classes(void)
{
    unsigned  i, j, row;

    memset(members, 0, sizeof(members));

    for (j = 0; j < CLASSES; j++) {
        bitmaps[j] = members[j];

        for (row = 0; row < generation->profiles; row++) {
            members[j][row / 64] |= (uint64_t) people[at[row]].now[j]
                                    << (row % 64);
        }
    }

    for (j = 0; j < PREVIOUS; j++) {
        previous[j] = (class_previous_t) { samples[j], 0 };

        for (i = 0; i < PEOPLE; i++) {
            if (people[i].before[j]) {
                samples[j][previous[j].n++] = people[i].id;
            }
        }
    }
}


static void
new_base(unsigned noise)
{
    random_people(noise);
    write_people();
    make_classes();
}


/* ---- rows ---- */

static void
rows_are_the_living_by_slice(void **state)
{
    size_t      n, i;
    unsigned    base, row;
    uint64_t    found[AUD_WORDS(PEOPLE)], old[AUD_WORDS(PEOPLE)];
    aud_uuid_t *ids;

    for (base = 0; base < BASES; base++) {
        new_base(50);
        memset(old, 0, sizeof(old));
        behaviour_rows_born(generation, SINCE, old);

        for (row = 0; row < generation->profiles; row++) {
            assert_memory_equal(behaviour_rows_profile(generation, row),
                                &people[at[row]].id, sizeof(aud_uuid_t));
            assert_int_equal(aud_bit(old, row), people[at[row]].born);
        }

        for (i = 0; i < CLASSES; i++) {
            ids = behaviour_rows_profiles(generation, members[i], &n);
            assert_non_null(ids);

            for (row = 1; row < n; row++) {
                assert_true(aud_uuid_compare(&ids[row - 1], &ids[row]) < 0);
            }

            memset(found, 0, sizeof(found));
            behaviour_rows_find(generation, ids, n, found);
            assert_memory_equal(found, members[i],
                AUD_WORDS(generation->profiles) * sizeof(uint64_t));
            aud_free(ids);
        }

        base_drop(generation);
    }
}


/* ---- classes ---- */

static double
agree_plainly(unsigned class, unsigned before)
{
    unsigned  i, j, known, both = 0, either = 0;

    for (i = 0; i < PEOPLE; i++) {
        known = people[i].born;

        for (j = 0; j < PREVIOUS; j++) {
            known |= people[i].before[j];
        }

        if (known && people[i].lives) {
            both += people[i].now[class] && people[i].before[before];
            either += people[i].now[class] || people[i].before[before];
        }
    }

    return either ? (double) both / either : 0;
}


static void
agreement_is_of_people_of_both_runs(void **state)
{
    unsigned        base, i, j;
    class_match_t  *m;

    for (base = 0; base < BASES; base++) {
        new_base(random_below(100));
        m = class_match(generation, bitmaps, CLASSES, previous, PREVIOUS,
                        SINCE);
        assert_non_null(m);

        for (i = 0; i < CLASSES; i++) {
            for (j = 0; j < PREVIOUS; j++) {
                assert_true(m->agreement[i * PREVIOUS + j]
                            == agree_plainly(i, j));
            }
        }

        class_match_free(m);
        base_drop(generation);
    }
}


/* No pair that was not taken agrees better than those that were. */
static void
pairs_are_one_to_one_and_the_best(void **state)
{
    double          a;
    unsigned        base, i, j;
    class_match_t  *m;

    for (base = 0; base < BASES; base++) {
        new_base(random_below(100));
        m = class_match(generation, bitmaps, CLASSES, previous, PREVIOUS,
                        SINCE);
        assert_non_null(m);

        for (i = 0; i < CLASSES; i++) {
            for (j = 0; j < PREVIOUS; j++) {
                a = m->agreement[i * PREVIOUS + j];
                assert_int_equal(m->continues[i] == j, m->continued[j] == i);

                if (m->continues[i] == j) {
                    assert_true(a >= CLASS_AGREEMENT);
                    continue;
                }

                assert_true(a < CLASS_AGREEMENT
                    || (m->continues[i] != CLASS_NONE
                        && m->agreement[i * PREVIOUS + m->continues[i]] >= a)
                    || (m->continued[j] != CLASS_NONE
                        && m->agreement[m->continued[j] * PREVIOUS + j] >= a));
            }
        }

        class_match_free(m);
        base_drop(generation);
    }
}


static void
same_classes_in_another_order_continue(void **state)
{
    unsigned        j;
    class_match_t  *m;

    new_base(0);
    m = class_match(generation, bitmaps, CLASSES, previous, PREVIOUS, SINCE);

    for (j = 0; j < PREVIOUS; j++) {
        assert_int_equal(m->continued[j], (j + 2) % CLASSES);
        assert_true(m->agreement[m->continued[j] * PREVIOUS + j] == 1);
    }

    assert_int_equal(m->continues[(PREVIOUS + 2) % CLASSES], CLASS_NONE);
    class_match_free(m);
    base_drop(generation);
}


/*
 * Two new classes that agree with one of before, one of which agrees with
 * another one too:
 *
 *              before 0 (300)    before 1 (180)
 *   now 0      200 of 200        180
 *   now 1      300 of 300        180
 */
static void
the_best_pair_is_first(void **state)
{
    unsigned        i;
    class_match_t  *m;

    random_people(0);

    for (i = 0; i < PEOPLE; i++) {
        memset(people[i].now, 0, sizeof(people[i].now));
        memset(people[i].before, 0, sizeof(people[i].before));
        people[i].lives = 1;
        people[i].now[0] = i < 200;
        people[i].now[1] = people[i].before[0] = i < 300;
        people[i].before[1] = i < 180;
    }

    write_people();
    make_classes();
    m = class_match(generation, bitmaps, 2, previous, 2, SINCE);
    assert_int_equal(m->continues[0], 1);
    assert_int_equal(m->continues[1], 0);
    class_match_free(m);

    m = class_match(generation, bitmaps, 2, previous, 1, SINCE);
    assert_int_equal(m->continues[0], CLASS_NONE);
    assert_int_equal(m->continues[1], 0);
    class_match_free(m);

    m = class_match(generation, bitmaps + 1, 1, previous, 2, SINCE);
    assert_int_equal(m->continues[0], 0);
    assert_int_equal(m->continued[1], CLASS_NONE);
    class_match_free(m);
    base_drop(generation);
}


static void
nothing_before_is_all_new(void **state)
{
    unsigned          i;
    class_match_t    *m;
    class_previous_t  nobody = { NULL, 0 };

    new_base(0);
    m = class_match(generation, bitmaps, CLASSES, NULL, 0, SINCE);

    for (i = 0; i < CLASSES; i++) {
        assert_int_equal(m->continues[i], CLASS_NONE);
    }

    class_match_free(m);
    m = class_match(generation, bitmaps, CLASSES, &nobody, 1, SINCE);
    assert_int_equal(m->continued[0], CLASS_NONE);
    class_match_free(m);

    m = class_match(generation, NULL, 0, previous, PREVIOUS, SINCE);
    assert_int_equal(m->continued[0], CLASS_NONE);
    class_match_free(m);
    base_drop(generation);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rows_are_the_living_by_slice),
        cmocka_unit_test(agreement_is_of_people_of_both_runs),
        cmocka_unit_test(pairs_are_one_to_one_and_the_best),
        cmocka_unit_test(same_classes_in_another_order_continue),
        cmocka_unit_test(the_best_pair_is_first),
        cmocka_unit_test(nothing_before_is_all_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
