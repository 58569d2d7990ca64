/*
 * What the locale files know about columns, values and words: "segmentation" of
 * each language, and fields.json, by which columns and values are known in
 * whatever language they are.
 *
 * Columns are known by their kind: "age", "plan", "last purchase" … ; NULL for
 * those that no list has.  All texts and objects that a function returns are
 * the locale files'.  Out of memory shows in the buffer, where there is one;
 * without one a word is then not known.  Any thread.
 */

#ifndef CLASS_LEXICON_H
#define CLASS_LEXICON_H

#include "behaviours.h"
#include "locale.h"

#define CLASS_FIELD_MAX  40             /* characters of a column's name */
#define CLASS_VALUE_MAX  40             /* and of a value */

/* What a gap of a template is filled with, and what {{name|one|many}} counts. */
typedef struct {
    const char  *name;
    aud_str_t    text;
    int64_t      n;
} class_gap_t;

/* A text of "segmentation"; "" where missing. */
const char *class_text(const locale_texts_t *texts, const char *name);

/* Appends template with its gaps filled; a gap that is not given is a mistake
 * of the caller and shows as out->failed. */
void class_fill(const char *template, const class_gap_t *gaps, size_t n,
    aud_buffer_t *out);

/* The kind of a column, by its name. */
const char *class_field_kind(const locale_texts_t *texts, aud_str_t name);

/* What "segmentation" says of a kind, of a value of it ("flamengo", however it
 * is written), of messages of a kind, of a yes/no question that begins with a
 * verb, with the rest of the question; NULL where nothing. */
const json_t *class_kind(const locale_texts_t *texts, const char *kind);
const json_t *class_kind_value(const locale_texts_t *texts, const char *kind,
    aud_str_t text);
const json_t *class_copies_of(const locale_texts_t *texts, const char *kind);
const json_t *class_verb(const locale_texts_t *texts, aud_str_t words,
    aud_str_t *rest);

/* "Você gosta de futebol" without the person who is asked. */
aud_str_t class_question(const locale_texts_t *texts, aud_str_t words);

/* Whether folded text is, or some word of it is, in a list of fields.json:
 * "none" and "unknown" (the whole text), "sensitive" (any word). */
int  class_listed(const locale_texts_t *texts, const char *list,
    aud_str_t text);
int  class_word_listed(const locale_texts_t *texts, const char *list,
    aud_str_t text);

/* "ticket medio"; with label, what the language calls it where it does, and a
 * capital. */
void class_field_words(const locale_texts_t *texts, aud_str_t name,
    aud_buffer_t *out);
void class_field_label(const locale_texts_t *texts, aud_str_t name,
    const char *kind, aud_buffer_t *out);

/* Whether a date is said as years since then ("há 10 a 19 anos"): of births the
 * years are an age. */
int  class_field_since(const locale_texts_t *texts, const behaviour_t *field);

/* Whether ranges of the field are of whole numbers: it says so, or its kind
 * does. */
int  class_field_whole(const locale_texts_t *texts, const behaviour_t *field);

/* Takes the word that the kind's own texts bring off the front or the end of a
 * value: "Plano Ouro" is "Ouro", "Premium plan" is "Premium". */
void class_kind_strip(const locale_texts_t *texts, const char *kind,
    aud_buffer_t *value);

#endif
