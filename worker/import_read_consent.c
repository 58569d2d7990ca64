/*
 * What the rows of a file say of consent, and what comes of it.
 */

#include "aud_alloc.h"
#include "cell.h"
#include "consent.h"
#include "import_read_private.h"

/* Not asked yet: no answer of consent_refused(). */
#define CONSENT_UNKNOWN  2


static int read_refused(import_read_t *in, aud_str_t value);
static const aud_str_t *read_cells(import_read_t *in,
    const aud_csv_row_t *row);


/* Also of rows with too few or too many cells, as far as it can be told. */

import_consent_word_t
import_read_consent(import_read_t *in, const aud_csv_row_t *row)
{
    int                    refused;
    uint32_t               i;
    aud_str_t              value;
    import_consent_word_t  said = IMPORT_CONSENT_NONE;

    if (!in->has_consent) {
        return IMPORT_CONSENT_NONE;
    }

    for (i = 0; i < row->ncells && i < in->source->ncolumns; i++) {
        if (in->source->fields[i] != in->consent_field) {
            continue;
        }

        value = cell_value(row->cells[i]);

        if (value.len == 0) {
            continue;
        }

        refused = read_refused(in, value);

        if (refused) {
            return refused > 0 ? IMPORT_CONSENT_NO : IMPORT_CONSENT_FAILED;
        }

        said = IMPORT_CONSENT_YES;
    }

    return said;
}


/* Few things are said of it, again and again. */

static int
read_refused(import_read_t *in, aud_str_t value)
{
    int8_t    *refusals;
    uint32_t   code, room;

    code = dictionary_intern(&in->consents, value);

    if (code == UINT32_MAX) {
        return -1;
    }

    if (code == in->nrefusals) {
        room = code + code / 2 + 16;
        refusals = aud_realloc(in->refusals, room);

        if (refusals == NULL) {
            return -1;
        }

        memset(refusals + code, CONSENT_UNKNOWN, room - code);
        in->refusals = refusals;
        in->nrefusals = room;
    }

    if (in->refusals[code] == CONSENT_UNKNOWN) {
        in->refusals[code] = consent_refused(value);
    }

    return in->refusals[code];
}


/* Whoever it is about as far as the row says so: a cell too many at its end
 * must not make a refusal unheard. */

int
import_read_refuse(import_read_t *in, const aud_csv_row_t *row)
{
    char                  phone[AUD_PHONE_LEN + 1];
    aud_str_t             text = { "", 0 };
    const aud_str_t      *cells;
    identity_texts_t      texts;
    aud_source_record_t   record;

    in->refused++;

    if (in->consent == NULL) {
        return 0;
    }

    cells = read_cells(in, row);

    if (cells
        && phone_normalise(cell_value(cells[in->phone_column]), in->country,
                           in->area_code, phone)
           == AUD_PHONE_OK)
    {
        text = aud_str(phone, strlen(phone));
    }

    if (cells == NULL
        || identity_read(&in->identifying, text, cells, &texts, &record) != 0
        || import_consent_refuse(in->consent, &record, &in->err) != 0)
    {
        return import_read_stop(in, IMPORT_READ_FAILED);
    }

    return 0;
}


/* Those of the header's columns, empty where there are none.  NULL: no
 * memory. */

static const aud_str_t *
read_cells(import_read_t *in, const aud_csv_row_t *row)
{
    uint32_t  i;

    if (row->ncells >= in->source->ncolumns) {
        return row->cells;
    }

    if (in->padded == NULL) {
        in->padded = aud_calloc((size_t) in->source->ncolumns + 1,
                                sizeof(aud_str_t));
    }

    for (i = 0; in->padded && i < in->source->ncolumns; i++) {
        in->padded[i] = i < row->ncells ? row->cells[i] : aud_str("", 0);
    }

    return in->padded;
}


int
import_read_agree(import_read_t *in, const aud_source_record_t *record)
{
    return in->consent ? import_consent_agree(in->consent, record, &in->err)
                       : 0;
}


int
import_read_stands(import_read_t *in, const aud_csv_row_t *row,
    const aud_source_record_t *record)
{
    int               stands;
    aud_csv_row_t     bare = { .line = row->line };
    component_kind_t  by;

    static const char *const  columns[COMPONENT_KINDS] = {
        [COMPONENT_TAX_DOCUMENT] = FIELD_TAX_DOCUMENT,
        [COMPONENT_PHONE] = FIELD_PHONE,
        [COMPONENT_EMAIL] = FIELD_EMAIL
    };

    stands = in->consent ? import_consent_stands(in->consent, record, &by,
                                                 &in->err) : 0;

    if (stands > 0) {
        in->refused++;
        in->standing++;
        import_read_error(in, &bare, aud_str(columns[by], strlen(columns[by])),
                          "The contact has refused before, in a column "
                          "Opt-in; only a row that says yes there lets them "
                          "in again.");
    }

    return stands;
}
