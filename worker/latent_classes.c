/*
 * One fit, and the choice among numbers of classes.
 */

#include <math.h>
#include <string.h>

#include "latent_model.h"
#include "latent_search.h"


#define CHOICE_TOLERANCE  0.5           /* while counts are compared: BIC counts
                                           log(n) a parameter */
#define CHOICE_PATIENCE   3             /* counts with a higher BIC in turn that
                                           end the search */


static latent_em_t *fit_from(const latent_search_t *search,
    const latent_model_t *from);
static latent_em_t *fit_search(const latent_search_t *search,
    uint32_t classes, const latent_em_t *best, double tolerance);
static latent_em_t *choose(const latent_search_t *search);
static void told(const latent_options_t *options, double done);
static void noted(const latent_options_t *options, uint32_t classes,
    double bic);


void
latent_defaults(latent_options_t *options)
{
    memset(options, 0, sizeof(latent_options_t));
    options->starts = 12;
    options->iterations = 2000;
    options->tolerance = 1e-6;
    options->seed = 1;
    options->threads = 1;
    options->max_classes = 12;
    options->sample = 200 * 1000;
    options->resamples = 20;
}


latent_status_t
latent_fit(const latent_data_t *data, uint32_t classes,
    const latent_options_t *options, latent_model_t **model, aud_error_t *err)
{
    latent_em_t      *em = NULL;
    latent_watch_t    watch;
    latent_search_t   search;
    latent_status_t   rc = LATENT_FAILED;

    *model = NULL;

    if (classes < 1 || classes > LATENT_CLASSES) {
        aud_error_set(err, "%u classes are not 1 to %u", classes,
                      LATENT_CLASSES);
        return LATENT_FAILED;
    }

    if (latent_search_open(&search, &watch, data, 0, options, err) != 0) {
        goto done;
    }

    if (options->from
        && !latent_model_fits(options->from, classes, search.patterns))
    {
        aud_error_set(err, "the model to start from is one of other classes "
                      "or fields");
        goto done;
    }

    told(options, 0);

    if (options->from) {
        em = fit_from(&search, options->from);

    } else {
        em = fit_search(&search, classes, NULL, options->tolerance);
    }

    *model = em ? latent_model_create(em) : NULL;

    if (*model == NULL) {
        rc = latent_search_failed(&search, err);
        goto done;
    }

    told(options, 1);
    rc = LATENT_OK;

done:

    latent_em_free(em);
    latent_search_close(&search);
    return rc;
}


latent_status_t
latent_choose(const latent_data_t *data, const latent_options_t *options,
    latent_model_t **model, aud_error_t *err)
{
    latent_em_t      *em = NULL;
    latent_watch_t    watch;
    latent_search_t   search;
    latent_status_t   rc = LATENT_FAILED;

    *model = NULL;

    if (latent_search_open(&search, &watch, data, options->sample, options,
                           err)
        != 0)
    {
        goto done;
    }

    em = choose(&search);
    *model = em ? latent_model_create(em) : NULL;

    if (*model == NULL) {
        rc = latent_search_failed(&search, err);
        goto done;
    }

    told(options, 1);
    rc = LATENT_OK;

done:

    latent_em_free(em);
    latent_search_close(&search);
    return rc;
}


static latent_em_t *
choose(const latent_search_t *search)
{
    double                   room;
    uint32_t                 classes, most, rises = 0;
    latent_em_t             *em, *best = NULL;
    const latent_options_t  *o = search->watch->options;

    most = o->max_classes < LATENT_CLASSES ? o->max_classes : LATENT_CLASSES;
    most = most ? most : 1;
    room = (most + 1) * (most + 2);

    for (classes = 1; classes <= o->max_classes; classes++) {
        noted(o, classes, NAN);
    }

    for (classes = 1; classes <= most && rises < CHOICE_PATIENCE; classes++) {
        told(o, (classes - 1) * classes / room);

        em = fit_search(search, classes, best, CHOICE_TOLERANCE);
        if (em == NULL) {
            latent_em_free(best);
            return NULL;
        }

        noted(o, classes, latent_bic(em));

        if (best == NULL || latent_bic(em) < latent_bic(best)) {
            latent_em_free(best);
            best = em;
            rises = 0;

        } else {
            latent_em_free(em);
            rises++;
        }
    }

    if (latent_em_run(best, search->team, search->watch, o->iterations,
                      o->tolerance)
        != 0)
    {
        latent_em_free(best);
        return NULL;
    }

    noted(o, best->classes, latent_bic(best));

    return best;
}


static latent_em_t *
fit_from(const latent_search_t *search, const latent_model_t *from)
{
    latent_em_t             *em;
    const latent_options_t  *o = search->watch->options;

    em = latent_em_create(search->patterns, from->classes);
    if (em == NULL) {
        return NULL;
    }

    latent_model_give(from, em);

    if (latent_em_run(em, search->team, search->watch, o->iterations,
                      o->tolerance)
        != 0)
    {
        latent_em_free(em);
        return NULL;
    }

    return em;
}


/* Where there is a best one yet, only to see whether this beats its BIC. */
static latent_em_t *
fit_search(const latent_search_t *search, uint32_t classes,
    const latent_em_t *best, double tolerance)
{
    double        needed;
    latent_em_t  *em, *few;

    few = latent_search(search, classes, search->watch->options->starts);
    if (few == NULL) {
        return NULL;
    }

    needed = best ? latent_needed(best, classes) : -INFINITY;
    em = latent_widen(search, few, needed, tolerance);
    latent_em_free(few);

    return em;
}


static void
told(const latent_options_t *options, double done)
{
    if (options->progress) {
        options->progress(options->arg, done);
    }
}


static void
noted(const latent_options_t *options, uint32_t classes, double bic)
{
    if (options->bics && classes <= options->max_classes) {
        options->bics[classes - 1] = bic;
    }
}
