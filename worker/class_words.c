#include <math.h>
#include <stdio.h>

#include "aud_value.h"
#include "class_names.h"
#include "class_text.h"
#include "class_words.h"

#define DAYS_MONTH  30
#define DAYS_YEAR   365
#define LIFT_MANY   10


static void add_ago(const locale_texts_t *texts, double from, double to,
    aud_buffer_t *a, aud_buffer_t *b);
static const char *unit_of(const locale_texts_t *texts, double days,
    double *n);
static void add_range(const locale_texts_t *texts, const behaviour_t *field,
    const behaviour_category_t *category, aud_buffer_t *out);
static void add_value(const locale_texts_t *texts, const behaviour_t *field,
    const behaviour_category_t *category, aud_buffer_t *out);


void
class_number(const locale_texts_t *texts, double value, aud_buffer_t *out)
{
    char     digits[64];
    char    *end, *point;
    double   size = fabs(value);

    if (size >= 1e15 || isnan(value)) {
        aud_buffer_printf(out, "%.6g", value);
        return;
    }

    snprintf(digits, sizeof(digits), "%.*f", size < 1 ? 4 : 2, size);
    point = strchr(digits, '.');
    end = digits + strlen(digits);

    while (end[-1] == '0') {
        *--end = '\0';
    }

    if (end[-1] == '.') {
        end[-1] = '\0';
        point = NULL;
    }

    if (value < 0 && strcmp(digits, "0") != 0) {
        aud_buffer_char(out, '-');
    }

    locale_number(texts, strtoll(digits, NULL, 10), out);

    if (point) {
        aud_buffer_text(out, class_text(texts, "decimal"));
        aud_buffer_text(out, point + 1);
    }
}


double
class_percent_of(double share)
{
    double  percent = 100 * share;

    return percent < 1 || percent > 99 ? round(10 * percent) / 10
                                       : round(percent);
}


void
class_percent(const locale_texts_t *texts, double share, aud_buffer_t *out)
{
    double        n = class_percent_of(share);
    const char   *template = "percent";
    class_gap_t   gap = { "n", { NULL, 0 }, n == 1 ? 1 : 2 };
    aud_buffer_t  number = { 0 };

    if (share >= 1) {
        template = "percent_all";

    } else if (share > 0 && n == 0) {
        template = "percent_less";

    } else if (n >= 100) {
        template = "percent_more";
    }

    class_number(texts, n, &number);
    gap.text = aud_buffer_str(&number);
    class_fill(class_text(texts, template), &gap, 1, out);

    out->failed |= number.failed;
    aud_buffer_free(&number);
}


void
class_days(const locale_texts_t *texts, double days, aud_buffer_t *out)
{
    double        n;
    const char   *unit = unit_of(texts, days, &n);
    class_gap_t   gap = { "n", { NULL, 0 }, n == 1 ? 1 : 2 };
    aud_buffer_t  number = { 0 };

    class_number(texts, n, &number);
    gap.text = aud_buffer_str(&number);
    class_fill(unit, &gap, 1, out);
    aud_buffer_free(&number);
}


/* The unit in which that many days are said, and how many of it they are. */
static const char *
unit_of(const locale_texts_t *texts, double days, double *n)
{
    if (days >= DAYS_YEAR && fmod(days, DAYS_YEAR) == 0) {
        *n = days / DAYS_YEAR;
        return class_text(texts, "years");
    }

    if (days > 3 * DAYS_MONTH && fmod(days, DAYS_MONTH) == 0) {
        *n = days / DAYS_MONTH;
        return class_text(texts, "months");
    }

    *n = days;

    return class_text(texts, "days");
}


void
class_recency(const locale_texts_t *texts,
    const behaviour_category_t *category, aud_buffer_t *out)
{
    double        from = category->from, to = category->to;
    const char   *template;
    class_gap_t   gaps[2] = { { "from", { NULL, 0 }, 0 },
                              { "to", { NULL, 0 }, 0 } };
    aud_buffer_t  a = { 0 }, b = { 0 };

    if (to <= 0) {
        template = "future";

    } else if (isinf(to)) {
        template = from <= 0 ? "past" : "before";
        class_days(texts, from, &a);

    } else if (from <= 0) {
        template = "within";
        class_days(texts, to, &b);

    } else {
        template = "ago";
        add_ago(texts, from, to, &a, &b);
    }

    gaps[0].text = aud_buffer_str(&a);
    gaps[1].text = aud_buffer_str(&b);
    class_fill(class_text(texts, template), gaps, 2, out);

    out->failed |= a.failed | b.failed;
    aud_buffer_free(&a);
    aud_buffer_free(&b);
}


/* Both ends in one unit where that goes: "3" and "6 meses", "6" and "12 meses"
 * (a year), "30 dias" and "1 ano". */
static void
add_ago(const locale_texts_t *texts, double from, double to, aud_buffer_t *a,
    aud_buffer_t *b)
{
    double  n, m;

    if (to == DAYS_YEAR && from >= 3 * DAYS_MONTH
        && fmod(from, DAYS_MONTH) == 0)
    {
        to = 12 * DAYS_MONTH;
    }

    if (unit_of(texts, from, &n) == unit_of(texts, to, &m)) {
        class_number(texts, n, a);

    } else if (fmod(from, DAYS_MONTH) == 0 && fmod(to, DAYS_MONTH) == 0) {
        class_number(texts, from / DAYS_MONTH, a);

    } else {
        class_days(texts, from, a);
    }

    class_days(texts, to, b);
}


void
class_lift(const locale_texts_t *texts, double share, double base_share,
    aud_buffer_t *out)
{
    long          points = lround(class_percent_of(share)
                                 - class_percent_of(base_share));
    double        lift = base_share > 0 ? share / base_share : 0;
    const char   *template;
    class_gap_t   gaps[2] = { { "n", { NULL, 0 }, points },
                              { "times", { NULL, 0 }, 0 } };
    aud_buffer_t  n = { 0 }, times = { 0 };

    if (lift >= LIFT_MANY) {
        template = "lift_many";
        class_number(texts, LIFT_MANY, &n);

    } else {
        template = lift >= 2.9 && lift < 3.1 ? "lift_thrice"
                   : lift >= 1.9 && lift < 2.1 ? "lift_twice"
                   : lift >= 1.5 ? "lift_times"
                   : points >= 1 ? "lift_points" : "lift_slight";
        class_number(texts, (double) points, &n);
    }

    class_number(texts, round(lift * 10) / 10, &times);
    gaps[0].text = aud_buffer_str(&n);
    gaps[1].text = aud_buffer_str(&times);
    class_fill(class_text(texts, template), gaps, 2, out);

    out->failed |= n.failed | times.failed;
    aud_buffer_free(&n);
    aud_buffer_free(&times);
}


void
class_years(const locale_texts_t *texts, const behaviour_category_t *category,
    aud_buffer_t *out)
{
    double        from, to;
    const char   *template;
    class_gap_t   gaps[2] = { { "from", { NULL, 0 }, 0 },
                              { "to", { NULL, 0 }, 0 } };
    aud_buffer_t  a = { 0 }, b = { 0 };

    class_range_bounds(category, 1, &from, &to);

    if (isinf(from) || from <= 0) {
        template = isinf(to) ? "past" : "within";
        class_days(texts, category->to * DAYS_YEAR, &b);

    } else if (isinf(to)) {
        template = "before";
        class_days(texts, from * DAYS_YEAR, &a);

    } else if (from == to) {
        template = "at";
        class_days(texts, from * DAYS_YEAR, &a);

    } else {
        template = "ago";
        class_number(texts, from, &a);
        class_days(texts, to * DAYS_YEAR, &b);
    }

    gaps[0].text = aud_buffer_str(&a);
    gaps[1].text = aud_buffer_str(&b);
    class_fill(class_text(texts, template), gaps, 2, out);

    out->failed |= a.failed | b.failed;
    aud_buffer_free(&a);
    aud_buffer_free(&b);
}


int
class_range_bounds(const behaviour_category_t *category, int whole,
    double *from, double *to)
{
    *from = category->from;
    *to = category->to;

    if (!whole || isinf(*from) || isinf(*to) || floor(*from) != *from
        || floor(*to) != *to)
    {
        return 0;
    }

    *to -= 1;

    return *from == *to;
}


void
class_category_words(const locale_texts_t *texts, const behaviour_t *field,
    uint32_t category, aud_buffer_t *out)
{
    const behaviour_category_t  *c = &field->categories[category];

    switch (c->kind) {

    case BEHAVIOUR_VALUE:
        add_value(texts, field, c, out);
        break;

    case BEHAVIOUR_RANGE:
        if (class_field_since(texts, field)) {
            class_years(texts, c, out);

        } else {
            add_range(texts, field, c, out);
        }

        break;

    case BEHAVIOUR_RECENCY:
        class_recency(texts, c, out);
        break;

    case BEHAVIOUR_OTHER:
        aud_buffer_text(out, class_text(texts, "other"));
    }
}


static void
add_value(const locale_texts_t *texts, const behaviour_t *field,
    const behaviour_category_t *category, aud_buffer_t *out)
{
    double         value;
    size_t         from = out->len;
    const char    *words;
    const json_t  *known;

    if (field->type == AUD_TYPE_YES_NO) {
        aud_buffer_text(out, class_text(texts, category->yes ? "yes" : "no"));
        return;
    }

    if (field->type == AUD_TYPE_NUMBER
        && aud_number_parse(category->text, &value) == 0)
    {
        class_number(texts, value, out);
        return;
    }

    known = class_kind_value(texts, class_field_kind(texts, field->name),
                             category->text);
    words = json_string_value(json_object_get(known, "words"));

    if (words) {
        aud_buffer_text(out, words);
        return;
    }

    class_text_clean(category->text, CLASS_VALUE_MAX, out);

    if (out->len == from) {
        aud_buffer_text(out, class_text(texts, "other"));
    }
}


static void
add_range(const locale_texts_t *texts, const behaviour_t *field,
    const behaviour_category_t *category, aud_buffer_t *out)
{
    int           single;
    double        from, to;
    const char   *template;
    class_gap_t   gaps[2] = { { "from", { NULL, 0 }, 0 },
                              { "to", { NULL, 0 }, 0 } };
    aud_buffer_t  a = { 0 }, b = { 0 };

    single = class_range_bounds(category, class_field_whole(texts, field),
                                &from, &to);

    class_number(texts, from, &a);
    class_number(texts, to, &b);
    gaps[0].text = aud_buffer_str(&a);
    gaps[1].text = aud_buffer_str(&b);

    if (isinf(from)) {
        template = isinf(to) ? "every" : "below";

    } else {
        template = isinf(to) ? "from" : "between";
    }

    if (single) {
        aud_buffer_add(out, a.data, a.len);

    } else {
        class_fill(class_text(texts, template), gaps, 2, out);
    }

    out->failed |= a.failed | b.failed;
    aud_buffer_free(&a);
    aud_buffer_free(&b);
}
