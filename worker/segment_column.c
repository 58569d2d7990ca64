#include "aud_alloc.h"
#include "segment_aids.h"
#include "segment_column.h"

/* What a column's sections hold, all by final code. */
struct segment_column_built_s {
    aud_column_record_t   record;
    uint32_t              rows;
    uint32_t              n;            /* values */
    uint32_t             *value_rows;   /* the column's */
    uint32_t             *value_codes;
    void                 *codes;        /* as the file has them */
    size_t                ncodes;
    uint32_t             *code_at;      /* NULL unless multi */
    sorted_dictionary_t   dictionary;
    uint64_t             *present;
    uint32_t              filled;
    uint32_t             *posting_at;
    uint32_t             *postings;
    uint32_t             *dense_codes;
    uint64_t             *dense;
    segment_aids_t        aids;
};

typedef segment_column_built_t  layout_t;

static int   sort(segment_column_t *c, sorted_dictionary_t *sorted);
static int   remap(segment_column_t *c, const sorted_dictionary_t *sorted);
static void  order_row_values(segment_column_t *c);
static int   lay_out(layout_t *l);
static int   build_aids(layout_t *l);
static void  mark_present(layout_t *l);
static void  collect_postings(layout_t *l);
static void  choose_dense(layout_t *l);
static void  fill_codes(layout_t *l);
static void  fill_code_at(layout_t *l);
static void  fill_dense(layout_t *l);
static int   put_dictionary(const layout_t *l, segment_file_t *f,
    aud_error_t *err);


int
segment_column_add(segment_column_t *c, uint32_t row, uint32_t code)
{
    uint32_t  *p, capacity;

    if (c->n && c->rows[c->n - 1] == row && !c->field.multi) {
        return -1;
    }

    if (c->n == c->capacity) {

        if (c->n > UINT32_MAX / 2) {
            return -1;
        }

        capacity = c->n < 64 ? 64 : c->n * 2;
        p = aud_realloc(c->rows, (size_t) capacity * sizeof(uint32_t));

        if (p == NULL) {
            return -1;
        }

        c->rows = p;
        p = aud_realloc(c->codes, (size_t) capacity * sizeof(uint32_t));

        if (p == NULL) {
            return -1;
        }

        c->codes = p;
        c->capacity = capacity;
    }

    c->rows[c->n] = row;
    c->codes[c->n++] = code;

    return 0;
}


void
segment_column_free(segment_column_t *c)
{
    if (!c->borrowed) {
        dictionary_free(&c->dictionary);
    }

    aud_free(c->rows);
    aud_free(c->codes);
    c->rows = NULL;
    c->codes = NULL;
}


int
segment_column_write(segment_column_t *c, segment_file_t *f, uint32_t rows,
    aud_column_record_t *record, aud_error_t *err)
{
    int                      rc;
    segment_column_built_t  *built;

    built = segment_column_build(c, rows);
    rc = built ? segment_column_put(built, f, record, err)
               : aud_error_set(err, "memory is out");
    segment_column_built_free(built);

    return rc;
}


segment_column_built_t *
segment_column_build(segment_column_t *c, uint32_t rows)
{
    layout_t             *l;
    aud_column_record_t  *record;

    l = aud_calloc(1, sizeof(layout_t));

    if (l == NULL) {
        return NULL;
    }

    l->rows = rows;

    if (sort(c, &l->dictionary) != 0 || remap(c, &l->dictionary) != 0) {
        goto no_memory;
    }

    if (!c->borrowed) {
        dictionary_free(&c->dictionary);
    }

    if (c->field.multi) {
        order_row_values(c);
    }

    l->n = c->n;
    l->value_rows = c->rows;
    l->value_codes = c->codes;
    c->rows = NULL;
    c->codes = NULL;

    record = &l->record;
    record->type = c->field.type;
    record->kind = c->field.kind;
    record->multi = c->field.multi;
    record->distinct = l->dictionary.n;
    record->typed = l->dictionary.typed;
    record->code_width = l->dictionary.n <= UINT8_MAX ? 1
                         : l->dictionary.n <= UINT16_MAX ? 2 : 4;

    if (lay_out(l) != 0 || build_aids(l) != 0) {
        goto no_memory;
    }

    record->filled = l->filled;

    return l;

no_memory:

    segment_column_built_free(l);

    return NULL;
}


void
segment_column_built_free(segment_column_built_t *l)
{
    if (l == NULL) {
        return;
    }

    sorted_dictionary_free(&l->dictionary);
    aud_free(l->value_rows);
    aud_free(l->value_codes);
    aud_free(l->codes);
    aud_free(l->code_at);
    aud_free(l->present);
    aud_free(l->posting_at);
    aud_free(l->postings);
    aud_free(l->dense_codes);
    aud_free(l->dense);
    segment_aids_free(&l->aids);
    aud_free(l);
}


/* A dictionary that others fill may hold texts that no row has. */
static int
sort(segment_column_t *c, sorted_dictionary_t *sorted)
{
    int        rc;
    uint32_t   i;
    uint8_t   *used;

    if (!c->borrowed) {
        return dictionary_sort(&c->dictionary, c->field.type, NULL, sorted);
    }

    used = aud_calloc((size_t) c->dictionary.n + 1, 1);

    if (used == NULL) {
        return -1;
    }

    for (i = 0; i < c->n; i++) {
        used[c->codes[i]] = 1;
    }

    rc = dictionary_sort(&c->dictionary, c->field.type, used, sorted);
    aud_free(used);

    return rc;
}


/* Temporary codes become places in the sorted dictionary. */
static int
remap(segment_column_t *c, const sorted_dictionary_t *sorted)
{
    uint32_t  i, n, *place, *codes;

    place = aud_calloc((size_t) c->dictionary.n + 1, sizeof(uint32_t));

    if (place == NULL) {
        return -1;
    }

    for (i = 0; i < sorted->n; i++) {
        place[sorted->order[i]] = i;
    }

    for (i = 0, n = c->n, codes = c->codes; i < n; i++) {
        codes[i] = place[codes[i]];
    }

    aud_free(place);
    return 0;
}


/* Within each row codes ascend, each once: a set has one form.  Rows have few
 * values: insertion sort. */
static void
order_row_values(segment_column_t *c)
{
    uint32_t  from, to, i, first, kept, row, code;

    kept = 0;

    for (from = 0; from < c->n; from = to) {
        first = kept;
        row = c->rows[from];

        for (to = from; to < c->n && c->rows[to] == row; to++) {
            code = c->codes[to];

            for (i = kept; i > first && c->codes[i - 1] > code; i--) {
                /* void */
            }

            if (i > first && c->codes[i - 1] == code) {
                continue;
            }

            memmove(c->codes + i + 1, c->codes + i,
                    (kept - i) * sizeof(uint32_t));
            c->codes[i] = code;
            c->rows[kept++] = row;
        }
    }

    c->n = kept;
}


static int
lay_out(layout_t *l)
{
    size_t  ndistinct = l->dictionary.n;

    l->ncodes = l->record.multi ? l->n : l->rows;
    l->present = aud_calloc(AUD_WORDS(l->rows) + 1, sizeof(uint64_t));
    l->codes = aud_calloc(l->ncodes + 1, l->record.code_width);
    l->posting_at = aud_calloc(ndistinct + 2, sizeof(uint32_t));
    l->postings = aud_calloc((size_t) l->n + 1, sizeof(uint32_t));
    l->dense_codes = aud_calloc(ndistinct + 1, sizeof(uint32_t));

    if (l->present == NULL || l->codes == NULL || l->posting_at == NULL
        || l->postings == NULL || l->dense_codes == NULL)
    {
        return -1;
    }

    if (l->record.multi) {
        l->code_at = aud_calloc((size_t) l->rows + 1, sizeof(uint32_t));

        if (l->code_at == NULL) {
            return -1;
        }

        fill_code_at(l);
    }

    mark_present(l);
    fill_codes(l);
    collect_postings(l);
    choose_dense(l);

    l->dense = aud_calloc((size_t) l->record.ndense * AUD_WORDS(l->rows) + 1,
                          sizeof(uint64_t));

    if (l->dense == NULL) {
        return -1;
    }

    fill_dense(l);

    return 0;
}


static int
build_aids(layout_t *l)
{
    segment_values_t  values;

    values.dictionary = &l->dictionary;
    values.rows = l->rows;
    values.n = l->n;
    values.value_rows = l->value_rows;
    values.value_codes = l->value_codes;

    l->aids.rows = l->rows;

    if (l->record.type == AUD_TYPE_TEXT) {
        return segment_aids_build(&values, &l->aids);
    }

    return l->record.multi ? 0 : segment_below_build(&values, &l->aids);
}


static void
mark_present(layout_t *l)
{
    uint32_t         i, row, last, filled, n = l->n;
    uint64_t        *present = l->present;
    const uint32_t  *rows = l->value_rows;

    for (i = 0, filled = 0, last = UINT32_MAX; i < n; i++) {
        row = rows[i];
        present[row >> 6] |= (uint64_t) 1 << (row & 63);
        filled += row != last;
        last = row;
    }

    l->filled = filled;
}


/* Counting sort by code.  Rows come in ascending order, and so they stay. */
static void
collect_postings(layout_t *l)
{
    uint32_t         i, *at, *postings = l->postings, n = l->n;
    const uint32_t  *codes = l->value_codes, *rows = l->value_rows;

    at = l->posting_at;

    for (i = 0; i < n; i++) {
        at[codes[i] + 2]++;
    }

    for (i = 2; i < l->dictionary.n + 2; i++) {
        at[i] += at[i - 1];
    }

    /* at[code + 1] walks from the start of its code to the end. */
    for (i = 0; i < n; i++) {
        postings[at[codes[i] + 1]++] = rows[i];
    }
}


static void
choose_dense(layout_t *l)
{
    uint32_t  code;
    uint64_t  count;

    for (code = 0; code < l->dictionary.n; code++) {
        count = l->posting_at[code + 1] - l->posting_at[code];

        if (count * SEGMENT_DENSE >= l->rows) {
            l->dense_codes[l->record.ndense++] = code;
        }
    }
}


static void
fill_codes(layout_t *l)
{
    uint32_t         i, n = l->n;
    const uint32_t  *from = l->value_codes, *at = l->value_rows;

    /* of several values: one after the other */

    if (l->record.multi) {
        at = NULL;
    }

    switch (l->record.code_width) {

    case 1:
        for (i = 0; i < n; i++) {
            ((uint8_t *) l->codes)[at ? at[i] : i] = from[i] + 1;
        }

        break;

    case 2:
        for (i = 0; i < n; i++) {
            ((uint16_t *) l->codes)[at ? at[i] : i] = from[i] + 1;
        }

        break;

    default:
        for (i = 0; i < n; i++) {
            ((uint32_t *) l->codes)[at ? at[i] : i] = from[i] + 1;
        }
    }
}


static void
fill_code_at(layout_t *l)
{
    uint32_t  row, i;

    i = 0;

    for (row = 0; row < l->rows; row++) {
        l->code_at[row] = i;

        while (i < l->n && l->value_rows[i] == row) {
            i++;
        }
    }

    l->code_at[l->rows] = i;
}


static void
fill_dense(layout_t *l)
{
    uint32_t   i, j, code, row;
    uint64_t  *bits;

    for (i = 0; i < l->record.ndense; i++) {
        code = l->dense_codes[i];
        bits = l->dense + i * AUD_WORDS(l->rows);

        for (j = l->posting_at[code]; j < l->posting_at[code + 1]; j++) {
            row = l->postings[j];
            bits[row >> 6] |= (uint64_t) 1 << (row & 63);
        }
    }
}


int
segment_column_put(const segment_column_built_t *l, segment_file_t *f,
    aud_column_record_t *record, aud_error_t *err)
{
    uint64_t  words, ndense;

    *record = l->record;
    words = AUD_WORDS(l->rows) * sizeof(uint64_t);
    ndense = l->record.ndense;

    if (segment_file_section(f, l->present, words, err) != 0
        || put_dictionary(l, f, err) != 0
        || segment_file_section(f, l->codes,
                                (uint64_t) l->ncodes * l->record.code_width,
                                err) != 0
        || segment_file_section(f, l->code_at,
                                l->code_at ? ((uint64_t) l->rows + 1)
                                             * sizeof(uint32_t)
                                           : 0, err) != 0
        || segment_file_section(f, l->posting_at,
                                ((uint64_t) l->dictionary.n + 1)
                                * sizeof(uint32_t), err) != 0
        || segment_file_section(f, l->postings,
                                (uint64_t) l->n * sizeof(uint32_t), err) != 0)
    {
        return -1;
    }

    if (segment_file_section(f, l->dense_codes, ndense * sizeof(uint32_t),
                             err) != 0)
    {
        return -1;
    }

    if (segment_file_section(f, l->dense, ndense * words, err) != 0) {
        return -1;
    }

    return segment_aids_put(&l->aids, f, err);
}


static int
put_dictionary(const layout_t *l, segment_file_t *f, aud_error_t *err)
{
    uint64_t                    offsets;
    const sorted_dictionary_t  *d = &l->dictionary;

    offsets = ((uint64_t) d->n + 1) * sizeof(uint32_t);

    if (segment_file_section(f, d->values,
                             (uint64_t) d->typed * sizeof(uint64_t), err) != 0
        || segment_file_section(f, d->display_at, offsets, err) != 0
        || segment_file_section(f, d->display.data, d->display.len, err) != 0)
    {
        return -1;
    }

    if (d->folded_at == NULL) {
        offsets = 0;
    }

    if (segment_file_section(f, d->folded_at, offsets, err) != 0) {
        return -1;
    }

    return segment_file_section(f, d->folded.data, d->folded.len, err);
}
