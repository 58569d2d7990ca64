/*
 * Records that share nothing with any other: most of what a first import holds.
 *
 * A table of fingerprints, one for each value that was met, with a bit that says
 * whether it was met again.  Two values of one fingerprint make records look
 * connected that are not, which costs time and changes nothing.
 */

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_alloc.h"
#include "components_private.h"

#define LONE_AGAIN  1u              /* the other bits are the fingerprint's */


typedef struct {
    uint32_t  *slots;               /* 0 is free; at most half of them are not */
    size_t     mask;
} lone_values_t;


static int lone_all(const component_input_t *in, lone_values_t *values,
    size_t (*places)[COMPONENT_KINDS], uint8_t *met);
static size_t lone_meet(lone_values_t *values, unsigned kind,
    aud_str_t value);
static int lone_mentioned(const component_input_t *in, uint8_t *met);
static int lone_compare(const void *a, const void *b);


int
component_lone(const component_input_t *in, uint8_t *met)
{
    int            rc = -1;
    size_t         nslots, (*places)[COMPONENT_KINDS];
    lone_values_t  values;

    for (nslots = 64;
         nslots < 2 * (COMPONENT_KINDS * in->n + in->nlisted);
         nslots *= 2)
    {
        /* a power of two */
    }

    values.slots = aud_calloc(nslots, sizeof(uint32_t));
    values.mask = nslots - 1;
    places = aud_calloc(in->n + 1, sizeof(places[0]));

    if (values.slots && places) {
        rc = lone_all(in, &values, places, met);
    }

    aud_free(values.slots);
    aud_free(places);

    return rc;
}


static int
lone_all(const component_input_t *in, lone_values_t *values,
    size_t (*places)[COMPONENT_KINDS], uint8_t *met)
{
    size_t    i;
    unsigned  kind;

    for (i = 0; i < in->nlisted; i++) {     /* who holds one meets it again */
        if ((unsigned) in->listed[i].kind < COMPONENT_KINDS) {
            (void) lone_meet(values, in->listed[i].kind, in->listed[i].value);
        }
    }

    for (i = 0; i < in->n; i++) {
        for (kind = 0; kind < COMPONENT_KINDS; kind++) {
            places[i][kind] = in->records[i].values[kind].len
                              ? lone_meet(values, kind,
                                          in->records[i].values[kind])
                              : SIZE_MAX;
        }
    }

    for (i = 0; i < in->n; i++) {
        met[i] = 0;

        for (kind = 0; kind < COMPONENT_KINDS; kind++) {
            if (places[i][kind] != SIZE_MAX) {
                met[i] |= values->slots[places[i][kind]] & LONE_AGAIN;
            }
        }
    }

    return in->nmentions ? lone_mentioned(in, met) : 0;
}


static size_t
lone_meet(lone_values_t *values, unsigned kind, aud_str_t value)
{
    size_t    at;
    uint32_t  print;
    uint64_t  hash;

    hash = XXH3_64bits_withSeed(value.data, value.len, kind);
    print = (uint32_t) (hash >> 32) | LONE_AGAIN << 1;
    print &= ~LONE_AGAIN;

    for (at = hash & values->mask; values->slots[at];
         at = (at + 1) & values->mask)
    {
        if ((values->slots[at] & ~LONE_AGAIN) == print) {
            values->slots[at] |= LONE_AGAIN;
            return at;
        }
    }

    values->slots[at] = print;

    return at;
}


/* A record that a rule speaks of is for the rule to judge. */

static int
lone_mentioned(const component_input_t *in, uint8_t *met)
{
    size_t     i;
    uint64_t  *refs;

    refs = aud_calloc(in->nmentions, sizeof(uint64_t));
    if (refs == NULL) {
        return -1;
    }

    for (i = 0; i < in->nmentions; i++) {
        refs[i] = in->mentions[i].ref;
    }

    qsort(refs, in->nmentions, sizeof(uint64_t), lone_compare);

    for (i = 0; i < in->n; i++) {
        met[i] |= bsearch(&in->records[i].ref, refs, in->nmentions,
                          sizeof(uint64_t), lone_compare)
                  != NULL;
    }

    aud_free(refs);

    return 0;
}


static int
lone_compare(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}
