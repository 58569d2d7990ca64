/*
 * What server.c and connection.c share: the socket's connections.
 */

#ifndef SERVER_PRIVATE_H
#define SERVER_PRIVATE_H

#include "aud_frame.h"
#include "api_private.h"
#include "peers.h"
#include "server.h"

#define SERVER_READ_BYTES  65536


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

struct server_s {
    worker_t         *worker;
    uv_pipe_t         listener;
    peers_t           peers;
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


/* For uv_listen(); data of the listener is the server. */
void connection_accept(uv_stream_t *listener, int status);

/* Closes one that is too slow, or that has nothing to do while the server
 * drains.  Called now and then. */
void connection_look(connection_t *c, int64_t now);

#endif
