/*
 * Group commit: order, joining, waiting, the end, a full disk, a broken one.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "commit.h"

/* The store that commit.c sees: it counts, and does as it is told. */

struct store_batch_s {
    int  first, n;
};

static int             applied[200000], napplied, writes, largest;
static int             full_above, break_at = -1;
static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned        write_us;

store_batch_t *
store_batch_create(void)
{
    return calloc(1, sizeof(store_batch_t) + 1000 * sizeof(int));
}

static int *
items(const store_batch_t *b)
{
    return (int *) (b + 1);
}

void
store_batch_free(store_batch_t *b)
{
    free(b);
}

void
store_batch_append(store_batch_t *b, const store_batch_t *other)
{
    int  i;

    for (i = 0; i < other->n; i++) {
        assert_true(b->n < 1000);
        items(b)[b->n++] = items(other)[i];
    }
}

size_t
store_batch_count(const store_batch_t *b)
{
    return b->n;
}

size_t
store_batch_bytes(const store_batch_t *b)
{
    return b->n * 10000;
}

store_status_t
store_apply(store_t *store, store_batch_t *b, aud_error_t *err)
{
    int  i;

    usleep(write_us);

    if (full_above && b->n > full_above) {
        return STORE_FULL;
    }

    pthread_mutex_lock(&store_lock);
    writes++;
    largest = b->n > largest ? b->n : largest;

    for (i = 0; i < b->n; i++) {
        if (items(b)[i] == break_at) {
            return STORE_FAILED;
        }

        applied[napplied++] = items(b)[i];
    }

    pthread_mutex_unlock(&store_lock);

    return STORE_OK;
}


static uv_loop_t  loop;
static commit_t  *commit;
static int        called[200000], ncalled, nfull;


static int
set_up(void **state)
{
    aud_error_t  err;

    napplied = writes = largest = full_above = ncalled = nfull = 0;
    break_at = -1;
    write_us = 1000;
    uv_loop_init(&loop);
    commit = commit_create(&loop, NULL, &err);

    return commit == NULL;
}


static int
tear_down(void **state)
{
    commit_close(commit);
    uv_run(&loop, UV_RUN_DEFAULT);

    return uv_loop_close(&loop);
}


static store_batch_t *
batch(int first, int n)
{
    store_batch_t  *b = store_batch_create();

    while (b->n < n) {
        items(b)[b->n++] = first++;
    }

    return b;
}


static void
done(void *arg, store_status_t status)
{
    called[ncalled++] = (int) (intptr_t) arg;
    nfull += status == STORE_FULL;
}


static void
tick(uv_timer_t *timer)
{
    /* it only wakes the loop */
}


static void
wait_for(int n)
{
    uv_timer_t  timer;

    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, tick, 1, 1);

    while (ncalled < n) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    uv_close((uv_handle_t *) &timer, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}


static void
batches_join_and_keep_their_order(void **state)
{
    int  i;

    /* the first write waits until all have come */
    pthread_mutex_lock(&store_lock);

    for (i = 0; i < 400; i++) {
        commit_submit(commit, batch(i, 1), done, (void *) (intptr_t) i);
    }

    pthread_mutex_unlock(&store_lock);
    wait_for(400);
    assert_int_equal(napplied, 400);
    assert_true(writes < 20);
    assert_true(largest > 100);

    for (i = 0; i < 400; i++) {
        assert_int_equal(applied[i], i);
        assert_int_equal(called[i], i);
    }
}


static void
a_join_is_bounded(void **state)
{
    int  i;

    for (i = 0; i < 40; i++) {
        commit_submit(commit, batch(100 * i, 100), done, NULL);
    }

    wait_for(40);
    assert_int_equal(napplied, 4000);
    assert_true(largest <= 400);
}


static void *
waiter(void *arg)
{
    int  i, first = (int) (intptr_t) arg;

    for (i = 0; i < 50; i++) {
        assert_int_equal(commit_wait(commit, batch(first + i, 1)), STORE_OK);
    }

    return NULL;
}


static void
threads_wait_for_their_own(void **state)
{
    int        i, j, last;
    pthread_t  threads[8];

    for (i = 0; i < 8; i++) {
        pthread_create(&threads[i], NULL, waiter, (void *) (intptr_t)
                       (1000 * i));
    }

    for (i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
    }

    assert_int_equal(napplied, 400);

    for (i = 0; i < 8; i++) {
        for (last = -1, j = 0; j < napplied; j++) {
            if (applied[j] / 1000 == i) {
                assert_true(applied[j] % 1000 == ++last);
            }
        }
    }
}


static void
closing_waits_for_all_that_was_submitted(void **state)
{
    int  i;

    for (i = 0; i < 100; i++) {
        commit_submit(commit, batch(i, 1), done, NULL);
    }

    tear_down(NULL);
    assert_int_equal(napplied, 100);
    assert_int_equal(ncalled, 100);
    set_up(NULL);
}


static void
submit_again(void *arg, store_status_t status)
{
    int  left = (int) (intptr_t) arg;

    ncalled++;

    if (left) {
        commit_submit(commit, batch(left, 1), submit_again,
                      (void *) (intptr_t) (left - 1));
    }
}


static void
closing_waits_for_what_callbacks_submit(void **state)
{
    commit_submit(commit, batch(0, 1), submit_again, (void *) 5);
    tear_down(NULL);
    assert_int_equal(ncalled, 6);
    assert_int_equal(napplied, 6);
    set_up(NULL);
}


static void
one_that_does_not_fit_takes_no_other_with_it(void **state)
{
    full_above = 50;
    commit_submit(commit, batch(0, 1), done, NULL);
    commit_submit(commit, batch(10, 1), done, NULL);
    commit_submit(commit, batch(100, 60), done, NULL);
    commit_submit(commit, batch(20, 1), done, NULL);
    wait_for(4);

    assert_int_equal(nfull, 1);
    assert_int_equal(napplied, 3);
    assert_int_equal(applied[2], 20);
}


static void
after_a_failure_nobody_is_told_anything(void **state)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        set_up(NULL);
        break_at = 1;
        close(2);
        commit_submit(commit, batch(1, 1), done, NULL);
        wait_for(1);
        _exit(0);
    }

    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}


int
main(void)
{
#define WITH_COMMIT(test)  cmocka_unit_test_setup_teardown(test, set_up,      \
                                                           tear_down)
    const struct CMUnitTest  tests[] = {
        WITH_COMMIT(batches_join_and_keep_their_order),
        WITH_COMMIT(a_join_is_bounded),
        WITH_COMMIT(threads_wait_for_their_own),
        WITH_COMMIT(closing_waits_for_all_that_was_submitted),
        WITH_COMMIT(closing_waits_for_what_callbacks_submit),
        WITH_COMMIT(one_that_does_not_fit_takes_no_other_with_it),
        cmocka_unit_test(after_a_failure_nobody_is_told_anything)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
