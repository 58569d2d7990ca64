/*
 * The body of an upload.
 *
 *   event loop   read ──> taken                              ┌─> worker
 *                           │ full, or no more for now       │
 *   thread                  └──> check ──> spool ──> sync at the end
 *                                  │
 *                                  └──> problem, as soon as a rule is broken
 *
 * The body is never held: while a thread has one piece, the next one comes in,
 * and when that is full too, the client waits.  A request ends only while no
 * thread works for it.
 */

#include "ngx_http_audience_import.h"


#define NGX_HTTP_AUDIENCE_IMPORT_TURN    (256 * 1024)
#define NGX_HTTP_AUDIENCE_IMPORT_CHUNK   (256 * 1024)   /* for the thread */
#define NGX_HTTP_AUDIENCE_IMPORT_INLINE  (16 * 1024)    /* not worth one */


static ngx_int_t ngx_http_audience_import_receive(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_bufs(ngx_http_request_t *r,
    ngx_http_audience_import_t *import, size_t *turn);
static ngx_int_t ngx_http_audience_import_file_buf(
    ngx_http_audience_import_t *import, ngx_buf_t *b);
static ngx_int_t ngx_http_audience_import_room(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_pause(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_put_to_work(ngx_http_request_t *r,
    ngx_http_audience_import_t *import);
static ngx_int_t ngx_http_audience_import_outcome(
    ngx_http_audience_import_t *import);
static void ngx_http_audience_import_worked(ngx_http_request_t *r);


void
ngx_http_audience_import_read(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_audience_ctx_t     *ctx;
    ngx_http_audience_import_t  *import;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    import = ctx->import;

    r->read_event_handler = ngx_http_audience_import_read;

    rc = ngx_http_audience_import_receive(r, import);

    if (rc == NGX_DONE) {
        r->read_event_handler = ngx_http_block_reading;
        import->whole = 1;
        rc = NGX_OK;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_audience_import_put_to_work(r, import);
    }

    if (rc != NGX_OK) {
        ngx_http_audience_import_end(r, import, rc);
    }
}


/* NGX_DONE: all that is of use has come.  NGX_OK: more of it will, or waits for
 * the thread. */

static ngx_int_t
ngx_http_audience_import_receive(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    size_t     turn;
    ngx_int_t  rc;

    turn = 0;

    for ( ;; ) {

        rc = ngx_http_audience_import_bufs(r, import, &turn);

        if (rc == NGX_AGAIN) {
            ngx_http_audience_import_pause(r, import);
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return rc;
        }

        if (!r->reading_body) {
            rc = ngx_http_audience_upload_feed_end(import);
            return rc == NGX_OK ? NGX_DONE : rc;
        }

        if (turn >= NGX_HTTP_AUDIENCE_IMPORT_TURN) {

            /* a fast client must not keep the loop from everybody else */

            ngx_post_event(r->connection->read, &ngx_posted_next_events);
            return NGX_OK;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return NGX_OK;
        }
    }
}


/* Takes what nginx has read so far and gives its buffers back.  NGX_AGAIN: the
 * thread is behind. */

static ngx_int_t
ngx_http_audience_import_bufs(ngx_http_request_t *r,
    ngx_http_audience_import_t *import, size_t *turn)
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

        rc = ngx_http_audience_import_room(r, import);

        if (rc != NGX_OK) {
            return rc;
        }

        if (b->in_file) {
            rc = ngx_http_audience_import_file_buf(import, b);

        } else {
            len = b->last - b->pos;
            *turn += len;
            rc = ngx_http_audience_upload_feed(import, (char *) b->pos, len);
            b->pos = b->last;
        }

        if (rc != NGX_OK) {
            return rc;
        }

        if (b->in_file && b->file_pos < b->file_last) {
            continue;
        }

        r->request_body->bufs = cl->next;
        ngx_free_chain(r->pool, cl);
    }

    return NGX_OK;
}


/* Where nginx was told to read bodies early (client_body_early_read): the next
 * piece of the file. */

static ngx_int_t
ngx_http_audience_import_file_buf(ngx_http_audience_import_t *import,
    ngx_buf_t *b)
{
    u_char    data[16384];
    ssize_t   n;

    n = ngx_read_file(b->file, data,
                      ngx_min((off_t) sizeof(data),
                              b->file_last - b->file_pos),
                      b->file_pos);

    if (n <= 0) {
        ngx_log_error(NGX_LOG_CRIT, import->request->connection->log,
                      ngx_errno, "reading an upload's body failed");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->file_pos += n;

    return ngx_http_audience_upload_feed(import, (char *) data, n);
}


/* Sees to it that there is room for one more buffer. */

static ngx_int_t
ngx_http_audience_import_room(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    if (import->taken.len < NGX_HTTP_AUDIENCE_IMPORT_CHUNK) {
        return NGX_OK;
    }

    return import->at_work ? NGX_AGAIN
                           : ngx_http_audience_import_put_to_work(r, import);
}


/* The body stays where it is, at last in the client, until the thread asks for
 * more; meanwhile it is not the client who is slow. */

static void
ngx_http_audience_import_pause(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    import->paused = 1;
    r->read_event_handler = ngx_http_block_reading;

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }
}


/* Gives what was taken to the thread, unless it has some already; a little is
 * not worth the way.  NGX_OK, or what to end the request with. */

static ngx_int_t
ngx_http_audience_import_put_to_work(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    aud_buffer_t               done;
    ngx_http_event_handler_pt  reading;

    if (import->at_work || (import->taken.len == 0 && !import->whole)) {
        return NGX_OK;
    }

    if (import->taken.failed) {
        return ngx_http_audience_upload_no_memory(import);
    }

    done = import->working;
    done.len = 0;
    import->working = import->taken;
    import->taken = done;
    import->last = import->whole;

    if (!import->last
        && import->working.len < NGX_HTTP_AUDIENCE_IMPORT_INLINE)
    {
        ngx_http_audience_upload_judge(import);

        return ngx_http_audience_import_outcome(import);
    }

    reading = r->read_event_handler;

    if (ngx_http_audience_work(r, ngx_http_audience_upload_work, import,
                               ngx_http_audience_import_worked)
        != NGX_OK)
    {
        return NGX_BUSY;
    }

    import->at_work = 1;
    r->read_event_handler = reading;

    return NGX_OK;
}


/* NGX_OK, or NGX_ERROR with the problem of what was worked on. */

static ngx_int_t
ngx_http_audience_import_outcome(ngx_http_audience_import_t *import)
{
    if (import->worked == NGX_DECLINED) {
        return ngx_http_audience_upload_disk(import);
    }

    if (import->worked == NGX_OK && import->last) {
        return ngx_http_audience_upload_form(import);
    }

    return import->worked;
}


/* The thread has done what it had. */

static void
ngx_http_audience_import_worked(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_audience_ctx_t     *ctx;
    ngx_http_audience_import_t  *import;

    if (r->aio) {
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    import = ctx->import;

    r->write_event_handler = ngx_http_request_empty_handler;
    import->at_work = 0;

    rc = ngx_http_audience_import_outcome(import);

    if (rc == NGX_OK) {
        rc = import->end;
    }

    if (rc == NGX_OK && import->last) {
        ngx_http_audience_import_hand_over(r);
        return;
    }

    if (rc == NGX_OK && import->paused) {
        import->paused = 0;
        ngx_http_audience_import_read(r);
        return;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_audience_import_put_to_work(r, import);
    }

    if (rc != NGX_OK) {
        ngx_http_audience_import_end(r, import, rc);
    }
}
