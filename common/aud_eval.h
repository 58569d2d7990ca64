/*
 * The filter evaluator: the only one; the query edge, saved audiences and
 * exports all use it.
 *
 * A plan is a filter bound to one generation: fields looked up, operands read
 * as their fields' types and, where that takes no reading of all texts, turned
 * into runs of codes of every segment.  A match is a bitmap of live rows for
 * each slice of the generation.
 *
 *   text        folded on both sides
 *   numbers     equals, in, between, greater_than, less_than by value; on a
 *               value that does not fit the type they never match.  An operand
 *               of equals or in that does not fit either is compared as text,
 *               with such values; so it is for dates and yes/no
 *   dates       an operand without a time means the whole day in UTC: equals
 *               is within it, before ends before it, after begins behind it,
 *               between includes both days
 *   negative    operators are complements over all live rows
 *
 * A plan retains its generation and is used by one thread at a time.
 */

#ifndef AUD_EVAL_H
#define AUD_EVAL_H

#include "aud_buffer.h"
#include "aud_filter.h"
#include "aud_generation.h"

typedef struct aud_plan_s  aud_plan_t;

/*
 * Binds filter (NULL: everybody).  now is for within_last.  strict: an unknown
 * field or audience, or an operator that does not fit its field's type, is a
 * 422 problem; otherwise such a field is one that nobody has, such an audience
 * is empty, such a condition matches nobody.  Audiences that contain themselves,
 * or are nested more than 32 deep, are a 422 in either case.  Returns NULL with
 * *problem.
 */
aud_plan_t *aud_plan_create(aud_generation_t *g, const aud_filter_t *filter,
    int64_t now, int strict, aud_problem_t *problem);
void aud_plan_free(aud_plan_t *plan);

/* Whether filter contains audience `id`, directly or through saved audiences:
 * what an edit of that audience must refuse. */
int aud_filter_reaches(const aud_generation_t *g, const aud_filter_t *filter,
    const aud_uuid_t *id);

/* Estimated microseconds of a run, or of one that does no more than count, for
 * the choice of thread. */
double aud_plan_cost(aud_plan_t *plan, int count_only);

/* Evaluates, or does no more than count.  0, or -1 when memory is out.  One of
 * them, once. */
int aud_plan_run(aud_plan_t *plan);
int aud_plan_run_count(aud_plan_t *plan);

/* After a run. */
uint64_t        aud_plan_count(const aud_plan_t *plan);

/* After aud_plan_run(). */
const uint64_t *aud_plan_rows(const aud_plan_t *plan, size_t slice);

/*
 * Matching profiles in the order of their ids, across slices: fills at most
 * `limit` places after the profile `after` (NULL: from the start), returns how
 * many.
 */
typedef struct {
    uint32_t  slice;
    uint32_t  row;
} aud_place_t;

size_t aud_plan_page(const aud_plan_t *plan, const aud_uuid_t *after,
    size_t limit, aud_place_t *places);

/* Counts, and finds one such page (limit is not 0) without keeping all rows: in
 * place of a run.  0 with *n places, or -1 when memory is out. */
int aud_plan_run_page(aud_plan_t *plan, const aud_uuid_t *after, size_t limit,
    aud_place_t *places, size_t *n);

/*
 * Appends {"id": "prf_…", "fields": {"name": "…", "tags": ["…", "…"]}} for each
 * of n places, with commas between them and values as they are displayed;
 * fields == NULL: all.  0, or -1 when memory is out.
 */
int aud_profiles_json(const aud_generation_t *g, const aud_place_t *places,
    size_t n, const aud_str_t *fields, size_t nfields, aud_buffer_t *out);

/* A query: POST /v1/query, both halves of it, without any I/O.  body stays until
 * the query is freed. */
typedef struct aud_query_s  aud_query_t;

aud_query_t *aud_query_create(aud_generation_t *g, aud_str_t body, int64_t now,
    aud_problem_t *problem);
void         aud_query_free(aud_query_t *q);
double       aud_query_cost(const aud_query_t *q);      /* microseconds */
int          aud_query_run(aud_query_t *q, aud_buffer_t *out);  /* JSON answer */

/* POST /v1/distribution, likewise: the values of a field among the people that a
 * filter matches, against those of everybody. */
typedef struct aud_distribution_s  aud_distribution_t;

aud_distribution_t *aud_distribution_create(aud_generation_t *g,
    aud_str_t body, int64_t now, aud_problem_t *problem);
void   aud_distribution_free(aud_distribution_t *d);
double aud_distribution_cost(const aud_distribution_t *d);  /* microseconds */
int    aud_distribution_run(aud_distribution_t *d, aud_buffer_t *out);

/* GET /v1/fields: the answer's JSON; costly (distinct values of all segments)
 * for the first who asks this generation. */
int aud_fields_json(const aud_generation_t *g, aud_buffer_t *out);

/* GET /v1/fields/{name}/values?q=&limit=: live values whose folded text begins
 * with or contains q (those that begin with it first), by descending count;
 * values that fold alike are one.  -1 and 404 for an unknown field. */
int aud_values_json(const aud_generation_t *g, aud_str_t field, aud_str_t q,
    size_t limit, aud_buffer_t *out, aud_problem_t *problem);

#endif
