/*
 * Files that hold somebody who is erased: segments, and exports; the spool is
 * in erase_spool.c.  Nothing here needs to know who it is, so that it can be
 * done after a crash.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "document.h"
#include "erase_private.h"
#include "export.h"
#include "merge.h"
#include "profile_find.h"
#include "settings.h"


typedef struct {                    /* refs of what went, ascending or not */
    const json_t  *numbers;
    uint64_t      *refs;
    size_t         n;
} erase_holders_t;


static int segment_struck(const erase_t *e, const aud_slice_t *slice);
static int segment_holds(void *arg, const aud_slice_t *slice);
static int holders_refs(erase_t *e, erase_holders_t *holders);
static int export_revoke(erase_t *e, store_batch_t *batch,
    const aud_uuid_t *id, json_t *record);
static int export_holds(erase_t *e, const aud_uuid_t *id);
static void exports_unlink(const erase_t *e);
static void exports_unlink_parts(const erase_t *e);


/* Those that hold a record that goes; and rows struck out long ago that had one
 * of the values, as of an import that was undone. */

int
erase_segments(erase_t *e)
{
    size_t   i, k;
    json_t  *numbers;

    numbers = json_object_get(e->pending, "segments");

    for (i = 0; i < e->g->nslices; i++) {
        const aud_segment_t  *segment = e->g->slices[i].segment;

        for (k = 0; k < e->r->refs.n; k++) {
            if (segment_holds_record(segment, e->r->refs.items[k])) {
                break;
            }
        }

        if ((k < e->r->refs.n || segment_struck(e, &e->g->slices[i]))
            && json_array_append_new(numbers, json_integer(
                                     (json_int_t) segment->number))
               != 0)
        {
            return aud_error_set(&e->r->err, "out of memory");
        }
    }

    return 0;
}


static int
segment_struck(const erase_t *e, const aud_slice_t *slice)
{
    json_t                 *ignored;
    aud_str_t               value;
    const char             *text;
    aud_identifier_kind_t   kind;

    json_object_foreach(e->texts, text, ignored) {
        value = aud_str(text, strlen(text));

        for (kind = AUD_IDENTIFIER_PHONE; kind <= AUD_IDENTIFIER_TAX_DOCUMENT;
             kind++)
        {
            if (slice_struck_value(slice, kind, value)) {
                return 1;
            }
        }
    }

    return 0;
}


job_outcome_t
erase_rewrite(erase_t *e)
{
    resolve_t        *r = e->r;
    job_outcome_t     outcome = JOB_RETRY;
    erase_holders_t   holders = { 0 };

    holders.numbers = json_object_get(e->pending, "segments");

    if (holders_refs(e, &holders) == 0) {
        outcome = merge_rewrite(r->run, r->base, segment_holds, &holders,
                                &r->err);
    }

    if (outcome == JOB_DONE) {
        base_purge(r->base);
    }

    aud_free(holders.refs);

    return outcome;
}


static int
holders_refs(erase_t *e, erase_holders_t *holders)
{
    size_t       i;
    json_t      *records, *record;
    uint32_t     sequence;
    aud_uuid_t   id;
    const char  *text;

    records = json_object_get(e->document, "records");
    holders->refs = aud_calloc(json_array_size(records) + 1, sizeof(uint64_t));

    if (holders->refs == NULL) {
        return aud_error_set(&e->r->err, "out of memory");
    }

    json_array_foreach(records, i, record) {
        text = json_string_value(json_array_get(record, 0));

        if (text && aud_id_parse(text, strlen(text), "imp", &id) == 0
            && (sequence = sequences_of(&e->r->resolving.sequences, &id)) != 0)
        {
            holders->refs[holders->n++] = profile_ref(
                sequence, json_integer_value(json_array_get(record, 1)));
        }
    }

    return 0;
}


/* By number, or by records: a merge that ran meanwhile may have put a row that
 * was struck out since into another segment. */

static int
segment_holds(void *arg, const aud_slice_t *slice)
{
    size_t            i;
    json_t           *number;
    erase_holders_t  *holders = arg;

    if (slice->live == slice->segment->rows) {
        return 0;
    }

    json_array_foreach(holders->numbers, i, number) {
        if ((uint64_t) json_integer_value(number) == slice->segment->number) {
            return 1;
        }
    }

    for (i = 0; i < holders->n; i++) {
        if (segment_holds_record(slice->segment, holders->refs[i])) {
            return 1;
        }
    }

    return 0;
}


/* Those that are done: who finishes one later is held to the generation that it
 * was made of (export_finish()). */

job_outcome_t
erase_exports(erase_t *e)
{
    int              rc;
    char             tenant[65];
    json_t          *record;
    resolve_t       *r = e->r;
    aud_str_t        key, value, rest;
    key_kind_t       kind;
    aud_uuid_t       id;
    store_key_t      prefix;
    store_scan_t    *scan;
    store_batch_t   *batch;
    job_outcome_t    outcome = JOB_RETRY;

    batch = store_batch_create();
    prefix = key_prefix(r->tenant, KEY_EXPORT);
    base_lock(r->base);                 /* as all that changes an export */
    scan = store_scan(r->worker->store, NULL, key_str(&prefix), aud_str("", 0),
                      0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        if (key_split(key, tenant, &kind, &rest) != 0
            || rest.len != sizeof(id.bytes))
        {
            continue;
        }

        memcpy(id.bytes, rest.data, sizeof(id.bytes));
        record = json_loadb(value.data, value.len, 0, NULL);
        rc = record ? export_revoke(e, batch, &id, record) : 0;
        json_decref(record);

        if (rc != 0) {
            break;
        }
    }

    store_scan_free(scan);

    if (rc == 0) {
        outcome = job_commit(r->run, batch);

    } else {
        store_batch_free(batch);
    }

    if (outcome == JOB_DONE) {
        exports_unlink(e);
        exports_unlink_parts(e);
    }

    base_unlock(r->base);

    return outcome;
}


static int
export_revoke(erase_t *e, store_batch_t *batch, const aud_uuid_t *id,
    json_t *record)
{
    json_int_t  made, erased;

    made = json_integer_value(json_object_get(record, "generation"));
    erased = json_integer_value(json_object_get(e->pending, "generation"));

    if (strcmp(document_text(record, "state"), "done") != 0 || made >= erased
        || (e->known && !export_holds(e, id)))
    {
        return 0;
    }

    job_progress(e->r->run, "revoking exports", 0.75);
    json_object_set_new(record, "state", json_string("revoked"));
    json_object_set_new(record, "url", json_null());

    return document_put(batch, e->r->tenant, KEY_EXPORT, id, record) == 0
           ? 0 : aud_error_set(&e->r->err, "out of memory");
}


/* Its first column is the phone, which every row has.  What cannot be read is
 * taken for one that holds the person, unless it is gone already. */

static int
export_holds(erase_t *e, const aud_uuid_t *id)
{
    int           fd, holds = 1;
    char          path[DOCUMENT_PATH_MAX];
    void         *text;
    struct stat   st;

    document_export_path(e->r->worker, e->r->tenant, id, ".csv", path);
    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return errno != ENOENT;
    }

    if (fstat(fd, &st) == 0 && st.st_size == 0) {
        holds = 0;

    } else if (st.st_size > 0) {
        text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (text != MAP_FAILED) {
            holds = erase_found(e, aud_str(text, st.st_size));
            munmap(text, st.st_size);
        }
    }

    close(fd);

    return holds;
}


/* Of all that are revoked, which may have been before a crash; and of those
 * that are not done: whose job has written one already begins anew. */

static void
exports_unlink(const erase_t *e)
{
    json_t        *record;
    resolve_t     *r = e->r;
    aud_str_t      key, value;
    aud_uuid_t     id;
    const char    *state;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(r->tenant, KEY_EXPORT);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix), aud_str("", 0),
                      0);

    while (store_scan_next(scan, &key, &value, &r->err) == 1) {
        record = json_loadb(value.data, value.len, 0, NULL);
        state = document_text(record, "state");

        if (key.len == prefix.len + sizeof(id.bytes)
            && (strcmp(state, "revoked") == 0 || strcmp(state, "queued") == 0
                || strcmp(state, "failed") == 0))
        {
            memcpy(id.bytes, key.data + prefix.len, sizeof(id.bytes));
            export_unlink(r->worker, r->tenant, &id);
        }

        json_decref(record);
    }

    store_scan_free(scan);
}


/* Of files that are being written, or were when the worker was killed: whose
 * job runs yet begins anew. */

static void
exports_unlink_parts(const erase_t *e)
{
    DIR            *dir;
    char            path[DOCUMENT_PATH_MAX];
    size_t          len;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/exports/%s",
             e->r->worker->settings->root, e->r->tenant);
    dir = opendir(path);

    while (dir && (entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);

        if (len > 4 && strcmp(entry->d_name + len - 4, ".tmp") == 0) {
            (void) unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }

    if (dir) {
        closedir(dir);
    }
}


/* Whole kinds where they are small, and else the imports that were touched. */

store_status_t
erase_purge(erase_t *e)
{
    size_t           n = 0;
    json_t          *imports, *ignored;
    store_key_t     *keys;
    aud_str_t       *prefixes;
    aud_uuid_t       id;
    const char      *text;
    store_status_t   status = STORE_FAILED;

    static const key_kind_t  kinds[] = {
        KEY_IDEMPOTENCY, KEY_JOB, KEY_RULE, KEY_BLOCKED, KEY_ANSWER,
        KEY_CONVERSATION, KEY_SAID, KEY_LEARNING
    };

    const size_t  nkinds = sizeof(kinds) / sizeof(kinds[0]);

    imports = json_object_get(e->pending, "imports");
    keys = aud_calloc(2 * json_object_size(imports) + nkinds,
                      sizeof(store_key_t));
    prefixes = aud_calloc(2 * json_object_size(imports) + nkinds,
                          sizeof(aud_str_t));

    if (keys == NULL || prefixes == NULL) {
        aud_error_set(&e->r->err, "out of memory");
        goto done;
    }

    for (/* void */; n < nkinds; n++) {
        keys[n] = key_prefix(e->r->tenant, kinds[n]);
        prefixes[n] = key_str(&keys[n]);
    }

    json_object_foreach(imports, text, ignored) {
        if (aud_id_parse(text, strlen(text), "imp", &id) == 0) {
            keys[n] = key_id(e->r->tenant, KEY_RECORDS, &id);
            prefixes[n] = key_str(&keys[n]);
            n++;
            keys[n] = key_id(e->r->tenant, KEY_ERRORS, &id);
            prefixes[n] = key_str(&keys[n]);
            n++;
        }
    }

    status = store_purge(e->r->worker->store, prefixes, n, &e->r->err);

done:

    aud_free(keys);
    aud_free(prefixes);

    return status;
}
