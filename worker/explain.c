/*
 * Why a profile is what it is.
 */

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "document.h"
#include "explain_private.h"
#include "provenance.h"


typedef struct {
    const explain_t       *x;
    const resolution_t    *r;
    component_mention_t   *mentions;    /* of all rules, by ref */
    size_t                 nmentions;
    uint32_t               own;         /* place in the closure's profiles */
    json_t                *profile;
} explaining_t;


static resolution_t *explain_run(const explain_t *x, size_t slice,
    uint32_t row, aud_error_t *err);
static int explain_own(explaining_t *e, size_t slice, uint32_t row);
static int explain_records(explaining_t *e);
static int explain_joins(explaining_t *e);
static int explain_kept_apart(explaining_t *e);
static json_t *explain_refusal(const explaining_t *e,
    const component_refusal_t *refusal);
static json_t *explain_join(const explaining_t *e,
    const component_join_t *join, uint32_t first, uint32_t second);
static json_t *explain_record(const explaining_t *e, uint32_t record);
static json_t *explain_shared(const explaining_t *e,
    const component_join_t *join);
static json_t *explain_documents(const explaining_t *e, uint32_t other);
static aud_str_t explain_document(const explaining_t *e, uint32_t profile);
static const char *explain_rule(const explaining_t *e, uint32_t rule);
static const char *explain_apart(const explaining_t *e, uint32_t other);
static uint32_t explain_profile_of(const explaining_t *e, uint64_t ref);


static const char *const  kind_names[COMPONENT_KINDS] = {
    "taxDocument", "phone", "email"
};

static const char *const  names_say[] = { "nothing", "support", "contradict" };

static const char *const  guards[] = {
    "", "documents", "rule", "names"
};


const char *
explain_kind(component_kind_t kind)
{
    return kind_names[kind];
}


const char *
explain_guard(component_guard_t guard)
{
    return guards[guard];
}


json_t *
explain_values(const aud_generation_t *g, size_t slice, uint32_t row)
{
    char                  id[AUD_ID_LEN + 1];
    size_t                f, i, first;
    json_t               *fields, *value, *values;
    uint32_t              n;
    aud_str_t             text;
    const aud_column_t   *c;
    const aud_segment_t  *segment = g->slices[slice].segment;

    fields = json_object();

    for (f = 0; f < g->nfields; f++) {
        c = aud_segment_column(segment, g->fields[f].name);
        n = c ? aud_column_values(c, row, &first) : 0;

        if (n == 0) {
            continue;
        }

        values = c->multi ? json_array() : NULL;
        value = NULL;

        for (i = first; i < first + n; i++) {
            text = aud_column_display(c, aud_column_code_plus_one(c, i) - 1);
            value = json_stringn(text.data, text.len);

            if (values) {
                json_array_append_new(values, value);
            }
        }

        json_object_setn_new(fields, c->name.data, c->name.len,
                             values ? values : value);
    }

    aud_id_format(id, "prf", &segment->profiles[row]);

    return json_pack("{s:s, s:o}", "id", id, "fields", fields);
}


json_t *
explain_profile(const explain_t *x, size_t slice, uint32_t row,
    aud_error_t *err)
{
    int            rc = -1;
    explaining_t   e = { .x = x };
    resolution_t  *r;

    e.r = r = explain_run(x, slice, row, err);

    if (r == NULL || explain_own(&e, slice, row) != 0) {
        goto done;
    }

    e.profile = explain_values(x->g, slice, row);

    if (e.profile == NULL
        || rules_mentions(&x->base->rules, &x->base->sequences, &e.mentions,
                          &e.nmentions)
           != 0)
    {
        aud_error_set(err, "out of memory");
        goto done;
    }

    json_object_set_new(e.profile, "counts", json_object());

    if (explain_records(&e) != 0 || explain_joins(&e) != 0
        || explain_kept_apart(&e) != 0
        || json_object_set_new(e.profile, "blocked",
                               explain_blocked(x, r, e.own))
           != 0)
    {
        aud_error_set(err, "out of memory");
        goto done;
    }

    rc = provenance_add(x, aud_segment_records(x->g->slices[slice].segment,
                                               row),
                        e.profile, err);

done:

    aud_free(e.mentions);
    resolution_free(r);

    if (rc != 0) {
        json_decref(e.profile);
        e.profile = NULL;
    }

    return e.profile;
}


/* The change that changes nothing: one record is looked at, and so all that it
 * is connected with. */

static resolution_t *
explain_run(const explain_t *x, size_t slice, uint32_t row, aud_error_t *err)
{
    aud_str_t            rest;
    aud_source_record_t  record;
    resolution_change_t  change = { 0 };

    rest = aud_segment_records(x->g->slices[slice].segment, row);

    if (aud_source_record_read(&rest, &record) != 1) {
        aud_error_set(err, "the source records of a profile are damaged");
        return NULL;
    }

    change.spoken_of = &record.ref;
    change.nspoken_of = 1;

    return resolution_run(x->base, x->g, &change, err);
}


static int
explain_own(explaining_t *e, size_t slice, uint32_t row)
{
    size_t                    n;
    const closure_profile_t  *profiles;

    profiles = closure_profiles(e->r->closure, &n);

    for (e->own = 0; e->own < n; e->own++) {
        if (profiles[e->own].slice == slice && profiles[e->own].row == row) {
            return 0;
        }
    }

    return -1;
}


static int
explain_records(explaining_t *e)
{
    size_t     n = 0;
    json_t    *records;
    uint32_t   i;

    records = json_array();

    for (i = 0; i < e->r->nrecords; i++) {
        if (e->r->before[i] == e->own && n++ < EXPLAIN_MAX) {
            json_array_append_new(records, explain_record(e, i));
        }
    }

    json_object_set_new(json_object_get(e->profile, "counts"), "records",
                        json_integer(n));

    return json_object_set_new(e->profile, "records", records);
}


static int
explain_joins(explaining_t *e)
{
    size_t                   i, n = 0;
    json_t                  *joins;
    const component_join_t  *join;

    joins = json_array();

    for (i = 0; i < e->r->components->njoins; i++) {
        join = &e->r->components->joins[i];

        if (e->r->before[join->a] == e->own && e->r->before[join->b] == e->own
            && n++ < EXPLAIN_MAX)
        {
            json_array_append_new(joins, explain_join(e, join, join->a,
                                                      join->b));
        }
    }

    json_object_set_new(json_object_get(e->profile, "counts"), "joins",
                        json_integer(n));

    return json_object_set_new(e->profile, "joins", joins);
}


/* Of the pairs that share something and are in two profiles, those of which one
 * end is in this. */

static int
explain_kept_apart(explaining_t *e)
{
    size_t                      i, n = 0;
    json_t                     *kept_apart;
    const uint32_t             *before = e->r->before;
    const component_refusal_t  *refusal;

    kept_apart = json_array();

    for (i = 0; i < e->r->components->nrefusals; i++) {
        refusal = &e->r->components->refusals[i];

        if ((before[refusal->join.a] == e->own)
            != (before[refusal->join.b] == e->own)
            && n++ < EXPLAIN_MAX)
        {
            json_array_append_new(kept_apart, explain_refusal(e, refusal));
        }
    }

    json_object_set_new(json_object_get(e->profile, "counts"), "kept_apart",
                        json_integer(n));

    return json_object_set_new(e->profile, "kept_apart", kept_apart);
}


static json_t *
explain_refusal(const explaining_t *e, const component_refusal_t *refusal)
{
    char                      id[AUD_ID_LEN + 1];
    size_t                    n;
    json_t                   *shown;
    uint32_t                  own, other, profile;
    const char               *rule;
    const closure_profile_t  *profiles;

    own = refusal->join.a;
    other = refusal->join.b;

    if (e->r->before[own] != e->own) {
        own = refusal->join.b;
        other = refusal->join.a;
    }

    profile = e->r->before[other];
    profiles = closure_profiles(e->r->closure, &n);
    aud_id_format(id, "prf", &profiles[profile].id);

    shown = explain_join(e, &refusal->join, own, other);
    json_object_set_new(shown, "profile", json_string(id));
    json_object_set_new(shown, "because",
                        json_string(explain_guard(refusal->guard)));

    if (refusal->guard == COMPONENT_OTHER_DOCUMENT) {
        json_object_set_new(shown, "documents", explain_documents(e, profile));
    }

    if (refusal->guard == COMPONENT_KEPT_APART) {
        rule = explain_apart(e, profile);
        json_object_set_new(shown, "rule", rule ? json_string(rule)
                                                : json_null());
    }

    return shown;
}


/* What a rule joins has no weight. */

static json_t *
explain_join(const explaining_t *e, const component_join_t *join,
    uint32_t first, uint32_t second)
{
    json_t  *shown;

    shown = json_pack("{s:[o, o], s:o, s:s}",
                      "records", explain_record(e, first),
                      explain_record(e, second),
                      "values", explain_shared(e, join),
                      "names", names_say[join->names]);

    if (join->rule != COMPONENT_NONE) {
        json_object_set_new(shown, "rule",
                            json_string(explain_rule(e, join->rule)));

    } else {
        json_object_set_new(shown, "weight", json_integer(join->weight));
        json_object_set_new(shown, "threshold",
                            json_integer(e->x->base->policy->threshold));
    }

    return shown;
}


static json_t *
explain_record(const explaining_t *e, uint32_t record)
{
    char               id[AUD_ID_LEN + 1];
    uint64_t           ref = e->r->records[record].ref;
    const aud_uuid_t  *import;

    import = sequences_import(&e->x->base->sequences, ref >> 32);

    if (import == NULL) {
        return json_null();
    }

    aud_id_format(id, "imp", import);

    return json_pack("{s:s, s:I}", "import", id, "line",
                     (json_int_t) (ref & UINT32_MAX));
}


static json_t *
explain_shared(const explaining_t *e, const component_join_t *join)
{
    json_t            *values;
    aud_str_t          value;
    component_kind_t   kind;

    values = json_object();

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (join->kinds >> kind & 1) {
            value = e->r->records[join->a].values[kind];
            json_object_set_new(values, kind_names[kind],
                                json_stringn(value.data, value.len));
        }
    }

    return values;
}


/* The two documents that cannot be one person's, this profile's first. */

static json_t *
explain_documents(const explaining_t *e, uint32_t other)
{
    aud_str_t  ours, theirs;

    ours = explain_document(e, e->own);
    theirs = explain_document(e, other);

    return json_pack("[s%, s%]", ours.data, ours.len, theirs.data,
                     theirs.len);
}


static aud_str_t
explain_document(const explaining_t *e, uint32_t profile)
{
    uint32_t                  i;
    aud_str_t                 value;
    const resolution_base_t  *base = e->x->base;

    for (i = 0; i < e->r->nrecords; i++) {
        value = e->r->records[i].values[COMPONENT_TAX_DOCUMENT];

        if (e->r->before[i] == profile && value.len
            && !blocked_has(&base->blocked, COMPONENT_TAX_DOCUMENT, value)
            && !explain_listed(e->x, COMPONENT_TAX_DOCUMENT, value)
            && !rules_block(&base->rules, COMPONENT_TAX_DOCUMENT, value))
        {
            return value;
        }
    }

    return AUD_STR("");
}


static const char *
explain_rule(const explaining_t *e, uint32_t rule)
{
    return document_text(e->x->base->rules.items[rule].document, "id");
}


/* The oldest rule that has records of both profiles on its two sides. */

static const char *
explain_apart(const explaining_t *e, uint32_t other)
{
    size_t                      i;
    uint8_t                    *sides;      /* of rules: bits of own, other */
    uint32_t                    profile, rule, shift;
    const char                 *found = NULL;
    const component_mention_t  *mention;

    sides = aud_calloc(e->x->base->rules.n + 1, 1);

    for (i = 0; sides && i < e->nmentions; i++) {
        mention = &e->mentions[i];

        if (mention->side == COMPONENT_TOGETHER) {
            continue;
        }

        profile = explain_profile_of(e, mention->ref);

        if (profile == e->own || profile == other) {
            shift = profile == e->own ? 0 : 4;
            sides[mention->rule] |= 1u << (shift + mention->side);
        }
    }

    for (rule = 0; sides && found == NULL && rule < e->x->base->rules.n;
         rule++)
    {
        if ((sides[rule] & 1u << COMPONENT_ONE
             && sides[rule] & 1u << (4 + COMPONENT_OTHER))
            || (sides[rule] & 1u << COMPONENT_OTHER
                && sides[rule] & 1u << (4 + COMPONENT_ONE)))
        {
            found = explain_rule(e, rule);
        }
    }

    aud_free(sides);

    return found;
}


static uint32_t
explain_profile_of(const explaining_t *e, uint64_t ref)
{
    size_t  low, high, middle;

    for (low = 0, high = e->r->nrecords; low < high; ) {
        middle = low + (high - low) / 2;

        if (e->r->records[middle].ref < ref) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low < e->r->nrecords && e->r->records[low].ref == ref
           ? e->r->before[low] : COMPONENT_NONE;
}
