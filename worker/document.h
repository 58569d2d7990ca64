/*
 * Documents: JSON values of the store (imports, audiences, exports), and
 * where their files lie.  Any thread.
 */

#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <jansson.h>

#include "keys.h"
#include "store.h"
#include "worker.h"

#define DOCUMENT_PATH_MAX  1024

/* A new reference, or NULL where there is none or it cannot be read; *found,
 * which may be NULL, tells the two apart: 0 none, 1 found, -1 read error, which
 * the log has. */
json_t *document_get(store_t *store, const char *tenant, key_kind_t kind,
    const aud_uuid_t *id, int *found);

/* -1 when memory is out; borrows the document. */
int     document_put(store_batch_t *batch, const char *tenant,
    key_kind_t kind, const aud_uuid_t *id, const json_t *document);

/* A member's text, "" where it is missing or no string. */
const char *document_text(const json_t *document, const char *name);

/* Puts {"state", "at"} behind document's history and sets its state. */
void document_state(json_t *document, const char *state, int64_t at);

/* The time now, RFC 3339. */
json_t *document_time(int64_t at);

/* <root>/spool/<tenant>/imp_….csv and <root>/exports/<tenant>/exp_…<suffix> */
void document_spool_path(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id, char out[DOCUMENT_PATH_MAX]);
void document_export_path(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id, const char *suffix, char out[DOCUMENT_PATH_MAX]);

#endif
