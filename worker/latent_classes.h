/*
 * Latent classes: the groups of people that a table of categories falls into.
 *
 * The model is a mixture of independent categorical distributions (latent class
 * analysis: Goodman 1974, Biometrika 61, 215-231; Linzer and Lewis 2011, poLCA,
 * Journal of Statistical Software 42(10)).  For row i with the category y_ij in
 * field j, class k with the share s_k and the probabilities p_jck,
 *
 *   L_i            = sum over k of  s_k * product over j of p_{j, y_ij, k}
 *   log likelihood = sum over i of  log L_i                 (natural logarithm)
 *   posterior r_ik = s_k * product over j of p_{j, y_ij, k} / L_i
 *
 * A missing value is missing: its field drops out of the row's product, so that
 * a row without any value has the shares as its posterior.  It is estimated by
 * EM (Dempster, Laird and Rubin 1977),
 *
 *   s_k   = sum over i of r_ik / n
 *   p_jck = sum over i with y_ij = c of r_ik
 *           / sum over i with y_ij known of r_ik
 *
 * maximum likelihood without a prior.  Probabilities are kept at or above
 * LATENT_FLOOR, so that a row with a category that its class never showed still
 * has a posterior; the log likelihood moves by less than n * m * 32 times that.
 * A class without weight in a field keeps the probabilities that it had there.
 *
 *   bic        = parameters * log(n) - 2 * log likelihood    (Schwarz 1978)
 *   parameters = classes - 1 + classes * sum over j of (categories seen - 1)
 *
 * Everything here is a function of its arguments: the same data and options
 * give the same bytes on every processor and whatever the number of threads,
 * which share fixed blocks of rows whose sums are added in the blocks' order.
 *
 * Nothing is kept between calls.  A call may start threads of its own, which
 * have ended when it returns; different calls may run in different threads at
 * once.  The data are borrowed and only read.
 */

#ifndef LATENT_CLASSES_H
#define LATENT_CLASSES_H

#include <stdint.h>

#include "aud_error.h"

#define LATENT_MISSING     255          /* the code where a value is missing */
#define LATENT_CATEGORIES  32           /* the most that a field may have */
#define LATENT_CLASSES     16           /* the most that a model may have */
#define LATENT_FLOOR       1e-14

typedef struct {
    uint32_t               n;           /* rows, at least 1 */
    uint32_t               m;           /* fields */
    const uint8_t *const  *codes;       /* [m][n], 0 to categories - 1, or
                                           LATENT_MISSING */
    const uint8_t         *categories;  /* [m], 1 to LATENT_CATEGORIES */
} latent_data_t;

typedef struct {
    uint32_t   classes;
    uint32_t   m;
    uint32_t   n;                       /* rows that it was fitted to */
    uint32_t   parameters;
    uint32_t   iterations;              /* of the start that was kept */
    unsigned   converged:1;             /* else `iterations` were not enough */
    double     log_likelihood;
    double     bic;
    double    *shares;                  /* [classes], descending, sum 1 */
    uint32_t  *offsets;                 /* [m + 1], of a field's categories */
    double    *probabilities;           /* [offsets[j] + c][classes], that a
                                           person of the class has category c
                                           where field j is known */
} latent_model_t;

typedef struct {
    uint32_t   starts;                  /* from which EM is tried */
    uint32_t   iterations;              /* at most, from each start */
    double     tolerance;               /* ends where the log likelihood is
                                           expected to gain less than this in
                                           all iterations to come; below 0: all
                                           iterations are made */
    uint64_t   seed;
    uint32_t   threads;                 /* at work, the caller's among them */
    uint32_t   max_classes;             /* latent_choose(): 1 to this many */
    uint32_t   sample;                  /* latent_choose(): rows, at most */
    uint32_t   resamples;               /* latent_stability() */

    /* NULL, or room for max_classes: latent_choose() leaves the BIC of each
     * number of classes there, from one on; NAN where it did not try it.  What
     * could not become the lowest is left before it has converged: it may be
     * lower than it says, but not the lowest. */
    double    *bics;

    /* NULL, or what latent_fit() starts from instead: as many classes, and the
     * same fields and categories.  Only shares and probabilities are read. */
    const latent_model_t  *from;

    /* Each NULL or called from the calling thread alone.  stopping() is asked
     * in every iteration; what is not 0 ends the call.  `done` goes from 0 to
     * 1 and never back. */
    int      (*stopping)(void *arg);
    void     (*progress)(void *arg, double done);
    void      *arg;
} latent_options_t;

typedef enum {
    LATENT_OK = 0,
    LATENT_STOPPED,                     /* stopping() said so */
    LATENT_FAILED                       /* err says why: memory, or bad data */
} latent_status_t;

/* 12 classes, 200,000 rows, seed 1, one thread, no callbacks. */
void latent_defaults(latent_options_t *options);

/*
 * Fits so many classes to all rows, from the best of several starts.  *model is
 * the caller's, to be freed by latent_free(); NULL unless LATENT_OK.
 */
latent_status_t latent_fit(const latent_data_t *data, uint32_t classes,
    const latent_options_t *options, latent_model_t **model, aud_error_t *err);

/*
 * The number of classes with the lowest BIC, on at most `sample` rows, which
 * are taken evenly.  One class is an answer: then the fields tell no groups
 * apart.  The rest as latent_fit().
 */
latent_status_t latent_choose(const latent_data_t *data,
    const latent_options_t *options, latent_model_t **model, aud_error_t *err);

/*
 * Posterior probabilities of the rows first to first + count - 1:
 * out[k * count + i] of class k for row first + i.  The data have the model's
 * fields and categories.  Does not fail; threads may share a model.
 */
void latent_posterior(const latent_model_t *model, const latent_data_t *data,
    uint32_t first, uint32_t count, float *out);

/*
 * How stable each class is: the mean over bootstrap resamples of the Jaccard
 * similarity between its rows and those of the class most like it among the
 * classes fitted anew to the resample, rows being in the class with the highest
 * posterior (Hennig 2007, Cluster-wise assessment of cluster stability,
 * Computational Statistics and Data Analysis 52, 258-271).  agreement is
 * [classes], 0 to 1; Hennig holds below 0.6 for no class at all, and above 0.75
 * for one that is there.
 */
latent_status_t latent_stability(const latent_model_t *model,
    const latent_data_t *data, const latent_options_t *options,
    double *agreement, aud_error_t *err);

/* NULL is allowed. */
void latent_free(latent_model_t *model);

#endif
