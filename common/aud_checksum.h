/*
 * The checksum that all our files carry in the last eight bytes of their 64
 * bytes of header: XXH3-64 of what follows the header, seeded with that of the
 * header while those eight bytes are 0.  Any thread.
 */

#ifndef AUD_CHECKSUM_H
#define AUD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define AUD_HEADER_BYTES  64

uint64_t aud_checksum(const void *header, const void *rest, size_t len);

#endif
