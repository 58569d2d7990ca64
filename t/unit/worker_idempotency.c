/*
 * What becomes of an Idempotency-Key when the store cannot be read.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api_private.h"
#include "log.h"

#define store_get    read_store
#define api_problem  hear_problem

static store_status_t read_store(store_t *store, aud_str_t key,
    aud_str_t *value, aud_error_t *err);
static void hear_problem(api_call_t *call, const aud_problem_t *problem);

#include "../../worker/api_idempotency.c"


static store_status_t  outcome;
static int             told;


static store_status_t
read_store(store_t *store, aud_str_t key, aud_str_t *value, aud_error_t *err)
{
    return outcome;
}


static void
hear_problem(api_call_t *call, const aud_problem_t *problem)
{
    told = problem->status;
}


static int
ask(store_status_t status)
{
    int         replayed;
    worker_t    worker = { 0 };
    exchange_t  x = { .call = { .worker = &worker } };

    outcome = status;
    told = 0;
    log_set_level(LOG_ERROR - 1);
    x.call.request.tenant = AUD_STR("demo");
    x.call.request.user = AUD_STR("demo@example.com");
    x.call.request.request_id = AUD_STR("r-1");
    x.call.request.path = AUD_STR("/v1/audiences");
    x.call.request.idempotency_key = AUD_STR("k-1");

    replayed = api_replayed(&x.call);
    api_idempotency_release(&x);

    return replayed;
}


static void
a_key_that_is_not_there_is_new(void **state)
{
    assert_int_equal(ask(STORE_NOT_FOUND), 0);
    assert_int_equal(told, 0);
}


static void
a_key_that_cannot_be_read_is_not_new(void **state)
{
    assert_int_equal(ask(STORE_FAILED), 1);
    assert_int_equal(told, 500);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_key_that_is_not_there_is_new),
        cmocka_unit_test(a_key_that_cannot_be_read_is_not_new)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
