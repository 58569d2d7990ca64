/*
 * Consent: what a cell of the column Opt-in says.  Any thread.
 */

#ifndef CONSENT_H
#define CONSENT_H

#include "aud_str.h"

/* Whether a column is the consent column: "Opt-in" in any spelling of case,
 * blank, hyphen or underscore.  Being strict here would store people who have
 * refused. */
int consent_is_column(aud_str_t name);

/* 1 where the cell refuses, 0 where it agrees or is empty, -1 when memory is
 * out.  Portuguese, English and Spanish, any case or accent. */
int consent_refused(aud_str_t cell);

#endif
