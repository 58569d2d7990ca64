/*
 * Rules from what a request says.
 */

#include <stdio.h>
#include <string.h>

#include "aud_source_record.h"
#include "aud_text.h"
#include "document.h"
#include "number_set.h"
#include "profile_find.h"
#include "rule_make.h"


static json_t *rule_of_value(const rule_maker_t *m, const json_t *body,
    aud_problem_t *problem);
static json_t *rule_of_profiles(const rule_maker_t *m, const json_t *body,
    aud_problem_t *problem);
static void rule_blame_profiles(aud_problem_t *problem);
static int rule_of_profile(const rule_maker_t *m, const json_t *name,
    int apart, json_t *records);
static int rule_check(const rule_maker_t *m, json_t *rule,
    aud_problem_t *problem);
static int rule_check_records(const rule_maker_t *m, const json_t *rule,
    aud_problem_t *problem);
static int rule_contradicts(const rule_maker_t *m, json_t *rule,
    aud_problem_t *problem);
static json_t *rule_part(const rule_maker_t *m, aud_str_t records,
    const json_t *named, aud_problem_t *problem);
static int rule_records(const rule_maker_t *m, aud_str_t records,
    const number_set_t *but, json_t *to);
static json_t *rule_record(const rule_maker_t *m, uint64_t ref);
static void rule_failed(aud_problem_t *problem);


json_t *
rule_make(const rule_maker_t *m, const json_t *body, aud_problem_t *problem)
{
    json_t  *of_profiles = NULL, *rule;

    if (strcmp(document_text(body, "type"), "blocked") == 0) {
        return rule_of_value(m, body, problem);
    }

    if (json_object_get(body, "profiles")) {
        body = of_profiles = rule_of_profiles(m, body, problem);
    }

    rule = body ? rule_create(body, &m->id, m->user, m->now, problem) : NULL;

    if (rule && rule_check(m, rule, problem) != 0) {
        json_decref(rule);
        rule = NULL;
    }

    if (of_profiles) {
        rule_blame_profiles(problem);
        json_decref(of_profiles);
    }

    return rule;
}


/* Nothing contradicts it, and nobody need hold the value yet. */

static json_t *
rule_of_value(const rule_maker_t *m, const json_t *body,
    aud_problem_t *problem)
{
    char               out[EMAIL_LEN + 1];
    json_t            *rule;
    aud_str_t          text;
    const char        *value;
    component_kind_t   kind;

    problem->status = 0;
    kind = rule_kind(document_text(body, "kind"));
    value = document_text(body, "value");
    text = aud_trim(aud_str(value, strlen(value)));

    if (kind == COMPONENT_KINDS) {
        rule_refuse(problem, "/kind", "The kind of a value is \"phone\", "
                    "\"email\" or \"taxDocument\".");

    } else if (text.len == 0
               || listed_normalise(kind, m->settings, text, out) != 0)
    {
        rule_refuse(problem, "/value", "This is no such value that people "
                    "could share.");
    }

    if (json_object_size(body) != 3) {
        rule_refuse(problem, "", "A rule that blocks a value has \"type\", "
                    "\"kind\" and \"value\", nothing else.");
    }

    if (problem->status) {
        return NULL;
    }

    rule = rule_blocked(&m->id, kind, out, m->user, m->now);

    if (rule == NULL) {
        rule_failed(problem);
    }

    return rule;
}


/* What was found wrong with records that the request did not name. */

static void
rule_blame_profiles(aud_problem_t *problem)
{
    unsigned               i, place;
    aud_problem_error_t   *error;

    for (i = 0; i < problem->nerrors && i < AUD_PROBLEM_ERRORS; i++) {
        error = &problem->errors[i];

        if (sscanf(error->pointer, "/one/%u", &place) != 1) {
            place = 1;              /* of two that are kept apart */
        }

        snprintf(error->pointer, sizeof(error->pointer), "/profiles/%u",
                 place);
    }
}


/* The same, said of records. */

static json_t *
rule_of_profiles(const rule_maker_t *m, const json_t *body,
    aud_problem_t *problem)
{
    int            apart, rc = 1;
    char           pointer[64];
    size_t         i, n;
    json_t        *made = NULL, *one, *other;
    const json_t  *profiles = json_object_get(body, "profiles");

    problem->status = 0;
    n = json_array_size(profiles);
    apart = strcmp(document_text(body, "type"), "apart") == 0;

    if (json_object_size(body) != 2 || n < 2
        || n > (apart ? 2 : RULE_RECORDS_MAX))
    {
        rule_refuse(problem, "/profiles", "A rule of profiles has their list "
                    "and a type, nothing else: two that are kept apart, or "
                    "two and more that belong together.");
        return NULL;
    }

    one = json_array();
    other = json_array();

    for (i = 0; i < n && rc == 1; i++) {
        rc = rule_of_profile(m, json_array_get(profiles, i), apart,
                             apart && i ? other : one);
    }

    if (rc == 0) {
        snprintf(pointer, sizeof(pointer), "/profiles/%zu", i - 1);
        rule_refuse(problem, pointer, "There is no such profile.");

    } else if (rc == 1) {
        made = json_pack("{s:O, s:O}", "type", json_object_get(body, "type"),
                         "one", one);

        if (apart) {
            json_object_set(made, "other", other);
        }
    }

    if (problem->status == 0 && made == NULL) {
        rule_failed(problem);
    }

    json_decref(one);
    json_decref(other);

    return made;
}


/* Adds all its records, or the oldest: 1, 0 where nobody is called so, -1. */

static int
rule_of_profile(const rule_maker_t *m, const json_t *name, int apart,
    json_t *records)
{
    int                   rc;
    size_t                slice;
    uint32_t              row;
    aud_str_t             rest;
    aud_uuid_t            id;
    aud_error_t           err;
    const char           *text;
    aud_source_record_t   oldest;

    text = json_is_string(name) ? json_string_value(name) : "";

    if (aud_id_parse(text, strlen(text), "prf", &id) != 0) {
        return 0;
    }

    rc = profile_find(m->g, &m->base->sequences, m->store, m->tenant, &id,
                      &slice, &row, &err);

    if (rc != 1) {
        return rc;
    }

    rest = aud_segment_records(m->g->slices[slice].segment, row);

    if (apart) {
        return rule_records(m, rest, NULL, records) == 0 ? 1 : -1;
    }

    return aud_source_record_read(&rest, &oldest) == 1
           && json_array_append_new(records, rule_record(m, oldest.ref)) == 0
           ? 1 : -1;
}


/* Whether it can be true of what there is. */

static int
rule_check(const rule_maker_t *m, json_t *rule, aud_problem_t *problem)
{
    return rule_check_records(m, rule, problem) == 0
           && rule_contradicts(m, rule, problem) == 0 ? 0 : -1;
}


static int
rule_check_records(const rule_maker_t *m, const json_t *rule,
    aud_problem_t *problem)
{
    int                      added, side, is_new;
    char                     pointer[64];
    size_t                   i, slice;
    uint32_t                 row;
    uint64_t                 ref;
    const json_t            *record;
    number_set_t             met = { 0 };
    static const char *const sides[] = { "one", "other" };

    for (side = 0, added = 0; side < 2; side++) {
        json_array_foreach(json_object_get(rule, sides[side]), i, record) {
            snprintf(pointer, sizeof(pointer), "/%s/%zu", sides[side], i);
            ref = rule_record_ref(record, &m->base->sequences);

            if (ref == 0 || !profile_of_record(m->g, ref, &slice, &row)) {
                rule_refuse(problem, pointer, "There is no such record.");
                continue;
            }

            is_new = number_set_add(&met, ref);
            added |= is_new < 0;

            if (is_new == 0) {
                rule_refuse(problem, pointer, "The same is named twice.");
            }
        }
    }

    number_set_free(&met);

    if (added) {
        rule_failed(problem);
    }

    return problem->status ? -1 : 0;
}


static int
rule_contradicts(const rule_maker_t *m, json_t *rule, aud_problem_t *problem)
{
    int      rc = 0;
    char     apart[AUD_ID_LEN + 1], together[AUD_ID_LEN + 1];
    size_t   i;
    rules_t  rules = { 0 };

    for (i = 0; i < m->base->rules.n && rc == 0; i++) {
        rc = rules_add(&rules, &m->base->rules.items[i].id,
                       json_incref(m->base->rules.items[i].document));
    }

    if (rc == 0) {
        rc = rules_add(&rules, &m->id, json_incref(rule));
    }

    if (rc == 0) {
        rc = rules_contradiction(&rules, &m->base->sequences, apart,
                                 together);
    }

    rules_free(&rules);

    if (rc > 0) {
        aud_problem_set(problem, 409, "rules-contradict",
                        "The rule contradicts another",
                        "Rule %s keeps apart what rule %s puts together; the "
                        "new one would be %s.", apart, together,
                        document_text(rule, "id"));

    } else if (rc < 0) {
        rule_failed(problem);
    }

    return rc ? -1 : 0;
}


json_t *
rule_split(const rule_maker_t *m, const aud_uuid_t *profile,
    const json_t *body, aud_problem_t *problem)
{
    int           rc;
    size_t        slice;
    json_t       *rule = NULL;
    uint32_t      row;
    aud_error_t   err;

    problem->status = 0;
    rc = profile_find(m->g, &m->base->sequences, m->store, m->tenant, profile,
                      &slice, &row, &err);

    if (rc == 0) {
        aud_problem_set(problem, 404, "not-found", "Not found",
                        "Nothing is found at this address.");

    } else if (rc < 0) {
        rule_failed(problem);

    } else if (json_object_size(body) != 1
               || json_array_size(json_object_get(body, "records")) == 0)
    {
        rule_refuse(problem, "/records", "A split has \"records\", at least "
                    "one, and nothing else.");

    } else {
        rule = rule_part(m, aud_segment_records(m->g->slices[slice].segment,
                                                row),
                         json_object_get(body, "records"), problem);
    }

    if (rule && rule_contradicts(m, rule, problem) != 0) {
        json_decref(rule);
        rule = NULL;
    }

    return rule;
}


/* Those that are named on one side, the profile's others on the other. */

static json_t *
rule_part(const rule_maker_t *m, aud_str_t records, const json_t *named,
    aud_problem_t *problem)
{
    int                   rc = 0;
    char                  pointer[64];
    size_t                i;
    json_t               *rule = NULL, *one, *other;
    uint64_t              ref;
    aud_str_t             rest = records;
    const json_t         *record;
    number_set_t          own = { 0 }, taken = { 0 };
    aud_source_record_t   source;

    one = json_array();
    other = json_array();

    while (rc == 0 && aud_source_record_read(&rest, &source) == 1) {
        rc = number_set_add(&own, source.ref) < 0 ? -1 : 0;
    }

    json_array_foreach(named, i, record) {
        ref = rule_record_ref(record, &m->base->sequences);

        if (ref == 0 || !number_set_has(&own, ref)) {
            snprintf(pointer, sizeof(pointer), "/records/%zu", i);
            rule_refuse(problem, pointer, "This is no record of the profile.");

        } else if (number_set_add(&taken, ref) == 1) {
            rc |= json_array_append_new(one, rule_record(m, ref));
        }
    }

    rc |= rule_records(m, records, &taken, other);

    if (problem->status == 0 && json_array_size(other) == 0) {
        rule_refuse(problem, "/records", "These are all records of the profile:"
                    " none would be left.");
    }

    if (problem->status == 0
        && json_array_size(one) + json_array_size(other) > RULE_RECORDS_MAX)
    {
        rule_refuse(problem, "", "The profile has more than 1,000 records.");
    }

    if (problem->status == 0) {
        rule = rc == 0 ? rule_document(&m->id, "split", one, other, m->user,
                                       m->now)
                       : NULL;

        if (rule == NULL) {
            rule_failed(problem);
        }
    }

    number_set_free(&own);
    number_set_free(&taken);
    json_decref(one);
    json_decref(other);

    return rule;
}


/* Adds those that are not in `but`, which may be NULL. */

static int
rule_records(const rule_maker_t *m, aud_str_t records, const number_set_t *but,
    json_t *to)
{
    int                  rc;
    aud_source_record_t  source;

    while ((rc = aud_source_record_read(&records, &source)) == 1) {
        if (but && number_set_has(but, source.ref)) {
            continue;
        }

        if (json_array_append_new(to, rule_record(m, source.ref)) != 0) {
            return -1;
        }
    }

    return rc;
}


static json_t *
rule_record(const rule_maker_t *m, uint64_t ref)
{
    char               text[AUD_ID_LEN + 1];
    const aud_uuid_t  *import;

    import = sequences_import(&m->base->sequences, ref >> 32);
    if (import == NULL) {
        return NULL;
    }

    aud_id_format(text, "imp", import);

    return json_pack("{s:s, s:I}", "import", text, "line",
                     (json_int_t) (uint32_t) ref);
}


static void
rule_failed(aud_problem_t *problem)
{
    aud_problem_set(problem, 500, "internal-error", "Something went wrong",
                    "The rule could not be looked into; try again.");
}
