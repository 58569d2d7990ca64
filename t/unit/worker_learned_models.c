/*
 * Learned models that label conversations: what they say, what shows it, and
 * which of them are not used.
 */

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "corrections.h"
#include "learned_models.h"
#include "log.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static classifier_t          *classifier;
static classifier_scratch_t  *sentences;
static learning_t             learning;


/* For these customers "marmita" is bad news, "festa" is good. */
static void
news(void)
{
    char                        text[200], w[8];
    learned_t                  *model;
    learned_judgement_t         j;
    static const char *const    said[] = { " festa", " marmita", " outra" };

    corpus.n = 0;

    while (corpus.n < 300) {
        snprintf(text, sizeof(text), "%s ", word(w, random_below(500)));
        strcat(strcat(text, word(w, random_below(500))), said[corpus.n % 3]);
        add(corpus.n % 3, 2, text);
    }

    model = learn(&sentiment, &j);
    assert_true(j.better);
    learned_write(model, &learning.models[CLASSIFIER_SENTIMENT]);
    learned_free(model);

    learning.trained[CLASSIFIER_SENTIMENT] = json_pack("{s:{s:s}}", "built_in",
        "version", classifier_version(classifier));
}


static int
begin(void **state)
{
    aud_error_t  err;

    log_set_level(LOG_ERROR);
    classifier = classifier_open("conf/lexicons", &err);
    sentences = classifier_scratch_create();
    news();

    return classifier && sentences ? 0 : -1;
}


static int
end(void **state)
{
    learning_free(&learning);
    classifier_scratch_free(sentences);
    classifier_free(classifier);

    return 0;
}


static learned_models_t *
models(void)
{
    aud_error_t        err;
    learned_models_t  *m;

    m = learned_models_of(&learning, "demo", classifier, &err);
    assert_non_null(m);

    return m;
}


static void
ask(learned_models_t *m, const classifier_message_t *messages, size_t n,
    classifier_result_t results[CLASSIFIER_LABELS])
{
    classifier_run(classifier, sentences, "", messages, n, results);
    assert_int_equal(learned_models_apply(m, sentences, "", messages, n,
                                          results), 0);
}


static void
a_model_has_its_labels_say(void **state)
{
    learned_models_t      *m = models();
    classifier_result_t    r[CLASSIFIER_LABELS], b[CLASSIFIER_LABELS];
    classifier_message_t   messages[] = {
        { NULL, 0, CLASSIFIER_CUSTOMER, AUD_STR("Bom dia") },
        { NULL, 0, CLASSIFIER_AGENT, AUD_STR("A marmita?") },
        { NULL, 0, CLASSIFIER_CUSTOMER,
          AUD_STR("Oi. Vi essa marmita dudu. Tchau") },
        { NULL, 0, CLASSIFIER_CUSTOMER, AUD_STR("outra outra") }
    };

    classifier_run(classifier, sentences, "", messages, COUNT(messages), b);
    ask(m, messages, COUNT(messages), r);

    assert_string_equal(b[CLASSIFIER_SENTIMENT].value, "neutral");
    assert_string_equal(r[CLASSIFIER_SENTIMENT].value, "negative");
    assert_true(r[CLASSIFIER_SENTIMENT].confidence > 1.0 / 3
                && r[CLASSIFIER_SENTIMENT].confidence < 1);

    /* the sentence, and not the agent's */
    assert_int_equal(r[CLASSIFIER_SENTIMENT].message, 2);
    assert_int_equal(r[CLASSIFIER_SENTIMENT].from, 4);
    assert_int_equal(r[CLASSIFIER_SENTIMENT].to, 25);

    /* others have none */
    assert_memory_equal(&r[CLASSIFIER_INTENTION], &b[CLASSIFIER_INTENTION],
                        sizeof(r[0]));
    assert_memory_equal(&r[CLASSIFIER_PRICE], &b[CLASSIFIER_PRICE],
                        sizeof(r[0]));
    assert_null(learned_models_version(m, CLASSIFIER_INTENTION));
    assert_int_equal(strlen(learned_models_version(m, CLASSIFIER_SENTIMENT)),
                     strlen("learned-1-") + 16);
    learned_models_free(m);
}


/* What the built-in classifier has shown, where the model reads it so, too. */
static void
what_is_read_alike_keeps_its_sentence(void **state)
{
    learned_models_t      *m = models();
    classifier_result_t    r[CLASSIFIER_LABELS];
    classifier_message_t   message = {
        NULL, 0, CLASSIFIER_CUSTOMER,
        AUD_STR("Péssimo, horrível! Foi a marmita. Tchau")
    };

    ask(m, &message, 1, r);
    assert_string_equal(r[CLASSIFIER_SENTIMENT].value, "negative");
    assert_int_equal(r[CLASSIFIER_SENTIMENT].message, 0);
    assert_int_equal(r[CLASSIFIER_SENTIMENT].from, 0);
    learned_models_free(m);
}


static void
nothing_shows_the_last_class(void **state)
{
    learned_models_t      *m = models();
    classifier_result_t    r[CLASSIFIER_LABELS];
    classifier_message_t   message = {
        NULL, 0, CLASSIFIER_CUSTOMER, AUD_STR("Adorei outra vez, outra outra")
    };

    classifier_run(classifier, sentences, "", &message, 1, r);
    assert_string_equal(r[CLASSIFIER_SENTIMENT].value, "positive");
    assert_int_equal(r[CLASSIFIER_SENTIMENT].message, 0);

    ask(m, &message, 1, r);
    assert_string_equal(r[CLASSIFIER_SENTIMENT].value, "neutral");
    assert_true(r[CLASSIFIER_SENTIMENT].message == CLASSIFIER_NOWHERE);
    learned_models_free(m);
}


static void
who_says_nothing_is_not_asked_about(void **state)
{
    learned_models_t      *m = models();
    classifier_result_t    r[CLASSIFIER_LABELS], b[CLASSIFIER_LABELS];
    classifier_message_t   messages[] = {
        { NULL, 0, CLASSIFIER_AGENT, AUD_STR("A marmita?") },
        { NULL, 0, CLASSIFIER_CUSTOMER, AUD_STR("") }
    };

    classifier_run(classifier, sentences, "", messages, COUNT(messages), b);
    ask(m, messages, COUNT(messages), r);
    assert_memory_equal(r, b, sizeof(r));
    learned_models_free(m);
}


static void
models_that_do_not_fit_are_not_used(void **state)
{
    json_t            *other, *own = learning.trained[CLASSIFIER_SENTIMENT];
    aud_buffer_t      *bytes = &learning.models[CLASSIFIER_SENTIMENT];
    learned_models_t  *m;

    /* of another version of the built-in classifier */
    other = json_pack("{s:{s:s}}", "built_in", "version", "builtin-1-0");
    learning.trained[CLASSIFIER_SENTIMENT] = other;
    m = models();
    assert_null(learned_models_version(m, CLASSIFIER_SENTIMENT));
    learned_models_free(m);
    json_decref(other);
    learning.trained[CLASSIFIER_SENTIMENT] = own;

    /* damaged */
    bytes->data[bytes->len / 2] ^= 1;
    m = models();
    assert_null(learned_models_version(m, CLASSIFIER_SENTIMENT));
    learned_models_free(m);
    bytes->data[bytes->len / 2] ^= 1;

    /* whole, of a label with other classes */
    learning.trained[CLASSIFIER_INTENTION] = json_incref(own);
    aud_buffer_add(&learning.models[CLASSIFIER_INTENTION], bytes->data,
                   bytes->len);
    m = models();
    assert_null(learned_models_version(m, CLASSIFIER_INTENTION));
    assert_non_null(learned_models_version(m, CLASSIFIER_SENTIMENT));
    learned_models_free(m);
    learning.models[CLASSIFIER_INTENTION].len = 0;
}


/* Other weights, or another version of what the model is asked with. */
static void
another_model_is_another_version(void **state)
{
    char       a[LEARNED_VERSION_LEN], b[LEARNED_VERSION_LEN];
    aud_str_t  bytes = aud_buffer_str(&learning.models[CLASSIFIER_SENTIMENT]);

    learned_version(bytes, "builtin-1-1", a);
    learned_version(bytes, "builtin-1-1", b);
    assert_string_equal(a, b);
    learned_version(bytes, "builtin-1-2", b);
    assert_string_not_equal(a, b);
    learned_version(aud_str(bytes.data, bytes.len - 1), "builtin-1-1", b);
    assert_string_not_equal(a, b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_model_has_its_labels_say),
        cmocka_unit_test(what_is_read_alike_keeps_its_sentence),
        cmocka_unit_test(nothing_shows_the_last_class),
        cmocka_unit_test(who_says_nothing_is_not_asked_about),
        cmocka_unit_test(models_that_do_not_fit_are_not_used),
        cmocka_unit_test(another_model_is_another_version)
    };

    return cmocka_run_group_tests(tests, begin, end);
}
