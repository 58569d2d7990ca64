/*
 * The socket on which nginx finds the worker: connections, frames, limits.
 *
 *   accepted ──> idle ──> reading a request ──> its call ──> idle …
 *                                                  │
 *                                      peer gone ──┴──> closed; the call goes on
 *
 * A peer that may not speak to the worker (peers.h) is closed before a byte of
 * it is read.  One that breaks the protocol, is too slow or does not read what it is
 * sent is closed with a log line.  Loop thread.
 */

#ifndef SERVER_H
#define SERVER_H

#include "aud_buffer.h"
#include "aud_error.h"
#include "worker.h"

typedef struct server_s  server_t;

/* Refuses where a live process listens on the socket; replaces a stale one. */
server_t *server_create(worker_t *worker, aud_error_t *err);

/* Listens no more, ends streams, lets calls under way end for some seconds;
 * calls fn, in the loop, when no connection and no call is left. */
void server_drain(server_t *server, void (*fn)(void *arg), void *arg);

/* After draining.  Memory goes when the loop has closed the handles. */
void server_free(server_t *server);

/*
 * For api.c.  connection is NULL once the peer has gone; then nothing is sent.
 * server_send takes the frames.  server_cut closes it in the middle of an answer.
 * server_call_over: the answer is complete, the
 * call is not used any more.
 */
void server_send(void *connection, aud_buffer_t *frames);
void server_cut(void *connection);
void server_call_over(server_t *server, void *connection);

void server_metrics(server_t *server, aud_buffer_t *out);

#endif
