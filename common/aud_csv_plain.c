#include <string.h>

#include "aud_csv_plain.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define BLOCK  64

/* Bit i stands for byte i of a block. */
typedef struct {
    uint64_t  separators;
    uint64_t  ends;             /* LF and CR */
    uint64_t  quotes;
} block_t;

static inline block_t look(const char *p, const char *end, char separator);
static inline block_t look_whole(const char *p, char separator);


const char *
aud_csv_plain_cells(const char *p, const char *end, char separator,
    aud_str_t *cells, uint32_t room, uint32_t *ncells)
{
    uint32_t     n;
    uint64_t     breaks;
    block_t      b;
    const char  *cell, *at;

    n = 0;
    cell = p;

    for ( /* void */ ; p < end; p += BLOCK) {
        b = look(p, end, separator);

        for (breaks = b.separators | b.ends; breaks; breaks &= breaks - 1) {
            at = p + __builtin_ctzll(breaks);

            if (n == room || *cell == '"') {
                return NULL;
            }

            cells[n++] = aud_str(cell, at - cell);
            cell = at + 1;

            if (b.ends & breaks & -breaks) {
                *ncells = n;
                return at;
            }
        }
    }

    return NULL;
}


const char *
aud_csv_plain_count(const char *p, const char *end, char separator,
    uint32_t room, uint32_t *ncells)
{
    size_t    n;
    block_t   b;
    uint64_t  before;

    n = 1;

    for ( /* void */ ; p < end && n <= room; p += BLOCK) {
        b = look(p, end, separator);

        if (b.ends == 0) {
            if (b.quotes) {
                return NULL;
            }

            n += __builtin_popcountll(b.separators);
            continue;
        }

        before = (b.ends & -b.ends) - 1;        /* all bytes of the row */
        n += __builtin_popcountll(b.separators & before);

        if ((b.quotes & before) || n > room) {
            return NULL;
        }

        *ncells = n;

        return p + __builtin_ctzll(b.ends);
    }

    return NULL;
}


const char *
aud_csv_plain_break(const char *p, const char *end, char separator)
{
    block_t  b;

    for ( /* void */ ; p < end; p += BLOCK) {
        b = look(p, end, separator);

        if (b.separators | b.ends) {
            return p + __builtin_ctzll(b.separators | b.ends);
        }
    }

    return end;
}


/* What lies behind the end looks like NULs. */

static inline block_t
look(const char *p, const char *end, char separator)
{
    char  tail[BLOCK];

    if (end - p >= BLOCK) {
        return look_whole(p, separator);
    }

    memset(tail, 0, sizeof(tail));
    memcpy(tail, p, end - p);

    return look_whole(tail, separator);
}


#if defined(__SSE2__)

static inline block_t
look_whole(const char *p, char separator)
{
    int            i;
    block_t        b = { 0, 0, 0 };
    __m128i        x, ends;
    const __m128i  separators = _mm_set1_epi8(separator);
    const __m128i  lf = _mm_set1_epi8('\n');
    const __m128i  cr = _mm_set1_epi8('\r');
    const __m128i  quotes = _mm_set1_epi8('"');

    for (i = 0; i < BLOCK; i += 16) {
        x = _mm_loadu_si128((const __m128i *) (p + i));
        ends = _mm_or_si128(_mm_cmpeq_epi8(x, lf), _mm_cmpeq_epi8(x, cr));

        b.separators |= (uint64_t) (uint32_t)
                        _mm_movemask_epi8(_mm_cmpeq_epi8(x, separators)) << i;
        b.ends |= (uint64_t) (uint32_t) _mm_movemask_epi8(ends) << i;
        b.quotes |= (uint64_t) (uint32_t)
                    _mm_movemask_epi8(_mm_cmpeq_epi8(x, quotes)) << i;
    }

    return b;
}

#else

static inline block_t
look_whole(const char *p, char separator)
{
    int       i;
    block_t   b = { 0, 0, 0 };
    uint64_t  bit;

    for (i = 0, bit = 1; i < BLOCK; i++, bit <<= 1) {
        b.separators |= p[i] == separator ? bit : 0;
        b.ends |= p[i] == '\n' || p[i] == '\r' ? bit : 0;
        b.quotes |= p[i] == '"' ? bit : 0;
    }

    return b;
}

#endif
