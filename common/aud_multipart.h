/*
 * multipart/form-data (RFC 7578) with exactly one file part named "file", fed
 * in pieces of any size.  Other parts are skipped up to a limit.  The content
 * of the file goes to a callback as it comes.  One thread per reader.
 */

#ifndef AUD_MULTIPART_H
#define AUD_MULTIPART_H

#include "aud_str.h"

#define AUD_MULTIPART_BOUNDARY_MAX  70
#define AUD_MULTIPART_HEADERS_MAX   8192
#define AUD_MULTIPART_PARTS_MAX     32
#define AUD_MULTIPART_FILENAME_MAX  255

typedef enum {
    AUD_MULTIPART_OK = 0,
    AUD_MULTIPART_STOPPED,          /* the callback returned non-zero */
    AUD_MULTIPART_BAD_BOUNDARY,     /* none, longer than 70, bad characters */
    AUD_MULTIPART_BAD_HEADERS,      /* malformed or above 8 KiB */
    AUD_MULTIPART_TOO_MANY_PARTS,
    AUD_MULTIPART_TWO_FILES,
    AUD_MULTIPART_NO_FILE,
    AUD_MULTIPART_CUT_OFF,          /* ended before the closing boundary */
    AUD_MULTIPART_NO_MEMORY
} aud_multipart_status_t;

typedef struct aud_multipart_s  aud_multipart_t;

typedef int (*aud_multipart_data_fn)(void *arg, const char *data, size_t len);

/* content_type: the request's header value.  Sets *status and returns NULL
 * when it has no usable boundary. */
aud_multipart_t *aud_multipart_create(aud_str_t content_type,
    aud_multipart_data_fn fn, void *arg, aud_multipart_status_t *status);
void aud_multipart_free(aud_multipart_t *m);

aud_multipart_status_t aud_multipart_feed(aud_multipart_t *m,
    const char *data, size_t len);
aud_multipart_status_t aud_multipart_finish(aud_multipart_t *m);

/* The file part's name as the client sent it (filename* preferred, percent
 * decoded), never to be used as a path; known before its first content byte. */
aud_str_t aud_multipart_filename(const aud_multipart_t *m);

#endif
