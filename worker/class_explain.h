/*
 * What makes a class of people: for each category of each field the share
 * inside against the share in the base, whether the difference is significant,
 * and how far classes overlap.
 *
 * Shares are of profiles that have the field.  Significance is the G-test of
 * independence of (in the class) x (in the category), Sokal and Rohlf 1981,
 * with one degree of freedom; Benjamini and Hochberg 1995 at 1 % over all tests
 * of a run.
 *
 * Pure computation; any thread.
 */

#ifndef CLASS_EXPLAIN_H
#define CLASS_EXPLAIN_H

#include "behaviours.h"

typedef struct {
    uint32_t  field;                /* of behaviours */
    uint32_t  category;
    uint64_t  inside;               /* members in the category */
    uint64_t  inside_filled;        /* members that have the field */
    uint64_t  base;                 /* the same of the base */
    uint64_t  base_filled;
    double    share;                /* inside / inside_filled, 0 of none */
    double    base_share;
    double    lift;                 /* share / base_share */
    double    g;
    double    p;
    unsigned  significant:1;
} class_value_t;

typedef struct {
    uint64_t        members;
    double          share;          /* members / rows */
    size_t          nvalues;
    class_value_t  *values;         /* by field, then category */
    size_t          nprincipal;
    uint32_t       *principal;      /* indexes of values: what makes the class,
                                       most telling first; significant, more
                                       frequent inside, at most one a field
                                       unless neighbouring ranges */
    double         *overlap;        /* [classes]: share of the members that are
                                       in the other class as well */
} class_explanation_t;

/*
 * members: [classes] bitmaps of AUD_WORDS(rows) words.  Returns [classes], or
 * NULL when memory is out.
 */
class_explanation_t *class_explain(const behaviours_t *b,
    uint64_t *const *members, size_t classes, unsigned threads);
void class_explanations_free(class_explanation_t *explanations,
    size_t classes);

#endif
