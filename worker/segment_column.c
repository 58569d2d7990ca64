#include "aud_alloc.h"
#include "segment_column.h"

/* What a column's sections are made from, all by final code. */
typedef struct {
    uint32_t              rows;
    uint32_t              n;            /* values */
    const uint32_t       *value_rows;
    const uint32_t       *codes;
    sorted_dictionary_t   dictionary;
    uint64_t             *present;
    uint32_t              filled;
    uint32_t             *posting_at;
    uint32_t             *postings;
    uint32_t             *dense_codes;
    uint32_t              ndense;
} layout_t;

static int   remap(segment_column_t *c, const sorted_dictionary_t *sorted);
static void  order_row_values(segment_column_t *c);
static int   lay_out(layout_t *l);
static void  mark_present(layout_t *l);
static void  collect_postings(layout_t *l);
static void  choose_dense(layout_t *l);
static int   write_column(const layout_t *l,
    const aud_column_record_t *record, segment_file_t *f, aud_error_t *err);
static int   write_dictionary(const layout_t *l, segment_file_t *f,
    aud_error_t *err);
static int   write_codes(const layout_t *l, int multi, unsigned width,
    segment_file_t *f, aud_error_t *err);
static int   write_code_at(const layout_t *l, segment_file_t *f,
    aud_error_t *err);
static int   write_dense(const layout_t *l, segment_file_t *f,
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
    dictionary_free(&c->dictionary);
    aud_free(c->rows);
    aud_free(c->codes);
    c->rows = NULL;
    c->codes = NULL;
}


int
segment_column_write(segment_column_t *c, segment_file_t *f, uint32_t rows,
    aud_column_record_t *record, aud_error_t *err)
{
    int       rc;
    layout_t  l = { .rows = rows };

    rc = -1;

    if (dictionary_sort(&c->dictionary, c->field.type, &l.dictionary) != 0
        || remap(c, &l.dictionary) != 0)
    {
        aud_error_set(err, "memory is out");
        goto done;
    }

    dictionary_free(&c->dictionary);

    if (c->field.multi) {
        order_row_values(c);
    }

    l.n = c->n;
    l.value_rows = c->rows;
    l.codes = c->codes;

    if (lay_out(&l) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    record->type = c->field.type;
    record->kind = c->field.kind;
    record->multi = c->field.multi;
    record->filled = l.filled;
    record->distinct = l.dictionary.n;
    record->typed = l.dictionary.typed;
    record->ndense = l.ndense;
    record->code_width = l.dictionary.n <= UINT8_MAX ? 1
                         : l.dictionary.n <= UINT16_MAX ? 2 : 4;

    rc = write_column(&l, record, f, err);

done:

    sorted_dictionary_free(&l.dictionary);
    aud_free(l.present);
    aud_free(l.posting_at);
    aud_free(l.postings);
    aud_free(l.dense_codes);

    return rc;
}


/* Temporary codes become places in the sorted dictionary. */
static int
remap(segment_column_t *c, const sorted_dictionary_t *sorted)
{
    uint32_t  i, *place;

    place = aud_calloc((size_t) sorted->n + 1, sizeof(uint32_t));

    if (place == NULL) {
        return -1;
    }

    for (i = 0; i < sorted->n; i++) {
        place[sorted->order[i]] = i;
    }

    for (i = 0; i < c->n; i++) {
        c->codes[i] = place[c->codes[i]];
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
    l->present = aud_calloc(AUD_WORDS(l->rows) + 1, sizeof(uint64_t));
    l->posting_at = aud_calloc((size_t) l->dictionary.n + 2, sizeof(uint32_t));
    l->postings = aud_calloc((size_t) l->n + 1, sizeof(uint32_t));
    l->dense_codes = aud_calloc((size_t) l->dictionary.n + 1,
                                sizeof(uint32_t));

    if (l->present == NULL || l->posting_at == NULL || l->postings == NULL
        || l->dense_codes == NULL)
    {
        return -1;
    }

    mark_present(l);
    collect_postings(l);
    choose_dense(l);

    return 0;
}


static void
mark_present(layout_t *l)
{
    uint32_t  i, row;

    for (i = 0; i < l->n; i++) {
        row = l->value_rows[i];

        if (i == 0 || row != l->value_rows[i - 1]) {
            l->present[row >> 6] |= (uint64_t) 1 << (row & 63);
            l->filled++;
        }
    }
}


/* Counting sort by code.  Rows come in ascending order, and so they stay. */
static void
collect_postings(layout_t *l)
{
    uint32_t  i, *at;

    at = l->posting_at;

    for (i = 0; i < l->n; i++) {
        at[l->codes[i] + 2]++;
    }

    for (i = 2; i < l->dictionary.n + 2; i++) {
        at[i] += at[i - 1];
    }

    /* at[code + 1] walks from the start of its code to the end. */
    for (i = 0; i < l->n; i++) {
        l->postings[at[l->codes[i] + 1]++] = l->value_rows[i];
    }
}


static void
choose_dense(layout_t *l)
{
    uint32_t  code;
    uint64_t  count;

    for (code = 0; code < l->dictionary.n; code++) {
        count = l->posting_at[code + 1] - l->posting_at[code];

        if (count * 32 >= l->rows) {
            l->dense_codes[l->ndense++] = code;
        }
    }
}


static int
write_column(const layout_t *l, const aud_column_record_t *record,
    segment_file_t *f, aud_error_t *err)
{
    if (segment_file_section(f, l->present,
                             AUD_WORDS(l->rows) * sizeof(uint64_t), err) != 0
        || write_dictionary(l, f, err) != 0
        || write_codes(l, record->multi, record->code_width, f, err) != 0
        || segment_file_section(f, l->posting_at,
                                ((uint64_t) l->dictionary.n + 1)
                                * sizeof(uint32_t), err) != 0
        || segment_file_section(f, l->postings,
                                (uint64_t) l->n * sizeof(uint32_t), err) != 0)
    {
        return -1;
    }

    return write_dense(l, f, err);
}


static int
write_dictionary(const layout_t *l, segment_file_t *f, aud_error_t *err)
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


static int
write_codes(const layout_t *l, int multi, unsigned width, segment_file_t *f,
    aud_error_t *err)
{
    int        rc;
    size_t     n, at;
    uint32_t   i;
    void      *codes;

    n = multi ? l->n : l->rows;
    codes = aud_calloc(n + 1, width);

    if (codes == NULL) {
        return aud_error_set(err, "memory is out");
    }

    for (i = 0; i < l->n; i++) {
        at = multi ? i : l->value_rows[i];

        switch (width) {
        case 1:
            ((uint8_t *) codes)[at] = l->codes[i] + 1;
            break;
        case 2:
            ((uint16_t *) codes)[at] = l->codes[i] + 1;
            break;
        default:
            ((uint32_t *) codes)[at] = l->codes[i] + 1;
        }
    }

    rc = segment_file_section(f, codes, (uint64_t) n * width, err);
    aud_free(codes);

    if (rc != 0) {
        return -1;
    }

    return multi ? write_code_at(l, f, err)
                 : segment_file_section(f, NULL, 0, err);
}


static int
write_code_at(const layout_t *l, segment_file_t *f, aud_error_t *err)
{
    int        rc;
    uint32_t   row, i, *at;

    at = aud_calloc((size_t) l->rows + 1, sizeof(uint32_t));

    if (at == NULL) {
        return aud_error_set(err, "memory is out");
    }

    i = 0;

    for (row = 0; row < l->rows; row++) {
        at[row] = i;

        while (i < l->n && l->value_rows[i] == row) {
            i++;
        }
    }

    at[l->rows] = i;

    rc = segment_file_section(f, at, ((uint64_t) l->rows + 1)
                                     * sizeof(uint32_t), err);
    aud_free(at);

    return rc;
}


static int
write_dense(const layout_t *l, segment_file_t *f, aud_error_t *err)
{
    int        rc;
    size_t     words;
    uint32_t   i, j, code, row;
    uint64_t  *bits;

    words = AUD_WORDS(l->rows);
    bits = aud_calloc((size_t) l->ndense * words + 1, sizeof(uint64_t));

    if (bits == NULL) {
        return aud_error_set(err, "memory is out");
    }

    for (i = 0; i < l->ndense; i++) {
        code = l->dense_codes[i];

        for (j = l->posting_at[code]; j < l->posting_at[code + 1]; j++) {
            row = l->postings[j];
            bits[i * words + (row >> 6)] |= (uint64_t) 1 << (row & 63);
        }
    }

    rc = segment_file_section(f, l->dense_codes,
                              (uint64_t) l->ndense * sizeof(uint32_t), err);

    if (rc == 0) {
        rc = segment_file_section(f, bits, (uint64_t) l->ndense * words
                                           * sizeof(uint64_t), err);
    }

    aud_free(bits);
    return rc;
}
