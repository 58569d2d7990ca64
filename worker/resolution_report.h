/*
 * How resolution has done in a tenant's base, as a whole:
 *
 *   {"generation", "profiles", "records",
 *    "by_records": [{"records": "1", "profiles": 812}, … "5-9", "10-49", "50+"],
 *    "largest": [{"id", "records"}, …]                          at most 10
 *    "blocked": {"count", "items": [{"kind", "value", "why", "profiles",
 *                "people"?, "records"?, "since"?}, …]},         at most 100
 *    "refused_joins": {"count", "items": [{"records": [{"import", "line"} twice],
 *                      "profiles": [id, id], "because"}, …]}}   at most 100
 *
 * Profiles are counted from the segments; values that do not link are those that
 * resolution has found (blocked.h), and those of the operator's list that
 * somebody has, both by how many profiles hold them.  Refused joins are what the
 * imports have counted, the newest first; of those that people or later records
 * have joined since nothing is shown.  Any thread.
 */

#ifndef RESOLUTION_REPORT_H
#define RESOLUTION_REPORT_H

#include <jansson.h>

#include "resolution.h"

/* NULL with err. */
json_t *resolution_report(const resolution_base_t *base,
    const aud_generation_t *g, store_t *store, const char *tenant,
    aud_error_t *err);

#endif
