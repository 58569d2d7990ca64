/*
 * Corrected conversations to learn from, of which the truth is known.
 */

#ifndef CORRECTIONS_H
#define CORRECTIONS_H

#include <stdio.h>

#include "learned_private.h"
#include "random.h"

#define MOST  2048

typedef struct {
    char               texts[MOST][400];
    aud_str_t          strings[MOST];
    learned_example_t  examples[MOST];
    size_t             n;
} corpus_t;

static const learned_task_t  sentiment = {
    "sentiment", { "positive", "negative", "neutral" }, 3, NULL, NULL
};

static const learned_task_t  intention = {
    "purchaseIntention", { "intent", "other" }, 2, NULL, NULL
};

static corpus_t         corpus;
static text_features_t  scratch;


static inline void
add(uint8_t gold, uint8_t said, const char *text)
{
    size_t  i = corpus.n++, len = strlen(text);

    assert_true(len < sizeof(corpus.texts[i]));
    memmove(corpus.texts[i], text, len + 1);
    corpus.strings[i] = aud_str(corpus.texts[i], len);
    corpus.examples[i] = (learned_example_t) { &corpus.strings[i], 1, gold,
                                               said };
}


/* A word of six letters, which no other number has. */
static inline const char *
word(char out[8], uint32_t number)
{
    unsigned  i;

    for (i = 0; i < 6; i++, number /= 20) {
        out[i] = "bcdfghjklmnpqrstvwxz"[number % 20];
        out[++i] = "aeiou"[number % 5];
    }

    out[6] = '\0';

    return out;
}


/*
 * Texts of ten words of no meaning and one of twenty that tell the class, which
 * `noise` of 100 times is another one's.  The built-in classifier guesses.
 */
static inline void
known_truth(size_t n, unsigned classes, unsigned noise)
{
    char      text[200], w[8];
    uint8_t   class;
    unsigned  i;

    corpus.n = 0;

    while (corpus.n < n) {
        class = random_below(classes);
        text[0] = '\0';

        for (i = 0; i < 10; i++) {
            strcat(strcat(text, word(w, random_below(600))), " ");
        }

        strcat(text, word(w, 5000 + class * 1000 + random_below(20)));

        if (random_below(100) < noise) {
            class = (class + 1 + random_below(classes - 1)) % classes;
        }

        add(class, random_below(classes), text);
    }
}


static inline learned_t *
learn(const learned_task_t *task, learned_judgement_t *judgement)
{
    learned_t    *model;
    aud_error_t   err;

    if (learned_train(task, corpus.examples, corpus.n, &model, judgement, &err)
        != LEARNED_OK)
    {
        fail_msg("%s", err.text);
    }

    return model;
}


static inline void
predict(const learned_t *model, const char *text, uint8_t said, double p[3])
{
    aud_str_t  s = aud_str(text, strlen(text));

    learned_predict(model, &scratch, &s, 1, said, p);
}

#endif
