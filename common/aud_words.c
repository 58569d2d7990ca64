#include <string.h>

#include "aud_words.h"

#define ROWS_IN_WORD  64

/* What stands in for a bitmap that is not there. */
#define BLOCK         1024


typedef struct {                        /* the first index is aud_bits_op_t */
    int      (*join[3])(uint64_t *out, const uint64_t *a, const uint64_t *b,
        size_t n);
    int      (*join_parts[3])(uint64_t *out, const uint64_t *a,
        const uint64_t *a_not, const uint64_t *b, const uint64_t *b_not,
        size_t n);
    uint64_t (*join_count[3])(const uint64_t *a, const uint64_t *b, size_t n);
    uint64_t (*join_count_parts[3])(const uint64_t *a, const uint64_t *a_not,
        const uint64_t *b, const uint64_t *b_not, const uint64_t *struck,
        size_t n);
    uint64_t (*count)(const uint64_t *a, size_t n);
    void     (*scan[3])(uint64_t *out, const void *codes, uint32_t rows,
        uint32_t lo, uint32_t width);
    int      (*pairs)(uint64_t *out, const unsigned char *text, size_t apart,
        unsigned char first, unsigned char last);
} kernels_t;


/* What is written may be what was read, but nothing that is read later. */
#ifdef __clang__
#define IN_ANY_ORDER  _Pragma("clang loop vectorize(assume_safety)")
#else
#define IN_ANY_ORDER  _Pragma("GCC ivdep")
#endif

#define KERNEL(name)  name##_plain
#include "aud_words_kernels.h"
#undef KERNEL

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VECTORS  1

#pragma GCC push_options
#pragma GCC optimize("O3")
#pragma GCC target("arch=x86-64-v3")
#define KERNEL(name)  name##_v3
#include "aud_words_kernels.h"
#undef KERNEL
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC optimize("O3")
#pragma GCC target("arch=x86-64-v4,avx512vpopcntdq,prefer-vector-width=512")
#define KERNEL(name)  name##_v4
#include "aud_words_kernels.h"
#undef KERNEL
#pragma GCC pop_options

#endif


static const uint64_t    nothing[BLOCK]
                             __attribute__((aligned(AUD_WORDS_ALIGN)));
static const kernels_t  *kernels = &kernels_plain;


#ifdef VECTORS

__attribute__((constructor)) static void
choose_kernels(void)
{
    __builtin_cpu_init();

    if (__builtin_cpu_supports("x86-64-v4")
        && __builtin_cpu_supports("avx512vpopcntdq"))
    {
        kernels = &kernels_v4;

    } else if (__builtin_cpu_supports("x86-64-v3")) {
        kernels = &kernels_v3;
    }
}

#endif


static inline const uint64_t *
or_nothing(const uint64_t *words, size_t from)
{
    return words ? words + from : nothing;
}


int
aud_bits_join(aud_bits_op_t op, uint64_t *out, aud_bits_t a, aud_bits_t b,
    size_t n)
{
    int     any = 0;
    size_t  i, step;

    if (a.without == NULL && b.without == NULL) {
        return kernels->join[op](out, a.words, b.words, n);
    }

    for (i = 0; i < n; i += step) {
        step = n - i < BLOCK ? n - i : BLOCK;
        any |= kernels->join_parts[op](out + i, a.words + i,
                                       or_nothing(a.without, i), b.words + i,
                                       or_nothing(b.without, i), step);
    }

    return any;
}


uint64_t
aud_bits_join_count(aud_bits_op_t op, aud_bits_t a, aud_bits_t b,
    const uint64_t *struck, size_t n)
{
    size_t    i, step;
    uint64_t  count = 0;

    if (a.without == NULL && b.without == NULL && struck == NULL) {
        return kernels->join_count[op](a.words, b.words, n);
    }

    for (i = 0; i < n; i += step) {
        step = n - i < BLOCK ? n - i : BLOCK;
        count += kernels->join_count_parts[op](a.words + i,
                                               or_nothing(a.without, i),
                                               b.words + i,
                                               or_nothing(b.without, i),
                                               or_nothing(struck, i), step);
    }

    return count;
}


uint64_t
aud_bits_count(aud_bits_t a, const uint64_t *struck, size_t n)
{
    if (a.without == NULL && struck == NULL) {
        return kernels->count(a.words, n);
    }

    if (a.without && struck) {
        return aud_bits_join_count(AUD_BITS_ANDNOT, a, aud_bits(struck),
                                    NULL, n);
    }

    return kernels->join_count[AUD_BITS_ANDNOT](a.words,
                                                 struck ? struck : a.without,
                                                 n);
}


void
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


/* In the column 0 means no value, so the run stands one higher. */
void
aud_words_scan(uint64_t *out, const void *codes, unsigned width, uint32_t rows,
    uint32_t lo, uint32_t hi)
{
    kernels->scan[width / 2](out, codes, rows, lo + 1, hi - lo);
}


int
aud_words_pairs(uint64_t out[AUD_PAIRS / 64], const char *text, size_t apart,
    char first, char last)
{
    return kernels->pairs(out, (const unsigned char *) text, apart, first,
                          last);
}
