/*
 * POSTs to the endpoint of [llm], by libcurl's multi interface in the loop:
 * libcurl says which sockets and which timer it waits for, libuv watches them.
 *
 * Redirects are not followed, cookies not kept, compressed answers not asked
 * for; certificates are verified; an answer beyond LLM_REPLY_MAX bytes, or with
 * more than LLM_HEAD_MAX of headers, is cut off.  Loop thread.
 */

#ifndef LLM_HTTP_H
#define LLM_HTTP_H

#include <uv.h>

#include "aud_buffer.h"
#include "settings.h"

#define LLM_REPLY_MAX  (256 * 1024)
#define LLM_HEAD_MAX   (64 * 1024)

typedef struct llm_http_s  llm_http_t;

typedef struct {
    const char    *trouble;         /* NULL where a whole answer came, else why
                                       not: a sentence without contents */
    unsigned       unsent:1;        /* it cannot have been read over there */
    long           status;
    char           type[64];        /* of the content; "" where unsaid */
    int64_t        retry_after;     /* seconds; 0: not said */
    aud_buffer_t   body;
    int64_t        us;              /* how long it took */
} llm_reply_t;

/* The reply is the caller's until fn returns. */
typedef void (*llm_http_fn)(void *arg, llm_reply_t *reply);

/* NULL with err.  Handles do not keep the loop running. */
llm_http_t *llm_http_create(uv_loop_t *loop, const settings_t *settings,
    aud_error_t *err);

/* body stays the caller's until fn is called, which is never within this
 * call.  idempotency_key: of letters and digits.  -1 when memory is out. */
int  llm_http_post(llm_http_t *h, aud_str_t body, const char *idempotency_key,
    llm_http_fn fn, void *arg);

/* Gives up what is on its way without calling fn.  closed is called in a later
 * turn of the loop. */
void llm_http_close(llm_http_t *h, void (*closed)(void *arg), void *arg);

#endif
