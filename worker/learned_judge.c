/*
 * Folds, temperature, scores: how good a model is, and how sure it may be.
 */

#include <math.h>

#include "aud_alloc.h"
#include "learned_private.h"
#include "random_at.h"

#define SAMPLES    2000
#define COLDEST    0.05                 /* temperatures that may come out */
#define HOTTEST    20.0
#define HALVINGS   50

/* counts[gold][said] */
typedef struct {
    uint32_t  counts[LEARNED_CLASSES][LEARNED_CLASSES];
} table_t;


static unsigned emptiest(size_t in[LEARNED_FOLDS][LEARNED_CLASSES],
    unsigned class);
static double slope(const learned_rows_t *r,
    const double (*scores)[LEARNED_CLASSES], double cold);
static unsigned best(const double *scores, unsigned classes);
static learned_score_t score(const table_t *t, unsigned classes);
static double sampled(const learned_rows_t *r, const uint8_t *answers,
    uint32_t *often);


/*
 * Texts come ordered by a hash, which is as good as shuffled: each group goes
 * where its first text's class is the rarest.
 */
void
learned_folds(learned_rows_t *r)
{
    size_t    i, in[LEARNED_FOLDS][LEARNED_CLASSES] = { 0 };
    unsigned  fold = 0;

    for (i = 0; i < r->n; i++) {
        if (i == 0 || r->texts[i].group != r->texts[i - 1].group) {
            fold = emptiest(in, r->texts[i].gold);
        }

        r->texts[i].fold = fold;
        in[fold][r->texts[i].gold]++;
    }
}


static unsigned
emptiest(size_t in[LEARNED_FOLDS][LEARNED_CLASSES], unsigned class)
{
    unsigned  f, found = 0;

    for (f = 1; f < LEARNED_FOLDS; f++) {
        if (in[f][class] < in[found][class]) {
            found = f;
        }
    }

    return found;
}


/* The loss is convex in 1 / temperature: its slope is 0 in one place. */
double
learned_temperature(const learned_rows_t *r,
    const double (*scores)[LEARNED_CLASSES])
{
    double    middle, low = 1 / HOTTEST, high = 1 / COLDEST;
    unsigned  i;

    for (i = 0; i < HALVINGS; i++) {
        middle = (low + high) / 2;

        if (slope(r, scores, middle) < 0) {
            low = middle;

        } else {
            high = middle;
        }
    }

    return 2 / (low + high);
}


/* Of the mean of -log p(class) where scores are multiplied by `cold`. */
static double
slope(const learned_rows_t *r, const double (*scores)[LEARNED_CLASSES],
    double cold)
{
    size_t    i;
    double    p[LEARNED_CLASSES], sum = 0;
    unsigned  k, classes = r->task->n;

    for (i = 0; i < r->n; i++) {
        for (k = 0; k < classes; k++) {
            p[k] = cold * scores[i][k];
        }

        (void) logistic_softmax(p, classes, p);

        for (k = 0; k < classes; k++) {
            sum += p[k] * scores[i][k];
        }

        sum -= scores[i][r->texts[i].gold];
    }

    return sum;
}


learned_status_t
learned_judge(const learned_rows_t *r, const double (*scores)[LEARNED_CLASSES],
    learned_judgement_t *judgement)
{
    size_t                 i;
    table_t                built_in = { 0 }, learned = { 0 };
    uint8_t               *answers;
    uint32_t              *often;
    learned_status_t       status = LEARNED_NO_MEMORY;
    const learned_text_t  *t;

    answers = aud_malloc(r->n);
    often = aud_calloc(r->groups, sizeof(uint32_t));

    if (answers == NULL || often == NULL) {
        goto done;
    }

    for (i = 0; i < r->n; i++) {
        t = &r->texts[i];
        answers[i] = best(scores[i], r->task->n);
        built_in.counts[t->gold][t->said]++;
        learned.counts[t->gold][answers[i]]++;
    }

    judgement->examples = r->n;
    judgement->texts = r->groups;
    judgement->built_in = score(&built_in, r->task->n);
    judgement->learned = score(&learned, r->task->n);
    judgement->surely = sampled(r, answers, often);
    judgement->better = judgement->surely >= LEARNED_SURELY;
    status = LEARNED_OK;

done:

    aud_free(answers);
    aud_free(often);

    return status;
}


static unsigned
best(const double *scores, unsigned classes)
{
    unsigned  k, found = 0;

    for (k = 1; k < classes; k++) {
        found = scores[k] > scores[found] ? k : found;
    }

    return found;
}


/* A class that nobody gave and nobody has is found as well as can be. */
static learned_score_t
score(const table_t *t, unsigned classes)
{
    double           right = 0, total = 0, both;
    unsigned         i, j;
    learned_score_t  s = { 0, 0 };

    for (i = 0; i < classes; i++) {
        for (j = 0, both = 0; j < classes; j++) {
            both += t->counts[i][j] + t->counts[j][i];
            total += t->counts[i][j];
        }

        right += t->counts[i][i];
        s.macro_f1 += (both > 0 ? 2 * t->counts[i][i] / both : 1) / classes;
    }

    s.accuracy = total > 0 ? right / total : 0;

    return s;
}


/*
 * The share of samples in which learned answers are better.  Groups are drawn,
 * not texts, since copies say nothing new: the bootstrap of pairs, as in
 * Berg-Kirkpatrick, Burkett and Klein 2012, An empirical investigation of
 * statistical significance in NLP.  often: [groups]
 */
static double
sampled(const learned_rows_t *r, const uint8_t *answers, uint32_t *often)
{
    size_t                 i;
    table_t                built_in, learned;
    uint32_t               g, sample, above = 0;
    const learned_text_t  *t;

    for (sample = 0; sample < SAMPLES; sample++) {
        memset(often, 0, r->groups * sizeof(uint32_t));
        memset(&built_in, 0, sizeof(built_in));
        memset(&learned, 0, sizeof(learned));

        for (g = 0; g < r->groups; g++) {
            often[random_at_below(r->groups, sample, g, r->groups)]++;
        }

        for (i = 0; i < r->n; i++) {
            t = &r->texts[i];
            built_in.counts[t->gold][t->said] += often[t->group];
            learned.counts[t->gold][answers[i]] += often[t->group];
        }

        above += score(&learned, r->task->n).macro_f1
                 > score(&built_in, r->task->n).macro_f1;
    }

    return (double) above / SAMPLES;
}
