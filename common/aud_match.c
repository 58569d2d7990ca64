/*
 * Evaluating a plan, slice by slice, on bitmaps of all rows; those that are
 * struck out are taken away at the end.
 */

#include <string.h>

#include "aud_plan.h"
#include "aud_words.h"

/* Groups within groups, through every audience on the way. */
#define DEPTH_MAX  ((AUD_FILTER_MAX_DEPTH + 2) * (AUD_PLAN_MAX_NESTED + 2))


typedef struct {
    aud_plan_t           *plan;
    size_t                slice;
    const aud_segment_t  *segment;
    size_t                words;
    const uint64_t       *nobody;
    uint64_t             *buffers[DEPTH_MAX];   /* one for each depth */
} matcher_t;


static int  match_slice(matcher_t *m, const uint64_t *deleted, uint64_t *out);
static uint64_t *buffer_at(matcher_t *m, unsigned depth);
static const uint64_t *match_node(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_positive(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_all(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_any(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_condition(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_audience(matcher_t *m, aud_plan_audience_t *a,
    unsigned depth);
static void match_members(matcher_t *m, const aud_audience_t *saved,
    uint64_t *out);
static void order_children(matcher_t *m, aud_bound_t *b);
static void estimate(matcher_t *m, aud_bound_t *b);
static void estimate_group(matcher_t *m, aud_bound_t *b);
static uint64_t condition_rows(matcher_t *m, aud_bound_t *b);
static uint64_t audience_rows(matcher_t *m, aud_plan_audience_t *a);


int
aud_plan_run(aud_plan_t *plan)
{
    uint64_t                *out;
    matcher_t                m = { .plan = plan };
    const aud_slice_t       *slice;
    const aud_generation_t  *g = plan->generation;

    plan->rows = aud_arena_calloc(&plan->arena, g->nslices,
                                  sizeof(uint64_t *));
    plan->cursors = aud_arena_calloc(&plan->arena, g->nslices,
                                     sizeof(aud_cursor_t));
    m.nobody = aud_arena_calloc(&plan->arena, plan->max_words,
                                sizeof(uint64_t));

    if (plan->rows == NULL || plan->cursors == NULL || m.nobody == NULL) {
        return -1;
    }

    for (m.slice = 0; m.slice < g->nslices; m.slice++) {
        slice = &g->slices[m.slice];
        m.segment = slice->segment;
        m.words = AUD_WORDS(slice->segment->rows);

        out = aud_arena_alloc(&plan->arena, m.words, sizeof(uint64_t));
        if (out == NULL || match_slice(&m, slice->deleted, out) != 0) {
            return -1;
        }

        plan->rows[m.slice] = out;
        plan->count += aud_words_count(out, m.words);
    }

    return 0;
}


static int
match_slice(matcher_t *m, const uint64_t *deleted, uint64_t *out)
{
    const uint64_t  *rows = out;

    if (m->plan->root == NULL) {
        aud_words_all(out, m->segment->rows);

    } else {
        estimate(m, m->plan->root);

        rows = match_node(m, m->plan->root, 0);
        if (rows == NULL) {
            return -1;
        }
    }

    if (deleted) {
        (void) aud_words_andnot(out, rows, deleted, m->words);

    } else if (rows != out) {
        memcpy(out, rows, m->words * sizeof(uint64_t));
    }

    return 0;
}


uint64_t
aud_plan_count(const aud_plan_t *plan)
{
    return plan->count;
}


const uint64_t *
aud_plan_rows(const aud_plan_t *plan, size_t slice)
{
    return plan->rows[slice];
}


/* NULL where memory is out. */
static uint64_t *
buffer_at(matcher_t *m, unsigned depth)
{
    if (m->buffers[depth] == NULL) {
        m->buffers[depth] = aud_arena_alloc(&m->plan->arena,
                                            m->plan->max_words,
                                            sizeof(uint64_t));
    }

    return m->buffers[depth];
}


/*
 * The rows of a node: in the buffer of its depth, or in memory that is not to
 * be written, until that buffer is used again.  Buffers of greater depth are
 * free for it.  NULL where memory is out.
 */
static const uint64_t *
match_node(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    uint64_t        *out;
    const uint64_t  *rows;

    rows = match_positive(m, b, depth);

    if (rows == NULL || !b->negated) {
        return rows;
    }

    out = buffer_at(m, depth);
    if (out == NULL) {
        return NULL;
    }

    aud_words_not(out, rows, m->segment->rows);

    return out;
}


/* The same, a negated leaf as if it were not. */
static const uint64_t *
match_positive(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    switch (b->kind) {

    case AUD_BOUND_ALL:
        return match_all(m, b, depth);

    case AUD_BOUND_ANY:
        return match_any(m, b, depth);

    case AUD_BOUND_CONDITION:
        return match_condition(m, b, depth);

    default:
        return match_audience(m, b->audience, depth);
    }
}


/* From the rarest on, until nobody is left. */
static const uint64_t *
match_all(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    int              left = 1;
    uint32_t         i;
    uint64_t        *out;
    const uint64_t  *rows, *next;

    out = buffer_at(m, depth);
    if (out == NULL) {
        return NULL;
    }

    if (b->nchildren == 0) {
        aud_words_all(out, m->segment->rows);
        return out;
    }

    order_children(m, b);
    rows = match_node(m, b->children[0], depth);

    for (i = 1; rows && left && i < b->nchildren; i++) {

        next = match_positive(m, b->children[i], depth + 1);
        if (next == NULL) {
            return NULL;
        }

        left = b->children[i]->negated
               ? aud_words_andnot(out, rows, next, m->words)
               : aud_words_and(out, rows, next, m->words);
        rows = out;
    }

    return rows;
}


static const uint64_t *
match_any(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    uint32_t         i;
    uint64_t        *out;
    const uint64_t  *rows, *next;

    if (b->nchildren == 0) {
        return m->nobody;
    }

    out = buffer_at(m, depth);
    if (out == NULL) {
        return NULL;
    }

    rows = match_node(m, b->children[0], depth);

    for (i = 1; rows && i < b->nchildren; i++) {

        next = match_node(m, b->children[i], depth + 1);
        if (next == NULL) {
            return NULL;
        }

        aud_words_or(out, rows, next, m->words);
        rows = out;
    }

    return rows;
}


static const uint64_t *
match_condition(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    uint64_t            *out;
    aud_codes_t         *codes;
    const aud_column_t  *c;

    c = aud_plan_column(m->plan, b, m->slice);
    if (c == NULL || c->distinct == 0) {
        return m->nobody;
    }

    codes = aud_plan_codes(m->plan, b, c, m->slice);
    if (codes == NULL) {
        return NULL;
    }

    if (codes->nruns == 0) {
        return m->nobody;
    }

    out = buffer_at(m, depth);

    return out ? aud_codes_rows(codes, c, out) : NULL;
}


static const uint64_t *
match_audience(matcher_t *m, aud_plan_audience_t *a, unsigned depth)
{
    uint64_t        *out;
    const uint64_t  *rows;

    if (a == NULL) {
        return m->nobody;
    }

    if (a->words_slice == m->slice + 1) {
        return a->words;
    }

    if (a->root) {
        rows = match_node(m, a->root, depth);

    } else {
        out = buffer_at(m, depth);
        if (out) {
            match_members(m, a->saved, out);
        }

        rows = out;
    }

    if (rows == NULL || a->uses == 1) {
        return rows;
    }

    if (a->words == NULL) {
        a->words = aud_arena_alloc(&m->plan->arena, m->plan->max_words,
                                   sizeof(uint64_t));
        if (a->words == NULL) {
            return NULL;
        }
    }

    memcpy(a->words, rows, m->words * sizeof(uint64_t));
    a->words_slice = m->slice + 1;

    return a->words;
}


static void
match_members(matcher_t *m, const aud_audience_t *saved, uint64_t *out)
{
    uint32_t              i, row = 0;
    const aud_segment_t  *s = m->segment;

    memset(out, 0, m->words * sizeof(uint64_t));

    for (i = 0; i < saved->nmembers; i++) {

        row = aud_plan_row_from(s, &saved->members[i], row);
        if (row == s->rows) {
            break;
        }

        if (aud_uuid_compare(&s->profiles[row], &saved->members[i]) == 0) {
            out[row / 64] |= UINT64_C(1) << (row % 64);
        }
    }
}


/* By insertion: there are few, and mostly in order already. */
static void
order_children(matcher_t *m, aud_bound_t *b)
{
    uint32_t      i, j;
    aud_bound_t  *child;

    for (i = 1; i < b->nchildren; i++) {
        child = b->children[i];

        for (j = i; j && b->children[j - 1]->estimate > child->estimate; j--) {
            b->children[j] = b->children[j - 1];
        }

        b->children[j] = child;
    }
}


static void
estimate(matcher_t *m, aud_bound_t *b)
{
    uint64_t  rows = m->segment->rows;

    switch (b->kind) {

    case AUD_BOUND_ALL:
    case AUD_BOUND_ANY:
        estimate_group(m, b);
        break;

    case AUD_BOUND_CONDITION:
        b->estimate = condition_rows(m, b);
        break;

    default:
        b->estimate = b->audience ? audience_rows(m, b->audience) : 0;
    }

    if (b->estimate > rows) {
        b->estimate = rows;
    }

    if (b->negated) {
        b->estimate = rows - b->estimate;
    }
}


static void
estimate_group(matcher_t *m, aud_bound_t *b)
{
    uint32_t  i;
    uint64_t  sum = 0, least = m->segment->rows;

    for (i = 0; i < b->nchildren; i++) {
        estimate(m, b->children[i]);

        sum += b->children[i]->estimate;

        if (b->children[i]->estimate < least) {
            least = b->children[i]->estimate;
        }
    }

    b->estimate = b->kind == AUD_BOUND_ALL ? least : sum;
}


/* One that takes reading all texts stands last: with luck it is not needed. */
static uint64_t
condition_rows(matcher_t *m, aud_bound_t *b)
{
    const aud_codes_t   *codes;
    const aud_column_t  *c;

    c = aud_plan_column(m->plan, b, m->slice);
    if (c == NULL || c->distinct == 0) {
        return 0;
    }

    codes = b->codes[m->slice];

    return codes ? codes->rows : c->filled;
}


static uint64_t
audience_rows(matcher_t *m, aud_plan_audience_t *a)
{
    if (a->root == NULL) {
        return a->saved->nmembers;
    }

    if (a->estimate_slice != m->slice + 1) {
        estimate(m, a->root);
        a->estimate = a->root->estimate;
        a->estimate_slice = m->slice + 1;
    }

    return a->estimate;
}
