/*
 * What the accepted rows of a file say, field by field.
 */

#include <pthread.h>

#include "aud_alloc.h"
#include "cell.h"
#include "columns.h"
#include "records.h"


/* Cells that are taken apart at a time: few enough to stay in the cache until
 * each of their columns has been read. */
#define COLUMNS_CELLS  (32 * 1024)

/* What a cell's types can be: a bit for each. */
#define COLUMNS_TYPES  (1 << AUD_TYPE_COUNT)

/* Values that are looked up together. */
#define COLUMNS_HEARD  16


typedef struct {
    aud_str_t   value;
    uint64_t    hash;
    uint32_t    column;             /* of the file */
    uint32_t    row;
} heard_t;

struct columns_s {
    const fields_t       *fields;
    const fold_source_t  *source;
    fold_t               *fold;
    uint32_t              phone, email;     /* fields */

    column_t             *items;            /* [fields->n] */
    uint32_t              nitems;
    uint32_t             *next;             /* [ncolumns] the next column of
                                               the same field, or NONE */
    uint32_t             *first;            /* [nitems] the first one */
    uint64_t            (*counts)[COLUMNS_TYPES];   /* [ncolumns] */

    aud_str_t            *cells;            /* of some rows */
    uint32_t              room;             /* rows of it */
    uint32_t              row;              /* of the file, that comes next */
    heard_t               heard[COLUMNS_HEARD];     /* of one field */
    uint32_t              nheard;
    aud_buffer_t          lower;            /* an e-mail address */

    block_feed_t         *feed;
    pthread_t             thread;

    /* No bit-fields: two threads must not write what shares a byte. */
    int                   started;          /* the creator's */
    int                   failed;           /* memory; its reader's */
};


static int columns_prepare(columns_t *c);
static void *columns_thread(void *arg);
static int columns_read(columns_t *c, aud_str_t block);
static int columns_take(columns_t *c, uint32_t field, uint32_t nrows);
static int columns_hear(columns_t *c, uint32_t field, uint32_t i, uint32_t row,
    aud_str_t value);
static int columns_say(columns_t *c, uint32_t field);
static int column_judge(column_t *column, const aud_field_t *field,
    uint32_t code, aud_str_t value);
static int column_add(column_t *column, uint32_t row, uint32_t code);


columns_t *
columns_create(const fields_t *fields, const fold_source_t *source,
    block_feed_t *feed)
{
    columns_t  *c;

    c = aud_calloc(1, sizeof(columns_t));
    if (c == NULL) {
        return NULL;
    }

    c->fields = fields;
    c->source = source;
    c->feed = feed;

    if (columns_prepare(c) != 0) {
        columns_free(c);
        return NULL;
    }

    c->started = feed
                 && pthread_create(&c->thread, NULL, columns_thread, c) == 0;

    return c;
}


static int
columns_prepare(columns_t *c)
{
    uint32_t  i, field, ncolumns;

    ncolumns = c->source->ncolumns;
    c->nitems = c->fields->n;
    c->room = ncolumns < COLUMNS_CELLS ? COLUMNS_CELLS / (ncolumns + 1) + 1
                                       : 1;
    c->phone = fields_find(c->fields, AUD_STR(FIELD_PHONE));
    c->email = fields_find(c->fields, AUD_STR(FIELD_EMAIL));
    c->fold = fold_create(c->fields);
    c->items = aud_calloc((size_t) c->nitems + 1, sizeof(column_t));
    c->first = aud_calloc((size_t) c->nitems + 1, sizeof(uint32_t));
    c->next = aud_calloc((size_t) ncolumns + 1, sizeof(uint32_t));
    c->counts = aud_calloc((size_t) ncolumns + 1, sizeof(*c->counts));
    c->cells = aud_calloc((size_t) c->room * ncolumns + 1, sizeof(aud_str_t));

    if (c->fold == NULL || c->items == NULL || c->first == NULL
        || c->next == NULL || c->counts == NULL || c->cells == NULL)
    {
        return -1;
    }

    for (field = 0; field < c->nitems; field++) {
        c->first[field] = FIELDS_NONE;
    }

    for (i = ncolumns; i-- > 0; /* void */ ) {
        field = c->source->fields[i];
        c->next[i] = c->first[field];
        c->first[field] = i;
    }

    return 0;
}


void
columns_free(columns_t *c)
{
    uint32_t  i;

    if (c == NULL) {
        return;
    }

    if (c->started) {
        pthread_join(c->thread, NULL);
    }

    for (i = 0; c->items && i < c->nitems; i++) {
        dictionary_free(&c->items[i].dictionary);
        aud_free(c->items[i].types);
        aud_free(c->items[i].rows);
        aud_free(c->items[i].codes);
    }

    fold_free(c->fold);
    aud_buffer_free(&c->lower);
    aud_free(c->items);
    aud_free(c->first);
    aud_free(c->next);
    aud_free(c->counts);
    aud_free(c->cells);
    aud_free(c);
}


int
columns_finish(columns_t *c, fields_t *fields, uint64_t *fits)
{
    uint32_t    i;
    uint64_t    n;
    unsigned    types;
    aud_type_t  type;

    if (c->started) {
        pthread_join(c->thread, NULL);
        c->started = 0;

    } else {
        columns_thread(c);      /* there was no thread to be had */
    }

    if (c->failed) {
        return -1;
    }

    for (i = 0; i < c->source->ncolumns; i++) {
        for (types = 0; types < COLUMNS_TYPES; types++) {
            n = c->counts[i][types];

            if (n == 0) {
                continue;
            }

            fields_count(fields, c->source->fields[i], types, n);

            for (type = 0; type < AUD_TYPE_COUNT; type++) {
                fits[i * AUD_TYPE_COUNT + type] += (types >> type) & 1 ? n : 0;
            }
        }
    }

    return 0;
}


int
columns_add(columns_t *c, const fold_source_t *source, uint32_t row,
    const aud_str_t *cells)
{
    uint32_t   i, n, code, field;
    column_t  *column;
    aud_str_t  value;

    for (i = 0; i < source->ncolumns; i++) {
        field = source->fields[i];
        value = cells[i].len ? fold_value(c->fold, field, cells[i], NULL)
                             : cells[i];

        if (value.len == 0 || field == c->phone) {
            continue;
        }

        if (field == c->email) {
            value = fold_email(&c->lower, value);
        }

        column = &c->items[field];
        n = column->dictionary.n;
        code = dictionary_intern(&column->dictionary, value);

        if (c->lower.failed || code == UINT32_MAX
            || (code == n
                && column_judge(column, &c->fields->items[field].field, code,
                                value) != 0)
            || column_add(column, row, code) != 0)
        {
            return -1;
        }
    }

    return 0;
}


column_t *
columns_of(columns_t *c, uint32_t field)
{
    return &c->items[field];
}


static void *
columns_thread(void *arg)
{
    int         rc;
    uint32_t    i;
    aud_str_t   block;
    columns_t  *c = arg;

    for (i = 0; (rc = block_feed_next(c->feed, i, &block)) == 1; i++) {
        if (columns_read(c, block) != 0) {
            c->failed = 1;
            return NULL;
        }
    }

    c->failed = rc < 0;

    return NULL;
}


static int
columns_read(columns_t *c, aud_str_t block)
{
    int              rc;
    uint32_t         field, n;
    record_t         record;
    aud_error_t      err;
    record_reader_t  reader;

    if (record_reader_open(&reader, block, c->source->ncolumns, &err) != 0) {
        return -1;
    }

    do {
        for (n = 0, rc = 1; n < c->room && rc == 1; n += rc == 1) {
            rc = record_reader_next(&reader, &record,
                         c->cells + (size_t) n * c->source->ncolumns, &err);
        }

        for (field = 0; field < c->nitems && rc >= 0; field++) {
            if (c->first[field] != FIELDS_NONE
                && columns_take(c, field, n) != 0)
            {
                rc = -1;
            }
        }

        c->row += n;

    } while (rc == 1);

    return rc;
}


/* One field of the rows in c->cells; where several columns are that field, the
 * last one to say something comes last. */

static int
columns_take(columns_t *c, uint32_t field, uint32_t nrows)
{
    uint32_t    i, k;
    aud_str_t   value, *cells;

    for (k = 0; k < nrows; k++) {
        cells = c->cells + (size_t) k * c->source->ncolumns;

        for (i = c->first[field]; i != FIELDS_NONE; i = c->next[i]) {
            if (cells[i].len == 0) {
                continue;
            }

            value = fold_value(c->fold, field, cells[i], NULL);

            if (value.len && columns_hear(c, field, i, c->row + k, value) != 0)
            {
                return -1;
            }
        }
    }

    return columns_say(c, field);
}


/* Some values are gathered first, so that their places in the dictionary are on
 * their way when they are looked up. */

static int
columns_hear(columns_t *c, uint32_t field, uint32_t i, uint32_t row,
    aud_str_t value)
{
    heard_t    *heard;
    aud_str_t   lower;

    if (field == c->phone) {
        c->counts[i][1 << AUD_TYPE_TEXT]++;
        return 0;
    }

    if (c->nheard == COLUMNS_HEARD && columns_say(c, field) != 0) {
        return -1;
    }

    if (field == c->email) {
        lower = fold_email(&c->lower, value);

        if (c->lower.failed) {
            return -1;
        }

        /* there is room for one alone */

        if (!aud_str_equal(lower, value)) {
            if (columns_say(c, field) != 0) {
                return -1;
            }

            value = lower;
        }
    }

    heard = &c->heard[c->nheard++];
    heard->value = value;
    heard->hash = dictionary_hash(&c->items[field].dictionary, value);
    heard->column = i;
    heard->row = row;

    return value.data == c->lower.data ? columns_say(c, field) : 0;
}


static int
columns_say(columns_t *c, uint32_t field)
{
    uint32_t        k, n, code;
    column_t       *column;
    const heard_t  *heard;

    column = &c->items[field];

    for (k = 0; k < c->nheard && !c->lower.failed; k++) {
        heard = &c->heard[k];
        n = column->dictionary.n;
        code = dictionary_intern_hashed(&column->dictionary, heard->value,
                                        heard->hash);

        if (code == UINT32_MAX
            || (code == n
                && column_judge(column, &c->fields->items[field].field, code,
                                heard->value) != 0)
            || column_add(column, heard->row, code) != 0)
        {
            return -1;
        }

        c->counts[heard->column][column->types[code]]++;
    }

    c->nheard = 0;

    return c->lower.failed ? -1 : 0;
}


/* A value that was not there before. */

static int
column_judge(column_t *column, const aud_field_t *field, uint32_t code,
    aud_str_t value)
{
    uint8_t   *types;
    uint32_t   room;

    if (code >= column->ntypes) {
        room = code < 32 ? 64 : code > UINT32_MAX / 2 ? UINT32_MAX : 2 * code;
        types = aud_realloc(column->types, room);

        if (types == NULL) {
            return -1;
        }

        column->types = types;
        column->ntypes = room;
    }

    column->types[code] = 1 << AUD_TYPE_TEXT;

    if (field->kind != AUD_KIND_IDENTIFIER) {
        column->types[code] |= aud_value_types(value);
    }

    return 0;
}


static int
column_add(column_t *column, uint32_t row, uint32_t code)
{
    void      *p;
    uint32_t   capacity;

    if (column->n == column->capacity) {

        if (column->n > UINT32_MAX / 2) {
            return -1;
        }

        capacity = column->n < 64 ? 64 : column->n * 2;
        p = aud_realloc(column->rows, (size_t) capacity * sizeof(uint32_t));

        if (p == NULL) {
            return -1;
        }

        column->rows = p;
        p = aud_realloc(column->codes, (size_t) capacity * sizeof(uint32_t));

        if (p == NULL) {
            return -1;
        }

        column->codes = p;
        column->capacity = capacity;
    }

    column->rows[column->n] = row;
    column->codes[column->n++] = code;

    return 0;
}
