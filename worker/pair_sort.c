#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "pair_sort.h"

/* So few are inserted one by one. */
#define PAIRS_FEW   24

/* As many buckets as stay in the caches while they are filled. */
#define BITS_MOST   11
#define BITS_LEAST  3

/* So few texts are compared in full, as are those that agree in so many
 * bytes. */
#define TEXTS_FEW   8
#define TEXT_LONG   64

static void sort(pair_t *pairs, pair_t *room, size_t n);
static void insert(pair_t *pairs, size_t n);
static unsigned choose_bits(size_t n, unsigned differing);
static uint64_t differences(const pair_t *pairs, size_t n);
static int sort_texts(pair_t *pairs, size_t n, const pair_order_t *order,
    size_t depth);
static int compare_texts(const void *a, const void *b, void *arg);
static void insert_texts(pair_t *pairs, size_t n, const pair_order_t *order);


int
pair_sort(pair_t *pairs, size_t n)
{
    pair_t  *room;

    if (n <= PAIRS_FEW) {
        insert(pairs, n);
        return 0;
    }

    room = aud_malloc(n * sizeof(pair_t));

    if (room == NULL) {
        return -1;
    }

    sort(pairs, room, n);
    aud_free(room);

    return 0;
}


/* By the highest bits in which keys differ, then each bucket by the next. */

static void
sort(pair_t *pairs, pair_t *room, size_t n)
{
    size_t    i, at, from, count, ends[1 << BITS_MOST];
    uint64_t  differing;
    unsigned  bits, shift, mask, bucket;

    if (n <= PAIRS_FEW) {
        insert(pairs, n);
        return;
    }

    differing = differences(pairs, n);

    if (differing == 0) {
        return;
    }

    shift = 64 - __builtin_clzll(differing);
    bits = choose_bits(n, shift);
    shift -= bits;
    mask = (1 << bits) - 1;
    memset(ends, 0, (mask + 1) * sizeof(ends[0]));

    for (i = 0; i < n; i++) {
        ends[(pairs[i].key >> shift) & mask]++;
    }

    for (bucket = 0, at = 0; bucket <= mask; bucket++) {
        count = ends[bucket];
        ends[bucket] = at;
        at += count;
    }

    for (i = 0; i < n; i++) {
        room[ends[(pairs[i].key >> shift) & mask]++] = pairs[i];
    }

    memcpy(pairs, room, n * sizeof(pair_t));

    for (bucket = 0, from = 0; shift && bucket <= mask; bucket++) {
        if (ends[bucket] - from > 1) {
            sort(pairs + from, room + from, ends[bucket] - from);
        }

        from = ends[bucket];
    }
}


static void
insert(pair_t *pairs, size_t n)
{
    size_t  i, j;
    pair_t  pair;

    for (i = 1; i < n; i++) {
        pair = pairs[i];

        for (j = i; j > 0 && pairs[j - 1].key > pair.key; j--) {
            pairs[j] = pairs[j - 1];
        }

        pairs[j] = pair;
    }
}


/* Such that a bucket of evenly spread keys holds a few. */

static unsigned
choose_bits(size_t n, unsigned differing)
{
    unsigned  bits;

    bits = 63 - __builtin_clzll(n) - 2;

    if (bits > BITS_MOST) {
        bits = BITS_MOST;
    }

    if (bits < BITS_LEAST) {
        bits = BITS_LEAST;
    }

    return bits < differing ? bits : differing;
}


static uint64_t
differences(const pair_t *pairs, size_t n)
{
    size_t    i;
    uint64_t  differing;

    for (i = 1, differing = 0; i < n; i++) {
        differing |= pairs[i].key ^ pairs[0].key;
    }

    return differing;
}


int
pair_sort_texts(pair_t *pairs, size_t n, const pair_order_t *order)
{
    return sort_texts(pairs, n, order, 0);
}


/* Texts that agree in `depth` bytes: by the next eight. */

static int
sort_texts(pair_t *pairs, size_t n, const pair_order_t *order, size_t depth)
{
    size_t  i, from;

    if (n <= TEXTS_FEW) {
        insert_texts(pairs, n, order);
        return 0;
    }

    if (depth >= TEXT_LONG) {
        qsort_r(pairs, n, sizeof(pair_t), compare_texts, (void *) order);
        return 0;
    }

    for (i = 0; i < n; i++) {
        pairs[i].key = order->key(order->arg, pairs[i].payload, depth);
    }

    if (pair_sort(pairs, n) != 0) {
        return -1;
    }

    for (from = 0, i = 1; i <= n; i++) {

        if (i < n && pairs[i].key == pairs[from].key) {
            continue;
        }

        if (i - from > 1
            && sort_texts(pairs + from, i - from, order,
                          depth + sizeof(uint64_t))
               != 0)
        {
            return -1;
        }

        from = i;
    }

    return 0;
}


static int
compare_texts(const void *a, const void *b, void *arg)
{
    const pair_order_t  *order = arg;

    return order->compare(order->arg, ((const pair_t *) a)->payload,
                          ((const pair_t *) b)->payload);
}


static void
insert_texts(pair_t *pairs, size_t n, const pair_order_t *order)
{
    size_t  i, j;
    pair_t  pair;

    for (i = 1; i < n; i++) {
        pair = pairs[i];

        for (j = i;
             j > 0 && order->compare(order->arg, pairs[j - 1].payload,
                                     pair.payload) > 0;
             j--)
        {
            pairs[j] = pairs[j - 1];
        }

        pairs[j] = pair;
    }
}
