/*
 * What the units that read filters share: collecting errors in one problem.
 */

#ifndef AUD_FILTER_READ_H
#define AUD_FILTER_READ_H

#include "aud_filter.h"

/*
 * Adds an error to the problem "The filter is not valid", which it starts where
 * the problem has no status yet.  pointer and suffix together are the JSON
 * Pointer, e.g. "/filter/all/0" and "/value".
 */
aud_problem_error_t *aud_filter_error(aud_problem_t *problem, const char *slug,
    const char *pointer, const char *suffix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Sets a 500.  Errors that were collected are forgotten. */
void aud_filter_no_memory(aud_problem_t *problem);

/* aud_filter_parse() that keeps the errors which *problem has already, and
 * returns NULL where it has any. */
aud_filter_t *aud_filter_read(const json_t *json, const char *pointer,
    aud_problem_t *problem);

/* What a user wrote, for a sentence: whole or cut after a character, with an
 * ellipsis. */
#define AUD_QUOTED  64

typedef struct {
    char  text[AUD_QUOTED + sizeof("…")];
} aud_quoted_t;

const char *aud_quote(aud_quoted_t *q, aud_str_t s);

/* Adds /name to a pointer, escaped (RFC 6901), cut where there is no room. */
void aud_pointer_add(char *pointer, size_t size, const char *name);

#endif
