/*
 * Imports: a file of the spool becomes source records and profiles.
 *
 * Job "import", {"import": "imp_…"}: reads the file row by row; refuses or
 * rejects rows; finds the profiles of their phones; writes the folded profiles
 * as a new segment; then records, errors, import, fields, base and the e-mail
 * become true in one batch.  A run that did not get there left nothing but a
 * segment file that nobody names.
 */

#ifndef IMPORT_H
#define IMPORT_H

#include "job.h"

extern const job_type_t  import_job;

/* Puts errors.csv of an import, in parts. */
void import_put_errors(store_batch_t *batch, const char *tenant,
    const aud_uuid_t *import, aud_str_t errors);

#endif
