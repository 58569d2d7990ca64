/*
 * What the parts of profiles_write() share: profiles_write.c puts the segment
 * together, profiles_column.c folds one column of it, profiles_campaign.c one of
 * a campaign, profiles_labels.c finds the labels, profiles_records.c gathers the
 * source records of its rows.
 */

#ifndef PROFILES_PRIVATE_H
#define PROFILES_PRIVATE_H

#include <pthread.h>

#include "label.h"
#include "profiles.h"

typedef struct {
    const profiles_t         *profiles;
    const aud_generation_t   *g;
    const import_read_t      *in;
    const old_records_t      *old;
    uint32_t                 *place;        /* of what was said: its profile */
    uint8_t                 (*labels)[CLASSIFIER_LABELS];   /* label_code() of
                                               each profile */
    uint32_t                  phone, created_at, updated_at, sources;
    uint64_t                 *record_at;    /* as the segment has them */
    aud_buffer_t              records;
    aud_buffer_t              identifiers;  /* aud_identifier_t, in order */

    uint32_t                 *fields;       /* [ncolumns] by name */
    uint32_t                  ncolumns;
    aud_str_t                *names;        /* [ncolumns] */
    aud_column_record_t      *columns;      /* [ncolumns] */

    pthread_mutex_t           lock;
    pthread_cond_t            moved;        /* put or failed */
    uint32_t                  next;         /* to be built */
    uint32_t                  put;          /* in the file */
    segment_column_built_t  **built;        /* [ncolumns] */
    unsigned                  recording:1;  /* somebody has taken that */
    unsigned                  putting:1;
    unsigned                  failed:1;
    segment_file_t           *file;
    aud_error_t              *err;
} write_t;

/* The import of a row that was said. */
static inline const fold_source_t *
write_source(const write_t *w, uint32_t row)
{
    return row < w->in->nrows
           ? w->in->source
           : &w->old->sources[w->old->items[row - w->in->nrows].source].fold;
}

/* Folds a field of all profiles.  Threads may do several fields at a time, each
 * of them once.  NULL when memory is out. */
segment_column_built_t *profiles_column(write_t *w, uint32_t field);

/* A field of a campaign, whose values fold as campaign.h says.  -1 when memory
 * is out. */
int  profiles_campaign(write_t *w, segment_column_t *column, uint32_t field);

/* Sets labels, before any column.  -1 with err. */
int  profiles_labels(write_t *w, aud_error_t *err);

/* A label of all profiles.  -1 when memory is out. */
int  profiles_label(write_t *w, segment_column_t *column, uint32_t field);

/* Sets record_at, records and identifiers; one thread, while others do columns.
 * -1 when memory is out or a segment is damaged. */
int  profiles_records(write_t *w);

#endif
