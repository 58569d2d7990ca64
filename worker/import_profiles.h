/*
 * The answer to GET /v1/imports/{id}/profiles.csv: the profile that each
 * accepted row of an import is part of now, in the order of the file.
 *
 *   line,profile
 *   2,prf_…
 *
 * It is written piece by piece, each once the one before has gone to nginx, so
 * that memory does not follow the import.  All of it is true of one generation.
 * Loop thread.
 */

#ifndef IMPORT_PROFILES_H
#define IMPORT_PROFILES_H

#include "api.h"

/* record: of the import; borrowed. */
void import_profiles_answer(api_call_t *call, const aud_uuid_t *id,
    const json_t *record);

#endif
