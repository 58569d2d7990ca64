/*
 * GET /v1/fields/{name}/values: what a field holds, for a person to pick from.
 *
 * Values that begin with what was typed stand first, those that contain it
 * behind them; either by descending count.  Where a field has few values, all
 * that match are counted.  Where it has many, those that begin with it are a run
 * of each sorted dictionary, and the most frequent of these are found without
 * counting each (aud_top_values.h); the dictionaries are read for others only
 * where these do not fill the list.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include "aud_alloc.h"
#include "aud_eval.h"
#include "aud_filter_read.h"
#include "aud_text.h"
#include "aud_top_values.h"

#define LIMIT_MAX  1000

/* Nanoseconds, roughly: adding a code to the tally, looking whether a row is
 * struck out.  What takes less than ENOUGH is counted whole. */
#define CODE_COST  30
#define ROW_COST   1
#define ENOUGH     400000


typedef struct {
    aud_arena_t               arena;
    const aud_generation_t   *generation;
    const aud_field_t        *field;
    aud_str_t                 q;            /* folded */
    size_t                    limit;
    uint64_t                  cost;         /* of counting all */

    aud_value_match_t         match[2];     /* what begins with q; contains */
    aud_top_values_t          parts[2];
    const aud_tally_value_t **best;         /* [limit + 1] */
    size_t                    n;
} search_t;


static int      search(search_t *s);
static int      search_part(search_t *s, unsigned within);
static int      find_codes(search_t *s, unsigned within, aud_value_set_t *set);
static int      find_beginning(search_t *s, aud_value_set_t *set);
static uint32_t text_from(const aud_column_t *c, aud_str_t q, int behind);
static int      find_within(search_t *s, aud_value_set_t *set);
static uint32_t code_at(const aud_column_t *c, uint32_t from,
    uint32_t offset);
static void     values_json(const search_t *s, aud_buffer_t *out);


uint64_t  aud_values_enough = ENOUGH;


int
aud_values_json(const aud_generation_t *g, aud_str_t field, aud_str_t q,
    size_t limit, aud_buffer_t *out, aud_problem_t *problem)
{
    int           rc = -1;
    search_t      s = { .generation = g };
    aud_buffer_t  folded = { 0 };

    s.field = aud_generation_field(g, field);

    if (s.field == NULL) {
        return aud_problem_set(problem, 404, "not-found", "Not found",
                               "There is no such field.");
    }

    aud_fold(&folded, q);

    s.q = aud_buffer_str(&folded);
    s.limit = limit < LIMIT_MAX ? limit : LIMIT_MAX;
    s.best = aud_calloc(s.limit + 1, sizeof(aud_tally_value_t *));

    if (!folded.failed && s.best && search(&s) == 0) {
        values_json(&s, out);
        rc = out->failed ? -1 : 0;
    }

    if (rc != 0) {
        aud_filter_no_memory(problem);
    }

    aud_tally_free(&s.parts[0].tally);
    aud_tally_free(&s.parts[1].tally);
    aud_arena_free(&s.arena);
    aud_buffer_free(&folded);
    aud_free(s.best);

    return rc;
}


static int
search(search_t *s)
{
    size_t               i;
    const aud_slice_t   *slice;
    const aud_column_t  *c;

    for (i = 0; i < s->generation->nslices; i++) {
        slice = &s->generation->slices[i];
        c = aud_segment_column(slice->segment, s->field->name);

        if (c) {
            s->cost += (uint64_t) c->distinct * CODE_COST
                       + (slice->deleted ? (uint64_t) c->filled * ROW_COST : 0);
        }
    }

    if (search_part(s, 0) != 0) {
        return -1;
    }

    /* Everything begins with nothing. */

    if (s->q.len == 0) {
        s->parts[1].exact = 1;
        return 0;
    }

    return s->n < s->limit || s->cost < aud_values_enough
           ? search_part(s, 1) : 0;
}


static int
search_part(search_t *s, unsigned within)
{
    int                rc;
    size_t             i;
    aud_value_set_t   *set;
    aud_top_values_t  *part = &s->parts[within];

    s->match[within].q = s->q;
    s->match[within].within = within;

    part->match = &s->match[within];
    part->limit = s->limit - s->n;
    part->sets = aud_arena_calloc(&s->arena, s->generation->nslices,
                                  sizeof(aud_value_set_t));
    if (part->sets == NULL) {
        return -1;
    }

    for (i = 0; i < s->generation->nslices; i++) {
        set = &part->sets[part->nsets];
        *set = (aud_value_set_t) { .slice = &s->generation->slices[i] };
        set->column = aud_segment_column(set->slice->segment, s->field->name);

        if (set->column && find_codes(s, within, set) != 0) {
            return -1;
        }

        part->nsets += set->n > 0;
    }

    rc = part->limit == 0 || s->cost < aud_values_enough
         ? aud_top_values_all(part) : aud_top_values(part);

    s->n += aud_tally_best(&part->tally, s->best + s->n, part->limit);

    return rc;
}


static int
find_codes(search_t *s, unsigned within, aud_value_set_t *set)
{
    int                  rc;
    uint32_t             i;
    const aud_column_t  *c = set->column;

    if (c->distinct == 0) {
        return 0;
    }

    if (within) {
        set->text_lo = c->typed;
        set->text_hi = c->distinct;
        rc = find_within(s, set);

    } else {
        set->text_lo = text_from(c, s->q, 0);
        set->text_hi = text_from(c, s->q, 1);
        rc = find_beginning(s, set);
    }

    for (i = 0; i < set->codes.nruns; i++) {
        set->n += set->codes.runs[i].hi - set->codes.runs[i].lo;
    }

    return rc;
}


/* Values of the field's type stand by value: each is looked at. */
static int
find_beginning(search_t *s, aud_value_set_t *set)
{
    uint32_t             code;
    aud_str_t            text;
    const aud_column_t  *c = set->column;

    for (code = 0; code < c->typed; code++) {
        text = aud_column_folded(c, code);

        if (s->q.len && (text.len < s->q.len || text.data[0] != s->q.data[0])) {
            continue;
        }

        if (aud_value_matches(&s->match[0], c, code)
            && aud_codes_add(&set->codes, &s->arena, code, code + 1) != 0)
        {
            return -1;
        }
    }

    return aud_codes_add(&set->codes, &s->arena, set->text_lo, set->text_hi);
}


/* The first of the other texts that does not stand before q, or that neither
 * does nor begins with it. */
static uint32_t
text_from(const aud_column_t *c, aud_str_t q, int behind)
{
    uint32_t   lo = c->typed, hi = c->distinct, middle;
    aud_str_t  text;

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;
        text = aud_column_folded(c, middle);

        if (behind && text.len > q.len) {
            text.len = q.len;
        }

        if (aud_str_compare(text, q) < behind) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


/* In one go through all texts; what is found across two of them is none. */
static int
find_within(search_t *s, aud_value_set_t *set)
{
    uint32_t             code = 0;
    const char          *p, *found, *end;
    const aud_column_t  *c = set->column;

    p = c->folded + c->folded_at[0];
    end = c->folded + c->folded_at[c->distinct];

    while ((found = memmem(p, end - p, s->q.data, s->q.len)) != NULL) {

        code = code_at(c, code, found - c->folded);
        p = found + 1;

        if (found + s->q.len > c->folded + c->folded_at[code + 1]) {
            continue;
        }

        if (aud_value_matches(&s->match[1], c, code)
            && aud_codes_add(&set->codes, &s->arena, code, code + 1) != 0)
        {
            return -1;
        }

        p = c->folded + c->folded_at[code + 1];
    }

    return 0;
}


/* The code, from `from` on, whose text has the byte at an offset. */
static uint32_t
code_at(const aud_column_t *c, uint32_t from, uint32_t offset)
{
    uint32_t  lo = from, hi = from, middle, step = 1;

    while (hi < c->distinct && c->folded_at[hi + 1] <= offset) {
        lo = hi + 1;
        hi = step < c->distinct - hi ? hi + step : c->distinct;
        step *= 2;
    }

    while (lo < hi) {
        middle = lo + (hi - lo) / 2;

        if (c->folded_at[middle + 1] <= offset) {
            lo = middle + 1;

        } else {
            hi = middle;
        }
    }

    return lo;
}


static void
values_json(const search_t *s, aud_buffer_t *out)
{
    size_t                    i;
    const aud_tally_value_t  *v;

    aud_buffer_text(out, "{\"items\": [");

    for (i = 0; i < s->n; i++) {
        v = s->best[i];

        aud_buffer_text(out, i ? ",\n" : "");
        aud_buffer_text(out, "{\"value\": ");
        aud_buffer_json(out, aud_column_display(v->column, v->code));
        aud_buffer_printf(out, ", \"count\": %llu}",
                          (unsigned long long) v->count);
    }

    aud_buffer_text(out, "], \"field\": ");
    aud_buffer_json(out, s->field->name);
    aud_buffer_printf(out, ", \"type\": \"%s\", \"distinct\": %llu, "
                      "\"exact\": %s}\n", aud_type_name(s->field->type),
                      (unsigned long long) (s->parts[0].distinct
                                            + s->parts[1].distinct),
                      s->parts[0].exact && s->parts[1].exact
                      ? "true" : "false");
}
