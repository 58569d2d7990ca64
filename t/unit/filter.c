/*
 * The grammar of filters: what is read, and every error with its pointer.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_filter.h"

#define AUDIENCE  "aud_01hf0000000000000000000000"


/* "slug pointer; slug pointer", or "ok", or "400 slug" for what is no JSON. */
static const char *
verdict(const char *text)
{
    size_t          n = 0;
    unsigned        i;
    static char     out[4096];
    json_t         *json;
    aud_filter_t   *f;
    aud_problem_t   problem;

    json = aud_json_read(aud_str(text, strlen(text)), AUD_FILTER_MAX_BYTES,
                         &problem);
    if (json == NULL) {
        snprintf(out, sizeof(out), "%d %s", problem.status, problem.slug);
        return out;
    }

    f = aud_filter_parse(json, "/filter", &problem);
    json_decref(json);

    if (f) {
        aud_filter_free(f);
        return "ok";
    }

    assert_int_equal(problem.status, 422);
    assert_string_equal(problem.slug, "invalid-filter");
    assert_true(problem.detail[0] != '\0');
    assert_true(problem.nerrors > 0);

    for (i = 0; i < problem.nerrors && i < AUD_PROBLEM_ERRORS; i++) {
        assert_true(problem.errors[i].has_pointer);
        assert_true(problem.errors[i].detail[0] != '\0');

        n += snprintf(out + n, sizeof(out) - n, "%s%s %s", i ? "; " : "",
                      problem.errors[i].slug, problem.errors[i].pointer);
    }

    return out;
}


#define ok(text)           assert_string_equal(verdict(text), "ok")
#define refused(text, as)  assert_string_equal(verdict(text), as)


static void
test_every_node_and_operator_is_read(void **state)
{
    ok("{\"all\": []}");
    ok("{\"any\": []}");
    ok("{\"not\": {\"any\": [{\"audience\": \"" AUDIENCE "\"}]}}");
    ok("{\"field\": \"a\", \"op\": \"contains\", \"value\": \"x\"}");
    ok("{\"field\": \"a\", \"op\": \"not_contains\", \"value\": \"x\"}");
    ok("{\"field\": \"a\", \"op\": \"exists\"}");
    ok("{\"field\": \"a\", \"op\": \"not_exists\"}");
    ok("{\"field\": \"a\", \"op\": \"equals\", \"value\": 1}");
    ok("{\"field\": \"a\", \"op\": \"not_equals\", \"value\": true}");
    ok("{\"field\": \"a\", \"op\": \"starts_with\", \"value\": \"x\"}");
    ok("{\"field\": \"a\", \"op\": \"not_starts_with\", \"value\": \"x\"}");
    ok("{\"field\": \"a\", \"op\": \"ends_with\", \"value\": \"x\"}");
    ok("{\"field\": \"a\", \"op\": \"greater_than\", \"value\": 1.5}");
    ok("{\"field\": \"a\", \"op\": \"less_than\", \"value\": -1}");
    ok("{\"field\": \"a\", \"op\": \"between\", \"value\": [1, \"2\"]}");
    ok("{\"field\": \"a\", \"op\": \"in\", \"value\": [\"x\"]}");
    ok("{\"field\": \"a\", \"op\": \"before\", \"value\": \"2025-12-31\"}");
    ok("{\"field\": \"a\", \"op\": \"after\", \"value\": \"2025-12-31\"}");
    ok("{\"field\": \"a\", \"op\": \"within_last\", \"value\": 0}");
    ok("{\"field\": \"a\", \"op\": \"not_within_last\", \"value\": 36500}");
}


static void
test_tree_keeps_what_was_written(void **state)
{
    json_t            *json;
    aud_filter_t      *f;
    aud_problem_t      problem;
    const aud_node_t  *root, *node;

    json = json_loads("{\"all\": [{\"not\": {\"field\": \"idade\", "
                      "\"op\": \"between\", \"value\": [18, \"30,5\"]}}, "
                      "{\"field\": \"x\", \"op\": \"equals\", \"value\": 1.5},"
                      "{\"field\": \"y\", \"op\": \"in\", \"value\": "
                      "[0.1, 1e300, 2.0, false, 0.30000000000000004]}]}", 0, NULL);
    f = aud_filter_parse(json, "/filter", &problem);
    json_decref(json);

    assert_non_null(f);
    root = aud_filter_root(f);
    assert_int_equal(root->kind, AUD_NODE_ALL);
    assert_int_equal(root->nchildren, 3);

    node = root->children[0]->children[0];
    assert_string_equal(node->pointer, "/filter/all/0/not");
    assert_int_equal(node->op, AUD_OP_BETWEEN);
    assert_string_equal(node->field.data, "idade");
    assert_int_equal(node->noperands, 2);
    assert_true(node->operands[0].is_number);
    assert_true(node->operands[0].number == 18);
    assert_string_equal(node->operands[0].text.data, "18");
    assert_false(node->operands[1].is_number);
    assert_string_equal(node->operands[1].text.data, "30,5");

    assert_string_equal(root->children[1]->operands[0].text.data, "1.5");

    node = root->children[2];
    assert_string_equal(node->operands[0].text.data, "0.1");
    assert_string_equal(node->operands[1].text.data, "1e+300");
    assert_string_equal(node->operands[2].text.data, "2");
    assert_string_equal(node->operands[3].text.data, "false");
    assert_string_equal(node->operands[4].text.data, "0.30000000000000004");

    aud_filter_free(f);
}


static void
collect(void *arg, aud_str_t field)
{
    strncat(arg, field.data, field.len);
}


static void
test_fields_are_visited_in_order(void **state)
{
    char            names[32] = "";
    json_t         *json;
    aud_filter_t   *f;
    aud_problem_t   problem;

    json = json_loads("{\"any\": [{\"field\": \"b\", \"op\": \"exists\"}, "
                      "{\"not\": {\"field\": \"a\", \"op\": \"exists\"}}, "
                      "{\"field\": \"b\", \"op\": \"exists\"}]}", 0, NULL);
    f = aud_filter_parse(json, "", &problem);
    json_decref(json);

    aud_filter_fields(f, collect, names);
    assert_string_equal(names, "bab");

    aud_filter_free(f);
}


static void
test_unknown_nodes_are_refused(void **state)
{
    refused("{}", "unknown-node /filter");
    refused("{\"every\": []}", "unknown-node /filter");
    refused("{\"all\": {}}", "unknown-node /filter/all");
    refused("{\"any\": null}", "unknown-node /filter/any");
    refused("{\"all\": [1, [], null]}", "unknown-node /filter/all/0; "
            "unknown-node /filter/all/1; unknown-node /filter/all/2");
    refused("{\"not\": []}", "unknown-node /filter/not");
    refused("{\"not\": {}}", "unknown-node /filter/not");
}


static void
test_unknown_members_are_refused(void **state)
{
    refused("{\"all\": [], \"any\": []}", "unknown-member /filter/any");
    refused("{\"all\": [], \"a/b~c\": 1}", "unknown-member /filter/a~1b~0c");
    refused("{\"field\": \"a\", \"op\": \"exists\", \"case\": true}",
            "unknown-member /filter/case");
    refused("{\"audience\": \"" AUDIENCE "\", \"name\": \"x\"}",
            "unknown-member /filter/name");
}


static void
test_conditions_need_a_field_and_an_operator(void **state)
{
    refused("{\"field\": \"a\"}", "unknown-operator /filter");
    refused("{\"op\": \"exists\"}", "unknown-field /filter");
    refused("{\"field\": 7, \"op\": \"exists\"}", "unknown-field /filter/field");
    refused("{\"field\": \"a\", \"op\": 7}", "unknown-operator /filter/op");
    refused("{\"field\": \"a\", \"op\": \"matches\", \"value\": \".*\"}",
            "unknown-operator /filter/op");
    refused("{\"field\": \"a\", \"op\": \"EXISTS\"}",
            "unknown-operator /filter/op");
    refused("{\"field\": null, \"op\": null}",
            "unknown-field /filter/field; unknown-operator /filter/op");
}


static void
test_values_have_the_shape_of_their_operator(void **state)
{
    refused("{\"field\": \"a\", \"op\": \"exists\", \"value\": null}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"equals\"}", "bad-value /filter");
    refused("{\"field\": \"a\", \"op\": \"equals\", \"value\": null}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"equals\", \"value\": [\"x\"]}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"contains\", \"value\": {}}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"between\", \"value\": 1}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"between\", \"value\": [1]}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"between\", \"value\": [1, 2, 3]}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"between\", \"value\": [null, []]}",
            "bad-value /filter/value/0; bad-value /filter/value/1");
    refused("{\"field\": \"a\", \"op\": \"in\", \"value\": \"x\"}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"in\", \"value\": []}",
            "bad-value /filter/value");
    refused("{\"field\": \"a\", \"op\": \"in\", \"value\": [1, {}]}",
            "bad-value /filter/value/1");
}


static void
test_days_are_whole_numbers(void **state)
{
    size_t                    i;
    char                      text[128];
    static const char *const  bad[] = { "-1", "36501", "1.5", "\"7\"", "true",
                                        "[7]", "null", "99999999999" };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "{\"field\": \"a\", \"op\": "
                 "\"within_last\", \"value\": %s}", bad[i]);
        refused(text, "bad-value /filter/value");
    }
}


static void
test_audiences_are_named_by_their_ids(void **state)
{
    refused("{\"audience\": 7}", "unknown-audience /filter/audience");
    refused("{\"audience\": \"aud_1\"}", "unknown-audience /filter/audience");
    refused("{\"audience\": \"prf_01hf0000000000000000000000\"}",
            "unknown-audience /filter/audience");
}


static void
test_every_error_is_reported(void **state)
{
    refused("{\"all\": [{\"field\": \"a\", \"op\": \"like\"}, {\"any\": ["
            "{\"field\": \"a\", \"op\": \"in\", \"value\": []}, 5]}]}",
            "unknown-operator /filter/all/0/op; "
            "bad-value /filter/all/1/any/0/value; "
            "unknown-node /filter/all/1/any/1");
}


static void
test_errors_beyond_the_room_are_counted(void **state)
{
    int             i;
    json_t         *list = json_array();
    json_t         *json;
    aud_problem_t   problem;

    for (i = 0; i < 20; i++) {
        json_array_append_new(list, json_integer(i));
    }

    json = json_pack("{s:o}", "all", list);
    assert_null(aud_filter_parse(json, "/filter", &problem));
    assert_int_equal(problem.nerrors, 20);
    assert_int_equal(problem.count, 20);
    json_decref(json);
}


/* n groups around a condition. */
static char *
nested(int n)
{
    int     i;
    char   *text = calloc(n + 1, 16);

    for (i = 0; i < n; i++) {
        strcat(text, i % 2 ? "{\"not\":" : "{\"all\":[");
    }

    strcat(text, "{\"any\":[]}");

    while (i--) {
        strcat(text, i % 2 ? "}" : "]}");
    }

    return text;
}


static void
test_depth_is_limited(void **state)
{
    char  *text;

    text = nested(AUD_FILTER_MAX_DEPTH - 1);
    ok(text);
    free(text);

    text = nested(AUD_FILTER_MAX_DEPTH);
    refused(text, "too-deep "
            "/filter/all/0/not/all/0/not/all/0/not/all/0/not");
    free(text);

    text = nested(40);
    refused(text, "422 too-deep");
    free(text);
}


static json_t *
conditions(int n)
{
    json_t  *list = json_array();

    while (n--) {
        json_array_append_new(list, json_pack("{s:s,s:s}", "field", "a",
                                              "op", "exists"));
    }

    return json_pack("{s:o}", "any", list);
}


static void
test_number_of_conditions_is_limited(void **state)
{
    json_t         *json;
    aud_filter_t   *f;
    aud_problem_t   problem;

    json = conditions(AUD_FILTER_MAX_CONDITIONS);
    f = aud_filter_parse(json, "/filter", &problem);
    assert_non_null(f);
    aud_filter_free(f);
    json_decref(json);

    json = conditions(AUD_FILTER_MAX_CONDITIONS + 1);
    assert_null(aud_filter_parse(json, "/filter", &problem));
    assert_int_equal(problem.nerrors, 1);
    assert_string_equal(problem.errors[0].slug, "too-many-conditions");
    assert_string_equal(problem.errors[0].pointer, "/filter");
    json_decref(json);
}


/* Empty groups cost the evaluator as much as conditions do. */
static void
test_empty_groups_count_as_conditions(void **state)
{
    int             i;
    json_t         *list = json_array(), *json;
    aud_problem_t   problem;

    for (i = 0; i <= AUD_FILTER_MAX_CONDITIONS; i++) {
        json_array_append_new(list, json_pack("{s:[]}", "any"));
    }

    json = json_pack("{s:o}", "all", list);
    assert_null(aud_filter_parse(json, "/filter", &problem));
    assert_string_equal(problem.errors[0].slug, "too-many-conditions");
    json_decref(json);
}


static void
test_lists_are_limited(void **state)
{
    int             i, n;
    json_t         *list, *json;
    aud_filter_t   *f;
    aud_problem_t   problem;

    for (n = 1000; n <= 1001; n++) {
        list = json_array();

        for (i = 0; i < n; i++) {
            json_array_append_new(list, json_integer(i));
        }

        json = json_pack("{s:s,s:s,s:o}", "field", "a", "op", "in", "value",
                         list);
        f = aud_filter_parse(json, "/filter", &problem);
        assert_int_equal(f != NULL, n == 1000);
        aud_filter_free(f);
        json_decref(json);
    }
}


static void
test_bad_json_is_refused(void **state)
{
    refused("", "400 bad-json");
    refused("{", "400 bad-json");
    refused("[]", "400 bad-json");
    refused("null", "400 bad-json");
    refused("\"all\"", "400 bad-json");
    refused("{\"all\": []} x", "400 bad-json");
    refused("{\"all\": [], \"all\": []}", "400 bad-json");
    refused("{\"field\": \"a\", \"op\": \"equals\", \"value\": \"\\u0000\"}",
            "400 bad-json");
    refused("{\"field\": \"a\", \"op\": \"equals\", \"value\": \"\xff\"}",
            "400 bad-json");
    refused("{'all': []}", "400 bad-json");
}


static void
test_bad_json_names_its_place(void **state)
{
    aud_problem_t  problem;

    assert_null(aud_json_read(AUD_STR("{\"all\": [],\n \"any\" []}"), 100,
                              &problem));
    assert_int_equal(problem.status, 400);
    assert_int_equal(problem.nerrors, 1);
    assert_int_equal(problem.errors[0].row, 2);
    assert_int_equal(problem.errors[0].column, 8);
}


static void
test_long_bodies_are_refused(void **state)
{
    char            body[101];
    json_t         *json;
    aud_problem_t   problem;

    memset(body, ' ', sizeof(body));
    memcpy(body, "{}", 2);

    json = aud_json_read(aud_str(body, 100), 100, &problem);
    assert_non_null(json);
    json_decref(json);

    assert_null(aud_json_read(aud_str(body, 101), 100, &problem));
    assert_int_equal(problem.status, 413);
    assert_string_equal(problem.slug, "body-too-large");
    assert_int_equal(problem.limit, 100);
    assert_int_equal(problem.count, 101);
}


static void
test_deep_json_is_refused_before_it_is_parsed(void **state)
{
    char           *body;
    aud_problem_t   problem;

    body = malloc(60000);
    memset(body, '[', 60000);
    assert_null(aud_json_read(aud_str(body, 60000), AUD_FILTER_MAX_BYTES,
                              &problem));
    assert_int_equal(problem.status, 422);
    assert_string_equal(problem.slug, "too-deep");
    free(body);
}


static void
test_brackets_within_strings_do_not_nest(void **state)
{
    char           *body = calloc(1, 200);
    json_t         *json;
    aud_problem_t   problem;

    sprintf(body, "{\"a\": \"\\\"%080d\"}", 0);
    memset(strchr(body, '0'), '[', 80);

    json = aud_json_read(aud_str(body, strlen(body)), 200, &problem);
    assert_non_null(json);
    json_decref(json);
    free(body);
}


static unsigned  left;

static void *
failing_realloc(void *p, size_t size)
{
    return left-- == 0 ? NULL : realloc(p, size);
}


static void
test_memory_that_is_out_is_a_500(void **state)
{
    unsigned          i;
    json_t           *json;
    aud_filter_t     *f;
    aud_problem_t     problem;
    aud_allocator_t   saved = aud_allocator;

    json = conditions(AUD_FILTER_MAX_CONDITIONS);
    aud_allocator.realloc = failing_realloc;

    for (i = 0, f = NULL; f == NULL && i < 1000; i++) {
        left = i;
        f = aud_filter_parse(json, "", &problem);

        if (f == NULL) {
            assert_int_equal(problem.status, 500);
        }
    }

    aud_allocator = saved;
    assert_true(i > 2);
    aud_filter_free(f);
    json_decref(json);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_node_and_operator_is_read),
        cmocka_unit_test(test_tree_keeps_what_was_written),
        cmocka_unit_test(test_fields_are_visited_in_order),
        cmocka_unit_test(test_unknown_nodes_are_refused),
        cmocka_unit_test(test_unknown_members_are_refused),
        cmocka_unit_test(test_conditions_need_a_field_and_an_operator),
        cmocka_unit_test(test_values_have_the_shape_of_their_operator),
        cmocka_unit_test(test_days_are_whole_numbers),
        cmocka_unit_test(test_audiences_are_named_by_their_ids),
        cmocka_unit_test(test_every_error_is_reported),
        cmocka_unit_test(test_errors_beyond_the_room_are_counted),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_number_of_conditions_is_limited),
        cmocka_unit_test(test_empty_groups_count_as_conditions),
        cmocka_unit_test(test_lists_are_limited),
        cmocka_unit_test(test_bad_json_is_refused),
        cmocka_unit_test(test_bad_json_names_its_place),
        cmocka_unit_test(test_long_bodies_are_refused),
        cmocka_unit_test(test_deep_json_is_refused_before_it_is_parsed),
        cmocka_unit_test(test_brackets_within_strings_do_not_nest),
        cmocka_unit_test(test_memory_that_is_out_is_a_500),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
