/*
 * Rows of a file held against the list of those who were erased, as an import
 * does it: of files that wait in the spool, and of errors that were kept.
 *
 * One thread.
 */

#ifndef ERASED_ROWS_H
#define ERASED_ROWS_H

#include "erased.h"
#include "record_identity.h"
#include "settings.h"

typedef struct {
    erased_check_t      *check;         /* borrowed */
    const settings_t    *settings;
    uint32_t             ncolumns;      /* 0: nobody knows what they mean */
    uint32_t             phone;         /* column */
    identity_columns_t   identifying;
} erased_rows_t;

/* map: the field of each of ncolumns, or NULL where that is not known.  -1: no
 * memory; free it in any case. */
int  erased_rows_init(erased_rows_t *rows, erased_check_t *check,
    const settings_t *settings, const fields_t *fields, const uint32_t *map,
    uint32_t ncolumns);
void erased_rows_free(erased_rows_t *rows);

/* Whether a row is of somebody who was erased: 1, 0, or -1.  Where its cells
 * cannot be told from each other, any value of one will do. */
int  erased_rows_match(erased_rows_t *rows, const aud_str_t *cells,
    uint32_t ncells);

#endif
