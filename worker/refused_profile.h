/*
 * Profiles of people who have refused since they were imported: exports leave
 * them out.  Whoever has refused by any identifier of any of their records has
 * (import_consent.h).  Any thread.
 */

#ifndef REFUSED_PROFILE_H
#define REFUSED_PROFILE_H

#include "refusals.h"

typedef struct {
    worker_t    *worker;
    const char  *tenant;
    refused_t   *refused;
} refused_profiles_t;

/* 1, 0, or -1 with err. */
int refused_profile(const refused_profiles_t *r, const aud_segment_t *segment,
    uint32_t row, aud_error_t *err);

#endif
