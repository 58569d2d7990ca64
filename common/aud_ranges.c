#include <math.h>

#include "aud_clock.h"
#include "aud_ranges.h"

#define HOUR  (3600 * AUD_SECOND)

/* Monday is the first day of a week; 1970-01-01 was a Thursday. */
#define MONDAY  3

#define LEAST_EXPONENT  (-15)


static double   far_below(double least, double low, double high);
static double   number_at(const aud_ranges_t *r, int64_t multiple);
static int64_t  number_multiple(const aud_ranges_t *r, double value);
static int      numbers_fit(aud_ranges_t *r, const aud_number_spread_t *s,
    uint32_t limit);
static int      dates_fit(aud_ranges_t *r, const aud_date_spread_t *s,
    uint32_t limit);
static int      set_bounds(aud_ranges_t *r, int64_t first, int64_t last,
    int below, int above, uint32_t limit);
static int64_t  date_multiple(const aud_ranges_t *r, int64_t us);
static int64_t  date_at(const aud_ranges_t *r, int64_t multiple);
static int64_t  months_of(int64_t us);
static int64_t  floor_div(int64_t a, int64_t b);
static uint32_t place(const aud_ranges_t *r, int64_t multiple);


void
aud_ranges_numbers(aud_ranges_t *r, const aud_number_spread_t *spread,
    uint32_t limit)
{
    unsigned             i;
    aud_number_spread_t  s = *spread;

    static const int64_t  sizes[] = { 1, 2, 5 };

    if (s.low == s.high) {
        s.low = s.least;
        s.high = s.greatest;
    }

    s.low = far_below(spread->least, s.low, s.high);
    s.high = -far_below(-spread->greatest, -s.high, -s.low);

    *r = (aud_ranges_t) { .unit = AUD_RANGE_NUMBER };
    r->exponent = s.high > s.low ? floor(log10((s.high - s.low) / limit)) : 0;

    if (r->exponent < LEAST_EXPONENT) {
        r->exponent = LEAST_EXPONENT;
    }

    if (s.whole && r->exponent < 0) {
        r->exponent = 0;
    }

    for ( /* void */ ; ; r->exponent++) {
        for (i = 0; i < 3; i++) {
            r->size = sizes[i];

            if (numbers_fit(r, &s, limit)) {
                return;
            }
        }
    }
}


/* low, or the least value where that is not far from it. */
static double
far_below(double least, double low, double high)
{
    return low - least <= high - low ? least : low;
}


static int
numbers_fit(aud_ranges_t *r, const aud_number_spread_t *s, uint32_t limit)
{
    int64_t  first = number_multiple(r, s->low);
    int64_t  last = number_multiple(r, s->high);

    return set_bounds(r, first, last, s->least < number_at(r, first),
                      s->greatest >= number_at(r, last + 1), limit);
}


/* first, last: the ranges that are closed. */
static int
set_bounds(aud_ranges_t *r, int64_t first, int64_t last, int below, int above,
    uint32_t limit)
{
    if (last - first + 1 + below + above > limit) {
        return 0;
    }

    r->first = first;
    r->below = below;
    r->above = above;
    r->n = last - first + 1 + below + above;

    return 1;
}


/* A power of ten below one is divided by, as it has no exact number. */
static double
number_at(const aud_ranges_t *r, int64_t multiple)
{
    double  n = (double) multiple * r->size;

    return r->exponent < 0 ? n / pow(10, -r->exponent)
                           : n * pow(10, r->exponent);
}


/* The quotient of a bound may be a little less than whole; that of another
 * value of 15 digits is further from it than it can be wrong. */
static int64_t
number_multiple(const aud_ranges_t *r, double value)
{
    int64_t  multiple = floor(value / number_at(r, 1));

    return multiple + (value >= number_at(r, multiple + 1));
}


void
aud_ranges_dates(aud_ranges_t *r, const aud_date_spread_t *spread,
    uint32_t limit)
{
    unsigned           i;
    aud_date_spread_t  s = *spread;

    static const struct {
        aud_range_unit_t  unit;
        int64_t           size;
    } sizes[] = {
        { AUD_RANGE_HOUR, 1 }, { AUD_RANGE_HOUR, 6 }, { AUD_RANGE_DAY, 1 },
        { AUD_RANGE_WEEK, 1 }, { AUD_RANGE_MONTH, 1 }, { AUD_RANGE_MONTH, 3 },
        { AUD_RANGE_YEAR, 1 }, { AUD_RANGE_YEAR, 2 }, { AUD_RANGE_YEAR, 5 },
        { AUD_RANGE_YEAR, 10 }, { AUD_RANGE_YEAR, 20 }, { AUD_RANGE_YEAR, 50 },
        { AUD_RANGE_YEAR, 100 }, { AUD_RANGE_YEAR, 1000 },
        { AUD_RANGE_YEAR, 10000 }
    };

    if (s.low == s.high) {
        s.low = s.least;
        s.high = s.greatest;
    }

    s.low = s.low - s.least <= s.high - s.low ? s.least : s.low;
    s.high = s.greatest - s.high <= s.high - s.low ? s.greatest : s.high;

    *r = (aud_ranges_t) { .n = 0 };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        r->unit = sizes[i].unit;
        r->size = sizes[i].size;

        if (dates_fit(r, &s, limit)) {
            return;
        }
    }
}


static int
dates_fit(aud_ranges_t *r, const aud_date_spread_t *s, uint32_t limit)
{
    int64_t  first = date_multiple(r, s->low);
    int64_t  last = date_multiple(r, s->high);

    return set_bounds(r, first, last, s->least < date_at(r, first),
                      s->greatest >= date_at(r, last + 1), limit);
}


static int64_t
date_multiple(const aud_ranges_t *r, int64_t us)
{
    switch (r->unit) {
    case AUD_RANGE_HOUR:   return floor_div(us, r->size * HOUR);
    case AUD_RANGE_DAY:    return floor_div(us, AUD_DAY);
    case AUD_RANGE_WEEK:   return floor_div(us + MONDAY * AUD_DAY, 7 * AUD_DAY);
    case AUD_RANGE_MONTH:  return floor_div(months_of(us), r->size);
    default:               return floor_div(months_of(us), 12 * r->size);
    }
}


static int64_t
date_at(const aud_ranges_t *r, int64_t multiple)
{
    int64_t  days, months;

    switch (r->unit) {
    case AUD_RANGE_HOUR:
        return multiple * r->size * HOUR;

    case AUD_RANGE_DAY:
        return multiple * AUD_DAY;

    case AUD_RANGE_WEEK:
        return (multiple * 7 - MONDAY) * AUD_DAY;

    default:
        months = multiple * r->size * (r->unit == AUD_RANGE_YEAR ? 12 : 1);
    }

    (void) aud_days_from_civil(floor_div(months, 12),
                               months - floor_div(months, 12) * 12 + 1, 1,
                               &days);
    return days * AUD_DAY;
}


static int64_t
months_of(int64_t us)
{
    int  year, month, day;

    aud_civil_from_days(floor_div(us, AUD_DAY), &year, &month, &day);

    return (int64_t) year * 12 + month - 1;
}


static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}


uint32_t
aud_ranges_of_number(const aud_ranges_t *r, double value)
{
    return place(r, number_multiple(r, value));
}


uint32_t
aud_ranges_of_date(const aud_ranges_t *r, int64_t value)
{
    return place(r, date_multiple(r, value));
}


static uint32_t
place(const aud_ranges_t *r, int64_t multiple)
{
    int64_t  i = multiple - r->first + r->below;

    return i < 0 ? 0 : i >= r->n ? r->n - 1 : i;
}


double
aud_ranges_number(const aud_ranges_t *r, uint32_t i)
{
    return number_at(r, r->first + i - r->below);
}


int64_t
aud_ranges_date(const aud_ranges_t *r, uint32_t i)
{
    return date_at(r, r->first + i - r->below);
}


double
aud_ranges_size(const aud_ranges_t *r)
{
    return number_at(r, 1);
}
