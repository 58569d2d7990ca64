#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_mapping.h"

#define PATH_ROOM  4096


const char *
aud_map_file(const char *dir, const char *name, size_t least, size_t *bytes,
    aud_error_t *err)
{
    int          fd;
    char         path[PATH_ROOM];
    void        *map;
    struct stat  st;

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path)) {
        aud_error_set(err, "%s: the path is too long", dir);
        return NULL;
    }

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd < 0) {
        aud_error_system(err, "cannot open %s", path);
        return NULL;
    }

    map = NULL;

    if (fstat(fd, &st) != 0) {
        aud_error_system(err, "cannot stat %s", path);
        goto done;
    }

    if (!S_ISREG(st.st_mode) || (unsigned long long) st.st_size < least) {
        aud_error_set(err, "%s is unusable: it is too short", path);
        goto done;
    }

    map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED|MAP_POPULATE, fd, 0);

    if (map == MAP_FAILED) {
        aud_error_system(err, "cannot map %s", path);
        map = NULL;
    }

    *bytes = st.st_size;

done:

    close(fd);
    return map;
}


void
aud_unmap(const char *map, size_t bytes)
{
    if (map) {
        munmap((void *) map, bytes);
    }
}
