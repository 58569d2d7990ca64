/*
 * Redaction of JSON values.
 */

#include "redact_private.h"


static json_t *redact_value(redaction_run_t *run, const json_t *json);
static json_t *redact_string(redaction_run_t *run, const json_t *json);
static json_t *redact_object(redaction_run_t *run, const json_t *json);


/* Looked through twice: who says their name late is meant earlier as well. */

json_t *
redaction_json(redaction_run_t *run, const json_t *json)
{
    json_t  *first;

    first = redact_value(run, json);

    if (run->learnt.first == NULL) {
        return first;
    }

    json_decref(first);
    redact_forget(run);

    return redact_value(run, json);
}


static json_t *
redact_value(redaction_run_t *run, const json_t *json)
{
    size_t   i;
    json_t  *copy, *item;

    if (json_is_string(json)) {
        return redact_string(run, json);
    }

    if (json_is_object(json)) {
        return redact_object(run, json);
    }

    if (!json_is_array(json)) {
        return json_incref((json_t *) json);
    }

    copy = json_array();

    json_array_foreach((json_t *) json, i, item) {
        if (json_array_append_new(copy, redact_value(run, item)) != 0) {
            json_decref(copy);
            return NULL;
        }
    }

    return copy;
}


static json_t *
redact_string(redaction_run_t *run, const json_t *json)
{
    json_t        *copy = NULL;
    aud_buffer_t   out = { 0 };

    redaction_text(run, aud_str(json_string_value(json),
                                json_string_length(json)), &out);

    if (!out.failed) {
        copy = json_stringn(out.data ? out.data : "", out.len);
    }

    aud_buffer_free(&out);

    return copy;
}


static json_t *
redact_object(redaction_run_t *run, const json_t *json)
{
    json_t      *copy, *member;
    const char  *name;

    copy = json_object();

    json_object_foreach((json_t *) json, name, member) {
        if (json_object_set_new(copy, name, redact_value(run, member)) != 0) {
            json_decref(copy);
            return NULL;
        }
    }

    return copy;
}
