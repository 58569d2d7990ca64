/*
 * Random people and random filters over them, for tests that hold the evaluator
 * against the plain one of plain.h.  A test has its people in base.people.
 */

#ifndef RANDOM_FILTERS_H
#define RANDOM_FILTERS_H

#include <stdio.h>

#include "plain.h"
#include "random.h"
#include "segment_writer.h"

#define FIELDS  (PLAIN_FIELDS - 1)      /* the last one is gone */

#define count_of(list)  (sizeof(list) / sizeof((list)[0]))


static const plain_field_t  fields[PLAIN_FIELDS] = {
    { "time do coração", AUD_TYPE_TEXT, 0, 0 },
    { "phoneNumber", AUD_TYPE_TEXT, 0, 0 },
    { "idade", AUD_TYPE_NUMBER, 0, 0 },
    { "nascimento", AUD_TYPE_DATE, 0, 0 },
    { "gosta de futebol?", AUD_TYPE_YES_NO, 0, 0 },
    { "tags", AUD_TYPE_TEXT, 1, 0 },
    { "notas", AUD_TYPE_NUMBER, 1, 0 },
    { "visitas", AUD_TYPE_DATE, 1, 0 },
    { "ausente", AUD_TYPE_TEXT, 0, 1 },
};

static const char *const  texts[] = {
    "São Paulo", "sao paulo", "SÃO PAULO", "Santos", "santos", "Não é Cliente",
    "nao e cliente", "Grêmio", "gremio", "Straße", "STRASSE", "ÅNGSTRÖM",
    "angstrom", "日本", "a", "A", "á", "ab", "aba", "abab", "ﬁm", "fim", "12",
    "2025-12-31", "sim", "São", "Paulo", "o P", "İstanbul", "ao", "\xcc\x81",
};

static const char *const  numbers[] = {
    "0", "-0", "1", "18", "30", "-3", "12,5", "12.50", "1.234,56", "1,234.56",
    "1234,56", "R$ 1.234,56", "12%", "1.000.000", "0,1", "00123", "1e5", "n/d",
    "N/D", "１２",
};

static const char *const  dates[] = {
    "2025-12-31", "31/12/2025", "2025-12-31 23:59", "2025-12-31T23:59:59Z",
    "2026-01-01T01:00:00+03:00", "2026-01-15", "15/01/2026 12:00",
    "2026-01-15T12:00:00Z", "2026-01-15T12:00:00.000001Z", "2026-01-14",
    "2026-01-08", "08/01/2026", "1970-01-01", "2024-02-29", "30/02/2025",
    "ontem", "Ontem", "2099-01-01",
};

static const char *const  answers[] = {
    "Sim", "sim", "SIM", "Não", "nao", "yes", "no", "true", "falso", "s", "N",
    "talvez", "Talvez", "1",
};


static plain_base_t  base = { .fields = fields };


/* ---- people ---- */

static const char *
random_value(unsigned field)
{
    static char  text[48];

    switch (field) {

    case 1:
        sprintf(text, "+55119%08u", (unsigned) random_below(100000000));
        return text;

    case 2:
    case 6:
        if (random_below(3)) {
            sprintf(text, "%d", (int) random_below(120) - 20);
            return text;
        }

        return numbers[random_below(count_of(numbers))];

    case 3:
    case 7:
        if (random_below(3)) {
            sprintf(text, "2025-%02u-%02u", (unsigned) random_below(12) + 1,
                    (unsigned) random_below(31) + 1);
            return text;
        }

        return dates[random_below(count_of(dates))];

    case 4:
        return answers[random_below(count_of(answers))];

    default:
        return texts[random_below(count_of(texts))];
    }
}


static void
random_person(plain_person_t *p, const unsigned *density)
{
    unsigned  f, i, j, n;

    for (i = 0; i < sizeof(p->id.bytes); i++) {
        p->id.bytes[i] = random_below(256);
    }

    for (f = 0; f < FIELDS; f++) {
        p->n[f] = 0;

        if (random_below(100) >= density[f]) {
            continue;
        }

        n = fields[f].multi ? random_below(PLAIN_VALUES) + 1 : 1;

        for (i = 0; i < n; i++) {
            plain_read(&p->values[f][p->n[f]], random_value(f));

            for (j = 0; j < p->n[f]; j++) {
                if (strcmp(p->values[f][j].text, p->values[f][p->n[f]].text)
                    == 0)
                {
                    break;
                }
            }

            p->n[f] += j == p->n[f];
        }
    }

    p->n[FIELDS] = 0;
}


/* The next row of a segment. */

static void
add_row(segment_writer_t *w, const plain_person_t *p)
{
    unsigned         f, i, n = 0;
    segment_value_t  values[PLAIN_FIELDS * PLAIN_VALUES];

    for (f = 0; f < FIELDS; f++) {
        for (i = 0; i < p->n[f]; i++) {
            values[n].field = f;
            values[n++].text = aud_str(p->values[f][i].text,
                                       strlen(p->values[f][i].text));
        }
    }

    assert_int_equal(segment_writer_add(w, &p->id, values, n), 0);
}


/* ---- filters ---- */

/* A piece of a value, in another case or without its accents. */
static json_t *
random_text_operand(unsigned field)
{
    char                   text[100];
    size_t                 i, from, len;
    plain_value_t          v;
    const plain_person_t  *p;

    p = base.npeople ? &base.people[random_below(base.npeople)] : NULL;

    if (p && p->n[field] && random_below(4)) {
        v = p->values[field][random_below(p->n[field])];

    } else {
        plain_read(&v, random_value(random_below(FIELDS)));
    }

    if (random_below(2)) {
        snprintf(text, sizeof(text), "%s", v.text);

    } else {
        snprintf(text, sizeof(text), "%.*s", (int) v.folded_len, v.folded);
    }

    if (random_below(3) == 0) {
        for (i = 0; text[i]; i++) {
            if (text[i] >= 'a' && text[i] <= 'z' && random_below(2)) {
                text[i] -= 'a' - 'A';
            }
        }
    }

    len = strlen(text);
    from = random_below(3) ? 0 : random_below(len + 1);
    len = random_below(3) ? len - from : random_below(len - from + 1);

    if (aud_utf8_valid(aud_str(text + from, len)) != len) {
        from = 0;
        len = strlen(text);
    }

    return json_stringn(text + from, len);
}


static json_t *
random_number_operand(void)
{
    size_t  n;

    switch (random_below(4)) {

    case 0:
        for (n = random_below(count_of(numbers)); /* void */ ; n = 0) {
            double  ignored;

            if (aud_number_parse(aud_str(numbers[n], strlen(numbers[n])),
                                 &ignored) == 0)
            {
                return json_string(numbers[n]);
            }
        }

    case 1:
        return json_real((double) random_below(2000) / 8 - 20);

    default:
        return json_integer((int) random_below(130) - 25);
    }
}


static json_t *
random_date_operand(void)
{
    int      ignored;
    size_t   n = random_below(count_of(dates));
    int64_t  us;

    if (aud_date_parse(aud_str(dates[n], strlen(dates[n])), &us, &ignored)
        != 0)
    {
        n = 0;
    }

    return json_string(dates[n]);
}


static json_t *
random_operand(unsigned field, const char *op, int loose)
{
    int  ranged;

    ranged = strstr(op, "than") || strcmp(op, "between") == 0
             || strcmp(op, "before") == 0 || strcmp(op, "after") == 0;

    if (!loose || random_below(2)) {

        if (fields[field].type == AUD_TYPE_NUMBER
            && (ranged || random_below(2)))
        {
            return random_number_operand();
        }

        if (fields[field].type == AUD_TYPE_DATE
            && (ranged || random_below(2)))
        {
            return random_date_operand();
        }
    }

    switch (random_below(12)) {
    case 0:   return json_boolean(random_below(2));
    case 1:   return json_integer(random_below(30));
    default:  return random_text_operand(field);
    }
}


static const char *
random_operator(unsigned field, int loose)
{
    unsigned                  n;
    static const char *const  ops[] = {
        "contains", "not_contains", "exists", "not_exists", "equals",
        "not_equals", "starts_with", "not_starts_with", "ends_with", "in",
        "greater_than", "less_than", "between",
        "before", "after", "within_last", "not_within_last"
    };

    n = loose || fields[field].type == AUD_TYPE_DATE ? 17
        : fields[field].type == AUD_TYPE_NUMBER ? 13 : 10;

    return ops[random_below(n)];
}


static json_t *
random_condition(int loose)
{
    json_t      *node, *value;
    unsigned     f, n;
    const char  *op;

    f = random_below(loose ? PLAIN_FIELDS : FIELDS);
    op = random_operator(f, loose);

    node = json_pack("{s:s,s:s}", "field", fields[f].name, "op", op);

    if (strstr(op, "exists")) {
        return node;
    }

    if (strstr(op, "within")) {
        value = json_integer(random_below(3) ? random_below(40)
                                             : random_below(36501));

    } else if (strcmp(op, "between") == 0) {
        value = json_pack("[o,o]", random_operand(f, op, loose),
                          random_operand(f, op, loose));

    } else if (strcmp(op, "in") == 0) {
        value = json_array();

        for (n = random_below(12) + 1; n; n--) {
            json_array_append_new(value, random_operand(f, op, loose));
        }

    } else {
        value = random_operand(f, op, loose);
    }

    json_object_set_new(node, "value", value);

    return node;
}


static json_t *
random_filter(int depth, int loose)
{
    json_t   *list;
    unsigned  r = random_below(100), n;

    if (depth && r < 35) {
        list = json_array();

        for (n = random_below(5); n; n--) {
            json_array_append_new(list, random_filter(depth - 1, loose));
        }

        return json_pack("{s:o}", r % 2 ? "all" : "any", list);
    }

    if (depth && r < 45) {
        return json_pack("{s:o}", "not", random_filter(depth - 1, loose));
    }

    if (r < 52 && base.naudiences) {
        return json_pack("{s:s}", "audience",
                         base.audiences[random_below(base.naudiences)].id);
    }

    return random_condition(loose);
}

#endif
