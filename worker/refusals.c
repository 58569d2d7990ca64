/*
 * Words of consent in the store.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "erased.h"
#include "keys.h"
#include "refusals.h"

#define REFUSALS_VERSION  1
#define REFUSALS_CHECK    8
#define REFUSALS_HEAD     (1 + REFUSALS_CHECK + 8)
#define REFUSALS_WORD     16
#define REFUSALS_PART     16384                 /* words */
#define REFUSALS_MEMORY   (64 * 1024 * 1024)


typedef struct {
    char        tenant[65];
    refused_t  *refused;
    uint64_t    used;               /* the call that asked for it last */
} refusals_tenant_t;

typedef struct {                    /* as it is read */
    siphash_t  word;
    uint64_t   order;
} refusals_said_t;

typedef struct {
    aud_buffer_t  said;             /* refusals_said_t */
    uint8_t       check[REFUSALS_CHECK];
    uint64_t      order;
    unsigned      any:1;
} refusals_read_t;

struct refusals_s {
    worker_t           *worker;
    pthread_mutex_t     lock;       /* of all that follows */
    refusals_tenant_t  *tenants;
    size_t              n;
    uint64_t            calls;
    uint64_t            changes;
};


static refused_t *refusals_find(refusals_t *r, const char *tenant);
static void refusals_set(refusals_t *r, const char *tenant, refused_t *now);
static refusals_tenant_t *refusals_place(refusals_t *r, const char *tenant);
static void refusals_make_room(refusals_t *r);
static refused_t *refusals_load(refusals_t *r, const char *tenant,
    aud_error_t *err);
static int refusals_scan(refusals_t *r, const char *tenant,
    refusals_read_t *x, aud_error_t *err);
static int refusals_part(refusals_read_t *x, aud_str_t value,
    aud_error_t *err);
static int refusals_said_order(const void *a, const void *b);
static refused_t *refusals_newest(aud_buffer_t *said);
static void refusals_check(const refused_key_t *key,
    uint8_t check[REFUSALS_CHECK]);
static uint64_t refusals_u64(const char *bytes);


refusals_t *
refusals_create(worker_t *worker, aud_error_t *err)
{
    refusals_t  *r;

    r = aud_calloc(1, sizeof(refusals_t));

    if (r == NULL) {
        aud_error_set(err, "out of memory");
        return NULL;
    }

    r->worker = worker;
    pthread_mutex_init(&r->lock, NULL);

    return r;
}


void
refusals_free(refusals_t *r)
{
    size_t  i;

    if (r == NULL) {
        return;
    }

    for (i = 0; i < r->n; i++) {
        refused_release(r->tenants[i].refused);
    }

    aud_free(r->tenants);
    pthread_mutex_destroy(&r->lock);
    aud_free(r);
}


/* What was read while it changed is read again. */

refused_t *
refusals_get(refusals_t *r, const char *tenant, aud_error_t *err)
{
    uint64_t    changes;
    refused_t  *refused;

    for ( ;; ) {
        pthread_mutex_lock(&r->lock);
        refused = refusals_find(r, tenant);
        changes = r->changes;
        pthread_mutex_unlock(&r->lock);

        if (refused) {
            return refused;
        }

        refused = refusals_load(r, tenant, err);
        if (refused == NULL) {
            return NULL;
        }

        pthread_mutex_lock(&r->lock);

        if (changes == r->changes) {
            refusals_set(r, tenant, refused);
            pthread_mutex_unlock(&r->lock);
            return refused;
        }

        pthread_mutex_unlock(&r->lock);
        refused_release(refused);
    }
}


/* Under the lock, as those that follow. */

static refused_t *
refusals_find(refusals_t *r, const char *tenant)
{
    size_t  i;

    for (i = 0; i < r->n; i++) {
        if (strcmp(r->tenants[i].tenant, tenant) == 0) {
            r->tenants[i].used = ++r->calls;
            return r->tenants[i].refused
                   ? refused_retain(r->tenants[i].refused) : NULL;
        }
    }

    return NULL;
}


/* Where there is no memory to remember it, it is read each time. */

static void
refusals_set(refusals_t *r, const char *tenant, refused_t *now)
{
    refusals_tenant_t  *t;

    t = refusals_place(r, tenant);

    if (t) {
        refused_release(t->refused);
        t->refused = now ? refused_retain(now) : NULL;
        t->used = ++r->calls;
        refusals_make_room(r);
    }
}


static refusals_tenant_t *
refusals_place(refusals_t *r, const char *tenant)
{
    size_t              i;
    refusals_tenant_t  *tenants, *t;

    for (i = 0; i < r->n; i++) {
        if (strcmp(r->tenants[i].tenant, tenant) == 0) {
            return &r->tenants[i];
        }
    }

    tenants = aud_realloc(r->tenants, (r->n + 1) * sizeof(refusals_tenant_t));
    if (tenants == NULL) {
        return NULL;
    }

    r->tenants = tenants;
    t = &tenants[r->n++];
    memset(t, 0, sizeof(refusals_tenant_t));
    snprintf(t->tenant, sizeof(t->tenant), "%s", tenant);

    return t;
}


/* The one that was asked for last stays. */

static void
refusals_make_room(refusals_t *r)
{
    size_t              i, bytes;
    refusals_tenant_t  *oldest;

    for ( ;; ) {
        oldest = NULL;

        for (i = 0, bytes = 0; i < r->n; i++) {
            if (r->tenants[i].refused == NULL) {
                continue;
            }

            bytes += r->tenants[i].refused->n * sizeof(siphash_t);

            if (oldest == NULL || r->tenants[i].used < oldest->used) {
                oldest = &r->tenants[i];
            }
        }

        if (bytes <= REFUSALS_MEMORY || oldest->used == r->calls) {
            return;
        }

        refused_release(oldest->refused);
        oldest->refused = NULL;
    }
}


void
refusals_changed(refusals_t *r, const char *tenant, refused_t *now)
{
    pthread_mutex_lock(&r->lock);
    r->changes++;
    refusals_set(r, tenant, now);
    pthread_mutex_unlock(&r->lock);
}


static refused_t *
refusals_load(refusals_t *r, const char *tenant, aud_error_t *err)
{
    uint8_t           check[REFUSALS_CHECK];
    refused_t        *refused = NULL;
    refused_key_t     key;
    refusals_read_t   x = { 0 };

    if (refusals_scan(r, tenant, &x, err) != 0) {
        goto done;
    }

    if (x.any) {
        if (refusals_key(r, tenant, &key, err) != 0) {
            goto done;
        }

        refusals_check(&key, check);

        if (memcmp(check, x.check, sizeof(check)) != 0) {
            aud_error_set(err, "refusals were kept under another key than "
                          "that of erased/key; put that back");
            goto done;
        }
    }

    refused = refusals_newest(&x.said);

    if (refused == NULL) {
        aud_error_set(err, "out of memory");

    } else if (x.any) {
        refused->key = key;
        refused->has_key = 1;
        refused->order = x.order;
    }

done:

    aud_buffer_free(&x.said);

    return refused;
}


static int
refusals_scan(refusals_t *r, const char *tenant, refusals_read_t *x,
    aud_error_t *err)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(tenant, KEY_REFUSED);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        if (refusals_part(x, value, err) != 0) {
            rc = -1;
            break;
        }
    }

    store_scan_free(scan);

    if (rc == 0 && x->said.failed) {
        rc = aud_error_set(err, "out of memory");
    }

    return rc;
}


static int
refusals_part(refusals_read_t *x, aud_str_t value, aud_error_t *err)
{
    size_t           at;
    refusals_said_t  said = { .order = 0 };

    if (value.len < REFUSALS_HEAD || value.data[0] != REFUSALS_VERSION
        || (value.len - REFUSALS_HEAD) % REFUSALS_WORD)
    {
        return aud_error_set(err, "words of consent are damaged");
    }

    if (x->any
        && memcmp(x->check, value.data + 1, REFUSALS_CHECK) != 0)
    {
        return aud_error_set(err, "words of consent are of two keys");
    }

    x->any = 1;
    memcpy(x->check, value.data + 1, REFUSALS_CHECK);
    said.order = refusals_u64(value.data + 1 + REFUSALS_CHECK);
    x->order = said.order > x->order ? said.order : x->order;

    for (at = REFUSALS_HEAD; at < value.len; at += REFUSALS_WORD) {
        said.word.high = refusals_u64(value.data + at);
        said.word.low = refusals_u64(value.data + at + 8);
        aud_buffer_add(&x->said, (const char *) &said, sizeof(said));
    }

    return 0;
}


static int
refusals_said_order(const void *a, const void *b)
{
    int                     order;
    const refusals_said_t  *x = a, *y = b;

    order = refused_compare(x->word, y->word);

    return order ? order : (x->order > y->order) - (x->order < y->order);
}


static refused_t *
refusals_newest(aud_buffer_t *words)
{
    size_t            i, n, kept = 0;
    siphash_t        *items;
    refusals_said_t  *said = (refusals_said_t *) words->data;

    n = words->len / sizeof(refusals_said_t);
    items = refused_room(n);

    if (items == NULL) {
        return NULL;
    }

    if (n) {
        qsort(said, n, sizeof(refusals_said_t), refusals_said_order);
    }

    for (i = 0; i < n; i++) {
        if (i + 1 == n || refused_compare(said[i].word, said[i + 1].word) != 0)
        {
            items[kept++] = said[i].word;
        }
    }

    return refused_create(items, n, kept);
}


int
refusals_key(refusals_t *r, const char *tenant, refused_key_t *key,
    aud_error_t *err)
{
    int                rc = 0;
    erased_hasher_t   *hasher;
    component_kind_t   kind;

    static const char *const  purposes[COMPONENT_KINDS] = {
        [COMPONENT_TAX_DOCUMENT] = "refusals by tax document",
        [COMPONENT_PHONE] = "refusals by phone",
        [COMPONENT_EMAIL] = "refusals by e-mail"
    };

    hasher = erased_hasher(r->worker->erased, tenant, err);
    if (hasher == NULL) {
        return -1;
    }

    for (kind = 0; rc == 0 && kind < COMPONENT_KINDS; kind++) {
        rc = erased_hash_key(hasher, purposes[kind], key->of[kind]);
    }

    erased_hasher_free(hasher);

    return rc == 0 ? 0 : aud_error_set(err, "libcrypto makes no HMAC");
}


static void
refusals_check(const refused_key_t *key, uint8_t check[REFUSALS_CHECK])
{
    int        i;
    siphash_t  hash;

    hash = siphash(key->of[0], "check", 5);

    for (i = 0; i < REFUSALS_CHECK; i++) {
        check[i] = hash.high >> (56 - 8 * i);
    }
}


int
refusals_put(const refused_t *after, const char *tenant,
    const aud_uuid_t *import, const siphash_t *words, size_t n,
    store_batch_t *batch)
{
    size_t        i;
    uint8_t       check[REFUSALS_CHECK];
    uint32_t      part;
    store_key_t   key;
    aud_buffer_t  value = { 0 };

    refusals_check(&after->key, check);

    for (i = 0, part = 0; i < n && !value.failed; i++) {
        if (value.len == 0) {
            aud_buffer_u8(&value, REFUSALS_VERSION);
            aud_buffer_add(&value, (const char *) check, sizeof(check));
            aud_buffer_u64(&value, after->order);
        }

        aud_buffer_u64(&value, words[i].high);
        aud_buffer_u64(&value, words[i].low);

        if (!value.failed && (i + 1 == n || (i + 1) % REFUSALS_PART == 0)) {
            key = key_part(tenant, KEY_REFUSED, import, part++);
            store_batch_put(batch, key_str(&key), aud_buffer_str(&value));
            value.len = 0;
        }
    }

    i = value.failed;
    aud_buffer_free(&value);

    return i ? -1 : 0;
}


int
refusals_undo(refusals_t *r, const char *tenant, const aud_uuid_t *import,
    store_batch_t *batch, aud_error_t *err)
{
    int            rc;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_id(tenant, KEY_REFUSED, import);
    scan = store_scan(r->worker->store, NULL, key_str(&prefix),
                      aud_str("", 0), 0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        store_batch_delete(batch, key);
    }

    store_scan_free(scan);

    return rc;
}


static uint64_t
refusals_u64(const char *bytes)
{
    int       i;
    uint64_t  value = 0;

    for (i = 0; i < 8; i++) {
        value = value << 8 | (uint8_t) bytes[i];
    }

    return value;
}
