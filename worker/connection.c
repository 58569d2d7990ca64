/*
 * Connections of the worker's socket: frames read, calls begun, answers sent.
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "log.h"
#include "server_private.h"

#define CONNECTION_MOST           512
#define CONNECTION_REQUEST_BYTES  (64 * 1024 * 1024)    /* of all requests */
#define CONNECTION_STREAM_BYTES   (256 * 1024)          /* unread, of one */
#define CONNECTION_READ_TIME      (10 * AUD_SECOND)     /* for one request */
#define CONNECTION_WRITE_TIME     (60 * AUD_SECOND)     /* without progress */


typedef struct {
    uv_write_t        request;
    uv_buf_t          bytes;
} write_t;


static void connection_begin(connection_t *c, uv_stream_t *listener);
static int connection_allowed(connection_t *c);
static void connection_make_room(server_t *s);
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


void
connection_accept(uv_stream_t *listener, int status)
{
    server_t      *s = listener->data;
    connection_t  *c;

    c = status == 0 ? aud_calloc(1, sizeof(connection_t)) : NULL;
    if (c == NULL) {
        return;
    }

    connection_make_room(s);

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

    connection_begin(c, listener);
}


static void
connection_begin(connection_t *c, uv_stream_t *listener)
{
    if (uv_accept(listener, (uv_stream_t *) &c->pipe) != 0
        || !connection_allowed(c)
        || uv_read_start((uv_stream_t *) &c->pipe, connection_alloc,
                         connection_read) != 0)
    {
        connection_close(c);

    } else if (c->server->nopen > CONNECTION_MOST) {
        connection_refuse(c, "too many connections");
    }
}


static int
connection_allowed(connection_t *c)
{
    peer_t      who = { .pid = -1, .uid = (uid_t) -1, .gid = (gid_t) -1 };
    uv_os_fd_t  fd;

    if (uv_fileno((uv_handle_t *) &c->pipe, &fd) == 0
        && peers_may_connect(&c->server->peers, fd, &who))
    {
        return 1;
    }

    c->server->refused++;
    log_line(LOG_WARNING, NULL, "a peer may not connect", "i:uid",
             (long long) who.uid, "i:gid", (long long) who.gid, "i:pid",
             (long long) who.pid, NULL);

    return 0;
}


/* The longest idle connection gives way: its peer opens another at need. */

static void
connection_make_room(server_t *s)
{
    connection_t  *c, *idle = NULL;

    if (s->nopen < CONNECTION_MOST) {
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


void
connection_look(connection_t *c, int64_t now)
{
    size_t     unsent;
    server_t  *s = c->server;

    if (c->closing) {
        return;
    }

    unsent = uv_stream_get_write_queue_size((uv_stream_t *) &c->pipe);

    if (unsent == 0 || unsent != c->unsent) {
        if (c->call || unsent) {
            c->since = now;
        }

    } else if (now - c->since > CONNECTION_WRITE_TIME) {
        connection_refuse(c, "the peer does not read");
        return;
    }

    c->unsent = unsent;

    if (c->call == NULL && c->header_len
        && now - c->since > CONNECTION_READ_TIME)
    {
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

    if (s->request_bytes + n > CONNECTION_REQUEST_BYTES) {
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
           > CONNECTION_STREAM_BYTES)
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

    aud_free(w->bytes.base);
    aud_free(w);

    if (status != 0) {
        connection_close(c);

    } else if (c->call && !c->closing
               && uv_stream_get_write_queue_size((uv_stream_t *) &c->pipe)
                  == 0)
    {
        api_flushed(c->call);
    }
}


void
server_cut(void *connection)
{
    connection_refuse(connection, "an answer broke off");
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
