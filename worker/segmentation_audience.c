/*
 * The record of an audience that a group becomes.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "class_names.h"
#include "document.h"
#include "segmentation_private.h"

#define AUDIENCE_ROWS   200             /* of the table, the most telling */
#define AUDIENCE_SIZES  100             /* runs that its history goes back */


static int audience_begin(json_t *record, const segmentation_t *s,
    const group_t *group);
static int audience_words(json_t *record, const group_t *group);
static int audience_size(json_t *record, const segmentation_t *s,
    const group_t *group);
static json_t *audience_explanation(const segmentation_t *s, size_t group);
static int audience_by_weight(const void *a, const void *b);
static json_t *audience_row(const segmentation_t *s,
    const class_value_t *value, int principal);
static json_t *audience_overlap(const segmentation_t *s, size_t group);


int
segmentation_audience(segmentation_t *s, size_t group)
{
    json_t   *record;
    group_t  *g = &s->groups[group];

    record = g->before ? json_deep_copy(g->before) : json_object();
    g->record = record;

    if (g->before == NULL && audience_begin(record, s, g) != 0) {
        return -1;
    }

    return audience_words(record, g)
           | audience_size(record, s, g)
           | json_object_set_new(record, "segmentation",
                                 json_string(s->id_text))
           | json_object_set_new(record, "stability",
                                 segmentation_number(g->stability))
           | json_object_set_new(record, "explanation",
                                 audience_explanation(s, group))
           | json_object_set_new(record, "overlap",
                                 audience_overlap(s, group));
}


static int
audience_begin(json_t *record, const segmentation_t *s, const group_t *group)
{
    char     id[AUD_ID_LEN + 1];
    json_t  *begin;

    aud_id_format(id, "aud", &group->id);
    begin = json_pack("{s:s, s:s, s:n, s:s, s:o, s:[], s:[], s:[], s:s, s:o}",
                      "id", id, "name", "", "description",
                      "type", "automatic",
                      "created_at", document_time(aud_now()),
                      "characteristics", "edited", "copies",
                      "written_by", "built-in", "sizes", json_array());

    if (begin == NULL) {
        return -1;
    }

    json_object_update(record, begin);
    json_decref(begin);

    return 0;
}


/* What a person has written stays; copies stay where none are suggested. */

static int
audience_words(json_t *record, const group_t *group)
{
    size_t                    i;
    json_t                   *value;
    static const char *const  members[] = {
        "name", "description", "characteristics", "copies", "written_by",
        "copies_written_by"
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        value = json_object_get(group->words, members[i]);

        if (value && !segmentation_edited(record, members[i])
            && json_object_set(record, members[i], value) != 0)
        {
            return -1;
        }
    }

    return 0;
}


int
segmentation_edited(const json_t *record, const char *member)
{
    size_t   i;
    json_t  *name;

    json_array_foreach(json_object_get(record, "edited"), i, name) {
        if (strcmp(json_string_value(name), member) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
audience_size(json_t *record, const segmentation_t *s, const group_t *group)
{
    double   share = (double) group->n / s->behaviours->rows;
    json_t  *sizes = json_object_get(record, "sizes");

    if (json_array_size(sizes) >= AUDIENCE_SIZES) {
        json_array_remove(sizes, 0);
    }

    return json_object_set_new(record, "size",
                               json_integer((json_int_t) group->n))
           | json_object_set_new(record, "share", segmentation_number(share))
           | json_array_append_new(sizes, json_pack("{s:s, s:o, s:I, s:o}",
                "segmentation", s->id_text, "at", document_time(s->at),
                "size", (json_int_t) group->n,
                "share", segmentation_number(share)));
}


/* What makes the class first, then what differs most. */

static json_t *
audience_explanation(const segmentation_t *s, size_t group)
{
    size_t                      i, n = 0;
    json_t                     *table = json_array();
    uint8_t                    *principal;
    const class_value_t       **rows;
    const class_explanation_t  *e = &s->explanations[group];

    rows = aud_calloc(e->nvalues + 1, sizeof(class_value_t *));
    principal = aud_calloc(e->nvalues + 1, 1);

    if (table == NULL || rows == NULL || principal == NULL) {
        json_decref(table);
        table = NULL;
        goto done;
    }

    for (i = 0; i < e->nprincipal; i++) {
        principal[e->principal[i]] = 1;
        json_array_append_new(table, audience_row(s,
                                        &e->values[e->principal[i]], 1));
    }

    for (i = 0; i < e->nvalues; i++) {
        if (!principal[i]) {
            rows[n++] = &e->values[i];
        }
    }

    qsort(rows, n, sizeof(class_value_t *), audience_by_weight);

    for (i = 0; i < n && json_array_size(table) < AUDIENCE_ROWS; i++) {
        json_array_append_new(table, audience_row(s, rows[i], 0));
    }

done:

    aud_free(rows);
    aud_free(principal);

    return table;
}


static int
audience_by_weight(const void *a, const void *b)
{
    const class_value_t  *x = *(const class_value_t *const *) a;
    const class_value_t  *y = *(const class_value_t *const *) b;

    if (x->significant != y->significant) {
        return x->significant ? -1 : 1;
    }

    if (x->g != y->g) {
        return x->g > y->g ? -1 : 1;
    }

    return x->field != y->field ? (x->field > y->field) - (x->field < y->field)
           : (x->category > y->category) - (x->category < y->category);
}


static json_t *
audience_row(const segmentation_t *s, const class_value_t *value, int principal)
{
    json_t             *row;
    aud_buffer_t        words = { 0 };
    const behaviour_t  *field = &s->behaviours->fields[value->field];

    class_category_words(s->texts, field, value->category, &words);

    row = words.failed ? NULL
          : json_pack("{s:s%, s:s%, s:I, s:I, s:o, s:o, s:o, s:b, s:b}",
                      "field", field->name.data, field->name.len,
                      "value", words.len ? words.data : "", words.len,
                      "people", (json_int_t) value->inside,
                      "people_with_field",
                      (json_int_t) value->inside_filled,
                      "share", segmentation_number(value->share),
                      "base_share", segmentation_number(value->base_share),
                      "lift", segmentation_number(value->lift),
                      "significant", (int) value->significant,
                      "principal", principal);
    aud_buffer_free(&words);

    return row;
}


static json_t *
audience_overlap(const segmentation_t *s, size_t group)
{
    char     id[AUD_ID_LEN + 1];
    size_t   i;
    json_t  *overlap = json_array();

    for (i = 0; i < s->ngroups; i++) {
        if (i == group || !s->groups[i].published) {
            continue;
        }

        aud_id_format(id, "aud", &s->groups[i].id);
        json_array_append_new(overlap, json_pack("{s:s, s:o}",
            "audience", id,
            "share", segmentation_number(s->explanations[group].overlap[i])));
    }

    return overlap;
}
