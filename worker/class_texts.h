/*
 * Checks of what locale files say about classes of people, when they are read:
 * a language that lacks a text, or a text with a gap that nothing fills, is
 * found before the worker starts and not when a name is due.
 */

#ifndef CLASS_TEXTS_H
#define CLASS_TEXTS_H

#include "locale.h"

/* -1 with err, which names the text. */
int class_texts_check(const locale_texts_t *texts, aud_error_t *err);

#endif
