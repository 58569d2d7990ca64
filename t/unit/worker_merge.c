/*
 * Random changes to a base with a stop at every step, and merges while other
 * changes are made.  The job that merges is driven by a job_run_t of this test.
 */

#include "base_model.h"

#include <stdatomic.h>

#include "merge.h"

struct job_run_s {
    void  (*in_between)(void);  /* called once, in the middle of the job */
    int     follows;
    int     completed;
    int     quiet;
};


static void
erase_some(void)
{
    erase(10, STOP_NEVER);
}


static void
import_some(void)
{
    import(20, STOP_NEVER);
}


/* --- what merge.c sees of the queue --- */

worker_t *
job_worker(job_run_t *run)
{
    return &worker;
}


const char *
job_tenant(const job_run_t *run)
{
    return "demo";
}


const json_t *
job_args(const job_run_t *run)
{
    static json_t  *quiet;

    if (quiet == NULL) {
        quiet = json_pack("{s:b}", "quiet", 1);
    }

    return run->quiet ? quiet : NULL;
}


void
job_progress(job_run_t *run, const char *stage, double fraction)
{
    void  (*in_between)(void) = run->in_between;

    run->in_between = NULL;

    if (in_between) {
        in_between();
    }
}


int
job_stopping(const job_run_t *run)
{
    return 0;
}


void
job_error(job_run_t *run, const char *fmt, ...)
{
}


void
job_follow(job_run_t *run, const char *type, json_t *args)
{
    assert_string_equal(type, "merge");
    json_decref(args);
    run->follows++;
}


job_outcome_t
job_complete(job_run_t *run, job_outcome_t outcome, store_batch_t *effects)
{
    if (effects) {
        assert_int_equal(commit(effects), 0);
        generation++;
    }

    run->completed++;
    return outcome;
}


static void
merge(void (*in_between)(void))
{
    job_run_t  run = { .in_between = in_between };

    assert_int_equal(merge_job.run(&run), JOB_DONE);
    assert_int_equal(run.completed, 1);
}


static void
merge_quietly(void)
{
    job_run_t  run = { .quiet = 1 };

    assert_int_equal(merge_job.run(&run), JOB_DONE);
    assert_int_equal(run.completed, 1);
}


/* Which of segments with so many living and struck rows are merged, as digits;
 * a merge of like sizes needs four. */
static const char *
chosen(int quiet, size_t n, const uint32_t (*rows)[2])
{
    static char       text[16];
    size_t            i, count, places[16];
    aud_slice_t       slices[16] = { 0 };
    aud_segment_t     segments[16] = { 0 };
    aud_generation_t  g = { .nslices = n, .slices = slices };

    for (i = 0; i < n; i++) {
        segments[i].rows = rows[i][0] + rows[i][1];
        slices[i].segment = &segments[i];
        slices[i].live = rows[i][0];
    }

    count = quiet ? merge_choose_quiet(&g, places)
                  : merge_choose(&g, 4, places);

    for (i = 0; i < count; i++) {
        text[i] = '0' + places[i];
    }

    text[count] = '\0';
    return text;
}


/* --- tests --- */

static void
test_segments_of_a_like_size_are_chosen(void **state)
{
#define CHOSEN(quiet, ...)                                                    \
    chosen(quiet, sizeof((uint32_t[][2]) { __VA_ARGS__ }) / 8,                \
           (const uint32_t[][2]) { __VA_ARGS__ })

    assert_string_equal(CHOSEN(0, {10}, {4000}, {1}), "");
    assert_string_equal(CHOSEN(0, {10}, {4000}, {900000}, {1}, {70}), "0134");
    assert_string_equal(CHOSEN(0, {10}, {1}, {1}, {1}, {5000}, {5000}, {5000}),
                        "0123456");

    /* beyond what a merge may take */
    assert_string_equal(CHOSEN(0, {900000}, {900000}, {900000}, {900000}),
                        "01");
    assert_string_equal(CHOSEN(0, {1048576}, {2000000}, {1500000}, {3000000}),
                        "");
}


static void
test_nearly_all_are_chosen_where_it_is_quiet(void **state)
{
    assert_string_equal(CHOSEN(1, {0}), "");
    assert_string_equal(CHOSEN(1, {800}), "");
    assert_string_equal(CHOSEN(1, {800}, {99}), "");
    assert_string_equal(CHOSEN(1, {800}, {100}), "01");
    assert_string_equal(CHOSEN(1, {800}, {50}, {50}), "012");
    assert_string_equal(CHOSEN(1, {20}, {800}, {50}), "02");

    /* struck rows are worth a merge, too */
    assert_string_equal(CHOSEN(1, {800, 99}), "");
    assert_string_equal(CHOSEN(1, {800, 100}), "0");
    assert_string_equal(CHOSEN(1, {800, 60}, {40}), "01");

    /* large ones are left alone */
    assert_string_equal(CHOSEN(1, {2000000}, {80}, {20}), "12");
    assert_string_equal(CHOSEN(1, {2000000, 2000000}), "");
    assert_string_equal(CHOSEN(1, {900000}, {800000}, {800000}), "12");
}


static void
test_a_quiet_base_ends_with_one_segment(void **state)
{
    import(5, STOP_NEVER);
    import(5, STOP_NEVER);
    erase(2, STOP_NEVER);
    merge_quietly();
    assert_int_equal(slices(), 1);
    check_base();
    restart();
    check_base();

    erase(3, STOP_NEVER);
    merge_quietly();
    assert_int_equal(slices(), 1);
    check_base();
}


static void
test_a_base_is_quiet_once(void **state)
{
    aud_generation_t  *g;

    import(3, STOP_NEVER);
    assert_null(base_quiet(base, 3600 * (int64_t) 1000000));
    g = base_quiet(base, 0);
    assert_int_equal(g->number, generation);
    aud_generation_release(g);
    assert_null(base_quiet(base, 0));

    import(3, STOP_NEVER);
    g = base_quiet(base, 0);
    assert_non_null(g);
    aud_generation_release(g);
}


static void
test_random_changes_with_stops_anywhere(void **state)
{
    int     i;
    stop_t  at;

    for (i = 0; i < 400; i++) {
        at = random_below(3) ? STOP_NEVER : random_below(STOPS);

        switch (random_below(8)) {
        case 0:
        case 1:
        case 2:
            import(random_below(30) + 1, at);
            break;
        case 3:
            erase(random_below(5) + 1, at);
            break;
        case 4:
            change_audience(at);
            break;
        case 5:
            merge(NULL);
            break;
        case 6:
            merge(erase_some);
            break;
        default:
            merge(import_some);
        }

        check_base();
    }
}


static void
test_a_merge_makes_one_of_many(void **state)
{
    int  i;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    assert_true(slices() >= 3);
    merge(NULL);
    assert_true(slices() < 3);
    check_base();
}


static uint64_t
content(void)
{
    uint64_t           content;
    aud_generation_t  *g;

    g = base_generation(base);
    content = g->content;
    aud_generation_release(g);

    return content;
}


/* Readers of the generation before a merge need not wait for the merge's. */
static void
test_a_merge_is_known_to_change_no_answer(void **state)
{
    int       i;
    uint64_t  before;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
        assert_int_equal(content(), generation);
    }

    before = generation;
    merge(NULL);
    assert_int_equal(generation, before + 1);
    assert_int_equal(content(), before);
    restart();
    assert_int_equal(content(), before);

    import(3, STOP_NEVER);
    assert_int_equal(content(), generation);
    erase(1, STOP_NEVER);
    assert_int_equal(content(), generation);
    change_audience(STOP_NEVER);
    assert_int_equal(content(), generation);
}


/* A merge that ends after an import has the import's number. */
static void
test_a_merge_after_an_import_answers_as_the_import(void **state)
{
    int       i;
    uint64_t  before;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    before = generation;
    merge(import_some);
    assert_int_equal(content(), before + 1);
    check_base();
}


static void
test_what_is_struck_during_a_merge_stays_struck(void **state)
{
    int  i;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    merge(erase_some);
    check_base();
    restart();
    check_base();
}


/* All segments but the newest have died: the merge finds them gone. */
static void
replace_all(void)
{
    import(1, STOP_NEVER);
}


static void
test_a_merge_whose_segments_have_gone_starts_over(void **state)
{
    int  i;

    for (i = 0; i < 4; i++) {
        import(3, STOP_NEVER);
    }

    merge(replace_all);
    check_base();
    assert_int_equal(slices(), 1);
}


static void
test_an_import_asks_for_a_merge_when_one_is_due(void **state)
{
    int              i;
    aud_error_t      err;
    job_run_t        run = { 0 };
    unsigned         one = 0;
    aud_uuid_t       id = uuid(0);
    base_change_t    change = { 0 };
    base_segment_t   added;
    store_batch_t   *batch;

    import(1, STOP_NEVER);

    for (i = 1; i < 4; i++) {
        version[i]++;
        added = write_segment(&one, &version[i], 1);
        change.added = &added;
        change.struck = &id;
        change.nstruck = 1;
        batch = store_batch_create();
        base_lock(base);
        assert_int_equal(base_prepare(base, &change, batch, &err), BASE_OK);
        run.follows = 0;
        merge_consider(&run, base);
        base_abandon(base);
        base_unlock(base);
        store_batch_free(batch);
        version[i]--;

        /* merge_at is 3 */
        assert_int_equal(run.follows, slices() + 1 >= 3);
        import(4, STOP_NEVER);
    }
}


static atomic_int  importing;

static void
import_often(void *arg)
{
    int  i;

    for (i = 0; i < 60; i++) {
        import(3, STOP_NEVER);
    }

    atomic_store(&importing, 0);
}


static void
merge_often(void *arg)
{
    while (atomic_load(&importing)) {
        merge(NULL);
    }
}


/* Two threads change the base; whoever reads sees everybody once, always. */
static void
test_readers_see_whole_generations(void **state)
{
    size_t             slice;
    unsigned           i, reads;
    uint32_t           row;
    aud_uuid_t         id;
    uv_thread_t        importer, merger;
    aud_generation_t  *g;

    import(1, STOP_NEVER);
    atomic_store(&importing, 1);
    assert_int_equal(uv_thread_create(&importer, import_often, NULL), 0);
    assert_int_equal(uv_thread_create(&merger, merge_often, NULL), 0);

    for (reads = 0; reads == 0 || atomic_load(&importing); reads++) {
        g = base_generation(base);
        assert_int_equal(g->profiles, PEOPLE);

        for (i = 0; i < PEOPLE; i++) {
            id = uuid(i);
            assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
        }

        aud_generation_release(g);
    }

    uv_thread_join(&importer);
    uv_thread_join(&merger);
    assert_true(reads > 0);
    check_base();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_random_changes_with_stops_anywhere),
        cmocka_unit_test(test_segments_of_a_like_size_are_chosen),
        cmocka_unit_test(test_nearly_all_are_chosen_where_it_is_quiet),
        cmocka_unit_test(test_a_quiet_base_ends_with_one_segment),
        cmocka_unit_test(test_a_base_is_quiet_once),
        cmocka_unit_test(test_a_merge_makes_one_of_many),
        cmocka_unit_test(test_a_merge_is_known_to_change_no_answer),
        cmocka_unit_test(test_a_merge_after_an_import_answers_as_the_import),
        cmocka_unit_test(test_what_is_struck_during_a_merge_stays_struck),
        cmocka_unit_test(test_a_merge_whose_segments_have_gone_starts_over),
        cmocka_unit_test(test_an_import_asks_for_a_merge_when_one_is_due),
        cmocka_unit_test(test_readers_see_whole_generations),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
