/*
 * Answers: whole bodies, problems (RFC 9457), and the filter that turns the
 * error pages that nginx itself makes in our locations (a refused login, a
 * body that is too large, a worker that is away) into problems too.
 *
 * An operator's error_page goes before the filter: what it names is sent.
 */

#include "ngx_http_audience_module.h"


typedef struct {
    ngx_uint_t   status;
    const char  *slug;
    const char  *title;
    const char  *detail;
} ngx_http_audience_error_t;


static ngx_int_t ngx_http_audience_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_audience_explain(ngx_http_audience_ctx_t *ctx,
    ngx_uint_t status, aud_problem_t *problem);
static ngx_int_t ngx_http_audience_retry_after(ngx_http_request_t *r,
    ngx_uint_t status);
static void ngx_http_audience_content_type(ngx_http_request_t *r,
    const char *content_type);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


#define NGX_HTTP_AUDIENCE_PROBLEM  "application/problem+json"


/* The last one stands for every status that is not here. */

static ngx_http_audience_error_t  ngx_http_audience_errors[] = {

    { 400, "bad-request", "The request is malformed",
      "The server could not read the request." },
    { 401, "not-logged-in", "Not logged in",
      "Log in and try again." },
    { 403, "forbidden", "No access",
      "This address is not open to you." },
    { 404, "not-found", "Not found",
      "There is nothing at this address." },
    { 405, "method-not-allowed", "Method not allowed",
      "This address does not take that method." },
    { 408, "too-slow", "The request took too long",
      "The request stopped arriving. Please try again." },
    { 413, "body-too-large", "The request is too large",
      "The request is larger than this server takes." },
    { 416, "range-not-satisfiable", "No such range",
      "The file is shorter than the range that was asked for." },
    { 429, "too-many-requests", "Too many requests",
      "Please wait a moment and try again." },
    { 502, "worker-failed", "The service gave no usable answer",
      "The call may or may not have taken effect. Please try again with the "
      "same Idempotency-Key." },
    { 503, "busy", "Too busy",
      "Please wait a moment and try again." },
    { 504, "worker-too-slow", "The service took too long to answer",
      "The call may still take effect. Please try again with the same "
      "Idempotency-Key." },
    { 0, "internal-error", "Something went wrong",
      "The server could not do this. Its log says why." }
};


ngx_int_t
ngx_http_audience_add_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);
    h->lowcase_key = NULL;
    ngx_http_audience_single_header(h);

    return NGX_OK;
}


static void
ngx_http_audience_content_type(ngx_http_request_t *r, const char *content_type)
{
    r->headers_out.content_type.data = (u_char *) content_type;
    r->headers_out.content_type.len = ngx_strlen(content_type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;
}


ngx_int_t
ngx_http_audience_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *content_type, aud_buffer_t *body)
{
    ngx_int_t                 rc;
    ngx_buf_t                *b;
    ngx_chain_t               out;
    aud_buffer_t             *kept;
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_audience_ctx(r);
    kept = ngx_palloc(r->pool, sizeof(aud_buffer_t));
    b = ngx_calloc_buf(r->pool);

    if (ctx == NULL || kept == NULL || b == NULL || body->failed
        || ngx_http_audience_own_buffer(r, kept) != NGX_OK)
    {
        aud_buffer_free(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *kept = *body;
    ngx_memzero(body, sizeof(aud_buffer_t));

    /* what the client still sends is read and dropped */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK || r->reading_body) {
        r->keepalive = 0;
    }

    ctx->answered = 1;
    r->headers_out.status = status;
    r->headers_out.content_length_n = kept->len;
    ngx_http_audience_content_type(r, content_type);

    if (ngx_http_audience_retry_after(r, status) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = (u_char *) kept->data;
    b->last = b->pos + kept->len;
    b->memory = kept->len != 0;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_audience_retry_after(ngx_http_request_t *r, ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return ngx_http_audience_add_header(r, "Retry-After", "2");

    case NGX_HTTP_INSUFFICIENT_STORAGE:
        return ngx_http_audience_add_header(r, "Retry-After", "60");

    default:
        return NGX_OK;
    }
}


ngx_int_t
ngx_http_audience_send_problem(ngx_http_request_t *r,
    const aud_problem_t *problem)
{
    aud_buffer_t  body;

    ngx_memzero(&body, sizeof(aud_buffer_t));
    aud_problem_render(problem, &body);

    return ngx_http_audience_send(r, problem->status,
                                  NGX_HTTP_AUDIENCE_PROBLEM, &body);
}


ngx_int_t
ngx_http_audience_not_allowed(ngx_http_request_t *r, const char *allow)
{
    aud_problem_t  problem;

    if (ngx_http_audience_add_header(r, "Allow", allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    aud_problem_set(&problem, 405, "method-not-allowed", "Method not allowed",
                    "This address takes %s.", allow);

    return ngx_http_audience_send_problem(r, &problem);
}


ngx_int_t
ngx_http_audience_too_large(ngx_http_request_t *r, off_t limit)
{
    aud_problem_t  problem;

    aud_problem_set(&problem, 413, "body-too-large", "The request is too large",
                    "A request to this address may have %lld bytes at most.",
                    (long long) limit);
    problem.limit = limit;

    return ngx_http_audience_send_problem(r, &problem);
}


ngx_int_t
ngx_http_audience_busy(ngx_http_request_t *r)
{
    aud_problem_t  problem;

    aud_problem_set(&problem, 503, "busy", "Too busy",
                    "Please wait a moment and try again.");

    return ngx_http_audience_send_problem(r, &problem);
}


static ngx_int_t
ngx_http_audience_header_filter(ngx_http_request_t *r)
{
    aud_problem_t                  problem;
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_audience_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    /* err_status: nginx is about to send an error page of its own making */

    if (alcf->handlers == 0 || r != r->main
        || r->err_status < NGX_HTTP_BAD_REQUEST)
    {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_audience_ctx(r);

    if (ctx == NULL || ctx->answered) {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_audience_own_buffer(r, &ctx->error) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_audience_explain(ctx, r->err_status, &problem);
    aud_problem_render(&problem, &ctx->error);

    if (ctx->error.failed) {
        return NGX_ERROR;
    }

    if (ctx->disposition) {
        ctx->disposition->hash = 0;     /* no problem is to be saved */
    }

    ctx->answered = 1;
    r->headers_out.status = problem.status;
    r->err_status = problem.status;
    r->headers_out.content_length_n = ctx->error.len;
    ngx_http_audience_content_type(r, NGX_HTTP_AUDIENCE_PROBLEM);

    if (ngx_http_audience_retry_after(r, problem.status) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static void
ngx_http_audience_explain(ngx_http_audience_ctx_t *ctx, ngx_uint_t status,
    aud_problem_t *problem)
{
    ngx_http_audience_error_t  *e;

    /* a worker that never got the call is away: that may be tried again */

    if (ctx->worker_failed && !ctx->sent) {
        aud_problem_set(problem, 503, "worker-absent",
                        "The service is not available at this moment",
                        "Nothing was changed. Please try again in a moment.");
        return;
    }

    e = ngx_http_audience_errors;

    while (e->status && e->status != status) {
        e++;
    }

    aud_problem_set(problem, status, e->slug, e->title, "%s", e->detail);
}


static ngx_int_t
ngx_http_audience_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl, out;
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);

    if (in == NULL || ctx == NULL || ctx->error.len == 0) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    if (ctx->replaced) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) ctx->error.data;
    b->last = b->pos + ctx->error.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    ctx->replaced = 1;

    return ngx_http_next_body_filter(r, &out);
}


ngx_int_t
ngx_http_audience_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_audience_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_audience_body_filter;

    return NGX_OK;
}
