/*
 * Opening a generation in a thread, and what is served meanwhile.
 *
 *   MANIFEST is       what happens
 *   the one opened    its generation is used
 *   another one       a thread opens it; the generation before is used if both
 *                     answer alike (a merge was made), else requests wait
 *   not there         an empty generation is used
 *
 * What does not open (a damaged file) leaves the previous generation in place;
 * it is logged once and tried again every few seconds.
 */

#include "ngx_http_audience_base.h"

#include "aud_manifest.h"


#define NGX_HTTP_AUDIENCE_BASE_RETRY  5         /* s */
#define NGX_HTTP_AUDIENCE_BASE_SAY    60        /* s */


static void ngx_http_audience_base_stamp(ngx_http_audience_base_t *base,
    ngx_fd_t fd, ngx_http_audience_stamp_t *stamp);
static ngx_uint_t ngx_http_audience_same_stamp(ngx_http_audience_stamp_t *a,
    ngx_http_audience_stamp_t *b);
static ngx_uint_t ngx_http_audience_base_homeless(
    ngx_http_audience_base_t *base);
static ngx_uint_t ngx_http_audience_base_alike(ngx_http_audience_base_t *base,
    ngx_http_audience_stamp_t *stamp);
static ngx_int_t ngx_http_audience_base_open(ngx_http_audience_base_t *base,
    ngx_http_audience_stamp_t *stamp);
static void ngx_http_audience_base_thread(void *data, ngx_log_t *log);
static void ngx_http_audience_base_read(ngx_http_audience_base_t *base);
static void ngx_http_audience_base_opened(ngx_event_t *ev);
static void ngx_http_audience_base_swap(ngx_http_audience_base_t *base);
static void ngx_http_audience_retire_thread(void *data, ngx_log_t *log);
static void ngx_http_audience_retired(ngx_event_t *ev);


ngx_int_t
ngx_http_audience_base_refresh(ngx_http_audience_base_t *base,
    ngx_uint_t named)
{
    ngx_int_t                  rc;
    ngx_http_audience_stamp_t  stamp;

    if (!named && base->fd != NGX_INVALID_FILE) {
        ngx_http_audience_base_stamp(base, base->fd, &stamp);

        if (ngx_http_audience_same_stamp(&stamp, &base->stamp)) {
            return NGX_OK;
        }
    }

    ngx_http_audience_base_stamp(base, NGX_INVALID_FILE, &stamp);

    if (!stamp.present && ngx_http_audience_base_homeless(base)) {
        return NGX_ERROR;
    }

    if (base->generation && ngx_http_audience_same_stamp(&stamp, &base->stamp))
    {
        return NGX_OK;
    }

    if (base->opening) {
        return ngx_http_audience_base_alike(base, &stamp) ? NGX_OK : NGX_AGAIN;
    }

    if (base->refused_at
        && ngx_http_audience_same_stamp(&stamp, &base->refused)
        && ngx_time() - base->refused_at < NGX_HTTP_AUDIENCE_BASE_RETRY)
    {
        return base->generation ? NGX_OK : NGX_ERROR;
    }

    if (stamp.present) {
        rc = ngx_http_audience_base_open(base, &stamp);

        return ngx_http_audience_base_alike(base, &stamp) ? NGX_OK : rc;
    }

    base->next = aud_generation_empty();
    base->next_stamp = stamp;
    base->next_fd = NGX_INVALID_FILE;

    if (base->next == NULL) {
        return NGX_ERROR;
    }

    ngx_http_audience_base_swap(base);

    return NGX_OK;
}


/*
 * Of the file that has the name, or of an open one.  A file that lost the name
 * while stat() was on its way to it is found without any: the name has gone on
 * to another.
 */

static void
ngx_http_audience_base_stamp(ngx_http_audience_base_t *base, ngx_fd_t fd,
    ngx_http_audience_stamp_t *stamp)
{
    int          rc;
    struct stat  sb;

    ngx_memzero(stamp, sizeof(ngx_http_audience_stamp_t));

    do {
        rc = fd == NGX_INVALID_FILE ? stat(base->manifest, &sb)
                                    : fstat(fd, &sb);

    } while (rc == 0 && sb.st_nlink == 0 && fd == NGX_INVALID_FILE);

    if (rc == 0 && sb.st_nlink) {
        stamp->present = 1;
        stamp->inode = sb.st_ino;
        stamp->size = sb.st_size;
        stamp->modified = sb.st_mtim;
    }
}


static ngx_uint_t
ngx_http_audience_same_stamp(ngx_http_audience_stamp_t *a,
    ngx_http_audience_stamp_t *b)
{
    return a->present == b->present
           && a->inode == b->inode
           && a->size == b->size
           && a->modified.tv_sec == b->modified.tv_sec
           && a->modified.tv_nsec == b->modified.tv_nsec;
}


/*
 * A tenant without a folder has no data yet, but a data root without its folder
 * of all tenants is another one than the worker's, or a disk that is not
 * mounted: to call that an empty base would be wrong.
 */

static ngx_uint_t
ngx_http_audience_base_homeless(ngx_http_audience_base_t *base)
{
    struct stat  sb;

    if (stat(base->home, &sb) == 0) {
        base->homeless_at = 0;
        return 0;
    }

    if (base->homeless_at == 0
        || ngx_time() - base->homeless_at >= NGX_HTTP_AUDIENCE_BASE_SAY)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "no audience data in \"%s\": is audience_root the "
                      "worker's data root? Queries are refused", base->home);
        base->homeless_at = ngx_time();
    }

    return 1;
}


/*
 * Whether the generation that is open answers as that of the MANIFEST would, or
 * of one that has replaced it by now: such numbers never go back, so what lies
 * between two that are alike is alike, too.
 */

static ngx_uint_t
ngx_http_audience_base_alike(ngx_http_audience_base_t *base,
    ngx_http_audience_stamp_t *stamp)
{
    ngx_fd_t  fd;

    if (base->generation == NULL) {
        return 0;
    }

    if (!ngx_http_audience_same_stamp(stamp, &base->seen)) {

        fd = open(base->manifest, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
        if (fd == NGX_INVALID_FILE) {
            return 0;
        }

        ngx_http_audience_base_stamp(base, fd, &base->seen);
        base->content = aud_manifest_content(fd);
        (void) close(fd);
    }

    return base->content && base->content == base->generation->content;
}


static ngx_int_t
ngx_http_audience_base_open(ngx_http_audience_base_t *base,
    ngx_http_audience_stamp_t *stamp)
{
    base->task.ctx = base;
    base->task.handler = ngx_http_audience_base_thread;
    base->task.event.data = base;
    base->task.event.handler = ngx_http_audience_base_opened;

    base->next = NULL;
    base->next_stamp = *stamp;
    base->previous = base->generation
                     ? aud_generation_retain(base->generation) : NULL;

    if (ngx_http_audience_post(base->threads, &base->task) != NGX_OK) {
        if (base->previous) {
            aud_generation_release(base->previous);
        }

        return NGX_BUSY;
    }

    base->opening = 1;

    return NGX_AGAIN;
}


static void
ngx_http_audience_base_thread(void *data, ngx_log_t *log)
{
    ngx_http_audience_base_read(data);
    ngx_http_audience_hand_back(data);
}


/* Files that a manifest names may be removed as soon as there is a newer one, as
 * they are when a person is erased: then that one is to be opened. */

static void
ngx_http_audience_base_read(ngx_http_audience_base_t *base)
{
    ngx_uint_t                 tries;
    aud_segments_t             segments;
    ngx_http_audience_stamp_t  before, after;

    segments.find = aud_ahead_find;
    segments.arg = base->ahead;

    for (tries = 0; tries < 3; tries++) {

        /* first, so that it is not newer than what is opened */

        base->next_fd = open(base->manifest, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
        ngx_http_audience_base_stamp(base, base->next_fd, &before);
        base->next = aud_generation_open_with(base->folder, NULL,
                                              base->previous, &segments,
                                              &base->err);
        ngx_http_audience_base_stamp(base, NGX_INVALID_FILE, &after);

        if (base->next || ngx_http_audience_same_stamp(&before, &after)) {
            return;
        }

        if (tries < 2 && base->next_fd != NGX_INVALID_FILE) {
            (void) close(base->next_fd);
        }
    }
}


static void
ngx_http_audience_base_opened(ngx_event_t *ev)
{
    ngx_http_audience_base_t *base = ev->data;

    ngx_queue_t                   waiting, *q;
    ngx_http_audience_waiting_t  *w;

    if (ngx_http_audience_posted(ev) != NGX_OK) {
        return;
    }

    base->opening = 0;

    if (base->previous) {
        aud_generation_release(base->previous);
        base->previous = NULL;
    }

    if (base->next) {
        ngx_http_audience_base_swap(base);

    } else {
        if (!ngx_http_audience_same_stamp(&base->next_stamp, &base->refused)) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, base->err.no,
                          "audience data in \"%s\" cannot be opened, %s: %s",
                          base->folder, base->generation
                          ? "queries go on with the data of before"
                          : "queries of this tenant are refused",
                          base->err.text);
        }

        if (base->next_fd != NGX_INVALID_FILE) {
            (void) close(base->next_fd);
        }

        base->refused = base->next_stamp;
        base->refused_at = ngx_time();
    }

    /* each may ask for the base again, and wait again */

    ngx_queue_init(&waiting);

    if (!ngx_queue_empty(&base->waiting)) {
        ngx_queue_add(&waiting, &base->waiting);
        ngx_queue_init(&base->waiting);
    }

    while (!ngx_queue_empty(&waiting)) {
        q = ngx_queue_head(&waiting);
        ngx_queue_remove(q);

        w = ngx_queue_data(q, ngx_http_audience_waiting_t, queue);
        ngx_http_audience_resume(w->request);
    }
}


static void
ngx_http_audience_base_swap(ngx_http_audience_base_t *base)
{
    ngx_http_audience_base_retire(base);

    if (base->fd != NGX_INVALID_FILE) {
        (void) close(base->fd);
    }

    base->retired = base->generation;
    base->generation = base->next;
    base->stamp = base->next_stamp;
    base->fd = base->next_fd;
    base->next = NULL;

    ngx_memzero(&base->refused, sizeof(ngx_http_audience_stamp_t));
    base->refused_at = 0;
}


void
ngx_http_audience_base_retire(ngx_http_audience_base_t *base)
{
    ngx_thread_task_t  *task;

    if (base->retired == NULL) {
        return;
    }

    task = ngx_calloc(sizeof(ngx_thread_task_t), ngx_cycle->log);

    if (task) {
        task->ctx = base->retired;
        task->handler = ngx_http_audience_retire_thread;
        task->event.data = task;
        task->event.handler = ngx_http_audience_retired;

        if (ngx_thread_task_post(base->threads, task) == NGX_OK) {
            base->retired = NULL;
            return;
        }

        ngx_free(task);
    }

    aud_generation_release(base->retired);
    base->retired = NULL;
}


static void
ngx_http_audience_retire_thread(void *data, ngx_log_t *log)
{
    aud_generation_release(data);
}


static void
ngx_http_audience_retired(ngx_event_t *ev)
{
    ngx_free(ev->data);
}
