#include <string.h>

#include "aud_alloc.h"
#include "latent_search.h"
#include "random_at.h"


#define SEARCH_ROWS    10000            /* that starts are tried on */
#define SEARCH_STEPS   15               /* of a start, before the best go on */
#define SEARCH_KEPT    4                /* one of so many starts goes on */
#define SEARCH_MORE    100              /* steps of those */
#define SEARCH_TOLERANCE 0.5            /* of those */
#define START_ROWS     512              /* that a start looks at, at most */
#define START_SELF     0.5


typedef struct {
    const latent_search_t  *search;
    latent_em_t           **ems;        /* [starts], the best first, sorted */
    uint32_t                classes;
    atomic_int              failed;     /* memory */
} runs_t;


static void runs_start(void *arg, uint32_t start);
static void runs_go_on(void *arg, uint32_t start);
static void runs_sort(runs_t *r, uint32_t starts);
static void search_run(const latent_search_t *s,
    void (*work)(void *arg, uint32_t piece), runs_t *r, uint32_t pieces);
static void start_class(latent_em_t *em, uint32_t k, const uint8_t *row);
static uint32_t start_pick(const double *near, uint32_t n, double at);


int
latent_search_open(latent_search_t *search, latent_watch_t *watch,
    const latent_data_t *data, uint32_t sample,
    const latent_options_t *options, aud_error_t *err)
{
    memset(search, 0, sizeof(latent_search_t));
    search->watch = watch;
    search->seed = options->seed;
    latent_watch(watch, options);

    search->patterns = latent_patterns_create(data, sample, options->seed, err);
    if (search->patterns == NULL) {
        return -1;
    }

    search->few = search->patterns;

    if (search->patterns->n > SEARCH_ROWS) {
        search->few = latent_patterns_create(data, SEARCH_ROWS, options->seed,
                                             err);
        if (search->few == NULL) {
            return -1;
        }
    }

    search->team = latent_team_create(options->threads);
    if (search->team == NULL) {
        return aud_error_set(err, "out of memory for classes");
    }

    return 0;
}


void
latent_search_close(latent_search_t *search)
{
    if (search->few != search->patterns) {
        latent_patterns_free(search->few);
    }

    latent_patterns_free(search->patterns);
    latent_team_free(search->team);
}


latent_status_t
latent_search_failed(const latent_search_t *search, aud_error_t *err)
{
    if (atomic_load(&search->watch->stopped)) {
        return LATENT_STOPPED;
    }

    aud_error_set(err, "out of memory for classes");
    return LATENT_FAILED;
}


latent_em_t *
latent_search(const latent_search_t *search, uint32_t classes,
    uint32_t starts)
{
    runs_t        r = { .search = search, .classes = classes };
    uint32_t      i, kept;
    latent_em_t  *best = NULL;

    starts = classes == 1 || starts == 0 ? 1 : starts;
    kept = (starts + SEARCH_KEPT - 1) / SEARCH_KEPT;

    r.ems = aud_calloc(starts, sizeof(latent_em_t *));
    if (r.ems == NULL) {
        return NULL;
    }

    search_run(search, runs_start, &r, starts);

    if (r.failed || latent_stopped(search->watch)) {
        goto done;
    }

    if (starts > 1) {
        runs_sort(&r, starts);
        search_run(search, runs_go_on, &r, kept);
        runs_sort(&r, kept);
    }

    if (!latent_stopped(search->watch)) {
        best = r.ems[0];
        r.ems[0] = NULL;
    }

done:

    for (i = 0; i < starts; i++) {
        latent_em_free(r.ems[i]);
    }

    aud_free(r.ems);
    return best;
}


latent_em_t *
latent_widen(const latent_search_t *search, const latent_em_t *few,
    double needed, double tolerance)
{
    latent_em_t  *em;

    em = latent_em_create(search->patterns, few->classes);
    if (em == NULL) {
        return NULL;
    }

    em->needed = needed;
    memcpy(em->parameters, few->parameters,
           latent_em_size(em) * sizeof(double));

    if (latent_em_run(em, search->team, search->watch,
                      search->watch->options->iterations, tolerance)
        != 0)
    {
        latent_em_free(em);
        return NULL;
    }

    return em;
}


static void
search_run(const latent_search_t *s, void (*work)(void *arg, uint32_t piece),
    runs_t *r, uint32_t pieces)
{
    uint32_t  i;

    if (s->team) {
        latent_team_run(s->team, work, r, pieces);
        return;
    }

    for (i = 0; i < pieces; i++) {
        work(r, i);
    }
}


static void
runs_start(void *arg, uint32_t start)
{
    runs_t                 *r = arg;
    latent_em_t            *em;
    const latent_search_t  *s = r->search;

    em = latent_em_create(s->few, r->classes);
    r->ems[start] = em;

    if (em == NULL
        || latent_start(em, s->seed, start) != 0)
    {
        atomic_store(&r->failed, 1);
        return;
    }

    latent_em_weigh(em, s->weights);
    (void) latent_em_run(em, NULL, s->watch, SEARCH_STEPS, -1);
}


static void
runs_go_on(void *arg, uint32_t start)
{
    runs_t  *r = arg;

    (void) latent_em_run(r->ems[start], NULL, r->search->watch, SEARCH_MORE,
                         SEARCH_TOLERANCE);
}


/* The highest log likelihood first; of equal ones the earlier start. */
static void
runs_sort(runs_t *r, uint32_t starts)
{
    uint32_t      i, k;
    latent_em_t  *em;

    for (i = 1; i < starts; i++) {
        em = r->ems[i];

        for (k = i;
             k > 0 && r->ems[k - 1]->log_likelihood < em->log_likelihood;
             k--)
        {
            r->ems[k] = r->ems[k - 1];
        }

        r->ems[k] = em;
    }
}


int
latent_start(latent_em_t *em, uint64_t seed, uint32_t start)
{
    double                   *near, differ, sum;
    uint8_t                  *rows, *row, *taken;
    uint32_t                  i, j, k, n, pick;
    const latent_patterns_t  *p = em->patterns;

    n = p->n < START_ROWS ? p->n : START_ROWS;
    near = aud_calloc(n, sizeof(double));
    rows = aud_malloc((size_t) n * p->m + 1);
    if (near == NULL || rows == NULL) {
        aud_free(near);
        aud_free(rows);
        return -1;
    }

    for (i = 0; i < n; i++) {
        pick = (uint64_t) i * p->n / n;
        pick += random_at_below(seed, 2 * start + 1, i,
                                (uint64_t) (i + 1) * p->n / n - pick);
        latent_patterns_row(p, pick, rows + (size_t) i * p->m);
        near[i] = p->weights[pick];
    }

    memset(em->parameters, 0, latent_em_size(em) * sizeof(double));

    for (k = 0; k < em->classes; k++) {
        pick = start_pick(near, n, random_at_unit(seed, 2 * start + 2, k));
        taken = rows + (size_t) pick * p->m;
        start_class(em, k, taken);

        for (i = 0, sum = 0; i < n; i++) {
            row = rows + (size_t) i * p->m;
            differ = 0;

            for (j = 0; j < p->m; j++) {
                differ += row[j] != taken[j];
            }

            differ = differ * differ;
            near[i] = k == 0 || differ < near[i] ? differ : near[i];
            sum += near[i];
        }
    }

    aud_free(near);
    aud_free(rows);
    return 0;
}


/* The place where the running sum passes that part of the whole. */
static uint32_t
start_pick(const double *near, uint32_t n, double at)
{
    double    sum = 0;
    uint32_t  i;

    for (i = 0; i < n; i++) {
        sum += near[i];
    }

    at *= sum;

    for (i = 0; i + 1 < n && at >= near[i]; i++) {
        at -= near[i];
    }

    return i;
}


static void
start_class(latent_em_t *em, uint32_t k, const uint8_t *row)
{
    double                    probability;
    uint32_t                  c, j;
    const latent_patterns_t  *p = em->patterns;

    em->parameters[k] = 1.0 / em->classes;

    for (j = 0; j < p->m; j++) {
        for (c = p->offsets[j]; c < p->offsets[j + 1]; c++) {
            probability = p->marginals[c];

            if (row[j] != LATENT_MISSING) {
                probability *= 1 - START_SELF;
                probability += p->offsets[j] + row[j] == c ? START_SELF : 0;
            }

            em->parameters[(size_t) (1 + c) * em->width + k] =
                probability > LATENT_FLOOR ? probability : LATENT_FLOOR;
        }
    }
}
