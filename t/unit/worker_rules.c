/*
 * Rules of resolution, and the sequences by which they find their records.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "document.h"
#include "keys.h"
#include "profile_ids.h"
#include "rules.h"


static char        folder[64];
static store_t    *store;
static aud_uuid_t  imports[3];
static char        ids[3][AUD_ID_LEN + 1];


static int
begin(void **state)
{
    size_t       i;
    char         path[80];
    aud_error_t  err;

    strcpy(folder, "/tmp/worker_rules.XXXXXX");

    if (mkdtemp(folder) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/db", folder);
    store = store_open(path, &err);

    for (i = 0; i < 3; i++) {
        aud_uuid_make(&imports[i]);
        aud_id_format(ids[i], "imp", &imports[i]);
    }

    return store == NULL;
}


static int
end(void **state)
{
    char  command[128];

    store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s", folder);

    return system(command);
}


static void
apply(store_batch_t *batch)
{
    aud_error_t  err;

    assert_int_equal(store_apply(store, batch, &err), STORE_OK);
    store_batch_free(batch);
}


/* Imports 0 and 1 have sequences 7 and 300; another tenant has one too. */
static void
put_sequences(void)
{
    store_batch_t  *batch = store_batch_create();

    sequences_put(batch, "demo", 300, &imports[1]);
    sequences_put(batch, "demo", 7, &imports[0]);
    sequences_put(batch, "demo-2", 8, &imports[2]);
    apply(batch);
}


static void
sequences_are_found_both_ways(void **state)
{
    size_t              at = 0;
    aud_error_t         err;
    sequences_t         s;
    store_batch_t      *batch;
    const sequence_t   *alike;

    put_sequences();
    assert_int_equal(sequences_load(&s, store, "demo", &err), 0);

    assert_int_equal(s.n, 2);
    assert_int_equal(sequences_of(&s, &imports[0]), 7);
    assert_int_equal(sequences_of(&s, &imports[1]), 300);
    assert_int_equal(sequences_of(&s, &imports[2]), 0);
    assert_memory_equal(sequences_import(&s, 300), &imports[1], 16);
    assert_null(sequences_import(&s, 8));

    alike = sequences_alike(&s, &imports[1], 16, &at);
    assert_memory_equal(&alike->import, &imports[1], 16);
    assert_null(sequences_alike(&s, &imports[1], 16, &at));
    sequences_free(&s);

    batch = store_batch_create();
    sequences_delete(batch, "demo", 7);
    apply(batch);

    assert_int_equal(sequences_load(&s, store, "demo", &err), 0);
    assert_int_equal(s.n, 1);
    assert_int_equal(sequences_of(&s, &imports[0]), 0);
    sequences_free(&s);
}


static json_t *
rule(const char *text, aud_problem_t *problem)
{
    json_t      *body, *made;
    aud_uuid_t   id;

    aud_uuid_make(&id);
    body = json_loads(text, 0, NULL);
    assert_non_null(body);
    made = rule_create(body, &id, "ana@example.com", 0, problem);
    json_decref(body);

    return made;
}


static void
a_rule_becomes_mentions_of_records_that_are_there(void **state)
{
    char                  text[512];
    size_t                n;
    json_t               *made;
    rules_t               rules;
    aud_error_t           err;
    aud_uuid_t            id;
    sequences_t           s;
    aud_problem_t         problem;
    store_batch_t        *batch;
    component_mention_t  *mentions;

    put_sequences();

    snprintf(text, sizeof(text), "{\"type\": \"apart\", \"one\": ["
             "{\"import\": \"%s\", \"line\": 2}], \"other\": ["
             "{\"import\": \"%s\", \"line\": 3},"
             "{\"import\": \"%s\", \"line\": 4}]}", ids[0], ids[2], ids[1]);
    made = rule(text, &problem);
    assert_non_null(made);
    assert_string_equal(document_text(made, "by"), "ana@example.com");
    assert_true(aud_id_parse(document_text(made, "id"),
                             strlen(document_text(made, "id")), "rul", &id)
                == 0);

    batch = store_batch_create();
    assert_int_equal(document_put(batch, "demo", KEY_RULE, &id, made), 0);
    json_decref(made);
    apply(batch);

    assert_int_equal(rules_load(&rules, store, "demo", &err), 0);
    assert_int_equal(rules.n, 1);
    assert_memory_equal(&rules.items[0].id, &id, sizeof(id));

    snprintf(text, sizeof(text), "{\"type\": \"together\", \"one\": ["
             "{\"import\": \"%s\", \"line\": 9},"
             "{\"import\": \"%s\", \"line\": 4}]}", ids[1], ids[1]);
    aud_uuid_make(&id);
    assert_int_equal(rules_add(&rules, &id, rule(text, &problem)), 0);

    assert_int_equal(sequences_load(&s, store, "demo", &err), 0);
    assert_int_equal(rules_mentions(&rules, &s, &mentions, &n), 0);
    assert_int_equal(n, 4);
    assert_true(mentions[0].ref == profile_ref(7, 2));
    assert_int_equal(mentions[0].side, COMPONENT_ONE);
    assert_true(mentions[1].ref == profile_ref(300, 4));
    assert_int_equal(mentions[1].side, COMPONENT_OTHER);
    assert_int_equal(mentions[1].rule, 0);
    assert_true(mentions[2].ref == profile_ref(300, 9));
    assert_int_equal(mentions[2].side, COMPONENT_TOGETHER);
    assert_int_equal(mentions[3].rule, 1);

    aud_free(mentions);
    sequences_free(&s);
    rules_free(&rules);
}


static void
what_is_no_rule_is_said(void **state)
{
    size_t         i;
    char           record[80], text[256];
    aud_problem_t  problem;
    const struct {
        const char  *body;          /* %s: a record */
        const char  *pointer;
    } wrong[] = {
        { "{\"type\": \"same\", \"one\": [%s, %s]}", "/type" },
        { "{\"one\": [%s, %s]}", "/type" },
        { "{\"type\": \"together\", \"one\": [%s]}", "/one" },
        { "{\"type\": \"together\", \"one\": [%s, %s], \"other\": [%s]}",
          "/one" },
        { "{\"type\": \"apart\", \"one\": [%s]}", "/other" },
        { "{\"type\": \"apart\", \"other\": [%s]}", "/one" },
        { "{\"type\": \"apart\", \"one\": %s, \"other\": [%s]}", "/one" },
        { "{\"type\": \"apart\", \"one\": [%s], \"other\": [{}]}",
          "/other/0" },
        { "{\"type\": \"apart\", \"one\": [%s], \"other\": ["
          "{\"import\": \"aud_1\", \"line\": 3}]}", "/other/0" },
        { "{\"type\": \"together\", \"one\": [%s, 3]}", "/one/1" },
        { "{\"type\": \"together\", \"one\": [%s, %s], \"a/b\": 1}",
          "/a~1b" },
    };

    snprintf(record, sizeof(record), "{\"import\": \"%s\", \"line\": 2}",
             ids[0]);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), wrong[i].body, record, record, record);
        assert_null(rule(text, &problem));
        assert_int_equal(problem.status, 422);
        assert_string_equal(problem.errors[0].pointer, wrong[i].pointer);
    }
}


int
main(void)
{
#define IN_STORE(test)  cmocka_unit_test_setup_teardown(test, begin, end)

    const struct CMUnitTest  tests[] = {
        IN_STORE(sequences_are_found_both_ways),
        IN_STORE(a_rule_becomes_mentions_of_records_that_are_there),
        IN_STORE(what_is_no_rule_is_said)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
