/*
 * Distributions against plain counting, on random bases of several segments
 * with struck rows; and the ranges themselves.
 */

#include <math.h>

#include "aud_buffer.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "aud_ranges.h"
#include "aud_text.h"
#include "random.h"
#include "written_base.h"

#include <jansson.h>

#define BASES       40
#define QUESTIONS   60
#define MAX_PEOPLE  400
#define MAX_SLICES  5
#define MAX_VALUES  4           /* of a person in a field */
#define MAX_KINDS   (MAX_PEOPLE * MAX_VALUES)

#define count_of(list)  (sizeof(list) / sizeof((list)[0]))

enum { GROUP = 0, CITY, TAGS, VISITS, NOTES, INCOME, PRICE, AGE, BORN, SEEN,
       LIKES, FIELDS };


typedef struct {
    unsigned  group;
    unsigned  n[FIELDS];
    char      texts[FIELDS][MAX_VALUES][48];
} person_t;

typedef struct {                /* a value as plain counting sees it */
    char      folded[96];
    int       fits;
    double    value;            /* of what fits */
    unsigned  base;
    unsigned  inside;
    unsigned  person;           /* counted last, + 1 */
    unsigned  listed:1;
} kind_t;


static const aud_field_t  fields[FIELDS] = {
    [GROUP]  = { AUD_STR("group"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 0 },
    [CITY]   = { AUD_STR("city"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 },
    [TAGS]   = { AUD_STR("tags"), AUD_TYPE_TEXT, AUD_KIND_EXTRA, 1 },
    [VISITS] = { AUD_STR("visits"), AUD_TYPE_DATE, AUD_KIND_EXTRA, 1 },
    [NOTES]  = { AUD_STR("notes"), AUD_TYPE_NUMBER, AUD_KIND_EXTRA, 1 },
    [INCOME] = { AUD_STR("income"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    [PRICE]  = { AUD_STR("price"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    [AGE]    = { AUD_STR("age"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    [BORN]   = { AUD_STR("born"), AUD_TYPE_DATE, AUD_KIND_BEHAVIOUR, 0 },
    [SEEN]   = { AUD_STR("seen"), AUD_TYPE_DATE, AUD_KIND_BEHAVIOUR, 0 },
    [LIKES]  = { AUD_STR("likes"), AUD_TYPE_YES_NO, AUD_KIND_BEHAVIOUR, 0 },
};

static const char *const  words[] = {
    "São Paulo", "sao paulo", "SÃO PAULO", "Santos", "santos", "Grêmio",
    "gremio", "Straße", "STRASSE", "日本", "a", "A", "á", "\"", "12,5",
};

static const char *const  answers[] = {
    "Sim", "sim", "S", "yes", "Não", "nao", "N", "talvez", "Talvez",
};


static person_t           people[MAX_PEOPLE];
static unsigned           npeople, spread;
static kind_t             kinds[MAX_KINDS];
static size_t             nkinds;
static aud_generation_t  *generation;


/* ---- random bases ---- */

static void
random_value(unsigned field, char text[48])
{
    unsigned  n = random_below(spread);

    switch (field) {

    case INCOME:                    /* a few far from all others */
        sprintf(text, "%u", random_below(60) ? 1000 + n * 7 : 90000000 + n);
        break;

    case PRICE:
        sprintf(text, random_below(30) ? "%u,%02u" : "-%u,%02u", n % 90,
                (unsigned) random_below(100));
        break;

    case AGE:
    case NOTES:
        if (random_below(12) == 0) {
            strcpy(text, "n/d");
            break;
        }

        sprintf(text, "%u", n % 80);
        break;

    case BORN:
        if (random_below(15) == 0) {
            strcpy(text, random_below(2) ? "ontem" : "0001-01-01");
            break;
        }

        /* fall through */

    case VISITS:
        sprintf(text, "%u-%02u-%02u", 1950 + n % 60, n % 12 + 1, n % 28 + 1);
        break;

    case SEEN:
        sprintf(text, "2026-01-%02uT%02u:%02u:00Z", spread > 60 ? n % 28 + 1
                : 5, n % 24, (unsigned) random_below(60));
        break;

    case LIKES:
        strcpy(text, answers[random_below(count_of(answers))]);
        break;

    default:
        if (random_below(3) == 0) {
            sprintf(text, "w%u", n);
            break;
        }

        strcpy(text, words[random_below(random_below(count_of(words)) + 1)]);
    }
}


static void
random_person(person_t *p)
{
    unsigned  f, i, n;

    memset(p, 0, sizeof(*p));
    p->group = random_below(random_below(5) + 1);
    p->n[GROUP] = 1;
    sprintf(p->texts[GROUP][0], "g%u", p->group);

    for (f = GROUP + 1; f < FIELDS; f++) {
        n = random_below(8) == 0 ? 0
            : fields[f].multi ? random_below(MAX_VALUES) + 1 : 1;

        while (n--) {
            random_value(f, p->texts[f][p->n[f]]);

            for (i = 0; strcmp(p->texts[f][i], p->texts[f][p->n[f]]); i++) {
                /* void */
            }

            p->n[f] += i == p->n[f];
        }
    }
}


static void
add_row(unsigned number, int live, const person_t *p)
{
    char         joined[FIELDS][MAX_VALUES * 49];
    unsigned     f, i;
    const char  *texts[FIELDS];

    for (f = 0; f < FIELDS; f++) {
        joined[f][0] = '\0';

        for (i = 0; i < p->n[f]; i++) {
            strcat(joined[f], i ? "|" : "");
            strcat(joined[f], p->texts[f][i]);
        }

        texts[f] = p->n[f] ? joined[f] : NULL;
    }

    base_row(number, live, texts);
}


/* Older rows of people are struck out in some bases. */
static void
new_base(void)
{
    unsigned  i, slice, struck, home[MAX_PEOPLE];
    unsigned  nslices = random_below(MAX_SLICES) + 1;
    person_t  older;

    npeople = random_below(MAX_PEOPLE + 1);
    spread = random_below(2) ? 5000 : random_below(60) + 1;
    struck = random_below(2) ? random_below(80) : 0;

    for (i = 0; i < npeople; i++) {
        random_person(&people[i]);
        home[i] = random_below(random_below(nslices) + 1);
    }

    base_begin(fields, FIELDS);

    for (slice = 0; slice < nslices; slice++) {
        for (i = 0; i < npeople; i++) {
            if (home[i] == slice) {
                add_row(i, 1, &people[i]);

            } else if (random_below(100) < struck) {
                random_person(&older);
                add_row(i, 0, &older);
            }
        }

        base_slice();
    }

    generation = base_end();
}


/* ---- plain counting ---- */

static int
read_value(unsigned field, const char *text, double *value)
{
    int        yes, ignored;
    int64_t    us;
    aud_str_t  s = aud_str(text, strlen(text));

    switch (fields[field].type) {

    case AUD_TYPE_NUMBER:
        return aud_number_parse(s, value) == 0;

    case AUD_TYPE_DATE:
        if (aud_date_parse(s, &us, &ignored) != 0) {
            return 0;
        }

        *value = us;        /* whole minutes: exact */
        return 1;

    case AUD_TYPE_YES_NO:
        if (aud_yes_no_parse(s, &yes) != 0) {
            return 0;
        }

        *value = yes;
        return 1;

    default:
        return 0;
    }
}


static void
fold(const char *text, char folded[96])
{
    aud_buffer_t  b = { 0 };

    aud_fold(&b, aud_str(text, strlen(text)));
    assert_true(b.len < 96);
    memcpy(folded, b.data, b.len);
    folded[b.len] = '\0';
    aud_buffer_free(&b);
}


static kind_t *
kind_of(unsigned field, const char *text)
{
    int      fits;
    char     folded[96];
    double   value = 0;
    size_t   k;

    fold(text, folded);
    fits = read_value(field, text, &value);

    for (k = 0; k < nkinds; k++) {
        if (kinds[k].fits == fits
            && (fits ? kinds[k].value == value
                     : strcmp(kinds[k].folded, folded) == 0))
        {
            return &kinds[k];
        }
    }

    kinds[nkinds] = (kind_t) { .fits = fits, .value = value };
    strcpy(kinds[nkinds].folded, folded);

    return &kinds[nkinds++];
}


static void
count_plainly(unsigned field, int group)
{
    kind_t   *kind;
    unsigned  i, j;

    nkinds = 0;

    for (i = 0; i < npeople; i++) {
        for (j = 0; j < people[i].n[field]; j++) {
            kind = kind_of(field, people[i].texts[field][j]);

            if (kind->person != i + 1) {
                kind->person = i + 1;
                kind->base++;
                kind->inside += group < 0 || people[i].group == group;
            }
        }
    }
}


/* People who have a value for which the function says yes. */
static void
count_people(unsigned field, int group, int (*is)(const kind_t *, double,
    double), double from, double to, unsigned *inside, unsigned *base)
{
    unsigned  i, j;

    *inside = 0;
    *base = 0;

    for (i = 0; i < npeople; i++) {
        for (j = 0; j < people[i].n[field]; j++) {
            if (is(kind_of(field, people[i].texts[field][j]), from, to)) {
                (*base)++;
                *inside += group < 0 || people[i].group == group;
                break;
            }
        }
    }
}


static int
within(const kind_t *kind, double from, double to)
{
    return kind->fits && kind->value >= from && kind->value < to;
}


static int
any(const kind_t *kind, double from, double to)
{
    return 1;
}


static int
unlisted(const kind_t *kind, double from, double to)
{
    return !kind->listed;
}


/* ---- the answer ---- */

static json_t *
ask(unsigned field, int group, unsigned limit)
{
    json_t              *answer;
    aud_buffer_t         body = { 0 }, out = { 0 };
    aud_problem_t        problem;
    aud_distribution_t  *d;

    aud_buffer_printf(&body, "{\"field\": \"%s\", \"limit\": %u",
                      fields[field].name.data, limit);

    if (group >= 0) {
        aud_buffer_printf(&body, ", \"filter\": {\"field\": \"group\", "
                          "\"op\": \"equals\", \"value\": \"g%d\"}", group);
    }

    aud_buffer_char(&body, '}');

    d = aud_distribution_create(generation, aud_buffer_str(&body), 0,
                                &problem);

    if (d == NULL) {
        fail_msg("%.*s: %s", (int) body.len, body.data, problem.detail);
    }

    assert_true(aud_distribution_cost(d) >= 0);
    assert_int_equal(aud_distribution_run(d, &out), 0);

    answer = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(answer);

    aud_distribution_free(d);
    aud_buffer_free(&body);
    aud_buffer_free(&out);

    return answer;
}


static unsigned
number_in(const json_t *answer, const char *key)
{
    return json_integer_value(json_object_get(answer, key));
}


static kind_t *
kind_in(unsigned field, const json_t *value)
{
    char    text[64];
    double  number;

    if (json_is_string(value)) {
        return kind_of(field, json_string_value(value));
    }

    if (json_is_boolean(value)) {
        return kind_of(field, json_is_true(value) ? "yes" : "no");
    }

    number = json_number_value(value);
    snprintf(text, sizeof(text), "%.15g", number);

    return kind_of(field, text);
}


static int
stands_before(const kind_t *a, const kind_t *b)
{
    if (a->fits) {
        return a->value < b->value;
    }

    return a->inside != b->inside ? a->inside > b->inside
           : a->base != b->base ? a->base > b->base
           : strcmp(a->folded, b->folded) < 0;
}


static void
check_values(unsigned field, const json_t *answer, unsigned limit)
{
    size_t         i, k, before = nkinds, wanted = 0;
    kind_t        *kind, *last = NULL;
    const json_t  *values = json_object_get(answer, "values"), *value;

    for (i = 0; i < json_array_size(values); i++) {
        value = json_array_get(values, i);
        kind = kind_in(field, json_object_get(value, "value"));

        assert_int_equal(nkinds, before);       /* somebody has it */
        assert_int_equal(kind->listed, 0);
        assert_int_equal(kind->fits, fields[field].type != AUD_TYPE_TEXT);
        assert_int_equal(number_in(value, "base"), kind->base);
        assert_int_equal(number_in(value, "inside"), kind->inside);
        assert_true(last == NULL || stands_before(last, kind));

        kind->listed = 1;
        last = kind;
    }

    for (k = 0; k < nkinds; k++) {
        if (kinds[k].fits == (fields[field].type != AUD_TYPE_TEXT)) {
            wanted++;
            assert_true(kinds[k].listed || stands_before(last, &kinds[k]));
        }
    }

    if (fields[field].type == AUD_TYPE_TEXT && wanted > limit) {
        wanted = limit;
    }

    assert_int_equal(json_array_size(values), wanted);
}


static double
bound(const json_t *range, const char *key, double open)
{
    int            ignored;
    int64_t        us;
    const json_t  *value = json_object_get(range, key);

    if (json_is_string(value)) {
        assert_int_equal(aud_time_parse(json_string_value(value),
                                        json_string_length(value), &us,
                                        &ignored), 0);
        return us;
    }

    return json_is_null(value) ? open : json_number_value(value);
}


static void
check_ranges(unsigned field, int group, const json_t *answer, unsigned limit)
{
    size_t         i, k, n;
    double         from, to, last = -INFINITY;
    unsigned       inside, base;
    const json_t  *ranges = json_object_get(answer, "ranges"), *range;

    n = json_array_size(ranges);
    assert_true(n <= (limit < 4 ? 4 : limit));

    for (i = 0; i < n; i++) {
        range = json_array_get(ranges, i);
        from = bound(range, "from", -INFINITY);
        to = bound(range, "to", INFINITY);

        assert_true(from < to);
        assert_true(i == 0 || from == last);
        assert_true(isfinite(from) || i == 0);
        assert_true(isfinite(to) || i == n - 1);
        last = to;

        count_people(field, group, within, from, to, &inside, &base);
        assert_int_equal(number_in(range, "inside"), inside);
        assert_int_equal(number_in(range, "base"), base);

        /* the first and the last are there for somebody */
        assert_true(base || (i > 0 && i < n - 1));

        for (k = 0; k < nkinds; k++) {
            kinds[k].listed |= within(&kinds[k], from, to);
        }
    }

    for (k = 0; k < nkinds; k++) {
        assert_int_equal(kinds[k].listed, kinds[k].fits);
    }
}


static void
check_answer(unsigned field, int group, unsigned limit)
{
    size_t         k, others = 0;
    json_t        *answer;
    unsigned       i, inside, base, members = 0;
    const json_t  *other;

    count_plainly(field, group);
    answer = ask(field, group, limit);

    for (i = 0; i < npeople; i++) {
        members += group < 0 || people[i].group == group;
    }

    assert_string_equal(json_string_value(json_object_get(answer, "field")),
                        fields[field].name.data);
    assert_int_equal(number_in(json_object_get(answer, "inside"), "people"),
                     members);
    assert_int_equal(number_in(json_object_get(answer, "base"), "people"),
                     npeople);

    count_people(field, group, any, 0, 0, &inside, &base);
    assert_int_equal(number_in(json_object_get(answer, "inside"), "filled"),
                     inside);
    assert_int_equal(number_in(json_object_get(answer, "base"), "filled"),
                     base);

    if (json_object_get(answer, "ranges")) {
        assert_null(json_object_get(answer, "values"));
        check_ranges(field, group, answer, limit);

    } else {
        check_values(field, answer, limit);
    }

    for (k = 0; k < nkinds; k++) {
        others += !kinds[k].listed;
    }

    other = json_object_get(answer, "other");
    count_people(field, group, unlisted, 0, 0, &inside, &base);
    assert_int_equal(number_in(other, "values"), others);
    assert_int_equal(number_in(other, "inside"), inside);
    assert_int_equal(number_in(other, "base"), base);

    json_decref(answer);
}


static void
every_distribution_is_that_of_plain_counting(void **state)
{
    unsigned  i, j;

    for (i = 0; i < BASES; i++) {
        new_base();

        for (j = 0; j < QUESTIONS; j++) {
            check_answer(random_below(FIELDS), (int) random_below(7) - 1,
                         random_below(3) ? random_below(200) + 1
                                         : random_below(8) + 1);
        }

        base_drop(generation);
    }
}


/* ---- ranges ---- */

static void
assert_numbers(aud_number_spread_t spread, uint32_t n, double first,
    double size, int below, int above)
{
    aud_ranges_t  r;

    aud_ranges_numbers(&r, &spread, 20);
    assert_int_equal(r.n, n);
    assert_true(aud_ranges_number(&r, below) == first);
    assert_true(aud_ranges_size(&r) == size);
    assert_int_equal(r.below, below);
    assert_int_equal(r.above, above);
}


static void
numbers_stand_in_ranges_that_people_read_easily(void **state)
{
    /* least, 1 %, 99 %, greatest, whole: n, from, size */
    assert_numbers((aud_number_spread_t)
                   { 18, 19, 79, 91, 1 },                        16, 15, 5,
                   0, 0);
    assert_numbers((aud_number_spread_t)
                   { 0, 0, 9, 9, 0 },                            19, 0, 0.5,
                   0, 0);
    assert_numbers((aud_number_spread_t)
                   { 0, 0, 25, 25, 1 },                          13, 0, 2,
                   0, 0);
    assert_numbers((aud_number_spread_t)
                   { -3, -3, 4, 4, 0 },                          15, -3, 0.5,
                   0, 0);
}


static void
few_values_far_from_all_others_stand_in_an_open_range(void **state)
{
    assert_numbers((aud_number_spread_t) { 0, 10, 90, 9e9, 1 }, 20, 0, 5,
                   0, 1);
    assert_numbers((aud_number_spread_t) { -9e9, 10, 90, 100, 1 }, 20, 10, 5,
                   1, 0);
    assert_numbers((aud_number_spread_t) { -1e15, 0, 1, 1e15, 0 }, 13, 0, 0.1,
                   1, 1);
}


static void
every_number_is_within_the_bounds_of_its_range(void **state)
{
    double               v;
    uint32_t             i;
    unsigned             round, exponent;
    aud_ranges_t         r;
    aud_number_spread_t  spread;

    for (round = 0; round < 200000; round++) {
        exponent = random_below(6);
        v = (double) random_below(2000) / pow(10, exponent);
        spread = (aud_number_spread_t) { 0, 0, 2000 / pow(10, exponent),
                                         2000 / pow(10, exponent), 0 };

        aud_ranges_numbers(&r, &spread, random_below(197) + 4);
        i = aud_ranges_of_number(&r, v);
        assert_true(aud_ranges_number(&r, i) <= v);
        assert_true(aud_ranges_number(&r, i + 1) > v);
    }
}


static void
one_person_far_away_does_not_change_the_ranges(void **state)
{
    char         age[32], born[32];
    json_t      *answer, *range;
    unsigned     i, field;
    const char  *texts[FIELDS] = { NULL };

    base_begin(fields, FIELDS);

    for (i = 0; i < 300; i++) {
        sprintf(age, i == 7 ? "-900000" : i == 9 ? "900000" : "%u",
                20 + i % 60);
        sprintf(born, i == 7 ? "0001-01-01" : i == 9 ? "9999-12-31"
                                            : "%u-01-01", 1950 + i % 60);
        texts[AGE] = age;
        texts[BORN] = born;
        base_row(i, 1, texts);
    }

    generation = base_end();

    for (field = AGE; field <= BORN; field++) {
        answer = ask(field, -1, 20);
        range = json_object_get(answer, "ranges");
        assert_int_equal(json_array_size(range), 14);
        assert_int_equal(number_in(json_array_get(range, 0), "base"), 1);
        assert_int_equal(number_in(json_array_get(range, 1), "base"), 25);
        assert_int_equal(number_in(json_array_get(range, 13), "base"), 1);
        assert_true(json_is_null(json_object_get(json_array_get(range, 0),
                                                 "from")));
        assert_true(json_is_null(json_object_get(json_array_get(range, 13),
                                                 "to")));
        json_decref(answer);
    }

    base_drop(generation);
}


static int64_t
day(const char *text)
{
    int64_t  us;

    assert_int_equal(aud_time_parse(text, strlen(text), &us, NULL), 0);

    return us;
}


static void
assert_dates(const char *least, const char *greatest, aud_range_unit_t unit,
    int64_t size, uint32_t n, const char *first, const char *second)
{
    aud_ranges_t       r;
    aud_date_spread_t  s = { day(least), day(least), day(greatest),
                             day(greatest) };

    aud_ranges_dates(&r, &s, 20);
    assert_int_equal(r.unit, unit);
    assert_int_equal(r.size, size);
    assert_int_equal(r.n, n);
    assert_int_equal(aud_ranges_date(&r, 0), day(first));
    assert_int_equal(aud_ranges_date(&r, 1), day(second));
}


static void
dates_stand_in_units_of_the_calendar(void **state)
{
    assert_dates("2026-01-15T12:34:56Z", "2026-01-15T12:34:56Z",
                 AUD_RANGE_HOUR, 1, 1, "2026-01-15T12:00:00Z",
                 "2026-01-15T13:00:00Z");
    assert_dates("2026-01-15", "2026-01-18", AUD_RANGE_HOUR, 6, 13,
                 "2026-01-15", "2026-01-15T06:00:00Z");
    assert_dates("2026-01-15", "2026-01-30", AUD_RANGE_DAY, 1, 16,
                 "2026-01-15", "2026-01-16");
    assert_dates("2026-01-15", "2026-03-30", AUD_RANGE_WEEK, 1, 12,
                 "2026-01-12", "2026-01-19");
    assert_dates("2024-12-15", "2026-03-30", AUD_RANGE_MONTH, 1, 16,
                 "2024-12-01", "2025-01-01");
    assert_dates("2022-12-15", "2026-03-30", AUD_RANGE_MONTH, 3, 14,
                 "2022-10-01", "2023-01-01");
    assert_dates("1943-12-15", "2007-03-30", AUD_RANGE_YEAR, 5, 14,
                 "1940-01-01", "1945-01-01");
    assert_dates("0000-01-01", "9999-12-31", AUD_RANGE_YEAR, 1000, 10,
                 "0000-01-01", "1000-01-01");
}


/* ---- what is refused ---- */

static void
assert_refused(const char *body, const char *slug, const char *pointer)
{
    aud_problem_t  problem;

    assert_null(aud_distribution_create(generation,
                                        aud_str(body, strlen(body)), 0,
                                        &problem));
    assert_int_equal(problem.status, 422);
    assert_string_equal(problem.slug, "invalid-query");
    assert_string_equal(problem.errors[0].slug, slug);
    assert_string_equal(problem.errors[0].pointer, pointer);
}


static void
bad_requests_are_refused(void **state)
{
    new_base();

    assert_refused("{}", "bad-value", "/field");
    assert_refused("{\"field\": 1}", "bad-value", "/field");
    assert_refused("{\"field\": \"x\"}", "unknown-field", "/field");
    assert_refused("{\"field\": \"city\", \"limit\": 0}", "bad-value",
                   "/limit");
    assert_refused("{\"field\": \"city\", \"limit\": 201}", "bad-value",
                   "/limit");
    assert_refused("{\"field\": \"city\", \"fields\": []}", "unknown-member",
                   "/fields");

    base_drop(generation);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_distribution_is_that_of_plain_counting),
        cmocka_unit_test(numbers_stand_in_ranges_that_people_read_easily),
        cmocka_unit_test(few_values_far_from_all_others_stand_in_an_open_range),
        cmocka_unit_test(every_number_is_within_the_bounds_of_its_range),
        cmocka_unit_test(one_person_far_away_does_not_change_the_ranges),
        cmocka_unit_test(dates_stand_in_units_of_the_calendar),
        cmocka_unit_test(bad_requests_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
