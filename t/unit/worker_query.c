/*
 * Queries, fields and values on a small base written out here, and what binding
 * a filter refuses.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_eval.h"
#include "manifest_writer.h"
#include "segment_writer.h"

#define NOW   (INT64_C(1768478400) * AUD_SECOND)    /* 2026-01-15T12:00:00Z */

#define FIELDS      6
#define PEOPLE      6
#define AUDIENCES   80
#define CHAIN       40      /* 10 … 49: each contains the next */
#define DOUBLES     28      /* 50 … 77: each contains the next one twice */

enum { SELF = 0, LEFT, RIGHT, FIXED, GREMIO, BROKEN, OLD };

static const aud_field_t  fields[FIELDS] = {
    { AUD_STR("idade"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("time"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("created_at"), AUD_TYPE_DATE, AUD_KIND_SYSTEM, 0 },
    { AUD_STR("tags"), AUD_TYPE_TEXT, AUD_KIND_EXTRA, 1 },
    { AUD_STR("phoneNumber"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 },
    { AUD_STR("Opt-in"), AUD_TYPE_YES_NO, AUD_KIND_CONSENT, 0 },
};

/* By field; tags are parted by |. */
static const char *const  rows[PEOPLE][FIELDS] = {
    { "18", "Grêmio", "2026-01-15", "vip|VIP|novo", "+5511900000001" },
    { "30", "gremio", "2026-01-14", "vip", "+5511900000002" },
    { "1.234,56", "GRÊMIO", NULL, NULL, "+5511900000003" },
    { "n/d", "Santos", "2025-12-31", "Novo", "+5511900000004" },
    { "18", "São \"Paulo\"", "2024-02-29", NULL, "+5511900000005" },
    { NULL, NULL, NULL, NULL, "+5511900000006" },
};

static char               dir[64];
static aud_generation_t  *generation;
static aud_buffer_t       out;
static aud_problem_t      problem;


/* ---- the base: people 0 to 3 in one segment, 4 and 5 in another, together
 *      with a struck-out older row of 0 ---- */

static aud_uuid_t
numbered(unsigned n)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[15] = n + 1;

    return id;
}


static const char *
audience_id(unsigned n)
{
    aud_uuid_t   id = numbered(n);
    static char  texts[4][AUD_ID_LEN + 1];
    static int   turn;

    turn = (turn + 1) % 4;
    aud_id_format(texts[turn], "aud", &id);

    return texts[turn];
}


static void
add_person(segment_writer_t *w, unsigned id, const char *const *row)
{
    char             text[256];
    unsigned         f, n = 0;
    aud_uuid_t       uuid = numbered(id);
    segment_value_t  values[16];

    static char      kept[1024];
    char            *piece, *p = kept;

    for (f = 0; f < FIELDS; f++) {

        if (row[f] == NULL) {
            continue;
        }

        snprintf(text, sizeof(text), "%s", row[f]);

        for (piece = strtok(text, "|"); piece; piece = strtok(NULL, "|")) {
            p += sprintf(p, "%s", piece) + 1;
            values[n].field = f;
            values[n++].text = aud_str(p - strlen(piece) - 1, strlen(piece));
        }
    }

    assert_int_equal(segment_writer_add(w, &uuid, values, n), 0);
}


static manifest_segment_t
write_segment(uint64_t number, unsigned from, unsigned to, int with_old)
{
    unsigned            i;
    aud_error_t         err;
    segment_writer_t   *w;
    segment_summary_t   summary;

    static uint64_t           first = 1;
    static const char *const  old[FIELDS] = { "99", "Antigo", NULL, "velho" };

    w = segment_writer_create(fields, FIELDS);

    if (with_old) {
        add_person(w, 0, old);
    }

    for (i = from; i < to; i++) {
        add_person(w, i, rows[i]);
    }

    assert_int_equal(segment_writer_write(w, dir, number, &summary, &err), 0);
    segment_writer_free(w);

    return (manifest_segment_t) { number, summary.checksum, summary.rows,
                                  with_old ? &first : NULL };
}


static void
set_filter(aud_audience_t *a, const char *fmt, ...)
{
    char     *text;
    va_list   args;

    free((void *) a->filter.data);

    va_start(args, fmt);
    assert_true(vasprintf(&text, fmt, args) > 0);
    va_end(args);

    a->filter = aud_str(text, strlen(text));
}


static uint64_t
write_audiences(uint64_t number)
{
    unsigned           i;
    uint64_t           checksum;
    aud_error_t        err;
    aud_uuid_t         members[] = { numbered(0), numbered(3), numbered(5),
                                     numbered(90) };
    aud_audience_t     a[AUDIENCES];

    for (i = 0; i < AUDIENCES; i++) {
        a[i] = (aud_audience_t) { .id = numbered(i) };
        set_filter(&a[i], "{\"any\": []}");
    }

    set_filter(&a[SELF], "{\"not\": {\"audience\": \"%s\"}}",
               audience_id(SELF));
    set_filter(&a[LEFT], "{\"audience\": \"%s\"}", audience_id(RIGHT));
    set_filter(&a[RIGHT], "{\"all\": [{\"audience\": \"%s\"}]}",
               audience_id(LEFT));
    free((void *) a[FIXED].filter.data);
    a[FIXED].filter = aud_str(NULL, 0);
    a[FIXED].members = members;
    a[FIXED].nmembers = 4;
    set_filter(&a[GREMIO], "{\"field\": \"time\", \"op\": \"equals\", "
               "\"value\": \"gremio\"}");
    set_filter(&a[BROKEN], "{\"each\": []}");
    set_filter(&a[OLD], "{\"any\": [{\"field\": \"was here\", "
               "\"op\": \"not_exists\"}, {\"field\": \"time\", "
               "\"op\": \"greater_than\", \"value\": 3}]}");

    for (i = 10; i < 10 + CHAIN - 1; i++) {
        set_filter(&a[i], "{\"audience\": \"%s\"}", audience_id(i + 1));
    }

    for (i = 50; i < 50 + DOUBLES - 1; i++) {
        set_filter(&a[i], "{\"all\": [{\"audience\": \"%s\"}, "
                   "{\"any\": [{\"audience\": \"%s\"}]}]}",
                   audience_id(i + 1), audience_id(i + 1));
    }

    set_filter(&a[50 + DOUBLES - 1], "{\"all\": []}");

    assert_int_equal(manifest_write_audiences(dir, number, a, AUDIENCES,
                                              NULL, &checksum, &err), 0);

    for (i = 0; i < AUDIENCES; i++) {
        free((void *) a[i].filter.data);
    }

    return checksum;
}


static int
make_base(void **state)
{
    manifest_t           m = { .number = 7, .fields = fields,
                               .nfields = FIELDS, .nsegments = 2,
                               .audiences_number = 3 };
    aud_error_t          err;
    manifest_segment_t   segments[2];

    strcpy(dir, "/tmp/aud-query-XXXXXX");
    assert_non_null(mkdtemp(dir));

    segments[0] = write_segment(1, 0, 4, 0);
    segments[1] = write_segment(2, 4, 6, 1);
    m.segments = segments;
    m.audiences_checksum = write_audiences(3);

    assert_int_equal(manifest_write(dir, "MANIFEST", &m, &err), 0);

    generation = aud_generation_open(dir, NULL, NULL, &err);
    assert_non_null(generation);

    return 0;
}


static int
drop_base(void **state)
{
    char  command[128];

    aud_generation_release(generation);
    aud_buffer_free(&out);

    snprintf(command, sizeof(command), "rm -r %s", dir);

    return system(command);
}


/* ---- transcripts ---- */

/* The answer without its last member, took_us. */
static const char *
query(const char *body)
{
    char         *took;
    aud_query_t  *q;

    out.len = 0;

    q = aud_query_create(generation, aud_str(body, strlen(body)), NOW,
                         &problem);
    if (q == NULL) {
        aud_problem_render(&problem, &out);

    } else {
        assert_true(aud_query_cost(q) >= 0);
        assert_int_equal(aud_query_run(q, &out), 0);
        aud_query_free(q);
    }

    aud_buffer_char(&out, '\0');

    took = strstr(out.data, ", \"took_us\": ");
    if (took) {
        strcpy(took, "}");
    }

    return out.data;
}


static json_int_t
count(const char *filter)
{
    char        *body;
    json_t      *json;
    json_int_t   n;

    assert_true(asprintf(&body, "{\"filter\": %s, \"limit\": 0}", filter) > 0);
    json = json_loads(query(body), 0, NULL);
    n = json_is_integer(json_object_get(json, "count"))
        ? json_integer_value(json_object_get(json, "count")) : -1;
    json_decref(json);
    free(body);

    return n;
}


/* "slug pointer; …" */
static const char *
refusal(const char *body)
{
    size_t       n = 0;
    unsigned     i;
    static char  text[1024];

    (void) query(body);
    n = snprintf(text, sizeof(text), "%d %s", problem.status,
                 problem.status ? problem.slug : "");

    for (i = 0; problem.status && i < problem.nerrors; i++) {
        n += snprintf(text + n, sizeof(text) - n, "; %s %s",
                      problem.errors[i].slug, problem.errors[i].pointer);
    }

    return text;
}


static void
test_query_answers_with_profiles(void **state)
{
    assert_string_equal(
        query("{\"filter\": {\"field\": \"time\", \"op\": \"equals\","
              " \"value\": \"GREMIO\"}, \"limit\": 2}"),
        "{\"count\": 3, \"total\": 6, \"profiles\": ["
        "{\"id\": \"prf_00000000000000000000000001\", \"fields\": {"
        "\"created_at\": \"2026-01-15\", \"idade\": \"18\", "
        "\"phoneNumber\": \"+5511900000001\", "
        "\"tags\": [\"novo\", \"VIP\", \"vip\"], \"time\": \"Grêmio\"}},\n"
        "{\"id\": \"prf_00000000000000000000000002\", \"fields\": {"
        "\"created_at\": \"2026-01-14\", \"idade\": \"30\", "
        "\"phoneNumber\": \"+5511900000002\", \"tags\": [\"vip\"], "
        "\"time\": \"gremio\"}}], "
        "\"next\": \"prf_00000000000000000000000002\", \"generation\": 7}");
}


static void
test_cursor_goes_on_after_a_profile(void **state)
{
    assert_string_equal(
        query("{\"limit\": 2, \"fields\": [\"time\"], "
              "\"cursor\": \"prf_00000000000000000000000004\"}"),
        "{\"count\": 6, \"total\": 6, \"profiles\": ["
        "{\"id\": \"prf_00000000000000000000000005\", \"fields\": {"
        "\"time\": \"São \\\"Paulo\\\"\"}},\n"
        "{\"id\": \"prf_00000000000000000000000006\", \"fields\": {}}], "
        "\"next\": null, \"generation\": 7}");
}


/* A cursor works where its profile is no match, or gone. */
static void
test_cursor_need_not_match(void **state)
{
    assert_non_null(strstr(
        query("{\"filter\": {\"field\": \"idade\", \"op\": \"equals\", "
              "\"value\": 18}, \"fields\": [], "
              "\"cursor\": \"prf_00000000000000000000000003\"}"),
        "\"profiles\": [{\"id\": \"prf_00000000000000000000000005\", "
        "\"fields\": {}}], \"next\": null"));
}


static void
test_limit_zero_only_counts(void **state)
{
    assert_string_equal(query("{\"limit\": 0}"),
                        "{\"count\": 6, \"total\": 6, \"profiles\": [], "
                        "\"next\": null, \"generation\": 7}");
}


static void
test_query_of_nothing_is_everybody(void **state)
{
    assert_non_null(strstr(query("{}"), "{\"count\": 6, "));
    assert_non_null(strstr(query("{\"filter\": null, \"limit\": null, "
                                 "\"cursor\": null, \"fields\": null}"),
                           "{\"count\": 6, "));
}


static void
test_query_of_an_empty_generation(void **state)
{
    aud_generation_t  *full = generation;

    generation = aud_generation_empty();
    assert_string_equal(query("{}"),
                        "{\"count\": 0, \"total\": 0, \"profiles\": [], "
                        "\"next\": null, \"generation\": 0}");
    aud_generation_release(generation);
    generation = full;
}


static void
test_operators_on_the_base(void **state)
{
#define C(field, op, value) \
    count("{\"field\": \"" field "\", \"op\": \"" op "\", \"value\": " value "}")

    assert_int_equal(C("time", "contains", "\"REM\""), 3);
    assert_int_equal(C("time", "not_contains", "\"rem\""), 3);
    assert_int_equal(C("time", "contains", "\"\""), 5);
    assert_int_equal(C("idade", "contains", "\"234\""), 1);
    assert_int_equal(C("idade", "equals", "1234.56"), 1);
    assert_int_equal(C("idade", "equals", "\"1,234.56\""), 1);
    assert_int_equal(C("idade", "equals", "\"N/D\""), 1);
    assert_int_equal(C("idade", "greater_than", "18"), 2);
    assert_int_equal(C("idade", "less_than", "\"18,5\""), 2);
    assert_int_equal(C("idade", "between", "[18, 30]"), 3);
    assert_int_equal(C("idade", "between", "[30, 18]"), 0);
    assert_int_equal(C("idade", "in", "[18, 30, \"n/d\", 18]"), 4);
    assert_int_equal(C("idade", "equals", "1e300"), 0);
    assert_int_equal(C("created_at", "equals", "\"14/01/2026\""), 1);
    assert_int_equal(C("created_at", "before", "\"2026-01-14\""), 2);
    assert_int_equal(C("created_at", "after", "\"2026-01-14\""), 1);
    assert_int_equal(C("created_at", "within_last", "1"), 1);
    assert_int_equal(C("created_at", "within_last", "2"), 2);
    assert_int_equal(C("created_at", "not_within_last", "2"), 4);
    assert_int_equal(C("created_at", "within_last", "0"), 0);
    assert_int_equal(C("tags", "equals", "\"NOVO\""), 2);
    assert_int_equal(C("tags", "not_equals", "\"novo\""), 4);
    assert_int_equal(C("tags", "equals", "\"velho\""), 0);

#undef C
}


static void
test_unknown_fields_are_refused_with_a_suggestion(void **state)
{
    assert_string_equal(
        refusal("{\"filter\": {\"all\": [{\"field\": \"Idade\", \"op\": "
                "\"exists\"}, {\"field\": \"x\", \"op\": \"exists\"}]}}"),
        "422 invalid-filter; unknown-field /filter/all/0/field; "
        "unknown-field /filter/all/1/field");
    assert_string_equal(problem.errors[0].suggestion, "idade");
    assert_string_equal(problem.errors[1].suggestion, "");
}


static void
test_operators_must_fit_their_field(void **state)
{
    size_t                    i;
    char                      body[256], expected[128];
    static const char *const  unfit[][3] = {
        { "time", "greater_than", "3" }, { "time", "less_than", "3" },
        { "time", "between", "[1, 2]" }, { "idade", "before", "\"2025-01-01\"" },
        { "idade", "after", "\"2025-01-01\"" }, { "tags", "within_last", "3" },
        { "tags", "not_within_last", "3" },
    };

    snprintf(expected, sizeof(expected), "422 invalid-filter; "
             "operator-does-not-fit /filter/op");

    for (i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
        snprintf(body, sizeof(body), "{\"filter\": {\"field\": \"%s\", "
                 "\"op\": \"%s\", \"value\": %s}}", unfit[i][0], unfit[i][1],
                 unfit[i][2]);
        assert_string_equal(refusal(body), expected);
    }

    assert_string_equal(problem.detail, "\"not_within_last\" needs a field of "
                        "dates; the field \"tags\" holds text.");
}


static void
test_values_must_fit_their_field(void **state)
{
    assert_string_equal(
        refusal("{\"filter\": {\"field\": \"idade\", \"op\": \"greater_than\", "
                "\"value\": \"muito\"}}"),
        "422 invalid-filter; bad-value /filter/value");
    assert_string_equal(problem.detail, "\"muito\" is not a number; the field "
                        "\"idade\" holds numbers.");

    assert_string_equal(
        refusal("{\"filter\": {\"not\": {\"field\": \"created_at\", \"op\": "
                "\"between\", \"value\": [\"ontem\", true]}}}"),
        "422 invalid-filter; bad-value /filter/not/value/0; "
        "bad-value /filter/not/value/1");
}


static void
test_errors_of_a_query_are_reported_together(void **state)
{
    assert_string_equal(
        refusal("{\"filter\": {\"field\": \"idade\"}, \"limit\": 1001, "
                "\"cursor\": \"x\", \"fields\": [\"time\", \"x\", \"time\", 1],"
                " \"sort\": 1}"),
        "422 invalid-query; unknown-member /sort; bad-value /limit; "
        "bad-value /cursor; unknown-field /fields/1; bad-value /fields/2; "
        "bad-value /fields/3; unknown-operator /filter");
    assert_string_equal(problem.detail,
                        "7 things in the request have to be corrected.");
}


static void
test_limits_are_whole_numbers(void **state)
{
    assert_string_equal(refusal("{\"limit\": -1}"),
                        "422 invalid-query; bad-value /limit");
    assert_string_equal(refusal("{\"limit\": \"5\"}"),
                        "422 invalid-query; bad-value /limit");
    assert_string_equal(refusal("{\"limit\": 1.5}"),
                        "422 invalid-query; bad-value /limit");
    assert_string_equal(refusal("{\"limit\": 1000}"), "0 ");
}


static void
test_bodies_that_are_no_json_are_refused(void **state)
{
    char  *long_body;

    assert_string_equal(refusal("{\"limit\": 1, \"limit\": 2}"),
                        "400 bad-json; bad-json ");
    assert_string_equal(refusal("[]"), "400 bad-json");

    assert_true(asprintf(&long_body, "{\"limit\": 1%70000s}", "") > 0);
    assert_string_equal(refusal(long_body), "413 body-too-large");
    free(long_body);
}


static json_int_t
count_audience(unsigned n)
{
    char  text[128];

    snprintf(text, sizeof(text), "{\"audience\": \"%s\"}", audience_id(n));

    return count(text);
}


static void
test_membership_of_saved_audiences(void **state)
{
    assert_int_equal(count_audience(GREMIO), 3);
    assert_int_equal(count_audience(FIXED), 3);
}


/* Fields and operators that no longer fit do not break what was saved. */
static void
test_saved_audiences_are_bound_leniently(void **state)
{
    assert_int_equal(count_audience(OLD), 6);
    assert_int_equal(count_audience(BROKEN), 0);
}


static void
test_unknown_audiences_are_refused(void **state)
{
    char  body[128];

    snprintf(body, sizeof(body), "{\"filter\": {\"audience\": \"%s\"}}",
             audience_id(200));
    assert_string_equal(refusal(body), "422 invalid-filter; "
                        "unknown-audience /filter/audience");
}


static void
test_audiences_that_contain_themselves_are_refused(void **state)
{
    unsigned  i;
    char      body[128];

    for (i = SELF; i <= RIGHT; i++) {
        snprintf(body, sizeof(body), "{\"filter\": {\"not\": "
                 "{\"audience\": \"%s\"}}}", audience_id(i));
        assert_string_equal(refusal(body), "422 invalid-filter; "
                            "audience-cycle /filter/not/audience");
    }
}


static void
test_chains_of_audiences_are_limited(void **state)
{
    char  body[128];

    assert_int_equal(count_audience(10 + CHAIN - 32), 0);

    snprintf(body, sizeof(body), "{\"filter\": {\"audience\": \"%s\"}}",
             audience_id(10 + CHAIN - 33));
    assert_string_equal(refusal(body),
                        "422 invalid-filter; too-deep /filter/audience");
}


/* The length of a chain counts, not the order in which it is met. */
static void
test_chains_met_from_their_end_are_limited_too(void **state)
{
    char    *body, *p;
    unsigned  i;

    body = p = malloc(8192);
    p += sprintf(p, "{\"filter\": {\"any\": [");

    for (i = CHAIN; i-- > 0; ) {
        p += sprintf(p, "{\"audience\": \"%s\"}%s", audience_id(10 + i),
                     i ? ", " : "]}}");
    }

    assert_non_null(strstr(refusal(body), "too-deep /filter/any/32/audience"));
    free(body);
}


/* Twice at each of 28 levels: evaluated 28 times, not 2 to the 28th. */
static void
test_shared_audiences_are_evaluated_once(void **state)
{
    assert_int_equal(count_audience(50), 6);
}


static void
test_reach_of_a_filter(void **state)
{
    char           text[128];
    unsigned       i, j;
    json_t        *json;
    aud_uuid_t     id;
    aud_filter_t  *f;

    static const struct { unsigned from, to; int reaches; } cases[] = {
        { LEFT, LEFT, 1 }, { LEFT, RIGHT, 1 }, { RIGHT, RIGHT, 1 },
        { LEFT, GREMIO, 0 }, { GREMIO, LEFT, 0 }, { FIXED, LEFT, 0 }, { BROKEN, SELF, 0 },
        { 10, 10 + CHAIN - 1, 1 }, { 11, 10, 0 }, { 50, 50 + DOUBLES - 1, 1 },
        { 90, LEFT, 0 }, { 90, 90, 1 },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{\"not\": {\"audience\": \"%s\"}}",
                 audience_id(cases[i].from));
        json = json_loads(text, 0, NULL);
        f = aud_filter_parse(json, "", &problem);
        json_decref(json);

        id = numbered(cases[i].to);
        j = aud_filter_reaches(generation, f, &id);
        assert_int_equal(j, cases[i].reaches);
        aud_filter_free(f);
    }
}


static void
test_fields_with_their_counts(void **state)
{
    /* counted, and as it was kept */

    assert_int_equal(aud_fields_json(generation, &out), 0);
    out.len = 0;
    assert_int_equal(aud_fields_json(generation, &out), 0);
    aud_buffer_char(&out, '\0');

    assert_string_equal(out.data,
        "{\"items\": ["
        "{\"name\": \"phoneNumber\", \"type\": \"text\", \"kind\": "
        "\"identifier\", \"multi\": false, \"filled\": 6, \"distinct\": 6},\n"
        "{\"name\": \"Opt-in\", \"type\": \"yes_no\", \"kind\": "
        "\"consent\", \"multi\": false, \"filled\": 0, \"distinct\": 0},\n"
        "{\"name\": \"idade\", \"type\": \"number\", \"kind\": "
        "\"behaviour\", \"multi\": false, \"filled\": 5, \"distinct\": 4},\n"
        "{\"name\": \"time\", \"type\": \"text\", \"kind\": "
        "\"behaviour\", \"multi\": false, \"filled\": 5, \"distinct\": 5},\n"
        "{\"name\": \"tags\", \"type\": \"text\", \"kind\": "
        "\"extra\", \"multi\": true, \"filled\": 3, \"distinct\": 4},\n"
        "{\"name\": \"created_at\", \"type\": \"date\", \"kind\": "
        "\"system\", \"multi\": false, \"filled\": 4, \"distinct\": 4}"
        "], \"total\": 6}\n");
}


static const char *
values(const char *field, const char *q, size_t limit)
{
    out.len = 0;

    if (aud_values_json(generation, aud_str(field, strlen(field)),
                        aud_str(q, strlen(q)), limit, &out, &problem)
        != 0)
    {
        out.len = 0;
        aud_buffer_printf(&out, "%d %s", problem.status, problem.slug);
    }

    aud_buffer_char(&out, '\0');

    return out.data;
}


static void
test_values_that_fold_alike_are_one(void **state)
{
    assert_string_equal(values("tags", "", 10),
        "{\"items\": [{\"value\": \"Novo\", \"count\": 2},\n"
        "{\"value\": \"vip\", \"count\": 2}], "
        "\"field\": \"tags\", \"type\": \"text\", \"distinct\": 2, "
        "\"exact\": true}\n");
}


static void
test_values_that_begin_with_q_stand_first(void **state)
{
    assert_string_equal(values("time", "S", 10),
        "{\"items\": [{\"value\": \"Santos\", \"count\": 1},\n"
        "{\"value\": \"São \\\"Paulo\\\"\", \"count\": 1}], "
        "\"field\": \"time\", \"type\": \"text\", \"distinct\": 2, "
        "\"exact\": true}\n");

    assert_string_equal(values("idade", "3", 1),
        "{\"items\": [{\"value\": \"30\", \"count\": 1}], "
        "\"field\": \"idade\", \"type\": \"number\", \"distinct\": 2, "
        "\"exact\": true}\n");
}


static void
test_values_stand_by_their_counts(void **state)
{
    assert_string_equal(values("time", "", 2),
        "{\"items\": [{\"value\": \"GRÊMIO\", \"count\": 3},\n"
        "{\"value\": \"Santos\", \"count\": 1}], "
        "\"field\": \"time\", \"type\": \"text\", \"distinct\": 3, "
        "\"exact\": true}\n");
}


static void
test_values_of_unknown_fields_are_not_found(void **state)
{
    assert_string_equal(values("x", "", 10), "404 not-found");
}


/* ---- memory ---- */

static unsigned  left;

static void *
failing_realloc(void *p, size_t size)
{
    return left-- == 0 ? NULL : realloc(p, size);
}


/* 1 where the answer came, 0 where memory was said to be out. */
static int
query_with_memory(const char *body)
{
    int            rc;
    aud_query_t   *q;
    aud_buffer_t   answer = { 0 };

    q = aud_query_create(generation, aud_str(body, strlen(body)), NOW,
                         &problem);
    if (q == NULL) {
        assert_int_equal(problem.status, 500);
        return 0;
    }

    rc = aud_query_run(q, &answer);
    aud_query_free(q);
    aud_buffer_free(&answer);

    return rc == 0;
}


static void
test_memory_that_is_out_is_reported(void **state)
{
    int               done = 0;
    char              body[512];
    unsigned          i;
    aud_allocator_t   saved = aud_allocator;

    snprintf(body, sizeof(body), "{\"fields\": [\"time\"], \"filter\": {"
             "\"all\": [{\"audience\": \"%s\"}, {\"not\": {\"audience\": "
             "\"%s\"}}, {\"any\": [{\"field\": \"time\", \"op\": \"contains\","
             " \"value\": \"x\"}, {\"field\": \"idade\", \"op\": \"in\", "
             "\"value\": [1, \"a\", \"b\"]}]}]}}", audience_id(50),
             audience_id(FIXED));

    for (i = 0; !done && i < 10000; i++) {
        aud_allocator.realloc = failing_realloc;
        left = i;
        done = query_with_memory(body);
        aud_allocator = saved;
    }

    assert_true(done);
    assert_true(i > 10);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_query_answers_with_profiles),
        cmocka_unit_test(test_cursor_goes_on_after_a_profile),
        cmocka_unit_test(test_cursor_need_not_match),
        cmocka_unit_test(test_limit_zero_only_counts),
        cmocka_unit_test(test_query_of_nothing_is_everybody),
        cmocka_unit_test(test_query_of_an_empty_generation),
        cmocka_unit_test(test_operators_on_the_base),
        cmocka_unit_test(test_unknown_fields_are_refused_with_a_suggestion),
        cmocka_unit_test(test_operators_must_fit_their_field),
        cmocka_unit_test(test_values_must_fit_their_field),
        cmocka_unit_test(test_errors_of_a_query_are_reported_together),
        cmocka_unit_test(test_limits_are_whole_numbers),
        cmocka_unit_test(test_bodies_that_are_no_json_are_refused),
        cmocka_unit_test(test_membership_of_saved_audiences),
        cmocka_unit_test(test_saved_audiences_are_bound_leniently),
        cmocka_unit_test(test_unknown_audiences_are_refused),
        cmocka_unit_test(test_audiences_that_contain_themselves_are_refused),
        cmocka_unit_test(test_chains_of_audiences_are_limited),
        cmocka_unit_test(test_chains_met_from_their_end_are_limited_too),
        cmocka_unit_test(test_shared_audiences_are_evaluated_once),
        cmocka_unit_test(test_reach_of_a_filter),
        cmocka_unit_test(test_fields_with_their_counts),
        cmocka_unit_test(test_values_that_fold_alike_are_one),
        cmocka_unit_test(test_values_that_begin_with_q_stand_first),
        cmocka_unit_test(test_values_stand_by_their_counts),
        cmocka_unit_test(test_values_of_unknown_fields_are_not_found),
        cmocka_unit_test(test_memory_that_is_out_is_reported),
    };

    return cmocka_run_group_tests(tests, make_base, drop_base);
}
