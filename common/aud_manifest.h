/*
 * A MANIFEST as it lies in memory, bounds checked: the half of
 * aud_generation.c that knows the file.  One thread.
 */

#ifndef AUD_MANIFEST_H
#define AUD_MANIFEST_H

#include "aud_generation.h"
#include "aud_manifest_format.h"

typedef struct {
    const char                    *map;
    size_t                         bytes;
    const aud_manifest_header_t   *header;
    const aud_manifest_field_t    *fields;
    const aud_manifest_segment_t  *segments;
    const char                    *names;
} aud_manifest_t;

/* Maps dir/name and checks checksum, bounds, order, values.  -1 with err. */
int  aud_manifest_open(aud_manifest_t *m, const char *dir, const char *name,
    aud_error_t *err);
void aud_manifest_close(aud_manifest_t *m);

/* The first generation that answers as the one does whose MANIFEST fd is, with
 * nothing read but the header, nothing checked but what it is; 0: no manifest.
 * Costs microseconds. */
uint64_t aud_manifest_content(int fd);

/* Sets the bits of a segment's struck rows; words begin as zeros, one for each
 * 64 rows. */
void aud_manifest_struck(const aud_manifest_t *m,
    const aud_manifest_segment_t *segment, uint64_t *words);

#endif
