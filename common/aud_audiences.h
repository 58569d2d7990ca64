/*
 * The file of saved audiences, mapped: what aud_generation.c shares between
 * generations that have the same one.  Reference counted, never written; any
 * thread.
 */

#ifndef AUD_AUDIENCES_H
#define AUD_AUDIENCES_H

#include <stdatomic.h>

#include "aud_generation.h"

typedef struct {
    atomic_uint      references;
    uint64_t         number;
    uint64_t         checksum;
    const char      *map;
    size_t           bytes;
    size_t           n;
    aud_audience_t   audiences[];       /* ascending ids; filters and members
                                           point into the map */
} aud_audiences_t;

#define AUD_AUDIENCES_NAME_LEN  (16 + 4)

/* "000000000000002a.aud" */
void aud_audiences_name(char out[AUD_AUDIENCES_NAME_LEN + 1], uint64_t number);

/* checksum: 0 accepts any.  NULL with err. */
aud_audiences_t *aud_audiences_open(const char *dir, uint64_t number,
    uint64_t checksum, aud_error_t *err);
aud_audiences_t *aud_audiences_retain(aud_audiences_t *a);
void             aud_audiences_release(aud_audiences_t *a);

#endif
