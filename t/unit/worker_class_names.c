/*
 * What is written about classes of people: transcripts of bases as people have
 * them, and properties of what is written about random ones.
 *
 *   AUDIENCE_WORDS=file   writes the transcript there, to look at a change
 */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <utf8proc.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "class_bases.h"
#include "class_lexicon.h"
#include "class_names.h"
#include "class_texts.h"
#include "class_words.h"
#include "random.h"

#define ROUNDS  300


static locales_t  *locales;

static const char *const  languages[] = { "pt-BR", "en", "es" };


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


static void
add_words(const base_t *base, aud_buffer_t *out)
{
    size_t   i;
    json_t  *results[BASE_CLASSES], *text;

    assert_int_equal(class_names(locales_get(locales, base->language),
                                 &base->behaviours, base->classes,
                                 base->nclasses, NULL, NULL, 0, 1, results),
                     0);

    aud_buffer_printf(out, "== %s (%s)\n", base->title, base->language);

    for (size_t c = 0; c < base->nclasses; c++) {
        aud_buffer_printf(out, "\n%s\n  %s\n",
                          json_string_value(json_object_get(results[c],
                                                            "name")),
                          json_string_value(json_object_get(results[c],
                                                            "description")));

        json_array_foreach(json_object_get(results[c], "characteristics"), i,
                           text)
        {
            aud_buffer_printf(out, "  - %s\n", json_string_value(text));
        }

        json_array_foreach(json_object_get(results[c], "copies"), i, text) {
            aud_buffer_printf(out, "  > %s [%s]\n",
                              json_string_value(json_object_get(text, "text")),
                              json_string_value(json_object_get(text,
                                                    "characteristic")));
        }

        json_decref(results[c]);
    }

    aud_buffer_char(out, '\n');
}


static void
test_transcripts(void **state)
{
    FILE          *file;
    base_t         base;
    bases_t        bases;
    aud_buffer_t   out = { 0 }, expected = { 0 };

    bases_open(&bases, "t/unit/class_names/bases.txt");

    while (bases_next(&bases, &base)) {
        add_words(&base, &out);
        base_free(&base);
    }

    bases_close(&bases);

    if (getenv("AUDIENCE_WORDS")) {
        file = fopen(getenv("AUDIENCE_WORDS"), "w");
        assert_non_null(file);
        fwrite(out.data, 1, out.len, file);
        fclose(file);
    }

    base_read_file("t/unit/class_names/words.txt", &expected);
    base_same_lines(aud_buffer_str(&out), aud_buffer_str(&expected));

    aud_buffer_free(&out);
    aud_buffer_free(&expected);
}


static const char *
member(const json_t *result, const char *name)
{
    return json_string_value(json_object_get(result, name));
}


/* Reads one base from text. */
static void
base_of(base_t *base, const char *text)
{
    bases_t  bases;

    bases.file = fmemopen((char *) text, strlen(text), "r");
    assert_non_null(bases.file);
    bases_line(&bases);
    assert_true(bases_next(&bases, base));
    bases_close(&bases);
}


static const char  same_twice[] =
    "base pt-BR 1000 x\n"
    "text plano = Ouro | Prata\n"
    "text loja = Centro | Norte\n"
    "class 100 = plano: 1 90 20\n"
    "class 100 = plano: 1 80 20 | loja: 1 40 20\n"
    "class 100 = plano: 1 70 20 | loja: 2 66 20\n"
    "class 100 = plano: 1 70 20\n"
    "class 100 =\n"
    "class 100 =\n";


static void
names_are(const char *const *kept, const char *const *taken, size_t ntaken,
    const char *const *expected)
{
    base_t   base;
    json_t  *results[BASE_CLASSES];

    base_of(&base, same_twice);
    assert_int_equal(class_names(locales_get(locales, "pt-BR"),
                                 &base.behaviours, base.classes, base.nclasses,
                                 kept, taken, ntaken, 0, results), 0);

    for (size_t i = 0; i < base.nclasses; i++) {
        assert_string_equal(member(results[i], "name"), expected[i]);
        assert_null(json_object_get(results[i], "copies"));
        json_decref(results[i]);
    }

    base_free(&base);
}


static void
test_names_differ_by_the_next_trait_at_last_by_a_number(void **state)
{
    static const char *const  expected[] = {
        "Pessoas com plano Ouro", "Pessoas com plano Ouro · mais Loja: Centro",
        "Pessoas da loja Norte com plano Ouro", "Pessoas com plano Ouro 2",
        "Grupo sem traço marcante", "Grupo sem traço marcante 2"
    };

    names_are(NULL, NULL, 0, expected);
}


static void
test_names_that_are_taken_are_not_given(void **state)
{
    static const char *const  taken[] = {
        "PESSOAS COM PLANO OURO", " pessoas com plano ouro 2 ",
        "Grupo sem traco marcante"
    };
    static const char *const  expected[] = {
        "Pessoas com plano Ouro 3",
        "Pessoas com plano Ouro · mais Loja: Centro",
        "Pessoas da loja Norte com plano Ouro", "Pessoas com plano Ouro 4",
        "Grupo sem traço marcante 2", "Grupo sem traço marcante 3"
    };

    names_are(NULL, taken, 3, expected);
}


static void
test_names_that_were_given_before_are_kept(void **state)
{
    static const char *const  kept[] = {
        NULL, NULL, NULL, "Pessoas com plano Ouro", NULL, "Os de sempre"
    };
    static const char *const  taken[] = { "Os de sempre" };
    static const char *const  expected[] = {
        "Pessoas com plano Ouro 2",
        "Pessoas com plano Ouro · mais Loja: Centro",
        "Pessoas da loja Norte com plano Ouro", "Pessoas com plano Ouro",
        "Grupo sem traço marcante", "Os de sempre"
    };

    names_are(kept, taken, 1, expected);
}


static void
category_is(const char *language, const char *field, const char *expected)
{
    char          text[256];
    base_t        base;
    aud_buffer_t  out = { 0 };

    snprintf(text, sizeof(text), "base %s 1 x\n%s\nclass 1 =\n", language,
             field);
    base_of(&base, text);

    for (uint32_t i = 0; i < base.fields[0].ncategories; i++) {
        aud_buffer_text(&out, i ? " | " : "");
        class_category_words(locales_get(locales, language), &base.fields[0],
                             i, &out);
    }

    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    aud_buffer_free(&out);
    base_free(&base);
}


static void
share_is(const char *language, double share, const char *expected)
{
    aud_buffer_t  out = { 0 };

    class_percent(locales_get(locales, language), share, &out);
    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    aud_buffer_free(&out);
}


/* t/browser/polish.mjs has the same shares as the pages tell them. */
static void
test_shares_as_the_pages_tell_them(void **state)
{
    share_is("pt-BR", 0, "0%");
    share_is("pt-BR", 0.0004, "menos de 0,1%");
    share_is("pt-BR", 0.0006, "0,1%");
    share_is("pt-BR", 0.0094, "0,9%");
    share_is("pt-BR", 0.0098, "1%");
    share_is("pt-BR", 0.0149, "1%");
    share_is("pt-BR", 0.145, "14%");            /* 14.499999999999998 */
    share_is("pt-BR", 0.736, "74%");
    share_is("pt-BR", 0.99, "99%");
    share_is("pt-BR", 0.996, "99,6%");
    share_is("pt-BR", 0.9996, "mais de 99,9%");
    share_is("pt-BR", 1, "100%");
    share_is("en", 0.996, "99.6%");
    share_is("en", 0.9996, "more than 99.9%");
    share_is("es", 0.0094, "un 0,9 %");
    share_is("es", 0.0004, "menos de un 0,1 %");
}


/* 996 of the 1,000 members whose plan is known, of 1,020 or of 2,000. */
static void
test_messages_tell_the_share_that_characteristics_tell(void **state)
{
    static const struct { const char *class, *characteristic, *basis; } cases[] = {
        { "class 1020 = plano: 1 99.6 40 1000",
          "99,6% têm o plano Ouro, contra 40% na base: 2,5 vezes a média.",
          "Plano: Ouro (99,6% do grupo)" },
        { "class 1600 = plano: 1 99.6 40 1000",
          "Entre as 1.000 pessoas com esse dado, 99,6% têm o plano Ouro,"
          " contra 40% na base: 2,5 vezes a média.",
          "Plano: Ouro (99,6% de quem tem esse dado)" },
    };

    char           text[256];
    base_t         base;
    json_t        *result, *copy;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "base pt-BR 9000 x\n"
                 "text plano = Ouro | Prata\n%s\n", cases[i].class);
        base_of(&base, text);
        assert_int_equal(class_names(locales_get(locales, "pt-BR"),
                                     &base.behaviours, base.classes, 1, NULL,
                                     NULL, 0, 1, &result), 0);

        copy = json_array_get(json_object_get(result, "copies"), 0);
        assert_string_equal(json_string_value(json_array_get(
            json_object_get(result, "characteristics"), 0)),
            cases[i].characteristic);
        assert_string_equal(member(copy, "characteristic"), cases[i].basis);

        json_decref(result);
        base_free(&base);
    }
}


static void
test_categories_as_people_read_them(void **state)
{
    category_is("pt-BR", "text plano = Ouro | * |  \x02 ",
                "Ouro | outros valores | outros valores");
    category_is("pt-BR", "yesno newsletter = sim | não", "sim | não");
    category_is("en", "yesno newsletter = sim | não", "yes | no");
    category_is("es", "yesno newsletter = sim | não", "sí | no");
    category_is("en", "label sentiment = negative", "negative");
    category_is("pt-BR", "label priceSensitivity = sensitive | insensitive",
                "sensível | pouco sensível");

    category_is("pt-BR", "whole pedidos = :1 | 1:2 | 2:5 | 1000:",
                "menos de 1 | 1 | 2 a 4 | 1.000 ou mais");
    category_is("pt-BR", "number ticket = :0.5 | 0.5:1234.5 | 1e6: | -5:-1",
                "menos de 0,5 | 0,5 a 1.234,5 | 1.000.000 ou mais | -5 a -1");
    category_is("en", "number x = 0.0001:0.25 | 12:12345.678",
                "0.0001 to 0.25 | 12 to 12,345.68");
    category_is("es", "number x = 0:1234 | 12345:",
                "0 a 1234 | 12.345 o más");
    category_is("pt-BR", "number filhos = 0 | 1 | 2,5", "0 | 1 | 2,5");
    category_is("en", "number x = 1.234,5 | dez", "1,234.5 | dez");

    category_is("pt-BR", "date x = 0:7 | 7:30 | 30:90 | 90:180 | 180:365 "
                "| 365:730 | 365:",
                "há menos de 7 dias | há 7 a 30 dias | há 30 a 90 dias"
                " | há 3 a 6 meses | há 6 a 12 meses | há 1 a 2 anos"
                " | há mais de 1 ano");
    category_is("en", "date x = 0:1 | 0:30 | 30:365 | 180: | :0 | 0: | -30:0",
                "in the last 1 day | in the last 30 days"
                " | 30 days to 1 year ago | more than 6 months ago"
                " | in the future | in the past | in the future");
    category_is("es", "date x = 0:90 | 90:", "hace menos de 90 días"
                " | hace más de 90 días");
    category_is("pt-BR", "years x = :10 | 10:20 | 20:21 | 21:",
                "há menos de 10 anos | há 10 a 19 anos | há 20 anos"
                " | há mais de 21 anos");
    category_is("pt-BR", "years data de nascimento = :18 | 18:26 | 60:",
                "menos de 18 | 18 a 25 | 60 ou mais");
}


static void
kind_is(const char *name, const char *expected)
{
    const char  *kind;

    kind = class_field_kind(locales_get(locales, "en"),
                            aud_str(name, strlen(name)));

    if (expected == NULL) {
        assert_null(kind);

    } else {
        assert_non_null(kind);
        assert_string_equal(kind, expected);
    }
}


static void
test_columns_are_known_however_they_are_written(void **state)
{
    kind_is("idade", "age");
    kind_is("AGE", "age");
    kind_is("customerAge", "age");
    kind_is("Idade do cliente", "age");
    kind_is("Qual é o seu time do coração?", "team");
    kind_is("FORMA_DE_PAGAMENTO", "payment");
    kind_is("últimaCompra", "last purchase");
    kind_is("purchaseIntention", "intention");
    kind_is("É cliente?", "is customer");
    kind_is("Você tem filhos?", "children");
    kind_is("Do you have pets?", "pets");
    kind_is("estado", "state");
    kind_is("estado civil", "marital");
    kind_is("time", NULL);
    kind_is("o", NULL);
    kind_is("", NULL);
    kind_is("loja do idade", NULL);
}


/* What text holds in place of something to come true. */
static void
harmless(const char *text)
{
    const char           *at;
    utf8proc_int32_t      code;
    utf8proc_ssize_t      n;
    utf8proc_category_t   category;

    assert_int_equal(aud_utf8_valid(aud_str(text, strlen(text))),
                     strlen(text));

    for (at = text; *at; at += n) {
        n = utf8proc_iterate((const utf8proc_uint8_t *) at, -1, &code);
        assert_true(n > 0);
        category = utf8proc_category(code);

        if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF
            || category == UTF8PROC_CATEGORY_CO
            || category == UTF8PROC_CATEGORY_ZL
            || category == UTF8PROC_CATEGORY_ZP)
        {
            fail_msg("U+%04X in \"%s\"", (unsigned) code, text);
        }

        if (at > text && *at == '.' && at[-1] != ' '
            && isalpha((unsigned char) at[1]) && isalpha((unsigned char) at[2]))
        {
            fail_msg("a link in \"%s\"", text);
        }
    }

    assert_null(strstr(text, "://"));
    assert_null(strstr(text, "  "));
    assert_null(strpbrk(text, "\r\n\t"));
}


static size_t
characters(const char *text)
{
    size_t  n = 0;

    for ( ; *text; text++) {
        n += (*text & 0xc0) != 0x80;
    }

    return n;
}


static void
check_text(const char *text, size_t max)
{
    harmless(text);
    assert_null(strpbrk(text, "{}"));
    assert_in_range(characters(text), 1, max);
}


static void
check_copy(const json_t *copy)
{
    char        *rest;
    const char  *text = member(copy, "text"), *name;

    assert_in_range(characters(text), 10, CLASS_COPY_MAX);
    harmless(text);

    name = strstr(text, "{{name}}");
    assert_non_null(name);

    rest = strdup(text);
    memset(rest + (name - text), '-', strlen("{{name}}"));
    assert_null(strpbrk(rest, "{}"));
    free(rest);

    check_text(member(copy, "characteristic"),
               CLASS_FIELD_MAX + CLASS_VALUE_MAX + 40);
}


static void
check_result(const json_t *result, const class_explanation_t *e)
{
    size_t   i;
    json_t  *item;

    check_text(member(result, "name"), CLASS_NAME_MAX);
    assert_null(strchr("=+-@ \"'", member(result, "name")[0]));
    check_text(member(result, "description"), CLASS_DESCRIPTION_MAX);
    assert_in_range(json_array_size(json_object_get(result, "characteristics")),
                    e->nprincipal > 0, e->nprincipal);

    json_array_foreach(json_object_get(result, "characteristics"), i, item) {
        check_text(json_string_value(item), 400);
    }

    assert_int_equal(json_array_size(json_object_get(result, "copies")),
                     CLASS_COPIES);

    json_array_foreach(json_object_get(result, "copies"), i, item) {
        check_copy(item);
    }
}


static char *
random_words(size_t most)
{
    size_t                    n = random_below(most) + 1;
    aud_buffer_t              b = { 0 };
    static const char *const  words[] = {
        "plano", "idade", "age", "Ouro", "Flamengo", "gosta de", "likes",
        "tem ", "última compra", "cidade", "São Paulo", "_", "-", " ", ".",
        "{{name}}", "{{", "}}", "{", "<b>", "</", ">", "http://", "www.",
        "a.bc", "=1+1", "+", "@x.yz", "\xe2\x80\xae", "\xe2\x80\x8b", "\n",
        "\t", "\x01", "\xc2\x85", "\xff", "\xcc\x81", "😀", "日本語", "العربية",
        "n/a", "sentiment", "negative", "%", "\"", "'", "NPS", "Diabetes",
        "1234567890", "\xf3\xa0\x80\x81", "\xef\xbb\xbf", "|", "·", "…", "//"
    };

    for (size_t i = 0; i < n; i++) {
        aud_buffer_text(&b, words[random_below(sizeof(words)
                                               / sizeof(words[0]))]);
    }

    aud_buffer_char(&b, '\0');

    return b.data;
}


static void
random_field(base_t *base, size_t n)
{
    char                  *text = random_words(6);
    double                 at = (double) random_below(50) - 10;
    behaviour_t           *f = &base->fields[n];
    behaviour_category_t  *c;
    static const double    steps[] = { 1, 5, 7.5, 30, 90, 1e6 };

    base->lines[base->nlines++] = text;
    f->name = aud_str(text, strlen(text));
    f->type = random_below(AUD_TYPE_COUNT);
    f->years = random_below(4) == 0 && f->type == AUD_TYPE_DATE;
    f->whole = random_below(2);
    f->ncategories = (uint32_t) random_below(4) + 2;
    f->categories = base->categories[n];

    for (uint32_t i = 0; i < f->ncategories; i++) {
        c = &f->categories[i];
        text = base->lines[base->nlines++] = random_words(8);
        c->text = aud_str(text, strlen(text));
        c->yes = i == 0;
        c->kind = f->type == AUD_TYPE_DATE && !f->years ? BEHAVIOUR_RECENCY
                  : f->years || (f->type == AUD_TYPE_NUMBER && n % 2)
                  ? BEHAVIOUR_RANGE
                  : random_below(5) ? BEHAVIOUR_VALUE : BEHAVIOUR_OTHER;
        c->from = i ? at : -INFINITY;
        at += steps[random_below(6)];
        c->to = i + 1 < f->ncategories ? at : INFINITY;
    }
}


static void
random_class(base_t *base, size_t n)
{
    class_value_t        *v;
    class_explanation_t  *e = &base->classes[n];

    e->members = random_below(10000) + 5;
    e->share = (double) e->members / (double) base->profiles;
    e->values = base->values[n];
    e->principal = base->principal[n];
    e->nprincipal = e->nvalues = random_below(6);

    for (size_t i = 0; i < e->nvalues; i++) {
        v = &e->values[i];
        v->field = (uint32_t) random_below(base->behaviours.n);
        v->category = (uint32_t)
                      random_below(base->fields[v->field].ncategories);
        v->inside_filled = random_below(3) ? e->members
                                           : random_below(e->members) + 1;
        v->inside = random_below(v->inside_filled) + 1;
        v->share = (double) v->inside / (double) v->inside_filled;
        v->base_share = v->share / (1.01 + (double) random_below(20));
        v->lift = v->share / v->base_share;
        e->principal[i] = (uint32_t) i;
    }
}


static void
random_base(base_t *base)
{
    memset(base, 0, sizeof(*base));
    base->profiles = 100000;
    base->behaviours.fields = base->fields;
    base->behaviours.rows = 100000;
    base->behaviours.n = random_below(6) + 1;
    base->nclasses = random_below(12) + 1;

    for (size_t i = 0; i < base->behaviours.n; i++) {
        random_field(base, i);
    }

    for (size_t i = 0; i < base->nclasses; i++) {
        random_class(base, i);
    }
}


static void
check_unique(json_t **results, size_t n)
{
    aud_buffer_t  folded[BASE_CLASSES];

    for (size_t i = 0; i < n; i++) {
        memset(&folded[i], 0, sizeof(folded[i]));
        aud_fold(&folded[i], aud_str(member(results[i], "name"),
                                     strlen(member(results[i], "name"))));

        for (size_t j = 0; j < i; j++) {
            assert_false(aud_str_equal(aud_buffer_str(&folded[i]),
                                       aud_buffer_str(&folded[j])));
        }
    }

    for (size_t i = 0; i < n; i++) {
        aud_buffer_free(&folded[i]);
    }
}


static void
test_whatever_a_base_holds_words_are_harmless_and_unique(void **state)
{
    base_t                 base;
    json_t                *results[BASE_CLASSES], *again[BASE_CLASSES];
    const locale_texts_t  *texts;

    for (int round = 0; round < ROUNDS; round++) {
        random_base(&base);
        texts = locales_get(locales, languages[round % 3]);

        assert_int_equal(class_names(texts, &base.behaviours, base.classes,
                                     base.nclasses, NULL, NULL, 0, 1, results),
                         0);
        assert_int_equal(class_names(texts, &base.behaviours, base.classes,
                                     base.nclasses, NULL, NULL, 0, 1, again),
                         0);

        check_unique(results, base.nclasses);

        for (size_t i = 0; i < base.nclasses; i++) {
            check_result(results[i], &base.classes[i]);
            assert_true(json_equal(results[i], again[i]));
            json_decref(results[i]);
            json_decref(again[i]);
        }

        base_free(&base);
    }
}


static size_t  allocations_left;


static void *
failing_realloc(void *p, size_t size)
{
    if (allocations_left == 0) {
        return NULL;
    }

    allocations_left--;

    return realloc(p, size);
}


static void *
failing_malloc(size_t size)
{
    return failing_realloc(NULL, size);
}


/* Each allocation fails once, ours and jansson's. */
static void
test_without_memory_there_are_no_words(void **state)
{
    int              rc;
    size_t           n = 0;
    base_t           base;
    json_t          *results[BASE_CLASSES];
    aud_allocator_t  before = aud_allocator;

    base_of(&base, same_twice);

    do {
        allocations_left = n++;
        aud_allocator = (aud_allocator_t) { failing_realloc, free };
        json_set_alloc_funcs(failing_malloc, free);

        rc = class_names(locales_get(locales, "pt-BR"), &base.behaviours,
                         base.classes, base.nclasses, NULL, NULL, 0, 1,
                         results);

        json_set_alloc_funcs(malloc, free);
        aud_allocator = before;

    } while (rc != 0);

    assert_true(n > 100);
    assert_string_equal(member(results[0], "name"), "Pessoas com plano Ouro");

    for (size_t i = 0; i < base.nclasses; i++) {
        json_decref(results[i]);
    }

    base_free(&base);
}


/* Takes the text away, or writes another one, and says what the check says. */
static void
check_says(const char *const *path, const char *text, const char *expected)
{
    json_t          *object, *json;
    locale_texts_t   texts = *locales_get(locales, "pt-BR");
    aud_error_t      err;

    texts.json = json = json_deep_copy(texts.json);
    object = json_object_get(json, "segmentation");

    for ( ; path[1]; path++) {
        object = json_object_get(object, path[0]);
    }

    if (text) {
        json_object_set_new(object, path[0], json_string(text));

    } else {
        json_object_del(object, path[0]);
    }

    if (class_texts_check(&texts, &err) == 0) {
        strcpy(err.text, "well");
    }

    assert_string_equal(err.text, expected);
    json_decref(json);
}


#define PATH(...)  (const char *const[]) { __VA_ARGS__, NULL }


static void
test_texts_that_would_fail_later_are_found_at_the_start(void **state)
{
    check_says(PATH("pair"), "{{field}} = {{value}}", "well");
    check_says(PATH("pair"), NULL,
               "segmentation: the text \"pair\" is missing");
    check_says(PATH("pair"), "{{campo}}",
               "segmentation: pair: \"{{campo}}\" names what is not there");
    check_says(PATH("kinds", "age"), NULL,
               "there is no kind \"age\", which fields.json names for"
               " \"idade\"");
    check_says(PATH("kinds", "age", "forms", "between", "modifier"), "{{x}}",
               "age: modifier: \"{{x}}\" names what is not there");
    check_says(PATH("kinds", "city", "values", "recife", "of"), "{{",
               "city: of: \"{{\" is never closed");
    check_says(PATH("kinds", "plan", "forms", "value", "copies"), "plam",
               "plan: there are no copies \"plam\"");
    check_says(PATH("verbs", "gosta", "yes"), "{{value}}",
               "verbs: yes: \"{{value}}\" names what is not there");
    check_says(PATH("copies", "default"), NULL,
               "there are no copies \"default\"");
    check_says(PATH("copies", "plan", "offer"), NULL,
               "the copies \"plan\" lack an offer, a question or a reminder");
    check_says(PATH("copies", "plan", "offer"), "no list",
               "the copies \"plan\" lack an offer, a question or a reminder");
}


static void
test_a_message_names_the_person_once(void **state)
{
    json_t          *list;
    locale_texts_t   texts = *locales_get(locales, "pt-BR");
    aud_error_t      err;
    char             text[400];
    json_t          *json = json_deep_copy(texts.json);

    texts.json = json;
    list = json_object_get(json_object_get(json_object_get(json_object_get(json,
           "segmentation"), "copies"), "plan"), "offer");

    json_array_set_new(list, 0, json_string("Oi!"));
    assert_int_equal(class_texts_check(&texts, &err), -1);
    assert_string_equal(err.text,
                        "a copy of \"plan\" does not name the person once");

    json_array_set_new(list, 0, json_string("{{name}}, {{name}}!"));
    assert_int_equal(class_texts_check(&texts, &err), -1);

    memset(text, 'x', sizeof(text));
    memcpy(text, "{{name}}", 8);
    text[CLASS_COPY_MAX - CLASS_VALUE_MAX + 1] = '\0';
    json_array_set_new(list, 0, json_string(text));
    assert_int_equal(class_texts_check(&texts, &err), -1);
    assert_string_equal(err.text, "a copy of \"plan\" is too long");

    text[CLASS_COPY_MAX - CLASS_VALUE_MAX] = '\0';
    json_array_set_new(list, 0, json_string(text));
    assert_int_equal(class_texts_check(&texts, &err), 0);

    json_decref(json);
}


/* All that a kind says must be said in all languages: a class would be named
 * well in one and by a pair in another. */
static void
test_languages_know_the_same_kinds_forms_and_messages(void **state)
{
    json_t      *item;
    json_t      *ours, *theirs;
    const char  *name, *form;
    json_t      *form_item;

    for (int i = 1; i < 3; i++) {
        for (int j = 0; j < 2; j++) {
            ours = json_object_get(json_object_get(
                       locales_get(locales, languages[0])->json,
                       "segmentation"), j ? "copies" : "kinds");
            theirs = json_object_get(json_object_get(
                         locales_get(locales, languages[i])->json,
                         "segmentation"), j ? "copies" : "kinds");
            assert_int_equal(json_object_size(ours),
                             json_object_size(theirs));

            json_object_foreach(ours, name, item) {
                json_object_foreach(json_object_get(item, "forms"), form,
                                    form_item)
                {
                    assert_non_null(json_object_get(json_object_get(
                        json_object_get(theirs, name), "forms"), form));
                }

                assert_non_null(json_object_get(theirs, name));
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_transcripts),
        cmocka_unit_test(
            test_names_differ_by_the_next_trait_at_last_by_a_number),
        cmocka_unit_test(test_names_that_are_taken_are_not_given),
        cmocka_unit_test(test_names_that_were_given_before_are_kept),
        cmocka_unit_test(test_shares_as_the_pages_tell_them),
        cmocka_unit_test(
            test_messages_tell_the_share_that_characteristics_tell),
        cmocka_unit_test(test_categories_as_people_read_them),
        cmocka_unit_test(test_columns_are_known_however_they_are_written),
        cmocka_unit_test(
            test_whatever_a_base_holds_words_are_harmless_and_unique),
        cmocka_unit_test(test_without_memory_there_are_no_words),
        cmocka_unit_test(
            test_texts_that_would_fail_later_are_found_at_the_start),
        cmocka_unit_test(test_a_message_names_the_person_once),
        cmocka_unit_test(
            test_languages_know_the_same_kinds_forms_and_messages),
    };

    return cmocka_run_group_tests(tests, read_locales, free_locales);
}
