/*
 * The values that the people of a base have in one field, and how many of these
 * people are in a set of them: counted in each segment by code (aud_counts.h),
 * and joined value by value in the order of dictionaries.
 *
 *   segment 0      Bahia 3, 1 of them inside     Santos 2, 2      …
 *   segment 1      BAHIA 1, 0                    Vasco 5, 1       …
 *
 *   values         bahia 4, 1      santos 2, 2      vasco 5, 1
 *
 * Values that fit the field's type stand first, by value; the others behind
 * them, by folded text.  One owner, one thread; memory is an arena's.
 */

#ifndef AUD_SPREAD_H
#define AUD_SPREAD_H

#include "aud_eval.h"
#include "aud_value_units.h"

typedef struct {                    /* in one segment */
    aud_value_set_t   set;          /* all codes */
    const uint64_t   *rows;         /* inside */
    uint32_t         *base;         /* [distinct] people of a code, or, where
                                       the field is multi-valued, of a unit at
                                       its first code */
    uint32_t         *inside;       /* [distinct] of these */
    aud_unit_walk_t   walk;
    aud_unit_t        unit;         /* to be joined next */
    unsigned          more:1;       /* there is one */
} aud_spread_part_t;

typedef struct {
    aud_spread_part_t  *parts;
    size_t              n;
    uint64_t            base;       /* people with a value */
    uint64_t            inside;
} aud_spread_t;

typedef struct {
    const aud_column_t  *column;    /* of a segment that has it, and the */
    uint32_t             code;      /* first code there */
    uint64_t             base;      /* people, not 0 */
    uint64_t             inside;
} aud_spread_value_t;

/* Counts, for a plan that was run.  0, or -1 where memory is out. */
int aud_spread_count(aud_spread_t *s, aud_arena_t *arena,
    const aud_generation_t *g, const aud_field_t *field,
    const aud_plan_t *plan);

/* From the first value on; the next one, 0 behind the last. */
void aud_spread_begin(aud_spread_t *s);
int  aud_spread_next(aud_spread_t *s, aud_spread_value_t *value);

/* The text of the value that most people have. */
aud_str_t aud_spread_text(const aud_spread_t *s,
    const aud_spread_value_t *value);

/* Puts the codes of a value in a part into a group: group[distinct]. */
void aud_spread_group(const aud_spread_part_t *part,
    const aud_spread_value_t *value, uint32_t *group, uint32_t number);

/* Estimated microseconds of counting. */
double aud_spread_cost(const aud_generation_t *g, const aud_field_t *field);

static inline int
aud_spread_typed(const aud_spread_value_t *value)
{
    return value->code < value->column->typed;
}

#endif
