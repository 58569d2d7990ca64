/*
 * Source records of older imports that are folded anew, read from the store:
 * those of profiles that come apart, or that join with others whose records
 * lie between theirs.
 *
 * Blocks are found by import and line, and each is read once.  One thread.
 */

#ifndef OLD_RECORDS_H
#define OLD_RECORDS_H

#include <jansson.h>

#include "columns.h"
#include "record_identity.h"
#include "sequences.h"
#include "worker.h"

typedef struct {                    /* an import that some of them are of */
    json_t              *document;
    aud_str_t           *names;
    uint32_t            *map;       /* column to field */
    fold_source_t        fold;
    identity_columns_t   identifying;
} old_source_t;

typedef struct {
    uint32_t  source;
    size_t    identity;             /* where it begins in identities */
    uint8_t   has_phone;
} old_record_t;

typedef struct {
    old_record_t  *items;           /* as their refs were given */
    size_t         n;
    old_source_t  *sources;
    uint32_t       nsources;
    aud_buffer_t   identities;      /* whom they are about, encoded
                                       (aud_source_record.h) */
} old_records_t;

/*
 * refs: ascending.  What record i says goes into said as row `row + i`, whose
 * fields are `fields`; all fields that the imports have had are among them.
 * -1 with err; free it in any case.
 */
int  old_records_load(old_records_t *old, const uint64_t *refs, size_t n,
    worker_t *worker, const char *tenant, const sequences_t *sequences,
    const fields_t *fields, columns_t *said, uint32_t row, aud_error_t *err);
void old_records_free(old_records_t *old);

#endif
