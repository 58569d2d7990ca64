/*
 * Two iterations of EM and a leap along the way that they lead (latent_em.h).
 */

#ifndef LATENT_LEAP_H
#define LATENT_LEAP_H

#include "latent_em.h"

/*
 * From parameters that are evaluated to others that are, and are no worse.
 * Gains shrink by about the same from step to step, so that as many times the
 * first as the leap is long are what can come: *to_come.  Where that is less
 * than tolerance, one step is made and the em has converged.  -1 when it was
 * stopped.
 */
int latent_leap(latent_em_t *em, double tolerance, double *to_come);

#endif
