/*
 * Backups: the program that asks for one and copies.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_frame.h"
#include "aud_json.h"
#include "backup.h"
#include "tree.h"

#define BACKUP_PATH    4096
#define BACKUP_PIECE   (1024 * 1024)
#define BACKUP_ANSWER  65536            /* bytes of a refusal */
#define BACKUP_WAIT    600              /* seconds for a checkpoint */


typedef struct {
    const settings_t  *settings;
    char               to[BACKUP_PATH];         /* ends with ".partial" */
    char              *piece;
    int                worker;          /* connected to it; -1: none runs */
    int                lock;            /* of the data root; -1: not ours */
    tree_size_t       *size;
    aud_error_t       *err;
} backup_t;


static int backup_begin(backup_t *b, const char *dir);
static int backup_lock(backup_t *b);
static int backup_connect(backup_t *b);
static int backup_ask(backup_t *b);
static int backup_read(backup_t *b, char *out, size_t len);
static int backup_refusal(backup_t *b);
static int backup_copy(backup_t *b);
static int backup_sync_folder(backup_t *b, const char *path);
static int backup_still_laid_aside(backup_t *b);
static int backup_name(backup_t *b);


int
backup_make(const settings_t *settings, const char *dir, tree_size_t *size,
    aud_error_t *err)
{
    int       rc;
    backup_t  b = {
        .settings = settings, .worker = -1, .lock = -1, .size = size,
        .err = err
    };

    *size = (tree_size_t) { 0 };

    if (backup_begin(&b, dir) != 0) {
        return -1;
    }

    b.piece = aud_malloc(BACKUP_PIECE);
    rc = b.piece ? backup_lock(&b) : aud_error_set(err, "out of memory");

    if (rc == 0) {
        rc = backup_copy(&b);
    }

    if (rc == 0) {
        rc = backup_name(&b);
    }

    if (rc != 0) {
        tree_remove(b.to);
    }

    if (b.worker != -1) {
        close(b.worker);
    }

    if (b.lock != -1) {
        close(b.lock);
    }

    aud_free(b.piece);

    return rc;
}


static int
backup_begin(backup_t *b, const char *dir)
{
    size_t       len = strlen(dir);
    struct stat  st;

    while (len > 1 && dir[len - 1] == '/') {
        len--;
    }

    if (len == 0 || len > BACKUP_PATH / 2) {
        return aud_error_set(b->err, "a backup needs the name of a folder");
    }

    snprintf(b->to, sizeof(b->to), "%.*s.partial", (int) len, dir);

    if (lstat(dir, &st) == 0) {
        return aud_error_set(b->err, "%s is there already: a backup goes into "
                             "a folder of its own", dir);
    }

    if (mkdir(b->to, 0700) == 0) {
        return 0;
    }

    return errno == EEXIST
           ? aud_error_set(b->err, "%s is there: another backup is being "
                           "made, or one did not end, and that is to be "
                           "removed", b->to)
           : aud_error_system(b->err, "%s", b->to);
}


/* Who holds the lock is the worker.  It is asked for, not made: a file of
 * another owner would be in its way. */

static int
backup_lock(backup_t *b)
{
    char  path[BACKUP_PATH];

    snprintf(path, sizeof(path), "%s/worker.lock", b->settings->root);
    b->lock = open(path, O_RDWR | O_CLOEXEC);

    if (b->lock == -1) {
        return aud_error_system(b->err, "%s", path);
    }

    if (flock(b->lock, LOCK_EX | LOCK_NB) == 0) {
        return 0;
    }

    close(b->lock);
    b->lock = -1;

    return backup_connect(b) == 0 ? backup_ask(b) : -1;
}


static int
backup_connect(backup_t *b)
{
    struct timeval      wait = { .tv_sec = BACKUP_WAIT };
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s",
             b->settings->socket);
    b->worker = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (b->worker == -1
        || setsockopt(b->worker, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait))
           != 0
        || connect(b->worker, (struct sockaddr *) &address, sizeof(address))
           != 0)
    {
        return aud_error_system(b->err, "the worker at %s",
                                b->settings->socket);
    }

    return 0;
}


static int
backup_ask(backup_t *b)
{
    int                  rc;
    char                 header[AUD_FRAME_HEADER];
    uint32_t             len;
    aud_buffer_t         out = { 0 };
    aud_request_t        request = {
        .method = AUD_METHOD_BACKUP, .tenant = AUD_STR("backup"),
        .request_id = AUD_STR("backup"), .path = AUD_STR("/backup")
    };
    aud_frame_type_t     type;
    aud_response_head_t  head;

    aud_frame_write_request(&out, &request);
    rc = !out.failed && send(b->worker, out.data, out.len, MSG_NOSIGNAL)
                        == (ssize_t) out.len
         ? 0 : aud_error_system(b->err, "asking the worker");
    aud_buffer_free(&out);

    if (rc != 0 || backup_read(b, header, sizeof(header)) != 0) {
        return -1;
    }

    if (aud_frame_header(header, &type, &len) != 0 || type != AUD_FRAME_HEAD
        || len > BACKUP_PIECE)
    {
        return aud_error_set(b->err, "the worker sent an invalid answer");
    }

    if (backup_read(b, b->piece, len) != 0) {
        return -1;
    }

    if (aud_frame_read_head(aud_str(b->piece, len), &head) != 0) {
        return aud_error_set(b->err, "the worker sent an invalid answer");
    }

    return head.status == 200 ? 0 : backup_refusal(b);
}


static int
backup_read(backup_t *b, char *out, size_t len)
{
    size_t   have = 0;
    ssize_t  n;

    while (have < len) {
        n = recv(b->worker, out + have, len - have, 0);

        if (n == 0) {
            return aud_error_set(b->err, "the worker closed the connection: "
                                 "may this user speak to it, and is it of this "
                                 "version?");
        }

        if (n == -1 && errno != EINTR) {
            return aud_error_system(b->err, "the worker's answer");
        }

        have += n > 0 ? n : 0;
    }

    return 0;
}


static int
backup_refusal(backup_t *b)
{
    char               header[AUD_FRAME_HEADER];
    json_t            *problem = NULL;
    const char        *detail;
    uint32_t           len;
    aud_frame_type_t   type;

    if (backup_read(b, header, sizeof(header)) != 0) {
        return -1;
    }

    if (aud_frame_header(header, &type, &len) == 0 && type == AUD_FRAME_DATA
        && len <= BACKUP_ANSWER && backup_read(b, b->piece, len) == 0)
    {
        problem = json_loadb(b->piece, len, 0, NULL);
    }

    detail = json_string_value(json_object_get(problem, "detail"));
    aud_error_set(b->err, "the worker refused: %s",
                  detail ? detail : "no reason was given");
    json_decref(problem);

    return -1;
}


/* The list of who was erased comes last: it may know more than the store, never
 * less.  A line of it that is half written is of a later erasure. */

static int
backup_copy(backup_t *b)
{
    size_t       i;
    char         from[BACKUP_PATH], to[BACKUP_PATH + 16];
    struct stat  st;
    const char  *aside = b->worker == -1 ? "" : "/" BACKUP_FOLDER;

    static const char *const  folders[] = { "db", "spool", "erased" };

    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(from, sizeof(from), "%s%s/%s", b->settings->root,
                 strcmp(folders[i], "erased") == 0 ? "" : aside, folders[i]);

        if (lstat(from, &st) != 0 && errno == ENOENT
            && strcmp(folders[i], "erased") == 0)
        {
            continue;                   /* nobody was erased */
        }

        snprintf(to, sizeof(to), "%s/%s", b->to, folders[i]);

        if (tree_copy(from, to, b->size, b->err) != 0) {
            return -1;
        }
    }

    return backup_still_laid_aside(b);
}


/* What was laid aside is removed after the connection has ended, never before:
 * as long as it is there, all was there. */

static int
backup_still_laid_aside(backup_t *b)
{
    char     byte[64];
    ssize_t  n;

    if (b->worker == -1) {
        return 0;
    }

    do {
        n = recv(b->worker, byte, sizeof(byte), MSG_DONTWAIT);
    } while (n > 0);

    return n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)
           ? 0 : aud_error_set(b->err, "the worker ended meanwhile");
}


static int
backup_name(backup_t *b)
{
    char   parent[BACKUP_PATH], to[BACKUP_PATH];
    char  *slash;

    snprintf(to, sizeof(to), "%.*s",
             (int) (strlen(b->to) - strlen(".partial")), b->to);
    snprintf(parent, sizeof(parent), "%s", to);
    slash = strrchr(parent, '/');

    if (slash) {
        slash[slash == parent] = '\0';

    } else {
        snprintf(parent, sizeof(parent), ".");
    }

    if (backup_sync_folder(b, b->to) != 0) {
        return -1;
    }

    if (renameat2(AT_FDCWD, b->to, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        return aud_error_system(b->err, "%s", to);
    }

    return backup_sync_folder(b, parent);
}


static int
backup_sync_folder(backup_t *b, const char *path)
{
    int  fd, rc;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd != -1 && fsync(fd) == 0 ? 0 : aud_error_system(b->err, "%s", path);

    if (fd != -1) {
        close(fd);
    }

    return rc;
}


void
backup_clear(const char *root)
{
    char  path[BACKUP_PATH];

    snprintf(path, sizeof(path), "%s/" BACKUP_FOLDER, root);
    tree_remove(path);
}
