#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_clock.h"
#include "base_private.h"
#include "log.h"
#include "settings.h"

#define PATH_ROOM  (BASE_FOLDER_LEN + BASE_FILE_LEN)

typedef struct {
    const aud_generation_t  *generation;
    uint64_t                 below;
    int64_t                  since;
} strays_t;

static int   make_dir(const char *path, const char *parent, aud_error_t *err);
static int   sync_dir(const char *path, aud_error_t *err);
static int   file_number(const char *name, uint64_t *number);
static void  supersede_stray(base_t *base, const char *name, uint64_t number,
    void *arg);
static int   names_file(const aud_generation_t *g, const char *name,
    uint64_t number);


int
base_make_folder(base_t *base, aud_error_t *err)
{
    char  parent[PATH_ROOM];

    if (base->folder_made) {
        return 0;
    }

    snprintf(parent, sizeof(parent), "%s/segments",
             base->worker->settings->root);

    if (make_dir(parent, base->worker->settings->root, err) != 0
        || make_dir(base->folder, parent, err) != 0)
    {
        return -1;
    }

    base->folder_made = 1;
    return 0;
}


int
base_sync_folder(const base_t *base, aud_error_t *err)
{
    return sync_dir(base->folder, err);
}


void
base_remove(const base_t *base, const char *name)
{
    char  path[PATH_ROOM];

    snprintf(path, sizeof(path), "%s/%s", base->folder, name);

    if (unlink(path) != 0 && errno != ENOENT) {
        log_line(LOG_WARNING, NULL, "file not removed", "s:tenant",
                 base->tenant, "s:file", name, "s:reason", strerror(errno),
                 NULL);
    }
}


void
base_manifest_name(char out[BASE_FILE_LEN], uint64_t number)
{
    snprintf(out, BASE_FILE_LEN, "MANIFEST.%" PRIu64, number);
}


void
base_list(base_t *base, base_file_fn fn, void *arg)
{
    DIR            *dir;
    uint64_t        number;
    struct dirent  *entry;

    dir = opendir(base->folder);

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (file_number(entry->d_name, &number) == 0) {
            fn(base, entry->d_name, number, arg);
        }
    }

    closedir(dir);
}


/* Where memory is out the file stays until the next start. */
void
base_supersede(base_t *base, const char *name, int64_t since)
{
    base_file_t  *files;

    files = aud_realloc(base->superseded,
                        (base->nsuperseded + 1) * sizeof(base_file_t));

    if (files == NULL) {
        return;
    }

    base->superseded = files;
    files += base->nsuperseded++;
    files->since = since;
    snprintf(files->name, BASE_FILE_LEN, "%s", name);
}


void
base_sweep(base_t *base)
{
    size_t   i, kept;
    int64_t  now;

    now = aud_now();
    kept = 0;

    for (i = 0; i < base->nsuperseded; i++) {

        if (now - base->superseded[i].since >= BASE_GRACE * AUD_SECOND) {
            base_remove(base, base->superseded[i].name);

        } else {
            base->superseded[kept++] = base->superseded[i];
        }
    }

    base->nsuperseded = kept;
}


void
base_supersede_strays(base_t *base, const aud_generation_t *g, uint64_t below,
    int64_t since)
{
    strays_t  strays = { g, below, since };

    base_list(base, supersede_stray, &strays);
}


static int
make_dir(const char *path, const char *parent, aud_error_t *err)
{
    if (mkdir(path, 0750) == 0) {
        return sync_dir(parent, err);
    }

    if (errno != EEXIST) {
        return aud_error_system(err, "cannot make %s", path);
    }

    return 0;
}


static int
sync_dir(const char *path, aud_error_t *err)
{
    int  fd, rc;

    fd = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd < 0) {
        return aud_error_system(err, "cannot open %s", path);
    }

    rc = 0;

    if (fsync(fd) != 0) {
        rc = aud_error_system(err, "cannot sync %s", path);
    }

    close(fd);
    return rc;
}


/* The number in the name of a file that a base makes, -1 for any other. */
static int
file_number(const char *name, uint64_t *number)
{
    char  again[BASE_FILE_LEN];

    if (sscanf(name, "MANIFEST.%" SCNu64, number) == 1) {
        base_manifest_name(again, *number);

    } else if (sscanf(name, "%16" SCNx64, number) == 1) {
        aud_segment_name(again, *number);

        if (strcmp(name, again) != 0) {
            aud_audiences_name(again, *number);
        }

    } else {
        return -1;
    }

    return strcmp(name, again) == 0 ? 0 : -1;
}


static void
supersede_stray(base_t *base, const char *name, uint64_t number, void *arg)
{
    size_t     i;
    strays_t  *strays = arg;

    if (strncmp(name, "MANIFEST", 8) == 0
        || number >= strays->below
        || names_file(strays->generation, name, number))
    {
        return;
    }

    for (i = 0; i < base->nsuperseded; i++) {
        if (strcmp(base->superseded[i].name, name) == 0) {
            return;
        }
    }

    base_supersede(base, name, strays->since);
}


static int
names_file(const aud_generation_t *g, const char *name, uint64_t number)
{
    size_t  i;

    if (strcmp(name + AUD_AUDIENCES_NAME_LEN - 4, ".aud") == 0) {
        return g->audiences_number == number
               || g->audiences_below == number;
    }

    for (i = 0; i < g->nslices; i++) {
        if (g->slices[i].segment->number == number) {
            return 1;
        }
    }

    return 0;
}
