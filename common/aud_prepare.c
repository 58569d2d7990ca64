#include <string.h>

#include "aud_match.h"


static void estimate(aud_matcher_t *m, aud_bound_t *b);
static void estimate_group(aud_matcher_t *m, aud_bound_t *b);
static uint64_t condition_rows(aud_matcher_t *m, aud_bound_t *b);
static uint64_t audience_rows(aud_matcher_t *m, aud_plan_audience_t *a);
static int  prepare(aud_matcher_t *m, aud_bound_t *b, unsigned depth);
static int  prepare_group(aud_matcher_t *m, aud_bound_t *b, unsigned depth);
static void settle(aud_bound_t *b, unsigned everybody);
static int  prepare_condition(aud_matcher_t *m, aud_bound_t *b);
static int  prepare_audience(aud_matcher_t *m, aud_bound_t *b, unsigned depth);
static void keep_audience(aud_matcher_t *m, aud_plan_audience_t *a,
    unsigned depth);
static void keep_members(aud_matcher_t *m, aud_plan_audience_t *a);
static void order_children(aud_bound_t *b);


int
aud_prepare(aud_matcher_t *m, aud_bound_t *b, unsigned depth)
{
    estimate(m, b);

    return prepare(m, b, depth);
}


static int
prepare(aud_matcher_t *m, aud_bound_t *b, unsigned depth)
{
    if (m->buffers[depth] == NULL) {
        m->buffers[depth] = aud_rows_words(&m->plan->arena, AUD_BLOCK);
        if (m->buffers[depth] == NULL) {
            return -1;
        }
    }

    b->settled = 0;

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


/* From the rarest on: where all of them must match and one cannot, the others
 * are not looked at; nor where any may match and one always does. */
static int
prepare_group(aud_matcher_t *m, aud_bound_t *b, unsigned depth)
{
    uint32_t      i;
    unsigned      any = b->kind == AUD_BOUND_ANY;
    aud_bound_t  *child;

    order_children(b);
    b->used = 0;

    for (i = 0; i < b->nchildren; i++) {
        child = b->children[i];

        if (prepare(m, child, depth + (i > 0)) != 0) {
            return -1;
        }

        if (!child->settled) {
            b->children[i] = b->children[b->used];
            b->children[b->used++] = child;

        } else if (child->everybody == any) {
            settle(b, any);
            return 0;
        }
    }

    if (b->used == 0) {
        settle(b, !any);
    }

    return 0;
}


static void
settle(aud_bound_t *b, unsigned everybody)
{
    b->settled = 1;
    b->everybody = everybody;
}


static int
prepare_condition(aud_matcher_t *m, aud_bound_t *b)
{
    aud_codes_t         *codes;
    const aud_column_t  *c;

    c = aud_plan_column(m->plan, b, m->slice);
    if (c == NULL || c->distinct == 0) {
        settle(b, b->negated);
        return 0;
    }

    codes = aud_plan_codes(m->plan, b, c, m->slice);
    if (codes == NULL) {
        return -1;
    }

    if (codes->nruns == 0) {
        settle(b, b->negated);
        return 0;
    }

    if (c->filled == c->rows && c->present && aud_codes_all(codes, c)) {
        settle(b, !b->negated);
        return 0;
    }

    return aud_rows_find(codes, c, &m->plan->arena, &b->buffer,
                         m->plan->max_words, &b->rows);
}


static int
prepare_audience(aud_matcher_t *m, aud_bound_t *b, unsigned depth)
{
    aud_plan_audience_t  *a = b->audience;

    if (a == NULL) {
        settle(b, b->negated);
        return 0;
    }

    if (a->root && a->uses == 1) {
        if (prepare(m, a->root, depth) != 0) {
            return -1;
        }

        if (a->root->settled) {
            settle(b, a->root->everybody ^ b->negated);
        }

        return 0;
    }

    if (a->words_slice == m->slice + 1) {
        return 0;
    }

    if (a->words == NULL) {
        a->words = aud_rows_words(&m->plan->arena, m->plan->max_words);
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
keep_audience(aud_matcher_t *m, aud_plan_audience_t *a, unsigned depth)
{
    size_t           from;
    uint64_t        *out;
    const uint64_t  *rows;

    for (from = 0; aud_match_block(m, from); from += AUD_BLOCK) {
        out = a->words + from;
        rows = aud_match_words(m, aud_match_node(m, a->root, depth), out);

        if (rows != out) {
            memcpy(out, rows, m->n * sizeof(uint64_t));
        }
    }
}


static void
keep_members(aud_matcher_t *m, aud_plan_audience_t *a)
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
estimate(aud_matcher_t *m, aud_bound_t *b)
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
estimate_group(aud_matcher_t *m, aud_bound_t *b)
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
condition_rows(aud_matcher_t *m, aud_bound_t *b)
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
audience_rows(aud_matcher_t *m, aud_plan_audience_t *a)
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
