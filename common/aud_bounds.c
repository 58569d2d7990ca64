#include "aud_bounds.h"


static uint64_t rows_between(const aud_column_t *c, aud_run_t run);
static uint32_t first_bound(const aud_column_t *c, uint32_t code);
static uint32_t nearest(const aud_column_t *c, uint32_t code);
static uint32_t bound_code(const aud_column_t *c, uint32_t bound);
static const uint64_t *bound_words(const aud_column_t *c, uint32_t bound);


/* Bounds are numbered from 1 on; 0 lies below all codes and nbelow + 1 behind
 * them. */
void
aud_bounds_find(const aud_column_t *c, aud_run_t run, int inside,
    aud_bounds_t *b)
{
    uint32_t  i, from, to, lo, hi;

    if (inside) {
        from = first_bound(c, run.lo);
        to = first_bound(c, run.hi);
        to -= bound_code(c, to) > run.hi;

    } else {
        from = nearest(c, run.lo);
        to = nearest(c, run.hi);
    }

    memset(b, 0, sizeof(*b));

    if (from < to) {
        lo = bound_code(c, from);
        hi = bound_code(c, to);

        b->bits.words = bound_words(c, to);
        b->bits.without = bound_words(c, from);
        b->more[0] = (aud_run_t) { run.lo, lo };
        b->more[1] = (aud_run_t) { hi, run.hi };
        b->less[0] = (aud_run_t) { lo, run.lo };
        b->less[1] = (aud_run_t) { run.hi, hi };

    } else {
        b->more[0] = run;
    }

    for (i = 0; i < 2; i++) {
        b->rows += rows_between(c, b->more[i]) + rows_between(c, b->less[i]);
    }
}


static uint64_t
rows_between(const aud_column_t *c, aud_run_t run)
{
    return run.lo < run.hi ? aud_run_rows(c, run) : 0;
}


/* That does not lie below the code. */
static uint32_t
first_bound(const aud_column_t *c, uint32_t code)
{
    uint32_t  lo = 0, hi = c->nbelow, middle;

    if (code == 0) {
        return 0;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->below_codes[middle] < code) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo + 1;
}


static uint32_t
nearest(const aud_column_t *c, uint32_t code)
{
    uint32_t  behind = first_bound(c, code);

    return behind
           && aud_run_rows(c, (aud_run_t) { bound_code(c, behind - 1), code })
              < aud_run_rows(c, (aud_run_t) { code, bound_code(c, behind) })
           ? behind - 1 : behind;
}


static uint32_t
bound_code(const aud_column_t *c, uint32_t bound)
{
    return bound == 0 ? 0
           : bound > c->nbelow ? c->distinct : c->below_codes[bound - 1];
}


/* NULL: nobody. */
static const uint64_t *
bound_words(const aud_column_t *c, uint32_t bound)
{
    return bound == 0 ? NULL
           : bound > c->nbelow ? c->present
           : c->below + (bound - 1) * AUD_WORDS(c->rows);
}
