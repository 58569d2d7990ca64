/*
 * What the files of lexicons share; lexicon.h is for callers.
 */

#ifndef LEXICON_PRIVATE_H
#define LEXICON_PRIVATE_H

#include "lexicon.h"

#define LEXICON_STEM_MOST   40          /* letters of a stem */

/* FNV-1a (Fowler, Noll, Vo 1991): the hash of a stem is that of the word so
 * far and one letter more. */
#define LEXICON_HASH        UINT64_C(0xcbf29ce484222325)
#define LEXICON_HASH_PRIME  UINT64_C(0x100000001b3)

static inline uint64_t
lexicon_hash(uint64_t h, const char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        h = (h ^ (unsigned char) p[i]) * LEXICON_HASH_PRIME;
    }

    return h;
}


static inline size_t
lexicon_slot(uint64_t h, size_t room)
{
    return (h ^ h >> 29) & (room - 1);
}


/* The slot of a word, or the free one where it would stand.  A stem is found
 * by its text without the '*'; h is of the whole. */
size_t lexicon_find_word(const lexicon_t *l, uint64_t h, aud_str_t text,
    int stem);

static inline size_t
lexicon_find_whole(const lexicon_t *l, aud_str_t text)
{
    return lexicon_find_word(l, lexicon_hash(LEXICON_HASH, text.data, text.len),
                             text, 0);
}


/* The node behind an edge, 0 for none: the root is behind no edge. */
uint32_t lexicon_follow(const lexicon_t *l, uint32_t node, uint32_t symbol);

#endif
