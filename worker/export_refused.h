/*
 * Members of an audience who have refused since they were imported: an export
 * leaves them out.  Whoever has refused by any identifier of any of their
 * records has (import_consent.h).  The job's thread.
 */

#ifndef EXPORT_REFUSED_H
#define EXPORT_REFUSED_H

#include "refusals.h"

typedef struct {
    worker_t    *worker;
    const char  *tenant;
    refused_t   *refused;           /* as the export began */
} export_refused_t;

/* 1, 0, or -1 with err. */
int export_refused(const export_refused_t *r, const aud_segment_t *segment,
    uint32_t row, aud_error_t *err);

#endif
