/*
 * Sorting many small things by a 64-bit key: a stable radix sort, least
 * significant byte first, that leaves out bytes in which all keys agree.
 */

#ifndef PAIR_SORT_H
#define PAIR_SORT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t  key;
    uint64_t  payload;
} pair_t;

/* 0, or -1 when memory is out (the order is then any). */
int pair_sort(pair_t *pairs, size_t n);

#endif
