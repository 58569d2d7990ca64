/*
 * Examples as rows of features.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "learned_private.h"

#define ROOM     (1u << 16)             /* features, at first */


typedef struct {
    uint32_t  *features;                /* as they come, text after text */
    size_t     n, room;
    size_t    *starts;                  /* [texts + 1] */
    uint32_t  *map;                     /* [TEXT_FEATURES] */
} found_t;


static learned_status_t find(learned_rows_t *r, found_t *found,
    const learned_example_t *examples);
static int  add_feature(void *data, uint32_t feature);
static int  compare(const void *one, const void *two);
static void number_groups(learned_rows_t *r);
static int  number_columns(learned_rows_t *r, found_t *found);
static int  lay_out(learned_rows_t *r, const found_t *found);
static void lay_out_row(learned_rows_t *r, const found_t *found, size_t i,
    uint32_t *to);


learned_status_t
learned_rows(learned_rows_t *r, const learned_task_t *task,
    const learned_example_t *examples, size_t n)
{
    found_t           found = { 0 };
    learned_status_t  status = LEARNED_NO_MEMORY;

    *r = (learned_rows_t) { .task = task, .n = n };

    r->texts = aud_calloc(n, sizeof(learned_text_t));
    r->rows = aud_calloc(n, sizeof(logistic_row_t));
    found.starts = aud_calloc(n + 1, sizeof(size_t));
    found.map = aud_calloc(TEXT_FEATURES, sizeof(uint32_t));

    if (r->texts == NULL || r->rows == NULL || found.starts == NULL
        || found.map == NULL)
    {
        goto done;
    }

    status = find(r, &found, examples);

    if (status != LEARNED_OK) {
        goto done;
    }

    qsort(r->texts, n, sizeof(learned_text_t), compare);
    number_groups(r);

    if (number_columns(r, &found) == -1 || lay_out(r, &found) == -1) {
        status = LEARNED_NO_MEMORY;
    }

done:

    aud_free(found.features);
    aud_free(found.starts);
    aud_free(found.map);

    return status;
}


void
learned_rows_free(learned_rows_t *r)
{
    aud_free(r->texts);
    aud_free(r->features);
    aud_free(r->rows);
    aud_free(r->columns);
}


static learned_status_t
find(learned_rows_t *r, found_t *found, const learned_example_t *examples)
{
    size_t                 i;
    text_features_t       *scratch;
    learned_text_t        *text;
    learned_status_t       status = LEARNED_NO_MEMORY;
    const learned_task_t  *task = r->task;

    scratch = aud_malloc(sizeof(text_features_t));

    if (scratch == NULL) {
        return LEARNED_NO_MEMORY;
    }

    for (i = 0; i < r->n; i++) {
        if (i % 256 == 0 && task->cancelled && task->cancelled(task->data)) {
            status = LEARNED_CANCELLED;
            goto done;
        }

        text = &r->texts[i];
        text->example = i;
        text->gold = examples[i].gold;
        text->said = examples[i].said;

        if (text_features(scratch, examples[i].texts, examples[i].n,
                          add_feature, found, &text->identity) == -1)
        {
            goto done;
        }

        found->starts[i + 1] = found->n;
    }

    status = LEARNED_OK;

done:

    aud_free(scratch);

    return status;
}


static int
add_feature(void *data, uint32_t feature)
{
    size_t     room;
    found_t   *found = data;
    uint32_t  *more;

    if (found->n == found->room) {
        room = found->room ? found->room * 2 : ROOM;
        more = aud_realloc(found->features, room * sizeof(uint32_t));

        if (more == NULL) {
            return -1;
        }

        found->features = more;
        found->room = room;
    }

    found->features[found->n++] = feature;
    found->map[feature] = 1;

    return 0;
}


/* Those that compare as equal say the same. */
static int
compare(const void *one, const void *two)
{
    const learned_text_t  *a = one, *b = two;

    if (a->identity != b->identity) {
        return a->identity < b->identity ? -1 : 1;
    }

    return a->gold != b->gold ? a->gold - b->gold : a->said - b->said;
}


static void
number_groups(learned_rows_t *r)
{
    size_t  i;

    for (i = 0; i < r->n; i++) {
        if (i > 0 && r->texts[i].identity != r->texts[i - 1].identity) {
            r->groups++;
        }

        r->texts[i].group = r->groups;
    }

    r->groups += r->n > 0;
}


static int
number_columns(learned_rows_t *r, found_t *found)
{
    uint32_t  f;

    for (f = 0; f < TEXT_FEATURES; f++) {
        r->ncolumns += found->map[f];
    }

    r->columns = aud_malloc((r->ncolumns + 1) * sizeof(uint32_t));

    if (r->columns == NULL) {
        return -1;
    }

    for (f = 0, r->ncolumns = 0; f < TEXT_FEATURES; f++) {
        if (found->map[f]) {
            found->map[f] = r->ncolumns;
            r->columns[r->ncolumns++] = f;
        }
    }

    return 0;
}


static int
lay_out(learned_rows_t *r, const found_t *found)
{
    size_t     i;
    uint32_t  *to;

    r->features = aud_malloc((found->n + 2 * r->n) * sizeof(uint32_t));

    if (r->features == NULL) {
        return -1;
    }

    for (i = 0, to = r->features; i < r->n; i++) {
        lay_out_row(r, found, i, to);
        to += r->rows[i].counts[0] + r->rows[i].counts[1]
              + r->rows[i].counts[2];
    }

    return 0;
}


/* Words, characters, what is besides. */
static void
lay_out_row(learned_rows_t *r, const found_t *found, size_t i, uint32_t *to)
{
    size_t                 j;
    unsigned               table;
    logistic_row_t        *row = &r->rows[i];
    const learned_text_t  *text = &r->texts[i];

    row->features = to;
    row->class = text->gold;

    for (table = 0; table < 2; table++) {
        for (j = found->starts[text->example];
             j < found->starts[text->example + 1]; j++)
        {
            if (found->features[j] / TEXT_FEATURES_TABLE == table) {
                *to++ = found->map[found->features[j]];
                row->counts[table]++;
            }
        }
    }

    *to++ = r->ncolumns + text->said;
    *to++ = r->ncolumns + LEARNED_CLASSES;
    row->counts[2] = 2;
}
