/*
 * What explain.c and explain_blocked.c share.
 */

#ifndef EXPLAIN_PRIVATE_H
#define EXPLAIN_PRIVATE_H

#include "explain.h"

/* The values that do not link, of the records of a profile, which is a place in
 * the closure's profiles.  NULL: no memory. */
json_t *explain_blocked(const explain_t *x, const resolution_t *r,
    uint32_t own);

/* Whether the operator's list has the value. */
int explain_listed(const explain_t *x, component_kind_t kind,
    aud_str_t value);

#endif
