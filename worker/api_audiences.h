/*
 * Calls about many audiences at once, which api_audiences.c routes.
 */

#ifndef API_AUDIENCES_H
#define API_AUDIENCES_H

#include "api.h"

/* api_audience_list.c: GET /v1/audiences */
void api_audience_list(api_call_t *call);

/* api_audience_overlaps.c: GET /v1/audiences/{id}/overlaps */
void api_audience_overlaps(api_call_t *call);

#endif
