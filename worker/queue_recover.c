/*
 * Reading the queue back from the store when the worker starts.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_clock.h"
#include "keys.h"
#include "log.h"
#include "queue_private.h"
#include "store.h"


static int queue_recover_tenant(queue_t *q, const char *tenant, aud_error_t
    *err);
static void queue_recover_job(queue_t *q, const char *tenant, aud_str_t value);
static void queue_recover_end(queue_t *q, job_t *job, job_outcome_t outcome);


int
queue_recover(queue_t *q, aud_error_t *err)
{
    int   rc;
    char  tenant[65] = "";

    while ((rc = store_next_tenant(q->worker->store, tenant, err)) == 1) {
        if (queue_recover_tenant(q, tenant, err) != 0) {
            return -1;
        }
    }

    return rc;
}


static int
queue_recover_tenant(queue_t *q, const char *tenant, aud_error_t *err)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(tenant, KEY_JOB);
    scan = store_scan(q->worker->store, NULL, key_str(&prefix), AUD_STR(""), 0);

    if (scan == NULL) {
        return aud_error_set(err, "no memory");
    }

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        queue_recover_job(q, tenant, value);
    }

    store_scan_free(scan);

    return rc;
}


/* One that was running runs again; its attempt has been counted. */

static void
queue_recover_job(queue_t *q, const char *tenant, aud_str_t value)
{
    job_t        job = { 0 }, *known;
    json_t      *record;
    const char  *state;

    record = json_loadb(value.data, value.len, 0, NULL);

    if (job_record_read(record, &job, &state) != 0) {
        log_line(LOG_WARNING, NULL, "a job of an unknown kind is left alone",
                 "s:tenant", tenant, NULL);
        goto done;
    }

    if (strcmp(state, "ready") != 0 && strcmp(state, "scheduled") != 0
        && strcmp(state, "running") != 0)
    {
        goto done;
    }

    known = queue_insert(q, tenant, &job);
    job.args = NULL;

    if (strcmp(state, "running") != 0) {
        queue_wait(q, known);
        goto done;
    }

    known->run_at = 0;

    if (known->cancelling) {
        queue_recover_end(q, known, JOB_CANCELLED);

    } else if (known->attempts >= queue_attempts(q, known)) {
        /* It may be what ends the process: it had its attempts. */
        snprintf(known->error, sizeof(known->error),
                 "the worker ended while the job was running");
        queue_recover_end(q, known, JOB_FAILED);

    } else {
        queue_wait(q, known);
    }

done:

    free(job.args);
    json_decref(record);
}


/* In the loop's first turn: what gives a job up may need the whole worker. */

static void
queue_recover_end(queue_t *q, job_t *job, job_outcome_t outcome)
{
    job->state = JOB_SETTLING;
    job->outcome = outcome;
    queue_push(&q->scheduled, job);
}
