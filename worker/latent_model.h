/*
 * Models made of what EM has found; for the unit's own files.
 */

#ifndef LATENT_MODEL_H
#define LATENT_MODEL_H

#include "latent_em.h"

/* Classes in order of their shares.  NULL when memory is out. */
latent_model_t *latent_model_create(const latent_em_t *em);

/* latent_model_t.bic of an em. */
double latent_bic(const latent_em_t *em);

/* The log likelihood with which so many classes have the em's BIC. */
double latent_needed(const latent_em_t *em, uint32_t classes);

/* Whether an em of these patterns can take the model's parameters; takes
 * them. */
int  latent_model_fits(const latent_model_t *model, uint32_t classes,
    const latent_patterns_t *patterns);
void latent_model_give(const latent_model_t *model, latent_em_t *em);

#endif
