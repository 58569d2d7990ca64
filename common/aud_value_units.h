/*
 * Units of a column's dictionary: the codes of one folded text, which stand
 * side by side, or those of one number or date, whatever their texts.
 *
 *   codes   lima  LIMA  Lima | lisboa | lorena  Lorena | …
 *           a unit of 3        of 1     of 2
 */

#ifndef AUD_VALUE_UNITS_H
#define AUD_VALUE_UNITS_H

#include "aud_top_values.h"

typedef struct {
    uint32_t  lo;
    uint32_t  hi;               /* not in it */
    uint64_t  rows;             /* struck out or not */
} aud_unit_t;

typedef struct {
    const aud_value_set_t  *set;
    uint32_t                run;
    uint32_t                code;
    uint64_t                units;      /* walked over */
    unsigned                mixed:1;    /* some of several texts of one value */
} aud_unit_walk_t;

/* The next unit that has so many rows at least; 0 behind the last. */
int aud_unit_next(aud_unit_walk_t *w, uint64_t least, aud_unit_t *unit);

/* Where a unit of c is in a set's column, not before code `from`; empty where
 * it is not there. */
void aud_unit_find(const aud_column_t *c, const aud_unit_t *unit,
    const aud_value_set_t *set, uint32_t from, aud_unit_t *found);

/* Below, at or above 0: both codes typed, by value, or neither, by folded
 * text. */
int aud_unit_compare(const aud_column_t *a, uint32_t code_a,
    const aud_column_t *b, uint32_t code_b);

#endif
