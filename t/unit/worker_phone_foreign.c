/*
 * Numbers of all countries, and the fast path for Brazil beside libphonenumber.
 *
 * Where the two differ, the fast path is the one that the worker goes by, and
 * the difference is one of these:
 *
 *   ninth digit   A mobile number of eight digits (6 to 9 first): we add the 9.
 *                 libphonenumber leaves it out, or takes it for a landline.
 *   tail          libphonenumber knows which prefixes Anatel has given out; we
 *                 take each number of the right form, because an old list of
 *                 prefixes would reject new customers.
 *
 *   area code     libphonenumber takes landlines of area codes that do not exist
 *                 (20, 23, 30 …); we refuse them.
 *   0055          For libphonenumber a call abroad by carrier 55; people and
 *                 programs write it for +55.
 *
 * Whatever both accept else is the same number.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "phone.h"
#include "phone_foreign.h"
#include "random.h"


static void
is(const char *text, const char *country, const char *expected)
{
    char                out[AUD_PHONE_LEN + 1];
    aud_phone_status_t  status;

    status = phone_normalise(aud_str(text, strlen(text)), country, "", out);

    if (status != AUD_PHONE_OK || strcmp(out, expected) != 0) {
        fail_msg("\"%s\" in %s gives %d \"%s\", not \"%s\"", text, country,
                 status, out, expected);
    }
}


static void
is_refused(const char *text, const char *country)
{
    char  out[AUD_PHONE_LEN + 1];

    if (phone_normalise(aud_str(text, strlen(text)), country, "", out)
        == AUD_PHONE_OK)
    {
        fail_msg("\"%s\" in %s gives \"%s\"", text, country, out);
    }

    assert_string_equal(out, "");
}


static void
test_numbers_of_the_default_country(void **state)
{
    is("912 345 678", "PT", "+351912345678");
    is("(212) 555-0123", "US", "+12125550123");
    is("06 12 34 56 78", "FR", "+33612345678");
    is("011 15-2345-6789", "AR", "+5491123456789");
    is("00351912345678", "FR", "+351912345678");
}


static void
test_numbers_with_a_country(void **state)
{
    is("+351 912 345 678", "BR", "+351912345678");
    is("+44 (0)20 7946 0018", "BR", "+442079460018");
    is("+5511987654321", "PT", "+5511987654321");
    is("+55 11 8765-4321", "PT", "+5511987654321");
    is("(11) 8765-4321", "BR", "+5511987654321");
    is("(11) 8765-4321", "", "+5511987654321");
}


static void
test_what_no_plan_allows(void **state)
{
    is_refused("+1 000 000 0000", "BR");
    is_refused("+999 12345678", "BR");
    is_refused("123", "PT");
    is_refused("telefone", "PT");
    is_refused("5,51199E+12", "PT");
    is_refused("00000000000", "PT");
    is_refused("", "PT");
}


static void
test_countries(void **state)
{
    assert_true(phone_country_known("BR"));
    assert_true(phone_country_known("PT"));
    assert_false(phone_country_known("XX"));
    assert_false(phone_country_known(""));
}


static void
test_a_megabyte_is_refused(void **state)
{
    char   out[AUD_PHONE_LEN + 1];
    char  *text = malloc(1 << 20);

    memset(text, '1', 1 << 20);
    text[0] = '2';
    assert_int_not_equal(phone_normalise(aud_str(text, 1 << 20), "PT", "",
                                         out), AUD_PHONE_OK);
    free(text);
}


/* A number of Brazil in one of the ways that people write it; *old: a mobile
 * number without its ninth digit. */
static void
random_brazilian(char *text, size_t size, int *old)
{
    static const char *const  forms[] = {
        "+55%02zu%s", "55%02zu%s", "(%02zu) %s", "%02zu %s", "0%02zu%s",
        "+55 (%02zu) %s", "0055%02zu%s", "015 %02zu %s"
    };

    char    subscriber[10];
    size_t  form, area, n, first;

    form = random_below(sizeof(forms) / sizeof(forms[0]));
    area = 11 + random_below(89);
    n = 8 + random_below(2);
    first = n == 9 ? 9 : 2 + random_below(8);

    snprintf(subscriber, sizeof(subscriber), n == 9 ? "%zu%08zu" : "%zu%07zu",
             first, random_below(n == 9 ? 100000000 : 10000000));
    snprintf(text, size, forms[form], area, subscriber);
    *old = n == 8 && first >= 6;
}


/* ours with the ninth digit taken out is theirs */
static int
differ_by_the_ninth_digit(const char *ours, const char *theirs)
{
    return strlen(ours) == 14 && strlen(theirs) == 13 && ours[5] == '9'
           && strncmp(ours, theirs, 5) == 0
           && strcmp(ours + 6, theirs + 5) == 0;
}


static void
test_the_fast_path_beside_libphonenumber(void **state)
{
    int                  old, same = 0, ninth = 0, tail = 0, area = 0, abroad = 0;
    int                  both_refuse = 0;
    char                 text[64], ours[AUD_PHONE_LEN + 1];
    char                 theirs[AUD_PHONE_LEN + 1];
    aud_str_t            number;
    aud_phone_status_t   a, b;

    for (int i = 0; i < 40000; i++) {
        random_brazilian(text, sizeof(text), &old);
        number = aud_str(text, strlen(text));
        a = aud_phone_normalise(number, "", ours);
        b = phone_foreign_normalise(number, "BR", theirs);

        if (a != AUD_PHONE_OK && b != AUD_PHONE_OK) {
            both_refuse++;

        } else if (a == AUD_PHONE_OK && b == AUD_PHONE_OK
                   && strcmp(ours, theirs) == 0)
        {
            same++;

        } else if (old && a == AUD_PHONE_OK
                   && (b != AUD_PHONE_OK
                       || differ_by_the_ninth_digit(ours, theirs)))
        {
            ninth++;

        } else if (a == AUD_PHONE_OK && b == AUD_PHONE_BAD_NUMBER) {
            tail++;

        } else if (a == AUD_PHONE_BAD_AREA_CODE && b == AUD_PHONE_OK) {
            area++;

        } else if (strncmp(text, "0055", 4) == 0) {
            abroad++;

        } else {
            fail_msg("\"%s\" is %d \"%s\" here and %d \"%s\" there", text, a,
                     ours, b, theirs);
        }
    }

    print_message("of 40000: same %d, both refuse %d, ninth digit %d, "
                  "prefix not given out %d, area code %d, 0055 %d\n",
                  same, both_refuse, ninth, tail, area, abroad);
    assert_true(same > 15000);
    assert_true(ninth > 1000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_numbers_of_the_default_country),
        cmocka_unit_test(test_numbers_with_a_country),
        cmocka_unit_test(test_what_no_plan_allows),
        cmocka_unit_test(test_countries),
        cmocka_unit_test(test_a_megabyte_is_refused),
        cmocka_unit_test(test_the_fast_path_beside_libphonenumber),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
