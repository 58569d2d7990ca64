#include <string.h>

#include "aud_words.h"

/* Clones are chosen by ifunc resolvers, which run before a sanitizer is up. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__)        \
    && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)                  \
    && !defined(__SANITIZE_THREAD__)
#define AUD_CLONES                                                            \
    __attribute__((optimize("O3"),                                            \
                   target_clones("arch=x86-64-v4", "arch=x86-64-v3",          \
                                 "default")))
#else
#define AUD_CLONES
#endif

#define ROWS_IN_WORD  64


AUD_CLONES int
aud_words_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n)
{
    size_t    i;
    uint64_t  any = 0;

    for (i = 0; i < n; i++) {
        out[i] = a[i] & b[i];
        any |= out[i];
    }

    return any != 0;
}


AUD_CLONES int
aud_words_andnot(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n)
{
    size_t    i;
    uint64_t  any = 0;

    for (i = 0; i < n; i++) {
        out[i] = a[i] & ~b[i];
        any |= out[i];
    }

    return any != 0;
}


AUD_CLONES void
aud_words_or(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        out[i] = a[i] | b[i];
    }
}


AUD_CLONES void
aud_words_not(uint64_t *out, const uint64_t *a, uint32_t rows)
{
    size_t  i, n = rows / ROWS_IN_WORD;

    for (i = 0; i < n; i++) {
        out[i] = ~a[i];
    }

    if (rows % ROWS_IN_WORD) {
        out[n] = ~a[n] & ((UINT64_C(1) << (rows % ROWS_IN_WORD)) - 1);
    }
}


void
aud_words_all(uint64_t *out, uint32_t rows)
{
    size_t  n = rows / ROWS_IN_WORD;

    memset(out, 0xff, n * sizeof(uint64_t));

    if (rows % ROWS_IN_WORD) {
        out[n] = (UINT64_C(1) << (rows % ROWS_IN_WORD)) - 1;
    }
}


AUD_CLONES static uint64_t
count_any(const uint64_t *a, const uint64_t *b, size_t n)
{
    size_t    i;
    uint64_t  count = 0;

    for (i = 0; i < n; i++) {
        count += __builtin_popcountll(b ? a[i] & ~b[i] : a[i]);
    }

    return count;
}


uint64_t
aud_words_count(const uint64_t *a, size_t n)
{
    return count_any(a, NULL, n);
}


uint64_t
aud_words_count_andnot(const uint64_t *a, const uint64_t *b, size_t n)
{
    return count_any(a, b, n);
}


/* 64 bytes of 0 or 1 into 64 bits: the product gathers the lowest bits of
 * eight bytes, first byte first, in its highest byte. */
static inline uint64_t
pack(const uint8_t *hits)
{
    unsigned  i;
    uint64_t  eight, word = 0;

    for (i = 0; i < 8; i++) {
        memcpy(&eight, hits + 8 * i, 8);
        word |= ((eight * UINT64_C(0x0102040810204080)) >> 56) << (8 * i);
    }

    return word;
}


/* Compilers turn the comparisons into vector instructions.  Written with AVX-512
 * by hand they were quicker and gave wrong rows in unoptimised builds. */
#define SCAN(name, type)                                                      \
AUD_CLONES static void                                                        \
name(uint64_t *out, const type *codes, uint32_t rows, uint32_t lo,            \
    uint32_t width)                                                           \
{                                                                             \
    size_t    i, n = rows / ROWS_IN_WORD;                                     \
    uint8_t   hits[ROWS_IN_WORD];                                             \
    unsigned  j;                                                              \
                                                                              \
    for (i = 0; i < n; i++, codes += ROWS_IN_WORD) {                          \
        for (j = 0; j < ROWS_IN_WORD; j++) {                                  \
            hits[j] = (type) (codes[j] - lo) < (type) width;                  \
        }                                                                     \
                                                                              \
        out[i] |= pack(hits);                                                 \
    }                                                                         \
                                                                              \
    for (j = 0; j < rows % ROWS_IN_WORD; j++) {                               \
        out[n] |= (uint64_t) ((type) (codes[j] - lo) < (type) width) << j;    \
    }                                                                         \
}

SCAN(scan_8, uint8_t)
SCAN(scan_16, uint16_t)
SCAN(scan_32, uint32_t)


/* In the column 0 means no value, so the run stands one higher. */
void
aud_words_scan(uint64_t *out, const void *codes, unsigned width, uint32_t rows,
    uint32_t lo, uint32_t hi)
{
    switch (width) {
    case 1:  scan_8(out, codes, rows, lo + 1, hi - lo);   break;
    case 2:  scan_16(out, codes, rows, lo + 1, hi - lo);  break;
    default: scan_32(out, codes, rows, lo + 1, hi - lo);  break;
    }
}
