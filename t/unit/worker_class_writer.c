/*
 * Words by a language model: what it is told, and what of its words is taken.
 * The model is this test's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_text.h"
#include "class_bases.h"
#include "class_text.h"
#include "class_writer_llm.h"
#include "llm_schema.h"

#define CLASSES  6
#define GOOD                                                                  \
    "{\"name\":\"Torcida jovem\",\"description\":\"74% s\u00e3o Flamengo.\"," \
    "\"messages\":[{\"text\":\"Oi, {{name}}!\",\"fact\":1},"                  \
    "{\"text\":\"Ol\u00e1, {{name}}, tudo bem?\",\"fact\":0},"                \
    "{\"text\":\"{{name}}, tem novidade.\",\"fact\":1}]}"


/* The client, as class_writer_llm.c sees it. */

static const char  *model = "test-model";
static const char  *answers[CLASSES];       /* by the class's question */
static json_t      *told[CLASSES];
static char        *instruction;
static size_t       asked;

const char *
llm_model(const llm_t *llm)
{
    return model;
}

const char *
llm_status_name(llm_status_t status)
{
    return "a status";
}

void
llm_ask(llm_t *llm, const char *tenant, const llm_prompt_t *prompt,
    llm_question_t *questions, size_t n,
    int (*turn)(void *arg, size_t answered), void *arg)
{
    size_t       i;
    json_t      *sent;
    aud_error_t  err;

    assert_string_equal(tenant, "demo");
    free(instruction);
    instruction = strdup(prompt->instruction);
    sent = llm_schema_sent(prompt->schema);
    assert_non_null(sent);
    json_decref(sent);

    for (i = 0; i < n; i++, asked++) {
        assert_true(questions[i].aggregates);
        told[asked] = json_deep_copy(questions[i].content);
        questions[i].status = LLM_UNAVAILABLE;

        if (answers[asked]) {
            questions[i].answer = json_loads(answers[asked], 0, NULL);
            assert_non_null(questions[i].answer);
            questions[i].status = LLM_ANSWERED;

            if (llm_schema_check(prompt->schema, questions[i].answer, &err)
                != 0)
            {
                json_decref(questions[i].answer);
                questions[i].answer = NULL;
                questions[i].status = LLM_REFUSED;
            }
        }
    }
}


static locales_t  *locales;
static base_t      base;
static json_t     *before[CLASSES], *results[CLASSES];
static const char *kept[CLASSES];


static int
set_up(void **state)
{
    bases_t      bases;
    aud_error_t  err;

    locales = locales_read("conf/locale", &err);

    if (locales == NULL) {
        return -1;
    }

    bases_open(&bases, "t/unit/class_writer/bases.txt");
    (void) bases_next(&bases, &base);
    bases_close(&bases);

    return base.nclasses != CLASSES;
}


static int
tear_down(void **state)
{
    free(instruction);
    base_free(&base);
    locales_free(locales);

    return 0;
}


static void
forget(void)
{
    size_t  i;

    for (i = 0; i < CLASSES; i++) {
        json_decref(before[i]);
        json_decref(results[i]);
        json_decref(told[i]);
        before[i] = results[i] = told[i] = NULL;
    }

    asked = 0;
}


static void
write_words(int copies, const char *const *taken, size_t ntaken)
{
    size_t                 i;
    const locale_texts_t  *texts = locales_get(locales, base.language);

    forget();
    assert_int_equal(class_names(texts, &base.behaviours, base.classes,
                                 CLASSES, kept, taken, ntaken, copies,
                                 results), 0);

    for (i = 0; i < CLASSES; i++) {
        before[i] = json_deep_copy(results[i]);
    }

    assert_int_equal(class_writer_llm(NULL, "demo", texts, &base.behaviours,
                                      base.classes, CLASSES, kept, taken,
                                      ntaken, copies, results, NULL, NULL), 0);
}


static const char *
text_of(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}


static int
stays(size_t i, const char *name)
{
    return json_equal(json_object_get(before[i], name),
                      json_object_get(results[i], name));
}


/* Whether the first class has the words that it had. */

static void
not_taken(const char *name, const char *description)
{
    char     answer[4096];
    json_t  *text;

    text = json_pack("{s:s, s:s}", "name", name, "description", description);
    assert_non_null(text);
    char  *dumped = json_dumps(text, 0);
    snprintf(answer, sizeof(answer), "%s", dumped);
    free(dumped);
    json_decref(text);

    memset(answers, 0, sizeof(answers));
    answers[0] = answer;
    write_words(0, NULL, 0);

    if (!stays(0, "name") || !stays(0, "description")) {
        fail_msg("taken: %s: %s", name, description);
    }

    assert_string_equal(text_of(results[0], "written_by"), "built-in");
    answers[0] = NULL;
}


static void
without_a_model_all_is_built_in(void **state)
{
    size_t  i;

    model = NULL;
    write_words(1, NULL, 0);
    model = "test-model";
    assert_int_equal(asked, 0);

    for (i = 0; i < CLASSES; i++) {
        assert_true(stays(i, "name"));
        assert_string_equal(text_of(results[i], "written_by"), "built-in");
        assert_string_equal(text_of(results[i], "copies_written_by"),
                            "built-in");
    }

    write_words(0, NULL, 0);
    assert_null(json_object_get(results[0], "copies_written_by"));
}


/* Whether the names of other groups that a question has are those of these
 * classes. */

static int
other_names(size_t question, const size_t *classes, size_t n)
{
    int      same;
    json_t  *names = json_array();

    while (n--) {
        json_array_append(names, json_object_get(results[*classes++], "name"));
    }

    same = json_equal(names, json_object_get(told[question],
                                             "names_of_other_groups"));
    json_decref(names);

    return same;
}


static void
the_model_is_told_aggregates_alone(void **state)
{
    size_t   i;
    char    *all;
    json_t  *fact;

    memset(answers, 0, sizeof(answers));
    write_words(1, NULL, 0);

    /* Not the class of four people. */
    assert_int_equal(asked, 5);
    fact = json_array_get(json_object_get(told[0], "facts"), 0);
    assert_string_equal(text_of(told[0], "language"), "pt-BR");
    assert_string_equal(text_of(fact, "value"), "Flamengo");
    assert_int_equal(json_integer_value(json_object_get(fact,
                                            "percent_of_group")), 74);
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(told[0], "group"), "people")), 8120);
    assert_true(json_is_true(json_object_get(fact, "in_messages")));

    fact = json_array_get(json_object_get(told[1], "facts"), 1);
    assert_string_equal(text_of(fact, "value"), "Diabetes");
    assert_true(json_is_false(json_object_get(fact, "in_messages")));

    fact = json_array_get(json_object_get(told[4], "facts"), 0);
    assert_non_null(strstr(text_of(fact, "value"), "100"));

    /* Four people of 400, an address, and names that may speak of them. */
    for (i = 0; i < asked; i++) {
        all = json_dumps(told[i], 0);
        assert_null(strstr(all, "Vila"));
        assert_null(strstr(all, "loja.com"));
        assert_null(strstr(all, "loja\u00b7com"));
        free(all);
    }

    assert_true(other_names(0, (size_t []) { 1, 4 }, 2));
    assert_true(other_names(1, (size_t []) { 0, 4 }, 2));
    assert_true(other_names(2, (size_t []) { 0, 1, 4 }, 3));

    assert_int_equal(json_array_size(json_object_get(told[2], "facts")), 1);
    assert_non_null(strstr(instruction, "messages: exactly three"));

    write_words(0, NULL, 0);
    assert_null(strstr(instruction, "messages"));
    fact = json_array_get(json_object_get(told[0], "facts"), 0);
    assert_null(json_object_get(fact, "in_messages"));
}


static void
good_words_are_taken(void **state)
{
    json_t  *copy;

    memset(answers, 0, sizeof(answers));
    answers[0] = GOOD;
    write_words(1, NULL, 0);

    assert_string_equal(text_of(results[0], "name"), "Torcida jovem");
    assert_string_equal(text_of(results[0], "description"),
                        "74% s\u00e3o Flamengo.");
    assert_string_equal(text_of(results[0], "written_by"), "test-model");
    assert_string_equal(text_of(results[0], "copies_written_by"),
                        "test-model");
    assert_int_equal(json_array_size(json_object_get(results[0], "copies")),
                     3);
    copy = json_array_get(json_object_get(results[0], "copies"), 0);
    assert_string_equal(text_of(copy, "text"), "Oi, {{name}}!");
    assert_non_null(strstr(text_of(copy, "characteristic"),
                           "Flamengo (74%"));
    copy = json_array_get(json_object_get(results[0], "copies"), 1);
    assert_true(text_of(copy, "characteristic")[0] != '\0');
    assert_true(stays(0, "characteristics"));

    assert_true(stays(1, "name"));
    assert_string_equal(text_of(results[1], "written_by"), "built-in");
}


static void
a_name_that_is_kept_gets_a_new_description(void **state)
{
    memset(answers, 0, sizeof(answers));
    answers[0] = GOOD;
    kept[0] = "Meu nome";
    write_words(0, NULL, 0);
    kept[0] = NULL;

    /* There are messages, which nobody asked for. */
    assert_string_equal(text_of(results[0], "written_by"), "built-in");

    answers[0] = "{\"name\":\"Outro\",\"description\":\"S\u00e3o 8.120.\"}";
    kept[0] = "Meu nome";
    write_words(0, NULL, 0);
    kept[0] = NULL;
    assert_string_equal(text_of(results[0], "name"), "Meu nome");
    assert_string_equal(text_of(results[0], "description"), "S\u00e3o 8.120.");
    assert_string_equal(text_of(results[0], "written_by"), "test-model");
}


static void
bad_words_are_not_taken(void **state)
{
    size_t  i;

    static const char *const  bad[] = {
        "Veja loja.com", "https://x", "www.loja", "a//b", "duas\nlinhas",
        "com\ttab", "bip\a", "Ligue 11 98765-4321", "ana@loja.com.br",
        "75% Flamengo", "2026", "7 e 4", "8120000", "@perfil", "  ", "\u200b"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        not_taken(bad[i], "Boa gente.");
        not_taken("Boa gente", bad[i]);
    }
}


static void
words_too_many_are_cut_at_a_word(void **state)
{
    char          answer[2048];
    size_t        len;
    aud_str_t     text;

    memset(answers, 0, sizeof(answers));
    answers[0] = answer;
    len = sprintf(answer, "{\"name\":\"");

    while (len < 200) {
        len += sprintf(answer + len, "cora\u00e7\u00e3o ");
    }

    len += sprintf(answer + len, "\",\"description\":\"");

    while (len < 900) {
        len += sprintf(answer + len, "\u00e1gil\u00e9 ");
    }

    sprintf(answer + len, "\"}");
    write_words(0, NULL, 0);

    text = aud_str(text_of(results[0], "name"),
                   strlen(text_of(results[0], "name")));
    assert_string_equal(text_of(results[0], "written_by"), "test-model");
    assert_true(class_text_length(text) <= CLASS_NAME_MAX);
    assert_true(class_text_length(text) > CLASS_NAME_MAX / 2);
    assert_int_equal(aud_utf8_valid(text), text.len);
    text = aud_str(text_of(results[0], "description"),
                   strlen(text_of(results[0], "description")));
    assert_true(class_text_length(text) <= CLASS_DESCRIPTION_MAX);
    assert_int_equal(aud_utf8_valid(text), text.len);
    answers[0] = NULL;
}


static void
no_two_audiences_are_named_alike(void **state)
{
    char         answer[512];
    const char  *taken[] = { "Promo\u00e7\u00e3o" };

    memset(answers, 0, sizeof(answers));
    answers[0] = "{\"name\":\"Promocao\",\"description\":\"Boa.\"}";
    answers[1] = "{\"name\":\"Cora\u00e7\u00e3o\",\"description\":\"Boa.\"}";
    answers[2] = "{\"name\":\"CORACAO\",\"description\":\"Boa.\"}";
    write_words(0, taken, 1);
    assert_true(stays(0, "name"));
    assert_string_equal(text_of(results[1], "name"), "Cora\u00e7\u00e3o");
    assert_true(stays(2, "name"));
    assert_true(stays(2, "description"));

    /* What is built in for another may stay there. */
    snprintf(answer, sizeof(answer), "{\"name\":\"%s\",\"description\":\"B.\"}",
             text_of(before[1], "name"));
    answers[0] = answer;
    answers[1] = NULL;
    write_words(0, NULL, 0);
    assert_true(stays(0, "name"));

    /* And what is built in for itself is its own. */
    snprintf(answer, sizeof(answer), "{\"name\":\"%s\",\"description\":\"B.\"}",
             text_of(before[0], "name"));
    write_words(0, NULL, 0);
    assert_string_equal(text_of(results[0], "written_by"), "test-model");
    answers[0] = NULL;
}


static void
messages_that_should_not_be_sent_are_not_taken(void **state)
{
    char    answer[2048];
    size_t  i;

    static const struct {
        const char  *text;
        int          fact;
    } bad[] = {
        { "Oi!", 0 }, { "Oi, {{nome}}!", 0 }, { "{{name}} e {{name}}", 0 },
        { "{{name}} {{plan}}", 0 }, { "{{name}}, loja.com.br", 0 },
        { "{{name}}, ligue 11 98765-4321", 0 }, { "{{name}}, 20% off", 0 },
        { "{{name}}, 20 reais", 0 }, { "{{name}}, vinte % off", 0 },
        { "{{name}}\\n\\noi", 0 }, { "<b>{{name}}</b>", 0 },
        { "=CMD({{name}})", 0 }, { "Oi, {{name}}", 2 }, { "Oi, {{name}}", 99 },
        { "{{name}}, sua DIABETES", 1 }, { "Outro, {{name}}", 0 }
    };

    memset(answers, 0, sizeof(answers));
    answers[1] = answer;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(answer, sizeof(answer),
                 "{\"name\":\"Nome %c\",\"description\":\"Boa.\",\"messages\":["
                 "{\"text\":\"Um, {{name}}\",\"fact\":1},"
                 "{\"text\":\"Outro, {{name}}\",\"fact\":0},"
                 "{\"text\":\"%s\",\"fact\":%d}]}", (char) ('a' + i),
                 bad[i].text, bad[i].fact);
        write_words(1, NULL, 0);

        if (!stays(1, "copies")
            || strcmp(text_of(results[1], "copies_written_by"), "built-in"))
        {
            fail_msg("taken: %s", bad[i].text);
        }

        assert_string_equal(text_of(results[1], "written_by"), "test-model");
    }

    answers[1] = NULL;
    forget();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(without_a_model_all_is_built_in),
        cmocka_unit_test(the_model_is_told_aggregates_alone),
        cmocka_unit_test(good_words_are_taken),
        cmocka_unit_test(a_name_that_is_kept_gets_a_new_description),
        cmocka_unit_test(bad_words_are_not_taken),
        cmocka_unit_test(words_too_many_are_cut_at_a_word),
        cmocka_unit_test(no_two_audiences_are_named_alike),
        cmocka_unit_test(messages_that_should_not_be_sent_are_not_taken)
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
