#include "aud_value_units.h"


static uint32_t first_from(const aud_column_t *c, uint32_t code,
    const aud_value_set_t *set, uint32_t from);
static inline int text_compare(aud_str_t a, aud_str_t b);
static uint32_t skip_few(const aud_column_t *c, uint32_t code, uint32_t hi,
    uint64_t least);
static inline int same_value(const aud_column_t *c, uint32_t a, uint32_t b);
static void     unit_at(const aud_column_t *c, uint32_t from, uint32_t code,
    uint32_t hi, aud_unit_t *unit);


void
aud_unit_find(const aud_column_t *c, const aud_unit_t *unit,
    const aud_value_set_t *set, uint32_t from, aud_unit_t *found)
{
    uint32_t             limit, lo;
    const aud_column_t  *other = set->column;

    lo = first_from(c, unit->lo, set, from);
    limit = unit->lo < c->typed ? other->typed : set->text_hi;

    *found = (aud_unit_t) { lo, lo, 0 };

    if (lo < limit && aud_unit_compare(other, lo, c, unit->lo) == 0) {
        unit_at(other, lo, lo, limit, found);
    }
}


/* The first code, from `from` on, that does not stand before a code of c: in
 * growing steps, then by halves. */
static uint32_t
first_from(const aud_column_t *c, uint32_t code, const aud_value_set_t *set,
    uint32_t from)
{
    uint32_t             lo, hi, middle, end, step = 1;
    const aud_column_t  *other = set->column;

    lo = code < c->typed ? 0 : set->text_lo;
    end = code < c->typed ? other->typed : set->text_hi;

    if (from > lo) {
        lo = from;
    }

    hi = lo;

    while (hi < end && aud_unit_compare(other, hi, c, code) < 0) {
        lo = hi + 1;
        hi = step < end - hi ? hi + step : end;
        step *= 2;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (aud_unit_compare(other, middle, c, code) < 0) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


/* aud_str_compare() for texts that begin alike, without a call: by eight bytes,
 * of which the last overlap. */
static inline int
text_compare(aud_str_t a, aud_str_t b)
{
    size_t    i, n = a.len < b.len ? a.len : b.len;
    uint64_t  x, y;

    if (n < sizeof(x)) {
        return aud_str_compare(a, b);
    }

    for (i = 0; i < n; i += sizeof(x)) {

        if (i > n - sizeof(x)) {
            i = n - sizeof(x);
        }

        memcpy(&x, a.data + i, sizeof(x));
        memcpy(&y, b.data + i, sizeof(y));

        if (x != y) {
            return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
        }
    }

    return (a.len > b.len) - (a.len < b.len);
}


int
aud_unit_compare(const aud_column_t *a, uint32_t code_a, const aud_column_t *b,
    uint32_t code_b)
{
    if (code_a >= a->typed) {
        return text_compare(aud_column_folded(a, code_a),
                            aud_column_folded(b, code_b));
    }

    if (a->dates) {
        return (a->dates[code_a] > b->dates[code_b])
               - (a->dates[code_a] < b->dates[code_b]);
    }

    return (a->numbers[code_a] > b->numbers[code_b])
           - (a->numbers[code_a] < b->numbers[code_b]);
}


int
aud_unit_next(aud_unit_walk_t *w, uint64_t least, aud_unit_t *unit)
{
    uint32_t             code, hi;
    const aud_run_t     *run;
    const aud_column_t  *c = w->set->column;

    for ( /* void */ ; w->run < w->set->codes.nruns; w->run++) {
        run = &w->set->codes.runs[w->run];

        while ((code = w->code > run->lo ? w->code : run->lo) < run->hi) {

            if (code >= c->typed && c->folded_at == c->display_at) {
                hi = skip_few(c, code, run->hi, least);
                w->units += hi - code;
                w->code = hi;

                if (hi == run->hi) {
                    break;
                }

                code = hi;
            }

            unit_at(c, w->code, code, run->hi, unit);
            w->code = unit->hi;
            w->units++;
            w->mixed |= code < c->typed && unit->hi - unit->lo > 1;

            if (unit->rows >= least) {
                return 1;
            }
        }
    }

    return 0;
}


/* The first code with so many rows. */
static uint32_t
skip_few(const aud_column_t *c, uint32_t code, uint32_t hi, uint64_t least)
{
    const uint32_t  *at = c->posting_at;

    while (code < hi && at[code + 1] - at[code] < least) {
        code++;
    }

    return code;
}


static inline int
same_value(const aud_column_t *c, uint32_t a, uint32_t b)
{
    return c->dates ? c->dates[a] == c->dates[b]
                    : c->numbers[a] == c->numbers[b];
}


/* The unit of a code, which in a text is the first of its own; of a number or
 * date also texts that do not match, of codes from `from` on.  hi: where a text
 * ends at the latest. */
static void
unit_at(const aud_column_t *c, uint32_t from, uint32_t code, uint32_t hi,
    aud_unit_t *unit)
{
    uint32_t  end = code + 1;

    if (code < c->typed) {
        while (code > from && same_value(c, code - 1, code)) {
            code--;
        }

        while (end < c->typed && same_value(c, end, code)) {
            end++;
        }

    } else if (c->folded_at != c->display_at) {
        while (end < hi && aud_value_alike(c, end, c, code)) {
            end++;
        }
    }

    *unit = (aud_unit_t) { code, end, c->posting_at[end]
                                      - c->posting_at[code] };
}
