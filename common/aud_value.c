#include <string.h>

#include "aud_buffer.h"
#include "aud_clock.h"
#include "aud_text.h"
#include "aud_value.h"

#define SIGNIFICANT_MAX  15
#define FRACTION_MAX     22     /* 10^22 is the last power exact in a double */


typedef struct {
    uint64_t  mantissa;
    int       digits;           /* significant ones */
    int       fraction;
} decimal_t;


static aud_str_t without_currency(aud_str_t s, int *negative);
static int  read_decimal(aud_str_t s, decimal_t *d);
static int  groups_of_three(aud_str_t s, char separator);
static int  add_digit(decimal_t *d, char c);
static int  read_number(aud_str_t *s, int min, int max, int *value);
static int  read_char(aud_str_t *s, char c);
static int  read_calendar_day(aud_str_t *s, int64_t *days);
static int  read_local_time(aud_str_t s, int64_t *us);
static int  known_answer(aud_str_t folded, int *yes);
static int  is_digit(char c);


const char *
aud_type_name(aud_type_t type)
{
    static const char *const  names[AUD_TYPE_COUNT] = {
        "text", "number", "date", "yes_no"
    };

    return (unsigned) type < AUD_TYPE_COUNT ? names[type] : "text";
}


const char *
aud_kind_name(aud_kind_t kind)
{
    static const char *const  names[AUD_KIND_COUNT] = {
        "identifier", "behaviour", "label", "extra", "campaign", "consent",
        "system"
    };

    return (unsigned) kind < AUD_KIND_COUNT ? names[kind] : "behaviour";
}


/* Fifteen digits and a power of ten up to 10^22 are exact doubles, so that one
 * division rounds correctly (Clinger, 1990), whatever the C locale. */
int
aud_number_parse(aud_str_t text, double *value)
{
    static const double  power[FRACTION_MAX + 1] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
        1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    int        negative;
    double     v;
    aud_str_t  s;
    decimal_t  d = { 0, 0, 0 };

    s = without_currency(aud_trim(text), &negative);

    if (s.len > 1 && s.data[s.len - 1] == '%') {
        s.len--;
        s = aud_trim(s);
    }

    if (read_decimal(s, &d) != 0) {
        return -1;
    }

    v = (double) d.mantissa / power[d.fraction];
    *value = negative && d.mantissa ? -v : v;

    return 0;
}


/* Takes off a sign and "R$", in either order. */
static aud_str_t
without_currency(aud_str_t s, int *negative)
{
    int  currency = 0, sign = 0;

    *negative = 0;

    for ( ;; ) {
        if (!sign && s.len && (s.data[0] == '-' || s.data[0] == '+')) {
            *negative = s.data[0] == '-';
            sign = 1;
            s = aud_str(s.data + 1, s.len - 1);

        } else if (!currency && s.len > 2 && (s.data[0] | 0x20) == 'r'
                   && s.data[1] == '$')
        {
            currency = 1;
            s = aud_trim(aud_str(s.data + 2, s.len - 2));

        } else {
            return s;
        }
    }
}


/* Digits with separators: at most one decimal one, which is the last where two
 * kinds occur and where one kind occurs once; all others part thousands. */
static int
read_decimal(aud_str_t s, decimal_t *d)
{
    char       decimal = 0, group = 0;
    size_t     commas = 0, dots = 0, last = 0, end;

    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == ',' || s.data[i] == '.') {
            commas += s.data[i] == ',';
            dots += s.data[i] == '.';
            last = i;

        } else if (!is_digit(s.data[i])) {
            return -1;
        }
    }

    if (commas + dots == 1 || (commas && dots)) {
        decimal = s.data[last];
    }

    if ((decimal == ',' ? commas : dots) != 1 && decimal) {
        return -1;
    }

    end = decimal ? last : s.len;

    if (commas + dots > 1) {
        group = decimal ? (decimal == ',' ? '.' : ',') : s.data[last];
    }

    if (end == 0 || (decimal && last + 1 == s.len)
        || (s.data[0] == '0' && end > 1)
        || (group && groups_of_three(aud_str(s.data, end), group) != 0))
    {
        return -1;
    }

    for (size_t i = 0; i < s.len; i++) {
        if (is_digit(s.data[i]) && add_digit(d, s.data[i]) != 0) {
            return -1;
        }
    }

    if (decimal && s.len - last - 1 > FRACTION_MAX) {
        return -1;
    }

    d->fraction = decimal ? (int) (s.len - last - 1) : 0;

    return 0;
}


static int
groups_of_three(aud_str_t s, char separator)
{
    size_t  run = 0;
    int     first = 1;

    for (size_t i = 0; i <= s.len; i++) {
        if (i < s.len && s.data[i] != separator) {
            run++;
            continue;
        }

        if (first ? run < 1 || run > 3 : run != 3) {
            return -1;
        }

        first = 0;
        run = 0;
    }

    return 0;
}


static int
add_digit(decimal_t *d, char c)
{
    if (d->mantissa == 0 && c == '0') {
        return 0;
    }

    if (d->digits == SIGNIFICANT_MAX) {
        return -1;
    }

    d->mantissa = d->mantissa * 10 + (uint64_t) (c - '0');
    d->digits++;

    return 0;
}


int
aud_date_parse(aud_str_t text, int64_t *us, int *date_only)
{
    int        alone;
    int64_t    days, time = 0;
    aud_str_t  s = aud_trim(text);

    if (s.len < sizeof("1/1/2025") - 1 || !is_digit(s.data[0])) {
        return -1;
    }

    if (aud_time_parse(s.data, s.len, us, &alone) == 0) {
        if (date_only) {
            *date_only = alone;
        }

        return 0;
    }

    if (read_calendar_day(&s, &days) != 0) {
        return -1;
    }

    if (s.len && read_local_time(s, &time) != 0) {
        return -1;
    }

    *us = days * AUD_DAY + time;

    if (date_only) {
        *date_only = s.len == 0;
    }

    return 0;
}


/* 2025-12-31 or 31/12/2025 */
static int
read_calendar_day(aud_str_t *s, int64_t *days)
{
    int  year, month, day;

    if (s->len > 4 && s->data[4] == '-') {
        if (read_number(s, 4, 4, &year) != 0 || read_char(s, '-') != 0
            || read_number(s, 2, 2, &month) != 0 || read_char(s, '-') != 0
            || read_number(s, 2, 2, &day) != 0)
        {
            return -1;
        }

    } else if (read_number(s, 1, 2, &day) != 0 || read_char(s, '/') != 0
               || read_number(s, 1, 2, &month) != 0 || read_char(s, '/') != 0
               || read_number(s, 4, 4, &year) != 0)
    {
        return -1;
    }

    return aud_days_from_civil(year, month, day, days);
}


/* " 23:59" or " 23:59:59", in UTC */
static int
read_local_time(aud_str_t s, int64_t *us)
{
    int  hour, minute, second = 0;

    if (read_char(&s, ' ') != 0 && read_char(&s, 'T') != 0) {
        return -1;
    }

    if (read_number(&s, 2, 2, &hour) != 0 || read_char(&s, ':') != 0
        || read_number(&s, 2, 2, &minute) != 0)
    {
        return -1;
    }

    if (s.len && (read_char(&s, ':') != 0
                  || read_number(&s, 2, 2, &second) != 0))
    {
        return -1;
    }

    if (s.len || hour > 23 || minute > 59 || second > 59) {
        return -1;
    }

    *us = ((hour * 60 + minute) * 60 + second) * AUD_SECOND;

    return 0;
}


static int
read_number(aud_str_t *s, int min, int max, int *value)
{
    int  n;

    *value = 0;

    for (n = 0; n < max && s->len && is_digit(s->data[0]); n++) {
        *value = *value * 10 + (s->data[0] - '0');
        *s = aud_str(s->data + 1, s->len - 1);
    }

    return n < min ? -1 : 0;
}


static int
read_char(aud_str_t *s, char c)
{
    if (s->len == 0 || s->data[0] != c) {
        return -1;
    }

    *s = aud_str(s->data + 1, s->len - 1);

    return 0;
}


int
aud_yes_no_parse(aud_str_t text, int *yes)
{
    int           rc;
    aud_str_t     s = aud_trim(text);
    aud_buffer_t  folded = { NULL, 0, 0, 0 };

    /* the longest is "verdadeiro"; most cells end here, unfolded */
    if (s.len == 0 || s.len > 16 || !memchr("sSnNyYtTvVfF", s.data[0], 12)) {
        return -1;
    }

    aud_fold(&folded, s);
    rc = folded.failed ? -1 : known_answer(aud_buffer_str(&folded), yes);
    aud_buffer_free(&folded);

    return rc;
}


static int
known_answer(aud_str_t folded, int *yes)
{
    static const struct {
        const char  *text;
        int          yes;
    } answers[] = {
        { "sim", 1 }, { "nao", 0 }, { "s", 1 }, { "n", 0 }, { "yes", 1 },
        { "no", 0 }, { "y", 1 }, { "true", 1 }, { "false", 0 },
        { "verdadeiro", 1 }, { "falso", 0 }, { "si", 1 }, { NULL, 0 }
    };

    for (size_t i = 0; answers[i].text; i++) {
        if (strlen(answers[i].text) == folded.len
            && memcmp(answers[i].text, folded.data, folded.len) == 0)
        {
            *yes = answers[i].yes;
            return 0;
        }
    }

    return -1;
}


unsigned
aud_value_types(aud_str_t text)
{
    int       yes;
    double    number;
    int64_t   us;
    unsigned  types = 0;

    if (aud_number_parse(text, &number) == 0) {
        types |= 1u << AUD_TYPE_NUMBER;
    }

    if (aud_date_parse(text, &us, NULL) == 0) {
        types |= 1u << AUD_TYPE_DATE;
    }

    if (aud_yes_no_parse(text, &yes) == 0) {
        types |= 1u << AUD_TYPE_YES_NO;
    }

    return types;
}


static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}
