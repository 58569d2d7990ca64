#include <stdlib.h>

#include "aud_codes.h"
#include "aud_live.h"

/* Nanoseconds, roughly: a word of two bitmaps joined, a row set from a list of
 * rows, a row of the code column compared. */
#define WORD_COST     0.15
#define POSTING_COST  1.2
#define ORDERED_COST  5
#define SCAN_COST     0.03     /* and byte */

/* One row in so many is walked through rather than read as a bitmap. */
#define FEW           64


typedef enum { BY_POSTINGS, BY_DENSE, BY_SCAN, BY_BOUNDS } way_t;

/* A run between two bounds, and the codes that it has more or less. */
typedef struct {
    const uint64_t  *above;         /* NULL: nobody */
    const uint64_t  *below;
    aud_run_t        more[2];
    aud_run_t        less[2];
    uint64_t         rows;          /* of both */
} bounds_t;


static int      runs_compare(const void *a, const void *b);
static way_t    cheapest_way(const aud_column_t *c, aud_run_t run, int alone,
    double *cost);
static void     nearest_bounds(const aud_column_t *c, aud_run_t run,
    bounds_t *b);
static uint32_t nearest_bound(const aud_column_t *c, uint32_t code,
    const uint64_t **words);
static void     fill_bounds(const aud_column_t *c, const bounds_t *b,
    uint64_t *out);
static uint32_t dense_from(const aud_column_t *c, uint32_t code);
static uint64_t run_rows(const aud_column_t *c, aud_run_t run);
static int      is_all(const aud_codes_t *codes, const aud_column_t *c);
static uint64_t ordered_rows(const aud_codes_t *codes, const aud_column_t *c,
    aud_run_t run);
static uint64_t struck_in_run(const aud_column_t *c, const uint64_t *deleted,
    aud_run_t run);
static void     add_ordered(const aud_codes_t *codes, const aud_column_t *c,
    aud_run_t run, uint64_t *out);
static void     add_run(const aud_column_t *c, aud_run_t run, uint64_t *out);
static void     add_dense(const aud_column_t *c, aud_run_t run, uint64_t *out);
static void     add_postings(const aud_column_t *c, aud_run_t run,
    uint64_t *out);


int
aud_codes_add(aud_codes_t *codes, aud_arena_t *arena, uint32_t lo, uint32_t hi)
{
    uint32_t    capacity;
    aud_run_t  *last, *runs;

    if (lo >= hi) {
        return 0;
    }

    if (codes->nruns) {
        last = &codes->runs[codes->nruns - 1];

        if (last->hi == lo) {
            last->hi = hi;
            return 0;
        }

        codes->unordered |= lo < last->hi;
    }

    if (codes->nruns == codes->capacity) {
        capacity = codes->capacity ? codes->capacity * 2 : 2;

        runs = aud_arena_alloc(arena, capacity, sizeof(aud_run_t));
        if (runs == NULL) {
            return -1;
        }

        if (codes->nruns) {
            memcpy(runs, codes->runs, codes->nruns * sizeof(aud_run_t));
        }

        codes->runs = runs;
        codes->capacity = capacity;
    }

    codes->runs[codes->nruns++] = (aud_run_t) { lo, hi };

    return 0;
}


void
aud_codes_finish(aud_codes_t *codes, const aud_column_t *c)
{
    uint32_t    i, n;
    aud_run_t  *last;

    codes->rows = 0;

    if (codes->nruns == 0) {
        return;
    }

    if (codes->unordered) {
        qsort(codes->runs, codes->nruns, sizeof(aud_run_t), runs_compare);
    }

    for (i = 1, n = 1; i < codes->nruns; i++) {
        last = &codes->runs[n - 1];

        if (codes->runs[i].lo > last->hi) {
            codes->runs[n++] = codes->runs[i];

        } else if (codes->runs[i].hi > last->hi) {
            last->hi = codes->runs[i].hi;
        }
    }

    codes->nruns = n;

    for (i = 0; i < n; i++) {
        codes->rows += codes->order ? ordered_rows(codes, c, codes->runs[i])
                                    : run_rows(c, codes->runs[i]);
    }

    if (codes->rows > c->filled) {
        codes->rows = c->filled;        /* several values of one row */
    }
}


static uint64_t
ordered_rows(const aud_codes_t *codes, const aud_column_t *c, aud_run_t run)
{
    uint32_t  i;
    uint64_t  rows = 0;

    for (i = run.lo; i < run.hi; i++) {
        rows += c->posting_at[codes->order[i] + 1]
                - c->posting_at[codes->order[i]];
    }

    return rows;
}


static int
runs_compare(const void *a, const void *b)
{
    const aud_run_t  *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}


int
aud_codes_rows(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, uint64_t **buf, size_t words, aud_rows_t *rows)
{
    int        by_bounds = 0;
    double     cost;
    uint32_t   i;
    bounds_t   bounds;
    aud_run_t  run;

    *rows = (aud_rows_t) { .words = NULL };

    if (is_all(codes, c)) {
        rows->words = c->present;
        return 0;
    }

    if (codes->nruns == 1 && codes->order == NULL) {
        run = codes->runs[0];
        i = dense_from(c, run.lo);

        if (run.hi - run.lo == 1 && i < c->ndense
            && c->dense_codes[i] == run.lo)
        {
            rows->words = c->dense + i * AUD_WORDS(c->rows);
            return 0;
        }

        switch (cheapest_way(c, run, 1, &cost)) {

        case BY_SCAN:
            *rows = (aud_rows_t) { .column = c, .run = run };
            return 0;

        case BY_BOUNDS:
            nearest_bounds(c, run, &bounds);

            if (bounds.below && bounds.rows == 0) {
                rows->words = bounds.below;
                rows->without = bounds.above;
                return 0;
            }

            by_bounds = 1;
            break;

        default:
            break;
        }
    }

    if (*buf == NULL) {
        *buf = aud_arena_alloc(arena, words, sizeof(uint64_t));
        if (*buf == NULL) {
            return -1;
        }
    }

    rows->words = *buf;

    if (by_bounds) {
        fill_bounds(c, &bounds, *buf);
        return 0;
    }

    memset(*buf, 0, AUD_WORDS(c->rows) * sizeof(uint64_t));

    for (i = 0; i < codes->nruns; i++) {
        if (codes->order) {
            add_ordered(codes, c, codes->runs[i], *buf);

        } else {
            add_run(c, codes->runs[i], *buf);
        }
    }

    return 0;
}


const uint64_t *
aud_rows_block(const aud_rows_t *rows, size_t from, size_t n, uint64_t *out)
{
    size_t               row, end;
    const aud_column_t  *c = rows->column;

    if (rows->without) {
        (void) aud_words_andnot(out, rows->words + from, rows->without + from,
                                n);
        return out;
    }

    if (rows->words) {
        return rows->words + from;
    }

    row = from * 64;
    end = row + n * 64 < c->rows ? row + n * 64 : c->rows;

    memset(out, 0, n * sizeof(uint64_t));
    aud_words_scan(out, (const char *) c->codes + row * c->code_width,
                   c->code_width, end - row, rows->run.lo, rows->run.hi);

    return out;
}


int
aud_codes_count(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, uint64_t *count)
{
    uint32_t  i, code, few = c->rows / FEW;

    if (is_all(codes, c)) {
        *count = aud_live_filled(slice, c);
        return 0;
    }

    /* Several values of one row would be counted each. */
    if (c->multi && (codes->nruns > 1
                     || codes->runs[0].hi - codes->runs[0].lo > 1))
    {
        return -1;
    }

    *count = codes->rows;

    if (slice->deleted == NULL) {
        return 0;
    }

    if (codes->rows <= few) {
        *count = 0;

        for (i = 0; i < codes->nruns; i++) {
            for (code = codes->runs[i].lo; code < codes->runs[i].hi; code++) {
                *count += aud_live_rows(slice, c, codes->order
                                                  ? codes->order[code] : code);
            }
        }

        return 0;
    }

    if (!c->multi && codes->order == NULL && codes->nruns == 1
        && c->rows - slice->live <= few)
    {
        *count -= struck_in_run(c, slice->deleted, codes->runs[0]);
        return 0;
    }

    return -1;
}


static uint64_t
struck_in_run(const aud_column_t *c, const uint64_t *deleted, aud_run_t run)
{
    size_t    i;
    uint32_t  entry;
    uint64_t  word, n = 0;

    for (i = 0; i < AUD_WORDS(c->rows); i++) {
        for (word = deleted[i]; word; word &= word - 1) {
            entry = aud_column_code_plus_one(c, i * 64
                                                + __builtin_ctzll(word));
            n += entry > run.lo && entry <= run.hi;
        }
    }

    return n;
}


double
aud_codes_cost(const aud_codes_t *codes, const aud_column_t *c)
{
    double    cost, total;
    uint32_t  i;

    total = AUD_WORDS(c->rows) * WORD_COST
            + (codes->order ? codes->rows * ORDERED_COST : 0);

    if (!is_all(codes, c)) {
        for (i = 0; i < codes->nruns; i++) {
            if (codes->order) {
                cost = 0;

            } else {
                (void) cheapest_way(c, codes->runs[i], codes->nruns == 1,
                                    &cost);
            }

            total += cost;
        }
    }

    return total / 1000;
}


static int
is_all(const aud_codes_t *codes, const aud_column_t *c)
{
    return c->present && codes->nruns == 1 && codes->runs[0].lo == 0
           && codes->runs[0].hi == c->distinct;
}


static void
add_ordered(const aud_codes_t *codes, const aud_column_t *c, aud_run_t run,
    uint64_t *out)
{
    uint32_t  i;

    for (i = run.lo; i < run.hi; i++) {
        add_postings(c, (aud_run_t) { codes->order[i], codes->order[i] + 1 },
                     out);
    }
}


static void
add_run(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    double  cost;

    switch (cheapest_way(c, run, 0, &cost)) {

    case BY_SCAN:
        aud_words_scan(out, c->codes, c->code_width, c->rows, run.lo, run.hi);
        break;

    case BY_DENSE:
        add_dense(c, run, out);
        break;

    default:
        add_postings(c, run, out);
    }
}


static way_t
cheapest_way(const aud_column_t *c, aud_run_t run, int alone, double *cost)
{
    way_t     way = BY_POSTINGS;
    double    dense;
    bounds_t  bounds;
    uint32_t  i, from, to;
    uint64_t  rows, covered = 0;

    rows = run_rows(c, run);
    *cost = rows * POSTING_COST;

    from = dense_from(c, run.lo);
    to = dense_from(c, run.hi);

    for (i = from; i < to; i++) {
        covered += run_rows(c, (aud_run_t) { c->dense_codes[i],
                                             c->dense_codes[i] + 1 });
    }

    dense = (to - from) * AUD_WORDS(c->rows) * WORD_COST
            + (rows - covered) * POSTING_COST;

    if (to > from && dense < *cost) {
        way = BY_DENSE;
        *cost = dense;
    }

    if (!c->multi && c->rows * c->code_width * SCAN_COST < *cost) {
        way = BY_SCAN;
        *cost = c->rows * c->code_width * SCAN_COST;
    }

    if (alone && c->nbelow) {
        nearest_bounds(c, run, &bounds);
        dense = 2 * AUD_WORDS(c->rows) * WORD_COST
                + bounds.rows * POSTING_COST;

        if (dense < *cost) {
            way = BY_BOUNDS;
            *cost = dense;
        }
    }

    return way;
}


static void
nearest_bounds(const aud_column_t *c, aud_run_t run, bounds_t *b)
{
    unsigned  i;
    uint32_t  lo, hi;

    lo = nearest_bound(c, run.lo, &b->above);
    hi = nearest_bound(c, run.hi, &b->below);

    b->more[0] = (aud_run_t) { run.lo, lo };
    b->more[1] = (aud_run_t) { hi, run.hi };
    b->less[0] = (aud_run_t) { lo, run.lo };
    b->less[1] = (aud_run_t) { run.hi, hi };
    b->rows = 0;

    for (i = 0; i < 2; i++) {
        b->rows += b->more[i].lo < b->more[i].hi ? run_rows(c, b->more[i])
                                                 : run_rows(c, b->less[i]);
    }
}


/* Of the bounds, below all codes and behind them too, the one with the fewest
 * rows between it and the code. */
static uint32_t
nearest_bound(const aud_column_t *c, uint32_t code, const uint64_t **words)
{
    uint32_t  lo = 0, hi = c->nbelow, middle, before, behind;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->below_codes[middle] < code) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    before = lo ? c->below_codes[lo - 1] : 0;
    behind = lo < c->nbelow ? c->below_codes[lo] : c->distinct;

    if (run_rows(c, (aud_run_t) { before, code })
        < run_rows(c, (aud_run_t) { code, behind }))
    {
        *words = lo ? c->below + (lo - 1) * AUD_WORDS(c->rows) : NULL;
        return before;
    }

    *words = lo < c->nbelow ? c->below + lo * AUD_WORDS(c->rows) : c->present;

    return behind;
}


/* Overwrites out.  No row is of two codes: bounds are of single values. */
static void
fill_bounds(const aud_column_t *c, const bounds_t *b, uint64_t *out)
{
    size_t           n = AUD_WORDS(c->rows);
    unsigned         j;
    const uint32_t  *p, *end;

    if (b->below == NULL) {
        memset(out, 0, n * sizeof(uint64_t));

    } else if (b->above == NULL) {
        memcpy(out, b->below, n * sizeof(uint64_t));

    } else {
        (void) aud_words_andnot(out, b->below, b->above, n);
    }

    for (j = 0; j < 2; j++) {
        add_postings(c, b->more[j], out);
    }

    for (j = 0; j < 2; j++) {
        if (b->less[j].lo >= b->less[j].hi) {
            continue;
        }

        p = c->postings + c->posting_at[b->less[j].lo];
        end = c->postings + c->posting_at[b->less[j].hi];

        for ( /* void */ ; p < end; p++) {
            out[*p / 64] &= ~(UINT64_C(1) << (*p % 64));
        }
    }
}


/* Position of the first dense code that is not below code. */
static uint32_t
dense_from(const aud_column_t *c, uint32_t code)
{
    uint32_t  lo = 0, hi = c->ndense, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->dense_codes[middle] < code) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


static uint64_t
run_rows(const aud_column_t *c, aud_run_t run)
{
    return c->posting_at[run.hi] - c->posting_at[run.lo];
}


/* Dense codes of the run by their bitmaps, what lies between by postings. */
static void
add_dense(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    size_t    n = AUD_WORDS(c->rows);
    uint32_t  code, i;

    code = run.lo;

    for (i = dense_from(c, run.lo); i < c->ndense; i++) {
        if (c->dense_codes[i] >= run.hi) {
            break;
        }

        add_postings(c, (aud_run_t) { code, c->dense_codes[i] }, out);
        aud_words_or(out, out, c->dense + i * n, n);
        code = c->dense_codes[i] + 1;
    }

    add_postings(c, (aud_run_t) { code, run.hi }, out);
}


static void
add_postings(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    uint32_t         row;
    const uint32_t  *p, *end;

    p = c->postings + c->posting_at[run.lo];
    end = c->postings + c->posting_at[run.hi];

    for ( /* void */ ; p < end; p++) {
        row = *p;
        out[row / 64] |= UINT64_C(1) << (row % 64);
    }
}
