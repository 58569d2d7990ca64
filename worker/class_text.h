/*
 * Texts of other people - values, names of columns - made fit to stand in a
 * name or a message: one line, short, and nothing that a page, a mail program,
 * a chat or a spreadsheet would run, follow or turn round.
 *
 *   control characters, line ends      a blank
 *   marks of direction, invisible,
 *   private and unassigned characters  left out; of combining marks in a row
 *                                      three stay
 *   { } < >                            ( ) and blanks; "<18" and "> 100" stay
 *   example.com  https://x.com         example·com  https x·com: no link
 *   = + - @ and quotes at the start    left out, but of numbers
 *
 * Lengths are in characters (code points).  Pure; any thread.
 */

#ifndef CLASS_TEXT_H
#define CLASS_TEXT_H

#include "aud_buffer.h"

/* Appends text, cut to max characters.  Nothing where nothing is left. */
void   class_text_clean(aud_str_t text, size_t max, aud_buffer_t *out);

/* Appends the name of a column as words: ticketMedio, ticket_medio and
 * TICKET_MEDIO become "ticket medio".  spellings: n words that are not parted,
 * such as "WhatsApp". */
void   class_text_field(aud_str_t name, const aud_str_t *spellings, size_t n,
    size_t max, aud_buffer_t *out);

/* The words of such a name, cleaned; without the question mark. */
void   class_text_clean_field(aud_str_t words, size_t max, aud_buffer_t *out);

size_t class_text_length(aud_str_t text);

/* Cuts what out holds from `from` on to max characters, at the end of a word
 * where one is near, with an ellipsis. */
void   class_text_cut(aud_buffer_t *out, size_t from, size_t max);

/* Takes blanks off the end. */
void   class_text_end(aud_buffer_t *out);

/* Makes the first letter from `from` on a capital, or a small one where the
 * next is not a capital. */
void   class_text_capital(aud_buffer_t *out, size_t from);
void   class_text_small(aud_buffer_t *out, size_t from);

#endif
