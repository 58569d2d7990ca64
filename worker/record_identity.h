/*
 * Whom a source record is about: its identifiers, normalised, and its name.
 *
 *   tax document   aud_tax_document.h; one whose digits are wrong, or of
 *                  another kind (an RG), is a value and identifies nobody
 *   phone          worker/phone.h
 *   e-mail         worker/email.h; likewise where it is none
 *   name           as written, cut after AUD_PERSON_NAME_INPUT bytes
 *
 * Where several columns are one field the last one to say something counts, as
 * it does in a fold.  Any thread.
 */

#ifndef RECORD_IDENTITY_H
#define RECORD_IDENTITY_H

#include "aud_phone.h"
#include "aud_source_record.h"
#include "aud_tax_document.h"
#include "email.h"
#include "fields.h"
#include "records.h"
#include "settings.h"

typedef struct {
    uint32_t  field;                /* FIELDS_NONE: the file has none */
    uint32_t  column;
} identity_column_t;

typedef struct {                    /* of a file */
    identity_column_t  *items;      /* in the order of the columns */
    uint32_t            n;
    uint32_t            email, tax_document, name;      /* fields */
    uint32_t            phone;      /* column, FIELDS_NONE: the file has none */
} identity_columns_t;

/* map: the field of each of ncolumns.  -1: no memory. */
int  identity_columns_init(identity_columns_t *columns, const fields_t *fields,
    const uint32_t *map, uint32_t ncolumns);
void identity_columns_free(identity_columns_t *columns);

typedef struct {                    /* what texts of a record point into */
    char  phone[AUD_PHONE_LEN + 1];
    char  email[EMAIL_LEN + 1];
    char  tax_document[AUD_TAX_DOCUMENT_LEN + 1];
} identity_texts_t;

/* Borrows phone, cells and texts; ref is left to the caller.  -1: no memory. */
int  identity_read(const identity_columns_t *columns, aud_str_t phone,
    const aud_str_t *cells, identity_texts_t *texts,
    aud_source_record_t *record);

/*
 * The same of a stored record.  Its phone is read again, in the country and with
 * the area code of today, which need not be those that it was imported by; one
 * that cannot be read so stays what it was.
 */
int  identity_reread(const identity_columns_t *columns,
    const settings_t *settings, const record_t *record,
    identity_texts_t *texts, aud_source_record_t *identity);

/* Adds the entries of the identifier index for encoded records of a row.  -1
 * where memory is out or they are damaged. */
int  record_identifiers(aud_buffer_t *identifiers, aud_str_t records,
    uint32_t row);

#endif
