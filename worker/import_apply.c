/*
 * The second half of an import: its profiles become a segment, and true.
 */

#include <pthread.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_segment.h"
#include "import_private.h"
#include "import_record.h"
#include "keys.h"
#include "log.h"
#include "merge.h"
#include "settings.h"

#define IMPORT_TRIES  8


static int import_records(import_t *i);
static int import_build(import_t *i, aud_error_t *err);
static base_status_t import_commit(import_t *i, job_outcome_t *outcome,
    aud_error_t *err);
static store_batch_t *import_batch(import_t *i);
static void *import_reopen(void *arg);
static void import_put_records(import_t *i, store_batch_t *batch);


int
import_resolve(import_t *i, aud_error_t *err)
{
    resolution_change_t  change = { 0 };

    i->g = base_generation(i->base);
    if (i->g == NULL) {
        return aud_error_set(err, "out of memory");
    }

    /* Imports of a tenant run one after the other, and each makes a generation:
     * so these ascend, and this one is known before it is committed. */

    if (i->g->number >= UINT32_MAX) {
        return aud_error_set(err, "numbers of generations are used up");
    }

    i->in.sequence = i->g->number + 1;

    if (resolution_base_load(&i->resolving, i->worker->store, i->tenant,
                             &i->worker->settings->policy, i->worker->listed,
                             err)
        != 0)
    {
        return -1;
    }

    /* the records of older imports, as this one is not in the sequences yet */

    if (conversation_index_refs(i->in.index, &i->resolving.sequences,
                                &change.retold, &change.nretold)
        != 0
        || sequences_add(&i->resolving.sequences, i->in.sequence, &i->id) != 0
        || import_records(i) != 0)
    {
        return aud_error_set(err, "out of memory");
    }

    i->in.sequences = &i->resolving.sequences;
    change.added = i->records;
    change.nadded = i->in.nrows;
    i->resolution = resolution_run(&i->resolving, i->g, &change, err);

    if (i->resolution == NULL) {
        return -1;
    }

    return profiles_take(&i->profiles, i->resolution, i->in.nrows) == 0
           ? 0 : aud_error_set(err, "out of memory");
}


static int
import_records(import_t *i)
{
    uint32_t             row;
    aud_str_t            rest;
    component_record_t  *record;
    aud_source_record_t  source;

    i->records = aud_calloc((size_t) i->in.nrows + 1,
                            sizeof(component_record_t));
    if (i->records == NULL) {
        return -1;
    }

    rest = aud_buffer_str(&i->in.identities);

    for (row = 0; row < i->in.nrows; row++) {
        if (aud_source_record_read(&rest, &source) != 1) {
            return -1;
        }

        record = &i->records[row];
        record->ref = profile_ref(i->in.sequence, i->in.rows[row].line);
        record->values[COMPONENT_TAX_DOCUMENT] = source.tax_document;
        record->values[COMPONENT_PHONE] = source.phone;
        record->values[COMPONENT_EMAIL] = source.email;
        record->name = source.name;
    }

    return 0;
}


/* A merge may replace the segments that this import wants to write anew; then
 * all begins again with what the merge has made. */

job_outcome_t
import_apply(import_t *i)
{
    int            try;
    aud_error_t    err = { 0 };
    job_outcome_t  outcome;

    for (try = 0; try < IMPORT_TRIES; try++) {
        if (try) {
            import_forget(i);

            if (import_resolve(i, &err) != 0) {
                return import_retry(i, &err);
            }
        }

        if (import_build(i, &err) != 0) {
            return import_retry(i, &err);
        }

        if (job_stopping(i->run)) {
            return JOB_CANCELLED;
        }

        job_progress(i->run, "committing", 0.9);

        switch (import_commit(i, &outcome, &err)) {
        case BASE_OK:
            return outcome;
        case BASE_MOVED:
            break;
        default:
            return import_retry(i, &err);
        }
    }

    job_error(i->run, "The segments kept changing.");

    return JOB_RETRY;
}


static int
import_build(import_t *i, aud_error_t *err)
{
    size_t             k;
    segment_summary_t  summary;

    if (i->retyped
        && profiles_add_all(&i->profiles, i->g, i->resolution->struck,
                            i->resolution->nstruck)
           != 0)
    {
        return aud_error_set(err, "out of memory");
    }

    if (old_records_load(&i->old, i->profiles.old, i->profiles.nold,
                         i->worker, i->tenant, &i->resolving.sequences,
                         &i->fields, i->in.said, i->in.nrows, err)
        != 0)
    {
        return -1;
    }

    i->replaced = aud_calloc(i->g->nslices + 1, sizeof(uint64_t));
    if (i->replaced == NULL) {
        return aud_error_set(err, "out of memory");
    }

    for (k = 0; k < i->g->nslices; k++) {
        i->replaced[k] = i->g->slices[k].segment->number;
    }

    job_progress(i->run, "folding", 0.6);

    i->segment.number = base_segment_number(i->base);

    if (profiles_write(&i->profiles, i->g, &i->in, &i->old,
                       base_folder(i->base), i->segment.number, &summary, err)
        != 0)
    {
        return -1;
    }

    i->segment.checksum = summary.checksum;
    i->segment.rows = summary.rows;

    return 0;
}


/* *outcome is set where BASE_OK is returned. */

static base_status_t
import_commit(import_t *i, job_outcome_t *outcome, aud_error_t *err)
{
    base_change_t   change = { 0 };
    base_status_t   status;
    store_batch_t  *batch;

    change.added = &i->segment;
    change.struck = i->resolution->struck;
    change.nstruck = i->resolution->nstruck;
    change.fields = i->fields.items;
    change.nfields = i->fields.n;
    change.ids = i->resolution->changes;
    change.nids = i->resolution->nchanges;

    if (i->retyped && i->g->nslices) {
        change.struck = NULL;
        change.nstruck = 0;
        change.replaced = i->replaced;
        change.nreplaced = i->g->nslices;
        change.seen = i->g;
    }

    batch = import_batch(i);

    if (batch == NULL) {
        aud_error_set(err, "out of memory");
        return BASE_FAILED;
    }

    change.opened = i->opened;
    base_lock(i->base);

    status = base_prepare(i->base, &change, batch, err);

    if (status != BASE_OK) {
        base_unlock(i->base);
        store_batch_free(batch);
        return status;
    }

    import_record_count(i->record, &i->in, i->resolution);
    import_record_types(i->record, &i->in);
    import_record_succeed(i->record, i->in.sequence,
                          base_prepared(i->base)->number, i->started);
    merge_consider(i->run, i->base);

    *outcome = import_complete(i, JOB_DONE, batch);

    if (*outcome != JOB_DONE) {
        base_abandon(i->base);

    } else if (base_publish(i->base, err) != BASE_OK) {
        log_line(LOG_ERROR, NULL, "import is kept but not published",
                 "s:tenant", i->tenant, "s:error", err->text, NULL);
    }

    base_unlock(i->base);

    return BASE_OK;
}


/* The source records in a batch, while a thread opens the segment and checks it
 * as a reader would.  Where it cannot, preparing the change will say why. */

static store_batch_t *
import_batch(import_t *i)
{
    int             started;
    pthread_t       thread;
    store_batch_t  *batch;

    started = pthread_create(&thread, NULL, import_reopen, i) == 0;
    batch = store_batch_create();

    if (batch && packer_finish(i->in.packer) == 0
        && resolution_put(i->resolution, batch, i->tenant, aud_now()) == 0)
    {
        sequences_put(batch, i->tenant, i->in.sequence, &i->id);
        import_put_records(i, batch);

    } else {
        store_batch_free(batch);
        batch = NULL;
    }

    if (started) {
        pthread_join(thread, NULL);
    }

    return batch;
}


static void *
import_reopen(void *arg)
{
    import_t     *i = arg;
    aud_error_t   err;

    i->opened = aud_segment_open(base_folder(i->base), i->segment.number,
                                 i->segment.checksum, &err);

    return NULL;
}


static void
import_put_records(import_t *i, store_batch_t *batch)
{
    uint32_t     block;
    store_key_t  key;

    for (block = 0; block < i->in.nblocks; block++) {
        key = key_part(i->tenant, KEY_RECORDS, &i->id,
                       i->in.blocks[block].line);
        store_batch_put(batch, key_str(&key),
                        packer_block(i->in.packer, block));
    }
}
