/*
 * What the two halves of profiles_write() share: profiles_write.c puts the
 * segment together, profiles_column.c folds one column of it.
 */

#ifndef PROFILES_PRIVATE_H
#define PROFILES_PRIVATE_H

#include <pthread.h>

#include "profiles.h"

enum { WRITE_PHONE, WRITE_EMAIL, WRITE_DOCUMENT, WRITE_KINDS };

typedef struct {
    const profiles_t         *profiles;
    const aud_generation_t   *g;
    const import_read_t      *in;
    uint32_t                 *place;        /* [in->nrows] of its profile */
    uint32_t                  identifying[WRITE_KINDS];     /* fields */
    aud_buffer_t              identifiers[WRITE_KINDS];
    uint32_t                  created_at, updated_at, sources;

    uint32_t                 *fields;       /* [ncolumns] by name */
    uint32_t                  ncolumns;
    aud_str_t                *names;        /* [ncolumns] */
    aud_column_record_t      *records;      /* [ncolumns] */

    pthread_mutex_t           lock;
    pthread_cond_t            moved;        /* put or failed */
    uint32_t                  next;         /* to be built */
    uint32_t                  put;          /* in the file */
    segment_column_built_t  **built;        /* [ncolumns] */
    unsigned                  putting:1;
    unsigned                  failed:1;
    segment_file_t           *file;
    aud_error_t              *err;
} write_t;

/* Folds a field of all profiles, and notes in w->identifiers what identifies
 * them.  Threads may do several fields at a time, each of them once.  NULL when
 * memory is out. */
segment_column_built_t *profiles_column(write_t *w, uint32_t field);

#endif
