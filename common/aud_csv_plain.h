/*
 * Rows of a CSV that need no state: those that lie whole in the bytes at hand
 * and whose quotes stand where they belong, around a cell or doubled in a
 * quoted one.  They are most of all rows, and aud_csv.c reads every other one.
 * Sixty-four bytes are looked at together.  Nothing is kept between calls.  Any
 * thread.
 */

#ifndef AUD_CSV_PLAIN_H
#define AUD_CSV_PLAIN_H

#include <stdint.h>

#include "aud_str.h"

typedef struct {
    uint32_t  ncells;
    unsigned  doubled:1;        /* a cell holds doubled quotes */
    unsigned  lines:1;          /* a cell holds ends of line */
} aud_csv_plain_t;

/*
 * p: the first byte of a row that is not blank.  Both return the end of line
 * that ends the row, or NULL where the row is not plain, does not end before
 * end or has more than `room` cells.
 */

/* cells: room for as many; they point into the row, without the quotes around
 * them, and doubled quotes are doubled still. */
const char *aud_csv_plain_cells(const char *p, const char *end,
    char separator, aud_str_t *cells, uint32_t room, aud_csv_plain_t *row);

/* Does not count the cells but where they may be too many. */
const char *aud_csv_plain_end(const char *p, const char *end,
    char separator, uint32_t room, aud_csv_plain_t *row);

/* The first separator, LF or CR, or end. */
const char *aud_csv_plain_break(const char *p, const char *end,
    char separator);

#endif
