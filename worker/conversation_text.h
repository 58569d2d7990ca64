/*
 * The text of chats as sentences of words, for whoever reads conversations.
 *
 *   "Olha, o SEGUNDO veio ruim :-(  Quanto custa R$ 1.299,90 em 10x?"
 *
 *   break olha break o segundo(shouted) veio ruim ":("
 *   break quanto custa money(1299.9) em times(10)             (a question)
 *
 * Words are folded (no case, accents or zero-width marks) and point back to
 * the bytes that they were written as.  A break stands at the beginning and
 * for every mark that ends a clause.  An emoji is a word of its own, skin
 * tones and joiners left out; an emoticon too, without its nose.  Links are
 * left out.  Bytes that are not UTF-8 part words.
 *
 * Nothing is allocated: a sentence has room for CONVERSATION_TOKENS words, and
 * a longer one comes in pieces.  Any thread.
 */

#ifndef CONVERSATION_TEXT_H
#define CONVERSATION_TEXT_H

#include <stdint.h>

#include "aud_str.h"

#define CONVERSATION_TOKENS  160        /* at most 65535 */
#define CONVERSATION_FOLDED  4096       /* bytes of their folded forms */
#define CONVERSATION_WORD    64         /* bytes of one word; the rest is cut */

typedef enum {
    CONVERSATION_BREAK = 0,
    CONVERSATION_LETTERS,
    CONVERSATION_EMOJI,
    CONVERSATION_NUMBER,
    CONVERSATION_MONEY,                 /* with a sign of a currency */
    CONVERSATION_PERCENT,
    CONVERSATION_TIMES                  /* 10x */
} conversation_kind_t;

typedef struct {
    const char  *data;                  /* folded, in the sentence */
    uint16_t     len;
    uint8_t      kind;                  /* conversation_kind_t */
    unsigned     shouted:1;             /* all capitals, three or more */
    unsigned     stretched:1;           /* a letter three times in a row */
    uint32_t     repeated;              /* an emoji: how often in a row */
    double       number;
} conversation_token_t;

typedef struct {
    conversation_token_t  tokens[CONVERSATION_TOKENS];
    unsigned              n;
    size_t                from, to;     /* bytes of the text, without blanks */
    unsigned              question:1;   /* it has a question mark */
    unsigned              exclaimed:1;
    unsigned              marks;        /* of ? and ! in the longest run */
    unsigned              folded_len;
    char                  folded[CONVERSATION_FOLDED];
} conversation_sentence_t;

/*
 * The sentence that begins at or behind *at, with *at moved behind it: 1; 0
 * where none is left.  The first token is a break, and there is another one.
 */
int conversation_next(aud_str_t text, size_t *at, conversation_sentence_t *s);

#endif
