/*
 * A CSV reader (RFC 4180, comma or semicolon) that is fed bytes in pieces of
 * any size and gives whole rows.  It never looks at encodings.
 *
 * A line ends with LF, CRLF, or CR alone as old Macintosh programs write it.
 *
 * A quoted cell may hold separators, ends of line (kept as they are) and
 * doubled quotes.  A quote inside an unquoted cell is an ordinary character.
 * After a closing quote only a separator or an end of line may follow: anything
 * else is an error of that row, is kept in its cell, and reading goes on at the
 * next separator.  Rows that hold nothing at all are skipped but counted as
 * lines.
 *
 * What is said of a file never depends on how it was cut into pieces.
 *
 * Ownership: the row handed to the callback is valid until the callback
 * returns; it is not the callback's to keep or change.  A reader holds at most
 * max_row_bytes twice over and max_cells cells.  One thread per reader.
 */

#ifndef AUD_CSV_H
#define AUD_CSV_H

#include <stdint.h>

#include "aud_buffer.h"

typedef struct aud_csv_s  aud_csv_t;

typedef struct {
    uint64_t          line;         /* of its first byte, from 1 */
    uint32_t          ncells;
    const aud_str_t  *cells;        /* unquoted */
    aud_str_t         raw;          /* as in the file, without end of line */
    unsigned          bad_quote:1;  /* text after a closing quote */
} aud_csv_row_t;

typedef enum {
    AUD_CSV_OK = 0,
    AUD_CSV_STOPPED,        /* the callback returned non-zero */
    AUD_CSV_TOO_MANY_CELLS,
    AUD_CSV_ROW_TOO_LONG,
    AUD_CSV_OPEN_QUOTE,     /* at the end, or where a quoted cell took in lines
                               until the row was too long; aud_csv_line() is
                               where it opened */
    AUD_CSV_NO_MEMORY
} aud_csv_status_t;

typedef int (*aud_csv_row_fn)(void *arg, const aud_csv_row_t *row);

/* separator: ',' or ';', or 0 to detect it from the first row: the one that
 * occurs more often outside quotes, a comma when neither does.  Returns NULL
 * when memory is out. */
aud_csv_t *aud_csv_create(char separator, uint32_t max_cells,
    size_t max_row_bytes, aud_csv_row_fn fn, void *arg);
void aud_csv_free(aud_csv_t *csv);

aud_csv_status_t aud_csv_feed(aud_csv_t *csv, const char *data, size_t len);
aud_csv_status_t aud_csv_finish(aud_csv_t *csv);

/* For a callback that needs no more cells: `ncells` is 0 and `cells` NULL, but
 * too many of them are an error still.  From the next row on. */
void aud_csv_skip_cells(aud_csv_t *csv);

char     aud_csv_separator(const aud_csv_t *csv);   /* 0 until known */
uint64_t aud_csv_line(const aud_csv_t *csv);        /* of the byte that comes
                                                       next, or where the row in
                                                       error began */

/* Appends one cell to out, quoted where RFC 4180 needs it for `separator`. */
void aud_csv_write_cell(aud_buffer_t *out, aud_str_t cell, char separator);

#endif
