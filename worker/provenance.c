/*
 * Which source record each value of a profile came from.
 */

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "campaign.h"
#include "conversation_index.h"
#include "document.h"
#include "label.h"
#include "old_records.h"
#include "provenance.h"


typedef struct {
    const explain_t  *x;
    fields_t          fields;
    block_feed_t     *feed;         /* nothing comes from it */
    columns_t        *said;
    old_records_t     old;
    uint64_t         *refs;         /* [n], ascending */
    size_t            n;
    aud_str_t         phone;        /* the newest, and its record */
    size_t            phone_of;
} provenance_t;


static int provenance_fields(provenance_t *p);
static int provenance_columns(provenance_t *p);
static int provenance_refs(provenance_t *p, aud_str_t records);
static int provenance_files(const provenance_t *p, json_t *records);
static int provenance_values(const provenance_t *p, json_t *profile);
static int provenance_labels(const provenance_t *p, json_t *values,
    aud_error_t *err);
static json_t *provenance_newest(const provenance_t *p,
    const column_t *column);
static json_t *provenance_campaign(const provenance_t *p,
    const column_t *column, campaign_part_t part);
static int provenance_counted(const provenance_t *p, const column_t *column,
    json_t *shown);
static aud_str_t provenance_said(const column_t *column, size_t i);
static json_t *provenance_value(const provenance_t *p, aud_str_t value,
    size_t record);
static json_t *provenance_record(const provenance_t *p, size_t record);


int
provenance_add(const explain_t *x, aud_str_t records, json_t *profile,
    aud_error_t *err)
{
    int           rc = -1;
    provenance_t  p = { .x = x };

    if (provenance_fields(&p) != 0 || provenance_columns(&p) != 0
        || provenance_refs(&p, records) != 0)
    {
        aud_error_set(err, "out of memory, or the source records of a profile "
                      "are damaged");
        goto done;
    }

    rc = old_records_load(&p.old, p.refs, p.n, x->worker, x->tenant,
                          &x->base->sequences, &p.fields, p.said, 0, err);

    if (rc == 0 && (provenance_files(&p, json_object_get(profile, "records"))
                    != 0
                    || provenance_values(&p, profile) != 0))
    {
        rc = aud_error_set(err, "out of memory");
    }

    if (rc == 0) {
        rc = provenance_labels(&p, json_object_get(profile, "provenance"),
                               err);
    }

done:

    old_records_free(&p.old);
    columns_free(p.said);
    block_feed_free(p.feed);
    fields_free(&p.fields);
    aud_free(p.refs);

    return rc;
}


static int
provenance_fields(provenance_t *p)
{
    int                      rc;
    size_t                   i;
    base_field_t            *from;
    const aud_generation_t  *g = p->x->g;

    from = aud_calloc(g->nfields + 1, sizeof(base_field_t));

    if (from == NULL) {
        return -1;
    }

    for (i = 0; i < g->nfields; i++) {
        from[i].field = g->fields[i];
    }

    rc = fields_init(&p->fields, from, g->nfields);
    aud_free(from);

    return rc;
}


/* No file is read here: all rows are old records. */

static int
provenance_columns(provenance_t *p)
{
    static const fold_source_t  no_file;

    p->feed = block_feed_create();
    if (p->feed == NULL) {
        return -1;
    }

    block_feed_end(p->feed);
    p->said = columns_create(&p->fields, &no_file, p->feed);

    return p->said ? columns_finish(p->said, &p->fields, NULL) : -1;
}


static int
provenance_refs(provenance_t *p, aud_str_t records)
{
    int                  rc;
    size_t               n = 0;
    aud_str_t            rest;
    aud_source_record_t  record;

    for (rest = records; aud_source_record_read(&rest, &record) == 1; n++) {
        /* counted */
    }

    p->refs = aud_calloc(n + 1, sizeof(uint64_t));
    if (p->refs == NULL) {
        return -1;
    }

    while ((rc = aud_source_record_read(&records, &record)) == 1) {
        if (record.phone.len) {
            p->phone = record.phone;
            p->phone_of = p->n;
        }

        p->refs[p->n++] = record.ref;
    }

    return rc;
}


static int
provenance_files(const provenance_t *p, json_t *records)
{
    int            rc = 0;
    size_t         i;
    json_t        *record;
    const json_t  *import;

    json_array_foreach(records, i, record) {
        import = p->old.sources[p->old.items[i].source].document;

        rc |= json_object_set_new(record, "filename", json_string(
                                  document_text(import, "filename")))
              | json_object_set_new(record, "at", json_string(
                                    document_text(import, "created_at")));
    }

    return rc;
}


static int
provenance_values(const provenance_t *p, json_t *profile)
{
    int                  rc = 0;
    json_t              *values;
    uint32_t             f;
    const column_t      *column;
    const aud_field_t   *field;

    values = json_object();

    for (f = 0; f < p->fields.n; f++) {
        field = &p->fields.items[f].field;
        column = columns_of(p->said, f);

        if (aud_str_equal(field->name, AUD_STR(FIELD_PHONE))) {
            if (p->phone.len) {
                rc |= json_object_set_new(values, FIELD_PHONE,
                                          provenance_value(p, p->phone,
                                                           p->phone_of));
            }

        } else if (column->n) {
            rc |= json_object_setn_new(
                      values, field->name.data, field->name.len,
                      field->kind == AUD_KIND_CAMPAIGN
                      ? provenance_campaign(p, column,
                                            campaign_part(field->name))
                      : provenance_newest(p, column));
        }
    }

    return json_object_set_new(profile, "provenance", values) | rc;
}


/* Of the newest record that speaks of the conversation they are from. */

static int
provenance_labels(const provenance_t *p, json_t *values, aud_error_t *err)
{
    int                     rc;
    size_t                  record;
    uint64_t                ref;
    const char             *text;
    classifier_label_t      label;
    conversation_said_t     said;
    conversation_index_t   *index;

    index = conversation_index_create(p->x->worker->store, p->x->tenant);
    rc = index ? conversation_index_profile(index, &p->x->base->sequences,
                                            p->refs, p->n, &said, &ref, err)
               : aud_error_set(err, "out of memory");
    conversation_index_free(index);

    if (rc != 1) {
        return rc;
    }

    for (record = 0; p->refs[record] != ref; record++) {
        /* it is one of them */
    }

    for (label = 0, rc = 0; label < CLASSIFIER_LABELS; label++) {
        text = label_text(label, said.labels[label]);

        if (text) {
            rc |= json_object_set_new(values, classifier_label_name(label),
                                      provenance_value(p, aud_str(text,
                                                       strlen(text)),
                                                       record));
        }
    }

    return rc == 0 ? 0 : aud_error_set(err, "out of memory");
}


static json_t *
provenance_newest(const provenance_t *p, const column_t *column)
{
    return provenance_value(p, provenance_said(column, column->n - 1),
                            column->rows[column->n - 1]);
}


/* The newest of the events that decide; of a count that is every one. */

static json_t *
provenance_campaign(const provenance_t *p, const column_t *column,
    campaign_part_t part)
{
    char     text[AUD_TIME_LEN + 1];
    size_t   i, decides = 0;
    int64_t  number, folded = -1;
    json_t  *shown;

    for (i = 0; i < column->n; i++) {
        number = campaign_read(part, provenance_said(column, i));

        if (number >= 0 && (part == CAMPAIGN_COUNT || number >= folded)) {
            decides = i;
        }

        if (number >= 0) {
            folded = folded < 0 ? number : campaign_fold(part, folded, number);
        }
    }

    if (folded < 0) {
        return provenance_newest(p, column);
    }

    shown = provenance_value(p, aud_str(text, campaign_write(part, folded,
                                                             text)),
                             column->rows[decides]);

    if (part == CAMPAIGN_COUNT && provenance_counted(p, column, shown) != 0) {
        json_decref(shown);
        return NULL;
    }

    return shown;
}


static int
provenance_counted(const provenance_t *p, const column_t *column,
    json_t *shown)
{
    int      rc = 0;
    size_t   i;
    json_t  *records;

    records = json_array();

    for (i = 0; i < column->n; i++) {
        rc |= json_array_append_new(records,
                                    provenance_record(p, column->rows[i]));
    }

    return json_object_set_new(shown, "records", records) | rc;
}


static aud_str_t
provenance_said(const column_t *column, size_t i)
{
    uint32_t             code = column->codes[i];
    const dictionary_t  *d = &column->dictionary;

    return aud_str(d->text.data + d->at[code], d->at[code + 1] - d->at[code]);
}


static json_t *
provenance_value(const provenance_t *p, aud_str_t value, size_t record)
{
    json_t  *shown;

    shown = provenance_record(p, record);

    if (json_object_set_new(shown, "value", json_stringn(value.data,
                                                         value.len))
        != 0)
    {
        json_decref(shown);
        return NULL;
    }

    return shown;
}


static json_t *
provenance_record(const provenance_t *p, size_t record)
{
    return json_pack("{s:s, s:I}",
                     "import", p->old.sources[p->old.items[record].source]
                                   .fold.id,
                     "line", (json_int_t) (p->refs[record] & UINT32_MAX));
}
