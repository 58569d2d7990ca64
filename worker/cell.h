/*
 * Cells of CSV files that people open in spreadsheets.
 *
 * A cell that begins with = + - @ TAB or CR would run as a formula, so exports
 * put one quote before it, and imports take one such quote off again.  So that
 * a round trip is exact, quotes that stand before such a character already
 * count as part of it: '=1 is written ''=1.  Any thread.
 */

#ifndef CELL_H
#define CELL_H

#include "aud_buffer.h"

/* The value that a cell means: a slice of raw, trimmed, its guarding quote
 * taken off; empty for an absent value. */
aud_str_t cell_value(aud_str_t raw);

/* Whether a value needs a guarding quote. */
int  cell_is_formula(aud_str_t value);

/* Appends value as an RFC 4180 cell, guarded unless it is plain: a phone, or a
 * number of a number column. */
void cell_write(aud_buffer_t *out, aud_str_t value, int plain);

/* "+" and digits alone. */
int  cell_is_phone(aud_str_t value);

#endif
