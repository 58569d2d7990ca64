#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "aud_checksum.h"


uint64_t
aud_checksum(const void *header, const void *rest, size_t len)
{
    char      bare[AUD_HEADER_BYTES];
    uint64_t  seed;

    memcpy(bare, header, sizeof(bare));
    memset(bare + sizeof(bare) - sizeof(uint64_t), 0, sizeof(uint64_t));
    seed = XXH3_64bits(bare, sizeof(bare));

    return XXH3_64bits_withSeed(rest, len, seed);
}
