#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "aud_clock.h"


static int64_t
parsed(const char *text)
{
    int64_t  us;

    assert_int_equal(aud_time_parse(text, strlen(text), &us, NULL), 0);

    return us;
}


static void
test_formats(void **state)
{
    char  out[AUD_TIME_LEN + 1];

    assert_int_equal(aud_time_format(out, 0), 20);
    assert_string_equal(out, "1970-01-01T00:00:00Z");

    assert_int_equal(aud_time_format(out, INT64_C(1795289520000001)), 27);
    assert_string_equal(out, "2026-11-21T19:32:00.000001Z");

    aud_time_format(out, -1);
    assert_string_equal(out, "1969-12-31T23:59:59.999999Z");

    aud_time_format(out, INT64_MAX);
    assert_string_equal(out, "9999-12-31T23:59:59.999999Z");

    aud_time_format(out, INT64_MIN);
    assert_string_equal(out, "0000-01-01T00:00:00Z");
}


static void
test_reads_offsets_and_fractions(void **state)
{
    int64_t  noon = parsed("2026-11-21T12:00:00Z");

    assert_int_equal(parsed("2026-11-21T09:00:00-03:00"), noon);
    assert_int_equal(parsed("2026-11-21t17:30:00+05:30"), noon);
    assert_int_equal(parsed("2026-11-21 12:00:00z"), noon);
    assert_int_equal(parsed("2026-11-21T12:00:00.5Z"), noon + 500000);
    assert_int_equal(parsed("2026-11-21T12:00:00.1234569Z"), noon + 123456);
    assert_int_equal(parsed("2026-11-21T11:59:60Z"), noon);
}


static void
test_a_date_alone_is_midnight(void **state)
{
    int      alone;
    int64_t  us;

    assert_int_equal(aud_time_parse("2026-11-21", 10, &us, &alone), 0);
    assert_int_equal(us, parsed("2026-11-21T00:00:00Z"));
    assert_int_equal(alone, 1);

    aud_time_parse("2026-11-21T00:00:00Z", 20, &us, &alone);
    assert_int_equal(alone, 0);
}


static void
test_refuses_what_is_no_time(void **state)
{
    static const char *const  texts[] = {
        "", "2026", "2026-11", "2026-11-2", "2026-13-01", "2026-02-29",
        "2026-04-31", "1900-02-29", "2026-11-21T", "2026-11-21T12:00",
        "2026-11-21T12:00:00", "2026-11-21T24:00:00Z", "2026-11-21T12:60:00Z",
        "2026-11-21T12:00:61Z", "2026-11-21T12:00:00.Z",
        "2026-11-21T12:00:00+3:00", "2026-11-21T12:00:00Zx", " 2026-11-21",
        "+026-11-21", "2026-11-21T12:00:00+24:00", NULL
    };

    int64_t  us;

    for (int i = 0; texts[i]; i++) {
        if (aud_time_parse(texts[i], strlen(texts[i]), &us, NULL) != -1) {
            fail_msg("\"%s\" was taken for a time", texts[i]);
        }
    }
}


static void
test_leap_years(void **state)
{
    int64_t  days;

    assert_int_equal(aud_days_from_civil(2000, 2, 29, &days), 0);
    assert_int_equal(days, 11016);
    assert_int_equal(aud_days_from_civil(1970, 1, 1, &days), 0);
    assert_int_equal(days, 0);
    assert_int_equal(aud_days_from_civil(0, 2, 29, &days), 0);
    assert_int_equal(aud_days_from_civil(2100, 2, 29, &days), -1);
    assert_int_equal(aud_days_from_civil(2026, 0, 1, &days), -1);
    assert_int_equal(aud_days_from_civil(2026, 1, 0, &days), -1);
}


/* Every day of the years 0 to 9999 follows the day before, as gmtime says. */
static void
test_every_day_agrees_with_libc(void **state)
{
    char       out[AUD_TIME_LEN + 1], expected[32];
    time_t     t;
    struct tm  tm;
    int64_t    us, first;

    first = parsed("0000-01-01");

    for (us = first; us <= parsed("9999-12-31"); us += AUD_DAY) {
        t = us / AUD_SECOND;
        gmtime_r(&t, &tm);
        snprintf(expected, sizeof(expected), "%04d-%02d-%02dT00:00:00Z",
                 (tm.tm_year + 1900) % 10000, tm.tm_mon % 12 + 1,
                 tm.tm_mday % 100);

        aud_time_format(out, us);
        assert_string_equal(out, expected);
        assert_int_equal(parsed(out), us);
    }
}


static void
test_random_times_round_trip(void **state)
{
    char     out[AUD_TIME_LEN + 1];
    size_t   len;
    int64_t  us, back;

    srandom(2);

    for (int i = 0; i < 100000; i++) {
        us = (((int64_t) random() << 31) ^ random())
             % (INT64_C(250000000000) * AUD_SECOND);
        us -= i % 2 ? 0 : INT64_C(60000000000) * AUD_SECOND;

        if (us < INT64_C(-62167219200) * AUD_SECOND) {
            continue;
        }

        len = aud_time_format(out, us);
        assert_int_equal(len, strlen(out));
        assert_int_equal(aud_time_parse(out, len, &back, NULL), 0);
        assert_int_equal(back, us);
    }
}


static int64_t
new_year(void)
{
    return 42;
}


static void
test_clock_can_be_replaced(void **state)
{
    int64_t  (*real)(void) = aud_clock;

    assert_true(aud_now() > parsed("2024-01-01"));

    aud_clock = new_year;
    assert_int_equal(aud_now(), 42);
    aud_clock = real;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_reads_offsets_and_fractions),
        cmocka_unit_test(test_a_date_alone_is_midnight),
        cmocka_unit_test(test_refuses_what_is_no_time),
        cmocka_unit_test(test_leap_years),
        cmocka_unit_test(test_every_day_agrees_with_libc),
        cmocka_unit_test(test_random_times_round_trip),
        cmocka_unit_test(test_clock_can_be_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
