/*
 * Fixed samples against plain sets: the audiences file and the store hold the
 * same members whatever happens to the ids of people, and wherever the worker
 * stops.
 */

#include "aud_alloc.h"
#include "base_model.h"
#include "sample.h"

#define SAMPLES  4


static unsigned char  in[SAMPLES][PEOPLE];      /* the model */
static int            there[SAMPLES];


static size_t
listed(const unsigned char *set, aud_uuid_t *ids)
{
    size_t    n = 0;
    unsigned  i;

    for (i = 0; i < PEOPLE; i++) {
        if (set[i]) {
            ids[n++] = uuid(i);
        }
    }

    return n;
}


static void
check_samples(void)
{
    size_t                 n, kept;
    unsigned               i;
    aud_uuid_t             id, ids[PEOPLE], *stored;
    aud_error_t            err;
    aud_generation_t      *g;
    const aud_audience_t  *a;

    g = base_generation(base);

    for (i = 0; i < SAMPLES; i++) {
        id = uuid(i);
        n = there[i] ? listed(in[i], ids) : 0;
        a = aud_generation_audience(g, &id);
        stored = sample_read(worker.store, "demo", &id, &kept, &err);

        assert_int_equal(a != NULL, there[i]);
        assert_int_equal(a ? a->nmembers : 0, n);
        assert_int_equal(kept, n);
        assert_true(n == 0 || memcmp(a->members, ids, n * sizeof(id)) == 0);
        assert_true(n == 0 || memcmp(stored, ids, n * sizeof(id)) == 0);
        aud_free(stored);
    }

    aud_generation_release(g);
}


/* Some samples are taken anew, in one change. */
static void
take_samples(stop_t at)
{
    size_t          n;
    unsigned        i, k;
    unsigned char   next[SAMPLES][PEOPLE];
    aud_uuid_t      ids[SAMPLES][PEOPLE];
    base_change_t   change = { 0 };
    aud_audience_t  put[SAMPLES];

    memset(put, 0, sizeof(put));
    change.put = put;

    for (i = 0; i < SAMPLES; i++) {
        memcpy(next[i], in[i], PEOPLE);

        if (random_below(2)) {
            for (k = 0; k < PEOPLE; k++) {
                next[i][k] = random_below(3) == 0;
            }

            n = listed(next[i], ids[i]);
            put[change.nput].id = uuid(i);
            put[change.nput].members = ids[i];
            put[change.nput++].nmembers = n;
        }
    }

    if (apply(&change, at)) {
        memcpy(in, next, sizeof(in));

        for (i = 0; i < change.nput; i++) {
            there[put[i].id.bytes[15]] = 1;
        }
    }
}


static void
drop_sample(stop_t at)
{
    unsigned       i = random_below(SAMPLES);
    aud_uuid_t     id = uuid(i);
    base_change_t  change = { .dropped = &id };

    if (apply(&change, at)) {
        there[i] = 0;
    }
}


/* Profiles join others, move, go and come. */
static void
change_ids(stop_t at)
{
    unsigned          i, k, now;
    unsigned char     next[SAMPLES][PEOPLE], leaves[PEOPLE] = { 0 };
    base_change_t     change = { 0 };
    profile_change_t  changes[PEOPLE];

    memcpy(next, in, sizeof(in));
    change.ids = changes;

    for (i = 0; i < PEOPLE; i++) {
        leaves[i] = random_below(10) == 0;
    }

    for (i = 0; i < PEOPLE; i++) {
        if (!leaves[i] && random_below(10)) {
            continue;
        }

        memset(&changes[change.nids], 0, sizeof(profile_change_t));
        changes[change.nids].id = uuid(i);
        changes[change.nids].fate = PROFILE_BORN;

        if (leaves[i]) {
            do {
                now = random_below(PEOPLE);
            } while (leaves[now]);

            changes[change.nids].now = uuid(now);
            changes[change.nids].fate = PROFILE_JOINED + random_below(3);

            for (k = 0; k < SAMPLES; k++) {
                if (changes[change.nids].fate != PROFILE_GONE && in[k][i]) {
                    next[k][now] = 1;
                }

                next[k][i] = 0;
            }
        }

        change.nids++;
    }

    if (apply(&change, at)) {
        memcpy(in, next, sizeof(in));
    }
}


static void
test_samples_follow_ids_wherever_the_worker_stops(void **state)
{
    unsigned  i;

    import(2, STOP_NEVER);

    for (i = 0; i < 200; i++) {
        switch (random_below(4)) {
        case 0:
            take_samples(random_below(STOPS));
            break;
        case 1:
            drop_sample(random_below(STOPS));
            break;
        default:
            change_ids(random_below(STOPS));
        }

        check_samples();
    }
}


static void
test_filters_and_samples_stand_side_by_side(void **state)
{
    unsigned               i;
    uint64_t               file;
    aud_uuid_t             filtered = uuid(PEOPLE);
    base_change_t          change = { 0 };
    profile_change_t       nobody = { .id = uuid(PEOPLE),
                                      .fate = PROFILE_GONE };
    aud_audience_t         put = { .id = filtered,
                                   .filter = AUD_STR("{\"all\":[]}") };
    aud_generation_t      *g;
    const aud_audience_t  *a;

    for (i = 0; i < SAMPLES; i++) {
        take_samples(STOP_NEVER);
    }

    change.put = &put;
    change.nput = 1;
    assert_true(apply(&change, STOP_NEVER));
    change_ids(STOP_AFTER_PUBLISH);
    check_samples();

    g = base_generation(base);
    a = aud_generation_audience(g, &filtered);
    assert_non_null(a);
    assert_true(aud_str_equal(a->filter, put.filter));
    file = g->audiences_number;
    aud_generation_release(g);

    /* ids that nobody's sample has write no file */

    memset(&change, 0, sizeof(change));
    change.ids = &nobody;
    change.nids = 1;
    assert_true(apply(&change, STOP_NEVER));
    g = base_generation(base);
    assert_int_equal(g->audiences_number, file);
    aud_generation_release(g);
}


static void
test_a_large_sample_is_kept_in_parts(void **state)
{
    size_t          i, n = 2 * SAMPLE_PART + 1, kept;
    aud_uuid_t     *ids, *stored, id = uuid(1);
    aud_error_t     err;
    store_batch_t  *batch;

    ids = calloc(n, sizeof(aud_uuid_t));

    for (i = 0; i < n; i++) {
        ids[i] = uuid(i & 0xffff);
        ids[i].bytes[13] = i >> 16;
    }

    batch = store_batch_create();
    sample_put(batch, "large", &id, ids, n, 0);
    assert_int_equal(store_batch_count(batch), 3);
    assert_int_equal(commit(batch), 0);
    stored = sample_read(worker.store, "large", &id, &kept, &err);
    assert_int_equal(kept, n);
    assert_memory_equal(stored, ids, n * sizeof(aud_uuid_t));
    aud_free(stored);

    batch = store_batch_create();
    sample_put(batch, "large", &id, ids, SAMPLE_PART, n);
    assert_int_equal(commit(batch), 0);
    stored = sample_read(worker.store, "large", &id, &kept, &err);
    assert_int_equal(kept, SAMPLE_PART);
    aud_free(stored);
    free(ids);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_samples_follow_ids_wherever_the_worker_stops),
        cmocka_unit_test(test_filters_and_samples_stand_side_by_side),
        cmocka_unit_test(test_a_large_sample_is_kept_in_parts),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
