/*
 * A set of numbers against a list of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number_set.h"
#include "random.h"


static void
a_set_of_numbers_equals_a_list(void **state)
{
    int           is;
    size_t        i, k, n = 0;
    uint64_t      number, list[3000];
    number_set_t  set = { 0 };

    assert_int_equal(number_set_has(&set, 0), 0);
    assert_int_equal(number_set_has(&set, 7), 0);

    for (i = 0; i < 3000; i++) {        /* some differ in high bits alone */
        number = random_below(2) ? random_below(500)
                                 : random_below(500) << 40;

        for (k = 0; k < n && list[k] != number; k++) {
            /* it is not there yet */
        }

        is = k < n;
        assert_int_equal(number_set_has(&set, number), is);
        assert_int_equal(number_set_add(&set, number), !is);
        assert_int_equal(number_set_has(&set, number), 1);
        list[k] = number;
        n += !is;
    }

    number_set_free(&set);
    assert_int_equal(number_set_has(&set, list[0]), 0);
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_set_of_numbers_equals_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
