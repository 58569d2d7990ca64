/*
 * Folders, copied and removed.
 */

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "tree.h"

#define TREE_PATH   8192
#define TREE_PIECE  (1024 * 1024)


typedef struct {
    char         *piece;
    tree_size_t  *size;
    aud_error_t  *err;
} copy_t;


static int tree_entry(copy_t *c, const FTSENT *entry, const char *path);
static int tree_file(copy_t *c, const FTSENT *entry, const char *path);
static int tree_bytes(copy_t *c, int from, int to, const char *path);
static int tree_own(copy_t *c, int fd, const struct stat *st,
    const char *path);


int
tree_copy(const char *from, const char *to, tree_size_t *size,
    aud_error_t *err)
{
    int      rc = 0;
    FTS     *tree;
    char     path[TREE_PATH];
    char    *const  roots[] = { (char *) from, NULL };
    copy_t   c = { .size = size, .err = err };
    FTSENT  *entry;

    c.piece = aud_malloc(TREE_PIECE);
    if (c.piece == NULL) {
        return aud_error_set(err, "out of memory");
    }

    tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (tree == NULL) {
        aud_free(c.piece);
        return aud_error_system(err, "%s", from);
    }

    while (rc == 0 && (errno = 0, entry = fts_read(tree)) != NULL) {
        snprintf(path, sizeof(path), "%s%s", to,
                 entry->fts_path + strlen(from));
        rc = tree_entry(&c, entry, path);
    }

    if (rc == 0 && errno != 0) {
        rc = aud_error_system(err, "%s", from);
    }

    fts_close(tree);
    aud_free(c.piece);

    return rc;
}


static int
tree_entry(copy_t *c, const FTSENT *entry, const char *path)
{
    int  fd, rc;

    switch (entry->fts_info) {

    case FTS_D:
        return mkdir(path, 0700) == 0 ? 0 : aud_error_system(c->err, "%s",
                                                             path);

    case FTS_DP:
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        rc = fd != -1 ? tree_own(c, fd, entry->fts_statp, path)
                      : aud_error_system(c->err, "%s", path);

        if (fd != -1) {
            close(fd);
        }

        return rc;

    case FTS_F:
        return tree_file(c, entry, path);

    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = entry->fts_errno;
        return aud_error_system(c->err, "%s", entry->fts_path);

    default:
        return 0;
    }
}


static int
tree_file(copy_t *c, const FTSENT *entry, const char *path)
{
    int          from, to = -1, rc = -1;
    struct stat  st;

    from = open(entry->fts_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (from == -1 || fstat(from, &st) != 0) {
        aud_error_system(c->err, "%s", entry->fts_path);

    } else {
        to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (to == -1) {
            aud_error_system(c->err, "%s", path);

        } else {
            rc = tree_bytes(c, from, to, path);
        }
    }

    if (rc == 0) {
        rc = tree_own(c, to, &st, path);
        c->size->files++;
    }

    if (from != -1) {
        close(from);
    }

    if (to != -1) {
        close(to);
    }

    return rc;
}


static int
tree_bytes(copy_t *c, int from, int to, const char *path)
{
    ssize_t  n, done, written;

    while ((n = read(from, c->piece, TREE_PIECE)) > 0) {
        for (done = 0; done < n; done += written) {
            written = write(to, c->piece + done, n - done);

            if (written == -1) {
                return aud_error_system(c->err, "%s", path);
            }
        }

        c->size->bytes += n;
    }

    return n == 0 ? 0 : aud_error_system(c->err, "reading for %s", path);
}


/* Mode and, where root makes the backup, owner: a copy that is put
 * back needs no care.  Then it is synced. */

static int
tree_own(copy_t *c, int fd, const struct stat *st, const char *path)
{
    if ((geteuid() == 0 && fchown(fd, st->st_uid, st->st_gid) != 0)
        || fchmod(fd, st->st_mode & 07777) != 0 || fsync(fd) != 0)
    {
        return aud_error_system(c->err, "%s", path);
    }

    return 0;
}


void
tree_remove(const char *path)
{
    FTS     *tree;
    char    *const  roots[] = { (char *) path, NULL };
    FTSENT  *entry;

    tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    while (tree && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_DP) {
            (void) rmdir(entry->fts_accpath);

        } else if (entry->fts_info != FTS_D) {
            (void) unlink(entry->fts_accpath);
        }
    }

    if (tree) {
        fts_close(tree);
    }
}
