/*
 * A job "resolve" while it runs: resolve.c opens and closes it, resolve_undo.c
 * takes an import away, resolve_rule.c puts or takes rules, resolve_erase.c
 * erases a person.
 */

#ifndef RESOLVE_PRIVATE_H
#define RESOLVE_PRIVATE_H

#include "conversations.h"
#include "profiles_change.h"
#include "resolve.h"

typedef struct {
    uint64_t  *items;
    size_t     n;
    size_t     room;
} refs_t;

typedef struct {
    job_run_t          *run;
    worker_t           *worker;
    const char         *tenant;
    base_t             *base;
    fields_t            fields;
    resolution_base_t   resolving;
    store_batch_t      *effects;
    refs_t              refs;       /* of records that go, or are spoken of */
    conversation_index_t *said;     /* of conversations that change */
    learning_change_t   learning;   /* by them */
    aud_error_t         err;
} resolve_t;

/* Where run, worker and tenant are set: makes all else ready.  -1 with r->err;
 * close it in any case. */
int  resolve_open(resolve_t *r);
void resolve_close(resolve_t *r);

job_outcome_t resolve_undo(resolve_t *r);
job_outcome_t resolve_rule(resolve_t *r);
job_outcome_t resolve_unrule(resolve_t *r);
job_outcome_t resolve_erase(resolve_t *r);

/* The job was given up: so the audit trail says. */
void resolve_erase_gave_up(worker_t *worker, const char *tenant,
    const json_t *erase, const char *error, store_batch_t *batch);

/* -1: no memory. */
int  refs_add(refs_t *refs, uint64_t ref);

/*
 * The registry after records have gone: `gone` has counted what they said, and of
 * the imports in `leaving` ({"imp_…": true}) none is left.  *retyped: segments do
 * not go with it any more.  -1 with r->err.  resolve_fields.c
 */
int  resolve_fields(resolve_t *r, const fields_t *gone, const json_t *leaving,
    int *retyped);

void refs_sort(refs_t *refs);

/* Whether refs, which ascend, have that one. */
int  refs_have(const refs_t *refs, uint64_t ref);

/* Logs r->err.  JOB_RETRY. */
job_outcome_t resolve_retry(resolve_t *r);

#endif
