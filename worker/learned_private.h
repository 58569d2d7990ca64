/*
 * Parts of learning.
 *
 *   learned.c        what the caller meets: from examples to a model
 *   learned_rows.c   examples as rows of features, in an order of their own
 *   learned_judge.c  folds, temperature, scores
 *   learned_model.c  a model in memory and as bytes; asking it
 */

#ifndef LEARNED_PRIVATE_H
#define LEARNED_PRIVATE_H

#include "learned.h"
#include "logistic.h"

/* Besides those of the text: what the built-in classifier said, and one that
 * every text has. */
#define LEARNED_BESIDES  (LEARNED_CLASSES + 1)

/* A text may cost so much; the weights of a model cost half their squares.
 * docs/enrichment.md says what other prices give. */
#define LEARNED_COST      16

typedef struct {
    uint64_t         identity;          /* of the text */
    uint32_t         example;
    uint32_t         group;             /* of copies, by identity */
    uint8_t          gold;
    uint8_t          said;
    uint8_t          fold;
} learned_text_t;

/*
 * Examples ordered by what is in them.  Columns number the features that occur,
 * ascending; the columns behind them are those besides.
 */
typedef struct {
    const learned_task_t  *task;
    learned_text_t        *texts;       /* [n] */
    uint32_t              *features;    /* of all rows: columns */
    logistic_row_t        *rows;        /* [n], into features */
    size_t                 n;
    uint32_t               groups;
    uint32_t              *columns;     /* [ncolumns]: feature of each */
    uint32_t               ncolumns;    /* without those besides */
} learned_rows_t;

struct learned_s {
    unsigned    classes;
    uint32_t    kept;
    double      step;
    double      temperature;
    float       besides[LEARNED_BESIDES][LEARNED_CLASSES];
    uint64_t    has[TEXT_FEATURES / 64];        /* the features kept */
    uint32_t    before[TEXT_FEATURES / 64];     /* how many in words before */
    int8_t     *weights;                        /* [kept][classes] */
};

learned_status_t learned_rows(learned_rows_t *r, const learned_task_t *task,
    const learned_example_t *examples, size_t n);
void learned_rows_free(learned_rows_t *r);

/* The training data of a penalty that suits so many rows. */
logistic_t learned_logistic(const learned_rows_t *r, size_t n);

/*
 * Rounds weights, [ncolumns + besides][classes], to what a model can hold: of
 * columns to steps of the 127th of the greatest.  Returns the step.
 */
double learned_round(const learned_rows_t *r, float *weights);

/* Sets every text's fold: classes are in each in like parts, copies in one. */
void learned_folds(learned_rows_t *r);

/*
 * The temperature by which scores, [n][LEARNED_CLASSES], are divided to be the
 * best calibrated: Guo and others 2017, On calibration of modern neural
 * networks, section 4.2.
 */
double learned_temperature(const learned_rows_t *r,
    const double (*scores)[LEARNED_CLASSES]);

learned_status_t learned_judge(const learned_rows_t *r,
    const double (*scores)[LEARNED_CLASSES], learned_judgement_t *judgement);

/* Of rounded weights.  NULL: memory is out. */
learned_t *learned_create(const learned_rows_t *r, const float *weights,
    double step, double temperature);

#endif
