#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_text.h"


static int  allocations_left;


static void *
failing_realloc(void *p, size_t size)
{
    return allocations_left-- > 0 ? realloc(p, size) : NULL;
}


static void
test_bytes_come_back_in_order(void **state)
{
    char          expected[5000];
    aud_buffer_t  b = { 0 };

    for (size_t i = 0; i < sizeof(expected); i++) {
        expected[i] = (char) (i * 7);
        aud_buffer_char(&b, expected[i]);
    }

    assert_int_equal(b.len, sizeof(expected));
    assert_memory_equal(b.data, expected, sizeof(expected));

    aud_buffer_free(&b);
    assert_null(b.data);
    assert_int_equal(b.len + b.capacity, 0);
}


static void
test_decimals(void **state)
{
    size_t        i;
    char          text[32];
    aud_buffer_t  b = { 0 };

    static const uint64_t  numbers[] = {
        0, 1, 9, 10, 99, 100, 1234567890, INT64_MAX, UINT64_MAX,
    };

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        b.len = 0;
        aud_buffer_decimal(&b, numbers[i]);
        snprintf(text, sizeof(text), "%llu", (unsigned long long) numbers[i]);
        assert_int_equal(b.len, strlen(text));
        assert_memory_equal(b.data, text, b.len);
    }

    aud_buffer_free(&b);
}


static void
test_numbers_are_big_endian(void **state)
{
    aud_buffer_t  b = { 0 };

    aud_buffer_u8(&b, 0xfe);
    aud_buffer_u32(&b, 0x01020304);
    aud_buffer_u64(&b, 0x1112131415161718);
    aud_buffer_str32(&b, AUD_STR("abc"));

    assert_int_equal(b.len, 1 + 4 + 8 + 4 + 3);
    assert_memory_equal(b.data, "\xfe\1\2\3\4\x11\x12\x13\x14\x15\x16\x17\x18"
                                "\0\0\0\3abc", b.len);
    aud_buffer_free(&b);
}


static void
test_printf_appends(void **state)
{
    aud_buffer_t  b = { 0 };

    aud_buffer_text(&b, "rows=");
    aud_buffer_printf(&b, "%d of %s", 12, "many");

    assert_true(aud_str_equal(aud_buffer_str(&b), AUD_STR("rows=12 of many")));
    aud_buffer_free(&b);
}


/* Whatever stood there before, and however long it is. */

static void
test_a_nul_stands_behind_what_was_printed(void **state)
{
    aud_buffer_t  b = { 0 };

    for (int width = 0; width < 600; width++) {
        aud_buffer_reserve(&b, 1000);
        memset(b.data, 'x', b.capacity);
        b.len = 0;
        aud_buffer_printf(&b, "%*s", width, "a");
        assert_int_equal(b.len, width ? width : 1);
        assert_int_equal(strlen(b.data), b.len);
    }

    aud_buffer_free(&b);
}


/* However many allocations succeed, a writer that checks once learns of the
 * one that did not, and what was there before is intact. */
static void
test_failed_allocation_sticks(void **state)
{
    aud_buffer_t     b;
    aud_allocator_t  real = aud_allocator;

    aud_allocator.realloc = failing_realloc;

    for (int n = 0; n < 4; n++) {
        memset(&b, 0, sizeof(b));
        allocations_left = n;

        for (int i = 0; i < 1000; i++) {
            aud_buffer_json(&b, AUD_STR("a\"b"));
        }

        assert_true(b.failed);
        assert_true(b.len <= b.capacity);

        allocations_left = 1;
        aud_buffer_text(&b, "more");
        assert_int_equal(allocations_left, 1);

        aud_buffer_free(&b);
        assert_false(b.failed);
    }

    aud_allocator = real;
}


static void
test_impossible_sizes_fail(void **state)
{
    aud_buffer_t  b = { 0 };

    aud_buffer_char(&b, 'x');
    aud_buffer_reserve(&b, SIZE_MAX);
    assert_true(b.failed);

    aud_buffer_free(&b);

    assert_null(aud_calloc(SIZE_MAX / 2, 3));
    assert_null(aud_strndup("", SIZE_MAX));
}


static void
json_is(aud_str_t text, const char *expected)
{
    aud_buffer_t  b = { 0 };

    aud_buffer_json(&b, text);
    aud_buffer_char(&b, '\0');
    assert_string_equal(b.data, expected);
    aud_buffer_free(&b);
}


static void
test_json_escapes(void **state)
{
    json_is(AUD_STR(""), "\"\"");
    json_is(AUD_STR("São Paulo"), "\"São Paulo\"");
    json_is(AUD_STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    json_is(AUD_STR("\n\r\t\0\1\x7f"), "\"\\n\\r\\t\\u0000\\u0001\\u007f\"");
}


static void
test_json_replaces_what_is_not_utf8(void **state)
{
    json_is(AUD_STR("\xff"), "\"\xef\xbf\xbd\"");
    json_is(AUD_STR("a\xc3"), "\"a\xef\xbf\xbd\"");
    json_is(AUD_STR("\xc3\x28"), "\"\xef\xbf\xbd(\"");
    json_is(AUD_STR("\xc0\xaf!"), "\"\xef\xbf\xbd\xef\xbf\xbd!\"");
    json_is(AUD_STR("\xed\xa0\x80"),
            "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}


/* What the byte c becomes within ASCII text. */
static const char *
json_of_byte(unsigned char c, char text[8])
{
    static const char  letters[] = "\n\\n\r\\r\t\\t\"\\\"\\\\\\";

    for (const char *p = letters; *p; p += 3) {
        if ((unsigned char) *p == c) {
            snprintf(text, 8, "%.2s", p + 1);
            return text;
        }
    }

    if (c < 0x20 || c == 0x7f) {
        snprintf(text, 8, "\\u%04x", c);

    } else if (c >= 0x80) {
        strcpy(text, "\xef\xbf\xbd");

    } else {
        snprintf(text, 8, "%c", c);
    }

    return text;
}


static void
check_json_between(unsigned char c, const char *letter, size_t before,
    size_t behind)
{
    char           text[96], expected[96], c_json[8];
    size_t         i, n = 0, m = 0;
    aud_buffer_t   b = { 0 };

    expected[m++] = '"';

    for (i = 0; i <= before + behind; i++) {

        if (i == before) {
            text[n++] = (char) c;
            m += sprintf(expected + m, "%s", json_of_byte(c, c_json));

        } else {
            n += sprintf(text + n, "%s", letter);
            m += sprintf(expected + m, "%s", letter);
        }
    }

    expected[m++] = '"';

    aud_buffer_json(&b, aud_str(text, n));
    assert_int_equal(b.len, m);
    assert_memory_equal(b.data, expected, m);
    aud_buffer_free(&b);
}


/* Texts are looked at some bytes at a time: each byte at each place, among
 * letters of one byte and of two. */
static void
test_json_of_every_byte_at_every_place(void **state)
{
    size_t    before, behind;
    unsigned  c;

    for (c = 0; c < 256; c++) {
        for (before = 0; before < 20; before++) {
            for (behind = 0; behind < 20; behind++) {
                check_json_between(c, "a", before, behind);
                check_json_between(c, "é", before, behind);
            }
        }
    }
}


/* Whatever the bytes, a JSON reader takes the string; valid text comes back
 * as it went in. */
static void
test_json_round_trip_of_random_bytes(void **state)
{
    char          bytes[48];
    size_t        len;
    json_t       *json;
    aud_buffer_t  b = { 0 };

    srandom(1);

    for (int i = 0; i < 50000; i++) {
        len = (size_t) random() % sizeof(bytes);

        for (size_t j = 0; j < len; j++) {
            bytes[j] = (char) (random() % (i % 2 ? 256 : 128));
        }

        b.len = 0;
        aud_buffer_json(&b, aud_str(bytes, len));

        json = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                          NULL);
        assert_non_null(json);

        if (aud_utf8_valid(aud_str(bytes, len)) == len) {
            assert_int_equal(json_string_length(json), len);
            assert_memory_equal(json_string_value(json), bytes, len);
        }

        json_decref(json);
    }

    aud_buffer_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bytes_come_back_in_order),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_printf_appends),
        cmocka_unit_test(test_a_nul_stands_behind_what_was_printed),
        cmocka_unit_test(test_failed_allocation_sticks),
        cmocka_unit_test(test_impossible_sizes_fail),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_json_replaces_what_is_not_utf8),
        cmocka_unit_test(test_json_of_every_byte_at_every_place),
        cmocka_unit_test(test_json_round_trip_of_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
