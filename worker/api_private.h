/*
 * What the api_*.c files share about a call, and what connection.c calls.
 */

#ifndef API_PRIVATE_H
#define API_PRIVATE_H

#include "api.h"
#include "keys.h"
#include "lanes.h"

#define API_HEADERS  16

typedef struct scratch_s   scratch_t;
typedef struct exchange_s  exchange_t;

struct scratch_s {                      /* memory that lives as the call does */
    scratch_t          *next;
    char                data[];
};

struct exchange_s {
    api_call_t          call;           /* first: handlers know this alone */
    scratch_t          *scratch;
    const api_route_t  *route;
    aud_str_t           headers[2 * API_HEADERS];
    uint32_t            nheaders;

    /* Idempotency */
    exchange_t         *next_under_way;
    store_key_t         key;            /* len 0: none */
    char                fingerprint[65];

    /* api_commit */
    unsigned            status;
    aud_buffer_t        body;
    void              (*then)(api_call_t *call, store_status_t status);

    /* api_work */
    uv_work_t           work;
    lane_work_t         lane_work;
    void              (*work_fn)(api_call_t *call);
    void              (*work_done)(api_call_t *call);

    /* streams */
    void              (*closed)(api_call_t *call);
    void              (*flushed)(api_call_t *call);
    unsigned            streaming:1;

    /* api_list */
    struct list_s      *list;
};

/* A call of a request frame's payload; NULL where it is malformed (log it) or
 * memory is out. */
api_call_t *api_call_create(worker_t *worker, void *connection,
    aud_str_t payload);

/* The peer went away, or is to be forgotten: nothing is sent to it any more. */
void api_peer_gone(api_call_t *call);
int  api_is_stream(const api_call_t *call);

/* All that the call has sent has been written. */
void api_flushed(api_call_t *call);

/* Memory of the call's own; NULL when it is out. */
char *api_scratch(api_call_t *call, size_t size);

/* api_list.c: whether what api_list_match() reads can be read; -1 with a
 * problem. */
int api_list_check(api_call_t *call, aud_problem_t *problem);

/* From when and before when, of ?from= and ?to=. */
void api_list_times(api_call_t *call, int64_t *from, int64_t *before);

/* The argument `limit`, 50 where it is missing.  -1 with a problem. */
int api_list_limit(api_call_t *call, size_t *limit, aud_problem_t *problem);

/* The problem of an argument.  Returns -1. */
int api_list_bad(aud_problem_t *problem, const char *name,
    const char *expected);

/* Ends a call without a word, for a list whose reader has gone. */
void api_end(api_call_t *call, unsigned status);

/* api_idempotency.c: the call answers nothing more under its key. */
void api_idempotency_release(exchange_t *x);

void api_no_memory(api_call_t *call);

#endif
