/*
 * Identifiers of things: UUIDv7 (RFC 9562, 5.7), written as a prefix and 26
 * characters of Crockford's base32 in lower case, e.g. imp_01hf…  Text order,
 * byte order and creation order are one.  Any thread.
 */

#ifndef AUD_ID_H
#define AUD_ID_H

#include <stddef.h>
#include <stdint.h>

#define AUD_ID_PREFIX_LEN  3
#define AUD_ID_LEN         (AUD_ID_PREFIX_LEN + 1 + 26)

typedef struct {
    uint8_t  bytes[16];
} aud_uuid_t;

/* A new id, greater than every one this process made before. */
void aud_uuid_make(aud_uuid_t *out);

int  aud_uuid_compare(const aud_uuid_t *a, const aud_uuid_t *b);

/* prefix has three letters: imp, prf, aud, exp, job, sgm.  Adds a NUL. */
void aud_id_format(char out[AUD_ID_LEN + 1], const char *prefix,
    const aud_uuid_t *id);

/* Returns 0, or -1 unless text is exactly prefix, "_" and a canonical id. */
int  aud_id_parse(const char *text, size_t len, const char *prefix,
    aud_uuid_t *id);

/* Fills buf with random bytes; a replaceable seam. */
extern void (*aud_random)(void *buf, size_t len);

/* A tenant is 1 to 64 of a-z 0-9 - _, so that it can name a folder. */
int  aud_tenant_valid(const char *text, size_t len);

#endif
