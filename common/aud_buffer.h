/*
 * aud_buffer_t: bytes that grow at the end, with JSON and big-endian writers.
 *
 * A failed allocation sets `failed` and makes every later call do nothing, so
 * that a writer checks once, at its end.  One owner, one thread.
 */

#ifndef AUD_BUFFER_H
#define AUD_BUFFER_H

#include <stdint.h>

#include "aud_str.h"

typedef struct {
    char     *data;
    size_t    len;
    size_t    capacity;
    unsigned  failed:1;
} aud_buffer_t;

void aud_buffer_free(aud_buffer_t *b);                      /* zeroes it too */
void aud_buffer_reserve(aud_buffer_t *b, size_t more);
void aud_buffer_add(aud_buffer_t *b, const void *data, size_t len);
void aud_buffer_text(aud_buffer_t *b, const char *nul_terminated);
void aud_buffer_char(aud_buffer_t *b, char c);
/* A NUL follows, not counted in len. */
void aud_buffer_printf(aud_buffer_t *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void aud_buffer_decimal(aud_buffer_t *b, uint64_t v);
void aud_buffer_u8(aud_buffer_t *b, uint8_t v);
void aud_buffer_u32(aud_buffer_t *b, uint32_t v);           /* big-endian */
void aud_buffer_u64(aud_buffer_t *b, uint64_t v);           /* big-endian */
void aud_buffer_str32(aud_buffer_t *b, aud_str_t s);    /* u32 length, bytes */

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void aud_buffer_json(aud_buffer_t *b, aud_str_t s);

/* Digits of v, at most AUD_DECIMAL of them; without a NUL.  Returns how many. */
#define AUD_DECIMAL  20

size_t aud_decimal(char out[AUD_DECIMAL], uint64_t v);

static inline aud_str_t
aud_buffer_str(const aud_buffer_t *b)
{
    return (aud_str_t) { b->data, b->len };
}

#endif
