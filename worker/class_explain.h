/*
 * What makes a class of people: for each category of each field the share
 * inside against the share in the base, whether the difference is significant,
 * and how far classes overlap.
 *
 * Shares are of profiles that have the field.  Significance is that of
 * class_test.h, inside against outside, Benjamini and Hochberg at 1 % over all
 * tests of a run.  Where the classes were found in the same fields, that says
 * which differences are too large for chance, not that the classes are real.
 *
 * Principal is what tells the class apart: of each field the value, or the run
 * of neighbouring ranges, with the highest G among those that are at least
 *
 *   significantly more frequent inside, each range of a run on its own,
 *   CLASS_LIFT times as frequent as in the base,
 *   the case for CLASS_SHARE of the members who have the field, and
 *   known to be the case for CLASS_KNOWN of all members;
 *
 * fields by descending G.  G of two by two is the information that the value
 * gives about being in the class, times people: it weighs how much more
 * frequent the value is and for how many.  "Other" is never principal.
 *
 * Pure computation; any thread.
 */

#ifndef CLASS_EXPLAIN_H
#define CLASS_EXPLAIN_H

#include "behaviours.h"

#define CLASS_FALSE  0.01               /* of what is called significant */
#define CLASS_LIFT   1.2
#define CLASS_SHARE  0.3
#define CLASS_KNOWN  0.2

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
    uint32_t       *principal;      /* indexes of values, the most telling
                                       field first; neighbouring ranges of one
                                       field stand together, ascending */
    double         *overlap;        /* [classes]: share of the members that are
                                       in the other class as well */
} class_explanation_t;

/*
 * members: [classes] bitmaps of AUD_WORDS(rows) words, zero past the last row.
 * Returns [classes], or NULL when memory is out.
 */
class_explanation_t *class_explain(const behaviours_t *b,
    uint64_t *const *members, size_t classes, unsigned threads);
void class_explanations_free(class_explanation_t *explanations,
    size_t classes);

#endif
