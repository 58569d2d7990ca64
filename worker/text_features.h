/*
 * What a text says, as numbers of features that a linear model can weigh.
 *
 *   "Não gostei" -> words        "nao", "gostei", "nao gostei"
 *                   characters   " na", "nao", "ao ", " nao", "nao ", " nao ",
 *                                " go", ... of three to five, within a word
 *
 * Words are those of conversation_text.h: folded, emoji among them, amounts
 * and numbers as kinds.  Pairs do not reach over the end of a clause.  Each
 * feature is hashed (XXH3, which is the same on every machine) into one of two
 * tables, of words and of characters, without a dictionary: Weinberger and
 * others 2009, Feature hashing for large scale multitask learning.  A feature
 * counts once a text, however often it stands there, which tells sentiments
 * better than counts do: Pang, Lee and Vaithyanathan 2002, Thumbs up?
 *
 * Nothing is allocated; a scratch belongs to one thread at a time.
 */

#ifndef TEXT_FEATURES_H
#define TEXT_FEATURES_H

#include "conversation_text.h"

#define TEXT_FEATURES_TABLE  (1u << 18)
#define TEXT_FEATURES        (2 * TEXT_FEATURES_TABLE)

/* Bytes of a conversation that are read: the last ones, where it ends well or
 * badly.  More than nearly anybody writes, and a bound for who writes 5 MB. */
#define TEXT_FEATURES_READ   16384

typedef struct {
    uint64_t                 seen[TEXT_FEATURES / 64];
    conversation_sentence_t  sentence;
} text_features_t;

/* below TEXT_FEATURES_TABLE: of words; the others of characters.  Not -1 to go
 * on. */
typedef int (*text_feature_pt)(void *data, uint32_t feature);

/*
 * Calls visit once for each feature of the texts, which are read in their order
 * as parts of one.  identity becomes a hash of the words: texts that differ in
 * case, accents, blanks or marks alone have the same.  -1: visit said so.
 */
int text_features(text_features_t *scratch, const aud_str_t *texts, size_t n,
    text_feature_pt visit, void *data, uint64_t *identity);

/* The first of the texts that are read, and how many of its bytes are not. */
size_t text_features_from(const aud_str_t *texts, size_t n, size_t *skip);

#endif
