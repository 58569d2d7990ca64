#include <stdlib.h>

#include "aud_codes.h"


static int      join_run(aud_bits_op_t op, aud_codes_t *out,
    aud_arena_t *arena, uint32_t lo, uint32_t hi, int in_a, int in_b);
static int      runs_compare(const void *a, const void *b);
static uint64_t ordered_rows(const aud_codes_t *codes, const aud_column_t *c,
    aud_run_t run);


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
                                    : aud_run_rows(c, codes->runs[i]);
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

    if (c->posting_at[c->distinct] == c->distinct) {
        return run.hi - run.lo;         /* no two rows have the same */
    }

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


/* From one end of a run to the next, be it of a or of b. */
int
aud_codes_join(aud_bits_op_t op, aud_codes_t *out, aud_arena_t *arena,
    const aud_codes_t *a, const aud_codes_t *b)
{
    int               in_a, in_b;
    uint32_t          at = 0, next;
    const aud_run_t  *x = a->runs, *y = b->runs, *x_end, *y_end;

    /* Without runs there is no array to be at the end of. */
    x_end = a->nruns ? x + a->nruns : x;
    y_end = b->nruns ? y + b->nruns : y;

    while (x < x_end || y < y_end) {
        in_a = x < x_end && x->lo <= at;
        in_b = y < y_end && y->lo <= at;
        next = UINT32_MAX;

        if (x < x_end) {
            next = in_a ? x->hi : x->lo;
        }

        if (y < y_end && (in_b ? y->hi : y->lo) < next) {
            next = in_b ? y->hi : y->lo;
        }

        if (join_run(op, out, arena, at, next, in_a, in_b) != 0) {
            return -1;
        }

        if (in_a && x->hi == next) {
            x++;
        }

        if (in_b && y->hi == next) {
            y++;
        }

        at = next;
    }

    return 0;
}


static int
join_run(aud_bits_op_t op, aud_codes_t *out, aud_arena_t *arena, uint32_t lo,
    uint32_t hi, int in_a, int in_b)
{
    int  in;

    switch (op) {
    case AUD_BITS_AND:     in = in_a && in_b;   break;
    case AUD_BITS_ANDNOT:  in = in_a && !in_b;  break;
    default:                in = in_a || in_b;
    }

    return in ? aud_codes_add(out, arena, lo, hi) : 0;
}
