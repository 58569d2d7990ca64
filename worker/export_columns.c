/*
 * The columns of an export.
 */

#include "aud_alloc.h"
#include "document.h"
#include "export_columns.h"
#include "fields.h"


#define EXPORT_AUDIENCES  64        /* of audiences within audiences */


typedef struct {
    const aud_generation_t  *g;
    uint8_t                 *used;      /* [g->nfields] by the filter */
    uint32_t                *order;     /* of first use */
    size_t                   norder;
    aud_uuid_t               seen[EXPORT_AUDIENCES];
    size_t                   nseen;
} export_used_t;


static void export_used_filter(export_used_t *used,
    const aud_filter_t *filter);
static void export_used_explanation(export_used_t *used,
    const json_t *explanation);
static void export_used_field(void *arg, aud_str_t name);
static void export_used_audiences(export_used_t *used,
    const aud_node_t *node);
static void export_used_audience(export_used_t *used, const aud_uuid_t *id);
static void export_columns_add(const aud_generation_t *g, uint32_t *columns,
    size_t *n, uint32_t field);


uint32_t *
export_columns(const aud_generation_t *g, const aud_filter_t *filter,
    const json_t *explanation, size_t *n)
{
    size_t               i, at;
    uint32_t            *columns;
    export_used_t        used = { .g = g };
    const aud_field_t   *field;
    static const char *const  first[] = {
        FIELD_PHONE, FIELD_EMAIL, FIELD_TAX_DOCUMENT, "name", "city",
        "address", NULL
    };

    *n = 0;
    columns = aud_calloc(g->nfields + 1, sizeof(uint32_t));
    used.used = aud_calloc(g->nfields + 1, 1);
    used.order = aud_calloc(g->nfields + 1, sizeof(uint32_t));

    if (columns == NULL || used.used == NULL || used.order == NULL) {
        aud_free(columns);
        columns = NULL;
        goto done;
    }

    export_used_filter(&used, filter);
    export_used_explanation(&used, explanation);

    for (i = 0; first[i]; i++) {
        field = aud_generation_field(g, aud_str(first[i], strlen(first[i])));
        if (field) {
            export_columns_add(g, columns, n, field - g->fields);
        }
    }

    for (i = 0; i < used.norder; i++) {
        export_columns_add(g, columns, n, used.order[i]);
    }

    for (at = 0; at < g->nfields; at++) {
        if (g->fields[at].kind != AUD_KIND_SYSTEM) {
            export_columns_add(g, columns, n, at);
        }
    }

done:

    aud_free(used.used);
    aud_free(used.order);

    return columns;
}


static void
export_columns_add(const aud_generation_t *g, uint32_t *columns, size_t *n,
    uint32_t field)
{
    size_t  i;

    for (i = 0; i < *n; i++) {
        if (columns[i] == field) {
            return;
        }
    }

    columns[(*n)++] = field;
}


static void
export_used_filter(export_used_t *used, const aud_filter_t *filter)
{
    aud_filter_fields(filter, export_used_field, used);
    export_used_audiences(used, aud_filter_root(filter));
}


static void
export_used_explanation(export_used_t *used, const json_t *explanation)
{
    size_t       i;
    json_t      *row;
    const char  *field;

    json_array_foreach(explanation, i, row) {
        if (json_is_true(json_object_get(row, "significant"))) {
            field = document_text(row, "field");
            export_used_field(used, aud_str(field, strlen(field)));
        }
    }
}


static void
export_used_field(void *arg, aud_str_t name)
{
    size_t              i;
    export_used_t      *used = arg;
    const aud_field_t  *field;

    field = aud_generation_field(used->g, name);
    if (field == NULL) {
        return;
    }

    i = field - used->g->fields;

    if (!used->used[i]) {
        used->used[i] = 1;
        used->order[used->norder++] = i;
    }
}


static void
export_used_audiences(export_used_t *used, const aud_node_t *node)
{
    uint32_t  i;

    if (node->kind == AUD_NODE_AUDIENCE) {
        export_used_audience(used, &node->audience);
        return;
    }

    for (i = 0; i < node->nchildren; i++) {
        export_used_audiences(used, node->children[i]);
    }
}


static void
export_used_audience(export_used_t *used, const aud_uuid_t *id)
{
    size_t                 i;
    aud_filter_t          *filter;
    aud_problem_t          ignored;
    const aud_audience_t  *audience;

    for (i = 0; i < used->nseen; i++) {
        if (aud_uuid_compare(&used->seen[i], id) == 0) {
            return;
        }
    }

    audience = aud_generation_audience(used->g, id);

    if (audience == NULL || audience->filter.len == 0
        || used->nseen == EXPORT_AUDIENCES)
    {
        return;
    }

    used->seen[used->nseen++] = *id;

    filter = aud_filter_parse_text(audience->filter, "", &ignored);

    if (filter) {
        export_used_filter(used, filter);
        aud_filter_free(filter);
    }
}
