/*
 * What people are found by.
 */

#include <stdio.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "resolved_by.h"


static int resolved_by_list(json_t *by, const listed_t *listed);
static uint64_t resolved_by_value(const component_value_t *value);
static int resolved_by_order(const void *a, const void *b);
static void resolved_by_unlike(const json_t *a, const json_t *b, int otherwise,
    aud_buffer_t *out);


json_t *
resolved_by(const settings_t *settings, const listed_t *listed)
{
    int      rc;
    json_t  *by;

    by = settings_show(settings, "resolution");

    rc = json_object_set_new(by, "version", json_integer(RESOLVED_BY_VERSION))
         | json_object_set_new(by, "country",
                               json_string(settings->country[0]
                                           ? settings->country : "BR"))
         | json_object_set_new(by, "area_code",
                               json_string(settings->area_code))
         | resolved_by_list(by, listed);

    if (rc != 0) {
        json_decref(by);
        return NULL;
    }

    return by;
}


/* Whatever their order, and however often they stand there. */

static int
resolved_by_list(json_t *by, const listed_t *listed)
{
    char       text[17];
    size_t     i, n;
    uint64_t  *values;

    values = aud_calloc(listed->n + 1, sizeof(uint64_t));
    if (values == NULL) {
        return -1;
    }

    for (i = 0; i < listed->n; i++) {
        values[i] = resolved_by_value(&listed->items[i]);
    }

    qsort(values, listed->n, sizeof(uint64_t), resolved_by_order);

    for (i = 0, n = 0; i < listed->n; i++) {
        if (n == 0 || values[n - 1] != values[i]) {
            values[n++] = values[i];
        }
    }

    snprintf(text, sizeof(text), "%016llx", (unsigned long long)
             XXH3_64bits(values, n * sizeof(uint64_t)));
    aud_free(values);

    return json_object_set_new(by, "listed", json_string(text));
}


static uint64_t
resolved_by_value(const component_value_t *value)
{
    return XXH3_64bits_withSeed(value->value.data, value->value.len,
                                value->kind);
}


static int
resolved_by_order(const void *a, const void *b)
{
    const uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}


void
resolved_by_changes(const json_t *was, const json_t *now, aud_buffer_t *out)
{
    resolved_by_unlike(now, was, 1, out);
    resolved_by_unlike(was, now, 0, out);
}


/* The names of a that b has otherwise, if `otherwise`, or has not at all. */

static void
resolved_by_unlike(const json_t *a, const json_t *b, int otherwise,
    aud_buffer_t *out)
{
    json_t      *value, *other;
    const char  *name;

    json_object_foreach((json_t *) a, name, value) {
        other = json_object_get(b, name);

        if (other == NULL || (otherwise && !json_equal(value, other))) {
            aud_buffer_printf(out, "%s%s", out->len ? ", " : "", name);
        }
    }
}
