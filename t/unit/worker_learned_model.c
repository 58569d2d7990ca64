/*
 * Parts of learning from corrections: features of texts, logistic regression
 * against a simpler way, and models as bytes.
 */

#include <endian.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_checksum.h"
#include "corrections.h"

#define ROWS  60
#define DIMS  12


typedef struct {
    unsigned  numbers[256];
    unsigned  n;
} heard_t;


static int
hear(void *data, uint32_t feature)
{
    heard_t  *h = data;

    if (h->n < 256) {
        h->numbers[h->n] = feature;
    }

    h->n++;

    return 0;
}


static uint64_t
features(const char *text, heard_t *h)
{
    uint64_t   identity;
    aud_str_t  s = aud_str(text, strlen(text));

    h->n = 0;
    assert_int_equal(text_features(&scratch, &s, 1, hear, h, &identity), 0);

    return identity;
}


static void
words_pairs_and_runs_are_features(void **state)
{
    heard_t  h, again;

    /* " nao ": three, two and one; " gostei ": six, five, four. */
    features("Não gostei", &h);
    assert_int_equal(h.n, 3 + 6 + 15);

    /* a text of the same words has the same features */
    features("  NAO   gostei ", &again);
    assert_memory_equal(h.numbers, again.numbers, h.n * sizeof(unsigned));
    assert_int_equal(h.n, again.n);

    /* twice is as good as once, but for the pair "gostei nao" */
    features("não gostei não gostei", &again);
    assert_int_equal(again.n, h.n + 1);

    /* a pair does not reach over the end of a clause */
    features("não, gostei", &again);
    assert_int_equal(again.n, h.n - 1);

    /* marks of a question */
    features("não gostei?", &again);
    assert_int_equal(again.n, h.n + 1);

    /* letters of two bytes are one */
    features("жж", &h);
    assert_int_equal(h.n, 1 + 3);
}


static void
texts_of_the_same_words_are_the_same(void **state)
{
    heard_t  h;

    assert_true(features("É ótimo!!!", &h) == features("e OTIMO", &h));
    assert_true(features("custa 10", &h) == features("custa 20", &h));
    assert_false(features("um dois", &h) == features("dois um", &h));
}


static void
the_end_of_a_long_conversation_is_read(void **state)
{
    char       *text = malloc(5000000);
    size_t      at;
    heard_t     end, all;
    uint64_t    identity;
    aud_str_t   parts[3];

    memset(text, 'a', 5000000);

    for (at = 0; at < 4900000; at += 7) {
        memcpy(text + at, "zebras ", 7);
    }

    parts[0] = aud_str(text, 5000000);
    parts[1] = AUD_STR("muito");
    parts[2] = AUD_STR("bom");

    features("muito", &end);
    features("bom", &all);
    end.n += all.n;
    all.n = 0;
    text_features(&scratch, parts, 3, hear, &all, &identity);

    /* what is left of the first: a word, and runs of a word cut */
    assert_in_range(all.n, end.n + 1, end.n + 20);
    free(text);
}


/* Plain gradient descent on a dense copy. */
static void
descend(const logistic_t *l, double w[DIMS][3])
{
    double    scores[3], p[3], x, slope[DIMS][3];
    size_t    i, round;
    unsigned  f, g, k, at;

    for (round = 0; round < 40000; round++) {
        memset(slope, 0, sizeof(slope));

        for (i = 0; i < l->n; i++) {
            memset(scores, 0, sizeof(scores));

            for (g = 0, at = 0; g < LOGISTIC_GROUPS; g++) {
                for (f = 0; f < l->rows[i].counts[g]; f++, at++) {
                    for (k = 0; k < 3; k++) {
                        scores[k] += w[l->rows[i].features[at]][k]
                                     / sqrt(l->rows[i].counts[g]);
                    }
                }
            }

            logistic_softmax(scores, 3, p);

            for (g = 0, at = 0; g < LOGISTIC_GROUPS; g++) {
                x = 1 / sqrt(l->rows[i].counts[g]);

                for (f = 0; f < l->rows[i].counts[g]; f++, at++) {
                    for (k = 0; k < 3; k++) {
                        slope[l->rows[i].features[at]][k] +=
                            x * (p[k] - (k == l->rows[i].class)) / l->n;
                    }
                }
            }
        }

        for (f = 0; f < DIMS; f++) {
            for (k = 0; k < 3; k++) {
                w[f][k] -= 0.5 * (slope[f][k] + l->penalty * w[f][k]);
            }
        }
    }
}


static void
weights_are_those_of_gradient_descent(void **state)
{
    float           weights[DIMS][3];
    double          expected[DIMS][3] = { { 0 } };
    uint32_t        numbers[ROWS][4];
    unsigned        i, k;
    logistic_row_t  rows[ROWS];
    logistic_t      l = { rows, ROWS, DIMS, 3, 0.02, NULL, NULL };

    for (i = 0; i < ROWS; i++) {
        numbers[i][0] = random_below(6);
        numbers[i][1] = 6 + random_below(2);
        numbers[i][2] = 8 + random_below(3);
        numbers[i][3] = 11;
        rows[i] = (logistic_row_t) { numbers[i], { 1, 1, 2 },
                                     random_below(3) };
        rows[i].class = random_below(3) ? numbers[i][0] % 3 : rows[i].class;
    }

    descend(&l, expected);
    assert_int_equal(logistic_train(&l, NULL, 0, &weights[0][0]), LOGISTIC_OK);

    for (i = 0; i < DIMS; i++) {
        for (k = 0; k < 3; k++) {
            assert_true(fabs(weights[i][k] - expected[i][k]) < 0.1);
        }
    }
}


/* The folds' way of scoring, on whole rows, and the model's, on a text. */
static void
a_model_says_what_its_rows_say(void **state)
{
    float           *weights;
    double           p[3], scores[3], step;
    size_t           i;
    unsigned         k;
    learned_t       *model;
    logistic_t       l;
    learned_rows_t   r;

    known_truth(300, 3, 20);
    assert_int_equal(learned_rows(&r, &sentiment, corpus.examples, corpus.n),
                     LEARNED_OK);
    l = learned_logistic(&r, r.n);
    weights = calloc(l.features, 3 * sizeof(float));
    assert_int_equal(logistic_train(&l, NULL, 0, weights), LOGISTIC_OK);
    step = learned_round(&r, weights);
    model = learned_create(&r, weights, step, 1.5);

    for (i = 0; i < r.n; i++) {
        logistic_score(&l, &r.rows[i], weights, scores);

        for (k = 0; k < 3; k++) {
            scores[k] /= 1.5;
        }

        logistic_softmax(scores, 3, scores);
        predict(model, corpus.texts[r.texts[i].example], r.texts[i].said, p);

        for (k = 0; k < 3; k++) {
            assert_true(fabs(p[k] - scores[k]) < 1e-5);
        }
    }

    /* what weighs nothing is not kept */
    assert_true(model->kept < r.ncolumns);
    learned_free(model);
    learned_rows_free(&r);
    free(weights);
}


static learned_t *
small_model(aud_buffer_t *out, const learned_task_t *task)
{
    learned_t            *model;
    learned_judgement_t   j;

    known_truth(250, task->n, 10);
    model = learn(task, &j);
    learned_write(model, out);
    assert_false(out->failed);

    return model;
}


static void
a_model_survives_being_written(void **state)
{
    double                 p[3], q[3];
    size_t                 i;
    unsigned               t;
    learned_t             *model, *copy;
    aud_error_t            err;
    aud_buffer_t           b = { 0 }, again = { 0 };
    const learned_task_t  *tasks[2] = { &sentiment, &intention };

    for (t = 0; t < 2; t++) {
        model = small_model(&b, tasks[t]);
        copy = learned_read(aud_buffer_str(&b), &err);
        assert_non_null(copy);

        for (i = 0; i < corpus.n; i++) {
            predict(model, corpus.texts[i], 1, p);
            predict(copy, corpus.texts[i], 1, q);
            assert_memory_equal(p, q, sizeof(p));
        }

        learned_write(copy, &again);
        assert_int_equal(b.len, again.len);
        assert_memory_equal(b.data, again.data, b.len);

        learned_free(model);
        learned_free(copy);
        aud_buffer_free(&b);
        aud_buffer_free(&again);
    }
}


static void
a_damaged_model_is_refused(void **state)
{
    size_t        i;
    aud_error_t   err;
    aud_buffer_t  b = { 0 };

    learned_free(small_model(&b, &sentiment));

    for (i = 0; i < b.len; i += i < 2000 ? 1 : 97) {
        b.data[i] ^= 1 << i % 8;
        assert_null(learned_read(aud_buffer_str(&b), &err));
        b.data[i] ^= 1 << i % 8;
        assert_null(learned_read(aud_str(b.data, i), &err));
    }

    b.data[11] = 2;
    assert_null(learned_read(aud_buffer_str(&b), &err));
    assert_string_equal(err.text, "a learned model has version 2, not 1");
    assert_null(learned_read(AUD_STR("{}"), &err));
    assert_string_equal(err.text, "this is no learned model");
    aud_buffer_free(&b);
}


/* Wrong bytes under a right checksum are refused or do no harm. */
static void
a_forged_model_does_no_harm(void **state)
{
    char         *copy;
    double        p[3];
    size_t        i, at, len;
    uint64_t      sum;
    unsigned      refused = 0;
    learned_t    *model;
    aud_error_t   err;
    aud_buffer_t  b = { 0 };

    learned_free(small_model(&b, &sentiment));
    copy = malloc(b.len);

    for (i = 0; i < 3000; i++) {
        memcpy(copy, b.data, b.len);
        len = i % 3 ? b.len : 64 + random_below(b.len - 64);
        at = 8 + random_below(i % 2 ? 120 : len - 8);
        copy[at < len ? at : 64 - 1] = random_u64();
        sum = htobe64(aud_checksum(copy, copy + 64, len - 64));
        memcpy(copy + 56, &sum, sizeof(sum));

        model = learned_read(aud_str(copy, len), &err);
        refused += model == NULL;

        if (model) {
            predict(model, corpus.texts[i % corpus.n], 2, p);
            learned_free(model);
        }
    }

    assert_in_range(refused, 1000, 2999);
    free(copy);
    aud_buffer_free(&b);
}


/* Nothing but one of them says anything; none breaks anything. */
static void
hostile_texts_are_learned_from(void **state)
{
    char                *big = malloc(5000000);
    double               p[3];
    size_t               i;
    learned_t           *model;
    learned_judgement_t  j;

    for (i = 0; i < 5000000; i++) {
        big[i] = random_u64();
    }

    known_truth(300, 3, 10);
    corpus.examples[0].n = 0;
    corpus.strings[1] = aud_str(big, 5000000);
    corpus.strings[2] = aud_str(NULL, 0);
    corpus.strings[3] = aud_str(big + 1000, 70000);
    corpus.strings[4] = AUD_STR("\xff\xfe\x80 \xf0\x9f\x98 a\0b");

    model = learn(&sentiment, &j);
    assert_true(j.better);

    for (i = 0; i < 5; i++) {
        learned_predict(model, &scratch, corpus.examples[i].texts,
                        corpus.examples[i].n, 0, p);
        assert_true(fabs(p[0] + p[1] + p[2] - 1) < 1e-9);
    }

    learned_free(model);
    free(big);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(words_pairs_and_runs_are_features),
        cmocka_unit_test(texts_of_the_same_words_are_the_same),
        cmocka_unit_test(the_end_of_a_long_conversation_is_read),
        cmocka_unit_test(weights_are_those_of_gradient_descent),
        cmocka_unit_test(a_model_says_what_its_rows_say),
        cmocka_unit_test(a_model_survives_being_written),
        cmocka_unit_test(a_damaged_model_is_refused),
        cmocka_unit_test(a_forged_model_does_no_harm),
        cmocka_unit_test(hostile_texts_are_learned_from)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
