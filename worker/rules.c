/*
 * Rules of resolution.
 */

#include <stdio.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_filter_read.h"
#include "document.h"
#include "keys.h"
#include "profile_ids.h"
#include "rules.h"


typedef struct {
    component_mention_t  *items;
    size_t                n;
    size_t                room;
} rule_mentions_t;


static int rules_read(rules_t *rules, aud_str_t key, aud_str_t value);
static void rule_mention(const json_t *records, uint32_t rule,
    component_side_t side, const sequences_t *sequences,
    rule_mentions_t *mentions);
static int rule_record(const json_t *record, aud_uuid_t *import,
    uint32_t *line);
static void rule_check_members(const json_t *body, aud_problem_t *problem);
static size_t rule_check_side(const json_t *body, const char *side,
    aud_problem_t *problem);


static const char *const  rule_kinds[COMPONENT_KINDS] = {
    "taxDocument", "phone", "email"
};


int
rules_load(rules_t *rules, store_t *store, const char *tenant,
    aud_error_t *err)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    memset(rules, 0, sizeof(rules_t));
    prefix = key_prefix(tenant, KEY_RULE);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        if (rules_read(rules, key, value) != 0) {
            rc = aud_error_set(err, "a rule of resolution cannot be read");
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


static int
rules_read(rules_t *rules, aud_str_t key, aud_str_t value)
{
    char         tenant[65];
    json_t      *document;
    aud_str_t    rest;
    aud_uuid_t   id;
    key_kind_t   kind;

    document = json_loadb(value.data, value.len, 0, NULL);

    if (document == NULL || key_split(key, tenant, &kind, &rest) != 0
        || rest.len != sizeof(id.bytes))
    {
        json_decref(document);
        return -1;
    }

    memcpy(id.bytes, rest.data, sizeof(id.bytes));

    return rules_add(rules, &id, document);
}


void
rules_free(rules_t *rules)
{
    size_t  i;

    for (i = 0; i < rules->n; i++) {
        json_decref(rules->items[i].document);
    }

    aud_free(rules->items);
    memset(rules, 0, sizeof(rules_t));
}


int
rules_add(rules_t *rules, const aud_uuid_t *id, json_t *document)
{
    rule_t  *items;

    items = aud_realloc(rules->items, (rules->n + 1) * sizeof(rule_t));

    if (items == NULL || document == NULL) {
        json_decref(document);
        return -1;
    }

    rules->items = items;
    items[rules->n].id = *id;
    items[rules->n++].document = document;

    return 0;
}


size_t
rules_find(const rules_t *rules, const aud_uuid_t *id)
{
    size_t  i;

    for (i = 0; i < rules->n; i++) {
        if (aud_uuid_compare(&rules->items[i].id, id) == 0) {
            return i;
        }
    }

    return RULES_NONE;
}


void
rules_remove(rules_t *rules, size_t i)
{
    json_decref(rules->items[i].document);
    rules->n--;
    memmove(&rules->items[i], &rules->items[i + 1],
            (rules->n - i) * sizeof(rule_t));
}


int
rules_contradiction(const rules_t *rules, const sequences_t *sequences,
    char apart[AUD_ID_LEN + 1], char together[AUD_ID_LEN + 1])
{
    int                   rc;
    size_t                n;
    uint32_t              a, b;
    component_mention_t  *mentions;

    if (rules_mentions(rules, sequences, &mentions, &n) != 0) {
        return -1;
    }

    rc = components_contradiction(mentions, n, &a, &b);
    aud_free(mentions);

    if (rc == 1) {
        aud_id_format(apart, "rul", &rules->items[a].id);
        aud_id_format(together, "rul", &rules->items[b].id);
    }

    return rc;
}


size_t
rules_blocked(const rules_t *rules, component_value_t *values)
{
    size_t  i, n;

    for (i = 0, n = 0; i < rules->n; i++) {
        n += rule_value(rules->items[i].document, &values[n]);
    }

    return n;
}


const rule_t *
rules_block(const rules_t *rules, component_kind_t kind, aud_str_t value)
{
    size_t             i;
    component_value_t  blocked;

    for (i = 0; i < rules->n; i++) {
        if (rule_value(rules->items[i].document, &blocked)
            && blocked.kind == kind && aud_str_equal(blocked.value, value))
        {
            return &rules->items[i];
        }
    }

    return NULL;
}


int
rule_value(const json_t *rule, component_value_t *value)
{
    const char  *text;

    if (strcmp(document_text(rule, "type"), "blocked") != 0) {
        return 0;
    }

    text = document_text(rule, "value");
    value->kind = rule_kind(document_text(rule, "kind"));
    value->value = aud_str(text, strlen(text));

    return value->kind != COMPONENT_KINDS;
}


component_kind_t
rule_kind(const char *name)
{
    component_kind_t  kind;

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        if (strcmp(name, rule_kinds[kind]) == 0) {
            break;
        }
    }

    return kind;
}


int
rules_mentions(const rules_t *rules, const sequences_t *sequences,
    component_mention_t **mentions, size_t *n)
{
    size_t            i;
    int               together;
    const json_t     *document;
    rule_mentions_t   m = { 0 };

    for (i = 0; i < rules->n; i++) {
        document = rules->items[i].document;
        m.room += json_array_size(json_object_get(document, "one"))
                  + json_array_size(json_object_get(document, "other"));
    }

    m.items = aud_calloc(m.room + 1, sizeof(component_mention_t));
    if (m.items == NULL) {
        return -1;
    }

    for (i = 0; i < rules->n; i++) {
        document = rules->items[i].document;
        together = strcmp(document_text(document, "type"), "together") == 0;

        rule_mention(json_object_get(document, "one"), i,
                     together ? COMPONENT_TOGETHER : COMPONENT_ONE, sequences,
                     &m);
        rule_mention(json_object_get(document, "other"), i, COMPONENT_OTHER,
                     sequences, &m);
    }

    *mentions = m.items;
    *n = m.n;

    return 0;
}


static void
rule_mention(const json_t *records, uint32_t rule, component_side_t side,
    const sequences_t *sequences, rule_mentions_t *mentions)
{
    size_t                i;
    uint64_t              ref;
    const json_t         *record;
    component_mention_t  *mention;

    json_array_foreach(records, i, record) {
        ref = rule_record_ref(record, sequences);

        if (ref) {
            mention = &mentions->items[mentions->n++];
            mention->ref = ref;
            mention->rule = rule;
            mention->side = side;
        }
    }
}


uint64_t
rule_record_ref(const json_t *record, const sequences_t *sequences)
{
    uint32_t    sequence, line;
    aud_uuid_t  import;

    if (rule_record(record, &import, &line) != 0) {
        return 0;
    }

    sequence = sequences_of(sequences, &import);

    return sequence ? profile_ref(sequence, line) : 0;
}


static int
rule_record(const json_t *record, aud_uuid_t *import, uint32_t *line)
{
    json_int_t   number;
    const char  *id;

    id = document_text(record, "import");
    number = json_integer_value(json_object_get(record, "line"));
    *line = number;

    return aud_id_parse(id, strlen(id), "imp", import) == 0 && number > 0
           && number <= UINT32_MAX ? 0 : -1;
}


json_t *
rule_create(const json_t *body, const aud_uuid_t *id, const char *user,
    int64_t now, aud_problem_t *problem)
{
    size_t       one, other;
    json_t      *rule;
    const char  *type;

    problem->status = 0;
    type = document_text(body, "type");
    rule_check_members(body, problem);
    one = rule_check_side(body, "one", problem);
    other = rule_check_side(body, "other", problem);

    if (strcmp(type, "together") == 0) {
        if (problem->status == 0 && (one < 2 || other)) {
            rule_refuse(problem, "/one", "Records that belong together are "
                         "two or more in \"one\", with no \"other\".");
        }

    } else if (strcmp(type, "apart") == 0) {
        if (problem->status == 0 && (one == 0 || other == 0)) {
            rule_refuse(problem, one ? "/other" : "/one",
                         "Records that are kept apart stand in \"one\" and "
                         "in \"other\", at least one in each.");
        }

    } else {
        rule_refuse(problem, "/type", "The type of a rule is \"together\", "
                    "\"apart\" or \"blocked\".");
    }

    if (problem->status == 0 && one + other > RULE_RECORDS_MAX) {
        rule_refuse(problem, "", "A rule has at most 1,000 records.");
    }

    if (problem->status) {
        return NULL;
    }

    rule = rule_document(id, type, json_object_get(body, "one"),
                         other ? json_object_get(body, "other") : NULL, user,
                         now);

    if (rule == NULL) {
        aud_problem_set(problem, 500, "internal-error",
                        "Something went wrong",
                        "The server is out of memory.");
    }

    return rule;
}


json_t *
rule_document(const aud_uuid_t *id, const char *type, json_t *one,
    json_t *other, const char *user, int64_t now)
{
    char     text[AUD_ID_LEN + 1];
    json_t  *rule;

    aud_id_format(text, "rul", id);
    rule = json_pack("{s:s, s:s, s:O, s:s, s:o}", "id", text, "type", type,
                     "one", one, "by", user, "at", document_time(now));

    if (other && json_object_set(rule, "other", other) != 0) {
        json_decref(rule);
        rule = NULL;
    }

    return rule;
}


json_t *
rule_blocked(const aud_uuid_t *id, component_kind_t kind, const char *value,
    const char *user, int64_t now)
{
    char  text[AUD_ID_LEN + 1];

    aud_id_format(text, "rul", id);

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "id", text, "type",
                     "blocked", "kind", rule_kinds[kind], "value", value,
                     "by", user, "at", document_time(now));
}


static void
rule_check_members(const json_t *body, aud_problem_t *problem)
{
    char         pointer[256];
    json_t      *value;
    const char  *name;

    json_object_foreach((json_t *) body, name, value) {
        if (strcmp(name, "type") != 0 && strcmp(name, "one") != 0
            && strcmp(name, "other") != 0)
        {
            pointer[0] = '\0';
            aud_pointer_add(pointer, sizeof(pointer), name);
            rule_refuse(problem, pointer, "A rule has \"type\", \"one\" and "
                         "\"other\", nothing else.");
        }
    }
}


/* How many records the side has. */

static size_t
rule_check_side(const json_t *body, const char *side, aud_problem_t *problem)
{
    char           pointer[64];
    size_t         i;
    uint32_t       line;
    aud_uuid_t     import;
    const json_t  *records, *record;

    records = json_object_get(body, side);

    if (records && !json_is_array(records)) {
        snprintf(pointer, sizeof(pointer), "/%s", side);
        rule_refuse(problem, pointer, "This is a list of records.");
        return 0;
    }

    json_array_foreach(records, i, record) {
        if (json_object_size(record) != 2
            || rule_record(record, &import, &line) != 0)
        {
            snprintf(pointer, sizeof(pointer), "/%s/%zu", side, i);
            rule_refuse(problem, pointer, "A record is {\"import\": \"imp_…\""
                         ", \"line\": 17}, the line as errors.csv and "
                         "profiles.csv count it.");
        }
    }

    return json_array_size(records);
}


void
rule_refuse(aud_problem_t *problem, const char *pointer, const char *detail)
{
    aud_problem_error_t  *error;

    if (problem->status == 0) {
        aud_problem_set(problem, 422, "invalid-rule", "The rule cannot be used",
                        "What is wrong with it stands in the errors.");
    }

    error = aud_problem_add(problem, "invalid-rule", "%s", detail);
    snprintf(error->pointer, sizeof(error->pointer), "%s", pointer);
    error->has_pointer = 1;
}
