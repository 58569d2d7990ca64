/*
 * Segments that are opened before a manifest names them: who gets one, who
 * waits, what becomes of those that nobody wants.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_ahead.h"
#include "aud_clock.h"
#include "segment_writer.h"

static char         dir[64];
static aud_ahead_t *ahead;


/* Its checksum. */
static uint64_t
segment(uint64_t number, uint32_t rows)
{
    uint32_t            i;
    aud_uuid_t          id = { { 0 } };
    aud_error_t         err;
    aud_field_t         field = { AUD_STR("city"), AUD_TYPE_TEXT,
                                  AUD_KIND_BEHAVIOUR, 0 };
    segment_value_t     value = { 0, AUD_STR("Recife") };
    segment_writer_t   *w;
    segment_summary_t   summary;

    w = segment_writer_create(&field, 1);

    for (i = 0; i < rows; i++) {
        id.bytes[13] = i >> 16;
        id.bytes[14] = i >> 8;
        id.bytes[15] = i;
        assert_int_equal(segment_writer_add(w, &id, &value, 1), 0);
    }

    assert_int_equal(segment_writer_write(w, dir, number, &summary, &err), 0);
    segment_writer_free(w);

    return summary.checksum;
}


static void
damage(uint64_t number)
{
    int   fd;
    char  path[128], name[AUD_SEGMENT_NAME_LEN + 1];

    aud_segment_name(name, number);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "damage", 6, 500), 6);
    close(fd);
}


static void
test_a_segment_is_given_to_the_first_who_asks(void **state)
{
    uint64_t        checksum;
    aud_segment_t  *s;

    checksum = segment(1, 100000);
    aud_ahead_begin(ahead, 1);
    s = aud_ahead_find(ahead, 1, checksum);

    assert_non_null(s);
    assert_int_equal(s->rows, 100000);
    assert_null(aud_ahead_find(ahead, 1, checksum));
    aud_segment_release(s);
}


static void
test_nobody_gets_another_one(void **state)
{
    uint64_t  checksum;

    checksum = segment(2, 10);
    aud_ahead_begin(ahead, 2);
    assert_null(aud_ahead_find(ahead, 3, checksum));
    assert_null(aud_ahead_find(ahead, 2, checksum + 1));
}


static void
test_what_does_not_open_is_not_kept(void **state)
{
    uint64_t  checksum;

    checksum = segment(4, 10);
    damage(4);
    aud_ahead_begin(ahead, 4);
    aud_ahead_begin(ahead, 5);
    assert_null(aud_ahead_find(ahead, 4, checksum));
    assert_null(aud_ahead_find(ahead, 5, checksum));
}


/* find waits, so that both are there when it returns. */
static void
test_what_nobody_wants_is_let_go(void **state)
{
    int64_t         between;
    uint64_t        six, seven;
    aud_segment_t  *s;

    six = segment(6, 10);
    seven = segment(7, 10);
    aud_ahead_begin(ahead, 6);
    assert_null(aud_ahead_find(ahead, 6, six + 1));
    between = aud_ticks() + 1;

    while (aud_ticks() <= between) {
        /* void */
    }

    aud_ahead_begin(ahead, 7);
    assert_null(aud_ahead_find(ahead, 7, seven + 1));
    aud_ahead_sweep(ahead, between);

    assert_null(aud_ahead_find(ahead, 6, six));
    s = aud_ahead_find(ahead, 7, seven);
    assert_non_null(s);
    aud_segment_release(s);
}


/* More than there are places for. */
static void
test_too_many_are_left_out(void **state)
{
    uint64_t        i, found, checksums[40];
    aud_segment_t  *s;

    for (i = 0; i < 40; i++) {
        checksums[i] = segment(100 + i, 10);
        aud_ahead_begin(ahead, 100 + i);
        aud_ahead_begin(ahead, 100 + i);
    }

    found = 0;

    for (i = 0; i < 40; i++) {
        s = aud_ahead_find(ahead, 100 + i, checksums[i]);
        found += s != NULL;
        aud_segment_release(s);
    }

    assert_int_equal(found, 16);
}


static void
test_threads_may_outlive_who_asked(void **state)
{
    int  i;

    (void) segment(200, 50000);

    for (i = 0; i < 20; i++) {
        aud_ahead_begin(ahead, 200);
        aud_ahead_free(ahead);
        ahead = aud_ahead_create(dir);
    }
}


static int
set_up(void **state)
{
    strcpy(dir, "/tmp/worker_ahead.XXXXXX");

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    ahead = aud_ahead_create(dir);
    return ahead ? 0 : -1;
}


static int
tear_down(void **state)
{
    char  command[128];

    aud_ahead_free(ahead);
    snprintf(command, sizeof(command), "rm -rf %s", dir);

    return system(command);
}


int
main(void)
{
#define WITH_AHEAD(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

    const struct CMUnitTest  tests[] = {
        WITH_AHEAD(test_a_segment_is_given_to_the_first_who_asks),
        WITH_AHEAD(test_nobody_gets_another_one),
        WITH_AHEAD(test_what_does_not_open_is_not_kept),
        WITH_AHEAD(test_what_nobody_wants_is_let_go),
        WITH_AHEAD(test_too_many_are_left_out),
        WITH_AHEAD(test_threads_may_outlive_who_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
