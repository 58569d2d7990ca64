/*
 * The job "export".
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_clock.h"
#include "audience.h"
#include "base.h"
#include "document.h"
#include "erased.h"
#include "export.h"
#include "export_file.h"
#include "faults.h"
#include "log.h"
#include "mail.h"
#include "queue.h"
#include "settings.h"
#include "users.h"


typedef struct {
    job_run_t         *run;
    worker_t          *worker;
    const char        *tenant;
    base_t            *base;
    aud_uuid_t         id;
    aud_uuid_t         audience_id;
    char               path[DOCUMENT_PATH_MAX];
    json_t            *record;
    json_t            *audience;
    aud_generation_t  *g;
    aud_filter_t      *filter;
    aud_plan_t        *plan;
    export_summary_t   summary;
} export_t;


static job_outcome_t export_run(job_run_t *run);
static json_t *export_gave_up(worker_t *worker, const char *tenant,
    const json_t *args, const char *error, store_batch_t *batch);
static int export_args(const json_t *args, aud_uuid_t *id);
static job_outcome_t export_open(export_t *e);
static job_outcome_t export_bind(export_t *e);
static void export_close(export_t *e);
static job_outcome_t export_write(export_t *e);
static int export_folder(export_t *e);
static int export_tick(void *arg, double fraction);
static job_outcome_t export_finish(export_t *e);
static int export_link(export_t *e);
static void export_mail(export_t *e);
static long long export_downloads(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id);


const job_type_t  export_job = {
    .name = "export",
    .run = export_run,
    .gave_up = export_gave_up
};


static job_outcome_t
export_run(job_run_t *run)
{
    export_t       e = { 0 };
    job_outcome_t  outcome;

    e.run = run;
    e.worker = job_worker(run);
    e.tenant = job_tenant(run);

    outcome = export_open(&e);

    if (outcome == JOB_DONE) {
        outcome = export_bind(&e);
    }

    if (outcome == JOB_DONE) {
        outcome = export_write(&e);
    }

    if (outcome == JOB_DONE) {
        fault("export", FAULT_WRITTEN);
        outcome = export_finish(&e);
    }

    export_close(&e);

    return outcome;
}


/* JOB_DONE: go on. */

static job_outcome_t
export_open(export_t *e)
{
    int          found;
    const char  *text;

    if (export_args(job_args(e->run), &e->id) != 0) {
        job_error(e->run, "The job names no export.");
        return JOB_FAILED;
    }

    e->record = document_get(e->worker->store, e->tenant, KEY_EXPORT, &e->id,
                             &found);
    if (e->record == NULL) {
        job_error(e->run, "The record of the export cannot be read.");
        return found ? JOB_RETRY : JOB_FAILED;
    }

    text = document_text(e->record, "audience");

    if (aud_id_parse(text, strlen(text), "aud", &e->audience_id) != 0) {
        job_error(e->run, "The export names no audience.");
        return JOB_FAILED;
    }

    if (strcmp(document_text(e->record, "state"), "revoked") == 0) {
        job_error(e->run, "The audience was deleted.");
        return JOB_FAILED;
    }

    e->audience = document_get(e->worker->store, e->tenant, KEY_AUDIENCE,
                               &e->audience_id, &found);
    if (e->audience == NULL) {
        job_error(e->run, "There is no such audience any more.");
        return found ? JOB_RETRY : JOB_FAILED;
    }

    document_export_path(e->worker, e->tenant, &e->id, ".csv", e->path);

    return JOB_DONE;
}


static job_outcome_t
export_bind(export_t *e)
{
    aud_problem_t  problem = { 0 };

    e->base = bases_get(e->worker->bases, e->tenant);

    if (e->base == NULL || base_needs_rebuild(e->base)) {
        job_error(e->run, "The base is being rebuilt.");
        return JOB_RETRY;
    }

    e->g = base_generation(e->base);
    e->filter = audience_filter(e->audience, &problem);

    if (e->g && e->filter) {
        e->plan = aud_plan_create(e->g, e->filter, aud_now(), 0, &problem);
    }

    if (e->plan == NULL) {
        job_error(e->run, "%s", problem.status ? problem.detail
                                               : "Out of memory.");
        return problem.status == 422 ? JOB_FAILED : JOB_RETRY;
    }

    job_progress(e->run, "evaluating", 0);

    if (aud_plan_run(e->plan) != 0) {
        job_error(e->run, "Out of memory.");
        return JOB_RETRY;
    }

    return JOB_DONE;
}


static void
export_close(export_t *e)
{
    if (e->plan) {
        aud_plan_free(e->plan);
    }

    if (e->filter) {
        aud_filter_free(e->filter);
    }

    if (e->g) {
        aud_generation_release(e->g);
    }

    json_decref(e->audience);
    json_decref(e->record);
}


static job_outcome_t
export_write(export_t *e)
{
    int               rc = -1;
    aud_error_t       err = { 0 };
    refused_profiles_t  refused = { .worker = e->worker, .tenant = e->tenant };

    if (export_folder(e) != 0) {
        job_error(e->run, "The exports folder cannot be made.");
        return JOB_RETRY;
    }

    refused.refused = refusals_get(e->worker->refusals, e->tenant, &err);

    if (refused.refused) {
        rc = export_file_write(e->path, e->g, e->plan, e->filter,
                               json_object_get(e->audience, "explanation"),
                               &refused, export_tick, e, &e->summary, &err);
        refused_release(refused.refused);
    }

    if (rc == 0) {
        return JOB_DONE;
    }

    if (job_stopping(e->run)) {
        return JOB_CANCELLED;
    }

    if (e->summary.full) {
        job_error(e->run, "The disk is full.");

    } else {
        log_line(LOG_WARNING, NULL, "export does not get on",
                 "s:tenant", e->tenant, "s:error", err.text, NULL);
        job_error(e->run, "The server could not write the file.");
    }

    return JOB_RETRY;
}


/* nginx, of the same group, adds its counts of downloads. */

static int
export_folder(export_t *e)
{
    int   fd, rc;
    char  path[DOCUMENT_PATH_MAX];

    snprintf(path, sizeof(path), "%s/exports/%s", e->worker->settings->root,
             e->tenant);

    if (mkdir(path, 0770) != 0) {
        return errno == EEXIST ? 0 : -1;
    }

    if (chmod(path, 0770) != 0) {               /* whatever the umask is */
        return -1;
    }

    *strrchr(path, '/') = '\0';
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd == -1 ? -1 : fsync(fd);

    if (fd != -1) {
        close(fd);
    }

    return rc;
}


static int
export_tick(void *arg, double fraction)
{
    export_t  *e = arg;

    job_progress(e->run, "writing", 0.05 + 0.9 * fraction);

    return job_stopping(e->run);
}


/* The base's lock keeps the audience where it is: whoever deletes it revokes
 * what is done, and what is not done yet sees here that it is gone.  Likewise
 * who erases a person. */

static job_outcome_t
export_finish(export_t *e)
{
    json_t         *now = NULL;
    job_outcome_t   outcome = JOB_RETRY;
    store_batch_t  *batch;

    if (export_link(e) != 0) {
        job_error(e->run, "There is no key to sign links with.");
        export_unlink(e->worker, e->tenant, &e->id);
        return JOB_FAILED;
    }

    base_lock(e->base);

    now = document_get(e->worker->store, e->tenant, KEY_AUDIENCE,
                       &e->audience_id, NULL);
    batch = store_batch_create();

    if (e->g->number < erased_generation(e->worker->erased, e->tenant)
        || access(e->path, F_OK) != 0)
    {
        job_error(e->run, "Somebody was erased meanwhile.");
        store_batch_free(batch);
        export_unlink(e->worker, e->tenant, &e->id);

    } else if (now == NULL) {
        job_error(e->run, "The audience was deleted.");
        store_batch_free(batch);
        export_unlink(e->worker, e->tenant, &e->id);
        outcome = JOB_FAILED;

    } else if (document_put(batch, e->tenant, KEY_EXPORT, &e->id, e->record)
               != 0)
    {
        store_batch_free(batch);

    } else {
        export_mail(e);
        outcome = job_complete(e->run, JOB_DONE, batch);
    }

    base_unlock(e->base);
    json_decref(now);

    return outcome;
}


static int
export_link(export_t *e)
{
    char              text[AUD_TOKEN_MAX + 1];
    size_t            len;
    int64_t           expires;
    aud_token_t       token = { .export_id = e->id };
    const char       *base;
    aud_buffer_t      url = { 0 };
    aud_link_keys_t   keys;

    expires = aud_now() / AUD_SECOND
              + (int64_t) e->worker->settings->link_hours * 3600;

    snprintf(token.tenant, sizeof(token.tenant), "%s", e->tenant);
    token.expires = expires;

    worker_link_keys(e->worker, &keys);

    if (aud_token_sign(&keys, &token, text) == 0) {
        return -1;
    }

    base = e->worker->settings->public_url[0]
           ? e->worker->settings->public_url
           : document_text(job_args(e->run), "base_url");

    len = strlen(base);
    len -= len && base[len - 1] == '/';

    aud_buffer_add(&url, base, len);
    aud_buffer_printf(&url, "/e/%s", text);

    json_object_set_new(e->record, "url", url.failed
                        ? json_null() : json_stringn(url.data, url.len));
    aud_buffer_free(&url);

    json_object_del(e->record, "error");    /* of a run before a retry */
    json_object_set_new(e->record, "state", json_string("done"));
    json_object_set_new(e->record, "rows",
                        json_integer((json_int_t) e->summary.rows));
    json_object_set_new(e->record, "without_phone",
                        json_integer((json_int_t) e->summary.without_phone));
    json_object_set_new(e->record, "refused_opt_in",
                        json_integer((json_int_t) e->summary.refused));
    json_object_set_new(e->record, "bytes",
                        json_integer((json_int_t) e->summary.bytes));
    json_object_set_new(e->record, "generation",
                        json_integer((json_int_t) e->g->number));
    json_object_set_new(e->record, "finished_at", document_time(aud_now()));
    json_object_set_new(e->record, "expires_at",
                        document_time(expires * AUD_SECOND));

    return 0;
}


static void
export_mail(export_t *e)
{
    json_t      *user, *values;
    const char  *author;

    author = document_text(e->record, "created_by");
    user = author[0] ? users_get(e->worker, e->tenant, author) : NULL;

    if (user && document_text(user, "email")[0]) {
        values = json_pack("{s:O, s:s, s:O, s:O, s:O}",
                           "export", json_object_get(e->record, "id"),
                           "audience_name",
                           document_text(e->record, "audience_name"),
                           "rows", json_object_get(e->record, "rows"),
                           "url", json_object_get(e->record, "url"),
                           "expires_at",
                           json_object_get(e->record, "expires_at"));

        if (values) {
            job_follow(e->run, "mail", mail_args("export_ready", author,
                                                 values));
        }
    }

    json_decref(user);
}


static int
export_args(const json_t *args, aud_uuid_t *id)
{
    const char  *text;

    text = document_text(args, "export");

    return aud_id_parse(text, strlen(text), "exp", id);
}


static json_t *
export_gave_up(worker_t *worker, const char *tenant, const json_t *args,
    const char *error, store_batch_t *batch)
{
    json_t      *record;
    aud_uuid_t   id;

    if (export_args(args, &id) != 0) {
        return NULL;
    }

    record = document_get(worker->store, tenant, KEY_EXPORT, &id, NULL);

    if (record && strcmp(document_text(record, "state"), "queued") == 0) {
        json_object_set_new(record, "state", json_string("failed"));
        json_object_set_new(record, "error", json_string(
                            error && error[0] ? error
                            : "The export was cancelled."));
        (void) document_put(batch, tenant, KEY_EXPORT, &id, record);
        export_unlink(worker, tenant, &id);
    }

    json_decref(record);

    return NULL;
}


void
export_unlink(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id)
{
    char  path[DOCUMENT_PATH_MAX];

    document_export_path(worker, tenant, id, ".csv", path);
    (void) unlink(path);
}


json_t *
export_show(worker_t *worker, const char *tenant, const aud_uuid_t *id,
    const json_t *record)
{
    json_t      *shown;
    int64_t      expires;
    aud_uuid_t   job;
    const char  *text, *state;

    shown = json_deep_copy(record);
    if (shown == NULL) {
        return NULL;
    }

    state = document_text(record, "state");
    text = document_text(record, "job");

    if (strcmp(state, "queued") == 0
        && aud_id_parse(text, strlen(text), "job", &job) == 0
        && strcmp(queue_state(worker->queue, tenant, &job), "running") == 0)
    {
        json_object_set_new(shown, "state", json_string("running"));
    }

    text = document_text(record, "expires_at");

    if (strcmp(state, "done") == 0
        && aud_time_parse(text, strlen(text), &expires, NULL) == 0
        && expires <= aud_now())
    {
        json_object_set_new(shown, "state", json_string("expired"));
        json_object_set_new(shown, "url", json_null());
    }

    json_object_set_new(shown, "downloads", json_integer(
                        export_downloads(worker, tenant, id)));

    return shown;
}


/* The edge has added a byte for each. */

static long long
export_downloads(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id)
{
    char         path[DOCUMENT_PATH_MAX];
    struct stat  st;

    document_export_path(worker, tenant, id, ".downloads", path);

    return stat(path, &st) == 0 ? (long long) st.st_size : 0;
}
