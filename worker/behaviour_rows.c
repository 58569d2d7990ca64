#include <stdlib.h>

#include "aud_alloc.h"
#include "behaviour_rows.h"


static uint32_t gallop(const aud_uuid_t *ids, size_t from, size_t n,
    const aud_uuid_t *id);
static uint32_t find_in_slice(const aud_slice_t *slice, const aud_uuid_t *ids,
    size_t n, uint32_t first, uint64_t *rows);
static uint64_t live_word(const aud_slice_t *slice, size_t word);
static int64_t born_ms(const aud_uuid_t *id);
static int by_id(const void *a, const void *b);


const aud_uuid_t *
behaviour_rows_profile(const aud_generation_t *g, uint32_t row)
{
    size_t              i = 0, word = 0;
    uint64_t            live;
    const aud_slice_t  *slice;

    while (row >= g->slices[i].live) {
        row -= g->slices[i++].live;
    }

    slice = &g->slices[i];

    while (row >= __builtin_popcountll(live_word(slice, word))) {
        row -= __builtin_popcountll(live_word(slice, word++));
    }

    live = live_word(slice, word);

    while (row--) {
        live &= live - 1;
    }

    return &slice->segment->profiles[word * 64 + __builtin_ctzll(live)];
}


aud_uuid_t *
behaviour_rows_profiles(const aud_generation_t *g, const uint64_t *rows,
    size_t *n)
{
    size_t              i, word, at = 0;
    uint32_t            row = 0;
    uint64_t            live;
    aud_uuid_t         *ids;
    const aud_slice_t  *slice;

    *n = 0;

    for (i = 0; i < AUD_WORDS(g->profiles); i++) {
        *n += __builtin_popcountll(rows[i]);
    }

    ids = aud_malloc((*n + 1) * sizeof(aud_uuid_t));
    if (ids == NULL) {
        return NULL;
    }

    for (i = 0; i < g->nslices; i++) {
        slice = &g->slices[i];

        for (word = 0; word < AUD_WORDS(slice->segment->rows); word++) {
            for (live = live_word(slice, word); live; live &= live - 1) {
                if (aud_bit(rows, row++)) {
                    ids[at++] = slice->segment->profiles[
                                    word * 64 + __builtin_ctzll(live)];
                }
            }
        }
    }

    if (g->nslices > 1) {
        qsort(ids, at, sizeof(aud_uuid_t), by_id);
    }

    return ids;
}


void
behaviour_rows_find(const aud_generation_t *g, const aud_uuid_t *ids, size_t n,
    uint64_t *rows)
{
    size_t    i;
    uint32_t  first = 0;

    for (i = 0; i < g->nslices; i++) {
        first = find_in_slice(&g->slices[i], ids, n, first, rows);
    }
}


/* Two ascending lists, either of which may be far the longer.  Returns the
 * number of the next slice's first row. */
static uint32_t
find_in_slice(const aud_slice_t *slice, const aud_uuid_t *ids, size_t n,
    uint32_t first, uint64_t *rows)
{
    int                   order;
    size_t                at = 0, word = 0;
    uint32_t              row = 0, number, ahead = first;
    uint64_t              live;
    const aud_segment_t  *s = slice->segment;

    while (at < n && row < s->rows) {
        order = aud_uuid_compare(&ids[at], &s->profiles[row]);

        if (order < 0) {
            at = gallop(ids, at, n, &s->profiles[row]);
            continue;
        }

        if (order > 0) {
            row = gallop(s->profiles, row, s->rows, &ids[at]);
            continue;
        }

        while (word < row / 64) {
            ahead += __builtin_popcountll(live_word(slice, word++));
        }

        live = live_word(slice, word);

        if ((live >> (row % 64)) & 1) {
            number = ahead + __builtin_popcountll(
                                 live & ((UINT64_C(1) << (row % 64)) - 1));
            rows[number / 64] |= UINT64_C(1) << (number % 64);
        }

        at++;
        row++;
    }

    return first + slice->live;
}


/* The first at or behind `from` that is not below id, which is above that at
 * `from`. */
static uint32_t
gallop(const aud_uuid_t *ids, size_t from, size_t n, const aud_uuid_t *id)
{
    size_t  lo = from + 1, hi = lo, step = 1, middle;

    while (hi < n && aud_uuid_compare(&ids[hi], id) < 0) {
        lo = hi + 1;
        hi = step < n - hi ? hi + step : n;
        step *= 2;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (aud_uuid_compare(&ids[middle], id) < 0) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


void
behaviour_rows_born(const aud_generation_t *g, int64_t before, uint64_t *rows)
{
    size_t              i, word;
    uint32_t            row = 0;
    uint64_t            live;
    const aud_uuid_t   *id;
    const aud_slice_t  *slice;

    for (i = 0; i < g->nslices; i++) {
        slice = &g->slices[i];

        for (word = 0; word < AUD_WORDS(slice->segment->rows); word++) {
            for (live = live_word(slice, word); live; live &= live - 1, row++) {
                id = &slice->segment->profiles[word * 64
                                               + __builtin_ctzll(live)];

                if (born_ms(id) < before / 1000) {
                    rows[row / 64] |= UINT64_C(1) << (row % 64);
                }
            }
        }
    }
}


/* UUIDv7, RFC 9562, 5.7: big-endian milliseconds stand first. */
static int64_t
born_ms(const aud_uuid_t *id)
{
    int      i;
    int64_t  ms = 0;

    for (i = 0; i < 6; i++) {
        ms = ms << 8 | id->bytes[i];
    }

    return ms;
}


static uint64_t
live_word(const aud_slice_t *slice, size_t word)
{
    uint64_t  live = slice->deleted ? ~slice->deleted[word] : UINT64_MAX;
    uint32_t  last = slice->segment->rows % 64;

    if (last && word == slice->segment->rows / 64) {
        live &= (UINT64_C(1) << last) - 1;
    }

    return live;
}


static int
by_id(const void *a, const void *b)
{
    return aud_uuid_compare(a, b);
}
