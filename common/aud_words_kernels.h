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
    _Pragma("GCC ivdep")                                                      \
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
    _Pragma("GCC ivdep")                                                      \
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


/* 64 bytes of 0 or 1 into 64 bits: the product gathers the lowest bits of
 * eight bytes, first byte first, in its highest byte. */
static inline uint64_t
KERNEL(pack)(const uint8_t *hits)
{
    unsigned  i;
    uint64_t  eight, word = 0;

    for (i = 0; i < 8; i++) {
        memcpy(&eight, hits + 8 * i, 8);
        word |= ((eight * UINT64_C(0x0102040810204080)) >> 56) << (8 * i);
    }

    return word;
}


#define SCAN(name, type)                                                      \
static void                                                                   \
KERNEL(name)(uint64_t *out, const void *entries, uint32_t rows, uint32_t lo,  \
    uint32_t width)                                                           \
{                                                                             \
    size_t       i, n = rows / 64;                                            \
    uint8_t      hits[64];                                                    \
    unsigned     j;                                                           \
    const type  *codes = entries;                                             \
                                                                              \
    for (i = 0; i < n; i++, codes += 64) {                                    \
        for (j = 0; j < 64; j++) {                                            \
            hits[j] = (type) (codes[j] - lo) < (type) width;                  \
        }                                                                     \
                                                                              \
        out[i] |= KERNEL(pack)(hits);                                         \
    }                                                                         \
                                                                              \
    for (j = 0; j < rows % 64; j++) {                                         \
        out[n] |= (uint64_t) ((type) (codes[j] - lo) < (type) width) << j;    \
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
    { KERNEL(scan_8), KERNEL(scan_16), KERNEL(scan_32) }
};

#undef JOIN
#undef SCAN
