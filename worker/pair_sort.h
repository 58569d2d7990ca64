/*
 * Sorting many small things by 64-bit keys: a stable radix sort, from the
 * highest bits that differ down, so that most things are in their place after
 * two or three moves.
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

/* An order of texts, which go on behind eight bytes. */
typedef struct {
    /* The bytes of the payload's text from `depth` on, the first one highest;
     * zeros behind its end. */
    uint64_t  (*key)(const void *arg, uint64_t payload, size_t depth);
    /* The whole order, of payloads. */
    int       (*compare)(const void *arg, uint64_t left, uint64_t right);
    const void *arg;
} pair_order_t;

/* By payloads; keys are overwritten.  The same. */
int pair_sort_texts(pair_t *pairs, size_t n, const pair_order_t *order);

#endif
