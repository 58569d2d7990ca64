#include <stdarg.h>
#include <stdio.h>

#include "aud_query_read.h"


void
aud_query_error(aud_problem_t *problem, const char *slug, const char *pointer,
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


void
aud_query_members(const aud_json_t *request, const aud_str_t *known, size_t n,
    const char *detail, aud_problem_t *problem)
{
    char               pointer[sizeof(((aud_problem_error_t *) 0)->pointer)];
    size_t             i;
    const aud_json_t  *member;

    for (member = request->first; member; member = member->next) {

        for (i = 0; i < n && !aud_str_equal(member->key, known[i]); i++) {
            /* void */
        }

        if (i == n) {
            pointer[0] = '\0';
            aud_pointer_add_str(pointer, sizeof(pointer), member->key);
            aud_query_error(problem, "unknown-member", pointer, "%s", detail);
        }
    }
}


void
aud_query_limit(const aud_json_t *request, size_t min, size_t max,
    size_t *limit, aud_problem_t *problem)
{
    const aud_json_t  *value = aud_json_get(request, "limit");

    if (value == NULL || value->type == AUD_JSON_NULL) {
        return;
    }

    if (value->type != AUD_JSON_INTEGER || value->integer < (int64_t) min
        || value->integer > (int64_t) max)
    {
        aud_query_error(problem, "bad-value", "/limit",
                        "\"limit\" is a whole number from %zu to %zu.", min,
                        max);
        return;
    }

    *limit = value->integer;
}


aud_plan_t *
aud_query_plan(aud_generation_t *g, aud_arena_t *arena,
    const aud_json_t *request, int64_t now, aud_filter_t **filter,
    aud_problem_t *problem)
{
    aud_plan_t        *plan;
    aud_problem_t      unfit;
    const aud_json_t  *node;

    *filter = NULL;
    node = aud_json_get(request, "filter");

    if (node && node->type != AUD_JSON_NULL) {
        *filter = aud_filter_read(arena, node, "/filter", problem);
    }

    if (problem->status) {
        return NULL;
    }

    plan = aud_plan_create(g, *filter, now, 1, &unfit);

    if (plan == NULL) {
        *problem = unfit;
    }

    return plan;
}
