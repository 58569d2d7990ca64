/*
 * The job "segment".
 */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "document.h"
#include "faults.h"
#include "log.h"
#include "queue.h"
#include "segmentation_private.h"
#include "settings.h"

#define SEGMENTATION_DAY  (86400 * (int64_t) AUD_SECOND)


static job_outcome_t segment_run(job_run_t *run);
static json_t *segment_gave_up(worker_t *worker, const char *tenant,
    const json_t *args, const char *error, store_batch_t *batch);
static job_outcome_t segment_open(segmentation_t *s);
static job_outcome_t segment_steps(segmentation_t *s);
static segmentation_status_t segment_read(segmentation_t *s);
static segmentation_status_t segment_explain(segmentation_t *s);
static job_outcome_t segment_retry(segmentation_t *s);
static void segment_close(segmentation_t *s);


const job_type_t  segment_job = {
    .name = "segment",
    .run = segment_run,
    .gave_up = segment_gave_up,
    .at_once = 1
};


static job_outcome_t
segment_run(job_run_t *run)
{
    segmentation_t  s = { 0 };
    job_outcome_t   outcome;

    s.run = run;
    s.worker = job_worker(run);
    s.tenant = job_tenant(run);

    outcome = segment_open(&s);

    if (outcome == JOB_DONE) {
        outcome = segment_steps(&s);
    }

    segment_close(&s);

    return outcome;
}


/* JOB_DONE: go on. */

static job_outcome_t
segment_open(segmentation_t *s)
{
    int          found;
    const char  *created;

    if (segmentation_id(job_args(s->run), &s->id) != 0) {
        job_error(s->run, "The job names no segmentation.");
        return JOB_FAILED;
    }

    aud_id_format(s->id_text, "sgm", &s->id);
    s->record = document_get(s->worker->store, s->tenant, KEY_SEGMENTATION,
                             &s->id, &found);
    created = document_text(s->record, "created_at");

    if (s->record == NULL
        || aud_time_parse(created, strlen(created), &s->at, NULL) != 0)
    {
        job_error(s->run, "The record of the segmentation cannot be read.");
        return found ? JOB_RETRY : JOB_FAILED;
    }

    s->copies = json_is_true(json_object_get(s->record, "suggest_copies"));
    s->base = bases_get(s->worker->bases, s->tenant);

    if (s->base == NULL || base_needs_rebuild(s->base)) {
        job_error(s->run, "The base is being rebuilt.");
        return JOB_RETRY;
    }

    s->locales = locales_read(s->worker->settings->locale, &s->err);
    s->g = base_generation(s->base);

    if (s->locales == NULL || s->g == NULL) {
        return segment_retry(s);
    }

    s->texts = locales_get(s->locales,
                           settings_language(s->worker->settings, s->tenant));

    return JOB_DONE;
}


static job_outcome_t
segment_steps(segmentation_t *s)
{
    size_t                 i;
    segmentation_status_t  status = SEGMENTATION_OK;

    static segmentation_status_t  (*const steps[])(segmentation_t *s) = {
        segment_read, segmentation_find, segment_explain,
        segmentation_stability, segmentation_name
    };

    for (i = 0; status == SEGMENTATION_OK
                && i < sizeof(steps) / sizeof(steps[0]); i++)
    {
        if (steps[i] == segment_explain) {
            fault(segment_job.name, FAULT_HALFWAY);
        }

        status = steps[i](s);

        if (segmentation_stopping(s)) {
            status = SEGMENTATION_STOPPED;
        }
    }

    switch (status) {
    case SEGMENTATION_OK:
        return segmentation_save(s);
    case SEGMENTATION_STOPPED:
        return JOB_CANCELLED;
    default:
        return segment_retry(s);
    }
}


/* Days are counted to the end of the day in UTC on which it was asked for, so
 * that a second run on that day sees what the first one saw. */

static segmentation_status_t
segment_read(segmentation_t *s)
{
    int64_t  now;

    job_progress(s->run, "reading fields", 0);

    now = (s->at / SEGMENTATION_DAY + 1) * SEGMENTATION_DAY;
    s->behaviours = behaviours_read(s->g, now,
                                    s->worker->settings->segmentation_threads,
                                    segmentation_stopping, s, &s->err);

    return s->behaviours ? SEGMENTATION_OK
           : segmentation_stopping(s) ? SEGMENTATION_STOPPED
           : SEGMENTATION_FAILED;
}


static segmentation_status_t
segment_explain(segmentation_t *s)
{
    if (s->ngroups == 0) {
        return SEGMENTATION_OK;
    }

    job_progress(s->run, "explaining", 0.65);
    s->explanations = class_explain(s->behaviours, s->members, s->ngroups,
                                    s->worker->settings->segmentation_threads);

    if (s->explanations == NULL) {
        aud_error_set(&s->err, "out of memory");
        return SEGMENTATION_FAILED;
    }

    return SEGMENTATION_OK;
}


int
segmentation_stopping(void *arg)
{
    segmentation_t  *s = arg;

    return job_stopping(s->run);
}


static job_outcome_t
segment_retry(segmentation_t *s)
{
    log_line(LOG_WARNING, NULL, "segmentation does not get on",
             "s:tenant", s->tenant, "s:segmentation", s->id_text,
             "s:error", s->err.text, NULL);
    job_error(s->run, s->err.no == ENOSPC ? "The disk is full."
                      : "The server could not do it for now.");

    return JOB_RETRY;
}


static void
segment_close(segmentation_t *s)
{
    segmentation_before_free(s);

    if (s->explanations) {
        class_explanations_free(s->explanations, s->ngroups);
    }

    segmentation_find_free(s);

    if (s->behaviours) {
        behaviours_free(s->behaviours);
    }

    if (s->g) {
        aud_generation_release(s->g);
    }

    if (s->locales) {
        locales_free(s->locales);
    }

    json_decref(s->record);
}


/* The record of a run that was retried by a person and has ended well stays. */

static json_t *
segment_gave_up(worker_t *worker, const char *tenant, const json_t *args,
    const char *error, store_batch_t *batch)
{
    int          cancelled = error == NULL || error[0] == '\0';
    json_t      *record = NULL;
    aud_uuid_t   id;

    if (segmentation_id(args, &id) == 0) {
        record = document_get(worker->store, tenant, KEY_SEGMENTATION, &id,
                              NULL);
    }

    if (record && strcmp(document_text(record, "state"), "done") != 0) {
        json_object_set_new(record, "state",
                            json_string(cancelled ? "cancelled" : "dead"));
        json_object_set_new(record, "error", json_string(
                            cancelled ? "The segmentation was cancelled."
                                      : error));
        (void) document_put(batch, tenant, KEY_SEGMENTATION, &id, record);
    }

    json_decref(record);

    return NULL;
}
