#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "class_text.h"


static void
clean_is(const char *text, size_t max, const char *expected)
{
    aud_buffer_t  out = { 0 };

    class_text_clean(aud_str(text, strlen(text)), max, &out);
    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    aud_buffer_free(&out);
}


static void
test_texts_that_people_write_stay(void **state)
{
    static const char *const  texts[] = {
        "Ouro", "São Paulo", "R$ 1.234,56", "-3,5", "+5", "S.A.", "4x4",
        "18-25", "a/b", "Loja (centro)", "Ça va? Oui!", "Ünïcödé", "日本語",
        "😀 feliz", "<18", "> 100", "<= 5", "12:30", "5%", "Casa / Jardim",
        "d'Água", "Nº 5", "C++", NULL
    };

    for (int i = 0; texts[i]; i++) {
        clean_is(texts[i], 60, texts[i]);
    }
}


static void
test_a_text_is_one_line_of_words(void **state)
{
    clean_is("  a \t\r\n b  ", 60, "a b");
    clean_is("a\xc2\x85" "b\xe2\x80\xa8" "c\xe2\x80\xa9" "d\xc2\xa0" "e", 60,
             "a b c d e");
    clean_is("em_negociacao", 60, "em negociacao");
    clean_is("a\x01\x7f" "b", 60, "a b");
    clean_is("", 60, "");
    clean_is("\x01\x02", 60, "");
}


static void
test_what_cannot_be_seen_is_left_out(void **state)
{
    clean_is("\xe2\x80\xae" "oruO", 60, "oruO");            /* U+202E */
    clean_is("A\xe2\x80\x8f" "B\xe2\x81\xa6" "C", 60, "ABC");
    clean_is("\xef\xbb\xbf" "x\xe2\x80\x8b" "y\xc2\xad" "z", 60, "xyz");
    clean_is("\xee\x80\x80" "p\xf3\xb0\x80\x80", 60, "p");  /* private */
    clean_is("a\xff" "b\xc3", 60, "ab");                    /* not UTF-8 */
    clean_is("\xcc\x81" "a", 60, "a");                      /* a mark alone */
    clean_is("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 60,
             "e\xcc\x81\xcc\x81\xcc\x81");
}


static void
test_nothing_is_run_followed_or_filled(void **state)
{
    clean_is("{{name}}", 60, "((name))");
    clean_is("<script>alert(1)</script>", 60, "script alert(1) /script");
    clean_is("<b>Ouro</b>", 60, "b Ouro /b");
    clean_is("http://evil.example/x", 60, "http evil·example/x");
    clean_is("https:////evil.example", 60, "https evil·example");
    clean_is("www.evil.example", 60, "www·evil·example");
    clean_is("www.\xe2\x80\x8b" "evil.\xe2\x80\x8b" "example", 60,
             "www·evil·example");
    clean_is("http:/\xe2\x80\x8b/evil.example", 60, "http //evil·example");
    clean_is("café.москва", 60, "café·москва");
    clean_is("ana@evil.example", 60, "ana@evil·example");
    clean_is("=1+1", 60, "1+1");
    clean_is("\t=1+1", 60, "1+1");
    clean_is("@SUM(1)", 60, "SUM(1)");
    clean_is("-2+3+cmd|' /C calc'!A0", 60, "2+3+cmd|' /C calc'!A0");
    clean_is("+55 x", 60, "55 x");
    clean_is("\"=1+1\"", 60, "1+1\"");
    clean_is(" - =-@x", 60, "x");
}


static void
test_long_texts_end_at_a_word(void **state)
{
    size_t  n = 1 << 20;
    char   *text = malloc(n + 1);

    clean_is("um dois tres quatro", 12, "um dois…");
    clean_is("um dois tres quatro", 19, "um dois tres quatro");
    clean_is("paralelepipedo", 6, "paral…");
    clean_is("um paralelepipedo", 9, "um paral…");
    clean_is("ação ação ação", 10, "ação ação…");
    clean_is("aaaae\xcc\x81" "b", 6, "aaaa…");      /* no e without its mark */

    memset(text, '\x01', n);
    text[n] = '\0';
    clean_is(text, 40, "");
    memset(text, 'x', n);
    clean_is(text, 4, "xxx…");
    free(text);
}


static void
field_is(const char *name, const char *expected)
{
    aud_buffer_t            out = { 0 };
    static const aud_str_t  spellings[] = { { "WhatsApp", 8 },
                                            { "iPhone", 6 } };

    class_text_field(aud_str(name, strlen(name)), spellings, 2, 30, &out);
    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    aud_buffer_free(&out);
}


static void
test_names_of_columns_become_words(void **state)
{
    field_is("idade", "idade");
    field_is("Origem do Lead", "Origem do Lead");
    field_is("gosta de futebol?", "gosta de futebol");
    field_is("gosta_de_futebol?", "gosta de futebol");
    field_is("ticketMedio", "ticket medio");
    field_is("TicketMedio", "Ticket medio");
    field_is("lastNPS", "last NPS");
    field_is("NPSScore", "NPS score");
    field_is("utmSource", "utm source");
    field_is("ESTADO_CIVIL", "estado civil");
    field_is("UF", "UF");
    field_is("LTV", "LTV");
    field_is("últimaCompra", "última compra");
    field_is("lead.status", "lead status");
    field_is("WhatsApp", "WhatsApp");
    field_is("temWhatsApp", "tem WhatsApp");
    field_is("usaWhatsAppBusiness", "usa WhatsApp Business");
    field_is("iPhone", "iPhone");
    field_is("São Paulo FC?", "São Paulo FC");
    field_is("plano2", "plano2");
    field_is("¿Te gusta el fútbol?", "Te gusta el fútbol");
    field_is("???", "");
    field_is("=cmd()", "cmd()");
    field_is("Compartilhamento dos meus dados com terceiros",
             "Compartilhamento dos meus…");
}


static void
capital_is(const char *text, const char *capital, const char *small)
{
    aud_buffer_t  out = { 0 };

    aud_buffer_text(&out, "x ");
    aud_buffer_text(&out, text);
    class_text_capital(&out, 2);
    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data + 2, capital);

    out.len = 2;
    aud_buffer_text(&out, text);
    class_text_small(&out, 2);
    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data + 2, small);
    aud_buffer_free(&out);
}


static void
test_first_letters(void **state)
{
    capital_is("", "", "");
    capital_is("idade", "Idade", "idade");
    capital_is("último", "Último", "último");
    capital_is("Última", "Última", "última");
    capital_is("NPS", "NPS", "NPS");
    capital_is("1 a 2", "1 a 2", "1 a 2");
    capital_is("ɐx", "Ɐx", "ɐx");             /* two bytes become three */
    capital_is("日本", "日本", "日本");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_texts_that_people_write_stay),
        cmocka_unit_test(test_a_text_is_one_line_of_words),
        cmocka_unit_test(test_what_cannot_be_seen_is_left_out),
        cmocka_unit_test(test_nothing_is_run_followed_or_filled),
        cmocka_unit_test(test_long_texts_end_at_a_word),
        cmocka_unit_test(test_names_of_columns_become_words),
        cmocka_unit_test(test_first_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
