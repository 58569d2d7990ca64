/*
 * What a person sends as an audience: its members checked, all problems told.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aud_filter_read.h"
#include "aud_text.h"
#include "audience_private.h"
#include "mime.h"

#define AUDIENCE_NAME_MAX            200
#define AUDIENCE_DESCRIPTION_MAX     2000
#define AUDIENCE_CHARACTERISTICS     20
#define AUDIENCE_CHARACTERISTIC_MAX  300


static void audience_check_members(json_t *body, int create,
    aud_problem_t *problem);
static int audience_check_name(json_t *body, int create,
    aud_problem_t *problem);
static void audience_check_characteristics(json_t *value,
    aud_problem_t *problem);
static size_t audience_characters(aud_str_t text);


int
audience_check(json_t *body, int create, aud_problem_t *problem)
{
    char        *text;
    size_t       len;
    json_t      *value;

    problem->status = 0;
    audience_check_members(body, create, problem);

    if (audience_check_name(body, create, problem) != 0) {
        return -1;
    }

    value = json_object_get(body, "description");

    if (value && !json_is_null(value)
        && (!json_is_string(value)
            || audience_characters(aud_str(json_string_value(value),
                                           json_string_length(value)))
               > AUDIENCE_DESCRIPTION_MAX))
    {
        audience_invalid(problem, "invalid-description", "/description",
                         "The description is a text of at most 2,000 "
                         "characters.");
    }

    value = json_object_get(body, "characteristics");

    if (value) {
        audience_check_characteristics(value, problem);
    }

    value = json_object_get(body, "filter");

    if (value == NULL) {
        if (create) {
            audience_invalid(problem, "missing-filter", "/filter",
                             "An audience needs a filter.");
        }

    } else {
        text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        len = text ? strlen(text) : 0;
        free(text);

        if (len > AUD_FILTER_MAX_BYTES) {
            audience_invalid(problem, "filter-too-large", "/filter",
                             "A filter may have 64 KiB.");
        }
    }

    return problem->status ? -1 : 0;
}


static void
audience_check_members(json_t *body, int create, aud_problem_t *problem)
{
    char         pointer[256];
    json_t      *value;
    const char  *name;

    json_object_foreach(body, name, value) {
        if (strcmp(name, "name") != 0 && strcmp(name, "description") != 0
            && strcmp(name, "filter") != 0
            && (create || strcmp(name, "characteristics") != 0))
        {
            pointer[0] = '\0';
            aud_pointer_add(pointer, sizeof(pointer), name);
            audience_invalid(problem, "unknown-member", pointer,
                             create ? "An audience has a name, a description "
                                      "and a filter, nothing else."
                             : "Of an audience the name and the description "
                               "can be changed, besides the filter of a manual "
                               "one and the characteristics of an automatic "
                               "one.");
        }
    }
}


static int
audience_check_name(json_t *body, int create, aud_problem_t *problem)
{
    size_t      n;
    json_t     *value;
    aud_str_t   name;

    value = json_object_get(body, "name");

    if (value == NULL && !create) {
        return 0;
    }

    name = json_is_string(value) ? aud_trim(aud_str(json_string_value(value),
                                                json_string_length(value)))
                                 : aud_str("", 0);
    n = audience_characters(name);

    if (n == 0) {
        audience_invalid(problem, "missing-name", "/name",
                         "An audience needs a name.");

    } else if (n > AUDIENCE_NAME_MAX || !mime_header_valid(name)) {
        audience_invalid(problem, "invalid-name", "/name",
                         "A name is one line of at most 200 characters.");

    } else if (json_object_set_new(body, "name",
                                   json_stringn(name.data, name.len))
               != 0)
    {
        audience_failed(problem, "The server is out of memory.");
        return -1;
    }

    return 0;
}


static void
audience_check_characteristics(json_t *value, aud_problem_t *problem)
{
    int        valid;
    size_t     i, n;
    json_t    *item;
    aud_str_t  text;

    valid = json_is_array(value)
            && json_array_size(value) <= AUDIENCE_CHARACTERISTICS;

    json_array_foreach(value, i, item) {
        text = json_is_string(item)
               ? aud_trim(aud_str(json_string_value(item),
                                  json_string_length(item)))
               : aud_str("", 0);
        n = audience_characters(text);
        valid &= n > 0 && n <= AUDIENCE_CHARACTERISTIC_MAX
                 && mime_header_valid(text);
    }

    if (!valid) {
        audience_invalid(problem, "invalid-characteristics",
                         "/characteristics", "Characteristics are at most 20 "
                         "texts, each one line of at most 300 characters.");
    }
}


static size_t
audience_characters(aud_str_t text)
{
    size_t  i, n;

    for (i = 0, n = 0; i < text.len; i++) {
        n += ((unsigned char) text.data[i] & 0xc0) != 0x80;
    }

    return n;
}


void
audience_invalid(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *detail)
{
    aud_problem_error_t  *error;

    if (problem->status == 0) {
        aud_problem_set(problem, 422, "invalid-audience",
                        "The audience cannot be saved",
                        "The audience cannot be saved as it is; see errors.");
    }

    error = aud_problem_add(problem, slug, "%s", detail);
    error->has_pointer = 1;
    snprintf(error->pointer, sizeof(error->pointer), "%s", pointer);
}
