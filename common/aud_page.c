/*
 * Pages of matching profiles, in the order of their ids.
 */

#include "aud_plan.h"


static uint32_t next_row(const aud_cursor_t *c, uint32_t row);
static uint32_t first_row(const aud_segment_t *s, const aud_uuid_t *after);
static size_t   merge(aud_cursor_t *cursors, size_t n, size_t limit,
    aud_place_t *places);


size_t
aud_plan_page(const aud_plan_t *plan, const aud_uuid_t *after, size_t limit,
    aud_place_t *places)
{
    size_t                   i;
    aud_cursor_t            *c;
    const aud_generation_t  *g = plan->generation;

    for (i = 0; i < g->nslices; i++) {
        c = &plan->cursors[i];
        c->segment = g->slices[i].segment;
        c->rows = plan->rows[i];
        c->row = next_row(c, first_row(c->segment, after));
    }

    return merge(plan->cursors, g->nslices, limit, places);
}


static size_t
merge(aud_cursor_t *cursors, size_t n, size_t limit, aud_place_t *places)
{
    size_t             i, best, filled;
    const aud_uuid_t  *id, *least;

    for (filled = 0; filled < limit; filled++) {
        least = NULL;
        best = 0;

        for (i = 0; i < n; i++) {
            if (cursors[i].row == cursors[i].segment->rows) {
                continue;
            }

            id = &cursors[i].segment->profiles[cursors[i].row];

            if (least == NULL || aud_uuid_compare(id, least) < 0) {
                least = id;
                best = i;
            }
        }

        if (least == NULL) {
            break;
        }

        places[filled] = (aud_place_t) { best, cursors[best].row };
        cursors[best].row = next_row(&cursors[best], cursors[best].row + 1);
    }

    return filled;
}


/* The first match from row on. */
static uint32_t
next_row(const aud_cursor_t *c, uint32_t row)
{
    size_t    i, n = AUD_WORDS(c->segment->rows);
    uint64_t  word;

    i = row / 64;

    if (i >= n) {
        return c->segment->rows;
    }

    word = c->rows[i] & (UINT64_MAX << (row % 64));

    while (word == 0) {
        if (++i == n) {
            return c->segment->rows;
        }

        word = c->rows[i];
    }

    return i * 64 + __builtin_ctzll(word);
}


static uint32_t
first_row(const aud_segment_t *s, const aud_uuid_t *after)
{
    uint32_t  row;

    if (after == NULL) {
        return 0;
    }

    row = aud_plan_row_from(s, after, 0);

    return row < s->rows && aud_uuid_compare(&s->profiles[row], after) == 0
           ? row + 1 : row;
}


/* In growing steps, then by halves, so that ids which come in order cost
 * little each. */
uint32_t
aud_plan_row_from(const aud_segment_t *s, const aud_uuid_t *id, uint32_t from)
{
    uint32_t  lo = from, hi = from, step = 1, middle;

    while (hi < s->rows && aud_uuid_compare(&s->profiles[hi], id) < 0) {
        lo = hi + 1;
        hi = step < s->rows - hi ? hi + step : s->rows;
        step *= 2;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (aud_uuid_compare(&s->profiles[middle], id) < 0) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}
