#include <string.h>

#include "aud_live.h"
#include "aud_match.h"


static const uint64_t  nobody[AUD_BLOCK]
                           __attribute__((aligned(AUD_WORDS_ALIGN)));


static int  run(aud_plan_t *plan, int keep, aud_page_t *page);
static int  run_slice(aud_matcher_t *m, const aud_slice_t *slice,
    uint64_t *kept);
static void keep_blocks(aud_matcher_t *m, const aud_slice_t *slice,
    uint64_t *kept);
static void count_blocks(aud_matcher_t *m, const aud_slice_t *slice,
    int counted, int wanted);
static aud_found_t match_root(aud_matcher_t *m);
static int  count_leaf(aud_matcher_t *m, const aud_slice_t *slice,
    uint64_t *count);
static uint64_t count_node(aud_matcher_t *m, aud_bound_t *b,
    const uint64_t *struck, unsigned *inverted);
static aud_found_t match_group(aud_matcher_t *m, aud_bound_t *b,
    uint32_t n, unsigned depth);
static aud_bits_op_t both(aud_found_t *a, aud_found_t *b,
    unsigned *inverted);


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
    aud_matcher_t            m;
    const aud_slice_t       *slice;
    const aud_generation_t  *g = plan->generation;

    m.plan = plan;
    m.page = page;
    memset(m.buffers, 0, sizeof(m.buffers));

    for (m.slice = 0; m.slice < g->nslices; m.slice++) {
        slice = &g->slices[m.slice];
        m.segment = slice->segment;

        if (keep) {
            kept = aud_rows_words(&plan->arena,
                                  AUD_WORDS(m.segment->rows));
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
run_slice(aud_matcher_t *m, const aud_slice_t *slice, uint64_t *kept)
{
    int       counted, wanted;
    uint64_t  count;

    counted = kept == NULL && count_leaf(m, slice, &count) == 0;
    wanted = m->page && aud_page_begin(m->page, m->slice);

    if (counted) {
        m->plan->count += count;

        if (!wanted) {
            return 0;
        }
    }

    if (m->plan->root && aud_prepare(m, m->plan->root, 0) != 0) {
        return -1;
    }

    if (kept) {
        keep_blocks(m, slice, kept);

    } else {
        count_blocks(m, slice, counted, wanted);
    }

    if (m->page) {
        aud_page_end(m->page);
    }

    return 0;
}


static void
keep_blocks(aud_matcher_t *m, const aud_slice_t *slice, uint64_t *kept)
{
    uint64_t        *out;
    const uint64_t  *rows;

    for (m->from = 0; aud_match_block(m, m->from); m->from += AUD_BLOCK) {
        out = kept + m->from;
        rows = aud_match_words(m, match_root(m), out);

        if (slice->deleted) {
            (void) aud_bits_join(AUD_BITS_ANDNOT, out, aud_bits(rows),
                                 aud_bits(slice->deleted + m->from), m->n);

        } else if (rows != out) {
            memcpy(out, rows, m->n * sizeof(uint64_t));
        }

        m->plan->count += aud_bits_count(aud_bits(out), NULL, m->n);
    }
}


static void
count_blocks(aud_matcher_t *m, const aud_slice_t *slice, int counted,
    int wanted)
{
    uint64_t         out[AUD_BLOCK]
                         __attribute__((aligned(AUD_WORDS_ALIGN)));
    uint64_t         count = 0;
    unsigned         inverted = 0;
    aud_found_t      found;
    const uint64_t  *struck;

    for (m->from = 0; aud_match_block(m, m->from); m->from += AUD_BLOCK) {

        if (counted && !wanted) {
            break;
        }

        struck = slice->deleted ? slice->deleted + m->from : NULL;

        if (wanted && m->page->first / 64 < m->from + m->n) {
            found = match_root(m);
            wanted = aud_page_take(m->page, aud_match_words(m, found, out),
                                   m->from, m->n);

            if (!counted) {
                count += aud_bits_count(found.bits, struck, m->n);
                inverted = found.inverted;
            }

        } else if (!counted) {
            count += count_node(m, m->plan->root, struck, &inverted);
        }
    }

    if (!counted) {
        m->plan->count += inverted ? slice->live - count : count;
    }
}


static aud_found_t
match_root(aud_matcher_t *m)
{
    return m->plan->root ? aud_match_node(m, m->plan->root, 0)
                         : (aud_found_t) { aud_bits(nobody), 1 };
}


/* A filter of one condition, or none, may be counted without its rows. */
static int
count_leaf(aud_matcher_t *m, const aud_slice_t *slice, uint64_t *count)
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
            || (codes->nruns && aud_rows_count(codes, c, slice, count) != 0))
        {
            return -1;
        }
    }

    if (root->negated) {
        *count = slice->live - *count;
    }

    return 0;
}


int
aud_match_block(aud_matcher_t *m, size_t from)
{
    size_t  left = m->segment->rows;

    if (from * 64 >= left) {
        return 0;
    }

    left -= from * 64;

    m->from = from;
    m->rows = left < AUD_BLOCK * 64 ? left : AUD_BLOCK * 64;
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


aud_found_t
aud_match_node(aud_matcher_t *m, aud_bound_t *b, unsigned depth)
{
    aud_found_t  found = { .inverted = b->negated };

    if (b->settled) {
        return (aud_found_t) { aud_bits(nobody), b->everybody };
    }

    switch (b->kind) {

    case AUD_BOUND_ALL:
    case AUD_BOUND_ANY:
        return match_group(m, b, b->used, depth);

    case AUD_BOUND_CONDITION:
        found.bits = aud_rows_block(&b->rows, m->from, m->n,
                                    m->buffers[depth]);
        return found;

    default:
        if (b->audience->words) {
            found.bits = aud_bits(b->audience->words + m->from);
            return found;
        }

        found = aud_match_node(m, b->audience->root, depth);
        found.inverted ^= b->negated;
        return found;
    }
}


/*
 * The first n children that are used, from the rarest on, until nobody is left.
 * "Any" is evaluated as the opposite of all opposites.
 */
static aud_found_t
match_group(aud_matcher_t *m, aud_bound_t *b, uint32_t n, unsigned depth)
{
    uint32_t         i;
    unsigned         inverted, any = b->kind == AUD_BOUND_ANY;
    uint64_t        *out = m->buffers[depth];
    aud_found_t      found, next;
    aud_bits_op_t   op;

    found = aud_match_node(m, b->children[0], depth);
    found.inverted ^= any;

    for (i = 1; i < n; i++) {
        next = aud_match_node(m, b->children[i], depth + 1);
        next.inverted ^= any;

        op = both(&found, &next, &inverted);

        if (!aud_bits_join(op, out, found.bits, next.bits, m->n)
            && !inverted)
        {
            found = (aud_found_t) { aud_bits(nobody), 0 };
            break;
        }

        found = (aud_found_t) { aud_bits(out), inverted };
    }

    found.inverted ^= any;

    return found;
}


/* How those of both are found: by the operation, once a and b are in the order
 * that it takes, inverted or not. */
static aud_bits_op_t
both(aud_found_t *a, aud_found_t *b, unsigned *inverted)
{
    aud_found_t  other;

    *inverted = a->inverted && b->inverted;

    if (a->inverted == b->inverted) {
        return a->inverted ? AUD_BITS_OR : AUD_BITS_AND;
    }

    if (a->inverted) {
        other = *a;
        *a = *b;
        *b = other;
    }

    return AUD_BITS_ANDNOT;
}


/* Counts the block's rows of a node, or all others if *inverted: what is joined
 * last is counted at once. */
static uint64_t
count_node(aud_matcher_t *m, aud_bound_t *b, const uint64_t *struck,
    unsigned *inverted)
{
    unsigned        any = b->kind == AUD_BOUND_ANY;
    aud_found_t     found, last;
    aud_bits_op_t  op;

    if (b->settled || (b->kind != AUD_BOUND_ALL && !any) || b->used < 2) {
        found = aud_match_node(m, b, 0);
        *inverted = found.inverted;
        return aud_bits_count(found.bits, struck, m->n);
    }

    found = match_group(m, b, b->used - 1, 0);
    found.inverted ^= any;

    if (found.bits.words == nobody && !found.inverted) {
        *inverted = any;
        return 0;
    }

    last = aud_match_node(m, b->children[b->used - 1], 1);
    last.inverted ^= any;

    op = both(&found, &last, inverted);
    *inverted ^= any;

    return aud_bits_join_count(op, found.bits, last.bits, struck, m->n);
}


const uint64_t *
aud_match_words(const aud_matcher_t *m, aud_found_t found, uint64_t *out)
{
    const uint64_t  *words = found.bits.words;

    if (found.bits.without) {
        (void) aud_bits_join(AUD_BITS_ANDNOT, out, aud_bits(words),
                             aud_bits(found.bits.without), m->n);
        words = out;
    }

    if (found.inverted) {
        aud_words_not(out, words, m->rows);
        words = out;
    }

    return words;
}
