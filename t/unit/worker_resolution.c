/*
 * What changes do to profiles, against the plainest way: random histories of
 * imports, removals and rules, and after each step all records that there are
 * resolved at once.
 */

#include "resolution_truth.h"

#define STEPS   60
#define ROUNDS  12


static aud_str_t
one_of(const char *const *texts, size_t n)
{
    const char  *text = texts[random_below(n)];

    return aud_str(text, strlen(text));
}


static component_record_t
random_record(void)
{
    component_record_t        record = { 0 };
    static const char *const  documents[] = {
        "52998224725", "11144477735", "11222333000181", "", "", "", "", ""
    };
    static const char *const  phones[] = {
        "+5511900000001", "+5511900000002", "+5511900000003", "+5511900000004",
        "+5511900000005", "+5511900000006", "+5511900000007", "+5511900000008",
        "+5511900000009", "+5511900000010", "+5511900000011", "", "", ""
    };
    static const char *const  emails[] = {
        "a@x.com", "b@x.com", "c@x.com", "d@x.com", "e@x.com", "f@x.com",
        "g@x.com", "h@x.com", "i@x.com", "", "", ""
    };
    static const char *const  names[] = {
        "Ana Silva", "Ana M. Silva", "Bia Souza", "Joao Lima",
        "Joao Lima Filho", "Caio", "", "", ""
    };

    record.values[COMPONENT_TAX_DOCUMENT] = one_of(documents, 8);
    record.values[COMPONENT_PHONE] = one_of(phones, 14);
    record.values[COMPONENT_EMAIL] = one_of(emails, 12);
    record.name = one_of(names, 9);

    return record;
}

static void
step_import(void)
{
    size_t              i, n = 1 + random_below(20);
    component_record_t  records[20];

    for (i = 0; i < n; i++) {
        records[i] = random_record();
    }

    import_records(records, n);
}


/* A whole import, or a few records anywhere. */

static void
step_removal(void)
{
    size_t               i;
    uint32_t             import;
    uint64_t             refs[RECORDS];
    store_batch_t       *batch = store_batch_create();
    resolution_base_t    base;
    resolution_change_t  gone = { .removed = refs };

    import = random_below(2) ? random_below(nimports) : UINT32_MAX;

    for (i = 0; i < nknown; i++) {      /* which ascend by ref */
        known[i].going = known[i].there
                         && (import == UINT32_MAX ? random_below(30) == 0
                                                  : known[i].import == import);

        if (known[i].going) {
            refs[gone.nremoved++] = known[i].record.ref;
        }
    }

    load(&base);

    if (import != UINT32_MAX) {
        sequences_delete(batch, TENANT, 3 * import + 1);
    }

    change(&base, &gone, NULL, batch);
    resolution_base_free(&base);

    for (i = 0; i < nknown; i++) {
        known[i].there &= !known[i].going;
        known[i].going = 0;
    }
}


static void
step_rule(void)
{
    size_t       n;
    json_t      *document;
    const char  *type = random_below(2) ? "apart" : "together";

    document = json_pack("{s:s}", "type", type);

    for (n = 2 + random_below(2); n; n--) {
        rule_names(document, "one", &known[random_below(nknown)]);

        if (type[0] == 'a') {
            rule_names(document, "other", &known[random_below(nknown)]);
        }
    }

    add_rule(document);
}


static void
step_rule_goes(void)
{
    size_t                i, n;
    uint64_t             *refs;
    store_key_t           key;
    store_batch_t        *batch = store_batch_create();
    resolution_base_t     base;
    resolution_change_t   spoken = { 0 };
    component_mention_t  *mentions;

    load(&base);

    if (base.rules.n == 0) {
        store_batch_free(batch);
        resolution_base_free(&base);
        return;
    }

    i = random_below(base.rules.n);
    assert_int_equal(rules_mentions(&base.rules, &base.sequences, &mentions,
                                    &n), 0);
    refs = calloc(n + 1, sizeof(uint64_t));
    spoken.spoken_of = refs;

    for (size_t k = 0; k < n; k++) {
        if (mentions[k].rule == i) {
            refs[spoken.nspoken_of++] = mentions[k].ref;
        }
    }

    aud_free(mentions);
    key = key_id(TENANT, KEY_RULE, &base.rules.items[i].id);
    store_batch_delete(batch, key_str(&key));
    json_decref(base.rules.items[i].document);
    memmove(&base.rules.items[i], &base.rules.items[i + 1],
            (--base.rules.n - i) * sizeof(rule_t));

    change(&base, &spoken, NULL, batch);
    resolution_base_free(&base);
    free(refs);
}


/* All that lives in one segment, as a merge would leave it. */

static int
place_by_id(const void *a, const void *b)
{
    const uint32_t  *x = a, *y = b;

    return aud_uuid_compare(&slices[x[0]].segment->profiles[x[1]],
                            &slices[y[0]].segment->profiles[y[1]]);
}


static void
step_merge(void)
{
    size_t             i, n = 0, old = g.nslices;
    uint32_t           s, row, places[RECORDS][2];
    aud_str_t          records;
    aud_buffer_t       copy = { 0 };
    aud_field_t        field = { AUD_STR("x"), AUD_TYPE_TEXT,
                                 AUD_KIND_BEHAVIOUR, 0 };
    segment_writer_t  *w = segment_writer_create(&field, 1);

    for (s = 0; s < g.nslices; s++) {
        for (row = 0; row < slices[s].segment->rows; row++) {
            if (lives(s, row)) {
                places[n][0] = s;
                places[n++][1] = row;
            }
        }
    }

    qsort(places, n, sizeof(places[0]), place_by_id);

    for (i = 0; i < n; i++) {
        records = aud_segment_records(slices[places[i][0]].segment,
                                      places[i][1]);
        aud_buffer_add(&copy, records.data, records.len);
        add_record(w, &slices[places[i][0]].segment->profiles[places[i][1]],
                   &copy);
    }

    aud_buffer_free(&copy);

    if (n == 0 || old == SLICES) {
        segment_writer_free(w);
        return;
    }

    add_slice(w);

    for (i = 0; i < old; i++) {
        aud_segment_release(slices[i].segment);
    }

    slices[0] = slices[old];
    memset(deleted[0], 0, sizeof(deleted[0]));
    slices[0].deleted = deleted[0];
    g.nslices = 1;
}

static void
histories_leave_what_all_records_at_once_give(void **state)
{
    unsigned  round, step;

    for (round = 0; round < ROUNDS; round++) {
        if (round % 3) {                /* values are soon too many's */
            policy.max_people[COMPONENT_TAX_DOCUMENT] = round % 3;
            policy.max_people[COMPONENT_PHONE] = 1 + round % 3;
            policy.max_people[COMPONENT_EMAIL] = 1 + round % 3;
            policy.max_variants = 3 * round;
        }

        step_import();

        for (step = 1; step < STEPS; step++) {
            switch (random_below(8)) {
            case 0: case 1:
                step_removal();
                break;
            case 2:
                step_rule();
                break;
            case 3:
                step_rule_goes();
                break;
            case 4:
                step_merge();
                break;
            default:
                step_import();
            }

            check();
        }

        end(NULL);
        begin(NULL);
    }
}


/* A rule that joins was refused, as the two had other documents.  Then one of
 * these is too many people's, and speaks no more. */

static void
a_rule_waits_for_what_refuses_it(void **state)
{
    json_t              *rule;
    size_t               slice, other;
    uint32_t             row, other_row;
    component_record_t   records[] = {
        { .values = { AUD_STR("52998224725") } },
        { .values = { AUD_STR("11144477735") } },
    };
    component_record_t   crowd[] = {
        { .values = { AUD_STR("11144477735") }, .name = AUD_STR("Ana") },
        { .values = { AUD_STR("11144477735") }, .name = AUD_STR("Bia") },
    };

    policy.max_people[COMPONENT_TAX_DOCUMENT] = 1;
    import_records(records, 2);
    rule = json_pack("{s:s}", "type", "together");
    rule_names(rule, "one", &known[0]);
    rule_names(rule, "one", &known[1]);
    add_rule(rule);
    check();
    assert_int_equal(g.nslices, 1);

    import_records(crowd, 2);
    check();
    assert_int_equal(profile_of_record(&g, known[0].record.ref, &slice, &row),
                     1);
    assert_int_equal(profile_of_record(&g, known[1].record.ref, &other,
                                       &other_row), 1);
    assert_int_equal(slice, other);
    assert_int_equal(row, other_row);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            a_rule_waits_for_what_refuses_it, begin, end),
        cmocka_unit_test_setup_teardown(
            histories_leave_what_all_records_at_once_give, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
