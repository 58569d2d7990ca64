#include "aud_bounds.h"
#include "aud_rows.h"

/* Nanoseconds, roughly: a word of two bitmaps joined, a row set from a list of
 * rows, a row of the code column compared. */
#define WORD_COST     0.15
#define POSTING_COST  1.2
#define ORDERED_COST  8
#define SCAN_COST     0.025     /* and byte */

typedef enum { BY_POSTINGS, BY_DENSE, BY_SCAN, BY_BOUNDS } way_t;

typedef struct {
    way_t         way;
    double        cost;
    uint32_t      ndense;           /* of its codes have a bitmap */
    aud_bounds_t  bounds;           /* found, where the column has any */
} found_t;


static int      find_run(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, aud_rows_t *rows);
static int      find_dense(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, aud_rows_t *rows);
static void     fill(const aud_codes_t *codes, const aud_column_t *c,
    uint64_t *out);
static void     cheapest_way(const aud_column_t *c, aud_run_t run, int alone,
    found_t *found);
static uint32_t dense_from(const aud_column_t *c, uint32_t code);
static int      fill_bounds(const aud_column_t *c, aud_run_t run,
    uint64_t *out);
static void     add_run(const aud_column_t *c, aud_run_t run, uint64_t *out);
static void     add_dense(const aud_column_t *c, aud_run_t run, uint64_t *out);
static void     add_postings(const aud_column_t *c, aud_run_t run,
    uint64_t *out);
static void     take_postings(const aud_column_t *c, aud_run_t run,
    uint64_t *out);


uint64_t *
aud_rows_words(aud_arena_t *arena, size_t n)
{
    char       *p;
    uintptr_t   past;

    p = aud_arena_alloc(arena, n * sizeof(uint64_t) + AUD_WORDS_ALIGN, 1);
    past = (uintptr_t) p % AUD_WORDS_ALIGN;

    return p ? (uint64_t *) (p + (past ? AUD_WORDS_ALIGN - past : 0)) : NULL;
}


int
aud_rows_find(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, uint64_t **buf, size_t words, aud_rows_t *rows)
{
    *rows = (aud_rows_t) { .bits = { NULL, NULL } };

    if (c->present && aud_codes_all(codes, c)) {
        rows->bits.words = c->present;
        return 0;
    }

    if (codes->order == NULL
        && (codes->nruns == 1 ? find_run(codes, c, arena, rows)
                              : find_dense(codes, c, arena, rows))
           != 0)
    {
        return -1;
    }

    if (rows->bits.words || rows->column) {
        return 0;
    }

    if (*buf == NULL) {
        *buf = aud_rows_words(arena, words);
        if (*buf == NULL) {
            return -1;
        }
    }

    rows->bits.words = *buf;
    fill(codes, c, *buf);

    return 0;
}


/* Leaves rows as they are where no bitmap of the segment will do. */
static int
find_run(const aud_codes_t *codes, const aud_column_t *c, aud_arena_t *arena,
    aud_rows_t *rows)
{
    found_t    found;
    aud_run_t  run = codes->runs[0];

    cheapest_way(c, run, 1, &found);

    switch (found.way) {

    case BY_SCAN:
        rows->column = c;
        rows->run = run;
        return 0;

    case BY_BOUNDS:
        if (found.bounds.rows == 0) {
            rows->bits = found.bounds.bits;
        }
        return 0;

    case BY_DENSE:
        return find_dense(codes, c, arena, rows);

    default:
        return 0;
    }
}


/* The same.  All codes must have a bitmap, each the cheapest way to its rows. */
static int
find_dense(const aud_codes_t *codes, const aud_column_t *c,
    aud_arena_t *arena, aud_rows_t *rows)
{
    size_t           words = AUD_WORDS(c->rows);
    found_t          found;
    uint32_t         i, j, n = 0;
    const uint64_t  *bitmap, **more;

    for (i = 0; i < codes->nruns; i++) {
        cheapest_way(c, codes->runs[i], 0, &found);

        if (found.way != BY_DENSE
            || found.ndense != codes->runs[i].hi - codes->runs[i].lo)
        {
            return 0;
        }

        n += found.ndense;
    }

    more = aud_arena_alloc(arena, n, sizeof(uint64_t *));
    if (more == NULL) {
        return -1;
    }

    for (i = 0; i < codes->nruns; i++) {
        bitmap = c->dense + dense_from(c, codes->runs[i].lo) * words;

        for (j = codes->runs[i].lo; j < codes->runs[i].hi; j++) {
            more[rows->nmore++] = bitmap;
            bitmap += words;
        }
    }

    rows->bits.words = more[0];
    rows->more = more + 1;
    rows->nmore--;

    return 0;
}


aud_bits_t
aud_rows_block(const aud_rows_t *rows, size_t from, size_t n, uint64_t *out)
{
    size_t               row, end;
    uint32_t             i;
    aud_bits_t           bits;
    const aud_column_t  *c = rows->column;

    if (rows->bits.words) {
        bits = aud_bits_from(rows->bits, from);

        for (i = 0; i < rows->nmore; i++) {
            (void) aud_bits_join(AUD_BITS_OR, out, bits,
                                  aud_bits(rows->more[i] + from), n);
            bits = aud_bits(out);
        }

        return bits;
    }

    row = from * 64;
    end = row + n * 64 < c->rows ? row + n * 64 : c->rows;

    memset(out, 0, n * sizeof(uint64_t));
    aud_words_scan(out, (const char *) c->codes + row * c->code_width,
                   c->code_width, end - row, rows->run.lo, rows->run.hi);

    return aud_bits(out);
}


double
aud_rows_cost(const aud_codes_t *codes, const aud_column_t *c)
{
    double    total;
    found_t   found;
    uint32_t  i;

    total = AUD_WORDS(c->rows) * WORD_COST;

    if (codes->order) {
        total += codes->rows * ORDERED_COST;

    } else if (c->present == NULL || !aud_codes_all(codes, c)) {

        for (i = 0; i < codes->nruns; i++) {
            cheapest_way(c, codes->runs[i], codes->nruns == 1, &found);
            total += found.cost;
        }
    }

    return total / 1000;
}


/* alone: there is no other run. */
static void
cheapest_way(const aud_column_t *c, aud_run_t run, int alone, found_t *found)
{
    double    cost;
    uint32_t  i, from, to;
    uint64_t  rows, covered = 0;

    rows = aud_run_rows(c, run);
    from = dense_from(c, run.lo);
    to = dense_from(c, run.hi);

    for (i = from; i < to; i++) {
        covered += aud_run_rows(c, (aud_run_t) { c->dense_codes[i],
                                                 c->dense_codes[i] + 1 });
    }

    found->way = BY_POSTINGS;
    found->cost = rows * POSTING_COST;
    found->ndense = to - from;

    cost = found->ndense * AUD_WORDS(c->rows) * WORD_COST
           + (rows - covered) * POSTING_COST;

    if (found->ndense && cost < found->cost) {
        found->way = BY_DENSE;
        found->cost = cost;
    }

    if (!c->multi && c->rows * c->code_width * SCAN_COST < found->cost) {
        found->way = BY_SCAN;
        found->cost = c->rows * c->code_width * SCAN_COST;
    }

    if (c->nbelow) {
        aud_bounds_find(c, run, !alone, &found->bounds);
        cost = 2 * AUD_WORDS(c->rows) * WORD_COST
               + found->bounds.rows * POSTING_COST;

        if (found->bounds.bits.words && cost < found->cost) {
            found->way = BY_BOUNDS;
            found->cost = cost;
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


static void
fill(const aud_codes_t *codes, const aud_column_t *c, uint64_t *out)
{
    uint32_t   i, j;
    aud_run_t  run;

    if (codes->nruns == 1 && codes->order == NULL
        && fill_bounds(c, codes->runs[0], out))
    {
        return;
    }

    memset(out, 0, AUD_WORDS(c->rows) * sizeof(uint64_t));

    for (i = 0; i < codes->nruns; i++) {
        run = codes->runs[i];

        if (codes->order == NULL) {
            add_run(c, run, out);
            continue;
        }

        for (j = run.lo; j < run.hi; j++) {
            add_postings(c, (aud_run_t) { codes->order[j],
                                          codes->order[j] + 1 }, out);
        }
    }
}


/* Overwrites out with a run that is alone, where bounds are the best way. */
static int
fill_bounds(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    size_t         n = AUD_WORDS(c->rows);
    found_t        found;
    unsigned       i;
    aud_bounds_t  *b = &found.bounds;

    cheapest_way(c, run, 1, &found);

    if (found.way != BY_BOUNDS) {
        return 0;
    }

    if (b->bits.without) {
        (void) aud_bits_join(AUD_BITS_ANDNOT, out, aud_bits(b->bits.words),
                              aud_bits(b->bits.without), n);

    } else {
        memcpy(out, b->bits.words, n * sizeof(uint64_t));
    }

    for (i = 0; i < 2; i++) {
        add_postings(c, b->more[i], out);
        take_postings(c, b->less[i], out);
    }

    return 1;
}


/* Besides other runs: bounds lie inside this one. */
static void
add_run(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    found_t  found;

    cheapest_way(c, run, 0, &found);

    switch (found.way) {

    case BY_SCAN:
        aud_words_scan(out, c->codes, c->code_width, c->rows, run.lo, run.hi);
        break;

    case BY_BOUNDS:
        (void) aud_bits_join(AUD_BITS_OR, out, found.bounds.bits,
                              aud_bits(out), AUD_WORDS(c->rows));
        add_postings(c, found.bounds.more[0], out);
        add_postings(c, found.bounds.more[1], out);
        break;

    case BY_DENSE:
        add_dense(c, run, out);
        break;

    default:
        add_postings(c, run, out);
    }
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
        (void) aud_bits_join(AUD_BITS_OR, out, aud_bits(out),
                              aud_bits(c->dense + i * n), n);
        code = c->dense_codes[i] + 1;
    }

    add_postings(c, (aud_run_t) { code, run.hi }, out);
}


static void
add_postings(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    uint32_t  i;

    if (run.lo >= run.hi) {
        return;
    }

    for (i = c->posting_at[run.lo]; i < c->posting_at[run.hi]; i++) {
        out[c->postings[i] / 64] |= UINT64_C(1) << (c->postings[i] % 64);
    }
}


static void
take_postings(const aud_column_t *c, aud_run_t run, uint64_t *out)
{
    uint32_t  i;

    if (run.lo >= run.hi) {
        return;
    }

    for (i = c->posting_at[run.lo]; i < c->posting_at[run.hi]; i++) {
        out[c->postings[i] / 64] &= ~(UINT64_C(1) << (c->postings[i] % 64));
    }
}
