/*
 * What the units of a base share: generation (who asks, and the registry),
 * opening (stamps, threads, what is served meanwhile), watch (what the worker
 * writes, as it does).  All of it belongs to the event loop of an nginx worker,
 * but for what a thread has while opening is set.
 */

#ifndef NGX_HTTP_AUDIENCE_BASE_H
#define NGX_HTTP_AUDIENCE_BASE_H

#include "ngx_http_audience_module.h"

#include "aud_ahead.h"


typedef struct {
    ngx_uint_t        present;      /* has a name */
    ino_t             inode;
    off_t             size;
    struct timespec   modified;
} ngx_http_audience_stamp_t;


typedef struct {
    ngx_str_node_t              node;       /* by folder; must be first */
    ngx_queue_t                 queue;
    ngx_thread_pool_t          *threads;
    char                       *folder;     /* <root>/segments/<tenant> */
    char                       *manifest;   /* the file in it */
    char                       *home;       /* <root>/segments */
    int                         watch;      /* of folder; -1: none */
    aud_ahead_t                *ahead;      /* its new segments */

    aud_generation_t           *generation; /* NULL: none was ever opened */
    ngx_http_audience_stamp_t   stamp;      /* of generation */
    ngx_fd_t                    fd;         /* of its MANIFEST, or one older;
                                               or NGX_INVALID_FILE */
    aud_generation_t           *retired;    /* the one before it */
    ngx_http_audience_stamp_t   refused;    /* of what did not open */
    time_t                      refused_at;
    ngx_http_audience_stamp_t   seen;       /* a newer MANIFEST … */
    uint64_t                    content;    /* … and what it says of answers */
    time_t                      homeless_at;    /* said so then; 0: it is not */
    time_t                      used;

    /* a thread's, while opening is set */

    ngx_thread_task_t           task;
    ngx_uint_t                  opening;
    ngx_http_audience_stamp_t   next_stamp;
    aud_generation_t           *previous;
    aud_generation_t           *next;
    ngx_fd_t                    next_fd;
    aud_error_t                 err;

    ngx_queue_t                 waiting;    /* requests */
} ngx_http_audience_base_t;


typedef struct {
    ngx_queue_t                 queue;
    ngx_http_request_t         *request;
} ngx_http_audience_waiting_t;


typedef struct {
    ngx_connection_t           *connection; /* NULL: there is none */
    void                      (*changed)(void *data, int watch, ngx_str_t *file);
    void                       *data;
} ngx_http_audience_watch_t;


/* opening */

/* NGX_OK: base->generation is there to be used; else as
 * ngx_http_audience_generation().  Of a MANIFEST that a copy of the folder also
 * has the fd tells nothing: named looks for the one that has the name now. */
ngx_int_t ngx_http_audience_base_refresh(ngx_http_audience_base_t *base,
    ngx_uint_t named);

/* Lets the generation before this one go, in a thread: unmapping takes long. */
void ngx_http_audience_base_retire(ngx_http_audience_base_t *base);


/* watch */

/*
 * Calls changed with each file of a watched folder that was written and closed,
 * or got its name by renaming.  Where the system has no more of it nothing is
 * called: whoever needs to know looks, too.
 */
void ngx_http_audience_watch_open(ngx_http_audience_watch_t *w,
    ngx_cycle_t *cycle);
void ngx_http_audience_watch_close(ngx_http_audience_watch_t *w);

/* A watch, or -1; that of a folder which has one already is the same. */
int ngx_http_audience_watch_add(ngx_http_audience_watch_t *w,
    const char *folder);
void ngx_http_audience_watch_remove(ngx_http_audience_watch_t *w, int watch);


#endif /* NGX_HTTP_AUDIENCE_BASE_H */
