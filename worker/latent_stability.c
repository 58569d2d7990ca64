/*
 * The stability of classes: what resamples make of them.
 */

#include <string.h>

#include "aud_alloc.h"
#include "latent_model.h"
#include "latent_search.h"
#include "random_at.h"


#define RESAMPLE_ROWS       20000       /* at most, to find classes in anew */
#define RESAMPLE_STARTS     4
#define RESAMPLE_STREAM     1000000     /* of random numbers: apart from those
                                           that starts take */


typedef struct {
    const latent_model_t  *model;
    latent_search_t        search;
    uint32_t              *ends;        /* [patterns], rows up to each */
    uint8_t               *classes;     /* [patterns], of the model */
    double                *jaccard;     /* [resamples][classes] */
    atomic_int             failed;      /* memory */
} stability_t;


static int stability_open(stability_t *s, latent_watch_t *watch,
    const latent_data_t *data, const latent_options_t *options,
    aud_error_t *err);
static int stability_classes(stability_t *s);
static void stability_resample(void *arg, uint32_t resample);
static void resample_draw(const stability_t *s, uint32_t resample,
    double *weights);
static void resample_compare(const stability_t *s, const uint8_t *classes,
    const double *weights, double *jaccard);


latent_status_t
latent_stability(const latent_model_t *model, const latent_data_t *data,
    const latent_options_t *options, double *agreement, aud_error_t *err)
{
    uint32_t         i, k;
    stability_t      s = { .model = model };
    latent_watch_t   watch;
    latent_status_t  rc = LATENT_FAILED;

    if (stability_open(&s, &watch, data, options, err) != 0) {
        goto done;
    }

    if (!latent_model_fits(model, model->classes, s.search.patterns)) {
        aud_error_set(err, "the model is one of other fields");
        goto done;
    }

    if (stability_classes(&s) != 0) {
        rc = latent_search_failed(&s.search, err);
        goto done;
    }

    latent_team_run(s.search.team, stability_resample, &s, options->resamples);

    if (s.failed || latent_stopped(&watch)) {
        rc = latent_search_failed(&s.search, err);
        goto done;
    }

    for (k = 0; k < model->classes; k++) {
        agreement[k] = 0;

        for (i = 0; i < options->resamples; i++) {
            agreement[k] += s.jaccard[i * model->classes + k]
                            / options->resamples;
        }
    }

    rc = LATENT_OK;

done:

    aud_free(s.ends);
    aud_free(s.classes);
    aud_free(s.jaccard);
    latent_search_close(&s.search);
    return rc;
}


static int
stability_open(stability_t *s, latent_watch_t *watch,
    const latent_data_t *data, const latent_options_t *options,
    aud_error_t *err)
{
    uint32_t                  i, end = 0;
    const latent_patterns_t  *p;

    if (latent_search_open(&s->search, watch, data, RESAMPLE_ROWS, options,
                           err)
        != 0)
    {
        return -1;
    }

    p = s->search.patterns;
    s->ends = aud_calloc(p->n, sizeof(uint32_t));
    s->classes = aud_calloc(p->n, 1);
    s->jaccard = aud_calloc((size_t) options->resamples * s->model->classes + 1,
                            sizeof(double));

    if (s->ends == NULL || s->classes == NULL || s->jaccard == NULL) {
        return aud_error_set(err, "out of memory for resamples");
    }

    for (i = 0; i < p->n; i++) {
        end += p->weights[i];
        s->ends[i] = end;
    }

    return 0;
}


static int
stability_classes(stability_t *s)
{
    latent_em_t  *em;

    em = latent_em_create(s->search.patterns, s->model->classes);

    if (em == NULL) {
        return -1;
    }

    latent_model_give(s->model, em);
    (void) latent_em_run(em, s->search.team, s->search.watch, 0, -1);
    latent_em_classes(em, s->classes);
    latent_em_free(em);

    return 0;
}


/* Alone: as many resamples as threads are at work at once. */
static void
stability_resample(void *arg, uint32_t resample)
{
    double           *weights;
    uint8_t          *classes;
    stability_t      *s = arg;
    latent_em_t      *em = NULL;
    latent_search_t   search = s->search;

    if (latent_stopped(search.watch)) {
        return;
    }

    weights = aud_calloc(search.patterns->n, sizeof(double));
    classes = aud_malloc(search.patterns->n);

    if (weights && classes) {
        resample_draw(s, resample, weights);
        search.few = search.patterns;
        search.weights = weights;
        search.seed = random_at(search.seed, RESAMPLE_STREAM - 1, resample);
        search.team = NULL;
        em = latent_search(&search, s->model->classes, RESAMPLE_STARTS);
    }

    if (em) {
        latent_em_classes(em, classes);
        resample_compare(s, classes, weights,
                         s->jaccard + resample * s->model->classes);

    } else {
        atomic_store(&s->failed, 1);
    }

    latent_em_free(em);
    aud_free(weights);
    aud_free(classes);
}


/* As many rows as there are, each any of them. */
static void
resample_draw(const stability_t *s, uint32_t resample, double *weights)
{
    uint32_t                  i, row, low, high, middle;
    const latent_patterns_t  *p = s->search.patterns;

    for (i = 0; i < p->rows; i++) {
        row = random_at_below(s->search.watch->options->seed,
                              RESAMPLE_STREAM + resample, i, p->rows);

        for (low = 0, high = p->n - 1; low < high; ) {
            middle = (low + high) / 2;

            if (row < s->ends[middle]) {
                high = middle;

            } else {
                low = middle + 1;
            }
        }

        weights[low]++;
    }
}


/* Rows that were drawn more than once count so often. */
static void
resample_compare(const stability_t *s, const uint8_t *classes,
    const double *weights, double *jaccard)
{
    double    both[LATENT_CLASSES][LATENT_CLASSES] = { { 0 } };
    double    here[LATENT_CLASSES] = { 0 }, there[LATENT_CLASSES] = { 0 };
    double    either;
    uint32_t  i, j, k;

    for (i = 0; i < s->search.patterns->n; i++) {
        both[s->classes[i]][classes[i]] += weights[i];
        here[s->classes[i]] += weights[i];
        there[classes[i]] += weights[i];
    }

    for (k = 0; k < s->model->classes; k++) {
        jaccard[k] = 0;

        for (j = 0; j < s->model->classes; j++) {
            either = here[k] + there[j] - both[k][j];

            if (either > 0 && both[k][j] / either > jaccard[k]) {
                jaccard[k] = both[k][j] / either;
            }
        }
    }
}
