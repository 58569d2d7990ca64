/*
 * Source records as they are stored: blocks of rows of one import.
 *
 *   +---------+-----------+--------------+=====+=====+ …
 *   | version | rows      | columns      | row | row |      integers are
 *   | u8, 2   | u32       | u32          |     |     |      big-endian
 *   +---------+-----------+--------------+=====+=====+ …
 *
 *   row      line | phone | cell, one per column
 *   line     varint: where the row began in the file; it ascends
 *   phone    varint length, bytes: normalised, as it was at the import
 *   cell     varint length, bytes: as it stood in the file, unquoted
 *
 * varint: seven bits a byte, the lowest first, the top bit says that more
 * follow.  A block's key has the line of its first row, so that a row is found by
 * import and line.  A writer and a reader belong to one thread.
 *
 * Stored blocks are packed:
 *
 *   +---------+-----------+=====================+
 *   | version | length    | LZ4 of the block    |
 *   | u8, 3   | u32       |                     |
 *   +---------+-----------+=====================+
 *
 * Version 1, which is still read, had the id of a profile (16 bytes) before each
 * line, which says nothing any more, and numbers in its keys.
 */

#ifndef RECORDS_H
#define RECORDS_H

#include "aud_buffer.h"
#include "aud_error.h"

#define RECORDS_VERSION  2
#define RECORDS_HEADER   9
#define RECORDS_PACKED   3

typedef struct {
    aud_buffer_t  bytes;
    uint32_t      rows;
    uint32_t      columns;
    uint32_t      line;             /* of the first row */
} record_block_t;

typedef struct {
    uint64_t          line;
    aud_str_t         phone;
    const aud_str_t  *cells;        /* [columns] */
} record_t;

void record_block_begin(record_block_t *block, uint32_t columns);
void record_block_free(record_block_t *block);

/* Adds a row of block->columns cells.  A failed allocation shows in
 * bytes.failed. */
void record_block_add(record_block_t *block, uint32_t line, aud_str_t phone,
    const aud_str_t *cells);

/* Writes the header. */
void   record_block_finish(record_block_t *block);

/* Adds to out what is stored of a finished block: as it is where LZ4 makes it no
 * smaller. */
void   record_block_pack(aud_buffer_t *out, aud_str_t block);

/* Adds to out the block of what was stored, of any version.  -1 where it is
 * damaged or memory is out. */
int    record_block_unpack(aud_buffer_t *out, aud_str_t stored,
    aud_error_t *err);

typedef struct {
    aud_str_t   block;
    size_t      at;                 /* of the row that comes next */
    uint32_t    rows;
    uint32_t    columns;
    uint32_t    row;                /* rows read */
} record_reader_t;

/* The block is borrowed.  columns: of its import.  -1 where it is damaged. */
int record_reader_open(record_reader_t *reader, aud_str_t block,
    uint32_t columns, aud_error_t *err);

/* 1 and the next row, 0 at the end, -1 where the block is damaged.  cells has
 * room for `columns`; it and all texts point into the block. */
int record_reader_next(record_reader_t *reader, record_t *record,
    aud_str_t *cells, aud_error_t *err);

/* Reads the one row that begins at *at and moves *at behind it. */
int record_read(aud_str_t block, size_t *at, uint32_t columns,
    record_t *record, aud_str_t *cells);

#endif
