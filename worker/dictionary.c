#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "dictionary.h"

#define FIRST_SLOTS  64

static int grow_slots(dictionary_t *d);
static inline size_t seek_slot(const dictionary_t *d, aud_str_t text, uint64_t hash);
static int append(dictionary_t *d, aud_str_t text);


uint32_t
dictionary_intern(dictionary_t *d, aud_str_t text)
{
    return dictionary_intern_hashed(d, text,
                                    XXH3_64bits(text.data, text.len));
}


uint64_t
dictionary_hash(const dictionary_t *d, aud_str_t text)
{
    uint64_t  hash;

    hash = XXH3_64bits(text.data, text.len);

    if (d->nslots) {
        __builtin_prefetch(&d->slots[(hash >> 32) & (d->nslots - 1)]);
    }

    return hash;
}


uint32_t
dictionary_intern_hashed(dictionary_t *d, aud_str_t text, uint64_t hash)
{
    size_t  i;

    if ((size_t) d->n * 2 >= d->nslots && grow_slots(d) != 0) {
        return UINT32_MAX;
    }

    i = seek_slot(d, text, hash);

    if (d->slots[i]) {
        return (uint32_t) d->slots[i] - 1;
    }

    if (append(d, text) != 0) {
        return UINT32_MAX;
    }

    d->slots[i] = (hash & ~(uint64_t) UINT32_MAX) | d->n;

    return d->n - 1;
}


/* Where text stands, or would: then the slot is empty. */

static inline size_t
seek_slot(const dictionary_t *d, aud_str_t text, uint64_t hash)
{
    size_t    i;
    uint32_t  code;

    for (i = (hash >> 32) & (d->nslots - 1);
         d->slots[i] != 0;
         i = (i + 1) & (d->nslots - 1))
    {
        if (d->slots[i] >> 32 != hash >> 32) {
            continue;
        }

        code = (uint32_t) d->slots[i] - 1;

        if (d->at[code + 1] - d->at[code] == text.len
            && memcmp(d->text.data + d->at[code], text.data, text.len) == 0)
        {
            break;
        }
    }

    return i;
}


uint32_t
dictionary_find(const dictionary_t *d, aud_str_t text)
{
    size_t  i;

    if (d->nslots == 0) {
        return UINT32_MAX;
    }

    i = seek_slot(d, text, XXH3_64bits(text.data, text.len));

    return d->slots[i] ? (uint32_t) d->slots[i] - 1 : UINT32_MAX;
}


void
dictionary_free(dictionary_t *d)
{
    aud_buffer_free(&d->text);
    aud_free(d->at);
    aud_free(d->slots);
    memset(d, 0, sizeof(*d));
}


static int
grow_slots(dictionary_t *d)
{
    size_t     i, j, n;
    uint64_t  *slots;

    n = d->nslots ? d->nslots * 2 : FIRST_SLOTS;
    slots = aud_calloc(n, sizeof(uint64_t));

    if (slots == NULL) {
        return -1;
    }

    for (j = 0; j < d->nslots; j++) {

        if (d->slots[j] == 0) {
            continue;
        }

        i = (d->slots[j] >> 32) & (n - 1);

        while (slots[i] != 0) {
            i = (i + 1) & (n - 1);
        }

        slots[i] = d->slots[j];
    }

    aud_free(d->slots);
    d->slots = slots;
    d->nslots = n;

    return 0;
}


static int
append(dictionary_t *d, aud_str_t text)
{
    uint32_t  *at, capacity;

    /* A code of a row is stored plus one. */
    if (d->n == UINT32_MAX - 2 || text.len > UINT32_MAX - d->text.len) {
        return -1;
    }

    if (d->n == d->capacity) {
        capacity = d->n < 32 ? 32 : d->n > UINT32_MAX / 4 ? UINT32_MAX - 1
                                                          : d->n * 2;
        at = aud_realloc(d->at, ((size_t) capacity + 1) * sizeof(uint32_t));

        if (at == NULL) {
            return -1;
        }

        d->at = at;
        d->capacity = capacity;
    }

    aud_buffer_add(&d->text, text.data, text.len);

    if (d->text.failed) {
        return -1;
    }

    d->at[0] = 0;
    d->at[++d->n] = d->text.len;

    return 0;
}
