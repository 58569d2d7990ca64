/*
 * A set of 64-bit numbers: a hash table with linear probing.  A zeroed
 * number_set_t is an empty one.  One thread.
 */

#ifndef NUMBER_SET_H
#define NUMBER_SET_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t  *slots;               /* 0 is free */
    size_t     nslots;              /* a power of two, or 0 */
    size_t     n;                   /* of them are taken: at most half */
    unsigned   zero:1;              /* 0 is in the set */
} number_set_t;

/* 1 where it is new, 0 where it was there, -1 when memory is out. */
int  number_set_add(number_set_t *s, uint64_t number);
int  number_set_has(const number_set_t *s, uint64_t number);
void number_set_free(number_set_t *s);

#endif
