/*
 * Features of texts.
 */

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "text_features.h"

#define SHORTEST  3                     /* characters of a run */
#define LONGEST   5


typedef struct {
    text_features_t  *scratch;
    text_feature_pt   visit;
    void             *data;
    uint64_t          identity;
} reading_t;


static int    read_sentence(reading_t *r);
static int    read_word(reading_t *r, uint64_t word, uint64_t before);
static int    read_characters(reading_t *r, const conversation_token_t *t);
static int    feature(reading_t *r, uint32_t table, uint64_t hash);


/* kinds of tokens, and what else is hashed: each has a seed of its own */
enum {
    SEED_CHARACTERS = 64,
    SEED_PAIR,
    SEED_MARK
};


int
text_features(text_features_t *scratch, const aud_str_t *texts, size_t n,
    text_feature_pt visit, void *data, uint64_t *identity)
{
    size_t     i, at, skip;
    reading_t  r = { scratch, visit, data, 0 };

    memset(scratch->seen, 0, sizeof(scratch->seen));

    for (i = text_features_from(texts, n, &skip); i < n; i++, skip = 0) {
        at = skip;

        while (conversation_next(texts[i], &at, &scratch->sentence)) {
            if (read_sentence(&r) == -1) {
                return -1;
            }
        }
    }

    *identity = r.identity;

    return 0;
}


size_t
text_features_from(const aud_str_t *texts, size_t n, size_t *skip)
{
    size_t  left = TEXT_FEATURES_READ;

    *skip = 0;

    while (n > 0 && texts[n - 1].len <= left) {
        left -= texts[--n].len;
    }

    if (n > 0 && left > 0) {
        n--;
        *skip = texts[n].len - left;
    }

    return n;
}


static int
read_sentence(reading_t *r)
{
    unsigned                        i;
    uint64_t                        word, before = 0;
    const conversation_token_t     *t;
    const conversation_sentence_t  *s = &r->scratch->sentence;

    for (i = 0; i < s->n; i++) {
        t = &s->tokens[i];

        if (t->kind == CONVERSATION_BREAK) {
            before = 0;
            continue;
        }

        word = t->kind == CONVERSATION_LETTERS || t->kind == CONVERSATION_EMOJI
               ? XXH3_64bits_withSeed(t->data, t->len, t->kind)
               : XXH3_64bits_withSeed("", 0, t->kind);

        if (read_word(r, word, before) == -1
            || (t->kind == CONVERSATION_LETTERS
                && read_characters(r, t) == -1))
        {
            return -1;
        }

        before = word;
    }

    if (s->question
        && feature(r, 0, XXH3_64bits_withSeed("?", 1, SEED_MARK)) == -1)
    {
        return -1;
    }

    return s->exclaimed
           ? feature(r, 0, XXH3_64bits_withSeed("!", 1, SEED_MARK)) : 0;
}


/* A word, and the pair that it makes with the word before, if any. */
static int
read_word(reading_t *r, uint64_t word, uint64_t before)
{
    uint64_t  pair[2] = { before, word };

    r->identity = XXH3_64bits_withSeed(&word, sizeof(word), r->identity);

    if (feature(r, 0, word) == -1) {
        return -1;
    }

    return before ? feature(r, 0, XXH3_64bits_withSeed(pair, sizeof(pair),
                                                       SEED_PAIR))
                  : 0;
}


/* Runs of characters of a word with a blank on either side. */
static int
read_characters(reading_t *r, const conversation_token_t *t)
{
    char      text[CONVERSATION_WORD + 2];
    size_t    i, len, starts[CONVERSATION_WORD + 3];
    unsigned  n = 0, from, many;

    len = t->len < CONVERSATION_WORD ? t->len : CONVERSATION_WORD;
    text[0] = ' ';
    memcpy(text + 1, t->data, len);
    text[len + 1] = ' ';

    for (i = 0; i < len + 2; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            starts[n++] = i;
        }
    }

    starts[n] = len + 2;

    for (from = 0; from < n; from++) {
        for (many = SHORTEST; many <= LONGEST && from + many <= n; many++) {
            if (feature(r, TEXT_FEATURES_TABLE,
                        XXH3_64bits_withSeed(text + starts[from],
                                             starts[from + many] - starts[from],
                                             SEED_CHARACTERS)) == -1)
            {
                return -1;
            }
        }
    }

    return 0;
}


static int
feature(reading_t *r, uint32_t table, uint64_t hash)
{
    uint32_t   number = table + (hash & (TEXT_FEATURES_TABLE - 1));
    uint64_t   bit = UINT64_C(1) << number % 64;
    uint64_t  *word = &r->scratch->seen[number / 64];

    if (*word & bit) {
        return 0;
    }

    *word |= bit;

    return r->visit(r->data, number);
}
