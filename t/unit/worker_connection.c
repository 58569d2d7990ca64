/*
 * Limits of the worker's socket: peers that are slow to ask or to read, and the
 * bytes of all requests together.  The loop is real, and so are the sockets; the
 * hour is told by the test, and the calls are its own.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "server_private.h"

#define READ_TIME      (10 * AUD_SECOND)
#define WRITE_TIME     (60 * AUD_SECOND)
#define REQUEST_BYTES  (64 * 1024 * 1024)
#define STREAM_BYTES   (256 * 1024)
#define PEERS          48

static server_t     *server;
static worker_t      worker;
static char          path[108], folder[64];
static int           peers[PEERS], npeers, streaming, called;
static size_t        answer_bytes;
static api_call_t    call;              /* a call that connection.c sees */
static const char    request[] = "\0\0\0\1\1x";

static int   begin(void **state);
static int   end(void **state);


/* --- the calls that connection.c begins ----------------------------------- */

api_call_t *
api_call_create(worker_t *w, void *connection, aud_str_t payload)
{
    memset(&call, 0, sizeof(call));
    call.worker = w;
    call.connection = connection;
    return &call;
}


static void
send_bytes(size_t n)
{
    aud_buffer_t  frames = { 0 };

    aud_buffer_reserve(&frames, n);
    memset(frames.data, 'x', n);
    frames.len = n;
    server_send(call.connection, &frames);
}


void
api_dispatch(api_call_t *c)
{
    called++;

    if (answer_bytes) {
        send_bytes(answer_bytes);

        if (!streaming) {
            server_call_over(server, c->connection);
        }
    }
}


void
api_peer_gone(api_call_t *c)
{
    server_call_over(server, NULL);
}


int
api_is_stream(const api_call_t *c)
{
    return c && streaming;
}


void
api_flushed(api_call_t *c)
{
}


/* --- peers ------------------------------------------------------------------ */

static void
turns(int n)
{
    while (n--) {
        uv_run(worker.loop, UV_RUN_NOWAIT);
    }
}


static int
dial(void)
{
    int                 fd;
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    fd = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &address,
                             sizeof(address)), 0);
    peers[npeers++] = fd;
    turns(3);

    return fd;
}


/* The worker's side of the peer that came last. */
static connection_t *
newest(void)
{
    assert_non_null(server->connections);
    return server->connections;
}


static void
say(int fd, const char *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), n);
    turns(3);
}


/* As much of that as the worker takes; it reads while we write. */
static size_t
pour(int fd, size_t n)
{
    size_t       sent;
    ssize_t      rc;
    static char  zeros[65536];

    for (sent = 0; sent < n; sent += rc) {
        rc = send(fd, zeros, n - sent < sizeof(zeros) ? n - sent
                                                      : sizeof(zeros),
                  MSG_NOSIGNAL);

        if (rc < 0 && errno == EAGAIN) {
            rc = 0;

        } else if (rc < 0) {
            return sent;
        }

        turns(1);
    }

    turns(3);
    return sent;
}


/* --- slow peers -------------------------------------------------------------- */

static void
a_request_has_ten_seconds(void **state)
{
    int64_t        first;
    connection_t  *c;

    say(dial(), request, 3);
    c = newest();
    first = c->since;

    connection_look(c, first + READ_TIME);
    assert_false(c->closing);
    say(peers[0], request + 3, 2);
    connection_look(c, first + READ_TIME);
    assert_false(c->closing);

    /* more of it does not give it more time */
    connection_look(c, first + READ_TIME + 1);
    assert_true(c->closing);
    turns(2);
    assert_null(server->connections);
    assert_int_equal(server->refused, 1);
    assert_int_equal(called, 0);
}


static void
an_idle_peer_has_for_ever(void **state)
{
    connection_t  *c;

    dial();
    c = newest();
    connection_look(c, c->since + 3600 * AUD_SECOND);
    assert_false(c->closing);
    assert_int_equal(server->refused, 0);
}


static void
a_call_may_take_long(void **state)
{
    int64_t        now;
    connection_t  *c;

    say(dial(), request, 6);
    c = newest();
    assert_int_equal(called, 1);

    for (now = c->since; now < 24 * 3600 * AUD_SECOND;
         now += 600 * AUD_SECOND)
    {
        connection_look(c, now);
        assert_false(c->closing);
    }

    /* and then the answer has a time of its own */
    send_bytes(4 * 1024 * 1024);
    server_call_over(server, c);
    turns(2);
    connection_look(c, now);
    assert_false(c->closing);
}


static void
an_answer_has_a_minute_without_progress(void **state)
{
    int64_t        now;
    char           some[65536];
    connection_t  *c;

    answer_bytes = 4 * 1024 * 1024;
    say(dial(), request, 6);
    c = newest();
    assert_int_equal(called, 1);
    assert_true(uv_stream_get_write_queue_size((uv_stream_t *) &c->pipe) > 0);

    now = aud_ticks();
    connection_look(c, now);
    connection_look(c, now + WRITE_TIME);
    assert_false(c->closing);

    /* the peer reads what the kernel keeps for it: its minute begins anew */
    while (read(peers[0], some, sizeof(some)) > 0) {
        continue;
    }

    turns(3);
    now += WRITE_TIME + 1;
    connection_look(c, now);
    connection_look(c, now + WRITE_TIME);
    assert_false(c->closing);

    connection_look(c, now + WRITE_TIME + 1);
    assert_true(c->closing);
    turns(2);
    assert_null(server->connections);
    assert_int_equal(server->refused, 1);
}


static void
a_stream_that_nobody_reads_is_cut(void **state)
{
    int            i;
    connection_t  *c;

    streaming = 1;
    answer_bytes = 1024;
    say(dial(), request, 6);
    c = newest();

    /* the kernel keeps some for the peer, then the worker does */
    for (i = 0; i < 10000 && !c->closing; i++) {
        assert_in_range(uv_stream_get_write_queue_size((uv_stream_t *)
                                                       &c->pipe),
                        0, STREAM_BYTES + 1024);
        send_bytes(1024);
    }

    assert_true(c->closing);
    assert_int_equal(server->refused, 1);
}


/* --- all requests together ----------------------------------------------------- */

static void
requests_are_bounded_together(void **state)
{
    int     i;
    size_t  n = AUD_FRAME_MAX_REQUEST - 1;
    char    header[5] = { AUD_FRAME_MAX_REQUEST >> 24 & 0xff,
                          AUD_FRAME_MAX_REQUEST >> 16 & 0xff,
                          AUD_FRAME_MAX_REQUEST >> 8 & 0xff,
                          AUD_FRAME_MAX_REQUEST & 0xff, AUD_FRAME_REQUEST };

    for (i = 0; i < PEERS && server->refused == 0; i++) {
        say(dial(), header, sizeof(header));
        pour(peers[i], n);

        /* a buffer that grows may have twice what it holds */
        assert_true(server->request_bytes
                    <= REQUEST_BYTES + 2 * AUD_FRAME_MAX_REQUEST);
    }

    /* 96 MB would have come: the one that was too many goes, and no other */
    assert_int_equal(server->refused, 1);
    assert_true(i > REQUEST_BYTES / (2 * AUD_FRAME_MAX_REQUEST));
    assert_int_equal(server->nopen, i - 1);

    /* whoever leaves makes room, and nothing is counted twice */
    while (npeers) {
        close(peers[--npeers]);
    }

    turns(5);
    assert_null(server->connections);
    assert_int_equal(server->request_bytes, 0);

    answer_bytes = 5;
    say(dial(), request, 6);
    assert_int_equal(called, 1);
    assert_int_equal(server->request_bytes, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_request_has_ten_seconds, begin, end),
        cmocka_unit_test_setup_teardown(an_idle_peer_has_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(a_call_may_take_long, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_has_a_minute_without_progress,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_stream_that_nobody_reads_is_cut,
                                        begin, end),
        cmocka_unit_test_setup_teardown(requests_are_bounded_together, begin,
                                        end)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}


static int
begin(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/aud-connection-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);

    npeers = streaming = called = 0;
    answer_bytes = 0;
    worker.loop = uv_default_loop();
    server = aud_calloc(1, sizeof(server_t));
    assert_non_null(server);
    server->worker = &worker;
    server->listener.data = server;
    uv_pipe_init(worker.loop, &server->listener, 0);
    assert_int_equal(uv_pipe_bind(&server->listener, path), 0);
    return uv_listen((uv_stream_t *) &server->listener, 64, connection_accept);
}


static int
end(void **state)
{
    while (npeers) {
        close(peers[--npeers]);
    }

    turns(5);
    assert_null(server->connections);
    assert_int_equal(server->request_bytes, 0);
    assert_int_equal(server->nopen, 0);

    uv_close((uv_handle_t *) &server->listener, NULL);
    uv_run(worker.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(worker.loop), 0);
    aud_free(server);
    unlink(path);
    return rmdir(folder);
}
