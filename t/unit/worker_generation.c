/*
 * Manifests and audiences written and opened as generations: struck rows, what
 * is shared with the generation before, what is refused.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_manifest.h"
#include "aud_audiences.h"
#include "manifest_writer.h"
#include "segment_writer.h"

#define ROWS  500

static char         dir[64];
static aud_field_t  fields[2] = {
    { AUD_STR("time"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("idade"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
};


static aud_uuid_t
profile(uint32_t i)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[14] = i >> 8;
    id.bytes[15] = i;

    return id;
}


/* Profiles first, first + 1, … first + rows - 1. */
static manifest_segment_t
segment(uint64_t number, uint32_t first, uint32_t rows)
{
    uint32_t            i;
    aud_uuid_t          id;
    aud_error_t         err;
    segment_value_t     values[] = { { 0, AUD_STR("São Paulo") },
                                     { 1, AUD_STR("42") } };
    segment_writer_t   *w;
    segment_summary_t   summary;
    manifest_segment_t  s = { .number = number, .rows = rows };

    w = segment_writer_create(fields, 2);

    for (i = 0; i < rows; i++) {
        id = profile(first + i);
        assert_int_equal(segment_writer_add(w, &id, values, 2), 0);
    }

    assert_int_equal(segment_writer_write(w, dir, number, &summary, &err), 0);
    segment_writer_free(w);
    s.checksum = summary.checksum;

    return s;
}


static aud_generation_t *
opened(const manifest_t *m, const aud_generation_t *previous)
{
    aud_error_t        err;
    aud_generation_t  *g;

    assert_int_equal(manifest_write(dir, "MANIFEST", m, &err), 0);
    g = aud_generation_open(dir, NULL, previous, &err);

    if (g == NULL) {
        fail_msg("%s", err.text);
    }

    return g;
}


static void
refused(const manifest_t *m)
{
    aud_error_t  err;

    assert_int_equal(manifest_write(dir, "MANIFEST", m, &err), 0);
    assert_null(aud_generation_open(dir, NULL, NULL, &err));
    assert_int_not_equal(err.no, ENOENT);
}


static void
test_a_tenant_without_a_manifest_has_none(void **state)
{
    aud_error_t        err;
    aud_generation_t  *g;

    assert_null(aud_generation_open(dir, NULL, NULL, &err));
    assert_int_equal(err.no, ENOENT);
    assert_null(aud_generation_open("/nowhere", NULL, NULL, &err));
    assert_int_equal(err.no, ENOENT);

    g = aud_generation_empty();
    assert_int_equal(g->number, 0);
    assert_int_equal(g->profiles, 0);
    assert_null(aud_generation_field(g, AUD_STR("time")));
    aud_generation_release(g);
}


static void
test_fields_are_found_whatever_their_order_was(void **state)
{
    manifest_t         m = { .number = 7, .fields = fields, .nfields = 2 };
    aud_generation_t  *g;

    g = opened(&m, NULL);
    assert_int_equal(g->number, 7);
    assert_int_equal(g->nfields, 2);
    assert_true(aud_str_equal(g->fields[0].name, AUD_STR("idade")));
    assert_int_equal(aud_generation_field(g, AUD_STR("idade"))->type,
                     AUD_TYPE_NUMBER);
    assert_int_equal(aud_generation_field(g, AUD_STR("time"))->type,
                     AUD_TYPE_TEXT);
    assert_null(aud_generation_field(g, AUD_STR("tim")));
    aud_generation_release(g);
}


/* Each density of struck rows, so that each form of keeping them occurs. */
static void
test_struck_rows_read_back(void **state)
{
    size_t              slice;
    unsigned            every;
    uint32_t            i, row, struck;
    uint64_t            bits[AUD_WORDS(ROWS)];
    aud_uuid_t          id;
    manifest_t          m = { .number = 1, .fields = fields, .nfields = 2 };
    aud_generation_t   *g;
    manifest_segment_t  s;

    s = segment(1, 0, ROWS);
    m.segments = &s;
    m.nsegments = 1;

    for (every = 1; every < 2 * ROWS; every = every * 2 + 1) {
        memset(bits, 0, sizeof(bits));
        struck = 0;

        for (i = every - 1; i < ROWS; i += every, struck++) {
            bits[i / 64] |= (uint64_t) 1 << (i % 64);
        }

        s.deleted = bits;
        g = opened(&m, NULL);
        assert_int_equal(g->slices[0].live, ROWS - struck);
        assert_int_equal(g->profiles, ROWS - struck);
        assert_int_equal(g->slices[0].deleted != NULL, struck != 0);

        for (i = 0; i < ROWS; i++) {
            id = profile(i);

            if (aud_bit(bits, i)) {
                assert_true(aud_bit(g->slices[0].deleted, i));
                assert_int_equal(aud_generation_find(g, &id, &slice, &row),
                                 -1);

            } else {
                assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
                assert_int_equal(row, i);
            }
        }

        aud_generation_release(g);
    }
}


static void
test_a_profile_is_found_where_it_lives(void **state)
{
    size_t              slice;
    uint32_t            row;
    uint64_t            bits[2] = { 1 << 5, 0 };
    aud_uuid_t          id;
    manifest_t          m = { .number = 1, .fields = fields, .nfields = 2 };
    aud_generation_t   *g;
    manifest_segment_t  s[2];

    s[1] = segment(10, 0, 70);
    s[0] = segment(11, 5, 1);
    s[1].deleted = bits;
    m.segments = s;
    m.nsegments = 2;
    g = opened(&m, NULL);

    assert_int_equal(g->profiles, 70);
    id = profile(5);
    assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
    assert_int_equal(g->slices[slice].segment->number, 11);
    id = profile(6);
    assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
    assert_int_equal(g->slices[slice].segment->number, 10);
    assert_int_equal(row, 6);
    id = profile(70);
    assert_int_equal(aud_generation_find(g, &id, &slice, &row), -1);

    aud_generation_release(g);
}


static void
test_audiences_are_found_with_filter_and_members(void **state)
{
    manifest_t             m = { .number = 3, .audiences_number = 9 };
    aud_uuid_t             members[] = { profile(1), profile(2), profile(9) };
    aud_uuid_t             id;
    aud_error_t            err;
    aud_audience_t         list[] = {
        { .id = profile(100), .filter = AUD_STR("{\"all\":[]}") },
        { .id = profile(200), .members = members, .nmembers = 3 },
        { .id = profile(300), .filter = AUD_STR("{\"any\":[]}") },
    };
    aud_generation_t      *g;
    const aud_audience_t  *a;

    assert_int_equal(manifest_write_audiences(dir, 9, list, 3, NULL,
                                              &m.audiences_checksum, &err), 0);
    g = opened(&m, NULL);
    assert_int_equal(g->naudiences, 3);
    assert_int_equal(g->audiences_number, 9);

    id = profile(200);
    a = aud_generation_audience(g, &id);
    assert_int_equal(a->filter.len, 0);
    assert_int_equal(a->nmembers, 3);
    assert_memory_equal(a->members, members, sizeof(members));

    id = profile(300);
    a = aud_generation_audience(g, &id);
    assert_true(aud_str_equal(a->filter, AUD_STR("{\"any\":[]}")));
    assert_int_equal(a->nmembers, 0);

    id = profile(301);
    assert_null(aud_generation_audience(g, &id));
    aud_generation_release(g);
}


static void
test_what_did_not_change_is_shared(void **state)
{
    uint64_t            bits[2] = { 1, 0 };
    manifest_t          m = { .number = 1, .fields = fields, .nfields = 2,
                              .audiences_number = 20 };
    aud_error_t         err;
    aud_audience_t      one = { .id = profile(1),
                                .filter = AUD_STR("{\"all\":[]}") };
    aud_generation_t   *first, *second;
    manifest_segment_t  s[2];

    assert_int_equal(manifest_write_audiences(dir, 20, &one, 1, NULL,
                                              &m.audiences_checksum, &err), 0);
    s[0] = segment(20, 0, 100);
    s[1] = segment(21, 100, 100);
    m.segments = s;
    m.nsegments = 1;
    first = opened(&m, NULL);

    m.number = 2;
    m.nsegments = 2;
    s[0].deleted = bits;
    second = opened(&m, first);

    assert_ptr_equal(first->slices[0].segment, second->slices[0].segment);
    assert_ptr_equal(first->audiences, second->audiences);
    assert_null(first->slices[0].deleted);
    assert_int_equal(first->profiles, 100);
    assert_int_equal(second->profiles, 199);

    aud_generation_release(aud_generation_retain(second));
    aud_generation_release(first);
    assert_true(aud_segment_column(second->slices[0].segment,
                                   AUD_STR("time")) != NULL);
    assert_true(aud_str_equal(second->audiences[0].filter, one.filter));
    aud_generation_release(second);
}


static void
test_a_manifest_that_its_files_contradict_is_refused(void **state)
{
    aud_field_t         other[2] = { fields[0], fields[1] };
    manifest_t          m = { .number = 1, .fields = fields, .nfields = 2 };
    manifest_segment_t  s, right;

    right = s = segment(30, 0, 10);
    m.segments = &s;
    m.nsegments = 1;
    aud_generation_release(opened(&m, NULL));

    s.checksum++;
    refused(&m);
    s = right;

    s.rows++;
    refused(&m);
    s = right;

    s.number = 31;
    refused(&m);
    s = right;

    m.nfields = 1;
    refused(&m);
    m.nfields = 2;

    m.fields = other;
    other[0].multi = 1;
    refused(&m);
    other[0].multi = 0;
    other[1].type = AUD_TYPE_DATE;
    refused(&m);
    m.fields = fields;

    m.audiences_number = 31;
    refused(&m);
}


/* What a manifest says of the generations before it is read without the rest,
 * too. */
static void
test_generations_that_answer_alike_are_known(void **state)
{
    int                fd;
    char               path[128];
    size_t             i;
    manifest_t         m = { .number = 7, .fields = fields, .nfields = 2 };
    aud_generation_t  *g;
    uint64_t           contents[][2] = { { 0, 7 }, { 7, 7 }, { 5, 5 },
                                         { 1, 1 } };

    for (i = 0; i < 4; i++) {
        m.content = contents[i][0];
        g = opened(&m, NULL);
        assert_int_equal(g->content, contents[i][1]);

        snprintf(path, sizeof(path), "%s/MANIFEST", dir);
        fd = open(path, O_RDONLY);
        assert_int_equal(aud_manifest_content(fd), g->content);
        close(fd);
        aud_generation_release(g);
    }

    m.content = 8;
    refused(&m);
    fd = open("/dev/null", O_RDONLY);
    assert_int_equal(aud_manifest_content(fd), 0);
    close(fd);
}


static aud_segment_t *
find_opened(void *arg, uint64_t number, uint64_t checksum)
{
    aud_segment_t  *segment = arg;

    return segment->number == number && segment->checksum == checksum
           ? aud_segment_retain(segment) : NULL;
}


static char *
text_of(const char *text)
{
    return strcpy(aud_malloc(strlen(text) + 1), text);
}


static void
test_an_answer_is_kept_as_long_as_it_is_right(void **state)
{
    manifest_t         m = { .number = 7, .fields = fields, .nfields = 2 };
    aud_generation_t  *before, *alike, *other;

    before = opened(&m, NULL);
    assert_null(aud_generation_fields_answer(before));
    aud_generation_keep_fields_answer(before, text_of("first"));
    aud_generation_keep_fields_answer(before, text_of("second"));
    assert_string_equal(aud_generation_fields_answer(before), "first");

    m.number = 8;
    m.content = 7;
    alike = opened(&m, before);
    assert_string_equal(aud_generation_fields_answer(alike), "first");

    m.number = 9;
    m.content = 9;
    other = opened(&m, alike);
    assert_null(aud_generation_fields_answer(other));

    aud_generation_release(before);
    aud_generation_release(alike);
    aud_generation_release(other);
}


static void
test_a_segment_that_is_open_already_is_shared(void **state)
{
    manifest_t          m = { .number = 1, .fields = fields, .nfields = 2 };
    aud_error_t         err;
    aud_segment_t      *segments[2];
    aud_segments_t      open = { find_opened, NULL };
    aud_generation_t   *g;
    manifest_segment_t  s[2];

    s[0] = segment(50, 0, 10);
    s[1] = segment(51, 10, 10);
    m.segments = s;
    m.nsegments = 2;
    segments[1] = aud_segment_open(dir, 51, s[1].checksum, &err);
    open.arg = segments[1];

    assert_int_equal(manifest_write(dir, "MANIFEST", &m, &err), 0);
    g = aud_generation_open_with(dir, NULL, NULL, &open, &err);
    assert_ptr_equal(g->slices[1].segment, segments[1]);
    assert_int_equal(g->slices[0].segment->number, 50);
    aud_segment_release(segments[1]);
    assert_int_equal(g->slices[1].segment->rows, 10);
    aud_generation_release(g);
}


static void
check_every_byte_counts(const char *name)
{
    FILE           *file;
    char            path[128];
    size_t          i, n;
    aud_error_t     err;
    unsigned char   bytes[64 * 1024];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "r+");
    n = fread(bytes, 1, sizeof(bytes), file);
    assert_true(n > 64 && n < sizeof(bytes));

    for (i = 0; i < n; i++) {
        fseek(file, i, SEEK_SET);
        fputc(bytes[i] ^ (1 << (i % 8)), file);
        fflush(file);

        if (aud_generation_open(dir, NULL, NULL, &err)) {
            fail_msg("byte %zu of %s may flip", i, name);
        }

        fseek(file, i, SEEK_SET);
        fputc(bytes[i], file);
        fflush(file);
    }

    for (i = n; i-- > 0; ) {
        assert_int_equal(ftruncate(fileno(file), i), 0);
        assert_null(aud_generation_open(dir, NULL, NULL, &err));
    }

    fseek(file, 0, SEEK_SET);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}


static void
test_every_flipped_bit_is_noticed(void **state)
{
    uint64_t            bits[2] = { 0x155, 0 };
    manifest_t          m = { .number = 1, .fields = fields, .nfields = 2,
                              .audiences_number = 40 };
    aud_uuid_t          members[] = { profile(1), profile(2) };
    aud_error_t         err;
    aud_audience_t      list[] = {
        { .id = profile(1), .filter = AUD_STR("{\"all\":[]}") },
        { .id = profile(2), .members = members, .nmembers = 2 },
    };
    manifest_below_t    below;
    manifest_segment_t  s;

    assert_int_equal(manifest_write_audiences(dir, 40, list, 2, NULL,
                                              &m.audiences_checksum, &err), 0);
    s = segment(40, 0, 10);
    s.deleted = bits;
    m.segments = &s;
    m.nsegments = 1;
    aud_generation_release(opened(&m, NULL));

    check_every_byte_counts("MANIFEST");
    check_every_byte_counts("0000000000000028.aud");
    aud_generation_release(opened(&m, NULL));

    /* and the one below that it changes */

    below = (manifest_below_t) { 40, m.audiences_checksum, &members[1], 1 };
    m.audiences_number = 41;
    assert_int_equal(manifest_write_audiences(dir, 41, list, 1, &below,
                                              &m.audiences_checksum, &err), 0);
    aud_generation_release(opened(&m, NULL));
    check_every_byte_counts("0000000000000029.aud");
    check_every_byte_counts("0000000000000028.aud");
    aud_generation_release(opened(&m, NULL));
}


static void
test_changes_of_audiences_change_one_file_that_has_all(void **state)
{
    size_t              i;
    manifest_t          m = { .number = 1, .audiences_number = 51 };
    aud_uuid_t          ids[5];
    aud_error_t         err;
    aud_audience_t      list[5] = { 0 };
    manifest_below_t    below = { .number = 50 };
    aud_generation_t   *g, *next, *last;
    static const char  *filters[] = { "[0]", "[1]", "[2]", "[3]", "[4]" };

    for (i = 0; i < 5; i++) {
        list[i].id = ids[i] = profile(i);
        list[i].filter = aud_str(filters[i], 3);
    }

    assert_int_equal(manifest_write_audiences(dir, 50, list, 4, NULL,
                                              &below.checksum, &err), 0);
    list[1].filter = aud_str("[9]", 3);
    below.dropped = &ids[2];
    below.ndropped = 1;
    list[2] = list[4];
    assert_int_equal(manifest_write_audiences(dir, 51, list + 1, 2, &below,
                                              &m.audiences_checksum, &err), 0);
    g = opened(&m, NULL);
    assert_int_equal(g->naudiences, 4);
    assert_int_equal(g->audiences_below, 50);
    assert_null(aud_generation_audience(g, &ids[2]));
    assert_true(aud_str_equal(aud_generation_audience(g, &ids[1])->filter,
                              AUD_STR("[9]")));
    assert_true(aud_str_equal(g->audiences[2].filter, AUD_STR("[3]")));
    assert_true(aud_str_equal(g->audiences[3].filter, AUD_STR("[4]")));

    /* what is below is shared */

    m.audiences_number = 52;
    assert_int_equal(manifest_write_audiences(dir, 52, list + 1, 1, &below,
                                              &m.audiences_checksum, &err), 0);
    next = opened(&m, g);
    assert_ptr_equal(aud_generation_audiences_file(next)->below,
                     aud_generation_audiences_file(g)->below);
    m.audiences_number = 50;
    m.audiences_checksum = below.checksum;
    last = opened(&m, NULL);
    aud_generation_release(g);
    m.audiences_number = 52;
    m.audiences_checksum = next->audiences_checksum;
    g = opened(&m, last);
    assert_ptr_equal(aud_generation_audiences_file(g)->below,
                     aud_generation_audiences_file(last));
    aud_generation_release(g);
    aud_generation_release(next);
    aud_generation_release(last);

    /* one that changes another, itself, or a file that is not there */

    below.number = 52;
    below.checksum = m.audiences_checksum;
    m.audiences_number = 53;

    for (i = 0; i < 3; i++, below.number++) {
        assert_int_equal(manifest_write_audiences(dir, 53, list, 1, &below,
                             &m.audiences_checksum, &err), 0);
        refused(&m);
    }
}


static int
make_dir(void **state)
{
    strcpy(dir, "/tmp/aud-generation-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}


static int
remove_dir(void **state)
{
    char  command[128];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_tenant_without_a_manifest_has_none),
        cmocka_unit_test(test_fields_are_found_whatever_their_order_was),
        cmocka_unit_test(test_struck_rows_read_back),
        cmocka_unit_test(test_a_profile_is_found_where_it_lives),
        cmocka_unit_test(test_audiences_are_found_with_filter_and_members),
        cmocka_unit_test(test_what_did_not_change_is_shared),
        cmocka_unit_test(test_a_manifest_that_its_files_contradict_is_refused),
        cmocka_unit_test(test_generations_that_answer_alike_are_known),
        cmocka_unit_test(test_an_answer_is_kept_as_long_as_it_is_right),
        cmocka_unit_test(test_a_segment_that_is_open_already_is_shared),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(
            test_changes_of_audiences_change_one_file_that_has_all),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
