/*
 * Latent classes: a published table, what is special, what goes wrong.  That
 * the numbers are those of another EM, t/latent_classes.t shows.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "latent_classes.h"
#include "latent_expect.h"
#include "random.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define MOST_FIELDS  300


typedef struct {
    latent_data_t   data;
    uint8_t        *columns[MOST_FIELDS];
    uint8_t         categories[MOST_FIELDS];
} table_t;


/* Not a number is near nothing. */
static void
is_near(double value, double expected, double apart)
{
    if (!(fabs(value - expected) <= apart)) {
        fail_msg("%.9g, not %.9g", value, expected);
    }
}


static table_t *
table_create(uint32_t n, uint32_t m, uint8_t categories)
{
    table_t   *t;
    uint32_t   j;

    t = calloc(1, sizeof(table_t));
    t->data.n = n;
    t->data.m = m;
    t->data.codes = (const uint8_t *const *) t->columns;
    t->data.categories = t->categories;

    for (j = 0; j < m; j++) {
        t->columns[j] = calloc(n, 1);
        t->categories[j] = categories;
    }

    return t;
}


static void
table_free(table_t *t)
{
    uint32_t  j;

    for (j = 0; j < t->data.m; j++) {
        free(t->columns[j]);
    }

    free(t);
}


/* Every value is any, or one in four times missing. */
static table_t *
random_table(uint32_t n, uint32_t m, uint8_t categories, int missing)
{
    table_t   *t;
    uint32_t   i, j;

    t = table_create(n, m, categories);

    for (j = 0; j < m; j++) {
        for (i = 0; i < n; i++) {
            t->columns[j][i] = missing && random_below(4) == 0
                               ? LATENT_MISSING : random_below(categories);
        }
    }

    return t;
}


/* Rows of two kinds, that differ in most fields. */
static table_t *
two_kinds(uint32_t n, uint32_t m)
{
    table_t   *t;
    uint32_t   i, j;

    t = random_table(n, m, 4, 1);

    for (i = 0; i < n; i++) {
        for (j = 0; j < m; j++) {
            if (random_below(3)) {
                t->columns[j][i] = i % 3 == 0;
            }
        }
    }

    return t;
}


/*
 * Four answers of which an even number is yes: any three are independent, so
 * that two and three classes explain less than they cost, and eight all.
 */
static table_t *
parity_table(uint32_t n)
{
    table_t   *t = random_table(n, 4, 2, 0);
    uint32_t   i;

    for (i = 0; i < n; i++) {
        t->columns[3][i] = t->columns[0][i] ^ t->columns[1][i]
                           ^ t->columns[2][i];
    }

    return t;
}


static latent_model_t *
fit(const table_t *t, uint32_t classes, const latent_options_t *options)
{
    aud_error_t       err;
    latent_model_t   *model;
    latent_options_t  o;

    latent_defaults(&o);

    if (latent_fit(&t->data, classes, options ? options : &o, &model, &err)
        != LATENT_OK)
    {
        fail_msg("%s", err.text);
    }

    return model;
}


static latent_model_t *
choose(const table_t *t)
{
    aud_error_t       err;
    latent_model_t   *model;
    latent_options_t  o;

    latent_defaults(&o);

    if (latent_choose(&t->data, &o, &model, &err) != LATENT_OK) {
        fail_msg("%s", err.text);
    }

    return model;
}


static void
is_sound(const table_t *t, const latent_model_t *model)
{
    float     *posterior;
    double     sum;
    uint32_t   c, i, j, k;

    assert_true(isfinite(model->log_likelihood) && isfinite(model->bic));

    for (k = 0, sum = 0; k < model->classes; k++) {
        assert_true(k == 0 || model->shares[k] <= model->shares[k - 1]);
        sum += model->shares[k];
    }

    is_near(sum, 1, 1e-9);

    for (j = 0; j < model->m; j++) {
        for (k = 0; k < model->classes; k++) {
            sum = 0;

            for (c = model->offsets[j]; c < model->offsets[j + 1]; c++) {
                sum += model->probabilities[c * model->classes + k];
            }

            is_near(sum, 1, 1e-9);
        }
    }

    posterior = malloc((size_t) t->data.n * model->classes * sizeof(float));
    latent_posterior(model, &t->data, 0, t->data.n, posterior);

    for (i = 0; i < t->data.n; i++) {
        for (k = 0, sum = 0; k < model->classes; k++) {
            sum += posterior[(size_t) k * t->data.n + i];
        }

        is_near(sum, 1, 1e-5);
    }

    free(posterior);
}


static void
are_the_same(const latent_model_t *a, const latent_model_t *b)
{
    assert_int_equal(a->classes, b->classes);
    assert_int_equal(a->iterations, b->iterations);
    assert_memory_equal(&a->log_likelihood, &b->log_likelihood,
                        sizeof(double));
    assert_memory_equal(a->shares, b->shares, a->classes * sizeof(double));
    assert_memory_equal(a->probabilities, b->probabilities,
                        (size_t) a->offsets[a->m] * a->classes
                        * sizeof(double));
}


/*
 * Stouffer and Toby 1951, American Journal of Sociology 56, 395-406: what 216
 * students would do in four situations of role conflict, universalistic (0) or
 * particularistic (1).  Two classes: Goodman 1974.
 */
static const uint8_t  stouffer_toby[16] = {
    /* the fourth answer changes fastest */
    42, 23, 6, 25, 6, 24, 7, 38, 1, 4, 1, 6, 2, 9, 2, 20
};


static table_t *
stouffer_toby_table(void)
{
    table_t   *t;
    uint32_t   cell, i, j, row = 0;

    t = table_create(216, 4, 2);

    for (cell = 0; cell < 16; cell++) {
        for (i = 0; i < stouffer_toby[cell]; i++, row++) {
            for (j = 0; j < 4; j++) {
                t->columns[j][row] = cell >> (3 - j) & 1;
            }
        }
    }

    assert_int_equal(row, 216);

    return t;
}


static void
test_the_table_of_stouffer_and_toby(void **state)
{
    table_t         *t = stouffer_toby_table();
    uint32_t         j;
    latent_model_t  *model = fit(t, 2, NULL);

    /* Of answering particularistically, by class. */
    static const double  published[4][2] = {
        { 0.286, 0.007 }, { 0.670, 0.060 }, { 0.646, 0.073 }, { 0.868, 0.231 }
    };

    assert_int_equal(model->parameters, 9);
    is_near(model->log_likelihood, -504.468, 0.0005);
    is_near(model->shares[0], 0.721, 0.001);
    is_near(model->shares[1], 0.279, 0.001);
    is_near(model->bic, 9 * log(216) + 2 * 504.468, 0.001);

    for (j = 0; j < 4; j++) {
        is_near(model->probabilities[(2 * j + 1) * 2],
                           published[j][0], 0.001);
        is_near(model->probabilities[(2 * j + 1) * 2 + 1],
                           published[j][1], 0.001);
    }

    latent_free(model);
    model = choose(t);
    assert_int_equal(model->classes, 2);
    latent_free(model);
    table_free(t);
}


static int
stop_at_once(void *arg)
{
    int  *calls = arg;

    return ++*calls == 20;
}


static void
test_stopping_ends_the_call(void **state)
{
    int               calls = 0;
    double            agreement[LATENT_CLASSES];
    table_t          *t = two_kinds(3000, 8);
    aud_error_t       err;
    latent_model_t   *model, *none;
    latent_options_t  o;

    latent_defaults(&o);
    model = fit(t, 2, &o);
    o.stopping = stop_at_once;
    o.arg = &calls;

    assert_int_equal(latent_fit(&t->data, 3, &o, &none, &err), LATENT_STOPPED);
    assert_null(none);
    assert_int_equal(calls, 20);

    calls = 0;
    assert_int_equal(latent_choose(&t->data, &o, &none, &err), LATENT_STOPPED);
    assert_null(none);
    assert_int_equal(calls, 20);

    calls = 0;
    assert_int_equal(latent_stability(model, &t->data, &o, agreement, &err),
                     LATENT_STOPPED);
    assert_int_equal(calls, 20);

    latent_free(model);
    table_free(t);
}


static void
note_progress(void *arg, double done)
{
    double  *last = arg;

    assert_true(done >= *last && done <= 1);
    *last = done;
}


static void
test_progress_goes_from_0_to_1(void **state)
{
    double            done = 0;
    table_t          *t = two_kinds(3000, 8);
    aud_error_t       err;
    latent_model_t   *model;
    latent_options_t  o;

    latent_defaults(&o);
    o.progress = note_progress;
    o.arg = &done;

    assert_int_equal(latent_choose(&t->data, &o, &model, &err), LATENT_OK);
    is_near(done, 1, 0);

    latent_free(model);
    table_free(t);
}


static void
test_every_instruction_set_gives_the_same_bytes(void **state)
{
    unsigned          set;
    table_t          *t;
    uint32_t          classes;
    latent_model_t   *plain, *other;
    latent_options_t  o;

    latent_defaults(&o);
    o.iterations = 20;
    o.tolerance = -1;
    o.starts = 2;
    t = random_table(1500, 45, 3, 1);

    for (classes = 1; classes <= LATENT_CLASSES; classes += 3) {
        assert_int_equal(latent_expect_use(0), 0);
        plain = fit(t, classes, &o);

        for (set = 1; latent_expect_use(set) == 0; set++) {
            other = fit(t, classes, &o);
            are_the_same(plain, other);
            latent_free(other);
        }

        latent_free(plain);
    }

    table_free(t);
}


/* Each in turn, until none is left to fail. */
static void *(*real_realloc)(void *p, size_t size);
static int    allocations;


static void *
failing_realloc(void *p, size_t size)
{
    return allocations-- == 0 ? NULL : real_realloc(p, size);
}


static void
test_memory_out_is_an_error(void **state)
{
    int               i, fitted = 0, stable = 0;
    double            agreement[LATENT_CLASSES];
    table_t          *t = two_kinds(2000, 6);
    aud_error_t       err;
    aud_allocator_t   kept = aud_allocator;
    latent_model_t   *model, *good;
    latent_options_t  o;

    latent_defaults(&o);
    o.starts = 3;
    o.resamples = 2;
    good = fit(t, 2, &o);
    real_realloc = kept.realloc;

    for (i = 0; !fitted || !stable; i++) {
        assert_true(i < 1000);
        aud_allocator.realloc = failing_realloc;
        err.text[0] = '\0';
        allocations = i;

        if (latent_choose(&t->data, &o, &model, &err) == LATENT_OK) {
            fitted = 1;
            latent_free(model);

        } else {
            assert_null(model);
            assert_non_null(strstr(err.text, "out of memory"));
        }

        allocations = i;
        stable = latent_stability(good, &t->data, &o, agreement, &err)
                 == LATENT_OK;
        aud_allocator = kept;
    }

    latent_free(good);
    table_free(t);
}


static void
test_classes_that_are_there_are_stable(void **state)
{
    double            agreement[LATENT_CLASSES];
    table_t          *t = two_kinds(3000, 10);
    uint32_t          k;
    aud_error_t       err;
    latent_model_t   *model;
    latent_options_t  o;

    latent_defaults(&o);
    model = choose(t);
    assert_int_equal(model->classes, 2);
    assert_int_equal(latent_stability(model, &t->data, &o, agreement, &err),
                     LATENT_OK);
    assert_true(agreement[0] > 0.95 && agreement[1] > 0.95);
    latent_free(model);
    table_free(t);

    /* Eight classes of noise are not. */
    t = random_table(3000, 6, 3, 0);
    model = fit(t, 8, NULL);
    assert_int_equal(latent_stability(model, &t->data, &o, agreement, &err),
                     LATENT_OK);

    for (k = 0; k < 8; k++) {
        assert_true(agreement[k] < 0.6);
    }

    latent_free(model);
    table_free(t);
}


static void
test_bad_data_are_refused(void **state)
{
    size_t            i;
    table_t          *t = random_table(10, 2, 3, 0);
    aud_error_t       err;
    latent_model_t   *model, *other;
    latent_options_t  o;

    latent_defaults(&o);

    assert_int_equal(latent_fit(&t->data, 0, &o, &model, &err), LATENT_FAILED);
    assert_string_equal(err.text, "0 classes are not 1 to 16");
    assert_int_equal(latent_fit(&t->data, 17, &o, &model, &err),
                     LATENT_FAILED);

    t->columns[1][7] = 3;
    assert_int_equal(latent_choose(&t->data, &o, &model, &err), LATENT_FAILED);
    assert_null(model);
    assert_string_equal(err.text, "field 1 has code 3 of 3 categories");
    t->columns[1][7] = 2;

    for (i = 0; i < 2; i++) {
        t->categories[1] = i ? 33 : 0;
        assert_int_equal(latent_fit(&t->data, 2, &o, &model, &err),
                         LATENT_FAILED);
    }

    t->categories[1] = 3;
    t->data.n = 0;
    assert_int_equal(latent_fit(&t->data, 2, &o, &model, &err), LATENT_FAILED);
    assert_string_equal(err.text, "no rows to find classes in");
    t->data.n = 10;

    other = fit(t, 2, NULL);
    o.from = other;
    assert_int_equal(latent_fit(&t->data, 3, &o, &model, &err), LATENT_FAILED);
    t->data.m = 1;
    assert_int_equal(latent_fit(&t->data, 2, &o, &model, &err), LATENT_FAILED);
    t->data.m = 2;

    latent_free(other);
    table_free(t);
}


static void
test_little_to_tell_apart_is_one_class(void **state)
{
    size_t           i;
    table_t         *t;
    uint32_t         j;
    latent_model_t  *model;

    static const struct {
        uint32_t  n, m;
        uint8_t   categories;
    } shapes[] = {
        { 1, 3, 2 }, { 2, 5, 4 }, { 2000, 1, 32 }, { 3, 0, 2 }, { 500, 9, 1 }
    };

    for (i = 0; i < COUNT(shapes); i++) {
        t = random_table(shapes[i].n, shapes[i].m, shapes[i].categories, 0);
        model = choose(t);
        assert_int_equal(model->classes, 1);
        is_sound(t, model);
        latent_free(model);
        table_free(t);
    }

    /* All missing, and all alike. */
    t = random_table(300, 4, 3, 0);

    for (i = 0; i < 2; i++) {
        for (j = 0; j < 4; j++) {
            memset(t->columns[j], i ? 1 : LATENT_MISSING, 300);
        }

        model = choose(t);
        assert_int_equal(model->classes, 1);
        is_near(model->log_likelihood, 0, 1e-9);
        latent_free(model);
    }

    table_free(t);
}


/* Whatever the shape, more classes than it has included. */
static void
test_models_are_sound(void **state)
{
    size_t            i;
    table_t          *t;
    uint32_t          classes;
    latent_model_t   *model;
    latent_options_t  o;

    static const struct {
        uint32_t  n, m;
        uint8_t   categories;
    } shapes[] = {
        { 1, 3, 2 }, { 2, 5, 4 }, { 40, 1, 32 }, { 3, 0, 2 }, { 50, 9, 1 },
        { 50, 60, 1 }, { 700, 60, 32 }, { 64, 7, 3 }, { 65, 7, 3 }
    };

    latent_defaults(&o);
    o.iterations = 60;
    o.starts = 3;

    for (i = 0; i < 2 * COUNT(shapes); i++) {
        t = random_table(shapes[i / 2].n, shapes[i / 2].m,
                         shapes[i / 2].categories, i % 2);

        for (classes = 1; classes <= LATENT_CLASSES; classes += 5) {
            model = fit(t, classes, &o);
            is_sound(t, model);
            latent_free(model);
        }

        table_free(t);
    }
}


/* Fields that say the same; and fields that each row answers once. */
static void
test_collinear_fields_end_in_classes(void **state)
{
    table_t         *t = random_table(1000, 6, 3, 0);
    uint32_t         i, j;
    latent_model_t  *model;

    for (j = 1; j < 6; j++) {
        memcpy(t->columns[j], t->columns[0], 1000);
    }

    model = choose(t);
    is_sound(t, model);
    assert_int_equal(model->classes, 3);
    latent_free(model);

    for (j = 0; j < 6; j++) {
        for (i = 0; i < 1000; i++) {
            t->columns[j][i] = i % 6 == j ? i % 3 : LATENT_MISSING;
        }
    }

    model = choose(t);
    is_sound(t, model);
    assert_int_equal(model->classes, 1);
    latent_free(model);
    table_free(t);
}


static void
test_a_million_alike_rows_are_one_pattern(void **state)
{
    table_t         *t = table_create(1000 * 1000, 5, 3);
    latent_model_t  *model = fit(t, 4, NULL);

    assert_int_equal(model->n, 1000 * 1000);
    is_near(model->log_likelihood, 0, 1e-5);
    latent_free(model);
    table_free(t);
}


/* A row that a sample had none of: a category that no class has shown. */
static void
test_an_unseen_category_has_a_posterior(void **state)
{
    float            posterior[2 * 2];
    table_t         *t = two_kinds(1000, 30);
    uint32_t         i, j;
    latent_model_t  *model;

    for (j = 0; j < 30; j++) {
        for (i = 0; i < 1000; i++) {
            t->columns[j][i] = i % 2;
        }
    }

    model = fit(t, 2, NULL);

    for (j = 0; j < 30; j++) {
        t->columns[j][0] = 3;
        t->columns[j][1] = j ? 3 : 1;
    }

    latent_posterior(model, &t->data, 0, 2, posterior);
    is_near(posterior[0] + posterior[2], 1, 1e-6);
    is_near(posterior[0], model->shares[0], 1e-6);
    is_near(fmax(posterior[1], posterior[3]), 1, 1e-6);

    latent_free(model);
    table_free(t);
}


/* Any run of rows, as the whole says. */
static void
test_posteriors_of_some_rows(void **state)
{
    float           *all, *some;
    table_t         *t = two_kinds(1000, 8);
    uint32_t         first, count, i, k, round;
    latent_model_t  *model = fit(t, 3, NULL);

    all = malloc(3 * 1000 * sizeof(float));
    some = malloc(3 * 1000 * sizeof(float));
    latent_posterior(model, &t->data, 0, 1000, all);

    for (round = 0; round < 50; round++) {
        first = random_below(1000);
        count = random_below(1001 - first);
        latent_posterior(model, &t->data, first, count, some);

        for (k = 0; k < 3; k++) {
            for (i = 0; i < count; i++) {
                assert_memory_equal(&some[k * count + i],
                                    &all[k * 1000 + first + i],
                                    sizeof(float));
            }
        }
    }

    free(all);
    free(some);
    latent_free(model);
    table_free(t);
}


/* However many iterations there are, from the same start; and classes that
 * nobody is left in are no harm. */
static void
test_leaps_never_lead_down(void **state)
{
    int               i;
    double            last;
    table_t          *t;
    uint32_t          classes;
    latent_model_t   *start, *model;
    latent_options_t  o;

    for (i = 0; i < 12; i++) {
        t = i % 2 ? random_table(150, 5, 3, 1) : two_kinds(30 + i, 6);
        classes = i % 2 ? 4 : 12;

        latent_defaults(&o);
        o.iterations = 0;
        o.starts = 1;
        o.seed = i;
        start = fit(t, classes, &o);
        o.from = start;
        o.tolerance = 1e-7;
        last = start->log_likelihood;

        for (o.iterations = 1; o.iterations < 200; o.iterations += 2) {
            model = fit(t, classes, &o);
            is_sound(t, model);
            assert_true(model->log_likelihood >= last - 1e-9);
            last = model->log_likelihood;
            latent_free(model);
        }

        latent_free(start);
        table_free(t);
    }
}


/* Leaps end as high as very many plain iterations: nearly always, as either may
 * come to a lower top than the other. */
static void
test_leaps_lead_up(void **state)
{
    int               i, lower = 0;
    table_t          *t;
    latent_model_t   *start, *plain, *leaps;
    latent_options_t  o;

    for (i = 0; i < 60; i++) {
        t = two_kinds(200, 6);

        latent_defaults(&o);
        o.iterations = 0;
        o.starts = 1;
        o.seed = i;
        start = fit(t, 3, &o);

        o.from = start;
        o.tolerance = -1;
        o.iterations = 4000;
        plain = fit(t, 3, &o);

        o.tolerance = 1e-7;
        leaps = fit(t, 3, &o);
        assert_true(leaps->converged && leaps->iterations < 2000);
        lower += leaps->log_likelihood < plain->log_likelihood - 0.01;

        latent_free(start);
        latent_free(plain);
        latent_free(leaps);
        table_free(t);
    }

    assert_true(lower <= 6);
}


/* EM on these gets stuck from many a start. */
static void
test_the_best_start_is_kept(void **state)
{
    table_t          *t = parity_table(2000);
    latent_model_t   *model;
    latent_options_t  o;

    latent_defaults(&o);

    for (o.seed = 1; o.seed <= 6; o.seed++) {
        model = fit(t, 8, &o);
        is_near(model->log_likelihood, -2000 * 3 * log(2), 15);
        latent_free(model);
    }

    table_free(t);
}


/* Numbers of classes are given up early, but not the one that is best. */
static void
test_the_choice_is_that_of_whole_fits(void **state)
{
    int              i;
    double           least;
    table_t         *t;
    uint32_t         classes, j, row;
    latent_model_t  *model, *chosen;

    for (i = 0; i < 4; i++) {
        t = random_table(3000, 6, 3, i % 2);

        for (j = 0; j < 6; j++) {
            for (row = 0; row < 3000; row++) {
                if (random_below(5) < 2) {
                    t->columns[j][row] = row % 3;
                }
            }
        }

        chosen = choose(t);
        least = INFINITY;

        for (classes = 1; classes <= 5; classes++) {
            model = fit(t, classes, NULL);
            least = fmin(least, model->bic);
            latent_free(model);
        }

        is_near(chosen->bic, least, 1e-3);
        assert_int_equal(chosen->classes, 3);
        latent_free(chosen);
        table_free(t);
    }
}


static void
test_the_choice_looks_beyond_a_rise(void **state)
{
    double            bics[12];
    table_t          *t = parity_table(2000);
    uint32_t          i;
    aud_error_t       err;
    latent_model_t   *model;
    latent_options_t  o;

    latent_defaults(&o);
    o.bics = bics;
    assert_int_equal(latent_choose(&t->data, &o, &model, &err), LATENT_OK);
    assert_int_equal(model->classes, 8);
    is_near(model->log_likelihood, -2000 * 3 * log(2), 15);
    assert_true(bics[1] > bics[0] && bics[2] > bics[0]);
    is_near(bics[7], model->bic, 0);

    for (i = 0; i < 11; i++) {
        assert_true(bics[i] >= bics[7]);
    }

    assert_true(isnan(bics[11]));
    latent_free(model);

    /* And no further than it may. */
    o.max_classes = 3;
    assert_int_equal(latent_choose(&t->data, &o, &model, &err), LATENT_OK);
    assert_int_equal(model->classes, 1);
    latent_free(model);

    table_free(t);
}


static void
test_many_fields_do_not_underflow(void **state)
{
    float            posterior[2 * 400];
    double           agreement[LATENT_CLASSES];
    table_t         *t = random_table(400, MOST_FIELDS, 32, 1);
    uint32_t         i, j;
    aud_error_t      err;
    latent_model_t  *model;
    latent_options_t  o;

    for (i = 0; i < 400; i++) {
        for (j = 0; j < MOST_FIELDS; j++) {
            if (t->columns[j][i] != LATENT_MISSING) {
                t->columns[j][i] = t->columns[j][i] % 16 + 16 * (i % 3 == 0);
            }
        }
    }

    latent_defaults(&o);
    model = fit(t, 2, NULL);
    is_sound(t, model);
    is_near(model->shares[0], 266. / 400, 1e-9);
    latent_posterior(model, &t->data, 0, 400, posterior);

    for (i = 0; i < 400; i++) {
        is_near(posterior[i], i % 3 != 0, 1e-9);
    }

    assert_int_equal(latent_stability(model, &t->data, &o, agreement, &err),
                     LATENT_OK);
    assert_true(agreement[0] > 0.99 && agreement[1] > 0.99);

    latent_free(model);
    table_free(t);
}


static void
test_categories_that_nobody_has_cost_nothing(void **state)
{
    table_t         *t = random_table(500, 3, 4, 0);
    latent_model_t  *model;

    t->categories[0] = 32;
    t->categories[2] = 9;
    model = fit(t, 2, NULL);
    assert_int_equal(model->parameters, 1 + 2 * 9);
    latent_free(model);
    table_free(t);
}


/* The sample has rows of every part; the rest of the model is as of all. */
static void
test_a_sample_is_taken_evenly(void **state)
{
    table_t          *t = two_kinds(40000, 6);
    aud_error_t       err;
    latent_model_t   *all, *some;
    latent_options_t  o;

    latent_defaults(&o);
    all = choose(t);
    o.sample = 4000;
    assert_int_equal(latent_choose(&t->data, &o, &some, &err), LATENT_OK);
    assert_int_equal(some->n, 4000);
    assert_int_equal(some->classes, all->classes);
    is_near(some->shares[0], all->shares[0], 0.02);
    is_near(some->log_likelihood / 4000, all->log_likelihood / 40000, 0.05);

    latent_free(all);
    latent_free(some);
    table_free(t);
}


/* Merging segments puts the same people in another order. */
static void
test_the_order_of_rows_does_not_show(void **state)
{
    double            agreement[2][LATENT_CLASSES], bics[2][LATENT_CLASSES];
    uint32_t          i, j;
    table_t          *t = two_kinds(30000, 6), *back;
    aud_error_t       err;
    latent_model_t   *model[2];
    latent_options_t  o;

    back = table_create(30000, 6, 4);

    for (j = 0; j < 6; j++) {
        for (i = 0; i < 30000; i++) {
            back->columns[j][i] = t->columns[j][29999 - i];
        }
    }

    latent_defaults(&o);
    o.sample = 25000;
    o.resamples = 2;

    for (i = 0; i < 2; i++) {
        o.bics = bics[i];
        assert_int_equal(latent_choose(i ? &back->data : &t->data, &o,
                                       &model[i], &err), LATENT_OK);
        assert_int_equal(latent_stability(model[i],
                                          i ? &back->data : &t->data, &o,
                                          agreement[i], &err), LATENT_OK);
    }

    assert_true(model[0]->classes > 1);
    are_the_same(model[0], model[1]);
    assert_memory_equal(agreement[0], agreement[1],
                        model[0]->classes * sizeof(double));
    assert_memory_equal(bics[0], bics[1], o.max_classes * sizeof(double));

    latent_free(model[0]);
    latent_free(model[1]);
    table_free(t);
    table_free(back);
}


static void
test_resamples_differ(void **state)
{
    double            one[LATENT_CLASSES], two[LATENT_CLASSES];
    table_t          *t = two_kinds(400, 4);
    aud_error_t       err;
    latent_model_t   *model = fit(t, 2, NULL);
    latent_options_t  o;

    latent_defaults(&o);
    o.resamples = 1;
    assert_int_equal(latent_stability(model, &t->data, &o, one, &err),
                     LATENT_OK);
    o.resamples = 2;
    assert_int_equal(latent_stability(model, &t->data, &o, two, &err),
                     LATENT_OK);
    assert_true(one[0] != two[0]);

    latent_free(model);
    table_free(t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_table_of_stouffer_and_toby),
        cmocka_unit_test(test_stopping_ends_the_call),
        cmocka_unit_test(test_progress_goes_from_0_to_1),
        cmocka_unit_test(test_every_instruction_set_gives_the_same_bytes),
        cmocka_unit_test(test_memory_out_is_an_error),
        cmocka_unit_test(test_classes_that_are_there_are_stable),
        cmocka_unit_test(test_bad_data_are_refused),
        cmocka_unit_test(test_little_to_tell_apart_is_one_class),
        cmocka_unit_test(test_models_are_sound),
        cmocka_unit_test(test_collinear_fields_end_in_classes),
        cmocka_unit_test(test_a_million_alike_rows_are_one_pattern),
        cmocka_unit_test(test_an_unseen_category_has_a_posterior),
        cmocka_unit_test(test_posteriors_of_some_rows),
        cmocka_unit_test(test_leaps_never_lead_down),
        cmocka_unit_test(test_leaps_lead_up),
        cmocka_unit_test(test_the_best_start_is_kept),
        cmocka_unit_test(test_the_choice_is_that_of_whole_fits),
        cmocka_unit_test(test_the_choice_looks_beyond_a_rise),
        cmocka_unit_test(test_many_fields_do_not_underflow),
        cmocka_unit_test(test_categories_that_nobody_has_cost_nothing),
        cmocka_unit_test(test_a_sample_is_taken_evenly),
        cmocka_unit_test(test_the_order_of_rows_does_not_show),
        cmocka_unit_test(test_resamples_differ)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
