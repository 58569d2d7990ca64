/*
 * What is known of a person, to be taken out of texts.
 */

#include <string.h>

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "aud_text.h"
#include "document.h"
#include "fields.h"
#include "person_known.h"
#include "profile_find.h"

#define KNOWN_PROFILES  16          /* of a telephone that many share */
#define KNOWN_RECORDS   1000        /* of a profile, the names in them */


static int known_contact(redaction_t *known, const aud_generation_t *g,
    aud_identifier_kind_t kind, const char *value);
static int known_profile(redaction_t *known, const aud_generation_t *g,
    const profile_place_t *place);
static int known_records(redaction_t *known, aud_str_t records);
static int known_tells(const aud_generation_t *g, const aud_field_t *field);
static int known_values(redaction_t *known, const aud_column_t *column,
    uint32_t row);
static int known_is_name(aud_str_t field);


redaction_t *
person_known(const aud_generation_t *g, const json_t *contact)
{
    redaction_t  *known;

    known = redaction_create();

    if (known == NULL
        || known_contact(known, g, AUD_IDENTIFIER_PHONE,
                         document_text(contact, "phone")) != 0
        || known_contact(known, g, AUD_IDENTIFIER_EMAIL,
                         document_text(contact, "email")) != 0
        || known_contact(known, g, AUD_IDENTIFIER_TAX_DOCUMENT,
                         document_text(contact, "taxDocument")) != 0)
    {
        redaction_free(known);
        return NULL;
    }

    return known;
}


static int
known_contact(redaction_t *known, const aud_generation_t *g,
    aud_identifier_kind_t kind, const char *value)
{
    int               rc;
    size_t            i, n = 0;
    aud_str_t         text = aud_str(value, strlen(value));
    profile_place_t  *places = NULL;

    if (text.len == 0) {
        return 0;
    }

    rc = redaction_value(known, text) | profiles_of_value(g, kind, text,
                                                          &places, &n);

    for (i = 0; rc == 0 && i < n && i < KNOWN_PROFILES; i++) {
        rc = known_profile(known, g, &places[i]);
    }

    aud_free(places);

    return rc;
}


static int
known_profile(redaction_t *known, const aud_generation_t *g,
    const profile_place_t *place)
{
    int                   rc;
    size_t                f;
    const aud_column_t   *column;
    const aud_segment_t  *segment = g->slices[place->slice].segment;

    rc = known_records(known, aud_segment_records(segment, place->row));

    for (f = 0; rc == 0 && f < g->nfields; f++) {
        column = aud_segment_column(segment, g->fields[f].name);

        if (column && known_tells(g, &g->fields[f])) {
            rc = known_values(known, column, place->row);
        }
    }

    return rc;
}


/* Names that a newer record has replaced are in texts all the same. */

static int
known_records(redaction_t *known, aud_str_t records)
{
    int                   rc = 0;
    unsigned              n;
    aud_source_record_t   record;

    for (n = 0; rc == 0 && n < KNOWN_RECORDS; n++) {
        if (aud_source_record_read(&records, &record) != 1) {
            break;
        }

        if (record.name.len) {
            rc = redaction_name(known, record.name);
        }
    }

    return rc;
}


/* Whether a value of the field tells one person from another. */

static int
known_tells(const aud_generation_t *g, const aud_field_t *field)
{
    size_t               i;
    uint64_t             filled = 0, distinct = 0;
    const aud_column_t  *column;

    if (field->kind == AUD_KIND_IDENTIFIER) {
        return 1;
    }

    if ((field->kind != AUD_KIND_BEHAVIOUR && field->kind != AUD_KIND_EXTRA)
        || field->type != AUD_TYPE_TEXT)
    {
        return 0;
    }

    for (i = 0; i < g->nslices; i++) {
        column = aud_segment_column(g->slices[i].segment, field->name);

        if (column) {
            filled += column->filled;
            distinct += column->distinct;
        }
    }

    return 2 * distinct > filled;
}


static int
known_values(redaction_t *known, const aud_column_t *column, uint32_t row)
{
    int        rc = 0, name;
    size_t     i, first = 0;
    uint32_t   n, code;
    aud_str_t  text;

    name = known_is_name(column->name);
    n = aud_column_values(column, row, &first);

    for (i = first; rc == 0 && i < first + n; i++) {
        code = aud_column_code_plus_one(column, i) - 1;
        text = aud_column_display(column, code);
        rc = name ? redaction_name(known, text)
                  : redaction_value(known, text);
    }

    return rc;
}


/* "name", "Nome da mãe", "extra.apellido": its words are taken out one by one. */

static int
known_is_name(aud_str_t field)
{
    size_t        i;
    int           found = 0;
    aud_buffer_t  folded = { 0 };

    static const char *const  words[] = {
        "name", "nome", "nombre", "apelido", "apellido", NULL
    };

    aud_fold(&folded, field);
    aud_buffer_char(&folded, '\0');

    for (i = 0; words[i] && !folded.failed; i++) {
        found |= strstr(folded.data, words[i]) != NULL;
    }

    found |= folded.failed;
    aud_buffer_free(&folded);

    return found;
}
