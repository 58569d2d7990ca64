/*
 * Pages of matching profiles, in the order of their ids.
 */

#include "aud_plan.h"


static uint32_t next_row(const aud_cursor_t *c, uint32_t row);
static uint32_t first_row(const aud_segment_t *s, const aud_uuid_t *after);
static size_t   merge(aud_cursor_t *cursors, size_t n, size_t limit,
    aud_place_t *places);
static const aud_uuid_t *place_id(const aud_page_t *page, aud_place_t place);


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


int
aud_page_begin(aud_page_t *page, size_t slice)
{
    const aud_segment_t  *s = page->generation->slices[slice].segment;

    page->slice = slice;
    page->nrows = 0;
    page->first = first_row(s, page->after);
    page->end = s->rows;

    if (page->n == page->limit && page->first < s->rows) {
        page->end = aud_plan_row_from(s, place_id(page,
                                                  page->places[page->n - 1]),
                                      page->first);
    }

    return page->first < page->end;
}


int
aud_page_take(aud_page_t *page, const uint64_t *rows, size_t from, size_t n)
{
    size_t           i, start = page->first / 64;
    uint32_t         row;
    uint64_t         word;
    const uint64_t  *deleted = page->generation->slices[page->slice].deleted;

    for (i = start > from ? start - from : 0; i < n; i++) {
        word = rows[i];

        if (deleted) {
            word &= ~deleted[from + i];
        }

        if (from + i == start) {
            word &= UINT64_MAX << (page->first % 64);
        }

        for ( /* void */ ; word; word &= word - 1) {
            row = (from + i) * 64 + __builtin_ctzll(word);

            if (row >= page->end) {
                return 0;
            }

            page->rows[page->nrows++] = row;

            if (page->nrows == page->limit) {
                return 0;
            }
        }
    }

    return (from + n) * 64 < page->end;
}


/* Joins the rows with the places, from the last on: so many of either stay that
 * all have room. */
void
aud_page_end(aud_page_t *page)
{
    size_t                i, old, new, kept;
    const aud_segment_t  *s = page->generation->slices[page->slice].segment;

    /* first how many of each stay */

    old = 0;
    new = 0;

    while (old + new < page->limit
           && (old < page->n || new < page->nrows))
    {
        if (new == page->nrows
            || (old < page->n
                && aud_uuid_compare(place_id(page, page->places[old]),
                                    &s->profiles[page->rows[new]])
                   < 0))
        {
            old++;

        } else {
            new++;
        }
    }

    kept = old + new;

    for (i = kept; new; i--) {
        if (old
            && aud_uuid_compare(place_id(page, page->places[old - 1]),
                                &s->profiles[page->rows[new - 1]])
               > 0)
        {
            page->places[i - 1] = page->places[--old];

        } else {
            page->places[i - 1] = (aud_place_t) { page->slice,
                                                  page->rows[--new] };
        }
    }

    page->n = kept;
}


static const aud_uuid_t *
place_id(const aud_page_t *page, aud_place_t place)
{
    return &page->generation->slices[place.slice].segment->profiles[place.row];
}
