/*
 * aud_problem_t: an error answer to an HTTP client, RFC 9457.
 *
 * `type` is "/problems/" and a slug that never changes its meaning; slugs are
 * listed in docs/problems.md.  The struct lives on its user's stack; it owns
 * nothing.  Rendered it is
 *
 *   {"type": "/problems/unknown-field", "title": "…", "status": 422,
 *    "detail": "…", "errors": [{"type", "detail", "pointer" | "row", "column",
 *    "suggestion"?}], "limit"?: n, "count"?: n, "encoding"?: "…"}
 */

#ifndef AUD_PROBLEM_H
#define AUD_PROBLEM_H

#include <stdint.h>

#include "aud_buffer.h"

#define AUD_PROBLEM_ERRORS  16

typedef struct {
    const char  *slug;          /* static */
    char         pointer[256];  /* JSON Pointer, "" with has_pointer = root */
    unsigned     has_pointer:1;
    uint64_t     row;           /* line of the file, from 1; 0: none */
    uint32_t     column;        /* from 1; 0: none */
    char         suggestion[128];
    char         audience[32];  /* id of the one that is meant, or "" */
    char         detail[256];
} aud_problem_error_t;

typedef struct {
    int                  status;     /* 0: no problem */
    const char          *slug;       /* static */
    const char          *title;      /* static: one per slug */
    char                 detail[512];
    uint64_t             limit;      /* 0: left out, as the next two */
    uint64_t             count;
    unsigned             counted:1;  /* count is told even where it is 0 */
    char                 encoding[32];
    unsigned             nerrors;    /* more than AUD_PROBLEM_ERRORS are counted
                                        in `count` and not kept */
    aud_problem_error_t  errors[AUD_PROBLEM_ERRORS];
} aud_problem_t;

/* Sets status, slug, title and detail and forgets the errors.  Returns -1. */
int aud_problem_set(aud_problem_t *p, int status, const char *slug,
    const char *title, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds one error and returns it for the caller to fill pointer, row …;
 * never NULL: past the limit it is a spare that is not rendered. */
aud_problem_error_t *aud_problem_add(aud_problem_t *p, const char *slug,
    const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void aud_problem_render(const aud_problem_t *p, aud_buffer_t *out);

#endif
