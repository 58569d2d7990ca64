/*
 * A profile as the fold of its source records.
 *
 * Per field the newest non-empty cell wins; the order is that of the imports'
 * sequence, then that of the rows.  Fields of campaigns fold as campaign.h
 * says; labels are those of a conversation (conversation_index.h), and not in
 * cells.  `sources` keeps the ids of all imports; created_at and updated_at are the first and the last time of their uploads.
 * So the row that a segment holds of a profile, with newer records folded over
 * it, equals the fold of all its records: that is how an import folds, column
 * by column (profiles_write.c), while a rebuild folds records alone.
 *
 * A fold is used for one profile after another: begin, its records, oldest
 * first, write.  Texts that it was given are borrowed until write.  One thread.
 */

#ifndef FOLD_H
#define FOLD_H

#include "aud_source_record.h"
#include "fields.h"
#include "records.h"
#include "segment_writer.h"

typedef struct fold_s  fold_t;

typedef struct {                    /* an import, as the fold sees it */
    char             id[AUD_ID_LEN + 1];
    int64_t          at;            /* time of its upload */
    uint32_t         ncolumns;
    const uint32_t  *fields;        /* [ncolumns] from fields_map() */
} fold_source_t;

/* fields is borrowed and must not grow meanwhile.  NULL: no memory. */
fold_t *fold_create(const fields_t *fields);
void    fold_free(fold_t *fold);

/* What a raw cell means for a field; empty where it says nothing.  *spoiled,
 * which may be NULL: the identifier was spoiled by a spreadsheet and is taken
 * as absent. */
aud_str_t fold_value(const fold_t *fold, uint32_t field, aud_str_t raw,
    int *spoiled);

/* Counts what a record says in the registry that the fold was made for. */
void fold_count(const fold_t *fold, fields_t *fields,
    const fold_source_t *source, const aud_str_t *cells);

/* How many identifiers of a record were spoiled; the first one's column goes to
 * *column. */
uint32_t fold_spoiled(const fold_t *fold, const fold_source_t *source,
    const aud_str_t *cells, uint32_t *column);

/* An address as profiles show it: in lower case.  Written over what was in the
 * buffer; memory that is out shows there. */
aud_str_t fold_email(aud_buffer_t *lower, aud_str_t value);

void fold_begin(fold_t *fold);

/* record: whom the cells are about, with the phone that the profile shows. */
void fold_record(fold_t *fold, const fold_source_t *source,
    const aud_source_record_t *record, const aud_str_t *cells);

/* A label, after the records; value is static. */
void fold_label(fold_t *fold, aud_str_t name, aud_str_t value);

/* Adds the profile, with its source records, to a segment whose fields are
 * `fields`.  -1 when memory is out. */
int  fold_write(fold_t *fold, segment_writer_t *writer,
    const aud_uuid_t *profile);

#endif
