/*
 * Profiles as JSON: the people of a page with their fields.
 *
 * Names of fields are written once for all of them.  Texts lie far apart in
 * dictionaries larger than any cache, so they are asked for ahead, column by
 * column, for a few profiles at a time:
 *
 *                 column 0   column 1   column 2 …
 *   profile 0       code       code       code         1  codes are read, and
 *   profile 1       code       code       code            where texts begin
 *   …                                                     asked for
 *   profile 7       code       code       code         2  the texts
 *                                                      3  rows are written
 */

#include "aud_alloc.h"
#include "aud_arena.h"
#include "aud_eval.h"

#define AT_ONCE  8

/* Keys are copied by so many bytes, with what lies behind. */
#define STEP     16

/* Of most profiles: what is neither key nor value, and each value. */
#define PROFILE  64
#define VALUE    14


typedef struct {
    const aud_column_t  *column;
    aud_str_t            key;       /* "name": and what begins a list */
} cell_t;

typedef struct {                    /* the wanted columns of a segment */
    cell_t  *cells;
    size_t   n;
} layout_t;

typedef struct {
    const aud_generation_t  *generation;
    aud_arena_t              arena;
    const aud_field_t      **fields;    /* [nfields], as they are wanted */
    size_t                   nfields;
    size_t                  *key_at;    /* [nfields + 1] into keys */
    aud_buffer_t             keys;
    layout_t                *layouts;   /* [nslices]; cells NULL: not yet */
    uint32_t                *codes;     /* [AT_ONCE][nfields], code + 1; of
                                           several values how many */
} writer_t;


static int  writer_init(writer_t *w, const aud_str_t *names, size_t n);
static void writer_keys(writer_t *w);
static int  lay_out(writer_t *w, uint32_t slice);
static const aud_column_t *column_from(const aud_segment_t *s, uint32_t *from,
    aud_str_t name);
static void read_codes(writer_t *w, const aud_place_t *places, size_t n);
static void ask_for_texts(const writer_t *w, const aud_place_t *places,
    size_t n);
static void profile_json(const writer_t *w, aud_place_t place,
    const uint32_t *codes, aud_buffer_t *out);
static void key_json(aud_str_t key, int first, aud_buffer_t *out);
static void list_json(const aud_column_t *c, uint32_t row, aud_buffer_t *out);


int
aud_profiles_json(const aud_generation_t *g, const aud_place_t *places,
    size_t n, const aud_str_t *fields, size_t nfields, aud_buffer_t *out)
{
    int       rc = -1;
    size_t    i, j, some;
    writer_t  w = { .generation = g };

    if (n == 0) {
        return 0;
    }

    if (writer_init(&w, fields, fields ? nfields : g->nfields) != 0) {
        goto done;
    }

    aud_buffer_reserve(out, n * (PROFILE + w.keys.len + w.nfields * VALUE));

    for (i = 0; i < n; i += some) {
        some = n - i < AT_ONCE ? n - i : AT_ONCE;

        for (j = 0; j < some; j++) {
            if (lay_out(&w, places[i + j].slice) != 0) {
                goto done;
            }
        }

        read_codes(&w, places + i, some);
        ask_for_texts(&w, places + i, some);

        for (j = 0; j < some; j++) {
            if (i + j) {
                aud_buffer_add(out, ",\n", 2);
            }

            profile_json(&w, places[i + j], w.codes + j * w.nfields, out);
        }
    }

    rc = out->failed ? -1 : 0;

done:

    aud_arena_free(&w.arena);
    aud_buffer_free(&w.keys);

    return rc;
}


/* names == NULL: all n fields. */
static int
writer_init(writer_t *w, const aud_str_t *names, size_t n)
{
    size_t                   i;
    const aud_generation_t  *g = w->generation;

    w->fields = aud_arena_alloc(&w->arena, n + 1, sizeof(aud_field_t *));
    w->key_at = aud_arena_alloc(&w->arena, n + 1, sizeof(size_t));
    w->layouts = aud_arena_calloc(&w->arena, g->nslices, sizeof(layout_t));
    w->codes = aud_arena_alloc(&w->arena, AT_ONCE * (n + 1), sizeof(uint32_t));

    if (w->fields == NULL || w->key_at == NULL || w->layouts == NULL
        || w->codes == NULL)
    {
        return -1;
    }

    for (i = 0; i < n; i++) {
        w->fields[w->nfields] = names ? aud_generation_field(g, names[i])
                                      : &g->fields[i];
        w->nfields += w->fields[w->nfields] != NULL;
    }

    writer_keys(w);

    return w->keys.failed ? -1 : 0;
}


static void
writer_keys(writer_t *w)
{
    size_t  i;

    for (i = 0; i < w->nfields; i++) {
        w->key_at[i] = w->keys.len;
        aud_buffer_json(&w->keys, w->fields[i]->name);
        aud_buffer_text(&w->keys, w->fields[i]->multi ? ": [" : ": ");
    }

    w->key_at[i] = w->keys.len;
    aud_buffer_reserve(&w->keys, STEP);
}


/* Fields come by name where all are wanted, as columns do. */
static int
lay_out(writer_t *w, uint32_t slice)
{
    size_t                i;
    cell_t               *cell;
    uint32_t              from = 0;
    layout_t             *layout = &w->layouts[slice];
    const aud_column_t   *c;
    const aud_segment_t  *s = w->generation->slices[slice].segment;

    if (layout->cells) {
        return 0;
    }

    layout->cells = aud_arena_alloc(&w->arena, w->nfields + 1, sizeof(cell_t));
    if (layout->cells == NULL) {
        return -1;
    }

    for (i = 0; i < w->nfields; i++) {
        c = column_from(s, &from, w->fields[i]->name);

        if (c) {
            cell = &layout->cells[layout->n++];
            cell->column = c;
            cell->key = aud_str(w->keys.data + w->key_at[i],
                                w->key_at[i + 1] - w->key_at[i]);
        }
    }

    return 0;
}


static const aud_column_t *
column_from(const aud_segment_t *s, uint32_t *from, aud_str_t name)
{
    const aud_column_t  *c;

    if (*from < s->ncolumns && aud_str_equal(s->columns[*from].name, name)) {
        c = &s->columns[*from];

    } else {
        c = aud_segment_column(s, name);
    }

    if (c) {
        *from = c - s->columns + 1;
    }

    return c;
}


static void
read_codes(writer_t *w, const aud_place_t *places, size_t n)
{
    size_t               i, j, first;
    uint32_t            *codes;
    const layout_t      *layout;
    const aud_column_t  *c;

    for (j = 0; j < n; j++) {
        codes = w->codes + j * w->nfields;
        layout = &w->layouts[places[j].slice];

        for (i = 0; i < layout->n; i++) {
            c = layout->cells[i].column;

            if (c->multi) {
                codes[i] = aud_column_values(c, places[j].row, &first);
                continue;
            }

            codes[i] = aud_column_code_plus_one(c, places[j].row);

            if (codes[i]) {
                __builtin_prefetch(&c->display_at[codes[i] - 1]);
            }
        }
    }
}


static void
ask_for_texts(const writer_t *w, const aud_place_t *places, size_t n)
{
    size_t               i, j;
    const uint32_t      *codes;
    const layout_t      *layout;
    const aud_column_t  *c;

    for (j = 0; j < n; j++) {
        codes = w->codes + j * w->nfields;
        layout = &w->layouts[places[j].slice];

        for (i = 0; i < layout->n; i++) {
            c = layout->cells[i].column;

            if (codes[i] && !c->multi) {
                __builtin_prefetch(c->display + c->display_at[codes[i] - 1]);
            }
        }
    }
}


static void
profile_json(const writer_t *w, aud_place_t place, const uint32_t *codes,
    aud_buffer_t *out)
{
    int                   first = 1;
    char                  id[AUD_ID_LEN + 1];
    size_t                i;
    const layout_t       *layout = &w->layouts[place.slice];
    const aud_column_t   *c;
    const aud_segment_t  *s = w->generation->slices[place.slice].segment;

    aud_id_format(id, "prf", &s->profiles[place.row]);

    aud_buffer_text(out, "{\"id\": \"");
    aud_buffer_add(out, id, AUD_ID_LEN);
    aud_buffer_text(out, "\", \"fields\": {");

    for (i = 0; i < layout->n; i++) {
        if (codes[i] == 0) {
            continue;
        }

        c = layout->cells[i].column;
        key_json(layout->cells[i].key, first, out);
        first = 0;

        if (c->multi) {
            list_json(c, place.row, out);

        } else {
            aud_buffer_json(out, aud_column_display(c, codes[i] - 1));
        }
    }

    aud_buffer_text(out, "}}");
}


/* In steps of a fixed length, which is quicker than exactly. */
static void
key_json(aud_str_t key, int first, aud_buffer_t *out)
{
    char    *to;
    size_t   i;

    if (out->capacity - out->len < key.len + 2 + STEP) {
        aud_buffer_reserve(out, key.len + 2 + STEP);
    }

    if (out->failed) {
        return;
    }

    to = out->data + out->len;

    if (!first) {
        to[0] = ',';
        to[1] = ' ';
        to += 2;
    }

    for (i = 0; i < key.len; i += STEP) {
        memcpy(to + i, key.data + i, STEP);
    }

    out->len = to + key.len - out->data;
}


static void
list_json(const aud_column_t *c, uint32_t row, aud_buffer_t *out)
{
    size_t    first;
    uint32_t  i, n;

    n = aud_column_values(c, row, &first);

    for (i = 0; i < n; i++) {
        if (i) {
            aud_buffer_add(out, ", ", 2);
        }

        aud_buffer_json(out, aud_column_display(c,
                                 aud_column_code_plus_one(c, first + i) - 1));
    }

    aud_buffer_char(out, ']');
}
