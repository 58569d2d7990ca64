/*
 * Multinomial logistic regression with an L2 penalty, on rows that have few of
 * many features.
 *
 * It minimises  mean of -log p(class | row)  +  penalty / 2 * |weights|^2  by
 * dual coordinate ascent: Shalev-Shwartz and Zhang 2013, Stochastic dual
 * coordinate ascent methods for regularized loss minimization, JMLR 14,
 * 567-599; the step is option III of figure 1 of their Accelerated proximal
 * SDCA (Mathematical Programming 155, 2016).  Rows are visited in an order that
 * depends on nothing but how many they are, so that the same rows in the same
 * order give the same weights.  It ends when the duality gap, which bounds how
 * far the weights are from the best, is small.
 *
 * Debian's liblinear would do: it takes rows as 16 bytes a feature, draws from
 * the process's rand(), does not look at what malloc() returns, cannot be
 * stopped, and knows one class against the rest only.  What guards against that
 * is longer than the method.
 */

#ifndef LOGISTIC_H
#define LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#define LOGISTIC_CLASSES  3

/*
 * Features of a row are of groups.  Those of one group have one value, 1 over
 * the root of their number: a group weighs the same in each row.
 */
#define LOGISTIC_GROUPS   3

typedef struct {
    const uint32_t  *features;          /* group after group */
    uint32_t         counts[LOGISTIC_GROUPS];
    uint8_t          class;
} logistic_row_t;

typedef struct {
    const logistic_row_t  *rows;
    size_t                 n;
    uint32_t               features;    /* numbers of features are below */
    unsigned               classes;     /* 2 or 3 */
    double                 penalty;
    /* Asked once a pass over the rows; may be NULL. */
    int                  (*cancelled)(void *data);
    void                  *data;
} logistic_t;

typedef enum {
    LOGISTIC_OK = 0,
    LOGISTIC_CANCELLED,
    LOGISTIC_NO_MEMORY
} logistic_status_t;

/*
 * weights: [features][classes], written.  Rows for which leave_out[row] == fold
 * do not count; leave_out may be NULL.
 */
logistic_status_t logistic_train(const logistic_t *l, const uint8_t *leave_out,
    uint8_t fold, float *weights);

/* The score of each class. */
void logistic_score(const logistic_t *l, const logistic_row_t *row,
    const float *weights, double scores[LOGISTIC_CLASSES]);

/* Probabilities of scores, which may be the same array; the logarithm of the
 * sum of their exponentials. */
double logistic_softmax(const double *scores, unsigned classes, double *p);

#endif
