/*
 * What one sentence says: phrases of the lexicon, changed by what stands
 * around them.
 *
 *   não [é [muito] caro]      sensitive 1.5, intensified, negated: insensitive
 *   lindo, [mas] [caro]       what follows "mas" weighs more
 *   [seria] ótimo             hypothetical: weighs less
 */

#include "classifier_private.h"

/* How much of a weight is left on the other side of a negation: "not good" is
 * nearly bad, "not bad" is not quite good. */
#define NEGATED_GOOD      0.9
#define NEGATED_BAD       0.4
#define NEGATED_DEAR      0.8
#define NEGATED_CHEAP     1.0
#define NEGATED_INTENT    0.8

#define IN_QUESTION       0.35
#define BEFORE_CONTRAST   0.6
#define BEHIND_CONTRAST   1.2
#define EXCLAIMED         1.15
#define EMPHATIC          1.3           /* capitals, stretched letters */
#define EXASPERATED       0.3           /* "???", words in capitals */
#define EXASPERATED_MARKS 3
#define EACH_EMOJI        0.25          /* for each repetition, two at most */
#define LEAST_FACTOR      0.3
#define MOST_FACTOR       2.0

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static void     find_phrases(const lexicon_t *l, classifier_scratch_t *scratch);
static void     keep_longest(classifier_scratch_t *scratch,
    const lexicon_match_t *at_once, unsigned n, unsigned *ends);
static void     add_phrase(const classifier_scratch_t *scratch, family_t family,
    const lexicon_match_t *m, int question, sentence_score_t *score);
static int      is_answer(const classifier_scratch_t *scratch,
    const lexicon_match_t *m);
static void     add_sentiment(const lexicon_match_t *m, double weight,
    int negated, sentence_score_t *score);
static void     add_price(const lexicon_match_t *m, double weight, int negated,
    sentence_score_t *score);
static void     add_intention(const lexicon_match_t *m, double weight,
    int negated, sentence_score_t *score);
static double   weight_of(const classifier_scratch_t *scratch, family_t family,
    const lexicon_match_t *m, int question);
static double   intensity(const classifier_scratch_t *scratch,
    const lexicon_match_t *m);
static double   emphasis(const classifier_scratch_t *scratch,
    const lexicon_match_t *m);
static double   contrast(const classifier_scratch_t *scratch,
    const lexicon_match_t *m);
static int      is_negated(const classifier_scratch_t *scratch,
    const lexicon_match_t *m, int question);
static void     count_barriers(classifier_scratch_t *scratch);
static void     mark_consumed(classifier_scratch_t *scratch, family_t family);
static int      reaches(const classifier_scratch_t *scratch, unsigned from,
    unsigned to);
static void     add_marks(const classifier_scratch_t *scratch,
    sentence_score_t *score);


static const uint8_t  family_of[LEXICON_GROUPS] = {
    [LEXICON_POSITIVE] = FAMILY_SENTIMENT,
    [LEXICON_NEGATIVE] = FAMILY_SENTIMENT,
    [LEXICON_PRAISE] = FAMILY_SENTIMENT,
    [LEXICON_IRONY] = FAMILY_SENTIMENT,
    [LEXICON_RATING] = FAMILY_RATING,
    [LEXICON_TOPIC] = FAMILY_TOPIC,
    [LEXICON_SENSITIVE] = FAMILY_PRICE,
    [LEXICON_INSENSITIVE] = FAMILY_PRICE,
    [LEXICON_INTENT] = FAMILY_INTENTION,
    [LEXICON_OTHER] = FAMILY_INTENTION,
    [LEXICON_OFFER] = FAMILY_OFFER,
    [LEXICON_NEGATION] = FAMILY_NEGATION,
    [LEXICON_INTENSIFIER] = FAMILY_INTENSIFIER,
    [LEXICON_HYPOTHETICAL] = FAMILY_HYPOTHETICAL,
    [LEXICON_CONTRAST] = FAMILY_CONTRAST,
    [LEXICON_QUESTION] = FAMILY_QUESTION,
    [LEXICON_YES] = FAMILY_ANSWER,
    [LEXICON_NO] = FAMILY_ANSWER
};


void
sentence_score(const lexicon_t *l, classifier_scratch_t *scratch,
    sentence_score_t *score)
{
    int         question;
    unsigned    i, irony = 0;
    family_t    family;
    matches_t  *found;

    memset(score, 0, sizeof(sentence_score_t));
    scratch->nwords = lexicon_words(l, &scratch->sentence, scratch->words,
                                    CLASSIFIER_WORDS);
    find_phrases(l, scratch);
    count_barriers(scratch);

    question = scratch->sentence.question
               || scratch->found[FAMILY_QUESTION].n > 0;

    for (family = FAMILY_SENTIMENT; family <= FAMILY_INTENTION; family++) {
        found = &scratch->found[family];
        mark_consumed(scratch, family);

        for (i = 0; i < found->n; i++) {
            add_phrase(scratch, family, &found->matches[i], question, score);
            irony |= found->matches[i].entry->group == LEXICON_IRONY;
        }
    }

    if (irony) {
        score->negative += score->positive + score->praise;
        score->positive = 0;
        score->praise = 0;
    }

    found = &scratch->found[FAMILY_TOPIC];
    score->topic = scratch->found[FAMILY_PRICE].n > 0;

    for (i = 0; i < found->n; i++) {
        score->topic |= found->matches[i].entry->weight > 0;
    }

    score->rating = scratch->found[FAMILY_RATING].n > 0;
    score->offer = scratch->found[FAMILY_OFFER].n > 0;
    add_marks(scratch, score);
}


static void
find_phrases(const lexicon_t *l, classifier_scratch_t *scratch)
{
    unsigned         at, n, ends[FAMILIES] = { 0 };
    family_t         family;
    lexicon_match_t  at_once[LEXICON_GROUPS];

    for (family = 0; family < FAMILIES; family++) {
        scratch->found[family].n = 0;
    }

    for (at = 0; at < scratch->nwords; at++) {
        n = lexicon_match(l, scratch->words, scratch->nwords, at, at_once);
        keep_longest(scratch, at_once, n, ends);
    }
}


/* Of phrases that begin together, one of each family that does not begin
 * within the one before it.  A break ends one and begins the next. */
static void
keep_longest(classifier_scratch_t *scratch, const lexicon_match_t *at_once,
    unsigned n, unsigned *ends)
{
    unsigned                i, last;
    family_t                family;
    matches_t              *found;
    const lexicon_match_t  *m, *best[FAMILIES] = { NULL };

    for (i = 0; i < n; i++) {
        m = &at_once[i];
        family = family_of[m->entry->group];

        if (best[family] == NULL || m->to > best[family]->to
            || (m->to == best[family]->to
                && m->entry->weight > best[family]->entry->weight))
        {
            best[family] = m;
        }
    }

    for (family = 0; family < FAMILIES; family++) {
        m = best[family];
        found = &scratch->found[family];

        if (m == NULL || m->from < ends[family]
            || found->n == CLASSIFIER_MATCHES)
        {
            continue;
        }

        last = m->to - 1;
        found->matches[found->n++] = *m;
        ends[family] = scratch->words[last].token->kind == CONVERSATION_BREAK
                       && last > m->from ? last : m->to;
    }
}


static void
add_phrase(const classifier_scratch_t *scratch, family_t family,
    const lexicon_match_t *m, int question, sentence_score_t *score)
{
    int     negated = is_negated(scratch, m, question);
    double  weight = weight_of(scratch, family, m, question);

    switch (family) {

    case FAMILY_SENTIMENT:
        if (!is_answer(scratch, m)) {
            add_sentiment(m, weight, negated, score);
        }

        break;

    case FAMILY_PRICE:
        add_price(m, weight, negated, score);
        break;

    default:
        add_intention(m, weight, negated, score);
        break;
    }
}


/* "Perfeito, pode mandar", "Great.": a yes that is a clause of its own says
 * that the customer heard, not how he feels. */
static int
is_answer(const classifier_scratch_t *scratch, const lexicon_match_t *m)
{
    const matches_t        *answers = &scratch->found[FAMILY_ANSWER];
    const lexicon_match_t  *yes = &answers->matches[0];

    return answers->n && yes->entry->group == LEXICON_YES && yes->from <= 1
           && m->from >= yes->from && m->to <= yes->to
           && (yes->to == scratch->nwords
               || scratch->words[yes->to].token->kind == CONVERSATION_BREAK)
           && emphasis(scratch, m) == 1;
}


static void
add_sentiment(const lexicon_match_t *m, double weight, int negated,
    sentence_score_t *score)
{
    switch (m->entry->group) {

    case LEXICON_POSITIVE:
        if (negated) {
            score->negative += weight * NEGATED_GOOD;
        } else {
            score->positive += weight;
        }

        break;

    case LEXICON_PRAISE:
        if (negated) {
            score->negative += weight * NEGATED_GOOD;
        } else {
            score->praise += weight;
        }

        break;

    case LEXICON_NEGATIVE:
        if (negated) {
            score->positive += weight * NEGATED_BAD;
        } else {
            score->negative += weight;
        }

        break;

    default:                                    /* irony is never meant */
        score->negative += weight;
        break;
    }
}


static void
add_price(const lexicon_match_t *m, double weight, int negated,
    sentence_score_t *score)
{
    if (m->entry->group == LEXICON_SENSITIVE) {
        if (negated) {
            score->insensitive += weight * NEGATED_DEAR;
        } else {
            score->sensitive += weight;
            score->haggles |= m->entry->in_questions;
        }

    } else if (negated) {
        score->sensitive += weight * NEGATED_CHEAP;

    } else {
        score->insensitive += weight;
    }
}


static void
add_intention(const lexicon_match_t *m, double weight, int negated,
    sentence_score_t *score)
{
    if (m->entry->group == LEXICON_INTENT) {
        if (negated) {
            score->other += weight * NEGATED_INTENT;
        } else {
            score->intent += weight;
        }

    } else if (!negated) {
        score->other += weight;
    }
}


static double
weight_of(const classifier_scratch_t *scratch, family_t family,
    const lexicon_match_t *m, int question)
{
    double            weight = m->entry->weight;
    unsigned          i;
    const matches_t  *found = &scratch->found[FAMILY_HYPOTHETICAL];

    if (family == FAMILY_INTENTION) {
        return weight;
    }

    weight *= intensity(scratch, m) * emphasis(scratch, m);

    if (question && !m->entry->in_questions) {
        weight *= IN_QUESTION;
    }

    for (i = 0; i < found->n; i++) {
        if (found->matches[i].to <= m->from
            && reaches(scratch, found->matches[i].to, m->from))
        {
            weight *= found->matches[i].entry->weight;
        }
    }

    if (family == FAMILY_SENTIMENT) {
        weight *= contrast(scratch, m);
        weight *= scratch->sentence.exclaimed ? EXCLAIMED : 1;
    }

    return weight;
}


/* "muito caro", "caro demais", "muito mais caro" */
static double
intensity(const classifier_scratch_t *scratch, const lexicon_match_t *m)
{
    double                  factor = 1;
    unsigned                i;
    const matches_t        *found = &scratch->found[FAMILY_INTENSIFIER];
    const lexicon_match_t  *x;

    for (i = 0; i < found->n; i++) {
        x = &found->matches[i];

        if (x->from == m->to
            || (x->to <= m->from && x->to + 1 >= m->from
                && reaches(scratch, x->to, m->from)))
        {
            factor *= x->entry->weight;
        }
    }

    return factor < LEAST_FACTOR ? LEAST_FACTOR
           : factor > MOST_FACTOR ? MOST_FACTOR : factor;
}


static double
emphasis(const classifier_scratch_t *scratch, const lexicon_match_t *m)
{
    double                       factor = 1;
    unsigned                     i, again;
    const conversation_token_t  *token;

    for (i = m->from; i < m->to; i++) {
        token = scratch->words[i].token;

        if (token->kind == CONVERSATION_EMOJI) {
            again = token->repeated - 1 < 2 ? token->repeated - 1 : 2;
            factor += EACH_EMOJI * again;

        } else if (token->shouted || token->stretched) {
            factor = EMPHATIC;
        }
    }

    return factor;
}


static double
contrast(const classifier_scratch_t *scratch, const lexicon_match_t *m)
{
    const matches_t        *found = &scratch->found[FAMILY_CONTRAST];
    const lexicon_match_t  *last;

    if (found->n == 0) {
        return 1;
    }

    last = &found->matches[found->n - 1];

    return m->from < last->from ? BEFORE_CONTRAST : BEHIND_CONTRAST;
}


/*
 * A negation holds for as many words as its weight says, not beyond a break or
 * a "but"; behind the phrase ("gostei não") only at the end of a clause.
 */
static int
is_negated(const classifier_scratch_t *scratch, const lexicon_match_t *m,
    int question)
{
    unsigned                i;
    const matches_t        *found = &scratch->found[FAMILY_NEGATION];
    const lexicon_match_t  *x;

    for (i = 0; i < found->n; i++) {
        x = &found->matches[i];

        if (scratch->consumed[i]) {
            continue;
        }

        if (x->to <= m->from && m->from - x->to < x->entry->weight
            && reaches(scratch, x->to, m->from))
        {
            return 1;
        }

        if (x->from == m->to && !question
            && (x->to == scratch->nwords
                || scratch->words[x->to].token->kind == CONVERSATION_BREAK))
        {
            return 1;
        }
    }

    return 0;
}


/* Words that are breaks or begin a contrast, counted up to each word: so that
 * whether one lies between two words takes no loop. */
static void
count_barriers(classifier_scratch_t *scratch)
{
    unsigned          i, c = 0, sum = 0;
    const matches_t  *found = &scratch->found[FAMILY_CONTRAST];

    for (i = 0; i < scratch->nwords; i++) {
        scratch->barriers[i] = sum;

        if (c < found->n && found->matches[c].from == i) {
            sum++;
            c++;

        } else if (scratch->words[i].token->kind == CONVERSATION_BREAK) {
            sum++;
        }
    }

    scratch->barriers[i] = sum;
}


/* A negation within a phrase ("nunca mais volto") belongs to it, and says
 * nothing about others of the family. */
static void
mark_consumed(classifier_scratch_t *scratch, family_t family)
{
    unsigned          i, j = 0;
    const matches_t  *phrases = &scratch->found[family];
    const matches_t  *negations = &scratch->found[FAMILY_NEGATION];

    for (i = 0; i < negations->n; i++) {
        while (j < phrases->n
               && phrases->matches[j].to < negations->matches[i].to)
        {
            j++;
        }

        scratch->consumed[i] = j < phrases->n
            && phrases->matches[j].from <= negations->matches[i].from;
    }
}


static int
reaches(const classifier_scratch_t *scratch, unsigned from, unsigned to)
{
    return scratch->barriers[from] == scratch->barriers[to];
}


/* Its length, its numbers, how it is written, and whether it begins with a yes
 * or a no. */
static void
add_marks(const classifier_scratch_t *scratch, sentence_score_t *score)
{
    unsigned                     i, shouted = 0;
    const matches_t             *answers = &scratch->found[FAMILY_ANSWER];
    const conversation_token_t  *token;

    score->largest = -1;

    for (i = 0; i < scratch->sentence.n; i++) {
        token = &scratch->sentence.tokens[i];
        score->words += token->kind != CONVERSATION_BREAK;
        shouted |= token->shouted;

        if (token->kind == CONVERSATION_NUMBER
            && token->number > score->largest)
        {
            score->largest = token->number;
        }
    }

    if (score->positive + score->praise == 0) {
        score->negative += shouted ? EXASPERATED : 0;
        score->negative += scratch->sentence.question
                           && scratch->sentence.marks >= EXASPERATED_MARKS
                           ? EXASPERATED : 0;
    }

    if (answers->n && answers->matches[0].from <= 1) {
        score->yes = answers->matches[0].entry->group == LEXICON_YES;
        score->no = !score->yes;
    }
}
