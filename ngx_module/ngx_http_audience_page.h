/*
 * What a person sees whose link is no good: a small page in the browser's
 * language, where a program gets a problem.
 */

#ifndef NGX_HTTP_AUDIENCE_PAGE_H
#define NGX_HTTP_AUDIENCE_PAGE_H

#include "ngx_http_audience_module.h"


typedef enum {
    NGX_HTTP_AUDIENCE_LINK_FORGED = 0,
    NGX_HTTP_AUDIENCE_LINK_EXPIRED,
    NGX_HTTP_AUDIENCE_LINK_GONE
} ngx_http_audience_link_e;


/* Sends it; gives what ngx_http_finalize_request() takes. */
ngx_int_t ngx_http_audience_link_page(ngx_http_request_t *r,
    ngx_http_audience_link_e what);


#endif /* NGX_HTTP_AUDIENCE_PAGE_H */
