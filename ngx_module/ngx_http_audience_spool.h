/*
 * The file that an upload becomes:
 *
 *   <root>/spool/<tenant>/<import id>.csv.part    while it arrives
 *   <root>/spool/<tenant>/<import id>.csv         whole
 *
 * The name alone says nothing of a file after a crash: what is on disk for
 * certain is what the worker was told of, and it removes the others.
 *
 * Opened and removed in the event loop, as nginx does with its own temporary
 * files; written there or in a thread; synced in a thread.  Whoever opened it either hands the
 * file to the worker (kept) or lets close remove it.
 */

#ifndef NGX_HTTP_AUDIENCE_SPOOL_H
#define NGX_HTTP_AUDIENCE_SPOOL_H

#include "ngx_http_audience_module.h"

#include "aud_id.h"


typedef struct {
    char         id[AUD_ID_LEN + 1];
    ngx_fd_t     fd;                /* NGX_INVALID_FILE: not open */
    char        *parent;            /* <root>/spool */
    char        *folder;
    char        *part;
    char        *path;
    const char  *failed;            /* the system call that failed, and why */
    ngx_err_t    err;
    off_t        written;
    off_t        flushed;           /* of these, on their way to the disk */
    unsigned     new_folder:1;
    unsigned     whole:1;           /* it has its final name */
    unsigned     kept:1;
} ngx_http_audience_spool_t;


/* Each returns NGX_OK, or NGX_ERROR with failed and err. */
ngx_int_t ngx_http_audience_spool_open(ngx_http_audience_spool_t *spool,
    ngx_pool_t *pool, ngx_str_t *root, ngx_str_t *tenant);
ngx_int_t ngx_http_audience_spool_write(ngx_http_audience_spool_t *spool,
    const char *data, size_t len);

/* Has what was written go to the disk, without waiting for it; that may take a
 * while all the same where the disk is busy. */
void ngx_http_audience_spool_flush(ngx_http_audience_spool_t *spool);

/* Any thread: named, file synced, folders synced. */
ngx_int_t ngx_http_audience_spool_sync(ngx_http_audience_spool_t *spool);

void ngx_http_audience_spool_close(ngx_http_audience_spool_t *spool);

static ngx_inline ngx_uint_t
ngx_http_audience_spool_full(ngx_http_audience_spool_t *spool)
{
    return spool->err == NGX_ENOSPC || spool->err == EDQUOT;
}


#endif /* NGX_HTTP_AUDIENCE_SPOOL_H */
