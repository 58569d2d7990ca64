#include "aud_live.h"
#include "aud_rows.h"

/* One row in so many is walked through rather than read as a bitmap. */
#define FEW  64


static uint64_t struck_in_run(const aud_column_t *c, const uint64_t *deleted,
    aud_run_t run);


int
aud_rows_count(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, uint64_t *count)
{
    uint32_t  i, code, few = c->rows / FEW;

    if (c->present && aud_codes_all(codes, c)) {
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
