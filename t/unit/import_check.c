#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_import_check.h"
#include "aud_text.h"
#include "random.h"

static const aud_import_limits_t  normal = { 10000, 50, 20, 1000, 0 };

typedef struct {
    aud_problem_t        problem;       /* status 0: accepted */
    aud_buffer_t         out;
    aud_import_check_t  *check;
} result_t;


/* Feeds text in pieces of 1 to `longest` bytes, each alone on the heap. */

static result_t
check_pieces(const aud_import_limits_t *limits, const char *encoding,
    aud_str_t text, size_t longest)
{
    int        rc;
    char      *piece;
    size_t     n, at;
    result_t   r;

    memset(&r, 0, sizeof(r));
    r.check = aud_import_check_create(limits,
                                      aud_str(encoding, strlen(encoding)),
                                      &r.problem);
    if (r.check == NULL) {
        return r;
    }

    rc = 0;

    for (at = 0; at < text.len && rc == 0; at += n) {
        n = 1 + random_below(longest);
        n = n < text.len - at ? n : text.len - at;

        piece = malloc(n);
        memcpy(piece, text.data + at, n);
        rc = aud_import_check_feed(r.check, piece, n, &r.out, &r.problem);
        free(piece);
    }

    if (rc == 0) {
        rc = aud_import_check_finish(r.check, &r.out, &r.problem);
    }

    assert_int_equal(rc, r.problem.status ? -1 : 0);

    return r;
}


static void
forget(result_t *r)
{
    aud_import_check_free(r->check);
    aud_buffer_free(&r->out);
}


static result_t
check(const char *text)
{
    return check_pieces(&normal, "", aud_str(text, strlen(text)), 7);
}


static void
assert_accepts(const char *text, uint64_t rows, char separator)
{
    result_t  r;

    r = check(text);

    if (r.problem.status) {
        fail_msg("%s: %s", r.problem.slug, r.problem.detail);
    }

    assert_int_equal(aud_import_check_rows(r.check), rows);
    assert_int_equal(aud_import_check_separator(r.check), separator);
    forget(&r);
}


/* Checks a refusal and gives it back, to look closer. */

static aud_problem_t
assert_problem(result_t r, int status, const char *slug, uint64_t row)
{
    assert_int_equal(r.problem.status, status);
    assert_string_equal(r.problem.slug, slug);
    assert_true(strlen(r.problem.title) > 5);
    assert_true(strlen(r.problem.detail) > 10);
    assert_int_equal(r.problem.nerrors ? r.problem.errors[0].row : 0, row);
    forget(&r);

    return r.problem;
}


static void
assert_refuses(const char *text, const char *slug, uint64_t row)
{
    assert_problem(check(text), 422, slug, row);
}


static void
accepts_good_files(void **state)
{
    assert_accepts("phoneNumber,name\n1,Ana\n2,Rui\n", 2, ',');
    assert_accepts("phoneNumber;name\r\n1;Ana", 1, ';');
    assert_accepts("phoneNumber\n1\n", 1, ',');
    assert_accepts("\n\n phoneNumber , name\n\n1,Ana\n", 1, ',');
    assert_accepts("name,\"phoneNumber\"\n\"A\nB\",\"1\"\n", 1, ',');
}


static void
leaves_rows_to_the_worker(void **state)
{
    assert_accepts("phoneNumber,name\n1\n1,2,3\n\"a\"b,c\n,\n", 4, ',');
}


static void
gives_the_columns_without_blanks_around(void **state)
{
    result_t  r;

    r = check(" phoneNumber ;\"time do cora\xC3\xA7\xC3\xA3o\";"
              "gosta de futebol?\xC2\xA0\n1;2;3\n");

    assert_int_equal(r.problem.status, 0);
    assert_int_equal(aud_import_check_columns(r.check), 3);
    assert_true(aud_str_equal(aud_import_check_column(r.check, 0),
                              AUD_STR("phoneNumber")));
    assert_true(aud_str_equal(aud_import_check_column(r.check, 1),
                              AUD_STR("time do cora\xC3\xA7\xC3\xA3o")));
    assert_true(aud_str_equal(aud_import_check_column(r.check, 2),
                              AUD_STR("gosta de futebol?")));
    assert_int_equal(aud_import_check_column(r.check, 3).len, 0);
    forget(&r);
}


static void
spools_utf8_without_a_byte_order_mark(void **state)
{
    result_t  r;

    r = check("\xEF\xBB\xBFphoneNumber\n1\n");
    assert_int_equal(r.problem.status, 0);
    assert_int_equal(r.out.len, 14);
    assert_memory_equal(r.out.data, "phoneNumber\n1\n", 14);
    forget(&r);
}


static void
takes_the_separator_from_a_first_line_of_excel(void **state)
{
    result_t  r;

    assert_accepts("sep=;\nphoneNumber;name\n1;Ana\n", 1, ';');
    assert_accepts("SEP=,\r\nphoneNumber,a;b\r\n1,Ana", 1, ',');
    assert_accepts("\xEF\xBB\xBF\"sep=;\"\rphoneNumber;a,b,c\r1;Ana\r", 1, ';');
    assert_refuses("sep=;\ntelefone;name\n1;Ana\n", "missing-phone-column", 2);
    assert_refuses("sep=;", "blank-file", 0);
    assert_refuses("sep=;\n", "blank-file", 0);
    assert_refuses("sep=;\nphoneNumber\n", "too-few-lines", 0);

    r = check("sep=;\r\nphoneNumber;name\r\n1;Ana\r\n");
    assert_int_equal(r.out.len, 27);
    assert_memory_equal(r.out.data, "\r\nphoneNumber;name\r\n1;Ana\r\n", 27);
    forget(&r);
}


static void
takes_no_other_first_line_for_one_of_excel(void **state)
{
    assert_refuses("sep=\t\nphoneNumber\tname\n1\tAna\n", "no-separator", 1);
    assert_refuses("sep=;;\nphoneNumber;name\n1;Ana\n", "invalid-header", 1);
    assert_refuses("\nsep=;\nphoneNumber;name\n1;Ana\n", "invalid-header", 2);
    assert_accepts("sep=,phoneNumber\n1,2\n", 1, ',');
    assert_accepts("sep=;a,phoneNumber\n1,2\n", 1, ',');
}


static void
refuses_a_blank_file(void **state)
{
    assert_refuses("", "blank-file", 0);
    assert_refuses("\xEF\xBB\xBF", "blank-file", 0);
    assert_refuses("\r\n\r\n", "blank-file", 0);
    assert_refuses("  \n\t\n", "blank-file", 0);
    assert_refuses(";;;\n;;;\n", "blank-file", 0);
    assert_refuses(" \n;;;\n;;;\n", "blank-file", 0);
    assert_refuses("; ,\n , ;\n", "blank-file", 0);
}


static void
refuses_a_header_alone(void **state)
{
    assert_refuses("phoneNumber,name", "too-few-lines", 0);
    assert_refuses("phoneNumber,name\n\n\n", "too-few-lines", 0);
}


static void
names_line_and_encoding_of_a_bad_byte(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check("phoneNumber,name\n1,Ana\n2,Jos\xE9 x\n"), 422,
                       "wrong-encoding", 3);
    assert_string_equal(p.encoding, "windows-1252");
    assert_string_equal(p.errors[0].suggestion, "?encoding=windows-1252");
    assert_non_null(strstr(p.detail, "Line 3"));
    assert_non_null(strstr(p.detail, "?encoding=windows-1252"));

    p = assert_problem(check("phoneNumber,name\n1,A\xC3\xA3\x8E\n"), 422,
                       "wrong-encoding", 2);
    assert_string_equal(p.encoding, "");
    assert_string_equal(p.errors[0].suggestion, "");

    p = assert_problem(check("\xFF\xFEp"), 422, "wrong-encoding", 1);
    assert_string_equal(p.encoding, "utf-16");
    assert_string_equal(p.errors[0].suggestion, "");
}


static void
converts_windows_1252_on_the_way_in(void **state)
{
    result_t  r;

    r = check_pieces(&normal, "windows-1252",
                     AUD_STR("phoneNumber,name\n1,Jos\xE9\n"), 3);
    assert_int_equal(r.problem.status, 0);
    assert_memory_equal(r.out.data + r.out.len - 6, "Jos\xC3\xA9\n", 6);
    forget(&r);
}


/* However lines end, in quotes, in the first row or behind "sep=;". */

static void
names_the_line_of_a_bad_byte(void **state)
{
    int       i;
    char      text[300];
    size_t    at, len;
    uint64_t  line;
    result_t  r;

    static const char *const  starts[] = {
        "", "sep=;\r\n", "phoneNumber,name\n", "\"phone\r\nNumber\",\"a\n"
    };

    for (i = 0; i < 20000; i++) {
        len = strlen(starts[i % 4]);
        memcpy(text, starts[i % 4], len);

        at = len + random_below(sizeof(text) - len - 2);
        random_text(text + len, at - len, "abcdefgh,;\n\r\"", 8 + i / 4 % 6);
        memcpy(text + at, "\xE9 ", 2);

        for (len = 0, line = 1; len < at; len++) {
            line += text[len] == '\r'
                    || (text[len] == '\n'
                        && (len == 0 || text[len - 1] != '\r'));
        }

        r = check_pieces(&normal, "", aud_str(text, at + 2),
                         1 + random_below(200));

        if (strcmp(r.problem.slug, "wrong-encoding") == 0) {
            assert_int_equal(r.problem.errors[0].row, line);
        }

        forget(&r);
    }
}


static void
refuses_an_encoding_that_it_does_not_know(void **state)
{
    assert_problem(check_pieces(&normal, "ebcdic", AUD_STR("x"), 1), 422,
                   "unknown-encoding", 0);
}


static void
refuses_nul_bytes(void **state)
{
    assert_problem(check_pieces(&normal, "", AUD_STR("phoneNumber\n1\0\n"), 9),
                   422, "nul-bytes", 2);
}


static void
refuses_a_missing_phone_column(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check("name,city\n1,2\n"), 422,
                       "missing-phone-column", 1);
    assert_string_equal(p.errors[0].suggestion, "");
}


static void
names_the_column_that_is_likely_meant(void **state)
{
    size_t         i;
    aud_buffer_t   text;
    aud_problem_t  p;

    static const char *const  headers[][2] = {
        { "name,Telefone", "Telefone" },
        { "name,telefone,CELULAR", "telefone" },
        { "telefone 1,telefone 2", "telefone 1" },
        { "Phonenumber,telefone", "Phonenumber" },
        { "fone 2,phone number", "phone number" },
        { "N\xC3\xBAmero,name", "N\xC3\xBAmero" },
        { "name,Tel. 1", "Tel. 1" },
        { "numero do pedido,WhatsApp (DDD)", "WhatsApp (DDD)" },
        { "hotel,tele,PHONENUMBER", "PHONENUMBER" }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        text = (aud_buffer_t) { 0 };
        aud_buffer_printf(&text, "%s\n1,2\n", headers[i][0]);

        p = assert_problem(check_pieces(&normal, "", aud_buffer_str(&text), 5),
                           422, "missing-phone-column", 1);
        assert_string_equal(p.errors[0].suggestion, headers[i][1]);
        assert_non_null(strstr(p.detail, headers[i][1]));
        aud_buffer_free(&text);
    }
}


static void
refuses_other_separators(void **state)
{
    assert_refuses("phoneNumber\tname\n1\t2\n", "no-separator", 1);
    assert_refuses("phoneNumber|name\n1|2\n", "no-separator", 1);
}


static void
refuses_unnamed_columns(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check("phoneNumber,,name, \n"), 422,
                       "unnamed-column", 1);
    assert_int_equal(p.nerrors, 2);
    assert_int_equal(p.errors[0].column, 2);
    assert_int_equal(p.errors[1].column, 4);
}


static void
refuses_columns_of_one_name(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check("phoneNumber,a,b, a,a\n1,2,3,4,5\n"), 422,
                       "duplicate-column", 1);
    assert_int_equal(p.nerrors, 2);
    assert_int_equal(p.errors[0].column, 4);
    assert_int_equal(p.errors[1].column, 5);
    assert_non_null(strstr(p.errors[1].detail, "Columns 2 and 5"));
}


static void
refuses_a_name_of_more_than_255_bytes(void **state)
{
    char           text[400] = "phoneNumber,";
    aud_problem_t  p;

    memset(text + 12, 'x', 255);
    strcpy(text + 267, "\n1,2\n");
    assert_accepts(text, 1, ',');

    strcpy(text + 267, "x\n1,2\n");
    p = assert_problem(check(text), 422, "column-name-too-long", 1);
    assert_int_equal(p.errors[0].column, 2);
}


static void
reports_all_problems_of_the_header_together(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check("\nTelefone,,name,name\n"), 422,
                       "invalid-header", 2);
    assert_int_equal(p.nerrors, 3);
    assert_string_equal(p.errors[0].slug, "missing-phone-column");
    assert_string_equal(p.errors[0].suggestion, "Telefone");
    assert_string_equal(p.errors[1].slug, "unnamed-column");
    assert_int_equal(p.errors[1].column, 2);
    assert_string_equal(p.errors[2].slug, "duplicate-column");
    assert_int_equal(p.errors[2].column, 4);
}


static void
says_what_is_wrong_with_a_blank_header_once_there_is_a_row(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check(";;\n;;\n1;2;3\n"), 422, "invalid-header", 1);
    assert_int_equal(p.nerrors, 4);
}


static void
refuses_a_header_with_broken_quotes(void **state)
{
    assert_refuses("phoneNumber,\"na\"me\n1,2\n", "bad-quotes", 1);
}


static void
refuses_too_many_columns(void **state)
{
    aud_problem_t  p;

    p = assert_problem(check("phoneNumber,2,3,4,5,6,7,8,9,10,11,12,13,14,15,"
                             "16,17,18,19,20,"), 422, "too-many-columns", 1);
    assert_int_equal(p.limit, 20);
}


static void
refuses_a_row_that_is_too_long(void **state)
{
    char           text[3000] = "phoneNumber\n1\n";
    aud_problem_t  p;

    memset(text + 14, 'x', 1001);
    p = assert_problem(check(text), 422, "row-too-long", 3);
    assert_int_equal(p.limit, 1000);
}


static void
refuses_a_quote_that_never_closes(void **state)
{
    assert_refuses("phoneNumber,name\n1,Ana\n2,\"Rui\n3,Eva\n",
                   "unclosed-quote", 3);
}


static void
refuses_the_first_row_too_many_at_once(void **state)
{
    int                   i;
    aud_buffer_t          out = { 0 };
    aud_problem_t         problem = { 0 };
    aud_import_check_t   *c;

    c = aud_import_check_create(&normal, AUD_STR(""), &problem);
    aud_import_check_feed(c, "phoneNumber\n", 12, &out, &problem);

    for (i = 0; i < 50; i++) {
        assert_int_equal(aud_import_check_feed(c, "1\n", 2, &out, &problem),
                         0);
    }

    assert_int_equal(aud_import_check_feed(c, "1\n", 2, &out, &problem), -1);
    assert_string_equal(problem.slug, "too-many-rows");
    assert_int_equal(problem.limit, 50);
    assert_int_equal(problem.count, 51);
    assert_int_equal(problem.errors[0].row, 52);

    aud_import_check_free(c);
    aud_buffer_free(&out);
}


static void
refuses_the_first_byte_too_many_at_once(void **state)
{
    size_t                i;
    aud_buffer_t          out = { 0 };
    aud_problem_t         problem = { 0 };
    aud_import_check_t   *c;
    aud_import_limits_t   limits = { 30, 50, 20, 1000, 0 };

    c = aud_import_check_create(&limits, AUD_STR(""), &problem);
    aud_import_check_feed(c, "phoneNumber\n", 12, &out, &problem);

    for (i = 12; i < 30; i++) {
        assert_int_equal(aud_import_check_feed(c, "1", 1, &out, &problem), 0);
    }

    assert_int_equal(aud_import_check_feed(c, "1", 1, &out, &problem), -1);
    assert_int_equal(problem.status, 413);
    assert_string_equal(problem.slug, "file-too-large");
    assert_int_equal(problem.limit, 30);

    aud_import_check_free(c);
    aud_buffer_free(&out);
}


/* A file of 200,000 columns, and one cell of 10 MB: refused before much of
 * them was read. */

static void
refuses_monsters_cheaply(void **state)
{
    int                   i, kind, rc;
    char                  block[4096];
    aud_buffer_t          out;
    aud_problem_t         problem;
    aud_import_check_t   *c;
    aud_import_limits_t   limits = { 10000000, 50000, 1000, 1 << 20, 0 };

    static const char *const  slugs[] = {
        "too-many-columns", "row-too-long", "row-too-long"
    };

    for (kind = 0; kind < 3; kind++) {
        out = (aud_buffer_t) { 0 };
        memset(block, kind == 0 ? ',' : 'x', sizeof(block));
        block[0] = kind == 2 ? '"' : block[0];

        c = aud_import_check_create(&limits, AUD_STR(""), &problem);
        rc = 0;

        for (i = 0; rc == 0; i++) {
            rc = aud_import_check_feed(c, block, sizeof(block), &out,
                                       &problem);
            block[0] = block[1];
        }

        assert_string_equal(problem.slug, slugs[kind]);
        assert_in_range(i, 1, kind ? 257 : 1);
        aud_import_check_free(c);
        aud_buffer_free(&out);
    }
}


static void
assert_filename(const char *name, const char *expected)
{
    aud_buffer_t   out = { 0 };
    aud_problem_t  problem = { 0 };

    assert_int_equal(aud_import_filename(aud_str(name, strlen(name)), &out,
                                         &problem), 0);
    aud_buffer_char(&out, '\0');
    assert_string_equal(out.data, expected);
    aud_buffer_free(&out);
}


static void
keeps_the_last_component_of_a_file_name(void **state)
{
    assert_filename("crm.csv", "crm.csv");
    assert_filename("Relat\xC3\xB3rio 1.CSV", "Relat\xC3\xB3rio 1.CSV");
    assert_filename("../../etc/passwd.csv", "passwd.csv");
    assert_filename("C:\\Users\\ana\\crm.csv", "crm.csv");
    assert_filename(" a\r\nb\x7F\xC2\x85.csv\t", "ab.csv");
    assert_filename("a\xFF" "b\xC3.csv", "ab.csv");
    assert_filename("..csv", "..csv");
}


static void
cuts_a_long_file_name_but_not_its_extension(void **state)
{
    char           name[600];
    aud_buffer_t   out = { 0 };
    aud_problem_t  problem;

    memset(name, 'x', sizeof(name));
    memcpy(name + 250, "\xC3\xA3", 2);
    memcpy(name + 596, ".CSV", 4);

    assert_int_equal(aud_import_filename(aud_str(name, sizeof(name)), &out,
                                         &problem), 0);
    assert_int_equal(out.len, 254);
    assert_int_equal(aud_utf8_valid(aud_buffer_str(&out)), 254);
    assert_memory_equal(out.data + 250, ".CSV", 4);
    aud_buffer_free(&out);
}


static void
refuses_other_extensions(void **state)
{
    size_t         i;
    aud_buffer_t   out = { 0 };
    aud_problem_t  problem;

    static const char *const  names[] = {
        "", "crm.xlsx", "crm.csv.exe", "crm", "csv", "crm.csv/", "a.csv/b"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(aud_import_filename(aud_str(names[i],
                                                     strlen(names[i])),
                                             &out, &problem), -1);
        assert_int_equal(problem.status, 422);
        assert_string_equal(problem.slug, "not-csv");
        assert_int_equal(out.len, 0);
    }
}


static void
says_the_same_however_the_file_is_cut(void **state)
{
    int                   i, n;
    size_t                k;
    result_t              a, b;
    aud_buffer_t          text, said_a, said_b;
    aud_import_limits_t   limits = { 60, 4, 5, 25, 0 };

    static const char *const  pieces[] = {
        "phoneNumber", "name", ",", ";", "\n", "\r\n", "\"", "\"\"", "1", " ",
        "\xC3\xA3", "\xE3", "\r", "telefone", "\xEF\xBB\xBF", "\t", "phone"
    };

    for (i = 0; i < 30000; i++) {
        text = said_a = said_b = (aud_buffer_t) { 0 };
        aud_buffer_text(&text, i % 2 ? "phoneNumber,name\n" : "");

        for (n = random_below(20); n > 0; n--) {
            k = random_below(sizeof(pieces) / sizeof(pieces[0]));
            aud_buffer_text(&text, pieces[k]);
        }

        if (i % 20 == 0) {
            aud_buffer_add(&text, "\0", 1);
        }

        a = check_pieces(&limits, i % 3 ? "" : "latin1",
                         aud_buffer_str(&text), 1);
        b = check_pieces(&limits, i % 3 ? "" : "latin1",
                         aud_buffer_str(&text), 100);

        assert_int_equal(a.problem.status, b.problem.status);

        if (a.problem.status) {
            aud_problem_render(&a.problem, &said_a);
            aud_problem_render(&b.problem, &said_b);
            assert_int_equal(said_a.len, said_b.len);
            assert_memory_equal(said_a.data, said_b.data, said_a.len);

        } else {
            assert_int_equal(aud_import_check_rows(a.check),
                             aud_import_check_rows(b.check));
            assert_int_equal(a.out.len, b.out.len);
            assert_memory_equal(a.out.data, b.out.data, a.out.len);
        }

        forget(&a);
        forget(&b);
        aud_buffer_free(&text);
        aud_buffer_free(&said_a);
        aud_buffer_free(&said_b);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(accepts_good_files),
        cmocka_unit_test(leaves_rows_to_the_worker),
        cmocka_unit_test(gives_the_columns_without_blanks_around),
        cmocka_unit_test(spools_utf8_without_a_byte_order_mark),
        cmocka_unit_test(takes_the_separator_from_a_first_line_of_excel),
        cmocka_unit_test(takes_no_other_first_line_for_one_of_excel),
        cmocka_unit_test(refuses_a_blank_file),
        cmocka_unit_test(refuses_a_header_alone),
        cmocka_unit_test(names_line_and_encoding_of_a_bad_byte),
        cmocka_unit_test(converts_windows_1252_on_the_way_in),
        cmocka_unit_test(names_the_line_of_a_bad_byte),
        cmocka_unit_test(refuses_an_encoding_that_it_does_not_know),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(refuses_a_missing_phone_column),
        cmocka_unit_test(names_the_column_that_is_likely_meant),
        cmocka_unit_test(refuses_other_separators),
        cmocka_unit_test(refuses_unnamed_columns),
        cmocka_unit_test(refuses_columns_of_one_name),
        cmocka_unit_test(refuses_a_name_of_more_than_255_bytes),
        cmocka_unit_test(reports_all_problems_of_the_header_together),
        cmocka_unit_test(
            says_what_is_wrong_with_a_blank_header_once_there_is_a_row),
        cmocka_unit_test(refuses_a_header_with_broken_quotes),
        cmocka_unit_test(refuses_too_many_columns),
        cmocka_unit_test(refuses_a_row_that_is_too_long),
        cmocka_unit_test(refuses_a_quote_that_never_closes),
        cmocka_unit_test(refuses_the_first_row_too_many_at_once),
        cmocka_unit_test(refuses_the_first_byte_too_many_at_once),
        cmocka_unit_test(refuses_monsters_cheaply),
        cmocka_unit_test(keeps_the_last_component_of_a_file_name),
        cmocka_unit_test(cuts_a_long_file_name_but_not_its_extension),
        cmocka_unit_test(refuses_other_extensions),
        cmocka_unit_test(says_the_same_however_the_file_is_cut)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
