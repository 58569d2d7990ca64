/*
 * Query bodies: read, bound and evaluated on a small base.  What is refused has
 * a sentence; what is answered is JSON, matches no more than there are, and
 * with its opposite matches everybody once.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_clock.h"
#include "aud_eval.h"
#include "manifest_writer.h"
#include "segment_writer.h"

#define FIELDS  5
#define PEOPLE  200
#define NOW     (INT64_C(1768478400) * AUD_SECOND)

#define must(condition)  do { if (!(condition)) abort(); } while (0)


static aud_generation_t  *generation;

static const aud_field_t  fields[FIELDS] = {
    { AUD_STR("n"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("t"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("d"), AUD_TYPE_DATE, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("m"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 1 },
    { AUD_STR("y"), AUD_TYPE_YES_NO, AUD_KIND_BEHAVIOUR, 0 },
};

static const char *const  texts[FIELDS][4] = {
    { "1", "1.234,56", "-3", "n/d" },
    { "São Paulo", "sao paulo", "Santos", "ab" },
    { "2026-01-15", "31/12/2025", "2026-01-15T12:00:00Z", "ontem" },
    { "vip", "VIP", "novo", "x" },
    { "sim", "Não", "yes", "talvez" },
};


static void
write_people(const char *dir, manifest_segment_t *segment, unsigned number)
{
    unsigned            i, f, n;
    aud_uuid_t          id = { { 0 } };
    aud_error_t         err;
    segment_value_t     values[FIELDS + 1];
    segment_writer_t   *w;
    segment_summary_t   summary;

    static uint64_t  deleted[AUD_WORDS(PEOPLE)] = { 0x5 };

    w = segment_writer_create(fields, FIELDS);

    for (i = 0; i < PEOPLE; i++) {
        id.bytes[14] = i;
        id.bytes[15] = number;

        for (f = 0, n = 0; f < FIELDS; f++) {
            if ((i * 7 + f) % 5) {
                values[n].field = f;
                values[n].text.data = texts[f][(i + i / 3 + f) % 4];
                values[n].text.len = strlen(values[n].text.data);
                n++;
            }
        }

        must(segment_writer_add(w, &id, values, n) == 0);
    }

    must(segment_writer_write(w, dir, number, &summary, &err) == 0);
    segment_writer_free(w);

    *segment = (manifest_segment_t) { number, summary.checksum, PEOPLE,
                                      number == 2 ? deleted : NULL };
}


static void
make_base(void)
{
    char                 dir[] = "/tmp/aud-fuzz-XXXXXX", command[64];
    manifest_t           m = { .number = 1, .fields = fields,
                               .nfields = FIELDS, .nsegments = 2,
                               .audiences_number = 3 };
    aud_uuid_t           member = { { [15] = 1 } };
    aud_error_t          err;
    aud_audience_t       saved[2] = {
        { .id = { { [15] = 1 } }, .members = &member, .nmembers = 1 },
        { .id = { { [15] = 2 } }, .filter = AUD_STR("{\"not\": {\"audience\": "
              "\"aud_00000000000000000000000001\"}}") },
    };
    manifest_segment_t   segments[2];

    must(mkdtemp(dir));

    write_people(dir, &segments[0], 1);
    write_people(dir, &segments[1], 2);
    m.segments = segments;

    must(manifest_write_audiences(dir, 3, saved, 2, NULL,
                                  &m.audiences_checksum, &err) == 0);
    must(manifest_write(dir, "MANIFEST", &m, &err) == 0);

    generation = aud_generation_open(dir, NULL, NULL, &err);
    must(generation);

    /* It is mapped: the files may go. */
    snprintf(command, sizeof(command), "rm -r %s", dir);
    must(system(command) == 0);
}


static uint64_t
count(const json_t *filter)
{
    uint64_t        n;
    aud_plan_t     *plan;
    aud_filter_t   *f;
    aud_problem_t   problem;

    f = aud_filter_parse(filter, "", &problem);

    if (f == NULL) {
        /* The opposite of the deepest filter is one too deep. */
        must(strcmp(problem.errors[0].slug, "too-deep") == 0);
        return UINT64_MAX;
    }

    plan = aud_plan_create(generation, f, NOW, 0, &problem);
    must(plan && aud_plan_run(plan) == 0);
    n = aud_plan_count(plan);

    aud_plan_free(plan);
    aud_filter_free(f);

    return n;
}


static void
check_opposite(const json_t *filter)
{
    json_t    *opposite;
    uint64_t   n;

    if (filter == NULL || json_is_null(filter)) {
        return;
    }

    opposite = json_pack("{s:O}", "not", filter);
    n = count(opposite);
    must(n == UINT64_MAX || n + count(filter) == generation->profiles);
    json_decref(opposite);
}


static void
check_answer(aud_query_t *q, const char *body, size_t len)
{
    json_t        *answer, *request;
    aud_buffer_t   out = { 0 };

    must(aud_query_run(q, &out) == 0);

    answer = json_loadb(out.data, out.len, 0, NULL);
    must(answer);
    must((uint64_t) json_integer_value(json_object_get(answer, "count"))
         <= generation->profiles);
    json_decref(answer);

    request = json_loadb(body, len, 0, NULL);
    must(request);
    check_opposite(json_object_get(request, "filter"));
    json_decref(request);

    aud_buffer_free(&out);
}


static void
check_values(const char *q, size_t len)
{
    json_t         *answer;
    aud_buffer_t    out = { 0 };
    aud_problem_t   problem;

    must(aud_values_json(generation, AUD_STR("m"), aud_str(q, len), 3, &out,
                         &problem) == 0);

    answer = json_loadb(out.data, out.len, 0, NULL);
    must(answer);
    must(json_array_size(json_object_get(answer, "items")) <= 3);
    json_decref(answer);
    aud_buffer_free(&out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aud_query_t    *q;
    aud_buffer_t    out = { 0 };
    aud_problem_t   problem;

    if (generation == NULL) {
        make_base();
    }

    q = aud_query_create(generation, aud_str((const char *) data, size), NOW,
                         &problem);
    if (q) {
        check_answer(q, (const char *) data, size);
        aud_query_free(q);

    } else {
        must(problem.status >= 400 && problem.status < 500);
        must(problem.detail[0]);
        aud_problem_render(&problem, &out);
        must(!out.failed);
        aud_buffer_free(&out);
    }

    check_values((const char *) data, size < 8 ? size : 8);

    return 0;
}
