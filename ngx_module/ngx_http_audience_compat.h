/*
 * What differs between the versions of nginx that the module builds with,
 * 1.22.0 and later.  Nothing else in this folder asks for nginx_version.
 */

#ifndef NGX_HTTP_AUDIENCE_COMPAT_H
#define NGX_HTTP_AUDIENCE_COMPAT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#if (nginx_version < 1022000)
#error "ngx_http_audience_module needs nginx 1.22.0 or later"
#endif

#if !(NGX_THREADS)
#error "ngx_http_audience_module needs nginx configured --with-threads"
#endif


/* Headers of one name have been a list since 1.23.0. */

#if (nginx_version >= 1023000)
#define ngx_http_audience_single_header(h)  (h)->next = NULL
#else
#define ngx_http_audience_single_header(h)
#endif


/*
 * Whether a request was given up while a thread worked for it.  Before 1.25.4
 * there is no such flag; nginx replaces write_event_handler instead, which
 * comes to the same for a caller that goes on by calling that handler.
 */

#if (nginx_version >= 1025004)
#define ngx_http_audience_terminated(r)  ((r)->main->terminated)
#else
#define ngx_http_audience_terminated(r)  0
#endif


#endif /* NGX_HTTP_AUDIENCE_COMPAT_H */
