/*
 * The end of the store's log after a power cut: a last write of which sectors are
 * missing is taken off, everything else that is wrong keeps the store shut.
 */

#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "store.h"

#define WRITES  6
#define PAGE    4096


static char   folder[64], whole[100], db[80];
static off_t  ends[WRITES];             /* of each write in the log */

/* Of one fragment and of several, ending within a page and behind it. */
static const size_t  sizes[WRITES] = { 10, 5000, 40000, 300, 12000, 34000 };


static void
run(const char *command, const char *one, const char *two)
{
    char  line[512];

    snprintf(line, sizeof(line), command, one, two);
    assert_int_equal(system(line), 0);
}


/* The newest, which the writes are in. */

static const char *
log_of(const char *store)
{
    char         pattern[128];
    glob_t       found;
    static char  path[256];

    snprintf(pattern, sizeof(pattern), "%s/*.log", store);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    snprintf(path, sizeof(path), "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);

    return path;
}


static off_t
size_of(const char *path)
{
    struct stat  st;

    assert_int_equal(stat(path, &st), 0);

    return st.st_size;
}


static aud_str_t
key_of(int n)
{
    static char  key[] = "demo\0I0";

    key[6] = '0' + n;

    return aud_str(key, 7);
}


static void
write_one(store_t *store, int n)
{
    char            *value = malloc(sizes[n]);
    size_t           i;
    aud_error_t      err;
    store_batch_t   *batch = store_batch_create();

    for (i = 0; i < sizes[n]; i++) {
        value[i] = 'a' + (i * 7 + n) % 26;
    }

    store_batch_put(batch, key_of(n), aud_str(value, sizes[n]));

    if (store_apply(store, batch, &err) != STORE_OK) {
        _exit(1);
    }

    store_batch_free(batch);
    free(value);
}


/* A store whose process ended without closing it. */

static int
make_store(void **state)
{
    int           i, status, fds[2];
    off_t         end;
    store_t      *store;
    aud_error_t   err;

    strcpy(folder, "/tmp/worker_store_log.XXXXXX");

    if (mkdtemp(folder) == NULL || pipe(fds) != 0) {
        return -1;
    }

    snprintf(whole, sizeof(whole), "%s/whole", folder);
    snprintf(db, sizeof(db), "%s/db", folder);

    if (fork() == 0) {
        store = store_open(whole, &err);

        for (i = 0; store && i < WRITES; i++) {
            write_one(store, i);
            end = size_of(log_of(whole));
            (void) !write(fds[1], &end, sizeof(end));
        }

        _exit(store == NULL);
    }

    wait(&status);

    return status == 0 && read(fds[0], ends, sizeof(ends)) == sizeof(ends)
           ? 0 : -1;
}


static int
remove_store(void **state)
{
    run("rm -rf %s", folder, NULL);

    return 0;
}


/* Opens a copy of the store, once its log was treated so.  How many of the
 * writes are there, which must be the first ones; -1 where it does not open. */

static int
opens(void (*treat)(int fd, off_t at, off_t n), off_t at, off_t n)
{
    int           fd, i, there = 0;
    store_t      *store;
    aud_str_t     value;
    aud_error_t   err = { 0 };

    run("rm -rf %s", db, NULL);
    run("cp -r %s %s", whole, db);

    fd = open(log_of(db), O_RDWR);
    treat(fd, at, n);
    close(fd);

    store = store_open(db, &err);
    if (store == NULL) {
        return -1;
    }

    for (i = 0; i < WRITES; i++) {
        if (store_get(store, key_of(i), &value, &err) == STORE_OK) {
            assert_int_equal(there, i);
            assert_int_equal(value.len, sizes[i]);
            store_value_free(value);
            there++;
        }
    }

    store_close(store);

    return there;
}


static void
nothing(int fd, off_t at, off_t n)
{
}


static void
missing(int fd, off_t at, off_t n)
{
    static char  zeros[200 * 1024];

    assert_int_equal(pwrite(fd, zeros, n, at), n);
}


static void
flipped(int fd, off_t at, off_t n)
{
    char  byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}


static void
shorter(int fd, off_t at, off_t n)
{
    assert_int_equal(ftruncate(fd, at), 0);
}


static off_t
page_end(off_t at, off_t end)
{
    at += PAGE - at % PAGE;

    return at < end ? at : end;
}


static void
a_whole_log_is_read(void **state)
{
    assert_int_equal(opens(nothing, 0, 0), WRITES);
}


/* Each page that the last write is in, alone and with all behind it, of logs that
 * end with each of the writes. */

static void
a_torn_last_write_is_taken_off(void **state)
{
    int    n;
    off_t  at, next, begin, end;
    char   saved[90];

    snprintf(saved, sizeof(saved), "%.80s", whole);

    for (n = 1; n < WRITES; n++) {
        begin = ends[n - 1];
        end = ends[n];
        strcpy(whole, saved);
        run("rm -rf %s.n", saved, NULL);
        run("cp -r %s %s.n", saved, saved);
        snprintf(whole, sizeof(whole), "%s.n", saved);
        assert_int_equal(truncate(log_of(whole), end), 0);

        for (at = begin; at < end; at = next) {
            next = page_end(at, end);
            assert_int_equal(opens(missing, at, next - at), n);
            assert_int_equal(opens(missing, at, end - at), n);
            assert_int_equal(opens(shorter, at, 0), n);
        }
    }

    strcpy(whole, saved);
}


static void
a_hole_before_the_last_write_is_damage(void **state)
{
    int  n;

    for (n = 0; n < WRITES - 1; n++) {
        assert_int_equal(opens(missing, page_end(n ? ends[n - 1] : 0, ends[n])
                                        - 16, 16), -1);
    }
}


static void
a_flipped_bit_is_damage_in_the_last_write_too(void **state)
{
    int    n;
    off_t  begin;

    for (n = 1; n < WRITES; n++) {
        begin = ends[n - 1];
        assert_int_equal(opens(flipped, begin + 1, 0), -1);
        assert_int_equal(opens(flipped, begin + 4, 0), -1);     /* length */
        assert_int_equal(opens(flipped, begin + 5, 0), -1);
        assert_int_equal(opens(flipped, (begin + ends[n]) / 2, 0), -1);
        assert_int_equal(opens(flipped, ends[n] - 1, 0), -1);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_whole_log_is_read),
        cmocka_unit_test(a_torn_last_write_is_taken_off),
        cmocka_unit_test(a_hole_before_the_last_write_is_damage),
        cmocka_unit_test(a_flipped_bit_is_damage_in_the_last_write_too),
    };

    log_set_level(LOG_ERROR);

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
