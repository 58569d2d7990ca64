/*
 * The store: batches, scans, snapshots, its format mark, a crash, a full disk.
 */

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rocksdb/c.h>

#include "aud_alloc.h"
#include "keys.h"
#include "store.h"


static char  folder[64];


static int
make_folder(void **state)
{
    strcpy(folder, "/tmp/worker_store.XXXXXX");

    return mkdtemp(folder) == NULL;
}


static int
remove_folder(void **state)
{
    char  command[128];

    (void) umount2(folder, MNT_DETACH);     /* where a test has failed */
    snprintf(command, sizeof(command), "rm -rf %s", folder);

    return system(command);
}


static const char *
path(void)
{
    static char  out[80];

    snprintf(out, sizeof(out), "%s/db", folder);

    return out;
}


static store_t *
open_store(void)
{
    store_t      *store;
    aud_error_t   err = { 0 };

    store = store_open(path(), &err);

    if (store == NULL) {
        fail_msg("%s", err.text);
    }

    return store;
}


static aud_str_t
text(const char *s)
{
    return aud_str(s, strlen(s));
}


static store_status_t
put(store_t *store, const char *key, aud_str_t value)
{
    aud_error_t      err;
    store_batch_t   *batch;
    store_status_t   status;

    batch = store_batch_create();
    store_batch_put(batch, text(key), value);
    status = store_apply(store, batch, &err);
    store_batch_free(batch);

    return status;
}


static void
assert_value(store_t *store, const char *key, const char *expected)
{
    aud_str_t        value;
    aud_error_t      err;
    store_status_t   status;

    status = store_get(store, text(key), &value, &err);

    if (expected == NULL) {
        assert_int_equal(status, STORE_NOT_FOUND);
        return;
    }

    assert_int_equal(status, STORE_OK);
    assert_true(aud_str_equal(value, text(expected)));
    store_value_free(value);
}


/* Keys that a scan gives, joined by spaces. */

static const char *
scan(store_t *store, const store_snapshot_t *snapshot, aud_str_t prefix,
    aud_str_t from, int backwards)
{
    int            rc;
    size_t         len = 0;
    aud_str_t      key, value;
    aud_error_t    err;
    store_scan_t  *s;

    static char    out[1024];

    s = store_scan(store, snapshot, prefix, from, backwards);

    while ((rc = store_scan_next(s, &key, &value, &err)) == 1) {
        len += snprintf(out + len, sizeof(out) - len, "%s%.*s",
                        len ? " " : "", (int) key.len, key.data);
    }

    assert_int_equal(rc, 0);
    assert_int_equal(store_scan_next(s, &key, &value, &err), 0);
    store_scan_free(s);
    out[len] = '\0';

    return out;
}


static void
a_batch_is_kept_over_a_reopen(void **state)
{
    store_t        *store;
    aud_error_t     err;
    store_batch_t  *batch, *more;

    store = open_store();
    assert_int_equal(put(store, "gone", AUD_STR("x")), STORE_OK);

    batch = store_batch_create();
    more = store_batch_create();
    store_batch_put(batch, text("a"), AUD_STR("1"));
    store_batch_put(batch, text("b"), AUD_STR("2"));
    store_batch_put(more, text("b"), AUD_STR("3"));
    store_batch_delete(more, text("gone"));
    store_batch_append(batch, more);
    assert_int_equal(store_batch_count(batch), 4);
    assert_int_equal(store_apply(store, batch, &err), STORE_OK);
    store_batch_free(batch);
    store_batch_free(more);
    store_close(store);

    store = open_store();
    assert_value(store, "a", "1");
    assert_value(store, "b", "3");
    assert_value(store, "gone", NULL);
    assert_true(store_bytes(store) > 0);
    store_close(store);
}


static void
scans_keep_to_their_prefix_in_both_directions(void **state)
{
    size_t      i;
    store_t    *store;
    aud_str_t   high = AUD_STR("\xff\xff");

    static const char *keys[] = { "a", "b1", "b2", "b3", "c", "\xff\xff" "1" };

    store = open_store();

    for (i = 0; i < 6; i++) {
        put(store, keys[i], AUD_STR("v"));
    }

    assert_string_equal(scan(store, NULL, text("b"), text(""), 0), "b1 b2 b3");
    assert_string_equal(scan(store, NULL, text("b"), text(""), 1), "b3 b2 b1");
    assert_string_equal(scan(store, NULL, text("b"), text("b2"), 0), "b2 b3");
    assert_string_equal(scan(store, NULL, text("b"), text("b2"), 1), "b2 b1");
    assert_string_equal(scan(store, NULL, text("b"), text("b20"), 1), "b2 b1");
    assert_string_equal(scan(store, NULL, text("d"), text(""), 0), "");
    assert_string_equal(scan(store, NULL, text("d"), text(""), 1), "");
    assert_string_equal(scan(store, NULL, high, text(""), 1), "\xff\xff" "1");
    store_close(store);
}


static void
a_snapshot_does_not_see_what_comes_later(void **state)
{
    store_t           *store;
    store_snapshot_t  *snapshot;

    store = open_store();
    put(store, "k1", AUD_STR("v"));
    snapshot = store_snapshot(store);
    put(store, "k2", AUD_STR("v"));

    assert_string_equal(scan(store, snapshot, text("k"), text(""), 0), "k1");
    assert_string_equal(scan(store, NULL, text("k"), text(""), 0), "k1 k2");
    store_snapshot_release(store, snapshot);
    store_close(store);
}


/* The names, sizes and times of all files of the store. */

static void
list_files(char *out, size_t size)
{
    FILE    *pipe;
    char     command[160];
    size_t   len;

    snprintf(command, sizeof(command), "ls -l --full-time %s | md5sum",
             path());
    pipe = popen(command, "r");
    len = fread(out, 1, size - 1, pipe);
    out[len] = '\0';
    pclose(pipe);
}


static void
a_store_of_another_format_is_refused_untouched(void **state)
{
    char             before[64], after[64];
    store_t         *store;
    aud_error_t      err;
    store_batch_t   *batch;

    store = open_store();
    batch = store_batch_create();
    store_batch_put(batch, aud_str("\0format", 7), AUD_STR("1"));
    assert_int_equal(store_apply(store, batch, &err), STORE_OK);
    store_batch_free(batch);
    store_close(store);

    list_files(before, sizeof(before));
    assert_null(store_open(path(), &err));
    assert_non_null(strstr(err.text, "has format \"1\""));
    list_files(after, sizeof(after));
    assert_string_equal(before, after);
}


static void
a_database_of_something_else_is_refused_untouched(void **state)
{
    char                    before[64], after[64], *text = NULL;
    rocksdb_t              *db;
    aud_error_t             err;
    rocksdb_options_t      *options = rocksdb_options_create();
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();

    rocksdb_options_set_create_if_missing(options, 1);
    db = rocksdb_open(options, path(), &text);
    assert_null(text);
    rocksdb_put(db, write, "theirs", 6, "x", 1, &text);
    assert_null(text);
    rocksdb_close(db);
    rocksdb_options_destroy(options);
    rocksdb_writeoptions_destroy(write);

    list_files(before, sizeof(before));
    assert_null(store_open(path(), &err));
    assert_non_null(strstr(err.text, "is not a store of this worker"));
    list_files(after, sizeof(after));
    assert_string_equal(before, after);
}


static void
a_second_process_cannot_open_it(void **state)
{
    int           status;
    pid_t         pid;
    store_t      *store;
    aud_error_t   err;

    store = open_store();
    pid = fork();

    if (pid == 0) {
        _exit(store_open(path(), &err) != NULL);
    }

    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    store_close(store);
}


/* A child writes batches of ten keys and tells each after it was synced; it is
 * killed at some moment.  What it told is there, whole; what it did not tell is
 * there whole or not at all. */

static void
a_kill_loses_nothing_and_halves_nothing(void **state)
{
    int            told, round, i, pipes[2], n;
    char           key[32], c;
    pid_t          pid;
    store_t       *store;
    aud_str_t      value;
    aud_error_t    err;
    store_batch_t *batch;

    for (round = 0; round < 5; round++) {
        assert_int_equal(pipe(pipes), 0);
        pid = fork();

        if (pid == 0) {
            store = open_store();

            for (n = 0; ; n++) {
                batch = store_batch_create();

                for (i = 0; i < 10; i++) {
                    snprintf(key, sizeof(key), "r%d-%05d-%d", round, n, i);
                    store_batch_put(batch, text(key), AUD_STR("value"));
                }

                if (store_apply(store, batch, &err) != STORE_OK
                    || write(pipes[1], "x", 1) != 1)
                {
                    _exit(1);
                }

                store_batch_free(batch);
            }
        }

        close(pipes[1]);

        for (told = 0; told < 20 + 37 * round; told++) {
            assert_int_equal(read(pipes[0], &c, 1), 1);
        }

        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);

        while (read(pipes[0], &c, 1) == 1) {
            told++;
        }

        close(pipes[0]);
        store = open_store();

        for (n = 0; n < told + 2; n++) {
            int  found = 0;

            for (i = 0; i < 10; i++) {
                snprintf(key, sizeof(key), "r%d-%05d-%d", round, n, i);

                if (store_get(store, text(key), &value, &err) == STORE_OK) {
                    found++;
                    store_value_free(value);
                }
            }

            assert_true(found == 10 || (n >= told && found == 0));
        }

        store_close(store);
    }
}


/* On a file system of 48 MB, in the mount namespace that t/units.t makes: a write that does not fit is refused and has no
 * effect, what stands is read, and writes pass again once there is space. */

static void
a_full_disk_refuses_and_recovers(void **state)
{
    int              i, full = 0;
    char             key[32], filler[96], *block;
    FILE            *f;
    store_t         *store;
    store_status_t   status;

    assert_int_equal(mount("tmpfs", folder, "tmpfs", 0, "size=48m"), 0);

    block = aud_malloc(1024 * 1024);
    memset(block, 'x', 1024 * 1024);
    store = open_store();

    snprintf(filler, sizeof(filler), "%s/filler", folder);
    f = fopen(filler, "w");

    for (i = 0; i < 10; i++) {
        assert_int_equal(fwrite(block, 1024 * 1024, 1, f), 1);
    }

    fclose(f);

    for (i = 0; i < 40; i++) {
        snprintf(key, sizeof(key), "block%02d", i);
        status = put(store, key, aud_str(block, 1024 * 1024));

        if (status == STORE_FULL) {
            full++;
            assert_value(store, key, NULL);

        } else {
            assert_int_equal(status, STORE_OK);
        }
    }

    assert_true(full > 0);
    assert_true(full < 40);

    unlink(filler);
    assert_true(store_writable(store));
    assert_int_equal(put(store, "small", AUD_STR("fits")), STORE_OK);
    assert_int_equal(put(store, "large", aud_str(block, 1024 * 1024)),
                     STORE_OK);
    store_close(store);

    store = open_store();
    assert_value(store, "small", "fits");
    store_close(store);
    aud_free(block);
    assert_int_equal(umount(folder), 0);
}


static void
keys_split_into_what_made_them(void **state)
{
    char         tenant[65];
    aud_str_t    rest;
    key_kind_t   kind;
    aud_uuid_t   id;
    store_key_t  key;

    memset(&id, 7, sizeof(id));
    key = key_part("demo", KEY_RECORDS, &id, 0x01020304);
    assert_int_equal(key_split(key_str(&key), tenant, &kind, &rest), 0);
    assert_string_equal(tenant, "demo");
    assert_int_equal(kind, KEY_RECORDS);
    assert_int_equal(rest.len, 20);
    assert_memory_equal(rest.data, &id, 16);
    assert_memory_equal(rest.data + 16, "\1\2\3\4", 4);

    assert_int_equal(key_split(aud_str("\0format", 7), tenant, &kind, &rest),
                     -1);
    assert_int_equal(key_split(AUD_STR("demo"), tenant, &kind, &rest), -1);
    assert_int_equal(key_split(aud_str("demo\0\0", 6), tenant, &kind, &rest),
                     -1);
    assert_int_equal(key_split(aud_str("DE\0\0\0J", 6), tenant, &kind, &rest),
                     -1);
}


static int
files_hold(const char *what)
{
    char  command[160];

    snprintf(command, sizeof(command), "grep -rqaF %s %s", what, path());

    return system(command) == 0;
}


/* What was deleted or put anew is in logs and in tables of several levels, and
 * in none after it was purged. */

static void
a_purge_leaves_nothing_in_files(void **state)
{
    int            i;
    char           key[32];
    store_t       *store = open_store();
    aud_str_t      prefixes[] = { AUD_STR("demo.a"), AUD_STR("demo.b") };
    aud_error_t    err = { 0 };
    store_batch_t *batch;

    for (i = 0; i < 3; i++) {
        assert_int_equal(put(store, "demo.a1", text("secretone")), STORE_OK);
        assert_int_equal(put(store, "demo.b1", text("secrettwo")), STORE_OK);
        snprintf(key, sizeof(key), "demo.a2%d", i);
        assert_int_equal(put(store, key, text("public")), STORE_OK);

        if (i < 2) {                        /* a table each time */
            store_close(store);
            store = open_store();
        }
    }

    assert_true(files_hold("secretone"));
    batch = store_batch_create();
    store_batch_delete(batch, text("demo.b1"));
    store_batch_put(batch, text("demo.a1"), text("harmless"));
    assert_int_equal(store_apply(store, batch, &err), STORE_OK);
    store_batch_free(batch);
    assert_true(files_hold("secretone"));
    assert_true(files_hold("secrettwo"));

    assert_int_equal(store_purge(store, prefixes, 2, &err), STORE_OK);
    assert_false(files_hold("secretone"));
    assert_false(files_hold("secrettwo"));
    assert_value(store, "demo.a1", "harmless");
    assert_value(store, "demo.b1", NULL);
    assert_value(store, "demo.a20", "public");
    assert_value(store, "demo.a22", "public");
    assert_int_equal(store_purge(store, prefixes, 2, &err), STORE_OK);
    assert_value(store, "demo.a1", "harmless");
    store_close(store);
}


int
main(void)
{
#define IN_FOLDER(test)                                                       \
    cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

    const struct CMUnitTest  tests[] = {
        IN_FOLDER(a_batch_is_kept_over_a_reopen),
        IN_FOLDER(scans_keep_to_their_prefix_in_both_directions),
        IN_FOLDER(a_snapshot_does_not_see_what_comes_later),
        IN_FOLDER(a_store_of_another_format_is_refused_untouched),
        IN_FOLDER(a_database_of_something_else_is_refused_untouched),
        IN_FOLDER(a_second_process_cannot_open_it),
        IN_FOLDER(a_kill_loses_nothing_and_halves_nothing),
        IN_FOLDER(a_full_disk_refuses_and_recovers),
        IN_FOLDER(a_purge_leaves_nothing_in_files),
        cmocka_unit_test(keys_split_into_what_made_them)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
