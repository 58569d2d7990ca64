#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_csv.h"
#include "random.h"

#define NO_LIMIT  100000

/* What a reading gave, as text: "1:a|b 2:c|d", a ! after a row with text
 * behind a closing quote, and at the end what stopped it and in which line. */

typedef struct {
    aud_buffer_t  said;
    unsigned      stop_at;      /* rows; 0: never */
    unsigned      rows;
} reading_t;

static const char *const  statuses[] = {
    "", " stopped@", " cells@", " long@", " quote@", " memory@"
};


static void
say_row(aud_buffer_t *said, const aud_csv_row_t *row)
{
    uint32_t  i;

    aud_buffer_printf(said, "%s%llu:", said->len ? " " : "",
                      (unsigned long long) row->line);

    for (i = 0; i < row->ncells; i++) {
        aud_buffer_add(said, "|", i > 0);
        aud_buffer_add(said, row->cells[i].data, row->cells[i].len);
    }

    aud_buffer_add(said, "!", row->bad_quote);
    aud_buffer_add(said, "\0", 1);
    aud_buffer_add(said, row->raw.data, row->raw.len);
    aud_buffer_add(said, "\0", 1);
}


static int
on_row(void *arg, const aud_csv_row_t *row)
{
    reading_t  *reading = arg;

    say_row(&reading->said, row);

    return ++reading->rows == reading->stop_at;
}


/* As "1:" and the row as it stands, without its cells. */

static int
on_count(void *arg, const aud_csv_row_t *row)
{
    reading_t  *reading = arg;

    aud_buffer_printf(&reading->said, " %llu:%s",
                      (unsigned long long) row->line,
                      row->bad_quote ? "!" : "");
    aud_buffer_add(&reading->said, row->raw.data, row->raw.len);

    return 0;
}


static void
say_end(aud_buffer_t *said, aud_csv_status_t status, uint64_t line)
{
    if (status != AUD_CSV_OK) {
        aud_buffer_printf(said, "%s%llu", statuses[status],
                          (unsigned long long) line);
    }
}


/* Feeds text in pieces of 1 to `longest` bytes, each alone on the heap so that
 * reading beyond it is seen. */

static void
feed_pieces(aud_csv_t *csv, aud_buffer_t *said, aud_str_t text, size_t longest)
{
    char              *piece;
    size_t             n, at;
    aud_csv_status_t   status;

    assert_non_null(csv);
    status = AUD_CSV_OK;

    for (at = 0; at < text.len && status == AUD_CSV_OK; at += n) {
        n = 1 + random_below(longest);
        n = n < text.len - at ? n : text.len - at;

        piece = malloc(n);
        memcpy(piece, text.data + at, n);
        status = aud_csv_feed(csv, piece, n);
        free(piece);
    }

    if (status == AUD_CSV_OK) {
        status = aud_csv_finish(csv);
    }

    say_end(said, status, aud_csv_line(csv));
    aud_csv_free(csv);
}


static aud_buffer_t
read_pieces(aud_str_t text, char separator, uint32_t max_cells,
    size_t max_row_bytes, size_t longest)
{
    aud_csv_t  *csv;
    reading_t   reading = { 0 };

    csv = aud_csv_create(separator, max_cells, max_row_bytes, on_row, &reading);
    feed_pieces(csv, &reading.said, text, longest);

    return reading.said;
}


static aud_buffer_t
count_pieces(aud_str_t text, int skip, uint32_t max_cells,
    size_t max_row_bytes, size_t longest)
{
    aud_csv_t  *csv;
    reading_t   reading = { 0 };

    csv = aud_csv_create(',', max_cells, max_row_bytes, on_count, &reading);

    if (skip) {
        aud_csv_skip_cells(csv);
    }

    feed_pieces(csv, &reading.said, text, longest);

    return reading.said;
}


/* The rows without their raw form. */

static char *
brief(aud_buffer_t *said)
{
    char    *text;
    size_t   i, n;
    int      raw;

    text = calloc(1, said->len + 1);
    raw = 0;
    n = 0;

    for (i = 0; i < said->len; i++) {
        if (said->data[i] == '\0') {
            raw = !raw;
        } else if (!raw) {
            text[n++] = said->data[i];
        }
    }

    aud_buffer_free(said);

    return text;
}


static void
assert_reads(const char *text, const char *expected)
{
    char          *got;
    size_t         longest;
    aud_buffer_t   said;

    for (longest = 1; longest <= 64; longest *= 4) {
        said = read_pieces(aud_str(text, strlen(text)), 0, NO_LIMIT, NO_LIMIT,
                           longest);
        got = brief(&said);
        assert_string_equal(got, expected);
        free(got);
    }
}


/* A plain reader, a byte at a time over the whole text. */

typedef struct {
    aud_csv_row_t  row;
    char           text[4096];
    aud_str_t      cells[4096];
    size_t         len;
} plain_t;

static int
is_end(char c)
{
    return c == '\n' || c == '\r';
}


static aud_buffer_t
read_plain(aud_str_t in, char separator, uint32_t max_cells, size_t max_row)
{
    char           c;
    size_t         i, start;
    plain_t       *r;
    uint64_t       line, opened;
    aud_buffer_t   said = { 0 };

    r = calloc(1, sizeof(plain_t));
    line = 1;
    i = 0;

    while (i < in.len) {

        if (is_end(in.data[i])) {
            i += (in.data[i] == '\r' && i + 1 < in.len
                  && in.data[i + 1] == '\n') ? 2 : 1;
            line++;
            continue;
        }

        memset(&r->row, 0, sizeof(r->row));
        r->row.line = line;
        r->len = 0;
        start = i;

        for ( ;; ) {                                    /* a cell */
            if (r->row.ncells == max_cells) {
                say_end(&said, AUD_CSV_TOO_MANY_CELLS, r->row.line);
                goto done;
            }

            if (i - start > max_row) {                  /* its separator */
                say_end(&said, AUD_CSV_ROW_TOO_LONG, r->row.line);
                goto done;
            }

            r->cells[r->row.ncells].data = r->text + r->len;

            if (i < in.len && in.data[i] == '"' && i - start < max_row) {
                opened = line;

                for (i++; ; i++) {
                    if (i == in.len) {
                        say_end(&said, AUD_CSV_OPEN_QUOTE, opened);
                        goto done;
                    }

                    c = in.data[i];

                    if (c == '"' && i - start < max_row
                        && (++i == in.len || in.data[i] != '"'))
                    {
                        break;
                    }

                    if (i - start >= max_row) {
                        say_end(&said,
                                line > opened ? AUD_CSV_OPEN_QUOTE
                                              : AUD_CSV_ROW_TOO_LONG,
                                line > opened ? opened : r->row.line);
                        goto done;
                    }

                    line += c == '\r' || (c == '\n' && in.data[i - 1] != '\r');
                    r->text[r->len++] = c;
                }

                r->row.bad_quote |= i < in.len && in.data[i] != separator
                                    && !is_end(in.data[i]);
            }

            while (i < in.len && in.data[i] != separator && !is_end(in.data[i]))
            {
                r->text[r->len++] = in.data[i++];
            }

            if (i - start > max_row) {
                say_end(&said, AUD_CSV_ROW_TOO_LONG, r->row.line);
                goto done;
            }

            r->cells[r->row.ncells].len = r->text + r->len
                                          - r->cells[r->row.ncells].data;
            r->row.ncells++;

            if (i == in.len || is_end(in.data[i])) {
                break;
            }

            i++;
        }

        r->row.raw = aud_str(in.data + start, i - start);
        r->row.cells = r->cells;
        say_row(&said, &r->row);
    }

done:

    free(r);

    return said;
}


static void
assert_same(const aud_buffer_t *a, const aud_buffer_t *b)
{
    assert_int_equal(a->len, b->len);

    if (a->len) {
        assert_memory_equal(a->data, b->data, a->len);
    }
}


static void
reads_rows_with_any_end_of_line(void **state)
{
    assert_reads("a,b\nc,d\n", "1:a|b 2:c|d");
    assert_reads("a,b\r\nc,d\r\n", "1:a|b 2:c|d");
    assert_reads("a,b\rc,d\r", "1:a|b 2:c|d");
    assert_reads("a,b\nc,d", "1:a|b 2:c|d");
}


static void
keeps_empty_cells(void **state)
{
    assert_reads(",a,\n,,\n\"\",\"\"\n", "1:|a| 2:|| 3:|");
    assert_reads("a,", "1:a|");
}


static void
skips_empty_lines_but_counts_them(void **state)
{
    assert_reads("\r\n\na,b\r\n\r\n\rc,d\n\n", "3:a|b 6:c|d");
    assert_reads("", "");
    assert_reads("\n\n\r\n", "");
}


static void
reads_quoted_cells(void **state)
{
    assert_reads("\"a,b\",\"say \"\"hi\"\"\"\n", "1:a,b|say \"hi\"");
    assert_reads("\"\"\"\",\"\"\"\"\"\"\n", "1:\"|\"\"");
    assert_reads("a\"b,c\"\n", "1:a\"b|c\"");
}


static void
keeps_newlines_of_quoted_cells_and_counts_them(void **state)
{
    assert_reads("\"a\r\nb\",c\n\"d\ne\nf\"\ng", "1:a\r\nb|c 3:d\ne\nf 6:g");
    assert_reads("\"a\rb\"\nc", "1:a\rb 3:c");
}


static void
marks_a_row_with_text_behind_a_closing_quote(void **state)
{
    assert_reads("\"a\"b,c\nd,\"e\" \nf,g", "1:ab|c! 2:d|e ! 3:f|g");
    assert_reads("\"a\"\"b\"c\"\",d", "1:a\"bc\"\"|d!");
}


static void
finds_the_separator_in_the_first_row(void **state)
{
    assert_reads("a;b;c,d\n1;2;3\n", "1:a|b|c,d 2:1|2|3");
    assert_reads("\n\"a;b;c\",d\n1;2\n", "2:a;b;c|d 3:1;2");
    assert_reads("\"a\"\",,,\";b\n1;2\n", "1:a\",,,|b 2:1|2");
    assert_reads("alone\n1;2\n", "1:alone 2:1;2");
    assert_reads("a;b", "1:a|b");
}


static void
tells_where_a_quote_opened_that_never_closes(void **state)
{
    assert_reads("a,b\nc,\"d\n\ne,f\n", "1:a|b quote@2");
    assert_reads("\"", " quote@1");
}


static void
stops_at_too_many_cells(void **state)
{
    char          *got;
    aud_buffer_t   said;

    said = read_pieces(AUD_STR("a,b,c\nd,e,f,"), 0, 3, NO_LIMIT, 100);
    got = brief(&said);
    assert_string_equal(got, "1:a|b|c cells@2");
    free(got);
}


static void
stops_at_a_row_that_is_too_long(void **state)
{
    char          *got;
    aud_buffer_t   said;

    said = read_pieces(AUD_STR("12345678\r\n1234\n123456789"), ',', 5, 8, 100);
    got = brief(&said);
    assert_string_equal(got, "1:12345678 2:1234 long@3");
    free(got);
}


static void
suspects_an_open_quote_where_lines_were_taken_in(void **state)
{
    char          *got;
    aud_buffer_t   said;

    said = read_pieces(AUD_STR("a\n\"b\nc\nd\ne\nf\ng\nh"), ',', 5, 8, 100);
    got = brief(&said);
    assert_string_equal(got, "1:a quote@2");
    free(got);
}


static void
stops_when_the_callback_says_so(void **state)
{
    aud_csv_t  *csv;
    reading_t   reading = { .stop_at = 2 };

    csv = aud_csv_create(',', 10, 100, on_row, &reading);

    assert_int_equal(aud_csv_feed(csv, "a\nb\nc\n", 6), AUD_CSV_STOPPED);
    assert_int_equal(aud_csv_line(csv), 2);
    assert_int_equal(aud_csv_feed(csv, "d\n", 2), AUD_CSV_STOPPED);
    assert_int_equal(aud_csv_finish(csv), AUD_CSV_STOPPED);
    assert_int_equal(reading.rows, 2);

    aud_csv_free(csv);
    aud_buffer_free(&reading.said);
}


/* Random texts: however they are cut, and as the plain reader reads them. */

static void
reads_pieces_as_the_plain_reader_reads_the_whole(void **state)
{
    int           i;
    char          text[600];
    size_t        len, max_row;
    uint32_t      max_cells;
    aud_buffer_t  plain, pieces;

    for (i = 0; i < 30000; i++) {
        len = random_below(i % 10 ? 60 : sizeof(text));
        random_text(text, len, "ab,\"\n\"\r;,abcdefgh", i % 3 ? 8 : 17);
        max_cells = i % 2 ? 4 : NO_LIMIT;
        max_row = i % 5 ? NO_LIMIT : 1 + random_below(20);

        plain = read_plain(aud_str(text, len), ',', max_cells, max_row);
        pieces = read_pieces(aud_str(text, len), ',', max_cells, max_row,
                             1 + random_below(40));
        assert_same(&plain, &pieces);

        aud_buffer_free(&plain);
        aud_buffer_free(&pieces);
    }
}


/* Rows of a hundred bytes, as files have them: most are read in one go. */

#define LONG_ROWS  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz,,,\n\r\""

/* Cells in quotes, most of them as they should be. */

static void
quoted_text(char *text, size_t len)
{
    size_t       i, n;
    const char  *cell;

    static const char *const  cells[] = {
        "abcdef", ",", "\"\"", "\"\"\"\"", "\n", "\r\n", "abcdefghijklmnopqrst"
    };

    for (i = 0; i < len; /* void */ ) {
        text[i++] = '"';

        while (random_below(3) && i < len) {
            cell = cells[random_below(7)];
            n = strlen(cell) < len - i ? strlen(cell) : len - i;
            memcpy(text + i, cell, n);
            i += n;
        }

        cell = random_below(4) ? "\"," : "\"\n";
        n = len - i < 2 ? len - i : 2;
        memcpy(text + i, cell, n);
        i += n;
    }

    while (len && random_below(4) == 0) {
        text[random_below(len)] = "\"a,\n"[random_below(4)];
    }
}


static void
random_rows(char *text, size_t len, int i)
{
    if (i % 2) {
        quoted_text(text, len);

    } else {
        random_text(text, len, LONG_ROWS, sizeof(LONG_ROWS) - 1 - i / 2 % 2);
    }
}


static void
reads_long_rows_as_the_plain_reader_does(void **state)
{
    int           i;
    char          text[1500];
    size_t        len, max_row;
    uint32_t      max_cells;
    aud_buffer_t  plain, pieces;

    for (i = 0; i < 20000; i++) {
        len = random_below(sizeof(text));
        random_rows(text, len, i);
        max_cells = i % 5 ? NO_LIMIT : 1 + random_below(20);
        max_row = i % 7 ? NO_LIMIT : 1 + random_below(300);

        plain = read_plain(aud_str(text, len), ',', max_cells, max_row);
        pieces = read_pieces(aud_str(text, len), ',', max_cells, max_row,
                             1 + random_below(1500));
        assert_same(&plain, &pieces);

        aud_buffer_free(&plain);
        aud_buffer_free(&pieces);
    }
}


static void
gives_the_same_rows_without_their_cells(void **state)
{
    int           i;
    char          text[1500];
    size_t        len, max_row;
    uint32_t      max_cells;
    aud_buffer_t  read, counted;

    for (i = 0; i < 20000; i++) {
        len = random_below(sizeof(text));
        random_rows(text, len, i);
        max_cells = i % 5 ? NO_LIMIT : 1 + random_below(20);
        max_row = i % 7 ? NO_LIMIT : 1 + random_below(300);

        read = count_pieces(aud_str(text, len), 0, max_cells, max_row, 1500);
        counted = count_pieces(aud_str(text, len), 1, max_cells, max_row,
                               1 + random_below(1500));
        assert_same(&read, &counted);

        aud_buffer_free(&read);
        aud_buffer_free(&counted);
    }
}


static void
finds_the_same_separator_however_the_text_is_cut(void **state)
{
    int           i;
    char          text[200];
    size_t        len, max_row;
    uint32_t      max_cells;
    aud_buffer_t  whole, pieces;

    for (i = 0; i < 30000; i++) {
        len = random_below(i % 10 ? 40 : sizeof(text));
        random_text(text, len, "ab,\"\n\"\r;;", 9);
        max_cells = i % 2 ? 4 : NO_LIMIT;
        max_row = i % 5 ? NO_LIMIT : 1 + random_below(20);

        whole = read_pieces(aud_str(text, len), 0, max_cells, max_row, 1);
        pieces = read_pieces(aud_str(text, len), 0, max_cells, max_row,
                             sizeof(text));
        assert_same(&whole, &pieces);

        aud_buffer_free(&whole);
        aud_buffer_free(&pieces);
    }
}


static void
reads_back_what_it_writes(void **state)
{
    int           i, j, k, cells, rows;
    char          cell[24], separator;
    size_t        len;
    aud_buffer_t  csv, expected, got;

    for (i = 0; i < 5000; i++) {
        separator = i % 2 ? ',' : ';';
        cells = 2 + random_below(5);
        rows = 1 + random_below(5);
        csv = (aud_buffer_t) { 0 };
        expected = (aud_buffer_t) { 0 };

        for (j = 0; j < rows; j++) {
            for (k = 0; k < cells; k++) {
                len = random_below(sizeof(cell));
                random_text(cell, len, "a\",;\n\r \xC3", 8);

                aud_buffer_add(&csv, &separator, k > 0);
                aud_csv_write_cell(&csv, aud_str(cell, len), separator);

                aud_buffer_add(&expected, "|", k > 0);
                aud_buffer_add(&expected, cell, len);
            }

            aud_buffer_text(&csv, "\r\n");
            aud_buffer_add(&expected, "\0", 1);
        }

        /* Compare cells alone: lines depend on newlines in cells. */

        got = read_pieces(aud_buffer_str(&csv), separator, NO_LIMIT, NO_LIMIT,
                          50);
        aud_buffer_add(&got, "", 0);

        {
            size_t        at, row;
            const char   *p;
            aud_buffer_t  stripped = { 0 };

            for (at = 0, row = 0; at < got.len; row++) {
                p = memchr(got.data + at, ':', got.len - at);
                assert_non_null(p);
                at = p + 1 - got.data;
                p = memchr(got.data + at, '\0', got.len - at);
                aud_buffer_add(&stripped, got.data + at,
                               p + 1 - (got.data + at));
                at = p + 1 - got.data;
                p = memchr(got.data + at, '\0', got.len - at);
                at = p + 1 - got.data;
            }

            assert_int_equal(row, rows);
            assert_same(&stripped, &expected);
            aud_buffer_free(&stripped);
        }

        aud_buffer_free(&csv);
        aud_buffer_free(&expected);
        aud_buffer_free(&got);
    }
}


static void
quotes_only_where_needed(void **state)
{
    aud_buffer_t  out = { 0 };

    aud_csv_write_cell(&out, AUD_STR("a b;c"), ',');
    aud_buffer_char(&out, ',');
    aud_csv_write_cell(&out, AUD_STR("d,\"e\""), ',');

    assert_int_equal(out.len, strlen("a b;c,\"d,\"\"e\"\"\""));
    assert_memory_equal(out.data, "a b;c,\"d,\"\"e\"\"\"", out.len);
    aud_buffer_free(&out);
}


/* 200,000 columns must cost no more than the limit allows. */

static void
refuses_many_columns_early(void **state)
{
    char       *text;
    aud_csv_t  *csv;
    reading_t   reading = { 0 };

    text = malloc(200000);
    memset(text, ',', 200000);
    csv = aud_csv_create(0, 1000, 1 << 20, on_row, &reading);

    assert_int_equal(aud_csv_feed(csv, text, 999), AUD_CSV_OK);
    assert_int_equal(aud_csv_feed(csv, text, 1), AUD_CSV_TOO_MANY_CELLS);
    assert_int_equal(reading.rows, 0);

    aud_csv_free(csv);
    free(text);
}


static int  allocations_left;

static void *
failing_realloc(void *p, size_t size)
{
    return allocations_left-- > 0 ? realloc(p, size) : NULL;
}


static void
says_when_memory_is_out(void **state)
{
    int               n, seen;
    size_t            i;
    aud_csv_t        *csv;
    reading_t         reading;
    aud_allocator_t   kept = aud_allocator;
    aud_csv_status_t  status;

    seen = 0;

    for (n = 0; n < 50; n++) {
        aud_allocator.realloc = failing_realloc;
        allocations_left = n;
        reading = (reading_t) { 0 };
        status = AUD_CSV_NO_MEMORY;

        csv = aud_csv_create(0, 100, 1000, on_row, &reading);

        if (csv) {
            status = AUD_CSV_OK;
            for (i = 0; i < 20 && status == AUD_CSV_OK; i++) {
                status = aud_csv_feed(csv, "a,\"b\"\"\",\"c\nd\",e\nf,g,h,i",
                                      23);
            }
        }

        seen += status == AUD_CSV_NO_MEMORY;
        aud_allocator = kept;
        aud_csv_free(csv);
        aud_buffer_free(&reading.said);
    }

    assert_in_range(seen, 4, 49);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_rows_with_any_end_of_line),
        cmocka_unit_test(keeps_empty_cells),
        cmocka_unit_test(skips_empty_lines_but_counts_them),
        cmocka_unit_test(reads_quoted_cells),
        cmocka_unit_test(keeps_newlines_of_quoted_cells_and_counts_them),
        cmocka_unit_test(marks_a_row_with_text_behind_a_closing_quote),
        cmocka_unit_test(finds_the_separator_in_the_first_row),
        cmocka_unit_test(tells_where_a_quote_opened_that_never_closes),
        cmocka_unit_test(stops_at_too_many_cells),
        cmocka_unit_test(stops_at_a_row_that_is_too_long),
        cmocka_unit_test(suspects_an_open_quote_where_lines_were_taken_in),
        cmocka_unit_test(stops_when_the_callback_says_so),
        cmocka_unit_test(reads_pieces_as_the_plain_reader_reads_the_whole),
        cmocka_unit_test(reads_long_rows_as_the_plain_reader_does),
        cmocka_unit_test(gives_the_same_rows_without_their_cells),
        cmocka_unit_test(finds_the_same_separator_however_the_text_is_cut),
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(quotes_only_where_needed),
        cmocka_unit_test(refuses_many_columns_early),
        cmocka_unit_test(says_when_memory_is_out)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
