/*
 * The field registry while it is being changed.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "cell.h"
#include "consent.h"
#include "fields.h"


#define FIELDS_IMPORTED  " (imported)"


static int fields_append(fields_t *fields, const base_field_t *from);
static aud_kind_t fields_kind(aud_str_t name);
static aud_type_t fields_type(const base_field_t *field);
static int fields_among(aud_str_t name, const char *const *names);
static int fields_begins(aud_str_t name, aud_str_t with);
static int fields_writable(aud_str_t column);
static int fields_compare(const void *a, const void *b);
static uint32_t fields_map_known(fields_t *fields, aud_str_t column);
static int fields_map_exported(fields_t *fields, const aud_str_t *columns,
    uint32_t ncolumns, uint32_t *map);
static uint32_t fields_add_imported(fields_t *fields, aud_str_t column);
static int fields_taken(const uint32_t *map, uint32_t ncolumns,
    uint32_t field);


static const char *const  fields_identifiers[] = {
    FIELD_PHONE, FIELD_EMAIL, FIELD_TAX_DOCUMENT, "name", "city", "address",
    NULL
};

static const char *const  fields_labels[] = {
    FIELD_INTENTION, FIELD_PRICE, FIELD_SENTIMENT, NULL
};

static const char *const  fields_system[] = {
    FIELD_CREATED_AT, FIELD_UPDATED_AT, FIELD_SOURCES, NULL
};


int
fields_init(fields_t *fields, const base_field_t *from, size_t n)
{
    size_t  i;

    memset(fields, 0, sizeof(fields_t));

    for (i = 0; i < n; i++) {
        if (fields_append(fields, &from[i]) != 0) {
            goto failed;
        }
    }

    if (fields_add(fields, AUD_STR(FIELD_PHONE)) == FIELDS_NONE) {
        goto failed;
    }

    for (i = 0; fields_system[i]; i++) {
        if (fields_add(fields, aud_str(fields_system[i],
                                       strlen(fields_system[i])))
            == FIELDS_NONE)
        {
            goto failed;
        }
    }

    /* in the order of a generation's fields: names for exports depend on it */

    qsort(fields->items, fields->n, sizeof(base_field_t), fields_compare);

    return 0;

failed:

    fields_free(fields);

    return -1;
}


void
fields_free(fields_t *fields)
{
    uint32_t  i;

    for (i = 0; i < fields->n; i++) {
        aud_free((char *) fields->items[i].field.name.data);
    }

    aud_free(fields->items);
    memset(fields, 0, sizeof(fields_t));
}


uint32_t
fields_find(const fields_t *fields, aud_str_t name)
{
    uint32_t  i;

    for (i = 0; i < fields->n; i++) {
        if (aud_str_equal(fields->items[i].field.name, name)) {
            return i;
        }
    }

    return FIELDS_NONE;
}


uint32_t
fields_add(fields_t *fields, aud_str_t name)
{
    uint32_t      at;
    base_field_t  field;

    at = fields_find(fields, name);
    if (at != FIELDS_NONE) {
        return at;
    }

    memset(&field, 0, sizeof(base_field_t));
    field.field.name = name;
    field.field.kind = fields_kind(name);
    field.field.multi = aud_str_equal(name, AUD_STR(FIELD_SOURCES));
    field.field.type = fields_type(&field);

    return fields_append(fields, &field) == 0 ? fields->n - 1 : FIELDS_NONE;
}


static int
fields_append(fields_t *fields, const base_field_t *from)
{
    char          *name;
    uint32_t       capacity;
    base_field_t  *items;

    if (fields->n == fields->capacity) {
        capacity = fields->capacity ? 2 * fields->capacity : 32;
        items = aud_realloc(fields->items, capacity * sizeof(base_field_t));
        if (items == NULL) {
            return -1;
        }

        fields->items = items;
        fields->capacity = capacity;
    }

    name = aud_strndup(from->field.name.data, from->field.name.len);
    if (name == NULL) {
        return -1;
    }

    fields->items[fields->n] = *from;
    fields->items[fields->n++].field.name.data = name;

    return 0;
}


int
fields_map(fields_t *fields, const aud_str_t *columns, uint32_t ncolumns,
    uint32_t *map)
{
    uint32_t  i;

    for (i = 0; i < ncolumns; i++) {
        map[i] = fields_map_known(fields, columns[i]);
    }

    if (fields_map_exported(fields, columns, ncolumns, map) != 0) {
        return -1;
    }

    for (i = 0; i < ncolumns; i++) {
        if (map[i] != FIELDS_NONE) {
            continue;
        }

        map[i] = fields_writable(columns[i])
                 ? fields_add(fields, consent_is_column(columns[i])
                                      ? AUD_STR(FIELD_CONSENT) : columns[i])
                 : fields_add_imported(fields, columns[i]);

        if (map[i] == FIELDS_NONE) {
            return -1;
        }
    }

    return 0;
}


int
fields_take(fields_t *fields, const aud_str_t *columns, uint32_t ncolumns,
    uint32_t *map)
{
    uint32_t  i;

    for (i = 0; i < ncolumns; i++) {
        map[i] = fields_add(fields, columns[i]);

        if (map[i] == FIELDS_NONE) {
            return -1;
        }
    }

    return 0;
}


static uint32_t
fields_map_known(fields_t *fields, aud_str_t column)
{
    if (consent_is_column(column)) {
        return fields_find(fields, AUD_STR(FIELD_CONSENT));
    }

    return fields_writable(column) ? fields_find(fields, column)
                                   : FIELDS_NONE;
}


/* By a file of contacts. */

static int
fields_writable(aud_str_t column)
{
    aud_kind_t  kind;

    kind = fields_kind(column);

    return kind != AUD_KIND_SYSTEM && kind != AUD_KIND_CAMPAIGN
           && kind != AUD_KIND_LABEL;
}


/* Columns that are no field's name but the name that exports give to one. */

static int
fields_map_exported(fields_t *fields, const aud_str_t *columns,
    uint32_t ncolumns, uint32_t *map)
{
    uint32_t    i, field;
    aud_str_t  *names, *exported;

    names = aud_calloc(fields->n, sizeof(aud_str_t));
    if (names == NULL) {
        return -1;
    }

    for (i = 0; i < fields->n; i++) {
        names[i] = fields->items[i].field.name;
    }

    exported = fields_export_names(names, fields->n);
    aud_free(names);

    if (exported == NULL) {
        return -1;
    }

    for (i = 0; i < ncolumns; i++) {
        for (field = 0; map[i] == FIELDS_NONE && field < fields->n; field++) {
            if (aud_str_equal(columns[i], exported[field])
                && fields_writable(fields->items[field].field.name)
                && !fields_taken(map, ncolumns, field))
            {
                map[i] = field;
            }
        }
    }

    aud_free(exported);

    return 0;
}


static uint32_t
fields_add_imported(fields_t *fields, aud_str_t column)
{
    uint32_t      field;
    aud_buffer_t  name = { 0 };

    aud_buffer_add(&name, column.data, column.len);
    aud_buffer_text(&name, FIELDS_IMPORTED);

    field = name.failed ? FIELDS_NONE
                        : fields_add(fields, aud_buffer_str(&name));
    aud_buffer_free(&name);

    return field;
}


static int
fields_taken(const uint32_t *map, uint32_t ncolumns, uint32_t field)
{
    uint32_t  i;

    for (i = 0; i < ncolumns; i++) {
        if (map[i] == field) {
            return 1;
        }
    }

    return 0;
}


void
fields_count(fields_t *fields, uint32_t field, unsigned types, uint64_t n)
{
    aud_type_t     type;
    base_field_t  *f;

    f = &fields->items[field];

    f->counts[AUD_TYPE_TEXT] += n;

    for (type = AUD_TYPE_TEXT + 1; type < AUD_TYPE_COUNT; type++) {
        f->counts[type] += (types >> type) & 1 ? n : 0;
    }
}


void
fields_uncount(fields_t *fields, const fields_t *gone)
{
    uint32_t     i;
    uint64_t    *count, less;
    aud_type_t   type;

    for (i = 0; i < fields->n; i++) {
        for (type = 0; type < AUD_TYPE_COUNT; type++) {
            count = &fields->items[i].counts[type];
            less = gone->items[i].counts[type];
            *count -= less < *count ? less : *count;
        }
    }
}


int
fields_always(const fields_t *fields, uint32_t field)
{
    const aud_field_t  *f = &fields->items[field].field;

    return f->kind == AUD_KIND_SYSTEM
           || aud_str_equal(f->name, AUD_STR(FIELD_PHONE));
}


void
fields_remove(fields_t *fields, uint32_t field)
{
    aud_free((char *) fields->items[field].field.name.data);
    fields->n--;
    memmove(&fields->items[field], &fields->items[field + 1],
            (fields->n - field) * sizeof(base_field_t));
}


int
fields_settle(fields_t *fields, uint32_t known)
{
    int            changed;
    uint32_t       i;
    aud_type_t     type;
    base_field_t  *f;

    changed = 0;

    for (i = 0; i < fields->n; i++) {
        f = &fields->items[i];
        type = fields_type(f);

        changed |= i < known && type != f->field.type;
        f->field.type = type;
    }

    return changed;
}


static aud_type_t
fields_type(const base_field_t *f)
{
    size_t             i;
    static const aud_type_t  order[] = {
        AUD_TYPE_YES_NO, AUD_TYPE_NUMBER, AUD_TYPE_DATE
    };

    if (f->field.kind == AUD_KIND_SYSTEM && !f->field.multi) {
        return AUD_TYPE_DATE;
    }

    if (f->field.kind == AUD_KIND_IDENTIFIER || f->field.multi) {
        return AUD_TYPE_TEXT;
    }

    for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (f->counts[order[i]]
            && f->counts[order[i]] * 10 >= f->counts[AUD_TYPE_TEXT] * 9)
        {
            return order[i];
        }
    }

    return AUD_TYPE_TEXT;
}


static aud_kind_t
fields_kind(aud_str_t name)
{
    if (fields_among(name, fields_identifiers)) {
        return AUD_KIND_IDENTIFIER;
    }

    if (fields_among(name, fields_system)) {
        return AUD_KIND_SYSTEM;
    }

    if (fields_among(name, fields_labels)) {
        return AUD_KIND_LABEL;
    }

    if (fields_begins(name, AUD_STR(FIELD_EXTRA))) {
        return AUD_KIND_EXTRA;
    }

    if (fields_begins(name, AUD_STR(FIELD_CAMPAIGN))) {
        return AUD_KIND_CAMPAIGN;
    }

    return aud_str_equal(name, AUD_STR(FIELD_CONSENT)) ? AUD_KIND_CONSENT
                                                       : AUD_KIND_BEHAVIOUR;
}


static int
fields_among(aud_str_t name, const char *const *names)
{
    for ( /* void */ ; *names; names++) {
        if (aud_str_equal(name, aud_str(*names, strlen(*names)))) {
            return 1;
        }
    }

    return 0;
}


static int
fields_begins(aud_str_t name, aud_str_t with)
{
    return name.len > with.len && memcmp(name.data, with.data, with.len) == 0;
}


aud_field_t *
fields_plain(const fields_t *fields)
{
    uint32_t      i;
    aud_field_t  *plain;

    plain = aud_calloc(fields->n, sizeof(aud_field_t));

    for (i = 0; plain && i < fields->n; i++) {
        plain[i] = fields->items[i].field;
    }

    return plain;
}


static int
fields_compare(const void *a, const void *b)
{
    const base_field_t  *x = a, *y = b;

    return aud_str_compare(x->field.name, y->field.name);
}
