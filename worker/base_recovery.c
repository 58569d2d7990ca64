/*
 * A base after a start.  The store says which generation is true:
 *
 *   MANIFEST   MANIFEST.<n>            what happened          what is done
 *   n          none                    nothing                opened
 *   n          n + 1                   ended before commit    n + 1 is removed
 *   n - 1      n                       ended before publish   n is renamed
 *   else, or one that does not open    damage                 needs a rebuild
 */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "aud_clock.h"
#include "base_private.h"
#include "log.h"

static int   open_current(base_t *base, aud_error_t *err);
static int   publish_late(base_t *base, const char *name, aud_error_t *err);
static int   has_manifest(const base_t *base);
static void  note_number(base_t *base, const char *name, uint64_t number,
    void *arg);
static void  remove_manifest(base_t *base, const char *name, uint64_t number,
    void *arg);
static int64_t  manifest_changed(const base_t *base);


int
base_recover(base_t *base, aud_error_t *err)
{
    store_status_t  status;

    status = base_record_read(base, &base->record, err);

    if (status != STORE_OK && status != STORE_NOT_FOUND) {
        return -1;
    }

    base_list(base, note_number, NULL);

    if (open_current(base, err) != 0) {
        base->needs_rebuild = 1;
        base->current = aud_generation_empty();
        log_line(LOG_ERROR, NULL, "base unusable", "s:tenant", base->tenant,
                 "s:reason", err->text, NULL);

        return base->current ? 0 : aud_error_set(err, "memory is out");
    }

    base_list(base, remove_manifest, NULL);
    base_supersede_strays(base, base->current, UINT64_MAX,
                          manifest_changed(base));
    base_sweep(base);

    return 0;
}


static int
open_current(base_t *base, aud_error_t *err)
{
    char               name[BASE_FILE_LEN];
    aud_error_t        why;
    aud_generation_t  *g;

    if (base->record.number == 0 && !has_manifest(base)) {
        base->current = aud_generation_empty();
        return base->current ? 0 : aud_error_set(err, "memory is out");
    }

    g = aud_generation_open(base->folder, NULL, NULL, err);

    if (g && g->number == base->record.number) {
        base->current = g;
        return 0;
    }

    if (g) {
        aud_error_set(err, "%s/MANIFEST is of generation %llu, not %llu",
                      base->folder, (unsigned long long) g->number,
                      (unsigned long long) base->record.number);
        aud_generation_release(g);
    }

    base_manifest_name(name, base->record.number);
    g = aud_generation_open(base->folder, name, NULL, &why);

    if (g == NULL) {
        if (why.no != ENOENT) {
            *err = why;
        }

        return -1;
    }

    if (g->number != base->record.number || publish_late(base, name, err) != 0)
    {
        aud_generation_release(g);
        return -1;
    }

    base->current = g;
    return 0;
}


static int
publish_late(base_t *base, const char *name, aud_error_t *err)
{
    char  from[BASE_FOLDER_LEN + BASE_FILE_LEN];
    char  to[BASE_FOLDER_LEN + BASE_FILE_LEN];

    snprintf(from, sizeof(from), "%s/%s", base->folder, name);
    snprintf(to, sizeof(to), "%s/MANIFEST", base->folder);

    if (rename(from, to) != 0) {
        return aud_error_system(err, "cannot rename %s", from);
    }

    return base_sync_folder(base, err);
}


static int
has_manifest(const base_t *base)
{
    char         path[BASE_FOLDER_LEN + BASE_FILE_LEN];
    struct stat  st;

    snprintf(path, sizeof(path), "%s/MANIFEST", base->folder);
    return stat(path, &st) == 0;
}


/* The next file's number is greater than any in the folder, whether or not the
 * store has heard of it. */
static void
note_number(base_t *base, const char *name, uint64_t number, void *arg)
{
    if (strncmp(name, "MANIFEST", 8) != 0
        && number != UINT64_MAX && number >= base->record.next_file)
    {
        base->record.next_file = number + 1;
    }
}


static void
remove_manifest(base_t *base, const char *name, uint64_t number, void *arg)
{
    if (strncmp(name, "MANIFEST", 8) == 0) {
        base_remove(base, name);
    }
}


/* Since when no new reader can want what the manifest does not name. */
static int64_t
manifest_changed(const base_t *base)
{
    char         path[BASE_FOLDER_LEN + BASE_FILE_LEN];
    struct stat  st;

    snprintf(path, sizeof(path), "%s/MANIFEST", base->folder);

    if (stat(path, &st) != 0) {
        return 0;
    }

    return st.st_ctim.tv_sec * AUD_SECOND + st.st_ctim.tv_nsec / 1000;
}
