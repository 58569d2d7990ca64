/*
 * What comes in of an upload: its type, its name, the bytes of its file taken
 * out of their form.  In the event loop.
 */

#include "ngx_http_audience_import.h"


#define NGX_HTTP_AUDIENCE_IMPORT_COLUMNS  1000
#define NGX_HTTP_AUDIENCE_IMPORT_ROW      (1024 * 1024)


static ngx_int_t ngx_http_audience_upload_lines_type(
    ngx_http_audience_import_t *import, ngx_str_t type);
static ngx_uint_t ngx_http_audience_upload_is_type(ngx_str_t type,
    const ngx_str_t *types);
static int ngx_http_audience_upload_content(void *arg, const char *data,
    size_t len);


ngx_int_t
ngx_http_audience_upload_type(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    size_t                   len;
    ngx_str_t                type;
    aud_multipart_status_t   status;

    static ngx_str_t  csv[] = {
        ngx_string("text/csv"),
        ngx_string("application/csv"),
        ngx_string("application/octet-stream"),
        ngx_null_string
    };

    type = ngx_http_audience_header(r, "Content-Type");

    if (import->lines) {
        return ngx_http_audience_upload_lines_type(import, type);
    }

    len = sizeof("multipart/form-data") - 1;

    if (type.len >= len
        && ngx_strncasecmp(type.data, (u_char *) "multipart/form-data", len)
           == 0)
    {
        import->multipart = aud_multipart_create(ngx_http_audience_str(type),
                                              ngx_http_audience_upload_content,
                                              import, &status);

        if (import->multipart == NULL) {
            import->form = status;
            return ngx_http_audience_upload_form(import);
        }

        return NGX_OK;
    }

    if (ngx_http_audience_upload_is_type(type, csv)) {
        return NGX_OK;
    }

    aud_problem_set(&import->problem, 415, "not-a-csv-upload",
                    "The upload is not a CSV file",
                    "Send the file as text/csv, or in a form "
                    "(multipart/form-data) as the part named \"file\".");
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_audience_upload_lines_type(ngx_http_audience_import_t *import,
    ngx_str_t type)
{
    static ngx_str_t  lines[] = {
        ngx_string("application/x-ndjson"),
        ngx_string("application/ndjson"),
        ngx_string("application/jsonl"),
        ngx_null_string
    };

    if (ngx_http_audience_upload_is_type(type, lines)) {
        return NGX_OK;
    }

    aud_problem_set(&import->problem, 415, "not-ndjson",
                    "The body is not NDJSON",
                    "Send one JSON object a line, as application/x-ndjson.");
    return NGX_ERROR;
}


/* Without its parameters. */

static ngx_uint_t
ngx_http_audience_upload_is_type(ngx_str_t type, const ngx_str_t *types)
{
    size_t      len;
    ngx_uint_t  i;

    for (len = 0; len < type.len; len++) {
        if (type.data[len] == ';' || type.data[len] == ' ') {
            break;
        }
    }

    for (i = 0; types[i].len; i++) {
        if (len == types[i].len
            && ngx_strncasecmp(type.data, types[i].data, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_audience_upload_rules(ngx_http_request_t *r,
    ngx_http_audience_import_t *import)
{
    ngx_str_t                      name, kind;
    aud_import_limits_t            limits;
    ngx_http_audience_loc_conf_t  *alcf;

    if (ngx_http_audience_arg(r, "encoding", &name) != NGX_OK
        || ngx_http_audience_arg(r, "kind", &kind) != NGX_OK)
    {
        return ngx_http_audience_upload_no_memory(import);
    }

    import->kind = aud_import_kind(ngx_http_audience_str(kind));

    if (import->kind == AUD_IMPORT_KINDS) {
        aud_problem_set(&import->problem, 422, "unknown-kind",
                        "The kind of import is not known",
                        "Files may be of the kind contacts, extras, campaigns "
                        "or conversations.");
        return NGX_ERROR;
    }

    if (name.len) {
        import->encoding = aud_encoding_by_name(ngx_http_audience_str(name));
    }

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_audience_module);

    limits.max_bytes = alcf->max_size;
    limits.max_rows = alcf->max_rows;
    limits.max_columns = NGX_HTTP_AUDIENCE_IMPORT_COLUMNS;
    limits.max_row_bytes = NGX_HTTP_AUDIENCE_IMPORT_ROW;
    limits.kind = import->kind;

    import->check = aud_import_check_create(&limits,
                                            ngx_http_audience_str(name),
                                            &import->problem);

    return import->check ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_audience_upload_feed(ngx_http_audience_import_t *import,
    const char *data, size_t len)
{
    if (len == 0) {
        return NGX_OK;
    }

    if (import->multipart == NULL) {
        return ngx_http_audience_upload_content(import, data, len)
               ? NGX_ERROR : NGX_OK;
    }

    import->form = aud_multipart_feed(import->multipart, data, len);

    switch (import->form) {

    case AUD_MULTIPART_OK:
        return NGX_OK;

    case AUD_MULTIPART_STOPPED:
        return NGX_ERROR;

    default:
        return NGX_DONE;
    }
}


ngx_int_t
ngx_http_audience_upload_feed_end(ngx_http_audience_import_t *import)
{
    if (import->multipart == NULL) {
        return NGX_OK;
    }

    import->form = aud_multipart_finish(import->multipart);

    /* an empty file has a name all the same */

    if (import->form == AUD_MULTIPART_OK && import->filename.len == 0) {
        return ngx_http_audience_upload_name(import,
                                    aud_multipart_filename(import->multipart));
    }

    return NGX_OK;
}


/* A name is judged before a thread has any of its file, so that the problem is
 * nobody else's to write. */

static int
ngx_http_audience_upload_content(void *arg, const char *data, size_t len)
{
    ngx_http_audience_import_t *import = arg;

    if (import->multipart && import->filename.len == 0
        && ngx_http_audience_upload_name(import,
                                    aud_multipart_filename(import->multipart))
           != NGX_OK)
    {
        return 1;
    }

    aud_buffer_add(&import->taken, data, len);

    return 0;
}


ngx_int_t
ngx_http_audience_upload_name(ngx_http_audience_import_t *import,
    aud_str_t name)
{
    return aud_import_filename(name, &import->filename, &import->problem) == 0
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_audience_upload_form(ngx_http_audience_import_t *import)
{
    aud_problem_t  *p = &import->problem;

    switch (import->form) {

    case AUD_MULTIPART_OK:
        return NGX_OK;

    case AUD_MULTIPART_NO_FILE:
        aud_problem_set(p, 422, "no-file", "There is no file in the form",
                        "Choose a file: the form needs a part named \"file\".");
        break;

    case AUD_MULTIPART_TWO_FILES:
        aud_problem_set(p, 422, "several-files",
                        "There is more than one file in the form",
                        "Send one file at a time.");
        break;

    case AUD_MULTIPART_TOO_MANY_PARTS:
        aud_problem_set(p, 422, "too-many-parts",
                        "The form has too many parts",
                        "A form may have %d parts at most.",
                        AUD_MULTIPART_PARTS_MAX);
        p->limit = AUD_MULTIPART_PARTS_MAX;
        break;

    case AUD_MULTIPART_CUT_OFF:
        aud_problem_set(p, 400, "cut-off", "The upload was cut off",
                        "The form ends in the middle. Please send it again.");
        break;

    case AUD_MULTIPART_NO_MEMORY:
        ngx_http_audience_upload_no_memory(import);
        break;

    default:                /* AUD_MULTIPART_BAD_BOUNDARY, _BAD_HEADERS */
        aud_problem_set(p, 400, "malformed-form", "The form is malformed",
                        "The server could not read the form (RFC 7578): its "
                        "boundary or the headers of a part are not valid.");
        break;
    }

    return NGX_ERROR;
}


/* The problem of a file system that will not have the file; NGX_ERROR. */

ngx_int_t
ngx_http_audience_upload_disk(ngx_http_audience_import_t *import)
{
    ngx_http_audience_spool_t *spool = &import->spool;

    ngx_log_error(NGX_LOG_CRIT, import->request->connection->log, spool->err,
                  "spooling an upload to \"%s\": %s failed",
                  spool->part ? spool->part : "", spool->failed);

    if (ngx_http_audience_spool_full(spool)) {
        aud_problem_set(&import->problem, 507, "disk-full",
                        "The server has no space left",
                        "Nothing was imported. Please tell the operator, and "
                        "try again later.");

    } else {
        aud_problem_set(&import->problem, 500, "internal-error",
                        "Something went wrong",
                        "The server could not store the file. Its log says "
                        "why.");
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_http_audience_upload_too_large(ngx_http_audience_import_t *import)
{
    aud_problem_set(&import->problem, 413, "file-too-large",
                    "The file is too large",
                    "A file may have %lld bytes at most.",
                    (long long) import->max_size);
    import->problem.limit = import->max_size;

    return NGX_ERROR;
}


ngx_int_t
ngx_http_audience_upload_no_memory(ngx_http_audience_import_t *import)
{
    aud_problem_set(&import->problem, 500, "internal-error",
                    "Something went wrong", "The server is out of memory.");

    return NGX_ERROR;
}
