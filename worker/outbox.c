#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outbox.h"

#define PATH_SIZE  1200


static int write_synced(const char *path, aud_str_t bytes, aud_error_t *err);
static int write_all(int fd, aud_str_t bytes);
static int sync_folder(const char *path, aud_error_t *err);


int
outbox_write(const char *root, const char *name, aud_str_t message,
    aud_error_t *err)
{
    char  folder[PATH_SIZE], new_path[PATH_SIZE], path[PATH_SIZE];

    if ((size_t) snprintf(path, sizeof(path), "%s/outbox/%s.eml", root, name)
        >= sizeof(path) - 8)
    {
        return aud_error_set(err, "the path of the outbox is too long");
    }

    snprintf(folder, sizeof(folder), "%.1000s/outbox", root);
    snprintf(new_path, sizeof(new_path), "%.1000s/outbox/.%.150s.new", root,
             name);

    if (mkdir(folder, 0750) != 0 && errno != EEXIST) {
        return aud_error_system(err, "%s", folder);
    }

    if (write_synced(new_path, message, err) != 0) {
        unlink(new_path);
        return -1;
    }

    if (rename(new_path, path) != 0) {
        aud_error_system(err, "%s", path);
        unlink(new_path);
        return -1;
    }

    return sync_folder(folder, err);
}


static int
write_synced(const char *path, aud_str_t bytes, aud_error_t *err)
{
    int  fd, rc = 0;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0640);

    if (fd < 0) {
        return aud_error_system(err, "%s", path);
    }

    if (write_all(fd, bytes) != 0 || fsync(fd) != 0) {
        rc = aud_error_system(err, "%s", path);
    }

    if (close(fd) != 0 && rc == 0) {
        rc = aud_error_system(err, "%s", path);
    }

    return rc;
}


static int
write_all(int fd, aud_str_t bytes)
{
    ssize_t  n;

    while (bytes.len) {
        n = write(fd, bytes.data, bytes.len);

        if (n < 0 && errno != EINTR) {
            return -1;
        }

        n = n < 0 ? 0 : n;
        bytes = aud_str(bytes.data + n, bytes.len - (size_t) n);
    }

    return 0;
}


static int
sync_folder(const char *path, aud_error_t *err)
{
    int  fd, rc = 0;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        rc = aud_error_system(err, "%s", path);
    }

    if (fd >= 0) {
        close(fd);
    }

    return rc;
}
