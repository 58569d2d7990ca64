/*
 * Learning a label of conversations from those that people corrected.
 *
 *   corrected conversations -> features (text_features.h) -> folds, in which
 *   models (logistic.h) are asked about texts that they have not seen -> how
 *   sure a model may be, and whether it is better than the built-in classifier
 *   -> a model of all of them
 *
 * What the built-in classifier said is a feature of its own: a model begins
 * with what that knows, and learns where it is wrong for these customers.  A
 * model is therefore for one version of the built-in classifier.
 *
 * The same examples give the same model to the last bit, in whatever order they
 * come (on machines whose C library computes exp() alike).
 *
 * A model is immutable: any thread.  Training runs in the thread that calls it,
 * and needs about 10 KB an example of 50 words, and 10 MB besides.
 */

#ifndef LEARNED_H
#define LEARNED_H

#include <stdint.h>

#include "aud_buffer.h"
#include "aud_error.h"
#include "text_features.h"

#define LEARNED_CLASSES     3
#define LEARNED_EXAMPLES    200         /* that a label needs at least */
#define LEARNED_TEXTS       10          /* different ones of each class */
#define LEARNED_FOLDS       10

typedef struct learned_s  learned_t;

typedef struct {
    const aud_str_t  *texts;            /* the customer's messages, in order */
    size_t            n;
    uint8_t           gold;             /* class that a person gave */
    uint8_t           said;             /* class by the built-in classifier */
} learned_example_t;

typedef struct {
    const char   *label;                /* "sentiment": for errors */
    const char   *classes[LEARNED_CLASSES];
    unsigned      n;                    /* classes: 2 or 3 */
    /* Asked a few times a second: not 0 stops.  May be NULL. */
    int         (*cancelled)(void *data);
    void         *data;
} learned_task_t;

typedef struct {
    double  accuracy;
    double  macro_f1;                   /* mean of F1 over the classes */
} learned_score_t;

/*
 * Texts with the same words are always in one fold: a model is never asked
 * about a text of which it learned a copy.
 */
typedef struct {
    size_t           examples;
    size_t           texts;             /* different ones */
    learned_score_t  built_in;
    learned_score_t  learned;           /* by cross-validation */
    /*
     * Of samples of the texts, drawn with replacement, the share in which the
     * learned model's macro-F1 is above the built-in classifier's.  Labels by
     * chance reached LEARNED_SURELY in 14 of 400 trials.
     */
    double           surely;
    int              better;            /* surely >= LEARNED_SURELY */
} learned_judgement_t;

#define LEARNED_SURELY  0.975

typedef enum {
    LEARNED_OK = 0,
    LEARNED_REFUSED,                    /* too few examples; err says of what */
    LEARNED_CANCELLED,
    LEARNED_NO_MEMORY
} learned_status_t;

/*
 * Trains and judges.  On LEARNED_OK *model is the caller's, to be freed with
 * learned_free(), also where it is not better; else err is set.
 */
learned_status_t learned_train(const learned_task_t *task,
    const learned_example_t *examples, size_t n, learned_t **model,
    learned_judgement_t *judgement, aud_error_t *err);
void learned_free(learned_t *model);    /* takes NULL */
unsigned learned_classes(const learned_t *model);

/*
 * The probability of each class, calibrated, of a conversation of which the
 * built-in classifier said that.  Allocates nothing.
 */
void learned_predict(const learned_t *model, text_features_t *scratch,
    const aud_str_t *texts, size_t n, uint8_t said,
    double probabilities[LEARNED_CLASSES]);

/*
 * A model as bytes, with a version and a checksum, and back: NULL with err
 * where they are damaged, of another version, or memory is out.
 *
 *   "AUDLEARN" | version u32 | classes u32 | kept u32 | 0 u32 | step f64 |
 *   temperature f64 | 16 zeros | checksum u64 (aud_checksum.h)
 *   weights of what is known besides the text, f32 [classes + 1][classes]
 *   for each feature kept: its distance from the one before, LEB128
 *   their weights in steps, i8 [kept][classes]
 *
 * Numbers are big-endian.
 */
void learned_write(const learned_t *model, aud_buffer_t *out);
learned_t *learned_read(aud_str_t bytes, aud_error_t *err);

#endif
