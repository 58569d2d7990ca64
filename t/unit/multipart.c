#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_buffer.h"
#include "aud_multipart.h"
#include "random.h"

#define FORM      "multipart/form-data; boundary=xyz"
#define OPEN      "--xyz\r\n"
#define FILE_PART "Content-Disposition: form-data; name=\"file\"; " \
                  "filename=\"crm.csv\"\r\n" \
                  "Content-Type: text/csv\r\n\r\n"
#define CLOSE     "\r\n--xyz--\r\n"

typedef struct {
    aud_multipart_status_t  status;
    aud_buffer_t            content;
    char                    filename[AUD_MULTIPART_FILENAME_MAX + 1];
    size_t                  stop_after;     /* bytes; 0: never */
} result_t;


static int
on_data(void *arg, const char *data, size_t len)
{
    result_t  *r = arg;

    assert_true(len > 0);
    aud_buffer_add(&r->content, data, len);

    return r->stop_after && r->content.len >= r->stop_after;
}


/* Feeds body in pieces of 1 to `longest` bytes, each alone on the heap. */

static result_t
read_pieces(const char *content_type, aud_str_t body, size_t longest,
    size_t stop_after)
{
    char             *piece;
    size_t            n, at;
    result_t          r = { .stop_after = stop_after };
    aud_str_t         name;
    aud_multipart_t  *m;

    m = aud_multipart_create(aud_str(content_type, strlen(content_type)),
                             on_data, &r, &r.status);
    if (m == NULL) {
        return r;
    }

    for (at = 0; at < body.len && r.status == AUD_MULTIPART_OK; at += n) {
        n = 1 + random_below(longest);
        n = n < body.len - at ? n : body.len - at;

        piece = malloc(n);
        memcpy(piece, body.data + at, n);
        r.status = aud_multipart_feed(m, piece, n);
        free(piece);
    }

    if (r.status == AUD_MULTIPART_OK) {
        r.status = aud_multipart_finish(m);
    }

    name = aud_multipart_filename(m);
    memcpy(r.filename, name.data, name.len);
    aud_multipart_free(m);

    return r;
}


static void
assert_gives(const char *content_type, aud_str_t body, const char *filename,
    aud_str_t content)
{
    size_t    longest;
    result_t  r;

    for (longest = 1; longest < 500; longest *= 3) {
        r = read_pieces(content_type, body, longest, 0);

        assert_int_equal(r.status, AUD_MULTIPART_OK);
        assert_string_equal(r.filename, filename);
        assert_int_equal(r.content.len, content.len);

        if (content.len) {
            assert_memory_equal(r.content.data, content.data, content.len);
        }

        aud_buffer_free(&r.content);
    }
}


static void
assert_refuses(const char *content_type, aud_str_t body,
    aud_multipart_status_t status)
{
    size_t    longest;
    result_t  r;

    for (longest = 1; longest < 500; longest *= 3) {
        r = read_pieces(content_type, body, longest, 0);
        assert_int_equal(r.status, status);
        aud_buffer_free(&r.content);
    }
}


static void
gives_the_content_of_the_file_part(void **state)
{
    assert_gives(FORM, AUD_STR(OPEN FILE_PART "a,b\r\nc,d\r\n" CLOSE),
                 "crm.csv", AUD_STR("a,b\r\nc,d\r\n"));
    assert_gives(FORM, AUD_STR(OPEN FILE_PART "\r\n\r\r\n-\r\n--xy" CLOSE),
                 "crm.csv", AUD_STR("\r\n\r\r\n-\r\n--xy"));
}


static void
gives_an_empty_file(void **state)
{
    assert_gives(FORM, AUD_STR(OPEN FILE_PART CLOSE), "crm.csv", AUD_STR(""));

    /* The empty line's CRLF serves the delimiter too (RFC 2046 allows it). */
    assert_gives(FORM, AUD_STR(OPEN FILE_PART "--xyz--"), "crm.csv",
                 AUD_STR(""));
}


static void
adds_nothing_before_content_that_begins_like_a_boundary(void **state)
{
    assert_gives(FORM, AUD_STR(OPEN FILE_PART "--xy" CLOSE), "crm.csv",
                 AUD_STR("--xy"));
    assert_gives(FORM, AUD_STR(OPEN FILE_PART "-" CLOSE), "crm.csv",
                 AUD_STR("-"));
}


static void
ignores_preamble_and_epilogue(void **state)
{
    assert_gives(FORM, AUD_STR("Hello\r\n--xy\r\n\r\n" OPEN FILE_PART "a" CLOSE
                               "bye" OPEN FILE_PART "b" CLOSE),
                 "crm.csv", AUD_STR("a"));
}


static void
skips_parts_of_other_names(void **state)
{
    assert_gives(FORM,
                 AUD_STR(OPEN "Content-Disposition: form-data; name=\"note\""
                         "\r\n\r\nhello\r\n"
                         OPEN FILE_PART "a\r\n"
                         OPEN "Content-Disposition: form-data; name=\"x\"; "
                         "filename=\"y.csv\"\r\n\r\nz" CLOSE),
                 "crm.csv", AUD_STR("a"));
}


static void
allows_blanks_behind_a_boundary(void **state)
{
    assert_gives(FORM, AUD_STR("--xyz \t \r\n" FILE_PART "a\r\n--xyz--  "),
                 "crm.csv", AUD_STR("a"));
}


static void
reads_boundaries_as_clients_write_them(void **state)
{
    aud_str_t  body = AUD_STR("--a b\r\n" FILE_PART "x\r\n--a b--");

    assert_gives("multipart/form-data; boundary=\"a b\"", body, "crm.csv",
                 AUD_STR("x"));
    assert_gives("Multipart/Form-Data ;charset=utf-8;BOUNDARY=\"a b\";", body,
                 "crm.csv", AUD_STR("x"));
}


static void
refuses_a_boundary_that_cannot_be(void **state)
{
    aud_str_t  body = AUD_STR(OPEN FILE_PART "a" CLOSE);

    static const char *const  types[] = {
        "", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"", "multipart/mixed; boundary=xyz",
        "multipart/form-data; boundary=\"xyz",
        "multipart/form-data; boundary=xyz; boundary=xyz",
        "multipart/form-data; boundary=xyz; charset",
        "multipart/form-data; boundary=\"xyz \"",
        "multipart/form-data; boundary=\"x\ry\"",
        "multipart/form-data; boundary=\"x*y\"",
        "multipart/form-data; boundary xyz", "text/csv; boundary=xyz",
        "multipart/form-data; boundary=0123456789012345678901234567890123456789"
        "0123456789012345678901234567890"
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_refuses(types[i], body, AUD_MULTIPART_BAD_BOUNDARY);
    }
}


static void
reads_a_boundary_of_70_characters(void **state)
{
#define LONG  "0123456789012345678901234567890123456789" \
              "012345678901234567890123456789"

    assert_gives("multipart/form-data; boundary=" LONG,
                 AUD_STR("--" LONG "\r\n" FILE_PART "x\r\n--" LONG "--"),
                 "crm.csv", AUD_STR("x"));
}


static void
assert_filename(const char *disposition, const char *filename)
{
    aud_buffer_t  body = { 0 };

    aud_buffer_printf(&body, OPEN "content-DISPOSITION:%s\r\n\r\nx" CLOSE,
                      disposition);
    assert_gives(FORM, aud_buffer_str(&body), filename, AUD_STR("x"));
    aud_buffer_free(&body);
}


static void
reads_file_names_as_clients_write_them(void **state)
{
    assert_filename("form-data; name=file; filename=crm.csv", "crm.csv");
    assert_filename("form-data;name=\"file\"", "");
    assert_filename("form-data; name=\"file\"; filename=\"a;b\\\"c.csv\"",
                    "a;b\"c.csv");
    assert_filename("form-data; name=\"file\"; filename=\"C:\\tmp\\a.csv\"",
                    "C:\\tmp\\a.csv");
    assert_filename("form-data; name=\"file\"; filename=\"S\xC3\xA3o.csv\"",
                    "S\xC3\xA3o.csv");
    assert_filename("form-data; name=\"file\"; filename=\"../../etc/x.csv\"",
                    "../../etc/x.csv");
    assert_filename("form-data; name=\"file\"; filename=\"100%25.csv\"",
                    "100%25.csv");
}


static void
prefers_the_extended_file_name(void **state)
{
    assert_filename("form-data; name=\"file\"; filename=\"Sao.csv\"; "
                    "filename*=utf-8''S%C3%a3o.csv", "S\xC3\xA3o.csv");
    assert_filename("form-data; filename*=UTF-8'pt'b.csv; filename=\"a.csv\"; "
                    "name=\"file\"", "b.csv");
    assert_filename("form-data; name=\"file\"; filename=\"a.csv\"; "
                    "filename*=iso-8859-1''%E3.csv", "a.csv");
}


static void
assert_bad_headers(const char *headers)
{
    aud_buffer_t  body = { 0 };

    aud_buffer_printf(&body, OPEN "%s\r\n\r\nx" CLOSE, headers);
    assert_refuses(FORM, aud_buffer_str(&body), AUD_MULTIPART_BAD_HEADERS);
    aud_buffer_free(&body);
}


static void
refuses_headers_that_are_malformed(void **state)
{
#define CD  "Content-Disposition: form-data; "

    assert_bad_headers("");
    assert_bad_headers("Content-Type: text/csv");
    assert_bad_headers("Content-Disposition: attachment; name=\"file\"");
    assert_bad_headers(CD "filename=\"a.csv\"");
    assert_bad_headers(CD "name=\"file\"\r\n" CD "name=\"file\"");
    assert_bad_headers(CD "name=\"file\"; name=\"file\"");
    assert_bad_headers(CD "name=\"file\"\r\n" CD "filename=\"a.csv\"");
    assert_bad_headers(CD "name=\"file\"; filename=a; filename=b");
    assert_bad_headers(CD "name=\"file");
    assert_bad_headers(CD "name=\"file\" filename=a");
    assert_bad_headers(CD "name=\"file\"; filename*=utf-8''%4");
    assert_bad_headers(CD "name=\"file\"; filename*=utf-8''%zz");
    assert_bad_headers(CD "name=\"file\"\r\n folded: no");
    assert_bad_headers(CD "name=\"file\"\nX: y");
    assert_bad_headers(CD "name=\"file\"\rX: y");
    assert_bad_headers(CD "name=\"file\"\r\nno colon");
    assert_bad_headers(CD "name=\"file\"\r\n"
                       "Content-Transfer-Encoding: base64");
    assert_bad_headers(CD "name=\"\x01\"");
}


static void
refuses_headers_above_8_kib(void **state)
{
    char          *filler;
    size_t         n;
    aud_buffer_t   body;

    static const char  fixed[] =
        "Content-Disposition: form-data; name=file\r\nX: \r\n\r\n";

    for (n = 0; n < 2; n++) {
        body = (aud_buffer_t) { 0 };
        filler = malloc(AUD_MULTIPART_HEADERS_MAX);
        memset(filler, 'x', AUD_MULTIPART_HEADERS_MAX);

        aud_buffer_text(&body, OPEN
                        "Content-Disposition: form-data; name=file\r\nX: ");
        aud_buffer_add(&body, filler,
                       AUD_MULTIPART_HEADERS_MAX - (sizeof(fixed) - 1) + n);
        aud_buffer_text(&body, "\r\n\r\na" CLOSE);

        if (n == 0) {
            assert_gives(FORM, aud_buffer_str(&body), "", AUD_STR("a"));
        } else {
            assert_refuses(FORM, aud_buffer_str(&body),
                           AUD_MULTIPART_BAD_HEADERS);
        }

        free(filler);
        aud_buffer_free(&body);
    }
}


static void
refuses_a_file_name_above_255_bytes(void **state)
{
    char          name[257] = { 0 };
    aud_buffer_t  body = { 0 };

    memset(name, 'x', 256);
    aud_buffer_printf(&body, OPEN CD "name=file; filename=\"%s\"\r\n\r\na"
                      CLOSE, name);
    assert_refuses(FORM, aud_buffer_str(&body), AUD_MULTIPART_BAD_HEADERS);
    aud_buffer_free(&body);
}


static void
refuses_a_second_file(void **state)
{
    assert_refuses(FORM, AUD_STR(OPEN FILE_PART "a\r\n" OPEN FILE_PART "b"
                                 CLOSE), AUD_MULTIPART_TWO_FILES);
}


static void
says_when_there_is_no_file(void **state)
{
    assert_refuses(FORM, AUD_STR("--xyz--"), AUD_MULTIPART_NO_FILE);
    assert_refuses(FORM, AUD_STR(OPEN CD "name=\"File\"; filename=\"a.csv\""
                                 "\r\n\r\na" CLOSE), AUD_MULTIPART_NO_FILE);
}


static void
refuses_the_33rd_part(void **state)
{
    int           i, n;
    aud_buffer_t  body;

    for (n = 31; n <= 32; n++) {
        body = (aud_buffer_t) { 0 };

        for (i = 0; i < n; i++) {
            aud_buffer_text(&body, OPEN CD "name=x\r\n\r\n\r\n");
        }

        aud_buffer_text(&body, OPEN FILE_PART "a" CLOSE);

        if (n == 31) {
            assert_gives(FORM, aud_buffer_str(&body), "crm.csv", AUD_STR("a"));
        } else {
            assert_refuses(FORM, aud_buffer_str(&body),
                           AUD_MULTIPART_TOO_MANY_PARTS);
        }

        aud_buffer_free(&body);
    }
}


static void
a_body_cut_anywhere_is_cut_off(void **state)
{
    size_t     n;
    result_t   r;
    aud_str_t  body = AUD_STR(OPEN FILE_PART "a,b\r\nc,d\r\n" CLOSE);

    for (n = 0; n < body.len - 2; n++) {
        r = read_pieces(FORM, aud_str(body.data, n), 50, 0);
        assert_int_equal(r.status, AUD_MULTIPART_CUT_OFF);
        aud_buffer_free(&r.content);
    }
}


/* RFC 2046 calls a line that begins with the boundary a boundary.  Rather than
 * guess where such a file ends, it is refused. */

static void
refuses_a_line_that_goes_on_behind_a_boundary(void **state)
{
    assert_refuses(FORM, AUD_STR(OPEN FILE_PART "a\r\n--xyzzy\r\n" CLOSE),
                   AUD_MULTIPART_BAD_HEADERS);
    assert_refuses(FORM, AUD_STR(OPEN FILE_PART "a\r\n--xyz-\r\n" CLOSE),
                   AUD_MULTIPART_BAD_HEADERS);
    assert_refuses(FORM, AUD_STR(OPEN FILE_PART "a\r\n--xyz\n" CLOSE),
                   AUD_MULTIPART_BAD_HEADERS);
}


static void
stops_when_the_callback_says_so(void **state)
{
    result_t  r;

    r = read_pieces(FORM, AUD_STR(OPEN FILE_PART "abcdef" CLOSE), 1, 3);
    assert_int_equal(r.status, AUD_MULTIPART_STOPPED);
    assert_int_equal(r.content.len, 3);
    aud_buffer_free(&r.content);
}


static void
random_content_comes_out_as_it_went_in(void **state)
{
    int           i;
    char          content[300];
    size_t        len;
    aud_buffer_t  body;

    for (i = 0; i < 10000; i++) {
        len = random_below(i % 10 ? 30 : sizeof(content));
        random_text(content, len, "\r\n-xy\r\n-xyz", i % 3 ? 10 : 11);

        if (memmem(content, len, "\r\n--xyz", 7)
            || (len >= 5 && memcmp(content, "--xyz", 5) == 0))
        {
            continue;
        }

        body = (aud_buffer_t) { 0 };
        aud_buffer_text(&body, OPEN FILE_PART);
        aud_buffer_add(&body, content, len);
        aud_buffer_text(&body, CLOSE);

        assert_gives(FORM, aud_buffer_str(&body), "crm.csv",
                     aud_str(content, len));
        aud_buffer_free(&body);
    }
}


static void
random_bodies_are_read_alike_however_they_are_cut(void **state)
{
    int           i, n;
    result_t      a, b;
    aud_buffer_t  body;

    static const char *const  pieces[] = {
        OPEN, FILE_PART, CLOSE, "\r\n", "--xyz", "--", "\r", "\n", "a", "-",
        CD "name=file\r\n\r\n", CD "name=x\r\n\r\n", " ", ";", "\r\n\r\n"
    };

    for (i = 0; i < 20000; i++) {
        body = (aud_buffer_t) { 0 };
        aud_buffer_text(&body, i % 4 ? OPEN FILE_PART : "");

        for (n = random_below(12); n > 0; n--) {
            aud_buffer_text(&body, pieces[random_below(15)]);
        }

        a = read_pieces(FORM, aud_buffer_str(&body), 1, 0);
        b = read_pieces(FORM, aud_buffer_str(&body), 1 + random_below(400), 0);

        assert_int_equal(a.status, b.status);
        assert_string_equal(a.filename, b.filename);
        assert_int_equal(a.content.len, b.content.len);

        if (a.content.len) {
            assert_memory_equal(a.content.data, b.content.data, a.content.len);
        }

        aud_buffer_free(&a.content);
        aud_buffer_free(&b.content);
        aud_buffer_free(&body);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(gives_the_content_of_the_file_part),
        cmocka_unit_test(gives_an_empty_file),
        cmocka_unit_test(
            adds_nothing_before_content_that_begins_like_a_boundary),
        cmocka_unit_test(ignores_preamble_and_epilogue),
        cmocka_unit_test(skips_parts_of_other_names),
        cmocka_unit_test(allows_blanks_behind_a_boundary),
        cmocka_unit_test(reads_boundaries_as_clients_write_them),
        cmocka_unit_test(refuses_a_boundary_that_cannot_be),
        cmocka_unit_test(reads_a_boundary_of_70_characters),
        cmocka_unit_test(reads_file_names_as_clients_write_them),
        cmocka_unit_test(prefers_the_extended_file_name),
        cmocka_unit_test(refuses_headers_that_are_malformed),
        cmocka_unit_test(refuses_headers_above_8_kib),
        cmocka_unit_test(refuses_a_file_name_above_255_bytes),
        cmocka_unit_test(refuses_a_second_file),
        cmocka_unit_test(says_when_there_is_no_file),
        cmocka_unit_test(refuses_the_33rd_part),
        cmocka_unit_test(a_body_cut_anywhere_is_cut_off),
        cmocka_unit_test(refuses_a_line_that_goes_on_behind_a_boundary),
        cmocka_unit_test(stops_when_the_callback_says_so),
        cmocka_unit_test(random_content_comes_out_as_it_went_in),
        cmocka_unit_test(random_bodies_are_read_alike_however_they_are_cut)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
