/*
 * aud_str_t: a length-counted run of bytes that somebody else owns.
 */

#ifndef AUD_STR_H
#define AUD_STR_H

#include <stddef.h>
#include <string.h>

typedef struct {
    const char  *data;
    size_t       len;
} aud_str_t;

#define AUD_STR(literal)  ((aud_str_t) { (literal), sizeof(literal) - 1 })


static inline aud_str_t
aud_str(const char *data, size_t len)
{
    return (aud_str_t) { data, len };
}


static inline int
aud_str_equal(aud_str_t a, aud_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/* Bytewise order, the shorter of two equal prefixes first. */
static inline int
aud_str_compare(aud_str_t a, aud_str_t b)
{
    size_t  n = a.len < b.len ? a.len : b.len;
    int     c = n ? memcmp(a.data, b.data, n) : 0;

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
