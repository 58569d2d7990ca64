/*
 * The reader of requests, beside jansson: the same texts are accepted and read
 * alike, whether they were made by the grammar or spoilt after.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "json_compare.h"
#include "random.h"

#define DOCUMENTS  4000
#define SPOILT     25           /* ways of each */


#define accepted(text)  assert_int_equal(json_compare(AUD_STR(text)), 1)
#define refused(text)   assert_int_equal(json_compare(AUD_STR(text)), 0)


static void
test_values(void **state)
{
    accepted("{}");
    accepted(" [ ] ");
    accepted("\t{\r\n\"a\" :null , \"b\": [true,false]}\n");
    accepted("{\"\": {\"\": {}}}");

    refused("");
    refused(" ");
    refused("null");
    refused("\"a\"");
    refused("1");
    refused("1 ");
    refused("[");
    refused("[1");
    refused("[1,]");
    refused("[,1]");
    refused("[1 2]");
    refused("[1]]");
    refused("[1] x");
    refused("[1]\0");
    refused("[1\0]");
    refused("{\"a\"}");
    refused("{\"a\":}");
    refused("{\"a\" 1}");
    refused("{\"a\":1,}");
    refused("{a:1}");
    refused("{1:1}");
    refused("{'a':1}");
    refused("[nul]");
    refused("[nulll]");
    refused("[True]");
    refused("[truefalse]");
    refused("\xef\xbb\xbf[]");
    refused("[\v1]");
    refused("[1]//");
}


static void
test_keys_stand_once(void **state)
{
    int           i, n;
    aud_buffer_t  b = { 0 };

    refused("{\"a\": 1, \"a\": 1}");
    refused("{\"a\": 1, \"\\u0061\": 1}");
    accepted("{\"a\": {\"a\": 1}, \"A\": 1}");

    for (n = 2; n < 100; n++) {
        b.len = 0;

        for (i = 0; i < n; i++) {
            aud_buffer_printf(&b, "%s\"%d\": %d", i ? "," : "{", i * 7 % n, i);
        }

        aud_buffer_text(&b, "}");
        assert_int_equal(json_compare(aud_buffer_str(&b)), n % 7 ? 1 : 0);
    }

    aud_buffer_free(&b);
}


static void
test_numbers(void **state)
{
    accepted("[0, -0, 12, -12, 0.0, -0.5, 1e5, 1E+5, 1.25e-3, 1e308]");
    accepted("[9223372036854775807, -9223372036854775808]");
    accepted("[9223372036854775807.0, 1e-400, 123456789012345678901e-10]");
    accepted("[0.30000000000000004, 4.9e-324, 1.7976931348623157e308]");

    refused("[9223372036854775808]");
    refused("[-9223372036854775809]");
    refused("[99999999999999999999999999]");
    refused("[1e309]");
    refused("[-1e309]");
    refused("[01]");
    refused("[-01]");
    refused("[+1]");
    refused("[-]");
    refused("[.5]");
    refused("[5.]");
    refused("[5.e1]");
    refused("[1e]");
    refused("[1e+]");
    refused("[1.5.5]");
    refused("[0x10]");
    refused("[1p3]");
    refused("[Infinity]");
    refused("[NaN]");
    refused("[--1]");
    refused("[1-1]");
}


static void
test_texts(void **state)
{
    accepted("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", "
             "\"\\u0001\\u007f\\u0080\\u07ff\"]");
    accepted("[\"\\u0800\\uFFFF\\uffff\", \"\\ud83d\\ude00\", \"a\\u00e9z\"]");
    accepted("[\"S\xc3\xa3o\", \"\xe2\x82\xac\", "
             "\"\xf0\x9f\x98\x80\", \"\x7f\"]");

    refused("[\"");
    refused("[\"a");
    refused("[\"a\\");
    refused("[\"\\\"]");
    refused("[\"a\nb\"]");
    refused("[\"a\0b\"]");
    refused("[\"\\x41\"]");
    refused("[\"\\u\"]");
    refused("[\"\\u12\"]");
    refused("[\"\\u12g4\"]");
    refused("[\"\\u0000\"]");
    refused("{\"\\u0000\": 1}");
    refused("[\"\\ud83d\"]");
    refused("[\"\\ud83dx\"]");
    refused("[\"\\ud83d\\n\"]");
    refused("[\"\\ud83d\\u0041\"]");
    refused("[\"\\ud83d\\ud83d\"]");
    refused("[\"\\ude00\"]");
    refused("[\"\\ude00\\ud83d\"]");
    refused("[\"\xc3\"]");
    refused("[\"\xc3(\"]");
    refused("[\"\xc0\xaf\"]");
    refused("[\"\xed\xa0\x80\"]");
    refused("[\"\xf4\x90\x80\x80\"]");
    refused("[\"\xff\"]");
    refused("{\"\xff\": 1}");
}


static void
test_depth_is_limited(void **state)
{
    int   n;
    char  text[3 * AUD_JSON_DEPTH];

    for (n = 1; n <= AUD_JSON_DEPTH + 1; n++) {
        memset(text, '[', n);
        memset(text + n, ']', n);
        assert_int_equal(json_compare(aud_str(text, 2 * n)),
                         n <= AUD_JSON_DEPTH);

        text[n] = '1';
        memset(text + n + 1, ']', n);
        assert_int_equal(json_compare(aud_str(text, 2 * n + 1)),
                         n <= AUD_JSON_DEPTH);
    }
}


static void make_value(aud_buffer_t *b, unsigned depth);


static void
make_blanks(aud_buffer_t *b)
{
    while (random_below(4) == 0) {
        aud_buffer_char(b, " \t\n\r"[random_below(4)]);
    }
}


static void
make_text(aud_buffer_t *b)
{
    size_t  n = random_below(8);

    static const char *const  pieces[] = {
        "a", "b", "Z", "0", " ", "/", "[", "{", ",", ":", "\x7f", "\xc3\xa3",
        "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\\\"", "\\\\", "\\/", "\\b",
        "\\n", "\\u0041", "\\u00E3", "\\u20ac", "\\ud83d\\ude00", "\\uFFFD",
    };

    aud_buffer_char(b, '"');

    while (n--) {
        aud_buffer_text(b, pieces[random_below(sizeof(pieces)
                                               / sizeof(pieces[0]))]);
    }

    aud_buffer_char(b, '"');
}


static void
make_number(aud_buffer_t *b)
{
    aud_buffer_text(b, random_below(3) ? "" : "-");

    switch (random_below(4)) {
    case 0:
        aud_buffer_printf(b, "%zu", random_below(100));
        break;
    case 1:
        aud_buffer_printf(b, "%llu", (unsigned long long) random_u64());
        break;
    case 2:
        aud_buffer_printf(b, "%zu.%zu", random_below(100), random_below(1000));
        break;
    default:
        aud_buffer_printf(b, "%zu%se%s%zu", random_below(10),
                          random_below(2) ? ".5" : "",
                          (const char *[]) { "", "+", "-" }[random_below(3)],
                          random_below(400));
    }
}


static void
make_group(aud_buffer_t *b, unsigned depth, int object)
{
    size_t  i, n = random_below(5);

    n += random_below(10) ? 0 : 20;
    aud_buffer_char(b, object ? '{' : '[');
    make_blanks(b);

    for (i = 0; i < n; i++) {
        aud_buffer_text(b, i ? "," : "");
        make_blanks(b);

        if (object) {
            random_below(20) ? aud_buffer_printf(b, "\"k%zu\"", i)
                             : make_text(b);
            make_blanks(b);
            aud_buffer_char(b, ':');
            make_blanks(b);
        }

        make_value(b, depth + 1);
        make_blanks(b);
    }

    aud_buffer_char(b, object ? '}' : ']');
}


static void
make_value(aud_buffer_t *b, unsigned depth)
{
    size_t  kind = depth == 0 ? 4 + random_below(2)
                              : random_below(depth < 4 ? 6 : 4);

    switch (kind) {
    case 0:
    case 1:
        make_text(b);
        break;
    case 2:
        make_number(b);
        break;
    case 3:
        aud_buffer_text(b, (const char *[]) { "true", "false", "null" }
                           [random_below(3)]);
        break;
    default:
        make_group(b, depth, kind == 5);
    }
}


/* A byte changed, taken out or put in. */
static void
spoil(const aud_buffer_t *from, aud_buffer_t *to)
{
    size_t  at = random_below(from->len + 1);
    size_t  skip = random_below(2);
    char    c;

    static const char  bytes[] = "\"\\{}[]:,0123456789-+.eEutfnd \n\0\x1f/'x"
                                 "\x80\xa0\xc3\xe2\xed\xf0\xf4\xff";

    c = bytes[random_below(sizeof(bytes) - 1)];
    to->len = 0;

    aud_buffer_add(to, from->data, at);

    if (random_below(3)) {
        aud_buffer_char(to, c);
    }

    if (at + skip < from->len) {
        aud_buffer_add(to, from->data + at + skip, from->len - at - skip);
    }
}


static void
compared(aud_str_t text, unsigned *verdicts)
{
    int  verdict = json_compare(text);

    if (verdict < 0) {
        fail_msg("they differ: %.*s", (int) text.len, text.data);
    }

    verdicts[verdict]++;
}


static void
test_documents_made_and_spoilt(void **state)
{
    int           i, j;
    unsigned      verdicts[2] = { 0 };
    aud_buffer_t  text = { 0 }, spoilt = { 0 };

    for (i = 0; i < DOCUMENTS; i++) {
        text.len = 0;
        make_value(&text, 0);
        compared(aud_buffer_str(&text), verdicts);

        for (j = 0; j < SPOILT; j++) {
            spoil(&text, &spoilt);
            compared(aud_buffer_str(&spoilt), verdicts);
        }
    }

    assert_true(verdicts[0] > DOCUMENTS);
    assert_true(verdicts[1] > DOCUMENTS);

    aud_buffer_free(&text);
    aud_buffer_free(&spoilt);
}


/* What a request is refused for is what jansson says of it. */
static void
test_refusals_are_explained(void **state)
{
    aud_str_t      body = AUD_STR("{\"all\": [],\n \"any\" []}");
    aud_arena_t    arena = { 0 };
    aud_problem_t  problem;

    assert_null(aud_json_read_tree(&arena, body, 100, &problem));
    assert_int_equal(problem.status, 400);
    assert_int_equal(problem.nerrors, 1);
    assert_int_equal(problem.errors[0].row, 2);
    assert_int_equal(problem.errors[0].column, 8);

    assert_null(aud_json_read_tree(&arena, AUD_STR("[]"), 100, &problem));
    assert_int_equal(problem.status, 400);
    assert_string_equal(problem.slug, "bad-json");

    assert_null(aud_json_read_tree(&arena, body, 20, &problem));
    assert_int_equal(problem.status, 413);
    assert_int_equal(problem.limit, 20);

    /* jansson would take it */
    assert_null(aud_json_read_tree(&arena, AUD_STR("{\"limit\": 1\0}"), 100,
                                   &problem));
    assert_int_equal(problem.status, 400);

    body = AUD_STR("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    assert_null(aud_json_read_tree(&arena, body, 100, &problem));
    assert_int_equal(problem.status, 422);
    assert_string_equal(problem.slug, "too-deep");

    aud_arena_free(&arena);
}


static void
test_copies_of_trees_are_alike(void **state)
{
    json_t       *json;
    aud_json_t   *copy;
    aud_arena_t   arena = { 0 };

    json = json_loads("{\"a\": [1, -2.5, \"x\", null, true, false, {}], "
                      "\"b\": {\"c\": []}}", 0, NULL);
    copy = aud_json_copy(&arena, json);
    assert_non_null(copy);
    assert_true(json_same(copy, json));
    assert_true(aud_json_is(aud_json_get(copy, "b"), AUD_JSON_OBJECT));
    assert_null(aud_json_get(copy, "c"));
    assert_null(aud_json_get(aud_json_get(copy, "a"), "a"));
    assert_null(aud_json_copy(&arena, NULL));

    json_decref(json);
    aud_arena_free(&arena);
}


static unsigned  left;

static void *
failing_realloc(void *p, size_t size)
{
    return left-- == 0 ? NULL : realloc(p, size);
}


static void
test_memory_that_is_out_is_reported(void **state)
{
    int              i, no_memory;
    aud_json_t      *json;
    aud_arena_t      arena;
    aud_buffer_t     b = { 0 };
    aud_allocator_t  saved = aud_allocator;

    for (i = 0; i < 3000; i++) {
        aud_buffer_printf(&b, "%s\"\\u0041%d\": [1]", i ? "," : "{", i);
    }

    aud_buffer_text(&b, "}");
    aud_allocator.realloc = failing_realloc;

    for (i = 0, json = NULL; json == NULL && i < 1000; i++) {
        left = i;
        memset(&arena, 0, sizeof(arena));
        json = aud_json_parse(&arena, aud_buffer_str(&b), &no_memory);
        assert_int_equal(no_memory, json == NULL);
        aud_arena_free(&arena);
    }

    aud_allocator = saved;
    assert_true(i > 2 && i < 1000);
    aud_buffer_free(&b);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_keys_stand_once),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_documents_made_and_spoilt),
        cmocka_unit_test(test_refusals_are_explained),
        cmocka_unit_test(test_copies_of_trees_are_alike),
        cmocka_unit_test(test_memory_that_is_out_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
