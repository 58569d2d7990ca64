/*
 * Those of a tenant who have refused.
 */

#include <sys/mman.h>

#include "aud_alloc.h"
#include "aud_tax_document.h"
#include "refused.h"

#define REFUSED_BUCKET  2           /* hashes of one, about */
#define REFUSED_BITS    24          /* at most */


static void refused_index(refused_t *r);
static size_t refused_bytes(size_t n, size_t size);


/* Large arrays that live long and are replaced by larger ones, over and over:
 * the heap would keep the room of each. */

siphash_t *
refused_room(size_t n)
{
    void  *room;

    room = mmap(NULL, refused_bytes(n, sizeof(siphash_t)),
                PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return room == MAP_FAILED ? NULL : room;
}


static size_t
refused_bytes(size_t n, size_t size)
{
    return n ? n * size : size;
}


refused_t *
refused_create(siphash_t *items, size_t room, size_t n)
{
    refused_t  *r;

    r = aud_calloc(1, sizeof(refused_t));
    if (r == NULL) {
        (void) munmap(items, refused_bytes(room, sizeof(siphash_t)));
        return NULL;
    }

    atomic_init(&r->references, 1);
    r->items = items;
    r->room = room;
    r->n = n;

    while (r->bits < REFUSED_BITS && n >> r->bits > REFUSED_BUCKET) {
        r->bits++;
    }

    r->first = aud_calloc(((size_t) 1 << r->bits) + 1, sizeof(uint32_t));

    if (r->first == NULL || n >= UINT32_MAX) {
        refused_release(r);
        return NULL;
    }

    refused_index(r);

    return r;
}


static void
refused_index(refused_t *r)
{
    size_t  i, bucket = 0, buckets = (size_t) 1 << r->bits;

    for (i = 0; i < r->n; i++) {
        while (bucket <= (r->bits ? r->items[i].high >> (64 - r->bits) : 0)) {
            r->first[bucket++] = i;
        }
    }

    while (bucket <= buckets) {
        r->first[bucket++] = r->n;
    }
}


refused_t *
refused_retain(refused_t *r)
{
    atomic_fetch_add(&r->references, 1);

    return r;
}


void
refused_release(refused_t *r)
{
    if (r && atomic_fetch_sub(&r->references, 1) == 1) {
        (void) munmap(r->items, refused_bytes(r->room, sizeof(siphash_t)));
        aud_free(r->first);
        explicit_bzero(&r->key, sizeof(r->key));
        aud_free(r);
    }
}


refused_t *
refused_after(const refused_t *r, const siphash_t *words, size_t n)
{
    int         order;
    size_t      i, w, kept = 0;
    siphash_t  *items;
    refused_t  *after;

    items = refused_room(r->n + n);
    if (items == NULL) {
        return NULL;
    }

    for (i = 0, w = 0; i < r->n || w < n; /* void */ ) {
        order = i == r->n ? 1 : w == n ? -1
                : refused_compare(r->items[i], words[w]);

        items[kept++] = order < 0 ? r->items[i] : words[w];
        i += order <= 0;
        w += order >= 0;
    }

    after = refused_create(items, r->n + n, kept);

    if (after) {
        after->key = r->key;
        after->has_key = r->has_key;
        after->order = r->order;
    }

    return after;
}


int
refused_word(const refused_t *r, siphash_t hash)
{
    int       order = -1;
    size_t    bucket;
    uint32_t  i;

    bucket = r->bits ? hash.high >> (64 - r->bits) : 0;

    for (i = r->first[bucket]; i < r->first[bucket + 1] && order < 0; i++) {
        order = refused_compare(r->items[i], hash);
    }

    return order == 0 ? (int) (r->items[i - 1].low & REFUSED_BIT) : -1;
}


component_kind_t
refused_match(const refused_t *r, const aud_source_record_t *record,
    component_kind_t kind)
{
    aud_str_t  value;

    for ( /* void */ ; r->n && kind < COMPONENT_KINDS; kind++) {
        value = refused_value(record, kind);

        if (value.len
            && refused_word(r, refused_hash(&r->key, kind, value)) > 0)
        {
            return kind;
        }
    }

    return COMPONENT_KINDS;
}


aud_str_t
refused_value(const aud_source_record_t *record, component_kind_t kind)
{
    switch (kind) {

    case COMPONENT_TAX_DOCUMENT:
        return record->tax_document.len == AUD_CPF_LEN
               ? record->tax_document : aud_str("", 0);

    case COMPONENT_PHONE:
        return record->phone;

    case COMPONENT_EMAIL:
        return record->email;

    default:
        return aud_str("", 0);
    }
}


siphash_t
refused_hash(const refused_key_t *key, component_kind_t kind,
    aud_str_t value)
{
    siphash_t  hash;

    hash = siphash(key->of[kind], value.data, value.len);
    hash.low &= ~REFUSED_BIT;

    return hash;
}


int
refused_compare(siphash_t a, siphash_t b)
{
    if (a.high != b.high) {
        return a.high < b.high ? -1 : 1;
    }

    a.low |= REFUSED_BIT;
    b.low |= REFUSED_BIT;

    return (a.low > b.low) - (a.low < b.low);
}
