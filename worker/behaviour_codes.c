/*
 * The category of every live profile in a field: each code of a segment is
 * looked up once, then the column of codes is walked.
 */

#include <math.h>

#include "aud_alloc.h"
#include "behaviour_field.h"


static int fill_slice(const behaviour_plan_t *plan, const aud_slice_t *slice,
    int64_t now, uint8_t *out);
static void fill_live(const aud_slice_t *slice, const uint8_t *categories,
    const aud_column_t *c, uint8_t *out);
static uint8_t first_category(const aud_column_t *c, uint32_t row,
    const uint8_t *categories);
static void count(behaviour_t *b, uint32_t rows);
static void take_out_empty(behaviour_plan_t *plan, uint32_t rows);


int
behaviour_plan_fill(behaviour_plan_t *plan, const aud_generation_t *g,
    int64_t now)
{
    size_t    i;
    uint8_t  *out;

    out = aud_malloc(g->profiles + 1);
    if (out == NULL) {
        return -1;
    }

    plan->behaviour.codes = out;

    for (i = 0; i < g->nslices; i++) {
        if (fill_slice(plan, &g->slices[i], now, out) != 0) {
            return -1;
        }

        out += g->slices[i].live;
    }

    count(&plan->behaviour, g->profiles);
    take_out_empty(plan, g->profiles);

    return 0;
}


static int
fill_slice(const behaviour_plan_t *plan, const aud_slice_t *slice, int64_t now,
    uint8_t *out)
{
    uint8_t             *categories;
    uint32_t             code;
    const aud_column_t  *c;

    c = aud_segment_column(slice->segment, plan->behaviour.name);

    if (c == NULL) {
        memset(out, BEHAVIOUR_MISSING, slice->live);
        return 0;
    }

    categories = aud_malloc((size_t) c->distinct + 1);
    if (categories == NULL) {
        return -1;
    }

    categories[0] = BEHAVIOUR_MISSING;

    for (code = 0; code < c->distinct; code++) {
        categories[code + 1] = behaviour_plan_category(plan, c, code, now);
    }

    fill_live(slice, categories, c, out);
    aud_free(categories);

    return 0;
}


static void
fill_live(const aud_slice_t *slice, const uint8_t *categories,
    const aud_column_t *c, uint8_t *out)
{
    uint32_t         row;
    const uint8_t   *narrow = c->codes;
    const uint16_t  *wide = c->codes;

    if (c->code_at || slice->deleted) {
        for (row = 0; row < c->rows; row++) {
            if (slice->deleted == NULL || !aud_bit(slice->deleted, row)) {
                *out++ = first_category(c, row, categories);
            }
        }

    } else if (c->code_width == 1) {
        for (row = 0; row < c->rows; row++) {
            out[row] = categories[narrow[row]];
        }

    } else if (c->code_width == 2) {
        for (row = 0; row < c->rows; row++) {
            out[row] = categories[wide[row]];
        }

    } else {
        for (row = 0; row < c->rows; row++) {
            out[row] = categories[aud_column_code_plus_one(c, row)];
        }
    }
}


static uint8_t
first_category(const aud_column_t *c, uint32_t row, const uint8_t *categories)
{
    size_t    at;
    uint8_t   category, first = BEHAVIOUR_MISSING;
    uint32_t  n;

    for (n = aud_column_values(c, row, &at); n; n--, at++) {
        category = categories[aud_column_code_plus_one(c, at)];

        if (category < first) {
            first = category;
        }
    }

    return first;
}


static void
count(behaviour_t *b, uint32_t rows)
{
    uint32_t  i, counts[2][BEHAVIOUR_MISSING + 1] = { { 0 } };

    for (i = 0; i + 1 < rows; i += 2) {
        counts[0][b->codes[i]]++;
        counts[1][b->codes[i + 1]]++;
    }

    if (i < rows) {
        counts[0][b->codes[i]]++;
    }

    b->filled = 0;

    for (i = 0; i < b->ncategories; i++) {
        b->categories[i].count = counts[0][i] + counts[1][i];
        b->filled += b->categories[i].count;
    }
}


static void
take_out_empty(behaviour_plan_t *plan, uint32_t rows)
{
    uint8_t       now[BEHAVIOUR_MISSING + 1];
    uint32_t      i, n = 0;
    behaviour_t  *b = &plan->behaviour;

    memset(now, BEHAVIOUR_MISSING, sizeof(now));

    for (i = 0; i < b->ncategories; i++) {
        if (b->categories[i].count) {
            now[i] = n;
            b->categories[n++] = b->categories[i];
        }
    }

    if (n < b->ncategories) {
        for (i = 0; i < rows; i++) {
            b->codes[i] = now[b->codes[i]];
        }

        b->ncategories = n;
    }

    if (n < 2) {
        plan->left_out = 1;
        plan->reason = BEHAVIOUR_NEARLY_ONE_VALUE;
    }
}


double
behaviour_plan_bits(const behaviour_plan_t *plan)
{
    double              bits = 0, count;
    uint32_t            i;
    const behaviour_t  *b = &plan->behaviour;

    for (i = 0; i < b->ncategories; i++) {
        count = b->categories[i].count;
        bits += count ? count * log2(b->filled / count) : 0;
    }

    return bits;
}
