/*
 * Every set of loops over bitmaps, not only the one that this processor would
 * be given, against one bit or byte after the other.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "../../common/aud_words.c"
#include "random.h"

#define WORDS    2200               /* two blocks and a little */
#define ROUNDS   400
#define ENTRIES  1500


static uint64_t  a[WORDS], a_not[WORDS], b[WORDS], b_not[WORDS], out[WORDS];
static uint64_t  struck[WORDS];


/* The sets that this processor can run. */
static size_t
all_kernels(const kernels_t *sets[3])
{
    size_t  n = 0;

    sets[n++] = &kernels_plain;

#ifdef VECTORS
    __builtin_cpu_init();

    if (__builtin_cpu_supports("x86-64-v3")) {
        sets[n++] = &kernels_v3;
    }

    if (__builtin_cpu_supports("x86-64-v4")
        && __builtin_cpu_supports("avx512vpopcntdq"))
    {
        sets[n++] = &kernels_v4;
    }
#endif

    return n;
}


static void
each_set(void (*test)(void))
{
    size_t            i, n;
    const kernels_t  *sets[3], *chosen = kernels;

    n = all_kernels(sets);

    for (i = 0; i < n; i++) {
        kernels = sets[i];
        test();
    }

    kernels = chosen;
}


static void
random_words(uint64_t *words)
{
    size_t    i;
    unsigned  density = random_below(3);

    for (i = 0; i < WORDS; i++) {
        words[i] = density == 0 ? 0 : random_u64();

        if (density == 1) {
            words[i] &= random_u64() & random_u64() & random_u64();
        }
    }
}


static uint64_t
joined(aud_bits_op_t op, aud_bits_t x, aud_bits_t y, size_t i)
{
    uint64_t  p = x.words[i] & ~(x.without ? x.without[i] : 0);
    uint64_t  q = y.words[i] & ~(y.without ? y.without[i] : 0);

    return op == AUD_BITS_AND ? p & q : op == AUD_BITS_OR ? p | q : p & ~q;
}


static unsigned
bits_of(uint64_t word)
{
    unsigned  n;

    for (n = 0; word; word &= word - 1) {
        n++;
    }

    return n;
}


static void
join_random(void)
{
    int            any, found;
    size_t         i, n = random_below(WORDS + 1);
    uint64_t       count = 0, alone = 0, gone, word;
    aud_bits_t     x = { a, random_below(2) ? a_not : NULL };
    aud_bits_t     y = { b, random_below(2) ? b_not : NULL };
    const uint64_t  *without = random_below(2) ? struck : NULL;
    aud_bits_op_t  op = random_below(3);

    random_words(a);
    random_words(a_not);
    random_words(b);
    random_words(b_not);
    random_words(struck);

    any = 0;

    for (i = 0; i < n; i++) {
        gone = without ? without[i] : 0;
        word = joined(op, x, y, i);
        any |= word != 0;
        count += bits_of(word & ~gone);
        alone += bits_of(a[i] & ~(x.without ? a_not[i] : 0) & ~gone);
    }

    assert_int_equal(aud_bits_join_count(op, x, y, without, n), count);
    assert_int_equal(aud_bits_count(x, without, n), alone);

    found = aud_bits_join(op, out, x, y, n);
    assert_int_equal(found, any);

    for (i = 0; i < n; i++) {
        assert_true(out[i] == joined(op, x, y, i));
    }

    /* in place */

    memcpy(out, a, sizeof(a));
    x.words = out;
    (void) aud_bits_join(op, out, x, y, n);
    x.words = a;

    for (i = 0; i < n; i++) {
        assert_true(out[i] == joined(op, x, y, i));
    }
}


static void
join_all(void)
{
    unsigned  i;

    for (i = 0; i < ROUNDS; i++) {
        join_random();
    }
}


static void
scan_random(unsigned width)
{
    uint32_t          i, entry, lo, hi, rows = random_below(ENTRIES);
    uint32_t          most = width == 1 ? UINT8_MAX : UINT16_MAX;
    static uint32_t   codes[ENTRIES];
    const void       *p = codes;

    for (i = 0; i < rows; i++) {
        entry = random_below(4) ? random_below(9) : random_below(most + 1);

        switch (width) {
        case 1:  ((uint8_t *) codes)[i] = entry;   break;
        case 2:  ((uint16_t *) codes)[i] = entry;  break;
        default: codes[i] = entry;
        }
    }

    lo = random_below(random_below(2) ? 9 : most);
    hi = lo + 1 + random_below(most - lo);
    memset(out, 0, sizeof(out));
    out[0] = 1;

    aud_words_scan(out, codes, width, rows, lo, hi);

    for (i = 0; i < rows; i++) {
        entry = width == 1 ? ((const uint8_t *) p)[i]
                : width == 2 ? ((const uint16_t *) p)[i] : codes[i];

        assert_int_equal((out[i / 64] >> (i % 64)) & 1,
                         (entry > lo && entry <= hi) || i == 0);
    }
}


static void
scan_all(void)
{
    unsigned  i;

    for (i = 0; i < ROUNDS; i++) {
        scan_random(1);
        scan_random(2);
        scan_random(4);
    }
}


static void
find_pairs(void)
{
    int            any;
    char           text[AUD_PAIRS + 40];
    size_t         i, apart;
    unsigned       round;
    uint64_t       found[AUD_PAIRS / 64];

    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < sizeof(text); i++) {
            text[i] = random_below(200) ? 'x' : "ab\xe3"[random_below(3)];
        }

        apart = random_below(40);
        any = 0;
        memset(found, 0, sizeof(found));

        if (!aud_words_pairs(found, text, apart, 'a', '\xe3')) {
            memset(found, 0, sizeof(found));
        }

        for (i = 0; i < AUD_PAIRS; i++) {
            assert_int_equal((found[i / 64] >> (i % 64)) & 1,
                             text[i] == 'a' && text[i + apart] == '\xe3');
            any |= text[i] == 'a' && text[i + apart] == '\xe3';
        }

        assert_int_equal(aud_words_pairs(found, text, apart, 'a', '\xe3') != 0,
                         any);
    }
}


static void
test_bitmaps_are_joined_and_counted(void **state)
{
    each_set(join_all);
}


static void
test_codes_in_a_run_are_found(void **state)
{
    each_set(scan_all);
}


static void
test_pairs_of_bytes_are_found(void **state)
{
    each_set(find_pairs);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bitmaps_are_joined_and_counted),
        cmocka_unit_test(test_codes_in_a_run_are_found),
        cmocka_unit_test(test_pairs_of_bytes_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
