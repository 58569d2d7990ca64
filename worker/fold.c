/*
 * A profile as the fold of its source records.
 */

#include <ctype.h>
#include <limits.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_phone.h"
#include "cell.h"
#include "fold.h"


struct fold_s {
    const fields_t   *fields;
    uint32_t          phone, email, tax_document;   /* fields, or NONE */
    uint32_t          created_at, updated_at, sources;

    aud_str_t        *values;       /* [fields->n] len 0: none */
    uint32_t         *touched;      /* fields that may have one */
    uint32_t          ntouched;
    uint8_t          *is_touched;   /* [fields->n] */

    aud_buffer_t      email_lower;  /* what values[email] points to */
    aud_str_t        *source_ids;
    uint32_t          nsources;
    uint32_t          sources_capacity;
    int64_t           first, last;  /* uploads */
    struct {                        /* times as text, of few uploads */
        int64_t       at;
        size_t        len;          /* 0: none yet */
        char          text[AUD_TIME_LEN + 1];
    } times[2];

    segment_value_t  *out;          /* what goes to the writer */
    uint32_t          nout;
    uint32_t          out_capacity;
    unsigned          failed:1;     /* memory */
};


static void fold_set(fold_t *fold, uint32_t field, aud_str_t value);
static void fold_set_email(fold_t *fold, aud_str_t value);
static void fold_source(fold_t *fold, aud_str_t id);
static void fold_upload(fold_t *fold, int64_t at);
static aud_str_t fold_time(fold_t *fold, size_t i, int64_t at);
static void fold_out(fold_t *fold, uint32_t field, aud_str_t text);
static int fold_identifiers(fold_t *fold, segment_writer_t *writer);
static int fold_tax_document(segment_writer_t *writer, aud_str_t value);


fold_t *
fold_create(const fields_t *fields)
{
    fold_t  *fold;

    fold = aud_calloc(1, sizeof(fold_t));
    if (fold == NULL) {
        return NULL;
    }

    fold->fields = fields;
    fold->phone = fields_find(fields, AUD_STR(FIELD_PHONE));
    fold->email = fields_find(fields, AUD_STR(FIELD_EMAIL));
    fold->tax_document = fields_find(fields, AUD_STR(FIELD_TAX_DOCUMENT));
    fold->created_at = fields_find(fields, AUD_STR(FIELD_CREATED_AT));
    fold->updated_at = fields_find(fields, AUD_STR(FIELD_UPDATED_AT));
    fold->sources = fields_find(fields, AUD_STR(FIELD_SOURCES));

    fold->values = aud_calloc(fields->n + 1, sizeof(aud_str_t));
    fold->touched = aud_calloc(fields->n + 1, sizeof(uint32_t));
    fold->is_touched = aud_calloc(fields->n + 1, 1);

    if (fold->values == NULL || fold->touched == NULL
        || fold->is_touched == NULL)
    {
        fold_free(fold);
        return NULL;
    }

    fold_begin(fold);

    return fold;
}


void
fold_free(fold_t *fold)
{
    if (fold == NULL) {
        return;
    }

    aud_buffer_free(&fold->email_lower);
    aud_free(fold->values);
    aud_free(fold->touched);
    aud_free(fold->is_touched);
    aud_free(fold->source_ids);
    aud_free(fold->out);
    aud_free(fold);
}


aud_str_t
fold_value(const fold_t *fold, uint32_t field, aud_str_t raw, int *spoiled)
{
    aud_str_t  value;

    value = cell_value(raw);

    if (value.len && (field == fold->email || field == fold->tax_document)
        && aud_spoiled_by_spreadsheet(value))
    {
        value.len = 0;

        if (spoiled) {
            *spoiled = 1;
        }
    }

    return value;
}


uint32_t
fold_count(const fold_t *fold, fields_t *fields, const fold_source_t *source,
    const aud_str_t *cells, uint64_t *fits, uint32_t *column)
{
    int         spoiled;
    uint32_t    i, field, nspoiled;
    unsigned    types;
    aud_str_t   value;
    aud_type_t  type;

    nspoiled = 0;

    for (i = 0; i < source->ncolumns; i++) {
        field = source->fields[i];
        spoiled = 0;
        value = fold_value(fold, field, cells[i], &spoiled);

        if (spoiled && nspoiled++ == 0) {
            *column = i;
        }

        if (value.len == 0) {
            continue;
        }

        types = fields->items[field].field.kind == AUD_KIND_IDENTIFIER
                ? 0 : aud_value_types(value);
        types |= 1 << AUD_TYPE_TEXT;

        fields_count(fields, field, types);

        for (type = 0; fits && type < AUD_TYPE_COUNT; type++) {
            fits[i * AUD_TYPE_COUNT + type] += (types >> type) & 1;
        }
    }

    return nspoiled;
}


void
fold_begin(fold_t *fold)
{
    uint32_t  i;

    for (i = 0; i < fold->ntouched; i++) {
        fold->is_touched[fold->touched[i]] = 0;
        fold->values[fold->touched[i]].len = 0;
    }

    fold->ntouched = 0;
    fold->nsources = 0;
    fold->first = INT64_MAX;
    fold->last = INT64_MIN;
}


void
fold_row(fold_t *fold, const aud_segment_t *segment, const uint32_t *map,
    uint32_t row)
{
    size_t               first;
    int64_t              at;
    uint32_t             i, j, n, code;
    aud_str_t            value;
    const aud_column_t  *column;

    for (i = 0; i < segment->ncolumns; i++) {
        column = &segment->columns[i];
        n = aud_column_values(column, row, &first);

        for (j = 0; j < n; j++) {
            code = aud_column_code_plus_one(column, first + j) - 1;
            value = aud_column_display(column, code);

            if (map[i] == fold->sources) {
                fold_source(fold, value);

            } else if (map[i] == fold->created_at
                       || map[i] == fold->updated_at)
            {
                if (aud_time_parse(value.data, value.len, &at, NULL) == 0) {
                    fold_upload(fold, at);
                }

            } else {
                fold_set(fold, map[i], value);
            }
        }
    }
}


void
fold_record(fold_t *fold, const fold_source_t *source, aud_str_t phone,
    const aud_str_t *cells)
{
    uint32_t   i, field;
    aud_str_t  value;

    for (i = 0; i < source->ncolumns; i++) {
        field = source->fields[i];

        if (field == fold->phone) {
            continue;
        }

        value = fold_value(fold, field, cells[i], NULL);

        if (value.len == 0) {
            continue;
        }

        if (field == fold->email) {
            fold_set_email(fold, value);

        } else {
            fold_set(fold, field, value);
        }
    }

    fold_set(fold, fold->phone, phone);
    fold_source(fold, aud_str(source->id, strlen(source->id)));
    fold_upload(fold, source->at);
}


static void
fold_set(fold_t *fold, uint32_t field, aud_str_t value)
{
    if (!fold->is_touched[field]) {
        fold->is_touched[field] = 1;
        fold->touched[fold->ntouched++] = field;
    }

    fold->values[field] = value;
}


/* ASCII alone: what stands before the @ may be case sensitive, but no mail
 * system that people use has it so. */

static void
fold_set_email(fold_t *fold, aud_str_t value)
{
    size_t  i;

    fold->email_lower.len = 0;

    for (i = 0; i < value.len; i++) {
        aud_buffer_char(&fold->email_lower,
                        (unsigned char) value.data[i] < 0x80
                        ? tolower((unsigned char) value.data[i])
                        : value.data[i]);
    }

    if (fold->email_lower.failed) {
        fold->failed = 1;
        return;
    }

    fold_set(fold, fold->email, aud_buffer_str(&fold->email_lower));
}


static void
fold_source(fold_t *fold, aud_str_t id)
{
    uint32_t    i, capacity;
    aud_str_t  *ids;

    for (i = fold->nsources; i > 0; i--) {
        if (aud_str_equal(fold->source_ids[i - 1], id)) {
            return;
        }
    }

    if (fold->nsources == fold->sources_capacity) {
        capacity = fold->sources_capacity ? 2 * fold->sources_capacity : 16;
        ids = aud_realloc(fold->source_ids, capacity * sizeof(aud_str_t));
        if (ids == NULL) {
            fold->failed = 1;
            return;
        }

        fold->source_ids = ids;
        fold->sources_capacity = capacity;
    }

    fold->source_ids[fold->nsources++] = id;
}


static void
fold_upload(fold_t *fold, int64_t at)
{
    if (at < fold->first) {
        fold->first = at;
    }

    if (at > fold->last) {
        fold->last = at;
    }
}


int
fold_write(fold_t *fold, segment_writer_t *writer, const aud_uuid_t *profile)
{
    uint32_t  i;

    fold->nout = 0;

    for (i = 0; i < fold->ntouched; i++) {
        fold_out(fold, fold->touched[i], fold->values[fold->touched[i]]);
    }

    for (i = 0; i < fold->nsources; i++) {
        fold_out(fold, fold->sources, fold->source_ids[i]);
    }

    if (fold->first <= fold->last) {
        fold_out(fold, fold->created_at, fold_time(fold, 0, fold->first));
        fold_out(fold, fold->updated_at, fold_time(fold, 1, fold->last));
    }

    if (fold->failed
        || segment_writer_add(writer, profile, fold->out, fold->nout) != 0)
    {
        return -1;
    }

    return fold_identifiers(fold, writer);
}


static aud_str_t
fold_time(fold_t *fold, size_t i, int64_t at)
{
    if (fold->times[i].len == 0 || fold->times[i].at != at) {
        fold->times[i].at = at;
        fold->times[i].len = aud_time_format(fold->times[i].text, at);
    }

    return aud_str(fold->times[i].text, fold->times[i].len);
}


static void
fold_out(fold_t *fold, uint32_t field, aud_str_t text)
{
    uint32_t          capacity;
    segment_value_t  *out;

    if (fold->nout == fold->out_capacity) {
        capacity = fold->out_capacity ? 2 * fold->out_capacity : 64;
        out = aud_realloc(fold->out, capacity * sizeof(segment_value_t));
        if (out == NULL) {
            fold->failed = 1;
            return;
        }

        fold->out = out;
        fold->out_capacity = capacity;
    }

    fold->out[fold->nout++] = (segment_value_t) { field, text };
}


static int
fold_identifiers(fold_t *fold, segment_writer_t *writer)
{
    aud_str_t  phone;

    phone = fold->values[fold->phone];

    if (phone.len
        && segment_writer_identifier(writer, AUD_IDENTIFIER_PHONE, phone) != 0)
    {
        return -1;
    }

    if (fold->email != FIELDS_NONE && fold->values[fold->email].len
        && segment_writer_identifier(writer, AUD_IDENTIFIER_EMAIL,
                                     fold->values[fold->email])
           != 0)
    {
        return -1;
    }

    if (fold->tax_document == FIELDS_NONE) {
        return 0;
    }

    return fold_tax_document(writer, fold->values[fold->tax_document]);
}


/* Letters and digits alone, so that 987.654.321-09 and 98765432109 are one;
 * letters because CNPJ is becoming alphanumeric. */

static int
fold_tax_document(segment_writer_t *writer, aud_str_t value)
{
    int           rc;
    size_t        i;
    aud_buffer_t  plain = { 0 };

    for (i = 0; i < value.len; i++) {
        if (isalnum((unsigned char) value.data[i])) {
            aud_buffer_char(&plain, toupper((unsigned char) value.data[i]));
        }
    }

    rc = plain.failed ? -1 : 0;

    if (rc == 0 && plain.len) {
        rc = segment_writer_identifier(writer, AUD_IDENTIFIER_TAX_DOCUMENT,
                                       aud_buffer_str(&plain));
    }

    aud_buffer_free(&plain);

    return rc;
}


uint32_t *
fold_columns(const fields_t *fields, const aud_segment_t *segment)
{
    uint32_t   i;
    uint32_t  *map;

    map = aud_calloc(segment->ncolumns + 1, sizeof(uint32_t));

    for (i = 0; map && i < segment->ncolumns; i++) {
        map[i] = fields_find(fields, segment->columns[i].name);

        if (map[i] == FIELDS_NONE) {
            aud_free(map);
            return NULL;
        }
    }

    return map;
}
