/*
 * Texts with gaps: {{name}} is filled by a value, {{name|one|many}} by the word
 * that fits the number `name`.  Any thread.
 */

#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdint.h>

#include "aud_buffer.h"
#include "aud_error.h"

typedef struct {
    /* Appends the value; -1 where there is none of that name. */
    int   (*value)(void *arg, aud_str_t name, aud_buffer_t *out);
    /* The number, for the choice of a word; NULL: no text has such gaps. */
    int   (*number)(void *arg, aud_str_t name, int64_t *n);
    void   *arg;
} template_values_t;

/* Appends text with its gaps filled.  -1 with err where a gap is never closed
 * or names what is not there, or memory is out. */
int template_fill(aud_str_t text, const template_values_t *values,
    aud_buffer_t *out, aud_error_t *err);

#endif
