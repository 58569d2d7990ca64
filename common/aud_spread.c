#include "aud_counts.h"
#include "aud_live.h"
#include "aud_spread.h"

/* Nanoseconds, roughly, of joining a code with those of other segments. */
#define CODE_COST  20


static int  part_count(aud_spread_t *s, aud_arena_t *arena,
    const aud_slice_t *slice, const aud_column_t *c, const uint64_t *rows);
static int  count_units(aud_spread_part_t *part, aud_arena_t *arena);
static void part_step(aud_spread_part_t *part);
static int  stands_before(const aud_spread_part_t *a,
    const aud_spread_part_t *b);
static void add_unit(const aud_spread_part_t *part, aud_spread_value_t *value);
static void find_unit(const aud_spread_part_t *part,
    const aud_spread_value_t *value, aud_unit_t *found);


int
aud_spread_count(aud_spread_t *s, aud_arena_t *arena,
    const aud_generation_t *g, const aud_field_t *field,
    const aud_plan_t *plan)
{
    size_t               i;
    const aud_column_t  *c;

    *s = (aud_spread_t) { .n = 0 };

    s->parts = aud_arena_calloc(arena, g->nslices + 1,
                                sizeof(aud_spread_part_t));
    if (s->parts == NULL) {
        return -1;
    }

    for (i = 0; i < g->nslices; i++) {
        c = aud_segment_column(g->slices[i].segment, field->name);

        if (c && c->distinct
            && part_count(s, arena, &g->slices[i], c, aud_plan_rows(plan, i))
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
part_count(aud_spread_t *s, aud_arena_t *arena, const aud_slice_t *slice,
    const aud_column_t *c, const uint64_t *rows)
{
    size_t              words = AUD_WORDS(c->rows);
    aud_spread_part_t  *part = &s->parts[s->n++];

    part->rows = rows;
    part->set = (aud_value_set_t) { .slice = slice, .column = c,
                                    .n = c->distinct, .text_lo = c->typed,
                                    .text_hi = c->distinct };
    part->base = aud_arena_calloc(arena, c->distinct, sizeof(uint32_t));
    part->inside = aud_arena_calloc(arena, c->distinct, sizeof(uint32_t));

    if (part->base == NULL || part->inside == NULL
        || aud_codes_add(&part->set.codes, arena, 0, c->distinct) != 0)
    {
        return -1;
    }

    s->base += aud_live_filled(slice, c);
    s->inside += aud_bits_join_count(AUD_BITS_AND, aud_bits(c->present),
                                     aud_bits(rows), NULL, words);

    if (c->multi) {
        return count_units(part, arena);
    }

    aud_counts_live(slice, c, part->base);
    aud_counts_rows(slice, c, rows,
                    aud_bits_count(aud_bits(rows), NULL, words), part->base,
                    part->inside);
    return 0;
}


/* Who has several texts of one value counts once. */
static int
count_units(aud_spread_part_t *part, aud_arena_t *arena)
{
    uint32_t         code, *group;
    aud_unit_t       unit;
    aud_unit_walk_t  walk = { .set = &part->set };

    group = aud_arena_alloc(arena, part->set.column->distinct,
                            sizeof(uint32_t));
    if (group == NULL) {
        return -1;
    }

    while (aud_unit_next(&walk, 1, &unit)) {
        for (code = unit.lo; code < unit.hi; code++) {
            group[code] = unit.lo;
        }
    }

    aud_counts_grouped(part->set.slice, part->set.column, NULL, group,
                       part->base);
    aud_counts_grouped(part->set.slice, part->set.column, part->rows, group,
                       part->inside);
    return 0;
}


void
aud_spread_begin(aud_spread_t *s)
{
    size_t              i;
    aud_spread_part_t  *part;

    for (i = 0; i < s->n; i++) {
        part = &s->parts[i];
        part->walk = (aud_unit_walk_t) { .set = &part->set };
        part_step(part);
    }
}


static void
part_step(aud_spread_part_t *part)
{
    part->more = aud_unit_next(&part->walk, 1, &part->unit);
}


int
aud_spread_next(aud_spread_t *s, aud_spread_value_t *value)
{
    size_t              i;
    aud_spread_part_t  *part, *first;

    do {
        first = NULL;

        for (i = 0; i < s->n; i++) {
            part = &s->parts[i];

            if (part->more && (first == NULL || stands_before(part, first))) {
                first = part;
            }
        }

        if (first == NULL) {
            return 0;
        }

        *value = (aud_spread_value_t) { first->set.column, first->unit.lo, 0,
                                        0 };

        for (part = s->parts + s->n - 1; part > first; part--) {
            if (part->more && !stands_before(first, part)) {
                add_unit(part, value);
                part_step(part);
            }
        }

        add_unit(first, value);
        part_step(first);

    } while (value->base == 0);     /* all struck out */

    return 1;
}


static int
stands_before(const aud_spread_part_t *a, const aud_spread_part_t *b)
{
    int  typed_a = a->unit.lo < a->set.column->typed;
    int  typed_b = b->unit.lo < b->set.column->typed;

    return typed_a != typed_b
           ? typed_a
           : aud_unit_compare(a->set.column, a->unit.lo, b->set.column,
                              b->unit.lo)
             < 0;
}


static void
add_unit(const aud_spread_part_t *part, aud_spread_value_t *value)
{
    uint32_t  code;

    for (code = part->unit.lo; code < part->unit.hi; code++) {
        value->base += part->base[code];
        value->inside += part->inside[code];
    }
}


static void
find_unit(const aud_spread_part_t *part, const aud_spread_value_t *value,
    aud_unit_t *found)
{
    aud_unit_t  unit = { value->code, value->code + 1, 0 };

    aud_unit_find(value->column, &unit, &part->set, 0, found);
}


aud_str_t
aud_spread_text(const aud_spread_t *s, const aud_spread_value_t *value)
{
    size_t                    i;
    uint32_t                  code, live, most = 0;
    aud_str_t                 text;
    aud_unit_t                unit;
    const aud_spread_part_t  *part;

    text = aud_column_display(value->column, value->code);

    for (i = 0; i < s->n; i++) {
        part = &s->parts[i];
        find_unit(part, value, &unit);

        for (code = unit.lo; code < unit.hi; code++) {
            live = part->set.column->multi
                   ? aud_live_rows(part->set.slice, part->set.column, code)
                   : part->base[code];

            if (live > most) {
                most = live;
                text = aud_column_display(part->set.column, code);
            }
        }
    }

    return text;
}


void
aud_spread_group(const aud_spread_part_t *part,
    const aud_spread_value_t *value, uint32_t *group, uint32_t number)
{
    uint32_t    code;
    aud_unit_t  unit;

    find_unit(part, value, &unit);

    for (code = unit.lo; code < unit.hi; code++) {
        group[code] = number;
    }
}


double
aud_spread_cost(const aud_generation_t *g, const aud_field_t *field)
{
    size_t               i;
    double               cost = 0;
    const aud_column_t  *c;

    for (i = 0; i < g->nslices; i++) {
        c = aud_segment_column(g->slices[i].segment, field->name);

        if (c && c->distinct) {
            cost += aud_counts_cost(&g->slices[i], c)
                    + c->distinct * CODE_COST / 1000.0;
        }
    }

    return cost;
}
