/*
 * What is known of the person that a conversation is with, so that it can be
 * taken out of the text before that leaves the machine (redact.h): the names,
 * identifiers and other values of the profiles that hold one of the contact's
 * identifiers.
 *
 * Of columns that are no identifiers, and of extras, texts count in fields of
 * which most people have a value of their own, such as an address or the name
 * of a mother; one that many share, such as "Interessado", tells no one from
 * another, and what a customer says of it is left as it is.
 *
 * Any thread that holds the generation.
 */

#ifndef PERSON_KNOWN_H
#define PERSON_KNOWN_H

#include <jansson.h>

#include "aud_generation.h"
#include "redact.h"

/* contact: {"phone", "email", "taxDocument"}, normalised, as far as they are
 * known.  The caller's; NULL: no memory. */
redaction_t *person_known(const aud_generation_t *g, const json_t *contact);

#endif
