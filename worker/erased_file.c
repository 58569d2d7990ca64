/*
 * The key and the lists of those who were erased, on disk.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_id.h"
#include "document.h"
#include "erased_private.h"
#include "settings.h"

#define KEY_TEXT  (2 * ERASED_KEY)


static int key_take(erased_t *e, aud_error_t *err);
static int file_write(int fd, const char *path, const char *text, size_t len,
    aud_error_t *err);
static int folder_sync(const char *path, aud_error_t *err);
static json_t *file_parse(const char *path, char *text, size_t len,
    aud_error_t *err);


int
erased_key_read(erased_t *e, aud_error_t *err)
{
    int       fd;
    char      path[DOCUMENT_PATH_MAX], text[KEY_TEXT + 1] = "";
    size_t    i;
    ssize_t   n;
    unsigned  byte;

    snprintf(path, sizeof(path), "%s/erased/key", e->worker->settings->root);
    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return errno == ENOENT ? 0 : aud_error_system(err, "%s", path);
    }

    n = read(fd, text, KEY_TEXT);
    close(fd);

    if (n != KEY_TEXT || strspn(text, "0123456789abcdef") != KEY_TEXT) {
        return aud_error_set(err, "%s is no key: it has 64 hexadecimal digits",
                             path);
    }

    for (i = 0; i < ERASED_KEY; i++) {
        (void) sscanf(text + 2 * i, "%2x", &byte);
        e->key[i] = byte;
    }

    explicit_bzero(text, sizeof(text));

    return key_take(e, err);
}


/* The name tells keys apart, and nothing about them. */

static int
key_take(erased_t *e, aud_error_t *err)
{
    int               rc = -1;
    size_t            i;
    uint8_t           sum[ERASED_HALF];
    erased_hasher_t  *h;

    h = erased_hasher_create(e->key, "");

    if (h && erased_hash_value(h, 0, AUD_STR("key"), sum) == 0) {
        for (i = 0; i < ERASED_KEY_NAME / 2; i++) {
            snprintf(e->key_name + 2 * i, 3, "%02x", sum[i]);
        }

        e->has_key = 1;
        rc = 0;
    }

    erased_hasher_free(h);

    return rc == 0 ? 0 : aud_error_set(err, "libcrypto makes no HMAC");
}


/* Under another name first: a key is there whole, or not at all. */

int
erased_key_make(erased_t *e, aud_error_t *err)
{
    int     fd, rc;
    char    folder[DOCUMENT_PATH_MAX], path[DOCUMENT_PATH_MAX + 8];
    char    new[DOCUMENT_PATH_MAX + 8], text[KEY_TEXT + 2];
    size_t  i;

    snprintf(folder, sizeof(folder), "%s/erased", e->worker->settings->root);
    snprintf(path, sizeof(path), "%s/key", folder);
    snprintf(new, sizeof(new), "%s/key.tmp", folder);

    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return aud_error_system(err, "%s", folder);
    }

    fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd == -1) {
        return aud_error_system(err, "%s", new);
    }

    aud_random(e->key, sizeof(e->key));

    for (i = 0; i < ERASED_KEY; i++) {
        snprintf(text + 2 * i, 3, "%02x", e->key[i]);
    }

    text[KEY_TEXT] = '\n';
    rc = file_write(fd, new, text, KEY_TEXT + 1, err);
    explicit_bzero(text, sizeof(text));
    close(fd);

    if (rc == 0 && rename(new, path) != 0) {
        rc = aud_error_system(err, "%s", path);
    }

    return rc == 0 && folder_sync(folder, err) == 0
           && folder_sync(e->worker->settings->root, err) == 0
           ? key_take(e, err) : -1;
}


/* What was written in part, as the disk is full, is taken back. */

static int
file_write(int fd, const char *path, const char *text, size_t len,
    aud_error_t *err)
{
    off_t    at;
    ssize_t  n;

    at = lseek(fd, 0, SEEK_END);
    n = write(fd, text, len);

    if (n == (ssize_t) len && fsync(fd) == 0) {
        return 0;
    }

    if (n >= 0 && n < (ssize_t) len) {
        errno = ENOSPC;
    }

    aud_error_system(err, "%s", path);

    if (at >= 0 && ftruncate(fd, at) != 0) {
        aud_error_system(err, "%s", path);
    }

    return -1;
}


static int
folder_sync(const char *path, aud_error_t *err)
{
    int  fd, rc;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd != -1 && fsync(fd) == 0 ? 0 : aud_error_system(err, "%s", path);

    if (fd != -1) {
        close(fd);
    }

    return rc;
}


int
erased_file_add(erased_t *e, const char *tenant, const json_t *document,
    aud_error_t *err)
{
    int            fd, rc;
    char           path[DOCUMENT_PATH_MAX], *text;
    json_t        *copy;
    aud_buffer_t   line = { 0 };

    copy = json_copy((json_t *) document);
    json_object_del(copy, "pending");
    text = copy ? json_dumps(copy, JSON_COMPACT) : NULL;
    json_decref(copy);

    if (text == NULL) {
        return aud_error_set(err, "out of memory");
    }

    aud_buffer_text(&line, text);
    aud_buffer_char(&line, '\n');
    free(text);
    snprintf(path, sizeof(path), "%s/erased/%s" ERASED_SUFFIX,
             e->worker->settings->root, tenant);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd == -1 || line.failed) {
        rc = aud_error_system(err, "%s", path);

    } else {
        rc = file_write(fd, path, line.data, line.len, err);
    }

    aud_buffer_free(&line);

    if (fd != -1) {
        close(fd);
    }

    *strrchr(path, '/') = '\0';

    return rc == 0 ? folder_sync(path, err) : -1;
}


/* All of a tenant, an array; empty where there is no file. */

json_t *
erased_file_read(erased_t *e, const char *tenant, aud_error_t *err)
{
    int          fd;
    char         path[DOCUMENT_PATH_MAX], *text;
    size_t       len = 0;
    json_t      *documents = NULL;
    ssize_t      n = 0;
    struct stat  st;

    snprintf(path, sizeof(path), "%s/erased/%s" ERASED_SUFFIX,
             e->worker->settings->root, tenant);
    fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd == -1 && errno == ENOENT) {
        return json_array();
    }

    text = fd != -1 && fstat(fd, &st) == 0 ? aud_malloc(st.st_size + 1) : NULL;

    while (text && len < st.st_size
           && (n = read(fd, text + len, st.st_size - len)) > 0)
    {
        len += n;
    }

    if (text == NULL || n < 0) {
        aud_error_system(err, "%s", path);
        goto done;
    }

    /* A line that was not written to its end: nobody was told of it. */

    while (len && text[len - 1] != '\n') {
        len--;
    }

    if (len < st.st_size && ftruncate(fd, len) != 0) {
        aud_error_system(err, "%s", path);
        goto done;
    }

    documents = file_parse(path, text, len, err);

done:

    aud_free(text);

    if (fd != -1) {
        close(fd);
    }

    return documents;
}


static json_t *
file_parse(const char *path, char *text, size_t len, aud_error_t *err)
{
    char      *line, *end;
    json_t    *documents, *document;
    unsigned   number;

    documents = json_array();

    for (line = text, number = 1; line < text + len; line = end + 1, number++)
    {
        end = memchr(line, '\n', text + len - line);
        document = json_loadb(line, end - line, 0, NULL);

        if (document == NULL
            || json_array_append_new(documents, document) != 0)
        {
            json_decref(documents);
            aud_error_set(err, "%s is damaged in line %u: restore it from a "
                          "backup", path, number);
            return NULL;
        }
    }

    return documents;
}
