/*
 * Letters: subject, plain text and HTML of one e-mail, all made from the same
 * blocks of a locale file, so that the two forms cannot say different things
 * and translators never write HTML:
 *
 *   {"text": "…"}                          a paragraph
 *   {"link": "{{url}}", "label": "…"}      a button, with the address below it
 *   {"facts": [{"label": "…", "value": "…"}]}      a small table
 *   {"heading": "…"}                       of a part
 *   {"note": "…"}                          a small paragraph above the next block
 *   {"quote": "{{text}}"}                  to be copied: nothing else stands on
 *                                          its lines
 *   {"each": "audiences", "blocks": […]}   these for each object of the list
 *                                          `audiences`, whose members are values
 *                                          within them
 *
 * Any of them, and any fact, may have "if" or "unless" and the name of a value.
 * A letter may have a "footer" of its own.  In the texts {{name}} is a value (numbers grouped as the language does it,
 * names that end with _at as moments), {{name|one|many}} the word that fits the
 * number.  HTML escapes all values.  Pure functions; any thread.
 */

#ifndef LETTER_H
#define LETTER_H

#include "locale.h"

typedef struct {
    aud_buffer_t  subject;              /* one line, no control characters */
    aud_buffer_t  text;                 /* lines end with LF */
    aud_buffer_t  html;
} letter_t;

/* The letters that locale files must hold; NULL at the end. */
extern const char *const letter_names[];

/* Greets `name` where it is not empty.  Returns -1 with err where a text names
 * a value that is not there, or memory is out; the letter is empty then. */
int  letter_write(const locale_texts_t *texts, const char *letter,
    const char *name, const json_t *values, letter_t *out, aud_error_t *err);
void letter_free(letter_t *letter);

#endif
