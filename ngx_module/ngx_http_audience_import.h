/*
 * An upload under way.  import drives the request; upload takes the bytes:
 * form, rules, digest, spool.
 */

#ifndef NGX_HTTP_AUDIENCE_IMPORT_H
#define NGX_HTTP_AUDIENCE_IMPORT_H

#include "ngx_http_audience_spool.h"

#include <openssl/evp.h>

#include "aud_encoding.h"
#include "aud_import_check.h"
#include "aud_multipart.h"


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


/* Each returns NGX_OK, or NGX_ERROR with import->problem. */

/* Form or raw, by Content-Type; the rules, by ?encoding=. */
ngx_int_t ngx_http_audience_upload_type(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
ngx_int_t ngx_http_audience_upload_encoding(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);

/* The name as the client gave it. */
ngx_int_t ngx_http_audience_upload_name(
    ngx_http_audience_import_t *import, aud_str_t name);

/* Bytes of the body, in pieces of any size; then its end. */
ngx_int_t ngx_http_audience_upload_feed(
    ngx_http_audience_import_t *import, const char *data, size_t len);
ngx_int_t ngx_http_audience_upload_end(
    ngx_http_audience_import_t *import);

/* Only set the problem: of a file system that will not have the file (and log
 * it), of memory that is out.  Always NGX_ERROR. */
ngx_int_t ngx_http_audience_upload_disk(
    ngx_http_audience_import_t *import);
ngx_int_t ngx_http_audience_upload_no_memory(
    ngx_http_audience_import_t *import);


#endif /* NGX_HTTP_AUDIENCE_IMPORT_H */
