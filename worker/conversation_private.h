/*
 * What the files that read texts of chats share; conversation_text.h is for
 * callers.
 */

#ifndef CONVERSATION_PRIVATE_H
#define CONVERSATION_PRIVATE_H

#include "conversation_text.h"

typedef enum {
    IS_LETTER = 0,
    IS_DIGIT,
    IS_BLANK,
    IS_IGNORED,             /* zero width, skin tones: as if not there */
    IS_EMOJI,
    IS_CURRENCY,
    IS_MARK
} conversation_class_t;

typedef struct {
    aud_str_t                 text;
    size_t                    at;
    conversation_sentence_t  *s;
    int                       currency;     /* a sign stands before */
    int                       ended;        /* by a mark: emoji may follow */
    unsigned                  run;          /* of ? and ! */
} conversation_scan_t;

/* Bytes of the character at `at`, which is -1 where it is none. */
size_t conversation_character(aud_str_t text, size_t at, int32_t *c);
conversation_class_t conversation_class(int32_t c);

/* Whether a letter or a digit stands at `at`. */
int conversation_has_word(aud_str_t text, size_t at);

/* The mark, number or sign of a currency here, and the scan moved behind. */
void conversation_mark(conversation_scan_t *scan, int32_t c, size_t n);
void conversation_number(conversation_scan_t *scan);
void conversation_currency(conversation_scan_t *scan, size_t n);

conversation_token_t *conversation_add(conversation_scan_t *scan,
    conversation_kind_t kind);
void conversation_break(conversation_scan_t *scan);

/* What goes beyond a word's length is left out. */
void conversation_add_text(conversation_scan_t *scan, conversation_token_t *t,
    const char *p, size_t len);

/* n bytes here belong to the sentence. */
void conversation_seen(conversation_scan_t *scan, size_t n);

#endif
