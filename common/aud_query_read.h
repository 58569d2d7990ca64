/*
 * What requests that carry a filter have in common: POST /v1/query and POST
 * /v1/distribution.  Errors are collected in one problem, "The query is not
 * valid", as those of filters are (aud_filter_read.h).
 */

#ifndef AUD_QUERY_READ_H
#define AUD_QUERY_READ_H

#include "aud_eval.h"
#include "aud_filter_read.h"

/* Adds an error; starts the problem where it has no status yet. */
void aud_query_error(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Reports the members beside the n known ones; `detail` names those. */
void aud_query_members(const aud_json_t *request, const aud_str_t *known,
    size_t n, const char *detail, aud_problem_t *problem);

/* "limit", where there is one, from min to max, into *limit. */
void aud_query_limit(const aud_json_t *request, size_t min, size_t max,
    size_t *limit, aud_problem_t *problem);

/*
 * The plan of "filter", also where the request has errors already, so that all
 * are reported together: NULL where it has any.  *filter, in the arena, is NULL
 * where there is none: everybody.
 */
aud_plan_t *aud_query_plan(aud_generation_t *g, aud_arena_t *arena,
    const aud_json_t *request, int64_t now, aud_filter_t **filter,
    aud_problem_t *problem);

#endif
