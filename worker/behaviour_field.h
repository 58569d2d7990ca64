/*
 * One field as segmentation sees it: its categories, or why it is left out.
 *
 * A plan of zeroes holds nothing.  It borrows the generation.  One owner, one
 * thread at a time.
 */

#ifndef BEHAVIOUR_FIELD_H
#define BEHAVIOUR_FIELD_H

#include "behaviour_ranges.h"
#include "behaviour_values.h"
#include "behaviours.h"

/* A category holds so many of the people who have the field, and so many. */
#define BEHAVIOUR_RARE         0.01
#define BEHAVIOUR_RARE_PEOPLE  3

/* A field holds so many of all people, and so many. */
#define BEHAVIOUR_FILLED         0.02
#define BEHAVIOUR_FILLED_PEOPLE  5

/* Values that are not "other" hold so many of those who have the field. */
#define BEHAVIOUR_NAMED  0.3

typedef struct {
    behaviour_t         behaviour;      /* codes: NULL until filled */
    unsigned            left_out:1;
    behaviour_reason_t  reason;
    aud_str_t           same_as;

    uint64_t            keys[BEHAVIOUR_CATEGORIES];     /* of VALUE */
    double              bounds[BEHAVIOUR_BOUNDS];       /* else */
    size_t              nbounds;
    uint8_t             other;          /* category of other values, or
                                           BEHAVIOUR_MISSING */
} behaviour_plan_t;

/* Chooses the categories.  Their counts are those of values, until filled.
 * -1 when memory is out. */
int     behaviour_plan(behaviour_plan_t *plan, const aud_generation_t *g,
    const aud_field_t *field, int64_t now);
void    behaviour_plan_free(behaviour_plan_t *plan);

/* The category of a code, or BEHAVIOUR_MISSING. */
uint8_t behaviour_plan_category(const behaviour_plan_t *plan,
    const aud_column_t *c, uint32_t code, int64_t now);

/* Fills codes, one a live profile, and counts.  A category without anybody is
 * taken out (of several values of a person one counts).  -1 when memory is
 * out. */
int     behaviour_plan_fill(behaviour_plan_t *plan, const aud_generation_t *g,
    int64_t now);

/* How much the field tells about a person, in bits, times people. */
double  behaviour_plan_bits(const behaviour_plan_t *plan);

#endif
