/*
 * POST /v1/query: the request read and checked, the answer written.
 */

#include <stdarg.h>
#include <stdio.h>

#include "aud_clock.h"
#include "aud_eval.h"
#include "aud_filter_read.h"

#define LIMIT_DEFAULT  50
#define LIMIT_MAX      1000
#define FIELDS_MAX     1000

/* Microseconds of finding and writing one value of an answer. */
#define VALUE_COST  0.02

/* Bytes of an answer at most, without the profiles in it. */
#define ANSWER  256


struct aud_query_s {
    aud_arena_t        arena;           /* this struct lies in it too */
    aud_generation_t  *generation;
    aud_plan_t        *plan;
    const aud_json_t  *request;
    aud_str_t         *fields;          /* NULL: all */
    size_t             nfields;
    size_t             limit;
    aud_place_t       *places;          /* [limit + 1]; NULL where that is 0 */
    aud_uuid_t         after;
    unsigned           has_after:1;
    int64_t            started;
};


static void query_read(aud_query_t *q, aud_problem_t *problem);
static void query_error(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void members_read(aud_query_t *q, aud_problem_t *problem);
static void limit_read(aud_query_t *q, const aud_json_t *value,
    aud_problem_t *problem);
static void cursor_read(aud_query_t *q, const aud_json_t *value,
    aud_problem_t *problem);
static void fields_read(aud_query_t *q, const aud_json_t *value,
    aud_problem_t *problem);
static void field_read(aud_query_t *q, const aud_json_t *value, size_t i,
    aud_problem_t *problem);
static void plan_make(aud_query_t *q, int64_t now, aud_problem_t *problem);
static void head_write(const aud_query_t *q, aud_buffer_t *out);
static void tail_write(const aud_query_t *q, int more, aud_buffer_t *out);
static inline char *put(char *p, aud_str_t s);


aud_query_t *
aud_query_create(aud_generation_t *g, aud_str_t body, int64_t now,
    aud_problem_t *problem)
{
    aud_arena_t   arena = { 0 };
    aud_query_t  *q;

    problem->status = 0;

    q = aud_arena_calloc(&arena, 1, sizeof(aud_query_t));
    if (q == NULL) {
        aud_filter_no_memory(problem);
        return NULL;
    }

    q->arena = arena;
    q->started = aud_ticks();
    q->generation = aud_generation_retain(g);

    q->request = aud_json_read_tree(&q->arena, body, AUD_FILTER_MAX_BYTES,
                                    problem);

    if (q->request) {
        query_read(q, problem);
        plan_make(q, now, problem);
    }

    if (problem->status) {
        aud_query_free(q);
        return NULL;
    }

    return q;
}


void
aud_query_free(aud_query_t *q)
{
    aud_arena_t  arena;

    if (q) {
        aud_plan_free(q->plan);
        aud_generation_release(q->generation);

        arena = q->arena;
        aud_arena_free(&arena);
    }
}


double
aud_query_cost(const aud_query_t *q)
{
    size_t  values = q->fields ? q->nfields : q->generation->nfields;

    return aud_plan_cost(q->plan, q->limit == 0)
           + q->limit * (values + 1) * VALUE_COST;
}


static void
query_read(aud_query_t *q, aud_problem_t *problem)
{
    members_read(q, problem);

    q->limit = LIMIT_DEFAULT;
    limit_read(q, aud_json_get(q->request, "limit"), problem);
    cursor_read(q, aud_json_get(q->request, "cursor"), problem);
    fields_read(q, aud_json_get(q->request, "fields"), problem);

    if (q->limit) {
        q->places = aud_arena_alloc(&q->arena, q->limit + 1,
                                    sizeof(aud_place_t));
        if (q->places == NULL) {
            aud_filter_no_memory(problem);
        }
    }
}


static void
query_error(aud_problem_t *problem, const char *slug, const char *pointer,
    const char *fmt, ...)
{
    char     detail[256];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);

    if (problem->status == 0) {
        aud_problem_set(problem, 422, "invalid-query",
                        "The query is not valid", "%s", detail);
    }

    (void) aud_filter_error(problem, slug, pointer, "", "%s", detail);
}


static void
members_read(aud_query_t *q, aud_problem_t *problem)
{
    char               pointer[sizeof(((aud_problem_error_t *) 0)->pointer)];
    const aud_json_t  *member;

    for (member = q->request->first; member; member = member->next) {

        if (!aud_str_equal(member->key, AUD_STR("filter"))
            && !aud_str_equal(member->key, AUD_STR("limit"))
            && !aud_str_equal(member->key, AUD_STR("cursor"))
            && !aud_str_equal(member->key, AUD_STR("fields")))
        {
            pointer[0] = '\0';
            aud_pointer_add_str(pointer, sizeof(pointer), member->key);
            query_error(problem, "unknown-member", pointer,
                        "A query has \"filter\", \"limit\", \"cursor\" and "
                        "\"fields\", nothing else.");
        }
    }
}


static void
limit_read(aud_query_t *q, const aud_json_t *value, aud_problem_t *problem)
{
    if (value == NULL || value->type == AUD_JSON_NULL) {
        return;
    }

    if (value->type != AUD_JSON_INTEGER || value->integer < 0
        || value->integer > LIMIT_MAX)
    {
        query_error(problem, "bad-value", "/limit",
                    "\"limit\" is a whole number from 0 to 1000.");
        return;
    }

    q->limit = value->integer;
}


static void
cursor_read(aud_query_t *q, const aud_json_t *value, aud_problem_t *problem)
{
    if (value == NULL || value->type == AUD_JSON_NULL) {
        return;
    }

    if (value->type != AUD_JSON_TEXT
        || aud_id_parse(value->text.data, value->text.len, "prf", &q->after)
           != 0)
    {
        query_error(problem, "bad-value", "/cursor",
                    "\"cursor\" is what an earlier answer gave as \"next\".");
        return;
    }

    q->has_after = 1;
}


static void
fields_read(aud_query_t *q, const aud_json_t *value, aud_problem_t *problem)
{
    size_t             i;
    const aud_json_t  *name;

    if (value == NULL || value->type == AUD_JSON_NULL) {
        return;
    }

    if (value->type != AUD_JSON_LIST || value->n > FIELDS_MAX) {
        query_error(problem, "bad-value", "/fields",
                    "\"fields\" is a list of at most 1000 names of fields.");
        return;
    }

    q->fields = aud_arena_alloc(&q->arena, value->n, sizeof(aud_str_t));
    if (q->fields == NULL) {
        aud_filter_no_memory(problem);
        return;
    }

    for (i = 0, name = value->first; name; i++, name = name->next) {
        field_read(q, name, i, problem);
    }
}


static void
field_read(aud_query_t *q, const aud_json_t *value, size_t i,
    aud_problem_t *problem)
{
    char          pointer[32];
    size_t        j;
    aud_str_t     name;
    aud_quoted_t  quoted;

    snprintf(pointer, sizeof(pointer), "/fields/%zu", i);

    if (value->type != AUD_JSON_TEXT) {
        query_error(problem, "bad-value", pointer,
                    "The name of a field is a text.");
        return;
    }

    name = value->text;

    if (aud_generation_field(q->generation, name) == NULL) {
        query_error(problem, "unknown-field", pointer,
                    "There is no field \"%s\".", aud_quote(&quoted, name));
        return;
    }

    for (j = 0; j < q->nfields; j++) {
        if (aud_str_equal(q->fields[j], name)) {
            query_error(problem, "bad-value", pointer,
                        "The field \"%s\" is named twice.",
                        aud_quote(&quoted, name));
            return;
        }
    }

    q->fields[q->nfields++] = name;
}


/* Also where the request has errors already: all are reported together. */
static void
plan_make(aud_query_t *q, int64_t now, aud_problem_t *problem)
{
    aud_filter_t      *filter = NULL;
    aud_problem_t      unfit;
    const aud_json_t  *node;

    node = aud_json_get(q->request, "filter");

    if (node && node->type != AUD_JSON_NULL) {
        filter = aud_filter_read(&q->arena, node, "/filter", problem);
    }

    if (problem->status == 0) {
        q->plan = aud_plan_create(q->generation, filter, now, 1, &unfit);

        if (q->plan == NULL) {
            *problem = unfit;
        }
    }
}


int
aud_query_run(aud_query_t *q, aud_buffer_t *out)
{
    size_t  n = 0;

    if ((q->limit ? aud_plan_run_page(q->plan, q->has_after ? &q->after : NULL,
                                      q->limit + 1, q->places, &n)
                  : aud_plan_run_count(q->plan))
        != 0)
    {
        return -1;
    }

    aud_buffer_reserve(out, ANSWER);
    head_write(q, out);

    if (aud_profiles_json(q->generation, q->places, n < q->limit ? n : q->limit,
                          q->fields, q->nfields, out)
        != 0)
    {
        return -1;
    }

    tail_write(q, n > q->limit, out);

    return out->failed ? -1 : 0;
}


static void
head_write(const aud_query_t *q, aud_buffer_t *out)
{
    char  text[ANSWER], *p = text;

    p = put(p, AUD_STR("{\"count\": "));
    p += aud_decimal(p, aud_plan_count(q->plan));
    p = put(p, AUD_STR(", \"total\": "));
    p += aud_decimal(p, q->generation->profiles);
    p = put(p, AUD_STR(", \"profiles\": ["));

    aud_buffer_add(out, text, p - text);
}


static void
tail_write(const aud_query_t *q, int more, aud_buffer_t *out)
{
    char         text[ANSWER], id[AUD_ID_LEN + 1], *p = text;
    aud_place_t  last;

    p = put(p, AUD_STR("], \"next\": "));

    if (more) {
        last = q->places[q->limit - 1];
        aud_id_format(id, "prf", &q->generation->slices[last.slice]
                                       .segment->profiles[last.row]);
        *p++ = '"';
        p = put(p, aud_str(id, AUD_ID_LEN));
        *p++ = '"';

    } else {
        p = put(p, AUD_STR("null"));
    }

    p = put(p, AUD_STR(", \"generation\": "));
    p += aud_decimal(p, q->generation->number);
    p = put(p, AUD_STR(", \"took_us\": "));
    p += aud_decimal(p, aud_ticks() - q->started);
    p = put(p, AUD_STR("}\n"));

    aud_buffer_add(out, text, p - text);
}


static inline char *
put(char *p, aud_str_t s)
{
    return (char *) memcpy(p, s.data, s.len) + s.len;
}
