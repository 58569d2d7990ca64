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

/* A 500. */
void audience_failed(aud_problem_t *problem, const char *detail);

#endif
