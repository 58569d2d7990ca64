/*
 * The record of a segmentation.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_clock.h"
#include "document.h"
#include "queue.h"
#include "segmentation_private.h"

#define RECORD_DIGITS  6


static json_t *record_fields(const behaviours_t *b);
static json_t *record_left_out(const behaviours_t *b);
static json_t *record_choice(const segmentation_t *s);
static const char *record_outcome(const segmentation_t *s);
static const char *record_summary(const segmentation_t *s);


json_t *
segmentation_new(const aud_uuid_t *id, const aud_uuid_t *job, const char *user,
    int suggest_copies)
{
    char  id_text[AUD_ID_LEN + 1], job_text[AUD_ID_LEN + 1];

    aud_id_format(id_text, "sgm", id);
    aud_id_format(job_text, "job", job);

    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:n}",
                     "id", id_text, "job", job_text, "state", "ready",
                     "created_at", document_time(aud_now()),
                     "created_by", user, "suggest_copies", suggest_copies,
                     "error");
}


json_t *
segmentation_args(const aud_uuid_t *id)
{
    char  text[AUD_ID_LEN + 1];

    aud_id_format(text, "sgm", id);

    return json_pack("{s:s}", "segmentation", text);
}


int
segmentation_id(const json_t *args, aud_uuid_t *id)
{
    const char  *text = document_text(args, "segmentation");

    return aud_id_parse(text, strlen(text), "sgm", id);
}


/* A dead run that a person retries lives again: what the queue has is newer
 * than what is written, until it is done. */

json_t *
segmentation_show(worker_t *worker, const char *tenant, const json_t *record)
{
    json_t      *shown, *job = NULL;
    aud_uuid_t   id;
    const char  *text, *state;

    shown = json_copy((json_t *) record);
    text = document_text(record, "job");

    if (strcmp(document_text(record, "state"), "done") != 0
        && aud_id_parse(text, strlen(text), "job", &id) == 0)
    {
        job = queue_show(worker->queue, tenant, &id);
    }

    state = document_text(job, "state");

    if (strcmp(state, "ready") == 0 || strcmp(state, "scheduled") == 0
        || strcmp(state, "running") == 0)
    {
        json_object_set_new(shown, "state", json_string(state));
        json_object_set(shown, "stage", json_object_get(job, "stage"));
        json_object_set(shown, "progress", json_object_get(job, "progress"));
        json_object_set(shown, "error", json_object_get(job, "error"));
    }

    json_decref(job);

    return shown;
}


int
segmentation_record(segmentation_t *s)
{
    json_t              *r = s->record;
    const behaviours_t  *b = s->behaviours;

    json_object_del(r, "error");

    return json_object_set_new(r, "state", json_string("done"))
           | json_object_set_new(r, "error", json_null())
           | json_object_set_new(r, "finished_at", document_time(aud_now()))
           | json_object_set_new(r, "generation",
                                 json_integer((json_int_t) s->g->number))
           | json_object_set_new(r, "profiles", json_integer(b->rows))
           | json_object_set_new(r, "fields", record_fields(b))
           | json_object_set_new(r, "left_out", record_left_out(b))
           | json_object_set_new(r, "classes", json_integer(
                                 s->model ? s->model->classes : 1))
           | json_object_set_new(r, "choice", record_choice(s))
           | json_object_set_new(r, "too_small",
                                 json_integer((json_int_t) s->too_small))
           | json_object_set_new(r, "unassigned",
                                 json_integer((json_int_t) s->unassigned))
           | json_object_set_new(r, "published",
                                 json_integer((json_int_t) s->published))
           | json_object_set_new(r, "outcome", json_string(record_outcome(s)))
           | json_object_set_new(r, "summary",
                                 json_string(record_summary(s)));
}


static json_t *
record_fields(const behaviours_t *b)
{
    size_t   i;
    json_t  *fields = json_array();

    for (i = 0; i < b->n; i++) {
        json_array_append_new(fields, json_pack("{s:s%, s:i, s:I}",
            "field", b->fields[i].name.data, b->fields[i].name.len,
            "categories", (int) b->fields[i].ncategories,
            "filled", (json_int_t) b->fields[i].filled));
    }

    return fields;
}


static json_t *
record_left_out(const behaviours_t *b)
{
    size_t                       i;
    json_t                      *line, *fields = json_array();
    const behaviour_left_out_t  *field;

    for (i = 0; i < b->nleft_out; i++) {
        field = &b->left_out[i];
        line = json_pack("{s:s%, s:s}", "field", field->field.data,
                         field->field.len,
                         "reason", behaviour_reason_name(field->reason));

        if (field->reason == BEHAVIOUR_SAME_AS) {
            json_object_set_new(line, "same_as",
                                json_stringn(field->same_as.data,
                                             field->same_as.len));
        }

        json_array_append_new(fields, line);
    }

    return fields;
}


static json_t *
record_choice(const segmentation_t *s)
{
    size_t   i;
    json_t  *choice = json_array();

    for (i = 0; i < LATENT_CLASSES; i++) {
        if (!isnan(s->bics[i])) {
            json_array_append_new(choice, json_pack("{s:i, s:o}",
                "classes", (int) i + 1,
                "bic", segmentation_number(s->bics[i])));
        }
    }

    return choice;
}


/* For programs, and in words. */

static const char *
record_outcome(const segmentation_t *s)
{
    return s->published ? "groups" : s->behaviours->n == 0 ? "no_fields"
           : s->too_small ? "too_few_people" : "no_groups";
}


static const char *
record_summary(const segmentation_t *s)
{
    if (s->published) {
        return "Groups stand out and are audiences now.";
    }

    if (s->behaviours->n == 0) {
        return "No field tells people apart; left_out says why.";
    }

    return s->too_small
           ? "Groups stand out, but of too few people to become audiences."
           : "No groups stand out: people do not differ in these fields by "
             "more than chance.";
}


json_t *
segmentation_number(double value)
{
    char  text[32];

    snprintf(text, sizeof(text), "%.*g", RECORD_DIGITS, value);

    return json_real(strtod(text, NULL));
}
