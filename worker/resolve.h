/*
 * Which profiles rows belong to: today one normalised phone is one profile.
 *
 * Phones are looked up in sorted batches in the identifier index of every
 * segment of a generation; a hash only proposes, the value decides.  Any
 * thread.
 */

#ifndef RESOLVE_H
#define RESOLVE_H

#include "aud_generation.h"

typedef struct {
    aud_str_t   phone;              /* given */
    aud_uuid_t  profile;            /* found, where slice is not RESOLVE_NEW */
    uint32_t    slice;
    uint32_t    row;
} resolve_phone_t;

#define RESOLVE_NEW  UINT32_MAX

/* Fills in what is known of n phones, in any order.  -1: no memory. */
int resolve_phones(const aud_generation_t *g, resolve_phone_t *phones,
    size_t n);

#endif
