/*
 * E-mail messages as bytes: RFC 5322 headers, RFC 2047 words, RFC 2046
 * multipart/alternative with both parts in base64, lines ended by CRLF.
 *
 * Bodies in base64 hold no line that begins with a dot and no line too long,
 * and addresses and header values with control characters are refused, so that
 * nothing a person typed becomes an SMTP command or a header of its own.
 * Pure functions; any thread.
 */

#ifndef MIME_H
#define MIME_H

#include <stdint.h>

#include "aud_buffer.h"
#include "aud_error.h"

#define MIME_ADDRESS_MAX  254           /* RFC 5321, 4.5.3.1.3 */

typedef struct {
    aud_str_t  from_name;               /* may be empty */
    aud_str_t  from_address;
    aud_str_t  to_name;                 /* may be empty */
    aud_str_t  to_address;
    aud_str_t  subject;
    aud_str_t  message_id;              /* without < > */
    aud_str_t  language;                /* "pt-BR" */
    int64_t    date;                    /* microseconds */
    aud_str_t  text;                    /* lines end with LF */
    aud_str_t  html;
} mime_message_t;

/* Appends the message.  -1 with err where an address or a header value is one
 * that must not be sent, or memory is out. */
int mime_write(const mime_message_t *message, aud_buffer_t *out,
    aud_error_t *err);

/* Whether text may stand in a header: UTF-8 without control characters. */
int mime_header_valid(aud_str_t text);

/* name@domain in ASCII (RFC 5321's dot-string; no quotes, no literals). */
int mime_address_valid(aud_str_t address);

/* Splits "Name <name@domain>" or "name@domain"; -1 unless the address is valid
 * and the name has no control characters.  Both point into text. */
int mime_mailbox(aud_str_t text, aud_str_t *name, aud_str_t *address);

#endif
