/*
 * What reading a file of rows (import_read.c) and one of lines (import_lines.c)
 * share.
 */

#ifndef IMPORT_READ_PRIVATE_H
#define IMPORT_READ_PRIVATE_H

#include "aud_csv.h"
#include "import_read.h"

int  import_read_prepare(import_read_t *in, aud_error_t *err);

/* Judges a row and keeps it; other than 0: stop, in->why says why. */
int  import_read_row(void *in, const aud_csv_row_t *row);
int  import_read_stop(import_read_t *in, import_read_status_t why);

/* 0, or what stops the reading. */
int  import_read_reject(import_read_t *in, const aud_csv_row_t *row,
    const char *column, const char *reason);

/* The last block is full: there are no more rows, or the next one begins
 * another. */
void import_read_hand_over(import_read_t *in);

#endif
