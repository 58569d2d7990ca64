/*
 * Segments written and read back: cell by cell against a plain model, and the
 * laws of dictionaries, postings and bitmaps.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_segment_format.h"
#include "aud_source_record.h"
#include "aud_text.h"
#include "segment_writer.h"

#define FIELDS      6
#define MAX_VALUES  4
#define MAX_ROWS    3000

typedef struct {
    unsigned     n[FIELDS];
    const char  *texts[FIELDS][MAX_VALUES];
} row_t;

static char    dir[64];
static row_t   model[MAX_ROWS];
static char    pool[64 * 1024];
static size_t  pooled;

static aud_field_t  fields[FIELDS] = {
    { AUD_STR("time do coração"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("phoneNumber"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 },
    { AUD_STR("idade"), AUD_TYPE_NUMBER, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("desde"), AUD_TYPE_DATE, AUD_KIND_BEHAVIOUR, 0 },
    { AUD_STR("sources"), AUD_TYPE_TEXT, AUD_KIND_SYSTEM, 1 },
    { AUD_STR("gosta?"), AUD_TYPE_YES_NO, AUD_KIND_BEHAVIOUR, 0 },
};

static const char  *words[] = {
    "São Paulo", "sao paulo", "SÃO PAULO", "Corinthians", "corinthians", "ß",
    "ss", "Ångström", "日本", "a", "A", "á", "a b", "-0", "0", "12", "1.234,56",
    "00123", "31/12/2025", "2025-12-31", "não", "sim", "no", "1e5", "zz\xcc\x81"
};

#define COUNT_WORDS  (sizeof(words) / sizeof(words[0]))


static unsigned
random_below(unsigned n)
{
    static uint64_t  state = 88172645463325252ULL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return (state >> 20) % n;
}


static aud_uuid_t
profile(uint32_t row)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[2] = row >> 16;
    id.bytes[9] = row >> 8;
    id.bytes[15] = row;

    return id;
}


static const char *
random_text(unsigned field)
{
    char  *text = pool + pooled;

    if (random_below(4) == 0) {
        return words[random_below(COUNT_WORDS)];
    }

    if (pooled > sizeof(pool) - 64) {
        return "the pool is full";
    }

    switch (field) {
    case 1:
        pooled += sprintf(text, "+55119%08u", random_below(100000000)) + 1;
        return text;
    case 2:
        pooled += sprintf(text, "%d,%u", (int) random_below(200) - 100,
                          random_below(100)) + 1;
        return text;
    case 3:
        pooled += sprintf(text, "%02u/%02u/20%02u", random_below(31) + 1,
                          random_below(13), random_below(30)) + 1;
        return text;
    case 5:
        return random_below(2) ? "sim" : "Não";
    default:
        if (random_below(2)) {
            return words[random_below(3)];
        }

        pooled += sprintf(text, "%s-%s%u", words[random_below(COUNT_WORDS)],
                          words[random_below(COUNT_WORDS)], random_below(9))
                  + 1;
        return text;
    }
}


static void
random_row(row_t *row, unsigned density)
{
    unsigned  field, i;

    for (field = 0; field < FIELDS; field++) {
        row->n[field] = random_below(100) >= density ? 0
                        : fields[field].multi ? random_below(MAX_VALUES) + 1
                        : 1;

        for (i = 0; i < row->n[field]; i++) {
            row->texts[field][i] = random_text(field);
        }
    }
}


/* A row has up to two source records; all say its phone. */

static unsigned
count_records(uint32_t row)
{
    return row % 3;
}


static aud_source_record_t
record_of(uint32_t row, unsigned i)
{
    aud_source_record_t  record = { 0 };

    record.ref = (uint64_t) row << 32 | i;
    record.name = AUD_STR("São Paulo");

    if (model[row].n[1]) {
        record.phone = aud_str(model[row].texts[1][0],
                               strlen(model[row].texts[1][0]));
    }

    return record;
}


static void
write_records(segment_writer_t *w, uint32_t row, aud_buffer_t *records)
{
    unsigned             i;
    aud_source_record_t  record;

    records->len = 0;

    for (i = 0; i < count_records(row); i++) {
        record = record_of(row, i);
        aud_source_record_write(records, &record);
    }

    assert_int_equal(segment_writer_records(w, aud_buffer_str(records)), 0);
}


static segment_writer_t *
writer_of_random_rows(uint32_t rows, unsigned density)
{
    unsigned           field, i, n;
    uint32_t           row;
    aud_uuid_t         id;
    aud_buffer_t       records = { 0 };
    segment_value_t    values[FIELDS * MAX_VALUES];
    segment_writer_t  *w;

    pooled = 0;
    w = segment_writer_create(fields, FIELDS);
    assert_non_null(w);

    for (row = 0; row < rows; row++) {
        random_row(&model[row], density);
        n = 0;

        for (field = FIELDS; field-- > 0; ) {
            for (i = 0; i < model[row].n[field]; i++, n++) {
                values[n].field = field;
                values[n].text.data = model[row].texts[field][i];
                values[n].text.len = strlen(model[row].texts[field][i]);
            }
        }

        id = profile(row);
        assert_int_equal(segment_writer_add(w, &id, values, n), 0);

        write_records(w, row, &records);
    }

    aud_buffer_free(&records);

    return w;
}


static aud_segment_t *
written(segment_writer_t *w, uint64_t number)
{
    aud_error_t        err;
    aud_segment_t     *s;
    segment_summary_t  summary;

    if (segment_writer_write(w, dir, number, &summary, &err) != 0) {
        fail_msg("%s", err.text);
    }

    segment_writer_free(w);
    s = aud_segment_open(dir, number, summary.checksum, &err);

    if (s == NULL) {
        fail_msg("%s", err.text);
    }

    assert_int_equal(s->rows, summary.rows);
    assert_int_equal(s->bytes, summary.bytes);

    return s;
}


/* Whether the row's values of a field are the model's, as a set. */
static void
check_cell(const aud_column_t *c, uint32_t row, unsigned field)
{
    size_t     first = 0;
    unsigned   i, j, found;
    uint32_t   n, code;
    aud_str_t  text, wanted;

    n = c ? aud_column_values(c, row, &first) : 0;
    assert_true(n <= model[row].n[field]);
    assert_int_equal(n != 0, model[row].n[field] != 0);

    if (c) {
        assert_int_equal(aud_bit(c->present, row), n != 0);
    }

    for (j = 0; j < n; j++) {
        code = aud_column_code_plus_one(c, first + j) - 1;
        text = aud_column_display(c, code);
        found = 0;

        for (i = 0; i < model[row].n[field]; i++) {
            wanted = aud_str(model[row].texts[field][i],
                             strlen(model[row].texts[field][i]));
            found |= aud_str_equal(text, wanted);
        }

        assert_true(found);

        if (j) {
            assert_true(aud_column_code_plus_one(c, first + j - 1) <= code);
        }
    }

    for (i = 0; i < model[row].n[field]; i++) {
        wanted = aud_str(model[row].texts[field][i],
                         strlen(model[row].texts[field][i]));
        found = 0;

        for (j = 0; j < n; j++) {
            code = aud_column_code_plus_one(c, first + j) - 1;
            found |= aud_str_equal(aud_column_display(c, code), wanted);
        }

        assert_true(found);
    }
}


static void
check_dictionary_order(const aud_column_t *c)
{
    int        order;
    uint32_t   i;

    for (i = 1; i < c->typed; i++) {
        order = c->dates ? (c->dates[i - 1] > c->dates[i])
                           - (c->dates[i - 1] < c->dates[i])
                         : (c->numbers[i - 1] > c->numbers[i])
                           - (c->numbers[i - 1] < c->numbers[i]);

        assert_true(order < 0
                    || (order == 0
                        && aud_str_compare(aud_column_display(c, i - 1),
                                           aud_column_display(c, i)) < 0));
    }

    for (i = c->typed + 1; i < c->distinct; i++) {
        order = aud_str_compare(aud_column_folded(c, i - 1),
                                aud_column_folded(c, i));

        assert_true(order < 0
                    || (order == 0
                        && aud_str_compare(aud_column_display(c, i - 1),
                                           aud_column_display(c, i)) < 0));
    }
}


static void
check_dictionary_values(const aud_column_t *c)
{
    int           date_only, yes;
    double        number;
    int64_t       us;
    uint32_t      i;
    aud_str_t     text;
    aud_buffer_t  folded = { 0 };

    for (i = 0; i < c->distinct; i++) {
        text = aud_column_display(c, i);
        folded.len = 0;
        aud_fold(&folded, text);
        assert_true(aud_str_equal(aud_buffer_str(&folded),
                                  aud_column_folded(c, i)));

        if (c->type == AUD_TYPE_NUMBER) {
            assert_int_equal(aud_number_parse(text, &number) == 0,
                             i < c->typed);
            assert_true(i >= c->typed || number == c->numbers[i]);

        } else if (c->type == AUD_TYPE_DATE) {
            assert_int_equal(aud_date_parse(text, &us, &date_only) == 0,
                             i < c->typed);
            assert_true(i >= c->typed || us == c->dates[i]);

        } else if (c->type == AUD_TYPE_YES_NO) {
            assert_int_equal(aud_yes_no_parse(text, &yes) == 0, i < c->typed);
            assert_true(i >= c->typed || yes == c->numbers[i]);

        } else {
            assert_int_equal(c->typed, 0);
        }
    }

    aud_buffer_free(&folded);
}


/* Postings are the inverse of codes; dense bitmaps are postings. */
static void
check_postings(const aud_column_t *c)
{
    size_t    first, total;
    uint32_t  row, code, i, j, n, dense, found;

    total = 0;

    for (row = 0; row < c->rows; row++) {
        n = aud_column_values(c, row, &first);
        total += n;

        for (j = 0; j < n; j++) {
            code = aud_column_code_plus_one(c, first + j) - 1;
            found = 0;

            for (i = c->posting_at[code]; i < c->posting_at[code + 1]; i++) {
                found += c->postings[i] == row;
            }

            assert_int_equal(found, 1);
        }
    }

    assert_int_equal(total, c->posting_at[c->distinct]);
    dense = 0;

    for (code = 0; code < c->distinct; code++) {
        n = c->posting_at[code + 1] - c->posting_at[code];
        assert_true(n > 0);

        if ((uint64_t) n * 128 < c->rows) {
            continue;
        }

        assert_true(dense < c->ndense);
        assert_int_equal(c->dense_codes[dense], code);

        for (i = c->posting_at[code]; i < c->posting_at[code + 1]; i++) {
            assert_true(aud_bit(c->dense + dense * AUD_WORDS(c->rows),
                                c->postings[i]));
        }

        dense++;
    }

    assert_int_equal(dense, c->ndense);
}


/* The rows of a word are those that have a text with it. */
static void
check_words(const aud_column_t *c)
{
    char                *seen;
    size_t               first, start, end, total = 0;
    uint32_t             row, i, j, n, word;
    aud_str_t            text, run;
    const aud_column_t  *words = c->words;

    for (row = 0; row < c->rows; row++) {
        seen = calloc(words->distinct + 1, 1);
        n = aud_column_values(c, row, &first);

        for (i = 0; i < n; i++) {
            text = aud_column_folded(c,
                             aud_column_code_plus_one(c, first + i) - 1);

            for (start = 0; start < text.len; start = end + 1) {
                end = start;

                while (end < text.len && aud_word_byte(text.data[end])) {
                    end++;
                }

                run = aud_str(text.data + start, end - start);
                word = 0;

                while (word < words->distinct
                       && !aud_str_equal(aud_column_folded(words, word), run))
                {
                    word++;
                }

                if (run.len == 0 || seen[word]) {
                    continue;
                }

                assert_true(word < words->distinct);
                seen[word] = 1;
                total++;
                j = words->posting_at[word];

                while (words->postings[j] != row) {
                    assert_true(++j < words->posting_at[word + 1]);
                }
            }
        }

        free(seen);
    }

    assert_int_equal(total, words->posting_at[words->distinct]);
}


static void
check_ends(const aud_column_t *c)
{
    char       *seen = calloc(c->distinct, 1);
    size_t      j;
    uint32_t    i;
    aud_str_t   a, b;

    for (i = 0; i < c->distinct; i++) {
        assert_false(seen[c->ends[i]]++);

        if (i == 0) {
            continue;
        }

        a = aud_column_folded(c, c->ends[i - 1]);
        b = aud_column_folded(c, c->ends[i]);

        for (j = 1; j <= a.len && j <= b.len; j++) {
            if (a.data[a.len - j] != b.data[b.len - j]) {
                break;
            }
        }

        if (j > a.len || j > b.len) {
            assert_true(a.len <= b.len);

        } else {
            assert_true((unsigned char) a.data[a.len - j]
                        < (unsigned char) b.data[b.len - j]);
        }
    }

    free(seen);
}


static void
check_below(const aud_column_t *c)
{
    size_t    first;
    uint32_t  i, row;

    for (i = 0; i < c->nbelow; i++) {
        for (row = 0; row < c->rows; row++) {
            assert_int_equal(aud_bit(c->below + i * AUD_WORDS(c->rows), row),
                             aud_column_values(c, row, &first)
                             && aud_column_code_plus_one(c, first) - 1
                                < c->below_codes[i]);
        }
    }
}


static void
check_aids(const aud_column_t *c)
{
    int  kept = c->type == AUD_TYPE_TEXT && c->distinct >= 16;

    assert_int_equal(c->nbelow > 0, c->typed && !c->multi && c->distinct >= 4);
    check_below(c);

    assert_int_equal(c->words != NULL, kept);
    assert_int_equal(c->ends != NULL, kept);

    if (kept) {
        check_words(c);
        check_ends(c);
    }
}


/* One for the phone, whatever many records say it, and one for each record. */

static void
check_identifiers(const aud_segment_t *s)
{
    size_t                   i, expected;
    uint32_t                 row;
    aud_source_record_t      record;
    const aud_identifier_t  *id;

    expected = 0;

    for (row = 0; row < s->rows; row++) {
        expected += count_records(row)
                    + (count_records(row) && model[row].n[1]);
    }

    assert_int_equal(s->nidentifiers, expected);

    for (i = 0; i < s->nidentifiers; i++) {
        id = &s->identifiers[i];
        assert_true(i == 0 || id[-1].hash <= id->hash);
        record = record_of(id->row, 0);

        if (id->kind == AUD_IDENTIFIER_PHONE) {
            assert_true(id->hash == aud_identifier_hash(id->kind,
                                                        record.phone));
            continue;
        }

        assert_int_equal(id->kind, AUD_IDENTIFIER_RECORD);
        assert_true(id->hash == aud_identifier_hash(id->kind,
                                    aud_str((char *) &record.ref, 8))
                    || (record.ref++, count_records(id->row) == 2
                        && id->hash == aud_identifier_hash(id->kind,
                                           aud_str((char *) &record.ref, 8))));
    }
}


static void
check_records(const aud_segment_t *s)
{
    unsigned             i;
    uint32_t             row;
    aud_str_t            rest;
    aud_source_record_t  record, expected;

    for (row = 0; row < s->rows; row++) {
        rest = aud_segment_records(s, row);

        for (i = 0; i < count_records(row); i++) {
            assert_int_equal(aud_source_record_read(&rest, &record), 1);
            expected = record_of(row, i);
            assert_true(record.ref == expected.ref);
            assert_true(aud_str_equal(record.phone, expected.phone));
            assert_true(aud_str_equal(record.name, expected.name));
            assert_int_equal(record.email.len, 0);
        }

        assert_int_equal(rest.len, 0);
    }
}


static void
check_segment(const aud_segment_t *s)
{
    unsigned             field;
    uint32_t             row;
    aud_uuid_t           id;
    const aud_column_t  *c;

    for (field = 0; field < FIELDS; field++) {
        c = aud_segment_column(s, fields[field].name);

        if (c) {
            assert_int_equal(c->type, fields[field].type);
            assert_int_equal(c->kind, fields[field].kind);
            assert_int_equal(c->multi, fields[field].multi);
            assert_true((uintptr_t) c->present % 64 == 0);
            assert_true((uintptr_t) c->dense % 64 == 0);
            check_dictionary_order(c);
            check_dictionary_values(c);
            check_postings(c);
            check_aids(c);
        }

        for (row = 0; row < s->rows; row++) {
            check_cell(c, row, field);
        }
    }

    for (row = 0; row < s->rows; row++) {
        id = profile(row);
        assert_int_equal(aud_segment_row(s, &id), row);
    }

    id = profile(s->rows);
    assert_true(aud_segment_row(s, &id) == AUD_NO_CODE);
    check_identifiers(s);
    check_records(s);
}


static void
test_random_tables_read_back_as_written(void **state)
{
    unsigned              i;
    uint64_t              number;
    aud_segment_t        *s;
    static const uint32_t sizes[] = { 0, 1, 2, 63, 64, 65, 128, 1000, 3000 };
    static const unsigned densities[] = { 3, 50, 100 };

    number = 1;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) * 3; i++, number++) {
        s = written(writer_of_random_rows(sizes[i / 3], densities[i % 3]),
                    number);
        check_segment(s);
        aud_segment_release(s);
    }
}


static void
test_a_column_of_many_values_has_wide_codes(void **state)
{
    int                i;
    char               text[16];
    aud_uuid_t         id;
    aud_segment_t     *s;
    segment_value_t    value;
    segment_writer_t  *w;

    w = segment_writer_create(fields, FIELDS);

    for (i = 0; i < 70000; i++) {
        id = profile(i);
        value.field = 0;
        value.text = aud_str(text, sprintf(text, "v%d", i));
        assert_int_equal(segment_writer_add(w, &id, &value, 1), 0);
    }

    s = written(w, 100);
    assert_int_equal(s->ncolumns, 1);
    assert_int_equal(s->columns[0].code_width, 4);
    assert_int_equal(s->columns[0].distinct, 70000);
    check_dictionary_order(&s->columns[0]);
    assert_true(s->columns[0].folded == s->columns[0].display);

    for (i = 0; i < 70000; i++) {
        value.text = aud_str(text, sprintf(text, "v%d", i));
        assert_true(aud_str_equal(value.text,
            aud_column_display(&s->columns[0],
                aud_column_code_plus_one(&s->columns[0], i) - 1)));
    }

    aud_segment_release(s);
}


static void
test_equal_rows_give_equal_files(void **state)
{
    aud_error_t        err;
    segment_summary_t  a, b;
    segment_writer_t  *w;
    segment_value_t    values[] = {
        { 4, AUD_STR("b") }, { 4, AUD_STR("a") }, { 4, AUD_STR("b") },
    };
    segment_value_t    sorted[] = {
        { 4, AUD_STR("a") }, { 4, AUD_STR("b") },
    };
    aud_uuid_t         id = profile(7);

    w = segment_writer_create(fields, FIELDS);
    assert_int_equal(segment_writer_add(w, &id, values, 3), 0);
    assert_int_equal(segment_writer_write(w, dir, 200, &a, &err), 0);
    segment_writer_free(w);
    aud_segment_release(aud_segment_open(dir, 200, a.checksum, &err));
    assert_int_equal(system("rm /tmp/aud-segment-*/00000000000000c8.seg"), 0);

    w = segment_writer_create(fields, FIELDS);
    assert_int_equal(segment_writer_add(w, &id, sorted, 2), 0);
    assert_int_equal(segment_writer_write(w, dir, 200, &b, &err), 0);
    segment_writer_free(w);

    assert_true(a.checksum == b.checksum);
}


static void
test_the_writer_refuses_what_is_out_of_order(void **state)
{
    aud_uuid_t         id = profile(7), before = profile(6);
    segment_writer_t  *w;
    segment_value_t    twice[] = { { 0, AUD_STR("x") }, { 0, AUD_STR("y") } };
    segment_value_t    unknown = { FIELDS, AUD_STR("x") };

    w = segment_writer_create(fields, FIELDS);
    assert_int_equal(segment_writer_records(w, AUD_STR("")), -1);
    assert_int_equal(segment_writer_add(w, &id, NULL, 0), 0);
    assert_int_equal(segment_writer_add(w, &id, NULL, 0), -1);
    assert_int_equal(segment_writer_add(w, &before, NULL, 0), -1);
    assert_int_equal(segment_writer_records(w, AUD_STR("damaged")), -1);
    segment_writer_free(w);

    w = segment_writer_create(fields, FIELDS);
    assert_int_equal(segment_writer_add(w, &id, twice, 2), -1);
    segment_writer_free(w);

    w = segment_writer_create(fields, FIELDS);
    assert_int_equal(segment_writer_add(w, &id, &unknown, 1), -1);
    segment_writer_free(w);
}


static void
test_every_flipped_bit_is_noticed(void **state)
{
    int              bit;
    FILE            *file;
    char             path[128];
    size_t           i, n;
    aud_error_t      err;
    aud_segment_t   *s;
    unsigned char   *bytes;

    aud_segment_release(written(writer_of_random_rows(40, 70), 300));
    snprintf(path, sizeof(path), "%s/000000000000012c.seg", dir);
    file = fopen(path, "r+");
    bytes = malloc(1024 * 1024);
    n = fread(bytes, 1, 1024 * 1024, file);
    assert_true(n > 0 && n < 1024 * 1024);

    for (i = 0; i < n; i++) {
        bit = 1 << random_below(8);
        fseek(file, i, SEEK_SET);
        fputc(bytes[i] ^ bit, file);
        fflush(file);

        s = aud_segment_open(dir, 300, 0, &err);

        if (s) {
            fail_msg("byte %zu of %zu: a flip of %d was not seen", i, n, bit);
        }

        fseek(file, i, SEEK_SET);
        fputc(bytes[i], file);
        fflush(file);
    }

    for (i = n - 1; i > 0; i -= i > 64 ? 64 : 1) {
        assert_int_equal(ftruncate(fileno(file), i), 0);
        assert_null(aud_segment_open(dir, 300, 0, &err));
    }

    free(bytes);
    fclose(file);
}


static void
test_a_file_under_another_name_is_refused(void **state)
{
    char            command[256];
    aud_error_t     err;
    aud_segment_t  *s;

    s = written(writer_of_random_rows(10, 70), 400);
    assert_null(aud_segment_open(dir, 400, s->checksum + 1, &err));
    assert_int_equal(err.no, 0);

    snprintf(command, sizeof(command), "cp %s/%016x.seg %s/%016x.seg", dir,
             400, dir, 401);
    assert_int_equal(system(command), 0);
    assert_null(aud_segment_open(dir, 401, s->checksum, &err));

    assert_null(aud_segment_open(dir, 402, 0, &err));
    assert_int_equal(err.no, ENOENT);
    aud_segment_release(s);
}


static void
test_a_full_disk_leaves_nothing_behind(void **state)
{
    char               path[128];
    aud_error_t        err;
    struct stat        st;
    struct rlimit      limit, before;
    segment_summary_t  summary;
    segment_writer_t  *w;

    w = writer_of_random_rows(2000, 100);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);

    assert_int_equal(segment_writer_write(w, dir, 500, &summary, &err), -1);
    setrlimit(RLIMIT_FSIZE, &before);

    assert_int_equal(err.no, EFBIG);
    snprintf(path, sizeof(path), "%s/00000000000001f4.seg", dir);
    assert_int_equal(stat(path, &st), -1);
    segment_writer_free(w);
}


static int     fail_at;

static void *
failing_realloc(void *p, size_t size)
{
    return fail_at-- == 0 ? NULL : realloc(p, size);
}


static void
test_any_allocation_may_fail(void **state)
{
    int                n, rc;
    char               path[128];
    aud_error_t        err;
    struct stat        st;
    segment_value_t    value = { 0, AUD_STR("São Paulo") };
    aud_uuid_t         id = profile(1);
    aud_allocator_t    before = aud_allocator;
    segment_summary_t  summary;
    segment_writer_t  *w;

    snprintf(path, sizeof(path), "%s/0000000000000258.seg", dir);

    for (n = 0, rc = -1; rc != 0; n++) {
        aud_allocator.realloc = failing_realloc;
        fail_at = n;
        w = segment_writer_create(fields, FIELDS);

        if (w) {
            rc = segment_writer_add(w, &id, &value, 1)
                 || segment_writer_write(w, dir, 600, &summary, &err);
            assert_int_equal(stat(path, &st) == 0, rc == 0);
        }

        segment_writer_free(w);
        aud_allocator = before;
    }

    assert_true(n > 20);
}


static int
make_dir(void **state)
{
    strcpy(dir, "/tmp/aud-segment-XXXXXX");
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
        cmocka_unit_test(test_random_tables_read_back_as_written),
        cmocka_unit_test(test_a_column_of_many_values_has_wide_codes),
        cmocka_unit_test(test_equal_rows_give_equal_files),
        cmocka_unit_test(test_the_writer_refuses_what_is_out_of_order),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_a_file_under_another_name_is_refused),
        cmocka_unit_test(test_a_full_disk_leaves_nothing_behind),
        cmocka_unit_test(test_any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
