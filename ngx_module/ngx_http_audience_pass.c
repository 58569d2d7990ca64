/*
 * Calls that the worker answers, handed over through nginx's upstream: unix
 * sockets, kept connections, several peers, timeouts are its business.
 *
 * A POST that was sent is not tried again at another peer; the frame carries
 * the client's Idempotency-Key, so that the client can.
 */

#include "ngx_http_audience_pass.h"


static void ngx_http_audience_pass_body(ngx_http_request_t *r);
static aud_method_t ngx_http_audience_pass_method(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_pass_create(ngx_http_request_t *r,
    ngx_http_upstream_conf_t *conf, aud_request_t *request);
static ngx_int_t ngx_http_audience_pass_create_request(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_pass_reinit_request(ngx_http_request_t *r);
static void ngx_http_audience_pass_abort_request(ngx_http_request_t *r);
static void ngx_http_audience_pass_finalize_request(ngx_http_request_t *r,
    ngx_int_t rc);


ngx_int_t
ngx_http_audience_pass_handler(ngx_http_request_t *r)
{
    ngx_int_t      rc;
    ngx_uint_t     reads;
    aud_problem_t  problem;

    if (ngx_http_audience_pass_method(r) == 0) {
        return ngx_http_audience_not_allowed(r,
                                      "GET, HEAD, POST, PUT, PATCH, DELETE");
    }

    reads = r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD);

    if (ngx_http_audience_identify(r, !reads, &problem) != NGX_OK) {
        return ngx_http_audience_send_problem(r, &problem);
    }

    if (r->headers_in.content_length_n > NGX_HTTP_AUDIENCE_MAX_BODY) {
        return ngx_http_audience_too_large(r, NGX_HTTP_AUDIENCE_MAX_BODY);
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_audience_pass_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static aud_method_t
ngx_http_audience_pass_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
        return AUD_METHOD_GET;

    case NGX_HTTP_HEAD:
        return AUD_METHOD_HEAD;

    case NGX_HTTP_POST:
        return AUD_METHOD_POST;

    case NGX_HTTP_PUT:
        return AUD_METHOD_PUT;

    case NGX_HTTP_PATCH:
        return AUD_METHOD_PATCH;

    case NGX_HTTP_DELETE:
        return AUD_METHOD_DELETE;

    default:
        return 0;
    }
}


static void
ngx_http_audience_pass_body(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    aud_buffer_t                   body;
    aud_request_t                  request;
    ngx_http_audience_loc_conf_t  *alcf;

    ngx_memzero(&body, sizeof(aud_buffer_t));

    rc = ngx_http_audience_body(r, NGX_HTTP_AUDIENCE_MAX_BODY, &body);

    if (rc == NGX_DECLINED) {
        aud_buffer_free(&body);
        ngx_http_finalize_request(r,
              ngx_http_audience_too_large(r, NGX_HTTP_AUDIENCE_MAX_BODY));
        return;
    }

    if (rc != NGX_OK || ngx_http_audience_pass_fill(r, &request) != NGX_OK) {
        aud_buffer_free(&body);
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    request.method = ngx_http_audience_pass_method(r);
    request.path = ngx_http_audience_str(r->uri);
    request.body = aud_buffer_str(&body);

    ngx_http_audience_pass_request(r, &alcf->upstream, &request);

    aud_buffer_free(&body);
}


ngx_int_t
ngx_http_audience_pass_fill(ngx_http_request_t *r, aud_request_t *request)
{
    ngx_str_t                      base_url;
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_variable_value_t     *id;
    ngx_http_audience_loc_conf_t  *alcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ngx_http_audience_base_url(r, &base_url) != NGX_OK) {
        return NGX_ERROR;
    }

    id = ngx_http_get_indexed_variable(r, alcf->request_id);
    if (id == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(request, sizeof(aud_request_t));

    request->tenant = ngx_http_audience_str(ctx->tenant);
    request->user = ngx_http_audience_str(ctx->user);
    request->args = ngx_http_audience_str(r->args);
    request->base_url = ngx_http_audience_str(base_url);

    if (!id->not_found) {
        request->request_id = aud_str((char *) id->data, id->len);
    }

    request->content_type = ngx_http_audience_str(
                              ngx_http_audience_header(r, "Content-Type"));
    request->accept_language = ngx_http_audience_str(
                              ngx_http_audience_header(r, "Accept-Language"));
    request->idempotency_key = ngx_http_audience_str(
                              ngx_http_audience_header(r, "Idempotency-Key"));
    request->last_event_id = ngx_http_audience_str(
                              ngx_http_audience_header(r, "Last-Event-ID"));

    return NGX_OK;
}


void
ngx_http_audience_pass_request(ngx_http_request_t *r,
    ngx_http_upstream_conf_t *conf, aud_request_t *request)
{
    if (ngx_http_audience_pass_create(r, conf, request) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_upstream_init(r);
}


static ngx_int_t
ngx_http_audience_pass_create(ngx_http_request_t *r,
    ngx_http_upstream_conf_t *conf, aud_request_t *request)
{
    ngx_http_upstream_t       *u;
    ngx_http_audience_ctx_t   *ctx;
    ngx_http_audience_pass_t  *pass;

    pass = ngx_pcalloc(r->pool, sizeof(ngx_http_audience_pass_t));

    if (pass == NULL
        || ngx_http_audience_own_buffer(r, &pass->frame) != NGX_OK
        || ngx_http_upstream_create(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    aud_frame_write_request(&pass->frame, request);

    if (pass->frame.failed) {
        return NGX_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    ctx->pass = pass;
    pass->request = r;

    u = r->upstream;
    u->conf = conf;
    u->buffering = 0;
    ngx_str_set(&u->schema, "audience://");
    u->output.tag = (ngx_buf_tag_t) &ngx_http_audience_module;

    u->create_request = ngx_http_audience_pass_create_request;
    u->reinit_request = ngx_http_audience_pass_reinit_request;
    u->process_header = ngx_http_audience_frame_head;
    u->abort_request = ngx_http_audience_pass_abort_request;
    u->finalize_request = ngx_http_audience_pass_finalize_request;

    u->input_filter_init = ngx_http_audience_frame_body_init;
    u->input_filter = ngx_http_audience_frame_body;
    u->input_filter_ctx = pass;

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_pass_create_request(ngx_http_request_t *r)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);

    cl = ngx_alloc_chain_link(r->pool);
    b = ngx_calloc_buf(r->pool);

    if (cl == NULL || b == NULL) {
        return NGX_ERROR;
    }

    b->start = (u_char *) ctx->pass->frame.data;
    b->pos = b->start;
    b->last = b->start + ctx->pass->frame.len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    cl->buf = b;
    cl->next = NULL;

    r->upstream->request_bufs = cl;

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_pass_reinit_request(ngx_http_request_t *r)
{
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);

    ctx->pass->nheader = 0;
    ctx->pass->data = 0;
    ctx->pass->end = 0;

    /* nginx asks for this only after it had sent something */
    ctx->sent = 1;

    return NGX_OK;
}


static void
ngx_http_audience_pass_abort_request(ngx_http_request_t *r)
{
}


static void
ngx_http_audience_pass_finalize_request(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);

    /* from the first byte on the worker may have acted on the call */

    if (r->upstream->request_sent) {
        ctx->sent = 1;
    }

    if (ctx->import) {
        ngx_http_audience_import_settle(ctx->import);
    }

    if (rc >= NGX_HTTP_BAD_GATEWAY && rc <= NGX_HTTP_GATEWAY_TIME_OUT) {
        ctx->worker_failed = 1;
    }
}
