/*
 * Frames between nginx and the worker; docs/protocol.md is the specification.
 *
 *   +--------+------+----------------------+
 *   | length | type | payload              |     length: u32, big-endian,
 *   |  4     |  1   | length bytes         |     of the payload alone
 *   +--------+------+----------------------+
 *
 * nginx sends one REQUEST.  The worker answers HEAD, any number of DATA, END;
 * then the connection may carry the next request.  No pipelining.
 *
 *   REQUEST   u8 version (1), u8 method, then 11 strings, each u32 length and
 *             bytes, in the order of aud_request_t
 *   HEAD      u16 status, u64 content length (all ones: unknown, as for SSE),
 *             u32 number of headers, then name and value strings
 *   DATA      bytes of the body, 1 to 65536
 *   END       empty
 *
 * Pure functions over memory: no I/O.  Any thread.
 */

#ifndef AUD_FRAME_H
#define AUD_FRAME_H

#include <stdint.h>

#include "aud_buffer.h"

#define AUD_FRAME_HEADER      5
#define AUD_FRAME_VERSION     1
#define AUD_FRAME_MAX_REQUEST (2 * 1024 * 1024)
#define AUD_FRAME_MAX_HEAD    (16 * 1024)
#define AUD_FRAME_MAX_DATA    65536
#define AUD_LENGTH_UNKNOWN    UINT64_MAX

typedef enum {
    AUD_FRAME_REQUEST = 1,
    AUD_FRAME_HEAD = 2,
    AUD_FRAME_DATA = 3,
    AUD_FRAME_END = 4
} aud_frame_type_t;

typedef enum {
    AUD_METHOD_GET = 1, AUD_METHOD_HEAD, AUD_METHOD_POST, AUD_METHOD_PUT,
    AUD_METHOD_PATCH, AUD_METHOD_DELETE,
    AUD_METHOD_IMPORT,          /* an upload that stands in the spool: body is
                                   the JSON of docs/protocol.md */
    AUD_METHOD_BACKUP           /* never of nginx: audience-worker --backup */
} aud_method_t;

typedef struct {
    aud_method_t  method;
    aud_str_t     tenant;
    aud_str_t     user;
    aud_str_t     request_id;
    aud_str_t     path;             /* decoded, without arguments */
    aud_str_t     args;             /* as sent, without "?" */
    aud_str_t     content_type;
    aud_str_t     accept_language;
    aud_str_t     idempotency_key;
    aud_str_t     base_url;         /* scheme://host of the request, for links */
    aud_str_t     last_event_id;
    aud_str_t     body;
} aud_request_t;

typedef struct {
    unsigned   status;
    uint64_t   content_length;
    uint32_t   nheaders;
    aud_str_t  headers;             /* nheaders times name, value: read them
                                       with aud_frame_next_header() */
} aud_response_head_t;

/* Reads the 5 bytes.  Returns 0, or -1 when type or length cannot be. */
int aud_frame_header(const char bytes[AUD_FRAME_HEADER],
    aud_frame_type_t *type, uint32_t *length);

/* Strings point into payload.  -1 when it is malformed: short, long, unknown
 * version or method, invalid tenant; a status outside 200 to 599, a header
 * whose name is more than letters, digits and dashes or whose value holds a
 * control character. */
int aud_frame_read_request(aud_str_t payload, aud_request_t *request);
int aud_frame_read_head(aud_str_t payload, aud_response_head_t *head);

/* Takes the next name and value off head->headers; 0, or -1 when none is left. */
int aud_frame_next_header(aud_response_head_t *head, aud_str_t *name,
    aud_str_t *value);

/* Append whole frames.  write_data cuts into frames of at most 64 KiB.  What
 * is too long for its frame sets out->failed. */
void aud_frame_write_request(aud_buffer_t *out, const aud_request_t *request);
void aud_frame_write_head(aud_buffer_t *out, unsigned status,
    uint64_t content_length, const aud_str_t *names_and_values,
    uint32_t nheaders);
void aud_frame_write_data(aud_buffer_t *out, aud_str_t body);
void aud_frame_write_end(aud_buffer_t *out);

#endif
