/*
 * From sentences to the labels of a conversation.
 */

#include <math.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "classifier_private.h"

/* Raised when the rules change; the lexicons have a hash of their own. */
#define VERSION  "builtin-1-"

/* What is left of a sum after each further message of the customer. */
#define KEEP_SENTIMENT  0.85
#define KEEP_PRICE      0.95
#define KEEP_INTENTION  0.90

/* From these sums on, a label is the more likely one. */
#define SENTIMENT_FROM  0.45
#define INTENT_FROM     0.5
#define SENSITIVE_FROM  0.5

/* Who is angry seldom buys. */
#define ANGER_AGAINST_INTENT  0.5

/* Praise such as "Parabéns" counts for its opposite from this much of other
 * bad words on. */
#define IRONY_FROM  0.9

#define ACCEPTED    1.6         /* "yes" to an offer */
#define REFUSED     1.5
#define ACCEPTED_PRICE  0.4     /* "ok" to a price that was told */
#define REFUSED_PRICE   0.8
#define HAGGLED     0.6         /* who asks for a discount wants to buy */
#define GOOD_MARK   0.85        /* of the highest one */
#define BAD_MARK    0.5
#define MARK        3.0         /* how much a mark weighs */
#define MARK_WORDS  4           /* of a message that is but a mark */

/* How steeply confidence rises with the sums (logistic), and what it is where
 * nothing was said of a price; by how often labels were right of texts that the
 * lexicons had not seen (docs/enrichment.md). */
#define SENTIMENT_SLOPE  3.0
#define INTENT_SLOPE     2.0
#define PRICE_SLOPE      1.2
#define NO_PRICE         0.9
#define NO_SENTIMENT     0.8

#define LANGUAGES_MOST  16


/* The sentence that speaks loudest for something. */
typedef struct {
    double  weight;
    size_t  message, from, to;
} evidence_t;

/* What was said so far. */
typedef struct {
    const lexicon_t       *l;
    classifier_scratch_t  *scratch;
    sentence_score_t       sum;         /* faded */
    double                 highest;     /* mark that was asked for, or 0 */
    int                    offered, priced;     /* by the message before */
    evidence_t             good, bad, dear, cheap, topic, intent, other;
} state_t;


static int  read_languages(classifier_t *c, const char *dir, aud_error_t *err);
static int  add_language(classifier_t *c, const char *dir, aud_str_t language,
    aud_error_t *err);
static void read_business(state_t *state, const classifier_message_t *m,
    size_t index);
static void read_customer(state_t *state, const classifier_message_t *m,
    size_t index);
static void fade(state_t *state);
static void fade_evidence(evidence_t *e, double keep);
static void add_sentence(state_t *state, const sentence_score_t *score,
    size_t index);
static void add_answers(state_t *state, sentence_score_t *score, int first);
static void show(evidence_t *e, double weight, const state_t *state,
    size_t index);
static void decide_sentiment(state_t *state, classifier_result_t *out);
static void decide_price(const state_t *state, classifier_result_t *out);
static void decide_intention(const state_t *state, classifier_result_t *out);
static void give(classifier_result_t *out, const char *value,
    double confidence, const evidence_t *e);
static double logistic(double x);


static const char *const  label_names[CLASSIFIER_LABELS] = {
    "purchaseIntention", "priceSensitivity", "sentiment"
};


classifier_t *
classifier_open(const char *dir, aud_error_t *err)
{
    size_t         i;
    uint64_t       hash = 0;
    classifier_t  *c = aud_calloc(1, sizeof(classifier_t));

    if (c == NULL) {
        (void) aud_error_set(err, "out of memory for lexicons");
        return NULL;
    }

    if (read_languages(c, dir, err) != 0) {
        classifier_free(c);
        return NULL;
    }

    for (i = 0; i < c->n; i++) {
        hash = (hash ^ c->lexicons[i].hash) * UINT64_C(0x9e3779b97f4a7c15);
    }

    (void) snprintf(c->version, sizeof(c->version), VERSION "%016llx",
                    (unsigned long long) hash);

    return c;
}


/* languages.txt: one a line, first the one that is taken where a text does not
 * tell. */
static int
read_languages(classifier_t *c, const char *dir, aud_error_t *err)
{
    int         rc = 0;
    char        path[4096], line[256];
    FILE       *f;
    aud_str_t   text;

    (void) snprintf(path, sizeof(path), "%s/languages.txt", dir);

    f = fopen(path, "re");
    if (f == NULL) {
        return aud_error_system(err, "%s", path);
    }

    while (rc == 0 && fgets(line, sizeof(line), f)) {
        text = aud_trim(aud_str(line, strlen(line)));

        if (text.len && text.data[0] != '#') {
            rc = add_language(c, dir, text, err);
        }
    }

    if (rc == 0 && c->n == 0) {
        rc = aud_error_set(err, "%s: no language", path);
    }

    fclose(f);

    return rc;
}


static int
add_language(classifier_t *c, const char *dir, aud_str_t language,
    aud_error_t *err)
{
    lexicon_t  *lexicons;

    if (c->n == LANGUAGES_MOST) {
        return aud_error_set(err, "%s/languages.txt: more than %d languages",
                             dir, LANGUAGES_MOST);
    }

    lexicons = aud_realloc(c->lexicons, (c->n + 1) * sizeof(lexicon_t));
    if (lexicons == NULL) {
        return aud_error_set(err, "out of memory for lexicons");
    }

    c->lexicons = lexicons;

    return lexicon_read(&c->lexicons[c->n++], dir, language, err);
}


void
classifier_free(classifier_t *c)
{
    size_t  i;

    if (c == NULL) {
        return;
    }

    for (i = 0; i < c->n; i++) {
        lexicon_free(&c->lexicons[i]);
    }

    aud_free(c->lexicons);
    aud_free(c);
}


classifier_scratch_t *
classifier_scratch_create(void)
{
    return aud_malloc(sizeof(classifier_scratch_t));
}


void
classifier_scratch_free(classifier_scratch_t *scratch)
{
    aud_free(scratch);
}


const char *
classifier_version(const classifier_t *c)
{
    return c->version;
}


const char *
classifier_label_name(classifier_label_t label)
{
    return label_names[label];
}


void
classifier_run(const classifier_t *c, classifier_scratch_t *scratch,
    const char *language, const classifier_message_t *messages, size_t n,
    classifier_result_t out[CLASSIFIER_LABELS])
{
    size_t   i;
    state_t  state = { 0 };

    state.l = classifier_language(c, scratch, language, messages, n);
    state.scratch = scratch;

    for (i = 0; i < n; i++) {
        if (messages[i].from == CLASSIFIER_CUSTOMER) {
            read_customer(&state, &messages[i], i);

        } else {
            read_business(&state, &messages[i], i);
        }
    }

    decide_sentiment(&state, &out[CLASSIFIER_SENTIMENT]);
    decide_price(&state, &out[CLASSIFIER_PRICE]);
    decide_intention(&state, &out[CLASSIFIER_INTENTION]);
}


/* An agent or a bot. */
static void
read_business(state_t *state, const classifier_message_t *m, size_t index)
{
    int               rating = 0;
    double            largest = 0;
    size_t            at = 0;
    sentence_score_t  score;

    state->offered = 0;
    state->priced = 0;

    while (conversation_next(m->text, &at, &state->scratch->sentence)) {
        sentence_score(state->l, state->scratch, &score);

        state->sum.topic |= score.topic;
        state->offered |= score.offer;
        state->priced |= score.topic;
        rating |= score.rating;
        largest = score.largest > largest ? score.largest : largest;

        if (score.topic) {
            show(&state->topic, 0.5, state, index);
        }
    }

    state->highest = rating ? largest : 0;
}


static void
read_customer(state_t *state, const classifier_message_t *m, size_t index)
{
    int               first = 1;
    size_t            at = 0;
    sentence_score_t  score;

    while (conversation_next(m->text, &at, &state->scratch->sentence)) {
        if (first) {
            fade(state);
        }

        sentence_score(state->l, state->scratch, &score);
        add_answers(state, &score, first);
        add_sentence(state, &score, index);
        first = 0;
    }

    if (!first) {
        state->offered = 0;
        state->priced = 0;
        state->highest = 0;
    }
}


static void
fade(state_t *state)
{
    state->sum.positive *= KEEP_SENTIMENT;
    state->sum.negative *= KEEP_SENTIMENT;
    state->sum.praise *= KEEP_SENTIMENT;
    state->sum.sensitive *= KEEP_PRICE;
    state->sum.insensitive *= KEEP_PRICE;
    state->sum.intent *= KEEP_INTENTION;
    state->sum.other *= KEEP_INTENTION;

    fade_evidence(&state->good, KEEP_SENTIMENT);
    fade_evidence(&state->bad, KEEP_SENTIMENT);
    fade_evidence(&state->dear, KEEP_PRICE);
    fade_evidence(&state->cheap, KEEP_PRICE);
    fade_evidence(&state->topic, KEEP_PRICE);
    fade_evidence(&state->intent, KEEP_INTENTION);
    fade_evidence(&state->other, KEEP_INTENTION);
}


static void
fade_evidence(evidence_t *e, double keep)
{
    e->weight *= keep;
}


/* What "yes", "no" and a bare number mean as answers. */
static void
add_answers(state_t *state, sentence_score_t *score, int first)
{
    double  mark;

    if (first && state->offered) {
        score->intent += score->yes ? ACCEPTED : 0;
        score->other += score->no ? REFUSED : 0;

    } else if (first && state->priced) {
        score->intent += score->yes ? ACCEPTED_PRICE : 0;
        score->other += score->no ? REFUSED_PRICE : 0;
    }

    score->intent += score->haggles ? HAGGLED : 0;

    if (first && state->highest > 0 && score->largest >= 0
        && score->largest <= state->highest && score->words <= MARK_WORDS)
    {
        mark = score->largest / state->highest;
        score->positive += mark >= GOOD_MARK ? MARK : 0;
        score->negative += mark <= BAD_MARK ? MARK : 0;
    }
}


static void
add_sentence(state_t *state, const sentence_score_t *score, size_t index)
{
    state->sum.positive += score->positive;
    state->sum.negative += score->negative;
    state->sum.praise += score->praise;
    state->sum.sensitive += score->sensitive;
    state->sum.insensitive += score->insensitive;
    state->sum.intent += score->intent;
    state->sum.other += score->other;
    state->sum.topic |= score->topic;

    show(&state->good, score->positive + score->praise - score->negative,
         state, index);
    show(&state->bad, score->negative + score->praise - score->positive,
         state, index);
    show(&state->dear, score->sensitive - score->insensitive, state, index);
    show(&state->cheap, score->insensitive - score->sensitive, state, index);
    show(&state->topic, score->topic, state, index);
    show(&state->intent, score->intent - score->other, state, index);
    show(&state->other, score->other - score->intent, state, index);
}


/* Of equals the later one. */
static void
show(evidence_t *e, double weight, const state_t *state, size_t index)
{
    if (weight > 0 && weight >= e->weight) {
        *e = (evidence_t) { weight, index, state->scratch->sentence.from,
                            state->scratch->sentence.to };
    }
}


static void
decide_sentiment(state_t *state, classifier_result_t *out)
{
    double             score, clear;
    sentence_score_t  *sum = &state->sum;

    if (sum->praise > 0 && sum->negative - sum->positive >= IRONY_FROM) {
        sum->negative += sum->praise;

    } else {
        sum->positive += sum->praise;
    }

    score = sum->positive - sum->negative;
    clear = fabs(score) - SENTIMENT_FROM;

    if (clear < 0) {
        give(out, "neutral", 0.5 - (NO_SENTIMENT - 0.5) * clear
                                   / SENTIMENT_FROM, NULL);

    } else if (score > 0) {
        give(out, "positive", logistic(SENTIMENT_SLOPE * clear), &state->good);

    } else {
        give(out, "negative", logistic(SENTIMENT_SLOPE * clear), &state->bad);
    }
}


static void
decide_price(const state_t *state, classifier_result_t *out)
{
    double  sensitive;

    if (!state->sum.topic) {
        give(out, NULL, NO_PRICE, NULL);
        return;
    }

    sensitive = logistic(PRICE_SLOPE * (state->sum.sensitive
                                        - state->sum.insensitive
                                        - SENSITIVE_FROM));

    if (sensitive >= 0.5) {
        give(out, "sensitive", sensitive, &state->dear);

    } else {
        give(out, "insensitive", 1 - sensitive,
             state->cheap.weight > 0 ? &state->cheap : &state->topic);
    }
}


static void
decide_intention(const state_t *state, classifier_result_t *out)
{
    double  anger, intent;

    anger = state->sum.negative - state->sum.positive;
    intent = state->sum.intent - state->sum.other
             - (anger > 0 ? ANGER_AGAINST_INTENT * anger : 0);
    intent = logistic(INTENT_SLOPE * (intent - INTENT_FROM));

    if (intent >= 0.5) {
        give(out, "intent", intent, &state->intent);

    } else {
        give(out, "other", 1 - intent, &state->other);
    }
}


static void
give(classifier_result_t *out, const char *value, double confidence,
    const evidence_t *e)
{
    out->value = value;
    out->confidence = confidence;
    out->message = CLASSIFIER_NOWHERE;
    out->from = 0;
    out->to = 0;

    if (e && e->weight > 0) {
        out->message = e->message;
        out->from = e->from;
        out->to = e->to;
    }
}


static double
logistic(double x)
{
    return 1 / (1 + exp(-x));
}
