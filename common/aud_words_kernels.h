/*
 * Loops over bitmaps in plain C; aud_words.c includes them once for each set of
 * instructions, with KERNEL(name) naming the copy, and lets the compiler turn
 * them into vectors.
 *
 * A row counts as set in `a` where a has it and a_not has not; b likewise.
 */

#define JOIN(name, expression)                                                \
static int                                                                    \
KERNEL(name)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n)   \
{                                                                             \
    size_t    i;                                                              \
    uint64_t  any = 0;                                                        \
                                                                              \
    IN_ANY_ORDER                                                              \
    for (i = 0; i < n; i++) {                                                 \
        uint64_t  x = a[i], y = b[i], z = (expression);                       \
                                                                              \
        out[i] = z;                                                           \
        any |= z;                                                             \
    }                                                                         \
                                                                              \
    return any != 0;                                                          \
}                                                                             \
                                                                              \
                                                                              \
static int                                                                    \
KERNEL(name##_parts)(uint64_t *out, const uint64_t *a, const uint64_t *a_not, \
    const uint64_t *b, const uint64_t *b_not, size_t n)                       \
{                                                                             \
    size_t    i;                                                              \
    uint64_t  any = 0;                                                        \
                                                                              \
    IN_ANY_ORDER                                                              \
    for (i = 0; i < n; i++) {                                                 \
        uint64_t  x = a[i] & ~a_not[i], y = b[i] & ~b_not[i];                 \
        uint64_t  z = (expression);                                           \
                                                                              \
        out[i] = z;                                                           \
        any |= z;                                                             \
    }                                                                         \
                                                                              \
    return any != 0;                                                          \
}                                                                             \
                                                                              \
                                                                              \
static uint64_t                                                               \
KERNEL(name##_count)(const uint64_t *a, const uint64_t *b, size_t n)          \
{                                                                             \
    size_t    i;                                                              \
    uint64_t  count = 0;                                                      \
                                                                              \
    for (i = 0; i < n; i++) {                                                 \
        uint64_t  x = a[i], y = b[i];                                         \
                                                                              \
        count += __builtin_popcountll(expression);                            \
    }                                                                         \
                                                                              \
    return count;                                                             \
}                                                                             \
                                                                              \
                                                                              \
static uint64_t                                                               \
KERNEL(name##_count_parts)(const uint64_t *a, const uint64_t *a_not,          \
    const uint64_t *b, const uint64_t *b_not, const uint64_t *struck,         \
    size_t n)                                                                 \
{                                                                             \
    size_t    i;                                                              \
    uint64_t  count = 0;                                                      \
                                                                              \
    for (i = 0; i < n; i++) {                                                 \
        uint64_t  x = a[i] & ~a_not[i], y = b[i] & ~b_not[i];                 \
                                                                              \
        count += __builtin_popcountll((expression) & ~struck[i]);             \
    }                                                                         \
                                                                              \
    return count;                                                             \
}

JOIN(and, x & y)


JOIN(andnot, x & ~y)


JOIN(or, x | y)


static uint64_t
KERNEL(count)(const uint64_t *a, size_t n)
{
    size_t    i;
    uint64_t  count = 0;

    for (i = 0; i < n; i++) {
        count += __builtin_popcountll(a[i]);
    }

    return count;
}


/* 512 bytes of 0 or 1 into as many bits: a product gathers the lowest bits of
 * eight bytes, first byte first, in its highest byte. */
static inline void
KERNEL(pack)(uint64_t *out, const uint8_t *hits)
{
    unsigned  i;
    uint8_t   bytes[64];
    uint64_t  eights[64];

    memcpy(eights, hits, sizeof(eights));

    for (i = 0; i < 64; i++) {
        bytes[i] = (eights[i] * UINT64_C(0x0102040810204080)) >> 56;
    }

    memcpy(out, bytes, sizeof(bytes));
}


static int
KERNEL(pairs)(uint64_t *out, const unsigned char *text, size_t apart,
    unsigned char first, unsigned char last)
{
    uint8_t   hits[512], any = 0;
    unsigned  j;

    for (j = 0; j < 512; j++) {
        hits[j] = (text[j] == first) & (text[j + apart] == last);
        any |= hits[j];
    }

    if (any) {
        KERNEL(pack)(out, hits);
    }

    return any;
}


#define SCAN(name, type)                                                      \
static void                                                                   \
KERNEL(name)(uint64_t *out, const void *entries, uint32_t rows, uint32_t lo,  \
    uint32_t width)                                                           \
{                                                                             \
    uint8_t      hits[512];                                                   \
    unsigned     j;                                                           \
    uint64_t     words[8];                                                    \
    const type  *codes = entries;                                             \
                                                                              \
    for ( /* void */ ; rows >= 512; rows -= 512, codes += 512, out += 8) {    \
        for (j = 0; j < 512; j++) {                                           \
            hits[j] = (type) (codes[j] - (type) lo) < (type) width;           \
        }                                                                     \
                                                                              \
        KERNEL(pack)(words, hits);                                            \
                                                                              \
        for (j = 0; j < 8; j++) {                                             \
            out[j] |= words[j];                                               \
        }                                                                     \
    }                                                                         \
                                                                              \
    for (j = 0; j < rows; j++) {                                              \
        out[j / 64] |= (uint64_t) ((type) (codes[j] - (type) lo)              \
                                   < (type) width) << (j % 64);               \
    }                                                                         \
}

SCAN(scan_8, uint8_t)


SCAN(scan_16, uint16_t)


SCAN(scan_32, uint32_t)


static const kernels_t  KERNEL(kernels) = {
    { KERNEL(and), KERNEL(andnot), KERNEL(or) },
    { KERNEL(and_parts), KERNEL(andnot_parts), KERNEL(or_parts) },
    { KERNEL(and_count), KERNEL(andnot_count), KERNEL(or_count) },
    { KERNEL(and_count_parts), KERNEL(andnot_count_parts),
      KERNEL(or_count_parts) },
    KERNEL(count),
    { KERNEL(scan_8), KERNEL(scan_16), KERNEL(scan_32) },
    KERNEL(pairs)
};

#undef JOIN
#undef SCAN
