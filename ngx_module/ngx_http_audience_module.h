/*
 * ngx_http_audience_module: what its units share.
 *
 *   module      which directives there are, which handler a request goes to
 *   directives  what each directive takes
 *   request     what every handler asks of a request: tenant, headers, body
 *   answer      JSON answers and problems; nginx's own errors as problems
 *   thread      work in a thread pool while a request waits
 *   import      an upload: checked and spooled while it streams in
 *   upload      its bytes: form, rules, digest
 *   spool       the file that an upload becomes
 *   pass        a call handed to the worker through an upstream
 *   frame       the worker's answer, taken out of its frames
 *   generation  which generation of a tenant's data a query sees
 *   opening     a new generation, and what is served meanwhile
 *   watch       what the worker writes, as it does
 *   query       filters, fields, values
 *   download    the file behind a signed link
 *   page        what a person sees whose link is no good
 */

#ifndef NGX_HTTP_AUDIENCE_MODULE_H
#define NGX_HTTP_AUDIENCE_MODULE_H

#include "ngx_http_audience_compat.h"

#include "aud_frame.h"
#include "aud_generation.h"
#include "aud_problem.h"
#include "aud_token.h"


#define NGX_HTTP_AUDIENCE_IMPORT    0x01
#define NGX_HTTP_AUDIENCE_QUERY     0x02
#define NGX_HTTP_AUDIENCE_DOWNLOAD  0x04
#define NGX_HTTP_AUDIENCE_PASS      0x08

#define NGX_HTTP_AUDIENCE_MAX_BODY  (1024 * 1024)   /* of calls, not uploads */


typedef struct ngx_http_audience_bases_s   ngx_http_audience_bases_t;
typedef struct ngx_http_audience_import_s  ngx_http_audience_import_t;
typedef struct ngx_http_audience_pass_s    ngx_http_audience_pass_t;
typedef struct ngx_http_audience_query_s   ngx_http_audience_query_t;


typedef struct {
    ngx_http_audience_bases_t  *bases;          /* of this nginx worker */
} ngx_http_audience_main_conf_t;


typedef struct {
    ngx_str_t                   root;           /* with a final NUL */
    ngx_http_complex_value_t   *tenant;
    ngx_http_complex_value_t   *user;
    ngx_thread_pool_t          *threads;
    aud_link_keys_t            *link_keys;

    /* these are not inherited */

    ngx_uint_t                  handlers;       /* NGX_HTTP_AUDIENCE_… */
    off_t                       max_size;
    ngx_uint_t                  max_rows;
    ngx_uint_t                  lines;          /* uploads are NDJSON */
    ngx_http_upstream_conf_t    upstream;
    ngx_http_upstream_conf_t    import_upstream;
    ngx_int_t                   request_id;     /* index of $request_id */

    u_char                     *file;           /* where the location stands */
    ngx_uint_t                  line;
} ngx_http_audience_loc_conf_t;


typedef struct {
    ngx_str_t                   tenant;
    ngx_str_t                   user;           /* empty: nobody */

    ngx_http_audience_import_t *import;
    ngx_http_audience_pass_t   *pass;
    ngx_http_audience_query_t  *query;

    ngx_str_t                   token;          /* of a link */
    off_t                       download;       /* bytes of the file */
    ngx_str_t                   counter;        /* the file that counts them */
    ngx_table_elt_t            *disposition;    /* Content-Disposition */

    aud_buffer_t                error;          /* in place of nginx's page */

    unsigned                    sent:1;         /* the worker may know of it */
    unsigned                    worker_failed:1;
    unsigned                    answered:1;     /* the answer is not nginx's */
    unsigned                    replaced:1;     /* error has been sent */
} ngx_http_audience_ctx_t;


/* module */

extern ngx_module_t  ngx_http_audience_module;

/* The request's context, made at its first use; NULL: no memory. */
ngx_http_audience_ctx_t *ngx_http_audience_ctx(ngx_http_request_t *r);

/* The handler of every location that answers calls. */
ngx_int_t ngx_http_audience_handler(ngx_http_request_t *r);


/* directives */

char *ngx_http_audience_set_root(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_audience_set_import(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_audience_set_query(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_audience_set_download(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_audience_set_pass(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_audience_set_threads(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_audience_set_link_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* request */

/* Evaluate audience_tenant, or also audience_user, into the context.
 * NGX_DECLINED with a problem unless there is a tenant, and a user where one is
 * needed. */
ngx_int_t ngx_http_audience_identify_tenant(ngx_http_request_t *r,
    aud_problem_t *problem);
ngx_int_t ngx_http_audience_identify(ngx_http_request_t *r,
    ngx_uint_t user_needed, aud_problem_t *problem);

/* A request header, empty where there is none. */
ngx_str_t ngx_http_audience_header(ngx_http_request_t *r, const char *name);

/* An argument with + and %XX decoded, in the request's pool; empty where there
 * is none.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_audience_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/* "https://example.com:8443", empty where the Host header has odd characters. */
ngx_int_t ngx_http_audience_base_url(ngx_http_request_t *r, ngx_str_t *url);

/* Gathers the body that was read.  NGX_DECLINED: longer than max. */
ngx_int_t ngx_http_audience_body(ngx_http_request_t *r, size_t max,
    aud_buffer_t *body);

/* Whether the body that was read lies in one piece of memory, which is then
 * given and stays as long as the request. */
ngx_int_t ngx_http_audience_body_in_memory(ngx_http_request_t *r,
    aud_str_t *body);

/* b's memory is freed with the request, whatever b has become by then. */
ngx_int_t ngx_http_audience_own_buffer(ngx_http_request_t *r, aud_buffer_t *b);

/* The same bytes, as common/ takes them. */
static ngx_inline aud_str_t
ngx_http_audience_str(ngx_str_t s)
{
    return aud_str((const char *) s.data, s.len);
}


/* answer */

ngx_int_t ngx_http_audience_add_header(ngx_http_request_t *r,
    const char *name, const char *value);

/* Each sends a whole answer and gives what ngx_http_finalize_request() takes.
 * The body is taken over. */
ngx_int_t ngx_http_audience_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *content_type, aud_buffer_t *body);
ngx_int_t ngx_http_audience_send_problem(ngx_http_request_t *r,
    const aud_problem_t *problem);
ngx_int_t ngx_http_audience_not_allowed(ngx_http_request_t *r,
    const char *allow);
ngx_int_t ngx_http_audience_too_large(ngx_http_request_t *r, off_t limit);
ngx_int_t ngx_http_audience_busy(ngx_http_request_t *r);

ngx_int_t ngx_http_audience_filter_init(ngx_conf_t *cf);


/* thread */

/*
 * Lets the request wait: until ngx_http_audience_resume() a client that goes
 * away cannot free it.  Then resume runs, unless the request was given up.
 */
void ngx_http_audience_wait(ngx_http_request_t *r,
    ngx_http_event_handler_pt resume);
void ngx_http_audience_resume(ngx_http_request_t *r);

/*
 * Runs work(data) in the location's thread pool while the request waits, then
 * resume.  work must touch nothing but data.  NGX_BUSY: the queue is full.
 */
ngx_int_t ngx_http_audience_work(ngx_http_request_t *r,
    void (*work)(void *data, ngx_log_t *log), void *data,
    ngx_http_event_handler_pt resume);

/*
 * A task that requests wait for, and that keeps an nginx worker from ending: its
 * thread at last hands back the event's data, and the event's handler first asks
 * posted(), which says NGX_AGAIN while the thread is still at it.  NGX_BUSY: the
 * queue is full.
 */
ngx_int_t ngx_http_audience_post(ngx_thread_pool_t *threads,
    ngx_thread_task_t *task);
void ngx_http_audience_hand_back(void *data);
ngx_int_t ngx_http_audience_posted(ngx_event_t *ev);


/* handlers */

ngx_int_t ngx_http_audience_import_handler(ngx_http_request_t *r);

/* Answers OPTIONS (RFC 9110, 9.3.7) with what an upload may have here:
 * {"max_bytes", "max_rows"}, the latter of CSV files alone. */
ngx_int_t ngx_http_audience_import_limits(ngx_http_request_t *r);

ngx_int_t ngx_http_audience_pass_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_audience_query_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_audience_download_handler(ngx_http_request_t *r);

/* Removes what was spooled unless the worker may know of it; before the answer,
 * so that a refused upload has left nothing behind. */
void ngx_http_audience_import_settle(ngx_http_audience_import_t *import);

/* Phase handlers of downloads: takes the token out of everything that is
 * logged; counts what was sent whole. */
ngx_int_t ngx_http_audience_download_hide(ngx_http_request_t *r);
ngx_int_t ngx_http_audience_download_count(ngx_http_request_t *r);


/* pass */

/*
 * Hands a request frame to the worker and passes its answer on; finalizes the
 * request in the end.  The request's body must have been read.
 */
void ngx_http_audience_pass_request(ngx_http_request_t *r,
    ngx_http_upstream_conf_t *conf, aud_request_t *request);

/* Fills all but method, path and body from the HTTP request. */
ngx_int_t ngx_http_audience_pass_fill(ngx_http_request_t *r,
    aud_request_t *request);


/* generation */

/*
 * The tenant's current generation, retained for the caller.  NGX_AGAIN: it is
 * being opened, and resume will run, which asks again.  NGX_BUSY: no thread is
 * free to open it.  NGX_ERROR: it cannot be opened.
 */
ngx_int_t ngx_http_audience_generation(ngx_http_request_t *r,
    ngx_http_event_handler_pt resume, aud_generation_t **generation);

/* Makes the registry of a new nginx worker; ends its watching. */
ngx_http_audience_bases_t *ngx_http_audience_bases_create(ngx_cycle_t *cycle);
void ngx_http_audience_bases_close(ngx_http_audience_bases_t *bases);


#endif /* NGX_HTTP_AUDIENCE_MODULE_H */
