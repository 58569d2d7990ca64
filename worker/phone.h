/*
 * Phone numbers of rows, in the tenant's default country.  Any thread.
 */

#ifndef PHONE_H
#define PHONE_H

#include "aud_phone.h"

/*
 * To E.164.  A number of Brazil, which is one that begins with +55, or has no +
 * while country is "BR" (or ""), goes by the fast path, aud_phone.h, and
 * area_code is for local ones; all others by libphonenumber.  out gets a NUL,
 * "" where the number is refused.
 */
aud_phone_status_t phone_normalise(aud_str_t text, const char *country,
    const char *area_code, char out[AUD_PHONE_LEN + 1]);

#endif
