/*
 * What the files of the classifier share; classifier.h is for callers.
 */

#ifndef CLASSIFIER_PRIVATE_H
#define CLASSIFIER_PRIVATE_H

#include "classifier.h"
#include "lexicon.h"

#define CLASSIFIER_WORDS    (CONVERSATION_TOKENS + 2 * LEXICON_SPELLED)
#define CLASSIFIER_MATCHES  256         /* of a family in a sentence */

/* Phrases of a family do not overlap in a sentence, those of others may. */
typedef enum {
    FAMILY_SENTIMENT = 0,
    FAMILY_PRICE,
    FAMILY_INTENTION,
    FAMILY_TOPIC,
    FAMILY_RATING,
    FAMILY_OFFER,
    FAMILY_ANSWER,
    FAMILY_NEGATION,
    FAMILY_INTENSIFIER,
    FAMILY_HYPOTHETICAL,
    FAMILY_CONTRAST,
    FAMILY_QUESTION,
    FAMILIES
} family_t;

typedef struct {
    lexicon_match_t  matches[CLASSIFIER_MATCHES];
    unsigned         n;
} matches_t;

/* What a sentence says; sums of weights. */
typedef struct {
    double    positive, negative, praise;
    double    sensitive, insensitive;
    double    intent, other;
    double    largest;          /* the largest bare number; -1: none */
    unsigned  words;            /* without breaks */
    unsigned  topic:1;
    unsigned  rating:1;
    unsigned  offer:1;
    unsigned  yes:1;            /* it begins with that */
    unsigned  no:1;
    unsigned  haggles:1;        /* who haggles wants to buy */
} sentence_score_t;

struct classifier_scratch_s {
    conversation_sentence_t  sentence;
    lexicon_word_t           words[CLASSIFIER_WORDS];
    unsigned                 nwords;
    matches_t                found[FAMILIES];
    uint16_t                 barriers[CLASSIFIER_WORDS + 1];
    uint8_t                  consumed[CLASSIFIER_MATCHES];  /* negations */
};

struct classifier_s {
    lexicon_t  *lexicons;
    size_t      n;
    char        version[40];
};

/* Scores scratch->sentence. */
void sentence_score(const lexicon_t *l, classifier_scratch_t *scratch,
    sentence_score_t *score);

/* The lexicon for a language tag, or for what the messages are written in. */
const lexicon_t *classifier_language(const classifier_t *c,
    classifier_scratch_t *scratch, const char *language,
    const classifier_message_t *messages, size_t n);

#endif
