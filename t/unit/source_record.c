/*
 * Source records of a row: what was written is read again; damage is said,
 * never read past.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "random.h"

#define RECORDS  300
#define LONGEST  400


static char                 texts[RECORDS][4][LONGEST];
static aud_source_record_t  records[RECORDS];


static aud_str_t
any_text(char *room)
{
    size_t  len;

    len = random_below(4) ? random_below(20) : random_below(LONGEST);
    random_text(room, len, "a\0\n1\xc3\xa3", 6);

    return aud_str(room, len);
}


static aud_buffer_t
encoded(void)
{
    size_t        i;
    aud_buffer_t  out = { 0 };

    for (i = 0; i < RECORDS; i++) {
        records[i].ref = random_u64();
        records[i].tax_document = any_text(texts[i][0]);
        records[i].phone = any_text(texts[i][1]);
        records[i].email = any_text(texts[i][2]);
        records[i].name = any_text(texts[i][3]);
        aud_source_record_write(&out, &records[i]);
    }

    assert_false(out.failed);

    return out;
}


static void
what_was_written_is_read(void **state)
{
    size_t               i;
    aud_str_t            rest;
    aud_buffer_t         bytes;
    aud_source_record_t  record;

    bytes = encoded();
    rest = aud_buffer_str(&bytes);

    for (i = 0; i < RECORDS; i++) {
        assert_int_equal(aud_source_record_read(&rest, &record), 1);
        assert_true(record.ref == records[i].ref);
        assert_true(aud_str_equal(record.tax_document,
                                  records[i].tax_document));
        assert_true(aud_str_equal(record.phone, records[i].phone));
        assert_true(aud_str_equal(record.email, records[i].email));
        assert_true(aud_str_equal(record.name, records[i].name));
    }

    assert_int_equal(aud_source_record_read(&rest, &record), 0);
    aud_buffer_free(&bytes);
}


/* Of bytes in memory of their own, so that a sanitizer sees each step aside. */

static int
read_all(const char *data, size_t len)
{
    int                  rc;
    char                *copy;
    aud_str_t            rest;
    aud_source_record_t  record;

    copy = malloc(len + 1);
    memcpy(copy, data, len);
    rest = aud_str(copy, len);

    while ((rc = aud_source_record_read(&rest, &record)) == 1) {
        assert_true(record.name.data + record.name.len <= copy + len);
        assert_true(rest.data + rest.len == copy + len);
    }

    free(copy);

    return rc;
}


static void
every_cut_is_an_end_or_an_error(void **state)
{
    size_t        len, i;
    aud_buffer_t  bytes, one = { 0 };

    bytes = encoded();

    for (len = 0; len < 3000; len++) {
        (void) read_all(bytes.data, len);
    }

    for (i = 0; i < 20; i++) {
        one.len = 0;
        aud_source_record_write(&one, &records[i]);
        assert_int_equal(read_all(one.data, one.len), 0);

        for (len = 1; len < one.len; len++) {
            assert_int_equal(read_all(one.data, len), -1);
        }
    }

    aud_buffer_free(&one);
    aud_buffer_free(&bytes);
}


static void
damage_never_leads_outside(void **state)
{
    int           i;
    char          old;
    size_t        at;
    aud_buffer_t  bytes;

    bytes = encoded();

    for (i = 0; i < 5000; i++) {
        at = random_below(bytes.len);
        old = bytes.data[at];
        bytes.data[at] = random_u64();
        (void) read_all(bytes.data, bytes.len);
        bytes.data[at] = old;
    }

    aud_buffer_free(&bytes);
}


/* A length of 64 bits and more. */

static void
a_length_that_cannot_be_is_an_error(void **state)
{
    char  bytes[40];

    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(read_all(bytes, sizeof(bytes)), -1);

    bytes[17] = 1;                  /* the tenth byte of the first length */
    assert_int_equal(read_all(bytes, sizeof(bytes)), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_cut_is_an_end_or_an_error),
        cmocka_unit_test(damage_never_leads_outside),
        cmocka_unit_test(a_length_that_cannot_be_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
