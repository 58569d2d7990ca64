/*
 * UTF-8: validity, and folding for comparison.  Any thread.
 */

#ifndef AUD_TEXT_H
#define AUD_TEXT_H

#include "aud_buffer.h"

/* Bytes of the longest prefix of s that is whole valid UTF-8; s.len if all. */
size_t aud_utf8_valid(aud_str_t s);

/*
 * Appends the folded form of s, by which text compares without regard to case
 * or accents: compatibility decomposition, case folding, marks stripped
 * (utf8proc).  A text that is not UTF-8 is copied as it stands.  ASCII has a
 * fast path.  Folding is idempotent.
 */
void aud_fold(aud_buffer_t *out, aud_str_t s);

/* s without leading and trailing ASCII blanks and NO-BREAK SPACE. */
aud_str_t aud_trim(aud_str_t s);

/* Whether a byte of folded text is part of a word: a letter of any script. */
static inline int
aud_word_byte(char c)
{
    unsigned char  byte = c;

    return byte >= 0x80 || (unsigned char) ((byte | 0x20) - 'a') < 26;
}

#endif
