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
#include "aud_frame.h"
#include "api_private.h"
#include "log.h"
#include "metrics.h"
#include "server.h"
#include "settings.h"

#define SERVER_BACKLOG        511
#define SERVER_CONNECTIONS    512
#define SERVER_READ_BYTES     65536
#define SERVER_REQUEST_BYTES  (64 * 1024 * 1024)    /* of all requests */
#define SERVER_STREAM_BYTES   (256 * 1024)          /* unread, of one stream */
#define SERVER_READ_TIME      (10 * AUD_SECOND)     /* for one request */
#define SERVER_WRITE_TIME     (60 * AUD_SECOND)     /* without progress */
#define SERVER_DRAIN_TIME     (5 * AUD_SECOND)
#define SERVER_TICK           1000                  /* ms */


typedef struct connection_s  connection_t;

struct connection_s {
    uv_pipe_t         pipe;
    connection_t     *prev;
    connection_t     *next;
    server_t         *server;
    char              header[AUD_FRAME_HEADER];
    size_t            header_len;
    uint32_t          length;           /* of the payload that is coming */
    aud_buffer_t      payload;
    int64_t           since;            /* last progress, or the first byte */
    size_t            unsent;           /* at the last look */
    api_call_t       *call;
    unsigned          closing:1;
};

typedef struct {
    uv_write_t        request;
    uv_buf_t          bytes;
} write_t;

struct server_s {
    worker_t         *worker;
    uv_pipe_t         listener;
    uv_timer_t        timer;
    unsigned          handles;          /* listener and timer, not closed yet */
    connection_t     *connections;      /* newest first */
    unsigned          nconnections;
    unsigned          nopen;            /* of these, not closing */
    unsigned          ncalls;
    size_t            request_bytes;
    unsigned long long accepted;
    unsigned long long refused;         /* broke the protocol or a limit */
    void            (*drained)(void *arg);
    void             *drained_arg;
    int64_t           drain_until;      /* 0: does not drain */
    unsigned          listening:1;
    char              buffer[SERVER_READ_BYTES];
};


static int server_claim(const char *path, aud_error_t *err);
static int server_folder(const char *path, aud_error_t *err);
static int server_listen(server_t *s, const char *path, aud_error_t *err);
static void server_closed(uv_handle_t *handle);
static void server_connection(uv_stream_t *listener, int status);
static void server_make_room(server_t *s);
static void server_tick(uv_timer_t *timer);
static void server_look(server_t *s, connection_t *c, int64_t now);
static void server_check_drained(server_t *s);
static void connection_alloc(uv_handle_t *handle, size_t suggested,
    uv_buf_t *buf);
static void connection_read(uv_stream_t *stream, ssize_t n,
    const uv_buf_t *buf);
static void connection_feed(connection_t *c, const char *p, size_t n);
static int connection_header(connection_t *c);
static int connection_room(connection_t *c, size_t n);
static void connection_call(connection_t *c);
static void connection_refuse(connection_t *c, const char *why);
static void connection_close(connection_t *c);
static void connection_closed(uv_handle_t *handle);
static void connection_forget_request(connection_t *c);
static void connection_written(uv_write_t *request, int status);


server_t *
server_create(worker_t *worker, aud_error_t *err)
{
    server_t    *s;
    const char  *path = worker->settings->socket;

    if (server_claim(path, err) != 0) {
        return NULL;
    }

    s = aud_calloc(1, sizeof(server_t));
    if (s == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    s->worker = worker;
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

    if (rc == 0) {
        s->listening = 1;
        rc = uv_listen((uv_stream_t *) &s->listener, SERVER_BACKLOG,
                       server_connection);
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
        server_look(s, c, now);
    }

    if (s->drain_until) {
        server_check_drained(s);
    }
}


static void
server_look(server_t *s, connection_t *c, int64_t now)
{
    size_t  unsent;

    if (c->closing) {
        return;
    }

    unsent = uv_stream_get_write_queue_size((uv_stream_t *) &c->pipe);

    if (unsent == 0 || unsent != c->unsent) {
        if (c->call || unsent) {
            c->since = now;
        }

    } else if (now - c->since > SERVER_WRITE_TIME) {
        connection_refuse(c, "the peer does not read");
        return;
    }

    c->unsent = unsent;

    if (c->call == NULL && c->header_len && now - c->since > SERVER_READ_TIME) {
        connection_refuse(c, "the request takes too long");
        return;
    }

    if (s->drain_until
        && (now > s->drain_until || (c->call == NULL && unsent == 0)
            || (c->call && api_is_stream(c->call))))
    {
        connection_close(c);
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


/* --- connections --------------------------------------------------------- */


static void
server_connection(uv_stream_t *listener, int status)
{
    server_t      *s = listener->data;
    connection_t  *c;

    c = status == 0 ? aud_calloc(1, sizeof(connection_t)) : NULL;
    if (c == NULL) {
        return;
    }

    server_make_room(s);

    c->server = s;
    c->pipe.data = c;
    c->since = aud_ticks();
    c->next = s->connections;
    uv_pipe_init(s->worker->loop, &c->pipe, 0);

    if (c->next) {
        c->next->prev = c;
    }

    s->connections = c;
    s->nconnections++;
    s->nopen++;
    s->accepted++;

    if (uv_accept(listener, (uv_stream_t *) &c->pipe) != 0
        || uv_read_start((uv_stream_t *) &c->pipe, connection_alloc,
                         connection_read) != 0)
    {
        connection_close(c);

    } else if (s->nopen > SERVER_CONNECTIONS) {
        connection_refuse(c, "too many connections");
    }
}


/* The longest idle connection gives way: its peer opens another at need. */

static void
server_make_room(server_t *s)
{
    connection_t  *c, *idle = NULL;

    if (s->nopen < SERVER_CONNECTIONS) {
        return;
    }

    for (c = s->connections; c; c = c->next) {
        if (c->call == NULL && c->header_len == 0 && !c->closing
            && (idle == NULL || c->since <= idle->since))
        {
            idle = c;
        }
    }

    if (idle) {
        connection_close(idle);
    }
}


/* One buffer for all: libuv reads into it at once. */

static void
connection_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    connection_t  *c = handle->data;

    *buf = uv_buf_init(c->server->buffer, SERVER_READ_BYTES);
}


static void
connection_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    connection_t  *c = stream->data;

    if (n == 0) {
        return;
    }

    if (n < 0) {
        if (c->call == NULL && c->header_len) {
            connection_refuse(c, "a cut request");

        } else {
            connection_close(c);
        }

        return;
    }

    connection_feed(c, buf->base, n);
}


static void
connection_feed(connection_t *c, const char *p, size_t n)
{
    size_t  take;

    while (n && !c->closing) {
        if (c->call
            || uv_stream_get_write_queue_size((uv_stream_t *) &c->pipe))
        {
            connection_refuse(c, "bytes before the answer was complete");
            return;
        }

        if (c->header_len < AUD_FRAME_HEADER) {
            if (c->header_len == 0) {
                c->since = aud_ticks();
            }

            take = AUD_FRAME_HEADER - c->header_len;
            take = take < n ? take : n;
            memcpy(c->header + c->header_len, p, take);
            c->header_len += take;

            if (c->header_len == AUD_FRAME_HEADER && connection_header(c) != 0)
            {
                return;
            }

        } else {
            take = c->length - c->payload.len;
            take = take < n ? take : n;

            if (connection_room(c, take) != 0) {
                return;
            }

            aud_buffer_add(&c->payload, p, take);
        }

        p += take;
        n -= take;

        if (c->header_len == AUD_FRAME_HEADER && c->payload.len == c->length) {
            if (n) {
                connection_refuse(c, "bytes behind a request");
                return;
            }

            connection_call(c);
        }
    }
}


static int
connection_header(connection_t *c)
{
    aud_frame_type_t  type;

    if (aud_frame_header(c->header, &type, &c->length) != 0
        || type != AUD_FRAME_REQUEST)
    {
        connection_refuse(c, "not a request frame");
        return -1;
    }

    return 0;
}


/* Memory follows what has come, and not what was promised. */

static int
connection_room(connection_t *c, size_t n)
{
    size_t     before = c->payload.capacity;
    server_t  *s = c->server;

    if (s->request_bytes + n > SERVER_REQUEST_BYTES) {
        connection_refuse(c, "too many bytes of requests");
        return -1;
    }

    aud_buffer_reserve(&c->payload, n);
    s->request_bytes += c->payload.capacity - before;

    if (c->payload.failed) {
        connection_refuse(c, "no memory");
        return -1;
    }

    return 0;
}


static void
connection_call(connection_t *c)
{
    api_call_t  *call;

    call = api_call_create(c->server->worker, c, aud_buffer_str(&c->payload));
    connection_forget_request(c);

    if (call == NULL) {
        connection_refuse(c, "a malformed request");
        return;
    }

    c->call = call;
    c->since = aud_ticks();
    c->server->ncalls++;

    api_dispatch(call);
}


static void
connection_forget_request(connection_t *c)
{
    c->server->request_bytes -= c->payload.capacity;
    c->header_len = 0;
    c->length = 0;
    aud_buffer_free(&c->payload);
}


static void
connection_refuse(connection_t *c, const char *why)
{
    if (!c->closing) {
        c->server->refused++;
        log_line(LOG_WARNING, NULL, "connection closed", "s:why", why, NULL);
        connection_close(c);
    }
}


/* Its call learns of it in the loop's next turn, never within a function of
 * its own. */

static void
connection_close(connection_t *c)
{
    if (!c->closing) {
        c->closing = 1;
        c->server->nopen--;
        uv_close((uv_handle_t *) &c->pipe, connection_closed);
    }
}


static void
connection_closed(uv_handle_t *handle)
{
    server_t      *s;
    connection_t  *c = handle->data;

    s = c->server;

    if (c->prev) {
        c->prev->next = c->next;

    } else {
        s->connections = c->next;
    }

    if (c->next) {
        c->next->prev = c->prev;
    }

    s->nconnections--;
    connection_forget_request(c);

    if (c->call) {
        api_peer_gone(c->call);
    }

    aud_free(c);
}


/* --- answers ------------------------------------------------------------- */


void
server_send(void *connection, aud_buffer_t *frames)
{
    connection_t  *c = connection;
    write_t       *w;

    w = c->closing || frames->failed ? NULL : aud_malloc(sizeof(write_t));

    if (w == NULL) {
        aud_buffer_free(frames);
        connection_refuse(c, "no memory for an answer");
        return;
    }

    if (api_is_stream(c->call)
        && uv_stream_get_write_queue_size((uv_stream_t *) &c->pipe)
           > SERVER_STREAM_BYTES)
    {
        aud_buffer_free(frames);
        aud_free(w);
        connection_refuse(c, "the peer does not read");
        return;
    }

    w->bytes = uv_buf_init(frames->data, frames->len);

    if (uv_write(&w->request, (uv_stream_t *) &c->pipe, &w->bytes, 1,
                 connection_written) != 0)
    {
        aud_free(w->bytes.base);
        aud_free(w);
        connection_close(c);
    }
}


static void
connection_written(uv_write_t *request, int status)
{
    write_t       *w = (write_t *) request;         /* its first member */
    connection_t  *c = request->handle->data;

    if (status != 0) {
        connection_close(c);
    }

    aud_free(w->bytes.base);
    aud_free(w);
}


void
server_call_over(server_t *s, void *connection)
{
    connection_t  *c = connection;

    s->ncalls--;

    if (c) {
        c->call = NULL;
        c->since = aud_ticks();
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
                 "Connections closed for a broken protocol or limit.");
    aud_buffer_printf(out, "audience_connections_refused_total %llu\n",
                      s->refused);
    metrics_head(out, "audience_calls", "gauge", "Calls under way.");
    aud_buffer_printf(out, "audience_calls %u\n", s->ncalls);
}
