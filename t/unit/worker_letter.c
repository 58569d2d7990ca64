#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_clock.h"
#include "aud_text.h"
#include "class_letter.h"
#include "letter.h"
#include "template.h"


static locales_t  *locales;

static const char *const  languages[] = { "pt-BR", "en", "es", NULL };


static int
read_locales(void **state)
{
    aud_error_t  err;

    locales = locales_read("conf/locale", &err);

    if (locales == NULL) {
        print_error("%s\n", err.text);
    }

    return locales == NULL;
}


static int
free_locales(void **state)
{
    locales_free(locales);

    return 0;
}


/* Audiences of a segmentation, with three messages each. */
static json_t *
audiences(int n)
{
    json_t  *list = json_array();

    for (int i = 0; i < n; i++) {
        json_array_append_new(list, json_pack(
            "{s:s, s:s, s:i, s:[{s:s, s:s}, {s:s, s:s}, {s:s}]}", "id",
            "aud_1", "name", "Paulistanos & <b>cariocas</b>", "size", 1234,
            "copies",
            "text", "Oi, {{name}}! Tem novidade em São Paulo?",
            "characteristic", "Cidade: São Paulo",
            "text", "Oi, {{name}}! <i>\"Tudo\"</i> bem?",
            "characteristic", "Plano: <Ouro>",
            "text", "Oi, {{name}}!"));
    }

    return list;
}


static void
add_copies(json_t *v, int n)
{
    json_t  *list = audiences(n), *copies;

    copies = class_letter_values(list);

    if (copies == NULL) {
        assert_int_equal(n, 0);
        copies = json_pack("{s:i, s:i, s:[]}", "count", 0, "more", 0,
                           "audiences");
    }

    json_object_update(v, copies);
    json_decref(copies);
    json_decref(list);
}


/* All values that jobs give. */
static json_t *
values(int imported, int rejected)
{
    json_t  *v;

    v = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:b, s:s, s:s, s:i,"
                  " s:s, s:s, s:i, s:s}",
                  "import", "imp_1", "filename", "crm & <b>.csv",
                  "state", "succeeded", "imported", imported,
                  "refused_opt_in", 3, "rejected", rejected, "read", 1234567,
                  "error", "the disk is full", "consent_assumed", 1,
                  "export", "exp_1", "audience_name", "VIP \"ouro\"",
                  "rows", 200000, "url", "https://a.example/e/x?a=1&b=2",
                  "expires_at", "2026-11-23T19:32:10.5Z", "link_hours", 48,
                  "errors_url", "https://a.example/errors.csv");
    assert_non_null(v);
    add_copies(v, imported);

    return v;
}


static letter_t
written(const char *language, const char *name, json_t *v)
{
    letter_t     letter;
    aud_error_t  err;

    if (letter_write(locales_get(locales, language), name, "Ana", v, &letter,
                     &err) != 0)
    {
        fail_msg("%s in %s: %s", name, language, err.text);
    }

    aud_buffer_char(&letter.subject, '\0');
    aud_buffer_char(&letter.text, '\0');
    aud_buffer_char(&letter.html, '\0');
    json_decref(v);

    return letter;
}


static void
holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, text);
    }
}


static void
lacks(const char *text, const char *part)
{
    if (strstr(text, part)) {
        fail_msg("\"%s\" is in: %s", part, text);
    }
}


/* But for those of messages that people are to send themselves. */
static void
lacks_gaps(const char *text)
{
    while ((text = strstr(text, "{{")) != NULL) {
        assert_memory_equal(text, "{{name}}", 8);
        text += 8;
    }
}


static void
test_every_letter_in_every_language(void **state)
{
    letter_t  l;

    for (int i = 0; languages[i]; i++) {
        for (int j = 0; letter_names[j]; j++) {
            for (int n = 0; n < 3; n++) {
                l = written(languages[i], letter_names[j], values(n, n));

                assert_int_equal(aud_utf8_valid(aud_buffer_str(&l.html)),
                                 l.html.len);
                lacks(l.subject.data, "{{");
                lacks_gaps(l.text.data);
                lacks_gaps(l.html.data);
                lacks(l.subject.data, "\n");
                holds(l.text.data, "Ana");
                holds(l.html.data, "</html>");
                assert_true(strlen(l.subject.data) > 10);

                letter_free(&l);
            }
        }
    }
}


static void
test_text_and_html_say_the_same(void **state)
{
    letter_t  l = written("pt-BR", "export_ready", values(1, 0));

    assert_string_equal(l.subject.data,
                        "Sua audiência “VIP \"ouro\"” está pronta para"
                        " baixar");
    assert_string_equal(l.text.data,
        "Olá, Ana!\n\n"
        "A audiência “VIP \"ouro\"” foi exportada, com 200.000 contatos, em um"
        " arquivo CSV.\n\n"
        "Baixar o arquivo:\nhttps://a.example/e/x?a=1&b=2\n\n"
        "O link vale por 48 horas, até 23 de novembro de 2026, às 19h32 (UTC)."
        " Depois disso, exporte a audiência de novo para receber outro.\n\n"
        "Quem tiver o link pode baixar o arquivo: não encaminhe esta mensagem"
        " a quem não deve ver os contatos.\n\n"
        "-- \nEsta mensagem é automática: você a recebeu porque fez este"
        " pedido na sua conta.\n");

    holds(l.html.data, "<html lang=\"pt-BR\">");
    holds(l.html.data, "VIP &quot;ouro&quot;");
    holds(l.html.data, "href=\"https://a.example/e/x?a=1&amp;b=2\"");
    holds(l.html.data, "23 de novembro de 2026, às 19h32 (UTC)");

    letter_free(&l);
}


static void
test_html_escapes_values(void **state)
{
    letter_t  l = written("en", "import_partial", values(2, 1));

    holds(l.text.data, "crm & <b>.csv");
    holds(l.html.data, "crm &amp; &lt;b&gt;.csv");
    lacks(l.html.data, "<b>");

    letter_free(&l);
}


static void
test_words_fit_their_numbers(void **state)
{
    letter_t  l;

    l = written("en", "import_partial", values(1, 1));
    holds(l.subject.data, "with 1 row rejected");
    holds(l.text.data, "1 contact is ready");
    letter_free(&l);

    l = written("en", "import_partial", values(0, 2));
    holds(l.subject.data, "with 2 rows rejected");
    holds(l.text.data, "no contact went into your base: 2 rows have");
    letter_free(&l);

    l = written("en", "import_partial", values(5000, 2000));
    holds(l.subject.data, "with 2,000 rows rejected");
    holds(l.text.data, "Rows read: 1,234,567\n");
    letter_free(&l);
}


static void
test_conditions(void **state)
{
    json_t    *v = values(5, 0);
    letter_t   l;

    l = written("en", "import_succeeded", json_incref(v));
    holds(l.text.data, "has no Opt-in column");
    holds(l.text.data, "Without consent, not stored: 3\n");
    letter_free(&l);

    json_object_set_new(v, "consent_assumed", json_false());
    json_object_set_new(v, "refused_opt_in", json_integer(0));
    l = written("en", "import_succeeded", json_incref(v));
    lacks(l.text.data, "Opt-in");
    lacks(l.text.data, "consent");
    letter_free(&l);

    json_object_set_new(v, "error", json_null());
    l = written("en", "import_failed", v);
    lacks(l.text.data, "Reason");
    letter_free(&l);
}


static void
test_a_subject_is_one_line(void **state)
{
    json_t    *v = values(5, 0);
    letter_t   l;

    json_object_set_new(v, "audience_name",
                        json_string("a\r\nBcc: e@f\tx\xc2\x85y"));
    l = written("en", "export_ready", v);
    assert_string_equal(l.subject.data,
                        "Your audience “a  Bcc: e@f x  y” is ready to"
                        " download");
    letter_free(&l);
}


static void
test_what_is_missing_or_no_address_is_an_error(void **state)
{
    json_t       *v = values(5, 0);
    letter_t      l;
    aud_error_t   err;

    json_object_set_new(v, "url", json_string("javascript:alert(1)"));
    assert_int_equal(letter_write(locales_get(locales, "en"), "export_ready",
                                  "", v, &l, &err), -1);
    assert_string_equal(err.text, "a link is no web address");

    json_object_del(v, "rows");
    assert_int_equal(letter_write(locales_get(locales, "en"), "export_ready",
                                  "", v, &l, &err), -1);
    assert_string_equal(err.text, "\"{{rows}}\" names what is not there");
    assert_null(l.text.data);

    assert_int_equal(letter_write(locales_get(locales, "en"), "no_such", "", v,
                                  &l, &err), -1);
    json_decref(v);
}


static void
test_copies_stand_ready_to_be_copied(void **state)
{
    letter_t  l = written("pt-BR", "copies", values(1, 0));

    assert_string_equal(l.subject.data, "Mensagens sugeridas para 1 audiência");
    assert_string_equal(l.text.data,
        "Olá, Ana!\n\n"
        "A segmentação automática encontrou 1 audiência na sua base. Abaixo há"
        " mensagens prontas para copiar.\n\n"
        "Na mensagem, “name” entre chaves duplas é o lugar do nome do contato."
        " Revise antes de enviar e escreva só para quem deu consentimento."
        "\n\n"
        "# Paulistanos & <b>cariocas</b>\n\n"
        "1.234 pessoas\n\n"
        "Com base em: Cidade: São Paulo\n\n"
        "Oi, {{name}}! Tem novidade em São Paulo?\n\n"
        "Com base em: Plano: <Ouro>\n\n"
        "Oi, {{name}}! <i>\"Tudo\"</i> bem?\n\n"
        "Oi, {{name}}!\n\n"
        "-- \nEsta mensagem é automática: as pessoas com acesso à conta a"
        " recebem quando alguém pede sugestões de mensagens.\n");

    holds(l.html.data, "<h2>Paulistanos &amp; &lt;b&gt;cariocas&lt;/b&gt;</h2>");
    holds(l.html.data, "<blockquote>Oi, {{name}}! &lt;i&gt;&quot;Tudo&quot;"
          "&lt;/i&gt; bem?</blockquote>");
    holds(l.html.data, "<p class=\"note\">Com base em: Plano: &lt;Ouro&gt;</p>");
    holds(l.html.data, "<footer>Esta mensagem é automática: as pessoas com");
    letter_free(&l);
}


static void
test_of_many_audiences_a_dozen_is_shown(void **state)
{
    int          shown = 0;
    letter_t     l = written("en", "copies", values(15, 0));
    const char  *at = l.html.data;

    while ((at = strstr(at, "<h2>")) != NULL) {
        shown++;
        at++;
    }

    assert_int_equal(shown, CLASS_LETTER_AUDIENCES);
    assert_string_equal(l.subject.data,
                        "Suggested messages for 15 audiences");
    holds(l.text.data, "There are suggestions for 3 more audiences");
    letter_free(&l);

    l = written("en", "copies", values(12, 0));
    lacks(l.text.data, "more audience");
    letter_free(&l);
}


static void
test_audiences_without_copies_are_no_letter(void **state)
{
    json_t  *list, *v;

    list = json_pack("[{s:s, s:i}, {s:s, s:i, s:[]}]", "name", "A", "size", 1,
                     "name", "B", "size", 2, "copies");
    assert_null(class_letter_values(list));

    json_array_append_new(list, json_pack("{s:s, s:i, s:[{s:s}]}", "name", "C",
                                          "size", 3, "copies", "text", "x"));
    v = class_letter_values(list);
    assert_int_equal(json_integer_value(json_object_get(v, "count")), 1);
    json_decref(v);
    json_decref(list);
}


static void
test_what_is_no_list_is_an_error(void **state)
{
    json_t       *v = values(1, 0);
    letter_t      l;
    aud_error_t   err;

    json_object_set_new(v, "audiences", json_integer(1));
    assert_int_equal(letter_write(locales_get(locales, "en"), "copies", "", v,
                                  &l, &err), -1);
    assert_string_equal(err.text, "\"audiences\" is no list");
    json_decref(v);
}


static void
number_is(const char *language, int64_t n, const char *expected)
{
    aud_buffer_t  b = { 0 };

    locale_number(locales_get(locales, language), n, &b);
    assert_true(aud_str_equal(aud_buffer_str(&b),
                              aud_str(expected, strlen(expected))));
    aud_buffer_free(&b);
}


static void
test_numbers_are_grouped_as_the_language_does(void **state)
{
    number_is("pt-BR", 0, "0");
    number_is("pt-BR", 999, "999");
    number_is("pt-BR", 1000, "1.000");
    number_is("pt-BR", 1234567, "1.234.567");
    number_is("en", 50000, "50,000");
    number_is("es", 1234, "1234");
    number_is("es", 12345, "12.345");
    number_is("en", -5, "-5");
}


static void
time_is(const char *language, const char *expected)
{
    aud_buffer_t  b = { 0 };

    locale_time(locales_get(locales, language), 1795289520 * AUD_SECOND, &b);
    aud_buffer_char(&b, '\0');
    assert_string_equal(b.data, expected);
    aud_buffer_free(&b);
}


static void
test_times(void **state)
{
    time_is("pt-BR", "21 de novembro de 2026, às 19h32 (UTC)");
    time_is("en", "November 21, 2026 at 19:32 (UTC)");
    time_is("es", "21 de noviembre de 2026 a las 19:32 (UTC)");
}


static void
test_languages_that_browsers_ask_for(void **state)
{
    static const char *const  cases[][2] = {
        { "", "none" }, { "pt-BR,pt;q=0.9,en;q=0.8", "pt-BR" },
        { "pt", "pt-BR" },
        { "pt-PT", "pt-BR" }, { "EN-us", "en" }, { "es-419,es;q=0.9", "es" },
        { "fr, de;q=0.9", "none" }, { "fr, en;q=0.1", "en" },
        { "en;q=0.2, es;q=0.7", "es" }, { "en;q=0, es;q=0.001", "es" },
        { "en;q=0", "none" }, { "*", "none" }, { "english", "none" },
        { "en ; q=0.5 , es; q=0.6", "es" }, { ",,;;q=,en", "en" },
        { "en;q=9999999999999", "en" }, { NULL, NULL }
    };

    for (int i = 0; cases[i][0]; i++) {
        assert_string_equal(locale_accepted(aud_str(cases[i][0],
                                                    strlen(cases[i][0])),
                                            "none"), cases[i][1]);
    }
}


static int
no_value(void *arg, aud_str_t name, aud_buffer_t *out)
{
    if (!aud_str_equal(name, AUD_STR("a"))) {
        return -1;
    }

    aud_buffer_text(out, "{{b}}");

    return 0;
}


static void
test_templates(void **state)
{
    aud_error_t        err;
    aud_buffer_t       b = { 0 };
    template_values_t  v = { no_value, NULL, NULL };

    /* what a value holds is not filled again */
    assert_int_equal(template_fill(AUD_STR("x {a} {{a}}} y"), &v, &b, &err), 0);
    assert_true(aud_str_equal(aud_buffer_str(&b), AUD_STR("x {a} {{b}}} y")));

    assert_int_equal(template_fill(AUD_STR("{{a"), &v, &b, &err), -1);
    assert_string_equal(err.text, "\"{{a\" is never closed");
    assert_int_equal(template_fill(AUD_STR("{{}}"), &v, &b, &err), -1);
    assert_int_equal(template_fill(AUD_STR("{{a|b|c}}"), &v, &b, &err), -1);

    aud_buffer_free(&b);
}


static void
test_a_folder_without_texts_is_an_error(void **state)
{
    aud_error_t  err;

    assert_null(locales_read("/nonexistent", &err));
    assert_string_equal(err.text,
                        "/nonexistent/mail.html: No such file or directory");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_letter_in_every_language),
        cmocka_unit_test(test_text_and_html_say_the_same),
        cmocka_unit_test(test_html_escapes_values),
        cmocka_unit_test(test_words_fit_their_numbers),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_a_subject_is_one_line),
        cmocka_unit_test(test_what_is_missing_or_no_address_is_an_error),
        cmocka_unit_test(test_copies_stand_ready_to_be_copied),
        cmocka_unit_test(test_of_many_audiences_a_dozen_is_shown),
        cmocka_unit_test(test_audiences_without_copies_are_no_letter),
        cmocka_unit_test(test_what_is_no_list_is_an_error),
        cmocka_unit_test(test_numbers_are_grouped_as_the_language_does),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_languages_that_browsers_ask_for),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_a_folder_without_texts_is_an_error),
    };

    return cmocka_run_group_tests(tests, read_locales, free_locales);
}
