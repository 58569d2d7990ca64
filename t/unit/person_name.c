#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_person_name.h"
#include "random.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static void
is(const char *text, const char *expected)
{
    aud_buffer_t  out = { 0 };

    aud_person_name_canonical(&out, aud_str(text, strlen(text)));
    aud_buffer_char(&out, '\0');

    if (strcmp(out.data, expected) != 0) {
        fail_msg("\"%s\" is \"%s\", not \"%s\"", text, out.data, expected);
    }

    aud_buffer_free(&out);
}


static aud_names_t
compare(const char *a, const char *b)
{
    aud_names_t   says;
    aud_buffer_t  x = { 0 }, y = { 0 };

    aud_person_name_canonical(&x, aud_str(a, strlen(a)));
    aud_person_name_canonical(&y, aud_str(b, strlen(b)));
    says = aud_person_names_compare(aud_buffer_str(&x), aud_buffer_str(&y));
    assert_int_equal(says, aud_person_names_compare(aud_buffer_str(&y),
                                                    aud_buffer_str(&x)));
    aud_buffer_free(&x);
    aud_buffer_free(&y);

    return says;
}


static void
all(const char *const (*pairs)[2], size_t n, aud_names_t expected)
{
    aud_names_t  says;

    for (size_t i = 0; i < n; i++) {
        says = compare(pairs[i][0], pairs[i][1]);

        if (says != expected) {
            fail_msg("\"%s\" and \"%s\" give %d, not %d", pairs[i][0],
                     pairs[i][1], says, expected);
        }
    }
}


static void
test_canonical_forms(void **state)
{
    is("Ana Maria da Silva", "ana maria silva");
    is("  ANA   MARIA DA SILVA ", "ana maria silva");
    is("SILVA, Ana Maria da", "ana maria silva");
    is("Dra. Ana M. Silva", "ana m silva");
    is("João D'Ávila Jr.", "joao avila junior");
    is("Pedro Lima, Jr", "pedro lima junior");
    is("LIMA FILHO, Pedro", "pedro lima filho");
    is("José dos Santos e Souza", "jose santos souza");
    is("Jean-Luc Picard", "jean luc picard");
    is("Neto", "neto");
    is("Dom", "");
    is("Иван Петров", "иван петров");
    is("محمد علي", "محمد علي");
    is("😀 Ana 😀", "ana");
}


static void
test_what_is_no_name(void **state)
{
    is("", "");
    is("12345", "");
    is("😀", "");
    is(", ,", "");
    is("-", "");
    is("\xff\xfe", "");
}


static void
test_one_person_written_otherwise(void **state)
{
    static const char *const  pairs[][2] = {
        { "Ana Silva", "ANA SILVA" },
        { "Ana Silva", "Silva, Ana" },
        { "Ana Silva", "Silva Ana" },
        { "Ana Maria da Silva", "Ana Silva" },
        { "Ana Maria Silva", "Ana M. Silva" },
        { "Ana Silva", "A. Silva" },
        { "Antônio Souza", "Antonio Souza" },
        { "Antonio Souza", "Antoino Souza" },
        { "Luiz Souza", "Luis Sousa" },
        { "Thiago Lima", "Tiago Lima" },
        { "Maria Clara Rocha", "Clara Rocha" },
        { "Pedro Lima Filho", "Pedro Lima Fº Filho" },
    };

    all(pairs, COUNT(pairs), AUD_NAMES_SUPPORT);
}


static void
test_people_who_share_a_phone(void **state)
{
    static const char *const  pairs[][2] = {
        { "Ana Silva", "João Silva" },
        { "Paulo Rocha", "Paula Rocha" },
        { "Daniel Dias", "Daniela Dias" },
        { "Mario Dias", "Maria Dias" },
        { "Gabriel Costa", "Gabriele Costa" },
        { "Pedro Lima Filho", "Pedro Lima Neto" },
        { "Ana", "Rita" },
        { "Иван Петров", "Пётр Петров" },
    };

    all(pairs, COUNT(pairs), AUD_NAMES_CONTRADICT);
}


static void
test_names_that_leave_it_open(void **state)
{
    static const char *const  pairs[][2] = {
        { "", "Ana Silva" },
        { "Ana", "Ana Silva" },
        { "Ana Silva", "Ana Souza" },                   /* marriage */
        { "Edu", "Eduardo Souza" },
        { "A. S.", "Ana Silva" },
        { "Pedro Lima", "Pedro Lima Filho" },
        { "Иван Петров", "Ivan Petrov" },
    };

    all(pairs, COUNT(pairs), AUD_NAMES_SAY_NOTHING);
}


/* Words of names that are equally long are matched in one order. */
static void
test_comparing_is_symmetric(void **state)
{
    (void) compare("a a m s", "an si s iilva");     /* found by fuzzing */
}


static void
test_given_names(void **state)
{
    aud_str_t  given;

    given = aud_person_name_given(AUD_STR("ana maria silva"));
    assert_true(aud_str_equal(given, AUD_STR("ana")));
    assert_int_equal(aud_person_name_given(AUD_STR("a silva")).len, 0);
    assert_int_equal(aud_person_name_given(AUD_STR("")).len, 0);
}


static void
random_name(aud_buffer_t *text)
{
    static const char *const  pieces[] = {
        "Ana", "A", ".", " ", ", ", "Silva", "da ", " e ", "Jr", "filho", "Dr ",
        "ão", "😀", "Иван", "محمد", "'", "-", "\xff", "ne", "to", "1", "\xcc\x81",
        "ﬁ", "x", " ii "
    };

    text->len = 0;

    for (size_t n = random_below(14); n > 0; n--) {
        aud_buffer_text(text, pieces[random_below(COUNT(pieces))]);
    }
}


static void
test_laws_on_random_texts(void **state)
{
    aud_str_t     x, y;
    aud_names_t   says;
    aud_buffer_t  text = { 0 }, a = { 0 }, b = { 0 }, again = { 0 };

    for (int i = 0; i < 100000; i++) {
        a.len = b.len = again.len = 0;
        random_name(&text);
        aud_person_name_canonical(&a, aud_buffer_str(&text));
        random_name(&text);
        aud_person_name_canonical(&b, aud_buffer_str(&text));
        x = aud_buffer_str(&a);
        y = aud_buffer_str(&b);

        aud_person_name_canonical(&again, x);           /* a fixed point */
        assert_true(aud_str_equal(x, aud_buffer_str(&again)));

        says = aud_person_names_compare(x, y);          /* symmetric */
        assert_int_equal(says, aud_person_names_compare(y, x));
        assert_int_equal(aud_person_names_compare(x, x), /* reflexive */
                         x.len ? AUD_NAMES_SUPPORT : AUD_NAMES_SAY_NOTHING);
        assert_true(x.len <= AUD_PERSON_NAME_LEN);
    }

    aud_buffer_free(&text);
    aud_buffer_free(&a);
    aud_buffer_free(&b);
    aud_buffer_free(&again);
}


static void
test_a_megabyte_of_name_is_cut(void **state)
{
    char          *text = malloc(1 << 20);
    aud_buffer_t   out = { 0 };

    memset(text, 'x', 1 << 20);

    for (size_t i = 0; i < 1 << 20; i += 7) {
        text[i] = ' ';
    }

    aud_person_name_canonical(&out, aud_str(text, 1 << 20));
    assert_in_range(out.len, 1, AUD_PERSON_NAME_LEN);
    out.len = 0;
    memset(text, 'y', 1 << 20);                     /* one word, too long */
    aud_person_name_canonical(&out, aud_str(text, 1 << 20));
    assert_int_equal(out.len, 0);
    free(text);
    aud_buffer_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_canonical_forms),
        cmocka_unit_test(test_what_is_no_name),
        cmocka_unit_test(test_one_person_written_otherwise),
        cmocka_unit_test(test_people_who_share_a_phone),
        cmocka_unit_test(test_names_that_leave_it_open),
        cmocka_unit_test(test_comparing_is_symmetric),
        cmocka_unit_test(test_given_names),
        cmocka_unit_test(test_laws_on_random_texts),
        cmocka_unit_test(test_a_megabyte_of_name_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
