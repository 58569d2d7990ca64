/*
 * One model on its way: parameters, and the iterations of EM that better them.
 *
 * An em belongs to one thread at a time.  Its memory is taken when it is
 * created; the iterations allocate nothing.  The patterns are borrowed.
 *
 * Parameters are one array, that ems of one number of classes and of the same
 * fields can hand to each other:
 *
 *   shares [width] | probabilities [categories of all fields][width]
 */

#ifndef LATENT_EM_H
#define LATENT_EM_H

#include <pthread.h>
#include <stdatomic.h>

#include "latent_expect.h"
#include "latent_patterns.h"
#include "latent_team.h"

#define LATENT_BLOCKS  16               /* of patterns: so many threads at most
                                           find work in one em */

/* Whether to stop, asked by the thread that owns the call and known to all. */
typedef struct {
    const latent_options_t  *options;
    pthread_t                owner;
    atomic_int               stopped;
} latent_watch_t;

typedef struct {
    const latent_patterns_t  *patterns;
    const double             *weights;  /* [patterns], the patterns' own or
                                           those of a resample */
    double                    total;    /* their sum */
    uint32_t                  classes;
    uint32_t                  width;
    void                     *memory;
    double                   *parameters;
    double                   *before[3];    /* parameters of a leap: where it
                                           began, one step on, two steps on */
    double                   *tables;   /* [cells][width] */
    double                   *counts;   /* [blocks][cells][width] */
    double                   *sums;     /* [categories of all fields][width] */
    double                    logs[LATENT_BLOCKS];
    uint32_t                  blocks;

    latent_team_t            *team;     /* of the run */
    latent_watch_t           *watch;
    double                    needed;   /* a log likelihood; a run that is not
                                           expected to come near it ends.
                                           -INFINITY at first: none is */
    double                    log_likelihood;   /* of the parameters */
    uint32_t                  iterations;
    int                       converged;
} latent_em_t;

void latent_watch(latent_watch_t *watch, const latent_options_t *options);
int  latent_stopped(latent_watch_t *watch);

/* NULL when memory is out.  Parameters are not set. */
latent_em_t *latent_em_create(const latent_patterns_t *patterns,
    uint32_t classes);
void latent_em_free(latent_em_t *em);

/* The patterns weigh this from now on; NULL: what they weigh themselves. */
void latent_em_weigh(latent_em_t *em, const double *weights);

/* How many doubles the parameters are. */
size_t latent_em_size(const latent_em_t *em);

/*
 * The class of each pattern with the highest posterior, the first of several.
 * classes is [patterns].  The tables are those of the last latent_em_run().
 */
void latent_em_classes(const latent_em_t *em, uint8_t *classes);

/*
 * Iterates until the log likelihood is expected to gain less than tolerance
 * (latent_options_t), or so many times, by a team or, where that is NULL, by
 * this thread alone: the result is the same.  Returns -1 when it was stopped.
 * On return log_likelihood is that of the parameters.
 *
 * With a tolerance, iterations come in twos, from which a leap follows along
 * the way that they lead (SQUAREM, scheme S3: Varadhan and Roland 2008,
 * Scandinavian Journal of Statistics 35, 335-353); one that leads down is taken
 * back.  EM crawls where classes are not well apart: a thousand iterations
 * become fifty.
 */
int latent_em_run(latent_em_t *em, latent_team_t *team, latent_watch_t *watch,
    uint32_t iterations, double tolerance);

/*
 * What iterations are made of.  evaluate: the log likelihood of the parameters,
 * and what the next ones come from, by em->team; -1 when em->watch says stop.
 * maximise: the next parameters, of what was evaluated.  step: both, counted.
 */
int  latent_em_evaluate(latent_em_t *em);
void latent_em_maximise(latent_em_t *em);
int  latent_em_step(latent_em_t *em);

#endif
