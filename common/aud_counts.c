#include "aud_counts.h"
#include "aud_live.h"

/* Nanoseconds, roughly: a row whose code is looked up and counted, a row of a
 * list looked up in a bitmap, a word of two bitmaps joined. */
#define ROW_COST   2.0
#define LIST_COST  1.2
#define WORD_COST  0.15


static double   lists_cost(const aud_column_t *c);
static void     count_lists(const aud_column_t *c, const uint64_t *rows,
    uint32_t *counts);
static uint32_t list_count(const aud_column_t *c, const uint64_t *rows,
    uint32_t code);
static uint64_t rows_word(const aud_slice_t *slice, const uint64_t *rows,
    size_t i, size_t words);
static void     count_row(const aud_column_t *c, uint32_t row,
    const uint32_t *group, uint32_t *counts);
static int      is_counted(const aud_column_t *c, size_t first, uint32_t n,
    const uint32_t *group, uint32_t wanted);


/* The lengths of the lists, without the struck rows in them. */
void
aud_counts_live(const aud_slice_t *slice, const aud_column_t *c,
    uint32_t *counts)
{
    size_t    i;
    uint32_t  code, entry;
    uint64_t  word;

    for (code = 0; code < c->distinct; code++) {
        counts[code] = c->posting_at[code + 1] - c->posting_at[code];
    }

    for (i = 0; slice->deleted && i < AUD_WORDS(c->rows); i++) {
        for (word = slice->deleted[i]; word; word &= word - 1) {
            entry = aud_column_code_plus_one(c, i * 64
                                                + __builtin_ctzll(word));
            if (entry) {
                counts[entry - 1]--;
            }
        }
    }
}


/* Row by row, those in the set or, where they are fewer, the other ones; or
 * code by code, where that is cheaper. */
void
aud_counts_rows(const aud_slice_t *slice, const aud_column_t *c,
    const uint64_t *rows, uint64_t n, const uint32_t *live, uint32_t *counts)
{
    int       others = n > slice->live / 2;
    size_t    i, words = AUD_WORDS(c->rows);
    uint32_t  code, entry;
    uint64_t  word;

    if (lists_cost(c) < (others ? slice->live - n : n) * ROW_COST) {
        count_lists(c, rows, counts);
        return;
    }

    for (i = 0; i < words; i++) {
        word = others ? rows_word(slice, NULL, i, words) & ~rows[i] : rows[i];

        for ( /* void */ ; word; word &= word - 1) {
            entry = aud_column_code_plus_one(c, i * 64
                                                + __builtin_ctzll(word));
            if (entry) {
                counts[entry - 1]++;
            }
        }
    }

    for (code = 0; others && code < c->distinct; code++) {
        counts[code] = live[code] - counts[code];
    }
}


static double
lists_cost(const aud_column_t *c)
{
    uint32_t  i, code;
    uint64_t  listed = c->posting_at[c->distinct];

    for (i = 0; i < c->ndense; i++) {
        code = c->dense_codes[i];
        listed -= c->posting_at[code + 1] - c->posting_at[code];
    }

    return c->ndense * AUD_WORDS(c->rows) * WORD_COST + listed * LIST_COST;
}


static void
count_lists(const aud_column_t *c, const uint64_t *rows, uint32_t *counts)
{
    size_t    words = AUD_WORDS(c->rows);
    uint32_t  code, dense = 0;

    for (code = 0; code < c->distinct; code++) {

        if (dense < c->ndense && c->dense_codes[dense] == code) {
            counts[code] = aud_bits_join_count(AUD_BITS_AND,
                                        aud_bits(c->dense + dense * words),
                                        aud_bits(rows), NULL, words);
            dense++;

        } else {
            counts[code] = list_count(c, rows, code);
        }
    }
}


static uint32_t
list_count(const aud_column_t *c, const uint64_t *rows, uint32_t code)
{
    uint32_t  i, n = 0;

    for (i = c->posting_at[code]; i < c->posting_at[code + 1]; i++) {
        n += aud_bit(rows, c->postings[i]);
    }

    return n;
}


/* Rows of a set, or all live ones. */
static uint64_t
rows_word(const aud_slice_t *slice, const uint64_t *rows, size_t i,
    size_t words)
{
    uint64_t  word;
    uint32_t  past;

    if (rows) {
        return rows[i];
    }

    past = words * 64 - slice->segment->rows;
    word = i + 1 == words ? UINT64_MAX >> past : UINT64_MAX;

    return slice->deleted ? word & ~slice->deleted[i] : word;
}


void
aud_counts_grouped(const aud_slice_t *slice, const aud_column_t *c,
    const uint64_t *rows, const uint32_t *group, uint32_t *counts)
{
    size_t    i, words = AUD_WORDS(c->rows);
    uint64_t  word;

    for (i = 0; i < words; i++) {
        word = rows_word(slice, rows, i, words) & c->present[i];

        for ( /* void */ ; word; word &= word - 1) {
            count_row(c, i * 64 + __builtin_ctzll(word), group, counts);
        }
    }
}


static void
count_row(const aud_column_t *c, uint32_t row, const uint32_t *group,
    uint32_t *counts)
{
    size_t    first;
    uint32_t  i, n, found;

    n = aud_column_values(c, row, &first);

    for (i = 0; i < n; i++) {
        found = group[aud_column_code_plus_one(c, first + i) - 1];

        if (found != AUD_NO_CODE && !is_counted(c, first, i, group, found)) {
            counts[found]++;
        }
    }
}


/* Whether one of the first n values of a row is of the group, too. */
static int
is_counted(const aud_column_t *c, size_t first, uint32_t n,
    const uint32_t *group, uint32_t wanted)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (group[aud_column_code_plus_one(c, first + i) - 1] == wanted) {
            return 1;
        }
    }

    return 0;
}


double
aud_counts_cost(const aud_slice_t *slice, const aud_column_t *c)
{
    uint64_t  struck = c->rows - slice->live;
    double    lists, rows;

    if (c->multi) {
        return c->posting_at[c->distinct] * 2 * ROW_COST / 1000;
    }

    lists = lists_cost(c);
    rows = slice->live / 2 * ROW_COST;

    return (c->distinct + struck * ROW_COST + (lists < rows ? lists : rows))
           / 1000;
}
