/*
 * The evaluator held against a plain one: random filters over random people in
 * random generations, and the laws that any evaluator obeys.
 *
 *   EVAL_SEED=n      the same tables and filters again
 *   EVAL_FILTERS=n   other than 100,000
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_eval.h"
#include "manifest_writer.h"
#include "random_filters.h"
#include "segment_writer.h"

#define FILTERS            100000
#define FILTERS_PER_TABLE  400
#define MAX_PEOPLE         4000
#define MAX_SLICES         5
#define BLOCK              65536        /* rows that are evaluated together */
#define AUDIENCES          8

#define NOW  (INT64_C(1768478400) * AUD_SECOND)     /* 2026-01-15T12:00:00Z */


static char               dir[64];
static plain_person_t    *people;
static plain_audience_t   audiences[AUDIENCES];

/* Who stands in each row: people[…], or -1 where it is struck out. */
static int                slice_rows[MAX_SLICES][BLOCK + MAX_PEOPLE];
static aud_generation_t  *generation;
static unsigned           nslices;
static uint64_t           next_number;


static int
by_id(const void *a, const void *b)
{
    return aud_uuid_compare(&((const plain_person_t *) a)->id,
                            &((const plain_person_t *) b)->id);
}


static void
random_people(void)
{
    size_t    i;
    unsigned  f, density[FIELDS];

    base.npeople = random_below(25) == 0 ? 1000 + random_below(MAX_PEOPLE - 999)
                                         : random_below(300);

    for (f = 0; f < FIELDS; f++) {
        density[f] = random_below(4) == 0 ? 100 : random_below(101);
    }

    for (i = 0; i < base.npeople; i++) {
        random_person(&people[i], density);
    }

    qsort(people, base.npeople, sizeof(people[0]), by_id);

    base.people = people;
    base.now = NOW;
}


/* ---- random generations ---- */

/* Rows that are struck out, before those of all people: the people stand where
 * one block ends and the next begins. */
static uint32_t
add_filling(segment_writer_t *w, unsigned slice, uint64_t *deleted)
{
    uint32_t        row, n = BLOCK - random_below(base.npeople);
    plain_person_t  p;

    for (row = 0; row < n; row++) {
        p = people[random_below(base.npeople)];

        memset(&p.id, 0, sizeof(p.id));
        p.id.bytes[13] = row >> 16;
        p.id.bytes[14] = row >> 8;
        p.id.bytes[15] = row;

        add_row(w, &p);
        deleted[row / 64] |= UINT64_C(1) << (row % 64);
        slice_rows[slice][row] = -1;
    }

    return n;
}


/* An older row of the same person, with somebody else's values. */
static void
add_struck_row(segment_writer_t *w, const plain_person_t *p)
{
    plain_person_t  older = people[random_below(base.npeople)];

    older.id = p->id;
    add_row(w, &older);
}


static void
write_slice(unsigned slice, const unsigned char *home, unsigned struck,
    const aud_field_t *described, manifest_segment_t *segment)
{
    size_t               i;
    uint32_t             row = 0;
    uint64_t            *deleted;
    aud_error_t          err;
    segment_writer_t    *w;
    segment_summary_t    summary;

    deleted = calloc(AUD_WORDS(BLOCK + MAX_PEOPLE) + 1, sizeof(uint64_t));
    w = segment_writer_create(described, FIELDS);

    if (struck && base.npeople && random_below(40) == 0) {
        row = add_filling(w, slice, deleted);
    }

    for (i = 0; i < base.npeople; i++) {

        if (home[i] == slice) {
            add_row(w, &people[i]);
            slice_rows[slice][row++] = i;

        } else if (random_below(100) < struck) {
            add_struck_row(w, &people[i]);
            deleted[row / 64] |= UINT64_C(1) << (row % 64);
            slice_rows[slice][row++] = -1;
        }
    }

    assert_int_equal(segment_writer_write(w, dir, segment->number, &summary,
                                          &err), 0);
    segment_writer_free(w);

    segment->checksum = summary.checksum;
    segment->rows = row;
    segment->deleted = struck ? deleted : NULL;

    if (struck == 0) {
        free(deleted);
    }
}


/* Each may use those before it, so that there are no cycles. */
static void
random_audiences(void)
{
    size_t             i, j;
    plain_audience_t  *a;

    for (i = 0; i < AUDIENCES; i++) {
        a = &audiences[i];
        memset(a, 0, sizeof(*a));

        a->uuid.bytes[0] = i + 1;
        a->uuid.bytes[15] = random_below(256);
        aud_id_format(a->id, "aud", &a->uuid);

        base.audiences = audiences;
        base.naudiences = i;

        if (random_below(4)) {
            a->filter = random_filter(2, 1);
            continue;
        }

        a->members = calloc(base.npeople + 1, sizeof(aud_uuid_t));

        for (j = 0; j < base.npeople; j++) {
            if (random_below(3) == 0) {
                a->members[a->nmembers++] = people[j].id;
            }
        }
    }

    base.naudiences = AUDIENCES;
}


static uint64_t
write_audiences(uint64_t number)
{
    size_t          i;
    uint64_t        checksum;
    aud_error_t     err;
    aud_audience_t  saved[AUDIENCES];

    for (i = 0; i < AUDIENCES; i++) {
        saved[i] = (aud_audience_t) { .id = audiences[i].uuid };

        if (audiences[i].filter) {
            saved[i].filter.data = json_dumps(audiences[i].filter, 0);
            saved[i].filter.len = strlen(saved[i].filter.data);

        } else {
            saved[i].members = audiences[i].members;
            saved[i].nmembers = audiences[i].nmembers;
        }
    }

    assert_int_equal(manifest_write_audiences(dir, number, saved, AUDIENCES,
                                              NULL, &checksum, &err), 0);

    for (i = 0; i < AUDIENCES; i++) {
        free((void *) saved[i].filter.data);
    }

    return checksum;
}


static void
random_generation(void)
{
    size_t               i;
    unsigned             struck;
    manifest_t           m = { 0 };
    aud_error_t          err;
    aud_field_t          described[FIELDS];
    unsigned char       *home;
    manifest_segment_t   segments[MAX_SLICES];

    for (i = 0; i < FIELDS; i++) {
        described[i] = (aud_field_t) {
            aud_str(fields[i].name, strlen(fields[i].name)), fields[i].type,
            AUD_KIND_BEHAVIOUR, fields[i].multi
        };
    }

    nslices = random_below(MAX_SLICES) + 1;
    home = malloc(base.npeople + 1);

    for (i = 0; i < base.npeople; i++) {
        home[i] = random_below(nslices);
    }

    struck = random_below(2) ? random_below(60) : 0;

    for (i = 0; i < nslices; i++) {
        segments[i].number = ++next_number;
        write_slice(i, home, struck, described, &segments[i]);
    }

    m.number = ++next_number;
    m.fields = described;
    m.nfields = FIELDS;
    m.segments = segments;
    m.nsegments = nslices;
    m.audiences_number = ++next_number;
    m.audiences_checksum = write_audiences(m.audiences_number);

    assert_int_equal(manifest_write(dir, "MANIFEST", &m, &err), 0);

    generation = aud_generation_open(dir, NULL, NULL, &err);
    if (generation == NULL) {
        fail_msg("%s", err.text);
    }

    for (i = 0; i < nslices; i++) {
        free((void *) segments[i].deleted);
    }

    free(home);
}


static void
empty_dir(void)
{
    DIR            *d = opendir(dir);
    char            path[512];
    struct dirent  *e;

    while ((e = readdir(d))) {
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
            unlink(path);
        }
    }

    closedir(d);
}


static void
new_table(void)
{
    random_people();
    random_audiences();
    random_generation();
}


static void
drop_table(void)
{
    size_t  i;

    aud_generation_release(generation);

    for (i = 0; i < AUDIENCES; i++) {
        json_decref(audiences[i].filter);
        free(audiences[i].members);
    }

    empty_dir();
}


/* ---- comparing ---- */

static aud_plan_t *
bind(const json_t *json, int strict)
{
    char           *text;
    aud_plan_t     *plan;
    aud_filter_t   *filter;
    aud_problem_t   problem;

    filter = aud_filter_parse(json, "/filter", &problem);

    if (filter) {
        plan = aud_plan_create(generation, filter, NOW, strict, &problem);
        aud_filter_free(filter);

        if (plan) {
            assert_true(aud_plan_cost(plan, random_below(2)) >= 0);
            return plan;
        }
    }

    text = json_dumps(json, 0);
    print_error("%s\n%s %s: %s\n", text, problem.errors[0].slug,
                problem.errors[0].pointer, problem.errors[0].detail);
    fail();

    return NULL;
}


static aud_plan_t *
run(const json_t *json, int strict)
{
    aud_plan_t  *plan = bind(json, strict);

    assert_int_equal(aud_plan_run(plan), 0);

    return plan;
}


/* Without the rows, which may go other ways. */
static uint64_t
count(const json_t *json)
{
    uint64_t     n;
    aud_plan_t  *plan = bind(json, 0);

    assert_int_equal(aud_plan_run_count(plan), 0);
    n = aud_plan_count(plan);
    aud_plan_free(plan);

    return n;
}


static void
differs(const json_t *json, int person, unsigned slice, uint32_t row)
{
    unsigned  f, i;

    print_error("%s\nslice %u row %u, person %d\n",
                json_dumps(json, JSON_INDENT(1)), slice, row, person);

    for (f = 0; person >= 0 && f < FIELDS; f++) {
        for (i = 0; i < people[person].n[f]; i++) {
            print_error("  %s: %s\n", fields[f].name,
                        people[person].values[f][i].text);
        }
    }

    fail();
}


/* Row by row, and in number. */
static void
compare(const json_t *json, const aud_plan_t *plan)
{
    int              person, expected;
    char             matches[MAX_PEOPLE];
    size_t           i;
    uint32_t         row;
    uint64_t         n = 0;
    const uint64_t  *rows;

    plain_eval(&base, json, matches);

    for (i = 0; i < nslices; i++) {
        rows = aud_plan_rows(plan, i);

        for (row = 0; row < generation->slices[i].segment->rows; row++) {
            person = slice_rows[i][row];
            expected = person >= 0 && matches[person];
            n += expected;

            if (aud_bit(rows, row) != expected) {
                differs(json, person, i, row);
            }
        }
    }

    if (aud_plan_count(plan) != n) {
        differs(json, -1, 0, 0);
    }
}


static void
check_negation(json_t *f, uint64_t n)
{
    json_t  *not_f, *not_not_f;

    not_f = json_pack("{s:O}", "not", f);
    not_not_f = json_pack("{s:O}", "not", not_f);

    assert_int_equal(count(not_f), base.npeople - n);
    assert_int_equal(count(not_not_f), n);

    json_decref(not_not_f);
    json_decref(not_f);
}


static void
check_union(json_t *a, uint64_t n, int loose)
{
    json_t  *b, *both, *either;

    b = random_filter(2, loose);
    both = json_pack("{s:[O,O]}", "all", a, b);
    either = json_pack("{s:[O,O]}", "any", a, b);

    assert_int_equal(n + count(b), count(both) + count(either));

    json_decref(both);
    json_decref(either);
    json_decref(b);
}


/* Pages of any size give each match once, in the order of ids. */
static void
check_pages(const json_t *json, const aud_plan_t *plan)
{
    char               matches[MAX_PEOPLE];
    size_t             i, n, page, next = 0;
    aud_place_t        places[50];
    const aud_uuid_t  *id, *after = NULL;

    plain_eval(&base, json, matches);
    page = random_below(50) + 1;

    do {
        n = aud_plan_page(plan, after, page, places);

        for (i = 0; i < n; i++) {
            id = &generation->slices[places[i].slice]
                      .segment->profiles[places[i].row];

            while (next < base.npeople && !matches[next]) {
                next++;
            }

            assert_true(next < base.npeople);
            assert_memory_equal(id, &people[next].id, sizeof(*id));
            next++;
            after = id;
        }

    } while (n == page);

    while (next < base.npeople) {
        assert_false(matches[next++]);
    }
}


/* One page that is found while matches are counted: from the start, or behind
 * a person who matches or does not. */
static void
check_counted_page(const json_t *json)
{
    char               matches[MAX_PEOPLE];
    size_t             i, n, limit, next = 0;
    uint64_t           count = 0;
    aud_plan_t        *plan = bind(json, 0);
    aud_place_t        places[MAX_PEOPLE];
    const aud_uuid_t  *id, *after = NULL;

    plain_eval(&base, json, matches);
    limit = random_below(random_below(8) ? 30 : MAX_PEOPLE) + 1;

    if (base.npeople && random_below(2)) {
        next = random_below(base.npeople);
        after = &people[next++].id;
    }

    assert_int_equal(aud_plan_run_page(plan, after, limit, places, &n), 0);
    assert_true(n <= limit);

    for (i = 0; i < base.npeople; i++) {
        count += matches[i];
    }

    assert_int_equal(aud_plan_count(plan), count);

    for (i = 0; i < limit; i++) {

        while (next < base.npeople && !matches[next]) {
            next++;
        }

        if (next == base.npeople) {
            break;
        }

        assert_true(i < n);
        id = &generation->slices[places[i].slice]
                  .segment->profiles[places[i].row];
        assert_memory_equal(id, &people[next++].id, sizeof(*id));
    }

    assert_int_equal(i, n);
    aud_plan_free(plan);
}


static void
check_filter(unsigned i)
{
    int          loose = random_below(4) == 0;
    json_t      *json;
    aud_plan_t  *plan;

    json = random_filter(random_below(5), loose);
    plan = run(json, !loose);
    compare(json, plan);

    if (i % 8 == 0) {
        check_negation(json, aud_plan_count(plan));
        check_union(json, aud_plan_count(plan), loose);
    }

    if (i % 16 == 0) {
        check_pages(json, plan);
    }

    if (i % 4 == 0) {
        check_counted_page(json);
    }

    aud_plan_free(plan);
    json_decref(json);
}


/* Every value that is listed counts as many as equals finds: exactly where
 * texts are compared, at least where numbers and dates are. */
static void
check_values(unsigned field)
{
    char           *text;
    size_t          i, n;
    json_t         *json, *items, *item, *equals;
    uint64_t        listed, found;
    aud_buffer_t    out = { 0 };
    aud_problem_t   problem;

    assert_int_equal(aud_values_json(generation,
                                     aud_str(fields[field].name,
                                             strlen(fields[field].name)),
                                     AUD_STR(""), 1000, &out, &problem), 0);
    json = json_loadb(out.data, out.len, 0, NULL);
    items = json_object_get(json, "items");
    n = json_array_size(items);

    for (i = 0; i < n; i += n / 20 + 1) {
        item = json_array_get(items, i);
        listed = json_integer_value(json_object_get(item, "count"));

        equals = json_pack("{s:s,s:s,s:O}", "field", fields[field].name,
                           "op", "equals",
                           "value", json_object_get(item, "value"));
        found = count(equals);

        if (fields[field].type == AUD_TYPE_TEXT ? listed != found
                                                : listed > found)
        {
            text = json_dumps(equals, 0);
            fail_msg("%s: %llu listed, %llu found", text,
                     (unsigned long long) listed, (unsigned long long) found);
        }

        json_decref(equals);
    }

    json_decref(json);
    aud_buffer_free(&out);
}


static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}


static void
count_plainly(unsigned field, size_t *filled, size_t *distinct)
{
    size_t        i, j, n = 0;
    const char  **all;

    all = calloc(base.npeople * PLAIN_VALUES + 1, sizeof(char *));
    *filled = 0;

    for (i = 0; i < base.npeople; i++) {
        *filled += people[i].n[field] > 0;

        for (j = 0; j < people[i].n[field]; j++) {
            all[n++] = people[i].values[field][j].text;
        }
    }

    qsort(all, n, sizeof(char *), by_text);

    for (i = 0, *distinct = 0; i < n; i++) {
        *distinct += i == 0 || strcmp(all[i - 1], all[i]) != 0;
    }

    free(all);
}


static void
check_fields(void)
{
    size_t         i, f, filled, distinct;
    json_t        *json, *item;
    const char    *name;
    aud_buffer_t   out = { 0 };

    assert_int_equal(aud_fields_json(generation, &out), 0);
    json = json_loadb(out.data, out.len, 0, NULL);

    json_array_foreach(json_object_get(json, "items"), i, item) {
        name = json_string_value(json_object_get(item, "name"));

        for (f = 0; strcmp(fields[f].name, name) != 0; f++) {
            /* void */
        }

        count_plainly(f, &filled, &distinct);

        assert_int_equal(json_integer_value(json_object_get(item, "filled")),
                         filled);
        assert_int_equal(json_integer_value(json_object_get(item, "distinct")),
                         distinct);
    }

    assert_int_equal(i, FIELDS);
    json_decref(json);
    aud_buffer_free(&out);
}


static void
test_fields_and_values_count_what_is_there(void **state)
{
    unsigned  i, f;

    for (i = 0; i < 40; i++) {
        new_table();
        check_fields();

        for (f = 0; f < FIELDS; f++) {
            check_values(f);
        }

        drop_table();
    }
}


static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
    const char  *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}


static void
test_evaluator_agrees_with_a_plain_one(void **state)
{
    uint64_t  i, n;

    n = from_environment("EVAL_FILTERS", FILTERS);

    for (i = 0; i < n; i++) {

        if (i % FILTERS_PER_TABLE == 0) {
            if (i) {
                drop_table();
            }

            new_table();
        }

        check_filter(i);
    }

    drop_table();
}


int
main(void)
{
    int       failed;
    uint64_t  seed;

    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_evaluator_agrees_with_a_plain_one),
        cmocka_unit_test(test_fields_and_values_count_what_is_there),
    };

    seed = from_environment("EVAL_SEED", 1);
    print_message("EVAL_SEED=%llu\n", (unsigned long long) seed);
    random_state = seed | 1;

    people = malloc(MAX_PEOPLE * sizeof(plain_person_t));
    strcpy(dir, "/tmp/aud-eval-XXXXXX");

    if (people == NULL || mkdtemp(dir) == NULL) {
        return 1;
    }

    failed = cmocka_run_group_tests(tests, NULL, NULL);

    empty_dir();
    rmdir(dir);
    free(people);

    return failed;
}
