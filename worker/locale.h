/*
 * Languages of the product, and the texts of e-mails in each.
 *
 * locales_read() reads conf/locale/<language>.json, mail.html and fields.json,
 * checks that every letter of letter.h and what class_texts.h names stands in
 * every language, and is called once; what it returns is immutable.  The rest may be called from any thread.
 */

#ifndef LOCALE_TEXTS_H
#define LOCALE_TEXTS_H

#include <jansson.h>
#include <stdint.h>

#include "aud_buffer.h"
#include "aud_error.h"

typedef struct locales_s  locales_t;

/* One language. */
typedef struct {
    const char  *language;              /* "pt-BR" */
    json_t      *json;                  /* the whole file */
    json_t      *fields;                /* fields.json, of all languages */
    char         thousands[8];
    int64_t      grouped_from;          /* 1234 or 1.234 */
    const char  *frame;                 /* mail.html */
} locale_texts_t;

locales_t *locales_read(const char *folder, aud_error_t *err);
void       locales_free(locales_t *locales);

/* The texts of a language that locale_language() gave. */
const locale_texts_t *locales_get(const locales_t *locales,
    const char *language);

/* The language of the product that a tag such as "pt", "pt-BR" or "ES-mx"
 * asks for (static text), or NULL. */
const char *locale_language(aud_str_t tag);

/* The same for an Accept-Language header, by its order of preference (RFC 9110,
 * 12.5.4); fallback where it names none. */
const char *locale_accepted(aud_str_t header, const char *fallback);

/* A text of the file's top level, such as "greeting"; "" where missing. */
const char *locale_text(const locale_texts_t *texts, const char *name);

/* 1234567 as the language groups it: 1.234.567 */
void locale_number(const locale_texts_t *texts, int64_t n, aud_buffer_t *out);

/* A moment in words, to the minute, in UTC. */
void locale_time(const locale_texts_t *texts, int64_t us, aud_buffer_t *out);

#endif
