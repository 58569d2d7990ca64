/*
 * Conditions resolved: from operands to the codes of one column.
 */

#include <string.h>

#include "aud_condition.h"
#include "aud_search.h"


static uint32_t first_text(const aud_column_t *c);
static int  resolve_target(const aud_target_t *t, aud_arena_t *arena,
    const aud_column_t *c, aud_codes_t *codes);
static uint32_t number_bound(const aud_column_t *c, double v, int above);
static uint32_t date_bound(const aud_column_t *c, int64_t v, int above);
static uint32_t text_bound(const aud_column_t *c, aud_str_t folded);
static uint32_t text_end(const aud_column_t *c, aud_str_t folded, int prefix,
    uint32_t bound);
static int  text_fits(const aud_column_t *c, uint32_t code, aud_str_t folded,
    int prefix);
static uint32_t end_bound(const aud_column_t *c, aud_str_t end, int above);
static int  end_compare(aud_str_t text, aud_str_t end);
static uint32_t text_at(const aud_column_t *c, uint32_t byte, uint32_t from);
static int  resolve_contains(aud_str_t needle, aud_arena_t *arena,
    const aud_column_t *c, aud_codes_t *codes);
static int  resolve_ends(aud_str_t end, int at_start, uint32_t to,
    aud_arena_t *arena, const aud_column_t *c, aud_codes_t *codes);


int
aud_condition_reads_texts(const aud_condition_t *condition,
    const aud_column_t *c)
{
    switch (condition->test) {

    case AUD_TEST_CONTAINS:
        return condition->folded.len > 0;

    case AUD_TEST_ENDS_WITH:
        return condition->folded.len > 0 && c->ends == NULL;

    case AUD_TEST_STARTS_WITH:
        return condition->folded.len > 0 && first_text(c) > 0;

    default:
        return 0;
    }
}


int
aud_condition_resolve(const aud_condition_t *condition, aud_arena_t *arena,
    const aud_column_t *c, aud_codes_t *codes)
{
    int        failed = 0;
    uint32_t   i, lo, hi;
    aud_str_t  folded = condition->folded;

    switch (condition->test) {

    case AUD_TEST_NOTHING:
        break;

    case AUD_TEST_EXISTS:
        failed = aud_codes_add(codes, arena, 0, c->distinct);
        break;

    case AUD_TEST_CONTAINS:
        failed = resolve_contains(folded, arena, c, codes);
        break;

    case AUD_TEST_STARTS_WITH:
        lo = text_bound(c, folded);
        hi = text_end(c, folded, 1, lo);

        failed = resolve_ends(folded, 1, first_text(c), arena, c, codes)
                 || aud_codes_add(codes, arena, lo, hi);
        break;

    case AUD_TEST_ENDS_WITH:
        if (c->ends) {
            codes->order = c->ends;
            failed = aud_codes_add(codes, arena, end_bound(c, folded, 0),
                                   end_bound(c, folded, 1));
            break;
        }

        failed = resolve_ends(folded, 0, c->distinct, arena, c, codes);
        break;

    case AUD_TEST_TARGETS:
        for (i = 0; i < condition->ntargets && !failed; i++) {
            failed = resolve_target(&condition->targets[i], arena, c, codes);
        }
    }

    if (failed) {
        return -1;
    }

    aud_codes_finish(codes, c);

    return 0;
}


/* Codes from here on are in the order of their folded texts. */
static uint32_t
first_text(const aud_column_t *c)
{
    return c->type == AUD_TYPE_TEXT ? 0 : c->typed;
}


static int
resolve_target(const aud_target_t *t, aud_arena_t *arena,
    const aud_column_t *c, aud_codes_t *codes)
{
    uint32_t  lo;

    switch (t->kind) {

    case AUD_TARGET_NUMBERS:
        return c->numbers == NULL ? 0
               : aud_codes_add(codes, arena,
                               number_bound(c, t->number_from, 0),
                               number_bound(c, t->number_to, 1));

    case AUD_TARGET_DATES:
        return c->dates == NULL ? 0
               : aud_codes_add(codes, arena, date_bound(c, t->date_from, 0),
                               date_bound(c, t->date_to, 1));

    default:
        lo = text_bound(c, t->folded);
        return aud_codes_add(codes, arena, lo,
                             text_end(c, t->folded, 0, lo));
    }
}


/* The first typed code whose number is at least v, or above it. */
static uint32_t
number_bound(const aud_column_t *c, double v, int above)
{
    uint32_t  lo = 0, hi = c->typed, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->numbers[middle] < v || (above && c->numbers[middle] == v)) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


static uint32_t
date_bound(const aud_column_t *c, int64_t v, int above)
{
    uint32_t  lo = 0, hi = c->typed, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->dates[middle] < v || (above && c->dates[middle] == v)) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


/* The same for texts. */
static uint32_t
text_bound(const aud_column_t *c, aud_str_t folded)
{
    uint32_t  lo = first_text(c), hi = c->distinct, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (aud_str_compare(aud_column_folded(c, middle), folded) < 0) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


/* Behind the last text, from the bound on, that is `folded`, or with prefix
 * begins with it; there are few most often. */
static uint32_t
text_end(const aud_column_t *c, aud_str_t folded, int prefix, uint32_t bound)
{
    uint32_t  lo = bound, hi = bound, step = 1, middle;

    while (hi < c->distinct && text_fits(c, hi, folded, prefix)) {
        lo = hi + 1;
        hi = step < c->distinct - hi ? hi + step : c->distinct;
        step *= 2;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (text_fits(c, middle, folded, prefix)) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


static int
text_fits(const aud_column_t *c, uint32_t code, aud_str_t folded, int prefix)
{
    aud_str_t  text = aud_column_folded(c, code);

    return (prefix ? text.len >= folded.len : text.len == folded.len)
           && memcmp(text.data, folded.data, folded.len) == 0;
}


/* The first place of c->ends whose text ends with `end` or later, or behind all
 * of those. */
static uint32_t
end_bound(const aud_column_t *c, aud_str_t end, int above)
{
    int       order;
    uint32_t  lo = 0, hi = c->distinct, middle;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;
        order = end_compare(aud_column_folded(c, c->ends[middle]), end);

        if (order < 0 || (above && order == 0)) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


/* Backwards; 0 where text ends with end. */
static int
end_compare(aud_str_t text, aud_str_t end)
{
    size_t         i;
    unsigned char  a, b;

    for (i = 1; i <= end.len; i++) {

        if (i > text.len) {
            return -1;
        }

        a = text.data[text.len - i];
        b = end.data[end.len - i];

        if (a != b) {
            return a < b ? -1 : 1;
        }
    }

    return 0;
}


/* All texts stand in one run of bytes, which is searched as a whole; a hit
 * across the border of two texts is none, and no later one in the first. */
static int
resolve_contains(aud_str_t needle, aud_arena_t *arena, const aud_column_t *c,
    aud_codes_t *codes)
{
    uint32_t       code = 0;
    const char    *base = c->folded, *p, *hit;
    aud_search_t   search;

    if (needle.len == 0 || c->distinct == 0) {
        return aud_codes_add(codes, arena, 0, c->distinct);
    }

    p = base + c->folded_at[0];
    aud_search_begin(&search, aud_str(p, c->folded_at[c->distinct]
                                         - c->folded_at[0]), needle);

    while ((hit = aud_search_next(&search, p)) != NULL) {

        code = text_at(c, hit - base, code);
        p = base + c->folded_at[code + 1];

        if (hit + needle.len <= p
            && aud_codes_add(codes, arena, code, code + 1) != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* The text, from code `from` on, in which the byte of the dictionary stands: in
 * growing steps, then by halves. */
static uint32_t
text_at(const aud_column_t *c, uint32_t byte, uint32_t from)
{
    uint32_t  lo = from, hi = from, step = 1, middle;

    while (hi < c->distinct && c->folded_at[hi + 1] <= byte) {
        lo = hi + 1;
        hi = step < c->distinct - hi ? hi + step : c->distinct;
        step *= 2;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->folded_at[middle + 1] <= byte) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


/* Codes below `to` whose text begins or ends with `part`. */
static int
resolve_ends(aud_str_t part, int at_start, uint32_t to, aud_arena_t *arena,
    const aud_column_t *c, aud_codes_t *codes)
{
    uint32_t   code;
    aud_str_t  text;

    for (code = 0; code < to; code++) {
        text = aud_column_folded(c, code);

        if (text.len < part.len
            || memcmp(at_start ? text.data : text.data + text.len - part.len,
                      part.data, part.len)
               != 0)
        {
            continue;
        }

        if (aud_codes_add(codes, arena, code, code + 1) != 0) {
            return -1;
        }
    }

    return 0;
}
