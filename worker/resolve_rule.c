/*
 * A rule of people comes or goes.
 */

#include "aud_alloc.h"
#include "document.h"
#include "resolve_private.h"


static job_outcome_t rule_apply(resolve_t *r, const json_t *rule);
static int rule_refs(resolve_t *r, const json_t *records);


job_outcome_t
resolve_rule(resolve_t *r)
{
    int          contradicts;
    char         apart[AUD_ID_LEN + 1], together[AUD_ID_LEN + 1];
    aud_uuid_t   id;
    const char  *text;
    json_t      *rule;

    rule = json_object_get(job_args(r->run), "rule");
    text = document_text(rule, "id");

    if (aud_id_parse(text, strlen(text), "rul", &id) != 0) {
        job_error(r->run, "The job names no rule.");
        return JOB_FAILED;
    }

    if (rules_find(&r->resolving.rules, &id) == RULES_NONE
        && rules_add(&r->resolving.rules, &id, json_incref(rule)) != 0)
    {
        aud_error_set(&r->err, "out of memory");
        return resolve_retry(r);
    }

    contradicts = rules_contradiction(&r->resolving.rules,
                                      &r->resolving.sequences, apart,
                                      together);

    if (contradicts > 0) {
        job_error(r->run, "Rule %s keeps apart what %s puts together.", apart,
                  together);
        return JOB_FAILED;
    }

    if (contradicts < 0
        || document_put(r->effects, r->tenant, KEY_RULE, &id, rule) != 0)
    {
        aud_error_set(&r->err, "out of memory");
        return resolve_retry(r);
    }

    return rule_apply(r, rule);
}


job_outcome_t
resolve_unrule(resolve_t *r)
{
    size_t          i;
    json_t         *rule;
    aud_uuid_t      id;
    const char     *text;
    store_key_t     key;
    job_outcome_t   outcome;
    store_batch_t  *effects;

    text = document_text(job_args(r->run), "unrule");

    if (aud_id_parse(text, strlen(text), "rul", &id) != 0) {
        job_error(r->run, "The job names no rule.");
        return JOB_FAILED;
    }

    i = rules_find(&r->resolving.rules, &id);

    if (i == RULES_NONE) {                  /* it has gone already */
        effects = r->effects;
        r->effects = NULL;
        return job_complete(r->run, JOB_DONE, effects);
    }

    rule = json_incref(r->resolving.rules.items[i].document);
    rules_remove(&r->resolving.rules, i);
    key = key_id(r->tenant, KEY_RULE, &id);
    store_batch_delete(r->effects, key_str(&key));
    outcome = rule_apply(r, rule);
    json_decref(rule);

    return outcome;
}


/* With the rules as they are to be. */

static job_outcome_t
rule_apply(resolve_t *r, const json_t *rule)
{
    component_value_t  value;
    profiles_change_t  change = { 0 };

    if (rule_refs(r, json_object_get(rule, "one")) != 0
        || rule_refs(r, json_object_get(rule, "other")) != 0)
    {
        aud_error_set(&r->err, "out of memory");
        return resolve_retry(r);
    }

    change.run = r->run;
    change.base = r->base;
    change.fields = &r->fields;
    change.resolving = &r->resolving;
    change.change.spoken_of = r->refs.items;
    change.change.nspoken_of = r->refs.n;
    change.change.values = &value;
    change.change.nvalues = rule_value(rule, &value);
    change.said = r->said;
    change.effects = r->effects;

    return profiles_change(&change);
}


static int
rule_refs(resolve_t *r, const json_t *records)
{
    size_t         i;
    uint64_t       ref;
    const json_t  *record;

    json_array_foreach(records, i, record) {
        ref = rule_record_ref(record, &r->resolving.sequences);

        if (ref && refs_add(&r->refs, ref) != 0) {
            return -1;
        }
    }

    return 0;
}
