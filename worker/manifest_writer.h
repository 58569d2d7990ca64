/*
 * Writes the files that aud_generation.h reads, each synced before the call
 * returns (the folder is the caller's to sync).  Any one thread.
 */

#ifndef MANIFEST_WRITER_H
#define MANIFEST_WRITER_H

#include "aud_generation.h"

typedef struct {
    uint64_t         number;        /* of the segment */
    uint64_t         checksum;
    uint32_t         rows;
    const uint64_t  *deleted;       /* AUD_WORDS(rows), or NULL */
} manifest_segment_t;

typedef struct {
    uint64_t                   number;      /* of the generation */
    uint64_t                   content;     /* of the first that answers as it
                                               does; 0: it is the first */
    const aud_field_t         *fields;      /* any order; sorted when written */
    size_t                     nfields;
    const manifest_segment_t  *segments;
    size_t                     nsegments;
    uint64_t                   audiences_number;    /* 0: none */
    uint64_t                   audiences_checksum;
} manifest_t;

/* dir/<name>, such as "MANIFEST.7". */
int manifest_write(const char *dir, const char *name, const manifest_t *m,
    aud_error_t *err);

/* dir/<number>.aud; audiences in ascending order of ids.  below: they are those
 * that are put, beside those dropped (ascending), in a change of that file; NULL:
 * they are all. */
typedef struct {
    uint64_t           number;
    uint64_t           checksum;
    const aud_uuid_t  *dropped;
    size_t             ndropped;
} manifest_below_t;

int manifest_write_audiences(const char *dir, uint64_t number,
    const aud_audience_t *audiences, size_t n, const manifest_below_t *below,
    uint64_t *checksum, aud_error_t *err);

#endif
