#include "ngx_http_audience_spool.h"


#define NGX_HTTP_AUDIENCE_SPOOL_FLUSH  (1024 * 1024)


static char *ngx_http_audience_spool_path(ngx_pool_t *pool, const char *fmt,
    ngx_str_t *root, ngx_str_t *tenant, const char *id);
static ngx_int_t ngx_http_audience_spool_folder(
    ngx_http_audience_spool_t *spool);
static ngx_int_t ngx_http_audience_spool_fail(ngx_http_audience_spool_t *spool,
    const char *call);
static ngx_int_t ngx_http_audience_sync_folder(
    ngx_http_audience_spool_t *spool, const char *path);


ngx_int_t
ngx_http_audience_spool_open(ngx_http_audience_spool_t *spool,
    ngx_pool_t *pool, ngx_str_t *root, ngx_str_t *tenant)
{
    aud_uuid_t  id;

    aud_uuid_make(&id);
    aud_id_format(spool->id, "imp", &id);

    spool->fd = NGX_INVALID_FILE;
    spool->parent = ngx_http_audience_spool_path(pool, "%V/spool%Z", root,
                                                 tenant, spool->id);
    spool->folder = ngx_http_audience_spool_path(pool, "%V/spool/%V%Z", root,
                                                 tenant, spool->id);
    spool->path = ngx_http_audience_spool_path(pool, "%V/spool/%V/%s.csv%Z",
                                               root, tenant, spool->id);
    spool->part = ngx_http_audience_spool_path(pool,
                                               "%V/spool/%V/%s.csv.part%Z",
                                               root, tenant, spool->id);

    if (spool->parent == NULL || spool->folder == NULL || spool->part == NULL
        || spool->path == NULL)
    {
        ngx_set_errno(NGX_ENOMEM);
        return ngx_http_audience_spool_fail(spool, "ngx_pnalloc()");
    }

    if (ngx_http_audience_spool_folder(spool) != NGX_OK) {
        return NGX_ERROR;
    }

    spool->fd = open(spool->part, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
                     0660);

    if (spool->fd == NGX_INVALID_FILE) {
        return ngx_http_audience_spool_fail(spool, "open()");
    }

    /* the worker may run as another user of the group, whatever the umask */
    (void) fchmod(spool->fd, 0660);

    return NGX_OK;
}


static char *
ngx_http_audience_spool_path(ngx_pool_t *pool, const char *fmt,
    ngx_str_t *root, ngx_str_t *tenant, const char *id)
{
    u_char  *p;
    size_t   size;

    size = root->len + sizeof("/spool//") + tenant->len + AUD_ID_LEN
           + sizeof(".csv.part");

    p = ngx_pnalloc(pool, size);

    if (p) {
        ngx_snprintf(p, size, fmt, root, tenant, id);
    }

    return (char *) p;
}


static ngx_int_t
ngx_http_audience_spool_folder(ngx_http_audience_spool_t *spool)
{
    int  rc;

    rc = mkdir(spool->folder, 0770);

    if (rc != 0 && ngx_errno == NGX_ENOENT && mkdir(spool->parent, 0770) == 0) {
        (void) chmod(spool->parent, 02770);
        rc = mkdir(spool->folder, 0770);
    }

    if (rc == 0) {
        (void) chmod(spool->folder, 02770);
        spool->new_folder = 1;
        return NGX_OK;
    }

    if (ngx_errno == NGX_EEXIST) {
        return NGX_OK;
    }

    return ngx_http_audience_spool_fail(spool, "mkdir()");
}


static ngx_int_t
ngx_http_audience_spool_fail(ngx_http_audience_spool_t *spool,
    const char *call)
{
    spool->err = ngx_errno;
    spool->failed = call;

    return NGX_ERROR;
}


ngx_int_t
ngx_http_audience_spool_write(ngx_http_audience_spool_t *spool,
    const char *data, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(spool->fd, data, len);

        if (n > 0) {
            data += n;
            len -= n;
            spool->written += n;
            continue;
        }

        if (n == 0) {
            ngx_set_errno(NGX_ENOSPC);
        }

        if (ngx_errno != NGX_EINTR) {
            return ngx_http_audience_spool_fail(spool, "write()");
        }
    }

    return NGX_OK;
}


/* What is on its way to the disk already need not be waited for in the end. */

void
ngx_http_audience_spool_flush(ngx_http_audience_spool_t *spool)
{
#if (NGX_LINUX)

    if (spool->written - spool->flushed < NGX_HTTP_AUDIENCE_SPOOL_FLUSH) {
        return;
    }

    (void) sync_file_range(spool->fd, spool->flushed,
                           spool->written - spool->flushed,
                           SYNC_FILE_RANGE_WRITE);
    spool->flushed = spool->written;

#endif
}


ngx_int_t
ngx_http_audience_spool_sync(ngx_http_audience_spool_t *spool)
{
    /* named first: one commit of the file system's journal then holds both */

    if (rename(spool->part, spool->path) != 0) {
        return ngx_http_audience_spool_fail(spool, "rename()");
    }

    spool->whole = 1;

    if (fsync(spool->fd) != 0) {
        return ngx_http_audience_spool_fail(spool, "fsync()");
    }

    if (ngx_http_audience_sync_folder(spool, spool->folder) != NGX_OK) {
        return NGX_ERROR;
    }

    return spool->new_folder
           ? ngx_http_audience_sync_folder(spool, spool->parent) : NGX_OK;
}


static ngx_int_t
ngx_http_audience_sync_folder(ngx_http_audience_spool_t *spool,
    const char *path)
{
    int        fd;
    ngx_int_t  rc;

    fd = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd == -1) {
        return ngx_http_audience_spool_fail(spool, "open() of a folder");
    }

    rc = NGX_OK;

    if (fsync(fd) != 0) {
        rc = ngx_http_audience_spool_fail(spool, "fsync() of a folder");
    }

    (void) close(fd);

    return rc;
}


void
ngx_http_audience_spool_close(ngx_http_audience_spool_t *spool)
{
    if (spool->fd == NGX_INVALID_FILE) {
        return;
    }

    (void) close(spool->fd);
    spool->fd = NGX_INVALID_FILE;

    if (!spool->kept) {
        (void) unlink(spool->whole ? spool->path : spool->part);
    }
}
