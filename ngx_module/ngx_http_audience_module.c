/*
 * The module: which directives there are, what a location's need of each other,
 * and which handler a request goes to.
 *
 * audience_import, audience_query, audience_download and audience_pass make a
 * location answer calls and are not inherited; the others are settings and
 * are.  A location has one of the former, but for uploads, which have import
 * and pass.
 */

#include "ngx_http_audience_module.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "aud_arena.h"

#include <jansson.h>


/* Freed memory that a process keeps for the next query, at most. */
#define NGX_HTTP_AUDIENCE_KEPT  (16 * 1024 * 1024)


static void *ngx_http_audience_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_audience_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_audience_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_audience_inherit(ngx_http_audience_loc_conf_t *conf,
    ngx_http_audience_loc_conf_t *prev);
static char *ngx_http_audience_check(ngx_conf_t *cf,
    ngx_http_audience_loc_conf_t *alcf);
static char *ngx_http_audience_missing(ngx_conf_t *cf,
    ngx_http_audience_loc_conf_t *alcf, const char *directive,
    const char *advice);
static ngx_int_t ngx_http_audience_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_audience_init_process(ngx_cycle_t *cycle);
static void ngx_http_audience_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_audience_commands[] = {

    { ngx_string("audience_root"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_audience_set_root,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("audience_tenant"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_audience_loc_conf_t, tenant),
      NULL },

    { ngx_string("audience_user"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_audience_loc_conf_t, user),
      NULL },

    { ngx_string("audience_threads"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_audience_set_threads,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("audience_link_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_audience_set_link_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("audience_import"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE12,
      ngx_http_audience_set_import,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("audience_query"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_audience_set_query,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("audience_download"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_audience_set_download,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("audience_pass"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_audience_set_pass,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_audience_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_audience_init,                /* postconfiguration */

    ngx_http_audience_create_main_conf,    /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_audience_create_loc_conf,     /* create location configuration */
    ngx_http_audience_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_audience_module = {
    NGX_MODULE_V1,
    &ngx_http_audience_module_ctx,         /* module context */
    ngx_http_audience_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_audience_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_audience_exit_process,        /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_int_t
ngx_http_audience_handler(ngx_http_request_t *r)
{
    ngx_http_audience_loc_conf_t  *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    if (alcf->handlers & NGX_HTTP_AUDIENCE_QUERY) {
        return ngx_http_audience_query_handler(r);
    }

    if (alcf->handlers & NGX_HTTP_AUDIENCE_DOWNLOAD) {
        return ngx_http_audience_download_handler(r);
    }

    if (alcf->handlers & NGX_HTTP_AUDIENCE_IMPORT) {

        if (r->method == NGX_HTTP_POST) {
            return ngx_http_audience_import_handler(r);
        }

        if (r->method == NGX_HTTP_OPTIONS) {
            return ngx_http_audience_import_limits(r);
        }
    }

    return ngx_http_audience_pass_handler(r);
}


ngx_http_audience_ctx_t *
ngx_http_audience_ctx(ngx_http_request_t *r)
{
    ngx_http_audience_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_audience_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_audience_ctx_t));

        if (ctx) {
            ngx_http_set_ctx(r, ctx, ngx_http_audience_module);
        }
    }

    return ctx;
}


static void *
ngx_http_audience_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_audience_main_conf_t));
}


static void *
ngx_http_audience_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_audience_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_audience_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->root = { 0, NULL };
     *     conf->handlers = 0;
     *     conf->upstream.* = 0;
     */

    conf->tenant = NGX_CONF_UNSET_PTR;
    conf->user = NGX_CONF_UNSET_PTR;
    conf->threads = NGX_CONF_UNSET_PTR;
    conf->link_keys = NGX_CONF_UNSET_PTR;

    return conf;
}


static char *
ngx_http_audience_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_audience_loc_conf_t *prev = parent;
    ngx_http_audience_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_str_value(conf->root, prev->root, "");
    ngx_conf_merge_ptr_value(conf->tenant, prev->tenant, NULL);
    ngx_conf_merge_ptr_value(conf->user, prev->user, NULL);
    ngx_conf_merge_ptr_value(conf->threads, prev->threads, NULL);
    ngx_conf_merge_ptr_value(conf->link_keys, prev->link_keys, NULL);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && conf->handlers == 0) {

        /* the block of an "if" or "limit_except": still the same location */

        ngx_http_audience_inherit(conf, prev);

        if (clcf->lmt_excpt && conf->handlers && clcf->handler == NULL) {
            clcf->handler = ngx_http_audience_handler;
        }
    }

    return conf->handlers ? ngx_http_audience_check(cf, conf) : NGX_CONF_OK;
}


static void
ngx_http_audience_inherit(ngx_http_audience_loc_conf_t *conf,
    ngx_http_audience_loc_conf_t *prev)
{
    conf->handlers = prev->handlers;
    conf->max_size = prev->max_size;
    conf->max_rows = prev->max_rows;
    conf->upstream = prev->upstream;
    conf->import_upstream = prev->import_upstream;
    conf->request_id = prev->request_id;
    conf->file = prev->file;
    conf->line = prev->line;
}


/* What a location's handlers need and nobody has set. */

static char *
ngx_http_audience_check(ngx_conf_t *cf, ngx_http_audience_loc_conf_t *alcf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (alcf->handlers != NGX_HTTP_AUDIENCE_PASS && alcf->root.len == 0) {
        return ngx_http_audience_missing(cf, alcf, "audience_root",
            "name the worker's data root, such as "
            "\"audience_root /var/lib/audience;\"");
    }

    if (alcf->handlers != NGX_HTTP_AUDIENCE_DOWNLOAD && alcf->tenant == NULL) {
        return ngx_http_audience_missing(cf, alcf, "audience_tenant",
            "name a variable that holds the tenant of a request, such as "
            "\"audience_tenant $tenant;\" with a map of $remote_user");
    }

    if ((alcf->handlers & (NGX_HTTP_AUDIENCE_IMPORT|NGX_HTTP_AUDIENCE_QUERY))
        && alcf->threads == NULL)
    {
        return ngx_http_audience_missing(cf, alcf, "audience_threads",
            "name a thread pool: \"thread_pool audience threads=2 "
            "max_queue=256;\" outside of http, \"audience_threads audience;\" "
            "inside");
    }

    if ((alcf->handlers & NGX_HTTP_AUDIENCE_DOWNLOAD)
        && alcf->link_keys == NULL)
    {
        return ngx_http_audience_missing(cf, alcf, "audience_link_keys",
            "name the file of keys that the worker signs links with");
    }

    if ((alcf->handlers & NGX_HTTP_AUDIENCE_IMPORT)
        && !(alcf->handlers & NGX_HTTP_AUDIENCE_PASS))
    {
        return ngx_http_audience_missing(cf, alcf, "audience_pass",
            "name the upstream of the worker, which takes over what was "
            "uploaded");
    }

    if ((alcf->handlers & NGX_HTTP_AUDIENCE_IMPORT) && alcf->user == NULL) {
        return ngx_http_audience_missing(cf, alcf, "audience_user",
            "name a variable that holds who uploads, such as "
            "\"audience_user $remote_user;\"");
    }

    if ((alcf->handlers & NGX_HTTP_AUDIENCE_IMPORT)
        && clcf->client_max_body_size
        && clcf->client_max_body_size < alcf->max_size)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "client_max_body_size %O is below audience_import's "
                      "max_size %O, so that nginx itself refuses what the "
                      "module would take: raise it in the location in %s:%ui",
                      clcf->client_max_body_size, alcf->max_size,
                      alcf->file, alcf->line);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_audience_missing(ngx_conf_t *cf, ngx_http_audience_loc_conf_t *alcf,
    const char *directive, const char *advice)
{
    /* by now the parser stands elsewhere, hence the place kept in alcf */

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "no \"%s\" for the location in %s:%ui: %s",
                  directive, alcf->file, alcf->line, advice);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_audience_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_audience_download_hide;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_audience_download_count;

    return ngx_http_audience_filter_init(cf);
}


static ngx_int_t
ngx_http_audience_init_process(ngx_cycle_t *cycle)
{
    ngx_http_audience_main_conf_t  *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_audience_module);
    if (amcf == NULL) {
        return NGX_OK;
    }

#if !defined(__SANITIZE_ADDRESS__)
    /* of a query and its plan; the event loop frees them */
    aud_arena_keep = 4;
#endif

    /* hash tables of JSON objects are seeded once, before any thread */
    json_object_seed(0);

#if defined(__GLIBC__)
    /* or bitmaps of big bases are taken from and given back to the system with
     * each query, page by page */
    (void) mallopt(M_MMAP_THRESHOLD, NGX_HTTP_AUDIENCE_KEPT / 4);
    (void) mallopt(M_TRIM_THRESHOLD, NGX_HTTP_AUDIENCE_KEPT);
#endif

    amcf->bases = ngx_http_audience_bases_create(cycle);

    return amcf->bases ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_audience_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_audience_main_conf_t  *amcf;

    amcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_audience_module);

    if (amcf && amcf->bases) {
        ngx_http_audience_bases_close(amcf->bases);
    }
}
