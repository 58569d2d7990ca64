/*
 * GET /v1/fields/{name}/values: what a field holds, for a person to pick from.
 *
 * Values that fold alike ("São Paulo", "SAO PAULO") are one, as they are for
 * filters, shown in the form that most profiles have; but a value that fits the
 * field's type is never one with a value that does not.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "aud_eval.h"
#include "aud_filter_read.h"
#include "aud_live.h"
#include "aud_text.h"

#define LIMIT_MAX  1000


typedef struct {
    uint64_t             hash;          /* of the folded text */
    const aud_column_t  *column;        /* and its code that is shown */
    uint32_t             code;
    uint32_t             shown;         /* live rows of that */
    uint64_t             count;
    const aud_column_t  *last;          /* the column counted last */
} value_t;

typedef struct {
    value_t   *values;
    size_t     n;
    size_t     capacity;
    uint32_t  *slots;                   /* place in values + 1; 0: free */
    size_t     nslots;                  /* a power of two, 2 * capacity */
} tally_t;


static int      tally_slice(tally_t *t, const aud_slice_t *slice,
    const aud_column_t *c, aud_str_t q);
static int      tally_add(tally_t *t, const aud_slice_t *slice,
    const aud_column_t *c, uint32_t code, uint32_t live);
static uint32_t rows_counted(const aud_slice_t *slice, const aud_column_t *c,
    uint32_t code);
static int      alike(const aud_column_t *a, uint32_t code_a,
    const aud_column_t *b, uint32_t code_b);
static value_t *tally_find(tally_t *t, const aud_column_t *c, uint32_t code);
static int      tally_grow(tally_t *t);
static size_t   pick(const tally_t *t, aud_str_t q, const value_t **best,
    size_t limit);
static int      stands_before(const value_t *a, const value_t *b,
    aud_str_t q);
static int      begins(const value_t *v, aud_str_t q);
static void     values_json(const aud_field_t *f, const tally_t *t,
    const value_t **best, size_t n, aud_buffer_t *out);


int
aud_values_json(const aud_generation_t *g, aud_str_t field, aud_str_t q,
    size_t limit, aud_buffer_t *out, aud_problem_t *problem)
{
    int                  rc = -1;
    size_t               i;
    tally_t              t = { 0 };
    aud_buffer_t         folded = { 0 };
    const value_t      **best = NULL;
    const aud_field_t   *f;
    const aud_column_t  *c;

    f = aud_generation_field(g, field);
    if (f == NULL) {
        return aud_problem_set(problem, 404, "not-found", "Not found",
                               "There is no such field.");
    }

    if (limit > LIMIT_MAX) {
        limit = LIMIT_MAX;
    }

    aud_fold(&folded, q);
    best = aud_calloc(limit + 1, sizeof(value_t *));

    if (folded.failed || best == NULL) {
        goto done;
    }

    for (i = 0; i < g->nslices; i++) {
        c = aud_segment_column(g->slices[i].segment, f->name);

        if (c && tally_slice(&t, &g->slices[i], c, aud_buffer_str(&folded))
                 != 0)
        {
            goto done;
        }
    }

    limit = pick(&t, aud_buffer_str(&folded), best, limit);
    values_json(f, &t, best, limit, out);

    rc = out->failed ? -1 : 0;

done:

    if (rc != 0) {
        aud_filter_no_memory(problem);
    }

    aud_buffer_free(&folded);
    aud_free(best);
    aud_free(t.values);
    aud_free(t.slots);

    return rc;
}


static int
tally_slice(tally_t *t, const aud_slice_t *slice, const aud_column_t *c,
    aud_str_t q)
{
    uint32_t   code, live;
    aud_str_t  text;

    for (code = 0; code < c->distinct; code++) {
        text = aud_column_folded(c, code);

        if (q.len && memmem(text.data, text.len, q.data, q.len) == NULL) {
            continue;
        }

        live = aud_live_rows(slice, c, code);

        if (live && tally_add(t, slice, c, code, live) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
tally_add(tally_t *t, const aud_slice_t *slice, const aud_column_t *c,
    uint32_t code, uint32_t live)
{
    value_t  *v;

    v = tally_find(t, c, code);
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

            if (other < code && alike(c, other, c, code)) {
                counted++;
                break;
            }
        }
    }

    return counted;
}


static int
alike(const aud_column_t *a, uint32_t code_a, const aud_column_t *b,
    uint32_t code_b)
{
    return (code_a < a->typed) == (code_b < b->typed)
           && aud_str_equal(aud_column_folded(a, code_a),
                            aud_column_folded(b, code_b));
}


/* The value of a code; new where column is NULL.  The caller sets column, by
 * which the next look-up compares. */
static value_t *
tally_find(tally_t *t, const aud_column_t *c, uint32_t code)
{
    size_t     i;
    uint64_t   hash;
    value_t   *v;
    aud_str_t  folded = aud_column_folded(c, code);

    if (t->n == t->capacity && tally_grow(t) != 0) {
        return NULL;
    }

    hash = XXH3_64bits(folded.data, folded.len);

    for (i = hash & (t->nslots - 1); t->slots[i];
         i = (i + 1) & (t->nslots - 1))
    {
        v = &t->values[t->slots[i] - 1];

        if (v->hash == hash && alike(v->column, v->code, c, code)) {
            return v;
        }
    }

    v = &t->values[t->n++];
    t->slots[i] = t->n;

    *v = (value_t) { .hash = hash };

    return v;
}


static int
tally_grow(tally_t *t)
{
    size_t     i, j, capacity, nslots;
    value_t   *values;
    uint32_t  *slots;

    capacity = t->capacity ? t->capacity * 2 : 256;
    nslots = capacity * 2;

    values = aud_realloc(t->values, capacity * sizeof(value_t));
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


/* Fills best with at most limit values, in their order. */
static size_t
pick(const tally_t *t, aud_str_t q, const value_t **best, size_t limit)
{
    size_t          i, j, n = 0;
    const value_t  *v;

    for (i = 0; i < t->n; i++) {
        v = &t->values[i];

        if (n == limit && (n == 0 || !stands_before(v, best[n - 1], q))) {
            continue;
        }

        /* best has a place to spare for what falls off. */

        for (j = n; j && stands_before(v, best[j - 1], q); j--) {
            best[j] = best[j - 1];
        }

        best[j] = v;
        n += n < limit;
    }

    return n;
}


static int
stands_before(const value_t *a, const value_t *b, aud_str_t q)
{
    int  x = begins(a, q), y = begins(b, q);

    if (x != y) {
        return x;
    }

    if (a->count != b->count) {
        return a->count > b->count;
    }

    return aud_str_compare(aud_column_folded(a->column, a->code),
                           aud_column_folded(b->column, b->code)) < 0;
}


static int
begins(const value_t *v, aud_str_t q)
{
    aud_str_t  text = aud_column_folded(v->column, v->code);

    return text.len >= q.len
           && (q.len == 0 || memcmp(text.data, q.data, q.len) == 0);
}


static void
values_json(const aud_field_t *f, const tally_t *t, const value_t **best,
    size_t n, aud_buffer_t *out)
{
    size_t  i;

    aud_buffer_text(out, "{\"items\": [");

    for (i = 0; i < n; i++) {
        aud_buffer_text(out, i ? ",\n" : "");
        aud_buffer_text(out, "{\"value\": ");
        aud_buffer_json(out, aud_column_display(best[i]->column,
                                                best[i]->code));
        aud_buffer_printf(out, ", \"count\": %llu}",
                          (unsigned long long) best[i]->count);
    }

    aud_buffer_text(out, "], \"field\": ");
    aud_buffer_json(out, f->name);
    aud_buffer_printf(out, ", \"type\": \"%s\", \"distinct\": %zu}\n",
                      aud_type_name(f->type), t->n);
}
