/*
 * Encoding of an upload as it streams in: strips a BOM, proves UTF-8, or
 * converts windows-1252 / latin-1 to UTF-8.  Carries its state over any split.
 * NUL bytes are refused.  A file that begins with UTF-8's BOM is read as UTF-8
 * even where windows-1252 was asked for.  One thread per reader.
 */

#ifndef AUD_ENCODING_H
#define AUD_ENCODING_H

#include <stdint.h>

#include "aud_buffer.h"

typedef enum {
    AUD_ENCODING_UTF8 = 0,
    AUD_ENCODING_WINDOWS_1252,      /* also what is meant by latin-1 */
    AUD_ENCODING_UNKNOWN
} aud_encoding_t;

/* utf-8 utf8 windows-1252 cp1252 latin-1 latin1 iso-8859-1, any case. */
aud_encoding_t aud_encoding_by_name(aud_str_t name);

typedef enum {
    AUD_ENCODING_OK = 0,
    AUD_ENCODING_NOT_UTF8,
    AUD_ENCODING_UTF16,             /* by BOM or by NULs at every other byte */
    AUD_ENCODING_NUL
} aud_encoding_status_t;

typedef struct {
    aud_encoding_t  encoding;
    unsigned char   pending[4];     /* the first four bytes, later a character
                                       cut by the end of a piece */
    unsigned        npending;
    unsigned        begun:1;        /* the first four bytes were looked at */
    unsigned        multibyte:1;    /* a character above ASCII was UTF-8 */
    char            guess[16];      /* after NOT_UTF8: "windows-1252" or "" */
} aud_encoding_state_t;

void aud_encoding_init(aud_encoding_state_t *s, aud_encoding_t encoding);

/* Appends what `data` means in UTF-8 to out, up to the first bad byte.  Do not
 * go on after a failure. */
aud_encoding_status_t aud_encoding_feed(aud_encoding_state_t *s,
    const char *data, size_t len, aud_buffer_t *out);
aud_encoding_status_t aud_encoding_finish(aud_encoding_state_t *s,
    aud_buffer_t *out);

#endif
