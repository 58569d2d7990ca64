/*
 * Learning from corrections: what is learned, what is better, what is refused.
 */

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "corrections.h"


static size_t    allocations, fail_at;
static unsigned  asked, cancel_at;


/* -log of a probability as it was before it had a temperature. */
static double
loss_without(double temperature, const double p[3], uint8_t gold)
{
    double    sum = 0;
    unsigned  k;

    for (k = 0; k < 3; k++) {
        sum += pow(p[k] / p[gold], temperature);
    }

    return log(sum);
}


/* 15 of 100 labels are wrong: nothing can be right more often. */
static void
what_can_be_known_is_learned(void **state)
{
    double               p[3], sure = 0, loss = 0, loss_as_it_was = 0;
    size_t               i, right = 0;
    unsigned             k, best;
    learned_t           *model;
    learned_judgement_t  j;

    known_truth(2000, 3, 15);
    model = learn(&sentiment, &j);

    assert_true(j.better);
    assert_int_equal(j.examples, 2000);
    assert_int_equal(j.texts, 2000);
    assert_true(j.learned.accuracy > 0.81 && j.learned.accuracy < 0.88);
    assert_true(j.learned.macro_f1 > 0.81 && j.learned.macro_f1 < 0.88);
    assert_true(j.built_in.accuracy > 0.30 && j.built_in.accuracy < 0.37);
    assert_true(j.surely == 1);

    /* and new texts are told as well, as surely as it says */
    known_truth(1000, 3, 15);

    for (i = 0; i < corpus.n; i++) {
        predict(model, corpus.texts[i], corpus.examples[i].said, p);
        assert_true(fabs(p[0] + p[1] + p[2] - 1) < 1e-9);

        for (k = 1, best = 0; k < 3; k++) {
            best = p[k] > p[best] ? k : best;
        }

        right += best == corpus.examples[i].gold;
        sure += p[best];
        loss -= log(p[corpus.examples[i].gold]);
        loss_as_it_was += loss_without(model->temperature, p,
                                       corpus.examples[i].gold);
    }

    assert_true(right > 800 && right < 890);
    assert_true(fabs(sure - right) < 100);
    assert_true(loss < loss_as_it_was);
    learned_free(model);
}


/* Two classes; the built-in classifier is right but about one word. */
static void
what_is_wrong_for_one_word_is_put_right(void **state)
{
    char                 text[200], w[8];
    double               p[3];
    uint8_t              gold;
    learned_t           *model;
    learned_judgement_t  j;

    corpus.n = 0;

    while (corpus.n < 400) {
        gold = random_below(2);
        snprintf(text, sizeof(text), "%s ", word(w, random_below(500)));
        strcat(strcat(text, word(w, random_below(500))),
               corpus.n % 4 == 0 ? " marmita" : " outra");
        add(corpus.n % 4 == 0 ? 0 : gold, gold, text);
    }

    model = learn(&intention, &j);
    assert_true(j.better);
    assert_true(j.built_in.accuracy < 0.93);
    assert_true(j.learned.accuracy > 0.98);

    predict(model, "dudu marmita", 1, p);
    assert_true(p[0] > 0.5);
    predict(model, "dudu outra", 1, p);
    assert_true(p[0] < 0.5);
    assert_true(p[2] == 0);
    learned_free(model);
}


static void
chance_is_not_better(void **state)
{
    size_t               i;
    unsigned             round, better = 0;
    learned_judgement_t  j;

    for (round = 0; round < 40; round++) {
        known_truth(300, 3, 0);

        for (i = 0; i < corpus.n; i++) {
            corpus.examples[i].gold = random_below(3);
        }

        learned_free(learn(&sentiment, &j));
        better += j.better;
    }

    assert_true(better <= 3);
}


static void
nothing_is_better_than_what_is_right(void **state)
{
    size_t               i;
    learned_judgement_t  j;

    known_truth(400, 3, 0);

    for (i = 0; i < corpus.n; i++) {
        corpus.examples[i].said = corpus.examples[i].gold;
    }

    learned_free(learn(&sentiment, &j));
    assert_true(j.built_in.macro_f1 == 1 && j.built_in.accuracy == 1);
    assert_false(j.better);
}


/* Labels by chance, but copies, of other case and marks, have the same. */
static void
copies_do_not_tell_each_other(void **state)
{
    char                 text[400];
    size_t               i;
    learned_judgement_t  j;

    known_truth(200, 3, 0);

    for (i = 0; i < 200; i++) {
        corpus.examples[i].gold = random_below(3);
    }

    for (i = 0; i < 800; i++) {
        snprintf(text, sizeof(text), i % 2 ? "%s!!" : "  %s ",
                 corpus.texts[i % 200]);
        text[2] &= ~0x20;
        add(corpus.examples[i % 200].gold, random_below(3), text);
    }

    learned_free(learn(&sentiment, &j));
    assert_int_equal(j.examples, 1000);
    assert_int_equal(j.texts, 200);
    assert_true(j.learned.accuracy < 0.45);
}


static void
order_of_examples_does_not_matter(void **state)
{
    size_t               i, k;
    aud_buffer_t         one = { 0 }, two = { 0 };
    learned_t           *model;
    learned_example_t    e;
    learned_judgement_t  a, b;

    known_truth(500, 3, 20);
    model = learn(&sentiment, &a);
    learned_write(model, &one);
    learned_free(model);

    for (i = 0; i < corpus.n; i++) {
        k = random_below(corpus.n);
        e = corpus.examples[i];
        corpus.examples[i] = corpus.examples[k];
        corpus.examples[k] = e;
    }

    model = learn(&sentiment, &b);
    learned_write(model, &two);
    learned_free(model);

    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    assert_memory_equal(&a.built_in, &b.built_in, sizeof(a.built_in));
    assert_memory_equal(&a.learned, &b.learned, sizeof(a.learned));
    assert_true(a.surely == b.surely);
    aud_buffer_free(&one);
    aud_buffer_free(&two);
}


static void
classes_are_in_every_fold_and_copies_in_one(void **state)
{
    size_t          i, in[LEARNED_FOLDS][2] = { 0 };
    unsigned        f;
    learned_rows_t  r;

    known_truth(300, 2, 0);

    for (i = 0; i < 100; i++) {
        add(1, 0, corpus.texts[0]);
    }

    assert_int_equal(learned_rows(&r, &intention, corpus.examples, corpus.n),
                     LEARNED_OK);
    learned_folds(&r);

    for (i = 0; i < r.n; i++) {
        in[r.texts[i].fold][r.texts[i].gold]++;
        assert_true(i == 0 || r.texts[i].group != r.texts[i - 1].group
                    || r.texts[i].fold == r.texts[i - 1].fold);
    }

    for (f = 0; f < LEARNED_FOLDS; f++) {
        assert_true(in[f][0] >= 10 && in[f][1] >= 10);
    }

    assert_int_equal(r.groups, 300);
    learned_rows_free(&r);
}


static void
refused(const learned_task_t *task, const char *why)
{
    learned_t            *model;
    aud_error_t           err;
    learned_judgement_t   j;

    assert_int_equal(learned_train(task, corpus.examples, corpus.n, &model, &j,
                                   &err), LEARNED_REFUSED);
    assert_string_equal(err.text, why);
    assert_null(model);
}


static void
too_few_are_refused(void **state)
{
    char    text[400];
    size_t  i;

    known_truth(200, 3, 0);
    corpus.n = 199;
    refused(&sentiment, "199 corrected conversations have sentiment: 200 are "
            "needed to learn from");

    corpus.n = 0;
    refused(&intention, "0 corrected conversations have purchaseIntention: 200 "
            "are needed to learn from");

    known_truth(300, 2, 0);
    refused(&sentiment, "0 different texts have sentiment \"neutral\": 10 are "
            "needed to learn from");

    /* copies are not different, whatever their case */
    for (i = 0; i < 50; i++) {
        snprintf(text, sizeof(text), "%s", i % 2 ? "TANTO faz" : "tanto Faz");
        add(2, 2, text);
    }

    refused(&sentiment, "1 different texts have sentiment \"neutral\": 10 are "
            "needed to learn from");

    corpus.examples[7].gold = 3;
    refused(&sentiment, "example 7 has a class that sentiment has not");
}


static void
two_hundred_are_enough(void **state)
{
    learned_judgement_t  j;

    known_truth(200, 3, 0);
    learned_free(learn(&sentiment, &j));
    assert_int_equal(j.examples, 200);
}


static int
cancelled(void *data)
{
    return ++asked == cancel_at;
}


static void
learning_can_be_cancelled_anywhere(void **state)
{
    unsigned              last;
    learned_t            *model;
    aud_error_t           err;
    learned_task_t        task = sentiment;
    learned_judgement_t   j;

    task.cancelled = cancelled;
    known_truth(300, 3, 10);
    asked = 0;
    cancel_at = 0;
    learned_free(learn(&task, &j));
    last = asked;
    assert_true(last > LEARNED_FOLDS * 3);

    for (cancel_at = 1; cancel_at <= last; cancel_at += 7) {
        asked = 0;
        assert_int_equal(learned_train(&task, corpus.examples, corpus.n,
                                       &model, &j, &err), LEARNED_CANCELLED);
        assert_int_equal(asked, cancel_at);
        assert_null(model);
        assert_string_equal(err.text, "learning was cancelled");
    }
}


static void *
failing_realloc(void *p, size_t size)
{
    return ++allocations == fail_at ? NULL : realloc(p, size);
}


static void
memory_may_be_out_anywhere(void **state)
{
    learned_t            *model;
    aud_error_t           err;
    aud_buffer_t          b = { 0 };
    aud_allocator_t       before = aud_allocator;
    learned_status_t      status;
    learned_judgement_t   j;

    known_truth(200, 3, 10);
    aud_allocator.realloc = failing_realloc;

    for (fail_at = 1, status = LEARNED_NO_MEMORY; status != LEARNED_OK;
         fail_at++)
    {
        allocations = 0;
        status = learned_train(&sentiment, corpus.examples, corpus.n, &model,
                               &j, &err);

        if (status != LEARNED_OK) {
            assert_int_equal(status, LEARNED_NO_MEMORY);
            assert_string_equal(err.text, "no memory to learn");
        }
    }

    assert_true(fail_at > 30);
    fail_at = 0;
    learned_write(model, &b);
    learned_free(model);

    for (fail_at = 1, model = NULL; model == NULL; fail_at++) {
        allocations = 0;
        model = learned_read(aud_buffer_str(&b), &err);
    }

    assert_int_equal(fail_at, 4);
    aud_allocator = before;
    learned_free(model);
    aud_buffer_free(&b);
}


static uint8_t
class_of(const char *name)
{
    uint8_t  k;

    for (k = 0; strcmp(sentiment.classes[k], name) != 0; k++) { /* void */ }

    return k;
}


/* The customer's first 400 bytes of a conversation of our own writing. */
static void
add_line(const char *line)
{
    char         text[400] = "";
    json_t      *json, *m;
    size_t       i;

    json = json_loads(line, 0, NULL);
    assert_non_null(json);

    json_array_foreach(json_object_get(json, "messages"), i, m) {
        if (strcmp(json_string_value(json_object_get(m, "from")),
                   "customer") == 0)
        {
            strncat(text, json_string_value(json_object_get(m, "text")),
                    sizeof(text) - 2 - strlen(text));
            strcat(text, strlen(text) < sizeof(text) - 2 ? "\n" : "");
        }
    }

    add(class_of(json_string_value(json_object_get(
            json_object_get(json, "labels"), "sentiment"))), 2, text);
    json_decref(json);
}


static void
sentiments_of_conversations_are_learned(void **state)
{
    char                 *line = NULL;
    FILE                 *f = fopen("bench/enrichment/tune.ndjson", "r");
    size_t                room = 0;
    learned_judgement_t   j;

    assert_non_null(f);
    corpus.n = 0;

    while (corpus.n < MOST && getline(&line, &room, f) > 0) {
        add_line(line);
    }

    fclose(f);
    free(line);

    /* where nothing but the words tells it */
    learned_free(learn(&sentiment, &j));
    assert_true(j.better);
    assert_true(j.learned.macro_f1 > 0.60);
    assert_true(j.learned.accuracy > 0.65);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_can_be_known_is_learned),
        cmocka_unit_test(what_is_wrong_for_one_word_is_put_right),
        cmocka_unit_test(chance_is_not_better),
        cmocka_unit_test(nothing_is_better_than_what_is_right),
        cmocka_unit_test(copies_do_not_tell_each_other),
        cmocka_unit_test(order_of_examples_does_not_matter),
        cmocka_unit_test(classes_are_in_every_fold_and_copies_in_one),
        cmocka_unit_test(too_few_are_refused),
        cmocka_unit_test(two_hundred_are_enough),
        cmocka_unit_test(learning_can_be_cancelled_anywhere),
        cmocka_unit_test(memory_may_be_out_anywhere),
        cmocka_unit_test(sentiments_of_conversations_are_learned)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
