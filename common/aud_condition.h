/*
 * A condition bound to a field: operands read as the field's type, once, and
 * resolved to codes of each segment's column.
 *
 * Negative operators are kept as their positive ones and `negated`.
 */

#ifndef AUD_CONDITION_H
#define AUD_CONDITION_H

#include "aud_codes.h"
#include "aud_filter.h"
#include "aud_generation.h"

typedef enum {
    AUD_TEST_NOTHING = 0,       /* no value fits */
    AUD_TEST_EXISTS,
    AUD_TEST_CONTAINS,          /* on folded text */
    AUD_TEST_STARTS_WITH,
    AUD_TEST_ENDS_WITH,
    AUD_TEST_TARGETS            /* any one of targets */
} aud_test_t;

typedef struct {                /* what a value is compared with */
    enum {
        AUD_TARGET_TEXT = 0,    /* equal folded text */
        AUD_TARGET_NUMBERS,     /* from .. to, both included */
        AUD_TARGET_DATES
    }          kind;
    aud_str_t  folded;
    double     number_from, number_to;
    int64_t    date_from, date_to;
} aud_target_t;

typedef struct {
    const aud_field_t  *field;          /* NULL: nobody has it */
    aud_test_t          test;
    unsigned            negated:1;
    unsigned            in_word:1;      /* a text that can only stand within a
                                           word */
    aud_str_t           folded;
    aud_target_t       *targets;
    uint32_t            ntargets;
} aud_condition_t;

/*
 * Binds node, a condition, to g.  What does not fit is added to *problem; where
 * problem is NULL, an unknown field is one that nobody has, and a condition
 * that does not fit matches nobody, `negated` or not.  0, or -1 where memory is
 * out.
 */
int aud_condition_bind(aud_condition_t *condition, aud_arena_t *arena,
    const aud_generation_t *g, const aud_node_t *node, int64_t now,
    aud_problem_t *problem);

/* Whether resolving has to read all the texts of column. */
int aud_condition_reads_texts(const aud_condition_t *condition,
    const aud_column_t *c);

/* Finds the codes that match.  0 or -1. */
int aud_condition_resolve(const aud_condition_t *condition, aud_arena_t *arena,
    const aud_column_t *c, aud_codes_t *codes);

#endif
