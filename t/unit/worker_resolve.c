/*
 * The job "resolve", through a real queue, store and base: imports are undone,
 * rules come and go.
 */

#include "everybody.h"
#include "keys.h"
#include "profile_ids.h"
#include "rules.h"
#include "sample.h"

#define IMPORTS  4


static unsigned
stored(key_kind_t kind, const aud_uuid_t *id)
{
    unsigned       n = 0;
    aud_str_t      key, value;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = id ? key_id(TENANT, kind, id) : key_prefix(TENANT, kind);
    scan = store_scan(worker.store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while (store_scan_next(scan, &key, &value, &err) == 1) {
        n++;
    }

    store_scan_free(scan);

    return n;
}


static const char *
undo(const aud_uuid_t *import)
{
    char        text[AUD_ID_LEN + 1];
    aud_uuid_t  job;

    aud_id_format(text, "imp", import);

    return job_runs("resolve", json_pack("{s:s}", "undo", text), NULL, &job);
}


static char *
state_of(const aud_uuid_t *import)
{
    json_t       *record;
    static char   state[32];

    record = document_get(worker.store, TENANT, KEY_IMPORT, import, NULL);
    snprintf(state, sizeof(state), "%s", document_text(record, "state"));
    json_decref(record);

    return state;
}


static int
registry_has(const char *text)
{
    int    has;
    char  *all = registry();

    has = strstr(all, text) != NULL;
    aud_free(all);

    return has;
}


static void
what_joined_people_comes_apart(void **state)
{
    char        *before, *after;
    aud_uuid_t   id;

    json_decref(import_of("phoneNumber,email,name,idade\n"
                          "11987654321,,Ana,30\n"
                          ",ana@x.com,Ana Silva,31\n"));
    before = sorted(everybody());
    assert_int_equal(profiles_now(), 2);

    json_decref(import_text(AUD_STR("phoneNumber,email,name,idade,time\n"
                                    "11987654321,ana@x.com,Ana,40,Bahia\n")
                                .data, 68, ',', &id));
    assert_int_equal(profiles_now(), 1);
    assert_string_equal(value_of("+5511987654321", "idade"), "40");

    assert_string_equal(undo(&id), "done");
    after = sorted(everybody());
    assert_string_equal(before, after);
    assert_string_equal(state_of(&id), "undone");
    assert_false(registry_has("time"));

    aud_free(before);
    aud_free(after);
}


static void
nothing_of_an_undone_import_is_left(void **state)
{
    char         *text, *again;
    json_t       *record;
    size_t        entries;
    aud_uuid_t    id, other;

    json_decref(import_text("phoneNumber,name\n11987654321,Ana\n", 32, ',',
                            &other));
    json_decref(import_text("phoneNumber,name\n11987654322,Bia\n11,Caio\n",
                            41, ',', &id));
    assert_int_not_equal(stored(KEY_RECORDS, &id), 0);
    assert_int_not_equal(stored(KEY_ERRORS, &id), 0);
    assert_int_equal(stored(KEY_SEQUENCE, NULL), 2);
    spool(&id, "x", 1);

    assert_string_equal(undo(&id), "done");
    assert_int_equal(stored(KEY_RECORDS, &id), 0);
    assert_int_equal(stored(KEY_ERRORS, &id), 0);
    assert_int_equal(stored(KEY_SEQUENCE, NULL), 1);
    assert_false(spool_holds(&id));
    assert_int_equal(profiles_now(), 1);

    /* once more changes nothing */

    text = everybody();
    record = document_get(worker.store, TENANT, KEY_IMPORT, &id, NULL);
    entries = json_array_size(json_object_get(record, "history"));
    json_decref(record);
    assert_string_equal(undo(&id), "done");
    record = document_get(worker.store, TENANT, KEY_IMPORT, &id, NULL);
    assert_int_equal(json_array_size(json_object_get(record, "history")),
                     entries);
    json_decref(record);
    again = everybody();
    assert_string_equal(text, again);
    aud_free(text);
    aud_free(again);

    /* and the last one leaves nobody */

    assert_string_equal(undo(&other), "done");
    assert_int_equal(profiles_now(), 0);
}


static void
undone_is_not_imported_again(void **state)
{
    char         name[AUD_ID_LEN + 1];
    aud_uuid_t   id, job;

    json_decref(import_text("phoneNumber\n11987654321\n", 24, ',', &id));
    assert_string_equal(undo(&id), "done");
    spool(&id, "phoneNumber\n11987654321\n", 24);
    aud_id_format(name, "imp", &id);
    assert_string_equal(job_runs("import", json_pack("{s:s}", "import", name),
                                 NULL, &job), "dead");
    assert_int_equal(profiles_now(), 0);
}


/* Every column of every segment is a field of the registry, and of its type. */

static void
segments_fit_the_registry(void)
{
    size_t                i, k, n, s;
    base_t               *base = bases_get(worker.bases, TENANT);
    base_field_t         *fields;
    aud_generation_t     *g;
    const aud_column_t   *column;
    const aud_segment_t  *segment;

    g = base_generation(base);
    fields = base_fields(base, &n);

    for (s = 0; s < g->nslices; s++) {
        segment = g->slices[s].segment;

        for (k = 0; k < segment->ncolumns; k++) {
            column = &segment->columns[k];

            for (i = 0; i < n; i++) {
                if (aud_str_equal(fields[i].field.name, column->name)) {
                    assert_int_equal(fields[i].field.type, column->type);
                    break;
                }
            }

            assert_true(i < n);
        }
    }

    base_fields_free(fields, n);
    aud_generation_release(g);
}


static size_t
slices_now(void)
{
    size_t             n;
    aud_generation_t  *g;

    g = base_generation(bases_get(worker.bases, TENANT));
    n = g->nslices;
    aud_generation_release(g);

    return n;
}


/* A column of the same name that says other things, while a merged segment of
 * other people has the first one. */

static void
a_field_may_come_back_as_another(void **state)
{
    aud_uuid_t  id;

    json_decref(import_of("phoneNumber\n11987654321\n"));
    json_decref(import_text("phoneNumber,nota\n11987654321,bom\n"
                            "11987654322,ruim\n", 50, ',', &id));
    json_decref(import_of("phoneNumber\n11987654325\n"));
    json_decref(import_of("phoneNumber\n11987654326\n"));

    while (slices_now() > 1) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_string_equal(undo(&id), "done");
    segments_fit_the_registry();
    assert_string_equal(value_of("+5511987654321", "nota"), "");
    json_decref(import_of("phoneNumber,nota\n11987654323,7\n"));
    segments_fit_the_registry();
    assert_string_equal(value_of("+5511987654323", "nota"), "7");
    assert_string_equal(value_of("+5511987654321", "nota"), "");
}


static void
a_type_settles_without_the_import(void **state)
{
    aud_uuid_t  id;

    json_decref(import_of("phoneNumber,nota\n11987654321,7\n"));
    json_decref(import_text("phoneNumber,nota\n11987654322,bom\n", 33, ',',
                            &id));
    assert_true(registry_has("nota text"));
    assert_string_equal(undo(&id), "done");
    assert_true(registry_has("nota number"));
    assert_string_equal(value_of("+5511987654321", "nota"), "7");
}


static void
an_import_that_failed_goes_too(void **state)
{
    aud_uuid_t  id;

    json_decref(import_text("phoneNumber\n12\n", 15, ',', &id));
    assert_string_equal(state_of(&id), "failed");
    assert_int_not_equal(stored(KEY_ERRORS, &id), 0);
    assert_string_equal(undo(&id), "done");
    assert_int_equal(stored(KEY_ERRORS, &id), 0);
    assert_string_equal(state_of(&id), "undone");
}


/* The base as it is equals what a fold of all source records anew gives. */

static void
equals_a_rebuild(void)
{
    char        *people, *fields, *blocked, *text;
    aud_uuid_t   job;

    people = sorted(everybody());
    fields = sorted(registry());
    blocked = blocked_now();
    assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                        "done");
    text = sorted(everybody());
    assert_string_equal(people, text);
    aud_free(text);
    text = sorted(registry());
    assert_string_equal(fields, text);
    aud_free(text);
    text = blocked_now();
    assert_string_equal(blocked, text);
    aud_free(text);
    aud_free(people);
    aud_free(fields);
    aud_free(blocked);
}


/* It has no records, and so no place in their order. */

static void
an_import_of_refused_rows_is_no_matter(void **state)
{
    char        *before, *after;
    json_t      *record;
    aud_uuid_t   id;

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    json_decref(import_text("phoneNumber,Opt-in,nota\n11987654322,não,7\n",
                            44, ',', &id));
    record = document_get(worker.store, TENANT, KEY_IMPORT, &id, NULL);
    assert_null(json_object_get(record, "sequence"));
    json_decref(record);
    before = sorted(everybody());
    equals_a_rebuild();
    assert_int_equal(stored(KEY_SEQUENCE, NULL), 1);
    assert_string_equal(undo(&id), "done");
    after = sorted(everybody());
    assert_string_equal(before, after);
    equals_a_rebuild();
    aud_free(before);
    aud_free(after);
}


/*
 * The property: an import that is undone might never have been, whatever came
 * before it, after it and between.
 */

static void
undoing_leaves_what_a_rebuild_gives(void **state)
{
    int           i, n, round;
    aud_uuid_t    ids[2 * IMPORTS];
    aud_buffer_t  text = { 0 };

    for (round = 0; round < 10; round++) {
        if (round % 2) {                /* values stop linking, and link again */
            settings.policy.max_people[COMPONENT_PHONE] = 2;
            settings.policy.max_people[COMPONENT_EMAIL] = 2;
        }

        for (i = 0, n = 0; i < 2 * IMPORTS; i++) {
            if (n && random_below(3) == 0) {
                assert_string_equal(undo(&ids[random_below(n)]), "done");

            } else {
                random_people(&text);
                json_decref(import_text(text.data, text.len - 1, ',',
                                        &ids[n++]));
            }

            segments_fit_the_registry();
        }

        assert_string_equal(undo(&ids[random_below(n)]), "done");
        equals_a_rebuild();

        while (n) {
            assert_string_equal(undo(&ids[--n]), "done");
        }

        assert_int_equal(profiles_now(), 0);
        assert_int_equal(stored(KEY_BLOCKED, NULL), 0);

        worker_teardown(NULL);
        worker_setup(NULL);
    }

    aud_buffer_free(&text);
}


static json_t *
random_records(const aud_uuid_t *imports, int n, int many)
{
    char     text[AUD_ID_LEN + 1];
    json_t  *records = json_array();

    do {
        aud_id_format(text, "imp", &imports[random_below(n)]);
        json_array_append_new(records, json_pack("{s:s, s:i}", "import", text,
                                                 "line",
                                                 (int) random_below(20) + 2));
    } while (json_array_size(records) < 1 + many);

    return records;
}


static json_t *
random_value(const aud_uuid_t *id)
{
    char              value[64];
    component_kind_t  kind = random_below(2) ? COMPONENT_PHONE
                                             : COMPONENT_EMAIL;

    if (kind == COMPONENT_PHONE) {
        sprintf(value, "+55119876543%02zu", random_below(30));

    } else {
        sprintf(value, "p%zu@x.com", random_below(25));
    }

    return rule_blocked(id, kind, value, "ana", upload_time);
}


/* About a value, or records of imports, some of which are none; -1 where it
 * contradicts another. */

static int
random_rule(const aud_uuid_t *imports, int n, aud_uuid_t *id)
{
    int          together = random_below(2);
    json_t      *one, *other, *rule;
    aud_uuid_t   job;

    aud_uuid_make(id);

    if (random_below(3) == 0) {
        assert_string_equal(job_runs("resolve",
                                     json_pack("{s:o}", "rule",
                                               random_value(id)), NULL, &job),
                            "done");
        return 0;
    }

    one = random_records(imports, n, together + random_below(3));
    other = together ? NULL : random_records(imports, n, random_below(3));
    rule = rule_document(id, together ? "together"
                             : random_below(2) ? "apart" : "split",
                         one, other, "ana", upload_time);
    json_decref(one);
    json_decref(other);

    return strcmp(job_runs("resolve", json_pack("{s:o}", "rule", rule), NULL,
                           &job), "done") == 0 ? 0 : -1;
}


static const char *
unrule(const aud_uuid_t *id)
{
    char        text[AUD_ID_LEN + 1];
    aud_uuid_t  job;

    aud_id_format(text, "rul", id);

    return job_runs("resolve", json_pack("{s:s}", "unrule", text), NULL, &job);
}


static void
block(aud_uuid_t *id, component_kind_t kind, const char *value)
{
    json_t      *rule;
    aud_uuid_t   job;

    aud_uuid_make(id);
    rule = rule_blocked(id, kind, value, "ana", upload_time);
    assert_string_equal(job_runs("resolve", json_pack("{s:o}", "rule", rule),
                                 NULL, &job), "done");
}


static void
a_value_is_blocked_and_links_again(void **state)
{
    aud_uuid_t  id;

    json_decref(import_of("phoneNumber,name,email\n1133334444,Rita,\n"
                          "1133334444,Rita Lima,r@x.com\n1133334444,,\n"
                          ",,r@x.com\n"));
    assert_int_equal(profiles_now(), 1);
    block(&id, COMPONENT_PHONE, "+551133334444");
    assert_int_equal(profiles_now(), 3);
    equals_a_rebuild();
    assert_string_equal(unrule(&id), "done");
    assert_int_equal(profiles_now(), 1);
    equals_a_rebuild();
}


/* Found anew when the rule goes, and not remembered while it is there. */

static void
too_many_peoples_value_is_blocked_too(void **state)
{
    aud_uuid_t  id, import;

    settings.policy.max_people[COMPONENT_PHONE] = 2;
    json_decref(import_of("phoneNumber,name\n1133334444,Ana\n"
                          "1133334444,Bia\n"));
    json_decref(import_text("phoneNumber,name\n1133334444,Caio\n", 33, ',',
                            &import));
    assert_int_equal(stored(KEY_BLOCKED, NULL), 1);
    block(&id, COMPONENT_PHONE, "+551133334444");
    assert_int_equal(stored(KEY_BLOCKED, NULL), 0);
    assert_string_equal(unrule(&id), "done");
    assert_int_equal(stored(KEY_BLOCKED, NULL), 1);

    block(&id, COMPONENT_PHONE, "+551133334444");
    assert_string_equal(undo(&import), "done");
    assert_string_equal(unrule(&id), "done");
    assert_int_equal(stored(KEY_BLOCKED, NULL), 0);
    equals_a_rebuild();
}


/* The same with rules that come and go; at last all go. */

static void
rules_leave_what_a_rebuild_gives(void **state)
{
    int           i, n, nrules, round, took;
    aud_uuid_t    ids[3 * IMPORTS], rules[3 * IMPORTS];
    aud_buffer_t  text = { 0 };

    for (round = 0, took = 0; round < 10; round++) {
        settings.policy.max_people[COMPONENT_PHONE] = round % 2 ? 2 : 8;

        for (i = 0, n = 0, nrules = 0; i < 3 * IMPORTS; i++) {
            switch (n ? random_below(4) : 0) {

            case 0:
                random_people(&text);
                json_decref(import_text(text.data, text.len - 1, ',',
                                        &ids[n++]));
                break;

            case 1:
                assert_string_equal(undo(&ids[random_below(n)]), "done");
                break;

            case 2:
                if (nrules) {
                    assert_string_equal(unrule(&rules[random_below(nrules)]),
                                        "done");
                    break;
                }

                /* fall through */

            default:
                nrules += random_rule(ids, n, &rules[nrules]) == 0;
                took += nrules != 0;
            }

            if (random_below(5) == 0) {     /* else this is for the next step */
                equals_a_rebuild();
            }
        }

        equals_a_rebuild();
        assert_true(stored(KEY_RULE, NULL) <= nrules);

        while (nrules) {
            assert_string_equal(unrule(&rules[--nrules]), "done");
        }

        equals_a_rebuild();

        assert_int_equal(stored(KEY_RULE, NULL), 0);

        worker_teardown(NULL);
        worker_setup(NULL);
    }

    assert_int_not_equal(took, 0);
    aud_buffer_free(&text);
}


/* An automatic audience of these people. */

static void
sample_people(const aud_uuid_t *id, const aud_uuid_t *members, size_t n)
{
    json_t          *document = json_pack("{s:n}", "filter");
    base_t          *base = bases_get(worker.bases, TENANT);
    aud_error_t      err;
    store_batch_t   *batch = store_batch_create();
    aud_audience_t   put = { .id = *id, .members = members, .nmembers = n };
    base_change_t    change = { .put = &put, .nput = 1 };

    document_put(batch, TENANT, KEY_AUDIENCE, id, document);
    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_OK);
    assert_int_equal(store_apply(worker.store, batch, &err), STORE_OK);
    assert_int_equal(base_publish(base, &err), BASE_OK);
    base_unlock(base);
    store_batch_free(batch);
    json_decref(document);
}


static void
members_are(const aud_uuid_t *id, const aud_uuid_t *members, size_t n)
{
    size_t                 kept;
    aud_uuid_t            *stored;
    aud_error_t            err;
    aud_generation_t      *g;
    const aud_audience_t  *a;

    g = base_generation(bases_get(worker.bases, TENANT));
    a = aud_generation_audience(g, id);
    stored = sample_read(worker.store, TENANT, id, &kept, &err);
    assert_int_equal(a->nmembers, n);
    assert_int_equal(kept, n);
    assert_memory_equal(a->members, members, n * sizeof(aud_uuid_t));
    assert_memory_equal(stored, members, n * sizeof(aud_uuid_t));
    aud_free(stored);
    aud_generation_release(g);
}


/* Ana, Bia and Caio have one phone; Davi has another. */

static void
samples_follow_who_joins_by_other_settings(void **state)
{
    aud_uuid_t         id, job, people[4], joined[2];
    aud_generation_t  *g;

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"
                          "11987654321,Bia\n11987654322,Davi\n"
                          "11987654321,Caio\n"));
    g = base_generation(bases_get(worker.bases, TENANT));
    memcpy(people, g->slices[0].segment->profiles, sizeof(people));
    aud_generation_release(g);
    joined[0] = people[0];
    joined[1] = people[2];

    aud_uuid_make(&id);
    sample_people(&id, people, 4);
    assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                        "done");
    members_are(&id, people, 4);

    settings.policy.name_contradicts = 0;
    assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                        "done");
    members_are(&id, joined, 2);

    settings.policy.name_contradicts = 90;
    assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                        "done");
    members_are(&id, joined, 2);
}


/* Anybody, by the id of now; 0 where there is nobody. */

static int
somebody(aud_uuid_t *profile)
{
    size_t             i, n = 0;
    uint32_t           row;
    aud_generation_t  *g;

    g = base_generation(bases_get(worker.bases, TENANT));

    for (i = 0; i < g->nslices; i++) {
        for (row = 0; row < g->slices[i].segment->rows; row++) {
            if ((g->slices[i].deleted == NULL
                 || !aud_bit(g->slices[i].deleted, row))
                && random_below(++n) == 0)
            {
                *profile = g->slices[i].segment->profiles[row];
            }
        }
    }

    aud_generation_release(g);

    return n != 0;
}


static const char *
erase(const aud_uuid_t *profile)
{
    char        id[AUD_ID_LEN + 1], text[AUD_ID_LEN + 1];
    aud_uuid_t  audit, job;

    aud_uuid_make(&audit);
    aud_id_format(id, "adt", &audit);
    aud_id_format(text, "prf", profile);

    return job_runs("resolve", json_pack("{s:{s:s, s:s}}", "erase", "id", id,
                                         "profile", text), NULL, &job);
}


static int
segments_hold(const char *text)
{
    char  command[700];

    snprintf(command, sizeof(command), "grep -rqaF %s %s/segments", text,
             settings.root);

    return system(command) == 0;
}


/* Of an import that was undone, in a segment with others: no record of the
 * person speaks of it any more. */

static void
a_row_struck_out_long_ago_is_erased_too(void **state)
{
    aud_uuid_t  id, profile;

    json_decref(import_text("phoneNumber,nota\n11987654321,zwqkvjx\n", 37, ',',
                            &id));
    json_decref(import_of("phoneNumber,nota\n11987654322,bom\n"));
    json_decref(import_of("phoneNumber,nota\n11987654323,ruim\n"));

    while (slices_now() > 1) {
        uv_run(&loop, UV_RUN_ONCE);
    }

    assert_string_equal(undo(&id), "done");
    json_decref(import_text("phoneNumber\n11987654321\n", 24, ',', &id));
    assert_true(segments_hold("zwqkvjx"));
    profile_birth(&profile, &id, 2);
    assert_string_equal(erase(&profile), "done");
    assert_false(segments_hold("zwqkvjx"));
    assert_int_equal(profiles_now(), 2);
}


/* Everybody's records but those of one profile; NULL: of all. */

static char *
records_but_of(const aud_uuid_t *profile)
{
    size_t                i;
    uint32_t              row;
    aud_str_t             rest;
    aud_buffer_t          out = { 0 };
    aud_generation_t     *g;
    aud_source_record_t   record;
    const aud_segment_t  *segment;

    g = base_generation(bases_get(worker.bases, TENANT));

    for (i = 0; i < g->nslices; i++) {
        segment = g->slices[i].segment;

        for (row = 0; row < segment->rows; row++) {
            if ((g->slices[i].deleted && aud_bit(g->slices[i].deleted, row))
                || (profile && aud_uuid_compare(&segment->profiles[row],
                                                profile) == 0))
            {
                continue;
            }

            rest = aud_segment_records(segment, row);

            while (aud_source_record_read(&rest, &record) == 1) {
                aud_buffer_printf(&out, "%llx\n",
                                  (unsigned long long) record.ref);
            }
        }
    }

    aud_buffer_char(&out, '\0');
    aud_generation_release(g);

    return sorted(out.data);
}


static void
erase_somebody(void)
{
    char        *others, *left;
    aud_uuid_t   profile;

    if (!somebody(&profile)) {
        return;
    }

    others = records_but_of(&profile);
    assert_string_equal(erase(&profile), "done");
    left = records_but_of(NULL);
    assert_string_equal(others, left);
    aud_free(others);
    aud_free(left);
}


/* The same of people who are erased between imports that come and go and rules:
 * all others stay, and are what they would be if those rows had never been. */

static void
erasing_leaves_what_a_rebuild_gives(void **state)
{
    int           i, n, nrules, round;
    aud_uuid_t    ids[4 * IMPORTS], rules[4 * IMPORTS];
    aud_buffer_t  text = { 0 };

    for (round = 0; round < 5; round++) {
        settings.policy.max_people[COMPONENT_PHONE] = round % 2 ? 2 : 8;

        for (i = 0, n = 0, nrules = 0; i < 4 * IMPORTS; i++) {
            switch (n ? random_below(5) : 0) {

            case 0:
                random_people(&text);
                json_decref(import_text(text.data, text.len - 1, ',',
                                        &ids[n++]));
                break;

            case 1:
                assert_string_equal(undo(&ids[random_below(n)]), "done");
                break;

            case 2:
                nrules += random_rule(ids, n, &rules[nrules]) == 0;
                break;

            default:
                erase_somebody();
            }

            segments_fit_the_registry();

            if (random_below(4) == 0) {
                equals_a_rebuild();
            }
        }

        equals_a_rebuild();

        while (profiles_now()) {
            erase_somebody();
        }

        equals_a_rebuild();
        assert_int_equal(stored(KEY_RECORDS, NULL), 0);
        assert_int_equal(stored(KEY_BLOCKED, NULL), 0);

        worker_teardown(NULL);
        worker_setup(NULL);
    }

    aud_buffer_free(&text);
}


#define TEST(name)  \
    cmocka_unit_test_setup_teardown(name, worker_setup, worker_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(what_joined_people_comes_apart),
        TEST(nothing_of_an_undone_import_is_left),
        TEST(undone_is_not_imported_again),
        TEST(a_field_may_come_back_as_another),
        TEST(a_type_settles_without_the_import),
        TEST(an_import_that_failed_goes_too),
        TEST(an_import_of_refused_rows_is_no_matter),
        TEST(undoing_leaves_what_a_rebuild_gives),
        TEST(a_value_is_blocked_and_links_again),
        TEST(too_many_peoples_value_is_blocked_too),
        TEST(rules_leave_what_a_rebuild_gives),
        TEST(a_row_struck_out_long_ago_is_erased_too),
        TEST(erasing_leaves_what_a_rebuild_gives),
        TEST(samples_follow_who_joins_by_other_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
