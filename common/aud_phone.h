/*
 * Phone numbers to E.164.  Any thread.
 *
 * Brazil: 10 or 11 national digits with a valid area code, with or without
 * +55, 0055, a leading 0 or a carrier prefix (0XX15); a mobile number without
 * the ninth digit (8 digits that begin with 6 to 9) gets it, so that the old
 * and the new form are one number (Anatel, resolution 553/2010).  Local
 * numbers of 8 or 9 digits get the default area code where one is configured.
 * Anything that begins with + and another country code passes where its length
 * is one that E.164 allows (8 to 15 digits).
 */

#ifndef AUD_PHONE_H
#define AUD_PHONE_H

#include "aud_str.h"

#define AUD_PHONE_LEN  16       /* + and 15 digits */

typedef enum {
    AUD_PHONE_OK = 0,
    AUD_PHONE_EMPTY,
    AUD_PHONE_SPOILED,          /* 5,51199E+12: a spreadsheet's notation */
    AUD_PHONE_NO_AREA_CODE,
    AUD_PHONE_BAD_AREA_CODE,
    AUD_PHONE_BAD_LENGTH,
    AUD_PHONE_BAD_CHARACTER,
    AUD_PHONE_REPEATED,         /* 00000000000, 99999999999 */
    AUD_PHONE_BAD_NUMBER        /* (11) 1234-5678, 11 digits without the 9 */
} aud_phone_status_t;

/* area_code: "11", or "" for none.  out gets a NUL. */
aud_phone_status_t aud_phone_normalise(aud_str_t text, const char *area_code,
    char out[AUD_PHONE_LEN + 1]);

/* A sentence for errors.csv. */
const char *aud_phone_reason(aud_phone_status_t status);

/* Whether a cell is a number that a spreadsheet spoiled: 1,95419E+13 */
int aud_spoiled_by_spreadsheet(aud_str_t text);

#endif
