#include "aud_csv.h"


void
aud_csv_write_cell(aud_buffer_t *out, aud_str_t cell, char separator)
{
    size_t       i;
    char        *to;
    const char  *p, *q, *end;

    if (cell.len == 0) {
        return;
    }

    p = cell.data;
    end = cell.data + cell.len;
    aud_buffer_reserve(out, cell.len);

    if (out->failed) {
        return;
    }

    to = out->data + out->len;

    for (i = 0; i < cell.len; i++) {
        if (p[i] == separator || p[i] == '"' || p[i] == '\n' || p[i] == '\r') {
            break;
        }

        to[i] = p[i];
    }

    if (i == cell.len) {
        out->len += i;
        return;
    }

    aud_buffer_char(out, '"');

    while ((q = memchr(p, '"', end - p)) != NULL) {
        aud_buffer_add(out, p, q + 1 - p);
        aud_buffer_char(out, '"');
        p = q + 1;
    }

    aud_buffer_add(out, p, end - p);
    aud_buffer_char(out, '"');
}
