/*
 * An upload.
 *
 *   read ──> check ──> spool ──> sync (thread) ──> worker
 *              │
 *              └──> problem, as soon as a rule is certainly broken
 *
 * The body is never held: every buffer is checked and spooled when it comes.
 * Whatever ends the request before the worker was told, the file goes with it
 * (ngx_http_audience_import_cleanup).
 */

#include "ngx_http_audience_import.h"


#define NGX_HTTP_AUDIENCE_IMPORT_FORM  (1024 * 1024)    /* around the file */
#define NGX_HTTP_AUDIENCE_IMPORT_TURN  (256 * 1024)


static ngx_int_t ngx_http_audience_import_start(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_body(ngx_http_request_t *r);
static void ngx_http_audience_import_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_import_bufs(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_file_buf(
    ngx_http_audience_import_t *import, ngx_buf_t *b);
static void ngx_http_audience_import_sync(void *data, ngx_log_t *log);
static void ngx_http_audience_import_synced(ngx_http_request_t *r);
static void ngx_http_audience_import_hand_over(ngx_http_request_t *r);
static void ngx_http_audience_import_refuse(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_cleanup(void *data);


ngx_int_t
ngx_http_audience_import_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_pool_cleanup_t          *cln;
    ngx_http_audience_import_t  *import;

    import = ngx_pcalloc(r->pool, sizeof(ngx_http_audience_import_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (import == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_audience_identify(r, 1, &import->problem) != NGX_OK) {
        return ngx_http_audience_send_problem(r, &import->problem);
    }

    import->request = r;
    import->ctx = ngx_http_audience_ctx(r);
    import->ctx->import = import;
    import->spool.fd = NGX_INVALID_FILE;

    cln->handler = ngx_http_audience_import_cleanup;
    cln->data = import;

    if (ngx_http_audience_import_start(r, import) != NGX_OK) {
        return ngx_http_audience_send_problem(r, &import->problem);
    }

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_audience_import_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* Everything that can be refused before the first byte is. */

static ngx_int_t
ngx_http_audience_import_start(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    off_t                          most;
    ngx_str_t                      name;
    ngx_http_audience_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ngx_http_audience_upload_type(r, import) != NGX_OK
        || ngx_http_audience_upload_encoding(r, import) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (import->multipart == NULL) {

        if (ngx_http_audience_arg(r, "filename", &name) != NGX_OK) {
            return ngx_http_audience_upload_no_memory(import);
        }

        if (ngx_http_audience_upload_name(import, ngx_http_audience_str(name))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    most = alcf->max_size;

    if (import->multipart) {
        most += NGX_HTTP_AUDIENCE_IMPORT_FORM;
    }

    if (r->headers_in.content_length_n > most) {
        aud_problem_set(&import->problem, 413, "file-too-large",
                        "The file is too large",
                        "A file may have %lld bytes at most.",
                        (long long) alcf->max_size);
        import->problem.limit = alcf->max_size;
        return NGX_ERROR;
    }

    import->digest = EVP_MD_CTX_new();

    if (import->digest == NULL
        || EVP_DigestInit_ex(import->digest, EVP_sha256(), NULL) != 1)
    {
        return ngx_http_audience_upload_no_memory(import);
    }

    if (ngx_http_audience_spool_open(&import->spool, r->pool, &alcf->root,
                                     &import->ctx->tenant)
        != NGX_OK)
    {
        return ngx_http_audience_upload_disk(import);
    }

    return NGX_OK;
}


static void
ngx_http_audience_import_body(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_audience_import_read;

    ngx_http_audience_import_read(r);
}


static void
ngx_http_audience_import_read(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_audience_ctx_t     *ctx;
    ngx_http_audience_import_t  *import;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    import = ctx->import;
    import->turn = 0;

    for ( ;; ) {

        if (ngx_http_audience_import_bufs(r, import) != NGX_OK) {
            ngx_http_audience_import_refuse(r, import);
            return;
        }

        if (!r->reading_body) {
            break;
        }

        if (import->turn >= NGX_HTTP_AUDIENCE_IMPORT_TURN) {

            /* a fast client must not keep the loop from everybody else */

            ngx_post_event(r->connection->read, &ngx_posted_next_events);
            return;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return;
        }
    }

    r->read_event_handler = ngx_http_block_reading;

    if (ngx_http_audience_upload_end(import) != NGX_OK) {
        ngx_http_audience_import_refuse(r, import);
        return;
    }

    rc = ngx_http_audience_work(r, ngx_http_audience_import_sync, import,
                                ngx_http_audience_import_synced);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, ngx_http_audience_busy(r));
    }
}


/* Takes what nginx has read so far and gives its buffers back. */

static ngx_int_t
ngx_http_audience_import_bufs(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    size_t        len;
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    while (r->request_body->bufs) {
        cl = r->request_body->bufs;
        b = cl->buf;

        if (b->in_file) {
            rc = ngx_http_audience_import_file_buf(import, b);

        } else {
            len = b->last - b->pos;
            import->turn += len;
            rc = ngx_http_audience_upload_feed(import, (char *) b->pos, len);
            b->pos = b->last;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }

        r->request_body->bufs = cl->next;
        ngx_free_chain(r->pool, cl);
    }

    return NGX_OK;
}


/* Where nginx was told to read bodies early (client_body_early_read). */

static ngx_int_t
ngx_http_audience_import_file_buf(ngx_http_audience_import_t *import,
    ngx_buf_t *b)
{
    u_char    data[16384];
    ssize_t   n;

    while (b->file_pos < b->file_last) {

        n = ngx_read_file(b->file, data,
                          ngx_min((off_t) sizeof(data),
                                  b->file_last - b->file_pos),
                          b->file_pos);

        if (n <= 0) {
            import->spool.failed = "pread() of the request body";
            import->spool.err = ngx_errno;
            return ngx_http_audience_upload_disk(import);
        }

        b->file_pos += n;

        if (ngx_http_audience_upload_feed(import, (char *) data, n) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* In a thread. */

static void
ngx_http_audience_import_sync(void *data, ngx_log_t *log)
{
    ngx_http_audience_import_t *import = data;

    import->synced = ngx_http_audience_spool_sync(&import->spool);
}


static void
ngx_http_audience_import_synced(ngx_http_request_t *r)
{
    ngx_http_audience_ctx_t  *ctx;

    if (r->aio) {
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    r->write_event_handler = ngx_http_request_empty_handler;

    if (ctx->import->synced != NGX_OK) {
        ngx_http_audience_upload_disk(ctx->import);
        ngx_http_audience_import_refuse(r, ctx->import);
        return;
    }

    ngx_http_audience_import_hand_over(r);
}


static void
ngx_http_audience_import_hand_over(ngx_http_request_t *r)
{
    aud_request_t                  request;
    ngx_http_audience_ctx_t       *ctx;
    ngx_http_audience_loc_conf_t  *alcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ngx_http_audience_pass_fill(r, &request) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    request.method = AUD_METHOD_IMPORT;
    request.path = AUD_STR("/v1/imports");
    request.content_type = AUD_STR("application/json");
    request.body = aud_buffer_str(&ctx->import->record);

    ngx_http_audience_pass_request(r, &alcf->import_upstream, &request);
}


/*
 * Answers before the body has come to its end; nginx then lingers, so that the
 * client gets to read the answer.
 */

static void
ngx_http_audience_import_refuse(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    r->read_event_handler = ngx_http_block_reading;

    ngx_http_audience_spool_close(&import->spool);
    ngx_http_finalize_request(r,
                          ngx_http_audience_send_problem(r, &import->problem));
}


void
ngx_http_audience_import_settle(ngx_http_audience_import_t *import)
{
    import->spool.kept = import->ctx->sent;
    ngx_http_audience_spool_close(&import->spool);
}


static void
ngx_http_audience_import_cleanup(void *data)
{
    ngx_http_audience_import_t *import = data;

    ngx_http_audience_import_settle(import);

    aud_multipart_free(import->multipart);
    aud_import_check_free(import->check);
    EVP_MD_CTX_free(import->digest);
    aud_buffer_free(&import->filename);
    aud_buffer_free(&import->pending);
    aud_buffer_free(&import->record);
}
