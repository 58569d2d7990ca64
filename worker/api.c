/*
 * Calls: found in the tables of routes, answered in frames.
 */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_filter.h"
#include "api_private.h"
#include "log.h"
#include "metrics.h"
#include "server.h"
#include "users.h"


static void api_copy_strings(exchange_t *x);
static int api_match(const char *pattern, aud_str_t path,
    aud_str_t params[2]);
static void api_not_allowed(exchange_t *x, unsigned methods);
static void api_answer(exchange_t *x, unsigned status, const char *type,
    aud_str_t body);
static void api_answer_json(exchange_t *x, unsigned status, aud_str_t body);
static void api_worked(uv_work_t *work, int status);
static void api_working(uv_work_t *work);
static exchange_t *api_exchange_of(lane_work_t *work);
static void api_worked_long(lane_work_t *work);
static void api_working_long(lane_work_t *work);


static const api_route_t *const  tables[] = {
    import_routes, intake_routes, conversation_routes, model_routes,
    classification_routes, audience_routes, export_routes, profile_routes,
    erase_routes, resolution_routes, rule_routes, segmentation_routes,
    job_routes, user_routes, status_routes, backup_routes
};

static const char *const  method_names[] = {
    "", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "IMPORT",
    "BACKUP"
};


api_call_t *
api_call_create(worker_t *worker, void *connection, aud_str_t payload)
{
    exchange_t  *x;

    x = aud_calloc(1, sizeof(exchange_t));
    if (x == NULL) {
        return NULL;
    }

    if (aud_frame_read_request(payload, &x->call.request) != 0) {
        aud_free(x);
        return NULL;
    }

    api_copy_strings(x);
    x->call.worker = worker;
    x->call.connection = connection;
    x->call.started = aud_ticks();

    return &x->call;
}


/* The frame is the connection's; copies end with a NUL. */

static void
api_copy_strings(exchange_t *x)
{
    char           *copy;
    size_t          i;
    aud_request_t  *r = &x->call.request;
    aud_str_t      *strings[] = {
        &r->tenant, &r->user, &r->request_id, &r->path, &r->args,
        &r->content_type, &r->accept_language, &r->idempotency_key,
        &r->base_url, &r->last_event_id, &r->body
    };

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        copy = api_scratch(&x->call, strings[i]->len + 1);

        if (copy == NULL) {
            log_no_memory("request");
        }

        if (strings[i]->len) {
            memcpy(copy, strings[i]->data, strings[i]->len);
        }

        copy[strings[i]->len] = '\0';
        strings[i]->data = copy;
    }
}


char *
api_scratch(api_call_t *call, size_t size)
{
    exchange_t  *x = (exchange_t *) call;
    scratch_t   *s;

    s = aud_malloc(sizeof(scratch_t) + size);
    if (s == NULL) {
        return NULL;
    }

    s->next = x->scratch;
    x->scratch = s;

    return s->data;
}


void
api_dispatch(api_call_t *call)
{
    size_t              i;
    unsigned            methods = 0;
    exchange_t         *x = (exchange_t *) call;
    aud_method_t        method;
    const api_route_t  *r;

    method = call->request.method == AUD_METHOD_HEAD ? AUD_METHOD_GET
                                                     : call->request.method;

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (r = tables[i]; r->pattern; r++) {
            if (!api_match(r->pattern, call->request.path, call->params)) {
                continue;
            }

            if (r->method == method) {
                x->route = r;
                users_see(call);
                r->handle(call);
                return;
            }

            methods |= 1u << r->method;
        }
    }

    if (methods & ~(1u << AUD_METHOD_IMPORT | 1u << AUD_METHOD_BACKUP)) {
        api_not_allowed(x, methods);

    } else {
        api_not_found(call);
    }
}


/* "{…}" stands for one whole segment of the path, which is not empty. */

static int
api_match(const char *pattern, aud_str_t path, aud_str_t params[2])
{
    size_t       n = 0;
    const char  *p = path.data, *end = path.data + path.len, *start;

    params[0] = params[1] = aud_str("", 0);

    while (*pattern) {
        if (*pattern == '{') {
            for (start = p; p < end && *p != '/'; p++) {
                /* void */
            }

            if (p == start || n == 2) {
                return 0;
            }

            params[n++] = aud_str(start, p - start);
            pattern = strchr(pattern, '}') + 1;

        } else if (p == end || *p++ != *pattern++) {
            return 0;
        }
    }

    return p == end;
}


static void
api_not_allowed(exchange_t *x, unsigned methods)
{
    char           allowed[64] = "";
    size_t         len = 0;
    aud_method_t   m;
    aud_problem_t  problem = { 0 };

    if (methods & 1u << AUD_METHOD_GET) {
        methods |= 1u << AUD_METHOD_HEAD;
    }

    /* nginx takes the file of a POST and sends an IMPORT */
    if (methods & 1u << AUD_METHOD_IMPORT) {
        methods |= 1u << AUD_METHOD_POST;
    }

    for (m = AUD_METHOD_GET; m <= AUD_METHOD_DELETE; m++) {
        if (methods & 1u << m) {
            len += snprintf(allowed + len, sizeof(allowed) - len, "%s%s",
                            len ? ", " : "", method_names[m]);
        }
    }

    aud_problem_set(&problem, 405, "method-not-allowed",
                    "Method not allowed",
                    "This address takes %s.", allowed);
    api_header(&x->call, "Allow", allowed);
    api_problem(&x->call, &problem);
}


/* --- answers ------------------------------------------------------------- */


void
api_json(api_call_t *call, unsigned status, json_t *body)
{
    char  *text = NULL;

    if (body) {
        text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
        json_decref(body);
    }

    if (text == NULL) {
        api_no_memory(call);
        return;
    }

    api_answer_json((exchange_t *) call, status, aud_str(text, strlen(text)));
    free(text);
}


static void
api_answer_json(exchange_t *x, unsigned status, aud_str_t body)
{
    api_answer(x, status, "application/json", body);
}


void
api_problem(api_call_t *call, const aud_problem_t *problem)
{
    aud_buffer_t  body = { 0 };

    aud_problem_render(problem, &body);

    if (body.failed) {
        aud_buffer_free(&body);
        api_end(call, 500);
        return;
    }

    api_answer((exchange_t *) call, problem->status, "application/problem+json",
               aud_buffer_str(&body));
    aud_buffer_free(&body);
}


void
api_not_found(api_call_t *call)
{
    aud_problem_t  problem = { 0 };

    aud_problem_set(&problem, 404, "not-found", "Not found",
                    "Nothing is found at this address.");
    api_problem(call, &problem);
}


void
api_unreadable(api_call_t *call)
{
    aud_problem_t  problem = { 0 };

    aud_problem_set(&problem, 500, "internal-error", "Something went wrong",
                    "What is stored about it cannot be read; nothing was "
                    "changed.");
    api_problem(call, &problem);
}


void
api_no_memory(api_call_t *call)
{
    aud_problem_t  problem = { 0 };

    aud_problem_set(&problem, 500, "internal-error", "Something went wrong",
                    "The server is out of memory.");
    api_problem(call, &problem);
}


void
api_text(api_call_t *call, unsigned status, const char *content_type,
    aud_buffer_t *body)
{
    if (body->failed) {
        aud_buffer_free(body);
        api_no_memory(call);
        return;
    }

    api_answer((exchange_t *) call, status, content_type,
               aud_buffer_str(body));
    aud_buffer_free(body);
}


void
api_empty(api_call_t *call, unsigned status)
{
    api_answer((exchange_t *) call, status, NULL, aud_str("", 0));
}


/* Control characters, which could begin a header of their own, are left out. */

void
api_header(api_call_t *call, const char *name, const char *value)
{
    char        *copy;
    size_t       i, len = 0;
    exchange_t  *x = (exchange_t *) call;

    copy = api_scratch(call, strlen(value) + 1);

    if (copy == NULL || x->nheaders == API_HEADERS) {
        return;
    }

    for (i = 0; value[i]; i++) {
        if ((unsigned char) value[i] >= 0x20 && value[i] != 0x7f) {
            copy[len++] = value[i];
        }
    }

    x->headers[2 * x->nheaders] = aud_str(name, strlen(name));
    x->headers[2 * x->nheaders + 1] = aud_str(copy, len);
    x->nheaders++;
}


static void
api_answer(exchange_t *x, unsigned status, const char *type, aud_str_t body)
{
    aud_buffer_t  frames = { 0 };

    if (x->call.connection) {
        if (type) {
            api_header(&x->call, "Content-Type", type);
        }

        api_header(&x->call, "Cache-Control", "no-store");
        aud_frame_write_head(&frames, status, body.len, x->headers,
                             x->nheaders);

        if (x->call.request.method != AUD_METHOD_HEAD) {
            aud_frame_write_data(&frames, body);
        }

        aud_frame_write_end(&frames);
        server_send(x->call.connection, &frames);
    }

    api_end(&x->call, status);
}


void
api_end(api_call_t *call, unsigned status)
{
    int64_t      us = aud_ticks() - call->started;
    scratch_t   *s, *next;
    exchange_t  *x = (exchange_t *) call;
    const char  *route, *method;

    route = x->route ? x->route->pattern : "none";
    method = method_names[call->request.method];

    metrics_request(method, route, status, x->streaming ? -1 : us);
    log_line(LOG_INFO, call->request.request_id.data, "call",
             "s:tenant", call->request.tenant.data, "s:method", method,
             "s:route", route, "i:status", (long long) status,
             "f:ms", us / 1000.0, NULL);

    api_idempotency_release(x);
    server_call_over(call->worker->server, call->connection);

    for (s = x->scratch; s; s = next) {
        next = s->next;
        aud_free(s);
    }

    aud_buffer_free(&x->body);
    aud_free(x);
}


json_t *
api_body(api_call_t *call, size_t max)
{
    json_t         *body;
    aud_problem_t   problem = { 0 };

    body = aud_json_read(call->request.body, max, &problem);

    if (body == NULL) {
        api_problem(call, &problem);
    }

    return body;
}


/* --- later --------------------------------------------------------------- */


void
api_work(api_call_t *call, void (*work)(api_call_t *call),
    void (*done)(api_call_t *call))
{
    exchange_t  *x = (exchange_t *) call;

    x->work.data = x;
    x->work_fn = work;
    x->work_done = done;

    if (uv_queue_work(call->worker->loop, &x->work, api_working, api_worked)
        != 0)
    {
        log_no_memory("work");
    }
}


static void
api_working(uv_work_t *work)
{
    exchange_t  *x = work->data;

    x->work_fn(&x->call);
}


static void
api_worked(uv_work_t *work, int status)
{
    exchange_t  *x = work->data;

    x->work_done(&x->call);
}


void
api_work_long(api_call_t *call, void (*work)(api_call_t *call),
    void (*done)(api_call_t *call))
{
    exchange_t  *x = (exchange_t *) call;

    x->work_fn = work;
    x->work_done = done;
    x->lane_work.run = api_working_long;
    x->lane_work.done = api_worked_long;

    lanes_post(call->worker->lanes, call->request.tenant.data, &x->lane_work);
}


static void
api_working_long(lane_work_t *work)
{
    exchange_t  *x = api_exchange_of(work);

    x->work_fn(&x->call);
}


static void
api_worked_long(lane_work_t *work)
{
    exchange_t  *x = api_exchange_of(work);

    x->work_done(&x->call);
}


static exchange_t *
api_exchange_of(lane_work_t *work)
{
    return (exchange_t *) ((char *) work - offsetof(exchange_t, lane_work));
}


/* --- streams ------------------------------------------------------------- */


void
api_stream_begin(api_call_t *call, const char *content_type,
    void (*closed)(api_call_t *call))
{
    exchange_t    *x = (exchange_t *) call;
    aud_buffer_t   frames = { 0 };

    x->streaming = 1;
    x->closed = closed;

    if (call->connection == NULL) {
        return;
    }

    api_header(call, "Content-Type", content_type);
    api_header(call, "Cache-Control", "no-store");
    aud_frame_write_head(&frames, 200, AUD_LENGTH_UNKNOWN, x->headers,
                         x->nheaders);
    server_send(call->connection, &frames);
}


void
api_stream_write(api_call_t *call, aud_str_t text)
{
    aud_buffer_t  frames = { 0 };

    if (call->connection && call->request.method != AUD_METHOD_HEAD) {
        aud_frame_write_data(&frames, text);
        server_send(call->connection, &frames);
    }
}


void
api_stream_end(api_call_t *call)
{
    aud_buffer_t  frames = { 0 };

    if (call->connection) {
        aud_frame_write_end(&frames);
        server_send(call->connection, &frames);
    }

    api_end(call, 200);
}


void
api_stream_flushed(api_call_t *call, void (*fn)(api_call_t *call))
{
    ((exchange_t *) call)->flushed = fn;
}


void
api_flushed(api_call_t *call)
{
    exchange_t   *x = (exchange_t *) call;
    void        (*fn)(api_call_t *call) = x->flushed;

    x->flushed = NULL;

    if (fn) {
        fn(call);
    }
}


void
api_stream_cut(api_call_t *call)
{
    unsigned  status = call->connection ? 500 : 499;

    if (call->connection) {
        server_cut(call->connection);
    }

    api_end(call, status);
}


void
api_peer_gone(api_call_t *call)
{
    exchange_t  *x = (exchange_t *) call;

    call->connection = NULL;

    if (x->closed) {
        x->closed(call);
    }
}


int
api_is_stream(const api_call_t *call)
{
    return ((const exchange_t *) call)->streaming;
}
