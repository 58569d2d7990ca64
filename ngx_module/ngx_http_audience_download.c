/*
 * GET /e/{token}: the file behind a signed link.
 *
 * The token is checked (signature, expiry), then the file: deleting it is what
 * revokes a link.  nginx sends it as it sends any file, with ranges and
 * conditions.  A GET consumes nothing, since mail scanners fetch every link.
 *
 * A download counts when a GET was answered with 200 and every byte was sent:
 * then one byte is appended to <id>.downloads, whose size is the count.
 */

#include "ngx_http_audience_page.h"


static size_t ngx_http_audience_download_shown(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_download_file(ngx_http_request_t *r,
    ngx_http_audience_ctx_t *ctx, aud_token_t *token);
static ngx_int_t ngx_http_audience_download_open(ngx_http_request_t *r,
    ngx_str_t *path, ngx_open_file_info_t *of);
static ngx_int_t ngx_http_audience_download_headers(ngx_http_request_t *r,
    ngx_http_audience_ctx_t *ctx, const char *id, ngx_open_file_info_t *of);
static ngx_table_elt_t *ngx_http_audience_download_header(
    ngx_http_request_t *r, const char *name, const char *fmt, const char *id,
    off_t size);
static ngx_int_t ngx_http_audience_download_send(ngx_http_request_t *r,
    ngx_str_t *path, ngx_open_file_info_t *of);
static ngx_uint_t ngx_http_audience_download_whole(ngx_http_request_t *r,
    ngx_http_audience_ctx_t *ctx);


/*
 * Before anything can fail and be logged, the token leaves the request line
 * and the URI: what $request, $request_uri, $uri and error.log say is
 * "/e/-", whatever stands around the token.
 */

ngx_int_t
ngx_http_audience_download_hide(ngx_http_request_t *r)
{
    u_char                        *p;
    size_t                         before, shown;
    ngx_str_t                      uri, line;
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_audience_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (!(alcf->handlers & NGX_HTTP_AUDIENCE_DOWNLOAD)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_audience_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->token.data) {
        return NGX_DECLINED;
    }

    before = r->uri.len;

    while (before && r->uri.data[before - 1] != '/') {
        before--;
    }

    ctx->token.data = r->uri.data + before;
    ctx->token.len = r->uri.len - before;

    shown = ngx_http_audience_download_shown(r);

    uri.len = shown + 1;
    line.len = r->method_name.len + 1 + uri.len + 1 + r->http_protocol.len;

    p = ngx_pnalloc(r->pool, uri.len + line.len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    uri.data = p;
    p = ngx_cpymem(p, r->uri.data, shown);
    *p++ = '-';

    line.data = p;
    ngx_sprintf(p, "%V %V %V", &r->method_name, &uri, &r->http_protocol);

    r->uri = uri;
    r->unparsed_uri = uri;
    r->request_line = line;
    ngx_str_null(&r->args);
    r->valid_unparsed_uri = 0;

    return NGX_DECLINED;
}


/* How much of the URI holds no token for certain: the location's own prefix. */

static size_t
ngx_http_audience_download_shown(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->name.len <= r->uri.len
        && ngx_strncmp(r->uri.data, clcf->name.data, clcf->name.len) == 0)
    {
        return clcf->name.len;
    }

    return 1;       /* a regular expression */
}


ngx_int_t
ngx_http_audience_download_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    aud_token_t                    token;
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_audience_loc_conf_t  *alcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_audience_not_allowed(r, "GET, HEAD");
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_http_audience_ctx(r);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ctx == NULL
        || ngx_http_audience_add_header(r, "Cache-Control",
                                        "private, no-store")
           != NGX_OK
        || ngx_http_audience_add_header(r, "Referrer-Policy", "no-referrer")
           != NGX_OK
        || ngx_http_audience_add_header(r, "X-Content-Type-Options", "nosniff")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    switch (aud_token_verify(alcf->link_keys,
                             ngx_http_audience_str(ctx->token), ngx_time(),
                             &token))
    {
    case AUD_TOKEN_OK:
        return ngx_http_audience_download_file(r, ctx, &token);

    case AUD_TOKEN_EXPIRED:
        return ngx_http_audience_link_page(r, NGX_HTTP_AUDIENCE_LINK_EXPIRED);

    case AUD_TOKEN_FORGED:
        return ngx_http_audience_link_page(r, NGX_HTTP_AUDIENCE_LINK_FORGED);

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_audience_download_file(ngx_http_request_t *r,
    ngx_http_audience_ctx_t *ctx, aud_token_t *token)
{
    char                           id[AUD_ID_LEN + 1];
    u_char                        *p;
    size_t                         size;
    ngx_int_t                      rc;
    ngx_str_t                      path;
    ngx_open_file_info_t           of;
    ngx_http_audience_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);
    aud_id_format(id, "exp", &token->export_id);

    size = alcf->root.len + sizeof("/exports//.downloads")
           + ngx_strlen(token->tenant) + AUD_ID_LEN;

    p = ngx_pnalloc(r->pool, 2 * size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    path.data = p;
    path.len = ngx_sprintf(p, "%V/exports/%s/%s.csv%Z", &alcf->root,
                           token->tenant, id)
               - p - 1;

    ctx->counter.data = p + size;
    ctx->counter.len = ngx_sprintf(p + size, "%V/exports/%s/%s.downloads%Z",
                                   &alcf->root, token->tenant, id)
                       - (p + size) - 1;

    rc = ngx_http_audience_download_open(r, &path, &of);

    if (rc == NGX_DECLINED) {
        return ngx_http_audience_link_page(r, NGX_HTTP_AUDIENCE_LINK_GONE);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ctx->download = of.size;

    if (ngx_http_audience_download_headers(r, ctx, id, &of) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_audience_download_send(r, &path, &of);
}


/* NGX_DECLINED: there is no such file. */

static ngx_int_t
ngx_http_audience_download_open(ngx_http_request_t *r, ngx_str_t *path,
    ngx_open_file_info_t *of)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_audience_loc_conf_t  *alcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    ngx_memzero(of, sizeof(ngx_open_file_info_t));

    of->read_ahead = clcf->read_ahead;
    of->directio = clcf->directio;
    of->errors = clcf->open_file_cache_errors;
    of->events = clcf->open_file_cache_events;

#if (NGX_HAVE_OPENAT)
    of->disable_symlinks = NGX_DISABLE_SYMLINKS_ON;
    of->disable_symlinks_from = alcf->root.len;
#endif

    /* never from the cache of open files, where a revoked file would live on */

    if (ngx_open_cached_file(NULL, path, of, r->pool) == NGX_OK) {
        return of->is_file ? NGX_OK : NGX_DECLINED;
    }

    if (of->err == NGX_ENOENT || of->err == NGX_ENOTDIR) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_CRIT, r->connection->log, of->err,
                  "%s \"%V\" failed", of->failed, path);

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_audience_download_headers(ngx_http_request_t *r,
    ngx_http_audience_ctx_t *ctx, const char *id, ngx_open_file_info_t *of)
{
    ctx->disposition = ngx_http_audience_download_header(r,
        "Content-Disposition", "attachment; filename=\"audience-%s.csv\"", id,
        of->size);

    /* strong: an export is written once and never again */

    r->headers_out.etag = ngx_http_audience_download_header(r, "ETag",
                                                 "\"%s-%xO\"", id, of->size);

    if (ctx->disposition == NULL || r->headers_out.etag == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = of->size;
    r->headers_out.last_modified_time = of->mtime;
    ngx_str_set(&r->headers_out.content_type, "text/csv; charset=utf-8");
    r->headers_out.content_type_len = sizeof("text/csv") - 1;

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_http_audience_download_header(ngx_http_request_t *r, const char *name,
    const char *fmt, const char *id, off_t size)
{
    u_char           *p;
    size_t            len;
    ngx_table_elt_t  *h;

    len = ngx_strlen(fmt) + AUD_ID_LEN + NGX_OFF_T_LEN;

    h = ngx_list_push(&r->headers_out.headers);
    p = ngx_pnalloc(r->pool, len);

    if (h == NULL || p == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = p;
    h->value.len = ngx_snprintf(p, len, fmt, id, size) - p;
    h->lowcase_key = NULL;
    ngx_http_audience_single_header(h);

    return h;
}


static ngx_int_t
ngx_http_audience_download_send(ngx_http_request_t *r, ngx_str_t *path,
    ngx_open_file_info_t *of)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));
    if (b->file == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->allow_ranges = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->file_last = of->size;
    b->in_file = b->file_last ? 1 : 0;
    b->last_buf = 1;
    b->last_in_chain = 1;

    b->file->fd = of->fd;
    b->file->name = *path;
    b->file->log = r->connection->log;
    b->file->directio = of->is_directio;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* In the log phase, when all that will ever be sent is sent. */

ngx_int_t
ngx_http_audience_download_count(ngx_http_request_t *r)
{
    int                       fd;
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);

    if (ctx == NULL || ctx->counter.len == 0
        || !ngx_http_audience_download_whole(r, ctx))
    {
        return NGX_OK;
    }

    fd = open((char *) ctx->counter.data,
              O_WRONLY|O_APPEND|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0660);

    if (fd == -1 || write(fd, ".", 1) != 1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "counting a download in \"%V\" failed", &ctx->counter);
    }

    if (fd != -1) {
        (void) close(fd);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_audience_download_whole(ngx_http_request_t *r,
    ngx_http_audience_ctx_t *ctx)
{
    if (r->method != NGX_HTTP_GET || r->headers_out.status != NGX_HTTP_OK
        || r->err_status || r->connection->error || r->connection->timedout)
    {
        return 0;
    }

    /* gzip makes it another number of bytes, and takes the length away */

    return r->headers_out.content_length_n == -1
           || r->connection->sent - (off_t) r->header_size >= ctx->download;
}
