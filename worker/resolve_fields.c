/*
 * The field registry after records have gone.
 *
 * A field that no import has any more which is left goes, too; segments that
 * have its column must not be met by a later field of that name, which may be
 * of another type, and are written anew.
 */

#include "aud_alloc.h"
#include "document.h"
#include "import_record.h"
#include "resolve_private.h"


static int fields_keep(resolve_t *r, const aud_uuid_t *import,
    const json_t *leaving, uint8_t *kept);
static int fields_stay(const json_t *record, const char *id,
    const json_t *leaving);
static int fields_in_segments(const resolve_t *r, aud_str_t name);


int
resolve_fields(resolve_t *r, const fields_t *gone, const json_t *leaving,
    int *retyped)
{
    int                 rc = 0;
    size_t              i;
    uint32_t            field;
    uint8_t            *kept;
    const sequences_t  *sequences = &r->resolving.sequences;

    kept = aud_calloc((size_t) r->fields.n + 1, 1);
    if (kept == NULL) {
        return aud_error_set(&r->err, "out of memory");
    }

    for (i = 0; i < sequences->n && rc == 0; i++) {
        rc = fields_keep(r, &sequences->items[i].import, leaving, kept);
    }

    fields_uncount(&r->fields, gone);
    *retyped = fields_settle(&r->fields, r->fields.n);

    for (field = r->fields.n; rc == 0 && field-- > 0; /* void */ ) {
        if (!kept[field] && !fields_always(&r->fields, field)) {
            *retyped |= fields_in_segments(r,
                                           r->fields.items[field].field.name);
            fields_remove(&r->fields, field);
        }
    }

    aud_free(kept);

    return rc;
}


static int
fields_keep(resolve_t *r, const aud_uuid_t *import, const json_t *leaving,
    uint8_t *kept)
{
    int         rc;
    char        id[AUD_ID_LEN + 1];
    json_t     *record;
    uint32_t    i, n, field;
    aud_str_t  *names = NULL;

    aud_id_format(id, "imp", import);
    record = document_get(r->worker->store, r->tenant, KEY_IMPORT, import,
                          NULL);
    rc = record ? 0 : -1;

    if (record && fields_stay(record, id, leaving)) {
        names = import_record_texts(record, "fields", &n);
        rc = names ? 0 : -1;
    }

    for (i = 0; names && i < n; i++) {
        field = fields_find(&r->fields, names[i]);

        if (field != FIELDS_NONE) {
            kept[field] = 1;
        }
    }

    aud_free(names);
    json_decref(record);

    return rc == 0 ? 0 : aud_error_set(&r->err, "the record of an import "
                                       "cannot be read");
}


/* One whose people were all erased has left already. */

static int
fields_stay(const json_t *record, const char *id, const json_t *leaving)
{
    json_t  *rows = json_object_get(record, "rows");

    return json_object_get(leaving, id) == NULL
           && json_integer_value(json_object_get(rows, "imported")) != 0;
}


static int
fields_in_segments(const resolve_t *r, aud_str_t name)
{
    int                found = 0;
    size_t             i;
    aud_generation_t  *g;

    g = base_generation(r->base);

    for (i = 0; g && i < g->nslices && !found; i++) {
        found = aud_segment_column(g->slices[i].segment, name) != NULL;
    }

    if (g) {
        aud_generation_release(g);
    }

    return found;
}
