#include <stdarg.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_text.h"

#define SMALLEST     64
#define REPLACEMENT  "\xef\xbf\xbd"

/* What a text has that keeps it from being copied as it is. */
#define ESCAPED      0x1        /* bytes that JSON writes otherwise */
#define NOT_ASCII    0x2

#define BYTES(b)     (UINT64_C(0x0101010101010101) * (b))


static unsigned json_copy(char *to, const char *from, size_t len);
static unsigned json_copy_few(char *to, const char *from, size_t len);
static uint64_t json_escaped(uint64_t bytes);
static void     json_escape(aud_buffer_t *b, aud_str_t s);
static void     json_ascii(aud_buffer_t *b, unsigned char c);


void
aud_buffer_free(aud_buffer_t *b)
{
    aud_free(b->data);
    memset(b, 0, sizeof(*b));
}


void
aud_buffer_reserve(aud_buffer_t *b, size_t more)
{
    char    *data;
    size_t   need, capacity;

    if (b->failed || more <= b->capacity - b->len) {
        return;
    }

    if (__builtin_add_overflow(b->len, more, &need)) {
        b->failed = 1;
        return;
    }

    if (__builtin_add_overflow(b->capacity, b->capacity / 2, &capacity)
        || capacity < need)
    {
        capacity = need < SMALLEST ? SMALLEST : need;
    }

    data = aud_realloc(b->data, capacity);

    if (data == NULL) {
        b->failed = 1;
        return;
    }

    b->data = data;
    b->capacity = capacity;
}


void
aud_buffer_add(aud_buffer_t *b, const void *data, size_t len)
{
    aud_buffer_reserve(b, len);

    if (b->failed || len == 0) {
        return;
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


void
aud_buffer_text(aud_buffer_t *b, const char *nul_terminated)
{
    aud_buffer_add(b, nul_terminated, strlen(nul_terminated));
}


void
aud_buffer_char(aud_buffer_t *b, char c)
{
    if (b->len < b->capacity && !b->failed) {
        b->data[b->len++] = c;

    } else {
        aud_buffer_add(b, &c, 1);
    }
}


/* Most texts are short: formatted once. */
void
aud_buffer_printf(aud_buffer_t *b, const char *fmt, ...)
{
    int      n;
    char     text[256];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n < 0) {
        b->failed = 1;
        return;
    }

    /* Behind what is printed stands a NUL, which callers may count on. */

    if ((size_t) n < sizeof(text)) {
        aud_buffer_add(b, text, (size_t) n + 1);
        b->len -= !b->failed;
        return;
    }

    aud_buffer_reserve(b, (size_t) n + 1);

    if (b->failed) {
        return;
    }

    va_start(args, fmt);
    vsnprintf(b->data + b->len, (size_t) n + 1, fmt, args);
    va_end(args);

    b->len += n;
}


/* printf would cost more than a cheap count. */
size_t
aud_decimal(char out[AUD_DECIMAL], uint64_t v)
{
    char    digits[AUD_DECIMAL];
    size_t  n = AUD_DECIMAL;

    do {
        digits[--n] = '0' + v % 10;
        v /= 10;
    } while (v);

    memcpy(out, digits + n, AUD_DECIMAL - n);

    return AUD_DECIMAL - n;
}


void
aud_buffer_decimal(aud_buffer_t *b, uint64_t v)
{
    aud_buffer_reserve(b, AUD_DECIMAL);

    if (!b->failed) {
        b->len += aud_decimal(b->data + b->len, v);
    }
}


void
aud_buffer_u8(aud_buffer_t *b, uint8_t v)
{
    aud_buffer_add(b, &v, 1);
}


void
aud_buffer_u32(aud_buffer_t *b, uint32_t v)
{
    v = __builtin_bswap32(v);
    aud_buffer_add(b, &v, sizeof(v));
}


void
aud_buffer_u64(aud_buffer_t *b, uint64_t v)
{
    v = __builtin_bswap64(v);
    aud_buffer_add(b, &v, sizeof(v));
}


void
aud_buffer_str32(aud_buffer_t *b, aud_str_t s)
{
    if (s.len > UINT32_MAX) {
        b->failed = 1;
        return;
    }

    aud_buffer_u32(b, (uint32_t) s.len);
    aud_buffer_add(b, s.data, s.len);
}


/* Nearly all texts stand in JSON as they are: copied while looked at. */
void
aud_buffer_json(aud_buffer_t *b, aud_str_t s)
{
    char      *to;
    unsigned   found;

    if (s.len > SIZE_MAX - 2) {
        b->failed = 1;
        return;
    }

    if (b->capacity - b->len < s.len + 2) {
        aud_buffer_reserve(b, s.len + 2);
    }

    if (b->failed) {
        return;
    }

    to = b->data + b->len;
    to[0] = '"';
    found = json_copy(to + 1, s.data, s.len);

    if ((found & ESCAPED)
        || ((found & NOT_ASCII) && aud_utf8_valid(s) != s.len))
    {
        json_escape(b, s);
        return;
    }

    to[1 + s.len] = '"';
    b->len += s.len + 2;
}


/* Copies, and tells what was met; the last eight bytes overlap. */
static unsigned
json_copy(char *to, const char *from, size_t len)
{
    size_t    i;
    uint64_t  bytes, escaped, all;

    if (len < sizeof(bytes)) {
        return json_copy_few(to, from, len);
    }

    escaped = 0;
    all = 0;

    for (i = 0; i < len - sizeof(bytes); i += sizeof(bytes)) {
        memcpy(&bytes, from + i, sizeof(bytes));
        memcpy(to + i, &bytes, sizeof(bytes));

        escaped |= json_escaped(bytes);
        all |= bytes;
    }

    memcpy(&bytes, from + len - sizeof(bytes), sizeof(bytes));
    memcpy(to + len - sizeof(bytes), &bytes, sizeof(bytes));

    escaped |= json_escaped(bytes);
    all |= bytes;

    return (escaped ? ESCAPED : 0) | (all & BYTES(0x80) ? NOT_ASCII : 0);
}


/* Fewer than eight. */
static unsigned
json_copy_few(char *to, const char *from, size_t len)
{
    uint32_t  first, last;
    uint64_t  bytes;

    if (len >= sizeof(first)) {
        memcpy(&first, from, sizeof(first));
        memcpy(&last, from + len - sizeof(last), sizeof(last));
        memcpy(to, &first, sizeof(first));
        memcpy(to + len - sizeof(last), &last, sizeof(last));

        bytes = first | (uint64_t) last << 32;

    } else {
        bytes = BYTES(' ');

        while (len--) {
            to[len] = from[len];
            bytes = bytes << 8 | (unsigned char) from[len];
        }
    }

    return (json_escaped(bytes) ? ESCAPED : 0)
           | (bytes & BYTES(0x80) ? NOT_ASCII : 0);
}


/* The highest bit of each byte that is a control character, a quote or a
 * backslash; no sum runs over into the next byte. */
static uint64_t
json_escaped(uint64_t bytes)
{
    uint64_t  low = bytes & BYTES(0x7f);
    uint64_t  quote, backslash, printable, delete;

    quote = ~((low ^ BYTES('"')) + BYTES(0x7f));
    backslash = ~((low ^ BYTES('\\')) + BYTES(0x7f));
    printable = low + BYTES(0x80 - 0x20);
    delete = low + BYTES(0x80 - 0x7f);

    return (quote | backslash | ~printable | delete) & ~bytes & BYTES(0x80);
}


static void
json_escape(aud_buffer_t *b, aud_str_t s)
{
    size_t         plain, valid;
    unsigned char  c;

    aud_buffer_char(b, '"');

    valid = aud_utf8_valid(s);
    plain = 0;

    for (size_t i = 0; i < s.len; i++) {

        if (i == valid) {
            aud_buffer_add(b, s.data + plain, i - plain);
            aud_buffer_text(b, REPLACEMENT);
            plain = i + 1;
            valid = plain + aud_utf8_valid(aud_str(s.data + plain,
                                                   s.len - plain));
            continue;
        }

        c = (unsigned char) s.data[i];

        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            continue;
        }

        aud_buffer_add(b, s.data + plain, i - plain);
        json_ascii(b, c);
        plain = i + 1;
    }

    aud_buffer_add(b, s.data + plain, s.len - plain);
    aud_buffer_char(b, '"');
}


static void
json_ascii(aud_buffer_t *b, unsigned char c)
{
    switch (c) {
    case '"':   aud_buffer_add(b, "\\\"", 2);  break;
    case '\\':  aud_buffer_add(b, "\\\\", 2);  break;
    case '\n':  aud_buffer_add(b, "\\n", 2);   break;
    case '\r':  aud_buffer_add(b, "\\r", 2);   break;
    case '\t':  aud_buffer_add(b, "\\t", 2);   break;
    default:    aud_buffer_printf(b, "\\u%04x", c);
    }
}
