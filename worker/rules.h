/*
 * What people have said about who is one person: the tenant's rules.
 *
 *   together   the records of `one` are one profile
 *   apart      records of `one` never share a profile with records of `other`
 *   split      the same, made by taking the records of `one` out of a profile
 *              that held those of `other`
 *   blocked    a value links nobody: the company's own switchboard
 *
 * A rule names records by import and line, so that it stays true whatever
 * profiles become.  A record that is gone (its import was undone) is no matter,
 * and counts again should it come back.  As stored and as shown:
 *
 *   {"id": "rul_…", "type": "together"|"apart"|"split",
 *    "one": [{"import": "imp_…", "line": 17}, …],
 *    "other": [{"import": "imp_…", "line": 4}, …],
 *    "by": "ana@example.com", "at": "2026-11-21T12:00:00Z"}
 *
 * and of a value, normalised, instead of `one` and `other`:
 *
 *   {"type": "blocked", "kind": "phone"|"email"|"taxDocument",
 *    "value": "+551133334444"}
 *
 * One thread at a time.
 */

#ifndef RULES_H
#define RULES_H

#include <jansson.h>

#include "aud_problem.h"
#include "components.h"
#include "sequences.h"

#define RULE_RECORDS_MAX  1000      /* of one rule, both sides together */

typedef struct {
    aud_uuid_t  id;
    json_t     *document;
} rule_t;

typedef struct {
    rule_t  *items;                 /* ascending by id: the oldest first */
    size_t   n;
} rules_t;

/* All rules of the tenant.  -1 with err; free them in any case. */
int  rules_load(rules_t *rules, store_t *store, const char *tenant,
    aud_error_t *err);
void rules_free(rules_t *rules);

/* Adds a rule behind the others, which takes the document.  -1: no memory. */
int  rules_add(rules_t *rules, const aud_uuid_t *id, json_t *document);

/* The place of a rule, or RULES_NONE. */
#define RULES_NONE  SIZE_MAX
size_t rules_find(const rules_t *rules, const aud_uuid_t *id);
void   rules_remove(rules_t *rules, size_t i);

/* The ref of {"import", "line"}; 0 where that import is not there. */
uint64_t rule_record_ref(const json_t *record, const sequences_t *sequences);

/* Whether a rule keeps apart what others put together: 1 and the ids of both,
 * 0, or -1 when memory is out. */
int rules_contradiction(const rules_t *rules, const sequences_t *sequences,
    char apart[AUD_ID_LEN + 1], char together[AUD_ID_LEN + 1]);

/* The values that rules block, which point into them: how many.  values has
 * room for one of each rule. */
size_t rules_blocked(const rules_t *rules, component_value_t *values);

/* The oldest rule that blocks a value, or NULL. */
const rule_t *rules_block(const rules_t *rules, component_kind_t kind,
    aud_str_t value);

/* The value of a rule that blocks one: 1, or 0. */
int rule_value(const json_t *rule, component_value_t *value);

/*
 * What components_resolve() takes: rule is the place in items.  Refs of records
 * whose import is not there are left out.  Freed by aud_free(); -1 when memory
 * is out.
 */
int  rules_mentions(const rules_t *rules, const sequences_t *sequences,
    component_mention_t **mentions, size_t *n);

/*
 * A new rule from what a request says: {"type": "together"|"apart", "one": […],
 * "other": […]}, records as above, `other` with "apart" alone.  NULL with a
 * problem (422) that says where.
 */
json_t *rule_create(const json_t *body, const aud_uuid_t *id,
    const char *user, int64_t now, aud_problem_t *problem);

/* The document of a rule; other may be NULL.  NULL: no memory. */
json_t *rule_document(const aud_uuid_t *id, const char *type, json_t *one,
    json_t *other, const char *user, int64_t now);

/* The same of a rule that blocks a value. */
json_t *rule_blocked(const aud_uuid_t *id, component_kind_t kind,
    const char *value, const char *user, int64_t now);

/* COMPONENT_KINDS where it is none. */
component_kind_t rule_kind(const char *name);

/* Adds to a problem (422) what is wrong with a rule, and where. */
void rule_refuse(aud_problem_t *problem, const char *pointer,
    const char *detail);

#endif
