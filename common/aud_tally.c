#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "aud_live.h"
#include "aud_tally.h"

/* Words of a bitmap that are counted in the time of one row of a list. */
#define WORDS_A_ROW  4


static uint32_t live_rows(const aud_slice_t *slice, const aud_column_t *c,
    uint32_t code);
static const uint64_t *dense_rows(const aud_column_t *c, uint32_t code);
static uint32_t rows_counted(const aud_slice_t *slice, const aud_column_t *c,
    uint32_t code);
static uint64_t hash_of(const aud_column_t *c, uint32_t code);
static aud_tally_value_t *find(const aud_tally_t *t, uint64_t hash,
    const aud_column_t *c, uint32_t code, size_t *slot);
static aud_tally_value_t *find_or_make(aud_tally_t *t, const aud_column_t *c,
    uint32_t code);
static int      grow(aud_tally_t *t);
static int      stands_before(const aud_tally_value_t *a,
    const aud_tally_value_t *b);


void
aud_tally_free(aud_tally_t *t)
{
    aud_free(t->values);
    aud_free(t->slots);
    memset(t, 0, sizeof(*t));
}


int
aud_tally_add(aud_tally_t *t, const aud_slice_t *slice, const aud_column_t *c,
    uint32_t code)
{
    uint32_t            live;
    aud_tally_value_t  *v;

    live = live_rows(slice, c, code);
    if (live == 0) {
        return 0;
    }

    v = find_or_make(t, c, code);
    if (v == NULL) {
        return -1;
    }

    v->count += live;

    if (c->code_at && v->last == c) {
        v->count -= rows_counted(slice, c, code);
    }

    v->last = c;

    if (v->column == NULL || live > v->shown) {
        v->column = c;
        v->code = code;
        v->shown = live;
    }

    return 0;
}


int
aud_tally_has(const aud_tally_t *t, const aud_column_t *c, uint32_t code)
{
    size_t  slot;

    return t->n && find(t, hash_of(c, code), c, code, &slot) != NULL;
}


/* Of frequent codes by their bitmap. */
static uint32_t
live_rows(const aud_slice_t *slice, const aud_column_t *c, uint32_t code)
{
    size_t           words = AUD_WORDS(c->rows);
    uint32_t         rows = c->posting_at[code + 1] - c->posting_at[code];
    const uint64_t  *dense;

    if (slice->deleted && rows > words / WORDS_A_ROW) {
        dense = dense_rows(c, code);

        if (dense) {
            return aud_bits_count(aud_bits(dense), slice->deleted, words);
        }
    }

    return aud_live_rows(slice, c, code);
}


static const uint64_t *
dense_rows(const aud_column_t *c, uint32_t code)
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

    return lo < c->ndense && c->dense_codes[lo] == code
           ? c->dense + lo * AUD_WORDS(c->rows) : NULL;
}


/* Live rows of the code that have an earlier code which folds alike. */
static uint32_t
rows_counted(const aud_slice_t *slice, const aud_column_t *c, uint32_t code)
{
    size_t    first;
    uint32_t  i, j, n, other, row, counted = 0;

    for (i = c->posting_at[code]; i < c->posting_at[code + 1]; i++) {
        row = c->postings[i];

        if (slice->deleted && aud_bit(slice->deleted, row)) {
            continue;
        }

        n = aud_column_values(c, row, &first);

        for (j = 0; j < n; j++) {
            other = aud_column_code_plus_one(c, first + j) - 1;

            if (other < code && aud_value_alike(c, other, c, code)) {
                counted++;
                break;
            }
        }
    }

    return counted;
}


int
aud_value_alike(const aud_column_t *a, uint32_t code_a, const aud_column_t *b,
    uint32_t code_b)
{
    return (code_a < a->typed) == (code_b < b->typed)
           && aud_str_equal(aud_column_folded(a, code_a),
                            aud_column_folded(b, code_b));
}


static uint64_t
hash_of(const aud_column_t *c, uint32_t code)
{
    aud_str_t  folded = aud_column_folded(c, code);

    return XXH3_64bits(folded.data, folded.len);
}


/* NULL, with the free slot, where the value is not there. */
static aud_tally_value_t *
find(const aud_tally_t *t, uint64_t hash, const aud_column_t *c, uint32_t code,
    size_t *slot)
{
    size_t              i;
    aud_tally_value_t  *v;

    for (i = hash & (t->nslots - 1); t->slots[i];
         i = (i + 1) & (t->nslots - 1))
    {
        v = &t->values[t->slots[i] - 1];

        if (v->hash == hash && aud_value_alike(v->column, v->code, c, code)) {
            return v;
        }
    }

    *slot = i;

    return NULL;
}


/* New where column is NULL.  The caller sets column, by which the next look-up
 * compares. */
static aud_tally_value_t *
find_or_make(aud_tally_t *t, const aud_column_t *c, uint32_t code)
{
    size_t              slot;
    uint64_t            hash;
    aud_tally_value_t  *v;

    if (t->n == t->capacity && grow(t) != 0) {
        return NULL;
    }

    hash = hash_of(c, code);
    v = find(t, hash, c, code, &slot);

    if (v == NULL) {
        v = &t->values[t->n++];
        t->slots[slot] = t->n;
        *v = (aud_tally_value_t) { .hash = hash };
    }

    return v;
}


static int
grow(aud_tally_t *t)
{
    size_t              i, j, capacity, nslots;
    uint32_t           *slots;
    aud_tally_value_t  *values;

    capacity = t->capacity ? t->capacity * 2 : 256;
    nslots = capacity * 2;

    values = aud_realloc(t->values, capacity * sizeof(aud_tally_value_t));
    if (values == NULL) {
        return -1;
    }

    t->values = values;

    slots = aud_calloc(nslots, sizeof(uint32_t));
    if (slots == NULL) {
        return -1;
    }

    for (i = 0; i < t->n; i++) {
        j = values[i].hash & (nslots - 1);

        while (slots[j]) {
            j = (j + 1) & (nslots - 1);
        }

        slots[j] = i + 1;
    }

    aud_free(t->slots);
    t->slots = slots;
    t->nslots = nslots;
    t->capacity = capacity;

    return 0;
}


size_t
aud_tally_best(const aud_tally_t *t, const aud_tally_value_t **best,
    size_t limit)
{
    size_t                    i, j, n = 0;
    const aud_tally_value_t  *v;

    for (i = 0; i < t->n; i++) {
        v = &t->values[i];

        if (n == limit && (n == 0 || !stands_before(v, best[n - 1]))) {
            continue;
        }

        /* best has a place to spare for what falls off. */

        for (j = n; j && stands_before(v, best[j - 1]); j--) {
            best[j] = best[j - 1];
        }

        best[j] = v;
        n += n < limit;
    }

    return n;
}


/* What fits the type goes first where all else is equal. */
static int
stands_before(const aud_tally_value_t *a, const aud_tally_value_t *b)
{
    int  order;

    if (a->count != b->count) {
        return a->count > b->count;
    }

    order = aud_str_compare(aud_column_folded(a->column, a->code),
                            aud_column_folded(b->column, b->code));

    return order < 0 || (order == 0 && a->code < a->column->typed);
}
