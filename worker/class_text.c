#include <ctype.h>
#include <utf8proc.h>

#include "aud_text.h"
#include "aud_value.h"
#include "class_text.h"

/* Of a text that long nobody sees the rest. */
#define READ_BYTES  4096
#define MARKS       3


typedef struct {
    aud_buffer_t  *out;
    size_t         from;            /* where the text begins in out */
    unsigned       blank:1;         /* one is due */
    unsigned       number:1;        /* the whole text is one */
    unsigned       field:1;         /* the name of a column */
    unsigned       slash:1;         /* the last byte was one of two or more */
    unsigned       marks;           /* combining marks in a row */
} cleaner_t;


static void clean(cleaner_t *c, aud_str_t text);
static void clean_ascii(cleaner_t *c, const char *at, const char *end);
static int  becomes_blank(cleaner_t *c, const char *at, const char *end);
static void clean_character(cleaner_t *c, utf8proc_int32_t code,
    const char *bytes, size_t n);
static int  starts_formula(const cleaner_t *c, char byte);
static int  is_bound(const char *at, const char *end);
static void part_addresses(aud_buffer_t *out, size_t from);
static int  is_letter(char byte);
static void replace(aud_buffer_t *out, size_t at, size_t n,
    const char *bytes, size_t m);
static void put(cleaner_t *c, const char *bytes, size_t n);
static void trim_end(aud_buffer_t *out, size_t from);
static size_t whole_characters(aud_str_t text, size_t max);
static int  is_mark(aud_str_t text);
static utf8proc_ssize_t first(const aud_buffer_t *out, size_t from,
    utf8proc_int32_t *code);
static void replace_first(aud_buffer_t *out, size_t from,
    utf8proc_int32_t code);


void
class_text_clean(aud_str_t text, size_t max, aud_buffer_t *out)
{
    double     value;
    size_t     from = out->len;
    cleaner_t  c = { .out = out, .from = from };

    text = aud_trim(text);
    c.number = aud_number_parse(text, &value) == 0;

    clean(&c, text);
    part_addresses(out, from);
    class_text_cut(out, from, max);
}


void
class_text_clean_field(aud_str_t words, size_t max, aud_buffer_t *out)
{
    size_t     from = out->len;
    cleaner_t  c = { .out = out, .from = from, .field = 1 };

    clean(&c, words);

    while (out->len > from && strchr("?:*.,;!", out->data[out->len - 1])) {
        out->len--;
        trim_end(out, from);
    }

    class_text_cut(out, from, max);
}


static void
clean(cleaner_t *c, aud_str_t text)
{
    const char          *end;
    utf8proc_int32_t     code;
    utf8proc_ssize_t     n;

    if (text.len > READ_BYTES) {
        text.len = READ_BYTES;
    }

    end = text.data + text.len;

    for (const char *at = text.data; at < end; at += n) {
        n = utf8proc_iterate((const utf8proc_uint8_t *) at, end - at, &code);

        if (n <= 0) {
            n = 1;
            continue;
        }

        if (code < 0x80) {
            clean_ascii(c, at, end);

        } else {
            clean_character(c, code, at, (size_t) n);
        }
    }
}


static void
clean_ascii(cleaner_t *c, const char *at, const char *end)
{
    c->marks = 0;

    if (starts_formula(c, *at)) {
        return;
    }

    if (becomes_blank(c, at, end)) {
        c->blank = 1;
        return;
    }

    put(c, *at == '{' ? "(" : *at == '}' ? ")" : at, 1);
}


static int
becomes_blank(cleaner_t *c, const char *at, const char *end)
{
    char  next = at + 1 < end ? at[1] : '\0';

    switch (*at) {

    case '<':
    case '>':
        return !is_bound(at, end);

    case '.':
        return c->field;

    case ':':
        return next == '/';

    case '/':
        if (next == '/' || c->slash) {
            c->slash = next == '/';
            return 1;
        }

        return 0;

    case '_':
    case ' ':
    case '\\':
    case 0x7f:
        return 1;

    default:
        return (unsigned char) *at < 0x20;
    }
}


static void
clean_character(cleaner_t *c, utf8proc_int32_t code, const char *bytes,
    size_t n)
{
    switch (utf8proc_category(code)) {

    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        c->blank = 1;
        return;

    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
        return;

    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        if (c->out->len == c->from || c->blank || c->marks++ >= MARKS) {
            return;
        }

        break;

    default:
        c->marks = 0;
    }

    put(c, bytes, n);
}


/* What begins a text and makes a spreadsheet calculate, or quotes it. */
static int
starts_formula(const cleaner_t *c, char byte)
{
    return c->out->len == c->from && !c->number
           && strchr("=+-@'\"`|%*", byte) != NULL && byte != '\0';
}


/* "<18", "> 100", but no tag. */
static int
is_bound(const char *at, const char *end)
{
    for (at++; at < end && (*at == ' ' || *at == '='); at++) {
        /* void */
    }

    return at < end && isdigit((unsigned char) *at);
}


/* A dot between a word and two letters: mail programs and chats make links of
 * such words. */
static void
part_addresses(aud_buffer_t *out, size_t from)
{
    const char  *s;

    for (size_t i = from + 1; i + 2 < out->len; i++) {
        s = out->data + i;

        if (s[0] == '.' && s[-1] != ' ' && is_letter(s[1]) && is_letter(s[2])) {
            replace(out, i, 1, "·", strlen("·"));
        }
    }
}


static int
is_letter(char byte)
{
    return (unsigned char) byte >= 0x80 || isalpha((unsigned char) byte);
}


static void
put(cleaner_t *c, const char *bytes, size_t n)
{
    if (c->blank && c->out->len > c->from) {
        aud_buffer_char(c->out, ' ');
    }

    c->blank = 0;
    aud_buffer_add(c->out, bytes, n);
}


size_t
class_text_length(aud_str_t text)
{
    size_t  n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xc0) != 0x80;
    }

    return n;
}


void
class_text_cut(aud_buffer_t *out, size_t from, size_t max)
{
    size_t     n, word;
    aud_str_t  text;

    trim_end(out, from);
    text = aud_str(out->data + from, out->len - from);

    if (class_text_length(text) <= max) {
        return;
    }

    n = whole_characters(text, max - 1);

    for (word = n; word && text.data[word] != ' '; word--) {
        /* void */
    }

    out->len = from + (word > n / 2 ? word : n);
    trim_end(out, from);
    aud_buffer_text(out, "…");
}


/* Bytes of max characters, but no letter without its marks. */
static size_t
whole_characters(aud_str_t text, size_t max)
{
    size_t  n = 0, i;

    for (i = 0; i < text.len; i++) {
        if ((text.data[i] & 0xc0) != 0x80 && n++ == max) {
            break;
        }
    }

    while (i && is_mark(aud_str(text.data + i, text.len - i))) {
        do {
            i--;
        } while (i && (text.data[i] & 0xc0) == 0x80);
    }

    return i;
}


static int
is_mark(aud_str_t text)
{
    utf8proc_int32_t     code;
    utf8proc_category_t  category;

    if (utf8proc_iterate((const utf8proc_uint8_t *) text.data,
                         (utf8proc_ssize_t) text.len, &code) <= 0)
    {
        return 0;
    }

    category = utf8proc_category(code);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}


void
class_text_end(aud_buffer_t *out)
{
    trim_end(out, 0);
}


static void
trim_end(aud_buffer_t *out, size_t from)
{
    while (out->len > from && out->data[out->len - 1] == ' ') {
        out->len--;
    }
}


void
class_text_capital(aud_buffer_t *out, size_t from)
{
    utf8proc_int32_t  code;

    if (first(out, from, &code) > 0) {
        replace_first(out, from, utf8proc_toupper(code));
    }
}


void
class_text_small(aud_buffer_t *out, size_t from)
{
    utf8proc_int32_t  code, next;
    utf8proc_ssize_t  n;

    n = first(out, from, &code);

    if (n > 0 && (first(out, from + (size_t) n, &next) <= 0
                  || utf8proc_tolower(next) == next))
    {
        replace_first(out, from, utf8proc_tolower(code));
    }
}


/* The character at `from`, with its bytes; 0 where there is none. */
static utf8proc_ssize_t
first(const aud_buffer_t *out, size_t from, utf8proc_int32_t *code)
{
    if (out->failed || out->len <= from) {
        return 0;
    }

    return utf8proc_iterate((const utf8proc_uint8_t *) out->data + from,
                            (utf8proc_ssize_t) (out->len - from), code);
}


static void
replace_first(aud_buffer_t *out, size_t from, utf8proc_int32_t code)
{
    size_t             n;
    utf8proc_int32_t   old;
    utf8proc_uint8_t   bytes[4];

    n = (size_t) first(out, from, &old);
    replace(out, from, n, (const char *) bytes,
            (size_t) utf8proc_encode_char(code, bytes));
}


static void
replace(aud_buffer_t *out, size_t at, size_t n, const char *bytes, size_t m)
{
    aud_buffer_reserve(out, m);

    if (out->failed) {
        return;
    }

    memmove(out->data + at + m, out->data + at + n, out->len - at - n);
    memcpy(out->data + at, bytes, m);
    out->len += m - n;
}
