/*
 * One column of a segment while it is being made: which temporary code each
 * row has, and at the end its sections.
 *
 *   rows     0  0  2  5  5  5  …     ascending; a row that is missing has none
 *   codes    3  1  3  0  2  7  …     of the dictionary
 *
 * So a field that few profiles have costs little.  A column is built in any
 * one thread; what was built may be put into the file by another.
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
    unsigned       borrowed:1;      /* the dictionary: some of its texts may be
                                       of no row, and are left out */
} segment_column_t;

typedef struct segment_column_built_s  segment_column_built_t;

/* Gives row, which is not less than the last one, a code of the dictionary.
 * -1 when memory is out or the single value of the row is there already. */
int  segment_column_add(segment_column_t *c, uint32_t row, uint32_t code);
void segment_column_free(segment_column_t *c);

/* All that the sections hold.  The column can then only be freed.  NULL when
 * memory is out. */
segment_column_built_t *segment_column_build(segment_column_t *c,
    uint32_t rows);
void segment_column_built_free(segment_column_built_t *built);

/* Writes the sections; fills record, but for the name.  -1 with err. */
int  segment_column_put(const segment_column_built_t *built,
    segment_file_t *f, aud_column_record_t *record, aud_error_t *err);

/* Builds and puts. */
int  segment_column_write(segment_column_t *c, segment_file_t *f,
    uint32_t rows, aud_column_record_t *record, aud_error_t *err);

#endif
