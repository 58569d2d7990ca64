/*
 * Whether the name of an audience still says what its group is: all that made
 * the group before, and that most of it had, makes it now.
 */

#include <string.h>

#include "class_names.h"
#include "segmentation_private.h"

#define HOLDS_MOST  0.5                 /* what a name speaks of */


static int holds_value(const segmentation_t *s, size_t group,
    const json_t *row);
static int holds_same(const segmentation_t *s, const class_value_t *value,
    const json_t *row);


int
segmentation_holds(const segmentation_t *s, size_t group)
{
    size_t         i;
    json_t        *row;
    const json_t  *record = s->groups[group].continues->record;

    json_array_foreach(json_object_get(record, "explanation"), i, row) {
        if (json_is_true(json_object_get(row, "principal"))
            && json_number_value(json_object_get(row, "share")) > HOLDS_MOST
            && !holds_value(s, group, row))
        {
            return 0;
        }
    }

    return 1;
}


static int
holds_value(const segmentation_t *s, size_t group, const json_t *row)
{
    size_t                      i;
    const class_value_t        *value;
    const class_explanation_t  *e = &s->explanations[group];

    for (i = 0; i < e->nprincipal; i++) {
        value = &e->values[e->principal[i]];

        if (value->share > HOLDS_MOST && holds_same(s, value, row)) {
            return 1;
        }
    }

    return 0;
}


static int
holds_same(const segmentation_t *s, const class_value_t *value,
    const json_t *row)
{
    int                 same;
    json_t             *name, *text;
    aud_buffer_t        words = { 0 };
    const behaviour_t  *field = &s->behaviours->fields[value->field];

    name = json_object_get(row, "field");

    if (!aud_str_equal(field->name, aud_str(json_string_value(name),
                                            json_string_length(name))))
    {
        return 0;
    }

    text = json_object_get(row, "value");
    class_category_words(s->texts, field, value->category, &words);
    same = !words.failed
           && aud_str_equal(aud_buffer_str(&words),
                            aud_str(json_string_value(text),
                                    json_string_length(text)));
    aud_buffer_free(&words);

    return same;
}
