#include <math.h>
#include <string.h>

#include "aud_alloc.h"
#include "latent_leap.h"


#define EM_ALIGN       64
#define EM_BLOCK_ROWS  512              /* in a block, at least */
#define EM_NOTHING     1e-200           /* a weight that tells nothing */

/* A run is hopeless that gains less than a tenth of what it needs, as far as
 * one can tell once this many iterations have left the first plateau. */
#define EM_HOPE        10
#define EM_HOPE_FROM   30


static size_t em_carve(latent_em_t *em, char *memory);
static void em_tables(latent_em_t *em);
static void em_expect(latent_em_t *em);
static void em_expect_block(void *arg, uint32_t block);
static void em_sum(latent_em_t *em, const latent_group_t *group);
static void em_divide(latent_em_t *em, uint32_t field);
static uint32_t em_class(const latent_em_t *em, const uint8_t *codes);


void
latent_watch(latent_watch_t *watch, const latent_options_t *options)
{
    watch->options = options;
    watch->owner = pthread_self();
    atomic_init(&watch->stopped, 0);
}


int
latent_stopped(latent_watch_t *watch)
{
    const latent_options_t  *o = watch->options;

    if (atomic_load(&watch->stopped)) {
        return 1;
    }

    if (o->stopping && pthread_equal(watch->owner, pthread_self())
        && o->stopping(o->arg))
    {
        atomic_store(&watch->stopped, 1);
        return 1;
    }

    return 0;
}


latent_em_t *
latent_em_create(const latent_patterns_t *patterns, uint32_t classes)
{
    latent_em_t  *em;

    em = aud_calloc(1, sizeof(latent_em_t));
    if (em == NULL) {
        return NULL;
    }

    em->patterns = patterns;
    em->classes = classes;
    em->width = latent_width(classes);
    em->blocks = patterns->n / EM_BLOCK_ROWS;
    em->blocks = em->blocks < 1 ? 1 : em->blocks;
    em->blocks = em->blocks > LATENT_BLOCKS ? LATENT_BLOCKS : em->blocks;
    em->needed = -INFINITY;
    latent_em_weigh(em, NULL);

    em->memory = aud_calloc(em_carve(em, NULL) + EM_ALIGN, 1);
    if (em->memory == NULL) {
        aud_free(em);
        return NULL;
    }

    (void) em_carve(em, (char *) em->memory + EM_ALIGN
                        - (uintptr_t) em->memory % EM_ALIGN);

    return em;
}


void
latent_em_free(latent_em_t *em)
{
    if (em) {
        aud_free(em->memory);
        aud_free(em);
    }
}


/* Points all arrays into the memory; returns how much they need. */
static size_t
em_carve(latent_em_t *em, char *memory)
{
    size_t    i, at = 0, table = (size_t) em->patterns->ncells * em->width;
    size_t    cells = em->patterns->offsets[em->patterns->m];
    size_t    size = latent_em_size(em);
    double  **arrays[] = { &em->parameters, &em->before[0], &em->before[1],
                           &em->before[2], &em->tables, &em->counts,
                           &em->sums };
    size_t    sizes[] = { size, size, size, size, table, table * em->blocks,
                          cells * em->width };

    for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        if (memory) {
            *arrays[i] = (double *) (memory + at);
        }

        at += (sizes[i] * sizeof(double) + EM_ALIGN - 1) / EM_ALIGN * EM_ALIGN;
    }

    return at;
}


size_t
latent_em_size(const latent_em_t *em)
{
    return ((size_t) em->patterns->offsets[em->patterns->m] + 1) * em->width;
}


void
latent_em_weigh(latent_em_t *em, const double *weights)
{
    uint32_t  i;

    em->weights = weights ? weights : em->patterns->weights;
    em->total = 0;

    for (i = 0; i < em->patterns->n; i++) {
        em->total += em->weights[i];
    }
}


int
latent_em_run(latent_em_t *em, latent_team_t *team, latent_watch_t *watch,
    uint32_t iterations, double tolerance)
{
    int     rc;
    double  to_come = INFINITY;

    em->team = team;
    em->watch = watch;
    em->iterations = 0;
    em->converged = 0;

    rc = latent_em_evaluate(em);

    while (rc == 0 && !em->converged && em->iterations < iterations) {
        if (tolerance < 0) {
            rc = latent_em_step(em);
            continue;
        }

        rc = latent_leap(em, tolerance, &to_come);

        if (em->iterations >= EM_HOPE_FROM
            && em->log_likelihood + EM_HOPE * to_come < em->needed)
        {
            break;
        }
    }

    return rc;
}


int
latent_em_evaluate(latent_em_t *em)
{
    if (latent_stopped(em->watch)) {
        return -1;
    }

    em_tables(em);
    em_expect(em);

    return 0;
}


int
latent_em_step(latent_em_t *em)
{
    latent_em_maximise(em);
    em->iterations++;

    return latent_em_evaluate(em);
}


/* Each field's probabilities times those of the fields before it: its highest
 * code first, since the lowest overwrites what it reads. */
static void
em_tables(latent_em_t *em)
{
    double                   *table;
    uint32_t                  c, g, i, j, k, stride, width = em->width;
    const double             *p;
    const latent_group_t     *group;
    const latent_patterns_t  *patterns = em->patterns;

    for (g = 0; g < patterns->ngroups; g++) {
        group = &patterns->groups[g];
        table = em->tables + (size_t) group->first * width;
        stride = 1;

        for (k = 0; k < width; k++) {
            table[k] = g == 0 ? em->parameters[k] : 1;
        }

        for (j = group->field; j < group->field + group->fields; j++) {
            for (c = patterns->sizes[j]; c-- > 0; ) {
                p = patterns->misses[j] && c + 1 == patterns->sizes[j] ? NULL
                    : em->parameters
                      + (size_t) (1 + patterns->offsets[j] + c) * width;

                for (i = 0; i < stride; i++) {
                    for (k = 0; k < width; k++) {
                        table[(c * stride + i) * width + k] =
                            table[i * width + k] * (p ? p[k] : 1);
                    }
                }
            }

            stride *= patterns->sizes[j];
        }
    }
}


static void
em_expect(latent_em_t *em)
{
    uint32_t  b;

    if (em->team) {
        latent_team_run(em->team, em_expect_block, em, em->blocks);

    } else {
        for (b = 0; b < em->blocks; b++) {
            em_expect_block(em, b);
        }
    }

    em->log_likelihood = 0;

    for (b = 0; b < em->blocks; b++) {
        em->log_likelihood += em->logs[b];
    }
}


static void
em_expect_block(void *arg, uint32_t block)
{
    size_t                    table;
    double                   *counts;
    latent_em_t              *em = arg;
    latent_expect_t           e;
    const latent_patterns_t  *p = em->patterns;

    table = (size_t) p->ncells * em->width;
    counts = em->counts + table * block;
    memset(counts, 0, table * sizeof(double));

    e.codes = p->codes;
    e.weights = em->weights;
    e.firsts = p->firsts;
    e.passes = p->passes;
    e.tables = em->tables;
    e.ngroups = p->ngroups;
    e.npasses = p->npasses;
    e.width = em->width;

    em->logs[block] = latent_expect(&e, (uint64_t) block * p->n / em->blocks,
                                    (uint64_t) (block + 1) * p->n / em->blocks,
                                    counts);
}


void
latent_em_maximise(latent_em_t *em)
{
    size_t                    table;
    uint32_t                  b, c, j, k;
    const latent_patterns_t  *p = em->patterns;

    table = (size_t) p->ncells * em->width;

    for (b = 1; b < em->blocks; b++) {
        latent_add(em->counts, em->counts + table * b, table);
    }

    for (k = 0; k < em->width; k++) {
        em->parameters[k] = 0;
    }

    for (c = 0; c < p->groups[0].cells; c++) {
        for (k = 0; k < em->width; k++) {
            em->parameters[k] += em->counts[c * em->width + k];
        }
    }

    for (k = 0; k < em->width; k++) {
        em->parameters[k] /= em->total;
    }

    memset(em->sums, 0,
           (size_t) p->offsets[p->m] * em->width * sizeof(double));

    for (j = 0; j < p->ngroups; j++) {
        em_sum(em, &p->groups[j]);
    }

    for (j = 0; j < p->m; j++) {
        em_divide(em, j);
    }
}


/* The weights of a group's cells are those of its fields' categories. */
static void
em_sum(latent_em_t *em, const latent_group_t *group)
{
    double                   *sums;
    uint8_t                   codes[LATENT_FIELDS];
    uint32_t                  cell, j, k;
    const double             *counts;
    const latent_patterns_t  *p = em->patterns;

    for (cell = 0; cell < group->cells; cell++) {
        counts = em->counts + (size_t) (group->first + cell) * em->width;
        latent_patterns_cell(p, group, cell, codes);

        for (j = 0; j < group->fields; j++) {
            if (codes[j] == LATENT_MISSING) {
                continue;
            }

            sums = em->sums + (size_t) (p->offsets[group->field + j]
                                        + codes[j]) * em->width;

            for (k = 0; k < em->width; k++) {
                sums[k] += counts[k];
            }
        }
    }
}


static void
em_divide(latent_em_t *em, uint32_t field)
{
    double     total[LATENT_CLASSES] = { 0 }, *p;
    uint32_t   c, k, width = em->width;
    uint32_t   first = em->patterns->offsets[field];
    uint32_t   last = em->patterns->offsets[field + 1];

    for (c = first; c < last; c++) {
        for (k = 0; k < width; k++) {
            total[k] += em->sums[(size_t) c * width + k];
        }
    }

    for (c = first; c < last; c++) {
        p = em->parameters + (size_t) (1 + c) * width;

        for (k = 0; k < em->classes; k++) {
            if (total[k] > EM_NOTHING) {
                p[k] = em->sums[(size_t) c * width + k] / total[k];
                p[k] = p[k] > LATENT_FLOOR ? p[k] : LATENT_FLOOR;
            }
        }
    }
}


void
latent_em_classes(const latent_em_t *em, uint8_t *classes)
{
    uint32_t                  i;
    const latent_patterns_t  *p = em->patterns;

    for (i = 0; i < p->n; i++) {
        classes[i] = em_class(em, p->codes + (size_t) i * p->ngroups);
    }
}


static uint32_t
em_class(const latent_em_t *em, const uint8_t *codes)
{
    double                    products[LATENT_CLASSES], most;
    uint32_t                  best = 0, g, k, pass = 0;
    const double             *table;
    const latent_patterns_t  *p = em->patterns;

    for (k = 0; k < em->classes; k++) {
        products[k] = 1;
    }

    for (g = 0; g < p->ngroups; g++) {
        table = em->tables + (size_t) (p->firsts[g] + codes[g]) * em->width;
        most = 0;

        for (k = 0; k < em->classes; k++) {
            products[k] *= table[k];
            most = products[k] > most ? products[k] : most;
        }

        if (g + 1 == p->passes[pass]) {
            pass++;

            for (k = 0; k < em->classes; k++) {
                products[k] /= most;
            }
        }
    }

    for (k = 1; k < em->classes; k++) {
        best = products[k] > products[best] ? k : best;
    }

    return best;
}
