#include <string.h>
#include <time.h>

#include "aud_clock.h"

#define MINUTE  (60 * AUD_SECOND)
#define HOUR    (60 * MINUTE)

#define YEAR_0000  (-62167219200 * AUD_SECOND)
#define YEAR_9999  (253402300799 * AUD_SECOND + AUD_SECOND - 1)


typedef struct {
    const char  *at;
    const char  *end;
} reader_t;


static int64_t wall_clock(void);
static char *write_digits(char *p, unsigned value, int n);
static int read_digits(reader_t *r, int n, int *value);
static int read_char(reader_t *r, char c);
static int read_time(reader_t *r, int64_t *us);
static int read_fraction(reader_t *r, int64_t *us);
static int read_zone(reader_t *r, int64_t *us);


int64_t (*aud_clock)(void) = wall_clock;


static int64_t
wall_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return ts.tv_sec * AUD_SECOND + ts.tv_nsec / 1000;
}


int64_t
aud_ticks(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * AUD_SECOND + ts.tv_nsec / 1000;
}


size_t
aud_time_format(char out[AUD_TIME_LEN + 1], int64_t us)
{
    int      year, month, day, seconds, micros;
    char    *p;
    int64_t  days;

    us = us < YEAR_0000 ? YEAR_0000 : us > YEAR_9999 ? YEAR_9999 : us;

    days = us / AUD_DAY - (us % AUD_DAY < 0);
    us -= days * AUD_DAY;
    seconds = us / AUD_SECOND;
    micros = us % AUD_SECOND;

    aud_civil_from_days(days, &year, &month, &day);

    p = write_digits(out, year, 4);
    *p++ = '-';
    p = write_digits(p, month, 2);
    *p++ = '-';
    p = write_digits(p, day, 2);
    *p++ = 'T';
    p = write_digits(p, seconds / 3600, 2);
    *p++ = ':';
    p = write_digits(p, seconds / 60 % 60, 2);
    *p++ = ':';
    p = write_digits(p, seconds % 60, 2);

    if (micros) {
        *p++ = '.';
        p = write_digits(p, micros, 6);
    }

    *p++ = 'Z';
    *p = '\0';

    return p - out;
}


static char *
write_digits(char *p, unsigned value, int n)
{
    int  i;

    for (i = n - 1; i >= 0; i--) {
        p[i] = '0' + value % 10;
        value /= 10;
    }

    return p + n;
}


int
aud_time_parse(const char *text, size_t len, int64_t *us, int *date_only)
{
    int       year, month, day;
    int64_t   days, time;
    reader_t  r = { text, text + len };

    if (read_digits(&r, 4, &year) != 0 || read_char(&r, '-') != 0
        || read_digits(&r, 2, &month) != 0 || read_char(&r, '-') != 0
        || read_digits(&r, 2, &day) != 0
        || aud_days_from_civil(year, month, day, &days) != 0)
    {
        return -1;
    }

    time = 0;

    if (r.at < r.end && (read_time(&r, &time) != 0 || r.at != r.end)) {
        return -1;
    }

    *us = days * AUD_DAY + time;

    if (date_only) {
        *date_only = (len == sizeof("2026-11-21") - 1);
    }

    return 0;
}


int
aud_days_from_civil(int year, int month, int day, int64_t *days)
{
    static const int  length[] = { 31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31 };

    int      leap, day_of_year;
    int64_t  y, era, year_of_era, day_of_era;

    leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month < 1 || month > 12 || day < 1
        || day > length[month - 1] + (month == 2 && leap))
    {
        return -1;
    }

    /* the year begins in March, so that the leap day is its last */
    y = (int64_t) year - (month <= 2);
    era = (y >= 0 ? y : y - 399) / 400;
    year_of_era = y - era * 400;
    day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100
                 + day_of_year;

    *days = era * 146097 + day_of_era - 719468;

    return 0;
}


void
aud_civil_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t  era, day_of_era, year_of_era, day_of_year, m;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                   - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4
                                - year_of_era / 100);
    m = (5 * day_of_year + 2) / 153;

    *day = (int) (day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int) (m < 10 ? m + 3 : m - 9);
    *year = (int) (year_of_era + era * 400 + (*month <= 2));
}


static int
read_digits(reader_t *r, int n, int *value)
{
    *value = 0;

    for ( /* void */ ; n; n--) {
        if (r->at == r->end || *r->at < '0' || *r->at > '9') {
            return -1;
        }

        *value = *value * 10 + (*r->at++ - '0');
    }

    return 0;
}


static int
read_char(reader_t *r, char c)
{
    if (r->at == r->end || *r->at != c) {
        return -1;
    }

    r->at++;

    return 0;
}


/* "T19:32:00.5Z"; a leap second is the second that follows (RFC 3339, 5.6). */
static int
read_time(reader_t *r, int64_t *us)
{
    int  hour, minute, second;

    if (read_char(r, 'T') != 0 && read_char(r, 't') != 0
        && read_char(r, ' ') != 0)
    {
        return -1;
    }

    if (read_digits(r, 2, &hour) != 0 || read_char(r, ':') != 0
        || read_digits(r, 2, &minute) != 0 || read_char(r, ':') != 0
        || read_digits(r, 2, &second) != 0
        || hour > 23 || minute > 59 || second > 60)
    {
        return -1;
    }

    *us = hour * HOUR + minute * MINUTE + second * AUD_SECOND;

    if (read_char(r, '.') == 0 && read_fraction(r, us) != 0) {
        return -1;
    }

    return read_zone(r, us);
}


/* Digits past the sixth are cut off. */
static int
read_fraction(reader_t *r, int64_t *us)
{
    int      digit;
    int64_t  unit = AUD_SECOND;

    if (read_digits(r, 1, &digit) != 0) {
        return -1;
    }

    do {
        unit /= 10;
        *us += digit * unit;
    } while (read_digits(r, 1, &digit) == 0);

    return 0;
}


static int
read_zone(reader_t *r, int64_t *us)
{
    int  hour, minute, sign;

    if (read_char(r, 'Z') == 0 || read_char(r, 'z') == 0) {
        return 0;
    }

    if (read_char(r, '+') == 0) {
        sign = 1;

    } else if (read_char(r, '-') == 0) {
        sign = -1;

    } else {
        return -1;
    }

    if (read_digits(r, 2, &hour) != 0 || read_char(r, ':') != 0
        || read_digits(r, 2, &minute) != 0 || hour > 23 || minute > 59)
    {
        return -1;
    }

    *us -= sign * (hour * HOUR + minute * MINUTE);

    return 0;
}
