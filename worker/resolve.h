/*
 * Job "resolve": people are found out anew without a file.
 *
 *   {"undo": "imp_…"}          the base as if that import had never been
 *   {"rule": {…}}              a rule comes (rules.h): it is stored then
 *   {"unrule": "rul_…"}        a rule goes
 *   {"erase": {"id": "adt_…",  a person is erased (resolve_erase.c)
 *     "profile": "prf_…",
 *     "hashes": ["…", …]}}     of when it was asked for (erased_hash.h)
 *   {"erase": {"id": "adt_…",  all who are in the list, and in the base again
 *     "again": true}}
 *
 * Exclusive, as imports are, and like them one batch; an erasure has more to do
 * after it.  What has been done already is done again without effect.
 */

#ifndef RESOLVE_H
#define RESOLVE_H

#include "job.h"

extern const job_type_t  resolve_job;

#endif
