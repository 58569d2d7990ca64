#include <stdlib.h>

#include <utf8proc.h>

#include "aud_text.h"

#define FOLD_OPTIONS  (UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE                  \
                       | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK              \
                       | UTF8PROC_STABLE)


static size_t sequence_length(const unsigned char *p, size_t len);
static size_t ascii_prefix(aud_str_t s);
static int add_western(aud_buffer_t *out, aud_str_t s);
static size_t fold_ascii(char *to, aud_str_t s);
static void fold_valid(aud_buffer_t *out, aud_str_t s);


size_t
aud_utf8_valid(aud_str_t s)
{
    size_t  i, n;

    for (i = 0; i < s.len; i += n) {
        n = ascii_prefix(aud_str(s.data + i, s.len - i));

        if (n == 0) {
            n = sequence_length((const unsigned char *) s.data + i, s.len - i);
        }

        if (n == 0) {
            break;
        }
    }

    return i;
}


/* Bytes of the character at p, 0 where it is none (RFC 3629, section 4). */
static size_t
sequence_length(const unsigned char *p, size_t len)
{
    size_t         n;
    unsigned char  low = 0x80, high = 0xbf;

    if (p[0] < 0x80) {
        return 1;
    }

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        low = p[0] == 0xe0 ? 0xa0 : low;        /* overlong */
        high = p[0] == 0xed ? 0x9f : high;      /* surrogates */

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        low = p[0] == 0xf0 ? 0x90 : low;        /* overlong */
        high = p[0] == 0xf4 ? 0x8f : high;      /* past U+10FFFF */

    } else {
        return 0;
    }

    if (len < n || p[1] < low || p[1] > high) {
        return 0;
    }

    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


static size_t
ascii_prefix(aud_str_t s)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; i + sizeof(word) <= s.len; i += sizeof(word)) {
        memcpy(&word, s.data + i, sizeof(word));

        if (word & UINT64_C(0x8080808080808080)) {
            break;
        }
    }

    while (i < s.len && (signed char) s.data[i] >= 0) {
        i++;
    }

    return i;
}


void
aud_fold(aud_buffer_t *out, aud_str_t s)
{
    if (add_western(out, s) == 0) {
        return;
    }

    if (aud_utf8_valid(s) == s.len) {
        fold_valid(out, s);

    } else {
        aud_buffer_add(out, s.data, s.len);
    }
}


/*
 * Text of ASCII and of the letters U+00C0 to U+00FF alone, which is nearly all
 * that Western languages write: as fold_valid() would have it.  -1 and nothing
 * added for any other.
 */
static int
add_western(aud_buffer_t *out, aud_str_t s)
{
    size_t         i;
    char          *to;
    unsigned char  c;

    /* what the second byte becomes: a letter alone, or behind 0xc3 again */
    static const unsigned char  folded[64] =
        "aaaaaa\xa6" "ceeeeiiii\xb0nooooo\x97\xb8uuuuy\xbe" "s"
        "aaaaaa\xa6" "ceeeeiiii\xb0nooooo\xb7\xb8uuuuy\xbey";

    aud_buffer_reserve(out, s.len);

    if (out->failed || s.len == 0) {
        return 0;
    }

    to = out->data + out->len;

    i = fold_ascii(to, s);
    to += i;

    for ( /* void */ ; i < s.len; i++) {
        c = s.data[i];

        if (c < 0x80) {
            *to++ = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
            continue;
        }

        if (c != 0xc3 || i + 1 == s.len || (s.data[i + 1] & 0xc0) != 0x80) {
            return -1;
        }

        c = folded[s.data[++i] & 0x3f];

        if (c & 0x80) {
            *to++ = '\xc3';

        } else if (c == 's') {
            *to++ = 's';            /* sharp s */
        }

        *to++ = c;
    }

    out->len = to - out->data;

    return 0;
}


/* Eight bytes together, up to the first eight that are not all ASCII. */
static size_t
fold_ascii(char *to, aud_str_t s)
{
    size_t          i;
    uint64_t        word, letters;
    const uint64_t  each = UINT64_C(0x0101010101010101);

    for (i = 0; i + sizeof(word) <= s.len; i += sizeof(word)) {
        memcpy(&word, s.data + i, sizeof(word));

        if (word & each << 7) {
            break;
        }

        /* the top bit of each byte: from 'A' on, but not behind 'Z' */
        letters = ((word + each * (0x80 - 'A')) ^ (word + each * (0x7f - 'Z')))
                  & each << 7;
        word |= letters >> 2;
        memcpy(to + i, &word, sizeof(word));
    }

    return i;
}


/* utf8proc decomposes and folds each character until nothing changes, so one
 * pass is idempotent; the test folds every character twice. */
static void
fold_valid(aud_buffer_t *out, aud_str_t s)
{
    utf8proc_ssize_t    len;
    utf8proc_uint8_t   *folded;

    len = utf8proc_map((const utf8proc_uint8_t *) s.data,
                       (utf8proc_ssize_t) s.len, &folded, FOLD_OPTIONS);

    if (len < 0) {
        out->failed = 1;
        return;
    }

    aud_buffer_add(out, folded, (size_t) len);
    free(folded);
}


aud_str_t
aud_trim(aud_str_t s)
{
    /* nearly all begin and end with a letter or a digit */

    if (s.len == 0 || (s.data[0] > ' ' && s.data[0] <= '~'
                       && s.data[s.len - 1] > ' '
                       && s.data[s.len - 1] <= '~'))
    {
        return s;
    }

    for ( ;; ) {
        if (s.len && (s.data[0] == ' ' || (s.data[0] >= '\t'
                                           && s.data[0] <= '\r')))
        {
            s = aud_str(s.data + 1, s.len - 1);

        } else if (s.len >= 2 && memcmp(s.data, "\xc2\xa0", 2) == 0) {
            s = aud_str(s.data + 2, s.len - 2);

        } else {
            break;
        }
    }

    for ( ;; ) {
        if (s.len && (s.data[s.len - 1] == ' '
                      || (s.data[s.len - 1] >= '\t'
                          && s.data[s.len - 1] <= '\r')))
        {
            s.len--;

        } else if (s.len >= 2
                   && memcmp(s.data + s.len - 2, "\xc2\xa0", 2) == 0)
        {
            s.len -= 2;

        } else {
            return s;
        }
    }
}
