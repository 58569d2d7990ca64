#include <errno.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_clock.h"
#include "base_private.h"
#include "log.h"

static int   prepare_record(base_t *base, const base_change_t *change);
static base_status_t  write_files(base_t *base, const base_change_t *change,
    manifest_t *m, aud_error_t *err);
static int   write_manifest(base_t *base, const base_change_t *change,
    manifest_t *m, aud_error_t *err);
static aud_segment_t  *opened(void *arg, uint64_t number, uint64_t checksum);
static void  drop_dead_segment(base_t *base);
static void  forget(base_t *base, int files);
static void  supersede(base_t *base, const aud_generation_t *before,
    const aud_generation_t *after);
static void  supersede_audiences(base_t *base, const aud_generation_t *after,
    uint64_t number);
static int   has_segment(const aud_generation_t *g, uint64_t number);
static base_status_t  failed(const aud_error_t *err);


base_status_t
base_prepare(base_t *base, const base_change_t *change, store_batch_t *batch,
    aud_error_t *err)
{
    int            made;
    manifest_t     m = { 0 };
    base_status_t  status;

    base->added_number = change->added ? change->added->number : 0;
    base->prepared_rebuilt = change->rebuilt;
    status = BASE_FAILED;

    if (!change->rebuilt && base_needs_rebuild(base)) {
        aud_error_set(err, "the base of %s has to be rebuilt first",
                      base->tenant);
        goto done;
    }

    if (prepare_record(base, change) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    uv_mutex_lock(&base->state);
    made = base_make_folder(base, err);
    uv_mutex_unlock(&base->state);

    if (made != 0) {
        status = failed(err);
        goto done;
    }

    status = write_files(base, change, &m, err);

    if (status == BASE_OK
        && base_record_put(base, &base->prepared_record, batch) != 0)
    {
        aud_error_set(err, "the base record cannot be written");
        status = BASE_FAILED;
    }

done:

    if (status != BASE_OK) {
        forget(base, 1);

    } else {
        drop_dead_segment(base);
        base_audiences_put(base, batch);
    }

    return status;
}


base_status_t
base_publish(base_t *base, aud_error_t *err)
{
    char               from[BASE_FOLDER_LEN + BASE_FILE_LEN];
    char               to[BASE_FOLDER_LEN + BASE_FILE_LEN];
    char               name[BASE_FILE_LEN];
    base_status_t      status;
    base_record_t      old;
    aud_generation_t  *before;

    base_manifest_name(name, base->prepared->number);
    snprintf(from, sizeof(from), "%s/%s", base->folder, name);
    snprintf(to, sizeof(to), "%s/MANIFEST", base->folder);

    status = BASE_OK;

    if (rename(from, to) != 0) {
        aud_error_system(err, "cannot rename %s", from);
        status = failed(err);

    } else if (base_sync_folder(base, err) != 0) {
        status = failed(err);
    }

    /* The store speaks of it already: it is true even where nginx does not see
     * it until the next one, or the next start. */

    uv_mutex_lock(&base->state);

    before = base->current;
    old = base->record;
    base->current = base->prepared;
    base->prepared_record.next_file = old.next_file;
    base->record = base->prepared_record;

    if (base->current->content == base->current->number) {
        base->changed = aud_ticks();
    }

    if (base->prepared_rebuilt) {
        base->needs_rebuild = 0;
    }

    uv_mutex_unlock(&base->state);

    base->prepared = NULL;
    memset(&base->prepared_record, 0, sizeof(base_record_t));

    if (status == BASE_OK) {
        supersede(base, before, base->current);

        if (base->prepared_rebuilt) {
            base_supersede_strays(base, base->current,
                                  base->added_number ? base->added_number
                                                     : old.next_file,
                                  aud_now());
        }

        base_sweep(base);
    }

    aud_generation_release(before);
    base_fields_free(old.fields, old.nfields);
    json_decref(old.resolved_by);
    forget(base, 0);

    return status;
}


void
base_abandon(base_t *base)
{
    forget(base, 1);
}


const aud_generation_t *
base_prepared(const base_t *base)
{
    return base->prepared;
}


static int
prepare_record(base_t *base, const base_change_t *change)
{
    json_t         *now = base->worker->resolved_by;
    base_record_t  *record = &base->prepared_record;

    record->number = base->record.number + 1;

    /* A change of a base that other settings have made leaves one that is of
     * neither. */

    if (change->rebuilt || base->record.number == 0
        || json_equal(base->record.resolved_by, now))
    {
        record->resolved_by = json_incref(now);
    }

    if (change->fields || change->rebuilt) {
        record->nfields = change->nfields;
        return base_fields_copy(change->fields, change->nfields,
                                &record->fields);
    }

    record->nfields = base->record.nfields;
    return base_fields_copy(base->record.fields, base->record.nfields,
                            &record->fields);
}


static base_status_t
write_files(base_t *base, const base_change_t *change, manifest_t *m,
    aud_error_t *err)
{
    size_t          i;
    aud_field_t    *fields;
    base_status_t   status;
    base_slices_t   slices;
    base_record_t  *record = &base->prepared_record;

    fields = NULL;
    status = base_slices(base, change, &slices, err);

    if (status != BASE_OK) {
        goto done;
    }

    status = BASE_FAILED;
    fields = aud_calloc(record->nfields + 1, sizeof(aud_field_t));

    if (fields == NULL) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    for (i = 0; i < record->nfields; i++) {
        fields[i] = record->fields[i].field;
    }

    m->number = record->number;
    m->content = change->alike ? base->current->content : record->number;
    m->fields = fields;
    m->nfields = record->nfields;
    m->segments = slices.segments;
    m->nsegments = slices.n;

    if (base_audiences_write(base, change, m, err) != 0
        || write_manifest(base, change, m, err) != 0)
    {
        status = failed(err);
        goto done;
    }

    /* Persisted, so that a number is not used again after a crash: the one
     * numbers go on from, not the next one. */
    uv_mutex_lock(&base->state);
    record->next_file = base->record.next_file;
    uv_mutex_unlock(&base->state);

    status = BASE_OK;

done:

    base_slices_free(&slices);
    aud_free(fields);

    return status;
}


/* Opened before it is committed to: what was written is proved to be readable,
 * and publishing cannot fail for want of memory. */
static int
write_manifest(base_t *base, const base_change_t *change, manifest_t *m,
    aud_error_t *err)
{
    char            name[BASE_FILE_LEN];
    aud_segments_t  segments = { opened, change->opened };

    base_manifest_name(name, m->number);

    if (manifest_write(base->folder, name, m, err) != 0
        || base_sync_folder(base, err) != 0)
    {
        return -1;
    }

    base->prepared = aud_generation_open_with(base->folder, name,
                                              base->current, &segments, err);

    return base->prepared ? 0 : -1;
}


static aud_segment_t *
opened(void *arg, uint64_t number, uint64_t checksum)
{
    aud_segment_t  *segment = arg;

    return segment && segment->number == number
           && segment->checksum == checksum
           ? aud_segment_retain(segment) : NULL;
}


/* Where nothing of the added segment lives: all of it was struck out before it
 * was seen. */
static void
drop_dead_segment(base_t *base)
{
    char  name[AUD_SEGMENT_NAME_LEN + 1];

    if (base->added_number && !has_segment(base->prepared, base->added_number))
    {
        aud_segment_name(name, base->added_number);
        base_remove(base, name);
        base->added_number = 0;
    }
}


/* Ends a prepared change; files: those that only it would have named. */
static void
forget(base_t *base, int files)
{
    char  name[BASE_FILE_LEN];

    if (files) {
        base_manifest_name(name, base->record.number + 1);
        base_remove(base, name);

        if (base->added_number) {
            aud_segment_name(name, base->added_number);
            base_remove(base, name);
        }

        if (base->audiences_number) {
            aud_audiences_name(name, base->audiences_number);
            base_remove(base, name);
        }
    }

    aud_generation_release(base->prepared);
    base_fields_free(base->prepared_record.fields,
                     base->prepared_record.nfields);
    json_decref(base->prepared_record.resolved_by);
    memset(&base->prepared_record, 0, sizeof(base_record_t));
    base->prepared = NULL;
    base->prepared_rebuilt = 0;
    base->added_number = 0;
    base->audiences_number = 0;
}


static void
supersede(base_t *base, const aud_generation_t *before,
    const aud_generation_t *after)
{
    char      name[BASE_FILE_LEN];
    size_t    i;
    int64_t   now;
    uint64_t  number;

    now = aud_now();

    for (i = 0; i < before->nslices; i++) {
        number = before->slices[i].segment->number;

        if (!has_segment(after, number)) {
            aud_segment_name(name, number);
            base_supersede(base, name, now);
        }
    }

    supersede_audiences(base, after, before->audiences_number);
    supersede_audiences(base, after, before->audiences_below);
}


static void
supersede_audiences(base_t *base, const aud_generation_t *after,
    uint64_t number)
{
    char  name[BASE_FILE_LEN];

    if (number && number != after->audiences_number
        && number != after->audiences_below)
    {
        aud_audiences_name(name, number);
        base_supersede(base, name, aud_now());
    }
}


static int
has_segment(const aud_generation_t *g, uint64_t number)
{
    size_t  i;

    for (i = 0; i < g->nslices; i++) {
        if (g->slices[i].segment->number == number) {
            return 1;
        }
    }

    return 0;
}


/* A file that has grown too large is a full disk, too, with a quota of its
 * own. */
static base_status_t
failed(const aud_error_t *err)
{
    return err->no == ENOSPC || err->no == EDQUOT || err->no == EFBIG
           ? BASE_FULL : BASE_FAILED;
}
