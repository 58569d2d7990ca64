/*
 * Which values of a profile's records do not link, and why.
 */

#include "document.h"
#include "explain_private.h"


static json_t *explain_why_blocked(const explain_t *x, component_kind_t kind,
    aud_str_t value);


/* Each value once, in the order in which records brought them. */

json_t *
explain_blocked(const explain_t *x, const resolution_t *r, uint32_t own)
{
    int                rc = 0;
    json_t            *blocked, *why;
    uint32_t           i, number;
    intern_t           seen[COMPONENT_KINDS] = { 0 };
    aud_str_t          value;
    component_kind_t   kind;

    blocked = json_array();

    for (i = 0; i < r->nrecords; i++) {
        for (kind = 0; kind < COMPONENT_KINDS; kind++) {
            value = r->records[i].values[kind];

            if (r->before[i] != own || value.len == 0
                || intern_find(&seen[kind], value) != INTERN_NONE)
            {
                continue;
            }

            rc |= intern_add(&seen[kind], value, &number);
            why = explain_why_blocked(x, kind, value);

            if (why) {
                rc |= json_array_append_new(blocked, why);
            }
        }
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        intern_free(&seen[kind]);
    }

    if (rc != 0) {
        json_decref(blocked);
        blocked = NULL;
    }

    return blocked;
}


/* NULL: it links. */

static json_t *
explain_why_blocked(const explain_t *x, component_kind_t kind,
    aud_str_t value)
{
    size_t            i;
    json_t           *document, *shown;
    const char       *name, *text;
    const rule_t     *rule;
    const blocked_t  *blocked = &x->base->blocked;

    if (explain_listed(x, kind, value)) {
        return json_pack("{s:s, s:s%, s:s}", "kind", explain_kind(kind),
                         "value", value.data, value.len, "why", "listed");
    }

    rule = rules_block(&x->base->rules, kind, value);

    if (rule) {
        return json_pack("{s:s, s:s%, s:s, s:s}", "kind", explain_kind(kind),
                         "value", value.data, value.len, "why", "rule",
                         "rule", document_text(rule->document, "id"));
    }

    if (!blocked_has(blocked, kind, value)) {
        return NULL;
    }

    json_array_foreach(blocked->documents, i, document) {
        name = document_text(document, "kind");
        text = document_text(document, "value");

        if (strcmp(name, component_kind_name(kind)) == 0
            && aud_str_equal(value, aud_str(text, strlen(text))))
        {
            shown = json_copy(document);
            json_object_set_new(shown, "kind",
                                json_string(explain_kind(kind)));
            return shown;
        }
    }

    return NULL;
}


int
explain_listed(const explain_t *x, component_kind_t kind, aud_str_t value)
{
    size_t           i;
    const listed_t  *listed = x->base->listed;

    for (i = 0; i < listed->n; i++) {
        if (listed->items[i].kind == kind
            && aud_str_equal(listed->items[i].value, value))
        {
            return 1;
        }
    }

    return 0;
}
