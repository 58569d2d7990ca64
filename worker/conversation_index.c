/*
 * Which conversation each source record speaks of.
 */

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "conversation_index.h"
#include "document.h"
#include "label.h"
#include "number_set.h"
#include "profile_ids.h"

#define INDEX_VALUE  (CONVERSATION_KEY + 8 + 8 + 4 + CLASSIFIER_LABELS)


typedef struct {                    /* a record of what was set */
    aud_uuid_t  import;
    uint32_t    line;
    uint32_t    said;               /* which one */
} index_row_t;

typedef struct {
    conversation_said_t  said;
    unsigned             gone:1;
} index_said_t;

struct conversation_index_s {
    store_t       *store;
    const char    *tenant;
    index_said_t  *said;            /* that was set */
    size_t         nsaid;
    size_t         said_room;
    index_row_t   *rows;            /* of them; ascending once sorted */
    size_t         nrows;
    size_t         rows_room;
    unsigned       sorted:1;
    number_set_t   keys;            /* of what was set: their first halves */
    number_set_t   speaking;        /* sequences of imports of conversations, */
    number_set_t   silent;          /* and of others */
    uint64_t      *refs;
};


static int index_row(conversation_index_t *index, const json_t *row);
static uint64_t index_key(const uint8_t key[CONVERSATION_KEY]);
static void index_said(conversation_said_t *said, const json_t *document);
static void index_sort(conversation_index_t *index);
static int index_row_compare(const void *a, const void *b);
static int index_ref_compare(const void *a, const void *b);
static const index_row_t *index_find(conversation_index_t *index,
    const aud_uuid_t *import, uint32_t line);
static int index_speaks(conversation_index_t *index, uint32_t sequence,
    const aud_uuid_t *import, aud_error_t *err);
static int index_stored(const conversation_index_t *index,
    const aud_uuid_t *import, uint32_t line, conversation_said_t *said,
    aud_error_t *err);
static int index_read(aud_str_t value, conversation_said_t *said);
static void index_write(aud_buffer_t *out, const conversation_said_t *said);


conversation_index_t *
conversation_index_create(store_t *store, const char *tenant)
{
    conversation_index_t  *index;

    index = aud_calloc(1, sizeof(conversation_index_t));

    if (index) {
        index->store = store;
        index->tenant = tenant;
    }

    return index;
}


void
conversation_index_free(conversation_index_t *index)
{
    if (index == NULL) {
        return;
    }

    number_set_free(&index->keys);
    number_set_free(&index->speaking);
    number_set_free(&index->silent);
    aud_free(index->said);
    aud_free(index->rows);
    aud_free(index->refs);
    aud_free(index);
}


/* --- what changes ------------------------------------------------------------ */


int
conversation_index_set(conversation_index_t *index,
    const uint8_t key[CONVERSATION_KEY], const json_t *document, int gone)
{
    size_t         i;
    json_t        *row;
    index_said_t  *set;

    if (aud_grow(&index->said, sizeof(index_said_t), index->nsaid,
                 &index->said_room)
        != 0
        || number_set_add(&index->keys, index_key(key)) < 0)
    {
        return -1;
    }

    set = &index->said[index->nsaid++];
    memcpy(set->said.key, key, CONVERSATION_KEY);
    index_said(&set->said, document);
    set->gone = gone;

    json_array_foreach(json_object_get(document, "rows"), i, row) {
        if (index_row(index, row) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
index_row(conversation_index_t *index, const json_t *row)
{
    index_row_t  *to;
    const char   *text = document_text(row, "import");

    if (aud_grow(&index->rows, sizeof(index_row_t), index->nrows,
                 &index->rows_room)
        != 0)
    {
        return -1;
    }

    to = &index->rows[index->nrows];
    to->line = json_integer_value(json_object_get(row, "line"));
    to->said = index->nsaid - 1;
    index->nrows += aud_id_parse(text, strlen(text), "imp", &to->import) == 0;
    index->sorted = 0;

    return 0;
}


int
conversation_index_has(const conversation_index_t *index,
    const uint8_t key[CONVERSATION_KEY])
{
    return number_set_has(&index->keys, index_key(key));
}


/* A key is a digest. */

static uint64_t
index_key(const uint8_t key[CONVERSATION_KEY])
{
    uint64_t  half;

    memcpy(&half, key, sizeof(half));

    return half;
}


static void
index_said(conversation_said_t *said, const json_t *document)
{
    const char          *at;
    const json_t        *last, *label;
    classifier_label_t   i;

    last = conversation_last(document);
    at = document_text(last, "at");
    said->spoke = conversation_spoke(document);
    said->came = INT64_MIN;
    said->line = json_integer_value(json_object_get(last, "line"));
    (void) aud_time_parse(at, strlen(at), &said->came, NULL);

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        label = json_object_get(conversation_labels(document),
                                classifier_label_name(i));
        said->labels[i] = label_code(i, json_object_get(label, "value"));
    }
}


void
conversation_index_put(conversation_index_t *index, store_batch_t *batch)
{
    size_t               i;
    store_key_t          key;
    aud_buffer_t         value = { 0 };
    const index_row_t   *row;
    const index_said_t  *set;

    index_sort(index);
    aud_buffer_reserve(&value, INDEX_VALUE);

    for (i = 0; i < index->nrows; i++) {
        row = &index->rows[i];
        set = &index->said[row->said];
        key = key_part(index->tenant, KEY_SAID, &row->import, row->line);

        if (set->gone) {
            store_batch_delete(batch, key_str(&key));
            continue;
        }

        value.len = 0;
        index_write(&value, &set->said);
        store_batch_put(batch, key_str(&key), aud_buffer_str(&value));
    }

    aud_buffer_free(&value);
}


int
conversation_index_refs(conversation_index_t *index,
    const sequences_t *sequences, const uint64_t **refs, size_t *n)
{
    size_t    i;
    uint32_t  sequence;

    *n = 0;
    aud_free(index->refs);
    index->refs = aud_calloc(index->nrows + 1, sizeof(uint64_t));

    if (index->refs == NULL) {
        return -1;
    }

    for (i = 0; i < index->nrows; i++) {
        sequence = sequences_of(sequences, &index->rows[i].import);

        if (sequence) {
            index->refs[(*n)++] = profile_ref(sequence, index->rows[i].line);
        }
    }

    qsort(index->refs, *n, sizeof(uint64_t), index_ref_compare);
    *refs = index->refs;

    return 0;
}


static void
index_sort(conversation_index_t *index)
{
    if (!index->sorted && index->nrows) {
        qsort(index->rows, index->nrows, sizeof(index_row_t),
              index_row_compare);
    }

    index->sorted = 1;
}


static int
index_row_compare(const void *a, const void *b)
{
    int                 order;
    const index_row_t  *x = a, *y = b;

    order = aud_uuid_compare(&x->import, &y->import);

    return order ? order : (x->line > y->line) - (x->line < y->line);
}


static int
index_ref_compare(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}


/* --- what is known ----------------------------------------------------------- */


int
conversation_index_profile(conversation_index_t *index,
    const sequences_t *sequences, const uint64_t *refs, size_t n,
    conversation_said_t *said, uint64_t *ref, aud_error_t *err)
{
    int                   rc, found = 0;
    size_t                i;
    const aud_uuid_t     *import;
    conversation_said_t   next;

    for (i = 0; i < n; i++) {
        import = sequences_import(sequences, refs[i] >> 32);
        rc = import ? index_speaks(index, refs[i] >> 32, import, err) : 0;

        if (rc == 1) {
            rc = conversation_index_of(index, import, (uint32_t) refs[i],
                                       &next, err);
        }

        if (rc < 0) {
            return -1;
        }

        /* refs ascend: of the same conversation, the newest record */

        if (rc && conversation_said_something(&next)
            && (!found || conversation_said_compare(&next, said) >= 0))
        {
            *said = next;
            *ref = refs[i];
            found = 1;
        }
    }

    return found;
}


/* Most imports speak of none, and need not be asked record by record. */

static int
index_speaks(conversation_index_t *index, uint32_t sequence,
    const aud_uuid_t *import, aud_error_t *err)
{
    int                 rc;
    aud_str_t           key, value;
    store_key_t         prefix;
    store_scan_t       *scan;
    const index_row_t  *row;

    if (number_set_has(&index->speaking, sequence)) {
        return 1;
    }

    if (number_set_has(&index->silent, sequence)) {
        return 0;
    }

    row = index_find(index, import, 0);     /* or the one that follows */
    rc = row && aud_uuid_compare(&row->import, import) == 0;

    if (!rc) {
        prefix = key_id(index->tenant, KEY_SAID, import);
        scan = store_scan(index->store, NULL, key_str(&prefix),
                          aud_str("", 0), 0);
        rc = store_scan_next(scan, &key, &value, err);
        store_scan_free(scan);
    }

    if (rc >= 0
        && number_set_add(rc ? &index->speaking : &index->silent, sequence)
           < 0)
    {
        return aud_error_set(err, "out of memory");
    }

    return rc;
}


int
conversation_index_of(conversation_index_t *index, const aud_uuid_t *import,
    uint32_t line, conversation_said_t *said, aud_error_t *err)
{
    const index_row_t  *row;

    row = index_find(index, import, line);

    if (row && row->line == line
        && aud_uuid_compare(&row->import, import) == 0)
    {
        *said = index->said[row->said].said;
        return !index->said[row->said].gone;
    }

    return index_stored(index, import, line, said, err);
}


/* The first row that is not before it; NULL: all are. */

static const index_row_t *
index_find(conversation_index_t *index, const aud_uuid_t *import,
    uint32_t line)
{
    size_t       low, high, middle;
    index_row_t  wanted = { .import = *import, .line = line };

    index_sort(index);

    for (low = 0, high = index->nrows; low < high; /* void */ ) {
        middle = low + (high - low) / 2;

        if (index_row_compare(&index->rows[middle], &wanted) < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low < index->nrows ? &index->rows[low] : NULL;
}


static int
index_stored(const conversation_index_t *index, const aud_uuid_t *import,
    uint32_t line, conversation_said_t *said, aud_error_t *err)
{
    int              rc;
    aud_str_t        value;
    store_key_t      key;
    store_status_t   status;

    key = key_part(index->tenant, KEY_SAID, import, line);
    status = store_get(index->store, key_str(&key), &value, err);

    if (status != STORE_OK) {
        return status == STORE_NOT_FOUND ? 0 : -1;
    }

    rc = index_read(value, said) == 0
         ? 1 : aud_error_set(err, "the index of conversations is damaged");
    store_value_free(value);

    return rc;
}


static int
index_read(aud_str_t value, conversation_said_t *said)
{
    uint32_t     line;
    uint64_t     spoke, came;
    const char  *p = value.data + CONVERSATION_KEY;

    if (value.len != INDEX_VALUE) {
        return -1;
    }

    memcpy(said->key, value.data, CONVERSATION_KEY);
    memcpy(&spoke, p, sizeof(spoke));
    memcpy(&came, p + 8, sizeof(came));
    memcpy(&line, p + 16, sizeof(line));
    memcpy(said->labels, p + 20, CLASSIFIER_LABELS);
    said->spoke = (int64_t) be64toh(spoke);
    said->came = (int64_t) be64toh(came);
    said->line = be32toh(line);

    return 0;
}


static void
index_write(aud_buffer_t *out, const conversation_said_t *said)
{
    aud_buffer_add(out, said->key, CONVERSATION_KEY);
    aud_buffer_u64(out, (uint64_t) said->spoke);
    aud_buffer_u64(out, (uint64_t) said->came);
    aud_buffer_u32(out, said->line);
    aud_buffer_add(out, said->labels, CLASSIFIER_LABELS);
}


int
conversation_said_something(const conversation_said_t *said)
{
    static const uint8_t  nothing[CLASSIFIER_LABELS];

    return memcmp(said->labels, nothing, sizeof(nothing)) != 0;
}


int
conversation_said_compare(const conversation_said_t *a,
    const conversation_said_t *b)
{
    if (a->spoke != b->spoke) {
        return a->spoke < b->spoke ? -1 : 1;
    }

    if (a->came != b->came) {
        return a->came < b->came ? -1 : 1;
    }

    return a->line != b->line ? (a->line < b->line ? -1 : 1)
                              : memcmp(a->key, b->key, CONVERSATION_KEY);
}
