/*
 * What becomes of the bytes of an upload: digested as they were sent, judged,
 * spooled as they are to be read, in the end synced.  In a thread, or in the
 * event loop where they are few; never in both at once.
 */

#include "ngx_http_audience_import.h"


static ngx_int_t ngx_http_audience_upload_bytes(
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_upload_last(
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_upload_write(
    ngx_http_audience_import_t *import, aud_buffer_t *b);
static void ngx_http_audience_upload_record(
    ngx_http_audience_import_t *import);
static void ngx_http_audience_upload_table(
    ngx_http_audience_import_t *import, aud_buffer_t *b);


void
ngx_http_audience_upload_judge(ngx_http_audience_import_t *import)
{
    import->worked = ngx_http_audience_upload_bytes(import);
}


void
ngx_http_audience_upload_work(void *data, ngx_log_t *log)
{
    ngx_http_audience_import_t *import = data;

    ngx_http_audience_upload_judge(import);

    if (import->worked != NGX_OK) {
        return;
    }

    if (import->last && import->form == AUD_MULTIPART_OK) {
        import->worked = ngx_http_audience_upload_last(import);
        return;
    }

    ngx_http_audience_spool_flush(&import->spool);
}


static ngx_int_t
ngx_http_audience_upload_bytes(ngx_http_audience_import_t *import)
{
    aud_buffer_t  *b;

    b = &import->working;

    if (b->len == 0) {
        return NGX_OK;
    }

    if (EVP_DigestUpdate(import->digest, b->data, b->len) != 1) {
        return ngx_http_audience_upload_no_memory(import);
    }

    import->bytes += b->len;

    if (import->lines) {
        return import->bytes > import->max_size
               ? ngx_http_audience_upload_too_large(import)
               : ngx_http_audience_upload_write(import, b);
    }

    if (aud_import_check_feed(import->check, b->data, b->len,
                              &import->pending, &import->problem)
        != 0)
    {
        return NGX_ERROR;
    }

    return ngx_http_audience_upload_write(import, &import->pending);
}


static ngx_int_t
ngx_http_audience_upload_write(ngx_http_audience_import_t *import,
    aud_buffer_t *b)
{
    if (b->failed) {
        return ngx_http_audience_upload_no_memory(import);
    }

    if (ngx_http_audience_spool_write(&import->spool, b->data, b->len)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    b->len = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_audience_upload_last(ngx_http_audience_import_t *import)
{
    ngx_int_t  rc;

    if (import->check
        && aud_import_check_finish(import->check, &import->pending,
                                   &import->problem)
           != 0)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_audience_upload_write(import, &import->pending);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_http_audience_upload_record(import);

    if (import->record.failed) {
        return ngx_http_audience_upload_no_memory(import);
    }

    return ngx_http_audience_spool_sync(&import->spool) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


/* What the worker is told of the file; docs/protocol.md. */

static void
ngx_http_audience_upload_record(ngx_http_audience_import_t *import)
{
    u_char         digest[EVP_MAX_MD_SIZE], hex[2 * EVP_MAX_MD_SIZE];
    unsigned       len;
    aud_buffer_t  *b;

    b = &import->record;

    if (EVP_DigestFinal_ex(import->digest, digest, &len) != 1) {
        b->failed = 1;
        return;
    }

    ngx_hex_dump(hex, digest, len);
    aud_buffer_printf(b, "{\"id\":\"%s\",\"bytes\":%llu,\"digest\":\"",
                      import->spool.id, (unsigned long long) import->bytes);
    aud_buffer_add(b, hex, 2 * len);
    aud_buffer_char(b, '"');

    if (import->check) {
        ngx_http_audience_upload_table(import, b);
    }

    aud_buffer_char(b, '}');
}


/* What is known of a CSV file besides. */

static void
ngx_http_audience_upload_table(ngx_http_audience_import_t *import,
    aud_buffer_t *b)
{
    char      separator;
    uint32_t  i;

    separator = aud_import_check_separator(import->check);
    aud_buffer_text(b, ",\"filename\":");
    aud_buffer_json(b, aud_buffer_str(&import->filename));

    if (import->kind != AUD_IMPORT_CONTACTS) {
        aud_buffer_printf(b, ",\"kind\":\"%s\"",
                          aud_import_kind_name(import->kind));
    }

    aud_buffer_text(b, ",\"separator\":");
    aud_buffer_json(b, aud_str(&separator, 1));
    aud_buffer_text(b, ",\"columns\":[");

    for (i = 0; i < aud_import_check_columns(import->check); i++) {
        if (i) {
            aud_buffer_char(b, ',');
        }

        aud_buffer_json(b, aud_import_check_column(import->check, i));
    }

    aud_buffer_printf(b, "],\"rows\":%llu,\"encoding\":\"%s\"",
                      (unsigned long long)
                          aud_import_check_rows(import->check),
                      import->encoding == AUD_ENCODING_WINDOWS_1252
                          ? "windows-1252" : "utf-8");
}
