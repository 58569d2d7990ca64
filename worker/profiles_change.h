/*
 * Makes a change of source records or rules true that brings no file: what was
 * resolved anew is folded from segments and records, and committed with the
 * caller's own effects as one batch with the end of its job.
 *
 * For exclusive jobs.  Job thread.
 */

#ifndef PROFILES_CHANGE_H
#define PROFILES_CHANGE_H

#include "base.h"
#include "conversation_index.h"
#include "fields.h"
#include "job.h"
#include "resolution.h"

typedef struct {
    job_run_t               *run;
    base_t                  *base;
    const fields_t          *fields;    /* as they are afterwards */
    unsigned                 retyped:1; /* all segments must be written anew */
    unsigned                 goes_on:1; /* the job has more to do: job_commit() */
    const resolution_base_t *resolving; /* with imports that go, and with rules
                                           as they are afterwards */
    resolution_change_t      change;    /* without added records; what is
                                           retold follows from `said` */
    conversation_index_t    *said;      /* conversations that change, or none:
                                           put in the batch */
    const store_batch_t     *effects;   /* copied */
} profiles_change_t;

/* What job_complete() or job_commit() returned, or JOB_RETRY or JOB_CANCELLED with
 * nothing changed. */
job_outcome_t profiles_change(const profiles_change_t *c);

#endif
