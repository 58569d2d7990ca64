/*
 * An upload, from its request to the worker: what it may have, what can be
 * refused at once, how it ends.  Whatever ends it before the worker was told, the
 * file goes with it (ngx_http_audience_import_cleanup).
 */

#include "ngx_http_audience_import.h"


#define NGX_HTTP_AUDIENCE_IMPORT_FORM  (1024 * 1024)    /* around the file */


static ngx_int_t ngx_http_audience_import_start(ngx_http_request_t *r,
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

    rc = ngx_http_read_client_request_body(r, ngx_http_audience_import_read);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


ngx_int_t
ngx_http_audience_import_limits(ngx_http_request_t *r)
{
    aud_buffer_t                   body;
    aud_problem_t                  problem;
    ngx_http_audience_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ngx_http_audience_identify(r, 0, &problem) != NGX_OK) {
        return ngx_http_audience_send_problem(r, &problem);
    }

    if (ngx_http_audience_add_header(r, "Allow", "GET, HEAD, POST, OPTIONS")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&body, sizeof(aud_buffer_t));
    aud_buffer_printf(&body, "{\"max_bytes\":%lld",
                      (long long) alcf->max_size);

    if (!alcf->lines) {
        aud_buffer_printf(&body, ",\"max_rows\":%llu",
                          (unsigned long long) alcf->max_rows);
    }

    aud_buffer_char(&body, '}');

    return ngx_http_audience_send(r, NGX_HTTP_OK, "application/json", &body);
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

    import->lines = alcf->lines;
    import->max_size = alcf->max_size;

    if (ngx_http_audience_upload_type(r, import) != NGX_OK
        || (!import->lines
            && ngx_http_audience_upload_rules(r, import) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (import->multipart == NULL && !import->lines) {

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
        return ngx_http_audience_upload_too_large(import);
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


void
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
    request.path = ctx->import->lines ? ngx_http_audience_str(r->uri)
                                      : AUD_STR("/v1/imports");
    request.content_type = AUD_STR("application/json");
    request.body = aud_buffer_str(&ctx->import->record);

    ngx_http_audience_pass_request(r, &alcf->import_upstream, &request);
}


void
ngx_http_audience_import_end(ngx_http_request_t *r,
    ngx_http_audience_import_t *import, ngx_int_t rc)
{
    r->read_event_handler = ngx_http_block_reading;

    if (import->at_work) {
        import->end = rc;
        return;
    }

    ngx_http_audience_spool_close(&import->spool);

    if (rc == NGX_ERROR) {
        rc = ngx_http_audience_send_problem(r, &import->problem);

    } else if (rc == NGX_BUSY) {
        rc = ngx_http_audience_busy(r);
    }

    ngx_http_finalize_request(r, rc);
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
    aud_buffer_free(&import->taken);
    aud_buffer_free(&import->working);
    aud_buffer_free(&import->pending);
    aud_buffer_free(&import->record);
}
