/*
 * An upload under way.  import drives the request; import_body reads, and gives
 * to the thread; upload takes the file out of the body; upload_work judges,
 * digests and spools it.
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
    aud_multipart_status_t      form;
    aud_buffer_t                filename;
    aud_buffer_t                taken;          /* of the file as sent */

    unsigned                    at_work:1;      /* the thread has the rest */
    unsigned                    paused:1;       /* until it has less */
    unsigned                    whole:1;        /* nothing more will be taken */
    ngx_int_t                   end;            /* after it; 0: go on */

    /* the thread's while at_work; no bits, which share a word with the above */

    ngx_uint_t                  lines;          /* NDJSON: the worker judges */
    aud_buffer_t                working;        /* taken before */
    ngx_uint_t                  last;           /* nothing comes after it */
    uint64_t                    max_size;
    aud_import_check_t         *check;          /* NULL: lines */
    aud_import_kind_t           kind;
    aud_encoding_t              encoding;
    EVP_MD_CTX                 *digest;         /* of the file as sent */
    uint64_t                    bytes;
    aud_buffer_t                pending;        /* checked, not yet spooled */
    aud_buffer_t                record;         /* JSON for the worker */
    ngx_http_audience_spool_t   spool;
    ngx_int_t                   worked;
    aud_problem_t               problem;
};


/* Reads what has come of the body; all later events come here too. */
void ngx_http_audience_import_read(ngx_http_request_t *r);

/* When the file is on disk: the rest is the worker's. */
void ngx_http_audience_import_hand_over(ngx_http_request_t *r);

/*
 * Ends the request with a problem (NGX_ERROR), 503 (NGX_BUSY) or a status, as
 * soon as no thread works for it.  That may be before the body has come to its
 * end; nginx then lingers, so that the client gets to read the answer.
 */
void ngx_http_audience_import_end(ngx_http_request_t *r,
    ngx_http_audience_import_t *import, ngx_int_t rc);


/* In the event loop.  Each returns NGX_OK, or NGX_ERROR with import->problem. */

/* Form, raw or lines, by Content-Type; the rules, by ?kind= and ?encoding=. */
ngx_int_t ngx_http_audience_upload_type(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
ngx_int_t ngx_http_audience_upload_rules(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);

/* The name as the client gave it. */
ngx_int_t ngx_http_audience_upload_name(
    ngx_http_audience_import_t *import, aud_str_t name);

/* Takes bytes of the body, in pieces of any size; then its end.  NGX_DONE: the
 * form cannot be read further, which is for upload_form() to say when the file
 * before it has been judged. */
ngx_int_t ngx_http_audience_upload_feed(
    ngx_http_audience_import_t *import, const char *data, size_t len);
ngx_int_t ngx_http_audience_upload_feed_end(
    ngx_http_audience_import_t *import);
ngx_int_t ngx_http_audience_upload_form(ngx_http_audience_import_t *import);

/* Only set the problem: of a file system that will not have the file (and log
 * it), of a file that is too large and of memory that is out (any thread).
 * Always NGX_ERROR. */
ngx_int_t ngx_http_audience_upload_disk(
    ngx_http_audience_import_t *import);
ngx_int_t ngx_http_audience_upload_too_large(
    ngx_http_audience_import_t *import);
ngx_int_t ngx_http_audience_upload_no_memory(
    ngx_http_audience_import_t *import);


/*
 * In any thread: digests, judges and spools what is `working`.  Then worked is
 * NGX_OK, NGX_ERROR with import->problem, or NGX_DECLINED with what spool says.
 */
void ngx_http_audience_upload_judge(ngx_http_audience_import_t *import);

/* The same in a thread that may wait for the disk; after the last of a file
 * that is well, it is synced and `record` written. */
void ngx_http_audience_upload_work(void *import, ngx_log_t *log);


#endif /* NGX_HTTP_AUDIENCE_IMPORT_H */
