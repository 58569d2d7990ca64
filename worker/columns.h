/*
 * What the accepted rows of a file say, field by field.
 *
 *   dictionary   the distinct values of a field, as profiles will have them
 *   rows         0  0  2  5 …     rows of the file, ascending, that say
 *   codes        3  1  3  0 …     something, and what
 *
 * Blocks of source records are handed over as they fill; a thread of its own
 * reads them, so that values are gathered while the file is still being
 * parsed.  A value is trimmed, judged and copied once, where it is new.
 */

#ifndef COLUMNS_H
#define COLUMNS_H

#include "block_feed.h"
#include "dictionary.h"
#include "fold.h"

typedef struct columns_s  columns_t;

typedef struct {
    dictionary_t   dictionary;
    uint8_t       *types;           /* of each code, as aud_value_types() */
    uint32_t       ntypes;          /* room */
    uint32_t      *rows;
    uint32_t      *codes;
    uint32_t       n;
    uint32_t       capacity;
} column_t;

/* All are borrowed.  Without a feed there is no file: columns_add() may be called
 * at once.  NULL when memory is out. */
columns_t *columns_create(const fields_t *fields, const fold_source_t *source,
    block_feed_t *feed);

/* The feed has ended. */
void       columns_free(columns_t *c);

/* Waits until all blocks are read, and counts what they said: in the registry
 * and in fits [ncolumns][AUD_TYPE_COUNT].  -1 when memory is out. */
int        columns_finish(columns_t *c, fields_t *fields, uint64_t *fits);

/* After finish: what a record of another import says, as row `row`, which is
 * more than all before.  -1 when memory is out. */
int        columns_add(columns_t *c, const fold_source_t *source, uint32_t row,
    const aud_str_t *cells);

/* After finish.  Of the phone, which profiles have from their rows, it knows no
 * values.  A dictionary may grow. */
column_t  *columns_of(columns_t *c, uint32_t field);

#endif
