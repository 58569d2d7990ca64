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

#include "ngx_http_audience_spool.h"

#include <openssl/evp.h>

#include "aud_encoding.h"
#include "aud_import_check.h"
#include "aud_multipart.h"


#define NGX_HTTP_AUDIENCE_IMPORT_COLUMNS  1000
#define NGX_HTTP_AUDIENCE_IMPORT_ROW      (1024 * 1024)
#define NGX_HTTP_AUDIENCE_IMPORT_FORM     (1024 * 1024)    /* around the file */
#define NGX_HTTP_AUDIENCE_IMPORT_WRITE    (64 * 1024)
#define NGX_HTTP_AUDIENCE_IMPORT_TURN     (256 * 1024)


struct ngx_http_audience_import_s {
    ngx_http_request_t         *request;
    ngx_http_audience_ctx_t    *ctx;

    aud_multipart_t            *multipart;      /* NULL: the body is the file */
    aud_import_check_t         *check;
    aud_encoding_t              encoding;
    EVP_MD_CTX                 *digest;         /* of the file as sent */
    uint64_t                    bytes;

    aud_buffer_t                filename;
    aud_buffer_t                pending;        /* checked, not yet spooled */
    aud_buffer_t                record;         /* JSON for the worker */
    ngx_http_audience_spool_t   spool;
    ngx_int_t                   synced;

    size_t                      turn;           /* bytes in this loop turn */
    aud_problem_t               problem;
};


static ngx_int_t ngx_http_audience_import_start(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_type(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_encoding(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_body(ngx_http_request_t *r);
static void ngx_http_audience_import_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_audience_import_bufs(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_file_buf(
    ngx_http_audience_import_t *import, ngx_buf_t *b);
static ngx_int_t ngx_http_audience_import_feed(
    ngx_http_audience_import_t *import, const char *data, size_t len);
static int ngx_http_audience_import_content(void *arg, const char *data,
    size_t len);
static ngx_int_t ngx_http_audience_import_flush(
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_name(
    ngx_http_audience_import_t *import, aud_str_t name);
static ngx_int_t ngx_http_audience_import_form(
    ngx_http_audience_import_t *import, aud_multipart_status_t status);
static ngx_int_t ngx_http_audience_import_disk(
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_end(
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_sync(void *data, ngx_log_t *log);
static void ngx_http_audience_import_synced(ngx_http_request_t *r);
static void ngx_http_audience_import_hand_over(ngx_http_request_t *r);
static void ngx_http_audience_import_record(
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_refuse(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_no_memory(
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

    if (ngx_http_audience_import_type(r, import) != NGX_OK
        || ngx_http_audience_import_encoding(r, import) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (import->multipart == NULL) {

        if (ngx_http_audience_arg(r, "filename", &name) != NGX_OK) {
            return ngx_http_audience_import_no_memory(import);
        }

        if (ngx_http_audience_import_name(import, ngx_http_audience_str(name))
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
        return ngx_http_audience_import_no_memory(import);
    }

    if (ngx_http_audience_spool_open(&import->spool, r->pool, &alcf->root,
                                     &import->ctx->tenant)
        != NGX_OK)
    {
        return ngx_http_audience_import_disk(import);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_import_type(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    size_t                   len;
    ngx_str_t                type;
    ngx_uint_t               i;
    aud_multipart_status_t   status;

    static ngx_str_t  csv[] = {
        ngx_string("text/csv"),
        ngx_string("application/csv"),
        ngx_string("application/octet-stream"),
        ngx_null_string
    };

    type = ngx_http_audience_header(r, "Content-Type");
    len = sizeof("multipart/form-data") - 1;

    if (type.len >= len
        && ngx_strncasecmp(type.data, (u_char *) "multipart/form-data", len)
           == 0)
    {
        import->multipart = aud_multipart_create(ngx_http_audience_str(type),
                                              ngx_http_audience_import_content,
                                              import, &status);

        return import->multipart ? NGX_OK
               : ngx_http_audience_import_form(import, status);
    }

    for (len = 0; len < type.len; len++) {
        if (type.data[len] == ';' || type.data[len] == ' ') {
            break;
        }
    }

    for (i = 0; csv[i].len; i++) {
        if (len == csv[i].len
            && ngx_strncasecmp(type.data, csv[i].data, len) == 0)
        {
            return NGX_OK;
        }
    }

    aud_problem_set(&import->problem, 415, "not-a-csv-upload",
                    "The upload is not a CSV file",
                    "Send the file as text/csv, or in a form "
                    "(multipart/form-data) as the part named \"file\".");
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_audience_import_encoding(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    ngx_str_t                      name;
    aud_import_limits_t            limits;
    ngx_http_audience_loc_conf_t  *alcf;

    if (ngx_http_audience_arg(r, "encoding", &name) != NGX_OK) {
        return ngx_http_audience_import_no_memory(import);
    }

    if (name.len) {
        import->encoding = aud_encoding_by_name(ngx_http_audience_str(name));
    }

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    limits.max_bytes = alcf->max_size;
    limits.max_rows = alcf->max_rows;
    limits.max_columns = NGX_HTTP_AUDIENCE_IMPORT_COLUMNS;
    limits.max_row_bytes = NGX_HTTP_AUDIENCE_IMPORT_ROW;

    import->check = aud_import_check_create(&limits,
                                            ngx_http_audience_str(name),
                                            &import->problem);

    return import->check ? NGX_OK : NGX_ERROR;
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

    if (ngx_http_audience_import_end(import) != NGX_OK) {
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
            rc = ngx_http_audience_import_feed(import, (char *) b->pos, len);
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
            return ngx_http_audience_import_disk(import);
        }

        b->file_pos += n;

        if (ngx_http_audience_import_feed(import, (char *) data, n) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_import_feed(ngx_http_audience_import_t *import,
    const char *data, size_t len)
{
    aud_multipart_status_t  status;

    if (len == 0) {
        return NGX_OK;
    }

    if (import->multipart == NULL) {
        return ngx_http_audience_import_content(import, data, len)
               ? NGX_ERROR : NGX_OK;
    }

    status = aud_multipart_feed(import->multipart, data, len);

    if (status == AUD_MULTIPART_OK) {
        return NGX_OK;
    }

    return ngx_http_audience_import_form(import, status);
}


static int
ngx_http_audience_import_content(void *arg, const char *data, size_t len)
{
    ngx_http_audience_import_t *import = arg;

    if (import->filename.len == 0
        && ngx_http_audience_import_name(import,
                                    aud_multipart_filename(import->multipart))
           != NGX_OK)
    {
        return 1;
    }

    if (EVP_DigestUpdate(import->digest, data, len) != 1) {
        ngx_http_audience_import_no_memory(import);
        return 1;
    }

    import->bytes += len;

    if (aud_import_check_feed(import->check, data, len, &import->pending,
                              &import->problem)
        != 0)
    {
        return 1;
    }

    if (import->pending.len < NGX_HTTP_AUDIENCE_IMPORT_WRITE) {
        return 0;
    }

    return ngx_http_audience_import_flush(import) != NGX_OK;
}


static ngx_int_t
ngx_http_audience_import_flush(ngx_http_audience_import_t *import)
{
    if (import->pending.failed) {
        return ngx_http_audience_import_no_memory(import);
    }

    if (ngx_http_audience_spool_write(&import->spool, import->pending.data,
                                      import->pending.len)
        != NGX_OK)
    {
        return ngx_http_audience_import_disk(import);
    }

    import->pending.len = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_import_name(ngx_http_audience_import_t *import,
    aud_str_t name)
{
    return aud_import_filename(name, &import->filename, &import->problem) == 0
           ? NGX_OK : NGX_ERROR;
}


/* The problem of a form that cannot be read; always NGX_ERROR. */

static ngx_int_t
ngx_http_audience_import_form(ngx_http_audience_import_t *import,
    aud_multipart_status_t status)
{
    aud_problem_t  *p = &import->problem;

    switch (status) {

    case AUD_MULTIPART_STOPPED:
        break;              /* the problem is what the callback said */

    case AUD_MULTIPART_NO_FILE:
        aud_problem_set(p, 422, "no-file", "There is no file in the form",
                        "Choose a file: the form needs a part named \"file\".");
        break;

    case AUD_MULTIPART_TWO_FILES:
        aud_problem_set(p, 422, "several-files",
                        "There is more than one file in the form",
                        "Send one file at a time.");
        break;

    case AUD_MULTIPART_TOO_MANY_PARTS:
        aud_problem_set(p, 422, "too-many-parts",
                        "The form has too many parts",
                        "A form may have %d parts at most.",
                        AUD_MULTIPART_PARTS_MAX);
        p->limit = AUD_MULTIPART_PARTS_MAX;
        break;

    case AUD_MULTIPART_CUT_OFF:
        aud_problem_set(p, 400, "cut-off", "The upload was cut off",
                        "The form ends in the middle. Please send it again.");
        break;

    case AUD_MULTIPART_NO_MEMORY:
        ngx_http_audience_import_no_memory(import);
        break;

    default:                /* AUD_MULTIPART_BAD_BOUNDARY, _BAD_HEADERS */
        aud_problem_set(p, 400, "malformed-form", "The form is malformed",
                        "The server could not read the form (RFC 7578): its "
                        "boundary or the headers of a part are not valid.");
        break;
    }

    return NGX_ERROR;
}


/* The problem of a file system that will not have the file; NGX_ERROR. */

static ngx_int_t
ngx_http_audience_import_disk(ngx_http_audience_import_t *import)
{
    ngx_http_audience_spool_t *spool = &import->spool;

    ngx_log_error(NGX_LOG_CRIT, import->request->connection->log, spool->err,
                  "spooling an upload to \"%s\": %s failed",
                  spool->part ? spool->part : "", spool->failed);

    if (ngx_http_audience_spool_full(spool)) {
        aud_problem_set(&import->problem, 507, "disk-full",
                        "The server has no space left",
                        "Nothing was imported. Please tell the operator, and "
                        "try again later.");

    } else {
        aud_problem_set(&import->problem, 500, "internal-error",
                        "Something went wrong",
                        "The server could not store the file. Its log says "
                        "why.");
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_audience_import_no_memory(ngx_http_audience_import_t *import)
{
    aud_problem_set(&import->problem, 500, "internal-error",
                    "Something went wrong", "The server is out of memory.");

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_audience_import_end(ngx_http_audience_import_t *import)
{
    aud_multipart_status_t  status;

    if (import->multipart) {
        status = aud_multipart_finish(import->multipart);

        if (status != AUD_MULTIPART_OK) {
            return ngx_http_audience_import_form(import, status);
        }

        /* an empty file has a name all the same */

        if (import->filename.len == 0
            && ngx_http_audience_import_name(import,
                                    aud_multipart_filename(import->multipart))
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (aud_import_check_finish(import->check, &import->pending,
                                &import->problem)
        != 0)
    {
        return NGX_ERROR;
    }

    if (ngx_http_audience_import_flush(import) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_audience_import_record(import);

    return import->record.failed ? ngx_http_audience_import_no_memory(import)
                                 : NGX_OK;
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
        ngx_http_audience_import_disk(ctx->import);
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


/* What the worker is told of the file; docs/protocol.md. */

static void
ngx_http_audience_import_record(ngx_http_audience_import_t *import)
{
    char           separator;
    u_char         digest[EVP_MAX_MD_SIZE], hex[2 * EVP_MAX_MD_SIZE];
    uint32_t       i;
    unsigned       len;
    aud_buffer_t  *b;

    b = &import->record;

    if (EVP_DigestFinal_ex(import->digest, digest, &len) != 1) {
        b->failed = 1;
        return;
    }

    ngx_hex_dump(hex, digest, len);
    separator = aud_import_check_separator(import->check);

    aud_buffer_printf(b, "{\"id\":\"%s\",\"filename\":", import->spool.id);
    aud_buffer_json(b, aud_buffer_str(&import->filename));
    aud_buffer_text(b, ",\"separator\":");
    aud_buffer_json(b, aud_str(&separator, 1));
    aud_buffer_text(b, ",\"columns\":[");

    for (i = 0; i < aud_import_check_columns(import->check); i++) {
        if (i) {
            aud_buffer_char(b, ',');
        }

        aud_buffer_json(b, aud_import_check_column(import->check, i));
    }

    aud_buffer_printf(b, "],\"rows\":%llu,\"bytes\":%llu,\"encoding\":\"%s\","
                         "\"digest\":\"",
                      (unsigned long long)
                          aud_import_check_rows(import->check),
                      (unsigned long long) import->bytes,
                      import->encoding == AUD_ENCODING_WINDOWS_1252
                          ? "windows-1252" : "utf-8");
    aud_buffer_add(b, hex, 2 * len);
    aud_buffer_text(b, "\"}");
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
