#include "aud_live.h"
#include "aud_rows.h"

/* Nanoseconds: whether a row of a list is struck out, whether a struck row has
 * one of the codes, a word looked through for struck rows. */
#define PROBE_COST   1.2
#define STRUCK_COST  2
#define WORD_COST    0.35


typedef enum { BY_LISTS, BY_PROBES, BY_STRUCK, BY_READING } way_t;


static way_t    cheapest_way(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, double *cost);
static uint64_t live_rows(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice);
static uint64_t struck_in_run(const aud_column_t *c, const uint64_t *deleted,
    aud_run_t run);


int
aud_rows_count(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, uint64_t *count)
{
    double  cost;

    if (c->present && aud_codes_all(codes, c)) {
        *count = aud_live_filled(slice, c);
        return 0;
    }

    switch (cheapest_way(codes, c, slice, &cost)) {

    case BY_LISTS:
        *count = codes->rows;
        return 0;

    case BY_PROBES:
        *count = live_rows(codes, c, slice);
        return 0;

    case BY_STRUCK:
        *count = codes->rows - struck_in_run(c, slice->deleted,
                                             codes->runs[0]);
        return 0;

    default:
        return -1;
    }
}


double
aud_rows_count_cost(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice)
{
    double  cost;

    (void) cheapest_way(codes, c, slice, &cost);

    return cost / 1000;
}


static way_t
cheapest_way(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, double *cost)
{
    way_t   way = BY_READING;
    double  probes, struck;

    /* Several values of one row would be counted each. */
    if (c->multi && (codes->nruns > 1
                     || codes->runs[0].hi - codes->runs[0].lo > 1))
    {
        *cost = aud_rows_cost(codes, c) * 1000;
        return BY_READING;
    }

    if (slice->deleted == NULL) {
        *cost = 0;
        return BY_LISTS;
    }

    *cost = aud_rows_cost(codes, c) * 1000;
    probes = codes->rows * PROBE_COST;
    struck = AUD_WORDS(c->rows) * WORD_COST
             + (c->rows - slice->live) * STRUCK_COST;

    if (probes < *cost) {
        way = BY_PROBES;
        *cost = probes;
    }

    if (!c->multi && codes->order == NULL && codes->nruns == 1
        && struck < *cost)
    {
        way = BY_STRUCK;
        *cost = struck;
    }

    return way;
}


static uint64_t
live_rows(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice)
{
    uint32_t  i, code;
    uint64_t  count = 0;

    for (i = 0; i < codes->nruns; i++) {
        for (code = codes->runs[i].lo; code < codes->runs[i].hi; code++) {
            count += aud_live_rows(slice, c, codes->order ? codes->order[code]
                                                          : code);
        }
    }

    return count;
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
