/*
 * SipHash-2-4 with 128 bits: a keyed hash of short texts that tells nothing of
 * them to who has not the key (Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF", 2012; the 128 bits as in its authors' reference).  It is
 * that of libcrypto, which takes four times as long to begin with one.  Any
 * thread.
 */

#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY  16

typedef struct {
    uint64_t  high;         /* the first eight bytes, little-endian */
    uint64_t  low;
} siphash_t;

siphash_t siphash(const uint8_t key[SIPHASH_KEY], const void *data, size_t len);

#endif
