/*
 * The CSV reader: cut anywhere it says the same, and what aud_csv_write_cell()
 * writes of the rows reads back as these rows.
 */

#include "aud_csv.h"
#include "pieces.h"

typedef struct {
    aud_buffer_t  said;
    aud_buffer_t  written;
    uint64_t      rows;
} reading_t;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


static int
on_row(void *arg, const aud_csv_row_t *row)
{
    uint32_t    i;
    reading_t  *r = arg;

    r->rows++;
    aud_buffer_u64(&r->said, row->line);
    aud_buffer_u8(&r->said, row->bad_quote);
    aud_buffer_str32(&r->said, row->raw);
    aud_buffer_u32(&r->said, row->ncells);

    for (i = 0; i < row->ncells; i++) {
        aud_buffer_str32(&r->said, row->cells[i]);

        aud_buffer_add(&r->written, ",", i > 0);
        aud_csv_write_cell(&r->written, row->cells[i], ',');
    }

    /* A row of one empty cell would be an empty line. */

    if (row->ncells == 1 && row->cells[0].len == 0) {
        aud_buffer_text(&r->written, "\"\"");
    }

    aud_buffer_char(&r->written, '\n');

    return 0;
}


static reading_t
read_all(const char *data, size_t len, uint64_t seed, char separator,
    uint32_t max_cells, size_t max_row)
{
    size_t             n;
    aud_csv_t         *csv;
    reading_t          r = { 0 };
    aud_csv_status_t   status;

    csv = aud_csv_create(separator, max_cells, max_row, on_row, &r);
    status = AUD_CSV_OK;

    while (len && status == AUD_CSV_OK) {
        n = seed ? pieces_next(&seed, len) : len;
        status = aud_csv_feed(csv, data, n);
        data += n;
        len -= n;
    }

    if (status == AUD_CSV_OK) {
        status = aud_csv_finish(csv);
    }

    aud_buffer_u8(&r.said, status);
    aud_buffer_u64(&r.said, status ? aud_csv_line(csv) : 0);
    aud_csv_free(csv);

    return r;
}


static void
forget(reading_t *r)
{
    aud_buffer_free(&r->said);
    aud_buffer_free(&r->written);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char         separator;
    size_t       max_row;
    uint32_t     max_cells;
    reading_t    whole, pieces, again;
    const char  *text;

    if (len < 3) {
        return 0;
    }

    separator = "\0,;,"[data[0] & 3];
    max_cells = data[1] ? data[1] : 100000;
    max_row = data[2] ? data[2] : 100000;
    text = (const char *) data + 3;
    len -= 3;

    whole = read_all(text, len, 0, separator, max_cells, max_row);
    pieces = read_all(text, len, pieces_seed(data, len), separator, max_cells,
                      max_row);
    REQUIRE(same_bytes(&whole.said, &pieces.said));

    again = read_all(whole.written.data ? whole.written.data : "",
                     whole.written.len, 0, ',', 1000000, 10000000);
    REQUIRE(again.rows == whole.rows);
    REQUIRE(same_bytes(&again.written, &whole.written));

    forget(&whole);
    forget(&pieces);
    forget(&again);

    return 0;
}
