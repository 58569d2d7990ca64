/*
 * Preloaded into nginx, makes the first stat() of each MANIFEST meet a file that
 * lost its name on the way, as when the worker replaces it at that moment
 * (t/replaced.t): the kernel looks the name up, then asks the file that it found.
 */

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>


static int
on_its_way(const char *path, ino_t inode)
{
    static ino_t  last;

    const char  *name = strrchr(path, '/');

    if (name == NULL || strcmp(name, "/MANIFEST") != 0 || inode == last) {
        return 0;
    }

    last = inode;

    return 1;
}


int
stat(const char *path, struct stat *sb)
{
    int  rc, (*real)(const char *, struct stat *);

    *(void **) &real = dlsym(RTLD_NEXT, "stat");
    rc = real(path, sb);

    if (rc == 0 && on_its_way(path, sb->st_ino)) {
        sb->st_nlink = 0;
    }

    return rc;
}


int
stat64(const char *path, struct stat64 *sb)
{
    int  rc, (*real)(const char *, struct stat64 *);

    *(void **) &real = dlsym(RTLD_NEXT, "stat64");
    rc = real(path, sb);

    if (rc == 0 && on_its_way(path, sb->st_ino)) {
        sb->st_nlink = 0;
    }

    return rc;
}
