#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "email.h"
#include "random.h"


static void
is(const char *text, const char *expected)
{
    char            out[EMAIL_LEN + 1];
    email_status_t  status;

    status = email_normalise(aud_str(text, strlen(text)), out);

    if (status != EMAIL_OK || strcmp(out, expected) != 0) {
        fail_msg("\"%s\" gives %d \"%s\", not \"%s\"", text, status, out,
                 expected);
    }
}


static void
is_invalid(const char *text)
{
    char            out[EMAIL_LEN + 1];
    email_status_t  status;

    status = email_normalise(aud_str(text, strlen(text)), out);

    if (status != EMAIL_INVALID || out[0]) {
        fail_msg("\"%s\" gives %d \"%s\"", text, status, out);
    }
}


static void
test_one_mailbox_however_it_is_written(void **state)
{
    is("ana.silva@exemplo.com", "ana.silva@exemplo.com");
    is("  Ana.Silva@EXEMPLO.com\xc2\xa0", "ana.silva@exemplo.com");
    is("mailto:ana.silva@exemplo.com", "ana.silva@exemplo.com");
    is("MAILTO: ana.silva@exemplo.com", "ana.silva@exemplo.com");
    is("Ana Silva <ana.silva@exemplo.com>", "ana.silva@exemplo.com");
    is("<mailto:ana.silva@exemplo.com>", "ana.silva@exemplo.com");
    is("ana.silva@exemplo.com.", "ana.silva@exemplo.com");
}


static void
test_no_tricks_of_providers(void **state)
{
    is("ana.silva+news@gmail.com", "ana.silva+news@gmail.com");
    is("anasilva@gmail.com", "anasilva@gmail.com");
    is("ana@googlemail.com", "ana@googlemail.com");
}


static void
test_domains_in_unicode(void **state)
{
    is("ana@cobrança.com.br", "ana@xn--cobrana-zxa.com.br");
    is("ana@COBRANÇA.com.br", "ana@xn--cobrana-zxa.com.br");
    is("ana@cobranc\xcc\xa7" "a.com.br", "ana@xn--cobrana-zxa.com.br");
    is("ana@XN--cobrana-zxa.com.br", "ana@xn--cobrana-zxa.com.br");
    is("ana@straße.de", "ana@xn--strae-oqa.de");
    is("ana@exemplo。com", "ana@exemplo.com");
    is_invalid("ana@xn--\x7f.com");
    is_invalid("ana@xn--a.com");
}


static void
test_local_parts_in_unicode_keep_their_accents(void **state)
{
    is("JOÃO@exemplo.com", "joão@exemplo.com");
    is("joa\xcc\x83o@exemplo.com", "joão@exemplo.com");
    is("ИВАН@example.com", "иван@example.com");
}


static void
test_what_is_no_address(void **state)
{
    static const char *const  texts[] = {
        "ana", "ana@", "@exemplo.com", "ana@exemplo", "ana@@exemplo.com",
        "ana@a@exemplo.com", ".ana@exemplo.com", "ana.@exemplo.com",
        "a..na@exemplo.com", "ana silva@exemplo.com", "ana@exem plo.com",
        "ana@-exemplo.com", "ana@exemplo-.com", "ana@exemplo..com",
        "ana@127.0.0.1", "ana@[127.0.0.1]", "\"ana\"@exemplo.com",
        "ana@exemplo.com; rita@exemplo.com", "ana@exemplo.com,rita@b.com",
        "ana@exemplo.com\r\nBcc: x@y.z", "ana@\xff.com", "\xff@exemplo.com",
        "<>", "mailto:", NULL
    };

    for (int i = 0; texts[i]; i++) {
        is_invalid(texts[i]);
    }
}


static void
test_limits_of_length(void **state)
{
    char  text[400], out[EMAIL_LEN + 1];

    snprintf(text, sizeof(text), "%064d@exemplo.com", 1);
    is(text, text);
    snprintf(text, sizeof(text), "%065d@exemplo.com", 1);
    is_invalid(text);
    snprintf(text, sizeof(text), "a@%063d.com", 1);
    is(text, text);
    snprintf(text, sizeof(text), "a@%064d.com", 1);
    is_invalid(text);

    /* 254 bytes in all, then 255 */
    snprintf(text, sizeof(text), "%063d@%063d.%063d.%059d.co", 1, 1, 1, 1);
    assert_int_equal(strlen(text), 254);
    is(text, text);
    snprintf(text, sizeof(text), "%064d@%063d.%063d.%059d.co", 1, 1, 1, 1);
    is_invalid(text);

    assert_int_equal(email_normalise(AUD_STR(" "), out), EMAIL_EMPTY);
    assert_int_equal(email_normalise(AUD_STR("a\0b@exemplo.com"), out),
                     EMAIL_INVALID);
    assert_int_equal(email_normalise(AUD_STR("a@exemplo\0.com"), out),
                     EMAIL_INVALID);
}


static void
test_a_megabyte_is_invalid(void **state)
{
    char   out[EMAIL_LEN + 1];
    char  *text = malloc(1 << 20);

    memset(text, 'a', 1 << 20);
    text[10] = '@';
    assert_int_equal(email_normalise(aud_str(text, 1 << 20), out),
                     EMAIL_INVALID);
    free(text);
}


/* Behind "mailto:" an address is read with care, whatever it is. */

static void
test_plain_addresses_are_read_as_all_others(void **state)
{
    int             ok = 0;
    char            text[80], plain[EMAIL_LEN + 1], careful[EMAIL_LEN + 1];
    size_t          len, local;
    email_status_t  status;

    memcpy(text, "mailto:", 7);

    for (int i = 0; i < 300000; i++) {
        len = 2 + random_below(i % 50 ? 12 : sizeof(text) - 9);
        random_text(text + 7, len, "aaaXn1.-_+@", i % 2 ? 11 : 7);
        local = random_below(len);
        text[7 + local] = '@';

        if (i % 3 == 0) {
            memcpy(text + 7 + len - 2, ".z", 2);
        }

        status = email_normalise(aud_str(text, 7 + len), careful);
        ok += status == EMAIL_OK;
        assert_int_equal(email_normalise(aud_str(text + 7, len), plain),
                         status);
        assert_string_equal(plain, careful);
    }

    assert_true(ok > 10000);
}


static void
test_normal_forms_are_fixed_points(void **state)
{
    static const char  alphabet[] = "aB.@-<>:é\xc3+ x\xcc\x83 çn";

    int             ok = 0;
    char            text[24], first[EMAIL_LEN + 1], again[EMAIL_LEN + 1];
    char           *exact;
    size_t          len;
    email_status_t  status;

    for (int i = 0; i < 200000; i++) {
        len = random_below(sizeof(text));
        random_text(text, len, alphabet, sizeof(alphabet) - 1);

        if (len > 8) {
            text[3] = '@';
            memcpy(text + len - 4, ".com", 4);
        }

        exact = malloc(len + 1);        /* so that a byte too far is seen */
        memcpy(exact, text, len);
        status = email_normalise(aud_str(exact, len), first);
        free(exact);

        if (status == EMAIL_OK) {
            ok++;
            assert_int_equal(email_normalise(aud_str(first, strlen(first)),
                                             again), EMAIL_OK);
            assert_string_equal(first, again);
        }
    }

    assert_true(ok > 100);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_one_mailbox_however_it_is_written),
        cmocka_unit_test(test_no_tricks_of_providers),
        cmocka_unit_test(test_domains_in_unicode),
        cmocka_unit_test(test_local_parts_in_unicode_keep_their_accents),
        cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_limits_of_length),
        cmocka_unit_test(test_a_megabyte_is_invalid),
        cmocka_unit_test(test_plain_addresses_are_read_as_all_others),
        cmocka_unit_test(test_normal_forms_are_fixed_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
