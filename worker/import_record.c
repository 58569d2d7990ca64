/*
 * The import's own record.
 */

#include "aud_alloc.h"
#include "aud_clock.h"
#include "document.h"
#include "import_record.h"
#include "mail.h"
#include "users.h"


static void import_record_refused(json_t *record, const resolution_t *r);
static json_t *import_record_copy(const json_t *upload, const char *name);
static void import_record_end(json_t *record, const char *state,
    const char *outcome, int64_t started);
static int import_record_assumed(const json_t *record);


json_t *
import_record_create(const json_t *upload, const char *id, const char *job,
    const char *user, int64_t now)
{
    json_t  *record;

    record = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o,"
                       " s:{s:I, s:i, s:i, s:i, s:i}, s:o, s:s}",
                       "id", id, "job", job, "kind",
                       intake_kind_name(INTAKE_CONTACTS),
                       "filename", import_record_copy(upload, "filename"),
                       "separator", import_record_copy(upload, "separator"),
                       "encoding", import_record_copy(upload, "encoding"),
                       "bytes", import_record_copy(upload, "bytes"),
                       "digest", import_record_copy(upload, "digest"),
                       "columns", import_record_copy(upload, "columns"),
                       "rows", "read",
                       json_integer_value(json_object_get(upload, "rows")),
                       "imported", 0, "refused_opt_in", 0, "rejected", 0,
                       "erased", 0,
                       "created_at", document_time(now), "created_by", user);

    if (record) {
        document_state(record, "queued", now);
    }

    return record;
}


intake_kind_t
import_record_kind(const json_t *record)
{
    intake_kind_t  kind;

    kind = intake_kind(document_text(record, "kind"));

    return kind < INTAKE_KINDS ? kind : INTAKE_CONTACTS;
}


static json_t *
import_record_copy(const json_t *upload, const char *name)
{
    json_t  *value;

    value = json_object_get(upload, name);

    return value ? json_deep_copy(value) : json_null();
}


aud_str_t *
import_record_texts(const json_t *record, const char *name, uint32_t *n)
{
    size_t      i;
    json_t     *array, *text;
    aud_str_t  *texts;

    array = json_object_get(record, name);
    if (!json_is_array(array) || json_array_size(array) >= UINT32_MAX) {
        return NULL;
    }

    *n = json_array_size(array);

    texts = aud_calloc((size_t) *n + 1, sizeof(aud_str_t));
    if (texts == NULL) {
        return NULL;
    }

    json_array_foreach(array, i, text) {
        if (!json_is_string(text)) {
            aud_free(texts);
            return NULL;
        }

        texts[i] = aud_str(json_string_value(text), json_string_length(text));
    }

    return texts;
}


aud_str_t *
import_record_cells(const json_t *record, uint32_t *n)
{
    int  own;

    own = import_record_kind(record) != INTAKE_CONTACTS
          && json_object_get(record, "fields") != NULL;

    return import_record_texts(record, own ? "fields" : "columns", n);
}


void
import_record_count(json_t *record, const import_read_t *in,
    const resolution_t *r)
{
    size_t  i, created, updated, joined;

    created = r ? r->created : 0;
    updated = r ? r->nprofiles - created : 0;

    for (i = 0, joined = 0; r && i < r->nchanges; i++) {
        joined += r->changes[i].fate == PROFILE_JOINED;
    }

    json_object_set_new(record, "rows", json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I}",
        "read", (json_int_t) in->read,
        "imported", (json_int_t) in->nrows,
        "refused_opt_in", (json_int_t) in->refused,
        "rejected", (json_int_t) in->rejected,
        "erased", (json_int_t) in->erased,
        "lost_identifiers", (json_int_t) in->spoiled));

    if (import_record_kind(record) == INTAKE_CAMPAIGNS
        || intake_speaks(import_record_kind(record)))
    {
        json_object_set_new(json_object_get(record, "rows"), "duplicates",
                            json_integer(in->duplicates));
    }

    json_object_set_new(record, "profiles", json_pack(
        "{s:I, s:I, s:I}", "created", (json_int_t) created,
        "updated", (json_int_t) updated, "joined", (json_int_t) joined));

    import_record_refused(record, r);

    json_object_set_new(record, "consent", json_pack(
        "{s:b, s:b, s:I, s:s}", "assumed", in->assumed != 0,
        "column", in->has_consent,
        "rows", (json_int_t) in->assumed,
        "by", document_text(record, "created_by")));
}


/* Pairs with a new record are this import's: others were counted before. */

static void
import_record_refused(json_t *record, const resolution_t *r)
{
    size_t                      i;
    json_t                     *refusals;
    uint64_t                    a, b, n = 0;
    const component_refusal_t  *refusal;

    refusals = json_array();

    for (i = 0; r && i < r->components->nrefusals; i++) {
        refusal = &r->components->refusals[i];

        if (r->before[refusal->join.a] != COMPONENT_NONE
            && r->before[refusal->join.b] != COMPONENT_NONE)
        {
            continue;
        }

        a = r->records[refusal->join.a].ref;
        b = r->records[refusal->join.b].ref;

        if (n++ < IMPORT_REFUSALS) {
            json_array_append_new(refusals, json_pack(
                "[I, I, I, I, i]", (json_int_t) (a >> 32),
                (json_int_t) (a & UINT32_MAX), (json_int_t) (b >> 32),
                (json_int_t) (b & UINT32_MAX), (int) refusal->guard));
        }
    }

    json_object_set_new(record, "refused_joins", json_integer(n));
    json_object_set_new(record, "refusals", refusals);
}


import_refusal_t *
import_record_refusals(const json_t *record, size_t *n)
{
    int                guard;
    size_t             i;
    json_t            *items, *item;
    json_int_t         a[2], b[2];
    import_refusal_t  *refusals;

    items = json_object_get(record, "refusals");
    refusals = aud_calloc(json_array_size(items) + 1,
                          sizeof(import_refusal_t));
    *n = 0;

    json_array_foreach(items, i, item) {
        if (refusals
            && json_unpack(item, "[I, I, I, I, i]", &a[0], &a[1], &b[0], &b[1],
                           &guard) == 0
            && guard >= COMPONENT_OTHER_DOCUMENT
            && guard <= COMPONENT_OTHER_NAMES)
        {
            refusals[*n].refs[0] = profile_ref(a[0], a[1]);
            refusals[*n].refs[1] = profile_ref(b[0], b[1]);
            refusals[(*n)++].guard = guard;
        }
    }

    return refusals;
}


void
import_record_types(json_t *record, const import_read_t *in)
{
    uint32_t              i;
    json_t               *types, *misfits, *fields;
    uint64_t              misfit;
    const uint64_t       *fits;
    const aud_field_t    *field;

    types = json_object();
    misfits = json_object();
    fields = json_array();

    for (i = 0; i < in->source->ncolumns; i++) {
        field = &in->fields->items[in->source->fields[i]].field;
        fits = &in->fits[(size_t) i * AUD_TYPE_COUNT];
        misfit = fits[AUD_TYPE_TEXT] - fits[field->type];

        json_array_append_new(fields, json_stringn(field->name.data,
                                                   field->name.len));
        json_object_setn_new(types, field->name.data, field->name.len,
                             json_string(aud_type_name(field->type)));

        if (misfit) {
            misfit += json_integer_value(json_object_getn(
                          misfits, field->name.data, field->name.len));
            json_object_setn_new(misfits, field->name.data, field->name.len,
                                 json_integer((json_int_t) misfit));
        }
    }

    json_object_set_new(record, "fields", fields);
    json_object_set_new(record, "types", types);
    json_object_set_new(record, "misfits", misfits);
}


void
import_record_succeed(json_t *record, uint64_t sequence, uint64_t generation,
    int64_t started)
{
    int      rejected;
    json_t  *rows;

    rows = json_object_get(record, "rows");
    rejected = json_integer_value(json_object_get(rows, "rejected")) != 0;

    json_object_del(record, "error");       /* of a run before a retry */

    if (sequence) {
        json_object_set_new(record, "sequence",
                            json_integer((json_int_t) sequence));
    }

    json_object_set_new(record, "generation",
                        json_integer((json_int_t) generation));

    import_record_end(record, "succeeded",
                      rejected ? "with_rejections" : "complete", started);
}


void
import_record_fail(json_t *record, const char *error, int64_t started)
{
    json_object_set_new(record, "error", json_string(error));
    import_record_end(record, "failed", NULL, started);
}


/* started: of the job's run, 0 where it never ran. */

static void
import_record_end(json_t *record, const char *state, const char *outcome,
    int64_t started)
{
    json_t  *history;

    if (started) {
        document_state(record, "running", started);
    }

    document_state(record, state, aud_now());

    if (outcome) {
        history = json_object_get(record, "history");

        json_object_set_new(json_array_get(history,
                                           json_array_size(history) - 1),
                            "outcome", json_string(outcome));
        json_object_set_new(record, "outcome", json_string(outcome));
    }
}


json_t *
import_record_mail(worker_t *worker, const char *tenant, const json_t *record)
{
    json_t      *user, *rows, *values;
    const char  *author;

    author = document_text(record, "created_by");

    if (document_text(record, "filename")[0] == '\0') {
        return NULL;            /* a program sent it */
    }

    user = author[0] ? users_get(worker, tenant, author) : NULL;
    if (user == NULL || document_text(user, "email")[0] == '\0') {
        json_decref(user);
        return NULL;
    }

    json_decref(user);
    rows = json_object_get(record, "rows");

    values = json_pack("{s:s, s:s, s:s, s:s, s:b, s:O, s:O, s:O, s:O}",
                       "import", document_text(record, "id"),
                       "filename", document_text(record, "filename"),
                       "state", document_text(record, "state"),
                       "error", document_text(record, "error"),
                       "consent_assumed", import_record_assumed(record),
                       "read", json_object_get(rows, "read"),
                       "imported", json_object_get(rows, "imported"),
                       "refused_opt_in",
                       json_object_get(rows, "refused_opt_in"),
                       "rejected", json_object_get(rows, "rejected"));

    return values ? mail_args("import_finished", author, values) : NULL;
}


/* Of a whole file, for want of a column that could say otherwise. */

static int
import_record_assumed(const json_t *record)
{
    json_t  *consent;

    consent = json_object_get(record, "consent");

    return json_is_true(json_object_get(consent, "assumed"))
           && !json_is_true(json_object_get(consent, "column"));
}
