/*
 * Folders in which the worker writes, watched by inotify: a connection of the
 * event loop like any other.
 */

#include "ngx_http_audience_base.h"

#include <sys/inotify.h>


static void ngx_http_audience_watch_read(ngx_event_t *ev);
static void ngx_http_audience_watch_event(ngx_http_audience_watch_t *w,
    struct inotify_event *event);


void
ngx_http_audience_watch_open(ngx_http_audience_watch_t *w, ngx_cycle_t *cycle)
{
    int                fd;
    ngx_connection_t  *c;

    w->connection = NULL;

    fd = inotify_init1(IN_NONBLOCK|IN_CLOEXEC);
    if (fd == -1) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, ngx_errno,
                      "inotify_init1() failed, new audience data is looked "
                      "for now and then");
        return;
    }

    c = ngx_get_connection(fd, cycle->log);
    if (c == NULL) {
        (void) close(fd);
        return;
    }

    c->data = w;
    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_http_audience_watch_read;

    if (ngx_add_event(c->read, NGX_READ_EVENT, 0) != NGX_OK) {
        ngx_close_connection(c);
        return;
    }

    w->connection = c;
}


void
ngx_http_audience_watch_close(ngx_http_audience_watch_t *w)
{
    if (w->connection) {
        ngx_close_connection(w->connection);
        w->connection = NULL;
    }
}


int
ngx_http_audience_watch_add(ngx_http_audience_watch_t *w, const char *folder)
{
    if (w->connection == NULL) {
        return -1;
    }

    return inotify_add_watch(w->connection->fd, folder,
                             IN_CLOSE_WRITE|IN_MOVED_TO|IN_ONLYDIR);
}


void
ngx_http_audience_watch_remove(ngx_http_audience_watch_t *w, int watch)
{
    if (w->connection && watch != -1) {
        (void) inotify_rm_watch(w->connection->fd, watch);
    }
}


static void
ngx_http_audience_watch_read(ngx_event_t *ev)
{
    u_char                     *p;
    ssize_t                     n;
    ngx_connection_t           *c;
    struct inotify_event       *event;
    ngx_http_audience_watch_t  *w;

    union {
        struct inotify_event    event;
        u_char                  bytes[4096];
    } buf;

    c = ev->data;
    w = c->data;

    /* level-triggered: what one turn leaves is the next one's */

    n = read(c->fd, &buf, sizeof(buf));

    for (p = buf.bytes; n > 0 && p < buf.bytes + n; ) {
        event = (struct inotify_event *) p;
        ngx_http_audience_watch_event(w, event);
        p += sizeof(struct inotify_event) + event->len;
    }
}


static void
ngx_http_audience_watch_event(ngx_http_audience_watch_t *w,
    struct inotify_event *event)
{
    ngx_str_t  file;

    ngx_str_null(&file);

    if (event->len) {
        file.data = (u_char *) event->name;
        file.len = ngx_strlen(event->name);
    }

    if (event->mask & (IN_CLOSE_WRITE|IN_MOVED_TO|IN_IGNORED)) {
        w->changed(w->data, event->wd, &file);
    }
}
