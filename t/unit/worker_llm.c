/*
 * Parts of the client of language models: the breaker by a clock of the test's,
 * schemas, and redaction of random texts.  t/llm.t has the whole.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_text.h"
#include "llm_breaker.h"
#include "llm_schema.h"
#include "redact.h"


static int64_t  until;


static void
failures_in_a_row_open_the_breaker(void **state)
{
    llm_breaker_t  b;

    llm_breaker_init(&b, 3, 10);
    assert_int_equal(llm_breaker_failed(&b, 0), 0);
    assert_int_equal(llm_breaker_failed(&b, 0), 0);
    llm_breaker_succeeded(&b);
    assert_int_equal(llm_breaker_failed(&b, 0), 0);
    assert_int_equal(llm_breaker_failed(&b, 0), 0);
    assert_int_equal(llm_breaker_gate(&b, 0, &until), LLM_GATE_OPEN);
    assert_int_equal(llm_breaker_failed(&b, 0), 1);
    assert_int_equal(llm_breaker_gate(&b, 0, &until), LLM_GATE_REFUSE);
    assert_int_equal(llm_breaker_gate(&b, 9, &until), LLM_GATE_REFUSE);
    assert_int_equal(llm_breaker_failed(&b, 5), 0);
    assert_int_equal(llm_breaker_gate(&b, 10, &until), LLM_GATE_OPEN);
}


static void
one_trial_closes_it_or_doubles_its_time(void **state)
{
    unsigned       i;
    int64_t        now = 0, period = 10 * AUD_SECOND;
    llm_breaker_t  b;

    llm_breaker_init(&b, 1, period);
    assert_int_equal(llm_breaker_failed(&b, now), 1);

    for (i = 0; i < 12; i++) {
        now += period - 1;
        assert_int_equal(llm_breaker_gate(&b, now, &until), LLM_GATE_REFUSE);
        now++;
        assert_int_equal(llm_breaker_gate(&b, now, &until), LLM_GATE_OPEN);
        llm_breaker_sent(&b, now);
        assert_int_equal(llm_breaker_gate(&b, now, &until), LLM_GATE_WAIT);
        assert_true(until == INT64_MAX);
        assert_int_equal(llm_breaker_failed(&b, now), 1);
        period = period * 2 < LLM_BREAKER_LONGEST ? period * 2
                                                  : LLM_BREAKER_LONGEST;
    }

    now += period;
    llm_breaker_sent(&b, now);
    llm_breaker_ended(&b);
    assert_int_equal(llm_breaker_gate(&b, now, &until), LLM_GATE_OPEN);
    llm_breaker_sent(&b, now);
    llm_breaker_succeeded(&b);
    assert_int_equal(llm_breaker_gate(&b, now, &until), LLM_GATE_OPEN);
    assert_int_equal(llm_breaker_failed(&b, now), 1);
    assert_int_equal(llm_breaker_gate(&b, now + 10 * AUD_SECOND, &until),
                     LLM_GATE_OPEN);
}


static void
pauses_are_waited_for_up_to_a_minute(void **state)
{
    llm_breaker_t  b;

    llm_breaker_init(&b, 2, AUD_SECOND);
    assert_int_equal(llm_breaker_pause(&b, 0, 60 * AUD_SECOND), 0);
    assert_int_equal(llm_breaker_pause(&b, 0, 1 * AUD_SECOND), 0);
    assert_int_equal(llm_breaker_gate(&b, 0, &until), LLM_GATE_WAIT);
    assert_int_equal(until, 60 * AUD_SECOND);
    assert_int_equal(llm_breaker_gate(&b, until, &until), LLM_GATE_OPEN);

    assert_int_equal(llm_breaker_pause(&b, until, AUD_SECOND), 1);
    assert_int_equal(llm_breaker_gate(&b, until, &until), LLM_GATE_REFUSE);

    llm_breaker_init(&b, 9, AUD_SECOND);
    assert_int_equal(llm_breaker_pause(&b, 0, 61 * AUD_SECOND), 1);
    assert_int_equal(llm_breaker_gate(&b, 60 * AUD_SECOND, &until),
                     LLM_GATE_REFUSE);
    assert_int_equal(llm_breaker_gate(&b, 61 * AUD_SECOND, &until),
                     LLM_GATE_OPEN);
    assert_int_equal(llm_breaker_pause(&b, 0, 86400 * AUD_SECOND), 0);
    assert_int_equal(llm_breaker_gate(&b, 3600 * AUD_SECOND, &until),
                     LLM_GATE_OPEN);
}


/* --- schemas -------------------------------------------------------------- */


static const char  schema_text[] =
    "{\"type\": \"object\", \"additionalProperties\": false,"
    " \"required\": [\"name\", \"tags\"], \"properties\": {"
    "  \"name\": {\"type\": \"string\", \"minLength\": 2, \"maxLength\": 4},"
    "  \"share\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1},"
    "  \"tags\": {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 2,"
    "   \"items\": {\"type\": \"string\", \"enum\": [\"a\", \"b\"]}},"
    "  \"items\": {\"type\": \"boolean\"}, \"none\": {\"type\": \"null\"},"
    "  \"n\": {\"type\": \"integer\"}}}";


static const char *
checked(const char *value)
{
    int                 rc;
    json_t             *schema, *json;
    static aud_error_t  err;

    schema = json_loads(schema_text, 0, NULL);
    json = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(schema);
    assert_non_null(json);
    rc = llm_schema_check(schema, json, &err);
    json_decref(schema);
    json_decref(json);

    return rc == 0 ? "fits" : err.text;
}


static void
answers_that_break_the_schema_are_told_where(void **state)
{
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": [\"a\"]}"),
                        "fits");
    assert_string_equal(checked("{\"name\": \"\u00e1\u00e9\u00ed\u00f3\","
                                " \"tags\": [\"a\", \"b\"], \"share\": 1,"
                                " \"items\": true, \"none\": null, \"n\": 7}"),
                        "fits");
    assert_string_equal(checked("[]"), "/ is of another type");
    assert_string_equal(checked("{\"name\": \"ab\"}"), "/ lacks a member");
    assert_string_equal(checked("{\"name\": \"a\", \"tags\": [\"a\"]}"),
                        "/name is too long or too short");
    assert_string_equal(checked("{\"name\": \"abcde\", \"tags\": [\"a\"]}"),
                        "/name is too long or too short");
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": []}"),
                        "/tags has another number of items");
    assert_string_equal(checked("{\"name\": \"ab\","
                                " \"tags\": [\"a\", \"a\", \"a\"]}"),
                        "/tags has another number of items");
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": [\"a\", \"c\"]}"),
                        "/tags/1 is not one of the set");
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": [\"a\"],"
                                " \"more\": 1}"), "/ has a member too many");
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": [\"a\"],"
                                " \"share\": 1.5}"),
                        "/share is too large or too small");
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": [\"a\"],"
                                " \"n\": 1.5}"), "/n is of another type");
    assert_string_equal(checked("{\"name\": \"ab\", \"tags\": [\"a\"],"
                                " \"items\": \"true\"}"),
                        "/items is of another type");
}


static void
bounds_are_not_sent_but_their_names_may_be_members(void **state)
{
    json_t  *schema, *sent, *expected;

    schema = json_loads("{\"type\": \"object\", \"properties\": {\"maxItems\":"
                        " {\"type\": \"array\", \"maxItems\": 3, \"items\":"
                        " {\"type\": \"string\", \"maxLength\": 9}}},"
                        " \"required\": [\"maxItems\"]}", 0, NULL);
    expected = json_loads("{\"type\": \"object\", \"properties\": {\"maxItems\":"
                          " {\"type\": \"array\", \"items\":"
                          " {\"type\": \"string\"}}},"
                          " \"required\": [\"maxItems\"]}", 0, NULL);
    sent = llm_schema_sent(schema);
    assert_true(json_equal(sent, expected));
    json_decref(schema);
    json_decref(sent);
    json_decref(expected);
}


/* --- redaction ------------------------------------------------------------ */


static char *
redacted(redaction_run_t *run, const char *text, size_t len)
{
    aud_buffer_t  out = { 0 };

    redaction_text(run, aud_str(text, len), &out);
    assert_false(out.failed);
    assert_int_equal(aud_utf8_valid(aud_buffer_str(&out)), out.len);
    aud_buffer_char(&out, '\0');

    return out.data;
}


static void
becomes(redaction_run_t *run, const char *text, const char *expected)
{
    char          *out = redacted(run, text, strlen(text));
    aud_buffer_t   b = { .data = out };

    assert_string_equal(out, expected);
    aud_buffer_free(&b);
}


static void
placeholders_say_what_was_there(void **state)
{
    redaction_t      *known = redaction_create();
    redaction_run_t  *run;

    assert_int_equal(redaction_name(known, AUD_STR("Dra. Ana M. d'\u00c1vila")),
                     0);
    assert_int_equal(redaction_value(known, AUD_STR("Rua 7, n\u00ba 5")), 0);
    assert_int_equal(redaction_value(known, AUD_STR("oi")), 0);
    run = redaction_begin(known);

    becomes(run, "oi ana, \u00c1VILA? rua 7 no 5",
            "oi [NAME_1], [NAME_2]? [VALUE_1]");
    becomes(run, "banana analisa avilar", "banana analisa avilar");
    becomes(run, "(11) 98765-4321 e +55 11 98765 4321, 21 3333-4444",
            "([PHONE_1] e [PHONE_1], [PHONE_2]");
    becomes(run, "529.982.247-25, 52998224725 e 12.ABC.345/01DE-35",
            "[DOCUMENT_1], [DOCUMENT_1] e [DOCUMENT_2]");
    redaction_end(run);
    redaction_free(known);
}


/* Whatever stands around it, a phone never comes out, and what has been
 * redacted stays as it is. */

static void
no_phone_leaves_a_random_text(void **state)
{
    int               i, n, k;
    char              text[400], *once, *twice;
    size_t            len;
    unsigned          seed = 20261122;
    redaction_run_t  *run;
    aud_buffer_t      b;

    static const char *const  pieces[] = {
        " ", "a", "@", ".", "/", "-", "(", ")", "+", "\u200b", "\u00e9", "\xff",
        "http://", "www.", "sou o ", "me chamo ", "R$ ", ",", "\n", "1", "22",
        "ana", "\U0001f600", "\u0301", "\ufe0f\u20e3", "arroba ", "\xf0\x9f",
        "9 8765 4321", "11987654321", "+55 (11) 98765-4321"
    };

    for (i = 0; i < 20000; i++) {
        len = 0;
        n = rand_r(&seed) % 20;

        for (k = 0; k < n; k++) {
            len += sprintf(text + len, "%s",
                           pieces[rand_r(&seed)
                                  % (sizeof(pieces) / sizeof(pieces[0]))]);
        }

        run = redaction_begin(NULL);
        once = redacted(run, text, len);
        assert_null(strstr(once, "8765"));
        assert_null(strstr(once, "4321"));

        twice = redacted(run, once, strlen(once));
        b = (aud_buffer_t) { .data = once };
        aud_buffer_free(&b);
        b = (aud_buffer_t) { .data = twice };
        aud_buffer_free(&b);
        redaction_end(run);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(failures_in_a_row_open_the_breaker),
        cmocka_unit_test(one_trial_closes_it_or_doubles_its_time),
        cmocka_unit_test(pauses_are_waited_for_up_to_a_minute),
        cmocka_unit_test(answers_that_break_the_schema_are_told_where),
        cmocka_unit_test(bounds_are_not_sent_but_their_names_may_be_members),
        cmocka_unit_test(placeholders_say_what_was_there),
        cmocka_unit_test(no_phone_leaves_a_random_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
