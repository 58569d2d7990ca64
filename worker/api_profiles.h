/*
 * Calls about profiles that api_profiles.c routes.
 */

#ifndef API_PROFILES_H
#define API_PROFILES_H

#include "api.h"

/* api_profile_audiences.c: GET /v1/profiles/{id}/audiences */
void api_profile_audiences(api_call_t *call);

#endif
