#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "base_private.h"
#include "log.h"
#include "settings.h"

struct bases_s {
    worker_t    *worker;
    uv_mutex_t   mutex;         /* guards the list */
    base_t     **list;          /* sorted by tenant */
    size_t       n;
};

static int     open_stored(bases_t *bases, aud_error_t *err);
static int     open_folders(bases_t *bases, aud_error_t *err);
static base_t *find(bases_t *bases, const char *tenant, size_t *place);
static base_t *insert(bases_t *bases, const char *tenant, size_t place);
static base_t *create(worker_t *worker, const char *tenant);
static void    destroy(base_t *base);
static int     recover(bases_t *bases, const char *tenant, aud_error_t *err);
static void    sweep(void *arg, base_t *base);


bases_t *
bases_create(worker_t *worker, aud_error_t *err)
{
    bases_t  *bases;

    bases = aud_calloc(1, sizeof(bases_t));

    if (bases == NULL) {
        aud_error_set(err, "memory is out");
        return NULL;
    }

    bases->worker = worker;

    if (uv_mutex_init(&bases->mutex) != 0) {
        aud_error_set(err, "cannot make a mutex");
        aud_free(bases);
        return NULL;
    }

    if (open_stored(bases, err) != 0 || open_folders(bases, err) != 0) {
        bases_free(bases);
        return NULL;
    }

    return bases;
}


void
bases_free(bases_t *bases)
{
    size_t  i;

    if (bases == NULL) {
        return;
    }

    for (i = 0; i < bases->n; i++) {
        destroy(bases->list[i]);
    }

    uv_mutex_destroy(&bases->mutex);
    aud_free(bases->list);
    aud_free(bases);
}


base_t *
bases_get(bases_t *bases, const char *tenant)
{
    size_t   place = 0;
    base_t  *base;

    uv_mutex_lock(&bases->mutex);

    base = find(bases, tenant, &place);

    if (base == NULL && (base = insert(bases, tenant, place)) != NULL) {
        base->current = aud_generation_empty();

        if (base->current == NULL) {
            memmove(bases->list + place, bases->list + place + 1,
                    (--bases->n - place) * sizeof(base_t *));
            destroy(base);
            base = NULL;
        }
    }

    uv_mutex_unlock(&bases->mutex);

    return base;
}


void
bases_each(bases_t *bases, void (*fn)(void *arg, base_t *base), void *arg)
{
    size_t   i;
    base_t  *base;

    for (i = 0; ; i++) {
        uv_mutex_lock(&bases->mutex);
        base = i < bases->n ? bases->list[i] : NULL;
        uv_mutex_unlock(&bases->mutex);

        if (base == NULL) {
            return;
        }

        fn(arg, base);
    }
}


void
bases_sweep(bases_t *bases)
{
    bases_each(bases, sweep, NULL);
}


aud_generation_t *
base_generation(base_t *base)
{
    aud_generation_t  *g;

    uv_mutex_lock(&base->state);
    g = aud_generation_retain(base->current);
    uv_mutex_unlock(&base->state);

    return g;
}


aud_generation_t *
base_quiet(base_t *base, int64_t since)
{
    aud_generation_t  *g;

    g = NULL;
    uv_mutex_lock(&base->state);

    if (aud_ticks() - base->changed >= since
        && base->quiet != base->current->number)
    {
        g = aud_generation_retain(base->current);
        base->quiet = g->number;
    }

    uv_mutex_unlock(&base->state);

    return g;
}


int
base_needs_rebuild(base_t *base)
{
    int  needs;

    uv_mutex_lock(&base->state);
    needs = base->needs_rebuild;
    uv_mutex_unlock(&base->state);

    return needs;
}


audience_index_t *
base_audience_index(base_t *base)
{
    return base->audience_index;
}


base_field_t *
base_fields(base_t *base, size_t *n)
{
    base_field_t  *copy;

    uv_mutex_lock(&base->state);

    *n = base->record.nfields;

    if (base_fields_copy(base->record.fields, *n, &copy) != 0) {
        log_no_memory("base_fields");
    }

    uv_mutex_unlock(&base->state);

    return copy;
}


json_t *
base_resolved_by(base_t *base)
{
    json_t  *by;

    uv_mutex_lock(&base->state);
    by = json_incref(base->record.number ? base->record.resolved_by
                                         : base->worker->resolved_by);
    uv_mutex_unlock(&base->state);

    return by;
}


uint64_t
base_segment_number(base_t *base)
{
    uint64_t     number;
    aud_error_t  err;

    uv_mutex_lock(&base->state);

    if (base_make_folder(base, &err) != 0) {
        log_line(LOG_ERROR, NULL, "no folder", "s:tenant", base->tenant,
                 "s:reason", err.text, NULL);
    }

    /* 0 means "none" in a manifest. */
    if (base->record.next_file == 0) {
        base->record.next_file = 1;
    }

    number = base->record.next_file++;
    uv_mutex_unlock(&base->state);

    return number;
}


const char *
base_folder(const base_t *base)
{
    return base->folder;
}


const char *
base_tenant(const base_t *base)
{
    return base->tenant;
}


void
base_lock(base_t *base)
{
    uv_mutex_lock(&base->change);
}


void
base_unlock(base_t *base)
{
    uv_mutex_unlock(&base->change);
}


void
base_purge(base_t *base)
{
    size_t       i;
    aud_error_t  err;

    base_lock(base);

    for (i = 0; i < base->nsuperseded; i++) {
        base->superseded[i].since = 0;
    }

    base_sweep(base);

    if (base_sync_folder(base, &err) != 0) {
        log_line(LOG_WARNING, NULL, "folder not synced", "s:tenant",
                 base->tenant, "s:reason", err.text, NULL);
    }

    base_unlock(base);
}


static int
open_stored(bases_t *bases, aud_error_t *err)
{
    int   rc;
    char  tenant[65] = "";

    while ((rc = store_next_tenant(bases->worker->store, tenant, err)) == 1) {
        if (recover(bases, tenant, err) != 0) {
            return -1;
        }
    }

    return rc;
}


/* Tenants that the store has lost are found here. */
static int
open_folders(bases_t *bases, aud_error_t *err)
{
    int             rc;
    DIR            *dir;
    char            path[BASE_FOLDER_LEN];
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/segments", bases->worker->settings->root);
    dir = opendir(path);

    if (dir == NULL) {
        return 0;
    }

    rc = 0;

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (aud_tenant_valid(entry->d_name, strlen(entry->d_name))) {
            rc = recover(bases, entry->d_name, err);
        }
    }

    closedir(dir);
    return rc;
}


static int
recover(bases_t *bases, const char *tenant, aud_error_t *err)
{
    size_t   place = 0;
    base_t  *base;

    if (find(bases, tenant, &place)) {
        return 0;
    }

    base = insert(bases, tenant, place);

    if (base == NULL) {
        return aud_error_set(err, "memory is out");
    }

    return base_recover(base, err);
}


static void
sweep(void *arg, base_t *base)
{
    if (uv_mutex_trylock(&base->change) == 0) {
        base_sweep(base);
        uv_mutex_unlock(&base->change);
    }
}


static base_t *
find(bases_t *bases, const char *tenant, size_t *place)
{
    int     order;
    size_t  low, high, middle;

    low = 0;
    high = bases->n;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = strcmp(bases->list[middle]->tenant, tenant);

        if (order == 0) {
            return bases->list[middle];
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    *place = low;
    return NULL;
}


static base_t *
insert(bases_t *bases, const char *tenant, size_t place)
{
    base_t  *base, **list;

    list = aud_realloc(bases->list, (bases->n + 1) * sizeof(base_t *));

    if (list == NULL) {
        return NULL;
    }

    bases->list = list;
    base = create(bases->worker, tenant);

    if (base) {
        memmove(list + place + 1, list + place,
                (bases->n++ - place) * sizeof(base_t *));
        list[place] = base;
    }

    return base;
}


static base_t *
create(worker_t *worker, const char *tenant)
{
    base_t  *base;

    base = aud_calloc(1, sizeof(base_t));

    if (base == NULL) {
        return NULL;
    }

    base->worker = worker;
    base->audience_index = audience_index_create(worker->store, tenant);
    base->changed = aud_ticks();
    snprintf(base->tenant, sizeof(base->tenant), "%s", tenant);
    snprintf(base->folder, sizeof(base->folder), "%s/segments/%s",
             worker->settings->root, base->tenant);

    if (base->audience_index == NULL || uv_mutex_init(&base->change) != 0) {
        goto failed;
    }

    if (uv_mutex_init(&base->state) != 0) {
        uv_mutex_destroy(&base->change);
        goto failed;
    }

    if (uv_mutex_init(&base->merging) != 0) {
        uv_mutex_destroy(&base->state);
        uv_mutex_destroy(&base->change);
        goto failed;
    }

    return base;

failed:

    audience_index_free(base->audience_index);
    aud_free(base);

    return NULL;
}


static void
destroy(base_t *base)
{
    aud_generation_release(base->current);
    aud_generation_release(base->prepared);
    base_fields_free(base->record.fields, base->record.nfields);
    base_fields_free(base->prepared_record.fields,
                     base->prepared_record.nfields);
    json_decref(base->record.resolved_by);
    json_decref(base->prepared_record.resolved_by);
    uv_mutex_destroy(&base->change);
    uv_mutex_destroy(&base->state);
    uv_mutex_destroy(&base->merging);
    audience_index_free(base->audience_index);
    aud_free(base->superseded);
    aud_free(base);
}
