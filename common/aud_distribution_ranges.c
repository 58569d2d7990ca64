#include "aud_distribution.h"

#define LIMIT_LEAST  4          /* fewer do not always do */


static void     bound_numbers(aud_distribution_t *d, uint32_t limit);
static void     bound_dates(aud_distribution_t *d, uint32_t limit);
static uint32_t range_of(const aud_distribution_t *d, const aud_column_t *c,
    uint32_t code);
static void     count_part(aud_distribution_t *d,
    const aud_spread_part_t *part);
static int      count_several(aud_distribution_t *d,
    const aud_spread_part_t *part);


int
aud_distribution_ranges(aud_distribution_t *d)
{
    size_t    i;
    uint32_t  limit = d->limit < LIMIT_LEAST ? LIMIT_LEAST : d->limit;

    d->ranged = 1;

    if (d->typed == 0) {
        return 0;
    }

    if (d->field->type == AUD_TYPE_DATE) {
        bound_dates(d, limit);

    } else {
        bound_numbers(d, limit);
    }

    d->n = d->bounds.n;

    d->ranges = aud_arena_calloc(&d->arena, d->n, sizeof(aud_shares_t));
    if (d->ranges == NULL) {
        return -1;
    }

    for (i = 0; i < d->spread.n; i++) {
        if (!d->field->multi) {
            count_part(d, &d->spread.parts[i]);

        } else if (count_several(d, &d->spread.parts[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


static void
bound_numbers(aud_distribution_t *d, uint32_t limit)
{
    unsigned             i;
    double               marks[AUD_MARKS];
    aud_number_spread_t  spread;

    for (i = 0; i < AUD_MARKS; i++) {
        marks[i] = d->marks[i].column->numbers[d->marks[i].code];
    }

    spread = (aud_number_spread_t) { marks[AUD_MARK_LEAST],
                                     marks[AUD_MARK_LOW],
                                     marks[AUD_MARK_HIGH],
                                     marks[AUD_MARK_GREATEST], d->whole };

    aud_ranges_numbers(&d->bounds, &spread, limit);
}


static void
bound_dates(aud_distribution_t *d, uint32_t limit)
{
    unsigned           i;
    int64_t            marks[AUD_MARKS];
    aud_date_spread_t  spread;

    for (i = 0; i < AUD_MARKS; i++) {
        marks[i] = d->marks[i].column->dates[d->marks[i].code];
    }

    spread = (aud_date_spread_t) { marks[AUD_MARK_LEAST], marks[AUD_MARK_LOW],
                                   marks[AUD_MARK_HIGH],
                                   marks[AUD_MARK_GREATEST] };

    aud_ranges_dates(&d->bounds, &spread, limit);
}


static uint32_t
range_of(const aud_distribution_t *d, const aud_column_t *c, uint32_t code)
{
    return c->dates ? aud_ranges_of_date(&d->bounds, c->dates[code])
                    : aud_ranges_of_number(&d->bounds, c->numbers[code]);
}


static void
count_part(aud_distribution_t *d, const aud_spread_part_t *part)
{
    uint32_t       code;
    aud_shares_t  *range;

    for (code = 0; code < part->set.column->typed; code++) {
        if (part->base[code] == 0) {
            continue;       /* struck out, and perhaps beyond the bounds */
        }

        range = &d->ranges[range_of(d, part->set.column, code)];
        range->base += part->base[code];
        range->inside += part->inside[code];
    }
}


/* Who has several values in one range counts once there. */
static int
count_several(aud_distribution_t *d, const aud_spread_part_t *part)
{
    size_t               i;
    uint32_t             code, *group, *base, *inside;
    const aud_column_t  *c = part->set.column;

    group = aud_arena_alloc(&d->arena, c->distinct, sizeof(uint32_t));
    base = aud_arena_calloc(&d->arena, d->n * 2, sizeof(uint32_t));

    if (group == NULL || base == NULL) {
        return -1;
    }

    inside = base + d->n;

    for (code = 0; code < c->distinct; code++) {
        group[code] = code < c->typed ? range_of(d, c, code) : AUD_NO_CODE;
    }

    aud_counts_grouped(part->set.slice, c, NULL, group, base);
    aud_counts_grouped(part->set.slice, c, part->rows, group, inside);

    for (i = 0; i < d->n; i++) {
        d->ranges[i].base += base[i];
        d->ranges[i].inside += inside[i];
    }

    return 0;
}
