#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "aud_json.h"
#include "aud_text.h"

#define FEW_MEMBERS  16

#define SURROGATES_HIGH  0xd800
#define SURROGATES_LOW   0xdc00
#define SURROGATES_END   0xe000


typedef struct {
    const char   *at;
    const char   *end;
    aud_arena_t  *arena;
    unsigned      depth;
    unsigned      no_memory:1;
} parser_t;


static aud_json_t *value_read(parser_t *p);
static int  list_read(parser_t *p, aud_json_t *list);
static int  object_read(parser_t *p, aud_json_t *object);
static aud_json_t *member_read(parser_t *p);
static int  separator(parser_t *p, char closing);
static void blanks_skip(parser_t *p);
static int  keys_differ(parser_t *p, const aud_json_t *object);
static int  key_compare(const void *a, const void *b);
static int  literal_read(parser_t *p, aud_json_t *value);
static int  number_read(parser_t *p, aud_json_t *value);
static size_t digits(const char *p, const char *end);
static int  integer_read(aud_str_t token, int64_t *value);
static int  real_read(aud_str_t token, double *value);
static int  text_read(parser_t *p, aud_str_t *text);
static int  unescape(parser_t *p, aud_str_t *text);
static int  escaped_character(const char **at, const char *end, char **to);
static int32_t hex4(const char *p, const char *end);
static char *utf8_write(char *to, uint32_t c);


aud_json_t *
aud_json_parse(aud_arena_t *arena, aud_str_t text, int *no_memory)
{
    parser_t     p = { .at = text.data, .end = text.data + text.len,
                       .arena = arena };
    aud_json_t  *value;

    *no_memory = 0;
    blanks_skip(&p);

    if (p.at == p.end || (*p.at != '{' && *p.at != '[')) {
        return NULL;
    }

    value = value_read(&p);
    blanks_skip(&p);

    *no_memory = p.no_memory;

    return p.at == p.end ? value : NULL;
}


const aud_json_t *
aud_json_get(const aud_json_t *json, const char *key)
{
    size_t             len = strlen(key);
    const aud_json_t  *member;

    if (!aud_json_is(json, AUD_JSON_OBJECT)) {
        return NULL;
    }

    for (member = json->first; member; member = member->next) {
        if (member->key.len == len && memcmp(member->key.data, key, len) == 0) {
            return member;
        }
    }

    return NULL;
}


/* Every reader stands at the first byte of what it reads, which is there, and
 * leaves behind the last.  NULL, -1: it is not that, or memory is out. */
static aud_json_t *
value_read(parser_t *p)
{
    int          failed;
    aud_json_t  *value;

    if (p->at == p->end) {
        return NULL;
    }

    value = aud_arena_calloc(p->arena, 1, sizeof(aud_json_t));
    if (value == NULL) {
        p->no_memory = 1;
        return NULL;
    }

    switch (*p->at) {

    case '{':
        failed = object_read(p, value);
        break;

    case '[':
        failed = list_read(p, value);
        break;

    case '"':
        value->type = AUD_JSON_TEXT;
        failed = text_read(p, &value->text);
        break;

    case 't':
    case 'f':
    case 'n':
        failed = literal_read(p, value);
        break;

    default:
        failed = number_read(p, value);
    }

    return failed ? NULL : value;
}


static int
list_read(parser_t *p, aud_json_t *list)
{
    int           more;
    aud_json_t  **last = &list->first;

    list->type = AUD_JSON_LIST;
    p->at++;
    blanks_skip(p);

    if (p->at < p->end && *p->at == ']') {
        p->at++;
        return p->depth < AUD_JSON_DEPTH ? 0 : -1;
    }

    if (++p->depth > AUD_JSON_DEPTH) {
        return -1;
    }

    do {
        *last = value_read(p);
        if (*last == NULL) {
            return -1;
        }

        last = &(*last)->next;
        list->n++;

        more = separator(p, ']');
    } while (more > 0);

    p->depth--;

    return more;
}


static int
object_read(parser_t *p, aud_json_t *object)
{
    int           more;
    aud_json_t  **last = &object->first;

    object->type = AUD_JSON_OBJECT;
    p->at++;
    blanks_skip(p);

    if (p->at < p->end && *p->at == '}') {
        p->at++;
        return p->depth < AUD_JSON_DEPTH ? 0 : -1;
    }

    if (++p->depth > AUD_JSON_DEPTH) {
        return -1;
    }

    do {
        *last = member_read(p);
        if (*last == NULL) {
            return -1;
        }

        last = &(*last)->next;
        object->n++;

        more = separator(p, '}');
    } while (more > 0);

    p->depth--;

    return more == 0 && keys_differ(p, object) ? 0 : -1;
}


static aud_json_t *
member_read(parser_t *p)
{
    aud_str_t    key;
    aud_json_t  *value;

    if (p->at == p->end || *p->at != '"' || text_read(p, &key) != 0) {
        return NULL;
    }

    blanks_skip(p);

    if (p->at == p->end || *p->at != ':') {
        return NULL;
    }

    p->at++;
    blanks_skip(p);

    value = value_read(p);
    if (value) {
        value->key = key;
    }

    return value;
}


/* 1 where another value follows, 0 at the closing bracket, else -1. */
static int
separator(parser_t *p, char closing)
{
    blanks_skip(p);

    if (p->at == p->end) {
        return -1;
    }

    if (*p->at == closing) {
        p->at++;
        return 0;
    }

    if (*p->at != ',') {
        return -1;
    }

    p->at++;
    blanks_skip(p);

    return 1;
}


static void
blanks_skip(parser_t *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n'
                              || *p->at == '\r' || *p->at == '\t'))
    {
        p->at++;
    }
}


/* Sorted where there are many, or a request of keys alone would cost the square
 * of their number. */
static int
keys_differ(parser_t *p, const aud_json_t *object)
{
    size_t              i;
    const aud_json_t   *a, *b;
    const aud_json_t  **members;

    if (object->n <= FEW_MEMBERS) {
        for (a = object->first; a; a = a->next) {
            for (b = a->next; b; b = b->next) {
                if (aud_str_equal(a->key, b->key)) {
                    return 0;
                }
            }
        }

        return 1;
    }

    members = aud_arena_alloc(p->arena, object->n, sizeof(aud_json_t *));
    if (members == NULL) {
        p->no_memory = 1;
        return 0;
    }

    for (i = 0, a = object->first; a; a = a->next) {
        members[i++] = a;
    }

    qsort(members, object->n, sizeof(aud_json_t *), key_compare);

    for (i = 1; i < object->n; i++) {
        if (aud_str_equal(members[i - 1]->key, members[i]->key)) {
            return 0;
        }
    }

    return 1;
}


static int
key_compare(const void *a, const void *b)
{
    return aud_str_compare((*(const aud_json_t *const *) a)->key,
                           (*(const aud_json_t *const *) b)->key);
}


static int
literal_read(parser_t *p, aud_json_t *value)
{
    size_t  i;

    static const struct {
        aud_str_t        text;
        aud_json_type_t  type;
    } literals[] = {
        { AUD_STR("true"), AUD_JSON_TRUE },
        { AUD_STR("false"), AUD_JSON_FALSE },
        { AUD_STR("null"), AUD_JSON_NULL },
    };

    for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {

        if ((size_t) (p->end - p->at) >= literals[i].text.len
            && memcmp(p->at, literals[i].text.data, literals[i].text.len) == 0)
        {
            value->type = literals[i].type;
            p->at += literals[i].text.len;
            return 0;
        }
    }

    return -1;
}


/* Section 6 of the RFC: no plus, no leading zeroes, digits on both sides of a
 * point.  Without point and exponent it is an integer. */
static int
number_read(parser_t *p, aud_json_t *value)
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

    errno = 0;
    *value = strtod(token.data, &end);

    if (end != token.data + token.len) {
        return -1;
    }

    return isinf(*value) ? -1 : 0;
}


static int
text_read(parser_t *p, aud_str_t *text)
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
unescape(parser_t *p, aud_str_t *text)
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
