/*
 * The end of a run: audiences, their members, the record of the run and the
 * job's end become true together, under the base's lock.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "audience_index.h"
#include "document.h"
#include "log.h"
#include "segmentation_private.h"
#include "settings.h"

#define SAVE_CHANGE  0.1        /* of the size before: less is "kept" */


static int save_groups(segmentation_t *s);
static int save_members(segmentation_t *s, group_t *group, size_t place,
    const aud_generation_t *now);
static int save_ids(segmentation_t *s);
static int save_records(segmentation_t *s, store_batch_t *batch);
static json_t *save_line(const group_t *group);
static json_t *save_gone(const segmentation_t *s);
static size_t save_put(const segmentation_t *s, aud_audience_t *put);
static int save_order(const void *a, const void *b);
static job_outcome_t save_commit(segmentation_t *s, store_batch_t *batch);
static void save_index(segmentation_t *s);
static job_outcome_t save_failed(segmentation_t *s, base_status_t status);


job_outcome_t
segmentation_save(segmentation_t *s)
{
    job_outcome_t   outcome;
    store_batch_t  *batch;

    job_progress(s->run, "saving", 0.95);
    batch = store_batch_create();
    base_lock(s->base);

    if (save_groups(s) != 0 || save_records(s, batch) != 0
        || segmentation_mail(s) != 0)
    {
        store_batch_free(batch);
        outcome = save_failed(s, BASE_FAILED);

    } else {
        outcome = save_commit(s, batch);
    }

    base_unlock(s->base);

    return outcome;
}


/* Who has gone since the run began is left out, and people may have deleted
 * audiences. */

static int
save_groups(segmentation_t *s)
{
    int                rc = 0;
    size_t             i;
    aud_generation_t  *now;

    now = base_generation(s->base);
    if (now == NULL) {
        return aud_error_set(&s->err, "out of memory");
    }

    for (i = 0; i < s->ngroups && rc == 0; i++) {
        rc = save_members(s, &s->groups[i], i, now);
    }

    aud_generation_release(now);

    return rc == 0 ? save_ids(s) : aud_error_set(&s->err, "out of memory");
}


static int
save_members(segmentation_t *s, group_t *group, size_t place,
    const aud_generation_t *now)
{
    size_t    i, n, slice;
    uint32_t  row;

    group->ids = behaviour_rows_profiles(s->g, s->members[place], &group->n);
    if (group->ids == NULL) {
        return -1;
    }

    if (now->content != s->g->content) {
        for (i = 0, n = 0; i < group->n; i++) {
            if (aud_generation_find(now, &group->ids[i], &slice, &row) == 0) {
                group->ids[n++] = group->ids[i];
            }
        }

        group->n = n;
    }

    group->published = group->n >= s->worker->settings->min_people;
    s->too_small += !group->published;
    s->published += group->published;

    return 0;
}


/* The largest is the newest, as lists begin with that. */

static int
save_ids(segmentation_t *s)
{
    int       found = 1;
    size_t    i;
    group_t  *group;

    for (i = s->ngroups; i-- > 0; /* void */ ) {
        group = &s->groups[i];

        if (group->continues) {
            group->id = group->continues->id;
            group->before = document_get(s->worker->store, s->tenant,
                                         KEY_AUDIENCE, &group->id, &found);
        }

        if (found == -1) {
            return aud_error_set(&s->err, "an audience cannot be read");
        }

        if (group->before == NULL) {
            aud_uuid_make(&group->id);
        }
    }

    return 0;
}


static int
save_records(segmentation_t *s, store_batch_t *batch)
{
    int       rc = 0;
    size_t    i;
    json_t   *lines = json_array();
    group_t  *group;

    for (i = 0; i < s->ngroups; i++) {
        group = &s->groups[i];

        if (group->published) {
            rc |= segmentation_audience(s, i);
            rc |= json_array_append_new(lines, save_line(group));
            rc |= document_put(batch, s->tenant, KEY_AUDIENCE, &group->id,
                               group->record);
        }
    }

    rc |= segmentation_record(s);
    rc |= json_object_set_new(s->record, "audiences", lines);
    rc |= json_object_set_new(s->record, "gone", save_gone(s));
    rc |= document_put(batch, s->tenant, KEY_SEGMENTATION, &s->id, s->record);

    return rc == 0 ? 0 : aud_error_set(&s->err, "out of memory");
}


static json_t *
save_line(const group_t *group)
{
    double       before;
    json_t      *line, *size, *share;
    const char  *change = "new";

    size = json_object_get(group->before, "size");
    share = json_object_get(group->before, "share");

    if (group->before) {
        before = (double) json_integer_value(size);
        change = group->n > before * (1 + SAVE_CHANGE) ? "grown"
                 : group->n < before * (1 - SAVE_CHANGE) ? "shrunk" : "kept";
    }

    line = json_pack("{s:O, s:O, s:I, s:O, s:s, s:O?, s:O?, s:O}",
                     "id", json_object_get(group->record, "id"),
                     "name", json_object_get(group->record, "name"),
                     "size", (json_int_t) group->n,
                     "share", json_object_get(group->record, "share"),
                     "change", change, "previous_size", size,
                     "previous_share", share,
                     "stability", json_object_get(group->record, "stability"));

    return line;
}


/* Groups of the latest run that this one has not found again.  Their audiences
 * stay as they are. */

static json_t *
save_gone(const segmentation_t *s)
{
    size_t        i;
    json_t       *gone = json_array();
    const json_t *record;

    for (i = 0; i < s->nearlier; i++) {
        record = s->earlier[i].record;

        if (s->earlier[i].latest && s->match->continued[i] == CLASS_NONE) {
            json_array_append_new(gone, json_pack("{s:O, s:O, s:O}",
                "id", json_object_get(record, "id"),
                "name", json_object_get(record, "name"),
                "size", json_object_get(record, "size")));
        }
    }

    return gone;
}


static size_t
save_put(const segmentation_t *s, aud_audience_t *put)
{
    size_t          i, n = 0;
    const group_t  *group;

    for (i = 0; i < s->ngroups; i++) {
        group = &s->groups[i];

        if (group->published) {
            memset(&put[n], 0, sizeof(aud_audience_t));
            put[n].id = group->id;
            put[n].members = group->ids;
            put[n++].nmembers = group->n;
        }
    }

    qsort(put, n, sizeof(aud_audience_t), save_order);

    return n;
}


static int
save_order(const void *a, const void *b)
{
    return aud_uuid_compare(&((const aud_audience_t *) a)->id,
                            &((const aud_audience_t *) b)->id);
}


/* Takes batch. */

static job_outcome_t
save_commit(segmentation_t *s, store_batch_t *batch)
{
    base_change_t   change = { 0 };
    base_status_t   status;
    job_outcome_t   outcome;
    aud_audience_t  put[LATENT_CLASSES];

    change.put = put;
    change.nput = save_put(s, put);

    if (change.nput == 0) {
        return job_complete(s->run, JOB_DONE, batch);
    }

    status = base_prepare(s->base, &change, batch, &s->err);

    if (status != BASE_OK) {
        store_batch_free(batch);
        return save_failed(s, status);
    }

    outcome = job_complete(s->run, JOB_DONE, batch);

    if (outcome != JOB_DONE) {
        base_abandon(s->base);

    } else {
        save_index(s);

        if (base_publish(s->base, &s->err) != BASE_OK) {
            log_line(LOG_ERROR, NULL, "segmentation is kept but not published",
                     "s:tenant", s->tenant, "s:error", s->err.text, NULL);
        }
    }

    return outcome;
}


static void
save_index(segmentation_t *s)
{
    size_t             i;
    audience_index_t  *index = base_audience_index(s->base);

    for (i = 0; i < s->ngroups; i++) {
        if (s->groups[i].published) {
            audience_index_put(index, &s->groups[i].id, s->groups[i].record);
        }
    }

    audience_index_unsized(index);
}


static job_outcome_t
save_failed(segmentation_t *s, base_status_t status)
{
    log_line(LOG_WARNING, NULL, "segmentation cannot be saved",
             "s:tenant", s->tenant, "s:segmentation", s->id_text,
             "s:error", s->err.text, NULL);
    job_error(s->run, status == BASE_FULL ? "The disk is full."
                      : "The server could not write its files.");

    return JOB_RETRY;
}
