#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aud_clock.h"
#include "aud_id.h"

#define THREADS     4
#define PER_THREAD  100000


static int64_t  fake_now;


static int64_t
fake_clock(void)
{
    return fake_now;
}


static void
all_ones(void *buf, size_t len)
{
    memset(buf, 0xff, len);
}


static void
test_is_a_uuid_of_version_7(void **state)
{
    uint64_t    ms = 0;
    int64_t     before = aud_now() / 1000;
    aud_uuid_t  id;

    aud_uuid_make(&id);

    for (int i = 0; i < 6; i++) {
        ms = ms << 8 | id.bytes[i];
    }

    assert_in_range(ms, before, before + 5000);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}


/* Also while the clock stands still and goes back. */
static void
test_each_is_greater_than_the_one_before(void **state)
{
    char         last_text[AUD_ID_LEN + 1], text[AUD_ID_LEN + 1];
    int64_t    (*real)(void) = aud_clock;
    aud_uuid_t   last, id;

    fake_now = aud_now() + 10 * AUD_SECOND;
    aud_clock = fake_clock;

    aud_uuid_make(&last);
    aud_id_format(last_text, "prf", &last);

    for (int i = 0; i < 20000; i++) {
        fake_now += (i % 5 - 2) * 1000;
        aud_uuid_make(&id);
        aud_id_format(text, "prf", &id);

        assert_true(aud_uuid_compare(&last, &id) < 0);
        assert_true(strcmp(last_text, text) < 0);

        last = id;
        strcpy(last_text, text);
    }

    aud_clock = real;
}


/* The counter within a millisecond begins low enough never to run over. */
static void
test_order_survives_the_worst_randomness(void **state)
{
    void       (*real)(void *, size_t) = aud_random;
    aud_uuid_t   last, id;

    aud_random = all_ones;
    aud_uuid_make(&last);

    for (int i = 0; i < 10000; i++) {
        aud_uuid_make(&id);
        assert_true(aud_uuid_compare(&last, &id) < 0);
        assert_int_equal(id.bytes[6] >> 4, 7);
        assert_int_equal(id.bytes[8] >> 6, 2);
        last = id;
    }

    aud_random = real;
}


static void *
make_many(void *arg)
{
    aud_uuid_t  *ids = arg;

    for (int i = 0; i < PER_THREAD; i++) {
        aud_uuid_make(&ids[i]);
    }

    return NULL;
}


static int
compare(const void *a, const void *b)
{
    return aud_uuid_compare(a, b);
}


static void
test_threads_never_get_the_same(void **state)
{
    void       (*real)(void *, size_t) = aud_random;
    pthread_t    threads[THREADS];
    aud_uuid_t  *ids = calloc(THREADS * PER_THREAD, sizeof(*ids));

    aud_random = all_ones;          /* fast, so that threads meet */

    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, make_many, ids + i * PER_THREAD);
    }

    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);

        for (int j = 1; j < PER_THREAD; j++) {
            assert_true(aud_uuid_compare(&ids[i * PER_THREAD + j - 1],
                                         &ids[i * PER_THREAD + j]) < 0);
        }
    }

    qsort(ids, THREADS * PER_THREAD, sizeof(*ids), compare);

    for (int i = 1; i < THREADS * PER_THREAD; i++) {
        assert_true(aud_uuid_compare(&ids[i - 1], &ids[i]) < 0);
    }

    free(ids);
    aud_random = real;
}


static void
test_text_round_trips_and_keeps_the_order(void **state)
{
    char        ta[AUD_ID_LEN + 1], tb[AUD_ID_LEN + 1];
    int         order;
    aud_uuid_t  a, b, back;

    for (int i = 0; i < 20000; i++) {
        aud_random(&a, sizeof(a));
        aud_random(&b, sizeof(b));
        memcpy(b.bytes, a.bytes, (size_t) i % 16);      /* alike for long */

        aud_id_format(ta, "imp", &a);
        aud_id_format(tb, "imp", &b);

        assert_int_equal(aud_id_parse(ta, strlen(ta), "imp", &back), 0);
        assert_int_equal(aud_uuid_compare(&a, &back), 0);

        order = aud_uuid_compare(&a, &b);
        assert_int_equal((order > 0) - (order < 0),
                         (strcmp(ta, tb) > 0) - (strcmp(ta, tb) < 0));
    }
}


static void
test_only_canonical_text_is_an_id(void **state)
{
    static const char *const  texts[] = {
        "", "imp", "imp_", "imp_0000000000000000000000000",
        "imp_000000000000000000000000000", "prf_00000000000000000000000000",
        "imp-00000000000000000000000000", "imp_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "imp_0000000000000000000000000A", "imp_0000000000000000000000000l",
        "imp_0000000000000000000000000u", "imp_0000000000000000000000000 ",
        "IMP_00000000000000000000000000", NULL
    };

    aud_uuid_t  id;

    assert_int_equal(aud_id_parse("imp_7zzzzzzzzzzzzzzzzzzzzzzzzz", AUD_ID_LEN,
                                  "imp", &id), 0);

    for (int i = 0; texts[i]; i++) {
        if (aud_id_parse(texts[i], strlen(texts[i]), "imp", &id) != -1) {
            fail_msg("\"%s\" was taken for an id", texts[i]);
        }
    }

    /* a NUL within is none of the alphabet's digits */
    assert_int_equal(aud_id_parse("imp_000000000000\0" "0000000000000",
                                  AUD_ID_LEN, "imp", &id), -1);
}


static void
test_a_tenant_can_name_a_folder(void **state)
{
    char  long_name[66];

    memset(long_name, 'a', sizeof(long_name));

    assert_true(aud_tenant_valid("demo", 4));
    assert_true(aud_tenant_valid("a-b_9", 5));
    assert_true(aud_tenant_valid(long_name, 64));

    assert_false(aud_tenant_valid("", 0));
    assert_false(aud_tenant_valid(long_name, 65));
    assert_false(aud_tenant_valid("..", 2));
    assert_false(aud_tenant_valid("a/b", 3));
    assert_false(aud_tenant_valid("Demo", 4));
    assert_false(aud_tenant_valid("a\0b", 3));
    assert_false(aud_tenant_valid("a b", 3));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_is_a_uuid_of_version_7),
        cmocka_unit_test(test_each_is_greater_than_the_one_before),
        cmocka_unit_test(test_order_survives_the_worst_randomness),
        cmocka_unit_test(test_threads_never_get_the_same),
        cmocka_unit_test(test_text_round_trips_and_keeps_the_order),
        cmocka_unit_test(test_only_canonical_text_is_an_id),
        cmocka_unit_test(test_a_tenant_can_name_a_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
