/*
 * What each directive of ours takes: its arguments, and what is said at
 * nginx -t of those that cannot be.
 */

#include "ngx_http_audience_module.h"


#define NGX_HTTP_AUDIENCE_UPSTREAM_BUFFER                                     \
    (AUD_FRAME_HEADER + AUD_FRAME_MAX_HEAD + 16 * 1024)


static char *ngx_http_audience_handle(ngx_conf_t *cf,
    ngx_http_audience_loc_conf_t *alcf, ngx_uint_t handler);
static void ngx_http_audience_look_at_root(ngx_conf_t *cf, ngx_str_t *root);
static ngx_int_t ngx_http_audience_undeclared(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);


static char *
ngx_http_audience_handle(ngx_conf_t *cf, ngx_http_audience_loc_conf_t *alcf,
    ngx_uint_t handler)
{
    ngx_uint_t                 upload;
    ngx_http_core_loc_conf_t  *clcf;

    if (alcf->handlers & handler) {
        return "is duplicate";
    }

    upload = NGX_HTTP_AUDIENCE_IMPORT|NGX_HTTP_AUDIENCE_PASS;

    if (alcf->handlers && ((alcf->handlers | handler) & ~upload)) {
        return "needs a location of its own: only audience_import and "
               "audience_pass go together";
    }

    alcf->handlers |= handler;
    alcf->file = cf->conf_file->file.name.data;
    alcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_audience_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_audience_set_root(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_audience_loc_conf_t *alcf = conf;

    ngx_str_t  *value;

    if (alcf->root.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    alcf->root = value[1];

    if (alcf->root.len == 0) {
        return "needs a path";
    }

    if (ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')) {
        return "takes no variables: the folder of a tenant is found below it "
               "by audience_tenant";
    }

    while (alcf->root.len > 1 && alcf->root.data[alcf->root.len - 1] == '/') {
        alcf->root.data[--alcf->root.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &alcf->root, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_audience_look_at_root(cf, &alcf->root);

    return NGX_CONF_OK;
}


/* A warning only: the worker, which makes the folder, may start later. */

static void
ngx_http_audience_look_at_root(ngx_conf_t *cf, ngx_str_t *root)
{
    struct stat  sb;

    if (stat((char *) root->data, &sb) != 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           "audience_root \"%V\" cannot be seen: queries are "
                           "answered 503 until it is the worker's data root",
                           root);

    } else if (!S_ISDIR(sb.st_mode)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "audience_root \"%V\" is no folder: queries are "
                           "answered 503 until it is the worker's data root",
                           root);
    }
}


char *
ngx_http_audience_set_import(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_audience_loc_conf_t *alcf = conf;

    off_t        size;
    ngx_int_t    rows;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    alcf->max_size = 10 * 1024 * 1024;
    alcf->max_rows = 50000;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "max_size=", 9) == 0) {
            s.data = value[i].data + 9;
            s.len = value[i].len - 9;
            size = ngx_parse_offset(&s);

            if (size <= 0) {
                return "max_size needs a size above 0, such as max_size=10m";
            }

            alcf->max_size = size;

        } else if (ngx_strncmp(value[i].data, "max_rows=", 9) == 0) {
            rows = ngx_atoi(value[i].data + 9, value[i].len - 9);

            if (rows <= 0) {
                return "max_rows needs a number above 0, such as "
                       "max_rows=50000";
            }

            alcf->max_rows = rows;

        } else if (ngx_strcmp(value[i].data, "lines") == 0) {
            alcf->lines = 1;

        } else {
            return "takes max_size=SIZE, max_rows=NUMBER and lines, "
                   "nothing else";
        }
    }

    return ngx_http_audience_handle(cf, alcf, NGX_HTTP_AUDIENCE_IMPORT);
}


char *
ngx_http_audience_set_query(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_audience_handle(cf, conf, NGX_HTTP_AUDIENCE_QUERY);
}


char *
ngx_http_audience_set_download(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_audience_handle(cf, conf, NGX_HTTP_AUDIENCE_DOWNLOAD);
}


char *
ngx_http_audience_set_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_audience_loc_conf_t *alcf = conf;

    ngx_int_t                  timeout;
    ngx_str_t                 *value, s;
    ngx_url_t                  url;
    ngx_http_upstream_conf_t  *u;

    static ngx_str_t  request_id = ngx_string("request_id");

    value = cf->args->elts;
    timeout = 60000;

    if (ngx_strlchr(value[1].data, value[1].data + value[1].len, '/')
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, ':'))
    {
        return "takes the name of an upstream, which keeps connections open: "
               "\"upstream audience_worker { server unix:/path; "
               "keepalive 16; }\"";
    }

    if (cf->args->nelts == 3) {
        if (ngx_strncmp(value[2].data, "timeout=", 8) != 0) {
            return "takes an upstream and timeout=TIME, nothing else";
        }

        s.data = value[2].data + 8;
        s.len = value[2].len - 8;
        timeout = ngx_parse_time(&s, 0);

        if (timeout == NGX_ERROR || timeout == 0) {
            return "timeout needs a time above 0, such as timeout=60s";
        }
    }

    ngx_memzero(&url, sizeof(ngx_url_t));
    url.url = value[1];
    url.no_resolve = 1;

    u = &alcf->upstream;
    u->upstream = ngx_http_upstream_add(cf, &url, 0);
    if (u->upstream == NULL) {
        return NGX_CONF_ERROR;
    }

    if (u->upstream->srv_conf == NULL
        && u->upstream->peer.init_upstream == NULL)
    {
        u->upstream->peer.init_upstream = ngx_http_audience_undeclared;
    }

    alcf->request_id = ngx_http_get_variable_index(cf, &request_id);
    if (alcf->request_id == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    /* the rest is zero: no buffering, no cache, no temporary files */

    u->connect_timeout = 2000;
    u->send_timeout = timeout;
    u->read_timeout = timeout;
    u->buffer_size = NGX_HTTP_AUDIENCE_UPSTREAM_BUFFER;
    u->next_upstream = NGX_HTTP_UPSTREAM_FT_ERROR
                       |NGX_HTTP_UPSTREAM_FT_TIMEOUT;
    ngx_str_set(&u->module, "audience");

    /* once a whole upload was taken, it counts, whoever still waits */

    alcf->import_upstream = *u;
    alcf->import_upstream.ignore_client_abort = 1;

    return ngx_http_audience_handle(cf, alcf, NGX_HTTP_AUDIENCE_PASS);
}


/* Stands in until a block declares the upstream; a block may come later. */

static ngx_int_t
ngx_http_audience_undeclared(ngx_conf_t *cf, ngx_http_upstream_srv_conf_t *us)
{
    if (us->srv_conf) {
        return ngx_http_upstream_init_round_robin(cf, us);
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "no upstream \"%V\" for audience_pass in %s:%ui: add "
                  "\"upstream %V { server unix:/path/of/worker.sock; "
                  "keepalive 16; }\"",
                  &us->host, us->file_name, us->line, &us->host);

    return NGX_ERROR;
}


char *
ngx_http_audience_set_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_audience_loc_conf_t *alcf = conf;

    ngx_str_t  *value;

    if (alcf->threads != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    alcf->threads = ngx_thread_pool_add(cf, &value[1]);

    return alcf->threads ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_audience_set_link_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_audience_loc_conf_t *alcf = conf;

    ngx_str_t   *value;
    aud_error_t  err;

    if (alcf->link_keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    alcf->link_keys = ngx_pcalloc(cf->pool, sizeof(aud_link_keys_t));
    if (alcf->link_keys == NULL) {
        return NGX_CONF_ERROR;
    }

    if (aud_link_keys_read((char *) value[1].data, alcf->link_keys, &err)
        != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "audience_link_keys: %s; the file holds one key a "
                           "line, \"id hex\", and \"echo k1 $(openssl rand "
                           "-hex 32)\" writes one", err.text);
        return NGX_CONF_ERROR;
    }

    if (alcf->link_keys->n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "audience_link_keys: \"%V\" holds no key; \"echo "
                           "k1 $(openssl rand -hex 32)\" writes one",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
