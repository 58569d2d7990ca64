/*
 * The record of a job: one JSON value a job, rewritten whole at each change.
 *
 *   {"id", "type", "state", "attempts", "token", "error", "created_at",
 *    "started_at", "finished_at", "run_at", "cancel", "args"}
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "keys.h"
#include "log.h"
#include "queue_private.h"

/* Most bytes of a record beside its arguments, where there is no error. */
#define RECORD_ROOM  400


static void record_number(aud_buffer_t *out, uint64_t value);
static void record_time(aud_buffer_t *out, const char *name, int64_t us);
static int64_t record_read_time(const json_t *record, const char *name);
static json_t *show_about(const json_t *args);
static const char *about_in(const json_t *args);
static void show_time(json_t *shown, const char *name, int64_t us);


static const char *const  state_names[] = {
    "ready", "scheduled", "running", "done", "dead", "cancelled", NULL
};


void
job_record_put(const job_t *job, const char *state, store_batch_t *batch)
{
    store_key_t   key;
    aud_buffer_t  record = { 0 };

    job_record_write(job, state, &record);

    if (record.failed) {
        log_no_memory("job record");
    }

    key = key_id(job->tenant->name, KEY_JOB, &job->id);
    store_batch_put(batch, key_str(&key), aud_buffer_str(&record));
    aud_buffer_free(&record);
}


/* Written at each change of each job: by hand, which takes a fraction of what
 * printf does. */

void
job_record_write(const job_t *job, const char *state, aud_buffer_t *out)
{
    char  id[AUD_ID_LEN + 1];

    aud_id_format(id, "job", &job->id);

    aud_buffer_reserve(out, RECORD_ROOM + strlen(job->args));
    aud_buffer_text(out, "{\"id\":\"");
    aud_buffer_add(out, id, AUD_ID_LEN);
    aud_buffer_text(out, "\",\"type\":\"");
    aud_buffer_text(out, job->type->name);
    aud_buffer_text(out, "\",\"state\":\"");
    aud_buffer_text(out, state);
    aud_buffer_text(out, "\",\"attempts\":");
    record_number(out, job->attempts);
    aud_buffer_text(out, ",\"token\":");
    record_number(out, job->token);
    aud_buffer_text(out, ",\"error\":");

    if (job->error[0]) {
        aud_buffer_json(out, aud_str(job->error, strlen(job->error)));

    } else {
        aud_buffer_text(out, "null");
    }

    record_time(out, ",\"created_at\":", job->created_at);
    record_time(out, ",\"started_at\":", job->started_at);
    record_time(out, ",\"finished_at\":", job->finished_at);
    record_time(out, ",\"run_at\":", job->run_at);

    aud_buffer_text(out, job->cancelling ? ",\"cancel\":true,\"args\":"
                                         : ",\"cancel\":false,\"args\":");
    aud_buffer_text(out, job->args);
    aud_buffer_char(out, '}');
}


static void
record_number(aud_buffer_t *out, uint64_t value)
{
    char    digits[20];
    size_t  i = sizeof(digits);

    do {
        digits[--i] = '0' + value % 10;
        value /= 10;
    } while (value);

    aud_buffer_add(out, digits + i, sizeof(digits) - i);
}


static void
record_time(aud_buffer_t *out, const char *name, int64_t us)
{
    char    text[AUD_TIME_LEN + 1];
    size_t  len;

    aud_buffer_text(out, name);

    if (us == 0) {
        aud_buffer_text(out, "null");
        return;
    }

    len = aud_time_format(text, us);
    aud_buffer_char(out, '"');
    aud_buffer_add(out, text, len);
    aud_buffer_char(out, '"');
}


int
job_record_read(const json_t *record, job_t *job, const char **state)
{
    size_t       i;
    json_t      *args;
    const char  *id, *type, *name, *error;

    id = json_string_value(json_object_get(record, "id"));
    type = json_string_value(json_object_get(record, "type"));
    name = json_string_value(json_object_get(record, "state"));
    args = json_object_get(record, "args");

    if (id == NULL || type == NULL || name == NULL || args == NULL
        || aud_id_parse(id, strlen(id), "job", &job->id) != 0)
    {
        return -1;
    }

    for (i = 0; state_names[i]; i++) {
        if (strcmp(state_names[i], name) == 0) {
            break;
        }
    }

    *state = state_names[i];
    job->type = job_type(type);

    if (*state == NULL || job->type == NULL) {
        return -1;
    }

    job->attempts = json_integer_value(json_object_get(record, "attempts"));
    job->token = json_integer_value(json_object_get(record, "token"));
    job->cancelling = json_is_true(json_object_get(record, "cancel"));
    job->created_at = record_read_time(record, "created_at");
    job->started_at = record_read_time(record, "started_at");
    job->finished_at = record_read_time(record, "finished_at");
    job->run_at = record_read_time(record, "run_at");

    error = json_string_value(json_object_get(record, "error"));
    snprintf(job->error, sizeof(job->error), "%s", error ? error : "");

    job->args = json_dumps(args, JSON_COMPACT | JSON_ENCODE_ANY);

    return job->args ? 0 : -1;
}


static int64_t
record_read_time(const json_t *record, const char *name)
{
    int64_t      us;
    const char  *text;

    text = json_string_value(json_object_get(record, name));

    if (text == NULL || aud_time_parse(text, strlen(text), &us, NULL) != 0) {
        return 0;
    }

    return us;
}


json_t *
job_record_show(const json_t *record)
{
    json_t      *shown;
    const char  *state;

    shown = json_copy((json_t *) record);
    if (shown == NULL) {
        return NULL;
    }

    state = json_string_value(json_object_get(record, "state"));

    json_object_del(shown, "args");
    json_object_del(shown, "token");
    json_object_del(shown, "cancel");
    json_object_set_new(shown, "about", show_about(
                        json_object_get(record, "args")));
    json_object_set_new(shown, "stage", json_null());
    json_object_set_new(shown, "progress",
                        json_real(state && strcmp(state, "done") == 0));

    return shown;
}


json_t *
job_show(const job_t *job)
{
    char         id[AUD_ID_LEN + 1];
    json_t      *shown, *args;
    double       fraction = 0;
    job_run_t   *run = job->run;
    const char  *state = "running", *stage = NULL;

    if (job->state <= JOB_READY) {
        state = "ready";

    } else if (job->state == JOB_SCHEDULED) {
        state = "scheduled";
    }

    if (run) {
        stage = atomic_load(&run->stage);
        fraction = atomic_load(&run->fraction);
    }

    args = json_loads(job->args, JSON_DECODE_ANY, NULL);
    aud_id_format(id, "job", &job->id);

    shown = json_pack("{s:s, s:s, s:o, s:s, s:i, s:o, s:s?, s:f}", "id", id,
                      "type", job->type->name, "about", show_about(args),
                      "state", state,
                      "attempts", (int) job->attempts,
                      "error", job->error[0] ? json_string(job->error)
                                             : json_null(),
                      "stage", stage, "progress", fraction);
    json_decref(args);

    if (shown) {
        show_time(shown, "created_at", job->created_at);
        show_time(shown, "started_at", job->started_at);
        show_time(shown, "finished_at", job->finished_at);
        show_time(shown, "run_at", job->state == JOB_SCHEDULED ? job->run_at
                                                               : 0);
    }

    return shown;
}


/* An e-mail is about what its values say. */

static json_t *
show_about(const json_t *args)
{
    const char  *about = about_in(args);

    if (about == NULL) {
        about = about_in(json_object_get(args, "values"));
    }

    return about ? json_string(about) : json_null();
}


static const char *
about_in(const json_t *args)
{
    json_t      *value;
    const char  *text;

    static const char *const  members[] = {
        "import", "export", "segmentation", "undo", "unrule", "rule", "erase",
        NULL
    };

    for (size_t i = 0; members[i]; i++) {
        value = json_object_get(args, members[i]);
        text = json_string_value(json_is_object(value)
                                 ? json_object_get(value, "id") : value);
        if (text) {
            return text;
        }
    }

    return NULL;
}


static void
show_time(json_t *shown, const char *name, int64_t us)
{
    char  text[AUD_TIME_LEN + 1];

    if (us) {
        aud_time_format(text, us);
    }

    json_object_set_new(shown, name, us ? json_string(text) : json_null());
}


const job_type_t *
job_type(const char *name)
{
    size_t  i;

    for (i = 0; job_types[i]; i++) {
        if (strcmp(job_types[i]->name, name) == 0) {
            return job_types[i];
        }
    }

    return NULL;
}


const char *
job_final_state(job_outcome_t outcome)
{
    switch (outcome) {

    case JOB_DONE:
        return "done";

    case JOB_CANCELLED:
        return "cancelled";

    default:
        return "dead";
    }
}
