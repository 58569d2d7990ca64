/*
 * Reading request bodies: JSON objects of bounded length and depth.
 */

#include "aud_json.h"


static int     too_long(aud_str_t body, size_t max, aud_problem_t *problem);
static void    no_memory_left(aud_problem_t *problem);
static json_t *object_load(aud_str_t body, aud_problem_t *problem);
static int     nested_deeper(aud_str_t body, unsigned depth);
static void    bad_json(const json_error_t *error, aud_problem_t *problem);
static aud_json_t *copy(aud_arena_t *arena, const json_t *json,
    unsigned depth);
static int     copy_list(aud_arena_t *arena, const json_t *json,
    unsigned depth, aud_json_t *list);
static int     copy_members(aud_arena_t *arena, const json_t *json,
    unsigned depth, aud_json_t *object);


json_t *
aud_json_read(aud_str_t body, size_t max, aud_problem_t *problem)
{
    if (too_long(body, max, problem)) {
        return NULL;
    }

    if (nested_deeper(body, AUD_JSON_DEPTH)) {
        aud_problem_set(problem, 422, "too-deep",
                        "The request is nested too deeply",
                        "The JSON is nested more than %d levels deep.",
                        AUD_JSON_DEPTH);
        problem->limit = AUD_JSON_DEPTH;
        return NULL;
    }

    return object_load(body, problem);
}


/* What is wrong with a body is for jansson to say. */
aud_json_t *
aud_json_read_tree(aud_arena_t *arena, aud_str_t body, size_t max,
    aud_problem_t *problem)
{
    int          no_memory;
    json_t      *other;
    aud_json_t  *json;

    if (too_long(body, max, problem)) {
        return NULL;
    }

    json = aud_json_parse(arena, body, &no_memory);

    if (aud_json_is(json, AUD_JSON_OBJECT)) {
        return json;
    }

    if (no_memory) {
        no_memory_left(problem);
        return NULL;
    }

    other = aud_json_read(body, max, problem);

    if (other) {
        aud_problem_set(problem, 400, "bad-json",
                        "The request is not valid JSON",
                        "The request is not valid JSON.");
        json_decref(other);
    }

    return NULL;
}


static int
too_long(aud_str_t body, size_t max, aud_problem_t *problem)
{
    if (body.len <= max) {
        return 0;
    }

    aud_problem_set(problem, 413, "body-too-large", "The request is too large",
                    "The request has %zu bytes; at most %zu are read.",
                    body.len, max);
    problem->limit = max;
    problem->count = body.len;

    return 1;
}


static void
no_memory_left(aud_problem_t *problem)
{
    aud_problem_set(problem, 500, "internal-error", "Something went wrong",
                    "The server has no memory left to read the request.");
}


/* Brackets outside strings; before parsing, which recurses. */
static int
nested_deeper(aud_str_t body, unsigned depth)
{
    int       in_string = 0;
    size_t    i;
    unsigned  open = 0;

    for (i = 0; i < body.len; i++) {

        switch (body.data[i]) {

        case '"':
            in_string = !in_string;
            break;

        case '\\':
            i += in_string;
            break;

        case '{':
        case '[':
            open += !in_string;
            if (open > depth) {
                return 1;
            }
            break;

        case '}':
        case ']':
            open -= !in_string && open > 0;
            break;
        }
    }

    return 0;
}


static json_t *
object_load(aud_str_t body, aud_problem_t *problem)
{
    json_t        *json;
    json_error_t   error;

    json = json_loadb(body.len ? body.data : "", body.len,
                      JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        bad_json(&error, problem);
        return NULL;
    }

    if (!json_is_object(json)) {
        json_decref(json);

        aud_problem_set(problem, 400, "bad-json",
                        "The request is not valid JSON",
                        "The request must be a JSON object, {…}.");
        return NULL;
    }

    return json;
}


static void
bad_json(const json_error_t *error, aud_problem_t *problem)
{
    aud_problem_error_t  *e;

    if (json_error_code(error) == json_error_out_of_memory) {
        no_memory_left(problem);
        return;
    }

    aud_problem_set(problem, 400, "bad-json", "The request is not valid JSON",
                    "The request is not valid JSON: line %d, column %d.",
                    error->line, error->column);

    e = aud_problem_add(problem, "bad-json", "%.200s", error->text);
    e->row = error->line > 0 ? (uint64_t) error->line : 0;
    e->column = error->column > 0 ? (uint32_t) error->column : 0;
}


aud_json_t *
aud_json_copy(aud_arena_t *arena, const json_t *json)
{
    return json ? copy(arena, json, 0) : NULL;
}


static aud_json_t *
copy(aud_arena_t *arena, const json_t *json, unsigned depth)
{
    int          failed = 0;
    aud_json_t  *value;

    value = aud_arena_calloc(arena, 1, sizeof(aud_json_t));
    if (value == NULL) {
        return NULL;
    }

    switch (json_typeof(json)) {

    case JSON_OBJECT:
        failed = copy_members(arena, json, depth + 1, value);
        break;

    case JSON_ARRAY:
        failed = copy_list(arena, json, depth + 1, value);
        break;

    case JSON_STRING:
        value->type = AUD_JSON_TEXT;
        value->text = aud_str(json_string_value(json),
                              json_string_length(json));
        break;

    case JSON_INTEGER:
        value->type = AUD_JSON_INTEGER;
        value->integer = json_integer_value(json);
        break;

    case JSON_REAL:
        value->type = AUD_JSON_REAL;
        value->real = json_real_value(json);
        break;

    case JSON_TRUE:
        value->type = AUD_JSON_TRUE;
        break;

    case JSON_FALSE:
        value->type = AUD_JSON_FALSE;
        break;

    case JSON_NULL:
        break;
    }

    return failed ? NULL : value;
}


static int
copy_list(aud_arena_t *arena, const json_t *json, unsigned depth,
    aud_json_t *list)
{
    size_t        i;
    aud_json_t  **last = &list->first;

    if (depth > AUD_JSON_DEPTH) {
        return 0;
    }

    list->type = AUD_JSON_LIST;
    list->n = json_array_size(json);

    for (i = 0; i < list->n; i++) {
        *last = copy(arena, json_array_get(json, i), depth);
        if (*last == NULL) {
            return -1;
        }

        last = &(*last)->next;
    }

    return 0;
}


static int
copy_members(aud_arena_t *arena, const json_t *json, unsigned depth,
    aud_json_t *object)
{
    json_t       *value;
    const char   *key;
    aud_json_t  **last = &object->first;

    if (depth > AUD_JSON_DEPTH) {
        return 0;
    }

    object->type = AUD_JSON_OBJECT;
    object->n = json_object_size(json);

    json_object_foreach((json_t *) json, key, value) {
        *last = copy(arena, value, depth);
        if (*last == NULL) {
            return -1;
        }

        (*last)->key = aud_str(key, strlen(key));
        last = &(*last)->next;
    }

    return 0;
}
