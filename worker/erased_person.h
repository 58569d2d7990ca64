/*
 * By which keyed hashes a person will be known again (erased_hash.h).
 *
 *   value                                        goes with
 *   a CPF, or of somebody without any name:      nobody's name: whoever has it
 *                                                (unless others have it too)
 *   any other that links                         each given name of the person,
 *                                                and (unless others have it too)
 *                                                no name
 *   one that joins nobody (listed, blocked)      each whole name
 *
 * What another profile has alike, the same value with the same name, is left
 * out: it would keep that one's rows out.  Job threads and lanes.
 */

#ifndef ERASED_PERSON_H
#define ERASED_PERSON_H

#include "erased.h"
#include "resolution.h"

#define ERASED_NAMES  64            /* different ones that count of a person */

/* Texts for "hashes", of the profile that stands there.  NULL with err. */
json_t *erased_person_hashes(erased_t *e, const char *tenant,
    const aud_generation_t *g, const resolution_base_t *base, size_t slice,
    uint32_t row, aud_error_t *err);

#endif
