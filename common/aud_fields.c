/*
 * GET /v1/fields: the fields of a generation, in the order in which people
 * look for them, with how many profiles have them and how many values.
 */

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "aud_eval.h"
#include "aud_live.h"


/* Texts seen, by their hashes; two that share one would count as one. */
typedef struct {
    uint64_t  *slots;           /* 0: free */
    size_t     capacity;        /* a power of two */
    size_t     n;
} seen_t;


static int      fields_write(const aud_generation_t *g, aud_buffer_t *out);
static int      fields_compare(const void *a, const void *b);
static unsigned field_rank(const aud_field_t *f);
static int      field_json(const aud_generation_t *g, const aud_field_t *f,
    aud_buffer_t *out);
static int      count_distinct(const aud_generation_t *g,
    const aud_field_t *f, uint64_t *distinct);
static int      column_distinct(const aud_slice_t *slice,
    const aud_column_t *c, seen_t *seen, uint64_t *distinct);
static int      seen_add(seen_t *seen, aud_str_t text, uint64_t *distinct);
static int      seen_grow(seen_t *seen);
static void     seen_put(seen_t *seen, uint64_t hash);


int
aud_fields_json(const aud_generation_t *g, aud_buffer_t *out)
{
    aud_buffer_t  answer = { 0 };

    if (aud_generation_fields_answer(g) == NULL) {

        if (fields_write(g, &answer) != 0) {
            aud_buffer_free(&answer);
            return -1;
        }

        aud_generation_keep_fields_answer(g, answer.data);
    }

    aud_buffer_text(out, aud_generation_fields_answer(g));

    return out->failed ? -1 : 0;
}


/* With a NUL behind it. */
static int
fields_write(const aud_generation_t *g, aud_buffer_t *out)
{
    int                  rc = -1;
    size_t               i;
    const aud_field_t  **fields;

    fields = aud_calloc(g->nfields + 1, sizeof(aud_field_t *));
    if (fields == NULL) {
        return -1;
    }

    for (i = 0; i < g->nfields; i++) {
        fields[i] = &g->fields[i];
    }

    qsort(fields, g->nfields, sizeof(aud_field_t *), fields_compare);

    aud_buffer_text(out, "{\"items\": [");

    for (i = 0; i < g->nfields; i++) {
        aud_buffer_text(out, i ? ",\n" : "");

        if (field_json(g, fields[i], out) != 0) {
            goto done;
        }
    }

    aud_buffer_printf(out, "], \"total\": %llu}\n",
                      (unsigned long long) g->profiles);

    aud_buffer_char(out, '\0');
    rc = out->failed ? -1 : 0;

done:

    aud_free(fields);

    return rc;
}


static int
fields_compare(const void *a, const void *b)
{
    unsigned            x, y;
    const aud_field_t  *f = *(const aud_field_t *const *) a;
    const aud_field_t  *g = *(const aud_field_t *const *) b;

    x = field_rank(f);
    y = field_rank(g);

    return x != y ? (x > y) - (x < y) : aud_str_compare(f->name, g->name);
}


static unsigned
field_rank(const aud_field_t *f)
{
    unsigned                  i;
    static const char *const  identifiers[] = {
        "phoneNumber", "email", "taxDocument", "name", "city", "address", NULL
    };
    static const unsigned     kinds[AUD_KIND_COUNT] = {
        [AUD_KIND_IDENTIFIER] = 0,
        [AUD_KIND_CONSENT]    = 100,
        [AUD_KIND_BEHAVIOUR]  = 101,
        [AUD_KIND_LABEL]      = 102,
        [AUD_KIND_EXTRA]      = 103,
        [AUD_KIND_CAMPAIGN]   = 104,
        [AUD_KIND_SYSTEM]     = 105,
    };

    if (f->kind != AUD_KIND_IDENTIFIER) {
        return kinds[f->kind];
    }

    for (i = 0; identifiers[i]; i++) {
        if (aud_str_equal(f->name, aud_str(identifiers[i],
                                           strlen(identifiers[i]))))
        {
            break;
        }
    }

    return i;
}


static int
field_json(const aud_generation_t *g, const aud_field_t *f, aud_buffer_t *out)
{
    size_t               i;
    uint64_t             filled = 0, distinct = 0;
    const aud_column_t  *c;

    for (i = 0; i < g->nslices; i++) {
        c = aud_segment_column(g->slices[i].segment, f->name);

        if (c) {
            filled += aud_live_filled(&g->slices[i], c);
        }
    }

    if (count_distinct(g, f, &distinct) != 0) {
        return -1;
    }

    aud_buffer_text(out, "{\"name\": ");
    aud_buffer_json(out, f->name);
    aud_buffer_printf(out, ", \"type\": \"%s\", \"kind\": \"%s\", "
                      "\"multi\": %s, \"filled\": %llu, \"distinct\": %llu}",
                      aud_type_name(f->type), aud_kind_name(f->kind),
                      f->multi ? "true" : "false",
                      (unsigned long long) filled,
                      (unsigned long long) distinct);
    return 0;
}


/* Texts of several segments have to be compared; those of one differ. */
static int
count_distinct(const aud_generation_t *g, const aud_field_t *f,
    uint64_t *distinct)
{
    int                  rc = 0;
    size_t               i, columns = 0;
    seen_t               seen = { 0 };
    const aud_column_t  *c;

    for (i = 0; i < g->nslices; i++) {
        columns += aud_segment_column(g->slices[i].segment, f->name) != NULL;
    }

    for (i = 0; i < g->nslices && rc == 0; i++) {
        c = aud_segment_column(g->slices[i].segment, f->name);

        if (c) {
            rc = column_distinct(&g->slices[i], c, columns > 1 ? &seen : NULL,
                                 distinct);
        }
    }

    aud_free(seen.slots);

    return rc;
}


static int
column_distinct(const aud_slice_t *slice, const aud_column_t *c, seen_t *seen,
    uint64_t *distinct)
{
    uint32_t  code;

    for (code = 0; code < c->distinct; code++) {

        if (!aud_live_any(slice, c, code)) {
            continue;
        }

        if (seen == NULL) {
            (*distinct)++;

        } else if (seen_add(seen, aud_column_display(c, code), distinct) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
seen_add(seen_t *seen, aud_str_t text, uint64_t *distinct)
{
    size_t    before;
    uint64_t  hash;

    if (seen->n * 2 >= seen->capacity && seen_grow(seen) != 0) {
        return -1;
    }

    hash = XXH3_64bits(text.data, text.len);
    before = seen->n;

    seen_put(seen, hash ? hash : 1);
    *distinct += seen->n - before;

    return 0;
}


static int
seen_grow(seen_t *seen)
{
    size_t  i;
    seen_t  grown = { 0 };

    grown.capacity = seen->capacity ? seen->capacity * 2 : 1024;

    grown.slots = aud_calloc(grown.capacity, sizeof(uint64_t));
    if (grown.slots == NULL) {
        return -1;
    }

    for (i = 0; i < seen->capacity; i++) {
        if (seen->slots[i]) {
            seen_put(&grown, seen->slots[i]);
        }
    }

    aud_free(seen->slots);
    *seen = grown;

    return 0;
}


static void
seen_put(seen_t *seen, uint64_t hash)
{
    size_t  i = hash & (seen->capacity - 1);

    while (seen->slots[i] && seen->slots[i] != hash) {
        i = (i + 1) & (seen->capacity - 1);
    }

    seen->n += seen->slots[i] == 0;
    seen->slots[i] = hash;
}
