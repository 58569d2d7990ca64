/*
 * Time as the project keeps it: microseconds since 1970 in UTC inside,
 * RFC 3339 at the edges.  The clock is a replaceable seam.  Any thread.
 */

#ifndef AUD_CLOCK_H
#define AUD_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define AUD_SECOND  INT64_C(1000000)
#define AUD_DAY     (86400 * AUD_SECOND)

#define AUD_TIME_LEN  (sizeof("2026-11-21T19:32:00.000000Z") - 1)

extern int64_t (*aud_clock)(void);      /* wall clock */

static inline int64_t
aud_now(void)
{
    return aud_clock();
}

/* A monotonic clock in microseconds, for durations only. */
int64_t aud_ticks(void);

/* Writes "2026-11-21T19:32:00Z", with six decimals when `us` is not a whole
 * second; years 0000 to 9999.  Returns the length; adds a NUL. */
size_t aud_time_format(char out[AUD_TIME_LEN + 1], int64_t us);

/* Reads RFC 3339, also "2026-11-21" alone (midnight UTC, *date_only = 1).
 * Returns 0, or -1 where it is none.  date_only may be NULL. */
int aud_time_parse(const char *text, size_t len, int64_t *us, int *date_only);

/* Days since 1970-01-01 of a proleptic Gregorian date; -1 return when the date
 * does not exist.  Source: H. Hinnant, chrono-compatible date algorithms. */
int aud_days_from_civil(int year, int month, int day, int64_t *days);
void aud_civil_from_days(int64_t days, int *year, int *month, int *day);

#endif
