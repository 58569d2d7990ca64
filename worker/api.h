/*
 * Calls that nginx passes on, and how they are answered.
 *
 * A call owns copies of the request's strings until it is answered.  Handlers
 * run in the loop thread and answer now or later, exactly once.  A peer that
 * goes away does not end a call: its answer is dropped.
 */

#ifndef API_H
#define API_H

#include <jansson.h>

#include "aud_frame.h"
#include "aud_problem.h"
#include "intake.h"
#include "keys.h"
#include "store.h"
#include "worker.h"

typedef struct api_call_s  api_call_t;

struct api_call_s {
    worker_t       *worker;
    aud_request_t   request;            /* tenant and user NUL-terminated too */
    aud_str_t       params[2];          /* {…} of the pattern, decoded */
    int64_t         started;            /* aud_ticks() */
    void           *data;               /* the handler's own */
    void           *connection;         /* connection.c's own */
};

typedef struct {
    aud_method_t    method;
    const char     *pattern;            /* "/v1/imports/{id}/errors.csv" */
    void          (*handle)(api_call_t *call);
} api_route_t;

/* Tables end with a NULL pattern; api.c lists them. */
extern const api_route_t  import_routes[];      /* api_imports.c */
extern const api_route_t  intake_routes[];      /* api_intake.c */
extern const api_route_t  conversation_routes[];    /* api_conversations.c */
extern const api_route_t  model_routes[];       /* api_models.c */
extern const api_route_t  classification_routes[];  /* api_classification.c */
extern const api_route_t  audience_routes[];    /* api_audiences.c */
extern const api_route_t  export_routes[];      /* api_exports.c */
extern const api_route_t  profile_routes[];     /* api_profiles.c */
extern const api_route_t  erase_routes[];       /* api_erase.c */
extern const api_route_t  rule_routes[];        /* api_rules.c */
extern const api_route_t  resolution_routes[];  /* api_resolution.c */
extern const api_route_t  segmentation_routes[];    /* api_segmentations.c */
extern const api_route_t  job_routes[];         /* api_jobs.c */
extern const api_route_t  user_routes[];        /* api_users.c */
extern const api_route_t  status_routes[];      /* api_status.c */
extern const api_route_t  backup_routes[];      /* api_backup.c */

/* Finds the route and calls it; 404 and 405 problems otherwise.  HEAD is GET. */
void api_dispatch(api_call_t *call);

/* A query argument, decoded (+ and %XX), owned by the call; len 0 if missing.
 * api_arg_present tells an empty one from a missing one. */
aud_str_t api_arg(api_call_t *call, const char *name);
int       api_arg_present(api_call_t *call, const char *name);

/* The record that the first {…} of the path names by an id of that prefix, and
 * the id; NULL after a 404, or a 500 where it cannot be read. */
json_t   *api_named(api_call_t *call, key_kind_t kind, const char *prefix,
    aud_uuid_t *id);

/* Answers.  Each takes its body and ends the call. */
void api_json(api_call_t *call, unsigned status, json_t *body);
void api_problem(api_call_t *call, const aud_problem_t *problem);
void api_not_found(api_call_t *call);
void api_unreadable(api_call_t *call);      /* 500: it may well be there */
void api_text(api_call_t *call, unsigned status, const char *content_type,
    aud_buffer_t *body);
void api_empty(api_call_t *call, unsigned status);      /* 204 */

/* A file that nginx has spooled and hands over, of a kind other than contacts
 * (api_intake.c); its record is the body of the call, which it answers. */
void intake_take(api_call_t *call, intake_kind_t kind);

/* An import of lines that the worker writes itself (api_intake.c), which is the
 * answer; takes their buffer.  After api_replayed(). */
void intake_own(api_call_t *call, intake_kind_t kind, aud_buffer_t *lines);

/* Adds a header to the answer; call before answering.  Copies. */
void api_header(api_call_t *call, const char *name, const char *value);

/* The request's body as a JSON object (a new reference), or NULL after having
 * answered with a problem. */
json_t *api_body(api_call_t *call, size_t max);

/*
 * Idempotency.  api_replayed: where the request's Idempotency-Key has an answer
 * already (or one under way: 409; or was used for another request: 422) gives
 * it and returns 1.  Keys live 24 hours.
 */
int  api_replayed(api_call_t *call);

/*
 * Commits batch (taken), with the answer kept under the Idempotency-Key, then
 * answers; 507 where the disk is full.  location may be NULL.  then, which may
 * be NULL, runs after the commit and before the answer; it gets the status.
 */
void api_commit(api_call_t *call, store_batch_t *batch, unsigned status,
    const char *location, json_t *body,
    void (*then)(api_call_t *call, store_status_t status));

/*
 * For a handler that commits by itself, within api_work(): puts the answer that
 * it is going to give into its batch, where the request has an Idempotency-Key.
 * After api_replayed().
 */
void api_keep(api_call_t *call, store_batch_t *batch, unsigned status,
    const char *location, const json_t *body);

/*
 * Runs work in libuv's pool, then done in the loop thread.  For short blocking
 * things: files, reads of the store.
 */
void api_work(api_call_t *call, void (*work)(api_call_t *call),
    void (*done)(api_call_t *call));

/*
 * The same in the tenant's lane (lanes.h), where it waits for the tenant's
 * other such calls.  For what may take long: evaluation, base changes.
 */
void api_work_long(api_call_t *call, void (*work)(api_call_t *call),
    void (*done)(api_call_t *call));

/*
 * A stream (server-sent events): begin, write …, end.  closed runs once, in the
 * loop thread, when the peer has gone; after it do not touch the call but for
 * api_stream_end().
 */
void api_stream_begin(api_call_t *call, const char *content_type,
    void (*closed)(api_call_t *call));
void api_stream_write(api_call_t *call, aud_str_t text);
void api_stream_end(api_call_t *call);

/* fn runs once, in the loop thread, when all that was written has gone to the
 * peer: for streams that follow its pace.  Not where the peer has gone. */
void api_stream_flushed(api_call_t *call, void (*fn)(api_call_t *call));

/* Instead of the end: closes the connection, so that the peer knows that
 * something is missing. */
void api_stream_cut(api_call_t *call);

/*
 * Lists: GET with q, from, to (dates or RFC 3339), limit (50, at most 1000),
 * cursor.  Walks KEY kind of the tenant from the newest id down; keep() turns a
 * stored record into what is shown (a new reference), or NULL to leave it out;
 * q, from and to are its own to apply through api_list_match().  Answers
 * {"items": […], "next": …}.
 */
typedef json_t *(*api_keep_fn)(api_call_t *call, const aud_uuid_t *id,
    json_t *record);
/* show, which may be NULL, completes each item of the answer in the tenant's
 * lane; takes and returns it. */
typedef json_t *(*api_show_fn)(api_call_t *call, json_t *item);
void api_list(api_call_t *call, int kind, const char *id_prefix,
    api_keep_fn keep, api_show_fn show);

/* Whether text matches ?q= (folded, contains) and time (RFC 3339) lies within
 * ?from= and ?to= (a date alone means the whole day). */
int  api_list_match(api_call_t *call, const char *text, const char *time);

#endif
