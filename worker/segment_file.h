/*
 * The bytes of a segment file on their way to disk: sections one after the
 * other, each padded and summed, and at last the header before them.  Used by
 * segment_writer.c (profiles one by one) and segment_merge.c (columns of other
 * segments).  One thread.
 */

#ifndef SEGMENT_FILE_H
#define SEGMENT_FILE_H

#include "aud_generation.h"
#include "aud_segment_format.h"

typedef struct segment_file_s  segment_file_t;

typedef struct {
    uint64_t  checksum;
    uint64_t  bytes;
    uint32_t  rows;
} segment_summary_t;

/* Makes dir/<number>.seg, which must not exist.  NULL with err. */
segment_file_t *segment_file_create(const char *dir, uint64_t number,
    uint32_t rows, uint32_t ncolumns, aud_error_t *err);

/* Adds the next section of the table.  0, or -1 with err. */
int segment_file_section(segment_file_t *f, const void *data, uint64_t length,
    aud_error_t *err);

/* The same from pieces: next gives 1 and one, or 0 at the end. */
int segment_file_pieces(segment_file_t *f,
    int (*next)(void *arg, aud_str_t *piece), void *arg, aud_error_t *err);

/* Identifiers as the file has them: by hash, then row, each once; *n may
 * shrink.  -1: no memory. */
int segment_file_order(aud_identifier_t *identifiers, size_t *n);

/* What follows the columns, in this order: rows, their source records (two
 * sections: offsets and bytes), and the columns' names, columns in the order of
 * the table, which is that of their names. */
int segment_file_rows(segment_file_t *f, const aud_uuid_t *profiles,
    const aud_identifier_t *identifiers, size_t nidentifiers,
    aud_error_t *err);
int segment_file_columns(segment_file_t *f, aud_column_record_t *records,
    const aud_str_t *names, aud_error_t *err);

/* Writes the header and syncs.  0, or -1 with err. */
int segment_file_finish(segment_file_t *f, segment_summary_t *summary,
    aud_error_t *err);

/* Closes; removes the file unless it was finished. */
void segment_file_free(segment_file_t *f);

#endif
