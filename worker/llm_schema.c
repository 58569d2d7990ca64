/*
 * The schema of an answer.
 */

#include <stdio.h>
#include <string.h>

#include "llm_schema.h"

#define SCHEMA_PATH  128


typedef struct {
    char          path[SCHEMA_PATH];    /* of the value that is looked at */
    aud_error_t  *err;
} schema_check_t;


static int schema_value(schema_check_t *c, const json_t *schema,
    const json_t *value);
static int schema_type(const char *type, const json_t *value);
static int schema_object(schema_check_t *c, const json_t *schema,
    const json_t *value);
static int schema_array(schema_check_t *c, const json_t *schema,
    const json_t *value);
static int schema_string(schema_check_t *c, const json_t *schema,
    const json_t *value);
static int schema_number(schema_check_t *c, const json_t *schema,
    const json_t *value);
static size_t schema_characters(const char *text);
static int schema_under(schema_check_t *c, const char *name,
    const json_t *schema, const json_t *value);
static int schema_fail(schema_check_t *c, const char *reason);


int
llm_schema_check(const json_t *schema, const json_t *value, aud_error_t *err)
{
    schema_check_t  c = { .path = "", .err = err };

    return schema_value(&c, schema, value);
}


static int
schema_value(schema_check_t *c, const json_t *schema, const json_t *value)
{
    const char  *type;

    type = json_string_value(json_object_get(schema, "type"));

    if (type == NULL || !schema_type(type, value)) {
        return schema_fail(c, "is of another type");
    }

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        return schema_object(c, schema, value);

    case JSON_ARRAY:
        return schema_array(c, schema, value);

    case JSON_STRING:
        return schema_string(c, schema, value);

    case JSON_INTEGER:
    case JSON_REAL:
        return schema_number(c, schema, value);

    default:
        return 0;
    }
}


static int
schema_type(const char *type, const json_t *value)
{
    switch (json_typeof(value)) {

    case JSON_OBJECT:
        return strcmp(type, "object") == 0;

    case JSON_ARRAY:
        return strcmp(type, "array") == 0;

    case JSON_STRING:
        return strcmp(type, "string") == 0;

    case JSON_INTEGER:
        return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;

    case JSON_REAL:
        return strcmp(type, "number") == 0;

    case JSON_NULL:
        return strcmp(type, "null") == 0;

    default:
        return strcmp(type, "boolean") == 0;
    }
}


static int
schema_object(schema_check_t *c, const json_t *schema, const json_t *value)
{
    size_t       i;
    json_t      *member, *known, *name;
    const char  *key;

    json_array_foreach(json_object_get(schema, "required"), i, name) {
        if (json_object_get(value, json_string_value(name)) == NULL) {
            return schema_fail(c, "lacks a member");
        }
    }

    json_object_foreach((json_t *) value, key, member) {
        known = json_object_get(json_object_get(schema, "properties"), key);

        if (known == NULL) {
            return schema_fail(c, "has a member too many");
        }

        if (schema_under(c, key, known, member) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
schema_array(schema_check_t *c, const json_t *schema, const json_t *value)
{
    char     place[24];
    size_t   i, n = json_array_size(value);
    json_t  *item, *most, *least;

    least = json_object_get(schema, "minItems");
    most = json_object_get(schema, "maxItems");

    if ((least && n < (size_t) json_integer_value(least))
        || (most && n > (size_t) json_integer_value(most)))
    {
        return schema_fail(c, "has another number of items");
    }

    json_array_foreach((json_t *) value, i, item) {
        snprintf(place, sizeof(place), "%zu", i);

        if (schema_under(c, place, json_object_get(schema, "items"), item)
            != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
schema_string(schema_check_t *c, const json_t *schema, const json_t *value)
{
    size_t   i, n;
    json_t  *one, *set, *least, *most;

    set = json_object_get(schema, "enum");

    json_array_foreach(set, i, one) {
        if (json_equal(one, (json_t *) value)) {
            break;
        }
    }

    if (set && i == json_array_size(set)) {
        return schema_fail(c, "is not one of the set");
    }

    least = json_object_get(schema, "minLength");
    most = json_object_get(schema, "maxLength");
    n = schema_characters(json_string_value(value));

    if ((least && n < (size_t) json_integer_value(least))
        || (most && n > (size_t) json_integer_value(most)))
    {
        return schema_fail(c, "is too long or too short");
    }

    return 0;
}


static int
schema_number(schema_check_t *c, const json_t *schema, const json_t *value)
{
    double   n = json_number_value(value);
    json_t  *least, *most;

    least = json_object_get(schema, "minimum");
    most = json_object_get(schema, "maximum");

    if ((least && !(n >= json_number_value(least)))
        || (most && !(n <= json_number_value(most))))
    {
        return schema_fail(c, "is too large or too small");
    }

    return 0;
}


static size_t
schema_characters(const char *text)
{
    size_t  n;

    for (n = 0; *text; text++) {
        n += (*text & 0xc0) != 0x80;
    }

    return n;
}


static int
schema_under(schema_check_t *c, const char *name, const json_t *schema,
    const json_t *value)
{
    int     rc;
    size_t  len = strlen(c->path);

    snprintf(c->path + len, SCHEMA_PATH - len, "/%.40s", name);
    rc = schema_value(c, schema, value);
    c->path[len] = '\0';

    return rc;
}


static int
schema_fail(schema_check_t *c, const char *reason)
{
    return aud_error_set(c->err, "%s %s", c->path[0] ? c->path : "/", reason);
}


json_t *
llm_schema_sent(const json_t *schema)
{
    size_t       i;
    json_t      *copy, *value, *items;
    const char  *key;

    static const char *const  bounds[] = {
        "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"
    };

    copy = json_copy((json_t *) schema);

    for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        (void) json_object_del(copy, bounds[i]);
    }

    items = json_object_get(schema, "items");

    if (items) {
        json_object_set_new(copy, "items", llm_schema_sent(items));
    }

    value = json_object_get(schema, "properties");

    if (value) {
        json_object_set_new(copy, "properties", json_object());

        json_object_foreach(json_object_get(schema, "properties"), key,
                            value)
        {
            json_object_set_new(json_object_get(copy, "properties"), key,
                                llm_schema_sent(value));
        }
    }

    return copy;
}
