#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_phone.h"


static void
is(const char *text, const char *area_code, const char *expected)
{
    char                out[AUD_PHONE_LEN + 1];
    aud_phone_status_t  status;

    status = aud_phone_normalise(aud_str(text, strlen(text)), area_code, out);

    if (status != AUD_PHONE_OK || strcmp(out, expected) != 0) {
        fail_msg("\"%s\" is %s (%s), not %s", text, out,
                 aud_phone_reason(status), expected);
    }
}


/* People read it. */
static int
is_sentence(const char *text)
{
    return text[0] >= 'A' && text[0] <= 'Z' && text[strlen(text) - 1] == '.';
}


static void
is_refused(const char *text, aud_phone_status_t expected)
{
    char                out[AUD_PHONE_LEN + 1];
    aud_phone_status_t  status;

    status = aud_phone_normalise(aud_str(text, strlen(text)), "", out);

    if (status != expected) {
        fail_msg("\"%s\" gives %d %s, not %d", text, status, out, expected);
    }

    assert_string_equal(out, "");
}


static void
test_every_way_to_write_a_mobile_number(void **state)
{
    static const char *const  texts[] = {
        "+5511987654321", "5511987654321", "005511987654321",
        "05511987654321", "11987654321", "011987654321", "(11) 98765-4321",
        "+55 (11) 98765-4321", "+55 (011) 98765-4321", "11 98765.4321",
        "11/98765-4321", "0 15 11 98765-4321", "01511987654321",
        "0XX11 98765-4321", "(0xx11) 98765-4321", "0xx15 11 98765-4321",
        " 11987654321 ", "11987654321.0", "+5511987654321,0",
        "11\xc2\xa0" "98765\xe2\x80\x91" "4321",
        "\xe2\x80\xaa+55 11 98765-4321\xe2\x80\xac",

        /* before the ninth digit came */
        "+551187654321", "551187654321", "1187654321", "01187654321",
        "0151187654321", "(0XX11) 8765-4321", "00551187654321", NULL
    };

    for (int i = 0; texts[i]; i++) {
        is(texts[i], "", "+5511987654321");
    }
}


static void
test_landlines_keep_eight_digits(void **state)
{
    is("(11) 3255-6667", "", "+551132556667");
    is("+55 51 2222-3333", "", "+555122223333");
    is("0512222-3333", "", "+555122223333");
    is("1150001234", "", "+551150001234");
    is("1159999999", "", "+551159999999");
    is("1160000000", "", "+5511960000000");
}


static void
test_area_code_55_is_not_the_country(void **state)
{
    is("55 3222-1234", "", "+555532221234");
    is("55999998888", "", "+5555999998888");
    is("+55 55 99999-8888", "", "+5555999998888");
    is("555599998888", "", "+5555999998888");
    is("0xx55 99999-8888", "", "+5555999998888");
}


static void
test_local_numbers_get_the_configured_area_code(void **state)
{
    is("987654321", "11", "+5511987654321");
    is("98765-4321", "11", "+5511987654321");
    is("87654321", "11", "+5511987654321");
    is("55566677", "11", "+551155566677");
    is_refused("987654321", AUD_PHONE_NO_AREA_CODE);
    is_refused("55566677", AUD_PHONE_NO_AREA_CODE);
}


static void
test_other_countries_pass(void **state)
{
    is("+351 912 345 678", "", "+351912345678");
    is("+1 (212) 555-0100", "", "+12125550100");
    is("+12345678", "", "+12345678");
    is("+123456789012345", "", "+123456789012345");
    is_refused("+1234567", AUD_PHONE_BAD_LENGTH);
    is_refused("+1234567890123456", AUD_PHONE_BAD_LENGTH);
    is_refused("+0119876543", AUD_PHONE_BAD_NUMBER);
}


static void
test_refusals_say_why(void **state)
{
    is_refused("", AUD_PHONE_EMPTY);
    is_refused(" \xc2\xa0", AUD_PHONE_EMPTY);
    is_refused("5,51199E+12", AUD_PHONE_SPOILED);
    is_refused("5.51199E+12", AUD_PHONE_SPOILED);
    is_refused("00987654321", AUD_PHONE_BAD_AREA_CODE);
    is_refused("20987654321", AUD_PHONE_BAD_AREA_CODE);
    is_refused("+55 23 98765-4321", AUD_PHONE_BAD_AREA_CODE);
    is_refused("0800 123 4567", AUD_PHONE_BAD_AREA_CODE);
    is_refused("0011987654321", AUD_PHONE_BAD_LENGTH);
    is_refused("1234567", AUD_PHONE_BAD_LENGTH);
    is_refused("+55", AUD_PHONE_BAD_LENGTH);
    is_refused("+", AUD_PHONE_BAD_LENGTH);
    is_refused("()", AUD_PHONE_BAD_LENGTH);
    is_refused("119876543210", AUD_PHONE_BAD_LENGTH);
    is_refused("1234567890123456789012345678901234567890",
               AUD_PHONE_BAD_LENGTH);
    is_refused("11 1234-5678", AUD_PHONE_BAD_NUMBER);
    is_refused("11 87654-3210", AUD_PHONE_BAD_NUMBER);
    is_refused("00000000000", AUD_PHONE_REPEATED);
    is_refused("99999999999", AUD_PHONE_REPEATED);
    is_refused("(99) 9999-9999", AUD_PHONE_REPEATED);
    is_refused("ana@example.com", AUD_PHONE_BAD_CHARACTER);
    is_refused("11 98765-4321 ramal 2", AUD_PHONE_BAD_CHARACTER);
    is_refused("11+987654321", AUD_PHONE_BAD_CHARACTER);
    is_refused("++5511987654321", AUD_PHONE_BAD_CHARACTER);
    is_refused("0X11987654321", AUD_PHONE_BAD_CHARACTER);
    is_refused("\xd9\xa1\xd9\xa1", AUD_PHONE_BAD_CHARACTER);
}


static void
test_every_area_code(void **state)
{
    static const char  valid[] =
        " 11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38"
        " 41 42 43 44 45 46 47 48 49 51 53 54 55 61 62 63 64 65 66 67 68 69"
        " 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89"
        " 91 92 93 94 95 96 97 98 99 ";

    char  text[32], area[16], out[AUD_PHONE_LEN + 1];

    for (int n = 10; n < 100; n++) {
        snprintf(area, sizeof(area), " %02d ", n);
        snprintf(text, sizeof(text), "+55%02d987654321", n);

        assert_int_equal(aud_phone_normalise(aud_str(text, strlen(text)), "",
                                             out) == AUD_PHONE_OK,
                         strstr(valid, area) != NULL);
    }
}


/* Whatever comes in, what is accepted is E.164 and normalises to itself, with
 * and without its plus. */
static void
test_normalising_is_idempotent(void **state)
{
    static const char  alphabet[] = "0123456789012345678905511 -.()+xXeE,/";

    char                text[24], once[AUD_PHONE_LEN + 1],
                        twice[AUD_PHONE_LEN + 1];
    size_t              len, accepted = 0;
    aud_phone_status_t  status;

    srandom(8);

    for (int i = 0; i < 500000; i++) {
        len = (size_t) random() % sizeof(text);

        for (size_t j = 0; j < len; j++) {
            text[j] = alphabet[(size_t) random() % (sizeof(alphabet) - 1)];
        }

        status = aud_phone_normalise(aud_str(text, len), "11", once);
        assert_true(is_sentence(aud_phone_reason(status)));

        if (status != AUD_PHONE_OK) {
            assert_string_equal(once, "");
            continue;
        }

        accepted++;
        assert_int_equal(once[0], '+');
        assert_int_equal(strspn(once + 1, "0123456789"), strlen(once + 1));
        assert_in_range(strlen(once), 9, AUD_PHONE_LEN);

        assert_int_equal(aud_phone_normalise(aud_str(once, strlen(once)), "",
                                             twice), AUD_PHONE_OK);
        assert_string_equal(once, twice);

        if (strncmp(once, "+55", 3) == 0) {
            aud_phone_normalise(aud_str(once + 1, strlen(once + 1)), "",
                                twice);
            assert_string_equal(once, twice);
        }
    }

    assert_true(accepted > 1000);
}


static void
test_what_a_spreadsheet_spoiled(void **state)
{
    static const char *const  spoiled[] = {
        "1,95419E+13", "1.95419E+13", "5,51199E+12", "5.51199e+12", "2E+10",
        "1,9E13", " 5,5E+12 ", "1.2E-05", NULL
    };

    static const char *const  fine[] = {
        "", "E", "1E5", "12E45678000195", "1,95419", "1,E+13", "19,5E+12",
        "1,9E+", "1,9E+1234", "1,9E+12x", "A,9E+12", "5511987654321", NULL
    };

    for (int i = 0; spoiled[i]; i++) {
        if (!aud_spoiled_by_spreadsheet(aud_str(spoiled[i],
                                                strlen(spoiled[i]))))
        {
            fail_msg("\"%s\" was not seen as spoiled", spoiled[i]);
        }
    }

    for (int i = 0; fine[i]; i++) {
        if (aud_spoiled_by_spreadsheet(aud_str(fine[i], strlen(fine[i])))) {
            fail_msg("\"%s\" was seen as spoiled", fine[i]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_way_to_write_a_mobile_number),
        cmocka_unit_test(test_landlines_keep_eight_digits),
        cmocka_unit_test(test_area_code_55_is_not_the_country),
        cmocka_unit_test(test_local_numbers_get_the_configured_area_code),
        cmocka_unit_test(test_other_countries_pass),
        cmocka_unit_test(test_refusals_say_why),
        cmocka_unit_test(test_every_area_code),
        cmocka_unit_test(test_normalising_is_idempotent),
        cmocka_unit_test(test_what_a_spreadsheet_spoiled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
