/*
 * What every handler asks of a request: whose it is, headers, arguments, body.
 */

#include "ngx_http_audience_module.h"

#include "aud_id.h"


static ngx_int_t ngx_http_audience_no_memory(aud_problem_t *problem);
static ngx_int_t ngx_http_audience_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *value, ngx_str_t *s);
static ngx_int_t ngx_http_audience_file_buf(ngx_buf_t *b, size_t max,
    aud_buffer_t *body);
static void ngx_http_audience_free_buffer(void *data);


static ngx_int_t
ngx_http_audience_no_memory(aud_problem_t *problem)
{
    aud_problem_set(problem, 500, "internal-error", "Something went wrong",
                    "The server is out of memory.");

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_audience_identify_tenant(ngx_http_request_t *r,
    aud_problem_t *problem)
{
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_audience_loc_conf_t  *alcf;

    ctx = ngx_http_audience_ctx(r);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ctx == NULL
        || ngx_http_audience_value(r, alcf->tenant, &ctx->tenant) != NGX_OK)
    {
        return ngx_http_audience_no_memory(problem);
    }

    if (!aud_tenant_valid((char *) ctx->tenant.data, ctx->tenant.len)) {
        aud_problem_set(problem, 403, "no-tenant", "No access",
                        "Your login does not belong to a customer of this "
                        "installation.");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_audience_identify(ngx_http_request_t *r, ngx_uint_t user_needed,
    aud_problem_t *problem)
{
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_audience_loc_conf_t  *alcf;

    if (ngx_http_audience_identify_tenant(r, problem) != NGX_OK) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_audience_ctx(r);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ngx_http_audience_value(r, alcf->user, &ctx->user) != NGX_OK) {
        return ngx_http_audience_no_memory(problem);
    }

    if (user_needed && ctx->user.len == 0) {
        aud_problem_set(problem, 403, "no-user", "Not logged in",
                        "Only a person who has logged in may do this.");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_value(ngx_http_request_t *r, ngx_http_complex_value_t *value,
    ngx_str_t *s)
{
    ngx_str_null(s);

    return value ? ngx_http_complex_value(r, value, s) : NGX_OK;
}


ngx_str_t
ngx_http_audience_header(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  none = ngx_null_string;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return h[i].value;
            }
        }
    }

    return none;
}


ngx_int_t
ngx_http_audience_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    u_char     *p, *dst, *src;
    ngx_str_t   raw;

    ngx_str_null(value);

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw) != NGX_OK) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, raw.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, raw.data, raw.len);

    for (src = p; src < p + raw.len; src++) {
        if (*src == '+') {
            *src = ' ';
        }
    }

    src = p;
    dst = p;
    ngx_unescape_uri(&dst, &src, raw.len, 0);

    value->data = p;
    value->len = dst - p;

    return NGX_OK;
}


ngx_int_t
ngx_http_audience_base_url(ngx_http_request_t *r, ngx_str_t *url)
{
    u_char      c, *p;
    size_t      i;
    ngx_str_t   host, scheme;

    ngx_str_null(url);
    ngx_str_set(&scheme, "http");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https");
    }
#endif

    if (r->headers_in.host == NULL) {
        return NGX_OK;
    }

    host = r->headers_in.host->value;

    /* nginx lets through more than a link in an e-mail should hold */

    for (i = 0; i < host.len; i++) {
        c = host.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':'
              || c == '[' || c == ']'))
        {
            return NGX_OK;
        }
    }

    p = ngx_pnalloc(r->pool, scheme.len + 3 + host.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;
    url->len = ngx_sprintf(p, "%V://%V", &scheme, &host) - p;

    return NGX_OK;
}


ngx_int_t
ngx_http_audience_body(ngx_http_request_t *r, size_t max, aud_buffer_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->in_file) {
            rc = ngx_http_audience_file_buf(b, max, body);
            if (rc != NGX_OK) {
                return rc;
            }

            continue;
        }

        if (body->len + (b->last - b->pos) > max) {
            return NGX_DECLINED;
        }

        aud_buffer_add(body, b->pos, b->last - b->pos);
    }

    return body->failed ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_audience_body_in_memory(ngx_http_request_t *r, aud_str_t *body)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_DECLINED;
    }

    cl = r->request_body->bufs;

    if (cl == NULL || cl->next || cl->buf->in_file) {
        return NGX_DECLINED;
    }

    b = cl->buf;
    *body = aud_str((char *) b->pos, b->last - b->pos);

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_file_buf(ngx_buf_t *b, size_t max, aud_buffer_t *body)
{
    off_t    size;
    ssize_t  n;

    size = b->file_last - b->file_pos;

    if (size < 0 || (size_t) size > max - ngx_min(max, body->len)) {
        return NGX_DECLINED;
    }

    aud_buffer_reserve(body, size);
    if (body->failed) {
        return NGX_ERROR;
    }

    n = ngx_read_file(b->file, (u_char *) body->data + body->len, size,
                      b->file_pos);
    if (n != size) {
        return NGX_ERROR;
    }

    body->len += n;

    return NGX_OK;
}


ngx_int_t
ngx_http_audience_own_buffer(ngx_http_request_t *r, aud_buffer_t *b)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_audience_free_buffer;
    cln->data = b;

    return NGX_OK;
}


static void
ngx_http_audience_free_buffer(void *data)
{
    aud_buffer_free(data);
}
