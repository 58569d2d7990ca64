/*
 * Types of field values and how their text is read.  Any thread.
 */

#ifndef AUD_VALUE_H
#define AUD_VALUE_H

#include <stdint.h>

#include "aud_str.h"

typedef enum {
    AUD_TYPE_TEXT = 0,
    AUD_TYPE_NUMBER,
    AUD_TYPE_DATE,
    AUD_TYPE_YES_NO,
    AUD_TYPE_COUNT
} aud_type_t;

typedef enum {
    AUD_KIND_IDENTIFIER = 0,    /* phoneNumber email taxDocument name city
                                   address */
    AUD_KIND_BEHAVIOUR,         /* any other CSV column */
    AUD_KIND_LABEL,             /* of conversations */
    AUD_KIND_EXTRA,
    AUD_KIND_CAMPAIGN,
    AUD_KIND_CONSENT,           /* Opt-in */
    AUD_KIND_SYSTEM,            /* created_at updated_at sources */
    AUD_KIND_COUNT
} aud_kind_t;

/* "text" "number" "date" "yes_no"; "identifier" "behaviour" "label" … */
const char *aud_type_name(aud_type_t type);
const char *aud_kind_name(aud_kind_t kind);

/*
 * Each returns 0 and the value, or -1 where the whole text is not one.
 *
 * number: 12  -3.5  1234,56  1.234,56  1,234.56  1.234.567  R$ 1.234,56  12%
 *         One separator alone is the decimal one, so "1.234" is 1.234; where
 *         both occur the last is.  No exponent, no leading zeros (00123 is a
 *         code), at most 15 significant digits.
 * date:   RFC 3339, 2025-12-31, 2025-12-31 23:59[:59], 31/12/2025 with
 *         optional time; microseconds UTC; *date_only when no time was given.
 * yes_no: sim não s n yes no y true false verdadeiro falso si (folded).
 */
int aud_number_parse(aud_str_t text, double *value);
int aud_date_parse(aud_str_t text, int64_t *us, int *date_only);
int aud_yes_no_parse(aud_str_t text, int *yes);

/* Bit 1 << type for each of NUMBER, DATE, YES_NO that the text can be. */
unsigned aud_value_types(aud_str_t text);

#endif
