/*
 * Source records: what was written is read again; damage is said, never read
 * past.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "random.h"
#include "records.h"

#define COLUMNS  3
#define ROWS     200


static char       texts[ROWS][COLUMNS][300];
static aud_str_t  cells[ROWS][COLUMNS];


static void
fill(record_block_t *block)
{
    size_t  row, i;

    record_block_begin(block, COLUMNS);

    for (row = 0; row < ROWS; row++) {
        for (i = 0; i < COLUMNS; i++) {
            cells[row][i] = aud_str(texts[row][i], random_below(300));
            random_text(texts[row][i], cells[row][i].len, "a\0\n\",", 5);
        }

        record_block_add(block, 7 + row * row * row * 500,
                         AUD_STR("+5511987654321"), cells[row]);
    }

    record_block_finish(block);
    assert_false(block->bytes.failed);
    assert_int_equal(block->line, 7);
}


static void
gives_back_what_was_added(void **state)
{
    size_t           row, i;
    record_t         record;
    aud_str_t        got[COLUMNS];
    aud_error_t      err;
    record_block_t   block;
    record_reader_t  reader;

    fill(&block);
    assert_int_equal(record_reader_open(&reader, aud_buffer_str(&block.bytes),
                                        COLUMNS, &err), 0);

    for (row = 0; row < ROWS; row++) {
        assert_int_equal(record_reader_next(&reader, &record, got, &err), 1);
        assert_int_equal(record.line, 7 + row * row * row * 500);
        assert_true(aud_str_equal(record.phone, AUD_STR("+5511987654321")));

        for (i = 0; i < COLUMNS; i++) {
            assert_true(aud_str_equal(record.cells[i], cells[row][i]));
        }
    }

    assert_int_equal(record_reader_next(&reader, &record, got, &err), 0);
    record_block_free(&block);
}


/* 1 where the whole block could be read. */

static int
read_all(const char *data, size_t len)
{
    int              rc;
    record_t         record;
    aud_str_t        got[COLUMNS], block;
    aud_error_t      err;
    record_reader_t  reader;

    block = aud_str(data, len);

    if (record_reader_open(&reader, block, COLUMNS, &err) != 0) {
        return 0;
    }

    while ((rc = record_reader_next(&reader, &record, got, &err)) == 1) {
        assert_true(record.cells[COLUMNS - 1].data
                    + record.cells[COLUMNS - 1].len <= data + len);
    }

    return rc == 0;
}


static void
every_cut_is_an_error(void **state)
{
    char            *copy;
    size_t           len;
    record_block_t   block;

    fill(&block);

    for (len = 0; len < block.bytes.len; len += 1 + len / 50) {
        copy = malloc(len + 1);
        memcpy(copy, block.bytes.data, len);
        assert_false(read_all(copy, len));
        free(copy);
    }

    record_block_free(&block);
}


static void
damage_never_leads_outside(void **state)
{
    int              i;
    size_t           at;
    char             old;
    record_block_t   block;

    fill(&block);

    for (i = 0; i < 20000; i++) {
        at = random_below(block.bytes.len);
        old = block.bytes.data[at];
        block.bytes.data[at] = random_u64();
        (void) read_all(block.bytes.data, block.bytes.len);
        block.bytes.data[at] = old;
    }

    record_block_free(&block);
}


static void
packed_blocks_come_back(void **state)
{
    aud_error_t      err;
    aud_buffer_t     out = { 0 }, back = { 0 };
    record_block_t   block;

    fill(&block);
    aud_buffer_text(&out, "before");
    record_block_pack(&out, aud_buffer_str(&block.bytes));
    assert_true(out.len < block.bytes.len);
    assert_int_equal(out.data[6], RECORDS_PACKED);
    assert_int_equal(record_block_unpack(&back, aud_str(out.data + 6,
                                                        out.len - 6), &err),
                     0);
    assert_true(aud_str_equal(aud_buffer_str(&back),
                              aud_buffer_str(&block.bytes)));
    aud_buffer_free(&out);
    aud_buffer_free(&back);
    record_block_free(&block);
}


static void
blocks_that_do_not_shrink_stay_as_they_are(void **state)
{
    char             noise[64];
    aud_str_t        row[1];
    aud_error_t      err;
    aud_buffer_t     out = { 0 }, back = { 0 };
    record_block_t   block;

    random_text(noise, sizeof(noise), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
                "MNOPQRSTUVWXYZ0123456789", 62);
    row[0] = aud_str(noise, sizeof(noise));
    record_block_begin(&block, 1);
    record_block_add(&block, 2, AUD_STR("+5511987654321"), row);
    record_block_finish(&block);

    record_block_pack(&out, aud_buffer_str(&block.bytes));
    assert_true(aud_str_equal(aud_buffer_str(&out),
                              aud_buffer_str(&block.bytes)));
    assert_int_equal(record_block_unpack(&back, aud_buffer_str(&out), &err),
                     0);
    assert_true(aud_str_equal(aud_buffer_str(&back), aud_buffer_str(&out)));
    aud_buffer_free(&out);
    aud_buffer_free(&back);
    record_block_free(&block);
}


static void
damage_of_a_packed_block_is_met(void **state)
{
    int              i;
    char            *copy;
    size_t           len;
    aud_error_t      err;
    aud_buffer_t     out = { 0 }, back = { 0 };
    record_block_t   block;

    fill(&block);
    record_block_pack(&out, aud_buffer_str(&block.bytes));
    copy = malloc(out.len);

    for (len = 0; len < out.len; len += 1 + len / 50) {
        memcpy(copy, out.data, len);

        if (record_block_unpack(&back, aud_str(copy, len), &err) == 0) {
            assert_false(read_all(back.data, back.len));
        }

        aud_buffer_free(&back);
    }

    for (i = 0; i < 20000; i++) {
        memcpy(copy, out.data, out.len);
        copy[random_below(out.len)] = random_u64();

        if (record_block_unpack(&back, aud_str(copy, out.len), &err) == 0) {
            (void) read_all(back.data, back.len);
        }

        aud_buffer_free(&back);
    }

    free(copy);
    aud_buffer_free(&out);
    record_block_free(&block);
}


static void
another_number_of_columns_is_an_error(void **state)
{
    aud_error_t      err;
    record_block_t   block;
    record_reader_t  reader;

    record_block_begin(&block, COLUMNS);
    record_block_finish(&block);

    assert_int_equal(record_reader_open(&reader, aud_buffer_str(&block.bytes),
                                        COLUMNS + 1, &err), -1);
    assert_string_equal(err.text, "a block of source records has 3 columns "
                        "where its import has 4");
    record_block_free(&block);
}


static void
another_version_is_an_error(void **state)
{
    aud_error_t      err;
    record_block_t   block;
    record_reader_t  reader;

    record_block_begin(&block, COLUMNS);
    record_block_finish(&block);
    block.bytes.data[0] = 3;

    assert_int_equal(record_reader_open(&reader, aud_buffer_str(&block.bytes),
                                        COLUMNS, &err), -1);
    record_block_free(&block);
}


/* As it was written before: 16 bytes and the row, as now, from the line on. */

static void
version_1_is_read(void **state)
{
    record_t         record;
    aud_str_t        got[1];
    aud_error_t      err;
    record_reader_t  reader;
    const char       block[] = "\1" "\0\0\0\2" "\0\0\0\1"
                               "0123456789abcdef" "\2" "\2+1" "\3Ana"
                               "0123456789abcdef" "\3" "\2+2" "\0";

    assert_int_equal(record_reader_open(&reader, aud_str(block, sizeof(block)
                                                                - 1),
                                        1, &err), 0);
    assert_int_equal(record_reader_next(&reader, &record, got, &err), 1);
    assert_int_equal(record.line, 2);
    assert_true(aud_str_equal(record.phone, AUD_STR("+1")));
    assert_true(aud_str_equal(record.cells[0], AUD_STR("Ana")));
    assert_int_equal(record_reader_next(&reader, &record, got, &err), 1);
    assert_int_equal(record.line, 3);
    assert_true(aud_str_equal(record.phone, AUD_STR("+2")));
    assert_int_equal(record_reader_next(&reader, &record, got, &err), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(gives_back_what_was_added),
        cmocka_unit_test(every_cut_is_an_error),
        cmocka_unit_test(damage_never_leads_outside),
        cmocka_unit_test(packed_blocks_come_back),
        cmocka_unit_test(blocks_that_do_not_shrink_stay_as_they_are),
        cmocka_unit_test(damage_of_a_packed_block_is_met),
        cmocka_unit_test(another_number_of_columns_is_an_error),
        cmocka_unit_test(another_version_is_an_error),
        cmocka_unit_test(version_1_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
