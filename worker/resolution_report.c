/*
 * How resolution has done in a tenant's base.
 */

#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "document.h"
#include "explain.h"
#include "import_record.h"
#include "profile_find.h"
#include "resolution_report.h"

#define REPORT_LARGEST  10
#define REPORT_SHOWN    100


typedef struct {
    aud_uuid_t  id;
    uint64_t    records;
} report_profile_t;

typedef struct {
    const resolution_base_t  *base;
    const aud_generation_t   *g;
    store_t                  *store;
    const char               *tenant;
    uint64_t                  records;
    uint64_t                  by_records[7];
    report_profile_t          largest[REPORT_LARGEST];  /* the largest first */
    unsigned                  nlargest;
    json_t                   *blocked;
    json_t                   *refused;
    uint64_t                  nrefused;
    aud_error_t              *err;
} report_t;


static void report_count(report_t *r);
static void report_profile(report_t *r, const aud_uuid_t *id, uint64_t n);
static json_t *report_by_records(const report_t *r);
static json_t *report_largest(const report_t *r);
static int report_found(report_t *r);
static int report_listed(report_t *r);
static int report_ruled(report_t *r);
static int report_blocked(report_t *r, component_kind_t kind,
    aud_str_t value, json_t *shown);
static json_t *report_most(json_t *items);
static int report_by_profiles(const void *a, const void *b);
static int report_refused(report_t *r);
static int report_import(report_t *r, const json_t *import);
static json_t *report_refusal(const report_t *r,
    const import_refusal_t *refusal);


static const struct {
    const char  *name;
    uint64_t     from;
} sizes[] = {
    { "1", 1 }, { "2", 2 }, { "3", 3 }, { "4", 4 }, { "5-9", 5 },
    { "10-49", 10 }, { "50+", 50 }
};

static const aud_identifier_kind_t  kinds[COMPONENT_KINDS] = {
    AUD_IDENTIFIER_TAX_DOCUMENT, AUD_IDENTIFIER_PHONE, AUD_IDENTIFIER_EMAIL
};


json_t *
resolution_report(const resolution_base_t *base, const aud_generation_t *g,
    store_t *store, const char *tenant, aud_error_t *err)
{
    int        rc;
    size_t     n;
    json_t    *report = NULL;
    report_t   r = {
        .base = base, .g = g, .store = store, .tenant = tenant, .err = err
    };

    r.blocked = json_array();
    r.refused = json_array();

    report_count(&r);

    rc = report_found(&r) == 0 && report_listed(&r) == 0
         && report_ruled(&r) == 0 && report_refused(&r) == 0 ? 0 : -1;

    n = json_array_size(r.blocked);

    if (rc == 0) {
        report = json_pack(
            "{s:I, s:I, s:I, s:o, s:o, s:{s:I, s:o}, s:{s:I, s:O}}",
            "generation", (json_int_t) g->number,
            "profiles", (json_int_t) g->profiles,
            "records", (json_int_t) r.records,
            "by_records", report_by_records(&r),
            "largest", report_largest(&r),
            "blocked", "count", (json_int_t) n,
            "items", report_most(r.blocked),
            "refused_joins", "count", (json_int_t) r.nrefused,
            "items", r.refused);
    }

    json_decref(r.blocked);
    json_decref(r.refused);

    if (rc == 0 && report == NULL) {
        aud_error_set(err, "out of memory");
    }

    return report;
}


static void
report_count(report_t *r)
{
    size_t                i;
    uint32_t              row;
    uint64_t              n;
    aud_str_t             rest;
    const aud_slice_t    *s;
    aud_source_record_t   record;

    for (i = 0; i < r->g->nslices; i++) {
        s = &r->g->slices[i];

        for (row = 0; row < s->segment->rows; row++) {
            if (s->deleted && aud_bit(s->deleted, row)) {
                continue;
            }

            rest = aud_segment_records(s->segment, row);

            for (n = 0; aud_source_record_read(&rest, &record) == 1; n++) {
                /* counted */
            }

            report_profile(r, &s->segment->profiles[row], n);
        }
    }
}


static void
report_profile(report_t *r, const aud_uuid_t *id, uint64_t n)
{
    unsigned  i;

    r->records += n;

    for (i = sizeof(sizes) / sizeof(sizes[0]); i-- > 0; /* void */ ) {
        if (n >= sizes[i].from) {
            r->by_records[i]++;
            break;
        }
    }

    if (r->nlargest == REPORT_LARGEST
        && n <= r->largest[REPORT_LARGEST - 1].records)
    {
        return;
    }

    r->nlargest += r->nlargest < REPORT_LARGEST;

    for (i = r->nlargest - 1; i && r->largest[i - 1].records < n; i--) {
        r->largest[i] = r->largest[i - 1];
    }

    r->largest[i].id = *id;
    r->largest[i].records = n;
}


static json_t *
report_by_records(const report_t *r)
{
    size_t   i;
    json_t  *shown;

    shown = json_array();

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        json_array_append_new(shown, json_pack(
            "{s:s, s:I}", "records", sizes[i].name,
            "profiles", (json_int_t) r->by_records[i]));
    }

    return shown;
}


static json_t *
report_largest(const report_t *r)
{
    char      id[AUD_ID_LEN + 1];
    json_t   *shown;
    unsigned  i;

    shown = json_array();

    for (i = 0; i < r->nlargest; i++) {
        aud_id_format(id, "prf", &r->largest[i].id);
        json_array_append_new(shown, json_pack(
            "{s:s, s:I}", "id", id, "records",
            (json_int_t) r->largest[i].records));
    }

    return shown;
}


/* Values that resolution has found to have too many people behind them. */

static int
report_found(report_t *r)
{
    size_t             i;
    json_t            *document, *shown;
    const char        *name, *text;
    component_kind_t   kind;

    json_array_foreach(r->base->blocked.documents, i, document) {
        name = document_text(document, "kind");
        text = document_text(document, "value");

        for (kind = 0; kind < COMPONENT_KINDS; kind++) {
            if (strcmp(name, component_kind_name(kind)) != 0) {
                continue;
            }

            shown = json_copy(document);
            json_object_set_new(shown, "kind",
                                json_string(explain_kind(kind)));

            if (report_blocked(r, kind, aud_str(text, strlen(text)), shown)
                != 0)
            {
                return -1;
            }
        }
    }

    return 0;
}


static int
report_listed(report_t *r)
{
    size_t                    i;
    const component_value_t  *listed;

    for (i = 0; i < r->base->listed->n; i++) {
        listed = &r->base->listed->items[i];

        if (report_blocked(r, listed->kind, listed->value, json_pack(
                           "{s:s, s:s%, s:s}",
                           "kind", explain_kind(listed->kind),
                           "value", listed->value.data, listed->value.len,
                           "why", "listed"))
            != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
report_ruled(report_t *r)
{
    size_t              i;
    const rule_t       *rule;
    component_value_t   value;

    for (i = 0; i < r->base->rules.n; i++) {
        rule = &r->base->rules.items[i];

        if (rule_value(rule->document, &value)
            && report_blocked(r, value.kind, value.value, json_pack(
                              "{s:s, s:s%, s:s, s:s}",
                              "kind", explain_kind(value.kind),
                              "value", value.value.data, value.value.len,
                              "why", "rule", "rule",
                              document_text(rule->document, "id")))
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


/* Takes shown; one that nobody holds is left out. */

static int
report_blocked(report_t *r, component_kind_t kind, aud_str_t value,
    json_t *shown)
{
    int               rc = 0;
    size_t            n;
    profile_place_t  *places;

    if (profiles_of_value(r->g, kinds[kind], value, &places, &n) != 0) {
        json_decref(shown);
        return aud_error_set(r->err, "out of memory");
    }

    if (n) {
        json_object_set_new(shown, "profiles", json_integer(n));
        rc = json_array_append(r->blocked, shown);
    }

    aud_free(places);
    json_decref(shown);

    return rc == 0 ? 0 : aud_error_set(r->err, "out of memory");
}


/* The first of them by how many profiles hold them. */

static json_t *
report_most(json_t *items)
{
    size_t    i, n = json_array_size(items);
    json_t   *most, **order;

    most = json_array();
    order = aud_calloc(n + 1, sizeof(json_t *));

    for (i = 0; order && i < n; i++) {
        order[i] = json_array_get(items, i);
    }

    if (order) {
        qsort(order, n, sizeof(json_t *), report_by_profiles);
    }

    for (i = 0; order && i < n && i < REPORT_SHOWN; i++) {
        json_array_append(most, order[i]);
    }

    aud_free(order);

    return most;
}


static int
report_by_profiles(const void *a, const void *b)
{
    json_int_t  x, y;

    x = json_integer_value(json_object_get(*(json_t *const *) a, "profiles"));
    y = json_integer_value(json_object_get(*(json_t *const *) b, "profiles"));

    if (x != y) {
        return x > y ? -1 : 1;
    }

    return strcmp(document_text(*(json_t *const *) a, "value"),
                  document_text(*(json_t *const *) b, "value"));
}


/* The newest imports first. */

static int
report_refused(report_t *r)
{
    int            rc;
    json_t        *import;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(r->tenant, KEY_IMPORT);
    scan = store_scan(r->store, NULL, key_str(&prefix), aud_str("", 0), 1);

    while ((rc = store_scan_next(scan, &key, &value, r->err)) == 1) {
        import = json_loadb(value.data, value.len, 0, NULL);

        if (import == NULL || report_import(r, import) != 0) {
            json_decref(import);
            rc = aud_error_set(r->err, "the record of an import cannot be "
                               "read");
            break;
        }

        json_decref(import);
    }

    store_scan_free(scan);

    return rc;
}


static int
report_import(report_t *r, const json_t *import)
{
    int                rc = 0;
    size_t             i, n;
    json_t            *shown;
    import_refusal_t  *refusals;

    if (strcmp(document_text(import, "state"), "succeeded") != 0) {
        return 0;
    }

    r->nrefused += json_integer_value(json_object_get(import,
                                                      "refused_joins"));
    refusals = import_record_refusals(import, &n);
    if (refusals == NULL) {
        return -1;
    }

    for (i = 0; i < n && json_array_size(r->refused) < REPORT_SHOWN; i++) {
        shown = report_refusal(r, &refusals[i]);

        if (shown) {
            rc |= json_array_append_new(r->refused, shown);
        }
    }

    aud_free(refusals);

    return rc;
}


/* NULL where one of the records is gone, or both are one profile by now. */

static json_t *
report_refusal(const report_t *r, const import_refusal_t *refusal)
{
    char               imports[2][AUD_ID_LEN + 1], ids[2][AUD_ID_LEN + 1];
    size_t             i, slice;
    uint32_t           row;
    const aud_uuid_t  *import;

    for (i = 0; i < 2; i++) {
        import = sequences_import(&r->base->sequences, refusal->refs[i] >> 32);

        if (import == NULL
            || !profile_of_record(r->g, refusal->refs[i], &slice, &row))
        {
            return NULL;
        }

        aud_id_format(imports[i], "imp", import);
        aud_id_format(ids[i], "prf", &r->g->slices[slice].segment
                                          ->profiles[row]);
    }

    if (strcmp(ids[0], ids[1]) == 0) {
        return NULL;
    }

    return json_pack("{s:[{s:s, s:I}, {s:s, s:I}], s:[s, s], s:s}",
                     "records",
                     "import", imports[0], "line",
                     (json_int_t) (refusal->refs[0] & UINT32_MAX),
                     "import", imports[1], "line",
                     (json_int_t) (refusal->refs[1] & UINT32_MAX),
                     "profiles", ids[0], ids[1],
                     "because", explain_guard(refusal->guard));
}
