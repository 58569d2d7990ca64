/*
 * Ranges of numbers with round bounds: four at most, so that about as many
 * people are in each as can be where the bounds are to be round.
 *
 * A bound stands within 5 % of the people of a fifth, two fifths, …; where so
 * many have one and the same number that none can, at the better end of that
 * number.  Among the numbers that a bound may be, it is the roundest: a
 * multiple of the largest of 1, 2, 2.5, 5 times a power of ten, and of those the
 * one nearest to the quantile.
 *
 *   16 …… 24 | 25 …… 39 | 40 …… 49 | 50 …… 64 | 65 …… 97
 *            25         40         50         65        bounds, each begins
 *                                                       the range behind it
 * Pure; any thread.
 */

#ifndef BEHAVIOUR_RANGES_H
#define BEHAVIOUR_RANGES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    double    number;
    uint64_t  count;
} behaviour_number_t;

#define BEHAVIOUR_BOUNDS  12            /* of a field, at most */

/* numbers ascend, n of them, each once; whole: so are bounds.  Returns how many
 * bounds there are, ascending, at most ranges - 1. */
size_t behaviour_bounds(const behaviour_number_t *numbers, size_t n, int whole,
    size_t ranges, double *bounds);

/* How many numbers, with their counts, are in each of nbounds + 1 ranges. */
void   behaviour_bounds_count(const behaviour_number_t *numbers, size_t n,
    const double *bounds, size_t nbounds, uint64_t *counts);

/*
 * Takes bounds away until every range has so many people at least, the
 * smallest range first, towards its smaller neighbour; across `wall` only where
 * there is no other.  Returns how many bounds are left; counts follow.
 */
size_t behaviour_bounds_join(double *bounds, size_t nbounds, uint64_t *counts,
    uint64_t least, double wall);

/* The range of a number. */
static inline size_t
behaviour_range_of(const double *bounds, size_t nbounds, double number)
{
    size_t  i = 0;

    while (i < nbounds && bounds[i] <= number) {
        i++;
    }

    return i;
}

#endif
