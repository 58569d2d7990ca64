/*
 * Saved audiences against a plain model, wherever the worker stops: what one
 * change writes does not grow with the audiences that there are, what is gone
 * goes from the files as well, and files do not pile up.
 */

#include "aud_audiences.h"
#include "base_model.h"

#define MANY       20000
#define ONE_WRITE  (16384 + 2 * 64 + MANY * 96 / 64)    /* bytes */


static int  now[MANY];                  /* each filter, 0: none */


static aud_str_t
filter_of(unsigned i, char text[64])
{
    return aud_str(text, sprintf(text, "{\"audience %u\":%d}", i, now[i]));
}


/* As the worker sees them and, without what it has open, a reader does. */
static void
check_all(void)
{
    int                    whose;
    char                   text[64];
    size_t                 n;
    unsigned               i;
    aud_uuid_t             id;
    aud_error_t            err;
    aud_generation_t      *g;
    const aud_audience_t  *a;

    for (whose = 0; whose < 2; whose++) {
        g = whose ? base_generation(base)
                  : aud_generation_open(base_folder(base), NULL, NULL, &err);
        assert_non_null(g);
        n = 0;

        for (i = 0; i < MANY; i++) {
            id = uuid(i);
            a = aud_generation_audience(g, &id);
            assert_int_equal(a != NULL, now[i] != 0);

            if (a) {
                assert_true(aud_str_equal(a->filter, filter_of(i, text)));
                assert_ptr_equal(a, &g->audiences[n++]);
            }
        }

        assert_int_equal(g->naudiences, n);
        aud_generation_release(g);
    }
}


static int
put_some(unsigned first, unsigned n, stop_t at)
{
    int              rc;
    char           (*texts)[64] = calloc(n + 1, sizeof(*texts));
    unsigned         i;
    base_change_t    change = { 0 };
    aud_audience_t  *put = calloc(n + 1, sizeof(aud_audience_t));

    for (i = 0; i < n; i++) {
        now[first + i]++;
        put[i].id = uuid(first + i);
        put[i].filter = filter_of(first + i, texts[i]);
    }

    change.put = put;
    change.nput = n;
    rc = apply(&change, at);

    for (i = 0; i < n && !rc; i++) {
        now[first + i]--;
    }

    free(texts);
    free(put);

    return rc;
}


static void
drop_one(unsigned i, stop_t at)
{
    aud_uuid_t     id = uuid(i);
    base_change_t  change = { .dropped = &id };

    if (apply(&change, at)) {
        now[i] = 0;
    }
}


static off_t
bytes_of(uint64_t number)
{
    char         path[512], name[AUD_AUDIENCES_NAME_LEN + 1];
    struct stat  st;

    aud_audiences_name(name, number);
    snprintf(path, sizeof(path), "%s/%s", base_folder(base), name);
    assert_int_equal(stat(path, &st), 0);

    return st.st_size;
}


static void
forget_all(void)
{
    base_change_t  change = { .rebuilt = 1, .fields = registry, .nfields = 2 };

    assert_true(apply(&change, STOP_NEVER));
    memset(now, 0, sizeof(now));
    check_all();
}


static void
test_changes_among_few_are_kept_wherever_the_worker_stops(void **state)
{
    unsigned  i, n;

    for (i = 0; i < 100; i++) {
        n = 1 + random_below(3);

        if (random_below(3)) {
            put_some(random_below(40 - n), n, random_below(STOPS));

        } else {
            drop_one(random_below(40), random_below(STOPS));
        }

        check_all();
    }

    for (i = 0; i < 40; i++) {
        if (now[i]) {
            drop_one(i, STOP_NEVER);
        }
    }

    check_all();
}


static void
test_a_change_among_many_writes_little(void **state)
{
    unsigned           i, whole = 0, beside = 0;
    uint64_t           below;
    aud_generation_t  *g;

    forget_all();
    assert_true(put_some(0, MANY - 1100, STOP_NEVER));
    g = base_generation(base);
    assert_int_equal(g->audiences_below, 0);
    below = g->audiences_number;
    aud_generation_release(g);

    for (i = 0; i < 200; i++) {
        if (random_below(8)) {
            put_some(random_below(8) ? MANY - 1100 + 5 * i
                                     : random_below(MANY - 10),
                     1 + random_below(12), STOP_NEVER);

        } else {
            drop_one(random_below(MANY), STOP_NEVER);
        }

        g = base_generation(base);

        if (g->audiences_below) {
            assert_int_equal(g->audiences_below, below);
            assert_true(bytes_of(g->audiences_number) < ONE_WRITE);
            beside++;

        } else {
            assert_true(bytes_of(g->audiences_number) > 10 * ONE_WRITE);
            below = g->audiences_number;
            whole++;
        }

        aud_generation_release(g);
    }

    check_all();
    assert_in_range(whole, 1, 4);
    assert_int_equal(whole + beside, 200);
    restart();
    check_all();
}


/* Those that are read are two at most. */
static void
test_files_do_not_pile_up(void **state)
{
    put_some(5, 1, STOP_NEVER);
    put_some(6, 1, STOP_NEVER);
    base_purge(base);
    assert_in_range(files(".aud"), 1, 2);
    check_all();
    restart();
    base_purge(base);
    assert_in_range(files(".aud"), 1, 2);
    check_all();
}


/* Who was in a sample is in no file once the sample has others, or is gone. */
static void
test_a_sample_that_goes_stays_in_no_file(void **state)
{
    unsigned           turn;
    aud_uuid_t         id = uuid(40), members[] = { uuid(50), uuid(51) };
    base_change_t      change = { 0 };
    aud_audience_t     put = { .id = id, .members = members, .nmembers = 2 };
    aud_generation_t  *g;

    drop_one(40, STOP_NEVER);
    change.put = &put;
    change.nput = 1;
    assert_true(apply(&change, STOP_NEVER));

    for (turn = 0; turn < 2; turn++) {
        put_some(5, 1, STOP_NEVER);
        memset(&change, 0, sizeof(change));

        if (turn == 0) {
            put.nmembers = 1;
            change.put = &put;
            change.nput = 1;

        } else {
            change.dropped = &id;
        }

        assert_true(apply(&change, STOP_NEVER));
        g = base_generation(base);
        assert_int_equal(g->audiences_below, 0);
        aud_generation_release(g);
        base_purge(base);
        assert_int_equal(files(".aud"), 1);
    }

    check_all();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            test_changes_among_few_are_kept_wherever_the_worker_stops),
        cmocka_unit_test(test_a_change_among_many_writes_little),
        cmocka_unit_test(test_files_do_not_pile_up),
        cmocka_unit_test(test_a_sample_that_goes_stays_in_no_file),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
