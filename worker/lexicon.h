/*
 * The lexicon of one language: phrases with weights, and how they are found in
 * a sentence.  Files and syntax: docs/enrichment.md.
 *
 * Words are numbered (symbols); phrases are a trie over symbols.  A word of a
 * sentence stands for several symbols at once: itself, stems that it begins
 * with ("gost*"), its kind ("<money>").
 *
 *   "muito caro"      root -muito-> 1 -caro-> 2: [sensitive 2.0]
 *   "nao .. compro"   root -nao-> 3 -..-> 4 -compro-> 5: [other 1.5]
 *
 * lexicon_read() fills a lexicon, which is immutable then; any thread may look
 * into it.
 */

#ifndef LEXICON_H
#define LEXICON_H

#include "aud_arena.h"
#include "aud_buffer.h"
#include "aud_error.h"
#include "conversation_text.h"

#define LEXICON_SYMBOLS   12            /* that one word stands for, at most */
#define LEXICON_GAP       3             /* words that ".." leaves out */
#define LEXICON_ELEMENTS  12            /* of a phrase */
#define LEXICON_SPELLED   4             /* words that one is spelled out to */

/* Groups of phrases, in the order of their names in lexicon_read.c. */
typedef enum {
    LEXICON_POSITIVE = 0,
    LEXICON_NEGATIVE,
    LEXICON_PRAISE,         /* ironic where the rest is bad */
    LEXICON_IRONY,
    LEXICON_RATING,         /* an agent asks for a mark */
    LEXICON_TOPIC,          /* a price came up */
    LEXICON_SENSITIVE,
    LEXICON_INSENSITIVE,
    LEXICON_INTENT,
    LEXICON_OTHER,
    LEXICON_OFFER,          /* an agent offers what "yes" accepts */
    LEXICON_NEGATION,
    LEXICON_INTENSIFIER,    /* and diminishers: a factor for what is near */
    LEXICON_HYPOTHETICAL,   /* a factor for what follows */
    LEXICON_CONTRAST,
    LEXICON_QUESTION,       /* at the beginning of a question */
    LEXICON_YES,
    LEXICON_NO,
    LEXICON_GROUPS
} lexicon_group_t;

typedef struct {
    uint8_t   group;
    unsigned  in_questions:1;           /* weighs fully there */
    float     weight;
    uint32_t  next;                     /* of the same phrase; 0: none */
} lexicon_entry_t;

typedef struct lexicon_s  lexicon_t;

struct lexicon_s {
    char              language[8];

    /* words: open addressing, 0 is free; `symbol` 0 is a spelling alone */
    struct {
        const char   *text;             /* a stem ends with '*' */
        uint16_t      len;
        uint32_t      symbol;
        uint16_t      nspelled;
        aud_str_t    *spelled;
        float         tells;            /* how much it tells the language */
    }                *words;
    size_t            nwords, words_room;
    uint32_t          nsymbols;
    uint64_t          stem_lengths;     /* a bit for each length in use */

    /* the trie: (node, symbol) -> node; key 0 is free */
    struct {
        uint64_t      key;
        uint32_t      node;
    }                *edges;
    size_t            nedges, edges_room;
    uint32_t         *entry_of;         /* node -> first entry, 0: none */
    uint32_t          nnodes, nodes_room;
    lexicon_entry_t  *entries;
    uint32_t          nentries, entries_room;

    aud_str_t         letters[16];      /* that tell the language: "ã" */
    unsigned          nletters;
    uint64_t          hash;             /* of the files, in order */
    aud_arena_t       texts;
};

/* A word of a sentence as the lexicon knows it. */
typedef struct {
    uint32_t                     symbols[LEXICON_SYMBOLS];
    unsigned                     n;
    const conversation_token_t  *token;
} lexicon_word_t;

typedef struct {
    const lexicon_entry_t  *entry;
    unsigned                from, to;   /* words */
} lexicon_match_t;

/*
 * Reads the files of dir/language and those that all languages share in dir.
 * -1 with err that names file and line.  Free it in any case.
 */
int  lexicon_read(lexicon_t *l, const char *dir, aud_str_t language,
    aud_error_t *err);
void lexicon_free(lexicon_t *l);

/*
 * The words of a sentence, at most `room` of them: spellings undone, repeated
 * letters cut where that gives a known word.  Returns how many.
 */
unsigned lexicon_words(const lexicon_t *l, const conversation_sentence_t *s,
    lexicon_word_t *words, unsigned room);

/*
 * The longest phrase of each group that begins at `at`, behind each other in
 * out; how many.
 */
unsigned lexicon_match(const lexicon_t *l, const lexicon_word_t *words,
    unsigned n, unsigned at, lexicon_match_t out[LEXICON_GROUPS]);

/* How much a word tells that a text is of this language; 0 for nothing. */
float lexicon_tells(const lexicon_t *l, const conversation_token_t *token);

/* While reading: -1, or symbol 0, where memory is out. */
int      lexicon_begin(lexicon_t *l);           /* before all others */
uint32_t lexicon_add_symbol(lexicon_t *l, aud_str_t text);
int      lexicon_add_phrase(lexicon_t *l, const uint32_t *symbols, size_t n,
    const lexicon_entry_t *entry);
int      lexicon_add_spelling(lexicon_t *l, aud_str_t from,
    const aud_str_t *to, size_t n);
int      lexicon_add_telling(lexicon_t *l, aud_str_t word, float tells);
int      lexicon_is_spelled(const lexicon_t *l, aud_str_t word);

/* Symbols that are no words. */
enum {
    LEXICON_IS_BREAK = 1,
    LEXICON_IS_GAP,
    LEXICON_IS_NUMBER,
    LEXICON_IS_AMOUNT,
    LEXICON_IS_MONEY,
    LEXICON_IS_PERCENT,
    LEXICON_IS_TIMES,
    LEXICON_FIRST_WORD
};

#endif
