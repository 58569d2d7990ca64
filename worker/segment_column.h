/*
 * One column of a segment while it is being made: which temporary code each
 * row has, and at the end its sections.
 *
 *   rows     0  0  2  5  5  5  …     ascending; a row that is missing has none
 *   codes    3  1  3  0  2  7  …     of the dictionary
 *
 * So a field that few profiles have costs little.  One thread.
 */

#ifndef SEGMENT_COLUMN_H
#define SEGMENT_COLUMN_H

#include "dictionary.h"
#include "segment_file.h"

typedef struct {
    aud_field_t    field;           /* its name is the caller's */
    dictionary_t   dictionary;
    uint32_t      *rows;
    uint32_t      *codes;
    uint32_t       n;
    uint32_t       capacity;
} segment_column_t;

/* Gives row, which is not less than the last one, a code of the dictionary.
 * -1 when memory is out or the single value of the row is there already. */
int  segment_column_add(segment_column_t *c, uint32_t row, uint32_t code);
void segment_column_free(segment_column_t *c);

/* Writes the sections; fills record, but for the name.  The column can then
 * only be freed.  -1 with err. */
int  segment_column_write(segment_column_t *c, segment_file_t *f,
    uint32_t rows, aud_column_record_t *record, aud_error_t *err);

#endif
