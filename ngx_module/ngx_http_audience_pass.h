/*
 * A call at the worker: one REQUEST frame out, HEAD, DATA and END frames back
 * (docs/protocol.md).  pass drives nginx's upstream, frame reads the answer.
 */

#ifndef NGX_HTTP_AUDIENCE_PASS_H
#define NGX_HTTP_AUDIENCE_PASS_H

#include "ngx_http_audience_module.h"


struct ngx_http_audience_pass_s {
    ngx_http_request_t       *request;
    aud_buffer_t              frame;            /* the REQUEST frame */

    /* the answer, reset for every peer that is tried */

    char                      header[AUD_FRAME_HEADER];
    size_t                    nheader;          /* bytes of it that have come */
    size_t                    data;             /* of a DATA frame, to come */
    uint64_t                  rest;             /* of the body, or unknown */
    unsigned                  known:1;          /* rest is */
    unsigned                  end:1;            /* END has come */
};


/* Handlers of ngx_http_upstream_t. */
ngx_int_t ngx_http_audience_frame_head(ngx_http_request_t *r);
ngx_int_t ngx_http_audience_frame_body_init(void *data);
ngx_int_t ngx_http_audience_frame_body(void *data, ssize_t bytes);


#endif /* NGX_HTTP_AUDIENCE_PASS_H */
