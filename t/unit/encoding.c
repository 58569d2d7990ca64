#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <iconv.h>

#include "aud_encoding.h"
#include "aud_text.h"
#include "random.h"

typedef struct {
    aud_encoding_status_t  status;
    aud_encoding_state_t   state;
    aud_buffer_t           out;
} result_t;


/* Feeds text in pieces of 1 to `longest` bytes, each alone on the heap. */

static result_t
read_pieces(aud_str_t text, aud_encoding_t encoding, size_t longest)
{
    char      *piece;
    size_t     n, at;
    result_t   r = { 0 };

    aud_encoding_init(&r.state, encoding);

    for (at = 0; at < text.len && r.status == AUD_ENCODING_OK; at += n) {
        n = 1 + random_below(longest);
        n = n < text.len - at ? n : text.len - at;

        piece = malloc(n);
        memcpy(piece, text.data + at, n);
        r.status = aud_encoding_feed(&r.state, piece, n, &r.out);
        free(piece);
    }

    if (r.status == AUD_ENCODING_OK) {
        r.status = aud_encoding_finish(&r.state, &r.out);
    }

    return r;
}


static void
assert_becomes(aud_str_t text, aud_encoding_t encoding, aud_str_t expected)
{
    size_t    longest;
    result_t  r;

    for (longest = 1; longest < 64; longest *= 3) {
        r = read_pieces(text, encoding, longest);

        assert_int_equal(r.status, AUD_ENCODING_OK);
        assert_int_equal(r.out.len, expected.len);

        if (expected.len) {
            assert_memory_equal(r.out.data, expected.data, expected.len);
        }

        aud_buffer_free(&r.out);
    }
}


static void
assert_refuses(aud_str_t text, aud_encoding_t encoding,
    aud_encoding_status_t status, size_t good, const char *guess)
{
    size_t    longest;
    result_t  r;

    for (longest = 1; longest < 64; longest *= 3) {
        r = read_pieces(text, encoding, longest);

        assert_int_equal(r.status, status);
        assert_int_equal(r.out.len, good);
        assert_string_equal(r.state.guess, guess);
        aud_buffer_free(&r.out);
    }
}


static void
passes_utf8_as_it_stands(void **state)
{
    aud_str_t  text = AUD_STR("name\nJo\xC3\xA3o \xE2\x82\xAC "
                              "\xF0\x9F\x98\x80");

    assert_becomes(text, AUD_ENCODING_UTF8, text);
    assert_becomes(AUD_STR(""), AUD_ENCODING_UTF8, AUD_STR(""));
    assert_becomes(AUD_STR("a"), AUD_ENCODING_UTF8, AUD_STR("a"));
    assert_becomes(AUD_STR("\xC3\xA3"), AUD_ENCODING_UTF8, AUD_STR("\xC3\xA3"));
}


static void
strips_a_byte_order_mark(void **state)
{
    assert_becomes(AUD_STR("\xEF\xBB\xBFname"), AUD_ENCODING_UTF8,
                   AUD_STR("name"));
    assert_becomes(AUD_STR("\xEF\xBB\xBF"), AUD_ENCODING_UTF8, AUD_STR(""));
    assert_becomes(AUD_STR("a\xEF\xBB\xBF" "b"), AUD_ENCODING_UTF8,
                   AUD_STR("a\xEF\xBB\xBF" "b"));
}


static void
believes_a_byte_order_mark_more_than_the_client(void **state)
{
    assert_becomes(AUD_STR("\xEF\xBB\xBF\xC3\xA3"), AUD_ENCODING_WINDOWS_1252,
                   AUD_STR("\xC3\xA3"));
}


static void
converts_windows_1252(void **state)
{
    assert_becomes(AUD_STR("Jo\xE3o \x80 \x93ol\xE1\x94 \xFF\xA0"),
                   AUD_ENCODING_WINDOWS_1252,
                   AUD_STR("Jo\xC3\xA3o \xE2\x82\xAC \xE2\x80\x9Col\xC3\xA1"
                           "\xE2\x80\x9D \xC3\xBF\xC2\xA0"));
}


static void
converts_windows_1252_as_iconv_does(void **state)
{
    int       i;
    char      byte, utf8[8], *in, *to;
    size_t    inlen, tolen;
    iconv_t   cd;
    result_t  r;

    cd = iconv_open("UTF-8", "WINDOWS-1252");
    assert_true(cd != (iconv_t) -1);

    for (i = 1; i < 256; i++) {
        byte = (char) i;
        in = &byte;
        inlen = 1;
        to = utf8;
        tolen = sizeof(utf8);

        if (iconv(cd, &in, &inlen, &to, &tolen) == (size_t) -1) {
            iconv(cd, NULL, NULL, NULL, NULL);      /* 81 8D 8F 90 9D */
            continue;
        }

        r = read_pieces(aud_str(&byte, 1), AUD_ENCODING_WINDOWS_1252, 1);
        assert_int_equal(r.out.len, to - utf8);
        assert_memory_equal(r.out.data, utf8, r.out.len);
        aud_buffer_free(&r.out);
    }

    iconv_close(cd);
}


static void
gives_all_before_the_first_bad_byte(void **state)
{
    assert_refuses(AUD_STR("name\nJos\xE9 da Silva\n"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 8, "windows-1252");
    assert_refuses(AUD_STR("a\r\nb\rc\n\n\xE7" "a"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 8, "windows-1252");
    assert_refuses(AUD_STR("a\r\xC3\xA3\n\x80"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 5, "");
    assert_refuses(AUD_STR("a\r\nS\xE3"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 4, "windows-1252");
}


static void
guesses_no_encoding_where_it_cannot_tell(void **state)
{
    /* Mac Roman and DOS letters, a mixed file, a stray continuation */

    assert_refuses(AUD_STR("Jos\x8E da Silva"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 3, "");
    assert_refuses(AUD_STR("S\xC6o Paulo"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 1, "");
    assert_refuses(AUD_STR("Jo\xC3\xA3o, Jos\xE9 x"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NOT_UTF8, 10, "");
}


/* Forms that are too long, surrogates, and what is above U+10FFFF. */

static void
refuses_what_unicode_forbids(void **state)
{
    size_t  i;

    static const char *const  texts[] = {
        "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\x80", "\xE2\x82"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        result_t  r;

        r = read_pieces(aud_str(texts[i], strlen(texts[i])), AUD_ENCODING_UTF8,
                        4);
        assert_int_equal(r.status, AUD_ENCODING_NOT_UTF8);
        assert_int_equal(r.out.len, 0);
        aud_buffer_free(&r.out);
    }
}


static void
refuses_nul_bytes(void **state)
{
    assert_refuses(AUD_STR("name\nab\0cd"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_NUL, 7, "");
    assert_refuses(AUD_STR("name\nab\0cd"), AUD_ENCODING_WINDOWS_1252,
                   AUD_ENCODING_NUL, 7, "");
    assert_refuses(AUD_STR("\0"), AUD_ENCODING_UTF8, AUD_ENCODING_NUL, 0, "");
}


static void
recognises_utf16(void **state)
{
    assert_refuses(AUD_STR("\xFF\xFEn\0a\0"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_UTF16, 0, "");
    assert_refuses(AUD_STR("\xFE\xFF\0n"), AUD_ENCODING_WINDOWS_1252,
                   AUD_ENCODING_UTF16, 0, "");
    assert_refuses(AUD_STR("n\0a\0m\0"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_UTF16, 0, "");
    assert_refuses(AUD_STR("\0n\0a\0m"), AUD_ENCODING_UTF8,
                   AUD_ENCODING_UTF16, 0, "");
}


static void
knows_encodings_by_name(void **state)
{
    assert_int_equal(aud_encoding_by_name(AUD_STR("UTF-8")), AUD_ENCODING_UTF8);
    assert_int_equal(aud_encoding_by_name(AUD_STR("Latin1")),
                     AUD_ENCODING_WINDOWS_1252);
    assert_int_equal(aud_encoding_by_name(AUD_STR("Windows-1252")),
                     AUD_ENCODING_WINDOWS_1252);
    assert_int_equal(aud_encoding_by_name(AUD_STR("utf")),
                     AUD_ENCODING_UNKNOWN);
    assert_int_equal(aud_encoding_by_name(AUD_STR("")), AUD_ENCODING_UNKNOWN);
}


/* Random bytes: what is said does not depend on the cut, and UTF-8 is what the
 * plain check of aud_text.h holds for it. */

static void
says_the_same_however_the_text_is_cut(void **state)
{
    int             i;
    char            text[80];
    size_t          len, valid;
    result_t        a, b;
    aud_encoding_t  encoding;

    for (i = 0; i < 50000; i++) {
        len = random_below(i % 10 ? 12 : sizeof(text));
        random_text(text, len, "ab\r\n\xC3\xA3\xE2\x82\xAC\xED\x9F\xF0\xF4\xEF"
                               "\xBB\xBF\x90\0", 18 - (i % 4 != 0));
        encoding = i % 3 ? AUD_ENCODING_UTF8 : AUD_ENCODING_WINDOWS_1252;

        a = read_pieces(aud_str(text, len), encoding, 1);
        b = read_pieces(aud_str(text, len), encoding, sizeof(text));

        assert_int_equal(a.status, b.status);
        assert_string_equal(a.state.guess, b.state.guess);
        assert_int_equal(a.out.len, b.out.len);

        if (a.out.len) {
            assert_memory_equal(a.out.data, b.out.data, a.out.len);
        }

        assert_int_equal(aud_utf8_valid(aud_buffer_str(&a.out)), a.out.len);

        if (encoding == AUD_ENCODING_UTF8 && a.status != AUD_ENCODING_UTF16) {
            valid = aud_utf8_valid(aud_str(text, len));
            assert_int_equal(a.status == AUD_ENCODING_OK,
                             valid == len && memchr(text, 0, len) == NULL);
        }

        aud_buffer_free(&a.out);
        aud_buffer_free(&b.out);
    }
}


/* Long texts of whole characters with at most one bad byte among them. */

static void
finds_the_bad_byte_of_a_long_text(void **state)
{
    int           i;
    char          text[1000];
    size_t        len, at, n, good;
    result_t      a, b;
    const char   *character;

    static const char *const  characters[] = {
        "\xC3\xA3", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\n", "\r\n", "\r"
    };
    static const char  bad[] = "\0\x80\xC3\xFF\xC0\xE0\xED\xF0\xF4\xF5";

    for (i = 0; i < 20000; i++) {
        len = random_below(900);

        for (at = 0; at < len; at += n) {
            character = random_below(20) ? "abcdefghijk"
                                         : characters[random_below(6)];
            n = *character == 'a' ? random_below(12) : strlen(character);
            memcpy(text + at, character, n);
        }

        len = at;

        if (i % 2 && len > 8) {
            text[4 + random_below(len - 4)] = bad[i / 2 % (sizeof(bad) - 1)];
        }

        good = aud_utf8_valid(aud_str(text, len));
        good = strnlen(text, good);

        a = read_pieces(aud_str(text, len), AUD_ENCODING_UTF8, 1);
        b = read_pieces(aud_str(text, len), AUD_ENCODING_UTF8, 500);

        assert_int_equal(b.status == AUD_ENCODING_OK, good == len);
        assert_int_equal(b.out.len, good);
        assert_memory_equal(b.out.data, text, good);
        assert_int_equal(b.status, a.status);

        aud_buffer_free(&a.out);
        aud_buffer_free(&b.out);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(passes_utf8_as_it_stands),
        cmocka_unit_test(strips_a_byte_order_mark),
        cmocka_unit_test(believes_a_byte_order_mark_more_than_the_client),
        cmocka_unit_test(converts_windows_1252),
        cmocka_unit_test(converts_windows_1252_as_iconv_does),
        cmocka_unit_test(gives_all_before_the_first_bad_byte),
        cmocka_unit_test(guesses_no_encoding_where_it_cannot_tell),
        cmocka_unit_test(refuses_what_unicode_forbids),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(recognises_utf16),
        cmocka_unit_test(knows_encodings_by_name),
        cmocka_unit_test(says_the_same_however_the_text_is_cut),
        cmocka_unit_test(finds_the_bad_byte_of_a_long_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
