/*
 * Distinct texts, numbered from 0 in the order in which they first came.
 *
 * A hash table with linear probing; a hash only proposes, the text decides.
 * Texts are borrowed.  A zeroed intern_t is an empty one.  One thread.
 */

#ifndef INTERN_H
#define INTERN_H

#include <stdint.h>

#include "aud_str.h"

#define INTERN_NONE  UINT32_MAX

typedef struct {
    uint64_t   hash;                /* XXH3-64 of the text */
    aud_str_t  text;
} interned_t;

typedef struct {
    interned_t  *items;
    uint32_t     n;
    uint32_t     capacity;
    uint32_t    *slots;             /* number + 1; 0 is free */
    uint32_t     nslots;            /* a power of two, or 0 */
} intern_t;

void intern_free(intern_t *t);

/* *number: INTERN_NONE for an empty text.  -1 when memory is out. */
int  intern_add(intern_t *t, aud_str_t text, uint32_t *number);

/* INTERN_NONE where it never came. */
uint32_t intern_find(const intern_t *t, aud_str_t text);

#endif
