/*
 * What the files that read lexicons share; lexicon.h is for callers.
 */

#ifndef LEXICON_READING_H
#define LEXICON_READING_H

#include "lexicon.h"

#define LEXICON_SAYINGS  32             /* of a file */
#define WAYS             64             /* of a saying */
#define WAY_WORDS        4

typedef enum {
    READS_PHRASES = 0,
    READS_SPELLINGS,
    READS_LANGUAGE
} lexicon_reads_t;

/* "<want> = quero, gostaria de": ways to say something, for phrases below. */
typedef struct {
    aud_str_t   name;               /* with its brackets */
    uint32_t    ways[WAYS][WAY_WORDS];
    unsigned    n;
} lexicon_saying_t;

/* A file that is read, and where. */
typedef struct {
    lexicon_t         *l;
    lexicon_reads_t    reads;
    int                group;       /* -1 before the first [group] */
    const char        *path;
    unsigned           line;
    aud_error_t       *err;
    lexicon_saying_t  *sayings[LEXICON_SAYINGS];
    unsigned           nsayings;
} lexicon_reading_t;

/* A line "<name> = ways", or a phrase of one: -1 with err. */
int lexicon_read_saying(lexicon_reading_t *r, aud_str_t line);
int lexicon_read_phrase(lexicon_reading_t *r, aud_str_t text, double weight,
    int in_questions);

/* -1 with err: file, line, why, and what it is about where not empty. */
int lexicon_wrong(lexicon_reading_t *r, const char *why, aud_str_t what);

static inline int
lexicon_out_of_memory(lexicon_reading_t *r)
{
    return aud_error_set(r->err, "out of memory for lexicons");
}


/* The one word that text is, folded, in s; -1 where it is not one. */
int lexicon_fold_word(aud_str_t text, conversation_sentence_t *s,
    aud_str_t *out);

/* What stands before the next of `parts`, those before it left out. */
aud_str_t lexicon_next_part(aud_str_t *rest, const char *parts);

#endif
