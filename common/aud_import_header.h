/*
 * The rules of an import's header row, for aud_import_check.c: every column
 * has a name of a sane length, no two alike after trimming.  Of contacts one of
 * them is phoneNumber; other kinds have the columns of aud_import_kind.h.  Any
 * thread.
 */

#ifndef AUD_IMPORT_HEADER_H
#define AUD_IMPORT_HEADER_H

#include "aud_csv.h"
#include "aud_import_kind.h"
#include "aud_problem.h"

/* Collects everything that is wrong with the row into one 422 problem, whose
 * type is the only kind of error there is, or "invalid-header".  Returns 0 when
 * nothing is. */
int aud_import_header(const aud_csv_row_t *row, aud_import_kind_t kind,
    aud_problem_t *problem);

#endif
