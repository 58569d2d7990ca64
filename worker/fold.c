/*
 * A profile as the fold of its source records.
 */

#include <limits.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "aud_phone.h"
#include "campaign.h"
#include "cell.h"
#include "fold.h"


typedef struct {                    /* a field of a campaign */
    int64_t           number;
    char              text[AUD_TIME_LEN + 1];       /* what values points to */
} fold_campaign_t;

struct fold_s {
    const fields_t   *fields;
    uint32_t          phone, email, tax_document;   /* fields, or NONE */
    uint32_t          created_at, updated_at, sources;

    aud_str_t        *values;       /* [fields->n] len 0: none */
    uint32_t         *touched;      /* fields that may have one */
    uint32_t          ntouched;
    uint8_t          *is_touched;   /* [fields->n] */

    aud_buffer_t      email_lower;  /* what values[email] points to */
    fold_campaign_t  *campaigns;    /* [fields->n], NULL: none is of one */
    aud_buffer_t      records;      /* aud_source_record_write() */
    aud_str_t        *source_ids;
    uint32_t          nsources;
    uint32_t          sources_capacity;
    int64_t           first, last;  /* uploads */
    struct {                        /* times as text, of few uploads */
        int64_t       at;
        size_t        len;          /* 0: none yet */
        char          text[AUD_TIME_LEN + 1];
    } times[2];

    segment_value_t  *out;          /* what goes to the writer */
    uint32_t          nout;
    uint32_t          out_capacity;
    unsigned          failed:1;     /* memory */
};


static void fold_set(fold_t *fold, uint32_t field, aud_str_t value);
static int fold_campaigns(fold_t *fold);
static aud_str_t fold_campaign(fold_t *fold, uint32_t field, aud_str_t value);
static void fold_source(fold_t *fold, aud_str_t id);
static void fold_upload(fold_t *fold, int64_t at);
static aud_str_t fold_time(fold_t *fold, size_t i, int64_t at);
static void fold_out(fold_t *fold, uint32_t field, aud_str_t text);


fold_t *
fold_create(const fields_t *fields)
{
    fold_t  *fold;

    fold = aud_calloc(1, sizeof(fold_t));
    if (fold == NULL) {
        return NULL;
    }

    fold->fields = fields;
    fold->phone = fields_find(fields, AUD_STR(FIELD_PHONE));
    fold->email = fields_find(fields, AUD_STR(FIELD_EMAIL));
    fold->tax_document = fields_find(fields, AUD_STR(FIELD_TAX_DOCUMENT));
    fold->created_at = fields_find(fields, AUD_STR(FIELD_CREATED_AT));
    fold->updated_at = fields_find(fields, AUD_STR(FIELD_UPDATED_AT));
    fold->sources = fields_find(fields, AUD_STR(FIELD_SOURCES));

    fold->values = aud_calloc(fields->n + 1, sizeof(aud_str_t));
    fold->touched = aud_calloc(fields->n + 1, sizeof(uint32_t));
    fold->is_touched = aud_calloc(fields->n + 1, 1);

    if (fold->values == NULL || fold->touched == NULL
        || fold->is_touched == NULL || fold_campaigns(fold) != 0)
    {
        fold_free(fold);
        return NULL;
    }

    fold_begin(fold);

    return fold;
}


void
fold_free(fold_t *fold)
{
    if (fold == NULL) {
        return;
    }

    aud_buffer_free(&fold->email_lower);
    aud_buffer_free(&fold->records);
    aud_free(fold->campaigns);
    aud_free(fold->values);
    aud_free(fold->touched);
    aud_free(fold->is_touched);
    aud_free(fold->source_ids);
    aud_free(fold->out);
    aud_free(fold);
}


static int
fold_campaigns(fold_t *fold)
{
    uint32_t  i;

    for (i = 0; i < fold->fields->n; i++) {
        if (fold->fields->items[i].field.kind == AUD_KIND_CAMPAIGN) {
            fold->campaigns = aud_calloc(fold->fields->n,
                                         sizeof(fold_campaign_t));
            return fold->campaigns ? 0 : -1;
        }
    }

    return 0;
}


aud_str_t
fold_value(const fold_t *fold, uint32_t field, aud_str_t raw, int *spoiled)
{
    aud_str_t  value;

    value = cell_value(raw);

    if (value.len && (field == fold->email || field == fold->tax_document)
        && aud_spoiled_by_spreadsheet(value))
    {
        value.len = 0;

        if (spoiled) {
            *spoiled = 1;
        }
    }

    return value;
}


void
fold_count(const fold_t *fold, fields_t *fields, const fold_source_t *source,
    const aud_str_t *cells)
{
    uint32_t   i, field;
    unsigned   types;
    aud_str_t  value;

    for (i = 0; i < source->ncolumns; i++) {
        field = source->fields[i];
        value = fold_value(fold, field, cells[i], NULL);

        if (value.len) {
            types = fields->items[field].field.kind == AUD_KIND_IDENTIFIER
                    ? 0 : aud_value_types(value);
            fields_count(fields, field, types, 1);
        }
    }
}


uint32_t
fold_spoiled(const fold_t *fold, const fold_source_t *source,
    const aud_str_t *cells, uint32_t *column)
{
    int       spoiled;
    uint32_t  i, n;

    n = 0;

    for (i = 0; i < source->ncolumns; i++) {
        if (source->fields[i] != fold->email
            && source->fields[i] != fold->tax_document)
        {
            continue;
        }

        spoiled = 0;
        (void) fold_value(fold, source->fields[i], cells[i], &spoiled);

        if (spoiled && n++ == 0) {
            *column = i;
        }
    }

    return n;
}


void
fold_begin(fold_t *fold)
{
    uint32_t  i;

    for (i = 0; i < fold->ntouched; i++) {
        fold->is_touched[fold->touched[i]] = 0;
        fold->values[fold->touched[i]].len = 0;
    }

    fold->ntouched = 0;
    fold->nsources = 0;
    fold->records.len = 0;
    fold->first = INT64_MAX;
    fold->last = INT64_MIN;
}


void
fold_record(fold_t *fold, const fold_source_t *source,
    const aud_source_record_t *record, const aud_str_t *cells)
{
    uint32_t   i, field;
    aud_str_t  value;

    for (i = 0; i < source->ncolumns; i++) {
        field = source->fields[i];

        if (field == fold->phone) {
            continue;
        }

        value = fold_value(fold, field, cells[i], NULL);

        if (value.len == 0) {
            continue;
        }

        if (field == fold->email) {
            value = fold_email(&fold->email_lower, value);

        } else if (fold->fields->items[field].field.kind == AUD_KIND_CAMPAIGN)
        {
            value = fold_campaign(fold, field, value);

        }

        fold_set(fold, field, value);
    }

    if (record->phone.len) {
        fold_set(fold, fold->phone, record->phone);
    }

    aud_source_record_write(&fold->records, record);
    fold_source(fold, aud_str(source->id, strlen(source->id)));
    fold_upload(fold, source->at);
}


void
fold_label(fold_t *fold, aud_str_t name, aud_str_t value)
{
    uint32_t  field = fields_find(fold->fields, name);

    if (field != FIELDS_NONE) {
        fold_set(fold, field, value);
    }
}


static void
fold_set(fold_t *fold, uint32_t field, aud_str_t value)
{
    if (!fold->is_touched[field]) {
        fold->is_touched[field] = 1;
        fold->touched[fold->ntouched++] = field;
    }

    fold->values[field] = value;
}


static aud_str_t
fold_campaign(fold_t *fold, uint32_t field, aud_str_t value)
{
    int64_t           number;
    campaign_part_t   part;
    fold_campaign_t  *c = &fold->campaigns[field];

    part = campaign_part(fold->fields->items[field].field.name);
    number = campaign_read(part, value);

    if (number < 0) {
        return fold->values[field];
    }

    c->number = fold->is_touched[field] && fold->values[field].len
                ? campaign_fold(part, c->number, number) : number;

    return aud_str(c->text, campaign_write(part, c->number, c->text));
}


/* ASCII alone: what stands before the @ may be case sensitive, but no mail
 * system that people use has it so. */

aud_str_t
fold_email(aud_buffer_t *lower, aud_str_t value)
{
    size_t  i;
    char    c;

    lower->len = 0;
    aud_buffer_add(lower, value.data, value.len);

    for (i = 0; i < lower->len; i++) {
        c = lower->data[i];
        lower->data[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }

    return aud_buffer_str(lower);
}


static void
fold_source(fold_t *fold, aud_str_t id)
{
    uint32_t    i, capacity;
    aud_str_t  *ids;

    for (i = fold->nsources; i > 0; i--) {
        if (aud_str_equal(fold->source_ids[i - 1], id)) {
            return;
        }
    }

    if (fold->nsources == fold->sources_capacity) {
        capacity = fold->sources_capacity ? 2 * fold->sources_capacity : 16;
        ids = aud_realloc(fold->source_ids, capacity * sizeof(aud_str_t));
        if (ids == NULL) {
            fold->failed = 1;
            return;
        }

        fold->source_ids = ids;
        fold->sources_capacity = capacity;
    }

    fold->source_ids[fold->nsources++] = id;
}


static void
fold_upload(fold_t *fold, int64_t at)
{
    if (at < fold->first) {
        fold->first = at;
    }

    if (at > fold->last) {
        fold->last = at;
    }
}


int
fold_write(fold_t *fold, segment_writer_t *writer, const aud_uuid_t *profile)
{
    uint32_t  i;

    fold->nout = 0;

    for (i = 0; i < fold->ntouched; i++) {
        if (fold->values[fold->touched[i]].len) {
            fold_out(fold, fold->touched[i], fold->values[fold->touched[i]]);
        }
    }

    for (i = 0; i < fold->nsources; i++) {
        fold_out(fold, fold->sources, fold->source_ids[i]);
    }

    if (fold->first <= fold->last) {
        fold_out(fold, fold->created_at, fold_time(fold, 0, fold->first));
        fold_out(fold, fold->updated_at, fold_time(fold, 1, fold->last));
    }

    if (fold->failed || fold->email_lower.failed || fold->records.failed
        || segment_writer_add(writer, profile, fold->out, fold->nout) != 0)
    {
        return -1;
    }

    return segment_writer_records(writer, aud_buffer_str(&fold->records));
}


static aud_str_t
fold_time(fold_t *fold, size_t i, int64_t at)
{
    if (fold->times[i].len == 0 || fold->times[i].at != at) {
        fold->times[i].at = at;
        fold->times[i].len = aud_time_format(fold->times[i].text, at);
    }

    return aud_str(fold->times[i].text, fold->times[i].len);
}


static void
fold_out(fold_t *fold, uint32_t field, aud_str_t text)
{
    uint32_t          capacity;
    segment_value_t  *out;

    if (fold->nout == fold->out_capacity) {
        capacity = fold->out_capacity ? 2 * fold->out_capacity : 64;
        out = aud_realloc(fold->out, capacity * sizeof(segment_value_t));
        if (out == NULL) {
            fold->failed = 1;
            return;
        }

        fold->out = out;
        fold->out_capacity = capacity;
    }

    fold->out[fold->nout++] = (segment_value_t) { field, text };
}
