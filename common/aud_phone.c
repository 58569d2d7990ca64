#include <string.h>

#include "aud_phone.h"
#include "aud_text.h"

#define BRAZIL      "55"
#define DIGITS_MAX  32


typedef struct {
    char      digits[DIGITS_MAX];
    size_t    len;
    unsigned  plus:1;
} dialled_t;


static aud_phone_status_t read_dialled(aud_str_t s, dialled_t *d);
static aud_str_t without_float_tail(aud_str_t s);
static size_t decoration(aud_str_t s);
static int  repeated(const dialled_t *d);
static void drop(dialled_t *d, size_t n);
static int  begins(const dialled_t *d, const char *digits);
static aud_phone_status_t foreign(const dialled_t *d, char *out);
static aud_phone_status_t brazilian(dialled_t *d, const char *area_code,
    char *out);
static aud_phone_status_t national(const char *area, const char *subscriber,
    size_t len, char *out);
static int  area_code_exists(const char *area);
static int  is_digit(char c);


aud_phone_status_t
aud_phone_normalise(aud_str_t text, const char *area_code,
    char out[AUD_PHONE_LEN + 1])
{
    dialled_t           d;
    aud_phone_status_t  status;

    out[0] = '\0';
    text = aud_trim(text);

    if (text.len == 0) {
        return AUD_PHONE_EMPTY;
    }

    if (aud_spoiled_by_spreadsheet(text)) {
        return AUD_PHONE_SPOILED;
    }

    status = read_dialled(without_float_tail(text), &d);

    if (status != AUD_PHONE_OK) {
        return status;
    }

    if (repeated(&d)) {
        return AUD_PHONE_REPEATED;
    }

    if (d.plus && !begins(&d, BRAZIL)) {
        return foreign(&d, out);
    }

    return brazilian(&d, area_code, out);
}


static aud_phone_status_t
read_dialled(aud_str_t s, dialled_t *d)
{
    char    c;
    size_t  n;

    memset(d, 0, sizeof(*d));

    for (size_t i = 0; i < s.len; i += n) {
        c = s.data[i];
        n = decoration(aud_str(s.data + i, s.len - i));

        if (n) {
            continue;
        }

        n = 1;

        if (is_digit(c)) {
            if (d->len == sizeof(d->digits)) {
                return AUD_PHONE_BAD_LENGTH;
            }

            d->digits[d->len++] = c;

        } else if (c == '+' && d->len == 0 && !d->plus) {
            d->plus = 1;

        } else if ((c == 'x' || c == 'X') && d->len == 1
                   && d->digits[0] == '0' && !d->plus
                   && i + 1 < s.len && (s.data[i + 1] | 0x20) == 'x')
        {
            n = 2;

        } else {
            return AUD_PHONE_BAD_CHARACTER;
        }
    }

    return d->len ? AUD_PHONE_OK : AUD_PHONE_BAD_LENGTH;
}


/* Programs that read phones as floating point write 11987654321.0: the zero
 * would otherwise become a digit of another person's number. */
static aud_str_t
without_float_tail(aud_str_t s)
{
    size_t  i = 0;

    if (s.len < 3 || s.data[s.len - 1] != '0'
        || (s.data[s.len - 2] != '.' && s.data[s.len - 2] != ','))
    {
        return s;
    }

    for (i = s.data[0] == '+'; i < s.len - 2; i++) {
        if (!is_digit(s.data[i])) {
            return s;
        }
    }

    return aud_str(s.data, s.len - 2);
}


/* Bytes of punctuation that people and phones put between digits: blanks,
 * hyphens, dots, slashes, parentheses, and the invisible marks of direction
 * that come with a number copied from a contact card. */
static size_t
decoration(aud_str_t s)
{
    unsigned char  last;

    if (memchr(" -.()/\t", s.data[0], 7)) {
        return 1;
    }

    if (s.len >= 2 && memcmp(s.data, "\xc2\xa0", 2) == 0) {
        return 2;
    }

    if (s.len >= 3 && memcmp(s.data, "\xe2\x80", 2) == 0) {
        last = (unsigned char) s.data[2];

        if ((last >= 0x8b && last <= 0x95) || (last >= 0xaa && last <= 0xaf)) {
            return 3;
        }
    }

    return 0;
}


static int
repeated(const dialled_t *d)
{
    for (size_t i = 1; i < d->len; i++) {
        if (d->digits[i] != d->digits[0]) {
            return 0;
        }
    }

    return d->len >= 8;
}


static void
drop(dialled_t *d, size_t n)
{
    d->len -= n;
    memmove(d->digits, d->digits + n, d->len);
}


static int
begins(const dialled_t *d, const char *digits)
{
    size_t  n = strlen(digits);

    return d->len >= n && memcmp(d->digits, digits, n) == 0;
}


static aud_phone_status_t
foreign(const dialled_t *d, char *out)
{
    if (d->digits[0] == '0') {
        return AUD_PHONE_BAD_NUMBER;
    }

    if (d->len < 8 || d->len > 15) {
        return AUD_PHONE_BAD_LENGTH;
    }

    out[0] = '+';
    memcpy(out + 1, d->digits, d->len);
    out[1 + d->len] = '\0';

    return AUD_PHONE_OK;
}


/*
 * What may stand before area code and subscriber, taken off in turn:
 *
 *   +55 0055 055 55    the country
 *   0                  the trunk prefix
 *   0 15, 0XX15        the same with a carrier
 */
static aud_phone_status_t
brazilian(dialled_t *d, const char *area_code, char *out)
{
    int  trunk;

    if (begins(d, "00" BRAZIL) && d->len >= 14) {
        drop(d, 2);
    }

    trunk = begins(d, "0");
    drop(d, trunk);

    if (begins(d, BRAZIL) && (d->plus || d->len >= 12)) {
        drop(d, 2);

        if (begins(d, "0")) {
            drop(d, 1);
            trunk = 1;
        }
    }

    if (trunk && d->digits[0] != '0' && (d->len == 12 || d->len == 13)) {
        drop(d, 2);
    }

    switch (d->len) {

    case 8:
    case 9:
        if (area_code[0] == '\0') {
            return AUD_PHONE_NO_AREA_CODE;
        }

        return national(area_code, d->digits, d->len, out);

    case 10:
    case 11:
        return national(d->digits, d->digits + 2, d->len - 2, out);

    default:
        return AUD_PHONE_BAD_LENGTH;
    }
}


static aud_phone_status_t
national(const char *area, const char *subscriber, size_t len, char *out)
{
    char  *p = out;

    if (!area_code_exists(area)) {
        return AUD_PHONE_BAD_AREA_CODE;
    }

    if (len == 9 ? subscriber[0] != '9' : subscriber[0] < '2') {
        return AUD_PHONE_BAD_NUMBER;
    }

    *p++ = '+';
    memcpy(p, BRAZIL, 2);
    memcpy(p + 2, area, 2);
    p += 4;

    if (len == 8 && subscriber[0] >= '6') {
        *p++ = '9';
    }

    memcpy(p, subscriber, len);
    p[len] = '\0';

    return AUD_PHONE_OK;
}


/* Second digits that exist after each first one (Anatel, resolution 263/2001,
 * annex of national codes). */
static int
area_code_exists(const char *area)
{
    static const char *const  second[] = {
        "", "123456789", "12478", "1234578", "123456789", "1345",
        "123456789", "134579", "123456789", "123456789"
    };

    return is_digit(area[0]) && is_digit(area[1])
           && strchr(second[area[0] - '0'], area[1]) != NULL;
}


static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}


const char *
aud_phone_reason(aud_phone_status_t status)
{
    switch (status) {
    case AUD_PHONE_OK:
        return "The phone is fine.";
    case AUD_PHONE_EMPTY:
        return "The phone is missing.";
    case AUD_PHONE_SPOILED:
        return "A spreadsheet shortened the phone and its last digits are lost;"
               " format the column as text and export the file again.";
    case AUD_PHONE_NO_AREA_CODE:
        return "The phone has no area code.";
    case AUD_PHONE_BAD_AREA_CODE:
        return "The area code of the phone does not exist.";
    case AUD_PHONE_BAD_LENGTH:
        return "The phone has too few or too many digits.";
    case AUD_PHONE_BAD_CHARACTER:
        return "The phone holds a character that no phone number has.";
    case AUD_PHONE_REPEATED:
        return "The phone is one digit repeated.";
    case AUD_PHONE_BAD_NUMBER:
        return "The phone begins with a digit that no such number begins with.";
    }

    return "The phone is not valid.";
}


/* One digit, perhaps a fraction, and an exponent: 1,95419E+13 or 1.9E13.  A
 * tax document such as 12E45678000195 is none. */
int
aud_spoiled_by_spreadsheet(aud_str_t text)
{
    size_t     i = 1;
    int        fraction = 0, sign = 0;
    aud_str_t  s = aud_trim(text);

    if (s.len < 4 || !is_digit(s.data[0])) {
        return 0;
    }

    if (s.data[i] == ',' || s.data[i] == '.') {
        for (i++; i < s.len && is_digit(s.data[i]); i++) {
            fraction = 1;
        }

        if (!fraction) {
            return 0;
        }
    }

    if (i == s.len || (s.data[i] | 0x20) != 'e') {
        return 0;
    }

    i++;

    if (i < s.len && (s.data[i] == '+' || s.data[i] == '-')) {
        sign = 1;
        i++;
    }

    if ((!sign && !fraction) || i == s.len || s.len - i > 3) {
        return 0;
    }

    while (i < s.len && is_digit(s.data[i])) {
        i++;
    }

    return i == s.len;
}
