/*
 * From corrected conversations to a model.
 */

#include "aud_alloc.h"
#include "learned_private.h"


static int  enough_examples(const learned_task_t *task,
    const learned_example_t *examples, size_t n, aud_error_t *err);
static int  enough_texts(const learned_rows_t *r, aud_error_t *err);
static learned_status_t learn(const learned_rows_t *r, learned_t **model,
    learned_judgement_t *judgement);
static learned_status_t ask_folds(const learned_rows_t *r, float *weights,
    double (*scores)[LEARNED_CLASSES]);
static learned_status_t train(const learned_rows_t *r, unsigned fold,
    float *weights, double *step);


learned_status_t
learned_train(const learned_task_t *task, const learned_example_t *examples,
    size_t n, learned_t **model, learned_judgement_t *judgement,
    aud_error_t *err)
{
    learned_rows_t    r = { 0 };
    learned_status_t  status;

    *model = NULL;

    if (enough_examples(task, examples, n, err) == -1) {
        return LEARNED_REFUSED;
    }

    status = learned_rows(&r, task, examples, n);

    if (status == LEARNED_OK && enough_texts(&r, err) == -1) {
        status = LEARNED_REFUSED;
    }

    if (status == LEARNED_OK) {
        learned_folds(&r);
        status = learn(&r, model, judgement);
    }

    if (status == LEARNED_CANCELLED) {
        aud_error_set(err, "learning was cancelled");

    } else if (status == LEARNED_NO_MEMORY) {
        aud_error_set(err, "no memory to learn");
    }

    learned_rows_free(&r);

    return status;
}


/* Judges by folds, then learns from all. */
static learned_status_t
learn(const learned_rows_t *r, learned_t **model,
    learned_judgement_t *judgement)
{
    float             *weights;
    double             step, (*scores)[LEARNED_CLASSES];
    learned_status_t   status = LEARNED_NO_MEMORY;

    weights = aud_calloc(r->ncolumns + LEARNED_BESIDES,
                         r->task->n * sizeof(float));
    scores = aud_calloc(r->n, sizeof(scores[0]));

    if (weights == NULL || scores == NULL) {
        goto done;
    }

    status = ask_folds(r, weights, scores);

    if (status == LEARNED_OK) {
        status = learned_judge(r, (void *) scores, judgement);
    }

    if (status == LEARNED_OK) {
        status = train(r, LEARNED_FOLDS, weights, &step);
    }

    if (status == LEARNED_OK) {
        *model = learned_create(r, weights, step,
                                learned_temperature(r, (void *) scores));
        status = *model ? LEARNED_OK : LEARNED_NO_MEMORY;
    }

done:

    aud_free(weights);
    aud_free(scores);

    return status;
}


static int
enough_examples(const learned_task_t *task, const learned_example_t *examples,
    size_t n, aud_error_t *err)
{
    size_t  i;

    if (n < LEARNED_EXAMPLES) {
        return aud_error_set(err, "%zu corrected conversations have %s: %u are "
                             "needed to learn from", n, task->label,
                             LEARNED_EXAMPLES);
    }

    for (i = 0; i < n; i++) {
        if (examples[i].gold >= task->n || examples[i].said >= task->n) {
            return aud_error_set(err, "example %zu has a class that %s has not",
                                 i, task->label);
        }
    }

    return 0;
}


/* Of every class there must be texts to learn from and to ask about, in each
 * fold. */
static int
enough_texts(const learned_rows_t *r, aud_error_t *err)
{
    size_t                 i, different[LEARNED_CLASSES] = { 0 };
    unsigned               k;
    const learned_text_t  *t = r->texts;

    for (i = 0; i < r->n; i++) {
        different[t[i].gold] += i == 0 || t[i].group != t[i - 1].group
                                || t[i].gold != t[i - 1].gold;
    }

    for (k = 0; k < r->task->n; k++) {
        if (different[k] < LEARNED_TEXTS) {
            return aud_error_set(err, "%zu different texts have %s \"%s\": %u "
                                 "are needed to learn from", different[k],
                                 r->task->label, r->task->classes[k],
                                 LEARNED_TEXTS);
        }
    }

    return 0;
}


/* Every text's scores by a model that has not seen it. */
static learned_status_t
ask_folds(const learned_rows_t *r, float *weights,
    double (*scores)[LEARNED_CLASSES])
{
    size_t            i;
    double            step;
    unsigned          fold;
    logistic_t        l = learned_logistic(r, r->n);
    learned_status_t  status;

    for (fold = 0; fold < LEARNED_FOLDS; fold++) {
        status = train(r, fold, weights, &step);

        if (status != LEARNED_OK) {
            return status;
        }

        for (i = 0; i < r->n; i++) {
            if (r->texts[i].fold == fold) {
                logistic_score(&l, &r->rows[i], weights, scores[i]);
            }
        }
    }

    return LEARNED_OK;
}


/* Without the texts of a fold; weights are rounded. */
static learned_status_t
train(const learned_rows_t *r, unsigned fold, float *weights, double *step)
{
    size_t             i, left = 0;
    uint8_t           *folds = aud_malloc(r->n);
    logistic_t         l;
    logistic_status_t  status;

    if (folds == NULL) {
        return LEARNED_NO_MEMORY;
    }

    for (i = 0; i < r->n; i++) {
        folds[i] = r->texts[i].fold;
        left += folds[i] != fold;
    }

    l = learned_logistic(r, left);
    status = logistic_train(&l, folds, fold, weights);
    *step = learned_round(r, weights);
    aud_free(folds);

    return status == LOGISTIC_OK ? LEARNED_OK
           : status == LOGISTIC_CANCELLED ? LEARNED_CANCELLED
           : LEARNED_NO_MEMORY;
}


logistic_t
learned_logistic(const learned_rows_t *r, size_t n)
{
    return (logistic_t) {
        .rows = r->rows,
        .n = r->n,
        .features = r->ncolumns + LEARNED_BESIDES,
        .classes = r->task->n,
        .penalty = 1.0 / ((double) LEARNED_COST * n),
        .cancelled = r->task->cancelled,
        .data = r->task->data
    };
}
