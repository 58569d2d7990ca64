/*
 * Ranges that numbers or dates are counted by: all of one size, which people
 * read easily, and beginning at multiples of it.
 *
 *   numbers   1, 2 or 5 times a power of ten (P. Heckbert, "Nice Numbers for
 *             Graph Labels", Graphics Gems, 1990)
 *   dates     hours, six hours, days, weeks from Monday, months, quarters,
 *             years, 2, 5, 10 … years, in UTC
 *
 * A few values far from all others must not leave these in one range.  Where
 * the least value, or the greatest, lies further from the middle 98 % of the
 * people than those are from one another, the first range, or the last, is open
 * and takes all that lies beyond.
 *
 *           | 18 … 20 | 20 … 22 |   …   | 58 … 60 | 60 and more |
 *
 * Each range has its first bound in it and not its second.  Pure functions.
 */

#ifndef AUD_RANGES_H
#define AUD_RANGES_H

#include <stdint.h>

typedef enum {
    AUD_RANGE_NUMBER = 0,
    AUD_RANGE_HOUR, AUD_RANGE_DAY, AUD_RANGE_WEEK, AUD_RANGE_MONTH,
    AUD_RANGE_YEAR
} aud_range_unit_t;

typedef struct {
    aud_range_unit_t  unit;
    int64_t           size;         /* in units; of numbers 1, 2 or 5 */
    int               exponent;     /* of numbers: times 10^exponent */
    int64_t           first;        /* the first bound, in sizes */
    uint32_t          n;            /* with those that are open */
    unsigned          below:1;      /* the first one is open */
    unsigned          above:1;      /* the last one */
} aud_ranges_t;

/* Of what is to be counted, ascending: the least value, those that one and 99
 * of a hundred people do not exceed, the greatest. */
typedef struct {
    double  least, low, high, greatest;
    int     whole;                  /* all are whole numbers */
} aud_number_spread_t;

typedef struct {
    int64_t  least, low, high, greatest;    /* microseconds */
} aud_date_spread_t;

/* At most limit ranges; that is 4 or more. */
void aud_ranges_numbers(aud_ranges_t *r, const aud_number_spread_t *spread,
    uint32_t limit);
void aud_ranges_dates(aud_ranges_t *r, const aud_date_spread_t *spread,
    uint32_t limit);

/* In which range a value is, of those between least and greatest. */
uint32_t aud_ranges_of_number(const aud_ranges_t *r, double value);
uint32_t aud_ranges_of_date(const aud_ranges_t *r, int64_t value);

/* The bounds of range i, which is not open, are those of i and i + 1. */
double  aud_ranges_number(const aud_ranges_t *r, uint32_t i);
int64_t aud_ranges_date(const aud_ranges_t *r, uint32_t i);

/* The size of numbers. */
double aud_ranges_size(const aud_ranges_t *r);

#endif
