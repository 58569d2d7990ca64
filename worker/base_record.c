/*
 * The base record:
 *   {"generation": 7, "next_file": 12, "resolved_by": {…} (resolved_by.h),
 *    "fields": [{"name", "type", "kind", "multi", "counts": [text, number,
 *                date, yes_no]}]}
 */

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "base_private.h"
#include "keys.h"

static int      read_fields(const json_t *list, base_record_t *record);
static int      read_field(const json_t *json, base_field_t *field);
static json_t  *show_field(const base_field_t *field);
static int      named(const char *(*name)(int value), int count,
    const json_t *json);
static const char *type_name(int type);
static const char *kind_name(int kind);


store_status_t
base_record_read(base_t *base, base_record_t *record, aud_error_t *err)
{
    json_t          *json;
    aud_str_t        value;
    store_key_t      key;
    json_error_t     error;
    store_status_t   status;

    memset(record, 0, sizeof(*record));

    key = key_prefix(base->tenant, KEY_BASE);
    status = store_get(base->worker->store, key_str(&key), &value, err);

    if (status != STORE_OK) {
        return status;
    }

    json = json_loadb(value.data, value.len, JSON_REJECT_DUPLICATES, &error);
    store_value_free(value);

    record->number = json_integer_value(json_object_get(json, "generation"));
    record->next_file = json_integer_value(json_object_get(json, "next_file"));

    record->resolved_by = json_incref(json_object_get(json, "resolved_by"));

    if (json == NULL
        || read_fields(json_object_get(json, "fields"), record) != 0)
    {
        aud_error_set(err, "the base record of %s does not read",
                      base->tenant);
        status = STORE_FAILED;
    }

    json_decref(json);
    return status;
}


int
base_record_put(const base_t *base, const base_record_t *record,
    store_batch_t *batch)
{
    int           rc;
    char         *text;
    size_t        i;
    json_t       *json, *fields;
    store_key_t   key;

    rc = -1;
    text = NULL;
    fields = json_array();
    json = json_pack("{s:I, s:I, s:O*, s:O}",
                     "generation", (json_int_t) record->number,
                     "next_file", (json_int_t) record->next_file,
                     "resolved_by", record->resolved_by,
                     "fields", fields);

    for (i = 0; i < record->nfields; i++) {
        if (json_array_append_new(fields, show_field(&record->fields[i])) != 0)
        {
            goto done;
        }
    }

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    if (text == NULL) {
        goto done;
    }

    key = key_prefix(base->tenant, KEY_BASE);
    store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
    rc = 0;

done:

    free(text);
    json_decref(fields);
    json_decref(json);

    return rc;
}


int
base_fields_copy(const base_field_t *fields, size_t n, base_field_t **copy)
{
    char    *name;
    size_t   i;

    *copy = aud_calloc(n + 1, sizeof(base_field_t));

    if (*copy == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        name = aud_strndup(fields[i].field.name.data,
                           fields[i].field.name.len);

        if (name == NULL) {
            base_fields_free(*copy, i);
            *copy = NULL;
            return -1;
        }

        (*copy)[i] = fields[i];
        (*copy)[i].field.name.data = name;
    }

    return 0;
}


void
base_fields_free(base_field_t *fields, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        aud_free((void *) fields[i].field.name.data);
    }

    aud_free(fields);
}


static int
read_fields(const json_t *list, base_record_t *record)
{
    size_t  i, n;

    n = json_array_size(list);
    record->fields = aud_calloc(n + 1, sizeof(base_field_t));

    if (record->fields == NULL || !json_is_array(list)) {
        return -1;
    }

    for (i = 0; i < n; i++) {

        if (read_field(json_array_get(list, i), &record->fields[i]) != 0) {
            return -1;
        }

        record->nfields++;
    }

    return 0;
}


static int
read_field(const json_t *json, base_field_t *field)
{
    int            type, kind;
    char          *copy;
    size_t         i;
    const json_t  *name, *counts;

    name = json_object_get(json, "name");
    counts = json_object_get(json, "counts");
    type = named(type_name, AUD_TYPE_COUNT, json_object_get(json, "type"));
    kind = named(kind_name, AUD_KIND_COUNT, json_object_get(json, "kind"));

    if (!json_is_string(name) || type < 0 || kind < 0
        || json_array_size(counts) != AUD_TYPE_COUNT)
    {
        return -1;
    }

    copy = aud_strndup(json_string_value(name), json_string_length(name));

    if (copy == NULL) {
        return -1;
    }

    field->field.name = aud_str(copy, json_string_length(name));
    field->field.type = type;
    field->field.kind = kind;
    field->field.multi = json_is_true(json_object_get(json, "multi"));

    for (i = 0; i < AUD_TYPE_COUNT; i++) {
        field->counts[i] = json_integer_value(json_array_get(counts, i));
    }

    return 0;
}


static json_t *
show_field(const base_field_t *field)
{
    size_t   i;
    json_t  *json, *counts;

    counts = json_array();

    for (i = 0; i < AUD_TYPE_COUNT; i++) {
        json_array_append_new(counts, json_integer(field->counts[i]));
    }

    json = json_pack("{s:s%, s:s, s:s, s:b, s:o}",
                     "name", field->field.name.data, field->field.name.len,
                     "type", aud_type_name(field->field.type),
                     "kind", aud_kind_name(field->field.kind),
                     "multi", field->field.multi,
                     "counts", counts);

    return json;
}


/* The value of that name, or -1. */
static int
named(const char *(*name)(int value), int count, const json_t *json)
{
    int          value;
    const char  *text;

    text = json_string_value(json);

    for (value = 0; text && value < count; value++) {
        if (strcmp(name(value), text) == 0) {
            return value;
        }
    }

    return -1;
}


static const char *
type_name(int type)
{
    return aud_type_name(type);
}


static const char *
kind_name(int kind)
{
    return aud_kind_name(kind);
}
