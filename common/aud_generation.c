#include <stdatomic.h>

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_manifest.h"

#define BITMAP_WORDS(rows)  ((AUD_WORDS(rows) + 7) & ~(size_t) 7)

typedef struct {
    aud_generation_t    generation;     /* first: what callers hold */
    atomic_uint         references;
    aud_audiences_t    *audiences;
    aud_field_t        *fields;
    char               *names;
    aud_slice_t        *slices;
    void               *bitmaps;
    _Atomic(char *)     fields_answer;  /* or NULL */
} loaded_generation_t;

static loaded_generation_t  *create(void);
static int   load_fields(loaded_generation_t *l, const aud_manifest_t *m);
static int   load_audiences(loaded_generation_t *l, const aud_manifest_t *m,
    const char *dir, const loaded_generation_t *previous, aud_error_t *err);
static int   load_slices(loaded_generation_t *l, const aud_manifest_t *m,
    const char *dir, const aud_generation_t *previous,
    const aud_segments_t *segments, aud_error_t *err);
static aud_segment_t  *load_segment(const aud_manifest_segment_t *record,
    const char *dir, const aud_generation_t *previous,
    const aud_segments_t *segments, aud_error_t *err);
static int   load_struck(loaded_generation_t *l, const aud_manifest_t *m);
static void  take_fields_answer(loaded_generation_t *l,
    const aud_generation_t *previous);
static int   fields_agree(const aud_generation_t *g, const aud_segment_t *s);


aud_generation_t *
aud_generation_open(const char *dir, const char *manifest,
    const aud_generation_t *previous, aud_error_t *err)
{
    return aud_generation_open_with(dir, manifest, previous, NULL, err);
}


aud_generation_t *
aud_generation_open_with(const char *dir, const char *manifest,
    const aud_generation_t *previous, const aud_segments_t *segments,
    aud_error_t *err)
{
    aud_manifest_t              m;
    aud_generation_t           *g;
    loaded_generation_t        *l;
    const loaded_generation_t  *before;

    before = (const loaded_generation_t *) previous;

    if (aud_manifest_open(&m, dir, manifest ? manifest : "MANIFEST", err) != 0)
    {
        return NULL;
    }

    g = NULL;
    l = create();

    if (l == NULL || load_fields(l, &m) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    l->generation.number = m.header->number;
    l->generation.content = m.header->number - m.header->alike;

    if (load_audiences(l, &m, dir, before, err) != 0
        || load_slices(l, &m, dir, previous, segments, err) != 0)
    {
        /* Only a missing manifest means that there is none. */
        err->no = 0;
        goto done;
    }

    if (load_struck(l, &m) != 0) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    take_fields_answer(l, previous);
    g = &l->generation;

done:

    aud_manifest_close(&m);

    if (g == NULL && l) {
        aud_generation_release(&l->generation);
    }

    return g;
}


aud_generation_t *
aud_generation_empty(void)
{
    loaded_generation_t  *l;

    l = create();

    return l ? &l->generation : NULL;
}


aud_generation_t *
aud_generation_retain(aud_generation_t *g)
{
    atomic_fetch_add_explicit(&((loaded_generation_t *) g)->references, 1,
                              memory_order_relaxed);
    return g;
}


void
aud_generation_release(aud_generation_t *g)
{
    size_t                i;
    loaded_generation_t  *l = (loaded_generation_t *) g;

    if (g == NULL
        || atomic_fetch_sub_explicit(&l->references, 1, memory_order_acq_rel)
           != 1)
    {
        return;
    }

    for (i = 0; i < g->nslices; i++) {
        aud_segment_release(l->slices[i].segment);
    }

    aud_audiences_release(l->audiences);
    aud_free(l->bitmaps);
    aud_free(l->slices);
    aud_free(l->names);
    aud_free(l->fields);
    aud_free(atomic_load_explicit(&l->fields_answer, memory_order_relaxed));
    aud_free(l);
}


/* Where it cannot be copied it is made anew. */
static void
take_fields_answer(loaded_generation_t *l, const aud_generation_t *previous)
{
    char        *copy;
    size_t       size;
    const char  *text;

    if (previous == NULL || previous->content != l->generation.content) {
        return;
    }

    text = aud_generation_fields_answer(previous);

    if (text) {
        size = strlen(text) + 1;
        copy = aud_malloc(size);

        if (copy) {
            memcpy(copy, text, size);
            aud_generation_keep_fields_answer(&l->generation, copy);
        }
    }
}


const char *
aud_generation_fields_answer(const aud_generation_t *g)
{
    return atomic_load_explicit(&((loaded_generation_t *) g)->fields_answer,
                                memory_order_acquire);
}


void
aud_generation_keep_fields_answer(const aud_generation_t *g, char *text)
{
    char  *none = NULL;

    if (!atomic_compare_exchange_strong_explicit(
            &((loaded_generation_t *) g)->fields_answer, &none, text,
            memory_order_release, memory_order_relaxed))
    {
        aud_free(text);
    }
}


const aud_field_t *
aud_generation_field(const aud_generation_t *g, aud_str_t name)
{
    int     order;
    size_t  low, high, middle;

    low = 0;
    high = g->nfields;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = aud_str_compare(g->fields[middle].name, name);

        if (order == 0) {
            return &g->fields[middle];
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return NULL;
}


const aud_audience_t *
aud_generation_audience(const aud_generation_t *g, const aud_uuid_t *id)
{
    size_t  at = aud_audiences_place(g->audiences, 0, g->naudiences, id);

    return at < g->naudiences
           && aud_uuid_compare(&g->audiences[at].id, id) == 0
           ? &g->audiences[at] : NULL;
}


const aud_audiences_t *
aud_generation_audiences_file(const aud_generation_t *g)
{
    return ((const loaded_generation_t *) g)->audiences;
}


int
aud_generation_find(const aud_generation_t *g, const aud_uuid_t *profile,
    size_t *slice, uint32_t *row)
{
    size_t              i;
    uint32_t            at;
    const aud_slice_t  *s;

    /* Newer segments come last and hold what changed last. */
    for (i = g->nslices; i-- > 0; ) {
        s = &g->slices[i];
        at = aud_segment_row(s->segment, profile);

        if (at != AUD_NO_CODE && !(s->deleted && aud_bit(s->deleted, at))) {
            *slice = i;
            *row = at;
            return 0;
        }
    }

    return -1;
}


static loaded_generation_t *
create(void)
{
    loaded_generation_t  *l;

    l = aud_calloc(1, sizeof(loaded_generation_t));

    if (l) {
        atomic_init(&l->references, 1);
    }

    return l;
}


static int
load_fields(loaded_generation_t *l, const aud_manifest_t *m)
{
    uint32_t                     i, n;
    const aud_manifest_field_t  *record;

    n = m->header->nfields;
    l->fields = aud_calloc((size_t) n + 1, sizeof(aud_field_t));
    l->names = aud_malloc((size_t) m->header->names_len + 1);

    if (l->fields == NULL || l->names == NULL) {
        return -1;
    }

    memcpy(l->names, m->names, m->header->names_len);

    for (i = 0; i < n; i++) {
        record = &m->fields[i];
        l->fields[i].name = aud_str(l->names + record->name_at,
                                    record->name_len);
        l->fields[i].type = record->type;
        l->fields[i].kind = record->kind;
        l->fields[i].multi = record->multi;
    }

    l->generation.fields = l->fields;
    l->generation.nfields = n;

    return 0;
}


static int
load_audiences(loaded_generation_t *l, const aud_manifest_t *m,
    const char *dir, const loaded_generation_t *previous, aud_error_t *err)
{
    uint64_t  number, checksum;

    number = m->header->audiences_number;
    checksum = m->header->audiences_checksum;

    if (number == 0) {
        return 0;
    }

    l->audiences = aud_audiences_open(dir, number, checksum,
                                      previous ? previous->audiences : NULL,
                                      err);

    if (l->audiences == NULL) {
        return -1;
    }

    l->generation.audiences_number = number;
    l->generation.audiences_checksum = checksum;
    l->generation.audiences_below = l->audiences->below
                                    ? l->audiences->below->number : 0;
    l->generation.audiences = l->audiences->audiences;
    l->generation.naudiences = l->audiences->n;

    return 0;
}


static int
load_slices(loaded_generation_t *l, const aud_manifest_t *m, const char *dir,
    const aud_generation_t *previous, const aud_segments_t *segments,
    aud_error_t *err)
{
    uint32_t                       i;
    aud_slice_t                   *slice;
    const aud_manifest_segment_t  *record;

    l->slices = aud_calloc((size_t) m->header->nsegments + 1,
                           sizeof(aud_slice_t));

    if (l->slices == NULL) {
        return aud_error_set(err, "memory is out");
    }

    l->generation.slices = l->slices;

    for (i = 0; i < m->header->nsegments; i++) {
        record = &m->segments[i];
        slice = &l->slices[i];
        slice->segment = load_segment(record, dir, previous, segments, err);

        if (slice->segment == NULL) {
            return -1;
        }

        slice->live = record->rows - record->nstruck;
        l->generation.nslices++;
        l->generation.profiles += slice->live;

        if (slice->segment->rows != record->rows) {
            return aud_error_set(err, "%s: segment %llu has other rows than"
                                 " its manifest says", dir,
                                 (unsigned long long) record->number);
        }

        if (!fields_agree(&l->generation, slice->segment)) {
            return aud_error_set(err, "%s: segment %llu has other fields than"
                                 " its manifest", dir,
                                 (unsigned long long) record->number);
        }
    }

    return 0;
}


static aud_segment_t *
load_segment(const aud_manifest_segment_t *record, const char *dir,
    const aud_generation_t *previous, const aud_segments_t *segments,
    aud_error_t *err)
{
    size_t          i;
    aud_segment_t  *segment;

    for (i = 0; previous && i < previous->nslices; i++) {
        segment = previous->slices[i].segment;

        if (segment->number == record->number
            && segment->checksum == record->checksum)
        {
            return aud_segment_retain(segment);
        }
    }

    segment = segments ? segments->find(segments->arg, record->number,
                                        record->checksum)
                       : NULL;

    return segment ? segment
                   : aud_segment_open(dir, record->number, record->checksum,
                                      err);
}


/* All bitmaps in one piece of memory, each aligned like those of a segment. */
static int
load_struck(loaded_generation_t *l, const aud_manifest_t *m)
{
    size_t                         words;
    uint32_t                       i;
    uint64_t                      *bitmap;
    const aud_manifest_segment_t  *record;

    words = 0;

    for (i = 0; i < m->header->nsegments; i++) {
        if (m->segments[i].nstruck) {
            words += BITMAP_WORDS(m->segments[i].rows);
        }
    }

    if (words == 0) {
        return 0;
    }

    l->bitmaps = aud_calloc(words + 8, sizeof(uint64_t));

    if (l->bitmaps == NULL) {
        return -1;
    }

    bitmap = (uint64_t *) (((uintptr_t) l->bitmaps + 63) & ~(uintptr_t) 63);

    for (i = 0; i < m->header->nsegments; i++) {
        record = &m->segments[i];

        if (record->nstruck) {
            aud_manifest_struck(m, record, bitmap);
            l->slices[i].deleted = bitmap;
            bitmap += BITMAP_WORDS(record->rows);
        }
    }

    return 0;
}


/* Both are sorted by name.  What a reader asks a field for, numbers or dates or
 * several values, its columns must have. */
static int
fields_agree(const aud_generation_t *g, const aud_segment_t *s)
{
    size_t               at;
    uint32_t             i;
    const aud_column_t  *column;

    at = 0;

    for (i = 0; i < s->ncolumns; i++) {
        column = &s->columns[i];

        while (at < g->nfields
               && aud_str_compare(g->fields[at].name, column->name) < 0)
        {
            at++;
        }

        if (at == g->nfields
            || !aud_str_equal(g->fields[at].name, column->name)
            || g->fields[at].type != column->type
            || g->fields[at].multi != column->multi)
        {
            return 0;
        }
    }

    return 1;
}
