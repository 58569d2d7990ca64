#include "aud_encoding.h"

#include <strings.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define NBSP   0xA0     /* from here on windows-1252 is latin-1 */
#define BLOCK  64

#if defined(__SSE2__)

/* Bit i stands for byte i of a block. */
typedef struct {
    uint64_t  high;         /* 0x80 and above */
    uint64_t  goes_on;      /* 0x80 to 0xBF */
    uint64_t  longs;        /* 0xE0 and above, and ASCII */
    int       bad;          /* what no UTF-8 has, or NUL */
} block_t;

static inline block_t look(const unsigned char *p);

#endif


/* 0x80 to 0x9f as the WHATWG's Encoding Standard has them: the five that
 * Microsoft left out are control characters. */

static const uint16_t  windows_1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178
};

static aud_encoding_status_t begin(aud_encoding_state_t *s, aud_buffer_t *out);
static int is_utf16(const unsigned char *p, unsigned n);
static aud_encoding_status_t convert(aud_encoding_state_t *s,
    const unsigned char *p, const unsigned char *end, aud_buffer_t *out);
static const unsigned char *run(aud_encoding_state_t *s,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *utf8_blocks(aud_encoding_state_t *s,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *ascii(const unsigned char *p,
    const unsigned char *end);
static int utf8_whole(const unsigned char *p, size_t n);
static void from_windows_1252(unsigned char c, aud_buffer_t *out);
static int utf8_sequence(const unsigned char *p, unsigned n);
static void guess(aud_encoding_state_t *s, unsigned char lead);


aud_encoding_t
aud_encoding_by_name(aud_str_t name)
{
    size_t  i;

    static const struct {
        const char      *name;
        aud_encoding_t   encoding;
    } names[] = {
        { "utf-8", AUD_ENCODING_UTF8 },
        { "utf8", AUD_ENCODING_UTF8 },
        { "windows-1252", AUD_ENCODING_WINDOWS_1252 },
        { "cp1252", AUD_ENCODING_WINDOWS_1252 },
        { "latin-1", AUD_ENCODING_WINDOWS_1252 },
        { "latin1", AUD_ENCODING_WINDOWS_1252 },
        { "iso-8859-1", AUD_ENCODING_WINDOWS_1252 }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == name.len
            && strncasecmp(names[i].name, name.data, name.len) == 0)
        {
            return names[i].encoding;
        }
    }

    return AUD_ENCODING_UNKNOWN;
}


void
aud_encoding_init(aud_encoding_state_t *s, aud_encoding_t encoding)
{
    memset(s, 0, sizeof(aud_encoding_state_t));

    s->encoding = encoding;
}


aud_encoding_status_t
aud_encoding_feed(aud_encoding_state_t *s, const char *data, size_t len,
    aud_buffer_t *out)
{
    const unsigned char    *p, *end;
    aud_encoding_status_t   rc;

    if (len == 0) {
        return AUD_ENCODING_OK;
    }

    p = (const unsigned char *) data;
    end = p + len;

    if (!s->begun) {
        while (p < end && s->npending < sizeof(s->pending)) {
            s->pending[s->npending++] = *p++;
        }

        if (s->npending < sizeof(s->pending)) {
            return AUD_ENCODING_OK;
        }

        rc = begin(s, out);
        if (rc != AUD_ENCODING_OK) {
            return rc;
        }
    }

    return convert(s, p, end, out);
}


aud_encoding_status_t
aud_encoding_finish(aud_encoding_state_t *s, aud_buffer_t *out)
{
    aud_encoding_status_t  rc;

    if (!s->begun) {
        rc = begin(s, out);
        if (rc != AUD_ENCODING_OK) {
            return rc;
        }
    }

    if (s->npending) {
        guess(s, s->pending[0]);
        return AUD_ENCODING_NOT_UTF8;
    }

    return AUD_ENCODING_OK;
}


/* The first four bytes tell a BOM and UTF-16; fewer only in a file so short. */

static aud_encoding_status_t
begin(aud_encoding_state_t *s, aud_buffer_t *out)
{
    unsigned       n, skip;
    unsigned char  first[sizeof(s->pending)];

    n = s->npending;
    skip = 0;
    memcpy(first, s->pending, n);

    s->begun = 1;
    s->npending = 0;

    if (is_utf16(first, n)) {
        return AUD_ENCODING_UTF16;
    }

    if (n >= 3 && memcmp(first, "\xEF\xBB\xBF", 3) == 0) {

        /* Nothing else begins like this, whatever the client said. */

        s->encoding = AUD_ENCODING_UTF8;
        skip = 3;
    }

    return convert(s, first + skip, first + n, out);
}


static int
is_utf16(const unsigned char *p, unsigned n)
{
    if (n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE)
                   || (p[0] == 0xFE && p[1] == 0xFF)))
    {
        return 1;
    }

    return n == 4 && !p[0] == !p[2] && !p[1] == !p[3] && !p[0] != !p[1];
}


static aud_encoding_status_t
convert(aud_encoding_state_t *s, const unsigned char *p,
    const unsigned char *end, aud_buffer_t *out)
{
    int                   n;
    const unsigned char  *q;

    while (p < end) {
        q = s->npending ? p : run(s, p, end);

        if (q > p) {
            aud_buffer_add(out, p, q - p);
            p = q;
            continue;
        }

        if (s->npending == 0 && *p == '\0') {
            return AUD_ENCODING_NUL;
        }

        if (s->encoding == AUD_ENCODING_WINDOWS_1252) {
            from_windows_1252(*p++, out);
            continue;
        }

        s->pending[s->npending++] = *p;

        n = utf8_sequence(s->pending, s->npending);

        if (n < 0) {
            guess(s, s->pending[0]);
            return AUD_ENCODING_NOT_UTF8;
        }

        if (n > 0) {
            aud_buffer_add(out, s->pending, n);
            s->npending = 0;
            s->multibyte = 1;
        }

        p++;
    }

    return AUD_ENCODING_OK;
}


/* The end of what goes out as it came: ASCII but NUL and, in UTF-8, whole
 * characters. */

static const unsigned char *
run(aud_encoding_state_t *s, const unsigned char *p, const unsigned char *end)
{
    int  n;

    if (s->encoding != AUD_ENCODING_UTF8) {
        return ascii(p, end);
    }

    p = utf8_blocks(s, p, end);

    for ( ;; ) {
        p = ascii(p, end);
        n = utf8_whole(p, end - p);

        if (n == 0) {
            return p;
        }

        s->multibyte = 1;
        p += n;
    }
}


/*
 * The end of what is UTF-8 without NUL, sixty-four bytes together, but for what
 * they cut of a character.  Bytes are UTF-8 if those that go on a character are
 * those that the ones before ask for; characters of three and four bytes, which
 * are few, are looked at one by one besides.
 */

static const unsigned char *
utf8_blocks(aud_encoding_state_t *s, const unsigned char *p,
    const unsigned char *end)
{
#if defined(__SSE2__)

    int       i, len, cut, multibyte;
    block_t   b;
    uint64_t  leads, longs, asked, own;

    multibyte = s->multibyte;

    for ( /* void */ ; end - p >= BLOCK; p += BLOCK - cut) {
        b = look(p);
        leads = b.high & ~b.goes_on;
        asked = leads << 1;
        cut = leads >> (BLOCK - 1);

        for (longs = b.longs & leads; longs; longs &= longs - 1) {
            i = __builtin_ctzll(longs);
            len = p[i] < 0xF0 ? 3 : 4;

            if (i + len > BLOCK) {
                cut = BLOCK - i;
                break;
            }

            if (utf8_sequence(p + i, len) != len) {
                b.bad = 1;
            }

            asked |= ((UINT64_C(1) << len) - 2) << i;
        }

        /* the lead byte of what is cut must not be one that was asked for */

        own = ~UINT64_C(0) >> (cut ? cut - 1 : 0);

        if (b.bad || ((asked ^ b.goes_on) & own)) {
            break;
        }

        multibyte |= cut ? (leads & (own >> 1)) != 0 : leads != 0;
    }

    s->multibyte = multibyte;

#endif

    return p;
}


#if defined(__SSE2__)

static inline block_t
look(const unsigned char *p)
{
    int            i;
    block_t        b = { 0, 0, 0, 0 };
    __m128i        x, bad;
    const __m128i  zero = _mm_setzero_si128();

    bad = zero;

#pragma GCC unroll 4
    for (i = 0; i < BLOCK; i += 16) {
        x = _mm_loadu_si128((const __m128i *) (p + i));

        b.high |= (uint64_t) (uint32_t) _mm_movemask_epi8(x) << i;
        b.goes_on |= (uint64_t) (uint32_t) _mm_movemask_epi8(
                         _mm_cmplt_epi8(x, _mm_set1_epi8((char) 0xC0))) << i;
        b.longs |= (uint64_t) (uint32_t) _mm_movemask_epi8(
                         _mm_cmpgt_epi8(x, _mm_set1_epi8((char) 0xDF))) << i;

        /* 0xC0 and 0xC1 begin nothing */

        bad = _mm_or_si128(bad, _mm_cmpeq_epi8(x, zero));
        bad = _mm_or_si128(bad, _mm_cmpeq_epi8(
                               _mm_and_si128(x, _mm_set1_epi8((char) 0xFE)),
                               _mm_set1_epi8((char) 0xC0)));
    }

    b.bad = _mm_movemask_epi8(bad);

    return b;
}

#endif


/* The end of a run of ASCII but NUL. */

static const unsigned char *
ascii(const unsigned char *p, const unsigned char *end)
{
#if defined(__SSE2__)

    int      others;
    __m128i  x;

    for ( /* void */ ; end - p >= 16; p += 16) {
        x = _mm_loadu_si128((const __m128i *) p);
        x = _mm_or_si128(x, _mm_cmpeq_epi8(x, _mm_setzero_si128()));
        others = _mm_movemask_epi8(x);

        if (others) {
            return p + __builtin_ctz(others);
        }
    }

#else

    uint64_t        x;
    const uint64_t  ones = UINT64_C(0x0101010101010101);
    const uint64_t  highs = UINT64_C(0x8080808080808080);

    for ( /* void */ ; end - p >= 8; p += 8) {
        memcpy(&x, p, 8);

        if ((x | (x - ones)) & highs) {     /* 0x80 and above, or a NUL */
            break;
        }
    }

#endif

    while (p < end && *p < 0x80 && *p != '\0') {
        p++;
    }

    return p;
}


/* Length of the character above ASCII at p, 0 where there is none or not all
 * of it. */

static int
utf8_whole(const unsigned char *p, size_t n)
{
    unsigned  len;

    if (n == 0 || p[0] < 0x80) {
        return 0;
    }

    len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

    return n >= len && utf8_sequence(p, len) > 0 ? (int) len : 0;
}


static void
from_windows_1252(unsigned char c, aud_buffer_t *out)
{
    unsigned  code, n;
    char      utf8[3];

    code = c < NBSP ? windows_1252[c - 0x80] : c;

    if (code < 0x800) {
        utf8[0] = (char) (0xC0 | code >> 6);
        n = 1;

    } else {
        utf8[0] = (char) (0xE0 | code >> 12);
        utf8[1] = (char) (0x80 | (code >> 6 & 0x3F));
        n = 2;
    }

    utf8[n++] = (char) (0x80 | (code & 0x3F));

    aud_buffer_add(out, utf8, n);
}


/*
 * A character above ASCII (Unicode 15, table 3-7): its length when p holds all
 * of it, 0 when more bytes are needed, -1 when no bytes can make it one.
 */

static int
utf8_sequence(const unsigned char *p, unsigned n)
{
    unsigned  i, len, low, high;

    if (p[0] < 0xC2 || p[0] > 0xF4) {
        return -1;
    }

    len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

    low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;

    for (i = 1; i < n; i++) {
        if (p[i] < low || p[i] > high) {
            return -1;
        }

        low = 0x80;
        high = 0xBF;
    }

    return n == len ? (int) len : 0;
}


/*
 * Names windows-1252 where the first bad byte is one of the letters that
 * western European languages write with it, and nothing before was UTF-8.
 */

static void
guess(aud_encoding_state_t *s, unsigned char lead)
{
    static const unsigned char  others[] = {
        0xC6, 0xD0, 0xD7, 0xDE, 0xE6, 0xF0, 0xF7, 0xFE, 0xFF
    };

    if (s->multibyte || memchr(others, lead, sizeof(others))) {
        return;
    }

    if (lead >= 0xC0 || lead == 0xAA || lead == 0xBA) {
        memcpy(s->guess, "windows-1252", sizeof("windows-1252"));
    }
}
