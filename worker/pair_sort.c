#include <string.h>

#include "aud_alloc.h"
#include "pair_sort.h"

static void count_bytes(const pair_t *pairs, size_t n, size_t counts[8][256]);
static void scatter(const pair_t *from, pair_t *to, size_t n, unsigned byte,
    size_t counts[256]);


int
pair_sort(pair_t *pairs, size_t n)
{
    pair_t    *from, *to, *swap, *room;
    size_t     counts[8][256];
    unsigned   byte;

    if (n < 2) {
        return 0;
    }

    room = aud_calloc(n, sizeof(pair_t));

    if (room == NULL) {
        return -1;
    }

    count_bytes(pairs, n, counts);
    from = pairs;
    to = room;

    for (byte = 0; byte < 8; byte++) {

        if (counts[byte][(from[0].key >> (8 * byte)) & 255] == n) {
            continue;
        }

        scatter(from, to, n, byte, counts[byte]);
        swap = from;
        from = to;
        to = swap;
    }

    if (from != pairs) {
        memcpy(pairs, from, n * sizeof(pair_t));
    }

    aud_free(room);
    return 0;
}


static void
count_bytes(const pair_t *pairs, size_t n, size_t counts[8][256])
{
    size_t    i;
    unsigned  byte;

    memset(counts, 0, 8 * sizeof(counts[0]));

    for (i = 0; i < n; i++) {
        for (byte = 0; byte < 8; byte++) {
            counts[byte][(pairs[i].key >> (8 * byte)) & 255]++;
        }
    }
}


static void
scatter(const pair_t *from, pair_t *to, size_t n, unsigned byte,
    size_t counts[256])
{
    size_t    i, at, count;
    unsigned  value;

    at = 0;

    for (value = 0; value < 256; value++) {
        count = counts[value];
        counts[value] = at;
        at += count;
    }

    for (i = 0; i < n; i++) {
        value = (from[i].key >> (8 * byte)) & 255;
        to[counts[value]++] = from[i];
    }
}
