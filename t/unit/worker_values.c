/*
 * The values of a field against plain counting, on random bases of several
 * segments with struck rows: counted whole, and by the most frequent ones.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "aud_alloc.h"
#include "aud_eval.h"
#include "aud_text.h"
#include "aud_top_values.h"
#include "manifest_writer.h"
#include "random.h"
#include "segment_writer.h"

#define BASES        60
#define QUESTIONS    120
#define MAX_PEOPLE   700
#define MAX_SLICES   6
#define FIELDS       7
#define MAX_VALUES   4          /* of a person in a field */
#define MAX_KINDS    (MAX_PEOPLE * MAX_VALUES)

#define count_of(list)  (sizeof(list) / sizeof((list)[0]))


typedef struct {
    char      texts[FIELDS][MAX_VALUES][48];
    unsigned  n[FIELDS];
} person_t;

typedef struct {                /* a value as plain counting sees it */
    char      folded[96];
    int       fits;
    int       begins;
    unsigned  count;
    unsigned  person;           /* counted last, + 1 */
} kind_t;


static const aud_field_t  fields[FIELDS] = {
    { AUD_STR("city"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 },
    { AUD_STR("email"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 },
    { AUD_STR("name"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 },
    { AUD_STR("idade"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("tags"), AUD_TYPE_TEXT, AUD_KIND_EXTRA, 1 },
    { AUD_STR("visitas"), AUD_TYPE_DATE, AUD_KIND_EXTRA, 1 },
    { AUD_STR("cliente"), AUD_TYPE_YES_NO, AUD_KIND_BEHAVIOUR, 0 },
};

static const char *const  words[] = {
    "São Paulo", "sao paulo", "SÃO PAULO", "Santos", "santos", "Sant", "San",
    "Grêmio", "gremio", "GREMIO", "Straße", "STRASSE", "日本", "a", "A", "á",
    "aba", "\"", "a\\b", "line\nline", "İstanbul", "Sim", "12,5",
};

static const char *const  numbers[] = {
    "12,5", "12.50", "12.5", "0", "-0", "1", "n/d", "N/D", "1.234,56",
    "1,234.56", "00123", "123",
};

static const char *const  dates[] = {
    "2025-12-31", "31/12/2025", "2026-01-15", "15/01/2026", "ontem", "Ontem",
    "2025-12-31T00:00:00Z", "1970-01-01",
};

static const char *const  answers[] = {
    "Sim", "sim", "SIM", "S", "s", "Não", "nao", "NÃO", "talvez", "Talvez",
};


static char               dir[64];
static person_t           people[MAX_PEOPLE];
static unsigned           npeople;
static unsigned           spread;       /* of values that are nearly unique */
static aud_generation_t  *generation;
static kind_t             kinds[MAX_KINDS];
static size_t             nkinds;


/* ---- random bases ---- */

static void
random_value(unsigned field, char text[48])
{
    unsigned  n = random_below(spread);

    switch (field) {
    case 1:
        sprintf(text, "ana.%c%u@example.com", 'a' + n % 3, n);
        break;

    case 2:
        sprintf(text, random_below(3) ? "Márcia %c %u" : "MARCIA %c %u",
                "xyz"[n % 3], n);
        break;

    case 3:
        if (random_below(2)) {
            sprintf(text, "%u", n);
            break;
        }

        strcpy(text, numbers[random_below(count_of(numbers))]);
        break;

    case 5:
        if (random_below(2)) {
            sprintf(text, "2025-%02u-%02u", n % 12 + 1, n / 12 % 28 + 1);
            break;
        }

        strcpy(text, dates[random_below(count_of(dates))]);
        break;

    case 6:
        strcpy(text, answers[random_below(count_of(answers))]);
        break;

    default:
        strcpy(text, words[random_below(random_below(count_of(words)) + 1)]);
    }
}


static void
random_person(person_t *p)
{
    unsigned  f, i, n;

    memset(p, 0, sizeof(*p));

    for (f = 0; f < FIELDS; f++) {
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


static aud_uuid_t
numbered(unsigned n)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[14] = n >> 8;
    id.bytes[15] = n;

    return id;
}


static void
add_row(segment_writer_t *w, unsigned number, const person_t *p)
{
    unsigned         f, i, n = 0;
    aud_uuid_t       id = numbered(number);
    segment_value_t  values[FIELDS * MAX_VALUES];

    for (f = 0; f < FIELDS; f++) {
        for (i = 0; i < p->n[f]; i++) {
            values[n].field = f;
            values[n++].text = aud_str(p->texts[f][i], strlen(p->texts[f][i]));
        }
    }

    assert_int_equal(segment_writer_add(w, &id, values, n), 0);
}


/* Rows of other slices' people are older ones, struck out, in some bases. */
static void
write_slice(unsigned slice, const unsigned char *home, unsigned struck,
    manifest_segment_t *segment)
{
    unsigned            i;
    uint32_t            row = 0;
    uint64_t           *deleted;
    person_t            older;
    aud_error_t         err;
    segment_writer_t   *w;
    segment_summary_t   summary;

    deleted = calloc(AUD_WORDS(MAX_PEOPLE) + 1, sizeof(uint64_t));
    w = segment_writer_create(fields, FIELDS);

    for (i = 0; i < npeople; i++) {

        if (home[i] == slice) {
            add_row(w, i, &people[i]);
            row++;

        } else if (random_below(100) < struck) {
            random_person(&older);
            add_row(w, i, &older);
            deleted[row / 64] |= UINT64_C(1) << (row % 64);
            row++;
        }
    }

    assert_int_equal(segment_writer_write(w, dir, slice + 1, &summary, &err),
                     0);
    segment_writer_free(w);

    *segment = (manifest_segment_t) { slice + 1, summary.checksum,
                                      summary.rows, struck ? deleted : NULL };

    if (struck == 0) {
        free(deleted);
    }
}


static void
new_base(void)
{
    unsigned            i, struck, nslices = random_below(MAX_SLICES) + 1;
    aud_error_t         err;
    manifest_t          m = { .number = 1, .fields = fields,
                              .nfields = FIELDS };
    unsigned char       home[MAX_PEOPLE];
    manifest_segment_t  segments[MAX_SLICES];

    npeople = random_below(MAX_PEOPLE + 1);
    spread = random_below(2) ? MAX_PEOPLE * 4 : random_below(60) + 1;
    struck = random_below(2) ? random_below(80) : 0;

    for (i = 0; i < npeople; i++) {
        random_person(&people[i]);
        home[i] = random_below(random_below(nslices) + 1);
    }

    for (i = 0; i < nslices; i++) {
        write_slice(i, home, struck, &segments[i]);
    }

    m.segments = segments;
    m.nsegments = nslices;
    if (manifest_write(dir, "MANIFEST", &m, &err) != 0) {
        fail_msg("%s", err.text);
    }


    generation = aud_generation_open(dir, NULL, NULL, &err);
    assert_non_null(generation);

    for (i = 0; i < nslices; i++) {
        free((void *) segments[i].deleted);
    }
}


static void
drop_base(void)
{
    char  command[128];

    aud_generation_release(generation);
    snprintf(command, sizeof(command), "rm -f %s/*", dir);
    assert_int_equal(system(command), 0);
}


/* ---- plain counting ---- */

static int
fits(unsigned field, const char *text)
{
    int        ignored;
    double     number;
    int64_t    us;
    aud_str_t  s = aud_str(text, strlen(text));

    switch (fields[field].type) {
    case AUD_TYPE_NUMBER:  return aud_number_parse(s, &number) == 0;
    case AUD_TYPE_DATE:    return aud_date_parse(s, &us, &ignored) == 0;
    case AUD_TYPE_YES_NO:  return aud_yes_no_parse(s, &ignored) == 0;
    default:               return 0;
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


static void
count_plainly(unsigned field, const char *q)
{
    int       fit;
    char      folded[96];
    size_t    k;
    unsigned  i, j;

    nkinds = 0;

    for (i = 0; i < npeople; i++) {
        for (j = 0; j < people[i].n[field]; j++) {

            fold(people[i].texts[field][j], folded);
            fit = fits(field, people[i].texts[field][j]);

            if (strstr(folded, q) == NULL) {
                continue;
            }

            for (k = 0; k < nkinds; k++) {
                if (kinds[k].fits == fit && !strcmp(kinds[k].folded, folded)) {
                    break;
                }
            }

            if (k == nkinds) {
                memset(&kinds[nkinds], 0, sizeof(kind_t));
                strcpy(kinds[nkinds].folded, folded);
                kinds[nkinds].fits = fit;
                kinds[nkinds++].begins = strncmp(folded, q, strlen(q)) == 0;
            }

            kinds[k].count += kinds[k].person != i + 1;
            kinds[k].person = i + 1;
        }
    }
}


static int
by_place(const void *a, const void *b)
{
    int            order;
    const kind_t  *x = a, *y = b;

    if (x->begins != y->begins) {
        return y->begins - x->begins;
    }

    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }

    order = strcmp(x->folded, y->folded);

    return order ? order : y->fits - x->fits;
}


/* ---- comparing ---- */

static json_t *
ask(unsigned field, const char *q, size_t limit, uint64_t enough)
{
    json_t         *json;
    aud_buffer_t    out = { 0 };
    aud_problem_t   problem;

    aud_values_enough = enough;
    assert_int_equal(aud_values_json(generation, fields[field].name,
                                     aud_str(q, strlen(q)), limit, &out,
                                     &problem), 0);
    json = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(json);
    aud_buffer_free(&out);

    return json;
}


static void
compare(json_t *json, unsigned field, const char *q, size_t limit)
{
    int         exact;
    char        folded[96];
    size_t      i, n, distinct;
    json_t     *items, *item;

    items = json_object_get(json, "items");
    n = json_array_size(items);
    distinct = json_integer_value(json_object_get(json, "distinct"));
    exact = json_is_true(json_object_get(json, "exact"));

    assert_int_equal(n, nkinds < limit ? nkinds : limit);
    assert_true(exact ? distinct == nkinds : distinct <= nkinds);
    assert_true(distinct >= n);

    for (i = 0; i < n; i++) {
        item = json_array_get(items, i);
        fold(json_string_value(json_object_get(item, "value")), folded);

        if (strcmp(folded, kinds[i].folded) != 0
            || json_integer_value(json_object_get(item, "count"))
               != kinds[i].count)
        {
            fail_msg("%s of \"%s\", limit %zu, %s: at %zu \"%s\" %lld, not "
                     "\"%s\" %u", fields[field].name.data, q, limit,
                     aud_values_enough ? "whole" : "the frequent", i, folded,
                     json_integer_value(json_object_get(item, "count")),
                     kinds[i].folded, kinds[i].count);
        }
    }
}


/* Nothing, or a part of some value. */
static void
random_question(unsigned field, char q[96])
{
    char      text[48];
    size_t    from, len;
    unsigned  i = npeople ? random_below(npeople) : 0;

    q[0] = '\0';

    if (random_below(6) == 0 || npeople == 0) {
        return;
    }

    if (people[i].n[field] && random_below(10)) {
        strcpy(text, people[i].texts[field][0]);

    } else {
        random_value(field, text);
    }

    fold(text, q);
    len = strlen(q);

    if (random_below(2)) {
        from = random_below(len);

        while ((q[from] & 0xc0) == 0x80) {
            from--;
        }

        memmove(q, q + from, len - from + 1);
        len -= from;
    }

    len = random_below(len) + 1;

    while ((q[len] & 0xc0) == 0x80) {
        len++;
    }

    q[len] = '\0';
}


static void
check_question(void)
{
    char      q[96];
    size_t    limit;
    json_t   *whole, *frequent;
    unsigned  field = random_below(FIELDS);

    random_question(field, q);
    limit = random_below(random_below(2) ? 8 : 400) + 1;

    count_plainly(field, q);
    qsort(kinds, nkinds, sizeof(kind_t), by_place);

    whole = ask(field, q, limit, UINT64_MAX);
    compare(whole, field, q, limit);
    assert_true(json_is_true(json_object_get(whole, "exact")));

    frequent = ask(field, q, limit, 0);
    compare(frequent, field, q, limit);
    assert_true(json_equal(json_object_get(whole, "items"),
                           json_object_get(frequent, "items")));

    json_decref(whole);
    json_decref(frequent);
}


static void
test_values_agree_with_plain_counting(void **state)
{
    unsigned  i, j;

    for (i = 0; i < BASES; i++) {
        new_base();

        for (j = 0; j < QUESTIONS; j++) {
            check_question();
        }

        drop_base();
    }
}


/* ---- when memory is out ---- */

static int  allocations_left;


static void *
failing_realloc(void *p, size_t size)
{
    return allocations_left-- > 0 ? realloc(p, size) : NULL;
}


static void
test_memory_that_is_out_is_reported(void **state)
{
    int              rc, n = 0;
    aud_buffer_t     out;
    aud_problem_t    problem;
    aud_allocator_t  usual = aud_allocator;

    do {
        new_base();
    } while (npeople < 200 && (drop_base(), 1));

    aud_values_enough = 0;

    do {
        memset(&out, 0, sizeof(out));
        problem.status = 0;

        aud_allocator.realloc = failing_realloc;
        allocations_left = n++;
        rc = aud_values_json(generation, AUD_STR("email"), AUD_STR("a"), 3,
                             &out, &problem);
        aud_allocator = usual;

        assert_true(rc == 0 || problem.status == 500);
        aud_buffer_free(&out);

    } while (rc != 0);

    assert_true(n > 5);
    drop_base();
}


int
main(void)
{
    int          failed;
    const char  *seed = getenv("VALUES_SEED");

    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_values_agree_with_plain_counting),
        cmocka_unit_test(test_memory_that_is_out_is_reported),
    };

    /* a seed that has met a date whose texts match in one segment alone */
    random_state = (seed ? strtoull(seed, NULL, 10)
                         : UINT64_C(1795308549573383)) | 1;
    print_message("VALUES_SEED=%llu\n", (unsigned long long) random_state);

    strcpy(dir, "/tmp/aud-values-XXXXXX");

    if (mkdtemp(dir) == NULL) {
        return 1;
    }

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(dir);

    return failed;
}
