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

/* What a row has of a block. */
typedef struct {
    uint64_t  breaks;           /* separators, and at last the row's end */
    uint64_t  end;              /* that alone, 0 where it comes later */
    uint64_t  doubled;          /* the second quote of two */
    uint64_t  lines;            /* ends of line in quotes */
    uint64_t  wrong;            /* quotes where none belong, or what follows */
} part_t;

/* What the block before means for the next one. */
typedef struct {
    uint64_t  inside;           /* all ones: in quotes */
    uint64_t  closed;           /* 1: its last byte is a quote that closes */
    uint64_t  broke;            /* 1: that is a break, or there is none */
} carry_t;

static inline const char *row_end(const char *p, const char *end,
    char separator, size_t *separators, aud_csv_plain_t *row);
static inline int quotes_matter(const block_t *b, const carry_t *carry);
static inline part_t plain_part(const block_t *b, carry_t *carry);
static part_t quoted_part(const block_t *b, carry_t *carry);
static inline uint64_t in_quotes(const block_t *b, uint64_t inside);
static inline uint64_t up_to(uint64_t end);
static inline block_t look(const char *p, const char *end, char separator);
static inline block_t look_whole(const char *p, char separator);


const char *
aud_csv_plain_cells(const char *p, const char *end, char separator,
    aud_str_t *cells, uint32_t room, aud_csv_plain_t *row)
{
    uint32_t     n;
    part_t       part;
    block_t      b;
    carry_t      carry = { 0, 0, 1 };
    const char  *cell, *at;

    n = 0;
    cell = p;
    *row = (aud_csv_plain_t) { 0 };

    for ( /* void */ ; p < end; p += BLOCK) {
        b = look(p, end, separator);

        if (quotes_matter(&b, &carry)) {
            part = quoted_part(&b, &carry);

            if (part.wrong) {
                return NULL;
            }

            row->doubled |= part.doubled != 0;
            row->lines |= part.lines != 0;

        } else {
            part = plain_part(&b, &carry);
        }

        for ( /* void */ ; part.breaks; part.breaks &= part.breaks - 1) {
            at = p + __builtin_ctzll(part.breaks);

            if (n == room) {
                return NULL;
            }

            cells[n++] = *cell == '"' ? aud_str(cell + 1, at - cell - 2)
                                      : aud_str(cell, at - cell);
            cell = at + 1;
        }

        if (part.end) {
            row->ncells = n;
            return cell - 1;
        }
    }

    return NULL;
}


const char *
aud_csv_plain_end(const char *p, const char *end, char separator,
    uint32_t room, aud_csv_plain_t *row)
{
    size_t       separators;
    const char  *at;

    at = row_end(p, end, separator, NULL, row);

    if (at == NULL || (size_t) (at - p) < room) {
        return at;
    }

    separators = 0;
    row_end(p, end, separator, &separators, row);

    return separators < room ? at : NULL;
}


/* separators: to count them in, or NULL. */

static inline const char *
row_end(const char *p, const char *end, char separator, size_t *separators,
    aud_csv_plain_t *row)
{
    part_t   part;
    block_t  b;
    carry_t  carry = { 0, 0, 1 };

    *row = (aud_csv_plain_t) { 0 };

    for ( /* void */ ; p < end; p += BLOCK) {
        b = look(p, end, separator);

        if (quotes_matter(&b, &carry)) {
            part = quoted_part(&b, &carry);

            if (part.wrong) {
                return NULL;
            }

            row->doubled |= part.doubled != 0;
            row->lines |= part.lines != 0;

        } else {
            part = plain_part(&b, &carry);
        }

        if (separators) {
            *separators += __builtin_popcountll(part.breaks ^ part.end);
        }

        if (part.end) {
            return p + __builtin_ctzll(part.end);
        }
    }

    return NULL;
}


static inline int
quotes_matter(const block_t *b, const carry_t *carry)
{
    return (b->quotes | carry->inside | carry->closed) != 0;
}


static inline part_t
plain_part(const block_t *b, carry_t *carry)
{
    part_t    part = { 0, 0, 0, 0, 0 };
    uint64_t  breaks;

    breaks = b->separators | b->ends;
    part.end = b->ends & -b->ends;
    part.breaks = breaks & up_to(part.end);
    carry->broke = breaks >> 63;

    return part;
}


/*
 * Quotes are where they belong as long as each that opens stands where a cell
 * begins or right behind one that closed, which doubles it, and each that
 * closes stands before a break or another quote.  Then a byte is in quotes if
 * the number of quotes up to it is odd.
 */

static part_t
quoted_part(const block_t *b, carry_t *carry)
{
    part_t    part;
    uint64_t  inside, opening, closing, closed, breaks, own;

    inside = in_quotes(b, carry->inside);
    opening = b->quotes & inside;
    closing = b->quotes & ~inside;
    closed = closing << 1 | carry->closed;
    breaks = (b->separators | b->ends) & ~inside;

    part.end = b->ends & ~inside;
    part.end &= -part.end;
    own = up_to(part.end);

    part.breaks = breaks & own;
    part.doubled = opening & closed & own;
    part.lines = b->ends & inside & own;
    part.wrong = ((opening & ~(closed | breaks << 1 | carry->broke))
                  | (closed & ~(breaks | b->quotes))) & own;

    carry->inside = 0 - (inside >> 63);
    carry->closed = closing >> 63;
    carry->broke = breaks >> 63;

    return part;
}


/* All up to the only bit of `end`, and all where it has none. */

static inline uint64_t
up_to(uint64_t end)
{
    return end ^ (end - 1);
}


/* From each quote that opens to before the one that closes it. */

static inline uint64_t
in_quotes(const block_t *b, uint64_t inside)
{
    uint64_t  odd;

    odd = b->quotes;
    odd ^= odd << 1;
    odd ^= odd << 2;
    odd ^= odd << 4;
    odd ^= odd << 8;
    odd ^= odd << 16;
    odd ^= odd << 32;

    return odd ^ inside;
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

#pragma GCC unroll 4
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
