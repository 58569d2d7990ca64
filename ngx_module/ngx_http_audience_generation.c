/*
 * Which generation of a tenant's data queries see: a registry of each nginx
 * worker, used in its event loop only.
 *
 *   base       one tenant of one data root: the generation that was opened
 *              last and the stamp that its MANIFEST had then
 *
 * A request compares stamps (one fstat of the MANIFEST that was opened, which
 * loses its name when it is replaced), so that what an import has reported as
 * done is in the next answer.  Where they differ a thread opens the new
 * generation; requests that came meanwhile wait for it.  A timer does the same
 * ahead of requests and forgets bases that nobody asks for.
 *
 * What does not open (a damaged file) leaves the previous generation in place;
 * it is logged once and tried again every few seconds.
 */

#include "ngx_http_audience_module.h"


#define NGX_HTTP_AUDIENCE_BASE_TICK   1000      /* ms */
#define NGX_HTTP_AUDIENCE_BASE_RETRY  5         /* s */
#define NGX_HTTP_AUDIENCE_BASE_SAY    60        /* s */
#define NGX_HTTP_AUDIENCE_BASE_IDLE   600       /* s */


typedef struct {
    ngx_uint_t        present;      /* has a name */
    ino_t             inode;
    off_t             size;
    struct timespec   modified;
} ngx_http_audience_stamp_t;


typedef struct {
    ngx_str_node_t              node;       /* by folder; must be first */
    ngx_queue_t                 queue;
    ngx_thread_pool_t          *threads;
    char                       *folder;     /* <root>/segments/<tenant> */
    char                       *manifest;   /* the file in it */
    char                       *home;       /* <root>/segments */

    aud_generation_t           *generation; /* NULL: none was ever opened */
    ngx_http_audience_stamp_t   stamp;      /* of generation */
    ngx_fd_t                    fd;         /* of its MANIFEST, or one older;
                                               or NGX_INVALID_FILE */
    ngx_http_audience_stamp_t   refused;    /* of what did not open */
    time_t                      refused_at;
    time_t                      homeless_at;    /* said so then; 0: it is not */
    time_t                      used;

    /* a thread's, while opening is set */

    ngx_thread_task_t           task;
    ngx_uint_t                  opening;
    ngx_http_audience_stamp_t   next_stamp;
    aud_generation_t           *previous;
    aud_generation_t           *next;
    ngx_fd_t                    next_fd;
    aud_error_t                 err;

    ngx_queue_t                 waiting;
} ngx_http_audience_base_t;


typedef struct {
    ngx_queue_t                 queue;
    ngx_http_request_t         *request;
} ngx_http_audience_waiting_t;


struct ngx_http_audience_bases_s {
    ngx_rbtree_t                rbtree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 queue;
    ngx_event_t                 timer;
    ngx_connection_t            nobody;     /* for the timer's log lines */
};


static ngx_http_audience_base_t *ngx_http_audience_base_get(
    ngx_http_request_t *r);
static ngx_http_audience_base_t *ngx_http_audience_base_create(
    ngx_http_audience_bases_t *bases, ngx_str_t *folder);
static void ngx_http_audience_base_free(ngx_http_audience_bases_t *bases,
    ngx_http_audience_base_t *base);
static void ngx_http_audience_base_stamp(ngx_http_audience_base_t *base,
    ngx_fd_t fd, ngx_http_audience_stamp_t *stamp);
static ngx_uint_t ngx_http_audience_same_stamp(ngx_http_audience_stamp_t *a,
    ngx_http_audience_stamp_t *b);
static ngx_int_t ngx_http_audience_base_refresh(
    ngx_http_audience_base_t *base, ngx_uint_t named);
static ngx_uint_t ngx_http_audience_base_homeless(
    ngx_http_audience_base_t *base);
static ngx_int_t ngx_http_audience_base_open(ngx_http_audience_base_t *base,
    ngx_http_audience_stamp_t *stamp);
static void ngx_http_audience_base_thread(void *data, ngx_log_t *log);
static void ngx_http_audience_base_opened(ngx_event_t *ev);
static void ngx_http_audience_base_swap(ngx_http_audience_base_t *base);
static void ngx_http_audience_bases_tick(ngx_event_t *ev);


ngx_http_audience_bases_t *
ngx_http_audience_bases_create(ngx_cycle_t *cycle)
{
    ngx_http_audience_bases_t  *bases;

    bases = ngx_pcalloc(cycle->pool, sizeof(ngx_http_audience_bases_t));
    if (bases == NULL) {
        return NULL;
    }

    ngx_rbtree_init(&bases->rbtree, &bases->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&bases->queue);

    bases->nobody.fd = (ngx_socket_t) -1;
    bases->timer.data = &bases->nobody;
    bases->nobody.data = bases;
    bases->timer.handler = ngx_http_audience_bases_tick;
    bases->timer.log = cycle->log;

    /* or a worker that was told to quit would never be done */
    bases->timer.cancelable = 1;

    return bases;
}


ngx_int_t
ngx_http_audience_generation(ngx_http_request_t *r,
    ngx_http_event_handler_pt resume, aud_generation_t **generation)
{
    ngx_int_t                     rc;
    ngx_http_audience_base_t     *base;
    ngx_http_audience_waiting_t  *waiting;

    base = ngx_http_audience_base_get(r);
    if (base == NULL) {
        return NGX_ERROR;
    }

    base->used = ngx_time();
    rc = ngx_http_audience_base_refresh(base, 0);

    if (rc == NGX_OK) {
        *generation = aud_generation_retain(base->generation);
        return NGX_OK;
    }

    if (rc != NGX_AGAIN) {
        return rc;
    }

    waiting = ngx_palloc(r->pool, sizeof(ngx_http_audience_waiting_t));
    if (waiting == NULL) {
        return NGX_ERROR;
    }

    waiting->request = r;
    ngx_queue_insert_tail(&base->waiting, &waiting->queue);
    ngx_http_audience_wait(r, resume);

    return NGX_AGAIN;
}


static ngx_http_audience_base_t *
ngx_http_audience_base_get(ngx_http_request_t *r)
{
    u_char                         *p;
    uint32_t                        hash;
    ngx_str_t                       folder;
    ngx_http_audience_ctx_t        *ctx;
    ngx_http_audience_base_t       *base;
    ngx_http_audience_bases_t      *bases;
    ngx_http_audience_loc_conf_t   *alcf;
    ngx_http_audience_main_conf_t  *amcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);
    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);
    amcf = ngx_http_get_module_main_conf(r, ngx_http_audience_module);
    bases = amcf->bases;

    p = ngx_pnalloc(r->pool, alcf->root.len + sizeof("/segments/")
                             + ctx->tenant.len);
    if (p == NULL) {
        return NULL;
    }

    folder.data = p;
    folder.len = ngx_sprintf(p, "%V/segments/%V", &alcf->root, &ctx->tenant)
                 - p;

    hash = ngx_crc32_long(folder.data, folder.len);
    base = (ngx_http_audience_base_t *)
               ngx_str_rbtree_lookup(&bases->rbtree, &folder, hash);

    if (base == NULL) {
        base = ngx_http_audience_base_create(bases, &folder);

        if (base == NULL) {
            return NULL;
        }

        base->threads = alcf->threads;
    }

    return base;
}


static ngx_http_audience_base_t *
ngx_http_audience_base_create(ngx_http_audience_bases_t *bases,
    ngx_str_t *folder)
{
    size_t                     size;
    u_char                    *p;
    ngx_http_audience_base_t  *base;

    size = sizeof(ngx_http_audience_base_t)
           + 3 * (folder->len + sizeof("/MANIFEST"));

    base = ngx_calloc(size, ngx_cycle->log);
    if (base == NULL) {
        return NULL;
    }

    p = (u_char *) base + sizeof(ngx_http_audience_base_t);

    base->folder = (char *) p;
    base->node.str.data = p;
    base->node.str.len = folder->len;
    base->node.node.key = ngx_crc32_long(folder->data, folder->len);

    p = ngx_sprintf(p, "%V%Z", folder);

    base->manifest = (char *) p;
    p = ngx_sprintf(p, "%V/MANIFEST%Z", folder);

    base->home = (char *) p;
    ngx_sprintf(p, "%V%Z", folder);
    *strrchr(base->home, '/') = '\0';

    base->fd = NGX_INVALID_FILE;

    ngx_queue_init(&base->waiting);
    ngx_queue_insert_tail(&bases->queue, &base->queue);
    ngx_rbtree_insert(&bases->rbtree, &base->node.node);

    if (!bases->timer.timer_set) {
        ngx_add_timer(&bases->timer, NGX_HTTP_AUDIENCE_BASE_TICK);
    }

    return base;
}


static void
ngx_http_audience_base_free(ngx_http_audience_bases_t *bases,
    ngx_http_audience_base_t *base)
{
    if (base->generation) {
        aud_generation_release(base->generation);
    }

    if (base->fd != NGX_INVALID_FILE) {
        (void) close(base->fd);
    }

    ngx_queue_remove(&base->queue);
    ngx_rbtree_delete(&bases->rbtree, &base->node.node);
    ngx_free(base);
}


/* Of the file that has the name, or of an open one. */

static void
ngx_http_audience_base_stamp(ngx_http_audience_base_t *base, ngx_fd_t fd,
    ngx_http_audience_stamp_t *stamp)
{
    int          rc;
    struct stat  sb;

    ngx_memzero(stamp, sizeof(ngx_http_audience_stamp_t));

    rc = fd == NGX_INVALID_FILE ? stat(base->manifest, &sb) : fstat(fd, &sb);

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


/* NGX_OK: base->generation is there to be used; else as
 * ngx_http_audience_generation().  Of a MANIFEST that a copy of the folder also
 * has the fd tells nothing: named looks for the one that has the name now. */

static ngx_int_t
ngx_http_audience_base_refresh(ngx_http_audience_base_t *base,
    ngx_uint_t named)
{
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
        return NGX_AGAIN;
    }

    if (base->refused_at
        && ngx_http_audience_same_stamp(&stamp, &base->refused)
        && ngx_time() - base->refused_at < NGX_HTTP_AUDIENCE_BASE_RETRY)
    {
        return base->generation ? NGX_OK : NGX_ERROR;
    }

    if (stamp.present) {
        return ngx_http_audience_base_open(base, &stamp);
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

    if (ngx_thread_task_post(base->threads, &base->task) != NGX_OK) {
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
    ngx_http_audience_base_t *base = data;

    /* first, so that it is not newer than what is opened */

    base->next_fd = open(base->manifest, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    base->next = aud_generation_open(base->folder, NULL, base->previous,
                                     &base->err);
}


static void
ngx_http_audience_base_opened(ngx_event_t *ev)
{
    ngx_http_audience_base_t *base = ev->data;

    ngx_queue_t                   waiting, *q;
    ngx_http_audience_waiting_t  *w;

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
    if (base->generation) {
        aud_generation_release(base->generation);
    }

    if (base->fd != NGX_INVALID_FILE) {
        (void) close(base->fd);
    }

    base->generation = base->next;
    base->stamp = base->next_stamp;
    base->fd = base->next_fd;
    base->next = NULL;

    ngx_memzero(&base->refused, sizeof(ngx_http_audience_stamp_t));
    base->refused_at = 0;
}


static void
ngx_http_audience_bases_tick(ngx_event_t *ev)
{
    ngx_queue_t                *q, *next;
    ngx_connection_t           *nobody;
    ngx_http_audience_base_t   *base;
    ngx_http_audience_bases_t  *bases;

    nobody = ev->data;
    bases = nobody->data;

    for (q = ngx_queue_head(&bases->queue);
         q != ngx_queue_sentinel(&bases->queue);
         q = next)
    {
        next = ngx_queue_next(q);
        base = ngx_queue_data(q, ngx_http_audience_base_t, queue);

        if (base->opening) {
            continue;
        }

        if (ngx_time() - base->used > NGX_HTTP_AUDIENCE_BASE_IDLE) {
            ngx_http_audience_base_free(bases, base);
            continue;
        }

        (void) ngx_http_audience_base_refresh(base, 1);
    }

    if (!ngx_queue_empty(&bases->queue)) {
        ngx_add_timer(ev, NGX_HTTP_AUDIENCE_BASE_TICK);
    }
}
