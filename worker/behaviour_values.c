#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_live.h"
#include "behaviour_values.h"
#include "pair_sort.h"

#define SIGN  (UINT64_C(1) << 63)


static int read_column(behaviour_values_t *values, const aud_generation_t *g,
    uint32_t slice, const aud_column_t *c, int64_t now);
static behaviour_value_t *append(behaviour_values_t *values);
static void reverse(behaviour_value_t *items, size_t n);
static int unite(behaviour_values_t *values, const aud_generation_t *g,
    const aud_field_t *field);
static void add(behaviour_value_t *to, const behaviour_value_t *value,
    const aud_generation_t *g, const aud_field_t *field);
static int by_text(const void *a, const void *b);
static uint64_t key_of_number(double number);


/* Folded, in order: nobody knows, nobody said, nothing there.  "Other" and "no"
 * are answers. */
static const char *const  nothing[] = {
    "#n/a", "#n/d", "(blank)", "(empty)", "(null)", "(vazio)", "-", "--", "---",
    ".", "?", "blank", "desconhecida", "desconhecido", "desconocida",
    "desconocido", "empty", "n.a.", "n/a", "n/d", "n/i", "nan",
    "nao especificado", "nao informada", "nao informado", "nao informou",
    "nao se aplica", "no aplica", "no data", "no especificado", "no informada",
    "no informado", "not applicable", "not available", "not informed",
    "not provided", "not specified", "null", "nulo", "sem dados",
    "sem informacao", "sin datos", "sin informacion", "undefined", "unknown",
    "vazio"
};

#define NOTHING       (sizeof(nothing) / sizeof(nothing[0]))
#define NOTHING_LONG  16                /* bytes of the longest */


int
behaviour_values_read(behaviour_values_t *values, const aud_generation_t *g,
    const aud_field_t *field, int64_t now)
{
    int                  rc = 0;
    size_t               i, columns = 0;
    const aud_column_t  *c;

    memset(values, 0, sizeof(behaviour_values_t));

    for (i = 0; i < g->nslices && rc == 0; i++) {
        c = aud_segment_column(g->slices[i].segment, field->name);

        if (c) {
            columns++;
            rc = read_column(values, g, i, c, now);
        }
    }

    if (columns > 1 && rc == 0) {
        rc = unite(values, g, field);
    }

    if (rc != 0) {
        behaviour_values_free(values);
    }

    return rc;
}


void
behaviour_values_free(behaviour_values_t *values)
{
    aud_free(values->items);
    memset(values, 0, sizeof(behaviour_values_t));
}


/* Codes of one value stand side by side: dictionaries are sorted. */
static int
read_column(behaviour_values_t *values, const aud_generation_t *g,
    uint32_t slice, const aud_column_t *c, int64_t now)
{
    size_t              first = values->n;
    uint32_t            code, live;
    uint64_t            key;
    behaviour_value_t  *last = NULL;

    for (code = 0; code < c->distinct; code++) {

        if (!behaviour_is_value(c, code)) {
            continue;
        }

        live = aud_live_rows(&g->slices[slice], c, code);

        if (live == 0) {
            continue;
        }

        key = behaviour_key(c, code, now);

        if (last == NULL || last->key != key) {
            last = append(values);

            if (last == NULL) {
                return -1;
            }

            *last = (behaviour_value_t) { .key = key, .slice = slice };
        }

        last->count += live;
        values->total += live;

        if (live > last->shown) {
            last->shown = live;
            last->code = code;
        }
    }

    if (c->type == AUD_TYPE_DATE) {
        reverse(values->items + first, values->n - first);
    }

    return 0;
}


static behaviour_value_t *
append(behaviour_values_t *values)
{
    size_t              capacity;
    behaviour_value_t  *items;

    if (values->n == values->capacity) {
        capacity = values->capacity ? values->capacity * 2 : 64;
        items = aud_realloc(values->items,
                            capacity * sizeof(behaviour_value_t));
        if (items == NULL) {
            return NULL;
        }

        values->items = items;
        values->capacity = capacity;
    }

    return &values->items[values->n++];
}


/* The earliest date is the most days ago. */
static void
reverse(behaviour_value_t *items, size_t n)
{
    size_t             i;
    behaviour_value_t  value;

    for (i = 0; i < n / 2; i++) {
        value = items[i];
        items[i] = items[n - 1 - i];
        items[n - 1 - i] = value;
    }
}


/* Those of several segments, by key; of equals the first segment's first. */
static int
unite(behaviour_values_t *values, const aud_generation_t *g,
    const aud_field_t *field)
{
    int                 rc = -1;
    size_t              i, n = 0;
    pair_t             *pairs;
    behaviour_value_t  *items = NULL, *value;

    pairs = aud_malloc((values->n + 1) * sizeof(pair_t));
    if (pairs == NULL) {
        return -1;
    }

    for (i = 0; i < values->n; i++) {
        pairs[i] = (pair_t) { values->items[i].key, i };
    }

    if (pair_sort(pairs, values->n) != 0) {
        goto done;
    }

    items = aud_malloc((values->n + 1) * sizeof(behaviour_value_t));
    if (items == NULL) {
        goto done;
    }

    for (i = 0; i < values->n; i++) {
        value = &values->items[pairs[i].payload];

        if (n && items[n - 1].key == value->key) {
            add(&items[n - 1], value, g, field);

        } else {
            items[n++] = *value;
        }
    }

    aud_free(values->items);
    values->items = items;
    values->n = n;
    values->capacity = i;
    rc = 0;

done:

    aud_free(pairs);

    return rc;
}


static void
add(behaviour_value_t *to, const behaviour_value_t *value,
    const aud_generation_t *g, const aud_field_t *field)
{
    uint64_t  count = to->count + value->count;

    if (value->shown > to->shown
        || (value->shown == to->shown
            && aud_str_compare(behaviour_value_text(value, g, field),
                               behaviour_value_text(to, g, field)) < 0))
    {
        *to = *value;
    }

    to->count = count;
}


int
behaviour_is_value(const aud_column_t *c, uint32_t code)
{
    aud_str_t  folded;

    if (c->type != AUD_TYPE_TEXT) {
        return code < c->typed;
    }

    folded = aud_column_folded(c, code);

    return folded.len > NOTHING_LONG
           || bsearch(&folded, nothing, NOTHING, sizeof(nothing[0]), by_text)
              == NULL;
}


static int
by_text(const void *a, const void *b)
{
    const char  *text = *(const char *const *) b;

    return aud_str_compare(*(const aud_str_t *) a, aud_str(text, strlen(text)));
}


uint64_t
behaviour_key(const aud_column_t *c, uint32_t code, int64_t now)
{
    int64_t    ago;
    aud_str_t  folded;

    switch (c->type) {

    case AUD_TYPE_TEXT:
        folded = aud_column_folded(c, code);
        return XXH3_64bits(folded.data, folded.len);

    case AUD_TYPE_DATE:
        ago = now - c->dates[code];
        return key_of_number(ago / AUD_DAY - (ago % AUD_DAY < 0));

    default:
        return key_of_number(c->numbers[code]);
    }
}


/* The bits of a double ascend with it, once negative ones are turned over. */
static uint64_t
key_of_number(double number)
{
    uint64_t  bits;

    memcpy(&bits, &number, sizeof(bits));

    return bits & SIGN ? ~bits : bits | SIGN;
}


double
behaviour_key_number(uint64_t key)
{
    double    number;
    uint64_t  bits = key & SIGN ? key & ~SIGN : ~key;

    memcpy(&number, &bits, sizeof(number));

    return number;
}


aud_str_t
behaviour_value_text(const behaviour_value_t *value, const aud_generation_t *g,
    const aud_field_t *field)
{
    return aud_column_display(
               aud_segment_column(g->slices[value->slice].segment,
                                  field->name), value->code);
}
