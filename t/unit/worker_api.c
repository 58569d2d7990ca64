/*
 * Query arguments, as handlers read them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "api_private.h"


static exchange_t  x;


static void
forget(void)
{
    scratch_t  *next;

    while (x.scratch) {
        next = x.scratch->next;
        aud_free(x.scratch);
        x.scratch = next;
    }
}


static void
reads(const char *args, const char *name, const char *expected)
{
    aud_str_t  value;

    x.call.request.args = aud_str(args, strlen(args));
    value = api_arg(&x.call, name);

    assert_int_equal(value.len, strlen(expected));
    assert_memory_equal(value.data, expected, value.len);
    assert_int_equal(value.data[value.len], '\0');
    forget();
}


static void
arguments_are_decoded(void **state)
{
    reads("q=ana", "q", "ana");
    reads("q=S%C3%A3o+Paulo", "q", "São Paulo");
    reads("q=a%2Bb%26c%3Dd", "q", "a+b&c=d");
    reads("a=1&q=2&b=3", "q", "2");
    reads("q=a=b", "q", "a=b");
    reads("q=%7e%7E", "q", "~~");
}


static void
what_is_no_escape_stays(void **state)
{
    reads("q=100%", "q", "100%");
    reads("q=%4", "q", "%4");
    reads("q=%zz", "q", "%zz");
    reads("q=%%41", "q", "%A");
}


static void
names_are_whole(void **state)
{
    reads("query=1&qq=2", "q", "");
    reads("xq=1", "q", "");
    reads("Q=1", "q", "");
    reads("", "q", "");
    reads("&&&q=1&&", "q", "1");
    reads("q=first&q=second", "q", "first");
}


static void
an_empty_argument_is_not_a_missing_one(void **state)
{
    static const struct {
        const char  *args;
        int          present;
    } cases[] = {
        { "q=", 1 }, { "q", 1 }, { "a=1&q", 1 }, { "q&a=1", 1 },
        { "", 0 }, { "a=q", 0 }, { "a=1&b=2", 0 }
    };
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reads(cases[i].args, "q", "");
        assert_int_equal(api_arg_present(&x.call, "q"), cases[i].present);
    }
}


/* No byte behind the arguments is read: they are in memory of just that size,
 * which a sanitizer watches. */

static void
random_arguments_stay_in_their_bounds(void **state)
{
    int     round;
    char   *args;
    size_t  i, n;

    static const char  letters[] = "q=&%+4aZ";

    srand(3);

    for (round = 0; round < 20000; round++) {
        n = rand() % 12;
        args = malloc(n ? n : 1);

        for (i = 0; i < n; i++) {
            args[i] = letters[rand() % (sizeof(letters) - 1)];
        }

        x.call.request.args = aud_str(args, n);
        assert_true(api_arg(&x.call, "q").len <= n);
        forget();
        free(args);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(arguments_are_decoded),
        cmocka_unit_test(what_is_no_escape_stays),
        cmocka_unit_test(names_are_whole),
        cmocka_unit_test(an_empty_argument_is_not_a_missing_one),
        cmocka_unit_test(random_arguments_stay_in_their_bounds)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
