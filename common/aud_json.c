/*
 * Reading request bodies: JSON objects of bounded length and depth.
 */

#include "aud_filter.h"

#define JSON_DEPTH  32


static json_t *object_load(aud_str_t body, aud_problem_t *problem);
static int     nested_deeper(aud_str_t body, unsigned depth);
static void    bad_json(const json_error_t *error, aud_problem_t *problem);


json_t *
aud_json_read(aud_str_t body, size_t max, aud_problem_t *problem)
{
    if (body.len > max) {
        aud_problem_set(problem, 413, "body-too-large",
                        "The request is too large",
                        "The request has %zu bytes; at most %zu are read.",
                        body.len, max);
        problem->limit = max;
        problem->count = body.len;
        return NULL;
    }

    if (nested_deeper(body, JSON_DEPTH)) {
        aud_problem_set(problem, 422, "too-deep",
                        "The request is nested too deeply",
                        "The JSON is nested more than %d levels deep.",
                        JSON_DEPTH);
        problem->limit = JSON_DEPTH;
        return NULL;
    }

    return object_load(body, problem);
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
        aud_problem_set(problem, 500, "internal-error",
                        "Something went wrong",
                        "The server has no memory left to read the request.");
        return;
    }

    aud_problem_set(problem, 400, "bad-json", "The request is not valid JSON",
                    "The request is not valid JSON: line %d, column %d.",
                    error->line, error->column);

    e = aud_problem_add(problem, "bad-json", "%.200s", error->text);
    e->row = error->line > 0 ? (uint64_t) error->line : 0;
    e->column = error->column > 0 ? (uint32_t) error->column : 0;
}
