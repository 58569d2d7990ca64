/*
 * A generation: everything about one tenant that queries see, at one moment.
 *
 *   <root>/segments/<tenant>/MANIFEST            number, fields, segments with
 *                                                their struck-out rows, name of
 *                                                the audiences file
 *                            MANIFEST.<number>   the next one, until its commit
 *                            <number>.seg        segment files
 *                            <number>.aud        saved audiences
 *
 * A generation is immutable and reference counted (atomically); whoever holds
 * one reads it without locks in any thread.  Segments and the audiences file
 * are shared with the previous generation where they are the same, so that
 * opening costs what changed.  worker/manifest_writer.c writes the files.
 */

#ifndef AUD_GENERATION_H
#define AUD_GENERATION_H

#include "aud_segment.h"

typedef struct {                    /* what all segments agree on */
    aud_str_t   name;
    aud_type_t  type;
    aud_kind_t  kind;
    unsigned    multi:1;
} aud_field_t;

typedef struct {
    aud_segment_t   *segment;
    const uint64_t  *deleted;       /* bitmap of struck-out rows, or NULL */
    uint32_t         live;          /* rows that are not struck out */
} aud_slice_t;

typedef struct {
    aud_uuid_t         id;
    aud_str_t          filter;      /* JSON; empty for a fixed sample */
    const aud_uuid_t  *members;     /* [nmembers], ascending */
    uint32_t           nmembers;
} aud_audience_t;

typedef struct {
    uint64_t               number;
    uint64_t               content;     /* number of the first generation that
                                           answers as this one: merges since */
    uint64_t               profiles;    /* live ones */
    size_t                 nfields;
    const aud_field_t     *fields;      /* sorted by name, bytewise */
    size_t                 nslices;
    const aud_slice_t     *slices;
    size_t                 naudiences;
    const aud_audience_t  *audiences;   /* sorted by id */
    uint64_t               audiences_number;    /* of the file; 0: none */
    uint64_t               audiences_checksum;
    uint64_t               audiences_below;     /* the file that it changes;
                                                   0: none */
} aud_generation_t;

/* Where segments may be open already.  find gives one that is retained for the
 * caller, or NULL. */
typedef struct {
    aud_segment_t  *(*find)(void *arg, uint64_t number, uint64_t checksum);
    void             *arg;
} aud_segments_t;

/*
 * Opens dir/MANIFEST, or dir/<manifest> where that is not NULL.  previous may
 * be NULL, as may segments.  Returns NULL with err: err->no is ENOENT where the
 * tenant has none (an empty one stands in for it then).
 */
aud_generation_t *aud_generation_open(const char *dir, const char *manifest,
    const aud_generation_t *previous, aud_error_t *err);
aud_generation_t *aud_generation_open_with(const char *dir,
    const char *manifest, const aud_generation_t *previous,
    const aud_segments_t *segments, aud_error_t *err);
aud_generation_t *aud_generation_empty(void);       /* number 0; NULL: no memory */
aud_generation_t *aud_generation_retain(aud_generation_t *g);
void              aud_generation_release(aud_generation_t *g);

const aud_field_t    *aud_generation_field(const aud_generation_t *g,
    aud_str_t name);
const aud_audience_t *aud_generation_audience(const aud_generation_t *g,
    const aud_uuid_t *id);

/*
 * What GET /v1/fields answers, kept with the generation once it is known, and
 * with the next one where that answers alike; NULL until then.  keep takes the
 * text, made by aud_malloc() & co.; any thread, the first one's stays.
 */
const char *aud_generation_fields_answer(const aud_generation_t *g);
void        aud_generation_keep_fields_answer(const aud_generation_t *g,
    char *text);

/* Where a live profile stands; -1 where there is none. */
int aud_generation_find(const aud_generation_t *g, const aud_uuid_t *profile,
    size_t *slice, uint32_t *row);

#endif
