#include <math.h>

#include "behaviour_ranges.h"

#define SLACK  0.05                 /* of all people, on either side */

/* The smallest powers of ten that bounds are multiples of. */
#define POWER_LEAST  -9


typedef struct {                    /* where a bound may be: lo < bound <= hi */
    double  lo;
    double  hi;
    double  aim;
} gap_t;


static int find_gap(const behaviour_number_t *numbers, size_t n, double below,
    double slack, gap_t *gap);
static double roundest(const gap_t *gap, int whole);
static int multiple(const gap_t *gap, double tenths, int power, double *found);


size_t
behaviour_bounds(const behaviour_number_t *numbers, size_t n, int whole,
    size_t ranges, double *bounds)
{
    size_t  i, nbounds = 0;
    gap_t   gap;
    double  bound, total = 0;

    for (i = 0; i < n; i++) {
        total += numbers[i].count;
    }

    for (i = 1; i < ranges; i++) {

        if (!find_gap(numbers, n, total * i / ranges, total * SLACK, &gap)) {
            continue;
        }

        bound = roundest(&gap, whole);

        if (nbounds == 0 || bound > bounds[nbounds - 1]) {
            bounds[nbounds++] = bound;
        }
    }

    return nbounds;
}


/* Between which two numbers a bound may stand that has about so many people
 * below it; 0 where there are no two. */
static int
find_gap(const behaviour_number_t *numbers, size_t n, double below,
    double slack, gap_t *gap)
{
    size_t  i, lo = n, hi = n, aim = n;
    double  sum = 0, before = 0, after = 0;

    if (n < 2) {
        return 0;
    }

    for (i = 0; i + 1 < n; i++) {
        sum += numbers[i].count;

        if (lo == n && sum >= below - slack) {
            lo = i;
            after = sum;

        } else if (lo == n) {
            before = sum;
        }

        if (sum <= below + slack) {
            hi = i;
        }

        if (aim == n && sum >= below) {
            aim = i + 1;
        }
    }

    if (lo == n) {                  /* all of it in the last number */
        lo = hi = n - 2;

    } else if (hi == n || hi < lo) {
        if (lo > 0 && below - before < after - below) {
            lo--;
        }

        hi = lo;
    }

    gap->lo = numbers[lo].number;
    gap->hi = numbers[hi + 1].number;
    gap->aim = aim < n ? numbers[aim].number : gap->hi;

    return 1;
}


static double
roundest(const gap_t *gap, int whole)
{
    int     power, i, highest;
    double  found, most = fmax(fabs(gap->lo), fabs(gap->hi));

    static const double  tenths[] = { 50, 25, 20, 10 };

    highest = (int) ceil(log10(most)) + 1;

    for (power = highest; power >= (whole ? 0 : POWER_LEAST); power--) {
        for (i = 0; i < 4; i++) {

            if (whole && power == 0 && tenths[i] == 25) {
                continue;
            }

            if (multiple(gap, tenths[i], power, &found)) {
                return found;
            }
        }
    }

    return gap->hi;
}


/* The multiple of tenths / 10 * 10^power nearest to the aim, if there is one
 * in the gap. */
static int
multiple(const gap_t *gap, double tenths, int power, double *found)
{
    double  step, parts, times;

    /* decimals are divided once, so that 0.3 is the nearest to it */

    step = power > 1 ? tenths * pow(10, power - 1) : tenths;
    parts = power > 1 ? 1 : pow(10, 1 - power);

    times = floor(gap->hi * parts / step);

    if (times * step / parts > gap->hi) {
        times--;
    }

    if (times * step / parts <= gap->lo) {
        return 0;
    }

    while (times * step / parts - gap->aim > step / parts / 2
           && (times - 1) * step / parts > gap->lo)
    {
        times--;
    }

    *found = times * step / parts;

    return 1;
}


void
behaviour_bounds_count(const behaviour_number_t *numbers, size_t n,
    const double *bounds, size_t nbounds, uint64_t *counts)
{
    size_t  i, range = 0;

    for (i = 0; i <= nbounds; i++) {
        counts[i] = 0;
    }

    for (i = 0; i < n; i++) {
        while (range < nbounds && bounds[range] <= numbers[i].number) {
            range++;
        }

        counts[range] += numbers[i].count;
    }
}


size_t
behaviour_bounds_join(double *bounds, size_t nbounds, uint64_t *counts,
    uint64_t least, double wall)
{
    size_t  i, smallest, gone;
    int     before;

    while (nbounds) {
        smallest = 0;

        for (i = 1; i <= nbounds; i++) {
            smallest = counts[i] < counts[smallest] ? i : smallest;
        }

        if (counts[smallest] >= least) {
            break;
        }

        before = smallest > 0;

        if (before && smallest < nbounds) {
            before = bounds[smallest - 1] != wall
                     && (bounds[smallest] == wall
                         || counts[smallest - 1] <= counts[smallest + 1]);
        }

        gone = before ? smallest - 1 : smallest;
        counts[gone] += counts[gone + 1];
        nbounds--;

        for (i = gone; i < nbounds; i++) {
            bounds[i] = bounds[i + 1];
            counts[i + 1] = counts[i + 2];
        }
    }

    return nbounds;
}
