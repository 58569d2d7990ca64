/*
 * Cells, consent, fields and what columns become.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_csv.h"
#include "aud_text.h"
#include "cell.h"
#include "columns.h"
#include "consent.h"
#include "fields.h"
#include "fold.h"
#include "random.h"


static aud_str_t
str(const char *text)
{
    return aud_str(text, strlen(text));
}


static void
cells_are_trimmed_and_unguarded(void **state)
{
    size_t  i;
    static const char *const  table[][2] = {
        { "  Ana  ", "Ana" }, { "", "" }, { " \t ", "" },
        { "\xc2\xa0" "Ana", "Ana" },
        { "'=1+1", "=1+1" }, { "'+55", "+55" }, { "'-5", "-5" },
        { "'@x", "@x" }, { "''=1", "'=1" }, { "'Ana'", "'Ana'" },
        { "'", "'" }, { "=1", "=1" }, { "' =1", "' =1" }, { "'\t=1", "=1" },
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (!aud_str_equal(cell_value(str(table[i][0])), str(table[i][1]))) {
            fail_msg("\"%s\"", table[i][0]);
        }
    }
}


static int
take_cell(void *arg, const aud_csv_row_t *row)
{
    aud_buffer_t  *value = arg;
    aud_str_t      got;

    assert_int_equal(row->ncells, 2);
    got = cell_value(row->cells[0]);
    aud_buffer_add(value, got.data, got.len);

    return 0;
}


/* Any value, once imported, is exported as a cell that no spreadsheet runs and
 * that is imported as the same value. */

static void
any_value_survives_a_round_trip(void **state)
{
    int            i;
    char           text[12];
    aud_str_t      value;
    aud_csv_t     *csv;
    aud_buffer_t   line = { 0 }, got = { 0 };

    for (i = 0; i < 50000; i++) {
        random_text(text, sizeof(text), "'=+-@\t\r\n,;\" ab", 14);
        value = cell_value(aud_str(text, random_below(sizeof(text))));

        line.len = 0;
        got.len = 0;
        cell_write(&line, value, 0);
        aud_buffer_text(&line, ",x\r\n");

        assert_true(strchr("=+-@\t\r", line.data[0]) == NULL);
        assert_false(line.data[0] == '"'
                     && strchr("=+-@\t\r", line.data[1]) != NULL);

        csv = aud_csv_create(',', 10, 1000, take_cell, &got);
        assert_int_equal(aud_csv_feed(csv, line.data, line.len), AUD_CSV_OK);
        assert_int_equal(aud_csv_finish(csv), AUD_CSV_OK);
        aud_csv_free(csv);

        assert_true(aud_str_equal(aud_buffer_str(&got), value));
    }

    aud_buffer_free(&line);
    aud_buffer_free(&got);
}


static void
refusals_in_any_spelling(void **state)
{
    size_t  i;
    static const char *const  refusals[] = {
        "não", "NÃO", "Nao", "nao.", "n", "N", "no", "No", "not", "false",
        "FALSO", "f", "0", "0,0", "off", "recusado", "Recusada", "recusou",
        "recuso", "opt-out", "Opt Out", "OPTOUT", "opt_out", "opted-out",
        "negado", "não autorizo", "Não autorizo o contato", "não aceito",
        "não quero receber", "nunca", "never", "descadastrado", "unsubscribed",
        "Unsubscribe", "revogado", "rejected", "declined", "stop", "rechazado",
        "no autorizo", "no acepto", "do not contact", "don't call me",
        "inativo", "cancelado", "bloqueado", "  não  ", "\xc2\xa0n\xc3\xa3o",
        "na\xcc\x83o",
    };
    static const char *const  consents[] = {
        "", " ", "sim", "SIM", "s", "yes", "y", "true", "1", "ok", "aceito",
        "autorizo", "opt-in", "Opt In", "confirmado", "subscribed", "on",
        "nova", "notebook", "novembro", "10", "no site em 2025", "x", "ativo",
        "2025-01-01", "sim, não ligar", "verdadeiro", "si",
    };

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (consent_refused(str(refusals[i])) != 1) {
            fail_msg("\"%s\" refuses", refusals[i]);
        }
    }

    for (i = 0; i < sizeof(consents) / sizeof(consents[0]); i++) {
        if (consent_refused(str(consents[i])) != 0) {
            fail_msg("\"%s\" does not refuse", consents[i]);
        }
    }
}


static void
consent_column_in_any_spelling(void **state)
{
    assert_true(consent_is_column(AUD_STR("Opt-in")));
    assert_true(consent_is_column(AUD_STR("opt-in")));
    assert_true(consent_is_column(AUD_STR("OPTIN")));
    assert_true(consent_is_column(AUD_STR("opt in")));
    assert_true(consent_is_column(AUD_STR("Opt_In")));
    assert_false(consent_is_column(AUD_STR("Opt-in date")));
    assert_false(consent_is_column(AUD_STR("option")));
}


static void
export_names_are_plain_and_unlike(void **state)
{
    size_t           i;
    aud_str_t       *names;
    const aud_str_t  fields[] = {
        AUD_STR("time do coração"), AUD_STR("gosta de futebol?"),
        AUD_STR("gosta de futebol!"), AUD_STR("gosta de futebol"),
        AUD_STR("a_2"), AUD_STR("a?"), AUD_STR("a!"), AUD_STR("Opt-in"),
        AUD_STR("???"), AUD_STR("***"), AUD_STR("extra.loja"),
        AUD_STR("R$ / mês"), AUD_STR("nº"), AUD_STR("名前"), AUD_STR("a"),
    };
    static const char *const  expected[] = {
        "time do coracao", "gosta de futebol_2", "gosta de futebol_3",
        "gosta de futebol", "a_2", "a_3", "a_4", "Opt in", "field", "field_2",
        "extra loja", "R mes", "no", "名前", "a",
    };

    names = fields_export_names(fields, 15);

    for (i = 0; i < 15; i++) {
        if (!aud_str_equal(names[i], str(expected[i]))) {
            fail_msg("%s is exported as %.*s", fields[i].data,
                     (int) names[i].len, names[i].data);
        }
    }

    aud_free(names);
}


/* fields_map() of columns, told by the names of the fields. */

static void
maps(fields_t *fields, const char *const *columns, const char *const *expected)
{
    aud_str_t  names[16] = { { 0 } };
    uint32_t   i, n, map[16];

    for (n = 0; columns[n]; n++) {
        names[n] = str(columns[n]);
    }

    assert_int_equal(fields_map(fields, names, n, map), 0);

    for (i = 0; i < n; i++) {
        if (!aud_str_equal(fields->items[map[i]].field.name,
                           str(expected[i])))
        {
            fail_msg("%s became %s", columns[i],
                     fields->items[map[i]].field.name.data);
        }
    }
}


static void
columns_become_fields(void **state)
{
    fields_t  fields;

    assert_int_equal(fields_init(&fields, NULL, 0), 0);

    maps(&fields,
         (const char *const []) { "phoneNumber", "name", "opt-in",
                                  "gosta de futebol?", "created_at",
                                  "sentiment", NULL },
         (const char *const []) { "phoneNumber", "name", "Opt-in",
                                  "gosta de futebol?",
                                  "created_at (imported)",
                                  "sentiment (imported)" });

    assert_int_equal(fields.items[fields_find(&fields, AUD_STR("name"))]
                     .field.kind, AUD_KIND_IDENTIFIER);
    assert_int_equal(fields.items[fields_find(&fields, AUD_STR("Opt-in"))]
                     .field.kind, AUD_KIND_CONSENT);
    assert_int_equal(fields.items[fields_find(&fields,
                                              AUD_STR("created_at"))]
                     .field.kind, AUD_KIND_SYSTEM);
    assert_int_equal(fields.items[fields_find(&fields,
                                      AUD_STR("created_at (imported)"))]
                     .field.kind, AUD_KIND_BEHAVIOUR);
    fields_free(&fields);
}


static void
exported_names_find_their_fields_again(void **state)
{
    fields_t  first, fields;

    assert_int_equal(fields_init(&first, NULL, 0), 0);

    maps(&first,
         (const char *const []) { "phoneNumber", "gosta de futebol?",
                                  "gosta de futebol!", "sources", NULL },
         (const char *const []) { "phoneNumber", "gosta de futebol?",
                                  "gosta de futebol!", "sources (imported)" });

    assert_int_equal(fields_init(&fields, first.items, first.n), 0);

    maps(&fields,
         (const char *const []) { "phoneNumber", "sources imported",
                                  "Opt in", "gosta de futebol_2", NULL },
         (const char *const []) { "phoneNumber", "sources (imported)",
                                  "Opt-in", "gosta de futebol?" });
    fields_free(&first);
    fields_free(&fields);
}


static aud_type_t
type_of(uint64_t all, uint64_t numbers, uint64_t dates, uint64_t yes_no)
{
    uint64_t    i;
    fields_t    fields;
    uint32_t    field;
    aud_type_t  type;

    fields_init(&fields, NULL, 0);
    field = fields_add(&fields, AUD_STR("idade"));

    for (i = 0; i < all; i++) {
        fields_count(&fields, field, (i < numbers) << AUD_TYPE_NUMBER
                                     | (i < dates) << AUD_TYPE_DATE
                                     | (i < yes_no) << AUD_TYPE_YES_NO, 1);
    }

    fields_settle(&fields, 0);
    type = fields.items[field].field.type;
    fields_free(&fields);

    return type;
}


static void
nine_of_ten_values_make_a_type(void **state)
{
    assert_int_equal(type_of(0, 0, 0, 0), AUD_TYPE_TEXT);
    assert_int_equal(type_of(10, 9, 0, 0), AUD_TYPE_NUMBER);
    assert_int_equal(type_of(10, 8, 0, 0), AUD_TYPE_TEXT);
    assert_int_equal(type_of(100, 90, 10, 0), AUD_TYPE_NUMBER);
    assert_int_equal(type_of(100, 89, 11, 0), AUD_TYPE_TEXT);
    assert_int_equal(type_of(10, 0, 10, 0), AUD_TYPE_DATE);
    assert_int_equal(type_of(10, 0, 0, 9), AUD_TYPE_YES_NO);
}


static void
identifiers_are_text_whatever_they_hold(void **state)
{
    int       i;
    fields_t  fields;
    uint32_t  field;

    fields_init(&fields, NULL, 0);
    field = fields_add(&fields, AUD_STR("taxDocument"));

    for (i = 0; i < 10; i++) {
        fields_count(&fields, field, 1 << AUD_TYPE_NUMBER, 1);
    }

    assert_int_equal(fields_settle(&fields, fields.n), 0);
    assert_int_equal(fields.items[field].field.type, AUD_TYPE_TEXT);
    fields_free(&fields);
}


static void
spoiled_identifiers_are_absent(void **state)
{
    int        spoiled;
    fold_t    *fold;
    fields_t   fields;
    uint32_t   document, age;

    fields_init(&fields, NULL, 0);
    document = fields_add(&fields, AUD_STR("taxDocument"));
    age = fields_add(&fields, AUD_STR("idade"));
    fold = fold_create(&fields);

    spoiled = 0;
    assert_int_equal(fold_value(fold, document, AUD_STR("1,95419E+13"),
                                &spoiled).len, 0);
    assert_int_equal(spoiled, 1);

    spoiled = 0;
    assert_int_equal(fold_value(fold, document, AUD_STR("12345678901"),
                                &spoiled).len, 11);
    assert_int_equal(fold_value(fold, age, AUD_STR("1,95419E+13"),
                                &spoiled).len, 11);
    assert_int_equal(spoiled, 0);

    fold_free(fold);
    fields_free(&fields);
}


static unsigned  allocations;


static void *
fails_in_time(void *p, size_t size)
{
    return allocations-- == 0 ? (allocations = 0, NULL) : realloc(p, size);
}


/* Wherever memory ends, fields_map() says so or does all of its work. */

static void
memory_may_end_anywhere(void **state)
{
    int              rc;
    unsigned         n;
    uint32_t         map[4];
    fields_t         fields;
    aud_allocator_t  kept;
    const aud_str_t  columns[] = {
        AUD_STR("phoneNumber"), AUD_STR("opt in"), AUD_STR("sources"),
        AUD_STR("idade")
    };

    kept = aud_allocator;

    for (n = 0, rc = -1; n < 500 && rc != 0; n++) {
        allocations = n;
        aud_allocator.realloc = fails_in_time;
        rc = fields_init(&fields, NULL, 0);

        if (rc == 0) {
            rc = fields_map(&fields, columns, 4, map);
            fields_free(&fields);
        }

        aud_allocator = kept;
    }

    assert_int_equal(rc, 0);
    assert_true(n > 5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(cells_are_trimmed_and_unguarded),
        cmocka_unit_test(any_value_survives_a_round_trip),
        cmocka_unit_test(refusals_in_any_spelling),
        cmocka_unit_test(consent_column_in_any_spelling),
        cmocka_unit_test(export_names_are_plain_and_unlike),
        cmocka_unit_test(columns_become_fields),
        cmocka_unit_test(exported_names_find_their_fields_again),
        cmocka_unit_test(nine_of_ten_values_make_a_type),
        cmocka_unit_test(identifiers_are_text_whatever_they_hold),
        cmocka_unit_test(spoiled_identifiers_are_absent),
        cmocka_unit_test(memory_may_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
