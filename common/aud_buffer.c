#include <stdarg.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_text.h"

#define SMALLEST     64
#define REPLACEMENT  "\xef\xbf\xbd"


static void json_ascii(aud_buffer_t *b, unsigned char c);


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


void
aud_buffer_json(aud_buffer_t *b, aud_str_t s)
{
    size_t         plain, valid;
    unsigned char  c;

    aud_buffer_reserve(b, s.len < SIZE_MAX - 2 ? s.len + 2 : s.len);
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
