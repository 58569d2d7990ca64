/*
 * A plain evaluator of filters, to hold the real one against: it walks the
 * JSON and looks at each row, without dictionaries, codes or bitmaps.
 */

#ifndef PLAIN_H
#define PLAIN_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "aud_clock.h"
#include "aud_id.h"
#include "aud_text.h"
#include "aud_value.h"

#define PLAIN_VALUES  3
#define PLAIN_FIELDS  9


typedef struct {                /* a text and all that it can be read as */
    char        text[64];
    char        folded[96];
    size_t      folded_len;
    unsigned    is_number:1;
    unsigned    is_date:1;
    unsigned    is_yes_no:1;
    double      number;
    int         yes;
    int64_t     date_from;      /* as an operand: the instant or whole day */
    int64_t     date_to;
} plain_value_t;

typedef struct {
    aud_uuid_t     id;
    unsigned       n[PLAIN_FIELDS];
    plain_value_t  values[PLAIN_FIELDS][PLAIN_VALUES];
} plain_person_t;

typedef struct {
    const char  *name;
    aud_type_t   type;
    unsigned     multi;
    unsigned     gone;          /* named by filters, held by nobody */
} plain_field_t;

typedef struct {
    char         id[AUD_ID_LEN + 1];
    aud_uuid_t   uuid;
    json_t      *filter;        /* NULL: a fixed sample */
    aud_uuid_t  *members;
    size_t       nmembers;
} plain_audience_t;

typedef struct {
    const plain_field_t     *fields;
    const plain_person_t    *people;
    size_t                   npeople;
    const plain_audience_t  *audiences;
    size_t                   naudiences;
    int64_t                  now;
} plain_base_t;


static void plain_eval(const plain_base_t *b, const json_t *node, char *out);


static inline void
plain_read(plain_value_t *v, const char *text)
{
    int           date_only;
    aud_str_t     s = aud_str(text, strlen(text));
    aud_buffer_t  folded = { 0 };

    memset(v, 0, sizeof(*v));
    snprintf(v->text, sizeof(v->text), "%s", text);

    aud_fold(&folded, s);

    if (folded.len > sizeof(v->folded)) {
        abort();
    }

    memcpy(v->folded, folded.data ? folded.data : "", folded.len);
    v->folded_len = folded.len;
    aud_buffer_free(&folded);

    v->is_number = aud_number_parse(s, &v->number) == 0;
    v->is_yes_no = aud_yes_no_parse(s, &v->yes) == 0;
    v->is_date = aud_date_parse(s, &v->date_from, &date_only) == 0;
    v->date_to = v->is_date && date_only ? v->date_from + AUD_DAY - 1
                                         : v->date_from;
}


static inline void
plain_operand(plain_value_t *v, const json_t *json)
{
    char  text[64];

    if (json_is_string(json)) {
        plain_read(v, json_string_value(json));

    } else if (json_is_boolean(json)) {
        plain_read(v, json_is_true(json) ? "true" : "false");

    } else {
        snprintf(text, sizeof(text), "%.15g", json_number_value(json));
        plain_read(v, text);
        v->is_number = 1;
        v->number = json_number_value(json);
    }
}


static inline int
plain_same_text(const plain_value_t *v, const plain_value_t *operand)
{
    return v->folded_len == operand->folded_len
           && memcmp(v->folded, operand->folded, v->folded_len) == 0;
}


static inline int
plain_equals(aud_type_t type, const plain_value_t *v, const plain_value_t *o)
{
    switch (type) {

    case AUD_TYPE_NUMBER:
        return o->is_number ? v->is_number && v->number == o->number
                            : !v->is_number && plain_same_text(v, o);

    case AUD_TYPE_YES_NO:
        return o->is_yes_no ? v->is_yes_no && v->yes == o->yes
                            : !v->is_yes_no && plain_same_text(v, o);

    case AUD_TYPE_DATE:
        return o->is_date ? v->is_date && v->date_from >= o->date_from
                            && v->date_from <= o->date_to
                          : !v->is_date && plain_same_text(v, o);

    default:
        return plain_same_text(v, o);
    }
}


static inline int
plain_contains(const plain_value_t *v, const plain_value_t *o)
{
    return o->folded_len == 0
           || memmem(v->folded, v->folded_len, o->folded, o->folded_len);
}


static inline int
plain_starts(const plain_value_t *v, const plain_value_t *o)
{
    return v->folded_len >= o->folded_len
           && memcmp(v->folded, o->folded, o->folded_len) == 0;
}


static inline int
plain_ends(const plain_value_t *v, const plain_value_t *o)
{
    return v->folded_len >= o->folded_len
           && memcmp(v->folded + v->folded_len - o->folded_len, o->folded,
                     o->folded_len) == 0;
}


/* -1, 0, 1: v before, within, behind the operand. */
static inline int
plain_order(aud_type_t type, const plain_value_t *v, const plain_value_t *o)
{
    if (type == AUD_TYPE_NUMBER) {
        return (v->number > o->number) - (v->number < o->number);
    }

    return v->date_from > o->date_to ? 1 : v->date_from < o->date_from ? -1 : 0;
}


static inline int
plain_test(const plain_base_t *b, aud_type_t type, const char *op,
    const plain_value_t *v, const plain_value_t *o, size_t n)
{
    int     fits;
    size_t  i;

    if (strcmp(op, "exists") == 0) {
        return 1;
    }

    if (strcmp(op, "contains") == 0) {
        return plain_contains(v, o);
    }

    if (strcmp(op, "starts_with") == 0) {
        return plain_starts(v, o);
    }

    if (strcmp(op, "ends_with") == 0) {
        return plain_ends(v, o);
    }

    if (strcmp(op, "equals") == 0 || strcmp(op, "in") == 0) {
        for (i = 0; i < n; i++) {
            if (plain_equals(type, v, &o[i])) {
                return 1;
            }
        }

        return 0;
    }

    fits = type == AUD_TYPE_NUMBER ? v->is_number : v->is_date;

    if (!fits) {
        return 0;
    }

    if (strcmp(op, "within_last") == 0) {
        return v->date_from > b->now - (int64_t) o->number * AUD_DAY
               && v->date_from <= b->now;
    }

    if (strcmp(op, "greater_than") == 0 || strcmp(op, "after") == 0) {
        return plain_order(type, v, o) > 0;
    }

    if (strcmp(op, "less_than") == 0 || strcmp(op, "before") == 0) {
        return plain_order(type, v, o) < 0;
    }

    return plain_order(type, v, &o[0]) >= 0 && plain_order(type, v, &o[1]) <= 0;
}


/* Whether the operator can be asked of the field at all. */
static inline int
plain_fits(aud_type_t type, const char *op, const plain_value_t *o, size_t n)
{
    int     dates_only, ordered;
    size_t  i;

    dates_only = strcmp(op, "before") == 0 || strcmp(op, "after") == 0
                 || strcmp(op, "within_last") == 0;
    ordered = strcmp(op, "greater_than") == 0 || strcmp(op, "less_than") == 0
              || strcmp(op, "between") == 0;

    if (!dates_only && !ordered) {
        return 1;
    }

    if (type != AUD_TYPE_DATE && (dates_only || type != AUD_TYPE_NUMBER)) {
        return 0;
    }

    for (i = 0; i < n && strcmp(op, "within_last") != 0; i++) {
        if (type == AUD_TYPE_NUMBER ? !o[i].is_number : !o[i].is_date) {
            return 0;
        }
    }

    return 1;
}


static inline void
plain_condition(const plain_base_t *b, const json_t *node, char *out)
{
    int                    negative, any;
    size_t                 i, j, f, n = 0;
    const char            *op, *name;
    const json_t          *value;
    plain_value_t          operands[64];
    const plain_person_t  *p;

    op = json_string_value(json_object_get(node, "op"));
    name = json_string_value(json_object_get(node, "field"));
    value = json_object_get(node, "value");

    negative = strncmp(op, "not_", 4) == 0;
    op += negative ? 4 : 0;

    for (f = 0; f < PLAIN_FIELDS && strcmp(b->fields[f].name, name) != 0; f++) {
        /* void */
    }

    if (json_is_array(value)) {
        for (n = 0; n < json_array_size(value); n++) {
            plain_operand(&operands[n], json_array_get(value, n));
        }

    } else if (value) {
        plain_operand(&operands[0], value);
        n = 1;
    }

    if (f == PLAIN_FIELDS || b->fields[f].gone) {
        memset(out, negative, b->npeople);
        return;
    }

    if (!plain_fits(b->fields[f].type, op, operands, n)) {
        memset(out, 0, b->npeople);
        return;
    }

    for (i = 0; i < b->npeople; i++) {
        p = &b->people[i];
        any = 0;

        for (j = 0; j < p->n[f] && !any; j++) {
            any = plain_test(b, b->fields[f].type, op, &p->values[f][j],
                             operands, n);
        }

        out[i] = any != negative;
    }
}


static inline void
plain_audience(const plain_base_t *b, const char *id, char *out)
{
    size_t                   i, j;
    const plain_audience_t  *a;

    memset(out, 0, b->npeople);

    for (a = b->audiences; a < b->audiences + b->naudiences; a++) {

        if (strcmp(a->id, id) != 0) {
            continue;
        }

        if (a->filter) {
            plain_eval(b, a->filter, out);
            return;
        }

        for (i = 0; i < b->npeople; i++) {
            for (j = 0; j < a->nmembers; j++) {
                out[i] |= aud_uuid_compare(&a->members[j], &b->people[i].id)
                          == 0;
            }
        }
    }
}


/* out: one byte for each person. */
static void
plain_eval(const plain_base_t *b, const json_t *node, char *out)
{
    int      all;
    char    *one;
    size_t   i, j;
    json_t  *list, *inner;

    if ((inner = json_object_get(node, "not"))) {
        plain_eval(b, inner, out);

        for (i = 0; i < b->npeople; i++) {
            out[i] = !out[i];
        }

        return;
    }

    if (json_object_get(node, "field")) {
        plain_condition(b, node, out);
        return;
    }

    if ((inner = json_object_get(node, "audience"))) {
        plain_audience(b, json_string_value(inner), out);
        return;
    }

    all = json_object_get(node, "all") != NULL;
    list = json_object_get(node, all ? "all" : "any");
    one = malloc(b->npeople + 1);
    memset(out, all, b->npeople);

    json_array_foreach(list, j, inner) {
        plain_eval(b, inner, one);

        for (i = 0; i < b->npeople; i++) {
            out[i] = all ? out[i] & one[i] : out[i] | one[i];
        }
    }

    free(one);
}

#endif
