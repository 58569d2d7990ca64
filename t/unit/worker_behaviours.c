/*
 * What segmentation looks at: each reason why a field is left out, categories
 * of each type, and random bases of several segments with struck rows against
 * reading each person plainly.
 */

#include "written_base.h"

#include <errno.h>
#include <math.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_text.h"
#include "behaviour_ranges.h"
#include "behaviours.h"
#include "random.h"

#define NOW     INT64_C(1767268800000000)       /* 2026-01-01 12:00 */
#define PEOPLE  600
#define WIDE    80
#define NEAR    15

#define count_of(list)  (sizeof(list) / sizeof((list)[0]))

#define TEXT    AUD_TYPE_TEXT
#define NUMBER  AUD_TYPE_NUMBER
#define DATE    AUD_TYPE_DATE
#define YES_NO  AUD_TYPE_YES_NO
#define BEHAVES AUD_KIND_BEHAVIOUR


static aud_generation_t  *generation;
static aud_error_t        err;


static behaviours_t *
read_with(unsigned threads)
{
    behaviours_t  *b;

    b = behaviours_read(generation, NOW, threads, NULL, NULL, &err);

    if (b == NULL) {
        fail_msg("%s", err.text);
    }

    return b;
}


static const behaviour_t *
field_of(const behaviours_t *b, const char *name)
{
    size_t  i;

    for (i = 0; i < b->n; i++) {
        if (aud_str_equal(b->fields[i].name, aud_str(name, strlen(name)))) {
            return &b->fields[i];
        }
    }

    return NULL;
}


/* "one_value", "same_as plano", or "" where it is kept. */
static const char *
reason_of(const behaviours_t *b, const char *name)
{
    size_t                       i;
    static char                  text[128];
    const behaviour_left_out_t  *out;

    for (i = 0; i < b->nleft_out; i++) {
        out = &b->left_out[i];

        if (aud_str_equal(out->field, aud_str(name, strlen(name)))) {
            snprintf(text, sizeof(text), "%s%s%.*s",
                     behaviour_reason_name(out->reason),
                     out->same_as.len ? " " : "", (int) out->same_as.len,
                     out->same_as.data ? out->same_as.data : "");
            return text;
        }
    }

    assert_non_null(field_of(b, name));

    return "";
}


/* "Ouro 12, Prata 8, other 3": categories with their counts. */
static const char *
words_of(const behaviours_t *b, const char *name)
{
    int                          n = 0;
    uint32_t                     i;
    static char                  text[1024];
    const behaviour_t           *f = field_of(b, name);
    const behaviour_category_t  *c;

    if (f == NULL) {
        return reason_of(b, name);
    }

    for (i = 0; i < f->ncategories; i++) {
        c = &f->categories[i];
        n += sprintf(text + n, "%s", i ? ", " : "");

        switch (c->kind) {

        case BEHAVIOUR_VALUE:
            n += sprintf(text + n, "%.*s%s", (int) c->text.len, c->text.data,
                         c->yes ? "!" : "");
            break;

        case BEHAVIOUR_OTHER:
            n += sprintf(text + n, "other");
            break;

        default:
            n += sprintf(text + n, "%g..%g%s", c->from, c->to,
                         c->kind == BEHAVIOUR_RECENCY ? "d"
                         : f->years ? "y" : "");
        }

        n += sprintf(text + n, " %llu", (unsigned long long) c->count);
    }

    return text;
}


/* ---- reasons ---- */

static const aud_field_t  reasons[] = {
    { AUD_STR("campaign.bf"), TEXT, AUD_KIND_CAMPAIGN, 0 },
    { AUD_STR("city"), TEXT, AUD_KIND_IDENTIFIER, 0 },
    { AUD_STR("Opt-in"), YES_NO, AUD_KIND_CONSENT, 0 },
    { AUD_STR("created_at"), DATE, AUD_KIND_SYSTEM, 0 },
    { AUD_STR("extra.loja"), TEXT, AUD_KIND_EXTRA, 0 },
    { AUD_STR("vazio"), TEXT, BEHAVES, 0 },
    { AUD_STR("nem um número"), NUMBER, BEHAVES, 0 },
    { AUD_STR("país"), TEXT, BEHAVES, 0 },
    { AUD_STR("quase um"), TEXT, BEHAVES, 0 },
    { AUD_STR("quase sim"), YES_NO, BEHAVES, 0 },
    { AUD_STR("quase zero"), NUMBER, BEHAVES, 0 },
    { AUD_STR("código"), TEXT, BEHAVES, 0 },
    { AUD_STR("número"), NUMBER, BEHAVES, 0 },
    { AUD_STR("observação"), TEXT, BEHAVES, 0 },
    { AUD_STR("bairro"), TEXT, BEHAVES, 0 },
    { AUD_STR("raro"), TEXT, BEHAVES, 0 },
    { AUD_STR("plano"), TEXT, BEHAVES, 0 },
    { AUD_STR("plano id"), NUMBER, BEHAVES, 0 },
    { AUD_STR("plano e falta"), TEXT, BEHAVES, 0 },
    { AUD_STR("código do plano"), NUMBER, BEHAVES, 0 },
    { AUD_STR("nível"), TEXT, BEHAVES, 0 },
    { AUD_STR("time"), TEXT, BEHAVES, 0 },
    { AUD_STR("faz uso?"), YES_NO, BEHAVES, 0 },
    { AUD_STR("fez uso?"), YES_NO, BEHAVES, 0 },
    { AUD_STR("gasto do ano"), NUMBER, BEHAVES, 0 },
    { AUD_STR("compras"), NUMBER, BEHAVES, 0 },
    { AUD_STR("sentiment"), TEXT, AUD_KIND_LABEL, 0 },
    { AUD_STR("gasto"), NUMBER, BEHAVES, 0 },
    { AUD_STR("visita"), DATE, BEHAVES, 0 },
    { AUD_STR("link"), TEXT, BEHAVES, 0 },
    { AUD_STR("motivo"), TEXT, BEHAVES, 0 },
    { AUD_STR("sempre os dois"), TEXT, BEHAVES, 1 },
};

static const char *const  expected[count_of(reasons)] = {
    "campaign", "identifier", "system", "system", "extra", "empty", "empty",
    "one_value", "nearly_one_value", "nearly_one_value", "nearly_one_value",
    "all_distinct", "all_distinct", "free_text", "too_many_values",
    "too_few_people", "same_as nível", "same_as nível", "same_as nível", "same_as nível",
    "", "", "", "", "same_as compras", "", "", "same_as compras", "",
    "free_text", "", "nearly_one_value"
};


static void
write_reasons(unsigned people)
{
    char         texts[count_of(reasons)][96];
    unsigned     i, f;
    const char  *row[count_of(reasons)];
    const char  *plans[] = { "Ouro", "Prata", "Bronze" };

    base_begin(reasons, count_of(reasons));

    for (i = 0; i < people; i++) {
        for (f = 0; f < count_of(reasons); f++) {
            texts[f][0] = '\0';
        }

        strcpy(texts[0], i % 2 ? "read" : "sent");
        strcpy(texts[1], i % 2 ? "Natal" : "Recife");
        strcpy(texts[2], i % 2 ? "sim" : "não");
        sprintf(texts[3], "2025-0%u-01", i % 9 + 1);
        strcpy(texts[4], i % 2 ? "Centro" : "Norte");
        strcpy(texts[6], i % 2 ? "n/d" : "vinte");
        strcpy(texts[7], i % 2 ? "Brasil" : "BRASIL");
        strcpy(texts[8], i < 2 ? "Chile" : "Brasil");
        strcpy(texts[9], i < 2 ? "não" : "sim");
        sprintf(texts[10], "%u", i < 2 ? 7 : 0);
        sprintf(texts[11], "C%04u", i);
        sprintf(texts[12], "%u", 5000 + i * 7);
        sprintf(texts[13], i % 3 ? "pediu retorno na loja %u às %uh"
                                 : "sem interesse", i / 2, i % 24);
        sprintf(texts[14], "Bairro %u", i % 120);
        strcpy(texts[15], i >= 4 ? "" : i % 2 ? "a" : "b");
        strcpy(texts[16], plans[i % 3]);
        sprintf(texts[17], "%u", 10 - i % 3);
        strcpy(texts[18], i == 5 ? "" : plans[i % 3]);
        sprintf(texts[19], "%u", i % 3 + 1);
        strcpy(texts[20], plans[i % 3]);
        strcpy(texts[21], i % 3 ? i % 3 == 1 ? "Bahia" : "Vasco" : "Grêmio");
        strcpy(texts[22], i % 4 ? "sim" : "não");
        strcpy(texts[23], i % 4 ? "sim" : "não");
        sprintf(texts[24], "%u,%02u", i * 3 + 1, i % 100);
        sprintf(texts[25], "%u,%02u", i * 3 + 1, i % 100);
        strcpy(texts[26], i % 5 ? "positive" : "negative");
        sprintf(texts[27], "%u,%02u", i * 3 + 1, i % 100);
        sprintf(texts[28], "2025-%02u-%02u", i % 12 + 1, i / 12 % 28 + 1);
        sprintf(texts[29], "https://example.com/contatos/de/ontem/%u", i);
        sprintf(texts[30], "por causa do motivo que é o %u", i % 23);
        strcpy(texts[31], "a|b");

        for (f = 0; f < count_of(reasons); f++) {
            row[f] = texts[f];
        }

        base_row(i, 1, row);
    }

    generation = base_end();
}


static void
every_reason(void **state)
{
    size_t         f;
    const char    *reason;
    behaviours_t  *b;

    write_reasons(240);
    b = read_with(1);

    for (f = 0; f < count_of(reasons); f++) {
        reason = reason_of(b, reasons[f].name.data);

        if (strcmp(reason, expected[f]) != 0) {
            fail_msg("%s: %s, not %s", reasons[f].name.data, reason,
                     expected[f]);
        }
    }

    assert_int_equal(b->n + b->nleft_out, count_of(reasons));
    behaviours_free(b);
    base_drop(generation);
}


static void
hardly_any_people_tell_nothing(void **state)
{
    unsigned       people;
    behaviours_t  *b;

    for (people = 0; people < 5; people++) {
        write_reasons(people);
        b = read_with(2);
        assert_int_equal(b->rows, people);
        assert_int_equal(b->n, 0);
        assert_int_equal(b->nleft_out, generation->nfields);
        behaviours_free(b);
        base_drop(generation);
    }
}


/*
 * Ages as they were written down, of which every other one is a year behind,
 * against births; a plan that is noted for most and wrong for some; colours and
 * sizes that go together, purchases of which one is part of the other, and marks
 * that hardly anybody has both of.
 */
static void
near_copies_are_left_out(void **state)
{
    char            texts[NEAR][64];
    const char     *row[NEAR];
    unsigned        i, f, years, people;
    behaviours_t   *b;

    static const char *const  plans[] = { "Ouro", "Prata", "Bronze" };
    static const char *const  marks[] = { "alta", "média", "baixa" };
    static const aud_field_t  near[] = {
        { AUD_STR("cor"), TEXT, BEHAVES, 0 },
        { AUD_STR("idade"), NUMBER, BEHAVES, 0 },
        { AUD_STR("nascimento"), DATE, BEHAVES, 0 },
        { AUD_STR("plano"), TEXT, BEHAVES, 0 },
        { AUD_STR("plano anterior"), TEXT, BEHAVES, 0 },
        { AUD_STR("plano anotado"), TEXT, BEHAVES, 0 },
        { AUD_STR("plano pago"), YES_NO, BEHAVES, 0 },
        { AUD_STR("tamanho"), TEXT, BEHAVES, 0 },
        { AUD_STR("fundo"), TEXT, BEHAVES, 0 },
        { AUD_STR("comprou a"), YES_NO, BEHAVES, 0 },
        { AUD_STR("comprou b"), YES_NO, BEHAVES, 0 },
        { AUD_STR("comprou c"), YES_NO, BEHAVES, 0 },
        { AUD_STR("nota antes"), TEXT, BEHAVES, 0 },
        { AUD_STR("nota depois"), TEXT, BEHAVES, 0 },
        { AUD_STR("comprou"), YES_NO, BEHAVES, 0 },
    };

    for (people = 3000; people < 200000; people += 190000) {
        base_begin(near, NEAR);

        for (i = 0; i < people; i++) {
            for (f = 0; f < NEAR; f++) {
                row[f] = texts[f];
            }

            years = 20 + random_below(60);
            strcpy(texts[0], i % 2 ? "azul" : "verde");
            sprintf(texts[1], "%u", years - i % 2);
            aud_time_format(texts[2], NOW - (years * 365.25 + 9) * AUD_DAY);
            strcpy(texts[3], plans[i % 3]);
            strcpy(texts[4], plans[random_below(5) ? i % 3 : 2]);
            strcpy(texts[5], random_below(3) == 0 ? "" : plans[
                       random_below(20) ? i % 3 : random_below(3)]);
            strcpy(texts[6], i % 3 ? "sim" : "não");
            strcpy(texts[7], i % 2 ? "G" : "P");
            strcpy(texts[8], i % 2 ? "azul" : "roxo");
            strcpy(texts[9], i % 100 < 8 ? "sim" : "não");
            strcpy(texts[10], i % 100 < 4 ? "sim" : "não");
            strcpy(texts[11], i % 100 < 8 ? "sim" : "não");
            strcpy(texts[12], i % 20 < 11 ? marks[i % 3] : "");
            strcpy(texts[13], i % 20 < 10 ? "" : marks[i % 3]);
            strcpy(texts[14], i % 100 / 4 == 1 ? "sim" : "não");
            base_row(i, 1, row);
        }

        generation = base_end();
        b = read_with(1);
        assert_string_equal(reason_of(b, "cor"), "");
        assert_string_equal(reason_of(b, "fundo"), "");
        assert_string_equal(reason_of(b, "tamanho"), "");
        assert_string_equal(reason_of(b, "comprou"), "");
        assert_string_equal(reason_of(b, "comprou a"), "");
        assert_string_equal(reason_of(b, "comprou b"), "");
        assert_string_equal(reason_of(b, "comprou c"), "same_as comprou a");
        assert_string_equal(reason_of(b, "nota antes"), "");
        assert_string_equal(reason_of(b, "nota depois"), "");
        assert_string_equal(reason_of(b, "idade"), "");
        assert_string_equal(reason_of(b, "nascimento"), "same_as idade");
        assert_string_equal(reason_of(b, "plano"), "");
        assert_string_equal(reason_of(b, "plano anterior"), "");
        assert_string_equal(reason_of(b, "plano anotado"), "same_as plano");
        assert_string_equal(reason_of(b, "plano pago"), "");
        behaviours_free(b);
        base_drop(generation);
    }
}


/* ---- categories ---- */

typedef const char *(*value_t)(unsigned i);

static behaviours_t *
read_one(aud_type_t type, unsigned people, value_t value)
{
    unsigned            i;
    const char         *text;
    static aud_field_t  field;

    field = (aud_field_t) { AUD_STR("campo"), type, BEHAVES, 0 };
    base_begin(&field, 1);

    for (i = 0; i < people; i++) {
        text = value(i);
        base_row(i, 1, &text);
    }

    generation = base_end();

    return read_with(1);
}


static void
expect_categories(aud_type_t type, unsigned people, value_t value,
    const char *words)
{
    behaviours_t  *b = read_one(type, people, value);

    assert_string_equal(words_of(b, "campo"), words);
    behaviours_free(b);
    base_drop(generation);
}


static unsigned  few;

static const char *
of_few(unsigned i)
{
    return i >= few ? "" : i % 2 ? "a" : "b";
}


static const char *
numbered(unsigned i)
{
    static char  text[16];

    sprintf(text, "%u", 300000 + (i < few ? 0 : i));

    return text;
}


static void
fields_of_few_people_are_left_out(void **state)
{
    few = 4;
    expect_categories(TEXT, 100, of_few, "too_few_people");
    few = 7;
    expect_categories(TEXT, 100, of_few, "b 4, a 3");
    few = 19;
    expect_categories(TEXT, 1000, of_few, "too_few_people");
    few = 20;
    expect_categories(TEXT, 1000, of_few, "a 10, b 10");
}


/* Such as the phones of families. */
static void
numbers_that_nearly_all_differ_are_left_out(void **state)
{
    few = 40;
    expect_categories(NUMBER, 1000, numbered, "all_distinct");
    few = 60;
    expect_categories(NUMBER, 1000, numbered, "-inf..300250 250, "
                      "300250..300400 150, 300400..300600 200, "
                      "300600..300750 150, 300750..inf 250");
}


static const char *
team(unsigned i)
{
    static char  text[32];

    if (i < 30) {
        return i % 3 ? "São Paulo" : "sao paulo";
    }

    sprintf(text, "Time %u", i);

    return i < 80 ? "Flamengo" : i < 84 ? "12" : text;
}


static const char *
unsaid(unsigned i)
{
    static const char *const  texts[] = { "Ouro", "Prata", "Não informado",
                                          "-", "N/A", "não", "vazio", "Outro",
                                          "sem informação", "#N/A" };

    return texts[i % 10];
}


static const char *
month(unsigned i)
{
    static char  text[32];

    sprintf(text, "%c", 'a' + (i < 26 ? i : i % 13));

    return text;
}


static const char *
typo(unsigned i)
{
    return i < 60 ? "Ouro" : i < 98 ? "Prata" : "Ourro";
}


static void
texts_are_frequent_ones_and_others(void **state)
{
    expect_categories(TEXT, 100, team,
                      "Flamengo 50, São Paulo 30, 12 4, other 16");
    expect_categories(TEXT, 100, typo, "Ouro 60, Prata 38");
    expect_categories(TEXT, 200, unsaid, "Ouro 20, Outro 20, Prata 20, não 20");
    expect_categories(TEXT, 13 * 7 + 13, month,
                      "a 7, b 7, c 7, d 7, e 7, f 7, g 7, h 7, i 7, j 7, k 7, "
                      "other 27");
}


static void
texts_are_shown_as_most_write_them(void **state)
{
    unsigned            i;
    const char         *text;
    aud_field_t         field = { AUD_STR("campo"), TEXT, BEHAVES, 0 };
    behaviours_t       *b;

    base_begin(&field, 1);

    for (i = 0; i < 40; i++) {
        text = i < 5 ? "OURO" : i < 20 ? "Ouro" : i < 25 ? "ouro" : "Prata";
        base_row(i, 1, &text);

        if (i == 4 || i == 19) {
            base_slice();
        }
    }

    generation = base_end();
    b = read_with(1);
    assert_string_equal(words_of(b, "campo"), "Ouro 25, Prata 15");
    behaviours_free(b);
    base_drop(generation);
}


static const char *
answer(unsigned i)
{
    return i % 4 ? i % 2 ? "Sim" : "S" : i % 20 ? "Não" : "talvez";
}


static const char *
children(unsigned i)
{
    return i % 10 < 4 ? "0" : i % 10 < 6 ? "-0" : i % 10 < 8 ? "1" : i % 10 < 9 ? "2,0" : "n/d";
}


static const char *
purchases(unsigned i)
{
    static char  text[16];

    sprintf(text, "%u", i % 100 < 60 ? 0 : i % 100 < 80 ? 1 : i % 100 < 92 ? 2
                        : i % 100 - 89);
    return text;
}


static const char *
age(unsigned i)
{
    static char  text[16];

    sprintf(text, "%u", 18 + i % 63);

    return text;
}


static const char *
spent(unsigned i)
{
    static char  text[32];

    sprintf(text, "R$ %u,%02u", i * i / 100, i % 100);

    return text;
}


static const char *
balance(unsigned i)
{
    static char  text[32];

    sprintf(text, "%d", (int) (i * 37 % 1001) - 500);

    return text;
}


static void
answers_and_numbers(void **state)
{
    expect_categories(YES_NO, 200, answer, "Sim! 150, Não 40");
    expect_categories(NUMBER, 200, children, "0 120, 1 40, 2,0 20");
    expect_categories(NUMBER, 200, purchases, "-inf..1 120, 1..2 40, "
                      "2..inf 40");
    expect_categories(NUMBER, 630, age, "-inf..30 120, 30..45 150, 45..55 100, "
                      "55..70 150, 70..inf 110");
    expect_categories(NUMBER, 300, spent, "-inf..50 71, 50..150 52, "
                      "150..300 51, 300..600 71, 600..inf 55");
    expect_categories(NUMBER, 2002, balance, "-inf..-250 500, -250..-100 300, "
                      "-100..100 400, 100..300 400, 300..inf 402");
}


/* Days before NOW, which is 2026-01-01 12:00. */
static const char *
ago(int days)
{
    static char  text[AUD_TIME_LEN + 1];

    aud_time_format(text, NOW - days * AUD_DAY);

    return text;
}


static const char *
visited(unsigned i)
{
    return i % 2 ? ago(i % 400) : "ontem";
}


static const char *
renewal(unsigned i)
{
    return ago((int) (i % 100) - 60);
}


static const char *
nearly_now(unsigned i)
{
    return ago(i < 100 ? -1 : i < 102 ? 0 : 8);
}


static const char *
slip(unsigned i)
{
    return i < 2 ? "3025-01-01" : ago(i % 200);
}


static const char *
born(unsigned i)
{
    return ago(18 * 366 + i * 29);
}


static const char *
fresh(unsigned i)
{
    return ago(i % 5);
}


static void
dates_are_recency_or_years(void **state)
{
    expect_categories(DATE, 800, visited, "-inf..7d 6, 7..30d 24, 30..90d 60, "
                      "90..180d 90, 180..365d 184, 365..infd 36");
    expect_categories(DATE, 500, renewal, "-inf..-30d 150, -30..0d 150, "
                      "0..7d 35, 7..30d 115, 30..infd 50");
    expect_categories(DATE, 300, nearly_now, "-inf..0d 100, 0..infd 200");
    expect_categories(DATE, 400, slip, "-inf..7d 14, 7..30d 46, 30..90d 120, "
                      "90..180d 180, 180..infd 40");
    expect_categories(DATE, 630, born, "-inf..30y 151, 30..40y 126, "
                      "40..50y 126, 50..60y 126, 60..infy 101");
    expect_categories(DATE, 50, fresh, "nearly_one_value");
}


/* ---- ranges ---- */

static void
bounds_are_round_and_part_people(void **state)
{
    size_t              i, n, nbounds, run;
    double              total, at, scale, below, off;
    double              bounds[BEHAVIOUR_BOUNDS];
    uint64_t            counts[BEHAVIOUR_BOUNDS + 1], sum, most;
    behaviour_number_t  numbers[300];

    for (run = 0; run < 2000; run++) {
        n = random_below(random_below(2) ? 8 : 300) + 1;
        scale = pow(10, (int) random_below(8) - 3);
        at = ((double) random_below(2000) - 1000) * scale;
        total = 0;
        most = 0;

        for (i = 0; i < n; i++) {
            at += (random_below(99) + 1) * scale;
            numbers[i].number = scale < 1 ? at : floor(at);
            numbers[i].count = 1 + random_below(random_below(9) ? 9 : 900);
            total += numbers[i].count;
            most = numbers[i].count > most ? numbers[i].count : most;
        }

        nbounds = behaviour_bounds(numbers, n, scale >= 1, 5, bounds);
        assert_true(nbounds <= 4);
        assert_int_equal(nbounds == 0, n == 1);
        behaviour_bounds_count(numbers, n, bounds, nbounds, counts);
        sum = 0;

        for (i = 0; i <= nbounds; i++) {
            assert_true(counts[i] > 0);
            assert_true(counts[i] <= total * (0.2 + 2 * 0.05) + 1
                        || most > total * 0.05);
            sum += counts[i];
        }

        assert_true(sum == total);

        for (i = 0, below = 0; i < nbounds; i++) {
            below += counts[i];
            off = fabs(below * 5 / total - round(below * 5 / total)) / 5;
            assert_true(off <= 0.05 + 1e-9 || most > total * 0.05);
            assert_true(i == 0 || bounds[i] > bounds[i - 1]);
            assert_true(scale < 1 || bounds[i] == floor(bounds[i]));
        }
    }
}


/* No bound can stand within the 80 %: it stands at the nearer end. */
static void
a_number_that_most_have_is_a_range(void **state)
{
    double              bounds[BEHAVIOUR_BOUNDS];
    behaviour_number_t  numbers[] = { { 0, 10 }, { 5, 80 }, { 9, 10 } };

    assert_int_equal(behaviour_bounds(numbers, 3, 1, 5, bounds), 2);
    assert_true(bounds[0] == 5 && bounds[1] == 8);
}


static void
rare_ranges_join(void **state)
{
    double    bounds[] = { 0, 10, 20, 30 };
    double    days[] = { 0, 7, 30 };
    uint64_t  counts[] = { 1, 50, 2, 40, 2 };
    uint64_t  people[] = { 9, 3, 20, 30 };

    assert_int_equal(behaviour_bounds_join(bounds, 4, counts, 5, NAN), 1);
    assert_true(bounds[0] == 10 && counts[0] == 51 && counts[1] == 44);

    /* not with tomorrow, though fewer people are there */

    assert_int_equal(behaviour_bounds_join(days, 3, people, 5, 0), 2);
    assert_true(days[0] == 0 && days[1] == 30 && people[1] == 23);
    assert_int_equal(behaviour_bounds_join(days, 2, people, 25, 0), 1);
    assert_true(days[0] == 30 && people[0] == 32);
}


/* ---- random bases against reading each person ---- */

static const aud_field_t  fields[] = {
    { AUD_STR("cliente"), YES_NO, BEHAVES, 0 },
    { AUD_STR("gasto"), NUMBER, BEHAVES, 0 },
    { AUD_STR("idade"), NUMBER, BEHAVES, 0 },
    { AUD_STR("nascimento"), DATE, BEHAVES, 0 },
    { AUD_STR("obs"), TEXT, BEHAVES, 0 },
    { AUD_STR("plano"), TEXT, BEHAVES, 0 },
    { AUD_STR("tags"), TEXT, BEHAVES, 1 },
    { AUD_STR("time"), TEXT, AUD_KIND_LABEL, 0 },
    { AUD_STR("visita"), DATE, BEHAVES, 0 },
};

#define FIELDS  count_of(fields)

static char      people[PEOPLE][FIELDS][64];
static unsigned  npeople;
static unsigned  at[PEOPLE];                    /* row -> person */


static void
random_person(char texts[FIELDS][64])
{
    unsigned  f, n;

    static const char *const  plans[] = { "Ouro", "OURO", "ouro", "Prata",
                                          "prata", "Bronze", "Único" };
    static const char *const  teams[] = { "Grêmio", "gremio", "Bahia", "N/D",
                                          "12", "x" };
    static const char *const  answers[] = { "sim", "Sim", "não", "N", "?" };
    static const char *const  tags[] = { "vip", "novo", "VIP", "lista" };

    strcpy(texts[0], answers[random_below(5)]);
    sprintf(texts[1], random_below(2) ? "%zu,%02zu" : "%zu.%02zu",
            random_below(900) * random_below(900), random_below(100));
    sprintf(texts[2], random_below(30) ? "%zu" : "n/d", random_below(70) + 16);
    strcpy(texts[3], ago(6000 + random_below(20000)));
    sprintf(texts[4], "obs %zu", random_below(400));
    strcpy(texts[5], plans[random_below(random_below(7) + 1)]);
    strcpy(texts[7], teams[random_below(random_below(6) + 1)]);
    strcpy(texts[8], ago((int) random_below(random_below(900) + 1) - 20));
    texts[8][random_below(2) ? 10 : 20] = '\0';

    texts[6][0] = '\0';

    for (n = random_below(4); n; n--) {
        sprintf(texts[6] + strlen(texts[6]), "%s%s", texts[6][0] ? "|" : "",
                tags[random_below(4)]);
    }

    for (f = 0; f < FIELDS; f++) {
        if (random_below(8) == 0) {
            texts[f][0] = '\0';
        }
    }
}


/* People in random segments, with older rows that are struck out. */
static void
write_people(unsigned nslices)
{
    char         older[FIELDS][64];
    unsigned     i, f, slice, rows = 0, home[PEOPLE];
    const char  *row[FIELDS];

    for (i = 0; i < npeople; i++) {
        home[i] = random_below(nslices);
    }

    base_begin(fields, FIELDS);

    for (slice = 0; slice < nslices; slice++) {
        for (i = 0; i < npeople; i++) {

            if (home[i] == slice) {
                at[rows++] = i;

            } else if (slice == 0 || random_below(3)) {
                continue;
            }

            random_person(older);

            for (f = 0; f < FIELDS; f++) {
                row[f] = home[i] == slice ? people[i][f] : older[f];
            }

            base_row(i, home[i] == slice, row);
        }

        base_slice();
    }

    generation = base_end();
}


static void
random_people(void)
{
    unsigned  i;

    npeople = random_below(4) ? PEOPLE - random_below(300) : random_below(40);

    for (i = 0; i < npeople; i++) {
        random_person(people[i]);
    }
}


static int
same_folded(aud_str_t a, aud_str_t b)
{
    int           same;
    aud_buffer_t  x = { 0 }, y = { 0 };

    aud_fold(&x, a);
    aud_fold(&y, b);
    same = aud_str_equal(aud_buffer_str(&x), aud_buffer_str(&y));
    aud_buffer_free(&x);
    aud_buffer_free(&y);

    return same;
}


static int
number_in(const behaviour_category_t *c, double number)
{
    return number >= c->from && number < c->to;
}


/* Whether one text is in a category, all else but "other". */
static int
is_in(const behaviour_t *b, const behaviour_category_t *c, aud_str_t text)
{
    int      yes, ignored;
    double   number, days;
    int64_t  us;

    switch (b->type) {

    case YES_NO:
        return aud_yes_no_parse(text, &yes) == 0 && yes == c->yes;

    case NUMBER:
        return aud_number_parse(text, &number) == 0 && number_in(c, number);

    case DATE:
        if (aud_date_parse(text, &us, &ignored) != 0) {
            return 0;
        }

        days = floor((double) (NOW - us) / AUD_DAY);
        return number_in(c, b->years ? floor(days / 365.2425) : days);

    default:
        return same_folded(text, AUD_STR("n/d")) ? 0
               : c->kind == BEHAVIOUR_OTHER || same_folded(text, c->text);
    }
}


static uint8_t
read_plainly(const behaviour_t *b, const char *text)
{
    size_t   len;
    uint8_t  i, first = BEHAVIOUR_MISSING;

    for (; *text; text += len + (text[len] == '|')) {
        len = strcspn(text, "|");

        for (i = 0; i < b->ncategories && i < first; i++) {
            if (is_in(b, &b->categories[i], aud_str(text, len))) {
                first = i;
            }
        }
    }

    return first;
}


static void
compare_people(const behaviours_t *b)
{
    size_t              f, i;
    uint8_t             category;
    uint64_t            counts[BEHAVIOUR_CATEGORIES], filled;
    const behaviour_t  *field;

    assert_int_equal(b->rows, npeople);

    for (f = 0; f < b->n; f++) {
        field = &b->fields[f];
        filled = 0;
        memset(counts, 0, sizeof(counts));

        for (i = 0; i < FIELDS; i++) {
            if (aud_str_equal(fields[i].name, field->name)) {
                break;
            }
        }

        for (uint32_t row = 0; row < npeople; row++) {
            category = read_plainly(field, people[at[row]][i]);
            assert_int_equal(field->codes[row], category);

            if (category != BEHAVIOUR_MISSING) {
                counts[category]++;
                filled++;
            }
        }

        assert_int_equal(field->filled, filled);
        assert_true(field->ncategories >= 2
                    && field->ncategories <= BEHAVIOUR_CATEGORIES);

        for (i = 0; i < field->ncategories; i++) {
            assert_int_equal(field->categories[i].count, counts[i]);
            assert_true(field->categories[i].count >= 1);
        }
    }
}


/* The same fields, categories and counts; rows stand elsewhere. */
static void
compare_categories(const behaviours_t *a, const behaviours_t *b)
{
    size_t                       f, i;
    const behaviour_category_t  *x, *y;

    assert_int_equal(a->n, b->n);
    assert_int_equal(a->nleft_out, b->nleft_out);

    for (f = 0; f < a->nleft_out; f++) {
        assert_int_equal(a->left_out[f].reason, b->left_out[f].reason);
    }

    for (f = 0; f < a->n; f++) {
        assert_int_equal(a->fields[f].ncategories, b->fields[f].ncategories);

        for (i = 0; i < a->fields[f].ncategories; i++) {
            x = &a->fields[f].categories[i];
            y = &b->fields[f].categories[i];
            assert_int_equal(x->kind, y->kind);
            assert_int_equal(x->count, y->count);
            assert_true(a->fields[f].type != TEXT
                        || same_folded(x->text, y->text));
            assert_true(x->from == y->from && x->to == y->to);
        }
    }
}


static void
every_person_is_where_plain_reading_puts_them(void **state)
{
    unsigned       base, f, kept[FIELDS] = { 0 };
    behaviours_t  *b;

    for (base = 0; base < 60; base++) {
        random_people();
        write_people(random_below(6) + 1);
        b = read_with(1 + random_below(3));
        compare_people(b);

        for (f = 0; f < FIELDS; f++) {
            kept[f] += field_of(b, fields[f].name.data) != NULL;
        }

        behaviours_free(b);
        base_drop(generation);
    }

    for (f = 0; f < FIELDS; f++) {
        assert_true(f == 4 ? kept[f] == 0 : kept[f] > 20);
    }
}


static void
segments_do_not_show(void **state)
{
    unsigned           base;
    char               dir[sizeof(written.dir) + 8];
    behaviours_t      *one, *b;
    aud_generation_t  *whole;

    for (base = 0; base < 20; base++) {
        random_people();
        write_people(1);
        one = read_with(1);
        whole = generation;
        snprintf(dir, sizeof(dir), "rm -rf %s", written.dir);
        assert_int_equal(system(dir), 0);
        free((void *) written.segments[0].deleted);

        /* categories borrow their texts: the first base lives on, mapped */

        write_people(random_below(5) + 2);
        b = read_with(1);
        compare_categories(one, b);
        behaviours_free(b);
        base_drop(generation);
        behaviours_free(one);
        aud_generation_release(whole);
    }
}


static void
threads_do_not_show(void **state)
{
    size_t         f;
    unsigned       threads;
    behaviours_t  *one, *b;

    random_people();
    npeople = PEOPLE;
    write_people(3);
    one = read_with(1);

    for (threads = 0; threads < 20; threads += 3) {
        b = read_with(threads);
        compare_categories(one, b);

        for (f = 0; f < b->n; f++) {
            assert_memory_equal(b->fields[f].codes, one->fields[f].codes,
                                npeople);
        }

        behaviours_free(b);
    }

    behaviours_free(one);
    base_drop(generation);
}


/* ---- limits and failures ---- */

static void
fields_that_tell_more_are_kept(void **state)
{
    char           names[WIDE][16], texts[WIDE][16];
    unsigned       i, f;
    aud_field_t    wide[WIDE];
    const char    *row[WIDE];
    behaviours_t  *b;

    for (f = 0; f < WIDE; f++) {
        snprintf(names[f], sizeof(names[f]), "campo %02u", f);
        wide[f] = (aud_field_t) { aud_str(names[f], 8), TEXT, BEHAVES, 0 };
        row[f] = texts[f];
    }

    base_begin(wide, WIDE);

    for (i = 0; i < 100; i++) {
        for (f = 0; f < WIDE; f++) {
            sprintf(texts[f], "%u", random_below(100) < (f < 70 ? 50 : 10));
        }

        base_row(i, 1, row);
    }

    generation = base_end();
    b = read_with(2);
    assert_int_equal(b->n, BEHAVIOUR_FIELDS);

    for (f = 0; f < b->nleft_out; f++) {
        assert_int_equal(b->left_out[f].reason, BEHAVIOUR_TOO_MANY_FIELDS);
    }

    for (f = 70; f < WIDE; f++) {
        assert_string_equal(reason_of(b, names[f]), "too_many_fields");
    }

    behaviours_free(b);
    base_drop(generation);
}


static int
stop_at(void *arg)
{
    return --*(int *) arg < 0;
}


static void
reading_can_be_stopped(void **state)
{
    int            left, after;
    behaviours_t  *b;

    random_people();
    write_people(2);

    for (after = 0; after < 2 * FIELDS; after++) {
        left = after;
        b = behaviours_read(generation, NOW, 1, stop_at, &left, &err);
        assert_null(b);
        assert_int_equal(err.no, ECANCELED);
    }

    base_drop(generation);
}


static int  allocations;


static void *
fail_allocation(void *p, size_t size)
{
    return allocations-- > 0 ? realloc(p, size) : NULL;
}


static void
memory_runs_out_anywhere(void **state)
{
    int                  after;
    behaviours_t        *b = NULL;
    aud_allocator_t      kept = aud_allocator;

    npeople = PEOPLE;
    random_person(people[0]);
    write_people(3);

    for (after = 0; b == NULL; after++) {
        allocations = after;
        aud_allocator.realloc = fail_allocation;
        b = behaviours_read(generation, NOW, 1, NULL, NULL, &err);
        aud_allocator = kept;
        assert_true(b || err.no == ENOMEM);
        assert_true(after < 10000);
    }

    assert_true(after > 50);
    behaviours_free(b);
    base_drop(generation);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_reason),
        cmocka_unit_test(hardly_any_people_tell_nothing),
        cmocka_unit_test(near_copies_are_left_out),
        cmocka_unit_test(fields_of_few_people_are_left_out),
        cmocka_unit_test(numbers_that_nearly_all_differ_are_left_out),
        cmocka_unit_test(texts_are_shown_as_most_write_them),
        cmocka_unit_test(texts_are_frequent_ones_and_others),
        cmocka_unit_test(answers_and_numbers),
        cmocka_unit_test(dates_are_recency_or_years),
        cmocka_unit_test(bounds_are_round_and_part_people),
        cmocka_unit_test(a_number_that_most_have_is_a_range),
        cmocka_unit_test(rare_ranges_join),
        cmocka_unit_test(every_person_is_where_plain_reading_puts_them),
        cmocka_unit_test(segments_do_not_show),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(fields_that_tell_more_are_kept),
        cmocka_unit_test(reading_can_be_stopped),
        cmocka_unit_test(memory_runs_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
