/*
 * Work in a thread pool while a request waits for it.
 *
 * blocked keeps nginx from freeing a request whose client has gone, aio keeps
 * it from sending; the body reader or the handler holds one count of the
 * request all the while.  When a request was given up meanwhile, resuming
 * lets nginx free it and the handler never runs again.
 */

#include "ngx_http_audience_module.h"

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif


#define NGX_HTTP_AUDIENCE_WORK_TIMER  60000


typedef struct {
    ngx_http_request_t           *request;
    void                        (*work)(void *data, ngx_log_t *log);
    void                         *data;
} ngx_http_audience_work_t;


static void ngx_http_audience_work_thread(void *data, ngx_log_t *log);
static void ngx_http_audience_work_done(ngx_event_t *ev);


void
ngx_http_audience_wait(ngx_http_request_t *r, ngx_http_event_handler_pt resume)
{
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = resume;

    r->main->blocked++;
    r->aio = 1;
}


void
ngx_http_audience_resume(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->main->blocked--;
    r->aio = 0;

    if (ngx_http_audience_terminated(r)) {
        c->write->handler(c->write);
        return;
    }

    r->write_event_handler(r);
    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_audience_work(ngx_http_request_t *r,
    void (*work)(void *data, ngx_log_t *log), void *data,
    ngx_http_event_handler_pt resume)
{
    ngx_thread_task_t             *task;
    ngx_http_audience_work_t      *w;
    ngx_http_audience_loc_conf_t  *alcf;

    task = ngx_thread_task_alloc(r->pool, sizeof(ngx_http_audience_work_t));
    if (task == NULL) {
        return NGX_ERROR;
    }

    w = task->ctx;
    w->request = r;
    w->work = work;
    w->data = data;

    task->handler = ngx_http_audience_work_thread;
    task->event.handler = ngx_http_audience_work_done;
    task->event.data = w;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (ngx_http_audience_post(alcf->threads, task) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_http_audience_wait(r, resume);

    return NGX_OK;
}


static void
ngx_http_audience_work_thread(void *data, ngx_log_t *log)
{
    ngx_http_audience_work_t *w = data;

    w->work(w->data, log);

    ngx_http_audience_hand_back(w);
}


static void
ngx_http_audience_work_done(ngx_event_t *ev)
{
    ngx_http_audience_work_t *w = ev->data;

    if (ngx_http_audience_posted(ev) == NGX_OK) {
        ngx_http_audience_resume(w->request);
    }
}


/* An nginx worker that is to end does so as soon as it waits for no timer: one
 * stands for the thread. */

ngx_int_t
ngx_http_audience_post(ngx_thread_pool_t *threads, ngx_thread_task_t *task)
{
    task->event.log = ngx_cycle->log;

    if (ngx_thread_task_post(threads, task) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_add_timer(&task->event, NGX_HTTP_AUDIENCE_WORK_TIMER);

    return NGX_OK;
}


/* What orders the two is a spinlock of nginx, which is not instrumented:
 * ThreadSanitizer has to be told. */

void
ngx_http_audience_hand_back(void *data)
{
#if defined(__SANITIZE_THREAD__)
    __tsan_release(data);
#endif
}


ngx_int_t
ngx_http_audience_posted(ngx_event_t *ev)
{
    if (ev->timedout) {
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_AUDIENCE_WORK_TIMER);
        return NGX_AGAIN;
    }

#if defined(__SANITIZE_THREAD__)
    __tsan_acquire(ev->data);
#endif

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    return NGX_OK;
}
