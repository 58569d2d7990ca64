/*
 * What the units that read filters share: collecting errors in one problem.
 *
 *   aud_filter            a filter as a whole
 *   aud_filter_node       groups and audiences
 *   aud_filter_condition  field, operator, operands
 *   aud_filter_read       errors
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

/*
 * aud_filter_parse() of a tree, into an arena, with which it is freed, and
 * keeping the errors that *problem has already: NULL where it has any.
 */
aud_filter_t *aud_filter_read(aud_arena_t *arena, const aud_json_t *json,
    const char *pointer, aud_problem_t *problem);

typedef struct {
    aud_arena_t    *arena;
    aud_problem_t  *problem;
    unsigned        depth;          /* all / any / not around the node */
    unsigned        conditions;
    unsigned        no_memory:1;
} aud_filter_reader_t;

typedef enum {
    AUD_MEMBER_FIELD = 0, AUD_MEMBER_OP, AUD_MEMBER_VALUE,
    AUD_MEMBER_ALL, AUD_MEMBER_ANY, AUD_MEMBER_NOT, AUD_MEMBER_AUDIENCE,
    AUD_MEMBER_COUNT
} aud_member_t;

typedef struct {                    /* of one node */
    const aud_json_t  *json;
    const aud_json_t  *of[AUD_MEMBER_COUNT];    /* NULL: it has none */
} aud_filter_members_t;

/* pointer is kept.  NULL after an error, which is in the problem or is
 * no_memory. */
aud_node_t *aud_filter_read_node(aud_filter_reader_t *r,
    const aud_json_t *json, const char *pointer);

/* Fills a node that has "field" or "op". */
void aud_filter_read_condition(aud_filter_reader_t *r, aud_node_t *node,
    const aud_filter_members_t *m);

/* Reports the members beside the n that begin with `first`. */
void aud_filter_check_members(aud_filter_reader_t *r, const aud_node_t *node,
    const aud_filter_members_t *m, aud_member_t first, unsigned n);

/* What a user wrote, for a sentence: whole or cut after a character, with an
 * ellipsis. */
#define AUD_QUOTED  64

typedef struct {
    char  text[AUD_QUOTED + sizeof("…")];
} aud_quoted_t;

const char *aud_quote(aud_quoted_t *q, aud_str_t s);

/* Adds /name to a pointer, escaped (RFC 6901), cut where there is no room. */
void aud_pointer_add(char *pointer, size_t size, const char *name);
void aud_pointer_add_str(char *pointer, size_t size, aud_str_t name);

#endif
