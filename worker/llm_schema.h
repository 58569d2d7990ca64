/*
 * The part of JSON Schema (2020-12) in which answers of a language model are
 * described: type (object, array, string, number, integer, boolean, null),
 * properties, required, additionalProperties false, items, minItems, maxItems,
 * enum of strings, minLength, maxLength (characters), minimum, maximum,
 * description.
 *
 * Endpoints force answers into a smaller part of it (that of structured
 * outputs, all members required): llm_schema_sent() leaves the bounds out, which
 * then llm_schema_check() alone looks at.  Any thread.
 */

#ifndef LLM_SCHEMA_H
#define LLM_SCHEMA_H

#include <jansson.h>

#include "aud_error.h"

/* 0, or -1 with what is wrong and where ("/labels/0: is not one of …" without
 * the value itself, which may be about a person). */
int     llm_schema_check(const json_t *schema, const json_t *value,
    aud_error_t *err);

/* A new schema without bounds; NULL when memory is out. */
json_t *llm_schema_sent(const json_t *schema);

#endif
