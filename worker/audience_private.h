/*
 * What the files of saved audiences share.  Under the base's lock.
 */

#ifndef AUDIENCE_PRIVATE_H
#define AUDIENCE_PRIVATE_H

#include "audience.h"

/* Deletes the audience and revokes its exports, unless another uses it. */
void audience_drop(audience_change_t *c, base_t *base);

/* Makes the change and commits batch, which is taken, with it; sets c->shown
 * and, where it fails, c->problem. */
void audience_commit(audience_change_t *c, base_t *base,
    const base_change_t *change, store_batch_t *batch);

/* Commits the record alone, where the base does not change. */
void audience_store(audience_change_t *c, base_t *base);

/* A 500, a 507. */
void audience_failed(aud_problem_t *problem, const char *detail);
void audience_full(aud_problem_t *problem);

/* Adds an error to a 422. */
void audience_invalid(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *detail);

/* audience_sample.c */

/* The change of an automatic audience: its words alone. */
void audience_put_sample(audience_change_t *c, base_t *base);

/* {"audience": "aud_…"} */
json_t *audience_sample_filter(const json_t *record);

#endif
