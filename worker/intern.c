/*
 * Distinct texts, numbered.
 */

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "intern.h"

#define INTERN_LEAST  64


static int intern_grow(intern_t *t);
static uint32_t *intern_slot(const intern_t *t, uint64_t hash, aud_str_t text);


void
intern_free(intern_t *t)
{
    aud_free(t->items);
    aud_free(t->slots);
    memset(t, 0, sizeof(*t));
}


int
intern_add(intern_t *t, aud_str_t text, uint32_t *number)
{
    uint32_t  *slot;
    uint64_t   hash;

    *number = INTERN_NONE;

    if (text.len == 0) {
        return 0;
    }

    if (t->n == t->capacity && intern_grow(t) != 0) {
        return -1;
    }

    hash = XXH3_64bits(text.data, text.len);
    slot = intern_slot(t, hash, text);

    if (*slot == 0) {
        t->items[t->n] = (interned_t) { hash, text };
        *slot = ++t->n;
    }

    *number = *slot - 1;

    return 0;
}


uint32_t
intern_find(const intern_t *t, aud_str_t text)
{
    if (t->n == 0 || text.len == 0) {
        return INTERN_NONE;
    }

    /* 0, which is free, becomes INTERN_NONE */
    return *intern_slot(t, XXH3_64bits(text.data, text.len), text) - 1;
}


/* Slots are at most half full. */

static int
intern_grow(intern_t *t)
{
    uint32_t     i, at, capacity;
    uint32_t    *slots;
    interned_t  *items;

    if (t->capacity > UINT32_MAX / 4) {
        return -1;
    }

    capacity = t->capacity ? 2 * t->capacity : INTERN_LEAST;
    items = aud_realloc(t->items, capacity * sizeof(interned_t));
    if (items == NULL) {
        return -1;
    }

    t->items = items;
    slots = aud_calloc(2 * (size_t) capacity, sizeof(uint32_t));
    if (slots == NULL) {
        return -1;
    }

    aud_free(t->slots);
    t->slots = slots;
    t->nslots = 2 * capacity;
    t->capacity = capacity;

    for (i = 0; i < t->n; i++) {
        at = items[i].hash & (t->nslots - 1);

        while (slots[at]) {
            at = (at + 1) & (t->nslots - 1);
        }

        slots[at] = i + 1;
    }

    return 0;
}


static uint32_t *
intern_slot(const intern_t *t, uint64_t hash, aud_str_t text)
{
    uint32_t           at;
    const interned_t  *item;

    for (at = hash & (t->nslots - 1); t->slots[at];
         at = (at + 1) & (t->nslots - 1))
    {
        item = &t->items[t->slots[at] - 1];

        if (item->hash == hash && aud_str_equal(item->text, text)) {
            break;
        }
    }

    return &t->slots[at];
}
