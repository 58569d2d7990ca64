/*
 * The import's own record: what its JSON says, in one place.
 *
 *   {"id", "job", "kind", "filename", "state", "separator", "encoding", "bytes",
 *    "digest", "columns": [name…], "fields": [name…], "rows": {"read",
 *    "imported", "refused_opt_in", "rejected", "erased", "lost_identifiers"},
 *    "profiles": {"created", "updated", "joined"}, "refused_joins",
 *    "refusals": [[sequence, line, sequence, line, guard]…], "outcome", "error",
 *    "consent": {"assumed", "column", "rows", "by"}, "types": {field: type},
 *    "misfits": {field: count}, "sequence", "generation", "created_at",
 *    "created_by", "history": [{"state", "at", "outcome"?}]}
 *
 * `columns` are those of the file; lines of JSON have fields alone.  `fields` says
 * which field each column became, so that a rebuild years later maps them alike;
 * of a file of another kind than contacts, which fields its rows speak of.
 * `refused_joins` counts pairs that share something and that
 * a guard kept apart, one of them a row of this import; the first of them stand
 * in `refusals`, which is not shown.  Any thread.
 */

#ifndef IMPORT_RECORD_H
#define IMPORT_RECORD_H

#include <jansson.h>

#include "import_read.h"
#include "job.h"
#include "resolution.h"

/* A new one, from the JSON that the edge has sent.  NULL: no memory. */
json_t *import_record_create(const json_t *upload, const char *id,
    const char *job, const char *user, int64_t now);

/* INTAKE_CONTACTS unless it says something else. */
intake_kind_t import_record_kind(const json_t *record);

/* The texts of one of its arrays, pointing into it; freed by aud_free().
 * NULL where it is none of texts. */
aud_str_t *import_record_texts(const json_t *record, const char *name,
    uint32_t *n);

/* The same of the names of the cells that its source records have. */
aud_str_t *import_record_cells(const json_t *record, uint32_t *n);

/* What became of it. */
void import_record_count(json_t *record, const import_read_t *in,
    const resolution_t *resolution);        /* NULL: it changed nothing */

typedef struct {                        /* a join that a guard refused */
    uint64_t           refs[2];
    component_guard_t  guard;
} import_refusal_t;

#define IMPORT_REFUSALS  100

/* Those that the record keeps; freed by aud_free().  NULL: no memory. */
import_refusal_t *import_record_refusals(const json_t *record, size_t *n);

void import_record_types(json_t *record, const import_read_t *in);

/* sequence: 0 where all its rows were refused, and it has no place among the
 * imports of the base. */
void import_record_succeed(json_t *record, uint64_t sequence,
    uint64_t generation, int64_t started);
void import_record_fail(json_t *record, const char *error, int64_t started);

/* The e-mail about its end: a mail job's arguments, or NULL where nobody is to
 * have one. */
json_t *import_record_mail(worker_t *worker, const char *tenant,
    const json_t *record);

#endif
