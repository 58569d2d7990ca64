#include <math.h>

#include "aud_clock.h"
#include "aud_distribution.h"


static void number_json(double value, aud_buffer_t *out);
static void size_json(const aud_distribution_t *d, aud_buffer_t *out);
static void values_json(const aud_distribution_t *d, aud_buffer_t *out);
static void value_json(const aud_distribution_t *d,
    const aud_spread_value_t *v, aud_buffer_t *out);
static void ranges_json(const aud_distribution_t *d, aud_buffer_t *out);
static void bound_json(const aud_distribution_t *d, uint32_t i, int open,
    aud_buffer_t *out);


void
aud_distribution_json(const aud_distribution_t *d, aud_buffer_t *out)
{
    aud_buffer_text(out, "{\"field\": ");
    aud_buffer_json(out, d->field->name);
    aud_buffer_printf(out, ", \"type\": \"%s\"",
                      aud_type_name(d->field->type));

    aud_buffer_printf(out, ", \"inside\": {\"people\": %llu, \"filled\": %llu}"
                      ", \"base\": {\"people\": %llu, \"filled\": %llu}",
                      (unsigned long long) aud_plan_count(d->plan),
                      (unsigned long long) d->spread.inside,
                      (unsigned long long) d->generation->profiles,
                      (unsigned long long) d->spread.base);

    if (d->ranged) {
        size_json(d, out);
        ranges_json(d, out);

    } else {
        values_json(d, out);
    }

    aud_buffer_printf(out, ", \"other\": {\"values\": %llu, \"inside\": %llu, "
                      "\"base\": %llu}, \"generation\": %llu, "
                      "\"took_us\": %llu}\n",
                      (unsigned long long) d->others.values,
                      (unsigned long long) d->others.inside,
                      (unsigned long long) d->others.base,
                      (unsigned long long) d->generation->number,
                      (unsigned long long) (aud_ticks() - d->started));
}


static void
values_json(const aud_distribution_t *d, aud_buffer_t *out)
{
    size_t                     i;
    const aud_spread_value_t  *v;

    aud_buffer_text(out, ", \"values\": [");

    for (i = 0; i < d->n; i++) {
        v = &d->values[i];

        aud_buffer_text(out, i ? ",\n{\"value\": " : "{\"value\": ");
        value_json(d, v, out);
        aud_buffer_printf(out, ", \"inside\": %llu, \"base\": %llu}",
                          (unsigned long long) v->inside,
                          (unsigned long long) v->base);
    }

    aud_buffer_char(out, ']');
}


/* As an operand of "equals" can be. */
static void
value_json(const aud_distribution_t *d, const aud_spread_value_t *v,
    aud_buffer_t *out)
{
    if (d->field->type == AUD_TYPE_YES_NO) {
        aud_buffer_text(out, v->column->numbers[v->code] ? "true" : "false");

    } else if (d->field->type == AUD_TYPE_NUMBER) {
        number_json(v->column->numbers[v->code], out);

    } else {
        aud_buffer_json(out, aud_spread_text(&d->spread, v));
    }
}


/* Values have 15 digits at most; -0 is 0. */
static void
number_json(double value, aud_buffer_t *out)
{
    aud_buffer_printf(out, "%.15g", value == 0 ? 0 : value);
}


static void
size_json(const aud_distribution_t *d, aud_buffer_t *out)
{
    const aud_ranges_t  *r = &d->bounds;

    static const char *const  units[] = {
        [AUD_RANGE_NUMBER] = "number", [AUD_RANGE_HOUR] = "hour",
        [AUD_RANGE_DAY] = "day",       [AUD_RANGE_WEEK] = "week",
        [AUD_RANGE_MONTH] = "month",   [AUD_RANGE_YEAR] = "year",
    };

    if (d->n == 0) {
        return;
    }

    aud_buffer_text(out, ", \"size\": ");

    if (r->unit == AUD_RANGE_NUMBER) {
        number_json(aud_ranges_size(r), out);
        aud_buffer_printf(out, ", \"whole\": %s", d->whole ? "true" : "false");

    } else {
        aud_buffer_decimal(out, r->size);
    }

    aud_buffer_printf(out, ", \"unit\": \"%s\"", units[r->unit]);
}


static void
ranges_json(const aud_distribution_t *d, aud_buffer_t *out)
{
    size_t               i;
    const aud_ranges_t  *r = &d->bounds;

    aud_buffer_text(out, ", \"ranges\": [");

    for (i = 0; i < d->n; i++) {
        aud_buffer_text(out, i ? ",\n{\"from\": " : "{\"from\": ");
        bound_json(d, i, r->below && i == 0, out);
        aud_buffer_text(out, ", \"to\": ");
        bound_json(d, i + 1, r->above && i == d->n - 1, out);
        aud_buffer_printf(out, ", \"inside\": %llu, \"base\": %llu}",
                          (unsigned long long) d->ranges[i].inside,
                          (unsigned long long) d->ranges[i].base);
    }

    aud_buffer_char(out, ']');
}


static void
bound_json(const aud_distribution_t *d, uint32_t i, int open,
    aud_buffer_t *out)
{
    char    text[AUD_TIME_LEN + 1];
    size_t  len;

    if (open) {
        aud_buffer_text(out, "null");

    } else if (d->bounds.unit == AUD_RANGE_NUMBER) {
        number_json(aud_ranges_number(&d->bounds, i), out);

    } else {
        len = aud_time_format(text, aud_ranges_date(&d->bounds, i));

        if (d->bounds.unit != AUD_RANGE_HOUR) {
            len = sizeof("2026-11-21") - 1;
        }

        aud_buffer_json(out, aud_str(text, len));
    }
}
