/*
 * Groups of people: how many there are, who is in each, how stable they are.
 */

#include <math.h>

#include "aud_alloc.h"
#include "segmentation_private.h"
#include "settings.h"

#define FIND_BLOCK  16384                   /* rows, whole words of a bitmap */


static int find_data(segmentation_t *s);
static segmentation_status_t find_status(latent_status_t status);
static void find_progress(void *arg, double done);
static segmentation_status_t find_members(segmentation_t *s);
static uint64_t *find_known(const segmentation_t *s);
static void find_block(segmentation_t *s, const uint64_t *known,
    uint32_t first, uint32_t count, const float *posterior);
static void find_groups(segmentation_t *s);
static void find_unassigned(segmentation_t *s);
static size_t find_count(const uint64_t *rows, uint32_t n);


segmentation_status_t
segmentation_find(segmentation_t *s)
{
    size_t                 i;
    segmentation_status_t  status;

    for (i = 0; i < LATENT_CLASSES; i++) {
        s->bics[i] = NAN;
    }

    if (s->behaviours->n == 0 || s->behaviours->rows < 2) {
        s->unassigned = s->behaviours->rows;
        return SEGMENTATION_OK;
    }

    if (find_data(s) != 0) {
        aud_error_set(&s->err, "out of memory");
        return SEGMENTATION_FAILED;
    }

    job_progress(s->run, "finding groups", 0.1);
    status = find_status(latent_choose(&s->data, &s->options, &s->model,
                                       &s->err));

    if (status == SEGMENTATION_OK) {
        job_progress(s->run, "assigning", 0.6);
        status = find_members(s);
    }

    return status;
}


static int
find_data(segmentation_t *s)
{
    size_t                i;
    uint8_t              *categories;
    const uint8_t       **codes;
    const behaviours_t   *b = s->behaviours;

    codes = aud_calloc(b->n, sizeof(uint8_t *));
    categories = aud_calloc(b->n, sizeof(uint8_t));

    s->data.n = b->rows;
    s->data.m = b->n;
    s->data.codes = codes;
    s->data.categories = categories;

    if (codes == NULL || categories == NULL) {
        return -1;
    }

    for (i = 0; i < b->n; i++) {
        codes[i] = b->fields[i].codes;
        categories[i] = b->fields[i].ncategories;
    }

    latent_defaults(&s->options);
    s->options.max_classes = s->worker->settings->max_classes;
    s->options.threads = s->worker->settings->segmentation_threads;
    s->options.sample = SEGMENTATION_SAMPLE;
    s->options.resamples = SEGMENTATION_RESAMPLES;
    s->options.bics = s->bics;
    s->options.stopping = segmentation_stopping;
    s->options.progress = find_progress;
    s->options.arg = s;

    return 0;
}


static segmentation_status_t
find_status(latent_status_t status)
{
    return status == LATENT_OK ? SEGMENTATION_OK
           : status == LATENT_STOPPED ? SEGMENTATION_STOPPED
           : SEGMENTATION_FAILED;
}


static void
find_progress(void *arg, double done)
{
    segmentation_t  *s = arg;

    if (s->model == NULL) {
        job_progress(s->run, "finding groups", 0.1 + 0.5 * done);

    } else {
        job_progress(s->run, "testing stability", 0.7 + 0.2 * done);
    }
}


/* Who is certain enough of a class.  Of whom nothing is known, the posterior
 * is that of anybody: such people are in none. */

static segmentation_status_t
find_members(segmentation_t *s)
{
    float                  *posterior;
    uint32_t                k, first, count, classes = s->model->classes;
    uint64_t               *known;
    segmentation_status_t   status = SEGMENTATION_OK;

    if (classes == 1) {
        s->unassigned = s->data.n;
        return SEGMENTATION_OK;
    }

    known = find_known(s);
    posterior = aud_malloc((size_t) FIND_BLOCK * classes * sizeof(float));

    for (k = 0; k < classes; k++) {
        s->members[k] = aud_calloc(AUD_WORDS(s->data.n), sizeof(uint64_t));

        if (s->members[k] == NULL) {
            status = SEGMENTATION_FAILED;
        }
    }

    if (known == NULL || posterior == NULL || status != SEGMENTATION_OK) {
        aud_error_set(&s->err, "out of memory");
        status = SEGMENTATION_FAILED;
    }

    for (first = 0; status == SEGMENTATION_OK && first < s->data.n;
         first += count)
    {
        count = s->data.n - first < FIND_BLOCK ? s->data.n - first
                                               : FIND_BLOCK;
        latent_posterior(s->model, &s->data, first, count, posterior);
        find_block(s, known, first, count, posterior);

        if (segmentation_stopping(s)) {
            status = SEGMENTATION_STOPPED;
        }
    }

    if (status == SEGMENTATION_OK) {
        find_groups(s);
    }

    aud_free(posterior);
    aud_free(known);

    return status;
}


static uint64_t *
find_known(const segmentation_t *s)
{
    uint32_t        i, j;
    uint64_t       *known, word;
    const uint8_t  *codes;

    known = aud_calloc(AUD_WORDS(s->data.n), sizeof(uint64_t));

    for (j = 0; known && j < s->data.m; j++) {
        codes = s->data.codes[j];

        for (i = 0; i < s->data.n; i++) {
            word = codes[i] != BEHAVIOUR_MISSING;
            known[i / 64] |= word << (i % 64);
        }
    }

    return known;
}


static void
find_block(segmentation_t *s, const uint64_t *known, uint32_t first,
    uint32_t count, const float *posterior)
{
    float      least = s->worker->settings->membership / 100.0f;
    uint32_t   i, k;
    uint64_t   word, *rows;

    for (k = 0; k < s->model->classes; k++) {
        rows = s->members[k] + first / 64;

        for (i = 0; i < count; i++) {
            word = posterior[(size_t) k * count + i] >= least;
            rows[i / 64] |= word << (i % 64);
        }

        for (i = 0; i < AUD_WORDS(count); i++) {
            rows[i] &= known[first / 64 + i];
        }
    }
}


/* Classes of too few people go; the largest comes first. */

static void
find_groups(segmentation_t *s)
{
    size_t     n, place, counts[LATENT_CLASSES];
    uint32_t   k;
    uint64_t  *rows;

    for (k = 0; k < s->model->classes; k++) {
        rows = s->members[k];
        s->members[k] = NULL;
        n = find_count(rows, s->data.n);

        if (n < s->worker->settings->min_people) {
            aud_free(rows);
            s->too_small++;
            continue;
        }

        for (place = s->ngroups++; place && counts[place - 1] < n; place--) {
            counts[place] = counts[place - 1];
            s->members[place] = s->members[place - 1];
            s->classes[place] = s->classes[place - 1];
        }

        counts[place] = n;
        s->members[place] = rows;
        s->classes[place] = k;
    }

    find_unassigned(s);
}


static void
find_unassigned(segmentation_t *s)
{
    size_t    k, i, assigned = 0;
    uint64_t  word;

    for (i = 0; i < AUD_WORDS(s->data.n); i++) {
        word = 0;

        for (k = 0; k < s->ngroups; k++) {
            word |= s->members[k][i];
        }

        assigned += __builtin_popcountll(word);
    }

    s->unassigned = s->data.n - assigned;
}


static size_t
find_count(const uint64_t *rows, uint32_t n)
{
    size_t  i, count = 0;

    for (i = 0; i < AUD_WORDS(n); i++) {
        count += __builtin_popcountll(rows[i]);
    }

    return count;
}


segmentation_status_t
segmentation_stability(segmentation_t *s)
{
    size_t                 i;
    double                 agreement[LATENT_CLASSES];
    segmentation_status_t  status;

    if (s->ngroups == 0) {
        return SEGMENTATION_OK;
    }

    job_progress(s->run, "testing stability", 0.7);
    status = find_status(latent_stability(s->model, &s->data, &s->options,
                                          agreement, &s->err));

    for (i = 0; status == SEGMENTATION_OK && i < s->ngroups; i++) {
        s->groups[i].stability = agreement[s->classes[i]];
    }

    return status;
}


void
segmentation_find_free(segmentation_t *s)
{
    size_t  i;

    for (i = 0; i < LATENT_CLASSES; i++) {
        aud_free(s->members[i]);
    }

    latent_free(s->model);
    aud_free((void *) s->data.codes);
    aud_free((void *) s->data.categories);
}
