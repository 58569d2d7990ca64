/*
 * Phone numbers that aud_phone.h leaves alone: those of countries other than
 * Brazil, by the numbering plans of libphonenumber.  Its one C++ file stands
 * behind this header.  Any thread.
 *
 * phone_normalise() is what the rest of the worker calls: Brazil by the fast
 * path, everything else here.  The two agree but for what
 * t/unit/worker_phone_foreign.c lists.
 */

#ifndef PHONE_FOREIGN_H
#define PHONE_FOREIGN_H

#ifdef __cplusplus
extern "C" {
#endif

#include "aud_phone.h"

/* 1 where country is one that libphonenumber knows: "BR", "PT", "US". */
int phone_country_known(const char *country);

/*
 * text as E.164, taken for a number of `country` (ISO 3166-1, two letters in
 * upper case) unless it begins with + or with that country's prefix for calls
 * abroad.  An extension is dropped.  Numbers that the plan of their country
 * does not allow are refused.
 */
aud_phone_status_t phone_foreign_normalise(aud_str_t text, const char *country,
    char out[AUD_PHONE_LEN + 1]);

#ifdef __cplusplus
}
#endif

#endif
