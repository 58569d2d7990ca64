/*
 * Builds one segment file from profiles.
 *
 * Profiles arrive in ascending order of their ids, each as a list of values.
 * Values of one row may name a multi-valued field several times; equal ones are
 * kept once.  A field that no profile has gets no column.  The writer owns
 * copies of all it is given.  One thread.
 */

#ifndef SEGMENT_WRITER_H
#define SEGMENT_WRITER_H

#include "aud_generation.h"
#include "segment_file.h"

typedef struct segment_writer_s  segment_writer_t;

typedef struct {
    uint32_t   field;           /* index into the fields given to create */
    aud_str_t  text;            /* not empty; valid UTF-8 */
} segment_value_t;

/* fields: with their types; in any order. */
segment_writer_t *segment_writer_create(const aud_field_t *fields,
    size_t nfields);
void segment_writer_free(segment_writer_t *w);

/* 0; -1 when memory is out, ids do not ascend, or a single-valued field came
 * twice: the writer can then only be freed. */
int segment_writer_add(segment_writer_t *w, const aud_uuid_t *profile,
    const segment_value_t *values, size_t nvalues);

/* Source records of the row added last, ascending by ref
 * (aud_source_record_write()), with their entries of the identifier index. */
int segment_writer_records(segment_writer_t *w, aud_str_t records);

/* Writes dir/<number>.seg, which must not exist, and syncs it (not the folder).
 * -1 with err, err->no telling a full disk; the file is removed again.  Once. */
int segment_writer_write(segment_writer_t *w, const char *dir, uint64_t number,
    segment_summary_t *summary, aud_error_t *err);

#endif
