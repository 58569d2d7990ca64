/*
 * What an import is told of consent, and who may not be let in.
 *
 * A word is what the column Opt-in says in a row: of each phone, e-mail address
 * and CPF of that row.  The newest word of each counts, over all imports and
 * within one by the order of rows.  Whoever has refused by any of them stays out
 * until a row says yes for it: rows and lines that say nothing of consent, as
 * most files and all calls do, do not let them in.  A value that is
 * nobody's own (blocked_shared()) refuses for nobody.
 *
 * One thread, that of the import's job.
 */

#ifndef IMPORT_CONSENT_H
#define IMPORT_CONSENT_H

#include "refusals.h"

typedef struct import_consent_s  import_consent_t;

/* NULL with err. */
import_consent_t *import_consent_create(worker_t *worker, const char *tenant,
    aud_error_t *err);
void              import_consent_free(import_consent_t *c);

/* The word of a row.  Both -1 with err. */
int  import_consent_refuse(import_consent_t *c,
    const aud_source_record_t *record, aud_error_t *err);
int  import_consent_agree(import_consent_t *c,
    const aud_source_record_t *record, aud_error_t *err);

/* Whether a row without a word is of somebody who has refused: 1 and by what,
 * 0, or -1 with err. */
int  import_consent_stands(import_consent_t *c,
    const aud_source_record_t *record, component_kind_t *by,
    aud_error_t *err);

/* Its words join the import's batch.  -1: no memory. */
int  import_consent_put(import_consent_t *c, const aud_uuid_t *import,
    store_batch_t *batch);

/* The batch is true: from now on they count for everybody. */
void import_consent_kept(import_consent_t *c);

#endif
