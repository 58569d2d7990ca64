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

/* Says why reading has stopped. */
void import_read_stopped(const import_read_t *in, aud_error_t *err);

/*
 * Consent (import_read_consent.c): what the row says of it, in a cell that is
 * not empty.
 */
typedef enum {
    IMPORT_CONSENT_NONE = 0, IMPORT_CONSENT_YES, IMPORT_CONSENT_NO,
    IMPORT_CONSENT_FAILED           /* no memory */
} import_consent_word_t;

import_consent_word_t import_read_consent(import_read_t *in,
    const aud_csv_row_t *row);

/* The row refuses: it is counted, and whose it is noted.  0, or what stops the
 * reading. */
int  import_read_refuse(import_read_t *in, const aud_csv_row_t *row);

/* It agrees, and is let in.  -1: it failed. */
int  import_read_agree(import_read_t *in, const aud_source_record_t *record);

/* Without a word it is of somebody who has refused before: 1, and it was
 * counted and named among the errors without what it holds; 0; -1: it
 * failed. */
int  import_read_stands(import_read_t *in, const aud_csv_row_t *row,
    const aud_source_record_t *record);

/* A line of errors.csv. */
void import_read_error(import_read_t *in, const aud_csv_row_t *row,
    aud_str_t column, const char *reason);

/* 0, or what stops the reading. */
int  import_read_reject(import_read_t *in, const aud_csv_row_t *row,
    const char *column, const char *reason);

/* The last block is full: there are no more rows, or the next one begins
 * another. */
void import_read_hand_over(import_read_t *in);

#endif
