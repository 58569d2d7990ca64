/*
 * Why a profile is what it is: the source records behind it, what joined them,
 * what was kept apart from them, and which record each value came from.
 *
 * Nothing of it is stored.  Resolution is run once more over what the profile is
 * connected with (resolution.h, a change in which nothing comes and nothing
 * goes), and so says what it said when the records came.
 *
 *   {"id": "prf_…", "fields": {"name": "Ana", …},
 *    "provenance": {"name": {"value": "Ana", "import": "imp_…", "line": 17}, …},
 *    "records": [{"import", "filename", "line", "at"}, …],
 *    "joins": [{"records": [{"import", "line"}, {"import", "line"}],
 *               "values": {"phone": "+55…"}, "names", "weight", "threshold"}
 *              or {"records", "rule": "rul_…"}, …],
 *    "kept_apart": [the same, the profile's own record first, with "profile",
 *                   the other's, "because", and "documents" or "rule"],
 *    "blocked": [{"kind", "value", "why", "people"?, "records"?, "since"?}],
 *    "counts": {"records", "joins", "kept_apart"}}
 *
 * Of records, joins and what was kept apart the first EXPLAIN_MAX are shown;
 * counts has all.  Any thread.
 */

#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <jansson.h>

#include "resolution.h"

#define EXPLAIN_MAX  1000

typedef struct {                        /* all borrowed */
    worker_t                 *worker;
    const char               *tenant;
    const aud_generation_t   *g;
    const resolution_base_t  *base;     /* not older than g */
} explain_t;

/* The profile that stands there.  NULL with err. */
json_t *explain_profile(const explain_t *x, size_t slice, uint32_t row,
    aud_error_t *err);

/* Its id and its values, as a query answers them.  NULL: no memory. */
json_t *explain_values(const aud_generation_t *g, size_t slice, uint32_t row);

/* A kind of value as the API names it: "taxDocument", "phone", "email". */
const char *explain_kind(component_kind_t kind);

/* A guard likewise: "documents", "rule", "names". */
const char *explain_guard(component_guard_t guard);

#endif
