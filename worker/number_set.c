/*
 * A set of 64-bit numbers.
 */

#include <string.h>

#include "aud_alloc.h"
#include "number_set.h"

#define NUMBER_SET_LEAST  64


static uint64_t *number_set_slot(const number_set_t *s, uint64_t number);
static int number_set_grow(number_set_t *s);


int
number_set_add(number_set_t *s, uint64_t number)
{
    int        added;
    uint64_t  *slot;

    if (number == 0) {
        added = !s->zero;
        s->zero = 1;
        return added;
    }

    if (2 * s->n >= s->nslots && number_set_grow(s) != 0) {
        return -1;
    }

    slot = number_set_slot(s, number);
    added = *slot == 0;
    *slot = number;
    s->n += added;

    return added;
}


int
number_set_has(const number_set_t *s, uint64_t number)
{
    if (number == 0) {
        return s->zero;
    }

    return s->nslots && *number_set_slot(s, number) != 0;
}


void
number_set_free(number_set_t *s)
{
    aud_free(s->slots);
    memset(s, 0, sizeof(number_set_t));
}


/* Fibonacci hashing (Knuth, TAOCP 6.4): the high bits of a product. */

static uint64_t *
number_set_slot(const number_set_t *s, uint64_t number)
{
    size_t  at;

    at = (number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (s->nslots - 1);

    while (s->slots[at] && s->slots[at] != number) {
        at = (at + 1) & (s->nslots - 1);
    }

    return &s->slots[at];
}


static int
number_set_grow(number_set_t *s)
{
    size_t        i;
    number_set_t  grown = { 0 };

    grown.nslots = s->nslots ? 2 * s->nslots : NUMBER_SET_LEAST;
    grown.slots = aud_calloc(grown.nslots, sizeof(uint64_t));

    if (grown.slots == NULL) {
        return -1;
    }

    for (i = 0; i < s->nslots; i++) {
        if (s->slots[i]) {
            *number_set_slot(&grown, s->slots[i]) = s->slots[i];
        }
    }

    aud_free(s->slots);
    s->slots = grown.slots;
    s->nslots = grown.nslots;

    return 0;
}
