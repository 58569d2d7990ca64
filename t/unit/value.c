#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_clock.h"
#include "aud_value.h"


static void
test_numbers_as_spreadsheets_write_them(void **state)
{
    static const struct {
        const char  *text;
        double       value;
    } cases[] = {
        { "12", 12 }, { "0", 0 }, { "-3.5", -3.5 }, { "+7", 7 },
        { " 12 ", 12 }, { "1234,56", 1234.56 }, { "1.234,56", 1234.56 },
        { "1,234.56", 1234.56 }, { "1.234.567", 1234567 },
        { "1,234,567", 1234567 }, { "1.234.567,89", 1234567.89 },
        { "R$ 1.234,56", 1234.56 }, { "R$1", 1 }, { "r$\xc2\xa0" "5,00", 5 },
        { "-R$ 5,10", -5.1 }, { "R$ -5,10", -5.1 }, { "12%", 12 },
        { "12,5 %", 12.5 }, { "1.234", 1.234 }, { "1,234", 1.234 },
        { "0,1", 0.1 }, { "0.001", 0.001 },
        { "123456789012345", 123456789012345 },
        { "0,000000000000001", 1e-15 }, { "-0", 0 }, { NULL, 0 }
    };

    double  value;

    for (int i = 0; cases[i].text; i++) {
        if (aud_number_parse(aud_str(cases[i].text, strlen(cases[i].text)),
                             &value) != 0
            || value != cases[i].value || signbit(value) != (value < 0))
        {
            fail_msg("\"%s\" is not read as %g", cases[i].text,
                     cases[i].value);
        }
    }
}


static void
test_what_is_no_number(void **state)
{
    static const char *const  texts[] = {
        "", " ", "-", "R$", "%", "R$%", ".", ",", "abc", "12a", "a12",
        "00123", "0123", "01,5", "1e5", "1E+13", "1,95419E+13", "5.", "5,",
        ".5", ",5", "1..2", "1,,2", "1.23.456", "1.234.56", "1234.567.890",
        "0.123.456", "1,234.567,89", "1.234,567.8", "1 234", "--1", "R$R$1",
        "+-1", "1%%", "1234567890123456", "0x10", "inf", "nan", "１２",
        "1.", "12/05", "1.2,3.4", "0,00000000000000000000001",
        "0,000000000000000000000000000000000000000000000000000000", NULL
    };

    double  value;

    for (int i = 0; texts[i]; i++) {
        if (aud_number_parse(aud_str(texts[i], strlen(texts[i])), &value)
            != -1)
        {
            fail_msg("\"%s\" was taken for the number %g", texts[i], value);
        }
    }
}


/* Differential: up to fifteen digits, the value is the one of strtod. */
static void
test_random_decimals_are_read_as_strtod_does(void **state)
{
    char    text[64];
    int     fraction;
    double  value;
    size_t  len;

    srandom(6);

    for (int i = 0; i < 200000; i++) {
        fraction = (int) (random() % 8);
        len = snprintf(text, sizeof(text), "%s%ld.%0*ld", i % 2 ? "-" : "",
                       random() % 10000000, fraction + 1,
                       random() % (long) pow(10, fraction + 1));

        assert_int_equal(aud_number_parse(aud_str(text, len), &value), 0);
        assert_true(value == strtod(text, NULL));
    }
}


/* However it is grouped, a number means the same. */
static void
test_grouping_does_not_change_a_number(void **state)
{
    char    brazil[64], usa[64];
    double  a, b;
    long    n, cents;

    srandom(7);

    for (int i = 0; i < 50000; i++) {
        n = 1000000 + random() % 900000000;
        cents = random() % 100;

        snprintf(brazil, sizeof(brazil), "%ld.%03ld.%03ld,%02ld", n / 1000000,
                 n / 1000 % 1000, n % 1000, cents);
        snprintf(usa, sizeof(usa), "%ld,%03ld,%03ld.%02ld", n / 1000000,
                 n / 1000 % 1000, n % 1000, cents);

        assert_int_equal(aud_number_parse(aud_str(brazil, strlen(brazil)), &a),
                         0);
        assert_int_equal(aud_number_parse(aud_str(usa, strlen(usa)), &b), 0);
        assert_true(a == b);
        assert_true(a == (n * 100 + cents) / 100.0);
    }
}


static void
test_dates(void **state)
{
    static const struct {
        const char  *text;
        const char  *means;
        int          date_only;
    } cases[] = {
        { "2025-12-31", "2025-12-31T00:00:00Z", 1 },
        { "31/12/2025", "2025-12-31T00:00:00Z", 1 },
        { "1/2/2025", "2025-02-01T00:00:00Z", 1 },
        { " 29/02/2024 ", "2024-02-29T00:00:00Z", 1 },
        { "2025-12-31 23:59", "2025-12-31T23:59:00Z", 0 },
        { "2025-12-31 23:59:58", "2025-12-31T23:59:58Z", 0 },
        { "2025-12-31T23:59", "2025-12-31T23:59:00Z", 0 },
        { "31/12/2025 23:59", "2025-12-31T23:59:00Z", 0 },
        { "31/12/2025 00:00:00", "2025-12-31T00:00:00Z", 0 },
        { "2025-12-31T23:59:58.25-03:00", "2026-01-01T02:59:58.250000Z", 0 },
        { NULL, NULL, 0 }
    };

    int      date_only;
    char     out[AUD_TIME_LEN + 1];
    int64_t  us;

    for (int i = 0; cases[i].text; i++) {
        assert_int_equal(aud_date_parse(aud_str(cases[i].text,
                                                strlen(cases[i].text)),
                                        &us, &date_only), 0);
        aud_time_format(out, us);
        assert_string_equal(out, cases[i].means);
        assert_int_equal(date_only, cases[i].date_only);
    }
}


static void
test_what_is_no_date(void **state)
{
    static const char *const  texts[] = {
        "", "2025", "31/12", "31/12/25", "12/31/2025", "30/02/2025",
        "29/02/2025", "0/1/2025", "31-12-2025", "2025/12/31", "2025-1-1",
        "31/12/2025x", "31/12/2025 24:00", "31/12/2025 1:00",
        "31/12/2025 12:60", "31/12/2025 12:00:60", "2025-12-31 12",
        "2025-12-31 12:00:", "0000-00-00", "hoje", "1/1/202", "123/1/2025",
        "20251231", NULL
    };

    int64_t  us;

    for (int i = 0; texts[i]; i++) {
        if (aud_date_parse(aud_str(texts[i], strlen(texts[i])), &us, NULL)
            != -1)
        {
            fail_msg("\"%s\" was taken for a date", texts[i]);
        }
    }
}


static void
test_yes_and_no(void **state)
{
    static const char *const  yes_texts[] = {
        "sim", "Sim", "SIM", "s", "S", "yes", "y", "true", "TRUE",
        "verdadeiro", "VERDADEIRO", "si", "Sí", " sim ", NULL
    };

    static const char *const  no_texts[] = {
        "não", "NÃO", "Na\xcc\x83o", "nao", "n", "no", "No", "false", "falso",
        "FALSO", NULL
    };

    static const char *const  other_texts[] = {
        "", " ", "0", "1", "simm", "ok", "talvez", "nunca", "t", "f", "v",
        "verdadeiramente", "não sei", "sim\xff", NULL
    };

    int  yes;

    for (int i = 0; yes_texts[i]; i++) {
        assert_int_equal(aud_yes_no_parse(aud_str(yes_texts[i],
                                                  strlen(yes_texts[i])),
                                          &yes), 0);
        assert_int_equal(yes, 1);
    }

    for (int i = 0; no_texts[i]; i++) {
        assert_int_equal(aud_yes_no_parse(aud_str(no_texts[i],
                                                  strlen(no_texts[i])),
                                          &yes), 0);
        assert_int_equal(yes, 0);
    }

    for (int i = 0; other_texts[i]; i++) {
        assert_int_equal(aud_yes_no_parse(aud_str(other_texts[i],
                                                  strlen(other_texts[i])),
                                          &yes), -1);
    }
}


static void
test_types_that_a_text_can_be(void **state)
{
    assert_int_equal(aud_value_types(AUD_STR("Corinthians")), 0);
    assert_int_equal(aud_value_types(AUD_STR("42")), 1 << AUD_TYPE_NUMBER);
    assert_int_equal(aud_value_types(AUD_STR("31/12/2025")),
                     1 << AUD_TYPE_DATE);
    assert_int_equal(aud_value_types(AUD_STR("não")), 1 << AUD_TYPE_YES_NO);
}


static void
test_names(void **state)
{
    assert_string_equal(aud_type_name(AUD_TYPE_YES_NO), "yes_no");
    assert_string_equal(aud_type_name(AUD_TYPE_TEXT), "text");
    assert_string_equal(aud_kind_name(AUD_KIND_IDENTIFIER), "identifier");
    assert_string_equal(aud_kind_name(AUD_KIND_SYSTEM), "system");

    for (int i = 0; i < AUD_KIND_COUNT; i++) {
        assert_non_null(aud_kind_name(i));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_numbers_as_spreadsheets_write_them),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_random_decimals_are_read_as_strtod_does),
        cmocka_unit_test(test_grouping_does_not_change_a_number),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_what_is_no_date),
        cmocka_unit_test(test_yes_and_no),
        cmocka_unit_test(test_types_that_a_text_can_be),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
