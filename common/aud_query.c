/*
 * POST /v1/query: the request read and checked, the answer written.
 */

#include <stdio.h>

#include "aud_clock.h"
#include "aud_query_read.h"

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
    aud_filter_t      *filter;          /* NULL: everybody */
    const aud_json_t  *request;
    aud_str_t         *fields;          /* NULL: all */
    size_t             nfields;
    size_t             limit;
    aud_place_t       *places;          /* [limit + 1]; NULL where that is 0 */
    aud_uuid_t         after;
    aud_uuid_t         profile;         /* the only one that is wanted */
    unsigned           has_after:1;
    unsigned           has_profile:1;
    unsigned           counts:1;        /* of each part of the filter, too */
    int64_t            now;
    int64_t            started;
};


static void query_read(aud_query_t *q, aud_problem_t *problem);
static void cursor_read(aud_query_t *q, aud_problem_t *problem);
static void profile_read(aud_query_t *q, aud_problem_t *problem);
static int  id_read(const aud_query_t *q, aud_str_t member, aud_uuid_t *id,
    const char *detail, aud_problem_t *problem);
static void id_before(aud_uuid_t *id);
static void fields_read(aud_query_t *q, const aud_json_t *value,
    aud_problem_t *problem);
static void field_read(aud_query_t *q, const aud_json_t *value, size_t i,
    aud_problem_t *problem);
static void counts_read(aud_query_t *q, const aud_json_t *value,
    aud_problem_t *problem);
static int  is_profile(const aud_query_t *q, aud_place_t place);
static const aud_uuid_t *id_at(const aud_query_t *q, aud_place_t place);
static unsigned levels_of(const aud_node_t *node);
static int  parts_write(const aud_query_t *q, aud_buffer_t *out);
static int  part_write(const aud_query_t *q, const aud_node_t *node,
    aud_buffer_t *out);
static int  part_count(const aud_query_t *q, const aud_node_t *node,
    uint64_t *count);
static void head_write(const aud_query_t *q, aud_buffer_t *out);
static void tail_write(const aud_query_t *q, int more, aud_buffer_t *out);
static void end_write(const aud_query_t *q, aud_buffer_t *out);
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
    q->now = now;
    q->generation = aud_generation_retain(g);

    q->request = aud_json_read_tree(&q->arena, body, AUD_FILTER_MAX_BYTES,
                                    problem);

    if (q->request) {
        query_read(q, problem);
        q->plan = aud_query_plan(g, &q->arena, q->request, now, &q->filter,
                                 problem);
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
    size_t    values = q->fields ? q->nfields : q->generation->nfields;
    unsigned  levels = 0;

    if (q->counts && q->filter) {
        levels = levels_of(aud_filter_root(q->filter));
    }

    return aud_plan_cost(q->plan, q->limit == 0 && levels == 0)
           * (levels + 1) + q->limit * (values + 1) * VALUE_COST;
}


/* The parts of one level are read about as the whole is. */
static unsigned
levels_of(const aud_node_t *node)
{
    uint32_t  i;
    unsigned  n, most = 0;

    for (i = 0; i < node->nchildren; i++) {
        n = levels_of(node->children[i]) + 1;
        most = n > most ? n : most;
    }

    return most;
}


static void
query_read(aud_query_t *q, aud_problem_t *problem)
{
    static const aud_str_t  members[] = {
        AUD_STR("filter"), AUD_STR("limit"), AUD_STR("cursor"),
        AUD_STR("fields"), AUD_STR("counts"), AUD_STR("profile")
    };

    aud_query_members(q->request, members, sizeof(members) / sizeof(*members),
                      "A query has \"filter\", \"limit\", \"cursor\", "
                      "\"profile\", \"fields\" and \"counts\", nothing else.",
                      problem);

    q->limit = LIMIT_DEFAULT;
    aud_query_limit(q->request, 0, LIMIT_MAX, &q->limit, problem);
    cursor_read(q, problem);
    profile_read(q, problem);
    fields_read(q, aud_json_get(q->request, "fields"), problem);
    counts_read(q, aud_json_get(q->request, "counts"), problem);

    if (q->limit) {
        q->places = aud_arena_alloc(&q->arena, q->limit + 1,
                                    sizeof(aud_place_t));
        if (q->places == NULL) {
            aud_filter_no_memory(problem);
        }
    }
}


static void
cursor_read(aud_query_t *q, aud_problem_t *problem)
{
    q->has_after = id_read(q, AUD_STR("cursor"), &q->after,
                           "\"cursor\" is what an earlier answer gave as "
                           "\"next\".", problem);
}


/* The page behind what stands before it. */
static void
profile_read(aud_query_t *q, aud_problem_t *problem)
{
    q->has_profile = id_read(q, AUD_STR("profile"), &q->profile,
                             "\"profile\" is the id of a profile.", problem);

    if (!q->has_profile) {
        return;
    }

    if (q->has_after) {
        aud_query_error(problem, "bad-value", "/cursor",
                        "One \"profile\" alone has no pages.");
        return;
    }

    q->limit = q->limit > 1 ? 1 : q->limit;
    q->after = q->profile;
    q->has_after = 1;
    id_before(&q->after);
}


/* Whether the member is there. */
static int
id_read(const aud_query_t *q, aud_str_t member, aud_uuid_t *id,
    const char *detail, aud_problem_t *problem)
{
    char               pointer[16];
    const aud_json_t  *value = aud_json_get(q->request, member.data);

    if (value == NULL || value->type == AUD_JSON_NULL) {
        return 0;
    }

    if (value->type != AUD_JSON_TEXT
        || aud_id_parse(value->text.data, value->text.len, "prf", id) != 0)
    {
        snprintf(pointer, sizeof(pointer), "/%s", member.data);
        aud_query_error(problem, "bad-value", pointer, "%s", detail);
        return 0;
    }

    return 1;
}


/* Of the least id there is, which nobody has, the greatest. */
static void
id_before(aud_uuid_t *id)
{
    size_t  i = sizeof(id->bytes);

    while (i > 0 && id->bytes[--i]-- == 0) {
        /* borrowed from the next */
    }
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
        aud_query_error(problem, "bad-value", "/fields",
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
counts_read(aud_query_t *q, const aud_json_t *value, aud_problem_t *problem)
{
    if (value == NULL || value->type == AUD_JSON_NULL
        || value->type == AUD_JSON_FALSE)
    {
        return;
    }

    if (value->type != AUD_JSON_TRUE) {
        aud_query_error(problem, "bad-value", "/counts",
                        "\"counts\" is true or false.");
        return;
    }

    q->counts = 1;
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
        aud_query_error(problem, "bad-value", pointer,
                    "The name of a field is a text.");
        return;
    }

    name = value->text;

    if (aud_generation_field(q->generation, name) == NULL) {
        aud_query_error(problem, "unknown-field", pointer,
                    "There is no field \"%s\".", aud_quote(&quoted, name));
        return;
    }

    for (j = 0; j < q->nfields; j++) {
        if (aud_str_equal(q->fields[j], name)) {
            aud_query_error(problem, "bad-value", pointer,
                        "The field \"%s\" is named twice.",
                        aud_quote(&quoted, name));
            return;
        }
    }

    q->fields[q->nfields++] = name;
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

    if (q->has_profile) {
        n = n > 0 && is_profile(q, q->places[0]);
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

    if (parts_write(q, out) != 0) {
        return -1;
    }

    end_write(q, out);

    return out->failed ? -1 : 0;
}


static int
is_profile(const aud_query_t *q, aud_place_t place)
{
    return aud_uuid_compare(id_at(q, place), &q->profile) == 0;
}


static const aud_uuid_t *
id_at(const aud_query_t *q, aud_place_t place)
{
    return &q->generation->slices[place.slice].segment->profiles[place.row];
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
    char  text[ANSWER], id[AUD_ID_LEN + 1], *p = text;

    p = put(p, AUD_STR("], \"next\": "));

    if (more) {
        aud_id_format(id, "prf", id_at(q, q->places[q->limit - 1]));
        *p++ = '"';
        p = put(p, aud_str(id, AUD_ID_LEN));
        *p++ = '"';

    } else {
        p = put(p, AUD_STR("null"));
    }

    p = put(p, AUD_STR(", \"generation\": "));
    p += aud_decimal(p, q->generation->number);

    aud_buffer_add(out, text, p - text);
}


/* , "counts": {"/filter": 7, "/filter/all/0": 12, …} */
static int
parts_write(const aud_query_t *q, aud_buffer_t *out)
{
    size_t  begin;

    if (!q->counts) {
        return 0;
    }

    aud_buffer_text(out, ", \"counts\": {");
    begin = out->len;

    if (q->filter
        && part_write(q, aud_filter_root(q->filter), out) != 0)
    {
        return -1;
    }

    /* a comma stands before each */

    if (!out->failed && out->len > begin) {
        out->data[begin] = ' ';
    }

    aud_buffer_char(out, '}');

    return 0;
}


static int
part_write(const aud_query_t *q, const aud_node_t *node, aud_buffer_t *out)
{
    uint32_t  i;
    uint64_t  count;

    if (part_count(q, node, &count) != 0) {
        return -1;
    }

    aud_buffer_char(out, ',');
    aud_buffer_json(out, aud_str(node->pointer, strlen(node->pointer)));
    aud_buffer_text(out, ": ");
    aud_buffer_decimal(out, count);

    for (i = 0; i < node->nchildren; i++) {
        if (part_write(q, node->children[i], out) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Each is bound and freed in its turn: a plan may be large. */
static int
part_count(const aud_query_t *q, const aud_node_t *node, uint64_t *count)
{
    int            rc;
    aud_plan_t    *plan;
    aud_filter_t  *part;
    aud_problem_t  problem;

    if (node == aud_filter_root(q->filter)) {
        *count = aud_plan_count(q->plan);
        return 0;
    }

    part = aud_filter_part(node);
    plan = part ? aud_plan_create(q->generation, part, q->now, 1, &problem)
                : NULL;
    aud_filter_free(part);

    rc = plan ? aud_plan_run_count(plan) : -1;

    if (rc == 0) {
        *count = aud_plan_count(plan);
    }

    aud_plan_free(plan);

    return rc;
}


static void
end_write(const aud_query_t *q, aud_buffer_t *out)
{
    char  text[ANSWER], *p = text;

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
