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
 * generation; requests that came meanwhile wait for it, unless it answers as
 * the old one does.
 *
 * The folder is watched: a new segment is checked while the worker still
 * commits what belongs to it, and a new MANIFEST is opened at once, so that
 * little is left to wait for.  A timer does the same where watching fails, and
 * forgets bases that nobody asks for.
 */

#include "ngx_http_audience_base.h"

#include "aud_clock.h"


#define NGX_HTTP_AUDIENCE_BASE_TICK   1000      /* ms */
#define NGX_HTTP_AUDIENCE_BASE_IDLE   600       /* s */
#define NGX_HTTP_AUDIENCE_BASE_AHEAD  60        /* s, as the worker's grace */


struct ngx_http_audience_bases_s {
    ngx_rbtree_t                rbtree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 queue;
    ngx_event_t                 timer;
    ngx_connection_t            nobody;     /* for the timer's log lines */
    ngx_http_audience_watch_t   watch;
};


static ngx_http_audience_base_t *ngx_http_audience_base_get(
    ngx_http_request_t *r);
static ngx_http_audience_base_t *ngx_http_audience_base_create(
    ngx_http_audience_bases_t *bases, ngx_str_t *folder);
static void ngx_http_audience_base_free(ngx_http_audience_bases_t *bases,
    ngx_http_audience_base_t *base);
static void ngx_http_audience_base_changed(void *data, int watch,
    ngx_str_t *file);
static uint64_t ngx_http_audience_segment_number(ngx_str_t *file);
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

    bases->watch.changed = ngx_http_audience_base_changed;
    bases->watch.data = bases;
    ngx_http_audience_watch_open(&bases->watch, cycle);

    return bases;
}


void
ngx_http_audience_bases_close(ngx_http_audience_bases_t *bases)
{
    ngx_http_audience_watch_close(&bases->watch);
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

    /* of every request: without ngx_sprintf() */

    folder.data = p;
    p = ngx_cpymem(p, alcf->root.data, alcf->root.len);
    p = ngx_cpymem(p, "/segments/", sizeof("/segments/") - 1);
    p = ngx_cpymem(p, ctx->tenant.data, ctx->tenant.len);
    folder.len = p - folder.data;

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

    base->ahead = aud_ahead_create(base->folder);
    if (base->ahead == NULL) {
        ngx_free(base);
        return NULL;
    }

    /* before the MANIFEST is looked at, so that none is missed */
    base->watch = ngx_http_audience_watch_add(&bases->watch, base->folder);

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
    ngx_http_audience_watch_remove(&bases->watch, base->watch);
    aud_ahead_free(base->ahead);
    aud_generation_release(base->retired);
    aud_generation_release(base->generation);

    if (base->fd != NGX_INVALID_FILE) {
        (void) close(base->fd);
    }

    ngx_queue_remove(&base->queue);
    ngx_rbtree_delete(&bases->rbtree, &base->node.node);
    ngx_free(base);
}


static void
ngx_http_audience_bases_tick(ngx_event_t *ev)
{
    int64_t                     before;
    ngx_queue_t                *q, *next;
    ngx_connection_t           *nobody;
    ngx_http_audience_base_t   *base;
    ngx_http_audience_bases_t  *bases;

    nobody = ev->data;
    bases = nobody->data;
    before = aud_ticks() - NGX_HTTP_AUDIENCE_BASE_AHEAD * AUD_SECOND;

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

        if (base->watch == -1) {
            base->watch = ngx_http_audience_watch_add(&bases->watch,
                                                      base->folder);
        }

        ngx_http_audience_base_retire(base);
        aud_ahead_sweep(base->ahead, before);

        (void) ngx_http_audience_base_refresh(base, 1);
    }

    if (!ngx_queue_empty(&bases->queue)) {
        ngx_add_timer(ev, NGX_HTTP_AUDIENCE_BASE_TICK);
    }
}


/*
 * The folder of one base, or, where two roots are names of one, of several.
 * The file has no name when the folder itself has gone.
 */

static void
ngx_http_audience_base_changed(void *data, int watch, ngx_str_t *file)
{
    ngx_http_audience_bases_t *bases = data;

    uint64_t                   number;
    ngx_queue_t               *q;
    ngx_http_audience_base_t  *base;

    number = ngx_http_audience_segment_number(file);

    for (q = ngx_queue_head(&bases->queue);
         q != ngx_queue_sentinel(&bases->queue);
         q = ngx_queue_next(q))
    {
        base = ngx_queue_data(q, ngx_http_audience_base_t, queue);

        if (base->watch != watch) {
            continue;
        }

        if (file->len == 0) {
            base->watch = -1;

        } else if (number) {
            aud_ahead_begin(base->ahead, number);

        } else if (ngx_strcmp(file->data, "MANIFEST") == 0) {
            (void) ngx_http_audience_base_refresh(base, 1);
        }
    }
}


/* 0: it is no segment. */

static uint64_t
ngx_http_audience_segment_number(ngx_str_t *file)
{
    char      name[AUD_SEGMENT_NAME_LEN + 1];
    uint64_t  number;

    if (file->len != AUD_SEGMENT_NAME_LEN) {
        return 0;
    }

    number = strtoull((char *) file->data, NULL, 16);
    aud_segment_name(name, number);

    return ngx_strcmp(file->data, name) == 0 ? number : 0;
}
