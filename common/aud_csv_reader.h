/*
 * A CSV reader from within: aud_csv.c holds it, and the first row until that
 * shows the separator; aud_csv_scan.c reads.  For these two alone.
 */

#ifndef AUD_CSV_READER_H
#define AUD_CSV_READER_H

#include "aud_csv.h"

typedef enum {
    AUD_CSV_ROW_START = 0,
    AUD_CSV_CELL_START,
    AUD_CSV_UNQUOTED,
    AUD_CSV_QUOTED,
    AUD_CSV_QUOTE,      /* a quote inside QUOTED: closing, or doubled */
    AUD_CSV_STRAY       /* text after a closing quote */
} aud_csv_state_t;

typedef struct {
    size_t    from;
    size_t    to;
    unsigned  escaped:1;        /* needs unquote() */
} aud_csv_span_t;

struct aud_csv_s {
    aud_csv_row_fn    fn;
    void             *arg;
    char              separator;
    uint32_t          max_cells;
    size_t            max_row_bytes;

    aud_csv_status_t  status;
    uint64_t          error_line;

    aud_csv_state_t   state;
    int               after_cr;
    unsigned          uncelled:1;   /* the callback wants no cells */
    uint64_t          line;

    aud_buffer_t      head;         /* held until the separator is known */
    char              head_state;   /* as aud_csv_state_t */
    uint32_t          commas;
    uint32_t          semicolons;

    const char       *from;         /* the row's bytes in this piece */
    aud_buffer_t      row;          /* the row's bytes of earlier pieces */
    size_t            len;          /* of both */
    uint64_t          row_line;
    uint64_t          quote_line;
    unsigned          bad_quote:1;
    aud_csv_span_t    cell;

    aud_buffer_t      text;         /* cells that held quotes */
    uint32_t          nspans;
    uint32_t          capacity;
    aud_csv_span_t   *spans;
    aud_str_t        *cells;
};

/* Reads p to end; then what has begun, as if the text ended here. */
aud_csv_status_t aud_csv_scan(aud_csv_t *csv, const char *p, const char *end);
aud_csv_status_t aud_csv_scan_end(aud_csv_t *csv);

void aud_csv_fail(aud_csv_t *csv, aud_csv_status_t status, uint64_t line);

#endif
