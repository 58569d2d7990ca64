/*
 * The sweeper removes what has had its day, and nothing else.
 */

#include "importing.h"

#include "llm_ledger.h"
#include "sweeper.h"


static int64_t  (*real_clock)(void);
static int64_t  ahead;


static int64_t
clock_ahead(void)
{
    return real_clock() + ahead;
}


/* Runs the sweeper once, `later` microseconds from now. */

static void
sweep(int64_t later)
{
    sweeper_t    *sweeper;
    aud_error_t   err;

    real_clock = aud_clock;
    ahead = later;
    aud_clock = clock_ahead;

    sweeper = sweeper_create(&worker, &err);
    assert_non_null(sweeper);
    uv_run(&loop, UV_RUN_ONCE);
    sweeper_close(sweeper);
    uv_close((uv_handle_t *) &alive, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_timer_init(&loop, &alive);
    uv_timer_start(&alive, still_alive, 1000, 1000);

    aud_clock = real_clock;
}


static void
commit_now(store_batch_t *batch)
{
    aud_error_t  err;

    assert_int_equal(store_apply(worker.store, batch, &err), STORE_OK);
    store_batch_free(batch);
}


static void
write_export(const aud_uuid_t *id, const char *suffix)
{
    char   path[DOCUMENT_PATH_MAX];
    FILE  *file;

    snprintf(path, sizeof(path), "%s/exports", settings.root);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/exports/" TENANT, settings.root);
    mkdir(path, 0755);

    document_export_path(&worker, TENANT, id, suffix, path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("phoneNumber\r\n", file);
    fclose(file);
}


static int
export_holds(const aud_uuid_t *id, const char *suffix)
{
    char  path[DOCUMENT_PATH_MAX];

    document_export_path(&worker, TENANT, id, suffix, path);

    return access(path, F_OK) == 0;
}


/* An export whose link expires `hours` from now. */

static void
export_made(aud_uuid_t *id, const char *state, int hours)
{
    json_t         *record;
    store_batch_t  *batch;

    aud_uuid_make(id);
    record = json_pack("{s:s, s:s, s:o}", "state", state, "url", "http://x",
                       "expires_at", document_time(aud_now() + hours * 3600
                                                   * AUD_SECOND));
    batch = store_batch_create();
    document_put(batch, TENANT, KEY_EXPORT, id, record);
    json_decref(record);
    commit_now(batch);
    write_export(id, ".csv");
}


static const char *
state_of(const aud_uuid_t *id)
{
    json_t       *record;
    static char   state[20];

    record = document_get(worker.store, TENANT, KEY_EXPORT, id, NULL);
    snprintf(state, sizeof(state), "%s", document_text(record, "state"));
    json_decref(record);

    return state;
}


static void
exports_expire(void **state)
{
    aud_uuid_t  id;

    export_made(&id, "done", 48);

    sweep(47 * 3600 * AUD_SECOND);
    assert_true(export_holds(&id, ".csv"));
    assert_string_equal(state_of(&id), "done");

    sweep(49 * 3600 * AUD_SECOND);
    assert_false(export_holds(&id, ".csv"));
    assert_string_equal(state_of(&id), "expired");
}


static void
files_that_no_export_has_go_after_an_hour(void **state)
{
    aud_uuid_t  nobody, half;

    aud_uuid_make(&nobody);
    aud_uuid_make(&half);
    write_export(&nobody, ".csv");
    write_export(&half, ".csv.tmp");

    sweep(60 * AUD_SECOND);
    assert_true(export_holds(&nobody, ".csv"));
    assert_true(export_holds(&half, ".csv.tmp"));

    sweep(3700 * AUD_SECOND);
    assert_false(export_holds(&nobody, ".csv"));
    assert_false(export_holds(&half, ".csv.tmp"));
}


static void
files_behind_revoked_links_go_at_once(void **state)
{
    aud_uuid_t  revoked, expired;

    export_made(&revoked, "revoked", 48);
    export_made(&expired, "expired", 48);
    sweep(0);
    assert_false(export_holds(&revoked, ".csv"));
    assert_false(export_holds(&expired, ".csv"));
}


static void
an_export_under_way_keeps_its_file(void **state)
{
    aud_uuid_t  id;

    export_made(&id, "queued", 48);
    sweep(40 * 3600 * AUD_SECOND);
    assert_true(export_holds(&id, ".csv"));
}


static void
uploads_that_no_import_owns_go_after_an_hour(void **state)
{
    char            name[AUD_ID_LEN + 1];
    json_t         *record;
    aud_uuid_t      nobody, waiting;
    store_batch_t  *batch;

    aud_uuid_make(&nobody);
    aud_uuid_make(&waiting);
    spool(&nobody, "x", 1);
    spool(&waiting, "x", 1);

    aud_id_format(name, "imp", &waiting);
    record = upload_record(name, "", "phoneNumber", ',');
    batch = store_batch_create();
    document_put(batch, TENANT, KEY_IMPORT, &waiting, record);
    json_decref(record);
    commit_now(batch);

    sweep(60 * AUD_SECOND);
    assert_true(spool_holds(&nobody));

    sweep(3700 * AUD_SECOND);
    assert_false(spool_holds(&nobody));
    assert_true(spool_holds(&waiting));
}


static void
a_failed_import_keeps_its_file_for_a_week(void **state)
{
    char            name[AUD_ID_LEN + 1];
    json_t         *record;
    aud_uuid_t      id;
    store_batch_t  *batch;

    aud_uuid_make(&id);
    aud_id_format(name, "imp", &id);
    spool(&id, "x", 1);
    record = upload_record(name, "", "phoneNumber", ',');
    import_record_fail(record, "The disk is full.", 0);
    batch = store_batch_create();
    document_put(batch, TENANT, KEY_IMPORT, &id, record);
    json_decref(record);
    commit_now(batch);

    sweep(6 * AUD_DAY);
    assert_true(spool_holds(&id));
    sweep(8 * AUD_DAY);
    assert_false(spool_holds(&id));
}


static int
answer_is_kept(const char *tenant)
{
    aud_str_t     value;
    aud_error_t   err;
    store_key_t   key;

    key = key_text(tenant, KEY_IDEMPOTENCY, AUD_STR("digest"));

    if (store_get(worker.store, key_str(&key), &value, &err) != STORE_OK) {
        return 0;
    }

    store_value_free(value);

    return 1;
}


static void
answers_live_for_a_day(void **state)
{
    char            at[AUD_TIME_LEN + 1], value[100];
    size_t          i;
    store_key_t     key;
    store_batch_t  *batch;
    static const char *const  tenants[] = { "a", "demo", "demo-2", "z" };

    aud_time_format(at, aud_now());
    snprintf(value, sizeof(value), "{\"at\":\"%s\",\"status\":201}", at);
    batch = store_batch_create();

    for (i = 0; i < 4; i++) {
        key = key_text(tenants[i], KEY_IDEMPOTENCY, AUD_STR("digest"));
        store_batch_put(batch, key_str(&key), aud_str(value, strlen(value)));
    }

    commit_now(batch);
    sweep(23 * 3600 * AUD_SECOND);

    for (i = 0; i < 4; i++) {
        assert_true(answer_is_kept(tenants[i]));
    }

    sweep(25 * 3600 * AUD_SECOND);

    for (i = 0; i < 4; i++) {
        assert_false(answer_is_kept(tenants[i]));
    }
}


static size_t
keys_of(const char *tenant, key_kind_t kind)
{
    size_t         n = 0;
    aud_str_t      key, value;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(tenant, kind);
    scan = store_scan(worker.store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while (store_scan_next(scan, &key, &value, &err) == 1) {
        n++;
    }

    store_scan_free(scan);

    return n;
}


/* The sweeper looks at them once an hour: here once a worker. */

static void
sweep_answers_after(int64_t later, size_t answers, size_t counts)
{
    sweep(later);
    assert_int_equal(keys_of("demo", KEY_ANSWER), answers);
    assert_int_equal(keys_of("z", KEY_ANSWER), answers);
    assert_int_equal(keys_of("demo", KEY_TOKENS), counts);
    worker_close();
    worker_open();
}


static void
what_a_language_model_answered_lives_for_its_days(void **state)
{
    char            day[AUD_TIME_LEN + 1];
    llm_key_t       answer = { "question" };
    store_key_t     key;
    store_batch_t  *batch;

    aud_time_format(day, aud_now());
    batch = store_batch_create();
    llm_ledger_keep(batch, "demo", &answer, AUD_STR("{}"));
    llm_ledger_keep(batch, "z", &answer, AUD_STR("{}"));
    key = key_text("demo", KEY_TOKENS, aud_str(day, 10));
    store_batch_put(batch, key_str(&key), AUD_STR("{\"tokens\":1}"));
    commit_now(batch);

    sweep_answers_after(29 * AUD_DAY, 1, 1);
    sweep_answers_after(31 * AUD_DAY, 0, 1);
    sweep_answers_after(42 * AUD_DAY, 0, 0);
}


#define TEST(name)  \
    cmocka_unit_test_setup_teardown(name, worker_setup, worker_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(exports_expire),
        TEST(files_that_no_export_has_go_after_an_hour),
        TEST(files_behind_revoked_links_go_at_once),
        TEST(an_export_under_way_keeps_its_file),
        TEST(uploads_that_no_import_owns_go_after_an_hour),
        TEST(a_failed_import_keeps_its_file_for_a_week),
        TEST(answers_live_for_a_day),
        TEST(what_a_language_model_answered_lives_for_its_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
