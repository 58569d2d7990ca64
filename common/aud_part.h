/*
 * What the headers of multipart/form-data say: the boundary of a body and the
 * name and file name of a part (RFC 7578, RFC 2046; parameters as in RFC 9110,
 * 5.6.6).  Pure functions for aud_multipart.c.  Any thread.
 */

#ifndef AUD_PART_H
#define AUD_PART_H

#include "aud_multipart.h"

typedef struct {
    unsigned  is_file:1;        /* it is named "file" */
    char      filename[AUD_MULTIPART_FILENAME_MAX];
    size_t    filename_len;
} aud_part_t;

/* The boundary of a request's Content-Type; returns its length, 0 where that
 * is not multipart/form-data with exactly one usable boundary. */
size_t aud_part_boundary(aud_str_t content_type,
    char boundary[AUD_MULTIPART_BOUNDARY_MAX]);

/* headers: lines that end with CRLF, without the empty one.  -1 when they are
 * malformed, name the part not exactly once, or encode its content. */
int aud_part_read(aud_str_t headers, aud_part_t *part);

#endif
