/*
 * Classes of people from one run to the next: which of the new ones is which
 * of the previous ones.
 *
 * Two classes agree by the share of people in both among those in either
 * (Jaccard 1912; clusterwise as by Hennig 2007), counted over people who were
 * there in both runs: born before the previous one, or in one of its classes,
 * and still in the base.  So a class that an import made ten times as large
 * is the same class, and erasing people ends none.
 *
 * Each class continues at most one and each is continued by at most one: the
 * pair that agrees best first, of equals the previous class that stands first,
 * then the new one; pairs that agree by less than half are not the same.
 * (Where nobody is in two classes, the order cannot matter: two classes that
 * agree by more than half with a third have people in common.)
 *
 * Pure computation; any thread.
 */

#ifndef CLASS_MATCH_H
#define CLASS_MATCH_H

#include "behaviour_rows.h"

#define CLASS_NONE       UINT32_MAX
#define CLASS_AGREEMENT  0.5            /* at least */

typedef struct {                        /* people of a class of the last run */
    const aud_uuid_t  *members;         /* ascending, under their ids of now */
    size_t             n;
} class_previous_t;

typedef struct {
    uint32_t  *continues;       /* [classes]: a previous one; CLASS_NONE: new */
    uint32_t  *continued;       /* [nprevious]: by which; CLASS_NONE: gone */
    double    *agreement;       /* [classes][nprevious], 0 to 1 */
} class_match_t;

/*
 * members: [classes] bitmaps over the rows of g (behaviour_rows.h).  since:
 * when the previous run began, microseconds.  Freed by class_match_free(); NULL
 * when memory is out.
 */
class_match_t *class_match(const aud_generation_t *g,
    uint64_t *const *members, size_t classes, const class_previous_t *previous,
    size_t nprevious, int64_t since);
void class_match_free(class_match_t *match);

#endif
