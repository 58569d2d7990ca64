#include <math.h>
#include <string.h>

#include "latent_leap.h"


#define LEAP_LEAST  0.1                 /* of what it was, a leap leaves */


static void leap_keep(latent_em_t *em, unsigned i);
static void leap_return(latent_em_t *em, unsigned i);
static double leap_extrapolate(latent_em_t *em);
static void leap_confine_shares(latent_em_t *em);
static void leap_confine(latent_em_t *em, uint32_t from, uint32_t to);


int
latent_leap(latent_em_t *em, double tolerance, double *to_come)
{
    double  began = em->log_likelihood, gained, length;

    leap_keep(em, 0);

    if (latent_em_step(em) != 0) {
        return -1;
    }

    leap_keep(em, 1);
    gained = em->log_likelihood;

    latent_em_maximise(em);
    leap_keep(em, 2);

    length = leap_extrapolate(em);
    *to_come = (gained - began) * length;

    if (gained <= began || *to_come < tolerance) {
        leap_return(em, 1);
        em->converged = 1;
        return 0;
    }

    em->iterations++;

    if (latent_em_evaluate(em) != 0) {
        return -1;
    }

    if (em->log_likelihood >= began) {
        return 0;
    }

    leap_return(em, 2);
    em->iterations++;

    return latent_em_evaluate(em);
}


static void
leap_keep(latent_em_t *em, unsigned i)
{
    memcpy(em->before[i], em->parameters, latent_em_size(em) * sizeof(double));
}


static void
leap_return(latent_em_t *em, unsigned i)
{
    memcpy(em->parameters, em->before[i], latent_em_size(em) * sizeof(double));
}


/*
 * parameters = first + 2 a r + a^2 v for steps r and r + v, and a = |r| / |v|
 * or 1, which is two plain steps.  Returns how many steps' way is to come in
 * all, INFINITY where steps get longer.
 */
static double
leap_extrapolate(latent_em_t *em)
{
    double    a, r, v, along = 0, rr = 0, vv = 0;
    size_t    i, size = latent_em_size(em);

    for (i = 0; i < size; i++) {
        r = em->before[1][i] - em->before[0][i];
        v = em->before[2][i] - em->before[1][i] - r;
        rr += r * r;
        vv += v * v;
        along += r * v;
    }

    if (along >= 0) {
        return rr > 0 ? INFINITY : 0;
    }

    a = sqrt(rr / vv);

    if (a <= 1) {
        return 1;
    }

    for (i = 0; i < size; i++) {
        r = em->before[1][i] - em->before[0][i];
        v = em->before[2][i] - em->before[1][i] - r;
        em->parameters[i] = em->before[0][i] + 2 * a * r + a * a * v;
    }

    leap_confine_shares(em);

    for (i = 0; i < em->patterns->m; i++) {
        leap_confine(em, 1 + em->patterns->offsets[i],
                   1 + em->patterns->offsets[i + 1]);
    }

    return a;
}


static void
leap_confine_shares(latent_em_t *em)
{
    double    least, total = 0;
    uint32_t  k;

    for (k = 0; k < em->classes; k++) {
        least = em->before[2][k] * LEAP_LEAST;
        em->parameters[k] = em->parameters[k] > least ? em->parameters[k]
                                                      : least;
        total += em->parameters[k];
    }

    for (k = 0; k < em->classes; k++) {
        em->parameters[k] /= total;
    }
}


/* What was to add up to 1 still does, but may have left 0 to 1. */
static void
leap_confine(latent_em_t *em, uint32_t from, uint32_t to)
{
    double    total, least;
    size_t    i;
    uint32_t  c, k;

    for (k = 0; k < em->classes; k++) {
        total = 0;

        for (c = from; c < to; c++) {
            i = (size_t) c * em->width + k;
            least = em->before[2][i] * LEAP_LEAST;
            em->parameters[i] = em->parameters[i] > least
                                ? em->parameters[i] : least;
            total += em->parameters[i];
        }

        for (c = from; c < to; c++) {
            i = (size_t) c * em->width + k;
            em->parameters[i] /= total;
            em->parameters[i] = em->parameters[i] > LATENT_FLOOR
                                ? em->parameters[i] : LATENT_FLOOR;
        }
    }
}
