#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <utf8proc.h>

#include "aud_text.h"


static void
folds_to(aud_str_t text, const char *expected)
{
    aud_buffer_t  b = { 0 };

    aud_fold(&b, text);
    aud_buffer_char(&b, '\0');
    assert_string_equal(b.data, expected);
    aud_buffer_free(&b);
}


static void
test_case_and_accents_do_not_matter(void **state)
{
    folds_to(AUD_STR(""), "");
    folds_to(AUD_STR("Sao Paulo"), "sao paulo");
    folds_to(AUD_STR("São Paulo"), "sao paulo");
    folds_to(AUD_STR("Sa\xcc\x83o PAULO"), "sao paulo");
    folds_to(AUD_STR("AÇÃO É ÚNICA"), "acao e unica");
    folds_to(AUD_STR("Straße"), "strasse");
    folds_to(AUD_STR("ﬁm"), "fim");
    folds_to(AUD_STR("Ⅷ ½"), "viii 1\xe2\x81\x84" "2");
    folds_to(AUD_STR("İstanbul"), "istanbul");
    folds_to(AUD_STR("[\\]^_`{|}~@"), "[\\]^_`{|}~@");
}


static void
test_what_is_not_utf8_stays(void **state)
{
    folds_to(AUD_STR("S\xe3o"), "S\xe3o");
    folds_to(AUD_STR("\xc3\xcc\x83\xa3"), "\xc3\xcc\x83\xa3");
}


static void
assert_idempotent(const char *data, size_t len)
{
    aud_buffer_t  once = { 0 }, twice = { 0 };

    aud_fold(&once, aud_str(data, len));
    aud_fold(&twice, aud_buffer_str(&once));

    if (!aud_str_equal(aud_buffer_str(&once), aud_buffer_str(&twice))) {
        fail_msg("folding %.*s twice differs from once", (int) len, data);
    }

    aud_buffer_free(&once);
    aud_buffer_free(&twice);
}


static void
test_folding_every_character_is_idempotent(void **state)
{
    utf8proc_uint8_t  bytes[4];
    utf8proc_ssize_t  n;

    for (utf8proc_int32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }

        n = utf8proc_encode_char(c, bytes);
        assert_int_equal(aud_utf8_valid(aud_str((char *) bytes, n)), n);
        assert_idempotent((char *) bytes, n);
    }
}


static void
test_folding_random_text_is_idempotent(void **state)
{
    char                bytes[64];
    size_t              len;
    utf8proc_ssize_t    n;
    utf8proc_int32_t    c;
    utf8proc_uint8_t    one[4];

    srandom(3);

    for (int i = 0; i < 100000; i++) {
        for (len = 0; len < 40; len += n) {
            c = (utf8proc_int32_t) (random() % (i % 3 ? 0x500 : 0x3000));
            n = utf8proc_encode_char(c, one);
            memcpy(bytes + len, one, n);
        }

        if (i % 7 == 0) {
            bytes[random() % (long) len] = (char) random();
        }

        assert_idempotent(bytes, len);
    }
}


/* The fast path and utf8proc agree on ASCII: a mark that is stripped again
 * sends the same text the slow way. */
static void
test_fast_path_folds_alike(void **state)
{
    char          fast_text[32], slow_text[34];
    size_t        len;
    aud_buffer_t  fast = { 0 }, slow = { 0 };

    srandom(4);

    for (int i = 0; i < 20000; i++) {
        len = (size_t) random() % sizeof(fast_text);

        for (size_t j = 0; j < len; j++) {
            fast_text[j] = (char) (random() % 128);

            /* U+00C0 to U+00FF */
            if (random() % 3 == 0 && j + 1 < len) {
                fast_text[j++] = '\xc3';
                fast_text[j] = (char) (0x80 + random() % 64);
            }
        }

        memcpy(slow_text, fast_text, len);
        memcpy(slow_text + len, "\xcc\x81", 2);

        fast.len = slow.len = 0;
        aud_fold(&fast, aud_str(fast_text, len));
        aud_fold(&slow, aud_str(slow_text, len + 2));

        assert_true(aud_str_equal(aud_buffer_str(&fast),
                                  aud_buffer_str(&slow)));
    }

    aud_buffer_free(&fast);
    aud_buffer_free(&slow);
}


static void
test_valid_prefix(void **state)
{
    static const struct {
        const char  *text;
        size_t       valid;
    } cases[] = {
        { "", 0 }, { "abc", 3 }, { "longer than eight bytes é", 26 },
        { "a\xc3", 1 }, { "a\xc3\xa9", 3 }, { "\x80", 0 }, { "ab\xc0\x80", 2 },
        { "\xe0\x9f\xbf", 0 }, { "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 },
        { "\xed\xa0\x80", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
        { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 },
        { "\xf0\x9f\x98", 0 }, { NULL, 0 }
    };

    for (int i = 0; cases[i].text; i++) {
        assert_int_equal(aud_utf8_valid(aud_str(cases[i].text,
                                                strlen(cases[i].text))),
                         cases[i].valid);
    }
}


/* Differential: utf8proc's own decoder accepts the same strings. */
static void
test_validity_agrees_with_utf8proc(void **state)
{
    size_t              len, i;
    utf8proc_ssize_t    n;
    utf8proc_int32_t    c;
    utf8proc_uint8_t    bytes[6];

    srandom(5);

    for (int round = 0; round < 500000; round++) {
        len = (size_t) random() % sizeof(bytes) + 1;

        for (i = 0; i < len; i++) {
            bytes[i] = (utf8proc_uint8_t) (random() % 4
                       ? 0x80 + random() % 0x80 : random() % 128);
        }

        for (i = 0; i < len; i += n) {
            n = utf8proc_iterate(bytes + i, len - i, &c);

            if (n < 0) {
                break;
            }
        }

        assert_int_equal(aud_utf8_valid(aud_str((char *) bytes, len)), i);
    }
}


static void
test_trim(void **state)
{
    static const char *const  cases[][2] = {
        { "", "" }, { " \t\r\n ", "" }, { " a b ", "a b" },
        { "\xc2\xa0 a\xc2\xa0", "a" }, { "à", "à" }, { "\xa0", "\xa0" },
        { "\xc2\xa0\xc2\xa0", "" }, { NULL, NULL }
    };

    aud_str_t  s;

    for (int i = 0; cases[i][0]; i++) {
        s = aud_trim(aud_str(cases[i][0], strlen(cases[i][0])));
        assert_true(aud_str_equal(s, aud_str(cases[i][1],
                                             strlen(cases[i][1]))));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_case_and_accents_do_not_matter),
        cmocka_unit_test(test_what_is_not_utf8_stays),
        cmocka_unit_test(test_folding_every_character_is_idempotent),
        cmocka_unit_test(test_folding_random_text_is_idempotent),
        cmocka_unit_test(test_fast_path_folds_alike),
        cmocka_unit_test(test_valid_prefix),
        cmocka_unit_test(test_validity_agrees_with_utf8proc),
        cmocka_unit_test(test_trim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
