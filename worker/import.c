/*
 * The job "import".
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "document.h"
#include "import_private.h"
#include "import_record.h"
#include "log.h"
#include "settings.h"


#define IMPORT_ERRORS_PART  (256 * 1024)


static job_outcome_t import_run(job_run_t *run);
static json_t *import_gave_up(worker_t *worker, const char *tenant,
    const json_t *args, const char *error, store_batch_t *batch);
static void import_cancelled(worker_t *worker, const char *tenant,
    const json_t *args);
static int import_args(const json_t *args, aud_uuid_t *id);
static job_outcome_t import_open(import_t *i);
static job_outcome_t import_prepare(import_t *i);
static void import_close(import_t *i);
static job_outcome_t import_read(import_t *i);
static job_outcome_t import_settle(import_t *i);
static job_outcome_t import_finish_empty(import_t *i);
static job_outcome_t import_finish_rejected(import_t *i);
static void import_put_events(import_t *i, store_batch_t *batch);
static import_read_status_t import_lines(import_t *i, aud_error_t *err);
static void import_spare_living(import_t *i);
static int import_tick(void *arg, double fraction);


const job_type_t  import_job = {
    .name = "import",
    .run = import_run,
    .gave_up = import_gave_up,
    .cancelled = import_cancelled,
    .exclusive = 1
};


static job_outcome_t
import_run(job_run_t *run)
{
    import_t       i = { 0 };
    job_outcome_t  outcome;

    i.run = run;
    i.worker = job_worker(run);
    i.tenant = job_tenant(run);
    i.started = aud_now();

    outcome = import_open(&i);

    if (outcome == JOB_DONE) {
        outcome = import_read(&i);
    }

    if (outcome == JOB_DONE && i.conversations) {
        outcome = import_ask(&i);
    }

    if (outcome == JOB_DONE) {
        outcome = import_settle(&i);
    }

    if (outcome == JOB_DONE) {
        if (i.in.rejected && i.in.rejected == i.in.read) {
            outcome = import_finish_rejected(&i);

        } else if (i.in.nrows == 0) {
            outcome = import_finish_empty(&i);

        } else {
            outcome = import_apply(&i);
        }
    }

    /* last, as nobody waits for it */

    if (i.completed) {
        (void) unlink(i.spool);
    }

    import_close(&i);

    return outcome;
}


/* JOB_DONE: go on. */

static job_outcome_t
import_open(import_t *i)
{
    int  found;

    if (import_args(job_args(i->run), &i->id) != 0) {
        job_error(i->run, "The job names no import.");
        return JOB_FAILED;
    }

    i->record = document_get(i->worker->store, i->tenant, KEY_IMPORT, &i->id,
                             &found);
    if (i->record == NULL) {
        job_error(i->run, "The record of the import cannot be read.");
        return found ? JOB_RETRY : JOB_FAILED;
    }

    if (strcmp(document_text(i->record, "state"), "succeeded") == 0) {
        job_error(i->run, "The import has succeeded already.");
        return JOB_FAILED;
    }

    if (strcmp(document_text(i->record, "state"), "undone") == 0) {
        job_error(i->run, "The import has been undone.");
        return JOB_FAILED;
    }

    i->base = bases_get(i->worker->bases, i->tenant);

    if (i->base == NULL || base_needs_rebuild(i->base)) {
        job_error(i->run, "The base is being rebuilt.");
        return JOB_RETRY;
    }

    document_spool_path(i->worker, i->tenant, &i->id, i->spool);

    return import_prepare(i);
}


static job_outcome_t
import_prepare(import_t *i)
{
    size_t         n;
    const char    *created;
    base_field_t  *fields;

    created = document_text(i->record, "created_at");
    i->columns = import_record_cells(i->record, &i->source.ncolumns);
    i->header = import_record_texts(i->record, "columns", &i->nheader);

    if (i->columns == NULL || i->header == NULL
        || aud_time_parse(created, strlen(created), &i->source.at, NULL) != 0)
    {
        job_error(i->run, "The record of the import is damaged.");
        return JOB_FAILED;
    }

    fields = base_fields(i->base, &n);

    if ((fields == NULL && n) || fields_init(&i->fields, fields, n) != 0) {
        base_fields_free(fields, n);
        return JOB_RETRY;
    }

    base_fields_free(fields, n);

    i->known = i->fields.n;
    i->kind = import_record_kind(i->record);
    i->map = aud_calloc(i->source.ncolumns + 1, sizeof(uint32_t));

    if (i->map == NULL
        || (i->kind == INTAKE_CONTACTS ? fields_map : fields_take)
           (&i->fields, i->columns, i->source.ncolumns, i->map) != 0)
    {
        return JOB_RETRY;
    }

    aud_id_format(i->source.id, "imp", &i->id);
    i->source.fields = i->map;

    return JOB_DONE;
}


static void
import_close(import_t *i)
{
    import_read_t  in = i->in;

    import_forget(i);
    import_read_free(&i->in);           /* forgets what is not its own, too */
    erased_check_free(i->check);
    import_consent_free(in.consent);
    conversations_free(i->conversations);
    labeller_free(i->labeller);
    conversation_index_free(in.index);
    fields_free(&i->fields);
    aud_free(i->columns);
    aud_free(i->header);
    aud_free(i->map);
    json_decref(i->record);
}


void
import_forget(import_t *i)
{
    profiles_free(&i->profiles);
    old_records_free(&i->old);
    resolution_free(i->resolution);
    resolution_base_free(&i->resolving);
    aud_free(i->records);
    i->resolution = NULL;
    i->records = NULL;
    aud_free(i->replaced);
    i->replaced = NULL;
    aud_segment_release(i->opened);
    i->opened = NULL;

    if (i->g) {
        aud_generation_release(i->g);
        i->g = NULL;
    }
}


static job_outcome_t
import_read(import_t *i)
{
    aud_error_t           err = { 0 };
    import_read_status_t  status;

    if (erased_check_create(i->worker->erased, i->tenant, NULL, &i->check,
                            &err)
        != 0)
    {
        return import_retry(i, &err);
    }

    import_spare_living(i);

    if (i->kind != INTAKE_LABELS) {     /* they correct what is known already */
        i->in.consent = import_consent_create(i->worker, i->tenant, &err);

        if (i->in.consent == NULL) {
            return import_retry(i, &err);
        }
    }

    i->in.separator = document_text(i->record, "separator")[0];
    i->in.country = i->worker->settings->country;
    i->in.area_code = i->worker->settings->area_code;
    i->in.block_rows = i->worker->settings->block_rows;
    i->in.fields = &i->fields;
    i->in.import = i->id;
    i->in.source = &i->source;
    i->in.columns = i->columns;
    i->in.header = i->header;
    i->in.nheader = i->nheader;
    i->in.check = i->check;
    i->in.tick = import_tick;
    i->in.arg = i;

    i->in.index = conversation_index_create(i->worker->store, i->tenant);

    if (i->in.index == NULL) {
        return JOB_RETRY;
    }

    job_progress(i->run, "reading", 0);

    status = i->kind == INTAKE_CONTACTS
             ? import_read_file(&i->in, i->spool, &err)
             : import_lines(i, &err);

    switch (status) {

    case IMPORT_READ_OK:
        return JOB_DONE;

    case IMPORT_READ_STOPPED:
        return JOB_CANCELLED;

    case IMPORT_READ_GONE:
        job_error(i->run, "The uploaded file is not there any more; "
                  "send it again.");
        return JOB_FAILED;

    case IMPORT_READ_DAMAGED:
        job_error(i->run, "The uploaded file cannot be read: %.200s.",
                  err.text);
        return JOB_FAILED;

    default:
        return import_retry(i, &err);
    }
}


static import_read_status_t
import_lines(import_t *i, aud_error_t *err)
{
    intake_t              *intake;
    erased_hasher_t       *hasher = NULL;
    import_read_status_t   status = IMPORT_READ_FAILED;

    intake = intake_create(i->kind, i->source.at, i->in.country,
                           i->in.area_code);

    if (intake_speaks(i->kind) && import_speaks(i, err) != 0) {
        goto done;
    }

    if (intake == NULL
        || intake_fix(intake, i->columns, i->source.ncolumns) != 0)
    {
        aud_error_set(err, "out of memory");
        goto done;
    }

    intake_separated(intake, i->in.separator);

    if (i->kind == INTAKE_CAMPAIGNS) {
        hasher = erased_hasher(i->worker->erased, i->tenant, err);
        if (hasher == NULL) {
            goto done;
        }
    }

    status = import_read_lines(&i->in, intake, i->spool, i->worker->store,
                               i->tenant, hasher, i->conversations, err);

done:

    erased_hasher_free(hasher);
    intake_free(intake);

    return status;
}


/* What has no name is of who has the value now. */

static void
import_spare_living(import_t *i)
{
    aud_generation_t  *g;

    g = base_generation(i->base);
    erased_check_living(i->check, g);
    aud_generation_release(g);
}


static int
import_tick(void *arg, double fraction)
{
    import_t  *i = arg;

    job_progress(i->run, "reading", 0.5 * fraction);

    return job_stopping(i->run);
}


/* Who the rows are is looked up while their values are still being gathered. */

static job_outcome_t
import_settle(import_t *i)
{
    aud_error_t  err = { 0 };

    job_progress(i->run, "resolving", 0.5);

    if ((i->conversations && conversations_settle(i->conversations, &err) != 0)
        || (i->in.nrows && import_resolve(i, &err) != 0)
        || import_read_finish(&i->in, &err) != 0)
    {
        return import_retry(i, &err);
    }

    i->retyped = fields_settle(&i->fields, i->known);

    return JOB_DONE;
}


/* Every row refused: an import that says so, and nothing else. */

static job_outcome_t
import_finish_empty(import_t *i)
{
    store_batch_t  *batch;

    i->g = base_generation(i->base);
    if (i->g == NULL) {
        return JOB_RETRY;
    }

    import_record_count(i->record, &i->in, NULL);
    import_record_types(i->record, &i->in);
    import_record_succeed(i->record, 0, i->g->number, i->started);

    batch = store_batch_create();

    return import_complete(i, JOB_DONE, batch);
}


static job_outcome_t
import_finish_rejected(import_t *i)
{
    char            error[128];
    store_batch_t  *batch;

    snprintf(error, sizeof(error), "All %llu rows were rejected; errors.csv "
             "says why.", (unsigned long long) i->in.rejected);

    import_record_count(i->record, &i->in, NULL);
    import_record_fail(i->record, error, i->started);
    job_error(i->run, "%s", error);

    batch = store_batch_create();

    return import_complete(i, JOB_FAILED, batch);
}


job_outcome_t
import_complete(import_t *i, job_outcome_t outcome, store_batch_t *batch)
{
    json_t         *mail;
    aud_error_t     err;
    job_outcome_t   result;

    if (i->in.rejected || i->in.spoiled || i->in.standing) {
        import_put_errors(batch, i->tenant, &i->id,
                          aud_buffer_str(&i->in.errors));
    }

    if (outcome == JOB_DONE) {
        import_put_events(i, batch);
    }

    if (outcome == JOB_DONE && i->conversations) {
        conversations_put(i->conversations, batch);
        conversation_index_put(i->in.index, batch);

        if (learning_put(conversations_learning(i->conversations), i->run, 1,
                         batch, &err)
            != 0)
        {
            store_batch_free(batch);
            return import_retry(i, &err);
        }
    }

    if ((outcome == JOB_DONE && i->in.consent
         && import_consent_put(i->in.consent, &i->id, batch) != 0)
        || document_put(batch, i->tenant, KEY_IMPORT, &i->id, i->record) != 0)
    {
        store_batch_free(batch);
        return JOB_RETRY;
    }

    mail = import_record_mail(i->worker, i->tenant, i->record);
    if (mail) {
        job_follow(i->run, "mail", mail);
    }

    result = job_complete(i->run, outcome, batch);

    if (result == outcome) {
        i->completed = 1;

        if (outcome == JOB_DONE && i->in.consent) {
            import_consent_kept(i->in.consent);
        }

        log_line(LOG_INFO, NULL, "import done",
                 "s:tenant", i->tenant, "s:import", i->source.id,
                 "s:state", document_text(i->record, "state"),
                 "i:rows", (long long) i->in.nrows,
                 "i:rejected", (long long) i->in.rejected,
                 "f:ms", (aud_now() - i->started) / 1000.0, NULL);
    }

    return result;
}


static void
import_put_events(import_t *i, store_batch_t *batch)
{
    size_t       at;
    store_key_t  key;

    for (at = 0; at < i->in.events.len; at += 16) {
        key = key_text(i->tenant, KEY_EVENT,
                       aud_str(i->in.events.data + at, 16));
        store_batch_put(batch, key_str(&key),
                        aud_str((char *) i->id.bytes, sizeof(i->id.bytes)));
    }
}


void
import_put_errors(store_batch_t *batch, const char *tenant,
    const aud_uuid_t *import, aud_str_t errors)
{
    size_t       at, n;
    uint32_t     part;
    store_key_t  key;

    for (at = 0, part = 0; at < errors.len; at += n, part++) {
        n = errors.len - at;

        if (n > IMPORT_ERRORS_PART) {
            n = IMPORT_ERRORS_PART;
        }

        key = key_part(tenant, KEY_ERRORS, import, part);
        store_batch_put(batch, key_str(&key), aud_str(errors.data + at, n));
    }
}


job_outcome_t
import_retry(import_t *i, const aud_error_t *err)
{
    if (err->no == ENOSPC) {
        job_error(i->run, "The disk is full.");

    } else {
        log_line(LOG_WARNING, NULL, "import does not get on",
                 "s:tenant", i->tenant, "s:import", i->source.id,
                 "s:error", err->text, NULL);
        job_error(i->run, "The server could not read or write its files.");
    }

    return JOB_RETRY;
}


static int
import_args(const json_t *args, aud_uuid_t *id)
{
    const char  *text;

    text = document_text(args, "import");

    return aud_id_parse(text, strlen(text), "imp", id);
}


/* The queue has given the job up: so has the import.  The file stays where a
 * person may yet retry the job. */

static json_t *
import_gave_up(worker_t *worker, const char *tenant, const json_t *args,
    const char *error, store_batch_t *batch)
{
    int          cancelled;
    json_t      *record, *mail = NULL;
    aud_uuid_t   id;

    if (import_args(args, &id) != 0) {
        return NULL;
    }

    record = document_get(worker->store, tenant, KEY_IMPORT, &id, NULL);

    if (record && strcmp(document_text(record, "state"), "queued") == 0) {
        cancelled = error == NULL || error[0] == '\0';
        import_record_fail(record, cancelled ? "The import was cancelled."
                                             : error, 0);
        (void) document_put(batch, tenant, KEY_IMPORT, &id, record);
        mail = import_record_mail(worker, tenant, record);
    }

    json_decref(record);

    return mail;
}


/* A person who cancelled wants the file gone; not before nobody can need it:
 * after a crash the job would run again. */

static void
import_cancelled(worker_t *worker, const char *tenant, const json_t *args)
{
    char         path[DOCUMENT_PATH_MAX];
    aud_uuid_t   id;

    if (import_args(args, &id) == 0) {
        document_spool_path(worker, tenant, &id, path);
        (void) unlink(path);
    }
}
