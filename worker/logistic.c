/*
 * Logistic regression by dual coordinate ascent.
 */

#include <float.h>
#include <math.h>
#include <string.h>

#include "aud_alloc.h"
#include "logistic.h"
#include "random_at.h"

#define PASSES      200                 /* at most */
#define SMALL_GAP   1e-3                /* nats a row */

/* The loss is 1/2-smooth: no eigenvalue of its second derivative, diag(p) -
 * pp', is above 1/2.  This is the gamma of the paper. */
#define SMOOTHNESS  2.0


typedef struct {
    const logistic_t  *l;
    float             *weights;
    uint32_t          *order;           /* rows that count */
    size_t             n;
    /* A dual variable is the class as one-hot minus this distribution. */
    double           (*dual)[LOGISTIC_CLASSES];
} ascent_t;


static logistic_status_t ascend(ascent_t *a);
static void   shuffle(ascent_t *a, unsigned pass);
static double step(ascent_t *a, uint32_t number);
static double square(const logistic_row_t *row);
static double value(uint32_t count);
static void   move(ascent_t *a, const logistic_row_t *row, const double *by);


logistic_status_t
logistic_train(const logistic_t *l, const uint8_t *leave_out, uint8_t fold,
    float *weights)
{
    size_t             i;
    ascent_t           a = { .l = l, .weights = weights };
    logistic_status_t  status = LOGISTIC_NO_MEMORY;

    a.order = aud_calloc(l->n, sizeof(a.order[0]));
    a.dual = aud_calloc(l->n, sizeof(a.dual[0]));

    if (a.order == NULL || a.dual == NULL) {
        goto done;
    }

    memset(weights, 0, (size_t) l->features * l->classes * sizeof(float));

    for (i = 0; i < l->n; i++) {
        a.dual[i][l->rows[i].class] = 1;

        if (leave_out == NULL || leave_out[i] != fold) {
            a.order[a.n++] = i;
        }
    }

    status = ascend(&a);

done:

    aud_free(a.order);
    aud_free(a.dual);

    return status;
}


static logistic_status_t
ascend(ascent_t *a)
{
    double    gap;
    size_t    i;
    unsigned  pass;

    for (pass = 0; pass < PASSES; pass++) {
        if (a->l->cancelled && a->l->cancelled(a->l->data)) {
            return LOGISTIC_CANCELLED;
        }

        shuffle(a, pass);

        for (i = 0, gap = 0; i < a->n; i++) {
            gap += step(a, a->order[i]);
        }

        if (gap <= SMALL_GAP * a->n) {
            break;
        }
    }

    return LOGISTIC_OK;
}


/* Fisher and Yates. */
static void
shuffle(ascent_t *a, unsigned pass)
{
    size_t    i, j;
    uint32_t  row;

    for (i = a->n; i > 1; i--) {
        j = random_at_below(a->n, pass, i, i);
        row = a->order[i - 1];
        a->order[i - 1] = a->order[j];
        a->order[j] = row;
    }
}


/*
 * Moves the row's dual distribution towards what the weights say, as far as the
 * dual surely grows.  Returns the row's part of the duality gap before: the
 * divergence of what the weights say from the dual distribution.
 */
static double
step(ascent_t *a, uint32_t number)
{
    double                 p[LOGISTIC_CLASSES], by[LOGISTIC_CLASSES];
    double                 log_sum, gap = 0, apart = 0, far;
    double                *q = a->dual[number];
    unsigned               k;
    const logistic_t      *l = a->l;
    const logistic_row_t  *row = &l->rows[number];

    logistic_score(l, row, a->weights, by);
    log_sum = logistic_softmax(by, l->classes, p);

    for (k = 0; k < l->classes; k++) {
        gap += q[k] > 0 ? q[k] * (log(q[k]) - by[k] + log_sum) : 0;
        apart += (p[k] - q[k]) * (p[k] - q[k]);
    }

    if (apart < DBL_EPSILON) {
        return 0;
    }

    far = (gap + SMOOTHNESS / 2 * apart)
          / (apart * (SMOOTHNESS + square(row) / (l->penalty * a->n)));
    far = far > 1 ? 1 : far;

    for (k = 0; k < l->classes; k++) {
        by[k] = far * (p[k] - q[k]);
        q[k] += by[k];
        by[k] /= -l->penalty * a->n;
    }

    move(a, row, by);

    return gap;
}


/* The squared length of a row. */
static double
square(const logistic_row_t *row)
{
    unsigned  g, sum = 0;

    for (g = 0; g < LOGISTIC_GROUPS; g++) {
        sum += row->counts[g] > 0;
    }

    return sum;
}


/* Of a feature, in a group of so many. */
static double
value(uint32_t count)
{
    return count ? 1 / sqrt(count) : 0;
}


/* Adds `by` times the row to the weights. */
static void
move(ascent_t *a, const logistic_row_t *row, const double *by)
{
    float            *w, add[LOGISTIC_CLASSES];
    uint32_t          i;
    unsigned          g, k, classes = a->l->classes;
    const uint32_t   *f = row->features;

    for (g = 0; g < LOGISTIC_GROUPS; f += row->counts[g], g++) {
        for (k = 0; k < classes; k++) {
            add[k] = by[k] * value(row->counts[g]);
        }

        for (i = 0; i < row->counts[g]; i++) {
            w = a->weights + (size_t) f[i] * classes;

            for (k = 0; k < classes; k++) {
                w[k] += add[k];
            }
        }
    }
}


void
logistic_score(const logistic_t *l, const logistic_row_t *row,
    const float *weights, double scores[LOGISTIC_CLASSES])
{
    double            sums[LOGISTIC_CLASSES];
    uint32_t          i;
    unsigned          g, k;
    const float      *w;
    const uint32_t   *f = row->features;

    for (k = 0; k < LOGISTIC_CLASSES; k++) {
        scores[k] = 0;
    }

    for (g = 0; g < LOGISTIC_GROUPS; f += row->counts[g], g++) {
        memset(sums, 0, sizeof(sums));

        for (i = 0; i < row->counts[g]; i++) {
            w = weights + (size_t) f[i] * l->classes;

            for (k = 0; k < l->classes; k++) {
                sums[k] += w[k];
            }
        }

        for (k = 0; k < l->classes; k++) {
            scores[k] += value(row->counts[g]) * sums[k];
        }
    }
}


double
logistic_softmax(const double *scores, unsigned classes, double *p)
{
    double    most = scores[0], sum = 0;
    unsigned  k;

    for (k = 1; k < classes; k++) {
        most = scores[k] > most ? scores[k] : most;
    }

    for (k = 0; k < classes; k++) {
        p[k] = exp(scores[k] - most);
        sum += p[k];
    }

    for (k = 0; k < classes; k++) {
        p[k] /= sum;
    }

    return most + log(sum);
}
