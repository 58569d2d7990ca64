#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "aud_problem.h"


static json_t *
rendered(const aud_problem_t *p)
{
    json_t        *json;
    aud_buffer_t   b = { 0 };

    aud_problem_render(p, &b);
    json = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    aud_buffer_free(&b);

    return json;
}


static void
assert_renders(const aud_problem_t *p, const char *expected)
{
    json_t  *is = rendered(p), *should_be = json_loads(expected, 0, NULL);

    assert_non_null(should_be);

    if (!json_equal(is, should_be)) {
        fail_msg("%s", json_dumps(is, 0));
    }

    json_decref(is);
    json_decref(should_be);
}


static void
test_a_problem_alone(void **state)
{
    aud_problem_t  p;

    assert_int_equal(aud_problem_set(&p, 413, "file-too-large",
                                     "The file is too large",
                                     "The file has more than %d MB.", 10), -1);
    p.limit = 10485760;

    assert_renders(&p, "{\"type\": \"/problems/file-too-large\","
                       " \"title\": \"The file is too large\","
                       " \"status\": 413, \"limit\": 10485760,"
                       " \"detail\": \"The file has more than 10 MB.\"}");
}


static void
test_errors_say_where(void **state)
{
    aud_problem_t         p;
    aud_problem_error_t  *e;

    aud_problem_set(&p, 422, "header", "The header is wrong", "See errors.");

    e = aud_problem_add(&p, "phone-column-missing", "No \"%s\"", "phoneNumber");
    e->row = 1;
    e->column = 3;
    strcpy(e->suggestion, "telefone");

    e = aud_problem_add(&p, "unknown-field", "No such field");
    strcpy(e->pointer, "/filter/all/0");

    e = aud_problem_add(&p, "invalid-body", "Not an object");
    e->has_pointer = 1;

    assert_renders(&p,
        "{\"type\": \"/problems/header\", \"title\": \"The header is wrong\","
        " \"status\": 422, \"detail\": \"See errors.\", \"errors\": ["
        "{\"type\": \"/problems/phone-column-missing\","
        " \"detail\": \"No \\\"phoneNumber\\\"\", \"row\": 1, \"column\": 3,"
        " \"suggestion\": \"telefone\"},"
        "{\"type\": \"/problems/unknown-field\", \"detail\": \"No such field\","
        " \"pointer\": \"/filter/all/0\"},"
        "{\"type\": \"/problems/invalid-body\", \"detail\": \"Not an object\","
        " \"pointer\": \"\"}]}");
}


static void
test_errors_past_the_limit_are_counted(void **state)
{
    json_t               *json;
    aud_problem_t         p;
    aud_problem_error_t  *e;

    aud_problem_set(&p, 422, "header", "t", "d");

    for (int i = 0; i < 1000; i++) {
        e = aud_problem_add(&p, "bad", "error %d", i);
        assert_non_null(e);
        e->row = i + 1;
    }

    json = rendered(&p);
    assert_int_equal(json_array_size(json_object_get(json, "errors")),
                     AUD_PROBLEM_ERRORS);
    assert_int_equal(json_integer_value(json_object_get(json, "count")), 1000);
    json_decref(json);
}


static void
test_setting_forgets_what_was_there(void **state)
{
    aud_problem_t  p;

    aud_problem_set(&p, 422, "a", "A", "first");
    aud_problem_add(&p, "x", "error");
    p.count = 7;
    aud_problem_set(&p, 404, "b", "B", "second");

    assert_renders(&p, "{\"type\": \"/problems/b\", \"title\": \"B\","
                       " \"status\": 404, \"detail\": \"second\"}");
}


/* A detail that names something long is cut, but not within a character. */
static void
test_cut_details_stay_utf8(void **state)
{
    char           name[1201];
    const char    *detail;
    json_t        *json;
    aud_problem_t  p;

    for (int i = 0; i < 600; i++) {
        memcpy(name + 2 * i, "é", 2);
    }

    name[1200] = '\0';

    for (int shift = 0; shift < 2; shift++) {
        aud_problem_set(&p, 422, "a", "A", "%s%s", shift ? "x" : "", name);

        json = rendered(&p);
        detail = json_string_value(json_object_get(json, "detail"));
        assert_true(strlen(detail) >= sizeof(p.detail) - 2);
        assert_null(strstr(detail, "\xef\xbf\xbd"));
        json_decref(json);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_problem_alone),
        cmocka_unit_test(test_errors_say_where),
        cmocka_unit_test(test_errors_past_the_limit_are_counted),
        cmocka_unit_test(test_setting_forgets_what_was_there),
        cmocka_unit_test(test_cut_details_stay_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
