/*
 * Evaluating a plan, slice by slice.
 *
 * First each leaf gets its rows (aud_rows_t); then the filter is evaluated in
 * blocks of rows that stay in the fastest cache whatever its form, and each
 * block of the result is counted, or kept, or both.  Rows that are struck out
 * are taken away at the end.
 */

#include <string.h>

#include "aud_live.h"
#include "aud_plan.h"

/* Groups within groups, through every audience on the way. */
#define DEPTH_MAX  ((AUD_FILTER_MAX_DEPTH + 2) * (AUD_PLAN_MAX_NESTED + 2))

/* Words: 65,536 rows in 8 kB, of which a filter needs a few at once. */
#define BLOCK  1024


typedef struct {
    aud_plan_t           *plan;
    size_t                slice;
    const aud_segment_t  *segment;
    uint64_t             *buffers[DEPTH_MAX];   /* of a block, for each depth */

    size_t                from;                 /* the block: first word, */
    size_t                n;                    /* words, */
    uint32_t              rows;                 /* rows */

    aud_page_t           *page;                 /* or NULL */
} matcher_t;


static const uint64_t  nobody[BLOCK];


static int  run(aud_plan_t *plan, int keep, aud_page_t *page);
static int  run_slice(matcher_t *m, const aud_slice_t *slice, uint64_t *kept);
static int  count_leaf(matcher_t *m, const aud_slice_t *slice,
    uint64_t *count);
static int  prepare_root(matcher_t *m);
static int  block_at(matcher_t *m, size_t from);
static const uint64_t *match_root(matcher_t *m);
static int  prepare(matcher_t *m, aud_bound_t *b, unsigned depth);
static int  make_buffer(matcher_t *m, unsigned depth);
static int  prepare_group(matcher_t *m, aud_bound_t *b, unsigned depth);
static int  prepare_condition(matcher_t *m, aud_bound_t *b);
static int  prepare_audience(matcher_t *m, aud_bound_t *b, unsigned depth);
static void keep_audience(matcher_t *m, aud_plan_audience_t *a,
    unsigned depth);
static void keep_members(matcher_t *m, aud_plan_audience_t *a);
static const uint64_t *match_node(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_positive(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_all(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static const uint64_t *match_any(matcher_t *m, aud_bound_t *b,
    unsigned depth);
static void order_children(aud_bound_t *b);
static void estimate(matcher_t *m, aud_bound_t *b);
static void estimate_group(matcher_t *m, aud_bound_t *b);
static uint64_t condition_rows(matcher_t *m, aud_bound_t *b);
static uint64_t audience_rows(matcher_t *m, aud_plan_audience_t *a);


int
aud_plan_run(aud_plan_t *plan)
{
    size_t  n = plan->generation->nslices;

    plan->rows = aud_arena_calloc(&plan->arena, n, sizeof(uint64_t *));
    plan->cursors = aud_arena_calloc(&plan->arena, n, sizeof(aud_cursor_t));

    if (plan->rows == NULL || plan->cursors == NULL) {
        return -1;
    }

    return run(plan, 1, NULL);
}


int
aud_plan_run_count(aud_plan_t *plan)
{
    return run(plan, 0, NULL);
}


int
aud_plan_run_page(aud_plan_t *plan, const aud_uuid_t *after, size_t limit,
    aud_place_t *places, size_t *n)
{
    int         rc;
    aud_page_t  page = { .generation = plan->generation, .after = after,
                         .limit = limit, .places = places };

    page.rows = aud_arena_alloc(&plan->arena, limit, sizeof(uint32_t));
    if (page.rows == NULL) {
        return -1;
    }

    rc = run(plan, 0, &page);
    *n = page.n;

    return rc;
}


static int
run(aud_plan_t *plan, int keep, aud_page_t *page)
{
    uint64_t                *kept = NULL;
    matcher_t                m;
    const aud_slice_t       *slice;
    const aud_generation_t  *g = plan->generation;

    m.plan = plan;
    m.page = page;
    memset(m.buffers, 0, sizeof(m.buffers));

    for (m.slice = 0; m.slice < g->nslices; m.slice++) {
        slice = &g->slices[m.slice];
        m.segment = slice->segment;

        if (keep) {
            kept = aud_arena_alloc(&plan->arena, AUD_WORDS(m.segment->rows),
                                   sizeof(uint64_t));
            if (kept == NULL) {
                return -1;
            }

            plan->rows[m.slice] = kept;
        }

        if (run_slice(&m, slice, kept) != 0) {
            return -1;
        }
    }

    return 0;
}


/* kept == NULL: counts only; what is counted without its rows is still matched
 * for a page, until that wants no more. */
static int
run_slice(matcher_t *m, const aud_slice_t *slice, uint64_t *kept)
{
    int              counted, wanted;
    uint64_t         count;
    const uint64_t  *rows, *deleted = slice->deleted;

    counted = kept == NULL && count_leaf(m, slice, &count) == 0;
    wanted = m->page && aud_page_begin(m->page, m->slice);

    if (counted) {
        m->plan->count += count;

        if (!wanted) {
            return 0;
        }
    }

    if (prepare_root(m) != 0) {
        return -1;
    }

    for (m->from = 0; block_at(m, m->from); m->from += BLOCK) {

        if (counted && !wanted) {
            break;
        }

        if (counted && m->page->first / 64 >= m->from + m->n) {
            continue;
        }

        rows = match_root(m);

        if (wanted) {
            wanted = aud_page_take(m->page, rows, m->from, m->n);
        }

        if (counted) {
            continue;
        }

        if (kept == NULL) {
            m->plan->count += deleted
                ? aud_words_count_andnot(rows, deleted + m->from, m->n)
                : aud_words_count(rows, m->n);
            continue;
        }

        if (deleted) {
            (void) aud_words_andnot(kept + m->from, rows, deleted + m->from,
                                    m->n);

        } else {
            memcpy(kept + m->from, rows, m->n * sizeof(uint64_t));
        }

        m->plan->count += aud_words_count(kept + m->from, m->n);
    }

    if (m->page) {
        aud_page_end(m->page);
    }

    return 0;
}


/* A filter of one condition, or none, may be counted without its rows. */
static int
count_leaf(matcher_t *m, const aud_slice_t *slice, uint64_t *count)
{
    aud_bound_t         *root = m->plan->root;
    const aud_codes_t   *codes;
    const aud_column_t  *c;

    if (root == NULL) {
        *count = slice->live;
        return 0;
    }

    if (root->kind != AUD_BOUND_CONDITION) {
        return -1;
    }

    *count = 0;
    c = aud_plan_column(m->plan, root, m->slice);

    if (c && c->distinct) {
        codes = aud_plan_codes(m->plan, root, c, m->slice);

        if (codes == NULL
            || (codes->nruns && aud_codes_count(codes, c, slice, count) != 0))
        {
            return -1;
        }
    }

    if (root->negated) {
        *count = slice->live - *count;
    }

    return 0;
}


static int
prepare_root(matcher_t *m)
{
    if (m->plan->root) {
        estimate(m, m->plan->root);
        return prepare(m, m->plan->root, 0);
    }

    return make_buffer(m, 0);
}


static const uint64_t *
match_root(matcher_t *m)
{
    if (m->plan->root) {
        return match_node(m, m->plan->root, 0);
    }

    aud_words_all(m->buffers[0], m->rows);

    return m->buffers[0];
}


/* Sets the block that begins at a word; 0 behind the last one. */
static int
block_at(matcher_t *m, size_t from)
{
    size_t  left = m->segment->rows;

    if (from * 64 >= left) {
        return 0;
    }

    left -= from * 64;

    m->from = from;
    m->rows = left < BLOCK * 64 ? left : BLOCK * 64;
    m->n = AUD_WORDS(m->rows);

    return 1;
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


/* What a node takes in this slice, before the first block.  0 or -1. */
static int
prepare(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    if (make_buffer(m, depth) != 0) {
        return -1;
    }

    b->nobody = 0;

    switch (b->kind) {

    case AUD_BOUND_ALL:
    case AUD_BOUND_ANY:
        return prepare_group(m, b, depth);

    case AUD_BOUND_CONDITION:
        return prepare_condition(m, b);

    default:
        return prepare_audience(m, b, depth);
    }
}


static int
make_buffer(matcher_t *m, unsigned depth)
{
    if (m->buffers[depth] == NULL) {
        m->buffers[depth] = aud_arena_alloc(&m->plan->arena, BLOCK,
                                            sizeof(uint64_t));
    }

    return m->buffers[depth] ? 0 : -1;
}


/* From the rarest on: where all of them must match and one cannot, the others
 * are not looked at. */
static int
prepare_group(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    uint32_t      i;
    aud_bound_t  *child;

    order_children(b);

    for (i = 0; i < b->nchildren; i++) {
        child = b->children[i];

        if (prepare(m, child, depth + (i > 0)) != 0) {
            return -1;
        }

        if (b->kind == AUD_BOUND_ALL && child->nobody && !child->negated) {
            b->nobody = 1;
            break;
        }
    }

    return 0;
}


static int
prepare_condition(matcher_t *m, aud_bound_t *b)
{
    aud_codes_t         *codes;
    const aud_column_t  *c;

    c = aud_plan_column(m->plan, b, m->slice);
    if (c == NULL || c->distinct == 0) {
        b->nobody = 1;
        return 0;
    }

    codes = aud_plan_codes(m->plan, b, c, m->slice);
    if (codes == NULL) {
        return -1;
    }

    if (codes->nruns == 0) {
        b->nobody = 1;
        return 0;
    }

    return aud_codes_rows(codes, c, &m->plan->arena, &b->buffer,
                          m->plan->max_words, &b->rows);
}


static int
prepare_audience(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    aud_plan_audience_t  *a = b->audience;

    if (a == NULL) {
        b->nobody = 1;
        return 0;
    }

    if (a->root && a->uses == 1) {
        return prepare(m, a->root, depth);
    }

    if (a->words_slice == m->slice + 1) {
        return 0;
    }

    if (a->words == NULL) {
        a->words = aud_arena_alloc(&m->plan->arena, m->plan->max_words,
                                   sizeof(uint64_t));
        if (a->words == NULL) {
            return -1;
        }
    }

    if (a->root) {
        if (prepare(m, a->root, depth) != 0) {
            return -1;
        }

        keep_audience(m, a, depth);

    } else {
        keep_members(m, a);
    }

    a->words_slice = m->slice + 1;

    return 0;
}


static void
keep_audience(matcher_t *m, aud_plan_audience_t *a, unsigned depth)
{
    size_t  from;

    for (from = 0; block_at(m, from); from += BLOCK) {
        memcpy(a->words + from, match_node(m, a->root, depth),
               m->n * sizeof(uint64_t));
    }
}


static void
keep_members(matcher_t *m, aud_plan_audience_t *a)
{
    uint32_t               i, row = 0;
    const aud_segment_t   *s = m->segment;
    const aud_audience_t  *saved = a->saved;

    memset(a->words, 0, AUD_WORDS(s->rows) * sizeof(uint64_t));

    for (i = 0; i < saved->nmembers; i++) {

        row = aud_plan_row_from(s, &saved->members[i], row);
        if (row == s->rows) {
            break;
        }

        if (aud_uuid_compare(&s->profiles[row], &saved->members[i]) == 0) {
            a->words[row / 64] |= UINT64_C(1) << (row % 64);
        }
    }
}


/*
 * The block's rows of a node: in the buffer of its depth, or in memory that is
 * not to be written, until that buffer is used again.  Buffers of greater depth
 * are free for it.
 */
static const uint64_t *
match_node(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    const uint64_t  *rows;

    rows = match_positive(m, b, depth);

    if (!b->negated) {
        return rows;
    }

    aud_words_not(m->buffers[depth], rows, m->rows);

    return m->buffers[depth];
}


/* The same, a negated leaf as if it were not. */
static const uint64_t *
match_positive(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    if (b->nobody) {
        return nobody;
    }

    switch (b->kind) {

    case AUD_BOUND_ALL:
        return match_all(m, b, depth);

    case AUD_BOUND_ANY:
        return match_any(m, b, depth);

    case AUD_BOUND_CONDITION:
        return aud_rows_block(&b->rows, m->from, m->n, m->buffers[depth]);

    default:
        return b->audience->words
               ? b->audience->words + m->from
               : match_node(m, b->audience->root, depth);
    }
}


/* From the rarest on, until nobody is left. */
static const uint64_t *
match_all(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    int              left = 1;
    uint32_t         i;
    uint64_t        *out = m->buffers[depth];
    const uint64_t  *rows, *next;

    if (b->nchildren == 0) {
        aud_words_all(out, m->rows);
        return out;
    }

    rows = match_node(m, b->children[0], depth);

    for (i = 1; left && i < b->nchildren; i++) {
        next = match_positive(m, b->children[i], depth + 1);

        left = b->children[i]->negated
               ? aud_words_andnot(out, rows, next, m->n)
               : aud_words_and(out, rows, next, m->n);
        rows = out;
    }

    return rows;
}


static const uint64_t *
match_any(matcher_t *m, aud_bound_t *b, unsigned depth)
{
    uint32_t         i;
    uint64_t        *out = m->buffers[depth];
    const uint64_t  *rows, *next;

    if (b->nchildren == 0) {
        return nobody;
    }

    rows = match_node(m, b->children[0], depth);

    for (i = 1; i < b->nchildren; i++) {
        next = match_node(m, b->children[i], depth + 1);
        aud_words_or(out, rows, next, m->n);
        rows = out;
    }

    return rows;
}


/* By insertion: there are few, and mostly in order already. */
static void
order_children(aud_bound_t *b)
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
