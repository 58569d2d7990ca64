/*
 * The job "learn": learns each label of a tenant's conversations that were given
 * often enough (learned.h), judges what it has learned against the built-in
 * classifier, and keeps a model where it is better.
 *
 *   conversations -> learning_examples_read() -> learned_train() -> one batch
 *
 * What is erased or undone meanwhile is not learned: it begins anew then.  Runs
 * beside the job threads, as it takes some seconds where there is much.
 */

#ifndef LEARNING_JOB_H
#define LEARNING_JOB_H

#include "job.h"

extern const job_type_t  learn_job;     /* "learn"; no arguments */

/* Queues one for each tenant of whom the built-in classifier's version is
 * another one than when a label was learned.  Loop thread, at the start. */
void learning_start(worker_t *worker);

#endif
