#include "class_letter.h"


static json_t *letter_audience(const json_t *audience);
static json_t *letter_copies(const json_t *copies);


json_t *
class_letter_values(const json_t *audiences)
{
    json_t        *values, *list = json_array();
    json_int_t     count = 0;
    const json_t  *audience;

    for (size_t i = 0; i < json_array_size(audiences); i++) {
        audience = json_array_get(audiences, i);

        if (json_array_size(json_object_get(audience, "copies")) == 0) {
            continue;
        }

        if (count++ < CLASS_LETTER_AUDIENCES
            && json_array_append_new(list, letter_audience(audience)) != 0)
        {
            json_decref(list);
            return NULL;
        }
    }

    if (count == 0) {
        json_decref(list);
        return NULL;
    }

    values = json_pack("{s:I, s:I, s:o}", "count", count, "more",
                       count - (json_int_t) json_array_size(list),
                       "audiences", list);

    return values;
}


static json_t *
letter_audience(const json_t *audience)
{
    return json_pack("{s:O, s:O, s:o}",
                     "audience_name", json_object_get(audience, "name"),
                     "size", json_object_get(audience, "size"),
                     "copies",
                     letter_copies(json_object_get(audience, "copies")));
}


/* A characteristic is there in any case, so that letters can ask for it. */
static json_t *
letter_copies(const json_t *copies)
{
    json_t        *list = json_array(), *copy;
    const json_t  *from;
    const char    *on;

    for (size_t i = 0; i < json_array_size(copies); i++) {
        from = json_array_get(copies, i);
        on = json_string_value(json_object_get(from, "characteristic"));
        copy = json_pack("{s:O, s:s}", "text", json_object_get(from, "text"),
                         "characteristic", on ? on : "");

        if (json_array_append_new(list, copy) != 0) {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}
