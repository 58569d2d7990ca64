/*
 * The list of values that join nobody (settings.listed, conf/listed.txt):
 * lines of "phone", "email" or "tax_document", blanks, and the value as people
 * write it; lines that begin with # and empty ones are comments.
 *
 * Read once, before threads; then any thread.
 */

#ifndef LISTED_H
#define LISTED_H

#include "components.h"
#include "email.h"
#include "settings.h"

typedef struct listed_s {
    component_value_t  *items;
    size_t              n;
    size_t              room;
} listed_t;

/* Normalises as an import does.  A file of no name is an empty list.  -1 with
 * err that names file and line: it cannot be read, or a value can never be met.
 * Free it in any case. */
int  listed_read(listed_t *listed, const settings_t *settings,
    aud_error_t *err);
void listed_free(listed_t *listed);

/* Normalises a value as people write it, NUL-terminated.  -1 where it can never
 * be met. */
int  listed_normalise(component_kind_t kind, const settings_t *settings,
    aud_str_t text, char out[EMAIL_LEN + 1]);

#endif
