/*
 * The worker's socket.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "metrics.h"
#include "server_private.h"
#include "settings.h"

#define SERVER_BACKLOG     511
#define SERVER_DRAIN_TIME  (5 * AUD_SECOND)
#define SERVER_TICK        1000         /* ms */


static int server_claim(const char *path, aud_error_t *err);
static int server_folder(const char *path, aud_error_t *err);
static int server_listen(server_t *s, const char *path, aud_error_t *err);
static void server_closed(uv_handle_t *handle);
static void server_tick(uv_timer_t *timer);
static void server_check_drained(server_t *s);


server_t *
server_create(worker_t *worker, aud_error_t *err)
{
    server_t    *s;
    peers_t      peers;
    const char  *path = worker->settings->socket;

    if (peers_read(&peers, worker->settings, err) != 0
        || server_claim(path, err) != 0)
    {
        return NULL;
    }

    s = aud_calloc(1, sizeof(server_t));
    if (s == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    s->worker = worker;
    s->peers = peers;
    s->listener.data = s;
    s->timer.data = s;
    s->handles = 2;
    uv_pipe_init(worker->loop, &s->listener, 0);
    uv_timer_init(worker->loop, &s->timer);
    uv_timer_start(&s->timer, server_tick, SERVER_TICK, SERVER_TICK);

    if (server_listen(s, path, err) != 0) {
        server_free(s);
        return NULL;
    }

    return s;
}


/* Removes a socket that nobody listens on; -1 for any other thing there. */

static int
server_claim(const char *path, aud_error_t *err)
{
    int                 fd, rc;
    struct stat         st;
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? server_folder(path, err)
                               : aud_error_system(err, "%s", path);
    }

    if (!S_ISSOCK(st.st_mode)) {
        return aud_error_set(err, "%s is there and no socket", path);
    }

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return aud_error_system(err, "socket");
    }

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    rc = connect(fd, (struct sockaddr *) &address, sizeof(address));
    close(fd);

    if (rc == 0) {
        return aud_error_set(err, "%s is in use by another process", path);
    }

    return unlink(path) == 0 ? 0 : aud_error_system(err, "%s", path);
}


/* libuv would say that permission is denied. */

static int
server_folder(const char *path, aud_error_t *err)
{
    int          len;
    char         folder[sizeof(((struct sockaddr_un *) 0)->sun_path)];
    const char  *slash = strrchr(path, '/');

    len = slash ? (int) (slash - path) : 0;
    snprintf(folder, sizeof(folder), "%.*s", len, path);

    if (len && access(folder, F_OK) != 0) {
        return aud_error_system(err, "the folder of the socket, %s", folder);
    }

    return 0;
}


static int
server_listen(server_t *s, const char *path, aud_error_t *err)
{
    int     rc;
    mode_t  mask;

    mask = umask(0117);                 /* 0660 from its first moment on */
    rc = uv_pipe_bind(&s->listener, path);
    umask(mask);

    if (rc == 0 && s->worker->settings->socket_group[0]
        && chown(path, -1, s->peers.group) != 0)
    {
        return aud_error_system(err, "giving %s to the group \"%s\"", path,
                                s->worker->settings->socket_group);
    }

    if (rc == 0) {
        s->listening = 1;
        rc = uv_listen((uv_stream_t *) &s->listener, SERVER_BACKLOG,
                       connection_accept);
    }

    return rc == 0 ? 0 : aud_error_set(err, "%s: %s", path, uv_strerror(rc));
}


void
server_free(server_t *s)
{
    if (!uv_is_closing((uv_handle_t *) &s->listener)) {
        uv_close((uv_handle_t *) &s->listener, server_closed);
    }

    uv_close((uv_handle_t *) &s->timer, server_closed);
}


static void
server_closed(uv_handle_t *handle)
{
    server_t  *s = handle->data;

    if (--s->handles == 0) {
        aud_free(s);
    }
}


void
server_drain(server_t *s, void (*fn)(void *arg), void *arg)
{
    s->drained = fn;
    s->drained_arg = arg;
    s->drain_until = aud_ticks() + SERVER_DRAIN_TIME;
    uv_close((uv_handle_t *) &s->listener, server_closed);

    uv_timer_start(&s->timer, server_tick, 1, 50);
}


/* --- the clock ----------------------------------------------------------- */


static void
server_tick(uv_timer_t *timer)
{
    int64_t        now = aud_ticks();
    server_t      *s = timer->data;
    connection_t  *c, *next;

    for (c = s->connections; c; c = next) {
        next = c->next;
        connection_look(c, now);
    }

    if (s->drain_until) {
        server_check_drained(s);
    }
}


static void
server_check_drained(server_t *s)
{
    void  (*fn)(void *arg) = s->drained;

    if (fn && s->nconnections == 0 && s->ncalls == 0) {
        s->drained = NULL;
        uv_timer_stop(&s->timer);
        fn(s->drained_arg);
    }
}


void
server_metrics(server_t *s, aud_buffer_t *out)
{
    metrics_head(out, "audience_connections", "gauge",
                 "Connections of nginx to the worker.");
    aud_buffer_printf(out, "audience_connections %u\n", s->nopen);
    metrics_head(out, "audience_connections_total", "counter",
                 "Connections accepted.");
    aud_buffer_printf(out, "audience_connections_total %llu\n", s->accepted);
    metrics_head(out, "audience_connections_refused_total", "counter",
                 "Connections closed for a broken protocol or limit, or "
                 "of users that may not connect.");
    aud_buffer_printf(out, "audience_connections_refused_total %llu\n",
                      s->refused);
    metrics_head(out, "audience_calls", "gauge", "Calls under way.");
    aud_buffer_printf(out, "audience_calls %u\n", s->ncalls);
}
