/*
 * An import while it runs: import.c opens, reads and ends it, import_apply.c
 * makes its profiles true.
 */

#ifndef IMPORT_PRIVATE_H
#define IMPORT_PRIVATE_H

#include "base.h"
#include "document.h"
#include "import.h"
#include "import_read.h"
#include "profiles.h"

typedef struct {
    job_run_t         *run;
    worker_t          *worker;
    const char        *tenant;
    base_t            *base;
    aud_uuid_t         id;
    int64_t            started;
    char               spool[DOCUMENT_PATH_MAX];

    json_t            *record;
    intake_kind_t      kind;
    conversations_t   *conversations;   /* NULL: it speaks of none */
    labeller_t        *labeller;        /* likewise */
    int64_t            asking_until;    /* aud_ticks() */
    double             asked;           /* how much of it is done, 0 to 1 */
    aud_str_t         *columns;     /* of source records */
    aud_str_t         *header;      /* of the file */
    uint32_t           nheader;
    uint32_t          *map;
    fields_t           fields;
    uint32_t           known;       /* fields before this import */
    fold_source_t      source;
    erased_check_t    *check;
    import_read_t      in;

    aud_generation_t  *g;           /* that rows were resolved in */
    resolution_base_t  resolving;
    component_record_t *records;    /* [in.nrows] whom rows are about */
    resolution_t      *resolution;
    profiles_t         profiles;
    old_records_t      old;
    base_segment_t     segment;
    aud_segment_t     *opened;      /* it, as a reader would */
    uint64_t          *replaced;
    unsigned           retyped:1;   /* all segments must be written anew */
    unsigned           completed:1; /* the file of the spool may go */
} import_t;

/* import.c */

/* Forgets what belongs to one try. */
void import_forget(import_t *i);

/* The record, its errors and the e-mail join the batch.  Takes it. */
job_outcome_t import_complete(import_t *i, job_outcome_t outcome,
    store_batch_t *batch);

job_outcome_t import_retry(import_t *i, const aud_error_t *err);

/* import_labels.c */

/* Makes ready who labels what its lines say.  -1 with err. */
int import_speaks(import_t *i, aud_error_t *err);

/* Asks the language model, if any, when all lines are read.  JOB_DONE: go on. */
job_outcome_t import_ask(import_t *i);

/* import_apply.c */

/* Finds out whose rows they are, and what that does to profiles. */
int import_resolve(import_t *i, aud_error_t *err);

/* Writes their segment and commits: after import_resolve() and the end of the
 * reading. */
job_outcome_t import_apply(import_t *i);

#endif
