/*
 * Lanes: one work of a tenant at a time, tenants side by side.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lanes.h"

#define WORKS     64
#define TOO_LONG  120000        /* ms */


typedef struct {
    lane_work_t  work;
    unsigned     tenant;
    unsigned     number;
    unsigned     rounds;            /* it is posted again so many times */
} errand_t;


static lanes_t       *lanes;
static errand_t       errands[WORKS];
static atomic_uint    running[4], together, most_together, clashes;
static atomic_uint    held;             /* bits of tenants whose work waits */
static unsigned       order[4 * WORKS], ended;


static void
run(lane_work_t *work)
{
    unsigned   n, most;
    errand_t  *e = (errand_t *) work;

    clashes += atomic_fetch_add(&running[e->tenant], 1) != 0;
    n = ++together;

    for (most = most_together;
         n > most && !atomic_compare_exchange_weak(&most_together, &most, n);
         /* void */ )
    {
        /* void */
    }

    do {
        usleep(1000);
    } while (held & 1u << e->tenant);

    together--;
    running[e->tenant]--;
}


static void
post(errand_t *e)
{
    char  tenant[8];

    snprintf(tenant, sizeof(tenant), "t%u", e->tenant);
    lanes_post(lanes, tenant, &e->work);
}


static void
done(lane_work_t *work)
{
    errand_t  *e = (errand_t *) work;

    order[ended++] = e->number;

    if (e->rounds) {
        e->rounds--;
        post(e);
    }
}


static errand_t *
errand(unsigned number, unsigned tenant, unsigned rounds)
{
    errand_t  *e = &errands[number];

    *e = (errand_t) { .work = { .run = run, .done = done }, .tenant = tenant,
                      .number = number, .rounds = rounds };

    return e;
}


static int
begin(void **state)
{
    aud_error_t  err = { 0 };

    clashes = most_together = 0;
    ended = 0;
    lanes = lanes_create(uv_default_loop(), 3, &err);

    return lanes ? 0 : -1;
}


static int
end(void **state)
{
    lanes_free(lanes);

    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}


static void
a_tenant_has_one_at_a_time_in_order(void **state)
{
    unsigned  i;

    for (i = 0; i < WORKS; i++) {
        post(errand(i, 0, 0));
    }

    uv_run(uv_default_loop(), UV_RUN_DEFAULT);

    assert_int_equal(ended, WORKS);
    assert_int_equal(clashes, 0);
    assert_int_equal(most_together, 1);

    for (i = 0; i < WORKS; i++) {
        assert_int_equal(order[i], i);
    }
}


static void
tenants_run_side_by_side(void **state)
{
    unsigned  i;

    held = 7;

    for (i = 0; i < WORKS; i++) {
        post(errand(i, i % 3, 0));
    }

    for (i = 0; together < 3 && i < TOO_LONG; i++) {
        usleep(1000);
    }

    held = 0;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);

    assert_int_equal(ended, WORKS);
    assert_int_equal(clashes, 0);
    assert_int_equal(most_together, 3);
}


static void
a_tenant_waits_for_none_of_anothers_that_wait(void **state)
{
    unsigned  i;

    held = 1;

    for (i = 0; i < WORKS - 1; i++) {
        post(errand(i, 0, 0));
    }

    post(errand(i, 1, 0));

    for (i = 0; ended == 0 && i < TOO_LONG; i++) {
        uv_run(uv_default_loop(), UV_RUN_NOWAIT);
        usleep(1000);
    }

    assert_int_equal(ended, 1);
    assert_int_equal(order[0], WORKS - 1);

    held = 0;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    assert_int_equal(ended, WORKS);
}


static void
work_posted_again_goes_to_the_end(void **state)
{
    unsigned  i;

    static const unsigned  expected[] = { 0, 1, 2, 0, 1, 2, 0, 1, 2 };

    for (i = 0; i < 3; i++) {
        post(errand(i, 0, 2));
    }

    uv_run(uv_default_loop(), UV_RUN_DEFAULT);

    assert_int_equal(ended, 9);
    assert_memory_equal(order, expected, sizeof(expected));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_tenant_has_one_at_a_time_in_order,
                                        begin, end),
        cmocka_unit_test_setup_teardown(tenants_run_side_by_side, begin, end),
        cmocka_unit_test_setup_teardown(
            a_tenant_waits_for_none_of_anothers_that_wait, begin, end),
        cmocka_unit_test_setup_teardown(work_posted_again_goes_to_the_end,
                                        begin, end)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
