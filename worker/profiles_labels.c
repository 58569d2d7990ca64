/*
 * Labels of the profiles of a segment: those of the conversation in which each
 * spoke last (conversation_index.h).
 *
 * A profile that is one row of an older segment, and of whose conversations none
 * has changed, keeps the labels that the row has.
 */

#include "aud_alloc.h"
#include "profile_ids.h"
#include "profiles_private.h"


typedef struct {
    write_t              *w;
    const aud_column_t  *(*columns)[CLASSIFIER_LABELS];     /* [slices] */
    aud_buffer_t          refs;     /* of one profile, u64 */
    aud_error_t          *err;
} labels_t;


static int labels_begin(labels_t *x);
static int labels_profile(labels_t *x, size_t i);
static int labels_known(const labels_t *x, const resolution_row_t *row,
    uint8_t labels[CLASSIFIER_LABELS]);
static uint8_t labels_code(classifier_label_t label, aud_str_t text);
static int labels_speaks(const labels_t *x, uint32_t row);
static int labels_find(labels_t *x, size_t i);
static void labels_refs(labels_t *x, const profile_t *profile);
static int labels_by_ref(const void *a, const void *b);


int
profiles_labels(write_t *w, aud_error_t *err)
{
    int        rc;
    size_t     i;
    labels_t   x = { .w = w, .err = err };

    w->labels = aud_calloc(w->profiles->n + 1, CLASSIFIER_LABELS);
    rc = w->labels && labels_begin(&x) == 0
         ? 0 : aud_error_set(err, "out of memory while folding profiles");

    for (i = 0; rc == 0 && i < w->profiles->n; i++) {
        rc = labels_profile(&x, i);
    }

    aud_buffer_free(&x.refs);
    aud_free(x.columns);

    return rc;
}


static int
labels_begin(labels_t *x)
{
    size_t                   slice;
    const char              *name;
    const aud_generation_t  *g = x->w->g;
    classifier_label_t       label;

    x->columns = aud_calloc(g->nslices + 1, sizeof(*x->columns));

    for (slice = 0; x->columns && slice < g->nslices; slice++) {
        for (label = 0; label < CLASSIFIER_LABELS; label++) {
            name = classifier_label_name(label);
            x->columns[slice][label]
                = aud_segment_column(g->slices[slice].segment,
                                     aud_str(name, strlen(name)));
        }
    }

    return x->columns ? 0 : -1;
}


static int
labels_profile(labels_t *x, size_t i)
{
    size_t                   k;
    uint32_t                 spoke = 0;
    const profile_t         *profile = &x->w->profiles->items[i];
    const resolution_row_t  *known = &x->w->profiles->known[profile->known];

    for (k = 0; k < profile->nknown; k++) {
        spoke += labels_known(x, &known[k], x->w->labels[i]);
    }

    for (k = 0; k < profile->count; k++) {
        if (labels_speaks(x, x->w->profiles->said[profile->first + k])) {
            spoke += 2;
        }
    }

    return x->w->in->index && (spoke > 1 || profile->retold)
           ? labels_find(x, i) : 0;
}


/* Whether a row of a segment has labels.  Whoever has a conversation has some:
 * only of the price there may be none. */

static int
labels_known(const labels_t *x, const resolution_row_t *row,
    uint8_t labels[CLASSIFIER_LABELS])
{
    int                   found = 0;
    uint32_t              code;
    const aud_column_t   *column;
    classifier_label_t    label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        column = x->columns[row->slice][label];

        if (column && aud_bit(column->present, row->row)) {
            code = aud_column_code_plus_one(column, row->row) - 1;
            labels[label] = labels_code(label, aud_column_display(column,
                                                                  code));
            found = 1;
        }
    }

    return found;
}


static uint8_t
labels_code(classifier_label_t label, aud_str_t text)
{
    uint8_t      code;
    const char  *value;

    for (code = 1; code <= label_classes(label); code++) {
        value = label_text(label, code);

        if (value && aud_str_equal(text, aud_str(value, strlen(value)))) {
            return code;
        }
    }

    return 0;
}


/* Whether what was said may be of a conversation. */

static int
labels_speaks(const labels_t *x, uint32_t row)
{
    uint32_t              i;
    const write_t        *w = x->w;
    const fold_source_t  *source = write_source(w, row);

    for (i = 0; i < source->ncolumns; i++) {
        if (w->in->fields->items[source->fields[i]].field.kind
            == AUD_KIND_LABEL)
        {
            return 1;
        }
    }

    return 0;
}


static int
labels_find(labels_t *x, size_t i)
{
    int                   rc;
    uint64_t              ref;
    const import_read_t  *in = x->w->in;
    conversation_said_t   said;

    x->refs.len = 0;
    labels_refs(x, &x->w->profiles->items[i]);

    if (x->refs.failed) {
        return aud_error_set(x->err, "out of memory while folding profiles");
    }

    qsort(x->refs.data, x->refs.len / sizeof(uint64_t), sizeof(uint64_t),
          labels_by_ref);
    rc = conversation_index_profile(in->index, in->sequences,
                                    (const uint64_t *) x->refs.data,
                                    x->refs.len / sizeof(uint64_t), &said,
                                    &ref, x->err);
    memset(x->w->labels[i], 0, CLASSIFIER_LABELS);

    if (rc == 1) {
        memcpy(x->w->labels[i], said.labels, CLASSIFIER_LABELS);
    }

    return rc < 0 ? -1 : 0;
}


static void
labels_refs(labels_t *x, const profile_t *profile)
{
    size_t                   k;
    uint32_t                 row;
    uint64_t                 ref;
    aud_str_t                records;
    const write_t           *w = x->w;
    aud_source_record_t      record;
    const resolution_row_t  *known;

    for (k = 0; k < profile->nknown; k++) {
        known = &w->profiles->known[profile->known + k];
        records = aud_segment_records(w->g->slices[known->slice].segment,
                                      known->row);

        while (aud_source_record_read(&records, &record) == 1) {
            aud_buffer_add(&x->refs, &record.ref, sizeof(record.ref));
        }
    }

    for (k = 0; k < profile->count; k++) {
        row = w->profiles->said[profile->first + k];
        ref = row < w->in->nrows
              ? profile_ref(w->in->sequence, w->in->rows[row].line)
              : w->profiles->old[row - w->in->nrows];
        aud_buffer_add(&x->refs, &ref, sizeof(ref));
    }
}


static int
labels_by_ref(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}


int
profiles_label(write_t *w, segment_column_t *column, uint32_t field)
{
    size_t               i;
    uint32_t             code;
    const char          *text;
    dictionary_t        *dictionary;
    classifier_label_t   label;

    dictionary = &columns_of(w->in->said, field)->dictionary;
    label = label_find(column->field.name.data);

    for (i = 0; i < w->profiles->n; i++) {
        text = label_text(label, w->labels[i][label]);

        if (text == NULL) {
            continue;
        }

        code = dictionary_intern(dictionary, aud_str(text, strlen(text)));

        if (code == UINT32_MAX || segment_column_add(column, i, code) != 0) {
            return -1;
        }
    }

    column->dictionary = *dictionary;

    return 0;
}
