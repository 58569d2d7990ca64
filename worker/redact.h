/*
 * Takes out of a text what names a person, before it leaves the machine:
 *
 *   "Oi, sou a Ana Souza, meu zap é 11 98765-4321"
 *   "Oi, sou a [NAME_1], meu zap é [PHONE_1]"
 *
 *   [NAME_n]       names that are known, and who introduces themselves
 *   [PHONE_n]      digits that are a phone number
 *   [DOCUMENT_n]   CPF and CNPJ
 *   [EMAIL_n]      e-mail addresses
 *   [NUMBER_n]     other runs of six digits and more, and codes of letters and
 *                  digits; amounts of money stay
 *   [LINK_n]       addresses of pages, whole: their paths hold tokens
 *   [HANDLE_n]     @names
 *   [VALUE_n]      other texts that are known, such as an address
 *
 * n counts by first occurrence, and the same value has the same n in all texts
 * of one run, so that the same conversation gives the same text.  Placeholders
 * are not put back: no answer that we ask for repeats text of a person.
 *
 * It knows no names but those it is told, and those of who introduces
 * themselves ("me chamo …", "my name is …"); digits that are spelled out it does
 * not know.  Where in doubt it takes out: a number too much costs a model little.  Text is
 * normalised first (Unicode NFKC, without invisible characters), so that digits
 * in other scripts, full-width letters and zero-width marks hide nothing.
 *
 * What is known is immutable once told, and may be used by many runs, in any
 * thread.  A run belongs to one thread.
 */

#ifndef REDACT_H
#define REDACT_H

#include <jansson.h>

#include "aud_buffer.h"

typedef struct redaction_s      redaction_t;
typedef struct redaction_run_s  redaction_run_t;

/* NULL when memory is out.  redaction_name(): a name of the person, of which
 * each word but particles is taken out wherever it stands.  redaction_value():
 * another text, taken out where all its words follow each other; one of less
 * than four bytes is ignored.  Both ignore case and accents; -1 when memory is
 * out. */
redaction_t *redaction_create(void);
int          redaction_name(redaction_t *r, aud_str_t name);
int          redaction_value(redaction_t *r, aud_str_t text);
void         redaction_free(redaction_t *r);

/* known may be NULL.  NULL when memory is out. */
redaction_run_t *redaction_begin(const redaction_t *known);
void             redaction_end(redaction_run_t *run);

/* Appends text without what is taken out, as valid UTF-8; a failed allocation
 * shows in out->failed. */
void    redaction_text(redaction_run_t *run, aud_str_t text,
    aud_buffer_t *out);

/* A copy in which every text, at any depth, is redacted (names of members are
 * not); NULL when memory is out. */
json_t *redaction_json(redaction_run_t *run, const json_t *json);

/* Whether nothing would be taken out of text. */
int     redaction_clean(aud_str_t text);

#endif
