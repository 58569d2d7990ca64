/*
 * What the store holds of a person besides source records: rows among the
 * errors of imports, answers kept under Idempotency-Keys and of a language
 * model, ended jobs, and rules that block a value.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_csv.h"
#include "document.h"
#include "erase_private.h"
#include "erased_rows.h"
#include "import.h"
#include "import_record.h"
#include "profile_find.h"

#define ERRORS_MAX_CELLS  (16 * 1024 * 1024)
#define ERRORS_MAX_ROW    (64 * 1024 * 1024)
#define ERRORS_COLUMNS    3         /* line, column, reason */


typedef struct {                    /* errors.csv of one import */
    erase_t        *e;
    aud_uuid_t      id;
    uint32_t        sequence;
    aud_buffer_t    text;
    aud_buffer_t    kept;
    erased_rows_t   rows;
    size_t          header;         /* bytes of its first line */
    size_t          gone;
} erase_errors_t;


static int errors_of(erase_errors_t *x);
static int errors_bind(erase_errors_t *x, json_t *record, uint32_t **map);
static int errors_row(void *arg, const aud_csv_row_t *row);
static int errors_line(const erase_errors_t *x, aud_str_t line);
static int errors_put(erase_errors_t *x);
static int answers_of(erase_t *e, key_kind_t kind);
static int job_ended(aud_str_t value);
static int rule_held(const erase_t *e, const component_value_t *value);


/* Imports one after the other, each with all of its parts. */

int
erase_errors(erase_t *e)
{
    int              rc, again = 0;
    aud_str_t        key, value;
    resolve_t       *r = e->r;
    store_key_t      prefix;
    store_scan_t    *scan;
    erase_errors_t   x = { .e = e };

    if (e->check == NULL) {
        return 0;
    }

    prefix = key_prefix(r->tenant, KEY_ERRORS);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        if (key.len < prefix.len + sizeof(aud_uuid_t)) {
            continue;
        }

        if (again && memcmp(x.id.bytes, key.data + prefix.len,
                            sizeof(aud_uuid_t)) != 0
            && errors_of(&x) != 0)
        {
            rc = -1;
            break;
        }

        again = 1;
        memcpy(x.id.bytes, key.data + prefix.len, sizeof(aud_uuid_t));
        aud_buffer_add(&x.text, value.data, value.len);
    }

    if (rc == 0 && again) {
        rc = errors_of(&x);
    }

    store_scan_free(scan);
    aud_buffer_free(&x.text);
    aud_buffer_free(&x.kept);

    return rc;
}


/* Leaves x ready for the next import. */

static int
errors_of(erase_errors_t *x)
{
    int          rc = -1;
    json_t      *record;
    uint32_t    *map = NULL;
    aud_csv_t   *csv;
    resolve_t   *r = x->e->r;

    x->kept.len = 0;
    x->gone = 0;
    x->header = 0;
    x->sequence = sequences_of(&r->resolving.sequences, &x->id);
    record = document_get(r->worker->store, r->tenant, KEY_IMPORT, &x->id,
                          NULL);
    csv = aud_csv_create(',', ERRORS_MAX_CELLS, ERRORS_MAX_ROW, errors_row, x);

    if (csv == NULL || x->text.failed || errors_bind(x, record, &map) != 0) {
        aud_error_set(&r->err, "out of memory");

    } else if (aud_csv_feed(csv, x->text.data, x->text.len) != AUD_CSV_OK
               || aud_csv_finish(csv) != AUD_CSV_OK || x->kept.failed)
    {
        aud_error_set(&r->err, "errors of an import cannot be read");

    } else {
        rc = x->gone ? errors_put(x) : 0;
    }

    aud_csv_free(csv);
    erased_rows_free(&x->rows);
    memset(&x->rows, 0, sizeof(erased_rows_t));
    aud_free(map);
    json_decref(record);
    x->text.len = 0;

    return rc;
}


/* What its columns are; an import that failed has not said so. */

static int
errors_bind(erase_errors_t *x, json_t *record, uint32_t **map)
{
    uint32_t    i, n = 0;
    resolve_t  *r = x->e->r;
    aud_str_t  *names;

    names = record ? import_record_texts(record, "fields", &n) : NULL;

    if (names) {
        *map = aud_calloc((size_t) n + 1, sizeof(uint32_t));
    }

    for (i = 0; *map && i < n; i++) {
        (*map)[i] = fields_find(&r->fields, names[i]);

        if ((*map)[i] == FIELDS_NONE) {     /* it went with who was erased */
            aud_free(*map);
            *map = NULL;
        }
    }

    aud_free(names);

    return erased_rows_init(&x->rows, x->e->check, r->worker->settings,
                            &r->fields, *map, n);
}


static int
errors_row(void *arg, const aud_csv_row_t *row)
{
    int              gone = 0;
    erase_errors_t  *x = arg;

    if (x->header && row->ncells > ERRORS_COLUMNS) {
        gone = errors_line(x, row->cells[0])
               || erased_rows_match(&x->rows, row->cells + ERRORS_COLUMNS,
                                    row->ncells - ERRORS_COLUMNS);
    }

    if (gone) {
        x->gone++;
        return 0;
    }

    aud_buffer_add(&x->kept, row->raw.data, row->raw.len);
    aud_buffer_text(&x->kept, "\r\n");
    x->header = x->header ? x->header : x->kept.len;

    return 0;
}


/* Whether a row of that line is among the records that go. */

static int
errors_line(const erase_errors_t *x, aud_str_t line)
{
    char  text[AUD_DECIMAL + 1];

    if (x->sequence == 0 || line.len == 0 || line.len > AUD_DECIMAL) {
        return 0;
    }

    memcpy(text, line.data, line.len);
    text[line.len] = '\0';

    return refs_have(&x->e->r->refs,
                     profile_ref(x->sequence, strtoul(text, NULL, 10)));
}


static int
errors_put(erase_errors_t *x)
{
    int            rc;
    char           text[AUD_ID_LEN + 1];
    aud_str_t      key, value;
    resolve_t     *r = x->e->r;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_id(r->tenant, KEY_ERRORS, &x->id);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        store_batch_delete(r->effects, key);
    }

    store_scan_free(scan);

    if (x->kept.len > x->header) {
        import_put_errors(r->effects, r->tenant, &x->id,
                          aud_buffer_str(&x->kept));
    }

    aud_id_format(text, "imp", &x->id);
    json_object_set_new(json_object_get(x->e->pending, "imports"), text,
                        json_true());

    return rc;
}


int
erase_text(erase_t *e, aud_str_t text)
{
    char  *copy;
    int    rc;

    if (text.len < ERASE_TEXT_LEAST) {
        return 0;
    }

    copy = aud_strndup(text.data, text.len);
    rc = copy ? json_object_set_new_nocheck(e->texts, copy, json_true()) : -1;
    aud_free(copy);

    return rc;
}


int
erase_found(const erase_t *e, aud_str_t stored)
{
    json_t      *ignored;
    const char  *text;

    json_object_foreach(e->texts, text, ignored) {
        if (memmem(stored.data, stored.len, text, strlen(text))) {
            return 1;
        }
    }

    return 0;
}


int
erase_answers(erase_t *e)
{
    return answers_of(e, KEY_IDEMPOTENCY) == 0 && answers_of(e, KEY_JOB) == 0
           && answers_of(e, KEY_ANSWER) == 0 ? 0 : -1;
}


/* A request that is sent again is done again then; of a job that has ended only
 * that it was is forgotten. */

static int
answers_of(erase_t *e, key_kind_t kind)
{
    int            rc;
    aud_str_t      key, value;
    resolve_t     *r = e->r;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(r->tenant, kind);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        if (erase_found(e, value) && (kind != KEY_JOB || job_ended(value))) {
            store_batch_delete(r->effects, key);
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
job_ended(aud_str_t value)
{
    int          ended;
    json_t      *record;
    const char  *state;

    record = json_loadb(value.data, value.len, 0, NULL);
    state = document_text(record, "state");
    ended = strcmp(state, "done") == 0 || strcmp(state, "dead") == 0
            || strcmp(state, "cancelled") == 0;
    json_decref(record);

    return ended;
}


/* What undone imports had is deleted, but in the store's files yet. */

int
erase_undone(erase_t *e)
{
    int            rc;
    json_t        *record;
    aud_str_t      key, value;
    resolve_t     *r = e->r;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(r->tenant, KEY_IMPORT);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix), aud_str("", 0),
                      0);

    while ((rc = store_scan_next(scan, &key, &value, &r->err)) == 1) {
        record = json_loadb(value.data, value.len, 0, NULL);

        if (strcmp(document_text(record, "state"), "undone") == 0) {
            json_object_set_new(json_object_get(e->pending, "imports"),
                                document_text(record, "id"), json_true());
        }

        json_decref(record);
    }

    store_scan_free(scan);

    return rc;
}


/* A value that others hold too is theirs as much. */

int
erase_rules(erase_t *e)
{
    size_t              i;
    store_key_t         key;
    rules_t            *rules = &e->r->resolving.rules;
    component_value_t   value;

    for (i = rules->n; i-- > 0; /* void */ ) {
        if (!rule_value(rules->items[i].document, &value)
            || json_object_get(e->texts, value.value.data) == NULL)
        {
            continue;
        }

        switch (rule_held(e, &value)) {

        case 0:
            key = key_id(e->r->tenant, KEY_RULE, &rules->items[i].id);
            store_batch_delete(e->r->effects, key_str(&key));
            rules_remove(rules, i);
            break;

        case 1:
            break;

        default:
            return aud_error_set(&e->r->err, "out of memory");
        }
    }

    return 0;
}


/* Whether a profile that stays holds it. */

static int
rule_held(const erase_t *e, const component_value_t *value)
{
    int                   held = 0;
    size_t                i, n;
    aud_str_t             rest;
    profile_place_t      *places;
    aud_source_record_t   record;

    static const aud_identifier_kind_t  kinds[COMPONENT_KINDS] = {
        AUD_IDENTIFIER_TAX_DOCUMENT, AUD_IDENTIFIER_PHONE, AUD_IDENTIFIER_EMAIL
    };

    if (profiles_of_value(e->g, kinds[value->kind], value->value, &places, &n)
        != 0)
    {
        return -1;
    }

    for (i = 0; i < n && !held; i++) {
        rest = aud_segment_records(e->g->slices[places[i].slice].segment,
                                   places[i].row);
        held = aud_source_record_read(&rest, &record) == 1
               && !refs_have(&e->r->refs, record.ref);
    }

    aud_free(places);

    return held;
}
