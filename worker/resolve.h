/*
 * Job "resolve": people are found out anew without a file.
 *
 *   {"undo": "imp_…"}          the base as if that import had never been
 *   {"rule": {…}}              a rule comes (rules.h): it is stored then
 *   {"unrule": "rul_…"}        a rule goes
 *
 * Exclusive, as imports are, and like them one batch.  What has been done
 * already is done again without effect.
 */

#ifndef RESOLVE_H
#define RESOLVE_H

#include "job.h"

extern const job_type_t  resolve_job;

#endif
