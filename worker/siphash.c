/*
 * SipHash-2-4 with 128 bits.
 */

#include <endian.h>
#include <string.h>

#include "siphash.h"


typedef struct {
    uint64_t  v[4];
} siphash_state_t;


static uint64_t siphash_word(const uint8_t *bytes);
static void siphash_rounds(siphash_state_t *s, int n);


siphash_t
siphash(const uint8_t key[SIPHASH_KEY], const void *data, size_t len)
{
    size_t            at;
    uint64_t          word, k0, k1;
    siphash_t         hash;
    const uint8_t    *bytes = data;
    uint8_t           last[8] = { 0 };
    siphash_state_t   s;

    k0 = siphash_word(key);
    k1 = siphash_word(key + 8);

    s.v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
    s.v[1] = k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee;
    s.v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
    s.v[3] = k1 ^ UINT64_C(0x7465646279746573);

    for (at = 0; at + 8 <= len; at += 8) {
        word = siphash_word(bytes + at);
        s.v[3] ^= word;
        siphash_rounds(&s, 2);
        s.v[0] ^= word;
    }

    memcpy(last, bytes + at, len - at);
    last[7] = len;
    word = siphash_word(last);
    s.v[3] ^= word;
    siphash_rounds(&s, 2);
    s.v[0] ^= word;

    s.v[2] ^= 0xee;
    siphash_rounds(&s, 4);
    hash.high = s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];

    s.v[1] ^= 0xdd;
    siphash_rounds(&s, 4);
    hash.low = s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];

    return hash;
}


static uint64_t
siphash_word(const uint8_t *bytes)
{
    uint64_t  word;

    memcpy(&word, bytes, sizeof(word));

    return le64toh(word);
}


static inline uint64_t
siphash_rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}


static void
siphash_rounds(siphash_state_t *s, int n)
{
    uint64_t  *v = s->v;

    while (n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = siphash_rotate(v[1], 13) ^ v[0];
        v[3] = siphash_rotate(v[3], 16) ^ v[2];
        v[0] = siphash_rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = siphash_rotate(v[1], 17) ^ v[2];
        v[3] = siphash_rotate(v[3], 21) ^ v[0];
        v[2] = siphash_rotate(v[2], 32);
    }
}
