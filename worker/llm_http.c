/*
 * libcurl in the loop.
 *
 *   curl_multi ── http_socket: watch, forget ──> uv_poll ──┐
 *       ^      ── http_timer ──────────────────> uv_timer ─┤
 *       └────────── curl_multi_socket_action() <───────────┘
 */

#include <curl/curl.h>
#include <stdio.h>
#include <strings.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "llm_http.h"
#include "llm_private.h"
#include "log.h"

#define HTTP_URL_SIZE  (256 + sizeof("/chat/completions"))


typedef struct transfer_s  transfer_t;
typedef struct watch_s     watch_t;

struct llm_http_s {
    const settings_t    *settings;
    CURLM               *multi;
    uv_loop_t           *loop;
    uv_timer_t           timer;
    char                 url[HTTP_URL_SIZE];
    char                 authorization[LLM_KEY_SIZE + 32];
    transfer_t          *transfers;
    unsigned             handles;       /* not closed yet: timer, watches */
    void               (*closed)(void *arg);
    void                *closed_arg;
};

struct transfer_s {
    transfer_t          *next;
    transfer_t         **self;          /* the pointer that points here */
    llm_http_t          *http;
    CURL                *curl;
    struct curl_slist   *headers;
    llm_http_fn          fn;
    void                *arg;
    llm_reply_t          reply;
    size_t               head;          /* bytes of headers */
    unsigned             too_long:1;
    int64_t              began;         /* aud_ticks() */
};

struct watch_s {
    uv_poll_t            poll;
    llm_http_t          *http;
    curl_socket_t        fd;
};


static int http_address(llm_http_t *h, aud_error_t *err);
static int transfer_set(transfer_t *t, aud_str_t body, const char *key);
static int transfer_headers(transfer_t *t, const char *key);
static int transfer_security(transfer_t *t);
static size_t transfer_body(char *data, size_t size, size_t n, void *arg);
static size_t transfer_header(char *data, size_t size, size_t n, void *arg);
static void transfer_free(transfer_t *t);
static void transfer_ended(transfer_t *t, CURLcode code);
static const char *transfer_trouble(CURLcode code);
static int http_socket(CURL *curl, curl_socket_t fd, int what, void *arg,
    void *watch);
static watch_t *watch_create(llm_http_t *h, curl_socket_t fd);
static void watch_event(uv_poll_t *poll, int status, int events);
static void watch_closed(uv_handle_t *handle);
static int http_timer(CURLM *multi, long ms, void *arg);
static void http_time(uv_timer_t *timer);
static void http_timer_closed(uv_handle_t *handle);
static void http_act(llm_http_t *h, curl_socket_t fd, int events);
static void http_released(llm_http_t *h);


llm_http_t *
llm_http_create(uv_loop_t *loop, const settings_t *settings, aud_error_t *err)
{
    llm_http_t  *h;

    h = aud_calloc(1, sizeof(llm_http_t));
    if (h == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    h->settings = settings;
    h->loop = loop;
    h->multi = curl_multi_init();

    if (h->multi == NULL || http_address(h, err) != 0) {
        aud_error_set(err, "%s", h->multi ? err->text : "no memory");
        curl_multi_cleanup(h->multi);
        aud_free(h);
        return NULL;
    }

    uv_timer_init(loop, &h->timer);
    uv_unref((uv_handle_t *) &h->timer);
    h->timer.data = h;
    h->handles = 1;

    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, http_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, http_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);

    return h;
}


static int
http_address(llm_http_t *h, aud_error_t *err)
{
    int     rc;
    char    key[LLM_KEY_SIZE];
    size_t  len;

    len = strlen(h->settings->llm_url);

    while (len && h->settings->llm_url[len - 1] == '/') {
        len--;
    }

    snprintf(h->url, sizeof(h->url), "%.*s/chat/completions", (int) len,
             h->settings->llm_url);

    rc = llm_key(h->settings, key, err);

    if (rc == 0 && key[0]) {
        snprintf(h->authorization, sizeof(h->authorization),
                 "Authorization: Bearer %s", key);
    }

    explicit_bzero(key, sizeof(key));

    return rc;
}


/* --- one transfer --------------------------------------------------------- */


int
llm_http_post(llm_http_t *h, aud_str_t body, const char *idempotency_key,
    llm_http_fn fn, void *arg)
{
    transfer_t  *t;

    t = aud_calloc(1, sizeof(transfer_t));
    if (t == NULL) {
        return -1;
    }

    t->http = h;
    t->fn = fn;
    t->arg = arg;
    t->began = aud_ticks();
    t->self = &h->transfers;
    t->next = h->transfers;
    t->curl = curl_easy_init();

    if (t->curl == NULL || transfer_set(t, body, idempotency_key) != 0
        || curl_multi_add_handle(h->multi, t->curl) != CURLM_OK)
    {
        curl_easy_cleanup(t->curl);
        curl_slist_free_all(t->headers);
        aud_free(t);
        return -1;
    }

    if (t->next) {
        t->next->self = &t->next;
    }

    h->transfers = t;

    return 0;
}


static int
transfer_set(transfer_t *t, aud_str_t body, const char *key)
{
    int                rc = transfer_headers(t, key);
    CURL              *curl = t->curl;
    const settings_t  *s = t->http->settings;

    rc |= transfer_security(t);
    rc |= curl_easy_setopt(curl, CURLOPT_PRIVATE, t);
    rc |= curl_easy_setopt(curl, CURLOPT_URL, t->http->url);
    rc |= curl_easy_setopt(curl, CURLOPT_POST, 1L);
    rc |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
    rc |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                           (curl_off_t) body.len);
    rc |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, t->headers);
    rc |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "audience-worker");
    rc |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                           (long) s->llm_timeout_ms);
    rc |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                           (long) s->llm_connect_timeout_ms);
    rc |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, transfer_body);
    rc |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    rc |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, transfer_header);
    rc |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);

    return rc ? -1 : 0;
}


static int
transfer_headers(transfer_t *t, const char *key)
{
    char                line[128];
    size_t              i;
    struct curl_slist  *longer;

    const char  *lines[] = {
        "Content-Type: application/json", "Accept: application/json",
        "Expect:", line, t->http->authorization
    };

    snprintf(line, sizeof(line), "Idempotency-Key: %s", key);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i][0] == '\0') {
            continue;
        }

        longer = curl_slist_append(t->headers, lines[i]);
        if (longer == NULL) {
            return -1;
        }

        t->headers = longer;
    }

    return 0;
}


/* A host that resolves slowly must not stop the loop when time is over: the
 * resolver's thread is left to end by itself (QUICK_EXIT).  http:// is this
 * machine, which no proxy stands before. */

static int
transfer_security(transfer_t *t)
{
    int                rc = 0;
    CURL              *curl = t->curl;
    const settings_t  *s = t->http->settings;

    rc |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    rc |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    rc |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    rc |= curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                           (long) CURL_SSLVERSION_TLSv1_2);
    rc |= curl_easy_setopt(curl, CURLOPT_PROXY,
                           s->llm_url[4] == 's' ? s->llm_proxy : "");

    if (s->llm_ca[0]) {
        rc |= curl_easy_setopt(curl, CURLOPT_CAINFO, s->llm_ca);
    }

    return rc ? -1 : 0;
}


static size_t
transfer_body(char *data, size_t size, size_t n, void *arg)
{
    transfer_t  *t = arg;

    if (t->reply.body.len + size * n > LLM_REPLY_MAX) {
        t->too_long = 1;
        return 0;
    }

    aud_buffer_add(&t->reply.body, data, size * n);

    return t->reply.body.failed ? 0 : size * n;
}


static size_t
transfer_header(char *data, size_t size, size_t n, void *arg)
{
    transfer_t  *t = arg;

    t->head += size * n;
    t->too_long |= t->head > LLM_HEAD_MAX;

    return t->too_long ? 0 : size * n;
}


static void
transfer_free(transfer_t *t)
{
    *t->self = t->next;

    if (t->next) {
        t->next->self = t->self;
    }

    curl_multi_remove_handle(t->http->multi, t->curl);
    curl_easy_cleanup(t->curl);
    curl_slist_free_all(t->headers);
    aud_buffer_free(&t->reply.body);
    aud_free(t);
}


static void
transfer_ended(transfer_t *t, CURLcode code)
{
    long          sent = 0;
    char         *type = NULL;
    curl_off_t    after = 0;
    llm_reply_t  *r = &t->reply;

    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &r->status);
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &after);
    curl_easy_getinfo(t->curl, CURLINFO_REQUEST_SIZE, &sent);

    snprintf(r->type, sizeof(r->type), "%s", type ? type : "");
    r->retry_after = after > 0 ? after : 0;
    r->unsent = code != CURLE_OK && sent == 0;
    r->us = aud_ticks() - t->began;
    r->trouble = t->too_long ? "its answer is too long"
                 : code == CURLE_OK ? NULL : transfer_trouble(code);

    t->fn(t->arg, r);
    transfer_free(t);
}


static const char *
transfer_trouble(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "its name is not found";
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "the name of the proxy is not found";
    case CURLE_COULDNT_CONNECT:
        return "it cannot be reached";
    case CURLE_OPERATION_TIMEDOUT:
        return "it took too long";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "its certificate is not one that is trusted";
    case CURLE_SSL_CACERT_BADFILE:
        return "the file of ca cannot be read";
    case CURLE_SSL_CONNECT_ERROR:
        return "no encrypted connection to it came about";
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return "the connection to it broke";
    default:
        return curl_easy_strerror(code);
    }
}


/* --- between libcurl and libuv -------------------------------------------- */


static int
http_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *data)
{
    int          events;
    watch_t     *watch = data;
    llm_http_t  *h = arg;

    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            curl_multi_assign(h->multi, fd, NULL);
            uv_close((uv_handle_t *) &watch->poll, watch_closed);
        }

        return 0;
    }

    if (watch == NULL) {
        watch = watch_create(h, fd);
        curl_multi_assign(h->multi, fd, watch);
    }

    events = (what & CURL_POLL_IN ? UV_READABLE : 0)
             | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&watch->poll, events, watch_event);

    return 0;
}


static watch_t *
watch_create(llm_http_t *h, curl_socket_t fd)
{
    watch_t  *watch;

    watch = aud_calloc(1, sizeof(watch_t));

    if (watch == NULL || uv_poll_init_socket(h->loop, &watch->poll, fd) != 0) {
        log_no_memory("watching a socket");
    }

    uv_unref((uv_handle_t *) &watch->poll);
    watch->poll.data = watch;
    watch->http = h;
    watch->fd = fd;
    h->handles++;

    return watch;
}


static void
watch_event(uv_poll_t *poll, int status, int events)
{
    int       mask;
    watch_t  *watch = poll->data;

    mask = status < 0 ? CURL_CSELECT_ERR
           : (events & UV_READABLE ? CURL_CSELECT_IN : 0)
             | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);

    http_act(watch->http, watch->fd, mask);
}


static void
watch_closed(uv_handle_t *handle)
{
    watch_t     *watch = handle->data;
    llm_http_t  *h = watch->http;

    aud_free(watch);
    http_released(h);
}


/* libcurl must not be called from within this: a time of 0 waits for the next
 * turn as well. */

static int
http_timer(CURLM *multi, long ms, void *arg)
{
    llm_http_t  *h = arg;

    if (ms < 0) {
        uv_timer_stop(&h->timer);

    } else {
        uv_timer_start(&h->timer, http_time, (uint64_t) ms, 0);
    }

    return 0;
}


static void
http_time(uv_timer_t *timer)
{
    http_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}


/* A transfer that ends by time-out ends without an event of its own: what has
 * ended is asked for each time. */

static void
http_act(llm_http_t *h, curl_socket_t fd, int events)
{
    int          n;
    CURLMsg     *message;
    transfer_t  *t;

    curl_multi_socket_action(h->multi, fd, events, &n);

    while ((message = curl_multi_info_read(h->multi, &n)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
            transfer_ended(t, message->data.result);
        }
    }
}


void
llm_http_close(llm_http_t *h, void (*closed)(void *arg), void *arg)
{
    h->closed = closed;
    h->closed_arg = arg;

    while (h->transfers) {
        transfer_free(h->transfers);
    }

    curl_multi_cleanup(h->multi);
    explicit_bzero(h->authorization, sizeof(h->authorization));
    uv_close((uv_handle_t *) &h->timer, http_timer_closed);
}


static void
http_timer_closed(uv_handle_t *handle)
{
    http_released(handle->data);
}


static void
http_released(llm_http_t *h)
{
    if (--h->handles == 0) {
        h->closed(h->closed_arg);
        aud_free(h);
    }
}
