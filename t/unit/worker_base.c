/*
 * A base against a plain model: what it keeps, what a stop or a full disk or
 * damage does to it.
 */

#include <signal.h>
#include <sys/resource.h>

#include "base_model.h"


static void
test_a_new_base_is_empty(void **state)
{
    size_t         n;
    base_field_t  *fields;

    fields = base_fields(base, &n);
    assert_int_equal(n, 0);
    base_fields_free(fields, n);
    check_base();
    restart();
    check_base();
}


static void
test_the_field_registry_is_kept(void **state)
{
    size_t         n;
    base_field_t  *fields;

    import(10, STOP_NEVER);
    restart();
    fields = base_fields(base, &n);

    assert_int_equal(n, 2);
    assert_true(aud_str_equal(fields[1].field.name, AUD_STR("tags")));
    assert_int_equal(fields[1].field.multi, 1);
    assert_int_equal(fields[1].field.kind, AUD_KIND_BEHAVIOUR);
    assert_int_equal(fields[1].counts[AUD_TYPE_TEXT], 2);
    base_fields_free(fields, n);
}


static void
test_an_abandoned_change_leaves_no_file(void **state)
{
    int              versions[] = { 77 };
    unsigned         people[] = { 5 }, before;
    aud_error_t      err;
    base_change_t    change = { 0 };
    base_segment_t   added;
    aud_audience_t   audience = { .filter = AUD_STR("{}") };
    store_batch_t   *batch;

    before = files("");
    added = write_segment(people, versions, 1);
    change.added = &added;
    change.put = &audience;
    change.nput = 1;
    batch = store_batch_create();

    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_OK);
    assert_int_equal(files(""), before + 3);
    base_abandon(base);
    base_unlock(base);
    store_batch_free(batch);

    assert_int_equal(files(""), before);
    check_base();
}


static void
test_struck_profiles_must_ascend(void **state)
{
    aud_error_t      err;
    aud_uuid_t       struck[] = { uuid(2), uuid(1) };
    base_change_t    change = { .struck = struck, .nstruck = 2 };
    store_batch_t   *batch;

    batch = store_batch_create();
    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_FAILED);
    base_unlock(base);
    assert_int_equal(store_batch_count(batch), 0);
    store_batch_free(batch);
    check_base();
}


static void
test_a_full_disk_refuses_a_change_and_keeps_the_base(void **state)
{
    unsigned         before;
    aud_error_t      err;
    struct rlimit    limit, unlimited;
    base_change_t    change = { 0 };
    store_batch_t   *batch;

    import(2, STOP_NEVER);
    before = files("");
    batch = store_batch_create();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &unlimited);
    limit = unlimited;
    limit.rlim_cur = 16;
    setrlimit(RLIMIT_FSIZE, &limit);

    base_lock(base);
    assert_int_equal(base_prepare(base, &change, batch, &err), BASE_FULL);
    base_unlock(base);

    setrlimit(RLIMIT_FSIZE, &unlimited);
    store_batch_free(batch);
    assert_int_equal(files(""), before);
    check_base();
    import(2, STOP_NEVER);
    check_base();
}


static int64_t  shift;

static int64_t
shifted_clock(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * AUD_SECOND + t.tv_nsec / 1000 + shift;
}


/* nginx may still be opening what the manifest before named. */
static void
test_superseded_files_outlive_their_generation_for_a_while(void **state)
{
    unsigned    before;
    int64_t   (*clock)(void) = aud_clock;

    aud_clock = shifted_clock;
    shift = 0;
    import(1, STOP_NEVER);
    shift += (BASE_GRACE + 1) * AUD_SECOND;
    import(1, STOP_NEVER);
    before = files(".seg");

    import(1, STOP_NEVER);
    assert_int_equal(files(".seg"), before + 1);
    shift += (BASE_GRACE + 1) * AUD_SECOND;
    import(1, STOP_NEVER);
    assert_int_equal(files(".seg"), 2);

    bases_sweep(worker.bases);
    assert_int_equal(files(".seg"), 2);
    shift += (BASE_GRACE + 1) * AUD_SECOND;
    bases_sweep(worker.bases);
    assert_int_equal(files(".seg"), 1);
    import(1, STOP_NEVER);
    shift += (BASE_GRACE + 1) * AUD_SECOND;

    /* After a start the same goes for what nobody names. */
    restart();
    assert_int_equal(files(".seg"), 1);
    aud_clock = clock;
    check_base();
}


static void
test_numbers_are_never_used_twice(void **state)
{
    int       versions[] = { 1 };
    unsigned  people[] = { 1 };
    uint64_t  number;

    number = write_segment(people, versions, 1).number;
    restart();
    assert_true(base_segment_number(base) > number);
    import(3, STOP_BEFORE_PUBLISH);
    assert_true(base_segment_number(base) > number + 1);
}


static void
damage(const char *suffix)
{
    FILE           *file;
    char            path[512];
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(base_folder(base));

    while ((entry = readdir(dir)) != NULL) {

        if (strstr(entry->d_name, suffix)) {
            snprintf(path, sizeof(path), "%s/%s", base_folder(base),
                     entry->d_name);
            file = fopen(path, "r+");
            fseek(file, 40, SEEK_SET);
            fputc(0xa5, file);
            fputc(0x5a, file);
            fclose(file);
        }
    }

    closedir(dir);
}


static void
rebuild(void)
{
    int              versions[PEOPLE];
    char             filters[AUDIENCES][32];
    size_t           n;
    unsigned         i, people[PEOPLE];
    base_change_t    change = { .rebuilt = 1 };
    base_segment_t   added;
    aud_audience_t   audiences[AUDIENCES] = { 0 };

    n = 0;

    for (i = 0; i < PEOPLE; i++) {
        if (version[i]) {
            people[n] = i;
            versions[n++] = version[i];
        }
    }

    for (i = 0; i < AUDIENCES; i++) {
        if (wanted[i]) {
            audiences[change.naudiences].id = uuid(i);
            audiences[change.naudiences++].filter
                = aud_str(filters[i], sprintf(filters[i], "{\"v\":%d}",
                                              wanted[i]));
        }
    }

    added = write_segment(people, versions, n);
    change.added = &added;
    change.fields = registry;
    change.nfields = 2;
    change.audiences = audiences;
    assert_true(apply(&change, STOP_NEVER));
}


static void
test_a_damaged_base_is_rebuilt(void **state)
{
    size_t              i;
    aud_error_t         err;
    base_change_t       change = { 0 };
    store_batch_t      *batch;
    aud_generation_t   *g;
    static const char  *what[] = { "MANIFEST", ".seg", ".aud" };

    for (i = 0; i < 3; i++) {
        import(2, STOP_NEVER);
        wanted[0] = 0;
        while (wanted[0] == 0) {
            change_audience(STOP_NEVER);
        }

        stop();
        start();
        damage(what[i]);
        restart();

        assert_true(base_needs_rebuild(base));
        g = base_generation(base);
        assert_int_equal(g->profiles, 0);
        aud_generation_release(g);

        batch = store_batch_create();
        base_lock(base);
        assert_int_equal(base_prepare(base, &change, batch, &err),
                         BASE_FAILED);
        base_unlock(base);
        store_batch_free(batch);

        rebuild();
        check_base();
        restart();
        check_base();
        assert_int_equal(slices(), 1);
    }
}


static void
test_tenants_are_kept_apart(void **state)
{
    base_t            *other;
    aud_generation_t  *g;

    import(2, STOP_NEVER);
    other = bases_get(worker.bases, "other");
    assert_ptr_not_equal(other, base);
    assert_ptr_equal(bases_get(worker.bases, "other"), other);
    assert_ptr_equal(bases_get(worker.bases, "demo"), base);

    g = base_generation(other);
    assert_int_equal(g->profiles, 0);
    aud_generation_release(g);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_new_base_is_empty),
        cmocka_unit_test(test_the_field_registry_is_kept),
        cmocka_unit_test(test_an_abandoned_change_leaves_no_file),
        cmocka_unit_test(test_struck_profiles_must_ascend),
        cmocka_unit_test(test_a_full_disk_refuses_a_change_and_keeps_the_base),
        cmocka_unit_test(
            test_superseded_files_outlive_their_generation_for_a_while),
        cmocka_unit_test(test_numbers_are_never_used_twice),
        cmocka_unit_test(test_a_damaged_base_is_rebuilt),
        cmocka_unit_test(test_tenants_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
