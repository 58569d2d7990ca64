/*
 * A whole file mapped for reading.  Any thread.
 */

#ifndef AUD_MAPPING_H
#define AUD_MAPPING_H

#include <stddef.h>

#include "aud_error.h"

/* Maps dir/name, a plain file of at least `least` bytes (not 0), and reads it
 * ahead, as checksums will need all of it.  NULL with err. */
const char *aud_map_file(const char *dir, const char *name, size_t least,
    size_t *bytes, aud_error_t *err);
void        aud_unmap(const char *map, size_t bytes);

#endif
