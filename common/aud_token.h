/*
 * The token of an export link: who may fetch which file until when.
 *
 *   base64url( u8 version 1 | u8 key id length | key id | u64 expiry, seconds |
 *              u8 tenant length | tenant | 16 bytes export id |
 *              32 bytes HMAC-SHA-256 over all before )
 *
 * A key file holds one key a line, "id hex", id of 1 to 16 letters and digits,
 * at least 32 bytes of key; # begins a comment.  The first signs, all verify,
 * so that rotation breaks no link that still lives.  Any thread.
 */

#ifndef AUD_TOKEN_H
#define AUD_TOKEN_H

#include <stdint.h>

#include "aud_error.h"
#include "aud_id.h"
#include "aud_str.h"

#define AUD_TOKEN_MAX      256      /* text, without a NUL */
#define AUD_LINK_KEYS_MAX  8

typedef struct {
    char      id[17];
    uint8_t   key[64];
    size_t    len;
} aud_link_key_t;

typedef struct {
    size_t          n;
    aud_link_key_t  keys[AUD_LINK_KEYS_MAX];
} aud_link_keys_t;

typedef struct {
    char        tenant[65];
    aud_uuid_t  export_id;
    int64_t     expires;            /* seconds since 1970 */
} aud_token_t;

typedef enum {
    AUD_TOKEN_OK = 0,
    AUD_TOKEN_FORGED,               /* cut, malformed, wrong key or digest; a
                                       token has exactly one form in text */
    AUD_TOKEN_EXPIRED,              /* only said of a token that verifies */
    AUD_TOKEN_NO_MEMORY             /* nothing can be said */
} aud_token_status_t;

/* Refuses a file that all users may read or write, an empty one, and one with
 * a line that is wrong; errors name the line and never a key (it is in
 * aud_link_keys.c). */
int aud_link_keys_read(const char *path, aud_link_keys_t *keys,
    aud_error_t *err);

/* Adds a NUL; returns the length, 0 when keys is empty. */
size_t aud_token_sign(const aud_link_keys_t *keys, const aud_token_t *token,
    char out[AUD_TOKEN_MAX + 1]);

/* now: seconds since 1970.  Digests compare in constant time. */
aud_token_status_t aud_token_verify(const aud_link_keys_t *keys,
    aud_str_t text, int64_t now, aud_token_t *token);

#endif
