/*
 * Whom a source record is about.
 */

#include "aud_alloc.h"
#include "aud_person_name.h"
#include "aud_phone.h"
#include "cell.h"
#include "phone.h"
#include "record_identity.h"


static int identity_cell(const identity_columns_t *columns, uint32_t field,
    aud_str_t value, identity_texts_t *texts, aud_source_record_t *record);
static aud_str_t identity_name(aud_str_t value);
static void record_identifier(aud_buffer_t *identifiers, uint32_t row,
    aud_identifier_kind_t kind, aud_str_t value);


int
identity_columns_init(identity_columns_t *columns, const fields_t *fields,
    const uint32_t *map, uint32_t ncolumns)
{
    uint32_t  i, phone;

    phone = fields_find(fields, AUD_STR(FIELD_PHONE));
    columns->phone = FIELDS_NONE;
    columns->n = 0;
    columns->email = fields_find(fields, AUD_STR(FIELD_EMAIL));
    columns->tax_document = fields_find(fields, AUD_STR(FIELD_TAX_DOCUMENT));
    columns->name = fields_find(fields, AUD_STR(FIELD_NAME));
    columns->items = aud_calloc((size_t) ncolumns + 1,
                                sizeof(identity_column_t));

    if (columns->items == NULL) {
        return -1;
    }

    for (i = 0; i < ncolumns; i++) {
        if (map[i] == phone) {
            columns->phone = i;
        }

        if (map[i] == columns->email || map[i] == columns->tax_document
            || map[i] == columns->name)
        {
            columns->items[columns->n].field = map[i];
            columns->items[columns->n++].column = i;
        }
    }

    return 0;
}


void
identity_columns_free(identity_columns_t *columns)
{
    aud_free(columns->items);
    columns->items = NULL;
    columns->n = 0;
}


int
identity_read(const identity_columns_t *columns, aud_str_t phone,
    const aud_str_t *cells, identity_texts_t *texts,
    aud_source_record_t *record)
{
    uint32_t   i;
    aud_str_t  value;

    memset(record, 0, sizeof(aud_source_record_t));
    record->phone = phone;

    for (i = 0; i < columns->n; i++) {
        value = cells[columns->items[i].column];

        if (value.len) {
            value = cell_value(value);
        }

        if (value.len
            && identity_cell(columns, columns->items[i].field, value, texts,
                             record)
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


int
identity_reread(const identity_columns_t *columns, const settings_t *settings,
    const record_t *record, identity_texts_t *texts,
    aud_source_record_t *identity)
{
    aud_str_t  phone = record->phone;

    if (columns->phone != FIELDS_NONE
        && phone_normalise(cell_value(record->cells[columns->phone]),
                           settings->country, settings->area_code,
                           texts->phone)
           == AUD_PHONE_OK)
    {
        phone = aud_str(texts->phone, strlen(texts->phone));
    }

    return identity_read(columns, phone, record->cells, texts, identity);
}


static int
identity_cell(const identity_columns_t *columns, uint32_t field,
    aud_str_t value, identity_texts_t *texts, aud_source_record_t *record)
{
    email_status_t             status;
    aud_tax_document_status_t  document;

    if (field == columns->name) {
        record->name = identity_name(value);
        return 0;
    }

    /* one that a spreadsheet has spoiled says nothing */

    if (field == columns->tax_document) {
        document = aud_tax_document_normalise(value, texts->tax_document);

        if (document != AUD_TAX_DOCUMENT_SPOILED) {
            record->tax_document = aud_str(texts->tax_document,
                                           strlen(texts->tax_document));
        }

        return 0;
    }

    status = email_normalise(value, texts->email);

    if (status == EMAIL_OK || !aud_spoiled_by_spreadsheet(value)) {
        record->email = aud_str(texts->email, strlen(texts->email));
    }

    return status == EMAIL_NO_MEMORY ? -1 : 0;
}


/* Whole characters. */

static aud_str_t
identity_name(aud_str_t value)
{
    if (value.len > AUD_PERSON_NAME_INPUT) {
        value.len = AUD_PERSON_NAME_INPUT;

        while (value.len && (value.data[value.len] & 0xc0) == 0x80) {
            value.len--;
        }
    }

    return value;
}


int
record_identifiers(aud_buffer_t *identifiers, aud_str_t records, uint32_t row)
{
    int                  rc;
    aud_source_record_t  record;

    while ((rc = aud_source_record_read(&records, &record)) == 1) {
        record_identifier(identifiers, row, AUD_IDENTIFIER_PHONE,
                          record.phone);
        record_identifier(identifiers, row, AUD_IDENTIFIER_EMAIL,
                          record.email);
        record_identifier(identifiers, row, AUD_IDENTIFIER_TAX_DOCUMENT,
                          record.tax_document);
        record_identifier(identifiers, row, AUD_IDENTIFIER_RECORD,
                          aud_str((const char *) &record.ref,
                                  sizeof(record.ref)));
    }

    return rc == 0 && !identifiers->failed ? 0 : -1;
}


static void
record_identifier(aud_buffer_t *identifiers, uint32_t row,
    aud_identifier_kind_t kind, aud_str_t value)
{
    aud_identifier_t  identifier;

    if (value.len) {
        identifier.hash = aud_identifier_hash(kind, value);
        identifier.row = row;
        identifier.kind = kind;
        aud_buffer_add(identifiers, &identifier, sizeof(identifier));
    }
}
