/*
 * Rules from what a request says: profiles and records are looked up in the
 * base, so that a rule names records that there are.  Any thread.
 */

#ifndef RULE_MAKE_H
#define RULE_MAKE_H

#include "aud_generation.h"
#include "resolution.h"

typedef struct {                        /* all borrowed */
    store_t                  *store;
    const char               *tenant;
    const aud_generation_t   *g;
    const resolution_base_t  *base;
    const settings_t         *settings; /* by which values are normalised */
    const char               *user;
    int64_t                   now;
    aud_uuid_t                id;       /* of the new rule */
} rule_maker_t;

/*
 *   {"type": "together"|"apart", "one": […], "other": […]}   as rules.h has it
 *   {"type": "together", "profiles": ["prf_…", "prf_…" …]}   the oldest record
 *                                                            of each
 *   {"type": "apart", "profiles": ["prf_…", "prf_…"]}        all their records
 *   {"type": "blocked", "kind": "phone"|"email"|"taxDocument", "value": "…"}
 *
 * NULL with a problem: 422, or 409 where it contradicts other rules.
 */
json_t *rule_make(const rule_maker_t *m, const json_t *body,
    aud_problem_t *problem);

/* {"records": [{"import", "line"}, …]}: takes them out of a profile.  NULL with
 * a problem: the same, or 404 where there is no such profile. */
json_t *rule_split(const rule_maker_t *m, const aud_uuid_t *profile,
    const json_t *body, aud_problem_t *problem);

#endif
