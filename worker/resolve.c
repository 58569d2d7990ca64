/*
 * The job "resolve".
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "log.h"
#include "resolve_private.h"
#include "settings.h"


static job_outcome_t resolve_run(job_run_t *run);
static int refs_compare(const void *a, const void *b);
static json_t *resolve_gave_up(worker_t *worker, const char *tenant,
    const json_t *args, const char *error, store_batch_t *batch);


const job_type_t  resolve_job = {
    .name = "resolve",
    .run = resolve_run,
    .gave_up = resolve_gave_up,
    .exclusive = 1
};


static job_outcome_t
resolve_run(job_run_t *run)
{
    resolve_t      r = { 0 };
    const json_t  *args = job_args(run);
    job_outcome_t  outcome;

    r.run = run;
    r.worker = job_worker(run);
    r.tenant = job_tenant(run);

    if (resolve_open(&r) != 0) {
        outcome = resolve_retry(&r);

    } else if (json_object_get(args, "undo")) {
        outcome = resolve_undo(&r);

    } else if (json_object_get(args, "rule")) {
        outcome = resolve_rule(&r);

    } else if (json_object_get(args, "unrule")) {
        outcome = resolve_unrule(&r);

    } else if (json_object_get(args, "erase")) {
        outcome = resolve_erase(&r);

    } else {
        job_error(run, "The job does not say what has changed.");
        outcome = JOB_FAILED;
    }

    resolve_close(&r);

    return outcome;
}


int
resolve_open(resolve_t *r)
{
    int            rc;
    size_t         n;
    base_field_t  *fields;

    r->base = bases_get(r->worker->bases, r->tenant);

    if (r->base == NULL || base_needs_rebuild(r->base)) {
        return aud_error_set(&r->err, "the base is being rebuilt");
    }

    r->effects = store_batch_create();
    r->said = conversation_index_create(r->worker->store, r->tenant);
    fields = base_fields(r->base, &n);
    rc = (fields || n == 0) && r->effects && r->said
         ? fields_init(&r->fields, fields, n) : -1;
    base_fields_free(fields, n);

    if (rc != 0) {
        return aud_error_set(&r->err, "out of memory");
    }

    return resolution_base_load(&r->resolving, r->worker->store, r->tenant,
                                &r->worker->settings->policy,
                                r->worker->listed, &r->err);
}


void
resolve_close(resolve_t *r)
{
    fields_free(&r->fields);
    resolution_base_free(&r->resolving);
    aud_free(r->refs.items);
    conversation_index_free(r->said);

    if (r->effects) {
        store_batch_free(r->effects);
    }
}


int
refs_add(refs_t *refs, uint64_t ref)
{
    size_t     room;
    uint64_t  *items;

    if (refs->n == refs->room) {
        room = refs->room ? 2 * refs->room : 256;
        items = aud_realloc(refs->items, room * sizeof(uint64_t));

        if (items == NULL) {
            return -1;
        }

        refs->items = items;
        refs->room = room;
    }

    refs->items[refs->n++] = ref;

    return 0;
}


void
refs_sort(refs_t *refs)
{
    if (refs->n) {
        qsort(refs->items, refs->n, sizeof(uint64_t), refs_compare);
    }
}


static int
refs_compare(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}


int
refs_have(const refs_t *refs, uint64_t ref)
{
    size_t  low, high, middle;

    for (low = 0, high = refs->n; low < high; ) {
        middle = low + (high - low) / 2;

        if (refs->items[middle] < ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low < refs->n && refs->items[low] == ref;
}


static json_t *
resolve_gave_up(worker_t *worker, const char *tenant, const json_t *args,
    const char *error, store_batch_t *batch)
{
    if (json_object_get(args, "erase")) {
        resolve_erase_gave_up(worker, tenant, json_object_get(args, "erase"),
                              error, batch);
    }

    return NULL;
}


job_outcome_t
resolve_retry(resolve_t *r)
{
    log_line(LOG_WARNING, NULL, "resolving does not get on",
             "s:tenant", r->tenant, "s:error", r->err.text, NULL);
    job_error(r->run, "The server could not read or write its files.");

    return JOB_RETRY;
}
