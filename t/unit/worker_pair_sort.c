/*
 * Radix sort: against a plain one, over keys spread in different ways.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_str.h"
#include "pair_sort.h"
#include "random.h"

#define MOST  5000

typedef uint64_t (*spread_t)(size_t i);


static pair_t     pairs[MOST], expected[MOST];
static char       letters[MOST][200];
static aud_str_t  texts[MOST];

static const size_t  sizes[] = {
    0, 1, 2, 23, 24, 25, 26, 100, 1000, MOST
};


static uint64_t anywhere(size_t i) { return random_u64(); }
static uint64_t few(size_t i) { return random_below(5); }
static uint64_t one(size_t i) { return 7; }
static uint64_t ascending(size_t i) { return i; }
static uint64_t descending(size_t i) { return -i; }
static uint64_t ends_apart(size_t i)
{
    return random_below(3) << 63 | random_below(50);
}


/* Stable: equal keys by what they came as. */

static int
plain(const void *a, const void *b)
{
    const pair_t  *x = a, *y = b;

    return x->key != y->key ? (x->key < y->key ? -1 : 1)
           : (x->payload > y->payload) - (x->payload < y->payload);
}


static void
any_spread_comes_in_order(void **state)
{
    size_t                 i, k, n, s;
    static const spread_t  spreads[] = {
        anywhere, few, one, ascending, descending, ends_apart
    };

    for (s = 0; s < sizeof(spreads) / sizeof(spreads[0]); s++) {
        for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            n = sizes[k];

            for (i = 0; i < n; i++) {
                pairs[i] = expected[i] = (pair_t) { spreads[s](i), i };
            }

            qsort(expected, n, sizeof(pair_t), plain);
            assert_int_equal(pair_sort(pairs, n), 0);
            assert_memory_equal(pairs, expected, n * sizeof(pair_t));
        }
    }
}


static uint64_t
text_key(const void *arg, uint64_t payload, size_t depth)
{
    size_t     i;
    uint64_t   key = 0;
    aud_str_t  text = texts[payload];

    for (i = depth; i < depth + 8; i++) {
        key = key << 8 | (i < text.len ? (unsigned char) text.data[i] : 0);
    }

    return key;
}


static int
text_compare(const void *arg, uint64_t left, uint64_t right)
{
    int  order;

    order = aud_str_compare(texts[left], texts[right]);

    return order ? order : (left > right) - (left < right);
}


static int
plain_text(const void *a, const void *b)
{
    return text_compare(NULL, ((const pair_t *) a)->payload,
                        ((const pair_t *) b)->payload);
}


/* Texts of few letters, zeros among them, that agree for long. */

static void
texts_come_in_order(void **state)
{
    size_t        i, k, n, most;
    pair_order_t  order = { text_key, text_compare, NULL };

    for (most = 1; most <= sizeof(letters[0]); most *= 3) {
        for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            n = sizes[k];

            for (i = 0; i < n; i++) {
                texts[i] = aud_str(letters[i], random_below(most));
                random_text(letters[i], texts[i].len, "aaaaaaaaaaaaaaab\0\xff",
                            18);
                pairs[i] = expected[i] = (pair_t) { 0, i };
            }

            qsort(expected, n, sizeof(pair_t), plain_text);
            assert_int_equal(pair_sort_texts(pairs, n, &order), 0);

            for (i = 0; i < n; i++) {
                assert_int_equal(pairs[i].payload, expected[i].payload);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(any_spread_comes_in_order),
        cmocka_unit_test(texts_come_in_order)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
