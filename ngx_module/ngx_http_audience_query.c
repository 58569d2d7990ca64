/*
 * Queries, answered from mapped segments without the worker:
 *
 *   POST /v1/query
 *   POST /v1/distribution
 *   GET  /v1/fields
 *   GET  /v1/fields/{name}/values?q=&limit=
 *
 *   body ──> generation ──> bind ──> run, here where cheap, else in a thread
 *
 * A request keeps the generation that it began with.
 */

#include "ngx_http_audience_module.h"

#include "aud_clock.h"
#include "aud_eval.h"


#define NGX_HTTP_AUDIENCE_QUERY_BODY    (128 * 1024)
#define NGX_HTTP_AUDIENCE_QUERY_INLINE  200     /* microseconds */
#define NGX_HTTP_AUDIENCE_VALUES        100
#define NGX_HTTP_AUDIENCE_VALUES_MAX    1000


typedef enum {
    NGX_HTTP_AUDIENCE_CALL_QUERY = 0,
    NGX_HTTP_AUDIENCE_CALL_DISTRIBUTION,
    NGX_HTTP_AUDIENCE_CALL_FIELDS,
    NGX_HTTP_AUDIENCE_CALL_VALUES
} ngx_http_audience_call_e;


struct ngx_http_audience_query_s {
    ngx_http_audience_call_e    call;
    aud_str_t                   body;
    aud_buffer_t                gathered;       /* body, where in pieces */
    ngx_str_t                   field;
    ngx_str_t                   q;
    ngx_uint_t                  limit;

    aud_generation_t           *generation;
    aud_query_t                *query;
    aud_distribution_t         *distribution;

    int                         rc;             /* of the run */
    aud_buffer_t                out;
    aud_problem_t              *problem;        /* of values; large */
};


static ngx_int_t ngx_http_audience_query_call(ngx_http_request_t *r,
    ngx_http_audience_query_t *query, aud_problem_t *problem);
static ngx_int_t ngx_http_audience_query_field(ngx_http_request_t *r,
    ngx_http_audience_query_t *query, aud_problem_t *problem);
static ngx_int_t ngx_http_audience_query_args(ngx_http_request_t *r,
    ngx_http_audience_query_t *query, aud_problem_t *problem);
static ngx_int_t ngx_http_audience_query_no_memory(aud_problem_t *problem);
static void ngx_http_audience_query_body(ngx_http_request_t *r);
static void ngx_http_audience_query_start(ngx_http_request_t *r);
static void ngx_http_audience_query_bind(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_query_read(ngx_http_audience_query_t *query,
    double *cost, aud_problem_t *problem);
static void ngx_http_audience_query_run(void *data, ngx_log_t *log);
static void ngx_http_audience_query_done(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_query_answer(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_query_unavailable(ngx_http_request_t *r);
static void ngx_http_audience_query_cleanup(void *data);


ngx_int_t
ngx_http_audience_query_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    aud_problem_t               problem;
    ngx_pool_cleanup_t         *cln;
    ngx_http_audience_query_t  *query;

    query = ngx_pcalloc(r->pool, sizeof(ngx_http_audience_query_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (query == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_audience_query_cleanup;
    cln->data = query;

    if (ngx_http_audience_identify_tenant(r, &problem) != NGX_OK
        || ngx_http_audience_query_call(r, query, &problem) != NGX_OK)
    {
        return ngx_http_audience_send_problem(r, &problem);
    }

    ngx_http_audience_ctx(r)->query = query;

    if (query->call == NGX_HTTP_AUDIENCE_CALL_QUERY
        || query->call == NGX_HTTP_AUDIENCE_CALL_DISTRIBUTION)
    {
        if (r->method != NGX_HTTP_POST) {
            return ngx_http_audience_not_allowed(r, "POST");
        }

        if (r->headers_in.content_length_n > NGX_HTTP_AUDIENCE_QUERY_BODY) {
            return ngx_http_audience_too_large(r,
                                               NGX_HTTP_AUDIENCE_QUERY_BODY);
        }

        rc = ngx_http_read_client_request_body(r,
                                               ngx_http_audience_query_body);

        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_audience_not_allowed(r, "GET, HEAD");
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;
    ngx_http_audience_query_start(r);

    return NGX_DONE;
}


static ngx_int_t
ngx_http_audience_query_call(ngx_http_request_t *r,
    ngx_http_audience_query_t *query, aud_problem_t *problem)
{
    if (r->uri.len == 9 && ngx_strncmp(r->uri.data, "/v1/query", 9) == 0) {
        query->call = NGX_HTTP_AUDIENCE_CALL_QUERY;
        return NGX_OK;
    }

    if (r->uri.len == 16
        && ngx_strncmp(r->uri.data, "/v1/distribution", 16) == 0)
    {
        query->call = NGX_HTTP_AUDIENCE_CALL_DISTRIBUTION;
        return NGX_OK;
    }

    if (r->uri.len == 10 && ngx_strncmp(r->uri.data, "/v1/fields", 10) == 0) {
        query->call = NGX_HTTP_AUDIENCE_CALL_FIELDS;
        return NGX_OK;
    }

    query->call = NGX_HTTP_AUDIENCE_CALL_VALUES;

    return ngx_http_audience_query_field(r, query, problem);
}


/* The name stands encoded in the raw path, so that it may hold slashes. */

static ngx_int_t
ngx_http_audience_query_field(ngx_http_request_t *r,
    ngx_http_audience_query_t *query, aud_problem_t *problem)
{
    u_char     *p, *end, *dst, *src;
    size_t      before, after;

    before = sizeof("/v1/fields/") - 1;
    after = sizeof("/values") - 1;

    p = r->unparsed_uri.data;
    end = ngx_strlchr(p, p + r->unparsed_uri.len, '?');

    if (end == NULL) {
        end = p + r->unparsed_uri.len;
    }

    if ((size_t) (end - p) <= before + after
        || ngx_strncmp(p, "/v1/fields/", before) != 0
        || ngx_strncmp(end - after, "/values", after) != 0)
    {
        aud_problem_set(problem, 404, "not-found", "Not found",
                        "There is nothing at this address.");
        return NGX_ERROR;
    }

    query->field.len = end - after - (p + before);
    query->field.data = ngx_pnalloc(r->pool, query->field.len);
    query->problem = ngx_palloc(r->pool, sizeof(aud_problem_t));

    if (query->field.data == NULL || query->problem == NULL) {
        return ngx_http_audience_query_no_memory(problem);
    }

    query->problem->status = 0;

    src = p + before;
    dst = query->field.data;
    ngx_unescape_uri(&dst, &src, query->field.len, 0);
    query->field.len = dst - query->field.data;

    return ngx_http_audience_query_args(r, query, problem);
}


static ngx_int_t
ngx_http_audience_query_args(ngx_http_request_t *r,
    ngx_http_audience_query_t *query, aud_problem_t *problem)
{
    ngx_int_t  n;
    ngx_str_t  limit;

    query->limit = NGX_HTTP_AUDIENCE_VALUES;

    if (ngx_http_audience_arg(r, "q", &query->q) != NGX_OK
        || ngx_http_audience_arg(r, "limit", &limit) != NGX_OK)
    {
        return ngx_http_audience_query_no_memory(problem);
    }

    if (limit.len == 0) {
        return NGX_OK;
    }

    n = ngx_atoi(limit.data, limit.len);

    if (n < 1 || n > NGX_HTTP_AUDIENCE_VALUES_MAX) {
        aud_problem_set(problem, 400, "invalid-argument",
                        "An argument is wrong",
                        "\"limit\" must be a number from 1 to %d.",
                        NGX_HTTP_AUDIENCE_VALUES_MAX);
        return NGX_ERROR;
    }

    query->limit = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_query_no_memory(aud_problem_t *problem)
{
    aud_problem_set(problem, 500, "internal-error", "Something went wrong",
                    "The server is out of memory.");

    return NGX_ERROR;
}


static void
ngx_http_audience_query_body(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_audience_query_t  *query;

    query = ngx_http_audience_ctx(r)->query;

    /* the usual one came with its header and is read where it lies */

    if (ngx_http_audience_body_in_memory(r, &query->body) == NGX_OK
        && query->body.len <= NGX_HTTP_AUDIENCE_QUERY_BODY)
    {
        ngx_http_audience_query_start(r);
        return;
    }

    rc = ngx_http_audience_body(r, NGX_HTTP_AUDIENCE_QUERY_BODY,
                                &query->gathered);

    if (rc == NGX_DECLINED) {
        ngx_http_finalize_request(r,
              ngx_http_audience_too_large(r, NGX_HTTP_AUDIENCE_QUERY_BODY));
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    query->body = aud_buffer_str(&query->gathered);
    ngx_http_audience_query_start(r);
}


/* Runs again when a generation that was waited for has been opened. */

static void
ngx_http_audience_query_start(ngx_http_request_t *r)
{
    ngx_http_audience_query_t  *query;

    if (r->aio) {
        return;
    }

    query = ngx_http_audience_ctx(r)->query;
    r->write_event_handler = ngx_http_request_empty_handler;

    switch (ngx_http_audience_generation(r, ngx_http_audience_query_start,
                                         &query->generation))
    {
    case NGX_OK:
        ngx_http_audience_query_bind(r);
        return;

    case NGX_AGAIN:
        return;

    case NGX_BUSY:
        ngx_http_finalize_request(r, ngx_http_audience_busy(r));
        return;

    default:
        ngx_http_finalize_request(r, ngx_http_audience_query_unavailable(r));
        return;
    }
}


static void
ngx_http_audience_query_bind(ngx_http_request_t *r)
{
    double                      cost;
    aud_problem_t               problem;
    ngx_http_audience_query_t  *query;

    query = ngx_http_audience_ctx(r)->query;

    if (ngx_http_audience_query_read(query, &cost, &problem) != NGX_OK) {
        ngx_http_finalize_request(r,
                                ngx_http_audience_send_problem(r, &problem));
        return;
    }

    if (cost < NGX_HTTP_AUDIENCE_QUERY_INLINE) {
        ngx_http_audience_query_run(query, r->connection->log);
        ngx_http_finalize_request(r, ngx_http_audience_query_answer(r));
        return;
    }

    if (ngx_http_audience_work(r, ngx_http_audience_query_run, query,
                               ngx_http_audience_query_done)
        != NGX_OK)
    {
        ngx_http_finalize_request(r, ngx_http_audience_busy(r));
    }
}


/* The body, where there is one, and about how many microseconds the run takes;
 * values are always for a thread, and fields until their answer is known. */

static ngx_int_t
ngx_http_audience_query_read(ngx_http_audience_query_t *query, double *cost,
    aud_problem_t *problem)
{
    switch (query->call) {

    case NGX_HTTP_AUDIENCE_CALL_QUERY:
        query->query = aud_query_create(query->generation, query->body,
                                        aud_now(), problem);
        if (query->query == NULL) {
            return NGX_ERROR;
        }

        *cost = aud_query_cost(query->query);
        return NGX_OK;

    case NGX_HTTP_AUDIENCE_CALL_DISTRIBUTION:
        query->distribution = aud_distribution_create(query->generation,
                                                      query->body, aud_now(),
                                                      problem);
        if (query->distribution == NULL) {
            return NGX_ERROR;
        }

        *cost = aud_distribution_cost(query->distribution);
        return NGX_OK;

    case NGX_HTTP_AUDIENCE_CALL_FIELDS:
        *cost = aud_generation_fields_answer(query->generation)
                ? 0 : NGX_HTTP_AUDIENCE_QUERY_INLINE;
        return NGX_OK;

    default:
        *cost = NGX_HTTP_AUDIENCE_QUERY_INLINE;
        return NGX_OK;
    }
}


/* In any thread. */

static void
ngx_http_audience_query_run(void *data, ngx_log_t *log)
{
    ngx_http_audience_query_t *query = data;

    switch (query->call) {

    case NGX_HTTP_AUDIENCE_CALL_QUERY:
        query->rc = aud_query_run(query->query, &query->out);
        break;

    case NGX_HTTP_AUDIENCE_CALL_DISTRIBUTION:
        query->rc = aud_distribution_run(query->distribution, &query->out);
        break;

    case NGX_HTTP_AUDIENCE_CALL_FIELDS:
        query->rc = aud_fields_json(query->generation, &query->out);
        break;

    case NGX_HTTP_AUDIENCE_CALL_VALUES:
        query->rc = aud_values_json(query->generation,
                                    ngx_http_audience_str(query->field),
                                    ngx_http_audience_str(query->q),
                                    query->limit, &query->out,
                                    query->problem);
        break;
    }
}


static void
ngx_http_audience_query_done(ngx_http_request_t *r)
{
    if (r->aio) {
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_finalize_request(r, ngx_http_audience_query_answer(r));
}


static ngx_int_t
ngx_http_audience_query_answer(ngx_http_request_t *r)
{
    aud_problem_t               problem;
    ngx_http_audience_query_t  *query;

    query = ngx_http_audience_ctx(r)->query;

    if (query->rc != 0) {
        if (query->problem && query->problem->status) {
            return ngx_http_audience_send_problem(r, query->problem);
        }

        (void) ngx_http_audience_query_no_memory(&problem);
        return ngx_http_audience_send_problem(r, &problem);
    }

    if (ngx_http_audience_add_header(r, "Cache-Control", "private, no-store")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_audience_send(r, NGX_HTTP_OK, "application/json",
                                  &query->out);
}


static ngx_int_t
ngx_http_audience_query_unavailable(ngx_http_request_t *r)
{
    aud_problem_t  problem;

    aud_problem_set(&problem, 503, "data-unavailable",
                    "The data cannot be read at this moment",
                    "The operator has been told. Please try again later.");

    return ngx_http_audience_send_problem(r, &problem);
}


static void
ngx_http_audience_query_cleanup(void *data)
{
    ngx_http_audience_query_t *query = data;

    if (query->query) {
        aud_query_free(query->query);
    }

    if (query->distribution) {
        aud_distribution_free(query->distribution);
    }

    if (query->generation) {
        aud_generation_release(query->generation);
    }

    aud_buffer_free(&query->gathered);
    aud_buffer_free(&query->out);
}
