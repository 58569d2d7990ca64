/*
 * Profiles of people who have refused.
 */

#include "blocked.h"
#include "refused_profile.h"


int
refused_profile(const refused_profiles_t *r, const aud_segment_t *segment,
    uint32_t row, aud_error_t *err)
{
    int                  rc;
    aud_str_t            rest;
    component_kind_t     by;
    aud_source_record_t  record;

    if (r->refused->n == 0) {
        return 0;
    }

    rest = aud_segment_records(segment, row);

    while ((rc = aud_source_record_read(&rest, &record)) == 1) {
        for (by = refused_match(r->refused, &record, 0); by < COMPONENT_KINDS;
             by = refused_match(r->refused, &record, by + 1))
        {
            rc = blocked_shared(r->worker, r->tenant, by,
                                refused_value(&record, by), err);
            if (rc <= 0) {
                return rc < 0 ? -1 : 1;
            }
        }
    }

    return rc == 0 ? 0 : aud_error_set(err, "a segment's records are damaged");
}
