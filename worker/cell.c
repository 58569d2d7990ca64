/*
 * Cells of CSV files that people open in spreadsheets.
 */

#include "aud_csv.h"
#include "aud_text.h"
#include "cell.h"


aud_str_t
cell_value(aud_str_t raw)
{
    aud_str_t  value;

    value = aud_trim(raw);

    if (value.len > 1 && value.data[0] == '\'' && cell_is_formula(value)) {
        value = aud_trim(aud_str(value.data + 1, value.len - 1));
    }

    return value;
}


int
cell_is_formula(aud_str_t value)
{
    size_t  i;

    /* nearly all begin with a letter or a digit */

    if (value.len && (value.data[0] > '=' || value.data[0] < '\0')
        && value.data[0] != '@')
    {
        return 0;
    }

    for (i = 0; i < value.len && value.data[i] == '\''; i++) {
        /* quotes before a formula count as part of it */
    }

    return i < value.len && value.data[i] != '\0'
           && strchr("=+-@\t\r", value.data[i]) != NULL;
}


void
cell_write(aud_buffer_t *out, aud_str_t value, int plain)
{
    aud_buffer_t  guarded = { 0 };

    if (plain || !cell_is_formula(value)) {
        aud_csv_write_cell(out, value, ',');
        return;
    }

    aud_buffer_char(&guarded, '\'');
    aud_buffer_add(&guarded, value.data, value.len);

    if (guarded.failed) {
        out->failed = 1;
    }

    aud_csv_write_cell(out, aud_buffer_str(&guarded), ',');
    aud_buffer_free(&guarded);
}


int
cell_is_phone(aud_str_t value)
{
    size_t  i;

    if (value.len < 2 || value.data[0] != '+') {
        return 0;
    }

    for (i = 1; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return 0;
        }
    }

    return 1;
}
