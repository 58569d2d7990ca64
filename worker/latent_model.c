/*
 * The model that callers see: made, given back, freed, and asked about rows.
 */

#include <math.h>
#include <string.h>

#include "aud_alloc.h"
#include "latent_model.h"


#define POSTERIOR_ROWS  64              /* at a time */


static double count_parameters(const latent_em_t *em, uint32_t classes);
static void model_order(const latent_em_t *em, uint32_t *order);
static void posterior_rows(const latent_model_t *model,
    const latent_data_t *data, uint32_t first, uint32_t count,
    double products[POSTERIOR_ROWS][LATENT_CLASSES]);
static void posterior_rescale(double *products, uint32_t classes);


double
latent_bic(const latent_em_t *em)
{
    return count_parameters(em, em->classes) * log(em->patterns->rows)
           - 2 * em->log_likelihood;
}


double
latent_needed(const latent_em_t *em, uint32_t classes)
{
    return (count_parameters(em, classes) * log(em->patterns->rows)
            - latent_bic(em))
           / 2;
}


static double
count_parameters(const latent_em_t *em, uint32_t classes)
{
    return classes - 1 + (double) classes * em->patterns->spread;
}


latent_model_t *
latent_model_create(const latent_em_t *em)
{
    uint32_t                  c, k, order[LATENT_CLASSES];
    latent_model_t           *model;
    const latent_patterns_t  *p = em->patterns;

    model = aud_calloc(1, sizeof(latent_model_t));
    if (model == NULL) {
        return NULL;
    }

    model->classes = em->classes;
    model->m = p->m;
    model->n = p->rows;
    model->parameters = count_parameters(em, em->classes);
    model->iterations = em->iterations;
    model->converged = em->converged;
    model->log_likelihood = em->log_likelihood;
    model->bic = latent_bic(em);

    model->shares = aud_malloc(em->classes * sizeof(double));
    model->offsets = aud_malloc((p->m + 1) * sizeof(uint32_t));
    model->probabilities = aud_malloc(((size_t) p->offsets[p->m] + 1)
                                      * em->classes * sizeof(double));

    if (model->shares == NULL || model->offsets == NULL
        || model->probabilities == NULL)
    {
        latent_free(model);
        return NULL;
    }

    memcpy(model->offsets, p->offsets, (p->m + 1) * sizeof(uint32_t));
    model_order(em, order);

    for (k = 0; k < em->classes; k++) {
        model->shares[k] = em->parameters[order[k]];

        for (c = 0; c < p->offsets[p->m]; c++) {
            model->probabilities[(size_t) c * em->classes + k] =
                em->parameters[(size_t) (1 + c) * em->width + order[k]];
        }
    }

    return model;
}


void
latent_free(latent_model_t *model)
{
    if (model == NULL) {
        return;
    }

    aud_free(model->shares);
    aud_free(model->offsets);
    aud_free(model->probabilities);
    aud_free(model);
}


/* By share, the greatest first; of equal ones as they are. */
static void
model_order(const latent_em_t *em, uint32_t *order)
{
    uint32_t  i, k;

    for (k = 0; k < em->classes; k++) {
        for (i = k; i > 0 && em->parameters[order[i - 1]] < em->parameters[k];
             i--)
        {
            order[i] = order[i - 1];
        }

        order[i] = k;
    }
}


int
latent_model_fits(const latent_model_t *model, uint32_t classes,
    const latent_patterns_t *patterns)
{
    return model->classes == classes && model->m == patterns->m
           && memcmp(model->offsets, patterns->offsets,
                     (patterns->m + 1) * sizeof(uint32_t)) == 0;
}


void
latent_model_give(const latent_model_t *model, latent_em_t *em)
{
    double                    p;
    uint32_t                  c, k;
    const latent_patterns_t  *patterns = em->patterns;

    for (k = 0; k < em->classes; k++) {
        em->parameters[k] = model->shares[k];

        for (c = 0; c < patterns->offsets[patterns->m]; c++) {
            p = model->probabilities[(size_t) c * em->classes + k];
            em->parameters[(size_t) (1 + c) * em->width + k] =
                p > LATENT_FLOOR ? p : LATENT_FLOOR;
        }
    }
}


void
latent_posterior(const latent_model_t *model, const latent_data_t *data,
    uint32_t first, uint32_t count, float *out)
{
    double    sum, products[POSTERIOR_ROWS][LATENT_CLASSES];
    uint32_t  from, i, k, rows;

    for (from = 0; from < count; from += rows) {
        rows = count - from < POSTERIOR_ROWS ? count - from : POSTERIOR_ROWS;
        posterior_rows(model, data, first + from, rows, products);

        for (i = 0; i < rows; i++) {
            for (k = 0, sum = 0; k < model->classes; k++) {
                sum += products[i][k];
            }

            for (k = 0; k < model->classes; k++) {
                out[(size_t) k * count + from + i] = products[i][k] / sum;
            }
        }
    }
}


/* Products without what has been taken out of them: their ratios. */
static void
posterior_rows(const latent_model_t *model, const latent_data_t *data,
    uint32_t first, uint32_t count,
    double products[POSTERIOR_ROWS][LATENT_CLASSES])
{
    uint32_t        i, j, k, classes = model->classes;
    const double   *p;
    const uint8_t  *codes;

    for (i = 0; i < count; i++) {
        memcpy(products[i], model->shares, classes * sizeof(double));
    }

    for (j = 0; j < model->m; j++) {
        codes = data->codes[j] + first;

        for (i = 0; i < count; i++) {
            if (codes[i] == LATENT_MISSING) {
                continue;
            }

            p = model->probabilities
                + (size_t) (model->offsets[j] + codes[i]) * classes;

            for (k = 0; k < classes; k++) {
                products[i][k] *= p[k];
            }
        }

        if (j % LATENT_DEPTH == LATENT_DEPTH - 1) {
            for (i = 0; i < count; i++) {
                posterior_rescale(products[i], classes);
            }
        }
    }
}


static void
posterior_rescale(double *products, uint32_t classes)
{
    int       exponent;
    double    most = 0;
    uint32_t  k;

    for (k = 0; k < classes; k++) {
        most = products[k] > most ? products[k] : most;
    }

    (void) frexp(most, &exponent);

    for (k = 0; k < classes; k++) {
        products[k] = ldexp(products[k], -exponent);
    }
}
