/*
 * The worker's answer, taken out of its frames while it arrives.
 *
 * Nothing of it is trusted: a frame that cannot be, a header that would end
 * nginx's, more or less body than was announced is a failed upstream.  The
 * connection is kept only where END was its last byte.
 */

#include "ngx_http_audience_pass.h"


static ngx_int_t ngx_http_audience_frame_headers(ngx_http_request_t *r,
    aud_response_head_t *head);
static ngx_int_t ngx_http_audience_frame_header(ngx_http_request_t *r,
    aud_str_t name, aud_str_t value);
static ngx_uint_t ngx_http_audience_frame_own(aud_str_t name);
static ngx_int_t ngx_http_audience_frame_peek(ngx_http_request_t *r,
    u_char *pos);
static ngx_int_t ngx_http_audience_frame_start(ngx_http_audience_pass_t *pass);
static ngx_int_t ngx_http_audience_frame_data(ngx_http_audience_pass_t *pass,
    u_char *pos, size_t len);
static ngx_int_t ngx_http_audience_frame_invalid(ngx_http_request_t *r,
    const char *what);


/* process_header: the HEAD frame, whole. */

ngx_int_t
ngx_http_audience_frame_head(ngx_http_request_t *r)
{
    uint32_t              len;
    aud_str_t             payload;
    ngx_buf_t            *b;
    aud_frame_type_t      type;
    aud_response_head_t   head;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    b = &u->buffer;

    if (b->last - b->pos < AUD_FRAME_HEADER) {
        return NGX_AGAIN;
    }

    if (aud_frame_header((char *) b->pos, &type, &len) != 0
        || type != AUD_FRAME_HEAD)
    {
        (void) ngx_http_audience_frame_invalid(r, "no HEAD frame");
        return NGX_HTTP_UPSTREAM_INVALID_HEADER;
    }

    if ((size_t) (b->last - b->pos) < AUD_FRAME_HEADER + (size_t) len) {
        return NGX_AGAIN;
    }

    payload = aud_str((char *) b->pos + AUD_FRAME_HEADER, len);

    if (aud_frame_read_head(payload, &head) != 0
        || (head.content_length != AUD_LENGTH_UNKNOWN
            && head.content_length > NGX_MAX_OFF_T_VALUE))
    {
        (void) ngx_http_audience_frame_invalid(r, "a malformed HEAD frame");
        return NGX_HTTP_UPSTREAM_INVALID_HEADER;
    }

    u->headers_in.status_n = head.status;

    if (ngx_http_audience_frame_peek(r, b->pos + AUD_FRAME_HEADER + len)
        != NGX_OK)
    {
        return NGX_HTTP_UPSTREAM_INVALID_HEADER;
    }

    b->pos += AUD_FRAME_HEADER + len;

    return ngx_http_audience_frame_headers(r, &head);
}


static ngx_int_t
ngx_http_audience_frame_headers(ngx_http_request_t *r,
    aud_response_head_t *head)
{
    aud_str_t                  name, value;
    ngx_http_upstream_t       *u;
    ngx_http_audience_ctx_t   *ctx;
    ngx_http_audience_pass_t  *pass;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    pass = ctx->pass;

    if (u->state) {
        u->state->status = head->status;
    }

    pass->known = head->content_length != AUD_LENGTH_UNKNOWN;
    pass->rest = head->content_length;
    u->headers_in.content_length_n = pass->known
                                     ? (off_t) head->content_length : -1;

    while (aud_frame_next_header(head, &name, &value) == 0) {
        if (ngx_http_audience_frame_header(r, name, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ctx->answered = 1;

    return NGX_OK;
}


/*
 * Straight to the client, past u->headers_in: no header of the worker's steers
 * nginx (X-Accel-…), and hide_headers_hash is never asked.
 */

static ngx_int_t
ngx_http_audience_frame_header(ngx_http_request_t *r, aud_str_t name,
    aud_str_t value)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    if (ngx_http_audience_frame_own(name)) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, name.len + value.len + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(p, "%*s%Z%*s%Z", name.len, name.data, value.len, value.data);

    if (name.len == 12
        && ngx_strcasecmp(p, (u_char *) "Content-Type") == 0)
    {
        r->headers_out.content_type.data = p + name.len + 1;
        r->headers_out.content_type.len = value.len;
        r->headers_out.content_type_len = value.len;
        r->headers_out.content_type_lowcase = NULL;
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = p;
    h->key.len = name.len;
    h->value.data = p + name.len + 1;
    h->value.len = value.len;
    h->lowcase_key = NULL;
    ngx_http_audience_single_header(h);

    return NGX_OK;
}


/* Headers that are nginx's to write. */

static ngx_uint_t
ngx_http_audience_frame_own(aud_str_t name)
{
    ngx_uint_t  i;

    static ngx_str_t  own[] = {
        ngx_string("Connection"),
        ngx_string("Content-Length"),
        ngx_string("Date"),
        ngx_string("Keep-Alive"),
        ngx_string("Server"),
        ngx_string("Trailer"),
        ngx_string("Transfer-Encoding"),
        ngx_string("Upgrade"),
        ngx_null_string
    };

    for (i = 0; own[i].len; i++) {
        if (name.len == own[i].len
            && ngx_strncasecmp((u_char *) name.data, own[i].data, name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * What has come behind HEAD, while a 502 can still be said.  Where nginx will
 * not read a body (HEAD, 204) this is where END is found.
 */

static ngx_int_t
ngx_http_audience_frame_peek(ngx_http_request_t *r, u_char *pos)
{
    size_t               rest;
    uint32_t             len;
    aud_frame_type_t     type;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    rest = u->buffer.last - pos;

    if (rest < AUD_FRAME_HEADER) {
        return NGX_OK;
    }

    if (aud_frame_header((char *) pos, &type, &len) != 0
        || (type != AUD_FRAME_DATA && type != AUD_FRAME_END))
    {
        return ngx_http_audience_frame_invalid(r, "neither DATA nor END");
    }

    if (type == AUD_FRAME_END && rest == AUD_FRAME_HEADER
        && (r->method == NGX_HTTP_HEAD
            || u->headers_in.status_n == NGX_HTTP_NO_CONTENT))
    {
        u->keepalive = 1;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_audience_frame_body_init(void *data)
{
    ngx_http_audience_pass_t *pass = data;

    /* anything but 0 and -1: only END ends an answer, not the connection's */

    pass->request->upstream->length = 1;

    return NGX_OK;
}


/* input_filter: bytes stand behind u->buffer.last. */

ngx_int_t
ngx_http_audience_frame_body(void *data, ssize_t bytes)
{
    ngx_http_audience_pass_t *pass = data;

    size_t                n;
    u_char               *p, *end;
    ngx_http_request_t   *r;
    ngx_http_upstream_t  *u;

    r = pass->request;
    u = r->upstream;

    p = u->buffer.last;
    end = p + bytes;
    u->buffer.last = end;

    while (p < end) {

        if (pass->end) {
            (void) ngx_http_audience_frame_invalid(r, "bytes behind END");
            u->keepalive = 0;
            return NGX_OK;
        }

        if (pass->data) {
            n = ngx_min(pass->data, (size_t) (end - p));

            if (ngx_http_audience_frame_data(pass, p, n) != NGX_OK) {
                return NGX_ERROR;
            }

            p += n;
            continue;
        }

        pass->header[pass->nheader++] = *p++;

        if (pass->nheader == AUD_FRAME_HEADER
            && ngx_http_audience_frame_start(pass) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_frame_start(ngx_http_audience_pass_t *pass)
{
    uint32_t              len;
    aud_frame_type_t      type;
    ngx_http_request_t   *r;

    r = pass->request;
    pass->nheader = 0;

    if (aud_frame_header(pass->header, &type, &len) != 0
        || (type != AUD_FRAME_DATA && type != AUD_FRAME_END))
    {
        return ngx_http_audience_frame_invalid(r, "neither DATA nor END");
    }

    if (type == AUD_FRAME_DATA) {
        if (pass->known && len > pass->rest) {
            return ngx_http_audience_frame_invalid(r, "more than announced");
        }

        pass->data = len;
        return NGX_OK;
    }

    if (pass->known && pass->rest) {
        return ngx_http_audience_frame_invalid(r, "less than announced");
    }

    pass->end = 1;
    r->upstream->length = 0;
    r->upstream->keepalive = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_frame_data(ngx_http_audience_pass_t *pass, u_char *pos,
    size_t len)
{
    ngx_buf_t            *b;
    ngx_chain_t          *cl, **ll;
    ngx_http_request_t   *r;
    ngx_http_upstream_t  *u;

    r = pass->request;
    u = r->upstream;

    for (cl = u->out_bufs, ll = &u->out_bufs; cl; cl = cl->next) {
        ll = &cl->next;
    }

    cl = ngx_chain_get_free_buf(r->pool, &u->free_bufs);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    *ll = cl;

    b = cl->buf;
    b->flush = 1;
    b->memory = 1;
    b->pos = pos;
    b->last = pos + len;
    b->tag = u->output.tag;

    pass->data -= len;

    if (pass->known) {
        pass->rest -= len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_frame_invalid(ngx_http_request_t *r, const char *what)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "audience worker sent an invalid answer: %s", what);

    return NGX_ERROR;
}
