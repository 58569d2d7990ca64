#include "aud_live.h"
#include "aud_rows.h"

/* Nanoseconds: whether a row of a list is struck out, whether a struck row has
 * one of the codes, a word looked through for struck rows. */
#define PROBE_COST   1.2
#define STRUCK_COST  2
#define WORD_COST    0.35


static uint64_t live_rows(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice);
static uint64_t struck_in_run(const aud_column_t *c, const uint64_t *deleted,
    aud_run_t run);


int
aud_rows_count(const aud_codes_t *codes, const aud_column_t *c,
    const aud_slice_t *slice, uint64_t *count)
{
    double  probe, struck, read;

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

    probe = codes->rows * PROBE_COST;
    struck = AUD_WORDS(c->rows) * WORD_COST
             + (c->rows - slice->live) * STRUCK_COST;
    read = aud_rows_cost(codes, c) * 1000;

    if (probe < struck && probe < read) {
        *count = live_rows(codes, c, slice);
        return 0;
    }

    if (!c->multi && codes->order == NULL && codes->nruns == 1
        && struck < read)
    {
        *count -= struck_in_run(c, slice->deleted, codes->runs[0]);
        return 0;
    }

    return -1;
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
