#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_frame.h"
#include "random.h"


/* Reads the frame at *at of b, checks its type, and steps over it. */

static aud_str_t
next_frame(const aud_buffer_t *b, size_t *at, aud_frame_type_t expected)
{
    uint32_t          length;
    aud_str_t         payload;
    aud_frame_type_t  type;

    assert_true(b->len - *at >= AUD_FRAME_HEADER);
    assert_int_equal(aud_frame_header(b->data + *at, &type, &length), 0);
    assert_int_equal(type, expected);
    assert_true(b->len - *at - AUD_FRAME_HEADER >= length);

    payload = aud_str(b->data + *at + AUD_FRAME_HEADER, length);
    *at += AUD_FRAME_HEADER + length;

    return payload;
}


static aud_request_t
sample_request(void)
{
    return (aud_request_t) {
        AUD_METHOD_POST, AUD_STR("demo"), AUD_STR("ana@example.com"),
        AUD_STR("r-1"), AUD_STR("/v1/audiences"), AUD_STR("a=1"),
        AUD_STR("application/json"), AUD_STR("pt-BR"), AUD_STR("key-1"),
        AUD_STR("https://example.com"), AUD_STR("7"), AUD_STR("{\"a\": 1}")
    };
}


static void
assert_same_request(const aud_request_t *a, const aud_request_t *b)
{
    assert_int_equal(a->method, b->method);
    assert_true(aud_str_equal(a->tenant, b->tenant));
    assert_true(aud_str_equal(a->user, b->user));
    assert_true(aud_str_equal(a->request_id, b->request_id));
    assert_true(aud_str_equal(a->path, b->path));
    assert_true(aud_str_equal(a->args, b->args));
    assert_true(aud_str_equal(a->content_type, b->content_type));
    assert_true(aud_str_equal(a->accept_language, b->accept_language));
    assert_true(aud_str_equal(a->idempotency_key, b->idempotency_key));
    assert_true(aud_str_equal(a->base_url, b->base_url));
    assert_true(aud_str_equal(a->last_event_id, b->last_event_id));
    assert_true(aud_str_equal(a->body, b->body));
}


/* The bytes themselves, so that neither side can change alone. */

static void
a_request_has_the_bytes_of_the_drawing(void **state)
{
    aud_buffer_t   out = { 0 };
    aud_request_t  request = { .method = AUD_METHOD_IMPORT };

    static const char  expected[] =
        "\0\0\0\x34" "\1" "\1\7" "\0\0\0\4demo"
        "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0"
        "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\2{}";

    request.tenant = AUD_STR("demo");
    request.body = AUD_STR("{}");
    aud_frame_write_request(&out, &request);

    assert_int_equal(out.len, sizeof(expected) - 1);
    assert_memory_equal(out.data, expected, out.len);
    aud_buffer_free(&out);
}


static void
a_request_reads_back_as_written(void **state)
{
    size_t         at = 0;
    aud_str_t      payload;
    aud_buffer_t   out = { 0 };
    aud_request_t  in, back;

    in = sample_request();
    aud_frame_write_request(&out, &in);
    payload = next_frame(&out, &at, AUD_FRAME_REQUEST);

    assert_int_equal(at, out.len);
    assert_int_equal(aud_frame_read_request(payload, &back), 0);
    assert_same_request(&in, &back);
    aud_buffer_free(&out);
}


static void
a_request_cut_or_lengthened_anywhere_is_refused(void **state)
{
    char           *piece;
    size_t          n, at = 0;
    aud_str_t       payload;
    aud_buffer_t    out = { 0 };
    aud_request_t   in, back;

    in = sample_request();
    aud_frame_write_request(&out, &in);
    aud_buffer_char(&out, 'x');
    payload = next_frame(&out, &at, AUD_FRAME_REQUEST);

    for (n = 0; n < payload.len; n++) {
        piece = malloc(n + 1);
        memcpy(piece, payload.data, n);
        assert_int_equal(aud_frame_read_request(aud_str(piece, n), &back), -1);
        free(piece);
    }

    payload.len++;
    assert_int_equal(aud_frame_read_request(payload, &back), -1);
    aud_buffer_free(&out);
}


static void
a_request_of_another_version_method_or_tenant_is_refused(void **state)
{
    size_t         at = 0;
    aud_str_t      payload;
    aud_buffer_t   out = { 0 };
    aud_request_t  in, back;

    in = sample_request();
    aud_frame_write_request(&out, &in);
    payload = next_frame(&out, &at, AUD_FRAME_REQUEST);

    out.data[AUD_FRAME_HEADER] = 2;
    assert_int_equal(aud_frame_read_request(payload, &back), -1);
    out.data[AUD_FRAME_HEADER] = AUD_FRAME_VERSION;

    out.data[AUD_FRAME_HEADER + 1] = 0;
    assert_int_equal(aud_frame_read_request(payload, &back), -1);
    out.data[AUD_FRAME_HEADER + 1] = AUD_METHOD_BACKUP + 1;
    assert_int_equal(aud_frame_read_request(payload, &back), -1);
    out.data[AUD_FRAME_HEADER + 1] = AUD_METHOD_GET;

    out.data[AUD_FRAME_HEADER + 6] = '/';                   /* "/emo" */
    assert_int_equal(aud_frame_read_request(payload, &back), -1);
    aud_buffer_free(&out);
}


static void
a_head_reads_back_as_written(void **state)
{
    size_t               at = 0;
    aud_str_t            name, value;
    aud_buffer_t         out = { 0 };
    aud_response_head_t  head;
    const aud_str_t      headers[] = {
        AUD_STR("Location"), AUD_STR("/v1/imports/imp_1"),
        AUD_STR("Retry-After"), AUD_STR("")
    };

    aud_frame_write_head(&out, 202, UINT64_C(0x123456789A), headers, 2);

    assert_int_equal(aud_frame_read_head(next_frame(&out, &at, AUD_FRAME_HEAD),
                                         &head), 0);
    assert_int_equal(head.status, 202);
    assert_true(head.content_length == UINT64_C(0x123456789A));
    assert_int_equal(head.nheaders, 2);

    assert_int_equal(aud_frame_next_header(&head, &name, &value), 0);
    assert_true(aud_str_equal(name, AUD_STR("Location")));
    assert_true(aud_str_equal(value, AUD_STR("/v1/imports/imp_1")));
    assert_int_equal(aud_frame_next_header(&head, &name, &value), 0);
    assert_true(aud_str_equal(name, AUD_STR("Retry-After")));
    assert_int_equal(value.len, 0);
    assert_int_equal(aud_frame_next_header(&head, &name, &value), -1);

    aud_buffer_free(&out);
}


static void
a_head_cut_or_lengthened_anywhere_is_refused(void **state)
{
    char                *piece;
    size_t               n, at = 0;
    aud_str_t            payload;
    aud_buffer_t         out = { 0 };
    aud_response_head_t  head;
    const aud_str_t      headers[] = { AUD_STR("Location"), AUD_STR("/v1/") };

    aud_frame_write_head(&out, 200, AUD_LENGTH_UNKNOWN, headers, 1);
    aud_buffer_char(&out, 'x');
    payload = next_frame(&out, &at, AUD_FRAME_HEAD);

    for (n = 0; n < payload.len; n++) {
        piece = malloc(n + 1);
        memcpy(piece, payload.data, n);
        assert_int_equal(aud_frame_read_head(aud_str(piece, n), &head), -1);
        free(piece);
    }

    assert_int_equal(aud_frame_read_head(payload, &head), 0);
    payload.len++;
    assert_int_equal(aud_frame_read_head(payload, &head), -1);
    aud_buffer_free(&out);
}


static int
reads_head(unsigned status, aud_str_t name, aud_str_t value)
{
    int                  rc;
    size_t               at = 0;
    aud_buffer_t         out = { 0 };
    aud_response_head_t  head;
    const aud_str_t      header[] = { name, value };

    aud_frame_write_head(&out, status, 0, header, 1);
    rc = aud_frame_read_head(next_frame(&out, &at, AUD_FRAME_HEAD), &head);
    aud_buffer_free(&out);

    return rc;
}


static void
a_header_that_could_begin_another_is_refused(void **state)
{
    assert_int_equal(reads_head(200, AUD_STR("A"), AUD_STR("b c\xC3\xA3")), 0);
    assert_int_equal(reads_head(200, AUD_STR("A"), AUD_STR("b\r\nC: d")), -1);
    assert_int_equal(reads_head(200, AUD_STR("A"), AUD_STR("b\0")), -1);
    assert_int_equal(reads_head(200, AUD_STR("A: b\n"), AUD_STR("c")), -1);
    assert_int_equal(reads_head(200, AUD_STR(""), AUD_STR("b")), -1);
    assert_int_equal(reads_head(200, AUD_STR("\r"), AUD_STR("b")), -1);
    assert_int_equal(reads_head(200, AUD_STR("\x10"), AUD_STR("b")), -1);
}


static void
a_status_that_ends_no_request_is_refused(void **state)
{
    assert_int_equal(reads_head(199, AUD_STR("A"), AUD_STR("b")), -1);
    assert_int_equal(reads_head(600, AUD_STR("A"), AUD_STR("b")), -1);
    assert_int_equal(reads_head(599, AUD_STR("A"), AUD_STR("b")), 0);
}


static void
bodies_are_cut_into_frames_of_64_kib(void **state)
{
    char          *body;
    size_t         len, at, got;
    aud_str_t      piece;
    aud_buffer_t   out;

    static const size_t  lengths[] = { 0, 1, 65535, 65536, 65537, 200000 };

    for (int i = 0; i < 6; i++) {
        len = lengths[i];
        body = malloc(len + 1);
        random_text(body, len, "abcdefgh", 8);
        out = (aud_buffer_t) { 0 };

        aud_frame_write_data(&out, aud_str(body, len));
        aud_frame_write_end(&out);

        for (at = 0, got = 0; got < len; got += piece.len) {
            piece = next_frame(&out, &at, AUD_FRAME_DATA);
            assert_true(got + piece.len <= len);
            assert_memory_equal(piece.data, body + got, piece.len);
        }

        next_frame(&out, &at, AUD_FRAME_END);
        assert_int_equal(at, out.len);
        aud_buffer_free(&out);
        free(body);
    }
}


static void
a_frame_header_that_cannot_be_is_refused(void **state)
{
    uint32_t          length;
    aud_frame_type_t  type;

    assert_int_equal(aud_frame_header("\0\0\0\0\0", &type, &length), -1);
    assert_int_equal(aud_frame_header("\0\0\0\0\5", &type, &length), -1);
    assert_int_equal(aud_frame_header("\0\0\0\1\4", &type, &length), -1);
    assert_int_equal(aud_frame_header("\0\0\0\0\3", &type, &length), -1);
    assert_int_equal(aud_frame_header("\0\1\0\0\3", &type, &length), 0);
    assert_int_equal(aud_frame_header("\0\1\0\1\3", &type, &length), -1);
    assert_int_equal(aud_frame_header("\0\0\x40\1\2", &type, &length), -1);
    assert_int_equal(aud_frame_header("\0\x20\0\1\1", &type, &length), -1);
    assert_int_equal(aud_frame_header("\xff\xff\xff\xff\1", &type, &length),
                     -1);
}


static void
what_is_too_long_for_a_frame_is_not_written(void **state)
{
    char           *body;
    aud_buffer_t    out = { 0 };
    aud_request_t   request;

    request = sample_request();
    body = calloc(1, AUD_FRAME_MAX_REQUEST);
    request.body = aud_str(body, AUD_FRAME_MAX_REQUEST);
    aud_frame_write_request(&out, &request);

    assert_true(out.failed);
    aud_buffer_free(&out);
    free(body);
}


static void
random_payloads_are_read_within_their_bounds(void **state)
{
    int                   i;
    char                 *payload;
    size_t                len;
    aud_request_t         request;
    aud_response_head_t   head;

    for (i = 0; i < 100000; i++) {
        len = random_below(80);
        payload = malloc(len + 1);
        random_text(payload, len, "\0\0\0\0\0\0\1\2\3\4a-", 12);

        if (len && i % 2) {
            payload[0] = AUD_FRAME_VERSION;
        }

        aud_frame_read_request(aud_str(payload, len), &request);
        aud_frame_read_head(aud_str(payload, len), &head);
        free(payload);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_request_has_the_bytes_of_the_drawing),
        cmocka_unit_test(a_request_reads_back_as_written),
        cmocka_unit_test(a_request_cut_or_lengthened_anywhere_is_refused),
        cmocka_unit_test(
            a_request_of_another_version_method_or_tenant_is_refused),
        cmocka_unit_test(a_head_reads_back_as_written),
        cmocka_unit_test(a_head_cut_or_lengthened_anywhere_is_refused),
        cmocka_unit_test(a_header_that_could_begin_another_is_refused),
        cmocka_unit_test(a_status_that_ends_no_request_is_refused),
        cmocka_unit_test(bodies_are_cut_into_frames_of_64_kib),
        cmocka_unit_test(a_frame_header_that_cannot_be_is_refused),
        cmocka_unit_test(what_is_too_long_for_a_frame_is_not_written),
        cmocka_unit_test(random_payloads_are_read_within_their_bounds)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
