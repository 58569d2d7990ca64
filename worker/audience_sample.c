/*
 * Audiences that segmentation makes: their members are a fixed sample, their
 * words may be edited.
 */

#include "audience_private.h"
#include "document.h"


static int sample_edit_refused(audience_change_t *c);
static void sample_edit(json_t *record, const char *member, json_t *value);


int
audience_is_sample(const json_t *record)
{
    return strcmp(document_text(record, "type"), "automatic") == 0;
}


/* What a person has written stays through the runs to come: "edited" says what
 * that is.  A form also sends what nobody has touched: that goes on changing
 * with the runs. */

void
audience_put_sample(audience_change_t *c, base_t *base)
{
    size_t                    i;
    json_t                   *value;
    static const char *const  members[] = {
        "name", "description", "characteristics", NULL
    };

    if (sample_edit_refused(c)) {
        return;
    }

    for (i = 0; members[i]; i++) {
        value = json_object_get(c->body, members[i]);

        if (value) {
            sample_edit(c->record, members[i], value);
        }
    }

    audience_store(c, base);

    if (c->problem.status == 0) {
        c->shown = audience_show(c->worker, c->tenant,
                                 json_deep_copy(c->record));
    }
}


static int
sample_edit_refused(audience_change_t *c)
{
    if (json_object_get(c->body, "filter") == NULL) {
        return 0;
    }

    audience_invalid(&c->problem, "fixed-sample", "/filter",
                     "The members of an automatic audience are a fixed sample "
                     "and follow no filter; make a new audience whose filter "
                     "contains this one.");

    return 1;
}


static void
sample_edit(json_t *record, const char *member, json_t *value)
{
    size_t   i;
    json_t  *edited, *name;

    if (json_equal(json_object_get(record, member), value)) {
        return;
    }

    json_object_set(record, member, value);
    edited = json_object_get(record, "edited");

    json_array_foreach(edited, i, name) {
        if (strcmp(json_string_value(name), member) == 0) {
            return;
        }
    }

    json_array_append_new(edited, json_string(member));
}


/* An audience of people has no filter of its own: it is what contains it. */

json_t *
audience_sample_filter(const json_t *record)
{
    return json_pack("{s:s}", "audience", document_text(record, "id"));
}


json_t *
audience_summary(const json_t *record)
{
    json_t  *summary;

    summary = json_copy((json_t *) record);
    json_object_del(summary, "explanation");
    json_object_del(summary, "overlap");
    json_object_del(summary, "copies");

    return summary;
}
