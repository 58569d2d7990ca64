#include <math.h>
#include <stdlib.h>

#include "aud_json_parser.h"
#include "aud_text.h"

#define SURROGATES_HIGH  0xd800
#define SURROGATES_LOW   0xdc00
#define SURROGATES_END   0xe000


static size_t digits(const char *p, const char *end);
static int  integer_read(aud_str_t token, int64_t *value);
static int  real_read(aud_str_t token, double *value);
static int  unescape(aud_json_parser_t *p, aud_str_t *text);
static int  escaped_character(const char **at, const char *end, char **to);
static int32_t hex4(const char *p, const char *end);
static char *utf8_write(char *to, uint32_t c);


/* Section 6 of the RFC: no plus, no leading zeroes, digits on both sides of a
 * point.  Without point and exponent it is an integer. */
int
aud_json_number(aud_json_parser_t *p, aud_json_t *value)
{
    int          whole = 1;
    size_t       n;
    aud_str_t    token;
    const char  *at = p->at;

    at += *at == '-';
    n = digits(at, p->end);

    if (n == 0 || (n > 1 && *at == '0')) {
        return -1;
    }

    at += n;

    if (at < p->end && *at == '.') {
        whole = 0;
        n = digits(++at, p->end);
        at += n;
    }

    if (n && at < p->end && (*at | 0x20) == 'e') {
        whole = 0;
        at++;
        at += at < p->end && (*at == '+' || *at == '-');
        n = digits(at, p->end);
        at += n;
    }

    /* no list or object ends in a number: strtod() may look one byte on */

    if (n == 0 || at == p->end) {
        return -1;
    }

    token = aud_str(p->at, at - p->at);
    p->at = at;
    value->type = whole ? AUD_JSON_INTEGER : AUD_JSON_REAL;

    return whole ? integer_read(token, &value->integer)
                 : real_read(token, &value->real);
}


static size_t
digits(const char *p, const char *end)
{
    size_t  n;

    for (n = 0; p + n < end && p[n] >= '0' && p[n] <= '9'; n++) {
        /* void */
    }

    return n;
}


static int
integer_read(aud_str_t token, int64_t *value)
{
    int     negative = token.data[0] == '-';
    size_t  i;

    *value = 0;

    /* towards below, where there is one number more */

    for (i = negative; i < token.len; i++) {
        if (__builtin_mul_overflow(*value, 10, value)
            || __builtin_sub_overflow(*value, token.data[i] - '0', value))
        {
            return -1;
        }
    }

    if (negative) {
        return 0;
    }

    return __builtin_sub_overflow(0, *value, value) ? -1 : 0;
}


static int
real_read(aud_str_t token, double *value)
{
    char  *end;

    *value = strtod(token.data, &end);

    if (end != token.data + token.len) {
        return -1;
    }

    return isinf(*value) ? -1 : 0;
}


int
aud_json_text(aud_json_parser_t *p, aud_str_t *text)
{
    int          foreign = 0, escaped = 0;
    const char  *start = p->at + 1, *at, *end = p->end;

    static const unsigned char  plain[256] = {
        [0x20 ... 0x21] = 1, [0x23 ... 0x5b] = 1, [0x5d ... 0x7f] = 1,
    };

    for (at = start; at < end; at++) {

        if (plain[(unsigned char) *at]) {
            continue;
        }

        if (*at == '"') {
            break;
        }

        if (*at == '\\') {
            escaped = 1;

            if (++at == end) {
                break;
            }

        } else if ((unsigned char) *at < 0x80) {
            return -1;

        } else {
            foreign = 1;
        }
    }

    if (at == end) {
        return -1;
    }

    *text = aud_str(start, at - start);
    p->at = at + 1;

    if (foreign && aud_utf8_valid(*text) != text->len) {
        return -1;
    }

    return escaped ? unescape(p, text) : 0;
}


/* No escape is shorter than what it stands for. */
static int
unescape(aud_json_parser_t *p, aud_str_t *text)
{
    char        *out, *to;
    const char  *at = text->data, *end = text->data + text->len;

    out = aud_arena_alloc(p->arena, text->len, 1);
    if (out == NULL) {
        p->no_memory = 1;
        return -1;
    }

    to = out;

    while (at < end) {
        if (*at != '\\') {
            *to++ = *at++;

        } else if (escaped_character(&at, end, &to) != 0) {
            return -1;
        }
    }

    *text = aud_str(out, to - out);

    return 0;
}


/* at stands at a backslash, which something follows. */
static int
escaped_character(const char **at, const char *end, char **to)
{
    char         c = (*at)[1];
    int32_t      high, low;
    const char  *place;

    static const char  names[] = "\"\\/bfnrt";
    static const char  meant[] = "\"\\/\b\f\n\r\t";

    *at += 2;

    if (c != 'u') {
        place = memchr(names, c, sizeof(names) - 1);
        if (place == NULL) {
            return -1;
        }

        *(*to)++ = meant[place - names];
        return 0;
    }

    high = hex4(*at, end);
    *at += 4;

    if (high <= 0 || (high >= SURROGATES_LOW && high < SURROGATES_END)) {
        return -1;
    }

    if (high < SURROGATES_HIGH || high >= SURROGATES_END) {
        *to = utf8_write(*to, high);
        return 0;
    }

    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') {
        return -1;
    }

    low = hex4(*at + 2, end);
    *at += 6;

    if (low < SURROGATES_LOW || low >= SURROGATES_END) {
        return -1;
    }

    *to = utf8_write(*to, 0x10000 + ((high - SURROGATES_HIGH) << 10)
                          + (low - SURROGATES_LOW));
    return 0;
}


/* -1: no four hexadecimal digits. */
static int32_t
hex4(const char *p, const char *end)
{
    int      i, c;
    int32_t  value = 0;

    if (end - p < 4) {
        return -1;
    }

    for (i = 0; i < 4; i++) {
        c = p[i];

        if (c >= '0' && c <= '9') {
            value = value << 4 | (c - '0');

        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            value = value << 4 | ((c | 0x20) - 'a' + 10);

        } else {
            return -1;
        }
    }

    return value;
}


static char *
utf8_write(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = c;

    } else if (c < 0x800) {
        *to++ = 0xc0 | c >> 6;
        *to++ = 0x80 | (c & 0x3f);

    } else if (c < 0x10000) {
        *to++ = 0xe0 | c >> 12;
        *to++ = 0x80 | (c >> 6 & 0x3f);
        *to++ = 0x80 | (c & 0x3f);

    } else {
        *to++ = 0xf0 | c >> 18;
        *to++ = 0x80 | (c >> 12 & 0x3f);
        *to++ = 0x80 | (c >> 6 & 0x3f);
        *to++ = 0x80 | (c & 0x3f);
    }

    return to;
}
